#include "engine/base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

const char *file_reason(void)
{
    return errno == ENOSPC || errno == EDQUOT ? "the disk is full; free some space and run again"
                                              : strerror(errno);
}

bool file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

enum status file_look(const char *path, bool *there)
{
    struct stat info;
    *there = stat(path, &info) == 0;
    if (!*there && errno != ENOENT && errno != ENOTDIR)
        return status_fail(STATUS_IO, "%s: cannot be looked at: %s", path, strerror(errno));
    return STATUS_OK;
}

static enum status check_regular(const char *path, const struct stat *info)
{
    const char *what = S_ISDIR(info->st_mode)    ? "a folder"
                       : S_ISFIFO(info->st_mode) ? "a pipe"
                       : S_ISSOCK(info->st_mode) ? "a socket"
                                                 : "a device";
    if (S_ISREG(info->st_mode))
        return STATUS_OK;
    return status_fail(STATUS_IO, "%s: is %s, not a file; give a file", path, what);
}

enum status file_open(const char *path, int *fd)
{
    struct stat info;
    *fd = -1;
    if (stat(path, &info) != 0)
        return status_fail(STATUS_IO, "%s: cannot be opened: %s", path, strerror(errno));
    TRY(check_regular(path, &info));
    /* What lies there may have changed since: nothing that is opened here waits for anybody. */
    int opened = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (opened < 0)
        return status_fail(STATUS_IO, "%s: cannot be opened: %s", path, strerror(errno));
    enum status result = fstat(opened, &info) == 0
                             ? check_regular(path, &info)
                             : status_fail(STATUS_IO, "%s: cannot be opened: %s", path,
                                           strerror(errno));
    if (result != STATUS_OK) {
        close(opened);
        return result;
    }
    *fd = opened;
    return STATUS_OK;
}

enum status file_open_stream(const char *path, FILE **out)
{
    int fd;
    *out = NULL;
    TRY(file_open(path, &fd));
    *out = fdopen(fd, "rb");
    if (*out != NULL)
        return STATUS_OK;
    close(fd);
    return status_fail(STATUS_MEMORY, "%s: no memory to read it", path);
}

void file_parent(const char *path, char out[FILE_PATH])
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        snprintf(out, FILE_PATH, ".");
    else if (slash == path)
        snprintf(out, FILE_PATH, "/");
    else
        snprintf(out, FILE_PATH, "%.*s", (int)(slash - path), path);
}

/* Random beyond the process id: in containers every writer may be process 1. */
static enum status create_temporary(const char *path, char out[FILE_PATH], int *fd)
{
    for (int tries = 0; tries < 100; tries++) {
        uint64_t number;
        if (getrandom(&number, sizeof number, GRND_NONBLOCK) != sizeof number) {
            struct timespec now; /* O_EXCL keeps even equal numbers apart */
            clock_gettime(CLOCK_MONOTONIC, &now);
            number = (uint64_t)now.tv_nsec * 0x9e3779b97f4a7c15 + (uint64_t)tries;
        }
        if (snprintf(out, FILE_PATH, "%s.%ld-%016llx.tmp", path, (long)getpid(),
                     (unsigned long long)number) >= FILE_PATH)
            return status_fail(STATUS_IO, "%.200s...: the path is longer than %d characters", path,
                               FILE_PATH);
        *fd = open(out, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
        if (*fd >= 0)
            return STATUS_OK;
        if (errno != EEXIST)
            break;
    }
    return status_fail(STATUS_IO, "%s: cannot be created: %s", out, file_reason());
}

enum status file_temporary(const char *path, char out[FILE_PATH])
{
    int fd = -1;
    TRY(create_temporary(path, out, &fd));
    close(fd);
    return STATUS_OK;
}

/* ".PID-RANDOM.tmp", or ".PID.tmp" as earlier versions had it. */
static bool is_ending_of_temporary(const char *ending)
{
    size_t digits = *ending == '.' ? strspn(ending + 1, "0123456789abcdef-") : 0;
    return digits > 0 && strcmp(ending + 1 + digits, ".tmp") == 0;
}

void file_remove_leftovers(const char *path)
{
    char folder[FILE_PATH], leftover[FILE_PATH + 256];
    file_parent(path, folder);
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    size_t length = strlen(name);
    DIR *listing = opendir(folder);
    if (listing == NULL)
        return;
    for (struct dirent *entry; (entry = readdir(listing)) != NULL;) {
        if (strncmp(entry->d_name, name, length) != 0 ||
            !is_ending_of_temporary(entry->d_name + length))
            continue;
        snprintf(leftover, sizeof leftover, "%s/%s", folder, entry->d_name);
        unlink(leftover);
    }
    closedir(listing);
}

enum status file_make_folder(const char *path)
{
    char part[FILE_PATH];
    if (snprintf(part, sizeof part, "%s", path) >= (int)sizeof part)
        return status_fail(STATUS_IO, "%s: the path is longer than %d characters", path, FILE_PATH);
    for (char *end = part + 1;; end++) {
        if (*end != '/' && *end != '\0')
            continue;
        char kept = *end;
        *end = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST)
            return status_fail(STATUS_IO, "%s: cannot create the folder: %s", part, file_reason());
        *end = kept;
        if (kept == '\0')
            break;
    }
    struct stat info;
    if (stat(path, &info) != 0 || !S_ISDIR(info.st_mode))
        return status_fail(STATUS_IO, "%s: is in the way and not a folder", path);
    return STATUS_OK;
}

