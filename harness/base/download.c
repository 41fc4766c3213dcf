#include "harness/base/download.h"

#include "engine/base/file.h"
#include "harness/base/progress.h"
#include "harness/base/terminal.h"

#include <curl/curl.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    HTTP_PARTIAL = 206,
    HTTP_RANGE_ERROR = 416, /* nothing lies behind what we have */
    SLOW = 1000,            /* bytes a second: less is a stall */
    CONNECT_SECONDS = 20,
    REDIRECTS = 10,
    WORTH = 1000000,  /* bytes: what a connection that stalled must have brought to count */
    SHOW_EVERY = 500, /* ms */
    NAP = 100,        /* ms between two looks at `stop` while nothing goes on */
};

/* Why we broke a transfer off ourselves. */
enum refusal {
    REFUSED_NOT,
    REFUSED_DISK,   /* why_disk */
    REFUSED_START,  /* it does not begin as it must */
    REFUSED_LONG,   /* longer than allowed */
    REFUSED_PLACE,  /* another part than was asked for */
    REFUSED_LENGTH, /* another length than before: the file was replaced meanwhile */
    REFUSED_OTHER,  /* not of the length that the file is known to have */
};

struct transfer {
    const struct download_request *q;
    struct download_result *r;
    CURL *curl;
    char message[CURL_ERROR_SIZE];
    int64_t have;  /* bytes in the file */
    int64_t best;  /* the most it ever had */
    bool anew;     /* what is there is of no use: everything is asked for */
    int64_t total; /* of the whole file, as the server says; -1: it has not */
    long stall, retry;
    /* of one connection */
    int64_t range_first, range_total; /* as Content-Range says; -1: it does not */
    int64_t offered;                  /* the length it names, when that is not the file's */
    int64_t before;                   /* bytes in the file that this connection goes on from */
    bool placed;                      /* where its body goes is settled */
    enum refusal refused;
    int why_disk;
    bool page;                    /* it looks like a web page */
    struct timespec began, shown; /* this connection; the line about it */
};

/* Seconds that the environment may set. */
static enum status read_seconds(const char *name, long standard, long low, long high, long *out)
{
    const char *text = getenv(name);
    char *end;
    *out = standard;
    if (text == NULL || *text == '\0')
        return STATUS_OK;
    errno = 0;
    *out = strtol(text, &end, 10);
    if (errno != 0 || *end != '\0' || *out < low || *out > high)
        return status_fail(STATUS_CONFIG,
                           "%s is '%.60s'; whole seconds from %ld to %ld are expected", name, text,
                           low, high);
    return STATUS_OK;
}

static bool is_stopped(const struct transfer *t)
{
    return t->q->stop != NULL && *t->q->stop != 0;
}

static enum status cut_file(struct transfer *t, int64_t bytes)
{
    if (ftruncate(t->q->fd, (off_t)bytes) != 0)
        return status_fail(STATUS_IO, "%s: cannot be cut to %lld bytes: %s", t->q->path,
                           (long long)bytes, strerror(errno));
    t->have = bytes;
    if (t->r->resumed > bytes)
        t->r->resumed = bytes;
    return STATUS_OK;
}

/* --- what curl calls ----------------------------------------------------------------------------
 */

static size_t take_header(char *line, size_t size, size_t count, void *context)
{
    struct transfer *t = context;
    char text[256];
    long long first, total;
    snprintf(text, sizeof text, "%.*s", (int)(size * count), line);
    if (strncasecmp(text, "HTTP/", 5) == 0) /* another answer: the last was a redirection */
        t->range_first = t->range_total = -1;
    else if (strncasecmp(text, "Content-Range:", 14) == 0) {
        if (sscanf(text + 14, " bytes %lld-%*d/%lld", &first, &total) == 2) {
            t->range_first = first;
            t->range_total = total;
        } else if (sscanf(text + 14, " bytes %lld-", &first) == 1)
            t->range_first = first;
        else if (sscanf(text + 14, " bytes */%lld", &total) == 1)
            t->range_total = total;
    }
    return size * count;
}

