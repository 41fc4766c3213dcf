#include "engine/nn/transformer_impl.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* --- plan ----------------------------------------------------------------------------------- */

static const char *joined(char name[PARAMS_NAME], const char *prefix, const char *part)
{
    snprintf(name, PARAMS_NAME, "%s%s", prefix, part);
    return name;
}

static struct transformer_layer plan_layer(struct layout *l, const char *prefix, int n, int C)
{
    char base[PARAMS_NAME - 16], name[PARAMS_NAME];
    snprintf(base, sizeof base, "%sblock%d", prefix, n);
    struct transformer_layer f;
    f.ln1 = layernorm_plan(l, joined(name, base, ".ln1"), C);
    f.qkv = linear_plan(l, joined(name, base, ".attn.qkv"), C, 3 * C, LINEAR_NORMAL);
    f.query = linear_slice(&f.qkv, 0, C);
    f.key_value = linear_slice(&f.qkv, C, 2 * C);
    f.attn_out = linear_plan(l, joined(name, base, ".attn.out"), C, C, LINEAR_NORMAL);
    f.ln2 = layernorm_plan(l, joined(name, base, ".ln2"), C);
    f.mlp_in = linear_plan(l, joined(name, base, ".mlp.in"), C, 4 * C, LINEAR_NORMAL);
    f.mlp_out = linear_plan(l, joined(name, base, ".mlp.out"), 4 * C, C, LINEAR_NORMAL);
    return f;
}

struct transformer transformer_plan(struct layout *l, const char *prefix, int C, int L, int H,
                                    int tokens, const struct transformer_token token[], int read)
{
    assert(C >= 1 && H >= 1 && C % H == 0 && L >= 1 && L <= TRANSFORMER_LAYERS);
    assert(tokens >= 1 && tokens <= TRANSFORMER_TOKENS && read >= 0 && read < tokens);
    struct transformer f = {.C = C, .L = L, .H = H, .tokens = tokens, .read = read};
    char name[PARAMS_NAME];
    for (int i = 0; i < tokens; i++) {
        f.widths[i] = token[i].width;
        f.embed[i] = linear_plan(l, joined(name, prefix, token[i].name), token[i].width, C,
                                 LINEAR_UNIFORM);
    }
    f.embed_ln = layernorm_plan(l, joined(name, prefix, "embed_ln"), C);
    for (int n = 0; n < L; n++)
        f.layer[n] = plan_layer(l, prefix, n, C);
    f.ln_f = layernorm_plan(l, joined(name, prefix, "ln_f"), C);
    return f;
}

struct transformer transformer_plan_dt(struct layout *l, int C, int L, int H, int S, int A)
{
    struct transformer_token token[] = {
        {"embed_return", 1}, {"embed_state", S}, {"embed_action", A}};
    return transformer_plan(l, "", C, L, H, 3, token, 1);
}

/* --- windows and blocks --------------------------------------------------------------------- */

/* Tokens after the last read one: no real token attends to them. */
static int trailing(const struct transformer *f)
{
    return f->tokens - 1 - f->read;
}

/* Window b as a segment, without its place in a block. */
static struct segment segment_of(const struct transformer *f, const struct windows *w, int b)
{
    int real = w->length != NULL ? w->length[b] : w->K;
    assert(real >= 0 && real <= w->K);
    struct segment g = {.window = b, .steps = w->outputs == OUTPUT_ALL ? w->K : real};
    g.padding = g.steps - real;
    g.tokens = g.steps * f->tokens;
    /* A padded query sees all real tokens, including the trailing ones. */
    bool seen = g.padding > 0 && real > 0;
    if (g.tokens > 0 && !seen)
        g.tokens -= trailing(f);
    g.reads = w->outputs == OUTPUT_LAST && g.steps > 1 ? 1 : g.steps;
    g.first_read = (g.steps - g.reads) * f->tokens + f->read;
    return g;
}

int transformer_outputs(const struct windows *w, int b)
{
    int real = w->length != NULL ? w->length[b] : w->K;
    return w->outputs == OUTPUT_ALL ? w->K : w->outputs == OUTPUT_LAST && real > 1 ? 1 : real;
}

