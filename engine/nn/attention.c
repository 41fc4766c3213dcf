#include "engine/base/wide.h"
#include "engine/nn/attention_impl.h"
#include "engine/nn/exponential.h"
#include "engine/nn/lane_sum.h"

#include <math.h>
#include <string.h>

/* One head of one window is copied into small contiguous arrays, rows padded to whole vectors and
 * row counts to whole tiles, all padding zero. So every product is one kernel without edge cases,
 * in the second-level cache (59 tokens of 128 numbers are 30 kB), and whole tiles above the
 * diagonal are skipped. A GEMM library runs at half its rate on these sizes and computes both
 * halves. */

enum { VEC = LANE_SUM, TILE = 4 };
typedef lane_sum vec;

static int up(int n, int unit)
{
    return (n + unit - 1) / unit * unit;
}

struct shape { /* sizes of one head, plain and padded */
    int Q, T, D, Qp, Tp, Dp;
};

static struct shape shape_of(const struct attention_block *b, const struct attention_window *w)
{
    return (struct shape){.Q = w->queries,
                          .T = w->tokens,
                          .D = b->D,
                          .Qp = up(w->queries, TILE),
                          .Tp = up(w->tokens, VEC),
                          .Dp = up(b->D, VEC)};
}

size_t attention_weights(int H, int queries, int tokens)
{
    return (size_t)H * (size_t)up(queries, TILE) * (size_t)up(tokens, VEC);
}

/* --- which keys a query sees ---------------------------------------------------------------- */

static int token_of(const struct attention_window *w, int query)
{
    return w->query_first + query * w->query_step;
}

struct range { /* from .. to-1 */
    int from, to;
};

/* Keys with a weight for some of the queries i .. i+TILE-1. */
static struct range keys_of(const struct attention_window *w, int i)
{
    if (w->padding > 0)
        return (struct range){0, w->tokens};
    int last = i + TILE < w->queries ? i + TILE - 1 : w->queries - 1;
    return (struct range){0, token_of(w, last) + 1};
}

/* Queries with a weight for some of the keys j .. j+TILE-1. */
static struct range queries_of(const struct attention_window *w, int j)
{
    if (w->padding > 0)
        return (struct range){0, w->queries};
    int behind = j - w->query_first;
    int first = behind <= 0 ? 0 : (behind + w->query_step - 1) / w->query_step;
    return (struct range){first < w->queries ? first : w->queries, w->queries};
}

/* The keys of query i: `own` keep their scores, `future` (padded queries only) count with score
 * 0. */
static void visible(const struct attention_window *w, int i, struct range *own,
                    struct range *future)
{
    int t = token_of(w, i);
    bool padded = t < w->padding;
    *own = (struct range){padded ? 0 : w->padding, t + 1};
    *future = padded ? (struct range){w->padding, w->tokens} : (struct range){0, 0};
}

/* --- kernels -------------------------------------------------------------------------------- */

/* c (TILE rows, nv vectors) = sum over k of a[row,k] b[k]: always inlined with a constant nv, so
 * the sums live in registers. */
static inline __attribute__((always_inline)) void tile_product(const int nv, struct range k,
                                                               const float *a, size_t a_row,
                                                               size_t a_k, const float *b,
                                                               size_t ldb, float *c, size_t ldc)
{
    vec sum[TILE][4] = {{{0}}};
    for (int i = k.from; i < k.to; i++) {
        const float *ai = a + (size_t)i * a_k, *bi = b + (size_t)i * ldb;
        for (int r = 0; r < TILE; r++) {
            for (int j = 0; j < nv; j++)
                sum[r][j] += ai[(size_t)r * a_row] * *(const vec *)(bi + (size_t)j * VEC);
        }
    }
    for (int r = 0; r < TILE; r++) {
        for (int j = 0; j < nv; j++)
            *(vec *)(c + (size_t)r * ldc + (size_t)j * VEC) = sum[r][j];
    }
}

/* c (TILE,n) = a b over k, n a multiple of VEC. a's element (row,k) is at row*a_row + k*a_k, so
 * a may be a matrix or its transpose. */
static void tile_rows(int n, struct range k, const float *a, size_t a_row, size_t a_k,
                      const float *b, size_t ldb, float *c, size_t ldc)
{
    int j = 0;
    for (; j + 4 * VEC <= n; j += 4 * VEC)
        tile_product(4, k, a, a_row, a_k, b + j, ldb, c + j, ldc);
    switch ((n - j) / VEC) {
    case 3:
        tile_product(3, k, a, a_row, a_k, b + j, ldb, c + j, ldc);
        break;
    case 2:
        tile_product(2, k, a, a_row, a_k, b + j, ldb, c + j, ldc);
        break;
    case 1:
        tile_product(1, k, a, a_row, a_k, b + j, ldb, c + j, ldc);
        break;
    default:
        break;
    }
}

