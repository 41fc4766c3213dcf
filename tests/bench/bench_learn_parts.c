/* The parts around the transformer at the paper's size: sampler, optimisers, critic networks.
 *
 *   sampler    milliseconds for one batch of 256 segments, cut from trajectories as long as the
 *              suite's
 *   optimiser  one step over 12.6 million parameters: GB/s over the arrays that the passes read
 *              and write, beside memcpy's GB/s
 *   mlp        forward and backward of one Q network: GFLOP/s over the needed work (no gradient of
 *              the state), beside this machine's own sgemm rate on one thread
 *
 * What is compared is measured in turn (A B A B). Times are medians, on one thread of its processor
 * time, so that neighbours do not count; rates and shares come from the fastest of the runs.
 * Nothing is judged; the checksum says whether two builds computed the same. */
#include "engine/base/threads.h"
#include "engine/data/batch.h"
#include "engine/methods/critic.h"
#include "engine/optim/adam.h"
#include "engine/optim/lamb.h"
#include "tests/bench/bench.h"

#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BATCH = 256, REPEAT = 25, SQUARE = 512 };

/* One thread's processor time leaves out what neighbours took; with two threads only the clock on
 * the wall counts. */
static double now(void)
{
    return bench_seconds(threads_count() == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC);
}

struct timing {
    double median, best;
    double spread; /* width of the middle half, relative to the median */
};

static struct timing summarise(double *seconds, int n)
{
    sort_doubles(seconds, (size_t)n);
    double median = seconds[n / 2];
    return (struct timing){.median = median,
                           .best = seconds[0],
                           .spread = (seconds[3 * n / 4] - seconds[n / 4]) / median};
}

/* Time `a` and `b` in turn, `inner` calls each. */
static void time_both(void (*a)(void *), void (*b)(void *), void *context, int inner,
                      struct timing *of_a, struct timing *of_b)
{
    double seconds[2][REPEAT];
    for (int i = -1; i < REPEAT; i++) { /* the first round warms up */
        void (*const run[2])(void *) = {a, b};
        for (int k = 0; k < 2; k++) {
            double start = now();
            for (int j = 0; j < inner; j++)
                run[k](context);
            if (i >= 0)
                seconds[k][i] = (now() - start) / inner;
        }
    }
    *of_a = summarise(seconds[0], REPEAT);
    *of_b = summarise(seconds[1], REPEAT);
}

static void must(enum status status)
{
    if (status != STATUS_OK) {
        fprintf(stderr, "bench_learn_parts: %s\n", status_sentence());
        exit(1);
    }
}

static float *normals(size_t n, uint64_t step)
{
    float *x = aligned_alloc(64, (n * sizeof *x + 63) / 64 * 64);
    if (x == NULL)
        exit(1);
    struct rng rng = rng_at(1, RNG_TEST, step);
    rng_fill_normal(&rng, 0, x, n);
    return x;
}

static double sum_of(const float *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i];
    return sum;
}

/* --- sampler --- */

static const struct {
    const char *what;
    int K, S, A, length, trajectories;
} segments[] = {{"hopper K=20", 20, 11, 3, 1000, 500},
                {"pen K=5", 5, 45, 24, 100, 2000},
                {"antmaze K=1", 1, 29, 8, 700, 500},
                {"maze2d K=1", 1, 4, 2, 300, 2000},
                {"ant K=20, S=111", 20, 111, 8, 1000, 120}};

struct sampling {
    struct replay replay;
    struct normalizer normalizer;
    struct batch_rule rule;
    struct batch batch;
    uint64_t step;
};

static void sample_once(void *context)
{
    struct sampling *s = context;
    must(batch_sample(&s->replay, &s->normalizer, &s->rule, rng_at(1, RNG_BATCH, s->step++),
                      &s->batch));
}

