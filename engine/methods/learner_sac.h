/* The SAC learner's struct, for learner_sac.c and its tests. */
#ifndef ENGINE_METHODS_LEARNER_SAC_H
#define ENGINE_METHODS_LEARNER_SAC_H

#include "engine/data/batch.h"
#include "engine/methods/critic.h"
#include "engine/methods/learner_impl.h"
#include "engine/methods/network.h"
#include "engine/nn/mlp.h"

struct sac_learner {
    struct learner learner;           /* first */
    struct layout actor_layout;       /* tensors "actor.layer1.weight", ... */
    struct mlp mlp;                   /* S -> 2A: mean, then log standard deviation */
    struct critic critic;             /* two Q nets */
    struct network actor, critic_net; /* one lane each, without scratch; the critic has a target */
    struct adam_scalar log_temperature;
    struct batch batch; /* K = 1 */
    struct arena arena;
    /* Tests: standard normals (B,A) of the actions at s' and at s, instead of the streams. */
    const float *next_noise, *noise;
};

/* One update on d->batch. Errors STATUS_NONFINITE; nothing has changed where it is the losses that
 * are not finite. */
enum status sac_update(struct sac_learner *d, struct stats_sum *stats);

#endif
