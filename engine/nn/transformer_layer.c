#include "engine/base/team.h"
#include "engine/nn/activation.h"
#include "engine/nn/transformer_impl.h"

#include <string.h>

/* to[i] = from[row[i]] for rows of C numbers */
static void gather_rows(const float *from, const int *row, int count, int C, float *to)
{
    for (int i = 0; i < count; i++)
        memcpy(to + (size_t)i * (size_t)C, from + (size_t)row[i] * (size_t)C,
               (size_t)C * sizeof *to);
}

/* to[row[i]] += from[i] */
static void add_rows(const float *from, const int *row, int count, int C, float *to)
{
    for (int i = 0; i < count; i++) {
        const float *x = from + (size_t)i * (size_t)C;
        float *y = to + (size_t)row[i] * (size_t)C;
        for (int j = 0; j < C; j++)
            y[j] += x[j];
    }
}

/* --- windows ---------------------------------------------------------------------------------- */

/* The windows' geometry. */
static void plan_windows(const struct transformer *f, const struct transformer_saved *s,
                         struct layer_saved *l)
{
    size_t weight = 0, keep = 0;
    for (int i = 0; i < s->count; i++) {
        const struct segment *g = &s->segment[i];
        struct attention_window *w = &l->window[i];
        *w = (struct attention_window){.row = g->row,
                                       .tokens = g->tokens,
                                       .padding = g->padding * f->tokens,
                                       .query_row = l->last ? g->read_row : g->row,
                                       .queries = l->last ? g->reads : g->tokens,
                                       .query_first = l->last ? g->first_read : 0,
                                       .query_step = l->last ? f->tokens : 1,
                                       .weight = weight,
                                       .keep = keep};
        weight += attention_weights(f->H, w->queries, w->tokens);
        keep += (size_t)f->H * (size_t)w->queries * (size_t)w->tokens;
    }
}

/* The work on a layer's windows, shared by a team. */
struct windows_work {
    const struct transformer *f;
    int n; /* the layer */
    const struct transformer_saved *s;
    const struct layer_saved *l;
    int parts;
    const float *dout;
    float *dq, *dk; /* backward */
};

/* The same parts forward and backward, as attention_group needs. A random number of a mask costs as
 * much as some products. */
static struct windows_work work_on_windows(const struct transformer *f, int n,
                                           const struct transformer_saved *s)
{
    const double least = 2e6, mask = 16;
    const struct layer_saved *l = &s->layer[n];
    double tokens = s->count > 0 ? (double)s->N / s->count : 0;
    double row = f->C * (tokens + (l->attention.p > 0 ? mask : 0));
    int parts = team_parts(l->Q * row, least);
    return (struct windows_work){
        .f = f, .n = n, .s = s, .l = l, .parts = parts < s->count ? parts : s->count};
}

/* The keep masks of a window's three sites. They are numbered by the full window, so that omitting
 * padding does not change them. */
static void draw_masks(const struct windows_work *work, int i)
{
    const struct transformer *f = work->f;
    const struct segment *g = &work->s->segment[i];
    const struct attention_window *w = &work->l->window[i];
    const struct dropout *d = work->s->dropout;
    int shift = (work->s->w->K - g->steps) * f->tokens; /* token 0's place in the full window */
    struct dropout_site site = {.kind = DROPOUT_ATTENTION,
                                .window = g->window,
                                .layer = work->n,
                                .heads = f->H,
                                .rows = w->queries,
                                .row_first = shift + w->query_first,
                                .row_step = w->query_step,
                                .cols = w->tokens,
                                .col_first = shift};
    dropout_mask(d, &site, work->l->keep_weight + w->keep);
    site.heads = 1;
    site.cols = f->C;
    site.col_first = 0;
    size_t at = (size_t)w->query_row * (size_t)f->C;
    site.kind = DROPOUT_ATTENTION_OUT;
    dropout_mask(d, &site, work->l->keep_out + at);
    site.kind = DROPOUT_MLP_OUT;
    dropout_mask(d, &site, work->l->keep_mlp + at);
}

static void windows_forward(void *context, int part, struct arena *scratch)
{
    const struct windows_work *work = context;
    const struct layer_saved *l = work->l;
    struct team_range range = team_range(work->s->count, 1, work->parts, part);
    for (int i = range.first; i < range.first + range.count && l->attention.p > 0.0f; i++)
        draw_masks(work, i);
    for (int i = range.first, end = i + range.count, group; i < end; i += group) {
        group = attention_group(&l->attention, &l->window[i], end - i);
        attention_forward(&l->attention, &l->window[i], group, scratch, l->context, work->f->C);
    }
}

static void windows_backward(void *context, int part, struct arena *scratch)
{
    const struct windows_work *work = context;
    const struct layer_saved *l = work->l;
    struct team_range range = team_range(work->s->count, 1, work->parts, part);
    for (int i = range.first, end = i + range.count, group; i < end; i += group) {
        group = attention_group(&l->attention, &l->window[i], end - i);
        attention_backward(&l->attention, &l->window[i], group, work->dout, work->f->C, scratch,
                           work->dq, work->dk, work->dk + work->f->C);
    }
}

/* --- a layer ---------------------------------------------------------------------------------- */

