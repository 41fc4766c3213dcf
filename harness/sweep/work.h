/* What a run does, counted from its configuration and the length of its data's episodes. */
#ifndef HARNESS_WORK_H
#define HARNESS_WORK_H

#include "engine/methods/hyper.h"
#include "harness/matrix/matrix.h"
#include "suites/env.h"

/* Evaluation episodes are taken to reach the time limit. Online episodes of robots that can fall
 * are taken to last as long as the data's, all others the time limit; that matters where an
 * iteration is one trajectory. */
struct work {
    double updates;       /* actor updates, pretraining included */
    double before_online; /* PDT's return head is prepared before the first online update: as many
                           * updates would take as long */
    double interval;      /* critic updates for one of them */
    double iterations;    /* online */
    double steps;         /* online transitions */
    double evaluated;     /* evaluation steps, at most */
    double real_share;    /* of the positions in its windows; padding costs nothing */
    double actor_flops, critic_flops, act_flops; /* of one update each, and of one action */
};

/* The effective configuration of a cell and its world. Errors STATUS_CONFIG, the cell named. */
enum status work_configure(const struct matrix_cell *c, struct hyper *h,
                           const struct env_kind **kind);

/* `episode`: mean length of the data's episodes in steps; 0: the time limit. */
struct work work_count(const struct hyper *h, const struct env_kind *kind, double episode);

/* Share of real positions in windows of K steps that begin anywhere in episodes of this length. */
double work_real_share(double K, double episode);

#endif
