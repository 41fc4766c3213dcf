/* Policies of runs: writing, reading. Playing them: kept_policy_play.c. */
#include "harness/run/kept_policy.h"

#include "engine/base/h5.h"
#include "engine/base/seal.h"
#include "harness/run/run_impl.h"
#include "suites/policy.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define GROUP "run"

/* What the attributes are called, and where they lie. */
static const struct {
    const char *name;
    size_t offset;
} numbers[] =
    {
#define KEPT_ROW(name, meaning) {#name, offsetof(struct kept_policy, name)},
        KEPT_NUMBERS(KEPT_ROW)
#undef KEPT_ROW
},
  texts[] = {
#define KEPT_ROW(name) {#name, offsetof(struct kept_policy, name)},
      KEPT_TEXTS(KEPT_ROW)
#undef KEPT_ROW
};
enum { NUMBERS = sizeof numbers / sizeof *numbers, TEXTS = sizeof texts / sizeof *texts };

static double *number_of(const struct kept_policy *p, int i)
{
    return (double *)((char *)p + numbers[i].offset);
}

static char *text_of(const struct kept_policy *p, int i)
{
    return (char *)p + texts[i].offset;
}

static void name_tensor(const struct learner_tensor *t, char out[128])
{
    snprintf(out, 128, GROUP "/parameters/%s", t->name);
}

/* --- writing ---------------------------------------------------------------------------------- */

static bool has_context(const struct hyper *h)
{
    return h->actor == HYPER_actor_dt || h->actor == HYPER_actor_pdt;
}

static struct kept_policy describe(const struct run *r)
{
    const struct hyper *h = &r->hyper;
    const struct config_request *c = &r->request->config;
    struct kept_policy p = {
        .observations = r->dataset.S,
        .actions = r->dataset.A,
        .context = has_context(h) ? (double)h->T_eval : 1,
        .target_return = h->rtg_eval,
        .rtg_scale = h->rtg_scale,
        .max_steps = r->max_steps,
        .score_min = r->dataset.score.min,
        .score_max = r->dataset.score.max,
        .reward_div = r->env_options.reward_div,
        .reward_shift = r->env_options.reward_shift,
        .delay = r->env_options.delay,
        .online = r->online,
        .transitions = (double)r->transitions_done,
        .gradient_steps = (double)learner_updates(r->learner),
        .first_episode = (double)(r->eval_episodes_done - h->eval_episodes),
        .episodes = (double)h->eval_episodes,
    };
    snprintf(p.method, KEPT_TEXT, "%s", c->method);
    snprintf(p.label, KEPT_TEXT, "%s", h->label);
    snprintf(p.dataset, KEPT_TEXT, "%s", r->dataset.id);
    snprintf(p.seed, KEPT_TEXT, "%llu", (unsigned long long)r->request->seed);
    snprintf(p.preset, KEPT_TEXT, "%s", c->preset);
    snprintf(p.size, KEPT_TEXT, "%s", c->size);
    snprintf(p.config_hash, KEPT_TEXT, "%s", r->config_hash);
    snprintf(p.key, KEPT_TEXT, "%llu", (unsigned long long)r->key);
    snprintf(p.env_key, KEPT_TEXT, "%llu", (unsigned long long)r->env_key);
    return p;
}

static enum status write_tensors(const struct run *r, const struct h5 *f)
{
    struct learner_tensor t;
    for (int i = 0; learner_tensor(r->learner, i, &t); i++) {
        char name[128];
        size_t dims[] = {(size_t)t.rows, (size_t)t.cols};
        bool vector = t.rows == 1;
        name_tensor(&t, name);
        TRY(h5_write_float(f, name, vector ? 1 : 2, dims + vector, t.value));
    }
    return STATUS_OK;
}

