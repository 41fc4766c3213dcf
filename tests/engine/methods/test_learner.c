/* What every learner promises, whatever its method: bits, resuming, no allocation, refusal. */
#include "engine/base/team.h"
#include "engine/base/threads.h"
#include "engine/methods/learner_dt.h"
#include "engine/methods/learner_impl.h"
#include "engine/methods/learner_mlp.h"
#include "engine/methods/learner_pdt.h"
#include "engine/methods/learner_sac.h"
#include "engine/nn/kernel.h"
#include "tests/support/allocations.h"
#include "tests/support/rl_gradcheck.h"

#include <cblas.h>
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

TestSuite(learner, .timeout = 300); /* sanitizers are slow */

#define BF16_RELATIVE 0.12
#define BF16_COSINE   0.993

/* --- the methods, as their presets put them together; a new gradient needs no row ---------------
 */

enum { SETS = 8 };

/* Four learners with the operands of their products in less than f32. */
#define IN_PRECISION(words, precision)                                                             \
    {"TD3+ODT " words, true, false, {{"rl_gradient", "td3"}, {"precision", precision}}},           \
        {"recurrent critic " words,                                                                \
         false,                                                                                    \
         false,                                                                                    \
         {{"rl_gradient", "td3"}, {"critic_arch", "lstm"}, {"precision", precision}}},             \
        {"IQL " words,                                                                             \
         false,                                                                                    \
         false,                                                                                    \
         {{"actor", "mlp"},                                                                        \
          {"family", "mlp"},                                                                       \
          {"rl_gradient", "iql"},                                                                  \
          {"policy", "gaussian_tanh_mean_state_independent_std"},                                  \
          {"n_value_nets", "1"},                                                                   \
          {"actor_update_interval", "1"},                                                          \
          {"precision", precision}}},                                                              \
    {                                                                                              \
        "PDT " words, false, false,                                                                \
        {                                                                                          \
            {"actor", "pdt"}, {"policy", "squashed_gaussian"}, {"entropy_reg", "1"},               \
            {                                                                                      \
                "precision", precision                                                             \
            }                                                                                      \
        }                                                                                          \
    }

static const struct {
    const char *name;
    bool long_windows; /* K = 20 too */
    bool rollouts;     /* the RL term trains on rollouts, with targets made anew for each call */
    const char *set[SETS][2];
} methods[] = {
    {"DT", true, false, {{"rl_gradient", "none"}}},
    {"ODT", false, false, {{"policy", "squashed_gaussian"}, {"entropy_reg", "1"}}},
    {"ODT with KL", false, false, {{"policy", "squashed_gaussian"}, {"kl_c0", "0.1"}}},
    {"TD3+ODT", true, false, {{"rl_gradient", "td3"}}},
    {"recurrent critic", false, false, {{"rl_gradient", "td3"}, {"critic_arch", "lstm"}}},
    {"DDPG+ODT",
     false,
     false,
     {{"rl_gradient", "ddpg"}, {"n_critics", "1"}, {"actor_update_interval", "1"}}},
    {"SAC+ODT", false, false, {{"rl_gradient", "sac"}, {"policy", "squashed_gaussian"}}},
    {"AWAC",
     false,
     false,
     {{"rl_gradient", "awac"}, {"policy", "squashed_gaussian"}, {"sup_online", "0"}}},
    {"IQL+ODT",
     false,
     false,
     {{"rl_gradient", "iql"}, {"n_value_nets", "1"}, {"actor_update_interval", "1"}}},
    {"PPO",
     false,
     true,
     {{"rl_gradient", "ppo"},
      {"policy", "squashed_gaussian"},
      {"n_critics", "0"},
      {"n_value_nets", "1"},
      {"actor_update_interval", "1"}}},
    {"AWR",
     false,
     true,
     {{"rl_gradient", "awr"},
      {"policy", "squashed_gaussian"},
      {"n_critics", "0"},
      {"n_value_nets", "1"},
      {"actor_update_interval", "1"}}},
    {"TD3+BC",
     false,
     false,
     {{"actor", "mlp"},
      {"family", "mlp"},
      {"rl_gradient", "td3"},
      {"actor_opt", "adam"},
      {"critic_opt", "adam"}}},
    {"IQL",
     false,
     false,
     {{"actor", "mlp"},
      {"family", "mlp"},
      {"rl_gradient", "iql"},
      {"policy", "gaussian_tanh_mean_state_independent_std"},
      {"n_value_nets", "1"},
      {"actor_update_interval", "1"},
      {"actor_opt", "adam"},
      {"critic_opt", "adam"}}},
    {"SAC from scratch",
     false,
     false,
     {{"actor", "mlp_sac"},
      {"family", "mlp"},
      {"rl_gradient", "sac"},
      {"policy", "squashed_gaussian"},
      {"actor_update_interval", "1"},
      {"product", "own"}}},
    {"PDT",
     false,
     false,
     {{"actor", "pdt"}, {"policy", "squashed_gaussian"}, {"entropy_reg", "1"}}},
    {"TD3+ODT on our own products", false, false, {{"rl_gradient", "td3"}, {"product", "own"}}},
    IN_PRECISION("in bf16", "bf16"),
    IN_PRECISION("in bf16 as AMX", "bf16_amx"),
};

