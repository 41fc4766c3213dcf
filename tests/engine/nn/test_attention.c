/* Attention of one window: against a plain loop in double with the published masks written out, and
 * its gradient against differences. */
#include "engine/nn/attention_impl.h"
#include "engine/nn/exponential.h"
#include "tests/support/fixture.h"
#include "tests/support/gradcheck.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *what;
    int H, D, tokens, padding, query_first, query_step, queries;
    float p;
} cases[] = {
    {"one token", 1, 1, 1, 0, 0, 1, 1, 0},
    {"two tokens, one head", 1, 5, 2, 0, 0, 1, 2, 0},
    {"short", 2, 7, 11, 0, 0, 1, 11, 0},
    {"transposed kernel", 3, 20, 23, 0, 0, 1, 23, 0},
    {"more than a tile of keys", 1, 16, 66, 0, 0, 1, 66, 0},
    {"reading tokens ask", 2, 9, 17, 0, 1, 3, 6, 0},
    {"the last token asks", 2, 16, 14, 0, 13, 3, 1, 0},
    {"dropout", 2, 6, 20, 0, 0, 1, 20, 0.3f},
    {"padding", 2, 8, 12, 6, 0, 1, 12, 0},
    {"padding, reading tokens, dropout", 1, 8, 18, 9, 1, 3, 6, 0.3f},
    {"padding only", 1, 4, 6, 6, 0, 1, 6, 0},
    {"small network", 4, 16, 5, 0, 0, 1, 5, 0},
    {"small network, dropout", 4, 16, 15, 0, 0, 1, 15, 0.3f},
    {"small network, reading tokens, dropout", 2, 16, 14, 0, 1, 3, 5, 0.3f},
    {"small network, one token", 1, 16, 1, 0, 0, 1, 1, 0},
    {"small network, most tokens", 3, 16, 16, 0, 0, 1, 16, 0},
    {"small network, the last token asks", 2, 16, 14, 0, 13, 3, 1, 0},
};
enum { CASES = sizeof cases / sizeof cases[0] };
static int case_rows[CASES] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

struct attention_case {
    struct attention_block block;
    struct attention_window window;
    struct arena scratch;
    float *q, *k, *v, *out, *w; /* k, v interleaved with 3 unused columns between rows */
    uint8_t *keep;
    size_t queries, tokens, width;
    int ldq, ldkv;
};

static struct attention_case attention_case_new(int row)
{
    int H = cases[row].H, D = cases[row].D, T = cases[row].tokens, Q = cases[row].queries;
    struct attention_case c = {.queries = (size_t)Q,
                               .tokens = (size_t)T,
                               .width = (size_t)H * (size_t)D,
                               .ldq = H * D + 2,
                               .ldkv = H * D + 3};
    c.window = (struct attention_window){.row = 1,
                                         .query_row = 2,
                                         .tokens = T,
                                         .padding = cases[row].padding,
                                         .queries = Q,
                                         .query_first = cases[row].query_first,
                                         .query_step = cases[row].query_step};
    c.q = gradcheck_normals((c.queries + 2) * (size_t)c.ldq, 1);
    c.k = gradcheck_normals((c.tokens + 1) * (size_t)c.ldkv, 2);
    c.v = gradcheck_normals((c.tokens + 1) * (size_t)c.ldkv, 3);
    c.w = gradcheck_normals((c.queries + 2) * c.width, 4);
    c.out = calloc((c.queries + 2) * c.width, sizeof(float));
    size_t mask = (size_t)H * c.queries * c.tokens;
    c.keep = malloc(mask);
    float *noise = gradcheck_normals(mask, 5);
    for (size_t i = 0; i < mask; i++)
        c.keep[i] = noise[i] > -0.5f;
    free(noise);
    size_t weights = attention_weights(H, Q, T);
    struct arena dry;
    cr_assert_eq(arena_init(&dry, 0), STATUS_OK);
    attention_reserve(D, T, &dry);
    cr_assert_eq(arena_init(&c.scratch, dry.high), STATUS_OK);
    c.block = (struct attention_block){.H = H,
                                       .D = D,
                                       .ldq = c.ldq,
                                       .ldkv = c.ldkv,
                                       .q = c.q,
                                       .k = c.k,
                                       .v = c.v,
                                       .p = cases[row].p,
                                       .keep = c.keep,
                                       .weight = malloc(weights * sizeof(float))};
    return c;
}

