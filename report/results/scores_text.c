#include "report/results/scores_text.h"

#include "engine/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { CHUNK = 1 << 16, WAIT_SECONDS = 5 };

/* --- opening ---------------------------------------------------------------------------------- */

static enum status open_input(const char *path, int *fd)
{
    if (isatty(STDIN_FILENO))
        return status_fail(STATUS_IO,
                           "%s: standard input is a terminal; pipe the scores into it, or name "
                           "their file",
                           path);
    *fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
    return *fd >= 0 ? STATUS_OK
                    : status_fail(STATUS_IO, "%s: standard input cannot be read: %s", path,
                                  strerror(errno));
}

/* A pipe with a name may never get a writer, and opening it must not wait for one. */
static enum status open_pipe(const char *path, int *fd)
{
    *fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct pollfd wait = {.fd = *fd, .events = POLLIN};
    if (*fd < 0)
        return status_fail(STATUS_IO, "%s: cannot be opened: %s", path, strerror(errno));
    bool own = strncmp(path, "/dev/", 5) == 0 || strncmp(path, "/proc/", 6) == 0;
    if (!own && poll(&wait, 1, WAIT_SECONDS * 1000) <= 0) {
        close(*fd);
        return status_fail(STATUS_IO,
                           "%s: is a pipe into which nobody writes; start the writer first, or "
                           "save its output and name that file",
                           path);
    }
    fcntl(*fd, F_SETFL, fcntl(*fd, F_GETFL) & ~O_NONBLOCK);
    return STATUS_OK;
}

static enum status open_any(const char *path, int *fd, bool *stream)
{
    struct stat info;
    bool input = strcmp(path, "-") == 0 || strcmp(path, "/dev/stdin") == 0;
    *stream = input;
    if (input && fstat(STDIN_FILENO, &info) == 0 && S_ISREG(info.st_mode))
        *stream = false;
    if (input)
        return open_input(path, fd);
    *stream = stat(path, &info) == 0 && S_ISFIFO(info.st_mode);
    return *stream ? open_pipe(path, fd) : file_open(path, fd);
}

/* --- bytes ------------------------------------------------------------------------------------ */

static enum status too_large(const char *path)
{
    return status_fail(STATUS_FORMAT,
                       "%s: more than %d MiB of text; keep only the evaluations, or split it", path,
                       SCORES_TEXT_LIMIT >> 20);
}

/* Room for CHUNK more bytes and a NUL. */
static enum status make_room(const char *path, struct scores_text *t, size_t *room)
{
    if (t->length + CHUNK < *room)
        return STATUS_OK;
    size_t wanted = *room + *room / 2 + 2 * CHUNK;
    char *larger = realloc(t->at, wanted);
    if (larger == NULL)
        return status_fail(STATUS_MEMORY, "%s: no memory to read it", path);
    t->at = larger;
    *room = wanted;
    return STATUS_OK;
}

static enum status read_all(const char *path, int fd, struct scores_text *t)
{
    size_t room = 0;
    for (;;) {
        TRY(make_room(path, t, &room));
        ssize_t got = read(fd, t->at + t->length, CHUNK);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return status_fail(STATUS_IO, "%s: cannot be read: %s", path, strerror(errno));
        t->length += (size_t)got;
        t->at[t->length] = '\0';
        if (t->length > SCORES_TEXT_LIMIT)
            return too_large(path);
        if (got == 0)
            return STATUS_OK;
    }
}

/* --- gzip ------------------------------------------------------------------------------------- */

static bool is_gzip(const unsigned char *at, size_t length)
{
    return length >= 2 && at[0] == 0x1f && at[1] == 0x8b;
}

/* One after another, as gzip itself reads files that were appended to each other. */
static enum status inflate_members(const char *path, z_stream *z, struct scores_text *out)
{
    size_t room = 0;
    for (;;) {
        TRY(make_room(path, out, &room));
        z->next_out = (unsigned char *)out->at + out->length;
        z->avail_out = CHUNK;
        int code = inflate(z, Z_NO_FLUSH);
        out->length += CHUNK - z->avail_out;
        out->at[out->length] = '\0';
        if (out->length > SCORES_TEXT_LIMIT)
            return too_large(path);
        if (code == Z_STREAM_END && z->avail_in == 0)
            return STATUS_OK;
        if (code == Z_STREAM_END && is_gzip(z->next_in, z->avail_in))
            code = inflateReset(z);
        else if (code == Z_STREAM_END)
            code = Z_DATA_ERROR;
        bool more = z->avail_in > 0 || z->avail_out == 0;
        if (code == Z_BUF_ERROR || (code == Z_OK && !more))
            return status_fail(STATUS_FORMAT, "%s: its gzip data end too early; copy it again",
                               path);
        if (code == Z_MEM_ERROR)
            return status_fail(STATUS_MEMORY, "%s: no memory to unzip it", path);
        if (code != Z_OK)
            return status_fail(STATUS_FORMAT,
                               "%s: its gzip data are damaged; copy it again, or unzip it first",
                               path);
    }
}