int transformer_rows(const struct transformer *f, const struct windows *w, int b)
{
    return segment_of(f, w, b).tokens;
}

struct span transformer_block(const struct transformer *f, const struct windows *w,
                              struct span *left)
{
    int total = 0;
    for (int i = 0; i < left->count; i++)
        total += transformer_rows(f, w, left->first + i);
    /* Blocks of equal size rather than full ones and a remainder. */
    int blocks = (total + TRANSFORMER_BLOCK_ROWS - 1) / TRANSFORMER_BLOCK_ROWS;
    int share = blocks > 0 ? (total + blocks - 1) / blocks : 0;
    struct span block = {.first = left->first};
    int rows = 0;
    while (block.count < left->count) {
        int more = transformer_rows(f, w, left->first + block.count);
        if (block.count > 0 && (rows >= share || rows + more > TRANSFORMER_BLOCK_ROWS))
            break;
        rows += more;
        block.count++;
    }
    left->first += block.count;
    left->count -= block.count;
    return block;
}

/* --- what a block takes from the arena ------------------------------------------------------- */

struct extent { /* upper bounds of a block, or its exact sizes */
    int count, N, reads;
    int token_count[TRANSFORMER_TOKENS];
    size_t weights, weights_last; /* floats of attention weights, first layers and last */
    size_t keeps, keeps_last;     /* bytes of their keep masks */
};

static void extent_add(const struct transformer *f, struct extent *e, const struct segment *g)
{
    e->count++;
    e->N += g->tokens;
    e->reads += g->reads;
    for (int i = 0; i < f->tokens; i++)
        e->token_count[i] += (g->tokens + f->tokens - 1 - i) / f->tokens;
    e->weights += attention_weights(f->H, g->tokens, g->tokens);
    e->weights_last += attention_weights(f->H, g->reads, g->tokens);
    e->keeps += (size_t)f->H * (size_t)g->tokens * (size_t)g->tokens;
    e->keeps_last += (size_t)f->H * (size_t)g->reads * (size_t)g->tokens;
}

static void take_layer(const struct transformer *f, const struct extent *e, bool last, bool drop,
                       struct arena *a, struct layer_saved *l)
{
    size_t C = (size_t)f->C, N = (size_t)e->N, Q = (size_t)(last ? e->reads : e->N);
    *l = (struct layer_saved){.last = last, .Q = (int)Q};
    l->ln1 = arena_take(a, N * C);
    l->stats1 = arena_take(a, 2 * N);
    if (last) {
        l->x_query = arena_take(a, Q * C);
        l->ln1_query = arena_take(a, Q * C);
    }
    l->qkv = arena_take(a, (Q + 2 * N) * C);
    l->context = arena_take(a, Q * C);
    l->mid = arena_take(a, Q * C);
    l->ln2 = arena_take(a, Q * C);
    l->stats2 = arena_take(a, 2 * Q);
    l->hidden = arena_take(a, 4 * Q * C);
    l->out = arena_take(a, Q * C);
    l->window = arena_take_bytes(a, (size_t)e->count * sizeof *l->window);
    l->attention.weight = arena_take(a, last ? e->weights_last : e->weights);
    if (drop) {
        l->keep_out = arena_take_bytes(a, Q * C);
        l->keep_mlp = arena_take_bytes(a, Q * C);
        l->keep_weight = arena_take_bytes(a, last ? e->keeps_last : e->keeps);
    }
}

/* A layer in the memory of the one before it, whose values only its input needs, until its own
 * output takes their place. */
static void share_layer(const struct transformer *f, const struct extent *e, bool last,
                        struct arena *a, const struct layer_saved *before, struct layer_saved *l)
{
    size_t C = (size_t)f->C, Q = (size_t)(last ? e->reads : e->N);
    *l = *before;
    l->last = last;
    l->Q = (int)Q;
    if (last) {
        l->x_query = arena_take(a, Q * C);
        l->ln1_query = arena_take(a, Q * C);
    }
}

