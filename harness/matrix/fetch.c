#include "harness/matrix/fetch.h"

#include "engine/base/say.h"
#include "engine/base/sha256.h"
#include "harness/base/download.h"
#include "harness/matrix/data_target.h"
#include "suites/dataset_check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The largest of D4RL's files has 581 MB. */
static const int64_t LIMIT = 2000000000;

/* What every HDF5 file begins with. */
static const char signature[] = "\x89HDF\r\n\x1a\n";

/* One file on its way. */
struct arrival {
    const struct fetch_request *request;
    const struct dataset_entry *entry;
    char path[FILE_PATH], part[FILE_PATH], url[FILE_PATH];
    int fd; /* of `part` */
    struct download_result got;
    struct dataset_report report;
};

/* Look at what has arrived as the reader does: in a process of its own, all fields, all rows.
 * `bad`: it is the file that is at fault, not this machine. */
static enum status look(struct arrival *f, bool *bad)
{
    struct dataset_options o = dataset_defaults();
    o.env = f->entry->env;
    *bad = false;
    TRY(dataset_check(f->part, &o, &f->report));
    if (f->report.problems == 0)
        return STATUS_OK;
    enum status code = f->report.problem[0].code;
    *bad = code != STATUS_MEMORY && code != STATUS_IO && code != STATUS_INTERRUPTED;
    return status_restore(&f->report.problem[0]);
}

/* Without a connection one can still go on. */
static enum status offer(enum status result, const struct dataset_entry *e)
{
    if (result != STATUS_IO)
        return result;
    char why[STATUS_SENTENCE];
    snprintf(why, sizeof why, "%s", status_sentence());
    return status_fail(
        result, "%.800s; `vitamin data generate %s --policy random` makes a stand-in", why, e->id);
}

static enum status get_once(struct arrival *f, bool *bad)
{
    const struct download_request q = {
        .url = f->url,
        .fd = f->fd,
        .path = f->part,
        .limit = LIMIT,
        .start = signature,
        .start_bytes = sizeof signature - 1,
        .stop = f->request->stop,
        .show = isatty(STDERR_FILENO),
    };
    enum status result = download(&q, &f->got);
    *bad = result == STATUS_FORMAT;
    TRY(offer(result, f->entry));
    return look(f, bad);
}

/* Download until it passes. A beginning from an earlier try may have been another file's. */
static enum status get(struct arrival *f)
{
    bool bad;
    enum status result = get_once(f, &bad);
    if (result != STATUS_OK && bad && f->got.resumed > 0) {
        if (ftruncate(f->fd, 0) != 0)
            return status_fail(STATUS_IO, "%s: cannot be emptied: %s", f->part, strerror(errno));
        result = get_once(f, &bad);
    }
    if (result == STATUS_OK || !bad)
        return result;
    unlink(f->part);
    return status_prefix(result, "what %s gives is not %s and was removed", f->url, f->entry->id);
}

/* What was begun is only gone on with when it is a file of its own: a link leads who knows where.
 */
static enum status open_part(struct arrival *f)
{
    struct stat info;
    f->fd = open(f->part, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666);
    if (f->fd < 0 && errno != ELOOP && errno != ENXIO && errno != EISDIR)
        return status_fail(STATUS_IO, "%s: cannot be written: %s", f->part, file_reason());
    if (f->fd >= 0 && fstat(f->fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_nlink == 1)
        return STATUS_OK;
    if (f->fd >= 0)
        close(f->fd);
    return status_fail(STATUS_IO, "%s: is in the way and not a file of its own; remove it",
                       f->part);
}

/* Its size, checksum, and whether it has the rows that D4RL's has. */
static enum status tell(const struct arrival *f)
{
    struct stat info;
    char digest[SHA256_HEX];
    const struct dataset_entry *e = f->entry;
    int64_t rows = e->rows > 0 ? e->rows : e->paper_transitions;
    TRY(sha256_file(f->path, digest));
    double size = stat(f->path, &info) == 0 ? (double)info.st_size / 1e6 : 0;
    say("%s: %s, %.1f MB, %lld rows, sha256 %s\n", e->id, f->path, size, (long long)f->report.rows,
        digest);
    if (e->rows > 0 ? f->report.rows != rows : f->report.rows < rows)
        say("%s: D4RL's file has %s%lld rows, this one %lld: results on it will not be labelled "
            "as D4RL's\n",
            e->id, e->rows > 0 ? "" : "at least ", (long long)rows, (long long)f->report.rows);
    return STATUS_OK;
}

/* Is there a file that is not to be replaced, wherever a run would look for it? */
static enum status find(const struct fetch_request *a, const struct dataset_entry *e, bool *there)
{
    char path[FILE_PATH];
    bool ours;
    *there = false;
    enum status located = dataset_locate(e->id, a->folder, path);
    if (located == STATUS_MISSING)
        return STATUS_OK;
    TRY(located);
    enum status result = data_target_is_ours(path, &ours);
    if (result != STATUS_OK)
        return status_prefix(
            result, "%s is present but cannot be used; remove it to fetch it again", e->id);
    *there = !ours;
    if (*there)
        say("%s: already present, %s\n", e->id, path);
    return STATUS_OK;
}

/* Under the lock: somebody else may have brought it in the meantime. */
static enum status fetch_locked(struct arrival *f)
{
    bool there;
    struct stat info;
    TRY(find(f->request, f->entry, &there));
    if (there)
        return STATUS_OK;
    TRY(open_part(f));
    enum status result = get(f);
    if (fstat(f->fd, &info) == 0 && info.st_size == 0)
        unlink(f->part);
    close(f->fd);
    TRY(result);
    TRY(file_commit(f->part, f->path));
    return tell(f);
}

/* As asked for, else $VITAMIN_SERVER, else D4RL's own. */
static const char *server_of(const struct fetch_request *a)
{
    const char *set = getenv("VITAMIN_SERVER");
    return a->server != NULL ? a->server : set != NULL && *set != '\0' ? set : dataset_server;
}

enum status fetch_dataset(const struct fetch_request *a, const struct dataset_entry *e)
{
    struct arrival f = {.request = a, .entry = e, .fd = -1};
    struct lock lock;
    bool there;
    const char *server = server_of(a);
    size_t n = strlen(server);
    TRY(find(a, e, &there));
    if (there)
        return STATUS_OK;
    TRY(file_path(f.path, "%s/%s.hdf5", dataset_folder(a->folder), e->id));
    TRY(file_path(f.part, "%s.part", f.path));
    TRY(file_path(f.url, "%s%s%s/%s", server, n > 0 && server[n - 1] == '/' ? "" : "/",
                  env_find(e->env)->suite->folder, e->file));
    TRY(file_make_folder(dataset_folder(a->folder)));
    TRY(data_lock(f.path, a->stop, &lock));
    enum status result = fetch_locked(&f);
    lock_release(&lock);
    return result;
}
