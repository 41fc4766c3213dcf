#include "suites/policy.h"

#include "engine/base/h5.h"
#include "engine/base/seal.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Far beyond any policy of this kind; keeps a damaged file from asking for the machine's memory. */
enum { MAX_LAYERS = 16, MAX_WIDTH = 8192, NAME = 64 };

static const double log_std_low = -20, log_std_high = 2, time_horizon = 1000;

struct layer {
    int in, out;
    double *weight, *bias; /* (out,in), (out) */
};

struct policy {
    char env[NAME];
    int inputs;           /* S, plus 1 with the time feature */
    int A, layers, width; /* widest layer */
    bool time_feature, relu, squash_tanh;
    double observation_clip;
    double *observation_shift, *observation_scale; /* (inputs) */
    double *action_shift, *action_scale;           /* (A) */
    double *log_std;                               /* (A) or NULL */
    struct layer layer[MAX_LAYERS];
    struct layer log_std_layer; /* out = 0: none */
};

/* --- reading
 * --------------------------------------------------------------------------------------- */

/* A whole array of `count` finite numbers. */
static enum status read_vector(const struct h5 *f, const char *name, int count, double **out)
{
    *out = malloc((size_t)count * sizeof **out);
    if (*out == NULL)
        return status_fail(STATUS_MEMORY, "%s: no memory for '%s'", f->path, name);
    TRY(h5_read_double(f, name, (size_t)count, *out));
    for (int i = 0; i < count; i++) {
        if (!isfinite((*out)[i]))
            return status_fail(STATUS_NONFINITE, "%s: '%s' is %g at %d", f->path, name, (*out)[i],
                               i);
    }
    return STATUS_OK;
}

static enum status read_layer(const struct h5 *f, const char *group, int in, struct layer *l)
{
    char name[NAME];
    int rank;
    size_t dims[H5_MAX_RANK];
    snprintf(name, sizeof name, "%s/weight", group);
    TRY(h5_shape(f, name, &rank, dims));
    if (rank != 2 || dims[0] < 1 || dims[0] > MAX_WIDTH || dims[1] != (size_t)in)
        return status_fail(STATUS_SHAPE,
                           "%s: '%s' must be a matrix of (1 to %d, %d), for %d inputs", f->path,
                           name, MAX_WIDTH, in, in);
    l->in = in;
    l->out = (int)dims[0];
    TRY(read_vector(f, name, l->in * l->out, &l->weight));
    snprintf(name, sizeof name, "%s/bias", group);
    return read_vector(f, name, l->out, &l->bias);
}

/* One of two words. */
static enum status read_choice(const struct h5 *f, const char *attribute, const char *yes,
                               const char *no, bool *out)
{
    char word[NAME];
    TRY(h5_get_text(f, ".", attribute, word, sizeof word));
    *out = strcmp(word, yes) == 0;
    if (!*out && strcmp(word, no) != 0)
        return status_fail(STATUS_FORMAT, "%s: attribute '%s' is '%s', should be '%s' or '%s'",
                           f->path, attribute, word, yes, no);
    return STATUS_OK;
}

static enum status read_attributes(const struct h5 *f, struct policy *p)
{
    char format[NAME];
    TRY(h5_get_text(f, ".", "format", format, sizeof format));
    if (strcmp(format, POLICY_FORMAT_OTHER) == 0)
        return status_fail(STATUS_FORMAT,
                           "%s: holds a transformer's policy or another that needs more than the "
                           "present observation; here one of TD3+BC, IQL or SAC is needed",
                           f->path);
    if (strcmp(format, "mlp-policy 1") != 0)
        return status_fail(STATUS_FORMAT,
                           "%s: attribute 'format' is '%s', should be 'mlp-policy 1'", f->path,
                           format);
    TRY(h5_get_text(f, ".", "env", p->env, sizeof p->env));
    TRY(read_choice(f, "activation", "relu", "tanh", &p->relu));
    TRY(read_choice(f, "squash", "tanh", "clip", &p->squash_tanh));
    TRY(h5_get_number(f, ".", "observation_clip", &p->observation_clip));
    if (!(p->observation_clip > 0)) /* infinite means: not clipped */
        return status_fail(STATUS_FORMAT,
                           "%s: attribute 'observation_clip' is %g, must be positive", f->path,
                           p->observation_clip);
    double time_feature;
    TRY(h5_get_number(f, ".", "time_feature", &time_feature));
    p->time_feature = time_feature != 0;
    return STATUS_OK;
}

