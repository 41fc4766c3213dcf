#include "engine/base/team.h"
#include "engine/base/threads.h"
#include "engine/methods/critic.h"
#include "engine/nn/lanes.h"
#include "engine/optim/adam.h"
#include "tests/support/learning.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The recordings' own tolerances. */
static const double VALUE = 2e-6, GRADIENT = 1e-5, STEP = 2e-4;

/* A critic with parameters, a tape and a batch; `made` frees all of it. */
struct rig {
    struct critic c;
    struct batch b;
    struct arena arena;
    struct critic_tape tape;
    float *theta, *grad;
    size_t n; /* B K */
    float *q[2], *y, *dq[2];
};

static void make_rig(struct rig *r, const struct critic_spec *spec, struct batch b)
{
    cr_assert_eq(critic_plan(spec, &r->c), STATUS_OK, "%s", status_sentence());
    r->b = b;
    r->n = (size_t)b.B * (size_t)b.K;
    cr_assert_eq(params_new(&r->c.layout, &r->theta), STATUS_OK);
    cr_assert_eq(params_new(&r->c.layout, &r->grad), STATUS_OK);
    struct arena dry;
    cr_assert_eq(arena_init(&dry, 0), STATUS_OK);
    critic_take(&r->c, b.B, b.K, &dry, &r->tape);
    cr_assert_eq(arena_init(&r->arena, dry.high), STATUS_OK);
    critic_take(&r->c, b.B, b.K, &r->arena, &r->tape);
    for (int i = 0; i < 2; i++) {
        r->q[i] = calloc(r->n, sizeof(float));
        r->dq[i] = calloc(r->n, sizeof(float));
    }
    r->y = calloc(r->n, sizeof(float));
}

static void drop_rig(struct rig *r)
{
    arena_free(&r->arena);
    batch_free(&r->b);
    free(r->theta);
    free(r->grad);
    for (int i = 0; i < 2; i++) {
        free(r->q[i]);
        free(r->dq[i]);
    }
    free(r->y);
}

static void expect_values(const struct h5 *f, const char *name, const float *got, size_t n)
{
    size_t count;
    float *want = fixture_floats(f, name, &count);
    cr_assert_eq(count, n, "%s has %zu elements", name, count);
    expect_close(name, got, want, n, VALUE, 0);
    free(want);
}

/* Loss and gradient of all Q nets towards r->y. */
static double critic_gradient(struct rig *r, double divisor)
{
    double loss = 0;
    for (int i = 0; i < r->c.spec.q; i++) {
        enum critic_which which = i == 0 ? CRITIC_Q1 : CRITIC_Q2;
        critic_q(&r->c, r->theta, which, r->b.state, r->b.action, r->b.B, &r->tape, r->q[i]);
        loss += critic_td_loss(r->q[i], r->y, r->b.weight, divisor, r->n, r->dq[i]);
        critic_backward(&r->c, r->theta, which, r->dq[i], &r->tape, r->grad, NULL);
    }
    return loss;
}

/* --- the recurrent critic --- */

static const char *const recurrent[] = {"recurrent_rnn", "recurrent_rnn_ln", "recurrent_lstm",
                                        "recurrent_lstm_ln"};

ParameterizedTestParameters(critic, recurrent_values_and_gradients_equal_the_reference)
{
    static int rows[] = {0, 1, 2, 3};
    return cr_make_param_array(int, rows, 4);
}

