#include "tests/support/gradcheck.h"

#include "engine/base/rng.h"
#include "tests/support/fixture.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

enum { FEW = 200 };

static double difference(float *x, double step, double (*loss)(void *context), void *context)
{
    float kept = *x;
    *x = kept + (float)step;
    double above = loss(context), high = (double)*x;
    *x = kept - (float)step;
    double below = loss(context), low = (double)*x;
    *x = kept;
    return (above - below) / (high - low);
}

void gradcheck(const char *what, float *x, const float *dx, size_t n, double (*loss)(void *context),
               void *context, double relative, double absolute)
{
    size_t every = n / FEW > 1 ? n / FEW : 1, count = 0;
    double *got = malloc((n / every + 1) * sizeof *got);
    double *want = malloc((n / every + 1) * sizeof *want);
    for (size_t i = 0; i < n; i += every, count++) {
        want[count] = difference(&x[i], GRADCHECK_STEP, loss, context);
        got[count] = (double)dx[i];
    }
    expect_close_double(what, got, want, count, relative, absolute);
    free(got);
    free(want);
}

struct gradcheck_count gradcheck_kinked(float *x, const float *dx, size_t n,
                                        double (*loss)(void *context), void *context,
                                        double relative, double absolute)
{
    struct gradcheck_count c = {0};
    size_t every = n / FEW > 1 ? n / FEW : 1;
    for (size_t i = 0; i < n; i++)
        c.largest = fmax(c.largest, fabs((double)dx[i]));
    double may = relative * c.largest + absolute;
    for (size_t i = 0; i < n; i += every, c.checked++) {
        double wide = difference(&x[i], GRADCHECK_STEP, loss, context);
        double narrow = difference(&x[i], GRADCHECK_STEP / 4, loss, context);
        double off = fmin(fabs(wide - (double)dx[i]), fabs(narrow - (double)dx[i]));
        bool right = off <= may, kink = !right && fabs(wide - narrow) > may;
        c.kinks += kink;
        c.wrong += !right && !kink;
        c.worst = right ? fmax(c.worst, off / may) : c.worst;
    }
    return c;
}

float *gradcheck_normals(size_t n, uint64_t seed)
{
    float *x = malloc((n + 1) * sizeof *x);
    struct rng rng = rng_at(seed, RNG_TEST, 0);
    rng_fill_normal(&rng, 0, x, n);
    return x;
}

double gradcheck_dot(const float *w, const float *y, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)w[i] * (double)y[i];
    return sum;
}