/* Does what is to lie at `have` go on as the file must? */
static bool begins_rightly(const struct transfer *t, int64_t have, const char *data, size_t bytes)
{
    if (have >= (int64_t)t->q->start_bytes)
        return true;
    size_t at = (size_t)have, n = t->q->start_bytes - at < bytes ? t->q->start_bytes - at : bytes;
    return memcmp(data, (const char *)t->q->start + at, n) == 0;
}

/* Before the first byte of a body: where does it go, and is it of the same file as before? What was
 * there gives way only to what begins rightly: a web page that stands between for once costs
 * nothing. */
static bool place(struct transfer *t, const char *data, size_t bytes)
{
    long code = 0;
    curl_off_t length = -1;
    curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &code);
    curl_easy_getinfo(t->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    int64_t total = code == HTTP_PARTIAL ? t->range_total : (int64_t)length;
    t->placed = true;
    if (code == HTTP_PARTIAL && t->range_first != t->have) {
        t->refused = REFUSED_PLACE;
    } else if (t->q->bytes > 0 && total > 0 && total != t->q->bytes) {
        t->refused = REFUSED_OTHER;
        t->offered = total;
    } else if (t->total >= 0 && total >= 0 && total != t->total) {
        t->refused = REFUSED_LENGTH;
    } else if (total > t->q->limit) {
        t->refused = REFUSED_LONG;
    } else if (code != HTTP_PARTIAL && !begins_rightly(t, 0, data, bytes)) {
        t->refused = REFUSED_START;
    } else if (code != HTTP_PARTIAL && t->have > 0 && cut_file(t, 0) != STATUS_OK) {
        t->refused = REFUSED_DISK;
        t->why_disk = errno;
    }
    if (t->refused != REFUSED_NOT)
        return false;
    t->anew = t->anew && code == HTTP_PARTIAL;
    t->before = t->have;
    t->total = total >= 0 ? total : t->total;
    return true;
}

static enum refusal judge(const struct transfer *t, const char *data, size_t bytes)
{
    int64_t end = t->have + (int64_t)bytes;
    if (!begins_rightly(t, t->have, data, bytes))
        return REFUSED_START;
    if (end > t->q->limit)
        return REFUSED_LONG;
    return t->total >= 0 && end > t->total ? REFUSED_LENGTH : REFUSED_NOT;
}

/* The file's time is the server's, so that a later process can ask whether it is still that file's
 * beginning; 0 when it gives none. Set at once: we may be killed. */
static void stamp(const struct transfer *t)
{
    curl_off_t when = -1;
    curl_easy_getinfo(t->curl, CURLINFO_FILETIME_T, &when);
    const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT},
                                      {.tv_sec = when > 0 ? (time_t)when : 0}};
    (void)futimens(t->q->fd, times);
}

static size_t take_body(char *data, size_t size, size_t count, void *context)
{
    struct transfer *t = context;
    size_t bytes = size * count;
    if (!t->placed && !place(t, data, bytes)) {
        t->page = bytes > 0 && data[0] == '<';
        return CURL_WRITEFUNC_ERROR;
    }
    t->refused = judge(t, data, bytes);
    if (t->refused != REFUSED_NOT) {
        t->page = bytes > 0 && data[0] == '<';
        return CURL_WRITEFUNC_ERROR;
    }
    for (size_t done = 0; done < bytes;) {
        ssize_t n = pwrite(t->q->fd, data + done, bytes - done, (off_t)t->have);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            t->refused = REFUSED_DISK;
            t->why_disk = n < 0 ? errno : ENOSPC;
            return CURL_WRITEFUNC_ERROR;
        }
        done += (size_t)n;
        t->have += n;
    }
    stamp(t);
    return bytes;
}

