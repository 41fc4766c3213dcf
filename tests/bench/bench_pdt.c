/* PDT: an update, a step of the return head, and acting with many candidates of z.
 *
 *   GFLOP/s  of an update: over the products that the method needs for the batch at hand, the same
 *            for every implementation (update_flops)
 *   share    of this machine's own sgemm rate, measured just before and just after
 *   bits     checksums of all parameters after the updates, and of the actions
 *
 * Times are medians of this thread's processor time. `bench_pdt quick`: two repetitions; `bench_pdt
 * lite`: only the first shape. */
#include "engine/base/threads.h"
#include "engine/methods/learner_pdt.h"
#include "tests/bench/bench.h"

#include <cblas.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SQUARE = 1024, MOST = 51, S = 11, A = 3 };

static const struct {
    const char *what;
    int C, L, B, K, samples;
    int episode; /* steps of a trajectory: short ones leave much of a window to padding */
    int repeats;
} shapes[] = {{"lite", 64, 2, 128, 5, 64, 500, 21},
              {"paper, batch of 16", 512, 4, 16, 20, 256, 500, 5},
              {"and episodes of 20", 512, 4, 16, 20, 256, 20, 5}};

static double now(void)
{
    return bench_seconds(CLOCK_PROCESS_CPUTIME_ID);
}

static void check(enum status status)
{
    if (status == STATUS_OK)
        return;
    fprintf(stderr, "bench_pdt: %s\n", status_sentence());
    exit(1);
}

/* FNV-1a, going on from `hash` */
static uint32_t checksum(uint32_t hash, const float *x, size_t n)
{
    const unsigned char *byte = (const unsigned char *)x;
    for (size_t i = 0; i < n * sizeof *x; i++)
        hash = (hash ^ byte[i]) * 16777619u;
    return hash;
}

enum { FNV = (int)2166136261u };

static double sgemm_rate(void)
{
    static float *x;
    size_t n = (size_t)SQUARE * SQUARE;
    double best = 0;
    if (x == NULL)
        x = calloc(3 * n, sizeof *x);
    for (int i = 0; i < 4; i++) {
        double start = now();
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, SQUARE, SQUARE, SQUARE, 1, x, SQUARE,
                    x + n, SQUARE, 0, x + 2 * n, SQUARE);
        best = fmax(best, 2.0 * pow(SQUARE, 3) / (now() - start));
    }
    return best;
}

/* Products of one transformer, forward, for a window whose first `padding` of K steps are padding
 * and of which `reads` steps are read out. Padded queries see padded past and real future. */
static double forward_flops(const struct transformer *f, int K, int padding, int reads)
{
    double C = f->C, T = f->tokens,
           tokens = T * K - (padding > 0 && padding < K ? 0 : T - 1 - f->read);
    double pairs = 0, read_pairs = 0, inputs = 0;
    int padded = (int)T * padding;
    for (int i = 0; i < (int)tokens; i++) {
        int seen = i < padded ? i + 1 + (int)tokens - padded : i + 1 - padded;
        pairs += seen;
        if (i % (int)T == f->read && i / (int)T >= K - reads)
            read_pairs += seen;
    }
    for (int i = 0; i < f->tokens; i++)
        inputs += f->widths[i];
    double layer = 12 * C * C * tokens + 2 * C * pairs;
    double last = 2 * C * C * tokens + 10 * C * C * reads + 2 * C * read_pairs;
    return 2 * (K * C * inputs + (f->L - 1) * layer + last);
}

/* What an update needs: padding is needed in the policy, whose entropy is a mean over it; of the
 * encoder, outputs at the segment's real steps, and what these see. A backward pass costs twice the
 * forward one. Heads are left out: they are under 1 %. */
static double update_flops(const struct pdt *d)
{
    double total = 0;
    int K = d->batch.K;
    for (int i = 0; i < d->batch.B; i++) {
        int reads = d->batch.length[i], real = d->future.length[i];
        bool padded = reads > real;
        total += 3 * forward_flops(&d->policy, K, K - reads, K);
        total += 3 * forward_flops(&d->encoder, padded ? K : real, padded ? K - real : 0, reads);
    }
    return total;
}

/* Trajectories of random steps. */
static void fill(struct replay *r, int length)
{
    float *noise = malloc((size_t)length * (2 * S + A + 1) * sizeof *noise);
    uint8_t *terminal = calloc((size_t)length, 1);
    check(replay_init(r, S, A, REPLAY_UNBOUNDED));
    for (int i = 0; i < 20000 / length; i++) {
        struct rng rng = rng_at(1, RNG_TEST, (uint64_t)i);
        struct trajectory t;
        rng_fill_normal(&rng, 0, noise, (size_t)length * (2 * S + A + 1));
        float *next = noise + length * S, *action = next + length * S,
              *reward = action + length * A;
        for (int j = 0; j < length * A; j++)
            action[j] = tanhf(action[j]);
        check(trajectory_new(length, S, A, noise, next, action, reward, terminal, NULL, 0, &t));
        check(replay_add(r, &t));
    }
    free(noise);
    free(terminal);
}