/* n a multiple of VEC */
static float dot(const float *a, const float *b, int n)
{
    vec sum = {0};
    for (int i = 0; i < n; i += VEC)
        sum += *(const vec *)(a + i) * *(const vec *)(b + i);
    return lane_sum_total(&sum);
}

/* c (Qp,Tp) = a bᵀ for a (Qp,Dp), b (Tp,Dp), where query and key may meet. Long windows transpose b
 * and run the tile kernel; short ones take dot products. */
static void product_transposed(const struct attention_window *w, struct shape s, const float *a,
                               const float *b, float *transposed, float *c)
{
    size_t Tp = (size_t)s.Tp, Dp = (size_t)s.Dp;
    if (s.T <= ATTENTION_SHORT) {
        for (int i = 0; i < s.Q; i++) {
            struct range keys = keys_of(w, i / TILE * TILE);
            for (int j = keys.from; j < keys.to; j++)
                c[(size_t)i * Tp + (size_t)j] = dot(a + (size_t)i * Dp, b + (size_t)j * Dp, s.Dp);
        }
        return;
    }
    for (size_t j = 0; j < Tp; j += VEC) {
        for (size_t d = 0; d < Dp; d++) {
            for (size_t l = 0; l < VEC; l++)
                transposed[d * Tp + j + l] = b[(j + l) * Dp + d];
        }
    }
    for (int i = 0; i < s.Q; i += TILE)
        tile_rows(up(keys_of(w, i).to, VEC), (struct range){0, s.Dp}, a + (size_t)i * Dp, Dp, 1,
                  transposed, Tp, c + (size_t)i * Tp, Tp);
}

/* c (Qp,Dp) = weight (Qp,Tp) b (Tp,Dp) */
static void product_over_keys(const struct attention_window *w, struct shape s, const float *weight,
                              const float *b, float *c)
{
    size_t Tp = (size_t)s.Tp, Dp = (size_t)s.Dp;
    for (int i = 0; i < s.Q; i += TILE)
        tile_rows(s.Dp, keys_of(w, i), weight + (size_t)i * Tp, Tp, 1, b, Dp, c + (size_t)i * Dp,
                  Dp);
}

/* c (Tp,Dp) = weightᵀ b for b (Qp,Dp) */
static void product_over_queries(const struct attention_window *w, struct shape s,
                                 const float *weight, const float *b, float *c)
{
    size_t Tp = (size_t)s.Tp, Dp = (size_t)s.Dp;
    for (int j = 0; j < s.T; j += TILE)
        tile_rows(s.Dp, queries_of(w, j), weight + j, 1, Tp, b, Dp, c + (size_t)j * Dp, Dp);
}

/* --- copies --------------------------------------------------------------------------------- */

/* to (padded,Dp) = scale * from (rows,D), zero elsewhere. */
static void gather(const float *from, int ld, int rows, int D, float scale, int padded, int Dp,
                   float *to)
{
    for (int i = 0; i < padded; i++) {
        const float *x = from + (size_t)i * (size_t)ld;
        float *y = to + (size_t)i * (size_t)Dp;
        int n = i < rows ? D : 0;
        for (int d = 0; d < n; d++)
            y[d] = scale * x[d];
        for (int d = n; d < Dp; d++)
            y[d] = 0.0f;
    }
}

/* to (rows,D) = scale * from (rows,Dp) */
static void scatter(const float *from, int Dp, int rows, int D, float scale, float *to, int ld)
{
    for (int i = 0; i < rows; i++) {
        const float *x = from + (size_t)i * (size_t)Dp;
        float *y = to + (size_t)i * (size_t)ld;
        for (int d = 0; d < D; d++)
            y[d] = scale * x[d];
    }
}

/* --- softmax -------------------------------------------------------------------------------- */

/* Row i of scores becomes weights; everything that is not visible becomes 0. */
static void softmax_row(const struct attention_window *w, int i, int Tp, float *row)
{
    struct range own, future;
    visible(w, i, &own, &future);
    float largest = future.from < future.to ? 0.0f : row[own.from];
    for (int j = own.from; j < own.to; j++)
        largest = row[j] > largest ? row[j] : largest;
    float sum = 0;
    for (int j = own.from; j < own.to; j++)
        row[j] -= largest;
    for (int j = own.from / EXPONENTIAL_LANES * EXPONENTIAL_LANES; j < own.to;
         j += EXPONENTIAL_LANES)
        exponential_lanes(row + j);
    for (int j = own.from; j < own.to; j++)
        sum += row[j];
    for (int j = 0; j < own.from; j++)
        row[j] = 0.0f;
    for (int j = own.to; j < Tp; j++)
        row[j] = 0.0f;
    float constant = exponential(-largest);
    for (int j = future.from; j < future.to; j++) {
        row[j] = constant;
        sum += constant;
    }
    float scale = 1.0f / sum;
    for (int j = 0; j < w->tokens; j++)
        row[j] *= scale;
}

