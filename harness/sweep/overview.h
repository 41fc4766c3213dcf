/* A matrix as it stands now: what has become of every cell and what the rest will take. */
#ifndef HARNESS_OVERVIEW_H
#define HARNESS_OVERVIEW_H

#include "harness/matrix/cell.h"
#include "harness/sweep/cost.h"

#include <stdio.h>

struct overview {
    const struct matrix *m;
    const char *results;      /* NULL: results/runs */
    struct run_folder *look;  /* one a cell */
    bool *waits;              /* one a cell: its guide's policy is not there */
    int *kind;                /* the first cell that differs in nothing but the seed */
    int *round;               /* how many cells of this kind come before it */
    char (*hash)[SHA256_HEX]; /* of a kind's configuration, at its first cell */
    struct cost cost;
    double *left; /* core-seconds that each cell still wants */
    int count[FOLDER_STATE_COUNT];
};

/* Looks at every cell. The strings must outlive it. Errors STATUS_CONFIG (a cell's configuration),
 * STATUS_IO (`results` is no folder, overview_init alone), STATUS_MEMORY. */
enum status overview_init(const struct matrix *m, const char *results, const char *data,
                          struct overview *out);
/* The same at the speed of a table that was read before, or NULL. */
enum status overview_init_at(const struct matrix *m, const char *results, const char *data,
                             const struct speed_table *speed, struct overview *out);
void overview_free(struct overview *o);

/* Look at one cell again. What finished elsewhere with another configuration counts as failed, for
 * it is not this cell's result. Says whether it waits for its guide, and why. */
void overview_look(struct overview *o, int cell);

/* Expected costs anew, from what has finished by now. */
void overview_measure(struct overview *o);

/* Share of a cell's budget that is done, 0 to 1. */
double overview_progress(const struct overview *o, int cell);

/* "57.0 core-hours of 62.6 in all", or "62.6 core-hours" where nothing is done yet. */
enum { OVERVIEW_HOURS = 128 };
void overview_hours(const struct overview *o, char out[OVERVIEW_HOURS]);

/* Seconds until so many cores have done what is left, or with `all` the whole matrix: no shorter
 * than its longest cell. Errors STATUS_MEMORY */
enum status overview_wall(const struct overview *o, int cores, bool all, double *seconds);

/* "12 of 62 done, 2 running, 1 failed": states that no cell is in are left out. */
void overview_counts(const struct overview *o, char *out, size_t size);

/* What cells wait for that another's policy guides: a line for each such policy. */
void overview_list_guides(const struct overview *o, FILE *to);

/* One line a cell, or only those in a state (FOLDER_STATE_COUNT: all); at most `most` lines. */
void overview_list(const struct overview *o, enum folder_state only, int most, FILE *to);

#endif