static void take_saved(const struct transformer *f, const struct extent *e, bool drop,
                       bool drop_embedding, bool backward, struct arena *a,
                       struct transformer_saved *s)
{
    size_t C = (size_t)f->C, N = (size_t)e->N, reads = (size_t)e->reads;
    s->segment = arena_take_bytes(a, (size_t)e->count * sizeof *s->segment);
    s->read_row = arena_take_bytes(a, reads * sizeof(int));
    for (int i = 0; i < f->tokens; i++) {
        size_t n = (size_t)e->token_count[i];
        s->token_row[i] = arena_take_bytes(a, n * sizeof(int));
        s->token_input[i] = arena_take(a, n * (size_t)f->widths[i]);
    }
    s->embedded = arena_take(a, N * C);
    s->embed_stats = arena_take(a, 2 * N);
    s->x = arena_take(a, N * C);
    if (drop_embedding)
        s->keep_embed = arena_take_bytes(a, N * C);
    for (int n = 0; n < f->L; n++) {
        bool last = n == f->L - 1;
        if (n == 0 || backward)
            take_layer(f, e, last, drop, a, &s->layer[n]);
        else
            share_layer(f, e, last, a, &s->layer[n - 1], &s->layer[n]);
    }
    s->final_stats = arena_take(a, 2 * reads);
    s->hidden = arena_take(a, reads * C);
}

static struct layer_work take_work(const struct transformer *f, int N, struct arena *a)
{
    size_t n = (size_t)N * (size_t)f->C;
    return (struct layer_work){.dx = arena_take(a, n),
                               .dmid = arena_take(a, n),
                               .narrow = arena_take(a, n),
                               .wide = arena_take(a, 4 * n)};
}

/* Bounds of any block of windows of up to K steps. A segment's memory grows no faster than its
 * rows, apart from padded tiles, so the worst block consists of the kind of segment that takes most
 * per row; segments of one step have the largest share of read rows. */
static struct extent worst_extent(const struct transformer *f, int K)
{
    int full = f->tokens * K, least = f->tokens - trailing(f);
    int rows = full > TRANSFORMER_BLOCK_ROWS ? full : TRANSFORMER_BLOCK_ROWS;
    struct extent e = {.count = rows / least + 1, .N = rows, .reads = rows / least + 1};
    for (int i = 0; i < f->tokens; i++)
        e.token_count[i] = rows / least + 1;
    for (int steps = 1; steps <= K; steps++) {
        for (int whole = 0; whole < 2; whole++) {
            struct segment g = {.steps = steps,
                                .tokens = steps * f->tokens - (whole ? 0 : trailing(f)),
                                .reads = steps};
            struct extent one = {0};
            extent_add(f, &one, &g);
            size_t n = (size_t)(rows / g.tokens) + 1;
            e.weights = one.weights * n > e.weights ? one.weights * n : e.weights;
            e.weights_last = one.weights_last * n > e.weights_last ? one.weights_last * n
                                                                   : e.weights_last;
            e.keeps = one.keeps * n > e.keeps ? one.keeps * n : e.keeps;
            e.keeps_last = one.keeps_last * n > e.keeps_last ? one.keeps_last * n : e.keeps_last;
        }
    }
    return e;
}

int transformer_block_outputs(const struct transformer *f, int K)
{
    return worst_extent(f, K).reads;
}

size_t transformer_scratch(const struct transformer *f, int K, bool backward)
{
    struct arena dry;
    (void)arena_init(&dry, 0);
    struct extent e = worst_extent(f, K);
    struct transformer_saved saved;
    arena_take_bytes(&dry, sizeof(struct transformer_pass));
    arena_take_bytes(&dry, sizeof saved);
    arena_take_bytes(&dry, (size_t)e.reads * sizeof(int));
    take_saved(f, &e, true, true, backward, &dry, &saved);
    /* forward's temporary is smaller than backward's buffers; attention's come on top of either */
    if (backward)
        take_work(f, e.N, &dry);
    else
        arena_take(&dry, (size_t)e.N * (size_t)f->C);
    attention_reserve(f->C / f->H, f->tokens * K, &dry);
    return dry.high;
}

