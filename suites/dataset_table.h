/* The 34 datasets of the paper: where D4RL keeps them, and what the paper says of them
 * (docs/datasets.md 2). The rows are facts.def's. */
#ifndef SUITES_DATASET_TABLE_H
#define SUITES_DATASET_TABLE_H

#include "engine/base/file.h"
#include "engine/base/nearest.h"
#include "suites/env.h"

#include <stdint.h>

/* Do the mirrors hold D4RL's file? */
enum dataset_mirrors { MIRRORS_LACK, MIRRORS_MAY, MIRRORS_HAVE };

struct dataset_entry {            /* one row of dataset_table */
    const char *id;               /* "hopper-medium-replay-v2" */
    const char *env;              /* row of env_table: "hopper" */
    const char *quality;          /* "medium-replay" */
    int64_t rows;                 /* of that file; 0: not known, at least paper_transitions */
    int64_t paper_transitions;    /* tables 4-7: what the paper's scripts use */
    double paper_mean, paper_std; /* normalised; gym-mujoco's std as printed (score.h) */
    const char *file;             /* the URL's last part: "hopper_medium_replay-v2.hdf5" */
    int64_t bytes;                /* of that file; 0: not known */
    enum dataset_mirrors mirrors;
    const char *sha256; /* of that file; "": not known */
};

extern const struct dataset_entry dataset_table[];
extern const int dataset_count;

/* Where D4RL's files can be had: D4RL's own server first, then mirrors of it. */
struct dataset_server {
    const char *name; /* "d4rl"; NULL ends the list */
    const char *url;  /* the file's place below it follows */
    bool mirror;      /* it holds what dataset_entry.mirrors says */
    bool flat;        /* all files in one folder; else in the suites' */
};
extern const struct dataset_server dataset_servers[];

/* By name. NULL: none. */
const struct dataset_server *dataset_server_find(const char *name);

/* The file's place below a server: "hopper_medium-v2.hdf5", or with its suite's folder before it.
 */
enum status dataset_place(const struct dataset_entry *e, bool flat, char out[FILE_PATH]);

/* The row of an id, or of a file name as D4RL or we store it ("hopper_medium-v2.hdf5",
 * "data/hopper-medium-v2.hdf5"). NULL: none. */
const struct dataset_entry *dataset_find(const char *name);

/* The environment of an id, or of a name that begins with one ("hopper-mine"). NULL: none. */
const struct env_kind *dataset_env(const char *name);

/* The row that a development file stands for ("door-human-dev": door-human-v1's). NULL: none. */
const struct dataset_entry *dataset_counterpart(const char *name);

/* The environment of exactly this name (env_named), or of a dataset of the paper. NULL: none. */
const struct env_kind *dataset_task(const char *name);

/* The id that is most like `name`. */
struct nearest dataset_nearest(const char *name);

/* Where `name` lies: a path that exists is itself; an id, or a file's name without ".hdf5"
 * ("hopper-random-dev"), is looked for as ID.hdf5 and under D4RL's file name in `folder`, or when
 * that is NULL in $VITAMIN_DATA, ./data, $D4RL_DATASET_DIR and ~/.d4rl/datasets; and an id of
 * Minari's
 * ("D4RL/pen/human-v2") below `folder`, or when that is NULL also below $MINARI_DATASETS_PATH and
 * ~/.minari/datasets. Where a development file is not there, the file it stands for will do.
 * Errors  STATUS_MISSING: the sentence says how to fetch or generate it */
enum status dataset_locate(const char *name, const char *folder, char path[FILE_PATH]);

/* The folder that new files go to: `folder`, or $VITAMIN_DATA, or "data". */
const char *dataset_folder(const char *folder);

#endif