/* The file's name, how much of it is here and how long the rest takes at this connection's pace. */
static void show(const struct transfer *t, curl_off_t down)
{
    char rest[80], left[32], line[512], name[96];
    const char *slash = strrchr(t->q->path, '/'), *base = slash != NULL ? slash + 1 : t->q->path;
    const char *end = strstr(base, ".hdf5"); /* what is on its way has more behind it */
    snprintf(name, sizeof name, "%.*s", end != NULL ? (int)(end - base) : (int)strlen(base), base);
    double pace = (double)down / fmax(progress_since(&t->began), 1e-3);
    if (t->total > 0) {
        progress_duration((double)(t->total - t->have) / pace, left);
        snprintf(rest, sizeof rest, "%.1f of %.1f MB, %s left", (double)t->have / 1e6,
                 (double)t->total / 1e6, left);
        progress_bar(name, (double)t->have / (double)t->total, rest, progress_columns(),
                     terminal_has_utf8(), line, sizeof line);
    } else {
        snprintf(line, sizeof line, "%.40s  %.1f MB", name, (double)t->have / 1e6);
    }
    progress_put(line);
}

static int take_progress(void *context, curl_off_t down_total, curl_off_t down, curl_off_t up_total,
                         curl_off_t up)
{
    struct transfer *t = context;
    struct timespec now;
    (void)down_total, (void)down, (void)up_total, (void)up;
    clock_gettime(CLOCK_MONOTONIC, &now);
    long since = (now.tv_sec - t->shown.tv_sec) * 1000 + (now.tv_nsec - t->shown.tv_nsec) / 1000000;
    if (t->q->show && since >= SHOW_EVERY) {
        t->shown = now;
        show(t, down);
    }
    return is_stopped(t);
}

/* --- one connection -----------------------------------------------------------------------------
 */

static bool set_up(struct transfer *t)
{
    CURL *c = t->curl;
    long connect = t->stall < CONNECT_SECONDS ? t->stall : CONNECT_SECONDS;
    return curl_easy_setopt(c, CURLOPT_URL, t->q->url) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https,file") == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_USERAGENT, "vitamin") == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_MAXREDIRS, (long)REDIRECTS) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_FAILONERROR, 1L) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_FILETIME, 1L) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, connect) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, (long)SLOW) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, t->stall) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_ERRORBUFFER, t->message) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, take_header) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_HEADERDATA, t) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_WRITEDATA, t) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, take_progress) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_XFERINFODATA, t) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L) == CURLE_OK;
}

/* Ask for what is missing, provided that it is still the same file. */
static struct curl_slist *ask_for_rest(const struct transfer *t)
{
    char range[32], condition[64];
    struct stat info;
    struct tm utc;
    struct curl_slist *headers = NULL;
    bool rest = t->have > 0 && !t->anew;
    snprintf(range, sizeof range, "%lld-", (long long)t->have);
    curl_easy_setopt(t->curl, CURLOPT_RANGE, rest ? range : NULL);
    if (rest && t->q->bytes == 0 && fstat(t->q->fd, &info) == 0 && info.st_mtime > 0 &&
        gmtime_r(&info.st_mtime, &utc) != NULL &&
        strftime(condition, sizeof condition, "If-Range: %a, %d %b %Y %H:%M:%S GMT", &utc) > 0)
        headers = curl_slist_append(NULL, condition);
    curl_easy_setopt(t->curl, CURLOPT_HTTPHEADER, headers);
    return headers;
}

