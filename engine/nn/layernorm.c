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

/* In two passes: the row is in the first-level cache. What is left behind whole vectors is added to
 * lane 0. */
WIDE(void, layernorm_row_stats, (const float *x, int n, float *mean, float *scale),
     (x, n, mean, scale))
{
    lane_sum sum = {0}, square = {0};
    int whole = n / LANE_SUM * LANE_SUM;
    for (int j = 0; j < whole; j += LANE_SUM)
        sum += *(const lane_sum *)(x + j);
    for (int j = whole; j < n; j++)
        sum[0] += x[j];
    float m = lane_sum_total(&sum) / (float)n;
    for (int j = 0; j < whole; j += LANE_SUM) {
        lane_sum d = *(const lane_sum *)(x + j) - m;
        square += d * d;
    }
    for (int j = whole; j < n; j++)
        square[0] += (x[j] - m) * (x[j] - m);
    *mean = m;
    *scale = 1.0f / sqrtf(lane_sum_total(&square) / (float)n + LAYERNORM_EPS);
}

void layernorm_forward(const struct layernorm *f, const float *theta, const float *x, int N,
                       float *y, float *stats)
{
    int n = f->width;
    for (int i = 0; i < N; i++) {
        const float *row = x + (size_t)i * (size_t)n;
        float *out = y + (size_t)i * (size_t)n;
        float mean, scale;
        layernorm_row_stats(row, n, &mean, &scale);
        if (f->affine) {
            const float *gain = theta + f->gain, *bias = theta + f->bias;
            for (int j = 0; j < n; j++)
                out[j] = (row[j] - mean) * scale * gain[j] + bias[j];
        } else {
            for (int j = 0; j < n; j++)
                out[j] = (row[j] - mean) * scale;
        }
        if (stats != NULL) {
            stats[2 * (size_t)i] = mean;
            stats[2 * (size_t)i + 1] = scale;
        }
    }
}

/* dgain += dy xhat,  dbias += dy */
static void row_parameters(const float *x, const float *dy, float mean, float scale, int n,
                           float *dgain, float *dbias)
{
    for (int j = 0; j < n; j++) {
        dgain[j] += dy[j] * ((x[j] - mean) * scale);
        dbias[j] += dy[j];
    }
}

/* Sums over a row of g = dy gain and of g xhat, in lanes as above. */
static void row_sums(const float *x, const float *dy, const float *gain, float mean, float scale,
                     int n, float *sum, float *dot)
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
    *sum = lane_sum_total(&sums);
    *dot = lane_sum_total(&dots);
}

WIDE(void, layernorm_row_backward,
     (const float *x, const float *dy, const float *gain, const float *residual, float mean,
      float scale, int n, float *dx),
     (x, dy, gain, residual, mean, scale, n, dx))
{
    float sum, dot;
    row_sums(x, dy, gain, mean, scale, n, &sum, &dot);
    sum /= (float)n;
    dot /= (float)n;
    for (int j = 0; j < n; j++) {
        float g = gain != NULL ? dy[j] * gain[j] : dy[j];
        float d = scale * (g - sum - (x[j] - mean) * scale * dot);
        dx[j] = residual != NULL ? residual[j] + d : d;
    }
}

void layernorm_backward(const struct layernorm *f, const float *theta, const float *x,
                        const float *stats, const float *dy, const float *residual, int N,
                        float *dtheta, float *dx)
{
    int n = f->width;
    const float *gain = f->affine ? theta + f->gain : NULL;
    for (int i = 0; i < N; i++) {
        size_t at = (size_t)i * (size_t)n;
        float mean = stats[2 * (size_t)i], scale = stats[2 * (size_t)i + 1];
        if (f->affine && dtheta != NULL)
            row_parameters(x + at, dy + at, mean, scale, n, dtheta + f->gain, dtheta + f->bias);
        layernorm_row_backward(x + at, dy + at, gain, residual != NULL ? residual + at : NULL, mean,
                               scale, n, dx + at);
    }
}
