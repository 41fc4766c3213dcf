/* The transformer as such: gradients against differences for every kind of token sequence, who sees
 * whom, equal bits for any number of threads, no allocation. Parity is in test_dt.c. */
#include "engine/base/team.h"
#include "engine/base/threads.h"
#include "engine/nn/transformer.h"
#include "tests/support/allocations.h"
#include "tests/support/fixture.h"
#include "tests/support/gradcheck.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 300 }; /* windows of the largest batch here */

static const struct {
    const char *what;
    int C, L, H, K, B, tokens, read;
    int width[3];
    enum transformer_outputs outputs;
    bool ragged, drop;
} nets[] = {
    {"K 1, one window, one head", 6, 1, 1, 1, 1, 3, 1, {1, 3, 2}, OUTPUT_REAL, false, false},
    {"K 1, two layers", 10, 2, 2, 1, 4, 3, 1, {1, 3, 2}, OUTPUT_REAL, false, false},
    {"ragged", 12, 2, 3, 5, 4, 3, 1, {1, 3, 2}, OUTPUT_REAL, true, false},
    {"ragged, dropout", 12, 3, 2, 4, 4, 3, 1, {1, 3, 2}, OUTPUT_REAL, true, true},
    {"padded positions", 8, 2, 2, 4, 5, 3, 1, {1, 2, 2}, OUTPUT_ALL, true, true},
    {"last position", 8, 2, 1, 4, 3, 3, 1, {1, 2, 2}, OUTPUT_LAST, true, false},
    {"state and action, read at action", 9, 2, 3, 6, 3, 2, 1, {3, 2}, OUTPUT_ALL, true, false},
    {"state, z, action, read at z", 8, 2, 2, 7, 2, 3, 1, {3, 5, 2}, OUTPUT_REAL, true, true},
    {"one token a step", 8, 1, 2, 5, 3, 1, 0, {4}, OUTPUT_REAL, true, false},
};
enum { NETS = sizeof nets / sizeof nets[0] };
static int net_rows[NETS] = {0, 1, 2, 3, 4, 5, 6, 7, 8};

struct net_case {
    struct layout layout;
    struct transformer f;
    struct windows w;
    struct dropout dropout;
    bool drop;
    int length[MOST];
    float *theta, *input[3], *weight; /* loss = weight · hidden, by position (B,K,C) */
    struct arena scratch;
};

static struct net_case *net_new(int C, int L, int H, int K, int B, int tokens, int read,
                                const int width[3], enum transformer_outputs outputs)
{
    static const char *const names[] = {"embed_a", "embed_b", "embed_c"};
    struct net_case *c = calloc(1, sizeof *c);
    struct transformer_token token[3];
    for (int i = 0; i < tokens; i++)
        token[i] = (struct transformer_token){names[i], width[i]};
    c->f = transformer_plan(&c->layout, "", C, L, H, tokens, token, read);
    cr_assert_eq(params_new(&c->layout, &c->theta), STATUS_OK);
    cr_assert_eq(params_init(&c->layout, c->theta, 2, 0), STATUS_OK);
    c->w = (struct windows){.B = B, .K = K, .outputs = outputs};
    for (int i = 0; i < tokens; i++) {
        c->w.pitch[i] = (size_t)K * (size_t)width[i];
        c->input[i] = gradcheck_normals((size_t)B * c->w.pitch[i], (uint64_t)i + 1);
        c->w.input[i] = c->input[i];
    }
    c->weight = gradcheck_normals((size_t)B * (size_t)K * (size_t)C, 7);
    c->dropout = (struct dropout){.p = 0.2f, .p_embedding = 0.1f, .key = 11, .step = 5};
    size_t extra = (size_t)transformer_block_outputs(&c->f, K) * (size_t)C * sizeof(float) + 4096;
    cr_assert_eq(arena_init(&c->scratch, transformer_scratch(&c->f, K, true) + extra), STATUS_OK);
    return c;
}

