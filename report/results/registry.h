/* What the report knows before it reads anything: the paper's methods, suites and datasets, their
 * order, names and published facts. Suites and datasets are rows of suites/facts.def. */
#ifndef REPORT_REGISTRY_H
#define REPORT_REGISTRY_H

#include <stdbool.h>

struct registry_method {
    const char *id, *label;
    bool main;          /* one of the seven of the paper's tables */
    const char *source; /* figure that introduces it */
};

/* In the order of tables and legends: ours last of the seven, then ablations. */
extern const struct registry_method registry_methods[];
extern const int registry_method_count;

struct registry_suite {
    const char *id, *title;
    const char *parent; /* suite whose table also shows this one, or "" */
    double budget;      /* online transitions in the paper */
    bool scored;        /* else its results are rewards (the single-state MDP) */
};

extern const struct registry_suite registry_suites[];
extern const int registry_suite_count;

/* Rows of suites/facts.def. */
struct registry_dataset {
    const char *id, *suite, *env, *quality;
    char title[64];               /* "Hopper-medium-replay" */
    char abbrev[16];              /* "Ho-MR", as in the paper's tables */
    double transitions, mean, sd; /* Tables 4-7; mean and sd of the normalised return */
    double budget;                /* online transitions in the paper */
};

const struct registry_dataset *registry_datasets(int *count);

/* Position by id, or -1. A method is also found by its label; case does not matter for methods. */
int registry_find_method(const char *name);
int registry_find_dataset(const char *id);
int registry_find_suite(const char *id);

/* False for a suite whose results are rewards. */
bool registry_scored(const char *suite);

/* The suite that a dataset of this name belongs to by its environment ("hopper-medium-expert-v0"
 * is mujoco), or -1. */
int registry_guess_suite(const char *dataset);

#endif
