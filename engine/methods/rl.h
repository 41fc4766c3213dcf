/* RL gradients for the decision transformer: one file, one struct of functions, one row.
 *
 * The paper adds a term to the actor's gradient; so does a part here. Its actor_rows() is called
 * with some rows (window positions) of the batch, from several threads at once, and adds
 * alpha * dL_rl/dhead to what the supervised part has put there. Its critic_update() runs before,
 * on the same batch. What it keeps between these calls is its own (state_size, init, free, visit).
 * To add a gradient: one rl_NAME.c, one row in rl_table (docs/architecture.md). */
#ifndef ENGINE_METHODS_RL_H
#define ENGINE_METHODS_RL_H

#include "engine/methods/learner_dt.h"

/* Some positions of a batch as the losses of the actor's pass see them: head outputs, and where
 * their gradient goes. dt_update.c fills what is behind it. */
struct actor_rows {
    int rows;
    const int *position;  /* (rows) b*K + k */
    const float *mask;    /* (rows) 1 real, 0 padding */
    const float *state;   /* (rows,S) normalised */
    const float *action;  /* (rows,A) of the data */
    const float *output;  /* (rows,A) deterministic: tanh(...), stochastic: mu */
    const float *log_std; /* (rows,A), stochastic only */
    const float *u;       /* (rows,A) atanh(action), stochastic only */
    float *doutput;       /* (rows,A) += */
    float *dlog_std;      /* (rows,A) +=, stochastic only */
    struct arena *scratch;
};

/* What actor_rows() adds up over a lane; the learner sums lanes in order and divides. */
enum actor_sum {
    SUM_SUPERVISED,
    SUM_RL,
    SUM_ENTROPY,
    SUM_WEIGHT, /* advantage weights or PPO ratios over real positions */
    SUM_ADVANTAGE,
    SUM_CLIPPED,
    SUM_KL,
    SUMS
};

struct rl_ops {
    const char *name;    /* value of the key `rl_gradient` */
    const char *source;  /* section of docs/methods.md */
    bool needs_log_prob; /* the head must be stochastic */
    bool recurrent;      /* works with a recurrent critic, too (Fig. 23) */
    bool temperature;    /* the entropy coefficient is learned whatever entropy_reg says */
    bool targets;        /* target networks move after every actor update */
    bool online;         /* the RL term runs on the rollouts own replay */
    bool ratios;         /* importance ratios: rollouts keep log-probabilities (PPO) */
    /* Its own state, d->rl_state: `state_size` bytes, zeroed (0: none). init makes what is in it
     * once the networks are there; free undoes that, of an init that failed too. */
    size_t state_size;
    enum status (*init)(struct dt *d);
    void (*free)(struct dt *d);
    /* What an iteration that was stopped in its middle goes on from: online gradients only. */
    enum status (*visit)(struct dt *d, struct visitor *v);
    /* Bytes that first_rows or actor_rows take from r->scratch for so many rows. NULL: none. */
    size_t (*scratch)(const struct dt *d, int rows);
    /* One critic update. NULL: there is no critic. */
    enum status (*critic_update)(struct dt *d, const struct batch *b, struct stats_sum *stats);
    /* The RL loss runs over padding, which must then be computed. NULL: it does not. */
    bool (*over_all)(const struct dt *d);
    /* Before the online updates of an iteration: targets and V of the rollouts. */
    enum status (*begin_iteration)(struct dt *d, const struct learner_data *data, int64_t updates,
                                   struct stats_sum *stats);
    /* On the batch the RL term uses, before the actor's pass: draw noise, fetch targets. */
    enum status (*prepare)(struct dt *d, const struct batch *b);
    /* A pass without gradient for what needs the whole batch first (softmax weights, mean |Q|);
     * then after_first. NULL when not needed now. */
    bool (*wants_first)(const struct dt *d);
    void (*first_rows)(struct dt *d, const struct actor_rows *r);
    void (*after_first)(struct dt *d, const struct batch *b);
    /* doutput, dlog_std += alpha dL_rl/d...; sum[] += the loss before alpha, as a plain sum. */
    void (*actor_rows)(struct dt *d, const struct batch *b, const struct actor_rows *r,
                       double alpha, double sum[SUMS]);
    /* After the actor's step (PPO's V step). */
    enum status (*after_actor)(struct dt *d, const struct batch *b, struct stats_sum *stats);
};

extern const struct rl_ops rl_none, rl_td3, rl_ddpg, rl_sac, rl_iql, rl_awac, rl_awr, rl_ppo;
extern const struct rl_ops *const rl_table[];
extern const int rl_count;

/* The row of that name, or NULL. */
const struct rl_ops *rl_find(const char *name);

#endif
