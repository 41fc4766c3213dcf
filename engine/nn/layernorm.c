#include "engine/nn/layernorm.h"

#include "engine/base/wide.h"
#include "engine/nn/lane_sum.h"

#include <math.h>

struct layernorm layernorm_plan(struct layout *l, const char *name, int width)
{
    struct layernorm f = {.width = width, .affine = true};
    f.gain = layout_add(l, name, "weight", 1, width, INIT_ONE, 0.0f);
    f.bias = layout_add(l, name, "bias", 1, width, INIT_ZERO, 0.0f);
    return f;
}

struct layernorm layernorm_plain(int width)
{
    return (struct layernorm){.width = width};
}

_Static_assert((int)LAYERNORM_ROWS == (int)LANE_SUM, "totals of all rows are one vector");

/* In two passes: the rows are in the first-level cache. What is left behind whole vectors is added
 * to lane 0. */
WIDE(void, layernorm_rows_stats, (const float *x, int rows, int n, float *stats),
     (x, rows, n, stats))
{
    lane_sum sum[LANE_SUM] = {{0}}, mean, variance;
    int whole = n / LANE_SUM * LANE_SUM;
    for (int r = 0; r < rows; r++) {
        const float *row = x + (size_t)r * (size_t)n;
        lane_sum s = {0};
        for (int j = 0; j < whole; j += LANE_SUM)
            s += *(const lane_sum *)(row + j);
        for (int j = whole; j < n; j++)
            s[0] += row[j];
        sum[r] = s;
    }
    lane_sum_totals(sum, &mean);
    mean /= (float)n;
    for (int r = 0; r < rows; r++) {
        const float *row = x + (size_t)r * (size_t)n;
        float m = mean[r];
        lane_sum s = {0};
        for (int j = 0; j < whole; j += LANE_SUM) {
            lane_sum d = *(const lane_sum *)(row + j) - m;
            s += d * d;
        }
        for (int j = whole; j < n; j++)
            s[0] += (row[j] - m) * (row[j] - m);
        sum[r] = s;
    }
    lane_sum_totals(sum, &variance);
    variance = variance / (float)n + LAYERNORM_EPS;
    for (int r = 0; r < rows; r++) {
        stats[2 * (ptrdiff_t)r] = mean[r];
        stats[2 * (ptrdiff_t)r + 1] = 1.0f / sqrtf(variance[r]);
    }
}

/* y = xhat gain + bias; gain NULL: xhat */
WIDE(static void, normalise,
     (const float *x, const float *stats, const float *gain, const float *bias, int rows, int n,
      float *y),
     (x, stats, gain, bias, rows, n, y))
{
    for (int r = 0; r < rows; r++, x += n, y += n, stats += 2) {
        float mean = stats[0], scale = stats[1];
        for (int j = 0; j < n && gain != NULL; j++)
            y[j] = (x[j] - mean) * scale * gain[j] + bias[j];
        for (int j = 0; j < n && gain == NULL; j++)
            y[j] = (x[j] - mean) * scale;
    }
}

static int rows_at(int i, int N)
{
    return N - i < LAYERNORM_ROWS ? N - i : LAYERNORM_ROWS;
}

void layernorm_forward(const struct layernorm *f, const float *theta, const float *x, int N,
                       float *y, float *stats)
{
    float own[2 * LAYERNORM_ROWS];
    const float *gain = f->affine ? theta + f->gain : NULL;
    const float *bias = f->affine ? theta + f->bias : NULL;
    for (int i = 0; i < N; i += LAYERNORM_ROWS) {
        size_t at = (size_t)i * (size_t)f->width;
        float *to = stats != NULL ? stats + 2 * (size_t)i : own;
        layernorm_rows_stats(x + at, rows_at(i, N), f->width, to);
        normalise(x + at, to, gain, bias, rows_at(i, N), f->width, y + at);
    }
}

/* dgain += dy xhat,  dbias += dy, row by row */
WIDE(static void, rows_parameters,
     (const float *x, const float *stats, const float *dy, int rows, int n, float *restrict dgain,
      float *restrict dbias),
     (x, stats, dy, rows, n, dgain, dbias))
{
    for (int r = 0; r < rows; r++, x += n, dy += n, stats += 2) {
        float mean = stats[0], scale = stats[1];
        for (int j = 0; j < n; j++) {
            dgain[j] += dy[j] * ((x[j] - mean) * scale);
            dbias[j] += dy[j];
        }
    }
}

/* Sums over a row of g = dy gain and of g xhat, in lanes as above. */
static inline void row_sums(const float *x, const float *dy, const float *gain, float mean,
                            float scale, int n, lane_sum *sum, lane_sum *dot)
{
    lane_sum sums = {0}, dots = {0};
    int whole = n / LANE_SUM * LANE_SUM;
    for (int j = 0; j < whole; j += LANE_SUM) {
        lane_sum g = *(const lane_sum *)(dy + j);
        g = gain != NULL ? g * *(const lane_sum *)(gain + j) : g;
        sums += g;
        dots += g * ((*(const lane_sum *)(x + j) - mean) * scale);
    }
    for (int j = whole; j < n; j++) {
        float g = gain != NULL ? dy[j] * gain[j] : dy[j];
        sums[0] += g;
        dots[0] += g * ((x[j] - mean) * scale);
    }
    *sum = sums;
    *dot = dots;
}

WIDE(void, layernorm_rows_backward,
     (const float *x, const float *stats, const float *dy, const float *gain, const float *residual,
      int rows, int n, float *dx),
     (x, stats, dy, gain, residual, rows, n, dx))
{
    lane_sum sums[LANE_SUM] = {{0}}, dots[LANE_SUM] = {{0}}, sum, dot;
    for (int r = 0; r < rows; r++) {
        size_t at = (size_t)r * (size_t)n;
        row_sums(x + at, dy + at, gain, stats[2 * (ptrdiff_t)r], stats[2 * (ptrdiff_t)r + 1], n,
                 &sums[r], &dots[r]);
    }
    lane_sum_totals(sums, &sum);
    lane_sum_totals(dots, &dot);
    sum /= (float)n;
    dot /= (float)n;
    for (int r = 0; r < rows; r++) {
        float s = sum[r], t = dot[r], mean = stats[0], scale = stats[1];
        for (int j = 0; j < n; j++) {
            float g = gain != NULL ? dy[j] * gain[j] : dy[j];
            float d = scale * (g - s - (x[j] - mean) * scale * t);
            dx[j] = residual != NULL ? residual[j] + d : d;
        }
        x += n, dy += n, dx += n, stats += 2;
        residual = residual != NULL ? residual + n : NULL;
    }
}

void layernorm_backward(const struct layernorm *f, const float *theta, const float *x,
                        const float *stats, const float *dy, const float *residual, int N,
                        float *dtheta, float *dx)
{
    int n = f->width;
    const float *gain = f->affine ? theta + f->gain : NULL;
    for (int i = 0; i < N; i += LAYERNORM_ROWS, stats += 2 * (ptrdiff_t)LAYERNORM_ROWS) {
        size_t at = (size_t)i * (size_t)n;
        int rows = rows_at(i, N);
        if (f->affine && dtheta != NULL)
            rows_parameters(x + at, stats, dy + at, rows, n, dtheta + f->gain, dtheta + f->bias);
        layernorm_rows_backward(x + at, stats, dy + at, gain,
                                residual != NULL ? residual + at : NULL, rows, n, dx + at);
    }
}
