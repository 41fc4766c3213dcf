/* Stand-ins for datasets: what `vitamin data generate` and a matrix's [generate] section make. */
#ifndef HARNESS_GENERATE_H
#define HARNESS_GENERATE_H

#include "suites/dataset_generate.h"

struct generate_request {
    const char *name;         /* a dataset id or an environment */
    const char *policy, *out; /* policy: "random", "waypoint", a file, or NULL */
    long rows, threads, seed;
    bool missing; /* only if it is not there */
    struct dataset_recipe recipe;
    const struct dataset_entry *entry; /* found by generate_dataset(); NULL for an environment */
};

/* Read it from words as behind `vitamin data generate`: argv[0] is passed over. Errors
 * STATUS_CONFIG */
enum status generate_read(int argc, char **argv, struct generate_request *out);

/* Make the file under its lock, and say on stdout what it holds. Errors STATUS_CONFIG (no such
 * dataset, nobody to act), STATUS_IO, STATUS_BUSY, STATUS_MEMORY, STATUS_INTERRUPTED */
enum status generate_dataset(struct generate_request *request);

#endif
