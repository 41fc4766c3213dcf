/* Policies as files: what TD3+BC and IQL leave behind, and the oracle that guides JSRL (Fig. 24).
 */
#include "harness/run_impl.h"
#include "suites/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct run_guide {
    struct policy *policy;
    double *observation, *action, *scratch; /* (S), (A), as policy_act wants */
    int S, A;
};

enum status run_write_policy(const struct run *r)
{
    char path[FILE_PATH], source[160];
    struct learner_layer own[LEARNER_LAYERS];
    struct policy_layer layer[LEARNER_LAYERS];
    int layers = learner_layers(r->learner, own);
    if (layers == 0)
        return STATUS_OK;
    for (int i = 0; i < layers; i++)
        layer[i] = (struct policy_layer){own[i].in, own[i].out, own[i].weight, own[i].bias};
    snprintf(source, sizeof source, "vitamin run: %.40s on %.80s, seed %llu",
             r->request->config.method, r->dataset.id, (unsigned long long)r->request->seed);
    struct policy_parts parts = {
        .env = r->dataset.env->name, .source = source, .layers = layers, .layer = layer};
    if (r->hyper.normalize_states) {
        parts.shift = r->normalizer.mean;
        parts.scale = r->normalizer.std;
    }
    run_path(r, "policy.h5", path);
    return policy_write(&parts, path);
}

/* A `*` in the file's name stands for the environment. */
static void guide_path(const struct run *r, char out[FILE_PATH])
{
    const char *given = r->hyper.jsrl_guide_file, *star = strchr(given, '*');
    if (star == NULL)
        snprintf(out, FILE_PATH, "%s", given);
    else
        snprintf(out, FILE_PATH, "%.*s%s%s", (int)(star - given), given, r->dataset.env->name,
                 star + 1);
}

static enum status read_guide(struct run *r, struct run_guide *g)
{
    char path[FILE_PATH];
    guide_path(r, path);
    TRY(policy_read(path, &g->policy));
    g->S = policy_obs_dim(g->policy);
    g->A = policy_act_dim(g->policy);
    if (strcmp(policy_env(g->policy), r->dataset.env->name) != 0 || g->S != r->dataset.S ||
        g->A != r->dataset.A)
        return status_fail(STATUS_CONFIG,
                           "jsrl_guide_file = %s: a policy for %s with %d observations and %d "
                           "actions; %s has %d and %d",
                           path, policy_env(g->policy), g->S, g->A, r->dataset.env->name,
                           r->dataset.S, r->dataset.A);
    g->observation = calloc((size_t)g->S, sizeof *g->observation);
    g->action = calloc((size_t)g->A, sizeof *g->action);
    g->scratch = calloc((size_t)policy_scratch(g->policy), sizeof *g->scratch);
    if (g->observation == NULL || g->action == NULL || g->scratch == NULL)
        return status_fail(STATUS_MEMORY, "no memory for the guide");
    return STATUS_OK;
}

enum status run_open_guide(struct run *r)
{
    const struct hyper *h = &r->hyper;
    if (!hyper_applies(h, "jsrl_n0") || h->jsrl_n0 <= 0 || strcmp(h->jsrl_guide, "oracle") != 0)
        return STATUS_OK;
    if (h->jsrl_guide_file[0] == '\0')
        return status_fail(STATUS_CONFIG,
                           "jsrl_guide = oracle: needs --set jsrl_guide_file=FILE, the policy.h5 "
                           "that a complete run leaves (--method iql on %s's expert dataset)",
                           r->dataset.env->name);
    r->guide = calloc(1, sizeof *r->guide);
    if (r->guide == NULL)
        return status_fail(STATUS_MEMORY, "no memory for the guide");
    return read_guide(r, r->guide);
}

void run_close_guide(struct run *r)
{
    if (r->guide == NULL)
        return;
    policy_free(r->guide->policy);
    free(r->guide->observation);
    free(r->guide->action);
    free(r->guide->scratch);
    free(r->guide);
    r->guide = NULL;
}

void run_guide_act(void *guide, const float *state, int t, float *action)
{
    struct run_guide *g = guide;
    for (int i = 0; i < g->S; i++)
        g->observation[i] = (double)state[i];
    policy_act(g->policy, g->observation, t, NULL, g->scratch, g->action);
    for (int i = 0; i < g->A; i++)
        action[i] = (float)g->action[i];
}
