/* How long a cell will take: arithmetic counted from its configuration, times what the finished
 * cells of this matrix took per unit of it. */
#ifndef HARNESS_COST_H
#define HARNESS_COST_H

#include "engine/methods/hyper.h"
#include "harness/matrix/cell.h"
#include "suites/env.h"

/* What a run does, counted from its configuration. Episodes are taken to end half-way to the time
 * limit where that matters (one-trajectory iterations), and evaluation episodes to reach it. */
struct cost_work {
    double updates;       /* actor updates, pretraining included */
    double before_online; /* PDT's return head is prepared before the first online update: as many
                           * updates would take as long */
    double interval;      /* critic updates for one of them */
    double iterations;    /* online */
    double steps;         /* online transitions */
    double evaluated;     /* evaluation steps, at most */
    double actor_flops, critic_flops, act_flops; /* of one update each, and of one action */
};

/* The effective configuration of a cell and its world. Errors STATUS_CONFIG, the cell named. */
enum status cost_configure(const struct matrix_cell *c, struct hyper *h,
                           const struct env_kind **kind);

struct cost_work cost_count(const struct hyper *h, const struct env_kind *kind);

struct cost {
    double *hint;    /* seconds of one core at a nominal speed, one a cell */
    double *seconds; /* expected core-seconds, one a cell; the measured ones where finished */
    int measured;    /* finished cells behind them; 0: nominal speed, a guess */
};

/* Errors STATUS_CONFIG (a cell's configuration is refused: the sentence names it), STATUS_MEMORY */
enum status cost_init(const struct matrix *m, struct cost *out);
void cost_free(struct cost *c);

/* Scale the hints by what finished cells took: those of the same method and environment if there
 * are any, else of the method, else all. */
void cost_measure(struct cost *c, const struct matrix *m, const struct run_folder *look);

/* Bytes that a run of this cell needs, roughly: the dataset in memory and the networks. */
size_t cost_memory(const struct matrix_cell *cell);

#endif
