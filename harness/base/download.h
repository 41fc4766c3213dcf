/* Files from the network, by libcurl: http, https, and file as a mirror on a disk.
 *
 *   struct download_request q = {.url = url, .fd = fd, .path = part, .limit = 1 << 30};
 *   struct download_result r;
 *   TRY(download(&q, &r));
 *
 * What `fd` holds already is taken for the beginning: only the rest is asked for. That it is one
 * piece in the end is watched over: the answer must name the place that was asked for and the
 * length that an earlier answer named, and a beginning whose time (as the server gave it, kept as
 * the file's own) is not the server's file's is not gone on with (If-Range). When the server cannot
 * go on, or will not, everything is asked for again.
 *
 * A connection that breaks off, stalls or is refused halfway is taken up again after 1, 2, 4 ...
 * seconds: as long as it brings something, and DOWNLOAD_PATIENCE times in a row when it does not.
 * Redirections lead to http and https only, ten at most. Proxies as libcurl's environment variables
 * say (http_proxy, https_proxy, no_proxy).
 *
 * The environment may set, in seconds, VITAMIN_STALL_SECONDS (default 60; 1 to 3600): how long a
 * connection may bring less than 1 kB/s before it is given up, and a server leave a connection
 * unanswered (but 20 s at most); and VITAMIN_RETRY_SECONDS (default 1; 0 to 60): the first pause.
 */
#ifndef HARNESS_DOWNLOAD_H
#define HARNESS_DOWNLOAD_H

#include "engine/base/sha256.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DOWNLOAD_URL = 4096, DOWNLOAD_PATIENCE = 4, DOWNLOAD_CONNECTIONS = 10000 };

struct download_request {
    const char *url;
    int fd;                            /* open for reading and writing; the caller's */
    const char *path;                  /* of fd, for sentences */
    int64_t limit;                     /* bytes: what is longer is refused */
    int64_t bytes;                     /* what the file must have; 0: not known. Then a beginning is
                                        * gone on with wherever it came from: the caller knows the
                                        * file by its digest */
    const void *start;                 /* what any right answer begins with; NULL: not known */
    size_t start_bytes;                /* at most 64 */
    const volatile sig_atomic_t *stop; /* ends it when other than 0; may be NULL */
    bool show;                         /* how much has come, now and then, on stderr */
};

struct download_result {
    char url[DOWNLOAD_URL]; /* in effect: where redirections led */
    int64_t bytes;          /* of the whole file */
    int64_t resumed;        /* of them, there before */
    int connections;
};

/* What a server says of a file without sending it. */
struct download_offer {
    long code;               /* HTTP's; 0: no answer */
    int64_t bytes;           /* -1: it does not say */
    char sha256[SHA256_HEX]; /* "": likewise */
};

/* Ask for the headers only, or where a server does not know that question, for the first byte.
 * Errors  STATUS_IO (no answer: the sentence says why), STATUS_CONFIG (the environment, the URL) */
enum status download_ask(const char *url, struct download_offer *out);

/* Get all of it. On failure `fd` keeps what has arrived, and a later call goes on; but nothing of a
 * connection that begins wrongly or brings too much: after it, what was there before is there.
 *
 * Errors  STATUS_IO           no connection, or it breaks off again and again; the disk
 *         STATUS_MISSING      the server answers with an error (404, 403, 500 ...)
 *         STATUS_FORMAT       it sends something else: a web page, nothing, another length
 *         STATUS_INTERRUPTED  `stop`
 *         STATUS_MEMORY
 * Threads one at a time */
enum status download(const struct download_request *q, struct download_result *r);

#endif
