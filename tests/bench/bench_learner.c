/* TD3+ODT at the paper's size and at that of matrix `lite`: the critic step, the actor step, the
 * sampler, and acting.
 *
 *   critic   target actions (unmasked, as released), both critics forward and backward, AdamW
 *   actor    transformer forward and backward with dropout, supervised and RL gradient through Q1,
 *            clip, LAMB, both targets moved
 *   sample   one batch of 256 segments from trajectories of 500 steps
 *   spread   (largest - smallest) / median of the times behind a median
 *   GFLOP/s  over the work that the step *needs*, counted for the batch at hand: nothing for tokens
 *            that cannot influence a used output (step_flops)
 *   share    of the machine's own sgemm rate, measured just before and just after each step: the
 *            median of these ratios, so that neighbours slow both sides
 *   peak     largest resident memory of the process so far, in MB; small shapes come first
 *   bits     checksums of actor, critic and batch after all steps: equal for any thread count
 *
 * Then the steps on OpenBLAS, on our own f32 kernels, in bf16 and in bf16 in the order of
 * AMX, in turn, on one thread.
 *
 * Times are medians; on one thread of processor time, else of the clock on the wall. `bench_learner
 * quick`: one repetition; `bench_learner products`: only that comparison; `bench_learner
 * one-thread`: only what `make bench-peer` compares; `bench_learner lite`: only the small network,
 * on one thread. */
#include "engine/base/threads.h"
#include "engine/methods/learner_dt.h"
#include "engine/nn/kernel.h"
#include "tests/bench/bench.h"
#include "tests/bench/bench_replay.h"

#include <cblas.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { SQUARE = 1024, MOST = 51, CONTEXT = 5 };

static const struct {
    const char *what;
    int K, S, A, norm;
    int C, L, B, critic; /* width, layers, batch, critic's width */
    int repeats;
} shapes[] = {{"hopper K=20", 20, 11, 3, 0, 512, 4, 256, 256, 3},
              {"pen K=5", 5, 45, 24, 1, 512, 4, 256, 256, 7},
              {"antmaze K=1", 1, 29, 8, 1, 512, 4, 256, 256, 15},
              {"maze2d K=1", 1, 4, 2, 1, 512, 4, 256, 256, 15},
              {"lite K=2", 2, 11, 3, 0, 64, 2, 128, 128, 51}};

static double now(void)
{
    return bench_seconds(threads_count() == 1 ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC);
}

/* "model name" of /proc/cpuinfo, where there is one. */
static const char *processor(void)
{
    static char line[256];
    FILE *f = fopen("/proc/cpuinfo", "r");
    while (f != NULL && fgets(line, sizeof line, f) != NULL) {
        char *value = strstr(line, "model name") == line ? strchr(line, ':') : NULL;
        if (value == NULL)
            continue;
        value[strcspn(value, "\n")] = '\0';
        fclose(f);
        return value + 2;
    }
    if (f != NULL)
        fclose(f);
    return "unknown processor";
}

/* What a window of `steps` steps needs. Forward: all tokens but the last action through all layers
 * but the last; there only the state tokens have queries, projection and feed-forward. A backward
 * pass costs twice that, save that the inputs need no gradient. */
static double transformer_flops(const struct transformer *f, int steps, bool backward, int S, int A)
{
    double C = f->C, tokens = 3 * steps - 1, pairs = 0, read_pairs = 0;
    for (int i = 0; i < (int)tokens; i++) {
        pairs += i + 1;
        read_pairs += i % 3 == 1 ? i + 1 : 0;
    }
    double embed = steps * C * (1 + S) + (steps - 1) * C * A;
    double layer = 12 * C * C * tokens + 2 * C * pairs;
    double last = 2 * C * C * tokens + 10 * C * C * steps + 2 * C * read_pairs;
    double inner = (f->L - 1) * layer + last + steps * C * A;
    return 2 * (backward ? 2 * embed + 3 * inner : embed + inner);
}

/* One Q network, one step, forward. */
static double critic_flops(const struct hyper *h, int S, int A)
{
    double W = (double)h->critic_hidden;
    return 2 * ((S + A) * W + W * W + W);
}