enum { METHODS = sizeof methods / sizeof *methods };

/* Rows beyond the table are the gradients of rl_table, with what they need: METHODS + its row. */
static const char *name_of(int method)
{
    return method < METHODS ? methods[method].name : rl_table[method - METHODS]->name;
}

static bool trains_on_rollouts(int method)
{
    return method < METHODS ? methods[method].rollouts : rl_table[method - METHODS]->online;
}

static bool is_named_above(const struct rl_ops *rl)
{
    for (int i = 0; i < METHODS * SETS; i++) {
        const char *const *set = methods[i / SETS].set[i % SETS];
        if (set[0] != NULL && strcmp(set[0], "rl_gradient") == 0 && strcmp(set[1], rl->name) == 0)
            return true;
    }
    return false;
}

/* The table, and every gradient that it lacks. */
static struct criterion_test_params every_method(void)
{
    enum { MOST = METHODS + 32 };
    static int rows[MOST];
    size_t count = 0;
    for (int i = 0; i < METHODS; i++)
        rows[count++] = i;
    for (int i = 0; i < rl_count && count < MOST; i++) {
        if (!is_named_above(rl_table[i]))
            rows[count++] = METHODS + i;
    }
    return cr_make_param_array(int, rows, count);
}

static void check(enum status status)
{
    cr_assert_eq(status, STATUS_OK, "%s", status_sentence());
}

static struct hyper hyper_of(int method, int K)
{
    struct hyper h;
    hyper_defaults(&h);
    if (method >= METHODS)
        h = rl_hyper(rl_table[method - METHODS]);
    for (int i = 0; method < METHODS && i < SETS && methods[method].set[i][0] != NULL; i++)
        check(hyper_set(&h, methods[method].set[i][0], methods[method].set[i][1]));
    /* Networks small, batches large enough for several lanes. */
    h.batch_size = K == 1 ? 256 : K <= 5 ? 96 : 24;
    h.T_train = h.pdt_future = K;
    h.T_eval = K < 3 ? K : 3;
    h.embed_dim = 16;
    h.n_layer = 2;
    h.n_head = 2;
    h.critic_hidden = h.mlp_hidden = 24;
    h.warmup_actor_steps = 4;
    h.pdt_latent = 4;
    h.pdt_samples = 6;
    h.pdt_return_steps = 3;
    h.lr_actor = 1e-2;
    return h;
}

/* --- what they train on
 * ------------------------------------------------------------------------------ */

enum { S = 5, A = 2, TRAJECTORIES = 24, LONGEST = 30 };

struct world {
    struct trajectory list[TRAJECTORIES];
    struct normalizer normalizer;
    struct replay replay, online;
    struct transitions transitions;
    struct learner_data data;
};