static struct pdt *learner_of(int shape)
{
    struct hyper h;
    struct learner *l;
    hyper_defaults(&h);
    check(hyper_set(&h, "actor", "pdt"));
    check(hyper_set(&h, "policy", "squashed_gaussian"));
    h.embed_dim = shapes[shape].C;
    h.n_layer = shapes[shape].L;
    h.batch_size = shapes[shape].B;
    h.T_train = h.pdt_future = shapes[shape].K;
    h.T_eval = 5;
    h.pdt_samples = shapes[shape].samples;
    h.entropy_reg = 1;
    check(learner_new(&(struct learner_spec){.hyper = &h, .S = S, .A = A, .run = 1}, &l));
    check(learner_begin(l, LEARNER_ONLINE));
    return pdt_of(l);
}

static void bench_updates(int shape, bool quick)
{
    int repeats = quick ? 2 : shapes[shape].repeats;
    struct pdt *d = learner_of(shape);
    struct replay replay;
    struct batch_rule rule = batch_rule_default();
    rule.segment = BATCH_END_UNIFORM;
    fill(&replay, shapes[shape].episode);
    double seconds[MOST], returns[MOST], rate[MOST], share[MOST], flops = 0;
    for (int i = -1; i < repeats; i++) { /* the first round warms up */
        double loss, before = sgemm_rate();
        check(batch_sample_future(&replay, NULL, &rule, rng_at(1, RNG_BATCH, (uint64_t)(i + 1)),
                                  &d->batch, &d->future));
        double start = now();
        check(pdt_update(d, true));
        double middle = now();
        check(pdt_return_update(d, i + 1, &loss));
        double end = now(), peak = (before + sgemm_rate()) / 2;
        if (i < 0)
            continue;
        flops = update_flops(d);
        seconds[i] = middle - start;
        returns[i] = end - middle;
        rate[i] = flops / seconds[i];
        share[i] = rate[i] / peak;
    }
    uint32_t bits = checksum((uint32_t)FNV, d->net.current.value, d->layout.size);
    bits = checksum(bits, d->return_net.current.value, d->return_layout.size);
    printf("%-20s %10.2f %10.2f %9.1f %8.1f %6.1f%%   %08x\n", shapes[shape].what,
           1e3 * bench_median(seconds, repeats), 1e3 * bench_median(returns, repeats), 1e-9 * flops,
           1e-9 * bench_median(rate, repeats), 100 * bench_median(share, repeats), bits);
    fflush(stdout);
    replay_free(&replay);
    learner_delete(&d->learner);
}

/* One decision for so many environments, each with a full context. */
static void bench_acting(int shape, int environments, bool ready)
{
    enum { ROOM = 10, E = 5, Z = 16 };
    static float noise[ROOM * E * (S + A + Z)], action[ROOM * A];
    struct pdt *d = learner_of(shape);
    struct act_context context[ROOM];
    struct rng rng = rng_at(1, RNG_TEST, 0);
    double seconds[MOST];
    d->return_ready = ready;
    rng_fill_normal(&rng, 0, noise, sizeof noise / sizeof *noise);
    for (int i = 0; i < environments; i++) {
        float *own = noise + (ptrdiff_t)i * E * (S + A + Z);
        context[i] = (struct act_context){.steps = E,
                                          .state = own,
                                          .action = own + (ptrdiff_t)E * S,
                                          .latent = own + (ptrdiff_t)E * (S + A),
                                          .stream = (uint64_t)i};
    }
    for (int i = -2; i < MOST; i++) {
        double start = now();
        check(learner_act(&d->learner, context, environments, ACT_MEAN, false, NULL, action, NULL));
        seconds[i < 0 ? 0 : i] = now() - start;
    }
    printf("%-20s %12d %10d %9.3f   %08x\n", shapes[shape].what, environments,
           ready ? shapes[shape].samples : 1, 1e3 * bench_median(seconds, MOST),
           checksum((uint32_t)FNV, action, (size_t)environments * A));
    fflush(stdout);
    learner_delete(&d->learner);
}

int main(int argc, char **argv)
{
    threads_settle_libraries(argv);
    bool quick = argc > 1 && strcmp(argv[1], "quick") == 0;
    bool lite = argc > 1 && strcmp(argv[1], "lite") == 0;
    threads_set(1);
    printf("%-20s %10s %10s %9s %8s %7s\n", "PDT, one thread", "update", "return", "needed", "",
           "");
    printf("%-20s %10s %10s %9s %8s %7s   %s\n", "", "ms", "head ms", "GFLOP", "GFLOP/s", "share",
           "bits");
    for (int i = 0; i < (lite ? 1 : (int)(sizeof shapes / sizeof *shapes)); i++)
        bench_updates(i, quick);
    printf("\n%-20s %12s %10s %9s   %s\n", "acting", "environments", "candidates", "ms", "bits");
    for (int shape = 0; shape < (lite ? 1 : 2); shape++) {
        for (int environments = 1; environments <= 10; environments += 9) {
            bench_acting(shape, environments, false);
            bench_acting(shape, environments, true);
        }
    }
    return 0;
}
