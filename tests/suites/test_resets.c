/* What every environment draws at a reset, against the law of its specification and, where there
 * are recordings, against the original's draws. */
#include "suites/env_impl.h"
#include "suites/maze.h"
#include "tests/support/distribution.h"
#include "tests/support/env_replay.h"
#include "tests/support/fixture.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(resets, .timeout = 300);

/* The chance that one of the tests below refuses right draws (by other seeds), each divided among
 * its quantities: Bonferroni. */
static const double ALARM = 1e-4;

enum { RESETS = 3000, MOST = 64 };

/* --- the laws --------------------------------------------------------------------------------- */

/* From a field as it is drawn, the number that has the law. */
typedef double quantity(const struct env *e, const double *field, int k);

static double entry(const struct env *e, const double *field, int k)
{
    (void)e;
    return field[k];
}

static double beside_rest(const struct env *e, const double *field, int k)
{
    return field[k] - e->physics.model->qpos0[k];
}

/* The quaternion qx(e0) qy(e1) of the pen's target: its angles. */
static double angle(const struct env *e, const double *field, int k)
{
    (void)e;
    return 2 * atan2(field[1 + k], field[0]);
}

/* The ant's quaternion, (1,0,0,0) with noise, is normalised afterwards. */
static double ratio(const struct env *e, const double *field, int k)
{
    (void)e;
    return field[k] / field[3];
}

static double beside_cell(const struct env *e, const double *field, int k)
{
    (void)e;
    return field[k] - round(field[k]);
}

/* Number of the free cell, by row and column, and the place within it: one number in (0, cells),
 * over their number. */
static double place(const struct env *e, const double *field, int k)
{
    const struct maze *m = e->kind->variant;
    int at = (int)round(field[0]) * m->cols + (int)round(field[1]), cells = 0, number = -1;
    for (int i = 0; i < m->rows * m->cols; i++) {
        if (i == at && m->map[i] != '#')
            number = cells;
        cells += m->map[i] != '#';
    }
    cr_assert_geq(number, 0, "%s: starts in the wall", e->kind->name);
    return (number + (beside_cell(e, field, k) + 0.1) / 0.2) / cells;
}

/* Of the corner of AntMaze's goal region. */
static double beyond(const struct env *e, const double *field, int k)
{
    static const struct {
        const char *name;
        double corner[2];
    } regions[] = {
        {"antmaze-umaze", {0, 8}}, {"antmaze-medium", {20, 20}}, {"antmaze-large", {32, 24}}};
    size_t i = 0;
    while (strcmp(regions[i].name, e->kind->name) != 0)
        i++;
    return field[k] - regions[i].corner[k];
}