static enum status unzip(const char *path, struct scores_text *t)
{
    struct scores_text plain = {.stream = t->stream};
    z_stream z = {.next_in = (unsigned char *)t->at, .avail_in = (unsigned)t->length};
    if (inflateInit2(&z, 15 + 16) != Z_OK)
        return status_fail(STATUS_MEMORY, "%s: no memory to unzip it", path);
    enum status status = inflate_members(path, &z, &plain);
    inflateEnd(&z);
    if (status != STATUS_OK) {
        free(plain.at);
        return status;
    }
    free(t->at);
    *t = plain;
    return STATUS_OK;
}

enum status scores_text_read(const char *path, struct scores_text *out)
{
    int fd;
    *out = (struct scores_text){0};
    TRY(open_any(path, &fd, &out->stream));
    enum status status = read_all(path, fd, out);
    close(fd);
    if (status == STATUS_OK && is_gzip((unsigned char *)out->at, out->length))
        status = unzip(path, out);
    if (status != STATUS_OK) {
        free(out->at);
        out->at = NULL;
    }
    return status;
}

/* --- letters ---------------------------------------------------------------------------------- */

/* Length of the UTF-8 character at `at`, 0 for none. */
static size_t character(const unsigned char *at)
{
    size_t n = at[0] < 0x80   ? 1
               : at[0] < 0xC2 ? 0
               : at[0] < 0xE0 ? 2
               : at[0] < 0xF0 ? 3
               : at[0] < 0xF5 ? 4
                              : 0;
    for (size_t i = 1; i < n; i++) {
        if ((at[i] & 0xC0) != 0x80) /* stops at the final NUL */
            return 0;
    }
    return n;
}

static bool is_utf8(const struct scores_text *t)
{
    for (size_t i = 0; i < t->length;) {
        size_t n = character((unsigned char *)t->at + i);
        if (n == 0)
            return false;
        i += n;
    }
    return true;
}

static size_t put_utf8(char *out, unsigned code)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    size_t n = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = n - 1; i > 0; i--, code >>= 6)
        out[i] = (char)(0x80 | (code & 0x3F));
    out[0] = (char)(lead[n] | code);
    return n;
}

/* Windows-1252 where it differs from Latin-1: 0x80 to 0x9F. */
static const uint16_t windows[32] = {
    0x20AC, '?',    0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, '?',    0x017D, '?',    '?',    0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, '?',    0x017E, 0x0178};

static size_t from_windows(const unsigned char *at, size_t length, char *out)
{
    size_t used = 0;
    for (size_t i = 0; i < length; i++)
        used += put_utf8(out + used, at[i] >= 0x80 && at[i] < 0xA0 ? windows[at[i] - 0x80] : at[i]);
    return used;
}

/* `low` is the place of the low byte in a pair. What is half a pair of surrogates becomes '?'. */
static size_t from_utf16(const unsigned char *at, size_t length, int low, char *out)
{
    size_t used = 0;
    for (size_t i = 0; i + 1 < length; i += 2) {
        unsigned code = at[i + (size_t)low] | (unsigned)at[i + (size_t)!low] << 8;
        if (code >= 0xD800 && code < 0xDC00 && i + 3 < length) {
            unsigned next = at[i + 2 + (size_t)low] | (unsigned)at[i + 2 + (size_t)!low] << 8;
            if (next >= 0xDC00 && next < 0xE000) {
                code = 0x10000 + ((code - 0xD800) << 10) + (next - 0xDC00);
                i += 2;
            }
        }
        used += put_utf8(out + used, code >= 0xD800 && code < 0xE000 ? '?' : code);
    }
    return used;
}

enum status scores_text_decode(const char *path, struct scores_text *t, const char **from)
{
    const unsigned char *at = (unsigned char *)t->at;
    bool little = t->length >= 2 && at[0] == 0xFF && at[1] == 0xFE;
    bool big = t->length >= 2 && at[0] == 0xFE && at[1] == 0xFF;
    *from = NULL;
    if (!little && !big && memchr(at, '\0', t->length) != NULL)
        return status_fail(STATUS_FORMAT,
                           "%s: holds zero bytes, so it is no text; expected CSV with columns "
                           "method,dataset,seed,step,score, JSON, HDF5 or npz",
                           path);
    if (!little && !big && is_utf8(t)) {
        size_t mark = strncmp(t->at, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
        memmove(t->at, t->at + mark, t->length - mark + 1);
        t->length -= mark;
        return STATUS_OK;
    }
    *from = little || big ? "UTF-16" : "Latin-1 (Windows-1252)";
    char *out = malloc(3 * t->length + 1);
    if (out == NULL)
        return status_fail(STATUS_MEMORY, "%s: no memory to convert it", path);
    size_t used = little || big ? from_utf16(at + 2, t->length - 2, big, out)
                                : from_windows(at, t->length, out);
    if (memchr(out, '\0', used) != NULL) {
        free(out);
        return status_fail(STATUS_FORMAT, "%s: holds zero characters, so it is no text", path);
    }
    out[used] = '\0';
    free(t->at);
    t->at = out;
    t->length = used;
    return STATUS_OK;
}
