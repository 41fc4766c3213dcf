#include "tests/support/small_disk.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

bool small_disk_mount(const char *folder, int megabytes)
{
    char options[32];
    snprintf(options, sizeof options, "size=%dm", megabytes);
    cr_assert_eq(mkdir(folder, 0755), 0);
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        return false;
    return mount("tmpfs", folder, "tmpfs", 0, options) == 0;
}

void small_disk_fill(const char *path, size_t left)
{
    static const char block[4096];
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    cr_assert_geq(fd, 0);
    off_t size = 0;
    for (ssize_t n; (n = write(fd, block, sizeof block)) > 0;)
        size += n;
    cr_assert_eq(errno, ENOSPC);
    cr_assert_gt(size, (off_t)left);
    cr_assert_eq(ftruncate(fd, size - (off_t)left), 0);
    close(fd);
}