/* Random walks with log-probabilities, as PPO's rollouts have them. */
static struct trajectory walk(int number)
{
    struct rng rng = rng_at(21, RNG_TEST, (uint64_t)number);
    float state[(LONGEST + 1) * S], action[LONGEST * A], reward[LONGEST], log_prob[LONGEST];
    uint8_t terminal[LONGEST] = {0};
    int L = 1 + (int)rng_below(&rng, LONGEST);
    for (int j = 0; j < (L + 1) * S; j++)
        state[j] = rng_normal(&rng);
    for (int j = 0; j < L * A; j++)
        action[j] = 1.8f * rng_uniform(&rng) - 0.9f;
    for (int j = 0; j < L; j++) {
        reward[j] = rng_normal(&rng);
        log_prob[j] = -rng_uniform(&rng);
    }
    terminal[L - 1] = number % 3 != 0;
    struct trajectory t;
    check(trajectory_new(L, S, A, state, state + S, action, reward, terminal, log_prob, 0, &t));
    return t;
}

static void world_make(struct world *w)
{
    memset(w, 0, sizeof *w);
    for (int i = 0; i < TRAJECTORIES; i++)
        w->list[i] = walk(i);
    check(normalizer_fit(w->list, TRAJECTORIES, S, 1e-6, &w->normalizer));
    check(replay_init(&w->replay, S, A, REPLAY_UNBOUNDED));
    check(replay_fill(&w->replay, w->list, TRAJECTORIES));
    check(replay_init(&w->online, S, A, REPLAY_UNBOUNDED));
    check(replay_fill(&w->online, w->list, TRAJECTORIES / 2));
    check(transitions_init(&w->transitions, S, A, -1, w->list, TRAJECTORIES, true));
    w->data = (struct learner_data){
        .replay = &w->replay, .online = &w->online, .transitions = &w->transitions};
}

static void world_free(struct world *w)
{
    transitions_free(&w->transitions);
    replay_free(&w->online);
    replay_free(&w->replay);
    normalizer_free(&w->normalizer);
    for (int i = 0; i < TRAJECTORIES; i++)
        trajectory_free(&w->list[i]);
}

static struct learner *learner_of(const struct hyper *h, const struct world *w)
{
    struct learner *l;
    struct learner_spec spec = {
        .hyper = h, .S = S, .A = A, .run = 77, .normalizer = &w->normalizer};
    check(learner_new(&spec, &l));
    return l;
}

static void train(struct learner *l, const struct world *w, int64_t updates)
{
    check(learner_train(l, &w->data, learner_batches(l, updates), NULL));
}

/* Actions in three worlds of different age, with what they were given. */
struct acts {
    float action[3 * A], latent[3][4 * 4];
};

static void act(struct learner *l, struct acts *out)
{
    float state[4 * S], action[3 * A], rtg[4] = {1, 0.9f, 0.8f, 0.7f}, noise[3 * A];
    struct rng rng = rng_at(4, RNG_TEST, 1000);
    struct act_context context[3];
    *out = (struct acts){{0}, {{0}}};
    rng_fill_normal(&rng, 0, state, 4 * S);
    rng_fill_normal(&rng, 1024, noise, 3 * A);
    for (int j = 0; j < 3 * A; j++)
        action[j] = 0.1f * (float)j;
    for (int i = 0; i < 3; i++)
        context[i] = (struct act_context){.steps = 1 + i,
                                          .state = state,
                                          .action = action,
                                          .return_to_go = rtg,
                                          .latent = out->latent[i],
                                          .stream = (uint64_t)i};
    check(learner_act(l, context, 3, ACT_EXPLORE, false, noise, out->action, NULL));
}

/* --- a checkpoint in memory
 * -------------------------------------------------------------------------- */

struct memory {
    unsigned char *bytes;
    size_t used, room, at;
};

static void put(struct memory *m, const void *data, size_t bytes)
{
    while (m->used + bytes > m->room) {
        m->room = m->room > 0 ? 2 * m->room : 1 << 16;
        m->bytes = realloc(m->bytes, m->room);
        cr_assert_not_null(m->bytes);
    }
    memcpy(m->bytes + m->used, data, bytes);
    m->used += bytes;
}

static enum status save_array(struct visitor *v, const char *path, enum visit_kind kind, void *data,
                              size_t count)
{
    put(v->context, path, strlen(path) + 1);
    put(v->context, data, count * visit_width(kind));
    return STATUS_OK;
}

static enum status load_array(struct visitor *v, const char *path, enum visit_kind kind, void *data,
                              size_t count)
{
    struct memory *m = v->context;
    const char *name = (const char *)m->bytes + m->at;
    cr_assert_str_eq(name, path, "saved as '%s', loaded as '%s'", name, path);
    m->at += strlen(name) + 1;
    cr_assert_leq(m->at + count * visit_width(kind), m->used);
    memcpy(data, m->bytes + m->at, count * visit_width(kind));
    m->at += count * visit_width(kind);
    return STATUS_OK;
}