static void attention_case_free(struct attention_case *c)
{
    free(c->q);
    free(c->k);
    free(c->v);
    free(c->w);
    free(c->out);
    free(c->keep);
    free(c->block.weight);
    arena_free(&c->scratch);
}

/* As published: scores of future keys are replaced by -1e4, padded keys get -1e4 more. In double
 * the constant 1e4 loses nothing. */
static void naive(const struct attention_case *c, float *out)
{
    const struct attention_window *w = &c->window;
    size_t D = (size_t)c->block.D;
    double *weight = malloc(c->tokens * sizeof *weight);
    for (size_t h = 0; h < (size_t)c->block.H; h++) {
        for (size_t i = 0; i < c->queries; i++) {
            size_t t = (size_t)w->query_first + i * (size_t)w->query_step;
            const float *q = c->q + (i + 2) * (size_t)c->ldq + h * D;
            double largest = -HUGE_VAL, sum = 0;
            for (size_t j = 0; j < c->tokens; j++) {
                const float *k = c->k + (j + 1) * (size_t)c->ldkv + h * D;
                double score = 0;
                for (size_t d = 0; d < D; d++)
                    score += (double)q[d] * (double)k[d] / sqrt((double)D);
                score = j > t ? -1e4 : score;
                weight[j] = score + (j < (size_t)w->padding ? -1e4 : 0);
                largest = fmax(largest, weight[j]);
            }
            for (size_t j = 0; j < c->tokens; j++)
                sum += weight[j] = exp(weight[j] - largest);
            for (size_t d = 0; d < D; d++) {
                double y = 0;
                for (size_t j = 0; j < c->tokens; j++) {
                    bool kept = c->keep[(h * c->queries + i) * c->tokens + j] != 0;
                    double p = (double)c->block.p, drop = p == 0 ? 1 : kept ? 1 / (1 - p) : 0;
                    y += weight[j] / sum * drop *
                         (double)c->v[(j + 1) * (size_t)c->ldkv + h * D + d];
                }
                out[(i + 2) * c->width + h * D + d] = (float)y;
            }
        }
    }
    free(weight);
}

static double attention_loss(void *context)
{
    struct attention_case *c = context;
    attention_forward(&c->block, &c->window, 1, &c->scratch, c->out, (int)c->width);
    size_t skip = 2 * c->width;
    return gradcheck_dot(c->w + skip, c->out + skip, c->queries * c->width);
}

ParameterizedTestParameters(attention, is_the_published_one)
{
    return cr_make_param_array(int, case_rows, CASES);
}

ParameterizedTest(int *row, attention, is_the_published_one)
{
    struct attention_case c = attention_case_new(*row);
    size_t n = (c.queries + 2) * c.width;
    float *want = calloc(n, sizeof *want);
    naive(&c, want);
    attention_loss(&c);
    expect_close(cases[*row].what, c.out, want, n, 2e-6, 0);
    cr_assert_eq(c.scratch.used, 0);
    free(want);
    attention_case_free(&c);
}

ParameterizedTestParameters(attention, gradient_matches_differences)
{
    return cr_make_param_array(int, case_rows, CASES);
}