static CURLcode connect_once(struct transfer *t)
{
    t->range_first = t->range_total = -1;
    t->placed = false;
    t->before = t->have;
    t->refused = REFUSED_NOT;
    *t->message = '\0';
    t->r->connections++;
    struct curl_slist *headers = ask_for_rest(t);
    clock_gettime(CLOCK_MONOTONIC, &t->began);
    CURLcode code = curl_easy_perform(t->curl);
    curl_easy_setopt(t->curl, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(headers);
    if (t->q->show)
        progress_clear();
    if (*t->message == '\0')
        snprintf(t->message, sizeof t->message, "%s", curl_easy_strerror(code));
    const char *effective = NULL;
    curl_easy_getinfo(t->curl, CURLINFO_EFFECTIVE_URL, &effective);
    snprintf(t->r->url, sizeof t->r->url, "%s", effective != NULL ? effective : t->q->url);
    return code;
}

/* --- what to make of its end --------------------------------------------------------------------
 */

/* WHOLE: done. AGAIN: the connection broke. ANEW: what is there is of no use. FAILED: for good, the
 * sentence is kept. */
enum verdict { VERDICT_WHOLE, VERDICT_AGAIN, VERDICT_ANEW, VERDICT_FAILED };

static const char *kept(const struct transfer *t)
{
    return t->have > 0 ? "; what was there before is kept" : "";
}

static enum status refuse(struct transfer *t)
{
    const char *url = t->q->url;
    if (t->refused == REFUSED_DISK) {
        errno = t->why_disk;
        return status_fail(STATUS_IO, "%s: cannot be written: %s", t->q->path, file_reason());
    }
    const char *type = NULL;
    curl_easy_getinfo(t->curl, CURLINFO_CONTENT_TYPE, &type);
    bool page = t->page || (type != NULL && strncasecmp(type, "text/html", 9) == 0);
    if (t->refused == REFUSED_OTHER && !page)
        return status_fail(STATUS_FORMAT, "%s: sends a file of %lld bytes, D4RL's has %lld%s", url,
                           (long long)t->offered, (long long)t->q->bytes, kept(t));
    if (t->refused == REFUSED_LONG)
        return status_fail(STATUS_FORMAT,
                           "%s: sends more than the %lld MB that are expected at most%s", url,
                           (long long)(t->q->limit / 1000000), kept(t));
    return status_fail(STATUS_FORMAT, "%s: sends %s instead of the file%s%s", url,
                       page ? "a web page" : "something else",
                       page ? " (does a proxy or a log-in page stand between?)" : "", kept(t));
}

static bool is_passing(long http)
{
    return http == 408 || http == 429 || http == 500 || http == 502 || http == 503 || http == 504;
}

static enum verdict take_http_error(struct transfer *t, enum status *out)
{
    long http = 0;
    curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &http);
    *out = status_fail(STATUS_MISSING, "%s: the server answers with error %ld", t->q->url, http);
    if (http == HTTP_RANGE_ERROR && t->have > 0 && t->range_total == t->have)
        *out = STATUS_OK;
    if (http == HTTP_RANGE_ERROR && t->have > 0)
        return t->range_total == t->have ? VERDICT_WHOLE : VERDICT_ANEW;
    return is_passing(http) ? VERDICT_AGAIN : VERDICT_FAILED;
}

static bool never_connected(const struct transfer *t, CURLcode code)
{
    curl_off_t when = 0;
    curl_easy_getinfo(t->curl, CURLINFO_CONNECT_TIME_T, &when);
    return code == CURLE_COULDNT_RESOLVE_PROXY || code == CURLE_COULDNT_RESOLVE_HOST ||
           code == CURLE_COULDNT_CONNECT || (code == CURLE_OPERATION_TIMEDOUT && when == 0);
}

static enum verdict take_broken(struct transfer *t, CURLcode code, enum status *out)
{
    const char *url = t->q->url;
    if (never_connected(t, code)) {
        *out = status_fail(STATUS_IO, "%s cannot be reached, is this machine offline? (%s)%s", url,
                           t->message,
                           t->have > 0 ? "; what has arrived is kept, run again to resume" : "");
        return t->best > 0 && t->r->connections > 1 ? VERDICT_AGAIN : VERDICT_FAILED;
    }
    if (code == CURLE_PARTIAL_FILE && t->total > 0)
        *out = status_fail(STATUS_IO,
                           "%s: the server promises %lld bytes and breaks off after %lld; what has "
                           "arrived is kept, run again to resume",
                           url, (long long)t->total, (long long)t->have);
    else if (code == CURLE_OPERATION_TIMEDOUT)
        *out = status_fail(STATUS_IO,
                           "%s: brought less than %d bytes a second for %ld s; the %lld bytes that "
                           "have arrived are kept, run again to resume",
                           url, SLOW, t->stall, (long long)t->have);
    else
        *out = status_fail(STATUS_IO,
                           "%s: the download broke off (%s); what has arrived is kept, run again "
                           "to resume",
                           url, t->message);
    return VERDICT_AGAIN;
}