/* Entries [from, to) of a field are independent, each with this law. */
static const struct {
    const char *env, *field;
    int from, to;
    quantity *of;
    struct law law;
} rows[] = {
    {"pen", "desired_orien", 0, 2, angle, {law_uniform, -1, 1}},
    {"hammer", "board_pos", 2, 3, entry, {law_uniform, 0.1, 0.25}},
    {"door", "door_body_pos", 0, 1, entry, {law_uniform, -0.3, -0.2}},
    {"door", "door_body_pos", 1, 2, entry, {law_uniform, 0.25, 0.35}},
    {"door", "door_body_pos", 2, 3, entry, {law_uniform, 0.252, 0.35}},
    {"relocate", "obj_body_pos", 0, 1, entry, {law_uniform, -0.15, 0.15}},
    {"relocate", "obj_body_pos", 1, 2, entry, {law_uniform, -0.15, 0.3}},
    {"relocate", "target_site_pos", 0, 2, entry, {law_uniform, -0.2, 0.2}},
    {"relocate", "target_site_pos", 2, 3, entry, {law_uniform, 0.15, 0.35}},
    {"hopper", "qpos", 0, 6, beside_rest, {law_uniform, -0.005, 0.005}},
    {"hopper", "qvel", 0, 6, entry, {law_uniform, -0.005, 0.005}},
    {"walker2d", "qpos", 0, 9, beside_rest, {law_uniform, -0.005, 0.005}},
    {"walker2d", "qvel", 0, 9, entry, {law_uniform, -0.005, 0.005}},
    {"halfcheetah", "qpos", 0, 9, beside_rest, {law_uniform, -0.1, 0.1}},
    {"halfcheetah", "qvel", 0, 9, entry, {law_normal, 0, 0.1}},
    {"ant", "qpos", 0, 3, beside_rest, {law_uniform, -0.1, 0.1}},
    {"ant", "qpos", 4, 7, ratio, {law_ratio, 0.1, 0}},
    {"ant", "qpos", 7, 15, beside_rest, {law_uniform, -0.1, 0.1}},
    {"ant", "qvel", 0, 14, entry, {law_normal, 0, 0.1}},
    {"antmaze-umaze", "qpos", 0, 3, beside_rest, {law_uniform, -0.1, 0.1}},
    {"antmaze-umaze", "qpos", 7, 15, beside_rest, {law_uniform, -0.1, 0.1}},
    {"antmaze-umaze", "qvel", 0, 14, entry, {law_normal, 0, 0.1}},
    {"antmaze-umaze", "goal", 0, 2, beyond, {law_two_uniforms, 0, 0.5}},
    {"antmaze-medium", "goal", 0, 2, beyond, {law_two_uniforms, 0, 0.5}},
    {"antmaze-large", "goal", 0, 2, beyond, {law_two_uniforms, 0, 0.5}},
    {"maze2d-open", "qpos", 0, 2, beside_cell, {law_uniform, -0.1, 0.1}},
    {"maze2d-open", "qpos", 0, 1, place, {law_uniform, 0, 1}},
    {"maze2d-open", "qvel", 0, 2, entry, {law_normal, 0, 0.1}},
    {"maze2d-umaze", "qpos", 0, 2, beside_cell, {law_uniform, -0.1, 0.1}},
    {"maze2d-umaze", "qpos", 0, 1, place, {law_uniform, 0, 1}},
    {"maze2d-medium", "qpos", 0, 2, beside_cell, {law_uniform, -0.1, 0.1}},
    {"maze2d-medium", "qpos", 0, 1, place, {law_uniform, 0, 1}},
    {"maze2d-large", "qpos", 0, 2, beside_cell, {law_uniform, -0.1, 0.1}},
    {"maze2d-large", "qpos", 0, 1, place, {law_uniform, 0, 1}},
};

enum { ROWS = sizeof rows / sizeof *rows };

static struct env *open_plain(const char *name)
{
    struct env *e;
    cr_assert_eq(env_open(name, NULL, &e), STATUS_OK, "%s", status_sentence());
    return e;
}

static void reset(struct env *e, uint64_t number)
{
    cr_assert_eq(env_reset(e, rng_at(9, RNG_TEST, number)), STATUS_OK, "%s", status_sentence());
}

/* The first of an environment's rows, which lie together. */
static bool is_first(size_t row)
{
    return row == 0 || strcmp(rows[row].env, rows[row - 1].env) != 0;
}

ParameterizedTestParameters(resets, draw_from_the_laws_of_the_specification)
{
    static int first[ROWS];
    size_t n = 0;
    for (size_t i = 0; i < ROWS; i++) {
        if (is_first(i))
            first[n++] = (int)i;
    }
    return cr_make_param_array(int, first, n);
}

/* All entries (n,draws) together, which shows a wrong spread of a normal law, and each of them
 * alone.
 */
static void check_row(size_t row, const double *x, int draws)
{
    int from = rows[row].from, n = rows[row].to - from;
    double alarm = ALARM / ROWS / (n + 1);
    const char *what = at("%s: %s[%d..%d)", rows[row].env, rows[row].field, from, from + n);
    expect_law(what, &rows[row].law, x, (size_t)n * (size_t)draws, alarm);
    for (int k = 0; k < n; k++) {
        char why[256];
        cr_assert(distribution_follows(&rows[row].law, x + (size_t)k * (size_t)draws, (size_t)draws,
                                       alarm, why, sizeof why),
                  "%s: %s[%d] %s", rows[row].env, rows[row].field, from + k, why);
    }
}

/* So many that a spread or a place 5 % off shows: at the ends of a range at once, at a trapezoid's
 * thin ends and in a normal law's shape late. */
static int enough(size_t row)
{
    int n = rows[row].to - rows[row].from;
    double (*cdf)(double, double, double) = rows[row].law.cdf;
    int all = cdf == law_normal ? 130000 : cdf == law_two_uniforms || cdf == law_ratio ? 24000 : 0;
    return all / n > RESETS ? all / n : RESETS;
}

