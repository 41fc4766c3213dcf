/* One run on many threads: a TD3+ODT step on 1, 2, 4, ... threads, and what it can gain.
 *
 *   critic, actor   seconds of a step, medians; on one thread of processor time, else by the clock
 *                   on the wall; gain: over one thread
 *   bits            checksums of actor and critic after all steps: equal in every row
 *
 * and, counted on one thread (team_count), for more threads than this machine has:
 *
 *   shared     share of the step's time, cut as so many threads cut it, in sections that helpers
 *              share
 *   sections   of the leader with most of them: it waits for its helpers as often
 *   predicted  seconds if a section costs the wake time printed above, leaders are balanced as they
 *              are here, and what is outside of lanes (gradients zeroed, optimiser, target: loops
 *              over memory) gains up to fourfold; cores as fast as here when all are busy
 *
 * `bench_threads MOST` (make bench THREADS=MOST) goes up to so many threads, of which more than
 * there are processors only show bits. `bench_threads MOST quick`: one repetition. */
#include "engine/base/team.h"
#include "engine/base/threads.h"
#include "engine/methods/learner_dt.h"
#include "engine/nn/kernel.h"
#include "engine/nn/matmul.h"
#include "tests/bench/bench.h"
#include "tests/bench/bench_replay.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST = 11 };

static const struct {
    const char *what;
    int K, S, A, C, L, B, critic, repeats;
} shapes[] = {{"lite K=2", 2, 11, 3, 64, 2, 128, 128, 11},
              {"antmaze K=1", 1, 29, 8, 512, 4, 256, 256, 7},
              {"pen K=5", 5, 45, 24, 512, 4, 256, 256, 5},
              {"hopper K=20", 20, 11, 3, 512, 4, 256, 256, 3}};

static const struct {
    const char *what, *key, *value;
} products[] = {{"OpenBLAS f32", "product", "openblas"},
                {"own f32", "product", "own"},
                {"own bf16", "precision", "bf16"},
                {"own bf16_amx", "precision", "bf16_amx"}};

static double now(void)
{
    return bench_seconds(CLOCK_MONOTONIC);
}

static double now_of(int threads)
{
    return bench_seconds(threads == 1 ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC);
}

/* --- the time to wake a helper --------------------------------------------------------------- */

/* Tasks that a helper has time to come to. */
static void some(void *context, int task, struct arena *scratch)
{
    (void)task, (void)scratch;
    for (double until = now() + *(double *)context; now() < until;)
        ;
}

enum { SECTIONS = 200 };
static double of_section; /* seconds that a section of two tasks takes more than one of its tasks */

static void many_sections(void *context, int lead, struct arena *scratch)
{
    (void)context, (void)lead;
    static double seconds[SECTIONS];
    double task = 200e-6;
    for (int i = 0; i < SECTIONS; i++) {
        double begin = now();
        team_share(2, some, &task, scratch);
        seconds[i] = now() - begin - task;
    }
    of_section = bench_median(seconds, SECTIONS);
}

static double wake_time(void)
{
    struct arena scratch[TEAM_MOST] = {{0}};
    threads_set(2);
    team_run(2, 1, scratch, many_sections, NULL);
    return of_section;
}

/* --- steps ----------------------------------------------------------------------------------- */

static struct dt *learner_of(int shape, int product)
{
    struct hyper h;
    struct learner *l;
    hyper_defaults(&h);
    bench_check(hyper_set(&h, "rl_gradient", "td3"));
    bench_check(hyper_set(&h, products[product].key, products[product].value));
    h.T_train = h.T_eval = shapes[shape].K;
    h.embed_dim = shapes[shape].C;
    h.n_layer = shapes[shape].L;
    h.batch_size = shapes[shape].B;
    h.critic_hidden = shapes[shape].critic;
    h.target_padding_masked = 0;
    bench_check(learner_new(
        &(struct learner_spec){.hyper = &h, .S = shapes[shape].S, .A = shapes[shape].A, .run = 1},
        &l));
    bench_check(learner_begin(l, LEARNER_ONLINE));
    return (struct dt *)l;
}

struct times {
    double critic, actor;
    struct team_count count[2]; /* of one more step of each, when counted */
    double counted[2];          /* seconds of these, on one thread */
    uint32_t bits[2];
};

