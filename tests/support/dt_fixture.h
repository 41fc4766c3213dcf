/* Fixtures of the decision transformer: the published code's tensors in our layout.
 *
 * Only trained tensors have a view; embed_timestep, wte, predict_state and predict_return of the
 * files are left out. The block matrices are stored (in,out) there and (out,in) here. */
#ifndef TESTS_SUPPORT_DT_FIXTURE_H
#define TESTS_SUPPORT_DT_FIXTURE_H

#include "engine/nn/head.h"
#include "engine/nn/transformer.h"
#include "tests/support/fixture.h"

/* What an f32 engine may differ from the f64 results (the recordings' README), relative to a
 * tensor's largest magnitude. */
#define DT_FORWARD     2e-6 /* outputs at real steps, losses without entropy */
#define DT_PADDED      1e-3 /* outputs at padded steps: scores there are rounded to 2^-10 */
#define DT_ENTROPY     3e-4 /* means over padding, and losses that contain one */
#define DT_GRADIENT    1e-5
#define DT_KEY_BIAS    1e-8 /* absolute: the true gradient is 0 */
/* Changes of parameters: end to end, root mean square and single elements; from a given gradient.
 */
#define DT_STEP_RMS    2e-3
#define DT_STEP_SINGLE 5e-2
#define DT_STEP_GIVEN  2e-4
/* A first step is close to the gradient's sign. Where the gradient is this small a part of its
 * tensor's largest, single precision's rounding of it is a few percent of it, or decides the sign.
 */
#define DT_NOISE       2e-5

/* The published name of one of our views ("block2.attn.qkv.weight" is
 * "transformer.h.2.attn.c_attn.weight", transposed); false: not part of a transformer policy. */
bool dt_published_name(const char *view, char published[FILE_PATH], bool *transposed);

/* `group`/<published name of v> as (rows,cols) of the view, for free(); NULL when v has no
 * published name or the group does not hold it. */
float *dt_tensor(const struct h5 *f, const char *group, const struct view *v);

/* Fill every view that has a published name; one that is absent from the group fails the test. */
void dt_load(const struct h5 *f, const char *group, const struct layout *l, float *theta);

/* Every gradient of the group, by name; the key third of attn.qkv.bias only absolutely
 * where its true value is 0. */
void dt_expect_gradient(const struct h5 *f, const char *group, const struct layout *l,
                        const float *dtheta, double relative);

/* Parameters after a step, end to end: per tensor, the root mean square difference in change at
 * most DT_STEP_RMS of the root mean square change, and no element off by more than DT_STEP_SINGLE
 * of the largest change. Elements whose first gradient (group `gradient`) is rounding noise
 * (DT_NOISE) are left out. `before`: the vector before the step. A tensor that `group` lacks did
 * not change. */
void dt_expect_step(const struct h5 *f, const char *group, const char *gradient,
                    const struct layout *l, const float *before, const float *after);

/* The same for a step on the file's own gradient: within DT_STEP_GIVEN, all elements. */
void dt_expect_given_step(const struct h5 *f, const char *group, const struct layout *l,
                          const float *before, const float *after);

/* A dt_*.h5 file (or another with the same groups): sizes, network, parameters and batch. */
struct dt_fixture {
    struct h5 f;
    int B, K, S, A, C, L, H;
    bool stochastic;
    struct layout layout;
    struct transformer net;
    struct head_tanh tanh;
    struct head_gaussian gaussian;
    float *theta;                /* init/actor */
    float *state, *action, *rtg; /* (B,K,S), (B,K,A), (B,K+1) */
    int *mask, *length;          /* (B,K), (B) */
    int real;                    /* real steps in the batch */
    struct windows w;            /* outputs: OUTPUT_REAL */
};

struct dt_fixture dt_fixture_open(const char *name);
void dt_fixture_close(struct dt_fixture *d);

#endif