ParameterizedTest(int *row, critic, recurrent_values_and_gradients_equal_the_reference)
{
    struct h5 f = fixture_open(recurrent[*row]);
    struct batch b = fixture_batch(&f, "batch");
    struct critic_spec spec = {.cell = strstr(recurrent[*row], "lstm") ? CRITIC_LSTM : CRITIC_RNN,
                               .S = b.S,
                               .A = b.A,
                               .q = 2,
                               .width = fixture_int(&f, "hidden"),
                               .layers = fixture_int(&f, "layers"),
                               .norm = fixture_int(&f, "layernorm") != 0};
    struct rig r;
    make_rig(&r, &spec, b);
    fixture_theta(&f, "init/critic", &r.c.layout, fixture_recurrent_name, r.theta);
    float *y = fixture_floats(&f, "target/y", NULL);
    memcpy(r.y, y, r.n * sizeof *y);
    free(y);

    double loss = critic_gradient(&r, critic_divide_by(&r.b, CRITIC_OVER_ALL));
    expect_values(&f, "f64/q1", r.q[0], r.n);
    expect_values(&f, "f64/q2", r.q[1], r.n);
    expect_number("critic_loss", loss, fixture_scalar(&f, "f64/critic_loss"), VALUE, 0);
    expect_theta("critic gradient", r.grad, &f, "f64/critic_grad", &r.c.layout,
                 fixture_recurrent_name, GRADIENT, 0);

    /* -mean over real steps of Q1, by the action. */
    double rl = 0;
    critic_q(&r.c, r.theta, CRITIC_Q1, r.b.state, r.b.action, r.b.B, &r.tape, r.q[0]);
    for (size_t i = 0; i < r.n; i++) {
        r.dq[0][i] = -r.b.mask[i] / (float)r.b.valid;
        rl += (double)r.dq[0][i] * (double)r.q[0][i];
    }
    expect_number("rl_loss", rl, fixture_scalar(&f, "f64/rl_loss"), VALUE, 0);
    float *daction = malloc(r.n * (size_t)b.A * sizeof *daction);
    critic_backward(&r.c, r.theta, CRITIC_Q1, r.dq[0], &r.tape, NULL, daction);
    float *want = fixture_floats(&f, "f64/d_rl_d_action", NULL);
    expect_close("d_rl_d_action", daction, want, r.n * (size_t)b.A, GRADIENT, 0);
    free(want);
    free(daction);
    drop_rig(&r);
    h5_close(&f);
}

/* --- the MLP critic: the whole critic step but for the next action, which the file gives --- */

static const char *const steps[] = {"td3_critic_ln", "td3_critic_noln", "td3_critic_k1",
                                    "td3_critic_stoc"};

ParameterizedTestParameters(critic, step_equals_the_reference)
{
    static int rows[] = {0, 1, 2, 3};
    return cr_make_param_array(int, rows, 4);
}

static struct critic_spec twin(const struct h5 *f, const struct batch *b)
{
    return (struct critic_spec){.cell = CRITIC_MLP,
                                .S = b->S,
                                .A = b->A,
                                .q = 2,
                                .width = fixture_int(f, "critic_width"),
                                .layers = 2,
                                .norm = fixture_int(f, "critic_layernorm") != 0};
}

/* y from the target critic at the recorded next action; leaves the target values in r->q. */
static void recorded_target(const struct h5 *f, struct rig *r, const float *target)
{
    float *action = fixture_floats(f, "f64/q_target_action", NULL);
    float *low = malloc(r->n * sizeof *low);
    critic_min(&r->c, target, r->b.next_state, action, r->b.B, &r->tape, r->q[0], r->q[1], low);
    expect_values(f, "f64/q_target_1", r->q[0], r->n);
    expect_values(f, "f64/q_target_2", r->q[1], r->n);
    expect_values(f, "f64/q_target_min", low, r->n);
    critic_target(r->b.reward, r->b.done, low, (float)fixture_config(f, "gamma"), r->n, r->y);
    expect_values(f, "f64/q_backup", r->y, r->n);
    free(action);
    free(low);
}

