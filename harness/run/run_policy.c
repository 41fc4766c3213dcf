/* Policies as files: which of them a run leaves behind, and the oracle that guides JSRL (Fig. 24).
 */
#include "harness/run/kept_policy.h"
#include "harness/run/run_impl.h"
#include "suites/policy.h"

#include <stdlib.h>
#include <string.h>

struct run_guide {
    struct policy *policy;
    double *observation, *action, *scratch; /* (S), (A), as policy_act wants */
    int S, A;
    char path[FILE_PATH], digest[SHA256_HEX];
};

enum status run_keep_named(const char *word, unsigned *keep)
{
    static const char *const words[] = {"none", "final", "best"};
    for (*keep = RUN_KEEP_NONE; *keep <= RUN_KEEP_BEST; ++*keep) {
        if (strcmp(words[*keep], word) == 0)
            return STATUS_OK;
    }
    return status_fail(STATUS_CONFIG, "keep_policy is '%s', should be none, final or best", word);
}

enum status run_write_policy(const struct run *r, const char *name)
{
    char path[FILE_PATH];
    struct learner_layer unused[LEARNER_LAYERS];
    if (r->request->keep == RUN_KEEP_NONE && learner_layers(r->learner, unused) == 0)
        return STATUS_OK;
    TRY(run_path(r, name, path));
    return kept_policy_write(r, path);
}

enum status run_keep_best(const struct run *r)
{
    int last = r->curve.evaluations - 1;
    if (r->request->keep != RUN_KEEP_BEST)
        return STATUS_OK;
    for (int i = 0; i < last; i++) {
        if (curve_mean_score(&r->curve, i) >= curve_mean_score(&r->curve, last))
            return STATUS_OK;
    }
    return run_write_policy(r, "policy_best.h5");
}

/* {results} is no part of the configuration. */
enum status run_guide_path(const struct hyper *h, const char *results, const char *env,
                           char out[FILE_PATH])
{
    const char *given = h->jsrl_guide_file, *place = "{results}";
    *out = '\0';
    if (!hyper_applies(h, "jsrl_n0") || h->jsrl_n0 <= 0 || h->jsrl_guide != HYPER_jsrl_guide_oracle)
        return STATUS_OK;
    if (*given == '\0')
        return status_fail(STATUS_CONFIG,
                           "jsrl_guide = oracle: needs --set jsrl_guide_file=FILE, the "
                           "policy_offline.h5 that a run leaves (--method iql on %s's expert "
                           "dataset)",
                           env);
    bool placed = strncmp(given, place, strlen(place)) == 0;
    if (placed && results == NULL)
        return status_fail(STATUS_CONFIG,
                           "jsrl_guide_file = %s: %s is the results folder of a matrix's cell; "
                           "write a path",
                           given, place);
    given += placed ? strlen(place) : 0;
    const char *star = strchr(given, '*'), *rest = star != NULL ? star + 1 : "";
    int head = star != NULL ? (int)(star - given) : (int)strlen(given);
    return file_path(out, "%s%.*s%s%s", placed ? results : "", head, given, star != NULL ? env : "",
                     rest);
}

/* The file's bytes are a function of the policy (h5.c), so they tell guides apart. */
static enum status take_digest(struct run_guide *g, const char *path)
{
    char *bytes;
    size_t size;
    TRY(file_read(path, (size_t)1 << 30, &bytes, &size));
    sha256_of(bytes, size, g->digest);
    free(bytes);
    return STATUS_OK;
}

static enum status read_guide(struct run *r, struct run_guide *g, const char *path)
{
    TRY(file_path(g->path, "%s", path));
    TRY(policy_read(path, &g->policy));
    TRY(take_digest(g, path));
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
    char path[FILE_PATH];
    TRY(run_guide_path(&r->hyper, r->request->results, r->dataset.env->name, path));
    if (*path == '\0')
        return STATUS_OK;
    r->guide = calloc(1, sizeof *r->guide);
    if (r->guide == NULL)
        return status_fail(STATUS_MEMORY, "no memory for the guide");
    return read_guide(r, r->guide, path);
}

const char *run_guide_digest(const struct run *r)
{
    return r->guide != NULL ? r->guide->digest : "";
}

const char *run_guide_file(const struct run *r)
{
    return r->guide != NULL ? r->guide->path : "none";
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
