/* Run a matrix on this machine: one process a cell, as schedule.h decides.
 *
 * Everything that counts is in the cells' folders, nothing in this process: it may be killed at any
 * time, and any number of them may work on one results folder, on one machine or several. */
#ifndef HARNESS_SWEEP_H
#define HARNESS_SWEEP_H

#include "harness/matrix/matrix.h"

struct sweep_options {
    const char *matrix, *preset; /* as matrix_load takes them: runs load it again */
    const char *results, *data;  /* NULL: the defaults */
    const char *keep;            /* one of RUN_KEEP_WORDS; NULL: as the matrix says */
    int cores;                   /* 0: as many as this process may use */
    double memory;               /* bytes for all runs together; 0: what is available now */
    double checkpoint_every;     /* seconds */
    bool fetch;                  /* try to fetch what D4RL has */
};

/* Start or go on. Returns when every cell is over or failed; cells that another process is at are
 * waited for, and taken over when it goes away.
 *
 * Errors  STATUS_INTERRUPTED (one of stop_signals came: the runs have written
 * checkpoints), STATUS_IO (the disk is full), STATUS_MISSING (datasets), STATUS_CONFIG,
 * STATUS_MEMORY; and STATUS_FORMAT when cells have failed. What is done stays done in any case. */
enum status sweep_run(const struct matrix *m, const struct sweep_options *options);

#endif