static enum status read_layers(const struct h5 *f, struct policy *p)
{
    size_t inputs;
    TRY(h5_count(f, "observation_shift", &inputs));
    if (inputs < 1 || inputs > MAX_WIDTH)
        return status_fail(STATUS_SHAPE,
                           "%s: 'observation_shift' has %zu numbers, should have 1 to %d", f->path,
                           inputs, MAX_WIDTH);
    p->inputs = (int)inputs;
    TRY(read_vector(f, "observation_shift", p->inputs, &p->observation_shift));
    TRY(read_vector(f, "observation_scale", p->inputs, &p->observation_scale));
    for (int i = 0; i < p->inputs; i++) {
        if (p->observation_scale[i] == 0)
            return status_fail(STATUS_FORMAT, "%s: 'observation_scale' is 0 at %d", f->path, i);
    }

    int width = p->inputs;
    p->width = width;
    char group[NAME];
    for (;; p->layers++) {
        snprintf(group, sizeof group, "layer%d", p->layers);
        if (!h5_has(f, group))
            break;
        if (p->layers == MAX_LAYERS)
            return status_fail(STATUS_SHAPE, "%s: more than %d layers", f->path, MAX_LAYERS);
        struct layer *l = &p->layer[p->layers];
        TRY(read_layer(f, group, width, l));
        width = l->out;
        p->width = width > p->width ? width : p->width;
    }
    if (p->layers == 0)
        return status_fail(STATUS_FORMAT, "%s: there is no group 'layer0'", f->path);
    p->A = width;
    return STATUS_OK;
}

static enum status read_head(const struct h5 *f, struct policy *p)
{
    TRY(read_vector(f, "action_shift", p->A, &p->action_shift));
    TRY(read_vector(f, "action_scale", p->A, &p->action_scale));
    if (h5_has(f, "log_std"))
        TRY(read_vector(f, "log_std", p->A, &p->log_std));
    if (h5_has(f, "log_std_layer")) {
        /* Fed by what the last layer is fed by. */
        TRY(read_layer(f, "log_std_layer", p->layer[p->layers - 1].in, &p->log_std_layer));
        if (p->log_std_layer.out != p->A)
            return status_fail(STATUS_SHAPE, "%s: 'log_std_layer' gives %d numbers for %d actions",
                               f->path, p->log_std_layer.out, p->A);
    }
    return STATUS_OK;
}

enum status policy_read(const char *path, struct policy **out)
{
    struct h5 f;
    bool sealed; /* those of others are not */
    TRY(seal_check(path, &sealed));
    TRY(h5_open(&f, path));
    struct policy *p = calloc(1, sizeof *p);
    if (p == NULL) {
        h5_close(&f);
        return status_fail(STATUS_MEMORY, "%s: no memory for a policy", path);
    }
    enum status result = read_attributes(&f, p);
    if (result == STATUS_OK)
        result = read_layers(&f, p);
    if (result == STATUS_OK)
        result = read_head(&f, p);
    h5_close(&f); /* only read: nothing is lost */
    if (result != STATUS_OK) {
        policy_free(p);
        return result;
    }
    *out = p;
    return STATUS_OK;
}

static void free_layer(struct layer *l)
{
    free(l->weight);
    free(l->bias);
}

void policy_free(struct policy *p)
{
    if (p == NULL)
        return;
    for (int i = 0; i < MAX_LAYERS; i++)
        free_layer(&p->layer[i]);
    free_layer(&p->log_std_layer);
    free(p->observation_shift);
    free(p->observation_scale);
    free(p->action_shift);
    free(p->action_scale);
    free(p->log_std);
    free(p);
}

const char *policy_env(const struct policy *p)
{
    return p->env;
}

int policy_obs_dim(const struct policy *p)
{
    return p->inputs - p->time_feature;
}

int policy_act_dim(const struct policy *p)
{
    return p->A;
}

bool policy_is_stochastic(const struct policy *p)
{
    return p->log_std != NULL || p->log_std_layer.out > 0;
}

/* --- acting
 * ---------------------------------------------------------------------------------------- */

int policy_scratch(const struct policy *p)
{
    return 2 * p->width + p->A;
}

/* A NaN stays one: weights so large that sums overflow must not pass for an action at the end of
 * the range, as fmin and fmax would have it. */
static double clamp(double x, double low, double high)
{
    return x <= low ? low : x > high ? high : x;
}

/* y = W x + b */
static void apply_layer(const struct layer *l, const double *x, double *y)
{
    for (int i = 0; i < l->out; i++) {
        const double *w = l->weight + (size_t)i * (size_t)l->in;
        double sum = l->bias[i];
        for (int k = 0; k < l->in; k++)
            sum += w[k] * x[k];
        y[i] = sum;
    }
}

/* x + exp(log_std) N(0,1), or x without rng, into the range of actions. The density is that of
 * log N(u; x, std) - log |d tanh(u) / du|, the last 2 (ln 2 - u - softplus(-2u)). */
