#include "engine/base/threads.h"
#include "engine/optim/adam.h"
#include "engine/optim/clip.h"
#include "engine/optim/lamb.h"
#include "engine/optim/schedule.h"
#include "tests/support/fixture.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Relative to the largest magnitude of a tensor: the recordings' own tolerances. */
static const double TOLERANCE = 5e-7;

/* --- fixtures: every tensor of init/, six steps --- */

enum { MOST_TENSORS = 16 };

struct recorded {
    struct layout layout;
    char name[MOST_TENSORS][32]; /* in the file */
    float *theta, *grad;
};

static enum status add_tensor(const struct h5 *f, const char *name, void *context)
{
    struct recorded *r = context;
    const char *path = at("init/%s", name);
    int rank;
    size_t dims[H5_MAX_RANK];
    TRY(h5_shape(f, path, &rank, dims));
    cr_assert_lt(r->layout.count, MOST_TENSORS);
    snprintf(r->name[r->layout.count], sizeof r->name[0], "%s", name);
    layout_add(&r->layout, name, "p", rank == 2 ? (int)dims[0] : 1, (int)dims[rank - 1], INIT_ZERO,
               0);
    return STATUS_OK;
}

static void read_initial(const struct h5 *f, struct recorded *r)
{
    *r = (struct recorded){0};
    cr_assert_eq(h5_each(f, "init", add_tensor, r), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(params_new(&r->layout, &r->theta), STATUS_OK);
    cr_assert_eq(params_new(&r->layout, &r->grad), STATUS_OK);
    for (int i = 0; i < r->layout.count; i++) {
        const struct view *v = &r->layout.views[i];
        cr_assert_eq(
            h5_read_float(f, at("init/%s", r->name[i]), view_size(v), r->theta + v->offset),
            STATUS_OK);
    }
}

static void read_gradient(const struct h5 *f, struct recorded *r, int step)
{
    for (int i = 0; i < r->layout.count; i++) {
        const struct view *v = &r->layout.views[i];
        size_t n = view_size(v);
        float *all = fixture_floats(f, at("grad/%s", r->name[i]), NULL);
        memcpy(r->grad + v->offset, all + (size_t)step * n, n * sizeof *all);
        free(all);
    }
}

static void expect_parameters(const struct h5 *f, const struct recorded *r, int step)
{
    for (int i = 0; i < r->layout.count; i++) {
        const struct view *v = &r->layout.views[i];
        size_t n = view_size(v);
        float *all = fixture_floats(f, at("f64/%s", r->name[i]), NULL);
        expect_close(at("step %d of %s", step, r->name[i]), r->theta + v->offset,
                     all + (size_t)step * n, n, TOLERANCE, 0);
        free(all);
    }
}

static void replay_adam(const char *name)
{
    struct h5 f = fixture_open(name);
    struct recorded r;
    read_initial(&f, &r);
    struct adam_rule rule = adam_rule_default(fixture_config(&f, "weight_decay"));
    cr_assert_eq(rule.beta1, fixture_config(&f, "beta1"));
    cr_assert_eq(rule.beta2, fixture_config(&f, "beta2"));
    cr_assert_eq(rule.eps, fixture_config(&f, "eps"));
    size_t steps;
    double *lr = fixture_doubles(&f, "f64/lr_f64", &steps);
    struct moments s;
    cr_assert_eq(moments_init(&s, &r.layout), STATUS_OK);
    for (int step = 0; step < (int)steps; step++) {
        read_gradient(&f, &r, step);
        cr_assert_eq(adam_step(&rule, &s, lr[step], &r.grad, 1, "test", r.theta, NULL, NULL),
                     STATUS_OK);
        expect_parameters(&f, &r, step);
    }
    moments_free(&s);
    free(lr);
    free(r.theta);
    free(r.grad);
    h5_close(&f);
}

Test(adam, six_steps_equal_the_reference)
{
    replay_adam("adam");
}

Test(adam, six_steps_with_decoupled_decay_equal_the_reference)
{
    replay_adam("adamw");
}

static void replay_lamb(const char *name)
{
    struct h5 f = fixture_open(name);
    struct recorded r;
    read_initial(&f, &r);
    struct lamb_rule rule = lamb_rule_default(fixture_config(&f, "weight_decay"));
    rule.clip = 0; /* "No outer clipping." */
    cr_assert_eq(rule.own_clip, fixture_config(&f, "max_grad_norm"));
    size_t steps;
    double *lr = fixture_doubles(&f, "f64/lr_f64", &steps);
    int64_t warm = fixture_int(&f, "warmup");
    struct moments s;
    cr_assert_eq(moments_init(&s, &r.layout), STATUS_OK);
    for (int step = 0; step < (int)steps; step++) {
        expect_number("learning rate", schedule_warm_up(fixture_config(&f, "lr"), step, warm),
                      lr[step], 1e-15, 0);
        read_gradient(&f, &r, step);
        cr_assert_eq(lamb_step(&rule, &s, lr[step], &r.grad, 1, "test", r.theta, NULL, NULL),
                     STATUS_OK);
        expect_parameters(&f, &r, step);
    }
    moments_free(&s);
    free(lr);
    free(r.theta);
    free(r.grad);
    h5_close(&f);
}

Test(lamb, six_steps_with_warm_up_equal_the_reference)
{
    replay_lamb("lamb");
}

Test(lamb, without_decay_it_is_adam_and_equals_the_reference)
{
    replay_lamb("lamb_nowd");
}

/* --- properties --- */

/* A layout with tensors below, at and above a chunk, and vectors of it. */
struct bench {
    struct layout layout;
    float *theta, *grad, *target;
    struct moments moments;
};

static void make_bench(struct bench *b)
{
    *b = (struct bench){0};
    layout_add(&b->layout, "odd", "weight", 7, 3, INIT_NORMAL, 0.5f);
    layout_add(&b->layout, "odd", "bias", 1, 5, INIT_NORMAL, 0.1f);
    layout_add(&b->layout, "big", "weight", 211, 307, INIT_NORMAL, 0.02f);
    layout_add(&b->layout, "exact", "weight", 1, MOMENTS_CHUNK, INIT_NORMAL, 1);
    cr_assert_eq(params_new(&b->layout, &b->theta), STATUS_OK);
    cr_assert_eq(params_new(&b->layout, &b->grad), STATUS_OK);
    cr_assert_eq(params_new(&b->layout, &b->target), STATUS_OK);
    cr_assert_eq(params_init(&b->layout, b->theta, 1, 0), STATUS_OK);
    cr_assert_eq(params_init(&b->layout, b->grad, 2, 0), STATUS_OK);
    cr_assert_eq(moments_init(&b->moments, &b->layout), STATUS_OK);
}

static void drop_bench(struct bench *b)
{
    moments_free(&b->moments);
    free(b->theta);
    free(b->grad);
    free(b->target);
}

static double norm(const float *x, const struct view *v)
{
    double sum = 0;
    for (size_t i = 0; i < view_size(v); i++)
        sum += (double)x[v->offset + i] * (double)x[v->offset + i];
    return sqrt(sum);
}

/* docs/methods.md 21.6 */
Test(lamb, moves_each_tensor_by_lr_times_its_norm)
{
    struct bench b;
    make_bench(&b);
    struct lamb_rule rule = lamb_rule_default(5e-4);
    for (int step = 0; step < 3; step++) {
        float *before = malloc(b.layout.size * sizeof *before);
        memcpy(before, b.theta, b.layout.size * sizeof *before);
        cr_assert_eq(lamb_step(&rule, &b.moments, 1e-2, &b.grad, 1, "test", b.theta, NULL, NULL),
                     STATUS_OK);
        float *change = calloc(b.layout.size, sizeof *change);
        for (size_t i = 0; i < b.layout.size; i++)
            change[i] = b.theta[i] - before[i];
        for (int i = 0; i < b.layout.count; i++) {
            const struct view *v = &b.layout.views[i];
            expect_number(v->name, norm(change, v), 1e-2 * norm(before, v), 1e-5, 0);
        }
        free(before);
        free(change);
    }
    drop_bench(&b);
}

/* docs/networks.md 4: K = 1's embed_action. */
Test(lamb, shrinks_a_tensor_without_gradient_by_lr)
{
    struct bench b;
    make_bench(&b);
    const struct view *v = layout_find(&b.layout, "odd.weight");
    memset(b.grad + v->offset, 0, view_size(v) * sizeof(float));
    float before = b.theta[v->offset];
    struct lamb_rule rule = lamb_rule_default(5e-4);
    for (int step = 0; step < 5; step++)
        cr_assert_eq(lamb_step(&rule, &b.moments, 0.1, &b.grad, 1, "test", b.theta, NULL, NULL),
                     STATUS_OK);
    expect_number("after five steps", (double)b.theta[v->offset], (double)before * pow(0.9, 5),
                  1e-6, 0);
    drop_bench(&b);
}

Test(lamb, first_warm_up_step_leaves_most_elements_alone)
{
    struct bench b;
    make_bench(&b);
    float *before = malloc(b.layout.size * sizeof *before);
    memcpy(before, b.theta, b.layout.size * sizeof *before);
    struct lamb_rule rule = lamb_rule_default(5e-4);
    cr_assert_eq(lamb_step(&rule, &b.moments, schedule_warm_up(1e-4, 0, 10000), &b.grad, 1, "test",
                           b.theta, NULL, NULL),
                 STATUS_OK);
    const struct view *v = layout_find(&b.layout, "big.weight");
    size_t same = 0;
    for (size_t i = 0; i < view_size(v); i++)
        same += b.theta[v->offset + i] == before[v->offset + i];
    cr_assert_gt(same, view_size(v) / 2, "%zu of %zu unchanged", same, view_size(v));
    cr_assert_lt(same, view_size(v));
    free(before);
    drop_bench(&b);
}

Test(lamb, clips_the_global_norm_to_a_quarter)
{
    struct bench b;
    make_bench(&b);
    struct step_report report;
    struct lamb_rule rule = lamb_rule_default(0);
    cr_assert_eq(lamb_step(&rule, &b.moments, 1e-3, &b.grad, 1, "test", b.theta, NULL, &report),
                 STATUS_OK);
    double all = 0;
    for (int i = 0; i < b.layout.count; i++)
        all += pow(norm(b.grad, &b.layout.views[i]), 2);
    expect_number("norm", report.grad_norm, sqrt(all), 1e-12, 0);
    expect_number("coefficient", report.clip, 0.25 / (sqrt(all) + 1e-6), 1e-12, 0);
    /* The first moment after one step is a tenth of the clipped gradient. */
    const struct view *v = layout_find(&b.layout, "odd.weight");
    expect_number("m", (double)b.moments.m[v->offset],
                  0.1 * report.clip * (double)b.grad[v->offset], 1e-6, 0);
    drop_bench(&b);
}

Test(lamb, moves_a_target_in_the_same_pass_as_polyak_would)
{
    struct bench b, c;
    make_bench(&b);
    make_bench(&c);
    memcpy(b.target, b.grad, b.layout.size * sizeof(float));
    memcpy(c.target, c.grad, c.layout.size * sizeof(float));
    struct lamb_rule rule = lamb_rule_default(5e-4);
    struct follow follow = {.target = b.target, .tau = 0.005f};
    cr_assert_eq(lamb_step(&rule, &b.moments, 1e-2, &b.grad, 1, "test", b.theta, &follow, NULL),
                 STATUS_OK);
    cr_assert_eq(lamb_step(&rule, &c.moments, 1e-2, &c.grad, 1, "test", c.theta, NULL, NULL),
                 STATUS_OK);
    params_polyak(c.target, c.theta, 0.005f, c.layout.size);
    cr_assert_arr_eq(b.theta, c.theta, b.layout.size * sizeof(float));
    cr_assert_arr_eq(b.target, c.target, b.layout.size * sizeof(float));
    drop_bench(&b);
    drop_bench(&c);
}

/* --- bits --- */

/* Three steps of `which` on `threads` threads with the gradient split over `lanes`; theta after. */
static float *run_on(int threads, int lanes, bool lamb)
{
    struct bench b;
    make_bench(&b);
    threads_set(threads);
    for (int step = 0; step < 3; step++) {
        /* Lane k holds a fixed share; with one lane the shares are summed beforehand. */
        float *grad[3];
        for (int k = 0; k < 3; k++) {
            grad[k] = calloc(b.layout.size, sizeof(float));
            for (size_t i = 0; i < b.layout.size; i++)
                grad[k][i] = b.grad[i] * (float)(k + 1 + step);
        }
        if (lanes == 1) {
            for (size_t i = 0; i < b.layout.size; i++)
                grad[0][i] = grad[0][i] + grad[1][i] + grad[2][i];
        }
        struct lamb_rule lamb_rule = lamb_rule_default(5e-4);
        struct adam_rule adam_rule = adam_rule_default(0.01);
        enum status status = lamb ? lamb_step(&lamb_rule, &b.moments, 1e-3, grad, lanes, "test",
                                              b.theta, NULL, NULL)
                                  : adam_step(&adam_rule, &b.moments, 1e-3, grad, lanes, "test",
                                              b.theta, NULL, NULL);
        cr_assert_eq(status, STATUS_OK);
        for (int k = 0; k < 3; k++)
            free(grad[k]);
    }
    float *theta = b.theta;
    b.theta = NULL;
    drop_bench(&b);
    return theta;
}

static void expect_same_bits(bool lamb)
{
    struct bench shape;
    make_bench(&shape);
    size_t bytes = shape.layout.size * sizeof(float);
    float *one = run_on(1, 3, lamb);
    for (int threads = 1; threads <= 4; threads++) {
        for (int lanes = 1; lanes <= 3; lanes += 2) {
            float *other = run_on(threads, lanes, lamb);
            cr_assert_arr_eq(one, other, bytes, "%d threads, %d lanes", threads, lanes);
            free(other);
        }
    }
    free(one);
    drop_bench(&shape);
}

Test(lamb, bits_do_not_depend_on_threads_or_on_who_summed_the_lanes)
{
    expect_same_bits(true);
}

Test(adam, bits_do_not_depend_on_threads_or_on_who_summed_the_lanes)
{
    expect_same_bits(false);
}

/* --- bad input --- */

static void expect_refusal(bool lamb, float poison)
{
    struct bench b;
    make_bench(&b);
    struct bench before;
    make_bench(&before);
    const struct view *v = layout_find(&b.layout, "big.weight");
    float *lanes[2] = {b.grad, calloc(b.layout.size, sizeof(float))};
    lanes[1][v->offset + 4 * 307 + 9] = poison;
    struct lamb_rule lamb_rule = lamb_rule_default(5e-4);
    struct adam_rule adam_rule = adam_rule_default(0.01);
    struct follow follow = {.target = b.target, .tau = 0.5f};
    enum status status = lamb ? lamb_step(&lamb_rule, &b.moments, 1e-3, lanes, 2,
                                          "gradient of the actor", b.theta, &follow, NULL)
                              : adam_step(&adam_rule, &b.moments, 1e-3, lanes, 2,
                                          "gradient of the actor", b.theta, &follow, NULL);
    cr_assert_eq(status, STATUS_NONFINITE);
    cr_assert_not_null(strstr(status_sentence(), "gradient of the actor"), "%s", status_sentence());
    cr_assert_not_null(strstr(status_sentence(), "'big.weight'"), "%s", status_sentence());
    cr_assert_not_null(strstr(status_sentence(), "row 4, column 9"), "%s", status_sentence());

    size_t bytes = b.layout.size * sizeof(float);
    cr_assert_arr_eq(b.theta, before.theta, bytes);
    cr_assert_arr_eq(b.target, before.target, bytes);
    cr_assert_arr_eq(b.moments.m, before.moments.m, bytes);
    cr_assert_arr_eq(b.moments.v, before.moments.v, bytes);
    cr_assert_eq(b.moments.step, 0);
    free(lanes[1]);
    drop_bench(&b);
    drop_bench(&before);
}

Test(lamb, refuses_a_gradient_that_is_not_finite_before_anything_changes)
{
    expect_refusal(true, NAN);
    expect_refusal(true, -INFINITY);
}

Test(adam, refuses_a_gradient_that_is_not_finite_before_anything_changes)
{
    expect_refusal(false, NAN);
    expect_refusal(false, INFINITY);
}

Test(adam, a_scalar_steps_by_lr_times_the_sign_at_first)
{
    struct adam_scalar s = {.value = log(0.1)};
    struct adam_rule rule = adam_rule_default(0);
    cr_assert_eq(adam_scalar_step(&rule, &s, 1e-4, 0.37, "temperature"), STATUS_OK);
    expect_number("log temperature", s.value, log(0.1) - 1e-4, 1e-10, 0);
    struct adam_scalar before = s;
    cr_assert_eq(adam_scalar_step(&rule, &s, 1e-4, (double)NAN, "temperature"), STATUS_NONFINITE);
    cr_assert_eq(s.value, before.value);
    cr_assert_eq(s.m, before.m);
    cr_assert_eq(s.step, before.step);
}

Test(clip, coefficient_is_one_below_the_limit_or_without_one)
{
    cr_assert_eq(clip_coefficient(0.2, 0.25), 1);
    cr_assert_eq(clip_coefficient(100, 0), 1);
    expect_number("clipped", clip_coefficient(0.5, 0.25), 0.25 / (0.5 + 1e-6), 1e-15, 0);
}

Test(schedule, cosine_falls_to_zero_and_rises_again)
{
    cr_assert_eq(schedule_cosine(3e-4, 0, 10), 3e-4);
    expect_number("half way", schedule_cosine(3e-4, 5, 10), 1.5e-4, 1e-12, 0);
    expect_number("end", schedule_cosine(3e-4, 10, 10), 0, 0, 1e-18);
    expect_number("beyond", schedule_cosine(3e-4, 20, 10), 3e-4, 1e-12, 0);
    cr_assert_eq(schedule_warm_up(1e-4, 0, 0), 1e-4);
    cr_assert_eq(schedule_warm_up(1e-4, 9999, 10000), 1e-4);
    expect_number("first", schedule_warm_up(1e-4, 0, 10000), 1e-8, 1e-12, 0);
}
