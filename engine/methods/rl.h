/* RL gradients for the decision transformer: one file, one struct of functions, one row.
 *
 * The paper adds a term to the actor's gradient; so does a part here. Its actor_rows() is called
 * with some rows (window positions) of the batch, from several threads at once, and adds
 * alpha * dL_rl/dhead to what the supervised part has put there. Its critic_update() runs before,
 * on the same batch. To add a gradient: one rl_NAME.c, one row in rl_table (docs/architecture.md).
 */
#ifndef ENGINE_METHODS_RL_H
#define ENGINE_METHODS_RL_H

#include "engine/methods/learner_dt.h"

/* Some positions of a batch during the actor's pass: head outputs and where their gradient goes. */
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
    /* One critic update. NULL: there is no critic. */
    enum status (*critic_update)(struct dt *d, const struct batch *b, struct stats_sum *stats);
    /* The RL loss runs over padding, which must then be computed. NULL: it does not. */
    bool (*over_all)(const struct dt *d);
    /* Before the online updates of an iteration: targets and V of the rollouts. */
    enum status (*begin_iteration)(struct dt *d, const struct learner_data *data, int64_t updates,
                                   struct stats_sum *stats);
    /* On the batch the RL term uses, before the actor's pass: draw noise, fetch targets. */
    enum status (*prepare)(struct dt *d, const struct batch *b);
    /* A pass without gradient that fills d->per_step for what needs the whole batch first (softmax
     * weights, mean |Q|); then after_first. NULL when not needed now. */
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

/* --- what several parts share ------------------------------------------------------------- */

/* What a lane's part of a critic pass adds up. */
struct critic_sums {
    double q_loss, v_loss;         /* already divided */
    double q, q_square, q_most, y; /* over real positions */
};

/* Some windows of the batch in one lane: forward and backward of the critic, adding to gradient. */
typedef void critic_body(struct dt *d, const struct batch *b, struct span windows, float *gradient,
                         struct arena *scratch, struct critic_sums *sums);

/* Run `body` over the batch's windows in lanes, check the loss, make the AdamW (or Adam) step and
 * report. One critic update. */
enum status rl_critic_pass(struct dt *d, const struct batch *b, critic_body *body,
                           struct stats_sum *stats);

/* For bodies. y = reward + gamma (1-d) next into d->per_step, then the TD loss of every Q net:
 * sum of weight (Q - y)^2 over B K or real positions (D7). next (windows,K) */
void rl_td_windows(struct dt *d, const struct batch *b, struct span windows, const float *next,
                   struct critic_tape *tape, float *gradient, struct arena *scratch,
                   struct critic_sums *sums);

/* Q1 (or min of all Q nets when `low`) at (rows) of state and action, and its derivative with
 * respect to the action, times dvalue (rows), added to daction (rows,A). dvalue NULL: values only.
 */
void rl_q_rows(struct dt *d, const struct actor_rows *r, const float *action, bool low,
               const float *dvalue, float *value, float *daction);

/* Bodies of TD3, and of SAC and AWAC with the entropy term: next = min Q'(s', next_action)
 * [- lambda log pi'], then rl_td_windows. dt_target_actions comes before the pass. */
critic_body rl_td_body, rl_soft_td_body;

/* A site's noise at these rows (rows,A), in r->scratch. */
const float *rl_gather_noise(const struct dt *d, const struct actor_rows *r, enum draw_site site);

/* sum over rows of -weight lambda H (drawn at DRAW_RL_ENTROPY), and scale times its gradient. */
double rl_entropy_rows(struct dt *d, const struct actor_rows *r, const float *weight, double scale);

/* sum of weight |e - [u<0]| u^2 / divisor (n), and its derivative dv with respect to V. */
double rl_expectile_loss(const float *u, const float *weight, size_t n, double expectile,
                         double divisor, float *dv);

/* sum over rows of -weight log pi(a) / divisor and its gradient (weight (rows), already masked). */
double rl_weighted_nll(const struct actor_rows *r, int A, const float *weight, double scale,
                       float *doutput, float *dlog_std);

#endif