static void step_flops(const struct dt *d, double *critic, double *actor)
{
    const struct batch *b = &d->batch;
    double q = critic_flops(&d->learner.hyper, b->S, b->A);
    double input = 2 * (double)d->learner.hyper.critic_hidden; /* times what needs no gradient */
    *critic = *actor = 0;
    for (int i = 0; i < b->B; i++) {
        int steps = b->length[i];
        *critic += transformer_flops(&d->net, b->K, false, b->S, b->A) +
                   steps * (8 * q - 2 * input * (b->S + b->A));
        *actor += transformer_flops(&d->net, steps, true, b->S, b->A) +
                  steps * (2 * q - input * b->S);
    }
}

/* One square product a thread, all at once. */
static double sgemm_rate(void)
{
    static float *x[LANES_MAX];
    int threads = threads_count();
    size_t n = (size_t)SQUARE * SQUARE;
    double best = 0;
    for (int t = 0; t < threads; t++) {
        if (x[t] != NULL)
            continue;
        x[t] = aligned_alloc(64, 3 * n * sizeof **x);
        for (size_t i = 0; x[t] != NULL && i < 3 * n; i++)
            x[t][i] = (float)(i % 7) - 3;
    }
    for (int round = 0; round < 4; round++) {
        double start = now();
#pragma omp parallel for schedule(static, 1)
        for (int t = 0; t < threads; t++)
            cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, SQUARE, SQUARE, SQUARE, 1, x[t],
                        SQUARE, x[t] + n, SQUARE, 0, x[t] + 2 * n, SQUARE);
        best = fmax(best, threads * 2.0 * pow(SQUARE, 3) / (now() - start));
    }
    return best;
}

/* Seconds of one kind of step, and its share of the sgemm rate beside it. */
struct series {
    double seconds[MOST], flops[MOST], share[MOST];
    int n;
};

static void put(struct series *s, double seconds, double flops, double rate)
{
    s->seconds[s->n] = seconds;
    s->flops[s->n] = flops / seconds;
    s->share[s->n++] = flops / seconds / rate;
}

static double spread(double *x, int n)
{
    double middle = bench_median(x, n); /* sorts */
    return 100 * (x[n - 1] - x[0]) / middle;
}

static void hyper_of(int shape, struct hyper *h)
{
    hyper_defaults(h);
    bench_check(hyper_set(h, "rl_gradient", "td3"));
    h->T_train = shapes[shape].K;
    h->T_eval = shapes[shape].K < CONTEXT ? shapes[shape].K : CONTEXT;
    h->critic_layernorm = shapes[shape].norm;
    h->embed_dim = shapes[shape].C;
    h->n_layer = shapes[shape].L;
    h->batch_size = shapes[shape].B;
    h->critic_hidden = shapes[shape].critic;
    h->target_padding_masked = 0;
}

static void bench_steps(int shape, int threads, int repeats)
{
    struct hyper h;
    struct learner *l;
    struct replay replay;
    struct stats_sum stats = {{0}, {0}};
    int S = shapes[shape].S, A = shapes[shape].A;
    threads_set(threads);
    hyper_of(shape, &h);
    bench_replay(&replay, S, A, 60);
    bench_check(learner_new(&(struct learner_spec){.hyper = &h, .S = S, .A = A, .run = 1}, &l));
    bench_check(learner_begin(l, LEARNER_ONLINE));
    struct dt *d = (struct dt *)l;
    struct batch_rule rule = batch_rule_default();
    rule.rtg_scale = h.rtg_scale;

    struct series critic = {.n = 0}, actor = {.n = 0};
    double sample[MOST], rates[MOST];
    for (int i = -1; i < repeats; i++) { /* the first round warms up */
        struct rng rng = rng_at(1, RNG_BATCH, (uint64_t)(i + 1));
        double start = now(), of_critic, of_actor, rate[3], seconds[2];
        bench_check(batch_sample(&replay, NULL, &rule, rng, &d->batch));
        sample[i < 0 ? 0 : i] = now() - start;
        step_flops(d, &of_critic, &of_actor);
        rate[0] = sgemm_rate();
        start = now();
        bench_check(dt_critic_update(d, &d->batch, &stats));
        seconds[0] = now() - start;
        rate[1] = sgemm_rate();
        start = now();
        bench_check(dt_actor_update(d, &d->batch, NULL, &stats));
        seconds[1] = now() - start;
        rate[2] = sgemm_rate();
        if (i < 0)
            continue;
        put(&critic, seconds[0], of_critic, (rate[0] + rate[1]) / 2);
        put(&actor, seconds[1], of_actor, (rate[1] + rate[2]) / 2);
        rates[i] = (rate[1] + rate[2]) / 2;
    }
    double c = bench_median(critic.seconds, repeats), a = bench_median(actor.seconds, repeats);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("%-12s %7d %9.4f %9.4f %8.2f %6.1f%% %6.1f%% %8.1f %8.1f %8.1f %6.1f%% %6.1f%% %6.0f  "
           "%08x %08x %08x\n",
           shapes[shape].what, threads, c, a, bench_median(sample, repeats) * 1e3,
           spread(critic.seconds, repeats), spread(actor.seconds, repeats),
           bench_median(critic.flops, repeats) * 1e-9, bench_median(actor.flops, repeats) * 1e-9,
           bench_median(rates, repeats) * 1e-9, 100 * bench_median(critic.share, repeats),
           100 * bench_median(actor.share, repeats), (double)usage.ru_maxrss / 1024,
           bench_checksum(d->actor.current.value, d->layout.size),
           bench_checksum(d->critic_net.current.value, d->critic.layout.size),
           bench_checksum(d->batch.state, (size_t)d->batch.B * (size_t)d->batch.K * (size_t)S));
    fflush(stdout);
    learner_delete(l);
    replay_free(&replay);
}

