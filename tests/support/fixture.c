#include "tests/support/fixture.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *folder(void)
{
    const char *set = getenv("VITAMIN_FIXTURES");
    return set != NULL && *set != '\0' ? set : "../shared/fixtures";
}

bool fixture_find(const char *name, char path[FILE_PATH])
{
    snprintf(path, FILE_PATH, "%s/%s.h5", folder(), name);
    if (file_exists(path))
        return true;
    snprintf(path, FILE_PATH, "tests/data/%s.h5", name);
    return file_exists(path);
}

struct h5 fixture_open(const char *name)
{
    char path[FILE_PATH];
    if (!fixture_find(name, path))
        cr_skip_test("fixture %s.h5 is not in %s", name, folder());
    struct h5 f;
    cr_assert_eq(h5_open(&f, path), STATUS_OK, "%s", status_sentence());
    return f;
}

void fixture_shared(const char *relative, char path[FILE_PATH])
{
    snprintf(path, FILE_PATH, "%s/../%s", folder(), relative);
    if (!file_exists(path))
        snprintf(path, FILE_PATH, "../shared/%s", relative);
    if (!file_exists(path))
        cr_skip_test("%s is not beside the fixtures in %s", relative, folder());
}

double fixture_config(const struct h5 *f, const char *key)
{
    double value;
    cr_assert_eq(h5_get_number(f, ".", at("cfg_%s", key), &value), STATUS_OK, "%s",
                 status_sentence());
    return value;
}

int fixture_int(const struct h5 *f, const char *key)
{
    return (int)fixture_config(f, key);
}

static void *read_all(const struct h5 *f, const char *name, hid_t type, size_t width, size_t *n)
{
    size_t count;
    cr_assert_eq(h5_count(f, name, &count), STATUS_OK, "%s", status_sentence());
    void *out = malloc(count > 0 ? count * width : width);
    cr_assert_eq(h5_read(f, name, type, count, out), STATUS_OK, "%s", status_sentence());
    if (n != NULL)
        *n = count;
    return out;
}

float *fixture_floats(const struct h5 *f, const char *name, size_t *n)
{
    return read_all(f, name, H5T_NATIVE_FLOAT, sizeof(float), n);
}

double *fixture_doubles(const struct h5 *f, const char *name, size_t *n)
{
    return read_all(f, name, H5T_NATIVE_DOUBLE, sizeof(double), n);
}

int *fixture_ints(const struct h5 *f, const char *name, size_t *n)
{
    return read_all(f, name, H5T_NATIVE_INT, sizeof(int), n);
}

double fixture_scalar(const struct h5 *f, const char *name)
{
    size_t n;
    double *x = fixture_doubles(f, name, &n), value = x[0];
    cr_assert_eq(n, 1, "%s is not a scalar", name);
    free(x);
    return value;
}

int fixture_dim(const struct h5 *f, const char *name, int axis)
{
    int rank;
    size_t dims[H5_MAX_RANK];
    cr_assert_eq(h5_shape(f, name, &rank, dims), STATUS_OK, "%s", status_sentence());
    cr_assert_lt(axis, rank, "%s has %d dimensions", name, rank);
    return (int)dims[axis];
}

const char *at(const char *format, ...)
{
    static _Thread_local char ring[1024][FILE_PATH];
    static _Thread_local unsigned next;
    char *out = ring[next++ % 1024];
    va_list args;
    va_start(args, format);
    vsnprintf(out, FILE_PATH, format, args);
    va_end(args);
    return out;
}

static bool only_print(void)
{
    const char *set = getenv("VITAMIN_TOL");
    return set != NULL && atof(set) == 0;
}

/* One verdict for all comparisons. A NaN on either side is never close. */
static void judge(const char *what, double worst, size_t where, double got, double want,
                  double largest, double relative, double absolute)
{
    double allowed = relative * largest + absolute;
    if (only_print()) {
        fprintf(stderr, "%s: residual %.3g of %.3g (allowed %.3g)\n", what, worst, largest,
                allowed);
        return;
    }
    cr_assert(worst <= allowed,
              "%s: element %zu is %.9g, should be %.9g; off by %.3g, allowed %.3g", what, where,
              got, want, worst, allowed);
}

void expect_close_double(const char *what, const double *got, const double *want, size_t n,
                         double relative, double absolute)
{
    double worst = 0, largest = 0;
    size_t where = 0;
    for (size_t i = 0; i < n; i++) {
        double off = fabs(got[i] - want[i]);
        if (!(off <= worst)) {
            worst = isnan(off) ? HUGE_VAL : off;
            where = i;
        }
        if (fabs(want[i]) > largest)
            largest = fabs(want[i]);
    }
    if (n > 0)
        judge(what, worst, where, got[where], want[where], largest, relative, absolute);
}

void expect_close(const char *what, const float *got, const float *want, size_t n, double relative,
                  double absolute)
{
    double *g = malloc((n + 1) * sizeof *g), *w = malloc((n + 1) * sizeof *w);
    for (size_t i = 0; i < n; i++) {
        g[i] = (double)got[i];
        w[i] = (double)want[i];
    }
    expect_close_double(what, g, w, n, relative, absolute);
    free(g);
    free(w);
}

void expect_number(const char *what, double got, double want, double relative, double absolute)
{
    expect_close_double(what, &got, &want, 1, relative, absolute);
}
