/* Stand-ins for datasets: what `vitamin data generate` and a matrix's [generate] section make. */
#ifndef HARNESS_GENERATE_H
#define HARNESS_GENERATE_H

#include "engine/base/command.h"
#include "suites/dataset_generate.h"

struct generate_request {
    const char *name;           /* a dataset id or an environment */
    const char *policy, *out;   /* policy: "random", "waypoint", "walker", a file, or NULL */
    const char *demonstrations; /* for `cloned`: an id or a file, or NULL */
    const char *results;        /* where behaviour policies are trained (sac_recipe.h), or NULL */
    long rows, threads, seed;
    bool missing; /* only if it is not there */
    struct dataset_recipe recipe;
    const struct dataset_entry *entry; /* found by generate_dataset(); NULL for an environment */
    const char
        *trained; /* "medium", "medium-replay", "expert": by a policy trained here, or NULL */
};

/* `vitamin data generate`; its words are also those of a matrix's [generate]. Its arguments are the
 * request. */
extern const struct command data_generate;

/* Does it take no option to make a stand-in of this dataset by D4RL's own recipe? */
bool generate_has_recipe(const struct dataset_entry *entry);

/* Make the file under its lock, and say on stdout what it holds. Errors STATUS_CONFIG (no such
 * dataset, no policy), STATUS_IO, STATUS_BUSY, STATUS_MEMORY, STATUS_INTERRUPTED */
enum status generate_dataset(struct generate_request *request);

#endif
