#include "harness/matrix/fetch.h"

#include "engine/base/say.h"
#include "engine/base/sha256.h"
#include "harness/base/download.h"
#include "harness/base/terminal.h"
#include "harness/matrix/data_target.h"
#include "harness/matrix/generate.h"
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

enum { PLACES = FETCH_SERVERS, REASONS = 800 };

/* Where a file may be had. */
struct place {
    char server[FILE_PATH]; /* its name or address, for people */
    char url[FILE_PATH];    /* of the file there */
};

/* One file on its way. */
struct arrival {
    const struct fetch_request *request;
    const struct dataset_entry *entry;
    char path[FILE_PATH], part[FILE_PATH];
    struct place place[PLACES];
    int places;
    const struct place *from; /* the one that is asked now */
    int fd;                   /* of `part` */
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

/* Is it D4RL's, as far as its digest is known? */
static enum status check_digest(const struct arrival *f, bool *bad)
{
    char digest[SHA256_HEX];
    const char *right = f->entry->sha256;
    *bad = false;
    if (*right == '\0')
        return STATUS_OK;
    TRY(sha256_file(f->part, digest));
    *bad = strcmp(digest, right) != 0;
    return *bad ? status_fail(STATUS_FORMAT, "its SHA-256 is %s, that of D4RL's file is %s", digest,
                              right)
                : STATUS_OK;
}

static enum status get_once(struct arrival *f, bool *bad)
{
    const struct download_request q = {
        .url = f->from->url,
        .fd = f->fd,
        .path = f->part,
        .limit = LIMIT,
        .bytes = f->entry->bytes,
        .start = signature,
        .start_bytes = sizeof signature - 1,
        .stop = f->request->stop,
        .show = terminal_is_live(stderr),
    };
    *bad = false;
    TRY(download(&q, &f->got));
    TRY(check_digest(f, bad));
    return look(f, bad);
}

static enum status empty_part(const struct arrival *f)
{
    if (ftruncate(f->fd, 0) == 0)
        return STATUS_OK;
    return status_fail(STATUS_IO, "%s: cannot be emptied: %s", f->part, strerror(errno));
}

/* Download from one place until it passes. A beginning from an earlier try may have been another
 * file's. */
static enum status get_from(struct arrival *f)
{
    bool bad;
    enum status result = get_once(f, &bad);
    if (result != STATUS_OK && bad && f->got.resumed > 0) {
        TRY(empty_part(f));
        result = get_once(f, &bad);
    }
    if (result == STATUS_OK || !bad)
        return result;
    struct status_note note;
    status_save(&note, result);
    TRY(empty_part(f));
    (void)status_restore(&note);
    return status_prefix(result, "what %s gives is not %s and was removed", f->from->url,
                         f->entry->id);
}

/* What went wrong at the place that was asked last, for the sentence about all of them. */
static void add_reason(const struct arrival *f, char reasons[REASONS])
{
    size_t used = strlen(reasons);
    snprintf(reasons + used, REASONS - used, "%s%.60s: %.300s", used > 0 ? "; " : "",
             f->from->server, status_sentence());
}

/* Without a connection one can still go on. */
static enum status none_gives_it(const struct arrival *f, enum status code, const char *reasons)
{
    char what[REASONS + 80];
    if (f->places == 1)
        snprintf(what, sizeof what, "%s", status_sentence());
    else
        snprintf(what, sizeof what, "%s: no server gives it: %s", f->entry->id, reasons);
    if (code != STATUS_IO)
        return status_fail(code, "%s", what);
    return status_fail(code, "%s; `vitamin data generate %s%s` makes a stand-in", what,
                       f->entry->id, generate_has_recipe(f->entry) ? "" : " --policy random");
}

/* From the first place that gives it. */
static enum status get(struct arrival *f)
{
    char reasons[REASONS] = "";
    enum status first = STATUS_OK, result = STATUS_OK;
    const char *down = "";
    for (int i = 0; i < f->places; i++) {
        if (strcmp(f->place[i].server, down) == 0)
            continue;
        if (i > 0)
            say_to(stderr, "%s: %s; asking %s\n", f->entry->id, status_sentence(),
                   f->place[i].server);
        if (f->from != NULL && *f->entry->sha256 == '\0')
            TRY(empty_part(f)); /* nothing would tell whether both parts are of one file */
        f->from = &f->place[i];
        result = get_from(f);
        if (result == STATUS_OK || result == STATUS_INTERRUPTED || result == STATUS_MEMORY ||
            result == STATUS_CONFIG)
            return result;
        down = result == STATUS_IO ? f->from->server : "";
        add_reason(f, reasons);
        first = first == STATUS_OK ? result : first;
    }
    return none_gives_it(f, first, reasons);
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

/* Its size, checksum, and whether it is D4RL's as far as that can be told. */
static enum status tell(const struct arrival *f)
{
    struct stat info;
    char digest[SHA256_HEX];
    const struct dataset_entry *e = f->entry;
    int64_t rows = e->rows > 0 ? e->rows : e->paper_transitions;
    TRY(sha256_file(f->path, digest));
    double size = stat(f->path, &info) == 0 ? (double)info.st_size / 1e6 : 0;
    say("%s: %s, %.1f MB, %lld rows, sha256 %s%s\n", e->id, f->path, size,
        (long long)f->report.rows, digest, *e->sha256 != '\0' ? ", D4RL's own" : "");
    say("%s: from %s (%s)%s\n", e->id, f->from->server, f->from->url,
        f->got.resumed > 0 ? ", resumed" : "");
    if (*e->sha256 == '\0' && (e->rows > 0 ? f->report.rows != rows : f->report.rows < rows))
        say("%s: D4RL's file has %s%lld rows, this one %lld: results on it will not be labelled "
            "as D4RL's\n",
            e->id, e->rows > 0 ? "" : "at least ", (long long)rows, (long long)f->report.rows);
    return STATUS_OK;
}

/* A file that nobody marked, at `path`: is it D4RL's? One that is not keeps no other away, unless
 * it lies where that one goes. */
static enum status look_at_unmarked(const struct arrival *f, const char *path, bool *there)
{
    const struct dataset_entry *e = f->entry, *known;
    char digest[SHA256_HEX];
    TRY(dataset_recognise(path, &known));
    *there = known == e || *e->sha256 == '\0';
    if (*there) {
        say("%s: already present, %s%s\n", e->id, path,
            known == e ? ", D4RL's own by its SHA-256" : "");
        return STATUS_OK;
    }
    TRY(sha256_file(path, digest));
    if (strcmp(path, f->path) == 0)
        return status_fail(STATUS_FORMAT,
                           "%s: is present but is not D4RL's %s: its SHA-256 is %s, D4RL's is %s; "
                           "move it away to fetch that one",
                           path, e->id, digest, e->sha256);
    say("%s: %s is not D4RL's (SHA-256 %s, D4RL's is %s); it stays where it is\n", e->id, path,
        digest, e->sha256);
    return STATUS_OK;
}

/* Is there a file that is not to be replaced, wherever a run would look for it? */
static enum status find(const struct arrival *f, bool *there)
{
    const struct dataset_entry *e = f->entry;
    char path[FILE_PATH];
    bool ours;
    *there = false;
    enum status located = dataset_locate(e->id, f->request->folder, path);
    if (located == STATUS_MISSING)
        return STATUS_OK;
    TRY(located);
    enum status result = data_target_is_ours(path, &ours);
    if (result == STATUS_FORMAT && strcmp(path, f->path) != 0) {
        say("%s: %s stays where it is: %s\n", e->id, path, status_sentence());
        return STATUS_OK;
    }
    if (result != STATUS_OK)
        return status_prefix(
            result, "%s is present but cannot be used; remove it to fetch it again", e->id);
    return ours ? STATUS_OK : look_at_unmarked(f, path, there);
}

/* Under the lock: somebody else may have brought it in the meantime. */
static enum status fetch_locked(struct arrival *f)
{
    bool there;
    struct stat info;
    TRY(find(f, &there));
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

/* --- where to ask -------------------------------------------------------------------------------
 */

static enum status add_place(struct arrival *f, const char *name, const char *base, bool flat)
{
    char below[FILE_PATH];
    struct place *p = &f->place[f->places];
    size_t n = strlen(base);
    TRY(dataset_place(f->entry, flat, below));
    TRY(file_path(p->server, "%s", name));
    TRY(file_path(p->url, "%s%s%s", base, n > 0 && base[n - 1] == '/' ? "" : "/", below));
    f->places++;
    return STATUS_OK;
}

/* A name of the table, or a URL of either layout. */
static enum status add_mirror(struct arrival *f, const char *mirror)
{
    const struct dataset_server *s = dataset_server_find(mirror);
    if (s != NULL)
        return add_place(f, s->name, s->url, s->flat);
    if (strstr(mirror, "://") == NULL) {
        struct nearest n = {.to = mirror};
        for (s = dataset_servers; s->name != NULL; s++)
            nearest_offer(&n, s->name);
        return status_fail(STATUS_CONFIG,
                           "the mirror '%.100s' is neither a URL nor a name that is known; did you "
                           "mean '%s'?",
                           mirror, n.word);
    }
    TRY(add_place(f, mirror, mirror, false));
    return add_place(f, mirror, mirror, true);
}

static const char *given(const char *option, const char *variable)
{
    const char *set = getenv(variable);
    return option != NULL ? option : set != NULL && *set != '\0' ? set : NULL;
}

/* What is named is asked and nobody else; by itself, D4RL's own server and then the mirrors. */
static enum status list_places(struct arrival *f)
{
    const char *server = given(f->request->server, "VITAMIN_SERVER");
    const char *mirror = given(f->request->mirror, "VITAMIN_MIRROR");
    f->places = 0;
    if (server != NULL)
        TRY(add_place(f, server, server, false));
    if (mirror != NULL)
        TRY(add_mirror(f, mirror));
    for (const struct dataset_server *s = dataset_servers;
         server == NULL && mirror == NULL && s->name != NULL; s++) {
        if (!s->mirror || f->entry->mirrors != MIRRORS_LACK)
            TRY(add_place(f, s->name, s->url, s->flat));
    }
    return STATUS_OK;
}

enum status fetch_dataset(const struct fetch_request *a, const struct dataset_entry *e)
{
    struct arrival f = {.request = a, .entry = e, .fd = -1};
    struct lock lock;
    bool there;
    TRY(file_path(f.path, "%s/%s.hdf5", dataset_folder(a->folder), e->id));
    TRY(file_path(f.part, "%s.part", f.path));
    TRY(list_places(&f));
    TRY(find(&f, &there));
    if (there)
        return STATUS_OK;
    TRY(file_make_folder(dataset_folder(a->folder)));
    TRY(data_lock(f.path, a->stop, &lock));
    enum status result = fetch_locked(&f);
    lock_release(&lock);
    return result;
}

/* --- asking only --------------------------------------------------------------------------------
 */

/* Does the place have it? Its answer on stdout. */
static bool tell_offer(const struct arrival *f, const struct place *p, enum status asked,
                       const struct download_offer *offer)
{
    const struct dataset_entry *e = f->entry;
    char text[320];
    bool has = asked == STATUS_OK && offer->code < 400, right = true;
    if (asked != STATUS_OK)
        snprintf(text, sizeof text, "%.300s", status_sentence());
    else if (!has)
        snprintf(text, sizeof text, "does not have it (error %ld)", offer->code);
    else if (offer->bytes < 0)
        snprintf(text, sizeof text, "has it and does not say its size");
    else {
        right = e->bytes == 0 || offer->bytes == e->bytes;
        bool digest = *offer->sha256 != '\0' && *e->sha256 != '\0';
        right = right && (!digest || strcmp(offer->sha256, e->sha256) == 0);
        snprintf(text, sizeof text, "%lld bytes%s", (long long)offer->bytes,
                 e->bytes == 0              ? ""
                 : right                    ? digest ? ", D4RL's size and SHA-256" : ", D4RL's size"
                 : offer->bytes != e->bytes ? ", not D4RL's file"
                                            : ", D4RL's size but another SHA-256");
    }
    say("%-29s %-12s %s\n", e->id, p->server, text);
    fflush(stdout);
    return has && right;
}

/* Is the next place of the same server: its other layout? */
static bool is_first_of_two(const struct arrival *f, int i)
{
    return i + 1 < f->places && strcmp(f->place[i + 1].server, f->place[i].server) == 0;
}

static bool is_silent(const struct fetch_silence *silence, const char *server)
{
    for (int i = 0; i < silence->servers; i++) {
        if (strcmp(silence->server[i], server) == 0)
            return true;
    }
    return false;
}

enum status fetch_ask(const struct fetch_request *a, const struct dataset_entry *e,
                      struct fetch_silence *silence, int *servers)
{
    struct arrival f = {.request = a, .entry = e, .fd = -1};
    *servers = 0;
    TRY(list_places(&f));
    for (int i = 0; i < f.places; i++) {
        const struct place *p = &f.place[i];
        struct download_offer offer;
        if (a->stop != NULL && *a->stop)
            return status_fail(STATUS_INTERRUPTED, "stopped");
        if (is_silent(silence, p->server))
            continue;
        enum status result = download_ask(p->url, &offer);
        if (result != STATUS_OK && result != STATUS_IO)
            return result;
        if (result == STATUS_IO && silence->servers < FETCH_SERVERS)
            snprintf(silence->server[silence->servers++], FILE_PATH, "%s", p->server);
        if (result == STATUS_OK && offer.code >= 400 && is_first_of_two(&f, i))
            continue;
        *servers += tell_offer(&f, p, result, &offer);
        i += is_first_of_two(&f, i);
    }
    return STATUS_OK;
}
