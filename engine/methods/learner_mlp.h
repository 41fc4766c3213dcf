/* The MLP learner's struct, for learner_mlp.c and its tests. */
#ifndef ENGINE_METHODS_LEARNER_MLP_H
#define ENGINE_METHODS_LEARNER_MLP_H

#include "engine/data/batch.h"
#include "engine/methods/critic.h"
#include "engine/methods/learner_impl.h"
#include "engine/methods/network.h"
#include "engine/nn/head.h"
#include "engine/nn/mlp.h"

struct mlp_learner {
    struct learner learner; /* first */
    int in;                 /* width of the actor's input: S, or S+1 with the return */
    struct layout actor_layout;
    struct mlp mlp;
    size_t log_std; /* IQL: offset of the (A) log standard deviations in the actor's theta */
    struct network actor_net, critic_net, value_net; /* one lane each, without scratch */
    struct critic critic;                            /* Q nets */
    struct critic value;                             /* IQL's V, with a separate optimiser step */
    struct batch batch;                              /* K = 1 */
    struct arena arena;
    struct mlp_tape tape;
    const float *given_noise; /* tests: (B,A) instead of the stream */
};

/* One step on d->batch; TD3: critic, and actor with targets if `actor`. */
enum status mlp_td3_update(struct mlp_learner *d, bool actor, struct stats_sum *stats);
enum status mlp_iql_update(struct mlp_learner *d, struct stats_sum *stats);

#endif