/* Uneven parameters: a forgotten gain or bias shows, and attention is far from uniform. */
static void stir(struct net_case *c)
{
    float *noise = gradcheck_normals(c->layout.size, 13);
    for (int i = 0; i < c->layout.count; i++) {
        const struct view *v = &c->layout.views[i];
        for (size_t j = v->offset; j < v->offset + view_size(v); j++)
            c->theta[j] += 0.25f * noise[j];
    }
    free(noise);
}

/* Half of the hidden units far above ReLU's kink, half far below: a difference never steps across.
 */
static void keep_off_the_kink(struct net_case *c)
{
    for (int n = 0; n < c->f.L; n++) {
        float *bias = c->theta + c->f.layer[n].mlp_in.bias;
        for (int j = 0; j < 4 * c->f.C; j++)
            bias[j] += j % 2 == 0 ? 6.0f : -6.0f;
    }
}

static struct net_case *net_row(int row)
{
    struct net_case *c = net_new(nets[row].C, nets[row].L, nets[row].H, nets[row].K, nets[row].B,
                                 nets[row].tokens, nets[row].read, nets[row].width,
                                 nets[row].outputs);
    stir(c);
    keep_off_the_kink(c);
    c->drop = nets[row].drop;
    if (nets[row].ragged) {
        for (int b = 0; b < c->w.B; b++)
            c->length[b] = 1 + (b * 3 + 1) % c->w.K;
        c->length[0] = c->w.K;
        if (c->w.outputs == OUTPUT_ALL)
            c->length[1] = 0; /* a window of padding only */
        c->w.length = c->length;
    }
    return c;
}

static void net_free(struct net_case *c)
{
    for (int i = 0; i < c->f.tokens; i++)
        free(c->input[i]);
    free(c->theta);
    free(c->weight);
    arena_free(&c->scratch);
    free(c);
}

static double net_loss(void *context)
{
    struct net_case *c = context;
    size_t C = (size_t)c->f.C;
    double sum = 0;
    for (struct span left = {0, c->w.B}; left.count > 0;) {
        struct span block = transformer_block(&c->f, &c->w, &left);
        struct transformer_pass *p = transformer_forward(&c->f, c->theta, &c->w, block,
                                                         c->drop ? &c->dropout : NULL, &c->scratch);
        for (size_t r = 0; r < (size_t)p->rows; r++)
            sum += gradcheck_dot(c->weight + (size_t)p->position[r] * C, p->hidden + r * C, C);
        arena_release(&c->scratch, 0);
    }
    return sum;
}

/* Gradient of net_loss over the windows of `items`. */
static void net_gradient(struct net_case *c, struct span items, struct arena *scratch,
                         float *dtheta, float *const dinput[3])
{
    size_t C = (size_t)c->f.C;
    for (struct span left = items; left.count > 0;) {
        struct span block = transformer_block(&c->f, &c->w, &left);
        size_t mark = arena_mark(scratch);
        struct transformer_pass *p = transformer_forward(&c->f, c->theta, &c->w, block,
                                                         c->drop ? &c->dropout : NULL, scratch);
        float *dhidden = arena_take(scratch, (size_t)p->rows * C);
        for (size_t r = 0; r < (size_t)p->rows; r++)
            memcpy(dhidden + r * C, c->weight + (size_t)p->position[r] * C, C * sizeof(float));
        transformer_backward(&c->f, c->theta, p, dhidden, scratch, dtheta, dinput);
        arena_release(scratch, mark);
    }
}

ParameterizedTestParameters(transformer, gradient_matches_differences)
{
    return cr_make_param_array(int, net_rows, NETS);
}

ParameterizedTest(int *row, transformer, gradient_matches_differences)
{
    struct net_case *c = net_row(*row);
    float *dtheta, *dinput[3] = {NULL};
    cr_assert_eq(params_new(&c->layout, &dtheta), STATUS_OK);
    for (int i = 0; i < c->f.tokens; i++)
        dinput[i] = calloc((size_t)c->w.B * c->w.pitch[i], sizeof(float));
    net_gradient(c, (struct span){0, c->w.B}, &c->scratch, dtheta, dinput);
    for (int i = 0; i < c->layout.count; i++) {
        const struct view *v = &c->layout.views[i];
        /* Absolute: a ReLU that a difference steps across, and the key bias, whose gradient is 0.
         */
        gradcheck(at("%s: %s", nets[*row].what, v->name), c->theta + v->offset, dtheta + v->offset,
                  view_size(v), net_loss, c, 5e-3, 2e-3);
    }
    for (int i = 0; i < c->f.tokens; i++) {
        gradcheck(at("%s: input %d", nets[*row].what, i), c->input[i], dinput[i],
                  (size_t)c->w.B * c->w.pitch[i], net_loss, c, 5e-3, 2e-3);
        free(dinput[i]);
    }
    free(dtheta);
    net_free(c);
}

