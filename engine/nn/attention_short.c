/* Attention of small networks: a head is one vector, a window a few tokens. Up to LANES windows of
 * one shape are worked on together, lane l of a vector for window l, so that scores and softmax
 * need neither sums across a vector nor loops over a few numbers; sums of whole rows (the output,
 * the gradients) read them where they are. Every sum has the order that it has in attention.c. */
#include "engine/base/wide.h"
#include "engine/nn/attention_impl.h"
#include "engine/nn/exponential.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

enum { LANES = ATTENTION_VEC };
typedef lane_sum vec;
typedef int32_t mask __attribute__((vector_size(sizeof(vec)))); /* lanes are all ones or zeros */

bool attention_is_short(const struct attention_block *b, const struct attention_window *w)
{
    return b->D == LANES && w->padding == 0 && w->tokens <= ATTENTION_SHORT;
}

int attention_group(const struct attention_block *b, const struct attention_window w[], int count)
{
    int n = 1, most = count < LANES && attention_is_short(b, w) ? count : LANES;
    size_t weights = attention_weights(b->H, w->queries, w->tokens);
    if (!attention_is_short(b, w))
        return 1;
    while (n < most && w[n].padding == 0 && w[n].tokens == w->tokens &&
           w[n].queries == w->queries && w[n].query_first == w->query_first &&
           w[n].query_step == w->query_step && w[n].weight == w->weight + (size_t)n * weights)
        n++;
    return n;
}

/* --- a group's rows --------------------------------------------------------------------------- */

/* One head of an array: window l's row i is at[l] + i*ld. */
struct rows {
    const float *at[LANES];
    size_t ld;
};

static inline const vec *row(const struct rows *r, int l, int i)
{
    return (const vec *)(r->at[l] + (size_t)i * r->ld);
}

/* The rows of queries, or of keys. */
static inline void rows_of(const struct attention_window w[], int n, bool queries, const float *x,
                           int ld, int h, struct rows *to)
{
    to->ld = (size_t)ld;
    for (int l = 0; l < n; l++)
        to->at[l] = x + (size_t)(queries ? w[l].query_row : w[l].row) * to->ld + h * LANES;
}

/* to[d] = scale times number d of every window's row i; lanes without a window are 0 */
static inline void turned(const struct rows *r, int n, int i, float scale, vec to[LANES])
{
    for (int l = 0; l < LANES; l++)
        to[l] = l < n ? *row(r, l, i) : (vec){0};
    lane_sum_turn(to);
    for (int d = 0; d < LANES; d++)
        to[d] = scale * to[d];
}

/* to[j] = x · y[j] for the first `keys` keys */
static inline void dots(const vec x[LANES], const vec y[][LANES], int keys, vec to[])
{
    for (int j = 0; j < keys; j++) {
        vec sum = {0};
        for (int d = 0; d < LANES; d++)
            sum += x[d] * y[j][d];
        to[j] = sum;
    }
}

/* to += sum over j of weight[j*step] times window l's row j, in order, from 0 */
static inline void mean(const float *weight, int step, const struct rows *x, int l, int n,
                        float scale, float *to)
{
    vec sum = {0};
    for (int j = 0; j < n; j++)
        sum += weight[(ptrdiff_t)step * j] * *row(x, l, j);
    *(vec *)to = scale * sum;
}

/* --- weights ---------------------------------------------------------------------------------- */

/* How many keys query i sees. */
static inline int seen(const struct attention_window *w, int i)
{
    return w->query_first + i * w->query_step + 1;
}

/* Scores become weights. */
static inline void softmax(vec score[], int keys)
{
    vec largest = score[0], sum = {0};
    for (int j = 1; j < keys; j++) {
        mask larger = score[j] > largest;
        largest = (vec)((larger & (mask)score[j]) | (~larger & (mask)largest));
    }
    for (int j = 0; j < keys; j++)
        score[j] -= largest;
    for (int i = 0; i < keys * LANES; i += EXPONENTIAL_LANES)
        exponential_lanes((float *)score + i);
    for (int j = 0; j < keys; j++)
        sum += score[j];
    sum = 1.0f / sum;
    for (int j = 0; j < keys; j++)
        score[j] *= sum;
}

/* A head's part of the weights or masks of a group. */
struct head {
    float *weight;              /* query by query the keys that it sees, n floats each */
    const uint8_t *keep[LANES]; /* (queries,tokens) of window l; unused without dropout */
};

static inline void head_of(const struct attention_block *b, const struct attention_window w[],
                           int n, int h, struct head *to)
{
    size_t skip = (size_t)h * (size_t)w->queries * (size_t)w->tokens;
    to->weight = b->weight + w->weight +
                 (size_t)n * (size_t)h * attention_weights(1, w->queries, w->tokens);
    for (int l = 0; l < n && b->p != 0.0f; l++)
        to->keep[l] = b->keep + w[l].keep + skip;
}

/* Dropout of query i's row x. */
static inline void drop(const struct attention_block *b, const struct attention_window *w,
                        const struct head *m, int n, int i, int keys, vec x[])
{
    if (b->p == 0.0f)
        return;
    float scale = 1.0f / (1.0f - b->p);
    for (int j = 0; j < keys; j++) {
        mask keep = {0};
        for (int l = 0; l < n; l++)
            keep[l] = m->keep[l][(ptrdiff_t)i * w->tokens + j]; // NOLINT: head_of has set it
        x[j] = (vec)((mask)(scale * x[j]) & (keep != 0));
    }
}

static inline void store(const vec *x, int n, float *to)
{
    if (n == LANES)
        *(vec *)to = *x;
    else
        memcpy(to, x, (size_t)n * sizeof *to);
}

