/* All that is wrong with a file, not only the first of it.
 *
 * The work is done in a child process: HDF5 1.10 can crash while it opens a file whose headers are
 * damaged, before anybody could look at them. Here that is one more finding. */
#ifndef SUITES_DATASET_CHECK_H
#define SUITES_DATASET_CHECK_H

#include "suites/dataset.h"

enum { DATASET_PROBLEMS = 16, DATASET_REMARKS = 8, DATASET_REMARK = 200 };

struct dataset_report {
    char path[FILE_PATH];
    char id[DATASET_ID], env[DATASET_ID], note[DATASET_NOTE];
    enum dataset_kind kind;
    bool known; /* the file could be opened and told its environment: the above is filled */
    int problems;
    struct status_note problem[DATASET_PROBLEMS]; /* what keeps it from being loaded */
    int remarks;
    char remark[DATASET_REMARKS][DATASET_REMARK]; /* what is odd, but can be worked with */
    int64_t rows, transitions;                    /* when there is no problem */
    char content[SHA256_HEX];                     /* likewise (dataset_identity.h) */
    bool verified;                                /* likewise: D4RL's file by its digest */
    int trajectories;
};

/* Look at everything. OK also when there are problems: they are in the report.
 * Errors  STATUS_MISSING (no such file), STATUS_IO (no child process) */
enum status dataset_check(const char *name, const struct dataset_options *options,
                          struct dataset_report *out);

#endif