/* Layers that share their memory compute what others do, in a fraction of it. */
ParameterizedTestParameters(transformer, evaluates_what_it_would_train_on)
{
    return cr_make_param_array(int, net_rows, NETS);
}

ParameterizedTest(int *row, transformer, evaluates_what_it_would_train_on)
{
    struct net_case *c = net_row(*row);
    size_t C = (size_t)c->f.C;
    struct span left = {0, c->w.B}, block = transformer_block(&c->f, &c->w, &left);
    const struct dropout *dropout = c->drop ? &c->dropout : NULL;
    const struct transformer_pass *p = transformer_forward(&c->f, c->theta, &c->w, block, dropout,
                                                           &c->scratch);
    size_t size = (size_t)p->rows * C * sizeof(float), used = c->scratch.used;
    int rows = p->rows;
    float *want = malloc(size + 1);
    memcpy(want, p->hidden, size);
    arena_release(&c->scratch, 0);
    p = transformer_evaluate(&c->f, c->theta, &c->w, block, dropout, &c->scratch);
    cr_assert_eq(p->rows, rows);
    cr_assert_eq(memcmp(p->hidden, want, size), 0);
    cr_assert(c->f.L == 1 || c->scratch.used < used);
    free(want);
    net_free(c);
}

/* --- who sees whom --------------------------------------------------------------------------- */

static const int dt_width[3] = {1, 4, 3};

/* Hidden rows by position (B,K,C), zero where there is none. */
static float *hidden_of(struct net_case *c)
{
    size_t C = (size_t)c->f.C;
    float *out = calloc((size_t)c->w.B * (size_t)c->w.K * C, sizeof *out);
    for (struct span left = {0, c->w.B}; left.count > 0;) {
        struct span block = transformer_block(&c->f, &c->w, &left);
        struct transformer_pass *p = transformer_forward(&c->f, c->theta, &c->w, block, NULL,
                                                         &c->scratch);
        int wanted = 0;
        for (int b = 0; b < block.count; b++)
            wanted += transformer_outputs(&c->w, block.first + b);
        cr_assert_eq(p->rows, wanted);
        for (size_t r = 0; r < (size_t)p->rows; r++)
            memcpy(out + (size_t)p->position[r] * C, p->hidden + r * C, C * sizeof *out);
        arena_release(&c->scratch, 0);
    }
    return out;
}

/* docs/methods.md 21.5: nothing after s_t, a_t included, reaches the prediction at t. Bit by bit.
 */
Test(transformer, does_not_see_the_future)
{
    enum { K = 6 };
    struct net_case *c = net_new(24, 2, 2, K, 1, 3, 1, dt_width, OUTPUT_REAL);
    stir(c);
    float *before = hidden_of(c);
    for (int t = 0; t < K; t++) {
        float kept[3][4];
        for (int i = 0; i < 3; i++) {
            /* the action of step t, everything of step t+1 */
            int step = i == 2 ? t : t + 1;
            if (step >= K)
                continue;
            float *x = c->input[i] + step * dt_width[i];
            memcpy(kept[i], x, (size_t)dt_width[i] * sizeof *x);
            for (int j = 0; j < dt_width[i]; j++)
                x[j] += 5.0f;
        }
        float *after = hidden_of(c);
        cr_assert_arr_eq(after, before, (size_t)(t + 1) * 24 * sizeof *after, "step %d", t);
        if (t + 1 < K)
            cr_assert_arr_neq(after + (t + 1) * 24, before + (t + 1) * 24, 24 * sizeof *after,
                              "step %d does not see the past", t + 1);
        free(after);
        for (int i = 0; i < 3; i++) {
            int step = i == 2 ? t : t + 1;
            if (step < K)
                memcpy(c->input[i] + step * dt_width[i], kept[i],
                       (size_t)dt_width[i] * sizeof(float));
        }
    }
    free(before);
    net_free(c);
}

