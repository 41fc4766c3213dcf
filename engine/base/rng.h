/* Counter-based random streams: Philox4x32-10 (Salmon et al., SC'11).
 *
 * A stream is keyed by (run, purpose, step) and does not depend on what was drawn before. So a run
 * that is killed and resumed, or runs with more threads, draws the same numbers:
 *
 *   struct rng rng = rng_at(run, RNG_BATCH, step);      cheap, by value, no state to save
 *
 * The run is the Philox key; the counter holds (block, purpose, step). One stream gives 2^34 words.
 * Sequential draws (rng_uniform ...) advance the struct; the rng_fill_* family is addressed by
 * index instead: element i depends on the stream and i only, so threads may fill parts of one
 * array. */
#ifndef ENGINE_BASE_RNG_H
#define ENGINE_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

/* Purposes of streams. Add new ones at the end: the position is part of the stream's address. */
#define RNG_PURPOSES(X)                                                                            \
    X(RNG_INIT)          /* initial parameters; step = tensor */                                   \
    X(RNG_BATCH)         /* trajectories and starts of a batch; step = batch */                    \
    X(RNG_DROPOUT)       /* keep masks; step = actor update */                                     \
    X(RNG_TARGET_NOISE)  /* noise or samples of the target policy; step = batch, or for a          \
                          * transformer DRAW_SITES batch + site */                                 \
    X(RNG_POLICY_SAMPLE) /* entropy, samples of the policy; step = batch, or for a transformer     \
                          * DRAW_SITES (actor update) + site */                                    \
    X(RNG_LATENT)        /* PDT's z; step = 4 update (or act_context.stream) + site */             \
    X(RNG_EXPLORE)       /* exploration noise and sampled actions; step = transition */            \
    X(RNG_ENV_RESET)     /* initial states of training environments; step = episode */             \
    X(RNG_EVAL_RESET)    /* initial states of evaluation environments; step = episode */           \
    X(RNG_EVAL_ACTION)   /* sampled actions in evaluation; step = transition */                    \
    X(RNG_DATASET)       /* generated datasets; step = episode */                                  \
    X(RNG_BANDIT)        /* the single-state MDP; step = its own phases */                         \
    X(RNG_BOOTSTRAP)     /* report: resampled runs; step = block of replicates */                  \
    X(RNG_SHUFFLE)       /* permutations of a dataset; step = epoch */                             \
    X(RNG_TEST)          /* tests and benchmarks */                                                \
    X(RNG_RL)            /* what an RL gradient draws besides (rl.h); step = batch */              \
    X(RNG_THEORY)        /* `vitamin theory`; step = its own sites */

enum rng_purpose {
#define RNG_ENUM(name) name,
    RNG_PURPOSES(RNG_ENUM)
#undef RNG_ENUM
};

struct rng {
    uint32_t key[2]; /* the run */
    uint32_t purpose;
    uint32_t step[2];
    uint64_t next;    /* index of the next 32-bit word */
    uint32_t word[4]; /* the block that holds it, valid when next % 4 != 0 */
};

/* The stream of one purpose at one step of one run. */
struct rng rng_at(uint64_t run, enum rng_purpose purpose, uint64_t step);

/* A run key from a name ("hopper-medium-v2/td3_odt/paper/3"), and from a key and a number. */
uint64_t rng_key(const char *name);
uint64_t rng_key_mix(uint64_t key, uint64_t number);

/* Next 32 random bits. */
uint32_t rng_word(struct rng *r);

/* Uniform on [0,1): 24 bits as float, 53 bits as double. */
float rng_uniform(struct rng *r);
double rng_uniform_double(struct rng *r);

/* Standard normal (Box-Muller in double on two words; tails to 6.7). */
float rng_normal(struct rng *r);
double rng_normal_double(struct rng *r);

/* Uniform integer on {0, ..., n-1}, n >= 1, without modulo bias (multiply-high with rejection). */
uint32_t rng_below(struct rng *r, uint32_t n);

/* A uniform random permutation of 0..n-1 (Fisher-Yates). */
void rng_permutation(struct rng *r, int n, int *out);

/* Words [offset, offset+n) of the stream, uniform floats and standard normals made of them.
 * `offset` must be a multiple of 4. r->next is neither used nor moved. */
void rng_fill_words(const struct rng *r, uint64_t offset, uint32_t *out, size_t n);
void rng_fill_uniform(const struct rng *r, uint64_t offset, float *out, size_t n);
void rng_fill_normal(const struct rng *r, uint64_t offset, float *out, size_t n);

/* The bare bijection, for known-answer tests. */
void rng_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

#endif