static enum status write_run(const struct h5 *f, const void *context)
{
    const struct run *r = context;
    const struct kept_policy p = describe(r);
    size_t S = (size_t)r->dataset.S, E = (size_t)r->hyper.eval_episodes;
    TRY(h5_make_group(f, GROUP));
    for (int i = 0; i < NUMBERS; i++)
        TRY(h5_set_number(f, GROUP, numbers[i].name, *number_of(&p, i)));
    for (int i = 0; i < TEXTS; i++)
        TRY(h5_set_text(f, GROUP, texts[i].name, text_of(&p, i)));
    TRY(h5_write_text(f, GROUP "/config", r->config_text));
    if (r->hyper.normalize_states) {
        TRY(h5_write_float(f, GROUP "/state_mean", 1, &S, r->normalizer.mean));
        TRY(h5_write_float(f, GROUP "/state_std", 1, &S, r->normalizer.std));
    }
    TRY(h5_write_double(f, GROUP "/raw_return", 1, &E,
                        r->curve.evaluation[r->curve.evaluations - 1].raw_return));
    return write_tensors(r, f);
}

enum status kept_policy_write(const struct run *r, const char *path)
{
    char source[160];
    struct learner_layer own[LEARNER_LAYERS];
    struct policy_layer layer[LEARNER_LAYERS];
    int layers = learner_layers(r->learner, own);
    bool spread = layers > 0 && learner_has_spread(r->learner);
    for (int i = 0; i < layers + spread; i++)
        layer[i] = (struct policy_layer){own[i].in, own[i].out, own[i].weight, own[i].bias};
    snprintf(source, sizeof source, "vitamin run: %.40s on %.80s, seed %llu",
             r->request->config.method, r->dataset.id, (unsigned long long)r->request->seed);
    struct policy_parts parts = {.env = r->dataset.env->name,
                                 .source = source,
                                 .layers = layers,
                                 .layer = layer,
                                 .log_std = spread ? &layer[layers] : NULL,
                                 .more = write_run,
                                 .context = r};
    if (r->hyper.normalize_states) {
        parts.shift = r->normalizer.mean;
        parts.scale = r->normalizer.std;
    }
    return policy_write(&parts, path);
}

/* --- reading ---------------------------------------------------------------------------------- */

enum status kept_policy_find(const char *given, char path[FILE_PATH])
{
    struct stat info;
    bool there, folder = stat(given, &info) == 0 && S_ISDIR(info.st_mode);
    TRY(file_path(path, folder ? "%s/policy.h5" : "%s", given));
    TRY(file_look(path, &there));
    if (!there && folder)
        return status_fail(STATUS_MISSING,
                           "%s: there is no policy.h5 in it; a run writes it when it is complete "
                           "(a matrix's cell with --keep-policy final)",
                           given);
    return there ? STATUS_OK : status_fail(STATUS_MISSING, "%s: there is no such file", given);
}

enum status kept_policy_is(const char *path, bool *kept)
{
    struct h5 f;
    bool sealed;
    TRY(seal_check(path, &sealed));
    TRY(h5_open(&f, path));
    *kept = h5_is_group(&f, GROUP);
    (void)h5_close(&f);
    return STATUS_OK;
}

static enum status bad_number(const struct h5 *f, const char *name, double value)
{
    return status_fail(STATUS_FORMAT, "%s: attribute '%s' is %g, which cannot be", f->path, name,
                       value);
}

static bool is_count(double x, double least, double most)
{
    return x >= least && x <= most && x == floor(x);
}