/* Padding is not read where it is left out, and does not change real positions where it is not. */
Test(transformer, padding_does_not_reach_real_positions)
{
    enum { K = 7, B = 5, C = 16 };
    struct net_case *c = net_new(C, 2, 2, K, B, 3, 1, dt_width, OUTPUT_REAL);
    stir(c);
    for (int b = 0; b < B; b++)
        c->length[b] = 1 + b;
    c->w.length = c->length;
    for (int poison = 0; poison < 2; poison++) {
        float *packed = hidden_of(c);
        c->w.outputs = OUTPUT_ALL;
        float *all = hidden_of(c);
        c->w.outputs = OUTPUT_REAL;
        for (int b = 0; b < B; b++) {
            size_t real = (size_t)((b + 1) * K - c->length[b]) * C;
            expect_close("real positions", all + real, packed + real, (size_t)c->length[b] * C,
                         2e-6, 0);
        }
        free(all);
        free(packed);
        for (int b = 0; b < B; b++) { /* garbage in padding for the second round */
            for (int i = 0; i < 3; i++) {
                for (int j = 0; j < (K - c->length[b]) * dt_width[i]; j++)
                    c->input[i][(size_t)b * c->w.pitch[i] + (size_t)j] = 40.0f - (float)(j % 80);
            }
        }
    }
    /* left out means not read: NaN in padding and in the last action */
    float *before = hidden_of(c);
    for (int b = 0; b < B; b++) {
        for (int i = 0; i < 3; i++) {
            for (int j = 0; j < (K - c->length[b]) * dt_width[i]; j++)
                c->input[i][(size_t)b * c->w.pitch[i] + (size_t)j] = NAN;
        }
        for (int j = 0; j < dt_width[2]; j++)
            c->input[2][((size_t)b * K + K - 1) * (size_t)dt_width[2] + (size_t)j] = NAN;
    }
    float *after = hidden_of(c);
    cr_assert_arr_eq(after, before, (size_t)B * K * C * sizeof *after);
    free(before);
    free(after);
    net_free(c);
}

/* docs/methods.md 21.4: the E real steps alone, as acting feeds them, equal a window padded to K.
 */
Test(transformer, acts_on_the_context_as_on_the_padded_window)
{
    enum { K = 20, E = 5, B = 3, C = 16 };
    for (int steps = 1; steps <= E; steps++) {
        struct net_case *c = net_new(C, 3, 2, K, B, 3, 1, dt_width, OUTPUT_ALL);
        stir(c);
        for (int b = 0; b < B; b++)
            c->length[b] = steps;
        c->w.length = c->length;
        float *padded = hidden_of(c);
        for (int i = 0; i < 3; i++)
            c->w.input[i] += (K - steps) * dt_width[i];
        c->w.K = steps;
        c->w.length = NULL;
        c->w.outputs = OUTPUT_LAST;
        float *alone = hidden_of(c);
        for (int b = 0; b < B; b++)
            expect_close(at("context %d", steps), alone + ((size_t)(b + 1) * (size_t)steps - 1) * C,
                         padded + ((size_t)(b + 1) * K - 1) * C, C, 1e-5, 0);
        free(padded);
        free(alone);
        net_free(c);
    }
}

/* --- bits, blocks, memory -------------------------------------------------------------------- */

static void gradient_lane(void *context, int lane, struct span items, float *dtheta,
                          struct arena *scratch)
{
    (void)lane;
    net_gradient(context, items, scratch, dtheta, NULL);
}

static const struct {
    int K, B, C;
} batches[] = {{1, 256, 128}, {5, 60, 128}, {5, 256, 32}, {20, 64, 32}};
static int batch_rows[] = {0, 1, 2, 3};

