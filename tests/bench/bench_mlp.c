/* TD3+BC and IQL at batch 256, width 256: whole updates a second on one core, sampling included.
 *
 *   updates    a TD3+BC update is a critic step and, every second time, an actor step; an IQL
 *              update steps V, actor and both Q
 *   GFLOP/s    over the needed products (no gradient of the networks' inputs but the action's),
 *              beside sgemm of 512 x 512 on the same core, measured in turn; share of that rate
 *
 * On one thread of its processor time, so that neighbours do not count. Medians; the share comes
 * from the fastest of the runs, as both rates do. Nothing is judged. `bench_mlp quick`: fewer. */
#include "engine/base/threads.h"
#include "engine/methods/learner.h"
#include "tests/bench/bench.h"

#include <cblas.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SQUARE = 512, MOST = 15, ROWS = 20000, UPDATES = 40 };

static const struct {
    const char *what;
    int S, A;
} shapes[] = {{"hopper", 11, 3}, {"pen", 45, 24}, {"antmaze", 29, 8}, {"maze2d", 4, 2}};

static double now(void)
{
    return bench_seconds(CLOCK_THREAD_CPUTIME_ID);
}

static void check(enum status status)
{
    if (status == STATUS_OK)
        return;
    fprintf(stderr, "bench_mlp: %s\n", status_sentence());
    exit(1);
}

/* Multiply-adds of one row through in-256-256-out: the three products. */
struct products {
    double first, middle, last;
};

static struct products products_of(int in, int out)
{
    return (struct products){256.0 * in, 256.0 * 256, 256.0 * out};
}

static double forward(struct products p)
{
    return p.first + p.middle + p.last;
}

/* Gradient of the parameters: every product once more, and what flows back but not to the input. */
static double backward(struct products p)
{
    return forward(p) + p.middle + p.last;
}

static double td3bc_products(int S, int A)
{
    struct products q = products_of(S + A, 1), mu = products_of(S, A);
    double critic = forward(mu) + 4 * forward(q) + 2 * backward(q);
    double through_q = q.middle + q.last + 256.0 * A;
    double actor = forward(mu) + backward(mu) + forward(q) + through_q;
    return critic + actor / 2;
}

/* Two looks at V(s') and V(s): the original order needs the new V. */
static double iql_products(int S, int A)
{
    struct products q = products_of(S + A, 1), mu = products_of(S, A), v = products_of(S, 1);
    return 4 * forward(q) + 2 * backward(q) + 4 * forward(v) + backward(v) + forward(mu) +
           backward(mu);
}

static double sgemm_rate(void)
{
    static float *x;
    size_t n = (size_t)SQUARE * SQUARE;
    if (x == NULL) {
        x = aligned_alloc(64, 3 * n * sizeof *x);
        for (size_t i = 0; i < 3 * n; i++)
            x[i] = (float)(i % 7) - 3;
    }
    double start = now();
    for (int i = 0; i < 4; i++)
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, SQUARE, SQUARE, SQUARE, 1, x, SQUARE,
                    x + n, SQUARE, 0, x + 2 * n, SQUARE);
    return 4 * 2.0 * pow(SQUARE, 3) / (now() - start);
}

static struct trajectory walk(int S, int A)
{
    struct trajectory t;
    size_t rows = ROWS;
    float *x = malloc(rows * (size_t)(2 * S + A + 1) * sizeof *x);
    uint8_t *terminal = calloc(rows, 1);
    struct rng rng = rng_at(1, RNG_TEST, 0);
    rng_fill_normal(&rng, 0, x, rows * (size_t)(2 * S + A + 1));
    float *next = x + rows * (size_t)S, *action = next + rows * (size_t)S,
          *reward = action + rows * (size_t)A;
    for (size_t i = 0; i < rows * (size_t)A; i++)
        action[i] = tanhf(action[i]);
    check(trajectory_new(ROWS, S, A, x, next, action, reward, terminal, NULL, 0, &t));
    free(x);
    free(terminal);
    return t;
}

static void bench(bool iql, int shape, int repeats)
{
    int S = shapes[shape].S, A = shapes[shape].A;
    struct hyper h;
    struct learner *l;
    struct transitions transitions;
    struct trajectory t = walk(S, A);
    hyper_defaults(&h);
    check(hyper_set(&h, "actor", "mlp"));
    check(hyper_set(&h, "rl_gradient", iql ? "iql" : "td3"));
    check(hyper_set(&h, "critic_opt", "adam"));
    check(hyper_set(&h, "dropout", "-"));
    h.lr_actor = h.lr_critic = 3e-4;
    h.actor_update_interval = iql ? 1 : 2;
    check(transitions_init(&transitions, S, A, -1, &t, 1, false));
    check(learner_new(&(struct learner_spec){.hyper = &h, .S = S, .A = A, .run = 1}, &l));
    check(learner_begin(l, LEARNER_PRETRAIN));
    struct learner_data data = {.transitions = &transitions};

    double seconds[MOST], own = 0;
    for (int i = -1; i < repeats; i++) { /* the first round warms up */
        double start = now();
        check(learner_train(l, &data, UPDATES, NULL));
        seconds[i < 0 ? 0 : i] = (now() - start) / UPDATES;
        own = fmax(own, sgemm_rate());
    }
    sort_doubles(seconds, (size_t)repeats);
    double work = 2.0 * (double)h.batch_size * (iql ? iql_products(S, A) : td3bc_products(S, A));
    double rate = work / seconds[0];
    printf("%-8s %-8s %10.0f %9.3f %9.1f %9.1f %8.2f\n", iql ? "IQL" : "TD3+BC", shapes[shape].what,
           1 / seconds[repeats / 2], 1e3 * seconds[repeats / 2], rate * 1e-9, own * 1e-9,
           rate / own);
    fflush(stdout);
    learner_delete(l);
    transitions_free(&transitions);
    trajectory_free(&t);
}

int main(int argc, char **argv)
{
    threads_settle_libraries(argv);
    int repeats = argc > 1 && strcmp(argv[1], "quick") == 0 ? 3 : MOST;
    threads_set(1);
    printf("MLP methods, batch 256, width 256, one core, BLAS core %s\n"
           "%-8s %-8s %10s %9s %9s %9s %8s\n",
           threads_blas_core(), "method", "shape", "updates/s", "ms", "GFLOP/s", "sgemm", "share");
    for (int iql = 0; iql < 2; iql++) {
        for (size_t shape = 0; shape < sizeof shapes / sizeof *shapes; shape++)
            bench(iql != 0, (int)shape, repeats);
    }
    return 0;
}
