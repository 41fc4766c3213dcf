/* Shared by several RL gradients: the mathematics of TD3 and IQL, which learner_mlp.c also uses;
 * state and passes of a critic of action values; parts of the actor's loss. */
#ifndef ENGINE_METHODS_RL_SHARED_H
#define ENGINE_METHODS_RL_SHARED_H

#include "engine/methods/rl.h"

/* --- TD3 and IQL, for transformer and MLP --------------------------------------------------- */

/* Sums over a lane's part of a critic pass. */
struct critic_sums {
    double q_loss, v_loss;         /* already divided */
    double q, q_square, q_most, y; /* over real positions */
};

/* TD3's target smoothing: action (n) plus policy_noise eps clipped at noise_clip, within
 * [-limit, limit]. */
void rl_smooth(const struct hyper *h, const float *eps, size_t n, float limit, float *action);

/* Windows of K = tape->K steps for the Q nets to fit. */
struct rl_td {
    const struct critic *critic;
    const struct params *params;
    int windows;
    const float *state, *action;    /* (windows,K,S), (windows,K,A) */
    const float *y, *weight, *mask; /* (windows,K) targets, weights of the loss, 0 on padding */
    double divisor;                 /* of the sum of weight (Q - y)^2, for each net */
};

/* Add the TD loss of every Q net and Q1's statistics to sums, and the loss's gradient to
 * gradient. */
void rl_td_loss(const struct rl_td *t, struct critic_tape *tape, struct arena *scratch,
                float *gradient, struct critic_sums *sums);

/* The metrics of a critic update over `valid` real positions. */
void rl_report_critic(const struct critic_sums *s, int valid, double grad_norm,
                      struct stats_sum *stats);

/* sum of weight |e - [u<0]| u^2 / divisor (n), and its derivative dv with respect to V. */
double rl_expectile_loss(const float *u, const float *weight, size_t n, double expectile,
                         double divisor, float *dv);

/* IQL's weight of an action with advantage u: min(exp(beta u), clip). */
float rl_iql_weight(const struct hyper *h, float u);

/* --- for the rl_*.c parts -------------------------------------------------------------------- */

/* State of a gradient with action values (rl_ops.state_size): TD3, DDPG, SAC, AWAC and IQL. One
 * that keeps more makes this the first member of its own struct, whose size is then state_size: the
 * functions here find it by rl_q_state(). Its init calls rl_q_init, its free rl_q_free. */
struct rl_q_state {
    float *next_action;   /* (B,K,A) a' of the target policy; unused by IQL, whose target is V */
    float *next_log_prob; /* (B,K) of a', for soft targets */
    float *y;             /* (B,K) targets of the critic's update */
    float *per_step;      /* (B,K) TD3: |Q1| of the first pass; AWAC: softmax weight; IQL: u */
};

static inline struct rl_q_state *rl_q_state(const struct dt *d)
{
    return d->rl_state;
}

enum status rl_q_init(struct dt *d);
void rl_q_free(struct dt *d);

/* For rl_ops.scratch: bytes of `actions` arrays (rows,A) and `numbers` arrays (rows), plus those of
 * rl_q_rows if `q`. */
size_t rl_scratch(const struct dt *d, int rows, int actions, int numbers, bool q);

/* Some windows of the batch in one lane: forward and backward of the critic, adding to gradient and
 * to sums. It runs on several threads at once, so it writes to the state only at its own windows.
 * scratch holds a tape of these windows and eight arrays (windows,K), and what
 * rl_ops.critic_scratch asks for besides. A body may call others, one after the other, when each
 * releases what it takes, as rl_td_body does. Numbers are drawn before the pass (rl.h). */
typedef void critic_body(struct dt *d, const struct batch *b, struct span windows, float *gradient,
                         struct arena *scratch, struct critic_sums *sums);

/* Run `body` over the batch's windows in lanes, check the loss, make the AdamW (or Adam) step and
 * report: one critic update. Another loss of the critic is another body. What a body adds to
 * sums->q_loss is part of the reported loss_critic, penalties too. */
enum status rl_critic_pass(struct dt *d, const struct batch *b, critic_body *body,
                           struct stats_sum *stats);

/* For critic bodies. y = reward + gamma (1-d) next into the state's y, then the TD loss of every Q
 * net: sum of weight (Q - y)^2 over B K or real positions (D7). next (windows,K) */
void rl_td_windows(struct dt *d, const struct batch *b, struct span windows, const float *next,
                   struct critic_tape *tape, float *gradient, struct arena *scratch,
                   struct critic_sums *sums);

/* Q1 (or min of all Q nets when `low`) at (rows) of state and action, and its derivative with
 * respect to the action, times dvalue (rows), added to daction (rows,A). dvalue NULL: values
 * only. */
void rl_q_rows(struct dt *d, const struct actor_rows *r, const float *action, bool low,
               const float *dvalue, float *value, float *daction);

/* Bodies of TD3, and of SAC and AWAC with the entropy term: next = min Q'(s', next_action)
 * [- lambda log pi'], then rl_td_windows. rl_target_actions comes before the pass. */
critic_body rl_td_body, rl_soft_td_body;

/* dt_target_actions into the state's next_action and next_log_prob; and with TD3's smoothing. */
void rl_target_actions(struct dt *d, const struct batch *b);
void rl_smooth_target_actions(struct dt *d, const struct batch *b);

/* TD3's loss of the actor, -mean over real positions of Q1(s, mu(z)), with the optional
 * normalisation (D27): alpha / mean over all positions of |Q1|, detached. For members of rl_ops. */
size_t rl_q_scratch(const struct dt *d, int rows);
bool rl_q_wants_first(const struct dt *d);
void rl_q_first_rows(struct dt *d, const struct actor_rows *r);
void rl_q_after_first(struct dt *d, const struct batch *b);
void rl_q_actor_rows(struct dt *d, const struct batch *b, const struct actor_rows *r, double alpha,
                     double sum[SUMS]);

/* Members of rl_ops: that state, and TD3's loss of the actor. */
#define RL_Q_STATE .state_size = sizeof(struct rl_q_state), .init = rl_q_init, .free = rl_q_free
#define RL_Q_ACTOR                                                                                 \
    .recurrent = true, .targets = true, .scratch = rl_q_scratch, .wants_first = rl_q_wants_first,  \
    .first_rows = rl_q_first_rows, .after_first = rl_q_after_first, .actor_rows = rl_q_actor_rows

/* A site's noise at these rows (rows,A), in r->scratch. */
const float *rl_gather_noise(const struct dt *d, const struct actor_rows *r, enum draw_site site);

/* sum over rows of -weight lambda H (drawn at DRAW_RL_ENTROPY), and scale times its gradient. */
double rl_entropy_rows(struct dt *d, const struct actor_rows *r, const float *weight, double scale);

/* sum over rows of -weight log pi(a) / divisor and its gradient (weight (rows), already masked). */
double rl_weighted_nll(const struct actor_rows *r, int A, const float *weight, double scale,
                       float *doutput, float *dlog_std);

#endif
