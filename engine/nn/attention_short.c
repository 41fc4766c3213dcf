/* Attention of small networks: a head is one vector, a window a few tokens. There copies into
 * padded arrays and loops over them took most of the time; here rows are read where they are and a
 * query touches only the keys that it sees. Every sum has the order that it has in attention.c. */
#include "engine/base/wide.h"
#include "engine/nn/attention_impl.h"
#include "engine/nn/exponential.h"

#include <math.h>

typedef lane_sum vec;

bool attention_is_short(const struct attention_block *b, const struct attention_window *w)
{
    return b->D == ATTENTION_VEC && w->padding == 0 && w->tokens <= ATTENTION_SHORT;
}

/* The rows of one head. */
struct rows {
    const float *at;
    size_t ld;
};

static inline const vec *row(struct rows r, int i)
{
    return (const vec *)(r.at + (size_t)i * r.ld);
}

/* How many keys query i sees. */
static inline int seen(const struct attention_window *w, int i)
{
    return w->query_first + i * w->query_step + 1;
}

/* --- products with all keys at once --------------------------------------------------------- */

/* Lanes of a and b in turn, by ones, twos, fours or eights: one step of a transpose. */
#define MIX(a, b, low, high)                                                                       \
    do {                                                                                           \
        vec first_ = __builtin_shufflevector(a, b, low);                                           \
        (b) = __builtin_shufflevector(a, b, high);                                                 \
        (a) = first_;                                                                              \
    } while (0)
#define LOW1  0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30
#define HIGH1 1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31
#define LOW2  0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29
#define HIGH2 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31
#define LOW4  0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27
#define HIGH4 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31
#define LOW8  0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23
#define HIGH8 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31

/* x's first n rows as columns, zeros behind them. */
static inline void transpose(struct rows x, int n, vec to[ATTENTION_VEC])
{
    for (int i = 0; i < ATTENTION_VEC; i++)
        to[i] = i < n ? *row(x, i) : (vec){0};
    for (int i = 0; i < ATTENTION_VEC; i += 2)
        MIX(to[i], to[i + 1], LOW1, HIGH1);
    for (int i = 0; i < ATTENTION_VEC; i += i % 4 == 1 ? 3 : 1)
        MIX(to[i], to[i + 2], LOW2, HIGH2);
    for (int i = 0; i < ATTENTION_VEC; i += i % 8 == 3 ? 5 : 1)
        MIX(to[i], to[i + 4], LOW4, HIGH4);
    for (int i = 0; i < ATTENTION_VEC / 2; i++)
        MIX(to[i], to[i + 8], LOW8, HIGH8);
}

/* to[j] = x · row j of what was transposed */
static inline void dots(const float x[ATTENTION_VEC], const vec columns[ATTENTION_VEC],
                        float to[ATTENTION_VEC])
{
    vec sum = {0};
    for (int d = 0; d < ATTENTION_VEC; d++)
        sum += x[d] * columns[d]; /* cppcheck-suppress objectIndex; x is a vector's floats */
    *(vec *)to = sum;
}

/* --- one query's weights -------------------------------------------------------------------- */

/* Scores become weights, those of the first n keys; the others are anything. */
static inline void softmax(float score[ATTENTION_VEC], int n)
{
    float largest = score[0], sum = 0;
    for (int j = 1; j < n; j++)
        largest = score[j] > largest ? score[j] : largest;
    *(vec *)score -= largest;
    for (int j = 0; j < n; j += EXPONENTIAL_LANES)
        exponential_lanes(score + j);
    for (int j = 0; j < n; j++)
        sum += score[j];
    *(vec *)score *= 1.0f / sum;
}

/* to = dropout of x; keep NULL: x itself */
static inline void drop(const float *x, const uint8_t *keep, float scale, int n, float *to)
{
    for (int j = 0; j < n; j++)
        to[j] = keep == NULL || keep[j] != 0 ? x[j] * scale : 0.0f;
}

/* to = scale * sum over keys of weight[j] x[j] */
static inline void mean(const float *weight, struct rows x, int n, float scale, float *to)
{
    vec sum = {0};
    for (int j = 0; j < n; j++)
        sum += weight[j] * *row(x, j);
    *(vec *)to = scale * sum;
}

/* --- the two passes ------------------------------------------------------------------------- */

struct head {
    struct rows q, k, v;
    float *weight;       /* (queries, a vector) */
    const uint8_t *keep; /* (queries,tokens), NULL without dropout */
};