static inline void load(const float *from, int n, vec *x)
{
    *x = (vec){0};
    if (n == LANES)
        *x = *(const vec *)from;
    else
        memcpy(x, from, (size_t)n * sizeof *from);
}

/* --- the two passes --------------------------------------------------------------------------- */

WIDE(void, attention_short_forward,
     (const struct attention_block *b, const struct attention_window w[], int n, float *out,
      int ldout),
     (b, w, n, out, ldout))
{
    float scale = 1.0f / sqrtf((float)b->D);
    for (int h = 0; h < b->H; h++) {
        struct head m;
        struct rows q, k, v, y;
        vec keys[ATTENTION_SHORT][LANES];
        head_of(b, w, n, h, &m);
        rows_of(w, n, true, b->q, b->ldq, h, &q);
        rows_of(w, n, false, b->k, b->ldkv, h, &k);
        rows_of(w, n, false, b->v, b->ldkv, h, &v);
        rows_of(w, n, true, out, ldout, h, &y);
        for (int j = 0; j < w->tokens; j++)
            turned(&k, n, j, 1, keys[j]);
        for (int i = 0; i < w->queries; i++) {
            vec query[LANES], weight[ATTENTION_SHORT];
            int keys_seen = seen(w, i);
            turned(&q, n, i, scale, query);
            dots(query, keys, keys_seen, weight);
            softmax(weight, keys_seen);
            for (int j = 0; j < keys_seen; j++, m.weight += n)
                store(&weight[j], n, m.weight);
            drop(b, w, &m, n, i, keys_seen, weight);
            for (int l = 0; l < n; l++)
                mean((const float *)weight + l, LANES, &v, l, keys_seen, 1,
                     (float *)(uintptr_t)row(&y, l, i));
        }
    }
}

/* What the queries' weights contribute to the gradient of a head, window by window. */
struct pairs {
    int first[ATTENTION_SHORT + 1];                 /* of query i's keys */
    vec dropped[ATTENTION_SHORT * ATTENTION_SHORT]; /* weights */
    vec dscore[ATTENTION_SHORT * ATTENTION_SHORT];
};

/* out = dropped(weight) v, and the softmax */
static inline void pairs_of(const struct attention_block *b, const struct attention_window w[],
                            int n, struct head *m, const struct rows *dy, const struct rows *v,
                            struct pairs *to)
{
    vec values[ATTENTION_SHORT][LANES];
    for (int j = 0; j < w->tokens; j++)
        turned(v, n, j, 1, values[j]);
    to->first[0] = 0;
    for (int i = 0; i < w->queries; i++) {
        int keys = seen(w, i);
        vec gradient[LANES], weight[ATTENTION_SHORT], sum = {0};
        vec *dropped = to->dropped + to->first[i], *dscore = to->dscore + to->first[i];
        turned(dy, n, i, 1, gradient);
        dots(gradient, values, keys, dscore);
        for (int j = 0; j < keys; j++, m->weight += n) {
            load(m->weight, n, &weight[j]);
            dropped[j] = weight[j];
        }
        drop(b, w, m, n, i, keys, dropped);
        drop(b, w, m, n, i, keys, dscore);
        for (int j = 0; j < keys; j++)
            sum += weight[j] * dscore[j];
        for (int j = 0; j < keys; j++)
            dscore[j] = weight[j] * (dscore[j] - sum);
        to->first[i + 1] = to->first[i] + keys;
    }
}

/* dk and dv of key j of window l: its queries are the last ones. */
static inline void key_gradient(const struct attention_window *w, const struct pairs *p, int l,
                                int j, const vec query[], const struct rows *dy, float *dk,
                                float *dv)
{
    vec sum_k = {0}, sum_v = {0};
    for (int i = 0; i < w->queries; i++) {
        if (seen(w, i) <= j)
            continue;
        size_t at = (size_t)(p->first[i] + j) * LANES + (size_t)l;
        sum_v += ((const float *)p->dropped)[at] * *row(dy, l, i);
        sum_k += ((const float *)p->dscore)[at] * query[i];
    }
    *(vec *)dk = sum_k;
    *(vec *)dv = sum_v;
}

WIDE(void, attention_short_backward,
     (const struct attention_block *b, const struct attention_window w[], int n, const float *dout,
      int lddout, float *dq, float *dk, float *dv),
     (b, w, n, dout, lddout, dq, dk, dv))
{
    float scale = 1.0f / sqrtf((float)b->D);
    for (int h = 0; h < b->H; h++) {
        struct head m;
        struct rows q, k, v, dy;
        struct pairs p;
        head_of(b, w, n, h, &m);
        rows_of(w, n, true, b->q, b->ldq, h, &q);
        rows_of(w, n, false, b->k, b->ldkv, h, &k);
        rows_of(w, n, false, b->v, b->ldkv, h, &v);
        rows_of(w, n, true, dout, lddout, h, &dy);
        pairs_of(b, w, n, &m, &dy, &v, &p);
        for (int l = 0; l < n; l++) { /* score = (scale q) kᵀ */
            vec query[ATTENTION_SHORT];
            float *to = dq + (q.at[l] - b->q);
            for (int i = 0; i < w->queries; i++) {
                query[i] = scale * *row(&q, l, i);
                mean((const float *)(p.dscore + p.first[i]) + l, LANES, &k, l, seen(w, i), scale,
                     to + (size_t)i * q.ld);
            }
            for (int j = 0; j < w->tokens; j++) {
                size_t at = (size_t)(k.at[l] - b->k) + (size_t)j * k.ld;
                key_gradient(w, &p, l, j, query, &dy, dk + at, dv + at);
            }
        }
    }
}
