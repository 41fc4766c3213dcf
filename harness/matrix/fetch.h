/* D4RL's own files: what `vitamin data fetch` and a matrix without a recipe get. */
#ifndef HARNESS_FETCH_H
#define HARNESS_FETCH_H

#include "suites/dataset_table.h"

#include <signal.h>

struct fetch_request {
    const char *server; /* NULL: $VITAMIN_SERVER, or D4RL's own */
    const char *folder; /* NULL: the data folder (dataset_folder) */
    const volatile sig_atomic_t *stop;
};

/* Download, check, and publish the file under its lock unless it is there, and say on stdout what
 * it is. Errors STATUS_IO (no connection, disk), STATUS_FORMAT (something else was sent),
 * STATUS_BUSY, STATUS_INTERRUPTED */
enum status fetch_dataset(const struct fetch_request *request, const struct dataset_entry *entry);

#endif