static struct head head_of(const struct attention_block *b, const struct attention_window *w, int h)
{
    size_t column = (size_t)h * ATTENTION_VEC, ldq = (size_t)b->ldq, ldkv = (size_t)b->ldkv;
    size_t row_q = (size_t)w->query_row * ldq + column, row_kv = (size_t)w->row * ldkv + column;
    size_t mask = (size_t)h * (size_t)w->queries * (size_t)w->tokens;
    size_t weights = attention_weights(1, w->queries, w->tokens);
    return (struct head){.q = {b->q + row_q, ldq},
                         .k = {b->k + row_kv, ldkv},
                         .v = {b->v + row_kv, ldkv},
                         .weight = b->weight + w->weight + (size_t)h * weights,
                         .keep = b->p == 0.0f ? NULL : b->keep + w->keep + mask};
}

static const uint8_t *keep_row(const struct head *m, const struct attention_window *w, int i)
{
    return m->keep == NULL ? NULL : m->keep + (size_t)i * (size_t)w->tokens;
}

WIDE(void, attention_short_forward,
     (const struct attention_block *b, const struct attention_window *w, float *out, int ldout),
     (b, w, out, ldout))
{
    float scale = 1.0f / sqrtf((float)b->D), kept = b->p == 0.0f ? 1 : 1.0f / (1.0f - b->p);
    for (int h = 0; h < b->H; h++) {
        struct head m = head_of(b, w, h);
        vec keys[ATTENTION_VEC];
        transpose(m.k, w->tokens, keys);
        for (int i = 0; i < w->queries; i++) {
            float *weight = m.weight + (size_t)i * ATTENTION_VEC, dropped[ATTENTION_SHORT];
            vec q = scale * *row(m.q, i);
            int n = seen(w, i);
            dots((const float *)&q, keys, weight);
            softmax(weight, n);
            drop(weight, keep_row(&m, w, i), kept, n, dropped);
            mean(dropped, m.v, n, 1,
                 out + (size_t)(w->query_row + i) * (size_t)ldout + h * ATTENTION_VEC);
        }
    }
}

WIDE(void, attention_short_backward,
     (const struct attention_block *b, const struct attention_window *w, const float *dout,
      int lddout, float *dq, float *dk, float *dv),
     (b, w, dout, lddout, dq, dk, dv))
{
    float scale = 1.0f / sqrtf((float)b->D), kept = b->p == 0.0f ? 1 : 1.0f / (1.0f - b->p);
    for (int h = 0; h < b->H; h++) {
        struct head m = head_of(b, w, h);
        size_t column = (size_t)h * ATTENTION_VEC;
        struct rows dy = {dout + (size_t)w->query_row * (size_t)lddout + column, (size_t)lddout};
        size_t row_q = (size_t)w->query_row * m.q.ld + column;
        size_t row_kv = (size_t)w->row * m.k.ld + column;
        vec values[ATTENTION_VEC];
        transpose(m.v, w->tokens, values);
        vec sum_k[ATTENTION_SHORT] = {{0}}, sum_v[ATTENTION_SHORT] = {{0}};
        for (int i = 0; i < w->queries; i++) {
            const float *weight = m.weight + (size_t)i * ATTENTION_VEC;
            const uint8_t *keep = keep_row(&m, w, i);
            float dropped[ATTENTION_SHORT], dscore[ATTENTION_SHORT], sum = 0;
            int n = seen(w, i);

            /* out = dropped(weight) v */
            vec dyi = *row(dy, i), qi = scale * *row(m.q, i);
            dots((const float *)&dyi, values, dscore);
            drop(weight, keep, kept, n, dropped);
            drop(dscore, keep, kept, n, dscore);
            for (int j = 0; j < n; j++)
                sum += weight[j] * dscore[j];
            for (int j = 0; j < n; j++)
                dscore[j] = weight[j] * (dscore[j] - sum);

            /* score = (scale q) kᵀ */
            mean(dscore, m.k, n, scale, dq + row_q + (size_t)i * m.q.ld);
            for (int j = 0; j < n; j++) {
                sum_v[j] += dropped[j] * dyi;
                sum_k[j] += dscore[j] * qi;
            }
        }
        for (int j = 0; j < w->tokens; j++) {
            *(vec *)(dk + row_kv + (size_t)j * m.k.ld) = sum_k[j];
            *(vec *)(dv + row_kv + (size_t)j * m.v.ld) = sum_v[j];
        }
    }
}