static void bench_sampler(int row)
{
    int S = segments[row].S, A = segments[row].A, L = segments[row].length;
    struct sampling s = {.rule = batch_rule_default()};
    must(replay_init(&s.replay, S, A, REPLAY_UNBOUNDED));
    float *x = normals((size_t)L * (size_t)S + 1, 1), *a = normals((size_t)L * (size_t)A, 2);
    uint8_t *terminal = calloc((size_t)L, 1);
    for (int i = 0; i < segments[row].trajectories; i++) {
        struct trajectory t;
        must(trajectory_new(L, S, A, x, x, a, a, terminal, NULL, 0, &t));
        must(replay_add(&s.replay, &t));
    }
    must(normalizer_fit(s.replay.item, s.replay.count, S, 1e-6, &s.normalizer));
    must(batch_init(&s.batch, BATCH, segments[row].K, S, A, false));

    struct timing t[2], unused;
    for (int threads = 1; threads <= 2; threads++) {
        threads_set(threads);
        s.step = 0;
        time_both(sample_once, sample_once, &s, 20, &t[threads - 1], &unused);
    }
    size_t states = (size_t)BATCH * (size_t)segments[row].K * (size_t)S;
    printf("sampler    %-16s %8.3f ms (spread %.0f %%)  %8.3f ms on 2 threads   checksum "
           "%.9g\n",
           segments[row].what, 1e3 * t[0].median, 100 * t[0].spread, 1e3 * t[1].median,
           sum_of(s.batch.next_state, states));
    free(x);
    free(a);
    free(terminal);
    batch_free(&s.batch);
    normalizer_free(&s.normalizer);
    replay_free(&s.replay);
}

/* --- optimisers --- */

struct stepping {
    struct layout layout;
    struct moments moments;
    float *theta, *grad, *target, *copy;
    struct lamb_rule lamb;
    struct adam_rule adam;
    bool follow;
};

static void lamb_once(void *context)
{
    struct stepping *s = context;
    struct follow follow = {.target = s->target, .tau = 0.005f};
    must(lamb_step(&s->lamb, &s->moments, 1e-4, &s->grad, 1, "gradient", s->theta,
                   s->follow ? &follow : NULL, NULL));
}

static void adam_once(void *context)
{
    struct stepping *s = context;
    must(adam_step(&s->adam, &s->moments, 1e-4, &s->grad, 1, "gradient", s->theta, NULL, NULL));
}

static void copy_once(void *context)
{
    struct stepping *s = context;
    memcpy(s->copy, s->grad, s->layout.size * sizeof *s->copy);
}

static void bench_optimisers(void)
{
    struct stepping s = {.lamb = lamb_rule_default(5e-4), .adam = adam_rule_default(0.01)};
    for (int i = 0; i < 4; i++) { /* the matrices of four blocks of width 512 */
        char block[16];
        snprintf(block, sizeof block, "block%d", i);
        layout_add(&s.layout, block, "qkv", 1536, 512, INIT_NORMAL, 0.02f);
        layout_add(&s.layout, block, "proj", 512, 512, INIT_NORMAL, 0.02f);
        layout_add(&s.layout, block, "up", 2048, 512, INIT_NORMAL, 0.02f);
        layout_add(&s.layout, block, "down", 512, 2048, INIT_NORMAL, 0.02f);
        layout_add(&s.layout, block, "bias", 1, 4608, INIT_NORMAL, 0.02f);
    }
    must(params_new(&s.layout, &s.theta));
    must(params_new(&s.layout, &s.grad));
    must(params_new(&s.layout, &s.target));
    must(params_new(&s.layout, &s.copy));
    must(params_init(&s.layout, s.grad, 2, 0));

    /* Arrays of the vector's size that each reads or writes: the gradient's norm 1; moments 6;
     * parameters 4, a target 2 more; Adam does moments and parameters in one pass of 7. */
    static const struct {
        const char *what;
        void (*run)(void *);
        bool follow;
        int arrays;
    } steps[] = {{"LAMB", lamb_once, false, 11},
                 {"LAMB and target", lamb_once, true, 13},
                 {"AdamW", adam_once, false, 8}};
    for (int threads = 1; threads <= 2; threads++) {
        threads_set(threads);
        for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
            struct timing step, copy;
            s.follow = steps[i].follow;
            must(params_init(&s.layout, s.theta, 1, 0));
            must(moments_init(&s.moments, &s.layout));
            time_both(steps[i].run, copy_once, &s, 1, &step, &copy);
            double array = 1e-9 * (double)s.layout.size * sizeof(float);
            double rate = steps[i].arrays * array / step.best, plain = 2 * array / copy.best;
            printf("optimiser  %-16s %8.3f ms (spread %.0f %%)  %5.1f GB/s, memcpy %5.1f GB/s: "
                   "%.2f   %d thread%s"
                   "   checksum %.9g\n",
                   steps[i].what, 1e3 * step.median, 100 * step.spread, rate, plain, rate / plain,
                   threads, threads > 1 ? "s" : "", sum_of(s.theta, s.layout.size));
            moments_free(&s.moments);
        }
    }
    free(s.theta);
    free(s.grad);
    free(s.target);
    free(s.copy);
}

/* --- networks of the critics --- */

