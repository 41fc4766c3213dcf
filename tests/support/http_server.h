/* A web server of the test's own on 127.0.0.1, with the faults of real ones. */
#ifndef TESTS_SUPPORT_HTTP_SERVER_H
#define TESTS_SUPPORT_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>

/* How it behaves; may be changed between requests. */
struct http_server {
    const char *path; /* the one it knows: "/a/b.hdf5"; set before the start */
    const void *body; /* its content */
    size_t bytes;

    volatile bool no_ranges;     /* always send all of it */
    volatile size_t break_after; /* hang up after this many bytes of body; 0: never */
    volatile int breaks;         /* ... this many times */
    volatile size_t flip;        /* one byte of the body is sent wrong: at this place, 0: none */
    volatile int code;           /* answer this error; 0: none */
    volatile long lie;           /* added to the length that is promised */
    volatile size_t stall_after; /* send nothing more after so many bytes of body; 0: never */
    volatile bool endless;       /* no length, zeros for ever */
    volatile bool wrong_place;   /* answer a range with the file's beginning */
    volatile unsigned slowly;    /* microseconds between a kilobyte and the next; 0: none */
    volatile bool no_head;       /* answer the question for headers only with 501 */
    volatile long linked;        /* X-Linked-Size, as a redirection to a CDN has it; 0: none */
    char redirect[256];          /* answer with this address; "": none */
    const char *modified;        /* Last-Modified, and what If-Range is compared with; NULL: none */

    volatile int requests;       /* answered so far */
    volatile size_t last_offset; /* where the last answer began */
    int port;
    int pid; /* of its process */
};

/* Start it in a process of its own, with one for each connection; its switches and counts are
 * shared. Fails the test if it cannot. */
struct http_server *http_server_start(const char *path, const void *body, size_t bytes);
void http_server_stop(struct http_server *s);

#endif
