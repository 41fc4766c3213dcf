/* The paper's critic: an MLP on one position at a time, without history. */
#include "engine/methods/critic.h"

static void plan_mlp(const struct critic_spec *spec, struct layout *l, const char *name,
                     struct critic_net *net)
{
    net->mlp = mlp_plan(l, name, net->in, spec->width, spec->layers, 1, spec->norm);
}

static void take_mlp(const struct critic_net *net, int B, int K, struct arena *a,
                     struct critic_net_tape *tape)
{
    mlp_take(&net->mlp, B * K, false, a, &tape->mlp);
}

static void forward_mlp(const struct critic_net *net, const float *theta, int B, int K,
                        struct critic_net_tape *tape, float *y)
{
    mlp_forward(&net->mlp, theta, tape->x, B * K, &tape->mlp, y);
}

static void backward_mlp(const struct critic_net *net, const float *theta, int B, int K,
                         const float *dy, struct critic_net_tape *tape, float *dtheta, float *dx,
                         int from)
{
    (void)B;
    (void)K;
    mlp_backward(&net->mlp, theta, dy, &tape->mlp, dtheta, dx, from);
}

const struct critic_ops critic_mlp = {.name = "mlp",
                                      .plan = plan_mlp,
                                      .take = take_mlp,
                                      .forward = forward_mlp,
                                      .backward = backward_mlp};
