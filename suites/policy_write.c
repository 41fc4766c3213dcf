#include "suites/policy.h"

#include "engine/base/file.h"
#include "engine/base/h5.h"
#include "engine/base/seal.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* (n) values of x, or of one number when x is NULL. */
static enum status write_vector(const struct h5 *f, const char *name, int n, const float *x,
                                float otherwise)
{
    size_t dims[] = {(size_t)n};
    float *filled = malloc((size_t)n * sizeof *filled);
    if (filled == NULL)
        return status_fail(STATUS_MEMORY, "no memory to write a policy");
    for (int i = 0; i < n; i++)
        filled[i] = x != NULL ? x[i] : otherwise;
    enum status result = h5_write_float(f, name, 1, dims, filled);
    free(filled);
    return result;
}

static enum status write_layer(const struct h5 *f, const char *group, const struct policy_layer *l)
{
    size_t dims[] = {(size_t)l->out, (size_t)l->in};
    char name[64];
    snprintf(name, sizeof name, "%s/weight", group);
    TRY(h5_write_float(f, name, 2, dims, l->weight));
    snprintf(name, sizeof name, "%s/bias", group);
    return write_vector(f, name, l->out, l->bias, 0);
}

static enum status write_layers(const struct h5 *f, const struct policy_parts *p)
{
    for (int i = 0; i < p->layers; i++) {
        char group[32];
        assert(i == 0 || p->layer[i - 1].out == p->layer[i].in);
        snprintf(group, sizeof group, "layer%d", i);
        TRY(write_layer(f, group, &p->layer[i]));
    }
    return p->log_std != NULL ? write_layer(f, "log_std_layer", p->log_std) : STATUS_OK;
}

static enum status write_plain(const struct h5 *f, const struct policy_parts *p)
{
    int S = p->layer[0].in, A = p->layer[p->layers - 1].out;
    TRY(h5_set_text(f, ".", "activation", "relu"));
    TRY(h5_set_text(f, ".", "squash", "tanh"));
    TRY(h5_set_number(f, ".", "observation_clip", (double)INFINITY));
    TRY(h5_set_integer(f, ".", "time_feature", 0));
    TRY(write_vector(f, "observation_shift", S, p->shift, 0));
    TRY(write_vector(f, "observation_scale", S, p->scale, 1));
    TRY(write_vector(f, "action_shift", A, NULL, 0));
    TRY(write_vector(f, "action_scale", A, NULL, 1));
    return write_layers(f, p);
}

static enum status write_all(const struct h5 *f, const struct policy_parts *p)
{
    TRY(h5_set_text(f, ".", "format", p->layers > 0 ? "mlp-policy 1" : POLICY_FORMAT_OTHER));
    TRY(h5_set_text(f, ".", "env", p->env));
    TRY(h5_set_text(f, ".", "source", p->source));
    if (p->layers > 0)
        TRY(write_plain(f, p));
    return p->more != NULL ? p->more(f, p->context) : STATUS_OK;
}

enum status policy_write(const struct policy_parts *p, const char *path)
{
    char temporary[FILE_PATH];
    struct h5 f;
    assert(p->layers >= 1 || p->more != NULL);
    TRY(file_temporary(path, temporary));
    TRY(h5_create(&f, temporary));
    TRY(seal_close(&f, write_all(&f, p)));
    return file_commit(temporary, path);
}