/* --- forward -------------------------------------------------------------------------------- */

/* Copy the inputs of every token to its kind's array, in row order. */
static void gather_tokens(const struct transformer *f, const struct windows *w,
                          struct transformer_saved *s)
{
    for (int i = 0; i < s->count; i++) {
        const struct segment *g = &s->segment[i];
        for (int t = 0; t < g->tokens; t++) {
            int kind = t % f->tokens, step = w->K - g->steps + t / f->tokens;
            size_t width = (size_t)f->widths[kind];
            const float *from = w->input[kind] + (size_t)g->window * w->pitch[kind] +
                                (size_t)step * width;
            int n = s->token_count[kind]++;
            memcpy(s->token_input[kind] + (size_t)n * width, from, width * sizeof *from);
            s->token_row[kind][n] = g->row + t;
        }
    }
}

/* x = dropout(LN(maps of the inputs)) */
static void embed(const struct transformer *f, const float *theta, struct transformer_saved *s,
                  float *temporary)
{
    size_t C = (size_t)f->C;
    for (int kind = 0; kind < f->tokens; kind++) {
        linear_forward(&f->embed[kind], theta, s->token_input[kind], s->token_count[kind],
                       temporary);
        for (int i = 0; i < s->token_count[kind]; i++)
            memcpy(s->embedded + (size_t)s->token_row[kind][i] * C, temporary + (size_t)i * C,
                   C * sizeof(float));
    }
    layernorm_forward(&f->embed_ln, theta, s->embedded, s->N, s->x, s->embed_stats);
    float p = dropout_p(s->dropout, DROPOUT_EMBEDDING);
    if (p == 0.0f)
        return;
    for (int i = 0; i < s->count; i++) {
        const struct segment *g = &s->segment[i];
        struct dropout_site site = {.kind = DROPOUT_EMBEDDING,
                                    .window = g->window,
                                    .heads = 1,
                                    .rows = g->tokens,
                                    .row_first = (s->w->K - g->steps) * f->tokens,
                                    .row_step = 1,
                                    .cols = f->C};
        dropout_mask(s->dropout, &site, s->keep_embed + (size_t)g->row * C);
    }
    dropout_apply(s->keep_embed, p, s->x, NULL, (size_t)s->N * C, s->x);
}

static struct transformer_pass *forward(const struct transformer *f, const float *theta,
                                        const struct windows *w, struct span block,
                                        const struct dropout *dropout, bool backward,
                                        struct arena *scratch)
{
    /* Measure the block first, so that all it saves for backward is taken at once. */
    struct extent e = {0};
    for (int i = 0; i < block.count; i++) {
        struct segment g = segment_of(f, w, block.first + i);
        extent_add(f, &e, &g);
    }
    struct transformer_pass *pass = arena_take_bytes(scratch, sizeof *pass);
    struct transformer_saved *s = arena_take_bytes(scratch, sizeof *s);
    int *position = arena_take_bytes(scratch, (size_t)e.reads * sizeof *position);
    *s = (struct transformer_saved){
        .w = w, .dropout = dropout, .count = e.count, .N = e.N, .reads = e.reads};
    take_saved(f, &e, dropout_p(dropout, DROPOUT_ATTENTION_OUT) > 0.0f,
               dropout_p(dropout, DROPOUT_EMBEDDING) > 0.0f, backward, scratch, s);

    /* Lay out the block: segments in rows, read rows, and their positions in (B,K). */
    int row = 0, read = 0;
    for (int i = 0; i < s->count; i++) {
        struct segment *g = &s->segment[i];
        *g = segment_of(f, w, block.first + i);
        g->row = row;
        g->read_row = read;
        for (int r = 0; r < g->reads; r++, read++) {
            s->read_row[read] = row + g->first_read + r * f->tokens;
            position[read] = g->window * w->K + w->K - g->reads + r;
        }
        row += g->tokens;
    }