ParameterizedTest(int *row, critic, step_equals_the_reference)
{
    struct h5 f = fixture_open(steps[*row]);
    struct batch b = fixture_batch(&f, "batch");
    struct critic_spec spec = twin(&f, &b);
    struct rig r;
    make_rig(&r, &spec, b);
    const struct layout *l = &r.c.layout;
    float *target;
    cr_assert_eq(params_new(l, &target), STATUS_OK);
    fixture_theta(&f, "init/critic", l, fixture_critic_name, r.theta);
    fixture_theta(&f, "init/critic_target", l, fixture_critic_name, target);

    recorded_target(&f, &r, target);
    double loss = critic_gradient(&r, critic_divide_by(&r.b, CRITIC_OVER_ALL));
    expect_values(&f, "f64/q1", r.q[0], r.n);
    expect_values(&f, "f64/q2", r.q[1], r.n);
    expect_number("critic_loss", loss, fixture_scalar(&f, "f64/critic_loss"), VALUE, 0);
    expect_theta("critic gradient", r.grad, &f, "f64/critic_grad", l, fixture_critic_name, GRADIENT,
                 0);

    /* The step on the file's own gradient; the target follows in the same pass. */
    fixture_theta(&f, "f32/critic_grad", l, fixture_critic_name, r.grad);
    struct moments s;
    cr_assert_eq(moments_init(&s, l), STATUS_OK);
    float *before = malloc(l->size * sizeof *before),
          *target_before = malloc(l->size * sizeof *before);
    memcpy(before, r.theta, l->size * sizeof *before);
    memcpy(target_before, target, l->size * sizeof *before);
    struct adam_rule rule = adam_rule_default(fixture_config(&f, "adamw_weight_decay"));
    struct follow follow = {.target = target, .tau = (float)fixture_config(&f, "tau")};
    cr_assert_eq(adam_step(&rule, &s, fixture_config(&f, "critic_lr"), &r.grad, 1, "critic",
                           r.theta, &follow, NULL),
                 STATUS_OK);
    expect_change("critic", r.theta, before, &f, "f32/critic_after", l, fixture_critic_name, STEP);
    expect_change("target", target, target_before, &f, "f32/critic_target_after_soft_update", l,
                  fixture_critic_name, STEP);
    free(before);
    free(target_before);
    free(target);
    moments_free(&s);
    drop_rig(&r);
    h5_close(&f);
}

Test(critic, state_value_equals_the_reference)
{
    struct h5 f = fixture_open("iql_dt");
    struct batch b = fixture_batch(&f, "batch");
    struct critic_spec spec = twin(&f, &b);
    spec.v = true;
    struct rig r;
    make_rig(&r, &spec, b);
    fixture_theta(&f, "init/critic", &r.c.layout, fixture_iql_critic_name, r.theta);
    critic_v(&r.c, r.theta, r.b.state, r.b.B, &r.tape, r.y);
    expect_values(&f, "f64/v", r.y, r.n);
    critic_min(&r.c, r.theta, r.b.state, r.b.action, r.b.B, &r.tape, r.q[0], r.q[1], r.y);
    expect_values(&f, "f64/q1", r.q[0], r.n);
    expect_values(&f, "f64/q2", r.q[1], r.n);

    float *target;
    cr_assert_eq(params_new(&r.c.layout, &target), STATUS_OK);
    fixture_theta(&f, "init/critic_target", &r.c.layout, fixture_iql_critic_name, target);
    critic_v(&r.c, target, r.b.next_state, r.b.B, &r.tape, r.y);
    expect_values(&f, "f64/v_target_next", r.y, r.n);
    free(target);
    drop_rig(&r);
    h5_close(&f);
}

/* --- D7, bits, bad input --- */

static struct batch made_batch(int B, int K, int S, int A)
{
    struct batch b;
    cr_assert_eq(batch_init(&b, B, K, S, A, false), STATUS_OK);
    struct rng rng = rng_at(31, RNG_TEST, 0);
    size_t rows = (size_t)B * (size_t)K;
    rng_fill_normal(&rng, 0, b.state, rows * (size_t)(2 * S + A) + rows);
    for (size_t i = 0; i < rows; i++) {
        b.mask[i] = b.weight[i] = i % 3 != 0;
        b.weight_sum += (double)b.weight[i];
        b.done[i] = i % 3 == 0 ? 2 : i % 7 == 0;
    }
    return b;
}