static int sync_path(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC);
    if (fd < 0)
        return -1;
    int failed = fsync(fd);
    int kept = errno;
    close(fd);
    errno = kept;
    return failed;
}

enum status file_commit(const char *temporary, const char *path)
{
    char folder[FILE_PATH];
    file_parent(path, folder);
    if (sync_path(temporary, O_RDWR) != 0 || rename(temporary, path) != 0) {
        enum status failed = status_fail(STATUS_IO, "%s: cannot be written: %s", path,
                                         file_reason());
        unlink(temporary);
        return failed;
    }
    /* Some file systems refuse to sync a folder; the rename itself has happened. */
    (void)sync_path(folder, O_RDONLY | O_DIRECTORY);
    return STATUS_OK;
}

enum status file_replace(const char *path, const void *data, size_t bytes)
{
    char temporary[FILE_PATH];
    int fd = -1;
    TRY(create_temporary(path, temporary, &fd));
    for (size_t done = 0; done < bytes;) {
        ssize_t n = write(fd, (const char *)data + done, bytes - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            enum status failed = status_fail(STATUS_IO, "%s: cannot be written: %s", path,
                                             file_reason());
            close(fd);
            unlink(temporary);
            return failed;
        }
        done += (size_t)n;
    }
    if (close(fd) != 0) {
        unlink(temporary);
        return status_fail(STATUS_IO, "%s: cannot be written: %s", path, file_reason());
    }
    return file_commit(temporary, path);
}

enum status file_read(const char *path, size_t limit, char **out, size_t *bytes)
{
    *out = NULL;
    FILE *file;
    TRY(file_open_stream(path, &file));

    enum status result = STATUS_OK;
    size_t capacity = 4096, used = 0;
    char *text = malloc(capacity);
    while (text != NULL) {
        used += fread(text + used, 1, capacity - used - 1, file);
        if (used + 1 < capacity)
            break;
        char *larger = realloc(text, capacity *= 2);
        if (larger == NULL)
            free(text);
        text = larger;
        if (used > limit)
            break;
    }
    if (text == NULL)
        result = status_fail(STATUS_MEMORY, "%s: no memory to read it", path);
    else if (ferror(file))
        result = status_fail(STATUS_IO, "%s: cannot be read: %s", path, strerror(errno));
    else if (used > limit)
        result = status_fail(STATUS_FORMAT, "%s: is larger than %zu bytes", path, limit);
    fclose(file);

    if (result != STATUS_OK) {
        free(text);
        return result;
    }
    text[used] = '\0';
    *out = text;
    if (bytes != NULL)
        *bytes = used;
    return STATUS_OK;
}