static struct memory save(struct learner *l)
{
    struct memory m = {0};
    struct visitor v = {.array = save_array, .context = &m};
    check(learner_visit(l, &v));
    cr_assert_gt(m.used, 1000);
    return m;
}

static void load(struct learner *l, struct memory *m)
{
    struct visitor v = {.array = load_array, .context = m, .fills = true};
    m->at = 0;
    check(learner_visit(l, &v));
    cr_assert_eq(m->at, m->used, "%zu bytes saved, %zu loaded", m->used, m->at);
}

/* The name of the array in which two states first differ; NULL when they are the same bits. */
static const char *difference(const struct memory *a, const struct memory *b)
{
    if (a->used != b->used)
        return "sizes";
    if (memcmp(a->bytes, b->bytes, a->used) == 0)
        return NULL;
    size_t at = 0;
    while (a->bytes[at] == b->bytes[at])
        at++;
    /* Names are the only text: the last one before `at`. */
    for (size_t i = at; i-- > 8;) {
        if (memcmp(a->bytes + i, "theta", 6) == 0 || memcmp(a->bytes + i, "target", 7) == 0)
            return (const char *)a->bytes + i;
    }
    return "counters";
}

static void free_memory(struct memory *m)
{
    free(m->bytes);
}

/* --- what it tells
 * -------------------------------------------------------------------------------------- */

/* The statistics of ten updates in one call are those of ten calls, each metric by its kind. */
ParameterizedTestParameters(learner, tells_the_largest_q_the_last_loss_and_means)
{
    return every_method();
}

ParameterizedTest(int *method, learner, tells_the_largest_q_the_last_loss_and_means)
{
    enum { CALLS = 10 };
    struct hyper h = hyper_of(*method, 5);
    struct world w;
    struct learner_stats whole, piece;
    double q_most = -1, q_sum = 0, last = (double)NAN, temperature = (double)NAN;
    h.actor_update_interval = 1;
    world_make(&w);
    struct learner *one = learner_of(&h, &w), *other = learner_of(&h, &w);
    check(learner_begin(one, LEARNER_PRETRAIN));
    check(learner_begin(other, LEARNER_PRETRAIN));
    check(learner_train(one, &w.data, CALLS, &whole));
    for (int i = 0; i < CALLS; i++) {
        check(learner_train(other, &w.data, 1, &piece));
        q_most = fmax(q_most, piece.value[LEARNER_q_abs_max]);
        q_sum += piece.value[LEARNER_q_mean];
        last = piece.value[LEARNER_loss_critic_last];
        temperature = piece.value[LEARNER_temperature];
    }
    if (isfinite(whole.value[LEARNER_q_abs_max])) {
        cr_expect_eq(whole.value[LEARNER_q_abs_max], q_most);
        cr_expect_gt(q_most, piece.value[LEARNER_q_mean]);
        cr_expect_eq(whole.value[LEARNER_loss_critic_last], last);
        cr_expect_float_eq(whole.value[LEARNER_q_mean], q_sum / CALLS, 1e-12);
    } else {
        cr_expect_eq(q_most, -1, "Q only in pieces?");
    }
    cr_expect(isnan(temperature) ? isnan(whole.value[LEARNER_temperature])
                                 : whole.value[LEARNER_temperature] == temperature);
    learner_delete(one);
    learner_delete(other);
    world_free(&w);
}

/* AWR looks at its warm-up when an iteration begins (D70): twelve updates of the first train
 * without the RL term, not ten, also when the iteration goes on from a checkpoint; the second has
 * it from its first update. */
static void train_awr(struct learner *l, const struct world *w, int follow, bool rl)
{
    struct learner_data data = w->data;
    struct learner_stats stats;
    data.follow = follow;
    check(learner_train(l, &data, 1, &stats));
    cr_expect_eq(((struct dt *)l)->rl_scale, rl ? 1 : 0, "%d updates before the end", follow);
    if (follow == 0) {
        cr_expect_eq(stats.value[LEARNER_loss_actor] != 0, rl);
        cr_expect_eq(stats.value[LEARNER_grad_norm_actor] != 0, rl);
    }
}

