#include "engine/nn/layernorm.h"

#include "engine/base/team.h"
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

/* --- passes, whose rows a team shares --------------------------------------------------------- */

struct pass {
    const struct layernorm *f;
    const float *gain, *bias, *x;
    int N, parts;
    float *y, *to_stats;                /* forward */
    const float *stats, *dy, *residual; /* backward */
    float *dgain, *dbias, *dx;
};

static struct pass pass_of(const struct layernorm *f, const float *theta, const float *x, int N)
{
    return (struct pass){.f = f,
                         .gain = f->affine ? theta + f->gain : NULL,
                         .bias = f->affine ? theta + f->bias : NULL,
                         .x = x,
                         .N = N,
                         .parts = team_parts(3.0 * N * f->width, TEAM_NUMBERS)};
}

/* Rows from `first` on, of those before `end`. */
static int rows_at(int first, int end)
{
    return end - first < LAYERNORM_ROWS ? end - first : LAYERNORM_ROWS;
}

static void forward_part(void *context, int part, struct arena *scratch)
{
    (void)scratch;
    const struct pass *p = context;
    struct team_range range = team_range(p->N, LAYERNORM_ROWS, p->parts, part);
    int n = p->f->width, end = range.first + range.count;
    float own[2 * LAYERNORM_ROWS] = {0};
    for (int i = range.first; i < end; i += LAYERNORM_ROWS) {
        size_t at = (size_t)i * (size_t)n;
        float *to = p->to_stats != NULL ? p->to_stats + 2 * (size_t)i : own;
        layernorm_rows_stats(p->x + at, rows_at(i, end), n, to);
        normalise(p->x + at, to, p->gain, p->bias, rows_at(i, end), n, p->y + at);
    }
}

void layernorm_forward(const struct layernorm *f, const float *theta, const float *x, int N,
                       float *y, float *stats)
{
    struct pass p = pass_of(f, theta, x, N);
    p.y = y, p.to_stats = stats;
    team_share(p.parts, forward_part, &p, NULL);
}

/* dgain += dy xhat,  dbias += dy, row by row, for `cols` columns of rows of n */
WIDE(static void, rows_parameters,
     (const float *x, const float *stats, const float *dy, int rows, int n, int cols,
      float *restrict dgain, float *restrict dbias),
     (x, stats, dy, rows, n, cols, dgain, dbias))
{
    for (int r = 0; r < rows; r++, x += n, dy += n, stats += 2) {
        float mean = stats[0], scale = stats[1];
        for (int j = 0; j < cols; j++) {
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

static void parameters_part(void *context, int part, struct arena *scratch)
{
    (void)scratch;
    const struct pass *p = context;
    struct team_range cols = team_range(p->f->width, LANE_SUM, p->parts, part);
    rows_parameters(p->x + cols.first, p->stats, p->dy + cols.first, p->N, p->f->width, cols.count,
                    p->dgain + cols.first, p->dbias + cols.first);
}

/* A row's dx comes behind its part of the parameters' gradients, because it may be dy: of one part,
 * LAYERNORM_ROWS rows at a time. */
static void backward_part(void *context, int part, struct arena *scratch)
{
    (void)scratch;
    const struct pass *p = context;
    struct team_range range = team_range(p->N, LAYERNORM_ROWS, p->parts, part);
    int n = p->f->width, end = range.first + range.count;
    for (int i = range.first; i < end; i += LAYERNORM_ROWS) {
        size_t at = (size_t)i * (size_t)n;
        const float *stats = p->stats + 2 * (size_t)i;
        if (p->parts == 1 && p->dgain != NULL)
            rows_parameters(p->x + at, stats, p->dy + at, rows_at(i, end), n, n, p->dgain,
                            p->dbias);
        layernorm_rows_backward(p->x + at, stats, p->dy + at, p->gain,
                                p->residual != NULL ? p->residual + at : NULL, rows_at(i, end), n,
                                p->dx + at);
    }
}

void layernorm_backward(const struct layernorm *f, const float *theta, const float *x,
                        const float *stats, const float *dy, const float *residual, int N,
                        float *dtheta, float *dx)
{
    struct pass p = pass_of(f, theta, x, N);
    p.stats = stats, p.dy = dy, p.residual = residual, p.dx = dx;
    if (f->affine && dtheta != NULL)
        p.dgain = dtheta + f->gain, p.dbias = dtheta + f->bias;
    if (p.parts > 1 && p.dgain != NULL)
        team_share(p.parts, parameters_part, &p, NULL);
    team_share(p.parts, backward_part, &p, NULL);
}