static void squash(const struct policy *p, const double *x, const double *log_std, struct rng *rng,
                   double *action, struct policy_draw *out)
{
    double density = 0;
    for (int i = 0; i < p->A; i++) {
        double a = x[i] * p->action_scale[i] + p->action_shift[i], spread = 0, mean = a;
        if (rng != NULL) {
            spread = p->log_std_layer.out > 0 ? clamp(log_std[i], log_std_low, log_std_high)
                                              : p->log_std[i];
            double z = rng_normal_double(rng);
            a += exp(spread) * z;
            density -= 0.5 * z * z + spread + 0.5 * log(2 * M_PI);
        }
        if (p->squash_tanh)
            density -= 2 * (log(2) - a - (a < -10 ? -2 * a : log1p(exp(-2 * a))));
        action[i] = p->squash_tanh ? tanh(a) : clamp(a, -1, 1);
        if (out != NULL && out->mean != NULL) {
            out->mean[i] = mean;
            out->log_std[i] = spread;
        }
    }
    if (out != NULL)
        out->log_prob = density;
}

/* out NULL: not wanted; rng NULL: the mean action. */
static void act(const struct policy *p, const double *observation, int t, struct rng *rng,
                double *scratch, double *action, struct policy_draw *out)
{
    assert(rng == NULL || policy_is_stochastic(p));
    double *x = scratch, *y = scratch + p->width, *log_std = scratch + 2 * (size_t)p->width;

    for (int i = 0; i < p->inputs; i++) {
        bool is_time = p->time_feature && i == p->inputs - 1;
        double o = is_time ? 1 - t / time_horizon : observation[i];
        double normalised = (o - p->observation_shift[i]) / p->observation_scale[i];
        x[i] = clamp(normalised, -p->observation_clip, p->observation_clip);
    }

    for (int n = 0; n < p->layers; n++) {
        bool last = n == p->layers - 1;
        if (last && p->log_std_layer.out > 0)
            apply_layer(&p->log_std_layer, x, log_std);
        apply_layer(&p->layer[n], x, y);
        for (int i = 0; i < p->layer[n].out && !last; i++)
            y[i] = p->relu ? clamp(y[i], 0, (double)INFINITY) : tanh(y[i]);
        double *swap = x;
        x = y;
        y = swap;
    }
    squash(p, x, log_std, rng, action, out);
}

void policy_act(const struct policy *p, const double *observation, int t, struct rng *rng,
                double *scratch, double *action)
{
    act(p, observation, t, rng, scratch, action, NULL);
}

void policy_sample(const struct policy *p, const double *observation, int t, struct rng *rng,
                   double *scratch, double *action, struct policy_draw *out)
{
    act(p, observation, t, rng, scratch, action, out);
}

/* --- D4RL's metadata -------------------------------------------------------------------------- */

static enum status write_layer(const struct h5 *f, const char *name, const struct layer *l)
{
    char path[NAME];
    size_t dims[] = {(size_t)l->out, (size_t)l->in}, n = dims[0] * dims[1];
    float *x = malloc((n + dims[0]) * sizeof *x);
    if (x == NULL)
        return status_fail(STATUS_MEMORY, "%s: no memory for a layer", f->path);
    for (size_t i = 0; i < n; i++)
        x[i] = (float)l->weight[i];
    for (size_t i = 0; i < dims[0]; i++)
        x[n + i] = (float)l->bias[i];
    snprintf(path, sizeof path, "metadata/policy/%s/weight", name);
    enum status result = h5_write_float(f, path, 2, dims, x);
    snprintf(path, sizeof path, "metadata/policy/%s/bias", name);
    if (result == STATUS_OK)
        result = h5_write_float(f, path, 1, dims, x + n);
    free(x);
    return result;
}

enum status policy_write_metadata(const struct policy *p, const struct h5 *f)
{
    bool raw = !p->time_feature && isinf(p->observation_clip);
    for (int i = 0; i < p->inputs; i++)
        raw = raw && p->observation_shift[i] == 0 && p->observation_scale[i] == 1;
    for (int i = 0; i < p->A; i++)
        raw = raw && p->action_shift[i] == 0 && p->action_scale[i] == 1;
    if (!raw || !p->relu || !p->squash_tanh || p->log_std_layer.out == 0)
        return STATUS_OK;
    for (int n = 0; n < p->layers; n++) {
        char name[NAME];
        snprintf(name, sizeof name, n == p->layers - 1 ? "last_fc" : "fc%d", n);
        TRY(write_layer(f, name, &p->layer[n]));
    }
    return write_layer(f, "last_fc_log_std", &p->log_std_layer);
}