Test(learner, awr_learns_without_its_rl_term_for_the_whole_first_iteration)
{
    enum { UPDATES = 12 };
    int awr = 0;
    while (strcmp(methods[awr].name, "AWR") != 0)
        awr++;
    struct hyper h = hyper_of(awr, 5);
    struct world w;
    h.sup_online = 0;
    h.entropy_reg = 0;
    world_make(&w);
    struct learner *l = learner_of(&h, &w);
    check(learner_begin(l, LEARNER_PRETRAIN));
    train(l, &w, 2);
    check(learner_begin(l, LEARNER_ONLINE));
    for (int iteration = 1; iteration <= 2; iteration++) {
        for (int follow = UPDATES - 1; follow >= 0; follow--) {
            train_awr(l, &w, follow, iteration > 1);
            if (follow != 1)
                continue;
            struct memory m = save(l);
            learner_delete(l);
            l = learner_of(&h, &w);
            load(l, &m);
            free_memory(&m);
        }
    }
    learner_delete(l);
    world_free(&w);
}

/* --- the promises
 * -------------------------------------------------------------------------------------- */

/* Both phases, some updates each, then acting. */
static struct memory life(int method, int K, const struct world *w, int threads, struct acts *acts)
{
    struct hyper h = hyper_of(method, K);
    threads_set(threads);
    struct learner *l = learner_of(&h, w);
    check(learner_begin(l, LEARNER_PRETRAIN));
    train(l, w, 3);
    check(learner_begin(l, LEARNER_ONLINE));
    train(l, w, 3);
    act(l, acts);
    struct memory m = save(l);
    learner_delete(l);
    return m;
}

ParameterizedTestParameters(learner, has_the_same_bits_for_any_number_of_threads)
{
    return every_method();
}

ParameterizedTest(int *method, learner, has_the_same_bits_for_any_number_of_threads)
{
    static const int lengths[] = {1, 5, 20}, team[] = {2, 3, 8, 4, 16, 32};
    struct world w;
    world_make(&w);
    for (int i = 0; i < (*method < METHODS && methods[*method].long_windows ? 3 : 2); i++) {
        struct acts one, many;
        struct memory want = life(*method, lengths[i], &w, 1, &one);
        team_cut_all(true);
        for (int t = 0; t < (lengths[i] == 5 ? 6 : 2); t++) {
            int threads = team[t];
            struct memory got = life(*method, lengths[i], &w, threads, &many);
            const char *where = difference(&want, &got);
            cr_assert_null(where, "%s, K = %d: %d threads differ from one in %s", name_of(*method),
                           lengths[i], threads, where);
            cr_assert_arr_eq(&one, &many, sizeof one, "%s, K = %d: %d threads act differently",
                             name_of(*method), lengths[i], threads);
            free_memory(&got);
        }
        free_memory(&want);
    }
    world_free(&w);
}