Test(critic, loss_divides_by_all_positions_or_by_the_weighted_ones)
{
    struct batch b = made_batch(2, 3, 1, 1);
    const float value[] = {9, 1, 2, 9, 4, 3}, y[] = {0, 0, 0, 0, 1, 3};
    float d[6];
    /* Weights 0 1 1 0 1 1: squares 1 + 4 + 9 + 0. */
    double over_all = critic_divide_by(&b, CRITIC_OVER_ALL);
    double over_valid = critic_divide_by(&b, CRITIC_OVER_VALID);
    cr_assert_eq(over_all, 6);
    cr_assert_eq(over_valid, 4);
    expect_number("code", critic_td_loss(value, y, b.weight, over_all, 6, d), 14.0 / 6, 1e-7, 0);
    const float want[] = {0, 1.0f / 3, 2.0f / 3, 0, 1, 0};
    expect_close("derivative", d, want, 6, 1e-6, 0);
    expect_number("paper", critic_td_loss(value, y, b.weight, over_valid, 6, d), 3.5, 1e-7, 0);
    memset(b.weight, 0, 6 * sizeof(float));
    b.weight_sum = 0;
    cr_assert_eq(critic_td_loss(value, y, b.weight, critic_divide_by(&b, CRITIC_OVER_VALID), 6, d),
                 0);
    batch_free(&b);
}

Test(critic, target_stops_at_terminals)
{
    const float reward[] = {1, 1, 1}, done[] = {0, 1, 2}, next[] = {10, 10, 10};
    float y[3];
    critic_target(reward, done, next, 0.5f, 3, y);
    cr_assert_eq(y[0], 6);
    cr_assert_eq(y[1], 1);
    cr_assert_eq(y[2], -4); /* padding, as published: (1 - 2) */
}

/* One critic step spread over lanes, the way a learner does it. */
struct lane_work {
    const struct critic *c;
    const struct batch *b;
    const float *theta;
    double loss[LANES_MAX];
};

static void lane_gradient(void *context, int lane, struct span items, float *dtheta,
                          struct arena *scratch)
{
    struct lane_work *w = context;
    const struct batch *b = w->b;
    size_t first = (size_t)items.first * (size_t)b->K, n = (size_t)items.count * (size_t)b->K;
    struct critic_tape tape;
    critic_take(w->c, items.count, b->K, scratch, &tape);
    float *q = arena_take(scratch, n), *y = arena_take(scratch, n), *dq = arena_take(scratch, n);
    const float *state = b->state + first * (size_t)b->S;
    const float *action = b->action + first * (size_t)b->A;
    for (int which = CRITIC_Q1; which <= CRITIC_Q2; which++) {
        critic_q(w->c, w->theta, which, state, action, items.count, &tape, q);
        critic_target(b->reward + first, b->done + first, q, 0.99f, n, y);
        w->loss[lane] += critic_td_loss(q, y, b->weight + first, (double)b->B * b->K, n, dq);
        critic_backward(w->c, w->theta, which, dq, &tape, dtheta, NULL);
    }
}

static const struct {
    enum critic_cell cell;
    int B, K, width, layers;
} sizes[] = {{CRITIC_MLP, 256, 5, 64, 2},
             {CRITIC_MLP, 300, 1, 64, 2},
             {CRITIC_MLP, 77, 20, 48, 2},
             {CRITIC_LSTM, 120, 6, 20, 3}};

ParameterizedTestParameters(critic, bits_do_not_depend_on_threads)
{
    static int rows[] = {0, 1, 2, 3};
    return cr_make_param_array(int, rows, 4);
}

