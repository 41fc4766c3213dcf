/* The visible context in training, drawn by the sampler that trains (engine/data/batch.h).
 *
 * A segment starts at a uniform step s and holds K steps or fewer; position t of the trajectory, if
 * the segment holds it, sees t-s+1 steps. For every t that is uniform on 1..min(K,t+1) (D29).
 *
 * One segment holds up to K positions, which depend on each other. Positions K apart never share a
 * segment: their counts are independent, and the sum of their chi-squares is one. There are K such
 * sets; the least p of them times K is the p of all (Bonferroni). */
#include "engine/theory/context_law.h"

#include "engine/base/chi_square.h"
#include "engine/base/rng.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

enum { TRAJECTORIES = 3, BLOCK = 1024 };

/* Trajectories of one length that hold nothing but zeros: only their places matter. */
static enum status fill_replay(struct replay *r, int length)
{
    float *zeros = calloc((size_t)length, sizeof *zeros);
    uint8_t *terminal = calloc((size_t)length, sizeof *terminal);
    enum status status = zeros != NULL && terminal != NULL
                             ? STATUS_OK
                             : status_fail(STATUS_MEMORY, "no memory for %d steps", length);
    for (int i = 0; i < TRAJECTORIES && status == STATUS_OK; i++) {
        struct trajectory t;
        status = trajectory_new(length, 1, 1, zeros, zeros, zeros, zeros, terminal, NULL, 0, &t);
        if (status == STATUS_OK) {
            status = replay_add(r, &t);
            trajectory_free(&t);
        }
    }
    free(zeros);
    free(terminal);
    return status;
}

/* count (length, K): how often position t saw a context of c+1 steps. */
static enum status count_contexts(const struct replay *r, const struct batch_rule *rule,
                                  struct batch *b, int segments, int64_t *count)
{
    const uint64_t run = rng_key_mix(rng_key("vitamin theory context"), (uint64_t)b->K);
    for (int drawn = 0; drawn < segments; drawn += b->B) {
        struct rng rng = rng_at(run, RNG_BATCH, (uint64_t)(drawn / b->B));
        TRY(batch_sample(r, NULL, rule, rng, b));
        for (int i = 0; i < b->B && drawn + i < segments; i++) {
            for (int c = 0; c < b->length[i]; c++)
                count[(size_t)(b->start[i] + c) * (size_t)b->K + (size_t)c]++;
        }
    }
    return STATUS_OK;
}

/* Chi-square of one position against uniform. */
static double test_position(const int64_t *count, int contexts)
{
    double total = 0, sum = 0;
    for (int c = 0; c < contexts; c++)
        total += (double)count[c];
    double expected = total / contexts;
    for (int c = 0; c < contexts && total > 0; c++)
        sum += ((double)count[c] - expected) * ((double)count[c] - expected) / expected;
    return sum;
}

static void test_positions(const int64_t *count, int L, int K, struct theory_context *out)
{
    double least = 1;
    int sets = K < L ? K : L;
    for (int first = 0; first < sets; first++) {
        double statistic = 0, degrees = 0;
        for (int t = first; t < L; t += K) {
            int contexts = K < t + 1 ? K : t + 1;
            statistic += test_position(count + (size_t)t * (size_t)K, contexts);
            degrees += contexts - 1;
        }
        out->chi_square += statistic;
        out->degrees += degrees;
        if (degrees > 0)
            least = fmin(least, chi_square_upper(statistic, degrees));
    }
    out->p = fmin(1, least * sets);
}

static double distance_from_uniform(const double *share, int n)
{
    double sum = 0;
    for (int c = 0; c < n; c++)
        sum += fabs(share[c] - 1.0 / n) / 2;
    return sum;
}

/* All positions together: context c is possible at L-c+1 of them. */
static void pool_positions(const int64_t *count, int L, int K, struct theory_context *out)
{
    int n = K < L ? K : L;
    double total = 0, exact = 0;
    for (int c = 0; c < CONTEXT_MOST; c++)
        out->share[c] = out->expected[c] = c < n ? 0 : (double)NAN;
    for (int c = 0; c < n; c++) {
        for (int t = 0; t < L; t++)
            out->share[c] += (double)count[(size_t)t * (size_t)K + (size_t)c];
        out->expected[c] = L - c;
        total += out->share[c];
        exact += out->expected[c];
    }
    for (int c = 0; c < n; c++) {
        out->share[c] /= total;
        out->expected[c] /= exact;
    }
    out->distance = distance_from_uniform(out->share, n);
    out->expected_distance = distance_from_uniform(out->expected, n);
}

static enum status draw_and_test(const struct replay *r, const struct batch_rule *rule,
                                 struct batch *b, int length, int segments,
                                 struct theory_context *out)
{
    int64_t *count = calloc((size_t)length * (size_t)b->K, sizeof *count);
    if (count == NULL)
        return status_fail(STATUS_MEMORY, "no memory for the counts of %d positions", length);
    enum status status = count_contexts(r, rule, b, segments, count);
    if (status == STATUS_OK) {
        test_positions(count, length, b->K, out);
        pool_positions(count, length, b->K, out);
    }
    free(count);
    return status;
}

enum status context_law_test(const struct batch_rule *rule, int length, int segment, int segments,
                             struct theory_context *out)
{
    assert(length >= 1 && segment >= 1 && segment <= CONTEXT_MOST && segments >= 1);
    struct replay r;
    struct batch b = {0};
    *out = (struct theory_context){.length = length, .segment = segment, .segments = segments};
    TRY(replay_init(&r, 1, 1, REPLAY_UNBOUNDED));
    enum status status = fill_replay(&r, length);
    if (status == STATUS_OK)
        status = batch_init(&b, BLOCK, segment, 1, 1, false);
    if (status == STATUS_OK) {
        status = draw_and_test(&r, rule, &b, length, segments, out);
        batch_free(&b);
    }
    replay_free(&r);
    return status;
}

enum status theory_context_of(int length, int segment, int segments, struct theory_context *out)
{
    const struct batch_rule rule = batch_rule_default();
    return context_law_test(&rule, length, segment, segments, out);
}