/* What helps depends on the size: lanes of 512 rows, and tasks of 8 million products. */
Test(learner, says_how_many_threads_help)
{
    static const struct {
        const char *actor;
        int B, K, C, want;
    } cases[] = {{"dt", 256, 20, 512, 32}, {"dt", 256, 1, 512, 32}, {"pdt", 256, 20, 512, 32},
                 {"dt", 256, 20, 128, 24}, {"dt", 128, 2, 64, 1},   {"dt", 64, 20, 64, 4},
                 {"dt", 8, 2, 16, 1},      {"mlp", 256, 1, 512, 1}, {"bandit", 256, 1, 512, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hyper h;
        hyper_defaults(&h);
        cr_assert_eq(hyper_set(&h, "actor", cases[i].actor), STATUS_OK);
        h.batch_size = cases[i].B, h.T_train = cases[i].K, h.embed_dim = cases[i].C;
        cr_expect_eq(learner_threads(&h), cases[i].want, "case %zu: %d", i, learner_threads(&h));
    }
}

/* --- paths of the processor ------------------------------------------------------------------- */

ParameterizedTestParameters(learner, has_the_same_bits_on_every_path)
{
    return every_method();
}

ParameterizedTest(int *method, learner, has_the_same_bits_on_every_path)
{
    struct world w;
    struct acts first, other;
    world_make(&w);
    kernel_force(KERNEL_PLAIN);
    struct memory want = life(*method, 5, &w, 2, &first);
    for (int path = KERNEL_PLAIN + 1; path < KERNEL_PATHS; path++) {
        if (!kernel_has((enum kernel_path)path))
            continue;
        kernel_force((enum kernel_path)path);
        struct memory got = life(*method, 5, &w, 2, &other);
        const char *where = difference(&want, &got);
        cr_assert_null(where, "%s: %s differs from plain in %s", name_of(*method),
                       kernel_path_name((enum kernel_path)path), where);
        cr_assert_arr_eq(&first, &other, sizeof first);
        free_memory(&got);
    }
    free_memory(&want);
    world_free(&w);
}

/* First moments after one update, which are the gradients times one number, by view. */
struct gradients {
    const struct layout *layout;
    const float *m;
};

static int gradients_of(struct learner *l, struct gradients out[3])
{
    const struct network *net[3] = {NULL};
    int count = 0;
    if (l->hyper.actor == HYPER_actor_mlp) {
        struct mlp_learner *d = (struct mlp_learner *)l;
        net[0] = &d->actor_net, net[1] = &d->critic_net, net[2] = &d->value_net;
    } else if (l->hyper.actor == HYPER_actor_pdt) {
        net[0] = &((struct pdt *)l)->net;
    } else if (l->hyper.actor == HYPER_actor_mlp_sac) {
        struct sac_learner *d = (struct sac_learner *)l;
        net[0] = &d->actor, net[1] = &d->critic_net;
    } else {
        struct dt *d = (struct dt *)l;
        net[0] = &d->actor, net[1] = &d->critic_net;
    }
    for (int i = 0; i < 3; i++) {
        if (net[i] != NULL && net[i]->layout != NULL)
            out[count++] = (struct gradients){net[i]->layout, net[i]->moments.m};
    }
    return count;
}

/* A gradient in bf16 differs from f32's by what operands of 8 bits cost: each product about
 * 2^-8/sqrt(3) of its terms, added up at random over the layers it went through; the networks here
 * are tiny, so that sums of few terms average little, and a TD error is a small difference of two
 * values (found: up to 8 %, most 1 to 2). A view whose gradient is next to nothing (the
 * keys' bias has none but rounding) is measured against the whole. */
static void compare_view(const struct view *v, const struct gradients *f32,
                         const struct gradients *bf16, double whole, const char *method)
{
    double difference = 0, dot = 0, a2 = 0, b2 = 0;
    for (size_t i = v->offset; i < v->offset + view_size(v); i++) {
        double a = (double)f32->m[i], b = (double)bf16->m[i];
        difference += (a - b) * (a - b);
        dot += a * b;
        a2 += a * a;
        b2 += b * b;
    }
    double relative = sqrt(difference) / fmax(sqrt(a2), 1e-3 * whole);
    double cosine = a2 > 1e-6 * whole * whole ? dot / sqrt(a2 * b2) : 1;
    if (getenv("VITAMIN_TOL") != NULL)
        printf("%-28s %-24s %9.2e %9.6f\n", method, v->name, relative, cosine);
    cr_expect(relative < BF16_RELATIVE && cosine > BF16_COSINE,
              "%s, %s: differs by %.2e of its length, cosine %.6f", method, v->name, relative,
              cosine);
}

ParameterizedTestParameters(learner, has_about_the_same_gradients_in_bf16)
{
    return every_method();
}

ParameterizedTest(int *method, learner, has_about_the_same_gradients_in_bf16)
{
    struct world w;
    static const int precision[] = {HYPER_precision_f32, HYPER_precision_bf16,
                                    HYPER_precision_bf16_amx};
    enum { PRECISIONS = sizeof precision / sizeof *precision };
    struct learner *l[PRECISIONS];
    struct gradients g[PRECISIONS][3];
    int networks = 0;
    world_make(&w);
    for (int i = 0; i < PRECISIONS; i++) {
        struct hyper h = hyper_of(*method, 5);
        h.precision = precision[i];
        h.embed_dim = 64;
        h.critic_hidden = h.mlp_hidden = 64;
        l[i] = learner_of(&h, &w);
        check(learner_begin(l[i], LEARNER_PRETRAIN));
        train(l[i], &w, 1);
        networks = gradients_of(l[i], g[i]);
    }
    for (int n = 0; n < networks; n++) {
        double whole = 0;
        for (size_t k = 0; k < g[0][n].layout->size; k++)
            whole += (double)g[0][n].m[k] * (double)g[0][n].m[k];
        for (int i = 0; i < 2 * g[0][n].layout->count; i++)
            compare_view(&g[0][n].layout->views[i / 2], &g[0][n], &g[1 + i % 2][n], sqrt(whole),
                         name_of(*method));
    }
    for (int i = 0; i < PRECISIONS; i++)
        learner_delete(l[i]);
    world_free(&w);
}

struct neighbour {
    _Atomic bool stop;
    float x[3 * 96 * 96];
};

static void *multiply(void *context)
{
    struct neighbour *n = context;
    while (!n->stop)
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, 96, 96, 96, 1, n->x, 96,
                    n->x + 96 * 96, 96, 0, n->x + 2 * 96 * 96, 96);
    return NULL;
}