static enum status check_numbers(const struct h5 *f, const struct kept_policy *p)
{
    const struct {
        const char *name;
        double value, least, most;
    } counts[] = {{"max_steps", p->max_steps, 1, 1e6},
                  {"delay", p->delay, 0, 1e6},
                  {"online", p->online, 0, 1},
                  {"transitions", p->transitions, 0, 1e15},
                  {"gradient_steps", p->gradient_steps, 0, 1e15},
                  {"first_episode", p->first_episode, 0, 1e12},
                  {"episodes", p->episodes, 1, 1e5}};
    for (int i = 0; i < NUMBERS; i++) {
        if (!isfinite(*number_of(p, i)))
            return bad_number(f, numbers[i].name, *number_of(p, i));
    }
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        if (!is_count(counts[i].value, counts[i].least, counts[i].most))
            return bad_number(f, counts[i].name, counts[i].value);
    }
    if (p->reward_div <= 0)
        return bad_number(f, "reward_div", p->reward_div);
    const struct env_kind *kind = env_named(p->env);
    if (kind == NULL)
        return status_fail(STATUS_FORMAT, "%s: there is no environment '%s'", f->path, p->env);
    if (p->observations != kind->obs_dim || p->actions != kind->act_dim)
        return status_fail(STATUS_SHAPE,
                           "%s: a policy for %s with %g observations and %g actions; %s has %d and "
                           "%d",
                           f->path, p->env, p->observations, p->actions, kind->name, kind->obs_dim,
                           kind->act_dim);
    return STATUS_OK;
}

static enum status read_stream(const struct h5 *f, const char *name, const char *text,
                               uint64_t *out)
{
    char *end;
    *out = strtoull(text, &end, 10);
    return end != text && *end == '\0'
               ? STATUS_OK
               : status_fail(STATUS_FORMAT, "%s: attribute '%s' is '%.40s', should be a number",
                             f->path, name, text);
}

static enum status read_attributes(const struct h5 *f, struct kept_policy *p)
{
    TRY(h5_get_text(f, ".", "env", p->env, sizeof p->env));
    for (int i = 0; i < NUMBERS; i++)
        TRY(h5_get_number(f, GROUP, numbers[i].name, number_of(p, i)));
    for (int i = 0; i < TEXTS; i++)
        TRY(h5_get_text(f, GROUP, texts[i].name, text_of(p, i), KEPT_TEXT));
    TRY(read_stream(f, "key", p->key, &p->action_stream));
    TRY(read_stream(f, "env_key", p->env_key, &p->env_stream));
    return check_numbers(f, p);
}

/* Settings that only concern training are reduced to what costs no memory. That of plain networks
 * stays: they act in batches of that size. */
static enum status read_config(const struct h5 *f, struct kept_policy *p)
{
    enum { LONGEST = 1 << 16 };
    struct hyper *h = &p->hyper;
    char *text = malloc(LONGEST);
    if (text == NULL)
        return status_fail(STATUS_MEMORY, "%s: no memory for a configuration", f->path);
    enum status result = h5_read_text(f, GROUP "/config", text, LONGEST);
    if (result == STATUS_OK && config_read_text(text, h) != STATUS_OK)
        result = status_prefix(STATUS_CONFIG, "%s: of another version of this program", f->path);
    free(text);
    TRY(result);
    double weights = 12 * (double)h->embed_dim * (double)h->embed_dim * (double)h->n_layer;
    if (has_context(h) && weights * sizeof(float) > (double)h5_file_bytes(f))
        return status_fail(STATUS_FORMAT, "%s: is too small for the network that it names",
                           f->path);
    if (!has_context(h))
        return STATUS_OK;
    h->batch_size = 1;
    h->rl_gradient = HYPER_rl_gradient_none;
    return STATUS_OK;
}

static enum status read_normalizer(const struct h5 *f, struct kept_policy *p)
{
    int S = (int)p->observations;
    float *x = malloc(2 * (size_t)S * sizeof *x);
    if (x == NULL)
        return status_fail(STATUS_MEMORY, "%s: no memory for a policy", f->path);
    enum status result = h5_read_float(f, GROUP "/state_mean", (size_t)S, x);
    if (result == STATUS_OK)
        result = h5_read_float(f, GROUP "/state_std", (size_t)S, x + S);
    if (result == STATUS_OK && normalizer_set(S, x, x + S, &p->normalizer) != STATUS_OK)
        result = status_prefix(STATUS_NONFINITE, "%s", f->path);
    free(x);
    return result;
}

