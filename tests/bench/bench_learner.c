/* Whole training steps at the paper's size: TD3+ODT's critic step, actor step and sampler.
 *
 *   critic   target actions (unmasked, as released), both critics forward and backward, AdamW
 *   actor    transformer forward and backward with dropout, supervised and RL gradient through Q1,
 *            clip, LAMB, both targets moved
 *   sample   one batch of 256 segments
 *   GFLOP/s  over the work that the actor step needs: nothing for tokens that cannot influence a
 *            used output (style of bench_engine); share of the sgemm rate measured beside it
 *   resident largest memory of the process, in MB
 *
 * Medians of the wall clock, or of processor time on one thread. `bench_learner quick`: fewer;
 * `bench_learner one-thread`: no column for two threads. */
#include "engine/base/threads.h"
#include "engine/methods/learner_dt.h"

#include <cblas.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { SQUARE = 1024, MOST = 21 };

static const struct {
    const char *what;
    int K, S, A, norm;
} shapes[] = {{"hopper K=20", 20, 11, 3, 0},
              {"pen K=5", 5, 45, 24, 1},
              {"antmaze K=1", 1, 29, 8, 1},
              {"maze2d K=1", 1, 4, 2, 1}};

static double now(void)
{
    struct timespec t;
    clock_gettime(threads_count() == 1 ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *x, int n)
{
    qsort(x, (size_t)n, sizeof *x, compare);
    return x[n / 2];
}

static void check(enum status status)
{
    if (status == STATUS_OK)
        return;
    fprintf(stderr, "bench_learner: %s\n", status_sentence());
    exit(1);
}

/* Multiply-adds a window of K full steps needs, forward: all tokens but the last action through all
 * layers but the last; there only the K state tokens have queries, projection and feed-forward. */
static double forward_flops(int K, double C, int L, int S, int A)
{
    double tokens = 3 * K - 1, pairs = 0, read_pairs = 0;
    for (int i = 0; i < tokens; i++) {
        pairs += i + 1;
        read_pairs += i % 3 == 1 ? i + 1 : 0;
    }
    double embed = K * C * (1 + S) + (K - 1) * C * A;
    double layer = 12 * C * C * tokens + 2 * C * pairs;
    double last = 2 * C * C * tokens + 10 * C * C * K + 2 * C * read_pairs;
    return 2 * (embed + (L - 1) * layer + last + K * C * A);
}

static double sgemm_rate(void)
{
    int threads = threads_count();
    size_t n = (size_t)SQUARE * SQUARE;
    float *x[LANES_MAX];
    double best = 0;
    for (int t = 0; t < threads; t++) {
        x[t] = aligned_alloc(64, 3 * n * sizeof **x);
        for (size_t i = 0; i < 3 * n; i++)
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
    for (int t = 0; t < threads; t++)
        free(x[t]);
    return best;
}

/* Trajectories of 500 random steps, enough to fill a replay. */
static void fill(struct replay *r, int S, int A)
{
    enum { COUNT = 60, LENGTH = 500 };
    float *noise = malloc((size_t)LENGTH * (size_t)(2 * S + A + 1) * sizeof *noise);
    uint8_t terminal[LENGTH] = {0};
    check(replay_init(r, S, A, REPLAY_UNBOUNDED));
    for (int i = 0; i < COUNT; i++) {
        struct rng rng = rng_at(1, RNG_TEST, (uint64_t)i);
        struct trajectory t;
        rng_fill_normal(&rng, 0, noise, (size_t)LENGTH * (size_t)(2 * S + A + 1));
        float *next = noise + LENGTH * S, *action = next + LENGTH * S,
              *reward = action + LENGTH * A;
        for (int j = 0; j < LENGTH * A; j++)
            action[j] = tanhf(action[j]);
        check(trajectory_new(LENGTH, S, A, noise, next, action, reward, terminal, NULL, 0, &t));
        check(replay_add(r, &t));
    }
    free(noise);
}

static void bench(int shape, int threads, int repeats)
{
    struct hyper h;
    struct learner *l;
    struct replay replay;
    struct stats_sum stats = {{0}, {0}};
    int K = shapes[shape].K, S = shapes[shape].S, A = shapes[shape].A;
    threads_set(threads);
    hyper_defaults(&h);
    check(hyper_set(&h, "rl_gradient", "td3"));
    h.T_train = K;
    h.T_eval = K < 5 ? K : 5;
    h.critic_layernorm = shapes[shape].norm;
    h.target_padding_masked = 0;
    fill(&replay, S, A);
    check(learner_new(&(struct learner_spec){.hyper = &h, .S = S, .A = A, .run = 1}, &l));
    check(learner_begin(l, LEARNER_ONLINE));
    struct dt *d = (struct dt *)l;
    struct batch_rule rule = batch_rule_default();
    rule.rtg_scale = h.rtg_scale;

    double critic[MOST], actor[MOST], sample[MOST], rate = 0;
    for (int i = -1; i < repeats; i++) { /* the first round warms up */
        int at = i < 0 ? 0 : i;
        double start = now();
        check(
            batch_sample(&replay, NULL, &rule, rng_at(1, RNG_BATCH, (uint64_t)(i + 1)), &d->batch));
        sample[at] = now() - start;
        start = now();
        check(dt_critic_update(d, &d->batch, &stats));
        critic[at] = now() - start;
        start = now();
        check(dt_actor_update(d, &d->batch, NULL, &stats));
        actor[at] = now() - start;
        if (i < 2)
            rate = fmax(rate, sgemm_rate());
    }
    double forward = (double)h.batch_size * forward_flops(K, 512, 4, S, A);
    double c = median(critic, repeats), a = median(actor, repeats), s = median(sample, repeats);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("%-12s %7d %9.4f %9.4f %9.2f %9.1f %9.1f %8.2f %9.0f\n", shapes[shape].what, threads, c,
           a, s * 1e3, 3 * forward / a * 1e-9, rate * 1e-9, 3 * forward / a / rate,
           (double)usage.ru_maxrss / 1024);
    fflush(stdout);
    learner_delete(l);
    replay_free(&replay);
}

int main(int argc, char **argv)
{
    bool quick = argc > 1 && strcmp(argv[1], "quick") == 0;
    int most = argc > 1 && strcmp(argv[1], "one-thread") == 0 ? 1 : 2;
    printf("TD3+ODT at the paper's size (embed 512, 4 layers, batch 256), BLAS core %s\n"
           "%-12s %7s %9s %9s %9s %9s %9s %8s %9s\n",
           threads_blas_core(), "shape", "threads", "critic s", "actor s", "sample ms", "GFLOP/s",
           "sgemm", "share", "resident");
    /* Small shapes first: the resident column is a running maximum. */
    for (int shape = (int)(sizeof shapes / sizeof *shapes) - 1; shape >= 0; shape--) {
        int repeats = quick ? 1 : shapes[shape].K == 20 ? 3 : shapes[shape].K == 5 ? 7 : 15;
        for (int threads = 1; threads <= most; threads++)
            bench(shape, threads, repeats);
    }
    return 0;
}