/* Threads of another task call BLAS meanwhile. */
Test(learner, has_the_same_bits_beside_other_work)
{
    static struct neighbour neighbour[3];
    struct world w;
    world_make(&w);
    int method = 0;
    while (strcmp(methods[method].name, "TD3+ODT") != 0)
        method++;
    struct acts alone, crowded;
    struct memory want = life(method, 5, &w, 2, &alone);
    pthread_t thread[3];
    for (int i = 0; i < 3; i++)
        cr_assert_eq(pthread_create(&thread[i], NULL, multiply, &neighbour[i]), 0);
    struct memory got = life(method, 5, &w, 2, &crowded);
    for (int i = 0; i < 3; i++) {
        neighbour[i].stop = true;
        pthread_join(thread[i], NULL);
    }
    const char *where = difference(&want, &got);
    cr_assert_null(where, "beside other work it differs in %s", where);
    cr_assert_arr_eq(&alone, &crowded, sizeof alone);
    free_memory(&want);
    free_memory(&got);
    world_free(&w);
}

ParameterizedTestParameters(learner, goes_on_with_the_same_bits_after_a_restart)
{
    return every_method();
}

ParameterizedTest(int *method, learner, goes_on_with_the_same_bits_after_a_restart)
{
    struct world w;
    world_make(&w);
    struct hyper h = hyper_of(*method, 5);
    for (int online = 0; online < 2; online++) {
        struct learner *l = learner_of(&h, &w);
        check(learner_begin(l, LEARNER_PRETRAIN));
        train(l, &w, 2);
        if (online) {
            check(learner_begin(l, LEARNER_ONLINE));
            train(l, &w, 2);
        }
        struct memory saved = save(l);

        /* What another learner has become does not matter. */
        struct learner *resumed = learner_of(&h, &w);
        check(learner_begin(resumed, LEARNER_PRETRAIN));
        train(resumed, &w, 1);
        load(resumed, &saved);
        struct acts acts[2];
        struct memory end[2];
        for (int i = 0; i < 2; i++) {
            struct learner *which = i == 0 ? l : resumed;
            train(which, &w, 2);
            if (!online) {
                check(learner_begin(which, LEARNER_ONLINE));
                train(which, &w, 1);
            }
            act(which, &acts[i]);
            end[i] = save(which);
        }
        cr_assert_eq(learner_updates(l), learner_updates(resumed));
        const char *where = difference(&end[0], &end[1]);
        cr_assert_null(where, "%s: differs in %s after a restart in the %s phase", name_of(*method),
                       where, online ? "online" : "offline");
        cr_assert_arr_eq(&acts[0], &acts[1], sizeof acts[0]);
        cr_assert_neq(end[0].used == saved.used &&
                          memcmp(end[0].bytes, saved.bytes, saved.used) == 0,
                      1, "nothing was learned");
        free_memory(&saved);
        free_memory(&end[0]);
        free_memory(&end[1]);
        learner_delete(l);
        learner_delete(resumed);
    }
    world_free(&w);
}

ParameterizedTestParameters(learner, allocates_nothing_in_a_training_step)
{
    return every_method();
}