ParameterizedTest(int *row, critic, bits_do_not_depend_on_threads)
{
    struct batch b = made_batch(sizes[*row].B, sizes[*row].K, 5, 3);
    struct critic_spec spec = {.cell = sizes[*row].cell,
                               .S = 5,
                               .A = 3,
                               .q = 2,
                               .width = sizes[*row].width,
                               .layers = sizes[*row].layers,
                               .norm = true};
    struct critic c;
    float *theta, *first = NULL;
    cr_assert_eq(critic_plan(&spec, &c), STATUS_OK);
    cr_assert_eq(params_new(&c.layout, &theta), STATUS_OK);
    cr_assert_eq(params_init(&c.layout, theta, 1, 0), STATUS_OK);
    struct arena dry;
    struct critic_tape tape;
    cr_assert_eq(arena_init(&dry, 0), STATUS_OK);
    critic_take(&c, b.B, b.K, &dry, &tape);
    arena_take(&dry, 3 * (size_t)b.B * (size_t)b.K + 64);
    double loss = 0;
    team_cut_all(true);
    for (int threads = 1; threads <= 8; threads++) {
        threads_set(threads);
        struct lanes lanes;
        struct span spans[LANES_MAX];
        cr_assert_eq(lanes_init(&lanes, c.layout.size, dry.high), STATUS_OK);
        struct lane_work w = {.c = &c, .b = &b, .theta = theta};
        int rows[300];
        for (int i = 0; i < b.B; i++)
            rows[i] = b.K;
        int n = lanes_split(b.B, rows, spans);
        lanes_run(&lanes, n, spans, lane_gradient, &w);
        float *gradient = lanes.dtheta[0];
        for (int i = 1; i < n; i++) {
            for (size_t j = 0; j < c.layout.size; j++)
                gradient[j] += lanes.dtheta[i][j];
        }
        double sum = 0;
        for (int i = 0; i < n; i++)
            sum += w.loss[i];
        if (first == NULL) {
            first = malloc(c.layout.size * sizeof *first);
            memcpy(first, gradient, c.layout.size * sizeof *first);
            loss = sum;
        }
        cr_assert_eq(sum, loss);
        cr_assert_arr_eq(gradient, first, c.layout.size * sizeof *first, "%d threads", threads);
        lanes_free(&lanes);
    }
    free(first);
    free(theta);
    batch_free(&b);
}

Test(critic, refuses_sizes_that_make_no_sense)
{
    static const struct critic_spec bad[] = {
        {.S = 0, .A = 1, .q = 2, .width = 8, .layers = 2},
        {.S = 1, .A = 1, .q = 3, .width = 8, .layers = 2},
        {.S = 1, .A = 1, .q = 0, .width = 8, .layers = 2},
        {.S = 1, .A = 1, .q = 1, .width = 8, .layers = 0},
        {.S = 1, .A = 1, .q = 1, .width = 8, .layers = MLP_MAX_HIDDEN + 1},
        {.cell = CRITIC_LSTM, .S = 1, .A = 1, .q = 1, .width = 8, .layers = LSTM_MAX_LAYERS + 1},
        {.S = 1, .A = 1, .q = 1, .width = -8, .layers = 2},
    };
    struct critic c;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_assert_eq(critic_plan(&bad[i], &c), STATUS_CONFIG, "case %zu passed", i);
}

Test(critic, has_as_many_parameters_as_the_published_table)
{
    /* docs/networks.md 1: S, A, critic pair */
    static const struct {
        int S, A;
        size_t parameters;
    } table[] = {
        {11, 3, 139778}, {17, 6, 144386}, {111, 8, 193538}, {45, 24, 167938}, {4, 2, 135682}};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct critic_spec spec = {
            .S = table[i].S, .A = table[i].A, .q = 2, .width = 256, .layers = 2};
        struct critic c;
        cr_assert_eq(critic_plan(&spec, &c), STATUS_OK);
        size_t sum = 0;
        for (int k = 0; k < c.layout.count; k++)
            sum += view_size(&c.layout.views[k]);
        cr_assert_eq(sum, table[i].parameters);
    }
}
