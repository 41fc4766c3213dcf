/* Small datasets made up by tests: D4RL's layout with any types, Minari's, and what is wrong. */
#ifndef TESTS_SUPPORT_TOY_DATASET_H
#define TESTS_SUPPORT_TOY_DATASET_H

#include "engine/base/h5.h"

#include <stdint.h>

/* A folder of the test's own, and its end. */
void toy_folder(char out[FILE_PATH]);
void toy_remove(const char *folder);

struct toy {
    int rows, S, A;
    float *state;      /* (rows+1,S): the last is no row's state, only a successor */
    float *next_state; /* (rows,S) NULL: not written */
    float *action;     /* (rows,A) */
    float *reward;     /* (rows) */
    int8_t *terminal;  /* (rows) */
    int8_t *timeout;   /* (rows) NULL: not written */
};

/* Random numbers (reproducible), no flag set; with next_state and timeout. */
struct toy toy_new(int rows, int S, int A);
void toy_free(struct toy *t);

/* Set flags from a text, one letter a row: T terminal, O timeout, B both, anything else none. */
void toy_flags(struct toy *t, const char *text);

struct toy_style {
    hid_t number; /* type of numbers in the file; 0: float32 */
    hid_t flag;   /* type of flags; 0: h5py's bool */
    int gzip;     /* 0: contiguous */
    bool columns; /* rewards and flags as N x 1 */
    bool extras;  /* unknown fields, infos and scalar metadata too */
};

/* Write it. Fails the test when it cannot. */
void toy_write(const struct toy *t, const char *path, const struct toy_style *style);

/* Write one field; style and shape as above. */
void toy_write_numbers(const struct h5 *f, const char *name, int rows, int cols, const float *x,
                       const struct toy_style *style);
void toy_write_flags(const struct h5 *f, const char *name, int rows, const int8_t *x,
                     const struct toy_style *style);

/* The rows [first, end) of `t` as Minari's group episode_<number>. */
void toy_write_episode(const struct h5 *f, int number, const struct toy *t, int first, int end);

#endif