ParameterizedTest(int *first, resets, draw_from_the_laws_of_the_specification)
{
    size_t begin = (size_t)*first, end = begin + 1;
    double *x[ROWS] = {NULL};
    struct env *e = open_plain(rows[begin].env);
    while (end < ROWS && !is_first(end))
        end++;
    int draws = RESETS;
    for (size_t r = begin; r < end; r++)
        draws = enough(r) > draws ? enough(r) : draws;
    for (size_t r = begin; r < end; r++) {
        x[r] = malloc((size_t)(rows[r].to - rows[r].from) * (size_t)draws * sizeof **x);
        cr_assert_not_null(x[r]);
    }
    for (int i = 0; i < draws; i++) {
        reset(e, (uint64_t)i);
        for (size_t r = begin; r < end; r++) {
            const double *field = env_field(e, rows[r].field, NULL);
            for (int k = rows[r].from; k < rows[r].to; k++)
                x[r][(size_t)(k - rows[r].from) * (size_t)draws + (size_t)i] = rows[r].of(e, field,
                                                                                          k);
        }
    }
    for (size_t r = begin; r < end; r++) {
        check_row(r, x[r], draws);
        free(x[r]);
    }
    env_close(e);
}

Test(resets, are_specified_for_every_environment_that_draws)
{
    for (int i = 0; i < env_count; i++) {
        bool found = env_table[i].ops->draw == NULL;
        for (size_t k = 0; k < ROWS && !found; k++)
            found = strcmp(rows[k].env, env_table[i].name) == 0;
        cr_expect(found, "%s: what does it draw?", env_table[i].name);
    }
}

/* --- the original's draws --------------------------------------------------------------------- */

static struct criterion_test_params each_fixture(void)
{
    static int index[16];
    int n = replay_count("env_adroit_*");
    n = n == 0 ? 1 : n > 16 ? 16 : n;
    for (int i = 0; i < n; i++)
        index[i] = i;
    return cr_make_param_array(int, index, (size_t)n);
}

static double *column(const double *x, int draws, int count, int k)
{
    double *out = malloc((size_t)draws * sizeof *out);
    cr_assert_not_null(out);
    for (int i = 0; i < draws; i++)
        out[i] = x[i * count + k];
    return out;
}

static bool constant(const double *x, int n)
{
    for (int i = 1; i < n; i++) {
        if (x[i] != x[0])
            return false;
    }
    return true;
}

/* One field of recorded draws (draws,n): what never varies there never varies here; what varies has
 * the same distribution as ours. */
static void compare_field(struct env *e, const char *field, const double *theirs, int draws, int n)
{
    double *ours = malloc((size_t)RESETS * (size_t)n * sizeof *ours);
    cr_assert_not_null(ours);
    for (int i = 0; i < RESETS; i++) {
        reset(e, (uint64_t)i);
        memcpy(ours + i * n, env_field(e, field, NULL), (size_t)n * sizeof *ours);
    }
    for (int k = 0; k < n; k++) {
        char why[256];
        const char *what = at("%s: %s[%d]", e->kind->name, field, k);
        double *a = column(ours, RESETS, n, k), *b = column(theirs, draws, n, k);
        if (constant(b, draws))
            cr_assert(constant(a, RESETS) && a[0] == b[0], "%s is %g, should stay %g", what, a[0],
                      b[0]);
        else
            cr_assert(distribution_same(a, RESETS, b, (size_t)draws, ALARM / MOST, why, sizeof why),
                      "%s is not spread like the original's: %s", what, why);
        free(a);
        free(b);
    }
    free(ours);
}

/* The recorded draws follow the specification's laws as ours do. */
static void check_recorded(const struct env *e, const char *field, const double *theirs, int draws,
                           int n)
{
    for (size_t r = 0; r < ROWS; r++) {
        if (strcmp(rows[r].env, e->kind->name) != 0 || strcmp(rows[r].field, field) != 0)
            continue;
        for (int k = rows[r].from; k < rows[r].to; k++) {
            char why[256];
            double *x = malloc((size_t)draws * sizeof *x);
            cr_assert_not_null(x);
            for (int i = 0; i < draws; i++)
                x[i] = rows[r].of(e, theirs + i * n, k);
            cr_assert(
                distribution_follows(&rows[r].law, x, (size_t)draws, ALARM / MOST, why, sizeof why),
                "the original's %s: %s[%d] %s", rows[r].env, field, k, why);
            free(x);
        }
    }
}

ParameterizedTestParameters(resets, are_spread_like_those_of_the_original)
{
    return each_fixture();
}