static enum verdict take_refusal(struct transfer *t, enum status *out)
{
    bool short_of_it = t->refused == REFUSED_OTHER && t->have < t->q->bytes;
    if (t->refused != REFUSED_DISK && !short_of_it) { /* what it brought is not of the file */
        *out = cut_file(t, t->before);
        if (*out != STATUS_OK)
            return VERDICT_FAILED;
    }
    if (t->refused == REFUSED_PLACE || t->refused == REFUSED_LENGTH) {
        *out = status_fail(
            STATUS_FORMAT,
            t->refused == REFUSED_PLACE
                ? "%s: the server sends another part of the file than it is asked for"
                : "%s: the server names another length each time it is asked",
            t->q->url);
        return VERDICT_ANEW;
    }
    *out = refuse(t);
    return VERDICT_FAILED;
}

static enum verdict take_success(struct transfer *t, enum status *out)
{
    if (!t->placed) { /* no byte of a body came */
        *out = status_fail(STATUS_FORMAT, "%s: the server sends nothing%s", t->q->url, kept(t));
        return VERDICT_FAILED;
    }
    /* Said to be whole, but only a part of what was asked for. */
    if (t->total >= 0 && t->have < t->total)
        return take_broken(t, CURLE_PARTIAL_FILE, out);
    if (t->q->bytes > 0 && t->have != t->q->bytes) { /* of a server that named no length */
        t->refused = REFUSED_OTHER;
        t->offered = t->have;
        return take_refusal(t, out);
    }
    return VERDICT_WHOLE;
}

static enum verdict conclude(struct transfer *t, CURLcode code, enum status *out)
{
    const char *url = t->q->url;
    switch (code) {
    case CURLE_OK:
        return take_success(t, out);
    case CURLE_HTTP_RETURNED_ERROR:
        return take_http_error(t, out);
    case CURLE_WRITE_ERROR:
        return take_refusal(t, out);
    case CURLE_ABORTED_BY_CALLBACK:
        *out = status_fail(STATUS_INTERRUPTED,
                           "%s: stopped after %lld bytes, which are kept; run again to resume", url,
                           (long long)t->have);
        return VERDICT_FAILED;
    case CURLE_TOO_MANY_REDIRECTS:
        *out = status_fail(STATUS_MISSING,
                           "%s: the server sends from one address to the next, more than %d times",
                           url, REDIRECTS);
        return VERDICT_FAILED;
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
        *out = status_fail(code == CURLE_URL_MALFORMAT ? STATUS_CONFIG : STATUS_MISSING,
                           "%s: leads to an address that is not followed, neither http:// nor "
                           "https:// (%s)",
                           url, t->message);
        return VERDICT_FAILED;
    case CURLE_FILE_COULDNT_READ_FILE:
        *out = status_fail(STATUS_MISSING, "%s: there is no such file", url);
        return VERDICT_FAILED;
    case CURLE_PEER_FAILED_VERIFICATION:
        *out = status_fail(STATUS_IO, "%s: its certificate does not hold (%s)", url, t->message);
        return VERDICT_FAILED;
    case CURLE_OUT_OF_MEMORY:
        *out = status_fail(STATUS_MEMORY, "%s: no memory to get it", url);
        return VERDICT_FAILED;
    default:
        return take_broken(t, code, out);
    }
}

/* --- asking only --------------------------------------------------------------------------------
 */

struct question {
    struct download_offer *offer;
    int64_t linked; /* the size that a redirection names of what it leads to; -1: none */
};