ParameterizedTest(int *row, attention, gradient_matches_differences)
{
    struct attention_case c = attention_case_new(*row);
    size_t nq = (c.queries + 2) * (size_t)c.ldq, nkv = (c.tokens + 1) * (size_t)c.ldkv;
    /* What lies between the rows is not touched: differences there are 0, and so are these. */
    float *dq = calloc(nq, sizeof *dq), *dk = calloc(nkv, sizeof *dk), *dv = calloc(nkv, 4);
    attention_loss(&c);
    attention_backward(&c.block, &c.window, 1, c.w, (int)c.width, &c.scratch, dq, dk, dv);
    gradcheck("dq", c.q, dq, nq, attention_loss, &c, 3e-3, 1e-3);
    gradcheck("dk", c.k, dk, nkv, attention_loss, &c, 3e-3, 1e-3);
    gradcheck("dv", c.v, dv, nkv, attention_loss, &c, 1e-3, 1e-3);
    cr_assert_eq(c.scratch.used, 0);
    free(dq);
    free(dk);
    free(dv);
    attention_case_free(&c);
}

/* Scores of hundreds must neither overflow nor lose the sum. */
Test(attention, survives_large_scores)
{
    struct attention_case c = attention_case_new(9);
    for (size_t i = 0; i < (c.queries + 2) * (size_t)c.ldq; i++)
        c.q[i] *= 200.0f;
    attention_loss(&c);
    for (size_t i = 2 * c.width; i < (c.queries + 2) * c.width; i++)
        cr_assert(isfinite(c.out[i]));
    attention_case_free(&c);
}

/* Several windows, one behind the other. */
struct windows_case {
    struct attention_block block;
    struct attention_window *window;
    int count;
    float *q, *k, *v, *dy, *weight;
    uint8_t *keep;
    struct arena scratch;
    size_t queries, keys; /* floats of arrays with as many rows */
};

static struct windows_case windows_case_new(int row, int count, int odd)
{
    int H = cases[row].H, D = cases[row].D;
    struct windows_case c = {.count = count};
    int rows = 0, asking = 0;
    size_t weights = 0, keep = 0;
    c.window = calloc((size_t)count, sizeof *c.window);
    for (int i = 0; i < count; i++) {
        /* a window of another shape in between */
        int T = i == odd ? 1 : cases[row].tokens, Q = i == odd ? 1 : cases[row].queries;
        c.window[i] = (struct attention_window){.row = rows,
                                                .tokens = T,
                                                .query_row = asking,
                                                .queries = Q,
                                                .query_first = i == odd ? 0
                                                                        : cases[row].query_first,
                                                .query_step = cases[row].query_step,
                                                .weight = weights,
                                                .keep = keep};
        rows += T, asking += Q;
        weights += attention_weights(H, Q, T);
        keep += (size_t)H * (size_t)Q * (size_t)T;
    }
    c.queries = (size_t)(asking * H * D), c.keys = (size_t)(rows * H * D);
    c.q = gradcheck_normals(c.queries, 1);
    c.k = gradcheck_normals(c.keys, 2);
    c.v = gradcheck_normals(c.keys, 3);
    c.dy = gradcheck_normals(c.queries, 4);
    c.keep = malloc(keep);
    for (size_t i = 0; i < keep; i++)
        c.keep[i] = (i * 2654435761u >> 7) % 10 != 0;
    c.weight = malloc(weights * sizeof *c.weight);
    struct arena dry;
    cr_assert_eq(arena_init(&dry, 0), STATUS_OK);
    attention_reserve(D, cases[row].tokens, &dry);
    cr_assert_eq(arena_init(&c.scratch, dry.high), STATUS_OK);
    c.block = (struct attention_block){.H = H,
                                       .D = D,
                                       .ldq = H * D,
                                       .ldkv = H * D,
                                       .q = c.q,
                                       .k = c.k,
                                       .v = c.v,
                                       .p = cases[row].p,
                                       .keep = c.keep,
                                       .weight = c.weight};
    return c;
}

static void windows_case_free(struct windows_case *c)
{
    free(c->q);
    free(c->k);
    free(c->v);
    free(c->dy);
    free(c->keep);
    free(c->weight);
    free(c->window);
    arena_free(&c->scratch);
}

