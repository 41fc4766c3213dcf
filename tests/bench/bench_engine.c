/* How fast the learner's pieces are at the paper's size, and what share of the machine's own sgemm
 * rate that is.
 *
 *   actor    one actor step: forward, tanh head, squared error, backward, clip, LAMB, target
 * network; dropout 0.1; 256 full windows GFLOP/s  over the *needed* work only: what needed_flops()
 * counts share    of the sgemm rate of the same number of threads, measured beside it
 *
 * `bench_engine quick` takes fewer repetitions. */
#include "engine/base/rng.h"
#include "engine/base/threads.h"
#include "engine/nn/head.h"
#include "engine/nn/transformer.h"
#include "engine/optim/lamb.h"

#include <cblas.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { BATCH = 256, WIDTH = 512, LAYERS = 4, HEADS = 4, SQUARE = 1536, MOST = 101 };

static const struct { /* network.md section 1: S, A of the suites */
    const char *what;
    int K, S, A;
} shapes[] = {{"hopper K=20", 20, 11, 3},
              {"pen K=5", 5, 45, 24},
              {"antmaze K=1", 1, 29, 8},
              {"maze2d K=1", 1, 4, 2}};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Sorts x. */
static double median(double *x, int n)
{
    qsort(x, (size_t)n, sizeof *x, compare);
    return n % 2 == 1 ? x[n / 2] : 0.5 * (x[n / 2 - 1] + x[n / 2]);
}

static void check(enum status status)
{
    if (status == STATUS_OK)
        return;
    fprintf(stderr, "bench_engine: %s\n", status_sentence());
    exit(1);
}

static float *random_floats(size_t n, uint64_t step)
{
    float *x = aligned_alloc(64, (n * sizeof *x + 63) / 64 * 64);
    if (x == NULL)
        exit(1);
    struct rng rng = rng_at(1, RNG_TEST, step);
    rng_fill_normal(&rng, 0, x, n);
    return x;
}

/* GFLOP/s of one square product a thread, all at once: the rate that steps are compared with. */
static double sgemm_rate(int threads)
{
    static float *x[LANES_MAX];
    size_t n = (size_t)SQUARE * SQUARE;
    for (int t = 0; t < threads; t++) {
        if (x[t] == NULL)
            x[t] = random_floats(3 * n, 0);
    }
    double start = now();
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int t = 0; t < threads; t++)
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, SQUARE, SQUARE, SQUARE, 1, x[t],
                    SQUARE, x[t] + n, SQUARE, 0, x[t] + 2 * n, SQUARE);
    return 2e-9 * SQUARE * SQUARE * SQUARE * threads / (now() - start);
}

/* --- the network and a batch ------------------------------------------------------------------ */

struct actor {
    struct layout layout;
    struct transformer net;
    struct head_tanh head;
    float *theta, *target, *input[3];
    struct moments moments;
    struct windows w;
    struct dropout dropout;
    int rows[BATCH];
    int A;
    struct lanes lanes;
    float *action; /* (B,A) of acting */
};

static struct actor *actor_new(int B, int K, int S, int A)
{
    struct actor *a = calloc(1, sizeof *a);
    if (a == NULL)
        exit(1);
    a->A = A;
    a->net = transformer_plan_dt(&a->layout, WIDTH, LAYERS, HEADS, S, A);
    a->head = head_tanh_plan(&a->layout, "head", WIDTH, A);
    check(params_new(&a->layout, &a->theta));
    check(params_init(&a->layout, a->theta, 1, 0));
    check(params_new(&a->layout, &a->target));
    check(moments_init(&a->moments, &a->layout));
    int width[3] = {1, S, A};
    for (int i = 0; i < 3; i++) {
        a->w.pitch[i] = (size_t)K * (size_t)width[i];
        a->input[i] = random_floats((size_t)B * a->w.pitch[i], (uint64_t)i + 1);
        a->w.input[i] = a->input[i];
    }
    a->w.B = B;
    a->w.K = K;
    a->dropout = (struct dropout){.p = 0.1f, .p_embedding = 0.1f, .key = 7};
    a->action = random_floats((size_t)B * (size_t)A, 0);
    return a;
}

