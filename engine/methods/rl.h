/* RL gradients for the decision transformer: one file, one struct of functions, one row.
 *
 * An RL gradient, "gradient" for short, is what the paper adds to the supervised gradient of the
 * actor: an RL loss of the actor and all that it needs, such as a critic with a loss of its own.
 * Its critic_update() runs on every batch. Its actor_rows() runs afterwards, on some batches, with
 * some rows (window positions) of the batch at a time, from several threads at once, and adds
 * alpha * dL_rl/dhead to the supervised part's gradient. It keeps its own state between these calls
 * (state_size, init, free, visit). To add one, see docs/architecture.md.
 *
 * Random numbers are drawn by whole batch, on one thread: in critic_update before the critic's
 * pass, in prepare before the actor's. dt_draw() gives standard normals (B,K,A) at one of the sites
 * of learner_dt.h. For anything else, fill an array of the gradient's own state from the stream
 *
 *   rng_at(d->learner.run, RNG_RL, (uint64_t)d->learner.batches)
 *
 * which critic_update and prepare of the same batch share: give each its own offsets. A new site
 * would move the streams of all others, and with them every curve. */
#ifndef ENGINE_METHODS_RL_H
#define ENGINE_METHODS_RL_H

#include "engine/methods/learner_dt.h"

/* Some positions of a batch as the actor's losses see them: head outputs, and where to add their
 * gradient. dt_update.c fills the arrays. */
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

/* Sums that actor_rows() accumulates over a lane; the learner adds lanes in order and divides. */
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
    const char *name; /* value of the key `rl_gradient` */
    const char
        *source; /* "docs/methods.md 7": the section with its equations; a test looks it up */
    bool needs_log_prob; /* the head must be stochastic; hyper_check refuses others */
    bool needs_v;        /* the critic must have a V net: n_value_nets = 1; hyper_check refuses 0 */
    bool recurrent;   /* critic_arch = lstm and rnn work too (Fig. 23): critics see whole windows */
    bool temperature; /* the entropy coefficient is learned whatever entropy_reg says */
    bool targets;     /* actor and critic have target networks, which every actor update moves */
    bool online;      /* the RL term uses a separate replay of rollouts */
    bool ratios;      /* importance ratios: rollouts keep log-probabilities (PPO) */
    /* Its state, d->rl_state: `state_size` bytes, zeroed (0: none). init fills it once the networks
     * exist; free undoes that, also after a failed init. */
    size_t state_size;
    enum status (*init)(struct dt *d);
    void (*free)(struct dt *d);
    /* State needed to resume an interrupted iteration: only for online gradients. */
    enum status (*visit)(struct dt *d, struct visitor *v);
    /* Bytes that first_rows or actor_rows take from r->scratch for this many rows. NULL: none. */
    size_t (*scratch)(const struct dt *d, int rows);
    /* Bytes that a critic's pass over this many windows takes from its scratch besides a tape and
     * eight arrays (windows,K). NULL: none. */
    size_t (*critic_scratch)(const struct dt *d, int windows);
    /* One critic update. NULL: there is no critic. */
    enum status (*critic_update)(struct dt *d, const struct batch *b, struct stats_sum *stats);
    /* Does the RL loss run over padding, which must then be computed? NULL: no. */
    bool (*over_all)(const struct dt *d);
    /* Before an iteration's online updates: compute targets and V of the rollouts. */
    enum status (*begin_iteration)(struct dt *d, const struct learner_data *data, int64_t updates,
                                   struct stats_sum *stats);
    /* On the RL term's batch, before the actor's pass: draw noise, fetch targets. */
    enum status (*prepare)(struct dt *d, const struct batch *b);
    /* A pass without gradient to compute quantities of the whole batch first (softmax weights, mean
     * |Q|); then after_first. NULL: never needed. */
    bool (*wants_first)(const struct dt *d);
    void (*first_rows)(struct dt *d, const struct actor_rows *r);
    void (*after_first)(struct dt *d, const struct batch *b);
    /* doutput, dlog_std += alpha dL_rl/d...; sum[SUM_RL] += these rows' part of L_rl, without
     * alpha. alpha is alpha_pretrain or alpha_online (never SAC's temperature), times
     * d->rl_scale. */
    void (*actor_rows)(struct dt *d, const struct batch *b, const struct actor_rows *r,
                       double alpha, double sum[SUMS]);
    /* After the actor's step (PPO's V step). */
    enum status (*after_actor)(struct dt *d, const struct batch *b, struct stats_sum *stats);
};

/* Only rl_table refers to these. */
extern const struct rl_ops rl_none, rl_td3, rl_ddpg, rl_sac, rl_iql, rl_awac, rl_awr, rl_ppo;
extern const struct rl_ops *const rl_table[];
extern const int rl_count;

/* The row of that name, or NULL. */
const struct rl_ops *rl_find(const char *name);

#endif
