#include "engine/optim/clip.h"

#include "engine/optim/sums.h"

#include <math.h>

/* One chunk: the lanes' sum into to[], its sum of squares as the result. */
static double gather_chunk(float *const grad[], int lanes, size_t from, int n)
{
    float *to = grad[0] + from;
    for (int k = 1; k < lanes; k++) {
        const float *add = grad[k] + from;
        for (int i = 0; i < n; i++)
            to[i] += add[i];
    }
    double lane[SUM_LANES] = {0};
    int i = 0;
    for (; i + SUM_LANES <= n; i += SUM_LANES) {
        for (int j = 0; j < SUM_LANES; j++)
            lane[j] += (double)to[i + j] * (double)to[i + j];
    }
    for (int j = 0; i + j < n; j++)
        lane[j] += (double)to[i + j] * (double)to[i + j];
    return sum_lanes(lane);
}

enum status clip_gather(struct moments *s, float *const grad[], int lanes, const char *what,
                        double *norm)
{
#pragma omp parallel for schedule(static)
    for (int c = 0; c < s->chunks; c++)
        s->partial[c][0] = gather_chunk(grad, lanes, s->chunk[c].from, s->chunk[c].n);

    double squares = 0;
    for (int c = 0; c < s->chunks; c++)
        squares += s->partial[c][0];
    *norm = sqrt(squares);
    /* A sum of float squares cannot overflow a double: it is finite iff every element is. */
    if (!isfinite(squares))
        return params_check_finite(s->layout, grad[0], what);
    return STATUS_OK;
}

double clip_coefficient(double norm, double limit)
{
    double coefficient = limit / (norm + 1e-6);
    return limit > 0 && coefficient < 1 ? coefficient : 1;
}
