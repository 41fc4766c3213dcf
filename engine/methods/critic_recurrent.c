/* The recurrent critic of Fig. 23: a stack over the whole window, padding fed in as data, then
 * LayerNorm (if the suite uses it), ReLU and an affine map to one number per position. The nets are
 * two independent stacks: docs/networks.md 2. */
#include "engine/methods/critic.h"
#include "engine/nn/activation.h"

#include <stdio.h>

static void plan_stack(const struct critic_spec *spec, struct layout *l, const char *name,
                       struct critic_net *net)
{
    char output[PARAMS_NAME];
    snprintf(output, sizeof output, "%s.output", name);
    net->stack = lstm_plan(l, name, spec->cell == CRITIC_LSTM, net->in, spec->width, spec->layers);
    net->output = linear_plan(l, output, spec->width, 1, LINEAR_UNIFORM);
    net->norm = spec->norm;
}

static void take_stack(const struct critic_net *net, int B, int K, struct arena *a,
                       struct critic_net_tape *tape)
{
    size_t rows = (size_t)B * (size_t)K, floats = rows * (size_t)net->stack.width;
    lstm_take(&net->stack, B, K, a, &tape->stack);
    tape->top = arena_take(a, floats);
    tape->feature = arena_take(a, floats);
    tape->stats = arena_take(a, 2 * rows);
    tape->dtop = arena_take(a, floats);
}

static void forward_stack(const struct critic_net *net, const float *theta, int B, int K,
                          struct critic_net_tape *tape, float *y)
{
    const struct layernorm norm = layernorm_plain(net->stack.width);
    size_t floats = (size_t)B * (size_t)K * (size_t)net->stack.width;
    lstm_forward(&net->stack, theta, tape->x, B, &tape->stack, tape->top);
    const float *x = tape->top;
    if (net->norm) {
        layernorm_forward(&norm, NULL, x, B * K, tape->feature, tape->stats);
        x = tape->feature;
    }
    activation_relu(x, floats, tape->feature);
    linear_forward(&net->output, theta, tape->feature, B * K, y);
}

static void backward_stack(const struct critic_net *net, const float *theta, int B, int K,
                           const float *dy, struct critic_net_tape *tape, float *dtheta, float *dx,
                           int from)
{
    const struct layernorm norm = layernorm_plain(net->stack.width);
    size_t floats = (size_t)B * (size_t)K * (size_t)net->stack.width;
    float *d = tape->dtop;
    linear_backward(&net->output, theta, tape->feature, dy, B * K, dtheta, d);
    activation_relu_backward(tape->feature, d, floats, d);
    if (net->norm)
        layernorm_backward(&norm, NULL, tape->top, tape->stats, d, NULL, B * K, NULL, d);
    lstm_backward(&net->stack, theta, d, &tape->stack, dtheta, dx, from);
}

const struct critic_ops critic_recurrent = {.name = "recurrent",
                                            .plan = plan_stack,
                                            .take = take_stack,
                                            .forward = forward_stack,
                                            .backward = backward_stack};