static const struct {
    const char *what;
    int N, S, A;
    bool norm;
} nets[] = {{"hopper K=20", 20 * BATCH, 11, 3, false},
            {"pen K=5", 5 * BATCH, 45, 24, true},
            {"hopper K=1", BATCH, 11, 3, false},
            {"antmaze K=1", BATCH, 29, 8, true}};

struct pass {
    struct critic critic;
    struct critic_tape tape;
    float *theta, *grad, *state, *action, *dq, *q, *daction;
    float *square[3];
    int N;
};

static void critic_once(void *context)
{
    struct pass *p = context;
    critic_q(&p->critic, p->theta, CRITIC_Q1, p->state, p->action, p->N, &p->tape, p->q);
    critic_backward(&p->critic, p->theta, CRITIC_Q1, p->dq, &p->tape, p->grad, NULL);
}

static void action_gradient_once(void *context)
{
    struct pass *p = context;
    critic_q(&p->critic, p->theta, CRITIC_Q1, p->state, p->action, p->N, &p->tape, p->q);
    critic_backward(&p->critic, p->theta, CRITIC_Q1, p->dq, &p->tape, NULL, p->daction);
}

static void sgemm_once(void *context)
{
    struct pass *p = context;
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, SQUARE, SQUARE, SQUARE, 1, p->square[0],
                SQUARE, p->square[1], SQUARE, 0, p->square[2], SQUARE);
}

static void bench_critic(int row)
{
    int N = nets[row].N, S = nets[row].S, A = nets[row].A;
    struct critic_spec spec = {
        .S = S, .A = A, .q = 1, .width = 256, .layers = 2, .norm = nets[row].norm};
    struct pass p = {.N = N};
    struct arena arena, dry;
    must(critic_plan(&spec, &p.critic));
    must(params_new(&p.critic.layout, &p.theta));
    must(params_new(&p.critic.layout, &p.grad));
    must(params_init(&p.critic.layout, p.theta, 1, 0));
    must(arena_init(&dry, 0));
    critic_take(&p.critic, N, 1, &dry, &p.tape);
    must(arena_init(&arena, dry.high));
    critic_take(&p.critic, N, 1, &arena, &p.tape);
    p.state = normals((size_t)N * (size_t)S, 1);
    p.action = normals((size_t)N * (size_t)A, 2);
    p.dq = normals((size_t)N, 3);
    p.q = normals((size_t)N, 4);
    p.daction = normals((size_t)N * (size_t)A, 5);
    for (uint64_t i = 0; i < 3; i++)
        p.square[i] = normals((size_t)SQUARE * SQUARE, 6 + i);

    double first = 256.0 * (S + A), middle = 256.0 * 256, last = 256;
    const struct {
        const char *what;
        void (*run)(void *);
        double products; /* a row */
    } passes[] = {{"parameters", critic_once, 2 * first + 3 * middle + 3 * last},
                  {"action", action_gradient_once, first + 256.0 * A + 2 * middle + 2 * last}};
    for (size_t i = 0; i < sizeof passes / sizeof passes[0]; i++) {
        struct timing net, gemm;
        memset(p.grad, 0, p.critic.layout.size * sizeof *p.grad);
        time_both(passes[i].run, sgemm_once, &p, 1, &net, &gemm);
        double rate = 2e-9 * passes[i].products * N / net.best;
        double own = 2e-9 * SQUARE * SQUARE * SQUARE / gemm.best;
        printf("mlp        %-16s %8.3f ms (spread %.0f %%)  %5.1f GFLOP/s, sgemm %5.1f: %.2f   by "
               "%s%s   "
               "checksum %.9g\n",
               nets[row].what, 1e3 * net.median, 100 * net.spread, rate, own, rate / own,
               passes[i].what, nets[row].norm ? ", norm" : "",
               i == 0 ? sum_of(p.grad, p.critic.layout.size)
                      : sum_of(p.daction, (size_t)N * (size_t)A));
    }
    arena_free(&arena);
    free(p.theta);
    free(p.grad);
    free(p.state);
    free(p.action);
    free(p.dq);
    free(p.q);
    free(p.daction);
    for (int i = 0; i < 3; i++)
        free(p.square[i]);
}

int main(int argc, char **argv)
{
    (void)argc;
    threads_settle_libraries(argv);
    threads_set(1);
    printf("OpenBLAS %s, medians of %d\n", threads_blas_core(), REPEAT);
    for (size_t i = 0; i < sizeof segments / sizeof segments[0]; i++)
        bench_sampler((int)i);
    bench_optimisers();
    threads_set(1);
    for (size_t i = 0; i < sizeof nets / sizeof nets[0]; i++)
        bench_critic((int)i);
    return 0;
}
