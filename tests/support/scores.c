#include "tests/support/scores.h"

#include "engine/base/rng.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct matrix scores_make(const char *method, int runs, int tasks, const double *x)
{
    struct matrix out;
    cr_assert_eq(matrix_init(&out, method), STATUS_OK, "%s", status_sentence());
    double *column = malloc(((size_t)runs + 1) * sizeof *column);
    for (int m = 0; m < tasks; m++) {
        int found = 0;
        for (int n = 0; n < runs; n++) {
            double value = x[(size_t)n * (size_t)tasks + (size_t)m];
            if (!isnan(value))
                column[found++] = value;
        }
        cr_assert_eq(matrix_add(&out, at("task%d", m), found, column), STATUS_OK, "%s",
                     status_sentence());
    }
    free(column);
    return out;
}

struct matrix scores_load(const struct h5 *f, const char *name, const char *method)
{
    double *x = fixture_doubles(f, name, NULL);
    struct matrix out = scores_make(method, fixture_dim(f, name, 0), fixture_dim(f, name, 1), x);
    free(x);
    return out;
}

struct matrix scores_random(const char *method, int runs, int tasks, double low, double high,
                            uint64_t seed)
{
    size_t count = (size_t)runs * (size_t)tasks;
    double *x = malloc((count + 1) * sizeof *x);
    struct rng rng = rng_at(seed, RNG_TEST, 0);
    for (size_t i = 0; i < count; i++)
        x[i] = low + (high - low) * rng_uniform_double(&rng);
    struct matrix out = scores_make(method, runs, tasks, x);
    free(x);
    return out;
}

static enum status note_name(const struct h5 *f, const char *name, void *context)
{
    (void)f;
    struct scores_names *names = context;
    cr_assert_lt(names->count, 64);
    const char *last = strrchr(name, '/');
    snprintf(names->name[names->count++], sizeof names->name[0], "%s",
             last != NULL ? last + 1 : name);
    return STATUS_OK;
}

struct scores_names scores_members(const struct h5 *f, const char *group)
{
    struct scores_names names = {0};
    cr_assert_eq(h5_each(f, group, note_name, &names), STATUS_OK, "%s", status_sentence());
    return names;
}

void scores_expect_bounds(const struct h5 *f, const char *path, int where, int n, double low,
                          double high)
{
    size_t width = n > 0 ? (size_t)n : 1, i = (size_t)where;
    double *allowed = fixture_doubles(f, at("%s/allowed", path), NULL);
    double bound[2] = {low, high};
    for (size_t k = 0; k < 2; k++) {
        double least = allowed[2 * k * width + i], most = allowed[(2 * k + 1) * width + i];
        cr_assert(bound[k] >= least - 1e-9 && bound[k] <= most + 1e-9,
                  "%s[%d]: %s bound %.9g lies outside %.9g .. %.9g", path, where,
                  k == 0 ? "lower" : "upper", bound[k], least, most);
    }
    free(allowed);
}
