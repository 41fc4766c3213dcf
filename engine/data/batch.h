/* Batches: B segments of K steps cut from a replay, left padded, normalised (docs/methods.md 1.6).
 *
 * On padding: states and next states are raw zeros normalised (-mean/std), actions, rewards and
 * returns-to-go 0, done 2 (as in the released code, so that a loss without the mask shows it), mask
 * 0. */
#ifndef ENGINE_DATA_BATCH_H
#define ENGINE_DATA_BATCH_H

#include "engine/base/rng.h"
#include "engine/data/normalizer.h"
#include "engine/data/replay.h"
#include "engine/data/transitions.h"

struct batch {
    int B, K, S, A;
    float *state;        /* (B,K,S) normalised */
    float *next_state;   /* (B,K,S) normalised */
    float *action;       /* (B,K,A) clamped to +-action_limit */
    float *reward;       /* (B,K) modified rewards, not scaled by rtg_scale */
    float *done;         /* (B,K) 1: no bootstrap; 2 on padding */
    float *return_to_go; /* (B,K+1) undiscounted, before acting at each step, times rtg_scale; 0
                          * past the trajectory's end */
    float *mask;         /* (B,K) 1 real, 0 padding */
    float *weight;       /* (B,K) mask, minus rows without a true successor (D40): critic loss */
    float *log_prob;     /* (B,K) at acting time, 0 on padding; NULL unless requested */
    int *length;         /* (B) real steps, at the right end */
    int *trajectory;     /* (B) slot in the replay (batch_sample_transitions: -1) */
    int *start;          /* (B) first real step within it (or the transition drawn) */
    int valid;           /* sum of mask */
    double weight_sum;   /* sum of weight */
};

enum batch_segment {
    BATCH_START_UNIFORM, /* start ~ U{0..L-1}, steps [start, min(start+K, L)) */
    BATCH_END_UNIFORM,   /* PDT: end ~ U{1..L}, steps [max(0, end-K), end) */
};

enum batch_draw {
    BATCH_BY_LENGTH, /* trajectories with probability proportional to length */
    BATCH_BY_RETURN, /* PDT online: proportional to return - min return + 1e-6 */
};

struct batch_rule {
    double rtg_scale;   /* kappa */
    float action_limit; /* 1 - 1e-6; 0: not clamped */
    enum batch_segment segment;
    enum batch_draw draw;
    bool skip_missing_next; /* as preset `paper` does (D40) */
};

/* Scale 1, limit 1 - 1e-6, start uniform, by length, nothing skipped. */
struct batch_rule batch_rule_default(void);

/* Allocate arrays of these shapes. Errors STATUS_MEMORY. */
enum status batch_init(struct batch *b, int B, int K, int S, int A, bool with_log_prob);
void batch_free(struct batch *b);

/* Real positions among all: 1 - the share of padding. */
double batch_real_share(const struct batch *b);

/* Draw and cut out->B segments. With `n` NULL states stay raw.
 *
 * Random   rng_at(run, RNG_BATCH, batch index)    Threads  any number, same bits
 * Errors   STATUS_MISSING (nothing to draw from; log_prob requested but not recorded),
 *          STATUS_SHAPE (S or A differ)
 * Source   docs/methods.md 1.6; fixtures' batch/ */
enum status batch_sample(const struct replay *r, const struct normalizer *n,
                         const struct batch_rule *rule, struct rng rng, struct batch *out);

/* PDT: segments and, in `future`, the out->K steps that follow each (left padded, possibly none).
 * As batch_sample, with the same B. */
enum status batch_sample_future(const struct replay *r, const struct normalizer *n,
                                const struct batch_rule *rule, struct rng rng, struct batch *out,
                                struct batch *future);

/* Cut the segments given by out->trajectory, start and length (length 0: all padding). */
enum status batch_cut(const struct replay *r, const struct normalizer *n,
                      const struct batch_rule *rule, struct batch *out);

/* Uniform transitions into a batch of K = 1; rewards become reward * scale + shift, returns-to-go
 * are 0. `action_limit` as in batch_rule. Errors and random numbers as batch_sample. */
enum status batch_sample_transitions(const struct transitions *t, const struct normalizer *n,
                                     float action_limit, float reward_scale, float reward_shift,
                                     struct rng rng, struct batch *out);

/* Gather one number per step, e.g. AWR's targets: values[slot] is (L), out (B,K), 0 on padding. */
void batch_gather(const struct batch *b, const float *const values[], float *out);

#endif
