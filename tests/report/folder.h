/* A scratch folder for one test, and small files in it. */
#ifndef TESTS_REPORT_FOLDER_H
#define TESTS_REPORT_FOLDER_H

#include "harness/curve/curve.h"
#include "report/results/results.h"

/* .init and .fini of a suite. */
void folder_make(void);
void folder_remove(void);

/* FOLDER/name; stays valid. */
const char *folder_path(const char *name);
/* Write a text file there; returns its path. */
const char *folder_write(const char *name, const char *text);
/* A whole text file, for free(). Fails when it is not there. */
char *folder_read(const char *path);

/* MATRIX/DATASET/METHOD/SEED/curve.h5 with `points` evaluations of one episode at equal distances
 * up to `end`, scores from `first` to `last` on a line. */
struct folder_run {
    const char *matrix, *dataset, *method;
    int seed, points;
    double end, first, last, budget;
    const char *status; /* "complete" */
    const char *config; /* "alpha_online = 0.1\n" */
    const char *preset, *kind, *reduced, *revision;
    const char *folder;  /* the method's; NULL: called as the method */
    const char *variant; /* the attribute; NULL: there is none */
    const char *suite, *label;
};
void folder_run(struct folder_run run);

/* In matrix `rtg`: ODT after `end` online transitions, evaluated for a sweep of target returns on
 * hopper-random, whose data return 0 to 100. Asked for 0, 50 and 100 it earns `within` times that,
 * and beyond follows the target by `beyond`, up to that of rollouts, 7200; `seed` on top. */
void folder_sweep(int seed, double end, double within, double beyond);

/* Read and finish, with default options; asserts success. */
struct results folder_results(const char *path, struct results_options options);
struct results folder_scores(const char *path, struct results_options options);

#endif