/* One gradient with that many threads, summed in lane order, for free(). */
static float *gradient_with(struct net_case *c, int threads, long *allocations)
{
    threads_set(threads);
    static int rows[MOST];
    struct span spans[LANES_MAX];
    struct lanes l;
    size_t extra = (size_t)transformer_block_outputs(&c->f, c->w.K) * (size_t)c->f.C;
    cr_assert_eq(
        lanes_init(&l, c->layout.size,
                   transformer_scratch(&c->f, c->w.K, true) + extra * sizeof(float) + 4096),
        STATUS_OK);
    for (int b = 0; b < c->w.B; b++)
        rows[b] = transformer_rows(&c->f, &c->w, b);
    int lanes = lanes_split(c->w.B, rows, spans);
    lanes_run(&l, lanes, spans, gradient_lane, c); /* threads start here */
    allocations_begin();
    lanes_run(&l, lanes, spans, gradient_lane, c);
    *allocations = allocations_end();
    float *sum;
    cr_assert_eq(params_new(&c->layout, &sum), STATUS_OK);
    for (int i = 0; i < lanes; i++) {
        for (size_t j = 0; j < c->layout.size; j++)
            sum[j] += l.dtheta[i][j];
    }
    lanes_free(&l);
    return sum;
}

ParameterizedTestParameters(transformer, gradient_has_equal_bits_for_any_number_of_threads)
{
    return cr_make_param_array(int, batch_rows, 4);
}

ParameterizedTest(int *row, transformer, gradient_has_equal_bits_for_any_number_of_threads)
{
    int K = batches[*row].K, B = batches[*row].B;
    struct net_case *c = net_new(batches[*row].C, 2, 4, K, B, 3, 1, dt_width, OUTPUT_REAL);
    c->drop = true;
    for (int b = 0; b < B; b++)
        c->length[b] = 1 + (b * 7) % K;
    c->w.length = c->length;
    static const int team[] = {1, 2, 3, 4, 8, 16, 32};
    float *first = NULL;
    for (size_t t = 0; t < sizeof team / sizeof *team; t++) {
        int threads = team[t];
        long allocations;
        team_cut_all(t % 2 == 0);
        float *sum = gradient_with(c, threads, &allocations);
        if (first == NULL)
            first = sum;
        else
            cr_assert_arr_eq(sum, first, c->layout.size * sizeof *sum, "%d threads", threads);
        if (allocations_counted())
            cr_assert_eq(allocations, 0, "%ld allocations with %d threads", allocations, threads);
        if (sum != first)
            free(sum);
    }
    free(first);
    net_free(c);
}

/* However windows are grouped, results differ by rounding only, dropout included. */
Test(transformer, result_does_not_depend_on_blocks)
{
    enum { K = 20, B = 40, C = 16 };
    struct net_case *c = net_new(C, 2, 2, K, B, 3, 1, dt_width, OUTPUT_REAL);
    stir(c);
    c->drop = true;
    float *together, *apart;
    cr_assert_eq(params_new(&c->layout, &together), STATUS_OK);
    cr_assert_eq(params_new(&c->layout, &apart), STATUS_OK);
    net_gradient(c, (struct span){0, B}, &c->scratch, together, NULL);
    for (int b = 0; b < B; b++)
        net_gradient(c, (struct span){b, 1}, &c->scratch, apart, NULL);
    for (int i = 0; i < c->layout.count; i++) {
        const struct view *v = &c->layout.views[i];
        expect_close(v->name, apart + v->offset, together + v->offset, view_size(v), 2e-5, 1e-4);
    }
    free(together);
    free(apart);
    net_free(c);
}

/* transformer_scratch is an upper bound for every mix of lengths (the arena asserts it), and the
 * blocks of a lane are whole, in order and of about equal size. */