ParameterizedTest(int *row, resets, are_spread_like_those_of_the_original)
{
    char name[REPLAY_NAME], env[64];
    if (!replay_name("env_adroit_*", *row, name))
        cr_skip_test("no env_adroit_*.h5 among the fixtures");
    struct h5 f = fixture_open(name);
    cr_assert_eq(h5_get_text(&f, ".", "env", env, sizeof env), STATUS_OK, "%s", status_sentence());
    struct env *e = open_plain(env + strlen("adroit_"));
    for (const struct env_field *field = e->kind->ops->fields; field->name != NULL; field++) {
        int draws = fixture_dim(&f, at("resets/%s", field->name), 0), n = field->count;
        double *theirs = fixture_doubles(&f, at("resets/%s", field->name), NULL);
        compare_field(e, field->name, theirs, draws, n);
        check_recorded(e, field->name, theirs, draws, n);
        free(theirs);
    }
    env_close(e);
    h5_close(&f);
}

/* Held-out draws of the pen, a thousand at a time: its quaternion has thin tails, in which the
 * extremes of a thousand draws differ by percents. */
Test(resets, of_the_pen_are_alike_by_any_seed)
{
    enum { SAMPLES = 10, DRAWS = 1000 };
    static double x[SAMPLES + 1][4][DRAWS];
    struct env *e = open_plain("pen");
    for (int s = 0; s <= SAMPLES; s++) {
        for (int i = 0; i < DRAWS; i++) {
            reset(e, (uint64_t)(s * DRAWS + i));
            for (int k = 0; k < 4; k++)
                x[s][k][i] = env_field(e, "desired_orien", NULL)[k];
        }
    }
    for (int s = 1; s <= SAMPLES; s++) {
        for (int k = 0; k < 4; k++) {
            char why[256];
            cr_expect(distribution_same(x[0][k], DRAWS, x[s][k], DRAWS, ALARM / (4 * SAMPLES), why,
                                        sizeof why),
                      "sample %d, entry %d: %s", s, k, why);
        }
    }
    env_close(e);
}

/* --- the judge itself ------------------------------------------------------------------------- */

/* At an alarm of one in ten, right draws are refused no oftener; nearly as often, or it would see
 * nothing. */
Test(resets, are_judged_with_the_chance_of_false_alarms_that_is_stated)
{
    enum { TRIALS = 2000, DRAWS = 300 };
    const struct law uniform = {law_uniform, 2, 3}, normal = {law_normal, -1, 2};
    int refused[3] = {0};
    char why[256];
    for (int t = 0; t < TRIALS; t++) {
        double x[DRAWS], y[DRAWS], z[DRAWS];
        struct rng rng = rng_at(1, RNG_TEST, (uint64_t)t);
        for (int i = 0; i < DRAWS; i++) {
            x[i] = 2 + rng_uniform_double(&rng);
            y[i] = -1 + 2 * rng_normal_double(&rng);
            z[i] = 2 + rng_uniform_double(&rng);
        }
        refused[0] += !distribution_follows(&uniform, x, DRAWS, 0.1, why, sizeof why);
        refused[1] += !distribution_follows(&normal, y, DRAWS, 0.1, why, sizeof why);
        refused[2] += !distribution_same(x, DRAWS, z, DRAWS, 0.1, why, sizeof why);
    }
    for (int i = 0; i < 3; i++) {
        double share = refused[i] / (double)TRIALS;
        cr_expect(share <= 0.1 + 4 * sqrt(0.1 * 0.9 / TRIALS) && share > 0.03, "%d: %g", i, share);
    }
}

/* Two samples show a range that is 5 % off when they are large enough, and say nothing of equal
 * constants. */
Test(resets, of_another_range_are_told_apart)
{
    enum { DRAWS = 60000 };
    static double x[DRAWS], y[DRAWS], z[DRAWS];
    char why[256];
    struct rng rng = rng_at(2, RNG_TEST, 0);
    for (int i = 0; i < DRAWS; i++) {
        x[i] = 2 * rng_uniform_double(&rng) - 1;
        y[i] = 2 * rng_uniform_double(&rng) - 1;
        z[i] = 1.05 * (2 * rng_uniform_double(&rng) - 1);
    }
    cr_expect(distribution_same(x, DRAWS, y, DRAWS, ALARM, why, sizeof why), "%s", why);
    cr_expect_not(distribution_same(x, DRAWS, z, DRAWS, ALARM, why, sizeof why));
    for (int i = 0; i < DRAWS; i++)
        x[i] = y[i] = 0.5;
    cr_expect(distribution_same(x, DRAWS, y, 7, ALARM, why, sizeof why), "%s", why);
    y[0] = 0.6;
    cr_expect_not(distribution_same(x, DRAWS, y, 1, 0.5, why, sizeof why) &&
                  distribution_same(x, DRAWS, z, 1000, ALARM, why, sizeof why));
}
