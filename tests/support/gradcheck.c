#include "tests/support/gradcheck.h"

#include "engine/base/rng.h"
#include "tests/support/fixture.h"

#include <stdlib.h>

enum { FEW = 200 };

void gradcheck(const char *what, float *x, const float *dx, size_t n, double (*loss)(void *context),
               void *context, double relative, double absolute)
{
    size_t every = n / FEW > 1 ? n / FEW : 1, count = 0;
    double *got = malloc((n / every + 1) * sizeof *got);
    double *want = malloc((n / every + 1) * sizeof *want);
    for (size_t i = 0; i < n; i += every, count++) {
        float kept = x[i];
        x[i] = kept + (float)GRADCHECK_STEP;
        double above = loss(context), high = (double)x[i];
        x[i] = kept - (float)GRADCHECK_STEP;
        double below = loss(context), low = (double)x[i];
        x[i] = kept;
        want[count] = (above - below) / (high - low);
        got[count] = (double)dx[i];
    }
    expect_close_double(what, got, want, count, relative, absolute);
    free(got);
    free(want);
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