/* dscore = weight (dweight - sum over keys of weight dweight), in place on dweight. Scores that the
 * mask replaced are constants: their gradient is 0. */
static void softmax_row_backward(const struct attention_window *w, int i, int Tp,
                                 const float *weight, float *dweight)
{
    struct range own, future;
    visible(w, i, &own, &future);
    float sum = 0;
    for (int j = own.from; j < own.to; j++)
        sum += weight[j] * dweight[j];
    for (int j = future.from; j < future.to; j++)
        sum += weight[j] * dweight[j];
    for (int j = 0; j < own.from; j++)
        dweight[j] = 0.0f;
    for (int j = own.from; j < own.to; j++)
        dweight[j] = weight[j] * (dweight[j] - sum);
    for (int j = own.to; j < Tp; j++)
        dweight[j] = 0.0f;
}

/* The keep mask (Q,T) of one head, NULL without dropout. */
static const uint8_t *keep_of(const struct attention_block *b, const struct attention_window *w,
                              struct shape s, int h)
{
    if (b->p == 0.0f)
        return NULL;
    return b->keep + w->keep + (size_t)h * (size_t)s.Q * (size_t)s.T;
}

/* Weights after dropout, into `dropped`, or the weights themselves when there is none. */
static const float *drop_weights(const struct attention_block *b, const uint8_t *keep,
                                 struct shape s, const float *weight, float *dropped)
{
    if (keep == NULL)
        return weight;
    float scale = 1.0f / (1.0f - b->p);
    for (int i = 0; i < s.Qp; i++) {
        const float *x = weight + (size_t)i * (size_t)s.Tp;
        float *y = dropped + (size_t)i * (size_t)s.Tp;
        const uint8_t *k = keep + (size_t)i * (size_t)s.T;
        int n = i < s.Q ? s.T : 0;
        for (int j = 0; j < n; j++)
            y[j] = k[j] != 0 ? x[j] * scale : 0.0f;
        for (int j = n; j < s.Tp; j++)
            y[j] = 0.0f;
    }
    return dropped;
}

/* --- scratch of one head -------------------------------------------------------------------- */

struct head {
    float *q, *o;            /* (Qp,Dp) */
    float *k, *v, *turned;   /* (Tp,Dp) */
    float *dropped, *dscore; /* (Qp,Tp) */
};

static struct head take_head(struct shape s, struct arena *a)
{
    size_t queries = (size_t)s.Qp * (size_t)s.Dp, keys = (size_t)s.Tp * (size_t)s.Dp;
    size_t square = (size_t)s.Qp * (size_t)s.Tp;
    return (struct head){.q = arena_take(a, queries),
                         .o = arena_take(a, queries),
                         .k = arena_take(a, keys),
                         .v = arena_take(a, keys),
                         .turned = arena_take(a, keys),
                         .dropped = arena_take(a, square),
                         .dscore = arena_take(a, square)};
}

void attention_reserve(int D, int tokens, struct arena *scratch)
{
    take_head((struct shape){.Qp = up(tokens, TILE), .Tp = up(tokens, VEC), .Dp = up(D, VEC)},
              scratch);
}

/* --- the two passes ------------------------------------------------------------------------- */

void attention_forward(const struct attention_block *b, const struct attention_window w[], int n,
                       struct arena *scratch, float *out, int ldout)
{
    if (attention_is_short(b, w))
        attention_short_forward(b, w, n, out, ldout);
    else
        attention_long_forward(b, w, scratch, out, ldout);
}

void attention_backward(const struct attention_block *b, const struct attention_window w[], int n,
                        const float *dout, int lddout, struct arena *scratch, float *dq, float *dk,
                        float *dv)
{
    if (attention_is_short(b, w))
        attention_short_backward(b, w, n, dout, lddout, dq, dk, dv);
    else
        attention_long_backward(b, w, dout, lddout, scratch, dq, dk, dv);
}