Test(transformer, blocks_cover_a_lane_and_fit_the_scratch)
{
    enum { B = 300 };
    static const int longest[] = {1, 2, 5, 20, 300};
    struct rng rng = rng_at(3, RNG_TEST, 0);
    for (int k = 0; k < 5; k++) {
        for (int mode = OUTPUT_REAL; mode <= OUTPUT_LAST; mode++) {
            int K = longest[k];
            struct net_case *c = net_new(4, 2, 2, K, K == 300 ? 3 : B, 3, 1, dt_width,
                                         (enum transformer_outputs)mode);
            c->drop = true;
            for (int b = 0; b < c->w.B; b++)
                c->length[b] = 1 + (int)rng_below(&rng, (uint32_t)K);
            c->w.length = c->length;
            struct span all = {0, c->w.B};
            int next = 0, blocks = 0, total = 0;
            for (struct span left = all; left.count > 0; blocks++) {
                struct span block = transformer_block(&c->f, &c->w, &left);
                cr_assert_eq(block.first, next);
                cr_assert(block.count > 0);
                int rows = 0;
                for (int b = 0; b < block.count; b++)
                    rows += transformer_rows(&c->f, &c->w, block.first + b);
                cr_assert(rows <= TRANSFORMER_BLOCK_ROWS || block.count == 1);
                next += block.count;
                total += rows;
            }
            cr_assert_eq(next, c->w.B);
            cr_assert(K == 300 || blocks <= total / (TRANSFORMER_BLOCK_ROWS - 60) + 1, "%d blocks",
                      blocks);
            float *dtheta;
            cr_assert_eq(params_new(&c->layout, &dtheta), STATUS_OK);
            net_gradient(c, all, &c->scratch, dtheta, NULL);
            cr_assert_eq(params_check_finite(&c->layout, dtheta, "gradient"), STATUS_OK, "%s",
                         status_sentence());
            free(dtheta);
            net_free(c);
        }
    }
}

/* docs/networks.md 1: trained parameters of the published sizes, less the critics. */
Test(transformer, has_the_published_number_of_parameters)
{
    static const struct {
        const char *what;
        int S, A;
        size_t trained;
    } published[] = {{"hopper", 11, 3, 12622339}, {"walker2d", 17, 6, 12628486},
                     {"pen", 45, 24, 12661272},   {"relocate", 39, 30, 12664350},
                     {"maze2d", 4, 2, 12617730},  {"antmaze", 29, 8, 12636680}};
    for (size_t i = 0; i < sizeof published / sizeof published[0]; i++) {
        struct layout l = {0};
        transformer_plan_dt(&l, 512, 4, 4, published[i].S, published[i].A);
        linear_plan(&l, "head", 512, published[i].A, LINEAR_UNIFORM);
        size_t sum = 0;
        for (int j = 0; j < l.count; j++)
            sum += view_size(&l.views[j]);
        cr_assert_eq(sum, published[i].trained, "%s has %zu", published[i].what, sum);
    }
}

/* docs/networks.md 1, "Initial values" */
Test(transformer, starts_as_published)
{
    struct net_case *c = net_new(64, 2, 4, 2, 1, 3, 1, dt_width, OUTPUT_REAL);
    for (int i = 0; i < c->layout.count; i++) {
        const struct view *v = &c->layout.views[i];
        const float *x = c->theta + v->offset;
        double mean = 0, square = 0, n = (double)view_size(v);
        for (size_t j = 0; j < view_size(v); j++) {
            mean += (double)x[j] / n;
            square += (double)x[j] * (double)x[j] / n;
        }
        bool norm = strstr(v->name, "ln") != NULL, bias = strstr(v->name, ".bias") != NULL;
        if (norm) {
            cr_assert_eq(square, bias ? 0.0 : 1.0, "%s", v->name);
        } else if (strncmp(v->name, "embed", 5) == 0) {
            int in = dt_width[v->name[6] - 'a'];
            cr_assert_float_eq(square, 1.0 / (3.0 * in), 6.0 / (3.0 * in) * sqrt(0.8 / n), "%s",
                               v->name);
        } else if (bias) {
            cr_assert_eq(square, 0.0, "%s", v->name);
        } else {
            cr_assert_float_eq(square, 4e-4, 5 * 4e-4 * sqrt(2 / n), "%s", v->name);
            cr_assert_float_eq(mean, 0.0, 5 * 0.02 / sqrt(n), "%s", v->name);
        }
    }
    net_free(c);
}
