#include "engine/base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
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

enum status file_look(const char *path, bool *there)
{
    struct stat info;
    *there = stat(path, &info) == 0;
    if (*there)
        return STATUS_OK;
    if (errno != ENOENT && errno != ENOTDIR)
        return status_fail(STATUS_IO, "%s: cannot be accessed: %s", path, strerror(errno));
    if (lstat(path, &info) == 0)
        return status_fail(STATUS_IO, "%s: is a dangling symbolic link", path);
    return STATUS_OK;
}

bool file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

enum status file_set_aside(const char *path, char out[FILE_PATH])
{
    const char *slash = strrchr(path, '/'), *dot = strrchr(slash != NULL ? slash : path, '.');
    const char *ending = dot != NULL ? dot : "";
    bool there = true;
    for (int n = 1; there; n++) {
        if (snprintf(out, FILE_PATH, "%.*s.damaged-%d%s", (int)(strlen(path) - strlen(ending)),
                     path, n, ending) >= FILE_PATH)
            return status_fail(STATUS_IO, "%s: the path is longer than %d characters", path,
                               FILE_PATH);
        TRY(file_look(out, &there));
    }
    if (rename(path, out) != 0)
        return status_fail(STATUS_IO, "%s: cannot be renamed to %s: %s", path, out,
                           strerror(errno));
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
    return status_fail(STATUS_IO, "%s: is %s, not a file; name a regular file", path, what);
}

enum status file_open(const char *path, int *fd)
{
    struct stat info;
    *fd = -1;
    if (stat(path, &info) != 0)
        return status_fail(STATUS_IO, "%s: cannot be opened: %s", path, strerror(errno));
    TRY(check_regular(path, &info));
    /* The file may have been replaced since the check, so opening must never block. */
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

enum status file_path(char out[FILE_PATH], const char *format, ...)
{
    char text[FILE_PATH]; /* an argument may be `out` itself */
    va_list args;
    va_start(args, format);
    int length = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (length < 0 || length >= FILE_PATH) {
        *out = '\0';
        return status_fail(STATUS_IO,
                           "the path '%.60s...' would be longer than %d bytes; use a shorter one",
                           text, FILE_PATH - 1);
    }
    memcpy(out, text, (size_t)length + 1);
    return STATUS_OK;
}

enum status file_check_name(const char *what, const char *name)
{
    if (*name == '\0')
        return status_fail(STATUS_CONFIG, "%s is empty; it names a file or folder", what);
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strchr(name, '/') != NULL)
        return status_fail(STATUS_CONFIG,
                           "%s is '%.60s', which cannot name a file or folder; use another", what,
                           name);
    for (const char *at = name; *at != '\0'; at++) {
        if ((unsigned char)*at < ' ' || *at == 127)
            return status_fail(STATUS_CONFIG,
                               "%s has the control character %d, so it cannot name a file or "
                               "folder; use another",
                               what, *at);
    }
    if (strlen(name) > FILE_NAME)
        return status_fail(STATUS_CONFIG,
                           "%s, '%.60s...', is longer than the %d bytes that the name of a file or "
                           "folder may have; use a shorter one",
                           what, name, FILE_NAME);
    return STATUS_OK;
}

int file_stem(const char *name)
{
    const char *dot = strrchr(name, '.');
    bool ends = dot != NULL && (strcmp(dot, ".hdf5") == 0 || strcmp(dot, ".h5") == 0);
    return ends ? (int)(dot - name) : (int)strlen(name);
}

void file_settle_streams(void)
{
    static const int flags[] = {O_WRONLY, O_RDONLY,
                                O_RDWR}; /* using 0 or 1 fails, 2 is discarded */
    for (int fd = 0; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0)
            (void)!open("/dev/null", flags[fd]); /* takes the lowest free number: fd */
    }
}

enum status file_close_output(void)
{
    errno = 0;
    bool failed_before = ferror(stdout) != 0;
    bool failed = fflush(stdout) != 0;
    int error = errno;
    struct pollfd output = {.fd = STDOUT_FILENO};
    bool left = error == EPIPE || (poll(&output, 1, 0) == 1 && (output.revents & POLLERR) != 0);
    if (fclose(stdout) != 0 && !failed) {
        failed = true;
        error = errno;
    }
    if (!failed && !failed_before)
        return STATUS_OK;
    if (left)
        return status_fail(STATUS_IO, "%s", "");
    errno = error;
    return status_fail(STATUS_IO, "standard output cannot be written: %s",
                       failed ? file_reason() : "some of it is missing; is the disk full?");
}

enum status file_parent(const char *path, char out[FILE_PATH])
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return file_path(out, ".");
    return slash == path ? file_path(out, "/") : file_path(out, "%.*s", (int)(slash - path), path);
}

/* Where what is written as `path` goes: links are followed. What exists and is no regular file (a
 * device, a folder, a pipe) would be lost by a rename, and is refused. */
static enum status find_target(const char *path, char out[FILE_PATH])
{
    struct stat info;
    bool there;
    TRY(file_look(path, &there));
    if (!there)
        return file_path(out, "%s", path);
    if (stat(path, &info) != 0)
        return status_fail(STATUS_IO, "%s: cannot be accessed: %s", path, strerror(errno));
    TRY(check_regular(path, &info));
    if (lstat(path, &info) != 0 || !S_ISLNK(info.st_mode))
        return file_path(out, "%s", path);
    char *real = realpath(path, NULL);
    if (real == NULL)
        return status_fail(STATUS_IO, "%s: cannot be accessed: %s", path, strerror(errno));
    enum status result = file_path(out, "%s", real);
    free(real);
    return result;
}

