#include "engine/methods/bandit.h"

#include "engine/base/rng.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DATA = 128, LEFT = 100, BATCH = 32, PRETRAIN = 5, W = BANDIT_WIDTH };
enum { ROOM = DATA + BANDIT_ROLLOUTS * BANDIT_ACTIONS };

/* Phases of RNG_BANDIT: one stream each. */
enum { STREAM_DATA, STREAM_POLICY, STREAM_CRITIC, STREAM_ORDER = 16, STREAM_NOISE = 64 };

static const double NOISE = 0.01, RATE = 1e-3;

double bandit_grid_action(int i)
{
    return -1 + 2.0 * i / (BANDIT_GRID - 1);
}

double bandit_grid_return(int i)
{
    return (double)i / (BANDIT_RETURNS - 1);
}

/* --- the network ------------------------------------------------------------------------------ */

/* theta: W1 (W,in), b1 (W), W2 (W,W), b2 (W), w3 (W), b3 (1) */
struct parts {
    double *w1, *b1, *w2, *b2, *w3, *b3;
};

static struct parts parts_of(double *theta, int in)
{
    struct parts p = {.w1 = theta};
    p.b1 = p.w1 + W * in;
    p.w2 = p.b1 + W;
    p.b2 = p.w2 + W * W;
    p.w3 = p.b2 + W;
    p.b3 = p.w3 + W;
    return p;
}

static int size_of(const struct bandit_net *n)
{
    return W * n->in + W + W * W + W + W + 1;
}

/* Uniform(-1/sqrt(fan in), 1/sqrt(fan in)), weights and biases: torch.nn.Linear's default. */
static void draw_uniform(struct rng *rng, double *x, int count, int fan_in)
{
    double bound = 1 / sqrt(fan_in);
    for (int i = 0; i < count; i++)
        x[i] = bound * (2 * rng_uniform_double(rng) - 1);
}

static void init_net(struct bandit_net *n, int in, bool policy, struct rng rng)
{
    memset(n, 0, sizeof *n);
    n->in = in;
    n->tanh = policy;
    struct parts p = parts_of(n->theta, in);
    draw_uniform(&rng, p.w1, W * in, in);
    draw_uniform(&rng, p.b1, W, in);
    draw_uniform(&rng, p.w2, W * W, W);
    draw_uniform(&rng, p.b2, W, W);
    draw_uniform(&rng, p.w3, W, W);
    draw_uniform(&rng, p.b3, 1, W);
}

double bandit_forward(struct bandit_net *n, const double *input)
{
    struct parts p = parts_of(n->theta, n->in);
    double out = p.b3[0];
    assert(n->in == 1 || n->in == 2);
    memcpy(n->input, input, (size_t)n->in * sizeof *input);
    for (int i = 0; i < W; i++) {
        double z = p.b1[i];
        for (int j = 0; j < n->in; j++)
            z += p.w1[i * n->in + j] * input[j];
        n->hidden[0][i] = z > 0 ? z : 0;
    }
    for (int i = 0; i < W; i++) {
        const double *row = p.w2 + i * W;
        double z = 0;
        for (int j = 0; j < W; j++)
            z += row[j] * n->hidden[0][j];
        z += p.b2[i];
        n->hidden[1][i] = z > 0 ? z : 0;
        out += p.w3[i] * n->hidden[1][i];
    }
    n->output = n->tanh ? tanh(out) : out;
    return n->output;
}

double bandit_backward(struct bandit_net *n, double doutput, int wanted)
{
    struct parts p = parts_of(n->theta, n->in), g = parts_of(n->gradient, n->in);
    double below[W] = {0}, dinput = 0;
    double dz = n->tanh ? doutput * (1 - n->output * n->output) : doutput;
    g.b3[0] += dz;
    for (int i = 0; i < W; i++) {
        g.w3[i] += dz * n->hidden[1][i];
        if (n->hidden[1][i] <= 0)
            continue;
        double d = dz * p.w3[i];
        const double *row = p.w2 + i * W;
        double *drow = g.w2 + i * W;
        g.b2[i] += d;
        for (int j = 0; j < W; j++) {
            drow[j] += d * n->hidden[0][j];
            below[j] += d * row[j];
        }
    }
    for (int i = 0; i < W; i++) {
        if (n->hidden[0][i] <= 0)
            continue;
        g.b1[i] += below[i];
        for (int j = 0; j < n->in; j++)
            g.w1[i * n->in + j] += below[i] * n->input[j];
        dinput += below[i] * p.w1[i * n->in + wanted];
    }
    return dinput;
}

/* An Adam step with the accumulated gradient, which is then zeroed. */
static void adam_step_net(struct bandit_net *n)
{
    double b1 = 0.9, b2 = 0.999;
    n->step++;
    double c1 = 1 - pow(b1, n->step), c2 = 1 - pow(b2, n->step);
    for (int i = 0; i < size_of(n); i++) {
        double g = n->gradient[i];
        n->m[i] = b1 * n->m[i] + (1 - b1) * g;
        n->v[i] = b2 * n->v[i] + (1 - b2) * g * g;
        n->theta[i] -= RATE * (n->m[i] / c1) / (sqrt(n->v[i] / c2) + 1e-8);
        n->gradient[i] = 0;
    }
}

static void forget_moments(struct bandit_net *n)
{
    memset(n->m, 0, sizeof n->m);
    memset(n->v, 0, sizeof n->v);
    n->step = 0;
}