/* Hugging Face's names of size and SHA-256 come with its redirection to where the file lies. */
static size_t take_answer(char *line, size_t size, size_t count, void *context)
{
    struct question *a = context;
    char text[256], digest[SHA256_HEX];
    long long total;
    snprintf(text, sizeof text, "%.*s", (int)(size * count), line);
    if (strncasecmp(text, "X-Linked-Size:", 14) == 0 && sscanf(text + 14, " %lld", &total) == 1)
        a->linked = total;
    else if (strncasecmp(text, "X-Linked-Etag:", 14) == 0 &&
             sscanf(text + 14, " \"%64[0-9a-f]\"", digest) == 1 && strlen(digest) == 64)
        memcpy(a->offer->sha256, digest, sizeof digest);
    else if (strncasecmp(text, "Content-Range:", 14) == 0 &&
             sscanf(text + 14, " bytes %*d-%*d/%lld", &total) == 1)
        a->offer->bytes = total;
    return size * count;
}

static size_t take_nothing(char *data, size_t size, size_t count, void *context)
{
    (void)data, (void)size, (void)count, (void)context;
    return CURL_WRITEFUNC_ERROR;
}

static CURLcode ask_once(CURL *c, struct question *a, bool head)
{
    curl_off_t length = -1;
    *a->offer = (struct download_offer){.bytes = -1};
    curl_easy_setopt(c, CURLOPT_NOBODY, head ? 1L : 0L);
    curl_easy_setopt(c, CURLOPT_HTTPGET, head ? 0L : 1L);
    curl_easy_setopt(c, CURLOPT_NOBODY, head ? 1L : 0L);
    curl_easy_setopt(c, CURLOPT_RANGE, head ? NULL : "0-0");
    CURLcode code = curl_easy_perform(c);
    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &a->offer->code);
    curl_easy_getinfo(c, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    if (a->linked >= 0)
        a->offer->bytes = a->linked;
    else if (a->offer->bytes < 0 && a->offer->code != HTTP_PARTIAL)
        a->offer->bytes = (int64_t)length;
    if (a->linked >= 0 && a->offer->code >= 400) /* the place it leads to answers no questions */
        a->offer->code = 200;
    return code == CURLE_WRITE_ERROR && a->offer->code > 0 ? CURLE_OK : code;
}

enum status download_ask(const char *url, struct download_offer *out)
{
    const struct download_request q = {.url = url};
    struct transfer t = {.q = &q};
    struct question a = {out, -1};
    TRY(read_seconds("VITAMIN_STALL_SECONDS", 60, 1, 3600, &t.stall));
    *out = (struct download_offer){.bytes = -1};
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || (t.curl = curl_easy_init()) == NULL ||
        !set_up(&t)) {
        curl_easy_cleanup(t.curl);
        return status_fail(STATUS_MEMORY, "%s: no memory to ask for it", url);
    }
    curl_easy_setopt(t.curl, CURLOPT_FAILONERROR, 0L);
    curl_easy_setopt(t.curl, CURLOPT_NOPROGRESS, 1L);
    curl_easy_setopt(t.curl, CURLOPT_TIMEOUT,
                     t.stall < CONNECT_SECONDS ? t.stall : CONNECT_SECONDS);
    curl_easy_setopt(t.curl, CURLOPT_HEADERFUNCTION, take_answer);
    curl_easy_setopt(t.curl, CURLOPT_HEADERDATA, &a);
    curl_easy_setopt(t.curl, CURLOPT_WRITEFUNCTION, take_nothing);
    CURLcode code = ask_once(t.curl, &a, true);
    if (code == CURLE_OK && out->code >= 400 && out->code != 404)
        code = ask_once(t.curl, &a, false);
    bool file = strncasecmp(url, "file:", 5) == 0;
    if (code == CURLE_OK && file)
        out->code = 200;
    else if (code == CURLE_FILE_COULDNT_READ_FILE)
        out->code = 404;
    curl_easy_cleanup(t.curl);
    if (code != CURLE_OK && out->code == 0)
        return status_fail(STATUS_IO, "%s: no answer (%s)", url,
                           *t.message != '\0' ? t.message : curl_easy_strerror(code));
    return STATUS_OK;
}

