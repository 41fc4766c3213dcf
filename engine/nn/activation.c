#include "engine/nn/activation.h"

#include "engine/base/team.h"

#include <math.h>

void activation_relu(const float *x, size_t n, float *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] = x[i] < 0.0f ? 0.0f : x[i];
}

struct relu_backward {
    const float *y, *dy;
    float *dx;
    int n, parts;
};

static void relu_backward_part(void *context, int part, struct arena *scratch)
{
    (void)scratch;
    const struct relu_backward *r = context;
    struct team_range range = team_range(r->n, 64, r->parts, part);
    const float *y = r->y + range.first, *dy = r->dy + range.first;
    float *dx = r->dx + range.first;
    for (int i = 0; i < range.count; i++)
        dx[i] = y[i] > 0.0f ? dy[i] : 0.0f;
}

void activation_relu_backward(const float *y, const float *dy, size_t n, float *dx)
{
    struct relu_backward r = {y, dy, dx, (int)n, team_parts(2.0 * (double)n, TEAM_NUMBERS)};
    team_share(r.parts, relu_backward_part, &r, NULL);
}

void activation_tanh(const float *x, size_t n, float *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] = tanhf(x[i]);
}

void activation_tanh_backward(const float *y, const float *dy, size_t n, float *dx)
{
    for (size_t i = 0; i < n; i++)
        dx[i] = dy[i] * (1.0f - y[i] * y[i]);
}