/* The products that a step may run on, in turn on the same batches. */
static const struct {
    const char *what, *key, *value;
} products[] = {
    {"OpenBLAS f32", "product", "openblas"},
    {"own f32", "product", "own"},
    {"own bf16", "precision", "bf16"},
    {"own bf16_amx", "precision", "bf16_amx"},
};
enum { PRODUCTS = sizeof products / sizeof products[0] };

static void seconds_of(struct dt *d, double *critic, double *actor)
{
    struct stats_sum stats = {{0}, {0}};
    double start = now();
    bench_check(dt_critic_update(d, &d->batch, &stats));
    *critic = now() - start;
    start = now();
    bench_check(dt_actor_update(d, &d->batch, NULL, &stats));
    *actor = now() - start;
}

/* Critic and actor step on each, and how many times as fast as the first they are. */
static void bench_products(int shape, int repeats)
{
    static double critic[PRODUCTS][MOST], actor[PRODUCTS][MOST];
    struct learner *l[PRODUCTS];
    struct replay replay;
    struct batch_rule rule = batch_rule_default();
    int S = shapes[shape].S, A = shapes[shape].A;
    threads_set(1);
    bench_replay(&replay, S, A, 60);
    for (int p = 0; p < PRODUCTS; p++) {
        struct hyper h;
        hyper_of(shape, &h);
        bench_check(hyper_set(&h, products[p].key, products[p].value));
        bench_check(
            learner_new(&(struct learner_spec){.hyper = &h, .S = S, .A = A, .run = 1}, &l[p]));
        bench_check(learner_begin(l[p], LEARNER_ONLINE));
        rule.rtg_scale = h.rtg_scale;
    }
    for (int i = -1; i < repeats; i++) {
        for (int p = 0; p < PRODUCTS; p++) {
            struct dt *d = (struct dt *)l[p];
            int at = i < 0 ? 0 : i;
            bench_check(batch_sample(&replay, NULL, &rule, rng_at(1, RNG_BATCH, (uint64_t)(i + 1)),
                                     &d->batch));
            seconds_of(d, &critic[p][at], &actor[p][at]);
        }
    }
    for (int p = 0; p < PRODUCTS; p++) {
        double c = bench_median(critic[p], repeats), a = bench_median(actor[p], repeats);
        double c0 = bench_median(critic[0], repeats), a0 = bench_median(actor[0], repeats);
        printf("%-12s %-13s %9.4f %9.4f %8.2f %8.2f\n", shapes[shape].what, products[p].what, c, a,
               c0 / c, a0 / a);
        learner_delete(l[p]);
    }
    fflush(stdout);
    replay_free(&replay);
}