WIDE(void, attention_long_forward,
     (const struct attention_block *b, const struct attention_window *w, struct arena *scratch,
      float *out, int ldout),
     (b, w, scratch, out, ldout))
{
    struct shape s = shape_of(b, w);
    size_t mark = arena_mark(scratch);
    struct head m = take_head(s, scratch);
    size_t square = (size_t)s.Qp * (size_t)s.Tp;
    float scale = 1.0f / sqrtf((float)s.D);

    for (int h = 0; h < b->H; h++) {
        size_t column = (size_t)h * (size_t)s.D;
        size_t row_q = (size_t)w->query_row * (size_t)b->ldq + column;
        size_t row_kv = (size_t)w->row * (size_t)b->ldkv + column;
        gather(b->q + row_q, b->ldq, s.Q, s.D, scale, s.Qp, s.Dp, m.q);
        gather(b->k + row_kv, b->ldkv, s.T, s.D, 1, s.Tp, s.Dp, m.k);
        gather(b->v + row_kv, b->ldkv, s.T, s.D, 1, s.Tp, s.Dp, m.v);

        float *weight = b->weight + w->weight + (size_t)h * square;
        product_transposed(w, s, m.q, m.k, m.turned, weight);
        for (int i = 0; i < s.Q; i++)
            softmax_row(w, i, s.Tp, weight + (size_t)i * (size_t)s.Tp);
        memset(weight + (size_t)s.Q * (size_t)s.Tp, 0,
               (size_t)(s.Qp - s.Q) * (size_t)s.Tp * sizeof *weight);

        const uint8_t *keep = keep_of(b, w, s, h);
        product_over_keys(w, s, drop_weights(b, keep, s, weight, m.dropped), m.v, m.o);
        scatter(m.o, s.Dp, s.Q, s.D, 1, out + (size_t)w->query_row * (size_t)ldout + column, ldout);
    }
    arena_release(scratch, mark);
}

WIDE(void, attention_long_backward,
     (const struct attention_block *b, const struct attention_window *w, const float *dout,
      int lddout, struct arena *scratch, float *dq, float *dk, float *dv),
     (b, w, dout, lddout, scratch, dq, dk, dv))
{
    struct shape s = shape_of(b, w);
    size_t mark = arena_mark(scratch);
    struct head m = take_head(s, scratch);
    size_t square = (size_t)s.Qp * (size_t)s.Tp;
    float scale = 1.0f / sqrtf((float)s.D);

    for (int h = 0; h < b->H; h++) {
        size_t column = (size_t)h * (size_t)s.D;
        size_t row_q = (size_t)w->query_row * (size_t)b->ldq + column;
        size_t row_kv = (size_t)w->row * (size_t)b->ldkv + column;
        const float *weight = b->weight + w->weight + (size_t)h * square;
        const uint8_t *keep = keep_of(b, w, s, h);
        gather(dout + (size_t)w->query_row * (size_t)lddout + column, lddout, s.Q, s.D, 1, s.Qp,
               s.Dp, m.o);
        gather(b->v + row_kv, b->ldkv, s.T, s.D, 1, s.Tp, s.Dp, m.v);

        /* out = dropped(weight) v */
        product_over_queries(w, s, drop_weights(b, keep, s, weight, m.dropped), m.o, m.k);
        scatter(m.k, s.Dp, s.T, s.D, 1, dv + row_kv, b->ldkv);
        product_transposed(w, s, m.o, m.v, m.turned, m.dscore);
        memset(m.dscore + (size_t)s.Q * (size_t)s.Tp, 0,
               (size_t)(s.Qp - s.Q) * (size_t)s.Tp * sizeof(float));
        for (int i = 0; i < s.Q; i++) {
            float *row = m.dscore + (size_t)i * (size_t)s.Tp;
            if (keep != NULL) {
                float kept = 1.0f / (1.0f - b->p);
                int end = keys_of(w, i / TILE * TILE).to; /* nothing beyond it was computed */
                for (int j = 0; j < end; j++)
                    row[j] = keep[(size_t)i * (size_t)s.T + (size_t)j] != 0 ? row[j] * kept : 0.0f;
            }
            softmax_row_backward(w, i, s.Tp, weight + (size_t)i * (size_t)s.Tp, row);
        }

        /* score = (scale q) kᵀ; q was gathered with its scale, so dk needs none */
        gather(b->q + row_q, b->ldq, s.Q, s.D, scale, s.Qp, s.Dp, m.q);
        gather(b->k + row_kv, b->ldkv, s.T, s.D, 1, s.Tp, s.Dp, m.k);
        product_over_keys(w, s, m.dscore, m.k, m.o);
        scatter(m.o, s.Dp, s.Q, s.D, scale, dq + row_q, b->ldq);
        product_over_queries(w, s, m.dscore, m.q, m.v);
        scatter(m.v, s.Dp, s.T, s.D, 1, dk + row_kv, b->ldkv);
    }
    arena_release(scratch, mark);
}
