/* The experiment matrix: an INI file that names methods x datasets x seeds x overrides, and the
 * cells it expands to. One cell is one run (run.h) with a number and a folder of its own.
 *
 *   [matrix]
 *   title = MuJoCo main result
 *   preset = paper               default paper
 *   size = paper                 default paper (config.h)
 *   set = key=value ...          for every cell
 *   data = fetch                 or generate: by the lines of [generate]
 *   keep_policy = none           or final, best: the policies that runs leave (run.h)
 *   include = main fig2          other matrices; their cells keep their own settings and folders
 *   reuse = mujoco               a cell that stands there just so is taken from there
 *   [experiment fig5a]           any number, each with another name
 *   methods = td3_odt            ids, M7 (the seven of the main results), M6 (without ddpg_odt)
 *   datasets = hammer-human-v1   ids, patterns, MJ AD AM AMs MZ (experiments of the paper), bandit
 *   seeds = 1-5
 *   set = T_eval=1
 *   sweep = alpha_online 10 1    one more axis: a key and its values
 *   guide = iql *-expert-v1 1    each cell takes the policy that this method leaves on this dataset
 *                                (`*`: the cell's environment) with this seed, as jsrl_guide_file
 *   [settings iql]               any number: a method's or dataset's name or pattern
 *   set = key=value ...          for its cells in every experiment; no variant of the method
 *   [generate]                   a dataset and the arguments of `vitamin data generate`
 *   hopper-random-v2 = --policy random --transitions 5000
 *   door-human-dev = fetch       this one is not made but looked for, as D4RL's are
 *
 * Cells are numbered from 1: include lines first, then experiments as they stand in the file, and
 * within one: sweep values, datasets, methods, seeds. A cell that stands there already is not
 * counted again, so experiments may share runs. A guide is a cell of the matrix too, before those
 * that it guides, with the settings that an experiment without `set` would give it. They start once
 * it has pretrained (guide.h). Where a cell lives:
 *
 *   RESULTS/<matrix>/<dataset>/<method>[@key=value,...]/<seed>/
 *
 * where a long list of settings is named by its hash. Names of folders are names only: each curve
 * says itself what it is (attributes `matrix`, `dataset`, `method`, `variant`, `seed`). <matrix> is
 * the file that defines the cell, so `mujoco` alone and `main`, which includes it, share results;
 * with another preset than the file's it is <matrix>-<preset>. */
#ifndef HARNESS_MATRIX_H
#define HARNESS_MATRIX_H

#include "engine/base/file.h"
#include "harness/config/config.h"

#include <stdbool.h>

enum {
    MATRIX_SETS = 24,     /* overrides of one cell */
    MATRIX_SET = 192,     /* longest "key=value", with its NUL */
    MATRIX_ARGS = 256,    /* longest line of [generate] */
    MATRIX_VARIANT = 512, /* longest "key=value,..." */
};

struct matrix_cell {
    int number;                   /* from 1 */
    char matrix[CONFIG_NAME];     /* first folder: the matrix that defines it */
    char experiment[CONFIG_NAME]; /* its section, for people */
    char dataset[CONFIG_NAME];    /* id, or a file's name without .hdf5 */
    char method[CONFIG_NAME];
    char variant[MATRIX_VARIANT]; /* "alpha_online=10", or "": what sets the experiment apart */
    char preset[CONFIG_NAME], size[CONFIG_NAME];
    char set[MATRIX_SETS][MATRIX_SET];
    int sets;
    long seed;
    int guide; /* number of the cell whose policy guides it; 0: none */
};

struct matrix_source { /* how a dataset comes to be: one a dataset, in order of first use */
    char dataset[CONFIG_NAME];
    bool generated;
    char args[MATRIX_ARGS]; /* of `vitamin data generate`, behind the id */
};

struct matrix {
    char name[CONFIG_NAME];
    char title[256];
    struct matrix_cell *cell;
    int cells;
    struct matrix_source *source;
    int sources;
    unsigned keep; /* enum run_keep */
};

/* `name` is an embedded matrix ("smoke") or the path of an INI file; `preset` NULL: as the file
 * says. Errors STATUS_CONFIG with file, line and the nearest known name; STATUS_IO; STATUS_MEMORY.
 */
enum status matrix_load(const char *name, const char *preset, struct matrix *out);
void matrix_unload(struct matrix *m);

/* The cell of a number. Errors STATUS_CONFIG: out of range. */
enum status matrix_cell(const struct matrix *m, long number, const struct matrix_cell **out);

#define MATRIX_RESULTS "results/runs" /* where results lie unless told */

/* The cell's folder below `results` (MATRIX_RESULTS when NULL). */
enum status matrix_folder(const struct matrix_cell *c, const char *results, char out[FILE_PATH])
    __attribute__((warn_unused_result));

/* What stands behind a method in a folder's name: "@key=value,...", a hash if that is long, "" for
 * no variant. */
enum { MATRIX_SUFFIX = 100 };
void matrix_suffix(const char *variant, char out[MATRIX_SUFFIX]);

/* "td3_odt on pen-human-v1 seed 2" */
void matrix_describe(const struct matrix_cell *c, char *out, size_t size);

/* What names the run; pointers go into the cell. */
void matrix_request(const struct matrix_cell *c, struct config_request *out);

/* Do they differ in nothing but the seed? */
bool matrix_same_kind(const struct matrix_cell *a, const struct matrix_cell *b);

/* The i-th first folder ("mujoco") that the cells live in; NULL past the end. */
const char *matrix_home(const struct matrix *m, int i);

/* The i-th embedded matrix's name; NULL past the end. */
const char *matrix_name(int i);

#endif