/* The process id alone is not unique: in containers every writer may be process 1. */
static enum status create_temporary(const char *path, char out[FILE_PATH], int *fd)
{
    char target[FILE_PATH];
    TRY(find_target(path, target));
    for (int tries = 0; tries < 100; tries++) {
        uint64_t number;
        if (getrandom(&number, sizeof number, GRND_NONBLOCK) != sizeof number) {
            struct timespec now; /* O_EXCL prevents collisions even of equal numbers */
            clock_gettime(CLOCK_MONOTONIC, &now);
            number = (uint64_t)now.tv_nsec * 0x9e3779b97f4a7c15 + (uint64_t)tries;
        }
        TRY(file_path(out, "%s.%ld-%016llx.tmp", target, (long)getpid(),
                      (unsigned long long)number));
        *fd = open(out, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
        if (*fd >= 0)
            return STATUS_OK;
        if (errno != EEXIST)
            break;
    }
    return status_fail(STATUS_IO, "%s: cannot be created: %s", path, file_reason());
}

enum status file_temporary(const char *path, char out[FILE_PATH])
{
    int fd = -1;
    TRY(create_temporary(path, out, &fd));
    close(fd);
    return STATUS_OK;
}

/* ".PID-RANDOM.tmp", or ".PID.tmp" as earlier versions wrote. */
static bool is_ending_of_temporary(const char *ending)
{
    size_t digits = *ending == '.' ? strspn(ending + 1, "0123456789abcdef-") : 0;
    return digits > 0 && strcmp(ending + 1 + digits, ".tmp") == 0;
}

void file_remove_leftovers(const char *path)
{
    char target[FILE_PATH], folder[FILE_PATH], leftover[FILE_PATH];
    if (find_target(path, target) != STATUS_OK || file_parent(target, folder) != STATUS_OK)
        return;
    const char *slash = strrchr(target, '/'), *name = slash != NULL ? slash + 1 : target;
    size_t length = strlen(name);
    DIR *listing = opendir(folder);
    if (listing == NULL)
        return;
    for (struct dirent *entry; (entry = readdir(listing)) != NULL;) {
        if (strncmp(entry->d_name, name, length) != 0 ||
            !is_ending_of_temporary(entry->d_name + length))
            continue;
        if (file_path(leftover, "%s/%s", folder, entry->d_name) == STATUS_OK)
            unlink(leftover);
    }
    closedir(listing);
}

enum status file_check_folder(const char *path)
{
    struct stat info;
    bool there;
    if (*path == '\0')
        return status_fail(STATUS_CONFIG, "the name of a folder is empty ('')");
    TRY(file_look(path, &there));
    if (!there)
        return STATUS_OK;
    if (stat(path, &info) != 0)
        return status_fail(STATUS_IO, "%s: cannot be accessed: %s", path, strerror(errno));
    if (!S_ISDIR(info.st_mode))
        return status_fail(STATUS_IO, "%s: exists but is not a folder", path);
    return STATUS_OK;
}

enum status file_make_folder(const char *path)
{
    char part[FILE_PATH];
    TRY(file_path(part, "%s", path));
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
    return file_check_folder(path);
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

enum status file_sync(const char *path)
{
    if (sync_path(path, O_RDWR) != 0)
        return status_fail(STATUS_IO, "%s: cannot be written: %s", path, file_reason());
    return STATUS_OK;
}

enum status file_commit(const char *temporary, const char *path)
{
    char target[FILE_PATH], folder[FILE_PATH];
    enum status found = find_target(path, target);
    if (found == STATUS_OK)
        found = file_parent(target, folder);
    if (found != STATUS_OK) {
        unlink(temporary);
        return found;
    }
    if (sync_path(temporary, O_RDWR) != 0 || rename(temporary, target) != 0) {
        enum status failed = status_fail(STATUS_IO, "%s: cannot be written: %s", path,
                                         file_reason());
        unlink(temporary);
        return failed;
    }
    /* Some file systems refuse to sync a folder; the rename has already happened. */
    (void)sync_path(folder, O_RDONLY | O_DIRECTORY);
    return STATUS_OK;
}

static enum status stream_failed(const struct file_stream *s, int why)
{
    unlink(s->temporary);
    errno = why;
    return status_fail(STATUS_IO, "%s: cannot be written: %s", s->path, file_reason());
}

enum status file_stream_open(struct file_stream *s, const char *path)
{
    s->stream = NULL;
    TRY(file_path(s->path, "%s", path));
    TRY(file_temporary(path, s->temporary));
    s->stream = fopen(s->temporary, "wb");
    return s->stream != NULL ? STATUS_OK : stream_failed(s, errno);
}

enum status file_stream_close(struct file_stream *s, enum status result)
{
    if (s->stream == NULL)
        return result;
    bool whole = ferror(s->stream) == 0;
    whole = fclose(s->stream) == 0 && whole;
    int why = errno;
    s->stream = NULL;
    if (result != STATUS_OK) {
        unlink(s->temporary);
        return result;
    }
    return whole ? file_commit(s->temporary, s->path) : stream_failed(s, why);
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

    /* Grow as needed: the size of a file that is being written, or in /proc, is not reliable. */
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