ParameterizedTest(int *method, learner, allocates_nothing_in_a_training_step)
{
    if (!allocations_counted())
        cr_skip("a sanitizer owns malloc, or OpenMP allocates");
    struct world w;
    world_make(&w);
    threads_set(2);
    struct hyper h = hyper_of(*method, 5);
    struct learner *l = learner_of(&h, &w);
    for (enum learner_phase phase = LEARNER_PRETRAIN; phase <= LEARNER_ONLINE; phase++) {
        check(learner_begin(l, phase));
        train(l, &w, 1); /* thread pools start, PDT prepares its return head */
        allocations_begin();
        train(l, &w, 1);
        long one = allocations_end();
        allocations_begin();
        train(l, &w, 4);
        long four = allocations_end();
        /* PPO and AWR make room for the targets of new rollouts, once a call. */
        if (phase == LEARNER_PRETRAIN || !trains_on_rollouts(*method))
            cr_assert_eq(one, 0, "%s: %ld allocations in one update", name_of(*method), one);
        cr_assert_eq(four, one, "%s: %ld allocations in one update, %ld in four", name_of(*method),
                     one, four);
    }
    learner_delete(l);
    world_free(&w);
}

/* Every row of an array of all trajectories becomes NaN somewhere; normaliser and sums stay. */
static void poison(struct world *w, bool states)
{
    for (int i = 0; i < TRAJECTORIES; i++) {
        struct trajectory *t = &w->list[i];
        for (int j = 0; j < t->length; j++) {
            if (states)
                ((float *)t->state)[j * S + j % S] = NAN;
            else
                ((float *)t->reward)[j] = ((float *)t->return_to_go)[j] = NAN;
        }
    }
}

ParameterizedTestParameters(learner, refuses_data_that_is_not_finite)
{
    return every_method();
}

ParameterizedTest(int *method, learner, refuses_data_that_is_not_finite)
{
    for (int states = 0; states < 2; states++) {
        struct world w;
        world_make(&w);
        struct hyper h = hyper_of(*method, 5);
        struct learner *l = learner_of(&h, &w);
        check(learner_begin(l, LEARNER_PRETRAIN));
        train(l, &w, 2);
        check(learner_begin(l, LEARNER_ONLINE));
        train(l, &w, 2);
        struct memory before = save(l);
        poison(&w, states);
        enum status status = learner_train(l, &w.data, learner_batches(l, 1), NULL);
        cr_assert_eq(status, STATUS_NONFINITE, "%s: %s NaN: %d, %s", name_of(*method),
                     states ? "states" : "rewards", status, status_sentence());
        cr_assert_gt(strlen(status_sentence()), 20);
        struct memory after = save(l);
        const char *where = difference(&before, &after);
        cr_assert_null(where, "%s: %s changed though the update was refused", name_of(*method),
                       where);
        free_memory(&before);
        free_memory(&after);
        learner_delete(l);
        world_free(&w);
    }
}

/* A parameter that ran away: the loss, or a gradient, is not finite then. */
static enum status poison_array(struct visitor *v, const char *path, enum visit_kind kind,
                                void *data, size_t count)
{
    (void)v;
    if (kind == VISIT_FLOAT && strcmp(path, "actor/theta") == 0)
        ((float *)data)[count / 2] = INFINITY;
    return STATUS_OK;
}

ParameterizedTestParameters(learner, refuses_to_go_on_once_the_actor_has_diverged)
{
    return every_method();
}

ParameterizedTest(int *method, learner, refuses_to_go_on_once_the_actor_has_diverged)
{
    struct world w;
    world_make(&w);
    struct hyper h = hyper_of(*method, 5);
    struct learner *l = learner_of(&h, &w);
    check(learner_begin(l, LEARNER_PRETRAIN));
    train(l, &w, 1);
    struct visitor v = {.array = poison_array, .fills = true};
    check(learner_visit(l, &v));
    int64_t updates = learner_updates(l);
    enum status status = learner_train(l, &w.data, learner_batches(l, 3), NULL);
    cr_assert_eq(status, STATUS_NONFINITE, "%s: %d, %s", name_of(*method), status,
                 status_sentence());
    cr_assert_eq(learner_updates(l), updates, "an update was counted though it was refused");
    learner_delete(l);
    world_free(&w);
}