    size_t mark = arena_mark(scratch);
    float *temporary = arena_take(scratch, (size_t)s->N * (size_t)f->C);
    gather_tokens(f, w, s);
    embed(f, theta, s, temporary);
    for (int n = 0; n < f->L; n++) {
        s->layer[n].x = n == 0 ? s->x : s->layer[n - 1].out;
        transformer_layer_forward(f, n, theta, s, temporary, scratch);
    }
    layernorm_forward(&f->ln_f, theta, s->layer[f->L - 1].out, s->reads, s->hidden, s->final_stats);
    arena_release(scratch, mark);
    *pass = (struct transformer_pass){
        .rows = s->reads, .hidden = s->hidden, .position = position, .saved = s};
    return pass;
}

struct transformer_pass *transformer_forward(const struct transformer *f, const float *theta,
                                             const struct windows *w, struct span block,
                                             const struct dropout *dropout, struct arena *scratch)
{
    return forward(f, theta, w, block, dropout, true, scratch);
}

const struct transformer_pass *transformer_evaluate(const struct transformer *f, const float *theta,
                                                    const struct windows *w, struct span block,
                                                    const struct dropout *dropout,
                                                    struct arena *scratch)
{
    return forward(f, theta, w, block, dropout, false, scratch);
}

/* --- backward ------------------------------------------------------------------------------- */

/* dx of the inputs of one kind of token, scattered to (B,K,width). */
static void scatter_input(const struct transformer *f, const struct transformer_saved *s, int kind,
                          const float *dinput, float *out)
{
    size_t width = (size_t)f->widths[kind], n = 0;
    for (int i = 0; i < s->count; i++) {
        const struct segment *g = &s->segment[i];
        for (int t = kind; t < g->tokens; t += f->tokens, n++) {
            int step = s->w->K - g->steps + t / f->tokens;
            memcpy(out + ((size_t)g->window * (size_t)s->w->K + (size_t)step) * width,
                   dinput + n * width, width * sizeof *out);
        }
    }
}

static void embed_backward(const struct transformer *f, const float *theta,
                           const struct transformer_saved *s, struct layer_work *work,
                           float *dtheta, float *const dinput[TRANSFORMER_TOKENS])
{
    size_t C = (size_t)f->C;
    float *dx = work->dx, *gathered = work->narrow;
    float p = dropout_p(s->dropout, DROPOUT_EMBEDDING);
    if (p > 0.0f)
        dropout_apply(s->keep_embed, p, dx, NULL, (size_t)s->N * C, dx);
    layernorm_backward(&f->embed_ln, theta, s->embedded, s->embed_stats, dx, NULL, s->N, dtheta,
                       dx);
    for (int kind = 0; kind < f->tokens; kind++) {
        for (int i = 0; i < s->token_count[kind]; i++)
            memcpy(gathered + (size_t)i * C, dx + (size_t)s->token_row[kind][i] * C,
                   C * sizeof(float));
        bool wanted = dinput != NULL && dinput[kind] != NULL;
        linear_backward(&f->embed[kind], theta, s->token_input[kind], gathered,
                        s->token_count[kind], dtheta, wanted ? work->wide : NULL);
        if (wanted)
            scatter_input(f, s, kind, work->wide, dinput[kind]);
    }
}

void transformer_backward(const struct transformer *f, const float *theta,
                          const struct transformer_pass *pass, const float *dhidden,
                          struct arena *scratch, float *dtheta,
                          float *const dinput[TRANSFORMER_TOKENS])
{
    const struct transformer_saved *s = pass->saved;
    size_t mark = arena_mark(scratch);
    struct layer_work work = take_work(f, s->N, scratch);
    layernorm_backward(&f->ln_f, theta, s->layer[f->L - 1].out, s->final_stats, dhidden, NULL,
                       s->reads, dtheta, work.dx);
    for (int n = f->L - 1; n >= 0; n--)
        transformer_layer_backward(f, n, theta, s, &work, scratch, dtheta);
    embed_backward(f, theta, s, &work, dtheta, dinput);
    arena_release(scratch, mark);
}
