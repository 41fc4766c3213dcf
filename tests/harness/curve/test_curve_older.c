/* Checkpoints of before the metric real_share: rows and sums are 8 bytes shorter. */
#include "harness/curve/curve.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ARRAYS = 40 };

/* What a checkpoint holds: arrays by name. */
struct store {
    struct {
        char path[VISITOR_PATH];
        void *data;
        size_t count;
    } array[ARRAYS];
    int arrays;
};

static enum status keep(struct visitor *v, const char *path, enum visit_kind kind, void *data,
                        size_t count)
{
    struct store *s = v->context;
    size_t bytes = count * visit_width(kind);
    cr_assert_lt(s->arrays, ARRAYS);
    strcpy(s->array[s->arrays].path, path);
    s->array[s->arrays].data = malloc(bytes + 1);
    memcpy(s->array[s->arrays].data, data, bytes);
    s->array[s->arrays++].count = count;
    return STATUS_OK;
}

static int find(const struct store *s, const char *path)
{
    for (int i = 0; i < s->arrays; i++) {
        if (strcmp(s->array[i].path, path) == 0)
            return i;
    }
    cr_assert_fail("%s was not kept", path);
    return 0;
}

static enum status expect(struct visitor *v, const char *path, size_t count)
{
    const struct store *s = v->context;
    if (s->array[find(s, path)].count != count)
        return status_fail(STATUS_SHAPE, "%s: another count", path);
    return STATUS_OK;
}

static enum status fill(struct visitor *v, const char *path, enum visit_kind kind, void *data,
                        size_t count)
{
    const struct store *s = v->context;
    TRY(expect(v, path, count));
    memcpy(data, s->array[find(s, path)].data, count * visit_width(kind));
    return STATUS_OK;
}

static void release(struct store *s)
{
    for (int i = 0; i < s->arrays; i++)
        free(s->array[i].data);
}

/* Take the column out of the rows that were kept. */
static void narrow(struct store *s, int rows)
{
    int i = find(s, "iterations");
    double *x = s->array[i].data;
    size_t at = 0;
    for (int k = 0; k < rows * CURVE_METRIC_COUNT; k++) {
        if (k % CURVE_METRIC_COUNT != CURVE_real_share)
            x[at++] = x[k];
    }
    s->array[i].count = at * sizeof(double);
}

static struct curve sample(int rows)
{
    struct curve c = {0};
    for (int i = 0; i < rows; i++) {
        struct curve_iteration row;
        for (int k = 0; k < CURVE_METRIC_COUNT; k++)
            row.value[k] = 100 * i + k;
        cr_assert_eq(curve_add_iteration(&c, &row), STATUS_OK);
    }
    return c;
}

Test(curve_older, rows_come_back_from_a_checkpoint_with_and_without_the_column)
{
    enum { ROWS = 5 };
    for (int older = 0; older < 2; older++) {
        struct curve a = sample(ROWS), b = {0};
        struct store s = {.arrays = 0};
        struct visitor writer = {.array = keep, .context = &s};
        struct visitor reader = {.array = fill, .expect = expect, .context = &s, .fills = true};
        cr_assert_eq(curve_visit(&a, &writer), STATUS_OK);
        if (older)
            narrow(&s, ROWS);
        cr_assert_eq(curve_visit(&b, &reader), STATUS_OK, "%s", status_sentence());
        cr_assert_eq(b.iterations, ROWS);
        for (int i = 0; i < ROWS; i++) {
            for (int k = 0; k < CURVE_METRIC_COUNT; k++) {
                double x = b.iteration[i].value[k];
                cr_assert(older && k == CURVE_real_share ? isnan(x) : x == 100 * i + k,
                          "row %d, %s: %g", i, curve_metric_names[k], x);
            }
        }
        cr_assert_eq(curve_compare(&a, &b, false), STATUS_OK, "%s", status_sentence());
        /* Rows are still appended. */
        cr_assert_eq(curve_add_iteration(&b, &a.iteration[0]), STATUS_OK);
        curve_free(&a);
        curve_free(&b);
        release(&s);
    }
}

Test(curve_older, rows_of_another_width_are_refused)
{
    struct curve a = sample(3), b = {0};
    struct store s = {.arrays = 0};
    struct visitor writer = {.array = keep, .context = &s};
    struct visitor reader = {.array = fill, .expect = expect, .context = &s, .fills = true};
    cr_assert_eq(curve_visit(&a, &writer), STATUS_OK);
    s.array[find(&s, "iterations")].count -= 16;
    cr_assert_eq(curve_visit(&b, &reader), STATUS_SHAPE);
    curve_free(&a);
    curve_free(&b);
    release(&s);
}

Test(curve_older, sums_come_back_from_a_checkpoint_that_ends_earlier)
{
    for (int older = 0; older < 2; older++) {
        struct stats_sum a = {{0}, {0}}, b = {{7}, {7}};
        struct store s = {.arrays = 0};
        struct visitor writer = {.array = keep, .context = &s};
        struct visitor reader = {.array = fill, .expect = expect, .context = &s, .fills = true};
        stats_add(&a, LEARNER_loss_actor, 3);
        stats_add(&a, LEARNER_real_share, 0.5);
        cr_assert_eq(stats_visit(&a, "sum", "weight", &writer), STATUS_OK);
        for (int i = 0; i < s.arrays && older; i++)
            s.array[i].count = LEARNER_METRICS_FIRST;
        cr_assert_eq(stats_visit(&b, "sum", "weight", &reader), STATUS_OK, "%s", status_sentence());
        cr_assert_eq(stats_value(&b, LEARNER_loss_actor), 3);
        double share = stats_value(&b, LEARNER_real_share);
        cr_assert(older ? isnan(share) : share == 0.5, "%g", share);
        release(&s);
    }
}
