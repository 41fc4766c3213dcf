/* D4RL's own files: what `vitamin data fetch` and a matrix without a recipe get.
 *
 * Servers are asked in this order until one has given the right file:
 *
 *   D4RL's own, or `server`           in the folders of D4RL's server
 *   the mirrors of dataset_servers    as far as they hold the file (dataset_entry.mirrors)
 *   or `mirror` instead of both       a URL: in D4RL's folders, or else all files in one
 *
 * A download that one of them broke off is resumed at the next, since a file of known digest is
 * known in the end; others begin anew there. A file whose digest is known is taken only if it has
 * it, from wherever; else it must be a dataset that can be read. */
#ifndef HARNESS_FETCH_H
#define HARNESS_FETCH_H

#include "suites/dataset_table.h"

#include <signal.h>

struct fetch_request {
    const char *server; /* NULL: $VITAMIN_SERVER, or D4RL's own unless a mirror is named */
    const char *mirror; /* a name of dataset_servers, or a URL; NULL: $VITAMIN_MIRROR, or those of
                         * the table unless a server is named */
    const char *folder; /* NULL: the data folder (dataset_folder) */
    const volatile sig_atomic_t *stop;
};

/* Download, check, and publish the file under its lock unless it is there, and say on stdout what
 * it is and where it came from. Errors STATUS_IO (no connection, disk), STATUS_MISSING (no server
 * has it), STATUS_FORMAT (something else was sent, or is in the way), STATUS_CONFIG (no such
 * mirror), STATUS_BUSY, STATUS_INTERRUPTED */
enum status fetch_dataset(const struct fetch_request *request, const struct dataset_entry *entry);

enum { FETCH_SERVERS = 8 };

/* Servers that gave no answer, and are not asked for the next file. Zeros at first. */
struct fetch_silence {
    char server[FETCH_SERVERS][FILE_PATH];
    int servers;
};

/* Ask the same servers, all of them, for the file's size only; a line each on stdout. *servers: how
 * many have it, of the right size where that is known. Errors STATUS_CONFIG, STATUS_INTERRUPTED */
enum status fetch_ask(const struct fetch_request *request, const struct dataset_entry *entry,
                      struct fetch_silence *silence, int *servers);

#endif