static void actor_delete(struct actor *a)
{
    for (int i = 0; i < 3; i++)
        free(a->input[i]);
    free(a->theta);
    free(a->target);
    moments_free(&a->moments);
    free(a->action);
    free(a);
}

static size_t scratch_bytes(const struct actor *a, bool backward)
{
    size_t rows = (size_t)transformer_block_outputs(&a->net, a->w.K);
    return transformer_scratch(&a->net, a->w.K, backward) +
           rows * (WIDTH + 4 * (size_t)a->A) * sizeof(float) + 4096;
}

/* --- one actor gradient ----------------------------------------------------------------------- */

static void actor_lane(void *context, int lane, struct span items, float *dtheta,
                       struct arena *scratch)
{
    (void)lane;
    const struct actor *a = context;
    for (struct span left = items; left.count > 0;) {
        struct span block = transformer_block(&a->net, &a->w, &left);
        size_t mark = arena_mark(scratch), A = (size_t)a->A;
        struct transformer_pass *p = transformer_forward(&a->net, a->theta, &a->w, block,
                                                         &a->dropout, scratch);
        size_t n = (size_t)p->rows * A;
        float *action = arena_take(scratch, n), *daction = arena_take(scratch, n);
        float *dhidden = arena_take(scratch, (size_t)p->rows * WIDTH);
        head_tanh_forward(&a->head, a->theta, p->hidden, p->rows, action);
        float scale = 2.0f / (float)(BATCH * a->w.K * a->A);
        for (size_t i = 0; i < n; i++)
            daction[i] = scale * (action[i] - a->input[2][(size_t)p->position[i / A] * A + i % A]);
        head_tanh_backward(&a->head, a->theta, p->hidden, action, daction, p->rows, scratch, dtheta,
                           dhidden);
        transformer_backward(&a->net, a->theta, p, dhidden, scratch, dtheta, NULL);
        arena_release(scratch, mark);
    }
}

/* Returns the gradient's norm: also a checksum, equal for any number of threads. */
static double actor_step(struct actor *a)
{
    struct span spans[LANES_MAX];
    struct lamb_rule rule = lamb_rule_default(1e-4);
    struct follow follow = {.target = a->target, .tau = 0.005f};
    struct step_report report;
    int count = lanes_split(a->w.B, a->rows, spans);
    lanes_run(&a->lanes, count, spans, actor_lane, a);
    /* lr 0: the same gradient each time */
    check(lamb_step(&rule, &a->moments, 0, a->lanes.dtheta, count, "actor", a->theta, &follow,
                    &report));
    return report.grad_norm;
}

/* Floating-point operations that cannot be avoided: a multiplication and an addition for each
 * weight and row that matters, three times (forward, dW, dx); attention over the keys a query
 * sees, three times too. */
static double needed_flops(const struct actor *a)
{
    double C = WIDTH, L = LAYERS, total = 0;
    for (int b = 0; b < a->w.B; b++) {
        double T = a->rows[b], reads = transformer_outputs(&a->w, b), keys = T * (T + 1) / 2;
        double keys_read = 0;
        for (int r = 0; r < (int)reads; r++)
            keys_read += a->net.tokens * r + a->net.read + 1;
        total += 6 * C * C * ((L - 1) * 12 * T + 2 * T + 10 * reads);
        total += 12 * C * ((L - 1) * keys + keys_read);
        total += 6 * C * a->A * reads;
        for (int i = 0; i < 3; i++)
            total += 4 * C * a->net.widths[i] * T / 3; /* no dx */
    }
    return total;
}