/* Steps on so many threads; `count` > 0: then a step of each, counted for so many. */
static struct times steps(int shape, int product, int threads, int repeats, int count)
{
    double critic[MOST], actor[MOST];
    struct stats_sum stats = {{0}, {0}};
    struct replay replay;
    struct times t = {.count = {{.threads = count}, {.threads = count}}};
    threads_set(threads);
    bench_replay(&replay, shapes[shape].S, shapes[shape].A, 20);
    struct dt *d = learner_of(shape, product);
    struct batch_rule rule = batch_rule_default();
    for (int i = 0; i <= repeats; i++) { /* the first warms up */
        int at = i > 0 ? i - 1 : 0;
        bench_check(
            batch_sample(&replay, NULL, &rule, rng_at(1, RNG_BATCH, (uint64_t)i), &d->batch));
        double begin = now_of(threads);
        bench_check(dt_critic_update(d, &d->batch, &stats));
        critic[at] = now_of(threads) - begin;
        begin = now_of(threads);
        bench_check(dt_actor_update(d, &d->batch, NULL, &stats));
        actor[at] = now_of(threads) - begin;
    }
    t.critic = bench_median(critic, repeats), t.actor = bench_median(actor, repeats);
    t.bits[0] = bench_checksum(d->actor.current.value, d->layout.size);
    t.bits[1] = bench_checksum(d->critic_net.current.value, d->critic.layout.size);
    if (count > 0) {
        double begin = now_of(1);
        team_count(&t.count[0]);
        bench_check(dt_critic_update(d, &d->batch, &stats));
        t.counted[0] = now_of(1) - begin;
        begin = now_of(1);
        team_count(&t.count[1]);
        bench_check(dt_actor_update(d, &d->batch, NULL, &stats));
        t.counted[1] = now_of(1) - begin;
        team_count(NULL);
    }
    learner_delete(&d->learner);
    replay_free(&replay);
    return t;
}

/* Seconds of a step on as many threads as were counted for. The counted step is cut as theirs would
 * be, and so takes longer than one thread's. */
static double predicted(const struct team_count *c, double counted, double wake)
{
    double outside = counted - c->alone;
    return c->predicted + (double)c->sections * wake + outside / fmin(c->threads, 4);
}

static void measure(int shape, int product, int most, int repeats)
{
    struct times one = {0};
    for (int threads = 1; threads <= most; threads *= 2) {
        bool timed = threads <= threads_available();
        struct times t = steps(shape, product, threads, repeats, 0);
        one = threads == 1 ? t : one;
        printf("%-12s %-13s %7d", shapes[shape].what, products[product].what, threads);
        if (timed)
            printf(" %9.4f %9.4f %7.2f %7.2f", t.critic, t.actor, one.critic / t.critic,
                   one.actor / t.actor);
        else
            printf(" %9s %9s %7s %7s", "-", "-", "-", "-");
        printf("   %08x %08x\n", t.bits[0], t.bits[1]);
        fflush(stdout);
    }
}

static void predict(int shape, int product, double wake)
{
    for (int threads = 4; threads <= TEAM_MOST; threads *= 2) {
        struct times t = steps(shape, product, 1, 1, threads);
        double critic = predicted(&t.count[0], t.counted[0], wake),
               actor = predicted(&t.count[1], t.counted[1], wake);
        printf("%-12s %-13s %7d %8.1f%% %8.1f%% %8ld %8ld %9.4f %9.4f %7.2f %7.2f\n",
               shapes[shape].what, products[product].what, threads,
               100 * t.count[0].shared / t.counted[0], 100 * t.count[1].shared / t.counted[1],
               t.count[0].sections, t.count[1].sections, critic, actor, t.critic / critic,
               t.actor / actor);
        fflush(stdout);
    }
}

int main(int argc, char **argv)
{
    threads_settle_libraries(argv);
    enum { SHAPES = sizeof shapes / sizeof *shapes, PRODUCTS = sizeof products / sizeof *products };
    int most = argc > 1 ? atoi(argv[1]) : 2;
    bool quick = argc > 2 && strcmp(argv[2], "quick") == 0;
    most = most < 1 ? 1 : most > TEAM_MOST ? TEAM_MOST : most;
    double wake = wake_time();
    printf("%d processors, OpenBLAS for %s (%s when cut by rows), kernel %s\n"
           "a section of a team costs its leader %.0f us (median)\n\n",
           threads_available(), threads_blas_core(),
           matmul_try_cuts() ? "same bits" : "OTHER BITS: its products are not shared",
           kernel_path_name(kernel_path()), wake * 1e6);
    printf("%-12s %-13s %7s %9s %9s %7s %7s   %s\n", "measured", "products", "threads", "critic s",
           "actor s", "gain", "gain", "bits: actor, critic");
    for (int s = 0; s < SHAPES; s++) {
        for (int p = 0; p < PRODUCTS; p++)
            measure(s, p, most, quick ? 1 : shapes[s].repeats);
    }
    printf("\n%-12s %-13s %7s %9s %9s %8s %8s %9s %9s %7s %7s\n%-12s %-13s %7s %9s %9s %8s %8s\n",
           "predicted", "products", "threads", "critic", "actor", "critic", "actor", "critic s",
           "actor s", "gain", "gain", "", "", "", "shared", "shared", "sections", "sections");
    for (int s = 0; s < SHAPES; s++) {
        for (int p = 0; p < PRODUCTS; p++)
            predict(s, p, wake);
    }
    return 0;
}