/* --- as often as it brings something ------------------------------------------------------------
 */

static enum status pause_before(const struct transfer *t, int failures)
{
    const struct timespec nap = {.tv_nsec = NAP * 1000000};
    long naps = failures > 0 ? (t->retry << (failures - 1)) * 1000 / NAP : 0;
    for (long i = 0; i < naps && !is_stopped(t); i++)
        nanosleep(&nap, NULL);
    if (is_stopped(t))
        return status_fail(STATUS_INTERRUPTED,
                           "%s: stopped after %lld bytes, which are kept; run again to resume",
                           t->q->url, (long long)t->have);
    return STATUS_OK;
}

static enum status get_with_retries(struct transfer *t)
{
    for (int failures = 0;;) {
        enum status result = STATUS_OK;
        TRY(pause_before(t, failures));
        CURLcode code = connect_once(t);
        enum verdict verdict = conclude(t, code, &result);
        if (verdict == VERDICT_WHOLE || verdict == VERDICT_FAILED)
            return result;
        struct status_note note;
        status_save(&note, result);
        int64_t gained = t->have - t->best, worth = code == CURLE_OPERATION_TIMEDOUT ? WORTH : 1;
        failures = verdict == VERDICT_AGAIN && gained >= worth ? 0 : failures + 1;
        if (gained > 0)
            t->best = t->have;
        if (verdict == VERDICT_ANEW) {
            t->anew = true;
            t->total = -1;
            if (t->r->connections == 1) /* an earlier call's beginning was another file's */
                t->best = failures = 0;
        }
        if (failures < DOWNLOAD_PATIENCE && t->r->connections < DOWNLOAD_CONNECTIONS)
            continue;
        (void)status_restore(&note);
        return status_prefix(note.code, "given up after %d connections", t->r->connections);
    }
}

/* A beginning that cannot be of the file is not gone on with; from a disk all is taken anew. */
static enum status look_at_beginning(struct transfer *t)
{
    struct stat info;
    char begun[64];
    if (fstat(t->q->fd, &info) != 0)
        return status_fail(STATUS_IO, "%s: cannot be looked at: %s", t->q->path, strerror(errno));
    t->have = info.st_size;
    size_t n = t->q->start_bytes < sizeof begun ? t->q->start_bytes : sizeof begun;
    if (t->have < (int64_t)n)
        n = (size_t)t->have;
    if (strncasecmp(t->q->url, "file:", 5) == 0 || t->have > t->q->limit ||
        (t->q->bytes > 0 && t->have > t->q->bytes) ||
        (n > 0 &&
         (pread(t->q->fd, begun, n, 0) != (ssize_t)n || memcmp(begun, t->q->start, n) != 0)))
        return cut_file(t, 0);
    t->best = t->r->resumed = t->have;
    return STATUS_OK;
}

enum status download(const struct download_request *q, struct download_result *r)
{
    struct transfer t = {.q = q, .r = r, .total = -1};
    *r = (struct download_result){.bytes = 0};
    TRY(read_seconds("VITAMIN_STALL_SECONDS", 60, 1, 3600, &t.stall));
    TRY(read_seconds("VITAMIN_RETRY_SECONDS", 1, 0, 60, &t.retry));
    TRY(look_at_beginning(&t));
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || (t.curl = curl_easy_init()) == NULL ||
        !set_up(&t)) {
        curl_easy_cleanup(t.curl);
        return status_fail(STATUS_MEMORY, "%s: no memory to get it", q->url);
    }
    enum status result = get_with_retries(&t);
    curl_easy_cleanup(t.curl);
    r->bytes = t.have;
    struct stat info;
    if (result == STATUS_OK && fstat(q->fd, &info) == 0 && info.st_mtime == 0)
        (void)futimens(q->fd, NULL); /* stamp() had nothing better */
    return result;
}
