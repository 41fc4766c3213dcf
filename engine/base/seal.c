#include "engine/base/seal.h"

#include "engine/base/file.h"
#include "engine/base/sha256.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char mark[] = "vitamin seal 1 sha256 ";
enum { MARK = sizeof mark - 1, SURELY = MARK / 2 };
_Static_assert(MARK + SHA256_HEX == SEAL_BYTES, "mark, 64 digits, newline");

/* The error of a failed read, also when the file has become shorter. */
static enum status unreadable(const char *path)
{
    return status_fail(STATUS_IO, "%s: cannot be read: %s", path, strerror(errno));
}

/* Read `bytes` from the current position of `fd`. */
static enum status read_exactly(int fd, const char *path, char *out, size_t bytes)
{
    for (size_t done = 0; done < bytes;) {
        ssize_t n = read(fd, out + done, bytes - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            errno = EIO;
        if (n <= 0)
            return unreadable(path);
        done += (size_t)n;
    }
    return STATUS_OK;
}

static enum status digest(int fd, const char *path, size_t bytes, char out[SHA256_HEX])
{
    struct sha256 h;
    char part[1 << 17];
    sha256_init(&h);
    for (size_t done = 0; done < bytes;) {
        size_t n = bytes - done < sizeof part ? bytes - done : sizeof part;
        TRY(read_exactly(fd, path, part, n));
        sha256_add(&h, part, n);
        done += n;
    }
    sha256_hex(&h, out);
    return STATUS_OK;
}

static void write_seal(const char hex[SHA256_HEX], char out[SEAL_BYTES])
{
    memcpy(out, mark, MARK);
    memcpy(out + MARK, hex, SHA256_HEX - 1);
    out[SEAL_BYTES - 1] = '\n';
}

static enum status append(int fd, const char *path)
{
    struct stat info;
    char hex[SHA256_HEX], seal[SEAL_BYTES];
    if (fstat(fd, &info) != 0)
        return unreadable(path);
    TRY(digest(fd, path, (size_t)info.st_size, hex));
    write_seal(hex, seal);
    for (size_t done = 0; done < sizeof seal;) {
        ssize_t n = write(fd, seal + done, sizeof seal - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return status_fail(STATUS_IO, "%s: cannot be written: %s", path, file_reason());
        done += (size_t)n;
    }
    return STATUS_OK;
}

enum status seal_add(const char *path)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return status_fail(STATUS_IO, "%s: cannot be opened: %s", path, strerror(errno));
    enum status result = append(fd, path);
    if (close(fd) != 0 && result == STATUS_OK)
        result = status_fail(STATUS_IO, "%s: cannot be written: %s", path, file_reason());
    return result;
}

enum status seal_close(struct h5 *f, enum status written)
{
    struct status_note first;
    status_save(&first, written);
    enum status closed = h5_close(f);
    if (written == STATUS_OK)
        status_save(&first, closed == STATUS_OK ? seal_add(f->path) : closed);
    if (first.code != STATUS_OK)
        unlink(f->path);
    return status_restore(&first);
}

/* Are these bytes a seal? STATUS_DAMAGED when they were one before something was done to the mark:
 * a file must not pass for one without a seal by that. */
static enum status find_mark(const char *found, const char *path, bool *marked)
{
    int same = 0;
    for (int i = 0; i < MARK; i++)
        same += found[i] == mark[i];
    *marked = same == MARK;
    if (same < SURELY || *marked)
        return STATUS_OK;
    return status_fail(STATUS_DAMAGED,
                       "%s: was damaged after it was written (the seal at its end is not whole)",
                       path);
}

/* Does the seal found at the end match this digest? */
static enum status compare_digest(const char *found, const char hex[SHA256_HEX], const char *path,
                                  bool *sealed)
{
    char seal[SEAL_BYTES];
    write_seal(hex, seal);
    *sealed = memcmp(found, seal, sizeof seal) == 0;
    return *sealed ? STATUS_OK
                   : status_fail(STATUS_DAMAGED,
                                 "%s: was damaged after it was written (the SHA-256 of its content "
                                 "is %.12s, its seal says %.12s)",
                                 path, hex, found + MARK);
}

static enum status check_seal(int fd, const char *path, bool *sealed)
{
    struct stat info;
    char found[SEAL_BYTES], hex[SHA256_HEX];
    if (fstat(fd, &info) != 0)
        return unreadable(path);
    if (info.st_size < SEAL_BYTES)
        return STATUS_OK;
    off_t content = info.st_size - SEAL_BYTES;
    if (lseek(fd, content, SEEK_SET) < 0)
        return unreadable(path);
    bool marked;
    TRY(read_exactly(fd, path, found, sizeof found));
    TRY(find_mark(found, path, &marked));
    if (!marked)
        return STATUS_OK;
    if (lseek(fd, 0, SEEK_SET) < 0)
        return unreadable(path);
    TRY(digest(fd, path, (size_t)content, hex));
    return compare_digest(found, hex, path, sealed);
}

enum status seal_check(const char *path, bool *sealed)
{
    *sealed = false;
    bool there;
    int fd;
    TRY(file_look(path, &there));
    if (!there)
        return status_fail(STATUS_MISSING, "%s: does not exist", path);
    TRY(file_open(path, &fd));
    enum status result = check_seal(fd, path, sealed);
    close(fd);
    return result;
}