static void bench_all_products(bool quick)
{
    printf("\nkernel %s, OpenBLAS for %s, one thread\n%-12s %-13s %9s %9s %8s %8s\n",
           kernel_path_name(kernel_path()), threads_blas_core(), "shape", "products", "critic s",
           "actor s", "critic x", "actor x");
    for (int shape = (int)(sizeof shapes / sizeof *shapes) - 1; shape >= 0; shape--)
        bench_products(shape, quick ? 1 : 5);
}

/* One batched decision of a K=20 policy, context 5, with that many environments. */
static void bench_acting(int environments, int threads, int repeats)
{
    enum { HOPPER, S = 11, A = 3, ROOM = 10 };
    struct hyper h;
    struct learner *l;
    static float noise[ROOM * CONTEXT * (S + A + 1)], action[ROOM * A];
    struct act_context context[ROOM];
    struct rng rng = rng_at(1, RNG_TEST, 0);
    threads_set(threads);
    hyper_of(HOPPER, &h);
    bench_check(learner_new(&(struct learner_spec){.hyper = &h, .S = S, .A = A, .run = 1}, &l));
    rng_fill_normal(&rng, 0, noise, sizeof noise / sizeof *noise);
    for (int i = 0; i < environments; i++) {
        const float *own = noise + (ptrdiff_t)i * CONTEXT * (S + A + 1);
        context[i] = (struct act_context){.steps = CONTEXT,
                                          .state = own,
                                          .action = own + (ptrdiff_t)CONTEXT * S,
                                          .return_to_go = own + (ptrdiff_t)CONTEXT * (S + A)};
    }
    double seconds[MOST];
    for (int i = -2; i < repeats; i++) {
        double start = now();
        bench_check(learner_act(l, context, environments, ACT_MEAN, false, NULL, action, NULL));
        seconds[i < 0 ? 0 : i] = now() - start;
    }
    printf("%2d contexts  %7d %9.2f %8.1f%%   %08x\n", environments, threads,
           1e3 * bench_median(seconds, repeats), spread(seconds, repeats),
           bench_checksum(action, (size_t)environments * A));
    fflush(stdout);
    learner_delete(l);
}

int main(int argc, char **argv)
{
    threads_settle_libraries(argv);
    bool quick = false, one = false, lite = false;
    for (int i = 1; i < argc; i++) {
        quick = quick || strcmp(argv[i], "quick") == 0;
        lite = lite || strcmp(argv[i], "lite") == 0;
        one = one || lite || strcmp(argv[i], "one-thread") == 0;
    }
    if (argc > 1 && strcmp(argv[1], "products") == 0) {
        bench_all_products(quick);
        return 0;
    }
    int most = one || threads_available() < 2 ? 1 : 2;
    printf(
        "TD3+ODT at the paper's size (embed 512, 4 layers, 4 heads, batch 256); `lite` with 64, 2, "
        "4, 128\n"
        "%s, %d processors, %s, compiler %s\n\n",
        processor(), threads_available(), threads_blas_core(), __VERSION__);
    printf("%-12s %7s %9s %9s %8s %7s %7s %8s %8s %8s %7s %7s %6s  %s\n", "", "", "critic", "actor",
           "sample", "critic", "actor", "critic", "actor", "", "critic", "actor", "peak", "bits");
    printf("%-12s %7s %9s %9s %8s %7s %7s %8s %8s %8s %7s %7s %6s  %-8s %-8s %-8s\n", "shape",
           "threads", "s", "s", "ms", "spread", "spread", "GFLOP/s", "GFLOP/s", "sgemm", "share",
           "share", "MB", "actor", "critic", "batch");
    int first = (int)(sizeof shapes / sizeof *shapes) - 1;
    for (int shape = first; shape >= (lite ? first : 0); shape--) {
        int repeats = quick ? 1 : shapes[shape].repeats;
        for (int threads = 1; threads <= most; threads++)
            bench_steps(shape, threads, repeats);
    }
    if (one)
        return 0;
    bench_all_products(quick);
    printf("\n%-12s %7s %9s %9s   %s\n", "acting", "threads", "ms", "spread", "bits");
    for (int environments = 1; environments <= 10; environments += 9) {
        for (int threads = 1; threads <= most; threads++)
            bench_acting(environments, threads, quick ? 5 : MOST);
    }
    return 0;
}