static void bench_actor_shape(const char *what, struct actor *a, int threads, int repetitions)
{
    threads_set(threads);
    for (int b = 0; b < a->w.B; b++)
        a->rows[b] = transformer_rows(&a->net, &a->w, b);
    check(lanes_init(&a->lanes, a->layout.size, scratch_bytes(a, true)));
    /* Step and sgemm in turn: other programs on the machine slow both. */
    double seconds[MOST], share[MOST], rate[MOST], flops = needed_flops(a);
    double norm = actor_step(a); /* touches all memory */
    double before = sgemm_rate(threads);
    for (int r = 0; r < repetitions; r++) {
        double start = now();
        norm = actor_step(a);
        seconds[r] = now() - start;
        double after = sgemm_rate(threads);
        rate[r] = 0.5 * (before + after);
        share[r] = 1e-9 * flops / seconds[r] / rate[r];
        before = after;
    }
    double middle = median(seconds, repetitions);
    printf("%-12s %7d %9.3f %9.1f %9.1f %6.1f%% %8.1f%%   %.9g\n", what, threads, middle,
           1e-9 * flops / middle, median(rate, repetitions), 100 * median(share, repetitions),
           100 * (seconds[repetitions - 1] - seconds[0]) / middle, norm);
    fflush(stdout);
    lanes_free(&a->lanes);
}

static void bench_actor(int repetitions)
{
    printf("\n%-12s %7s %9s %9s %9s %7s %9s   %s\n", "actor", "threads", "seconds", "GFLOP/s",
           "sgemm", "share", "spread", "checksum");
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        struct actor *a = actor_new(BATCH, shapes[i].K, shapes[i].S, shapes[i].A);
        int most = threads_available() < 2 ? 1 : 2;
        for (int threads = 1; threads <= most; threads++)
            bench_actor_shape(shapes[i].what, a, threads,
                              shapes[i].K >= 20 ? repetitions / 3 + 1 : repetitions);
        actor_delete(a);
    }
}

/* --- acting ----------------------------------------------------------------------------------- */

static void act_lane(void *context, int lane, struct span items, float *dtheta,
                     struct arena *scratch)
{
    (void)lane, (void)dtheta;
    const struct actor *a = context;
    for (struct span left = items; left.count > 0;) {
        size_t mark = arena_mark(scratch);
        struct span block = transformer_block(&a->net, &a->w, &left);
        struct transformer_pass *p = transformer_forward(&a->net, a->theta, &a->w, block, NULL,
                                                         scratch);
        head_tanh_forward(&a->head, a->theta, p->hidden, p->rows,
                          a->action + (size_t)block.first * (size_t)a->A);
        arena_release(scratch, mark);
    }
}

/* Latency of one batched decision on the hopper network, context 5. */
static void bench_acting(int repetitions)
{
    printf("\n%-12s %7s %9s   %s\n", "acting", "threads", "ms", "checksum");
    static const int environments[] = {1, 10};
    int most = threads_available() < 2 ? 1 : 2;
    for (int i = 0; i < 2; i++) {
        struct actor *a = actor_new(environments[i], 5, shapes[0].S, shapes[0].A);
        a->w.outputs = OUTPUT_LAST;
        for (int threads = 1; threads <= most; threads++) {
            threads_set(threads);
            check(lanes_init(&a->lanes, 0, scratch_bytes(a, false)));
            double seconds[MOST] = {0}, sum = 0;
            for (int r = -2; r < repetitions; r++) {
                double start = now();
                struct span spans[LANES_MAX];
                int count = lanes_split(a->w.B, NULL, spans);
                lanes_run(&a->lanes, count, spans, act_lane, a);
                seconds[r < 0 ? 0 : r] = now() - start;
            }
            for (int j = 0; j < a->w.B * a->A; j++)
                sum += (double)a->action[j];
            printf("%2d contexts  %7d %9.2f   %.9g\n", environments[i], threads,
                   1e3 * median(seconds, repetitions), sum);
            lanes_free(&a->lanes);
        }
        actor_delete(a);
    }
}

int main(int argc, char **argv)
{
    bool quick = argc > 1 && strcmp(argv[1], "quick") == 0;
    threads_set(1);
    printf("blas %s, compiler %s, %d processors\n", threads_blas_core(), __VERSION__,
           threads_available());
    bench_acting(quick ? 15 : 51);
    bench_actor(quick ? 3 : 7);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("\npeak resident %.0f MB\n", (double)usage.ru_maxrss / 1024);
    return 0;
}