/* --- the experiment --------------------------------------------------------------------------- */

struct bandit {
    struct bandit_spec spec;
    struct bandit_net policy, critic;
    double action[ROOM], reward[ROOM];
    int count, steps, epoch;
};

static double critic_at(struct bandit *b, double reward, double action)
{
    double both[2] = {reward, action};
    return bandit_forward(&b->critic, b->critic.in == 2 ? both : both + 1);
}

/* (critic - r)^2, averaged over the batch. */
static void critic_batch(struct bandit *b, const int *index)
{
    for (int i = 0; i < BATCH; i++) {
        double r = b->reward[index[i]];
        double off = critic_at(b, r, b->action[index[i]]) - r;
        bandit_backward(&b->critic, 2 * off / BATCH, 0);
    }
    adam_step_net(&b->critic);
}

/* The RL part's gradient reaches the policy through the critic; the critic's own gradient is
 * discarded. */
static void policy_batch(struct bandit *b, const int *index)
{
    enum bandit_method method = b->spec.method;
    double weight = method == BANDIT_ODT ? 1 : method == BANDIT_DDPG ? 0 : b->spec.sup_weight;
    for (int i = 0; i < BATCH; i++) {
        double r = b->reward[index[i]], input = method == BANDIT_DDPG ? 1 : r;
        double a = bandit_forward(&b->policy, &input);
        double da = 2 * weight * (a - b->action[index[i]]) / BATCH;
        if (method != BANDIT_ODT) {
            critic_at(b, r, a);
            da += bandit_backward(&b->critic, -1.0 / BATCH, b->critic.in - 1);
        }
        bandit_backward(&b->policy, da, 0);
    }
    memset(b->critic.gradient, 0, sizeof b->critic.gradient);
    adam_step_net(&b->policy);
}

static void run_epoch(struct bandit *b)
{
    int order[ROOM];
    struct rng rng = rng_at(b->spec.run, RNG_BANDIT, STREAM_ORDER + (uint64_t)b->epoch++);
    rng_permutation(&rng, b->count, order);
    for (int at = 0; at + BATCH <= b->count; at += BATCH) {
        if (b->spec.method != BANDIT_ODT)
            critic_batch(b, order + at);
        policy_batch(b, order + at);
        b->steps++;
    }
}

static void make_data(struct bandit *b)
{
    struct rng rng = rng_at(b->spec.run, RNG_BANDIT, STREAM_DATA);
    for (int i = 0; i < DATA; i++) {
        const double *interval = b->spec.data[i >= LEFT];
        b->action[i] = interval[0] + (interval[1] - interval[0]) * rng_uniform_double(&rng);
        b->reward[i] = b->spec.reward(b->action[i]);
    }
    b->count = DATA;
}

static void roll_out(struct bandit *b, int n, struct bandit_record *out)
{
    struct rng rng = rng_at(b->spec.run, RNG_BANDIT, STREAM_NOISE + (uint64_t)n);
    double one = 1;
    out->gradient_steps = b->steps;
    for (int i = 0; i < BANDIT_ACTIONS; i++) {
        double noise = NOISE * (2 * rng_uniform_double(&rng) - 1);
        out->action[i] = bandit_forward(&b->policy, &one) + noise;
        out->reward[i] = b->spec.reward(out->action[i]);
        b->action[b->count] = out->action[i];
        b->reward[b->count++] = out->reward[i];
    }
}

/* Record critic and policy on their grids; a critic that sees the return gets the true one. */
static void record(struct bandit *b, struct bandit_record *out)
{
    for (int i = 0; i < BANDIT_GRID; i++) {
        double a = bandit_grid_action(i);
        out->critic[i] = b->spec.method == BANDIT_ODT ? (double)NAN
                                                      : critic_at(b, b->spec.reward(a), a);
    }
    for (int i = 0; i < BANDIT_RETURNS; i++) {
        double g = bandit_grid_return(i);
        out->policy[i] = b->spec.method == BANDIT_DDPG ? (double)NAN
                                                       : bandit_forward(&b->policy, &g);
    }
}

enum status bandit_run(const struct bandit_spec *spec, struct bandit_result *out)
{
    struct bandit *b = calloc(1, sizeof *b);
    if (b == NULL)
        return status_fail(STATUS_MEMORY, "no memory for the single-state MDP");
    b->spec = *spec;
    int seen = spec->method == BANDIT_DDPG_ODT && spec->critic_sees_return ? 2 : 1;
    init_net(&b->policy, 1, true, rng_at(spec->run, RNG_BANDIT, STREAM_POLICY));
    init_net(&b->critic, seen, false, rng_at(spec->run, RNG_BANDIT, STREAM_CRITIC));
    make_data(b);
    for (int i = 0; i < PRETRAIN; i++)
        run_epoch(b);
    forget_moments(&b->policy);
    forget_moments(&b->critic);
    for (int n = 0; n < BANDIT_ROLLOUTS; n++) {
        record(b, &out->record[n]);
        roll_out(b, n, &out->record[n]);
        run_epoch(b);
    }
    out->total_steps = b->steps;
    double last = out->record[BANDIT_ROLLOUTS - 1].action[0];
    free(b);
    if (!isfinite(last))
        return status_fail(STATUS_NONFINITE, "the single-state MDP's policy diverged");
    return STATUS_OK;
}