/* Output and gradients, in groups or window by window as a larger network has it. */
static void both_passes(struct windows_case *c, bool groups, float *to[4])
{
    int ld = c->block.H * c->block.D, n;
    for (int i = 0; i < c->count; i += n) {
        n = groups ? attention_group(&c->block, c->window + i, c->count - i) : 1;
        if (groups)
            attention_forward(&c->block, c->window + i, n, &c->scratch, to[0], ld);
        else
            attention_long_forward(&c->block, c->window + i, &c->scratch, to[0], ld);
    }
    for (int i = 0; i < c->count; i += n) {
        n = groups ? attention_group(&c->block, c->window + i, c->count - i) : 1;
        if (groups)
            attention_backward(&c->block, c->window + i, n, c->dy, ld, &c->scratch, to[1], to[2],
                               to[3]);
        else
            attention_long_backward(&c->block, c->window + i, c->dy, ld, &c->scratch, to[1], to[2],
                                    to[3]);
    }
}

/* Small networks have a way of their own, which nobody should be able to see. */
Test(attention, groups_of_short_windows_have_the_bits_of_single_long_ones)
{
    static const int counts[][2] = {{1, -1}, {3, -1}, {16, -1}, {17, -1}, {40, 20}, {9, 0}};
    int compared = 0;
    for (int row = 0; row < CASES; row++) {
        for (size_t k = 0; k < sizeof counts / sizeof counts[0]; k++) {
            struct windows_case c = windows_case_new(row, counts[k][0], counts[k][1]);
            if (cases[row].padding == 0 && attention_is_short(&c.block, c.window)) {
                const size_t size[4] = {c.queries, c.queries, c.keys, c.keys};
                float *got[2][4];
                for (int way = 0; way < 2; way++) {
                    for (int a = 0; a < 4; a++)
                        got[way][a] = calloc(size[a], sizeof(float));
                    both_passes(&c, way == 0, got[way]);
                }
                for (int a = 0; a < 4; a++) {
                    cr_assert_eq(memcmp(got[0][a], got[1][a], size[a] * sizeof(float)), 0,
                                 "%s, %d windows: array %d", cases[row].what, counts[k][0], a);
                    free(got[0][a]);
                    free(got[1][a]);
                }
                compared++;
            }
            windows_case_free(&c);
        }
    }
    cr_assert_geq(compared, 7 * 6);
}

Test(attention, groups_are_windows_of_one_shape)
{
    struct windows_case c = windows_case_new(11, 40, 20);
    cr_assert_eq(attention_group(&c.block, c.window, 40), 16);
    cr_assert_eq(attention_group(&c.block, c.window + 16, 24), 4);
    cr_assert_eq(attention_group(&c.block, c.window + 20, 20), 1);
    cr_assert_eq(attention_group(&c.block, c.window + 21, 19), 16);
    cr_assert_eq(attention_group(&c.block, c.window + 37, 3), 3);
    c.block.D = 8; /* not one vector */
    cr_assert_eq(attention_group(&c.block, c.window, 40), 1);
    windows_case_free(&c);
}

Test(attention, exponential_is_rounded_almost_correctly)
{
    for (float x = 0; x > -110; x -= x > -1 ? 1.7e-5f : 1.3e-3f) {
        double exact = exp((double)x);
        float got = exponential(x), nearest = (float)exact;
        /* Half a unit in the last place, and what rounding in double may add. */
        double unit = (double)nextafterf(nearest, 2) - (double)nearest;
        cr_assert_leq(fabs((double)got - exact), 0.503 * unit, "x %a: %a, not %a", (double)x,
                      (double)got, exact);
    }
    float x[EXPONENTIAL_LANES] = {0, -0.0f, -1, -87.5f, -103.9f, -104, -INFINITY, NAN};
    float y[EXPONENTIAL_LANES];
    memcpy(y, x, sizeof y);
    exponential_lanes(y);
    for (int i = 0; i < EXPONENTIAL_LANES; i++) {
        float one = exponential(x[i]);
        cr_assert_arr_eq(&y[i], &one, sizeof one, "lane %d", i);
    }
    cr_assert(y[0] == 1 && y[1] == 1 && y[5] == 0 && y[6] == 0 && isnan(y[7]));
    cr_assert_eq(y[2], 0x1.78b564p-2f); /* as glibc's */
}