/* out = x + dropout(y W ᵀ + b) */
static void residual(const struct linear *map, const float *theta, const float *x, const float *y,
                     int N, float p, const uint8_t *keep, float *temporary, float *out)
{
    size_t n = (size_t)N * (size_t)map->out;
    if (p > 0.0f) {
        linear_forward(map, theta, y, N, temporary);
        dropout_apply(keep, p, temporary, x, n, out);
    } else {
        memcpy(out, x, n * sizeof *out);
        linear_forward_add(map, theta, y, N, out);
    }
}

void transformer_layer_forward(const struct transformer *f, int n, const float *theta,
                               struct transformer_saved *s, float *temporary, struct arena *scratch)
{
    const struct transformer_layer *map = &f->layer[n];
    struct layer_saved *l = &s->layer[n];
    size_t C = (size_t)f->C;
    float p = dropout_p(s->dropout, DROPOUT_ATTENTION_OUT);

    /* queries, keys, values; in the last layer queries of the read rows only */
    layernorm_forward(&map->ln1, theta, l->x, s->N, l->ln1, l->stats1);
    const float *x = l->x;
    l->attention = (struct attention_block){
        .H = f->H, .D = f->C / f->H, .p = p, .keep = l->keep_weight, .weight = l->attention.weight};
    if (l->last) {
        float *kv = l->qkv + (size_t)l->Q * C;
        gather_rows(l->x, s->read_row, l->Q, f->C, l->x_query);
        gather_rows(l->ln1, s->read_row, l->Q, f->C, l->ln1_query);
        linear_forward(&map->query, theta, l->ln1_query, l->Q, l->qkv);
        linear_forward(&map->key_value, theta, l->ln1, s->N, kv);
        l->attention.q = l->qkv, l->attention.ldq = f->C;
        l->attention.k = kv, l->attention.v = kv + C, l->attention.ldkv = 2 * f->C;
        x = l->x_query;
    } else {
        linear_forward(&map->qkv, theta, l->ln1, s->N, l->qkv);
        l->attention.q = l->qkv, l->attention.ldq = 3 * f->C;
        l->attention.k = l->qkv + C, l->attention.v = l->qkv + 2 * C;
        l->attention.ldkv = 3 * f->C;
    }
    plan_windows(f, s, l);
    struct windows_work work = work_on_windows(f, n, s);
    team_share(work.parts, windows_forward, &work, scratch);
    residual(&map->attn_out, theta, x, l->context, l->Q, p, l->keep_out, temporary, l->mid);

    layernorm_forward(&map->ln2, theta, l->mid, l->Q, l->ln2, l->stats2);
    linear_forward_relu(&map->mlp_in, theta, l->ln2, l->Q, l->hidden);
    residual(&map->mlp_out, theta, l->mid, l->hidden, l->Q, p, l->keep_mlp, temporary, l->out);
}

/* The gradient before a dropout: masked into `temporary`, or unchanged without dropout. */
static const float *undrop(const float *dy, size_t n, float p, const uint8_t *keep,
                           float *temporary)
{
    if (p == 0.0f)
        return dy;
    dropout_apply(keep, p, dy, NULL, n, temporary);
    return temporary;
}

void transformer_layer_backward(const struct transformer *f, int n, const float *theta,
                                const struct transformer_saved *s, struct layer_work *work,
                                struct arena *scratch, float *dtheta)
{
    const struct transformer_layer *map = &f->layer[n];
    const struct layer_saved *l = &s->layer[n];
    size_t C = (size_t)f->C, size = (size_t)l->Q * C;
    float p = l->attention.p;
    float *dx = work->dx, *dmid = work->dmid, *narrow = work->narrow, *wide = work->wide;

    /* feed-forward: dmid = dx + LN2'(W1ᵀ relu'(W2ᵀ drop(dx))) */
    const float *dy = undrop(dx, size, p, l->keep_mlp, narrow);
    linear_backward(&map->mlp_out, theta, l->hidden, dy, l->Q, dtheta, wide);
    activation_relu_backward(l->hidden, wide, 4 * size, wide);
    linear_backward(&map->mlp_in, theta, l->ln2, wide, l->Q, dtheta, narrow);
    layernorm_backward(&map->ln2, theta, l->mid, l->stats2, narrow, dx, l->Q, dtheta, dmid);

    /* attention: from here dx is free until the end */
    dy = undrop(dmid, size, p, l->keep_out, narrow);
    linear_backward(&map->attn_out, theta, l->context, dy, l->Q, dtheta, dx);
    float *dq = wide, *dk = l->last ? wide + size : wide + C;
    struct windows_work windows = work_on_windows(f, n, s);
    windows.dout = dx, windows.dq = dq, windows.dk = dk;
    team_share(windows.parts, windows_backward, &windows, scratch);
    if (l->last) {
        float *dln_query = wide + size + (size_t)s->N * 2 * C;
        linear_backward(&map->key_value, theta, l->ln1, dk, s->N, dtheta, narrow);
        linear_backward(&map->query, theta, l->ln1_query, dq, l->Q, dtheta, dln_query);
        add_rows(dln_query, s->read_row, l->Q, f->C, narrow);
        layernorm_backward(&map->ln1, theta, l->x, l->stats1, narrow, NULL, s->N, dtheta, dx);
        add_rows(dmid, s->read_row, l->Q, f->C, dx);
    } else {
        linear_backward(&map->qkv, theta, l->ln1, wide, s->N, dtheta, narrow);
        layernorm_backward(&map->ln1, theta, l->x, l->stats1, narrow, dmid, s->N, dtheta, dx);
    }
}