static enum status read_tensor(const struct h5 *f, const struct learner_tensor *t)
{
    char name[128];
    int rank;
    size_t dims[H5_MAX_RANK], n = (size_t)t->rows * (size_t)t->cols;
    name_tensor(t, name);
    TRY(h5_shape(f, name, &rank, dims));
    bool vector = t->rows == 1;
    if (rank != (vector ? 1 : 2) || dims[rank - 1] != (size_t)t->cols ||
        (!vector && dims[0] != (size_t)t->rows))
        return status_fail(STATUS_SHAPE, "%s: '%s' is not of shape (%d,%d)", f->path, name, t->rows,
                           t->cols);
    TRY(h5_read_float(f, name, n, t->value));
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(t->value[i]))
            return status_fail(STATUS_NONFINITE, "%s: '%s' is %g at %zu", f->path, name,
                               (double)t->value[i], i);
    }
    return STATUS_OK;
}

static enum status read_learner(const struct h5 *f, struct kept_policy *p)
{
    struct learner_tensor t;
    struct learner_spec spec = {.hyper = &p->hyper,
                                .S = (int)p->observations,
                                .A = (int)p->actions,
                                .run = p->action_stream,
                                .normalizer = p->hyper.normalize_states ? &p->normalizer : NULL};
    enum status result = learner_new(&spec, &p->learner);
    if (result != STATUS_OK)
        return status_prefix(result, "%s", f->path);
    for (int i = 0; learner_tensor(p->learner, i, &t); i++)
        TRY(read_tensor(f, &t));
    learner_take_tensors(p->learner, p->online != 0 ? LEARNER_ONLINE : LEARNER_PRETRAIN);
    return STATUS_OK;
}

static enum status read_all(const struct h5 *f, const long *seed, struct kept_policy *p)
{
    if (!h5_is_group(f, GROUP))
        return status_fail(STATUS_FORMAT, "%s: is not a policy that a run has kept", f->path);
    TRY(read_attributes(f, p));
    if (seed != NULL) {
        p->action_stream = p->env_stream = rng_key_mix(rng_key("vitamin env"), (uint64_t)*seed);
        p->first_episode = 0;
        p->reseeded = true;
    }
    TRY(read_config(f, p));
    if (p->hyper.normalize_states)
        TRY(read_normalizer(f, p));
    size_t E = (size_t)p->episodes;
    p->raw_return = malloc(E * sizeof *p->raw_return);
    if (p->raw_return == NULL)
        return status_fail(STATUS_MEMORY, "%s: no memory for %zu returns", f->path, E);
    TRY(h5_read_double(f, GROUP "/raw_return", E, p->raw_return));
    return read_learner(f, p);
}

enum status kept_policy_read(const char *path, const long *seed, struct kept_policy **out)
{
    struct h5 f;
    bool sealed;
    TRY(seal_check(path, &sealed));
    if (!sealed)
        return status_fail(STATUS_DAMAGED,
                           "%s: was damaged after it was written (the seal at its end is lacking)",
                           path);
    TRY(h5_open(&f, path));
    struct kept_policy *p = calloc(1, sizeof *p);
    enum status result = p != NULL ? read_all(&f, seed, p)
                                   : status_fail(STATUS_MEMORY, "%s: no memory for a policy", path);
    struct status_note note;
    status_save(&note, result);
    (void)h5_close(&f);
    if (result != STATUS_OK) {
        kept_policy_free(p);
        return status_restore(&note);
    }
    *out = p;
    return STATUS_OK;
}

void kept_policy_free(struct kept_policy *p)
{
    if (p == NULL)
        return;
    learner_delete(p->learner);
    normalizer_free(&p->normalizer);
    free(p->raw_return);
    free(p);
}
