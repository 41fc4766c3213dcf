#include "suites/env_impl.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- opening -------------------------------------------------------------------------------------
 */

/* Tasks of D4RL's that are named like ours and pay other rewards. */
static bool names_other_task(const char *rest)
{
    static const char *const words[] = {"dense", "binary"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const char *found = strstr(rest, words[i]);
        size_t n = strlen(words[i]);
        if (found != NULL && (found == rest || found[-1] == '-') &&
            (found[n] == '\0' || found[n] == '-' || found[n] == '.'))
            return true;
    }
    return false;
}

const struct env_kind *env_find(const char *name)
{
    const struct env_kind *best = NULL;
    size_t longest = 0;
    for (int i = 0; i < env_count; i++) {
        size_t n = strlen(env_table[i].name);
        bool fits = strncmp(name, env_table[i].name, n) == 0 && (name[n] == '\0' || name[n] == '-');
        if (fits && n > longest) {
            best = &env_table[i];
            longest = n;
        }
    }
    return best != NULL && !names_other_task(name + longest) ? best : NULL;
}

const struct env_kind *env_named(const char *name)
{
    const struct env_kind *kind = env_find(name);
    const char *rest = kind != NULL ? name + strlen(kind->name) : "";
    bool version = rest[0] == '-' && rest[1] == 'v' && rest[2] != '\0' &&
                   rest[2 + strspn(rest + 2, "0123456789")] == '\0';
    return *rest == '\0' || version ? kind : NULL;
}

bool env_in_wall(const struct env_kind *kind, double x, double y)
{
    return kind->ops->in_wall != NULL && kind->ops->in_wall(kind, x, y);
}

struct env_options env_defaults(void)
{
    return (struct env_options){.reward_div = 1};
}

static enum status check_options(const struct env_kind *kind, const struct env_options *o)
{
    if (!(isfinite(o->reward_div) && o->reward_div > 0) || !isfinite(o->reward_shift))
        return status_fail(STATUS_CONFIG,
                           "%s: reward_div is %g and reward_shift %g; they must be finite, and "
                           "reward_div above 0",
                           kind->name, o->reward_div, o->reward_shift);
    if (o->delay < 0)
        return status_fail(STATUS_CONFIG, "%s: a reward delay of %d steps; it must be 0 or more",
                           kind->name, o->delay);
    const char *alien = o->dense && !kind->ops->has_dense                     ? "dense"
                        : o->contact_forces && !kind->ops->has_contact_forces ? "contact_forces"
                        : o->exact_inertia &&
                                (kind->ops->model == NULL || kind->ops->authored_inertia)
                            ? "exact_inertia"
                            : NULL;
    if (alien != NULL)
        return status_fail(STATUS_CONFIG, "%s: option %s is not for this environment", kind->name,
                           alien);
    return STATUS_OK;
}

static int task_size(const struct env_ops *ops)
{
    int size = 0;
    for (const struct env_field *f = ops->fields; f != NULL && f->name != NULL; f++)
        size += f->count;
    return size;
}

/* An instance on an already compiled world (NULL: a kind without physics). */
static enum status new_instance(const struct env_kind *kind, const struct env_options *options,
                                struct physics_world *world, struct env **out)
{
    const struct env_ops *ops = kind->ops;
    size_t numbers = (size_t)task_size(ops) + 2 * (size_t)kind->obs_dim;
    struct env *e = calloc(1, sizeof *e);
    double *block = calloc(numbers, sizeof *block);
    if (e == NULL || block == NULL) {
        free(e);
        free(block);
        return status_fail(STATUS_MEMORY, "%s: no memory for another instance", kind->name);
    }
    e->kind = kind;
    e->options = *options;
    e->observation = block;
    e->next_observation = block + kind->obs_dim;
    e->task = block + 2 * (ptrdiff_t)kind->obs_dim;
    e->reward = (struct reward){options->reward_div, options->reward_shift, options->delay, 0};

    enum status result = STATUS_OK;
    if (world != NULL)
        result = physics_open(world, ops->writes_model, &e->physics);
    if (result == STATUS_OK && world != NULL && e->physics.model->nu != kind->act_dim)
        result = status_fail(STATUS_FORMAT, "%s: the model has %d actuators, the table says %d",
                             kind->name, (int)e->physics.model->nu, kind->act_dim);
    if (result == STATUS_OK && ops->find != NULL)
        result = ops->find(e);
    if (result != STATUS_OK) {
        env_close(e);
        return result;
    }
    *out = e;
    return STATUS_OK;
}

enum status env_open(const char *name, const struct env_options *options, struct env **out)
{
    struct env_options o = options != NULL ? *options : env_defaults();
    const struct env_kind *kind = env_find(name);
    if (kind == NULL)
        return status_fail(STATUS_MISSING, "there is no environment '%s'; `vitamin env` lists them",
                           name);
    TRY(check_options(kind, &o));

    struct physics_world *world = NULL;
    if (kind->ops->model != NULL) {
        struct physics_files files = {0};
        enum status result = kind->ops->model(kind, &files);
        if (result == STATUS_OK)
            result = physics_compile(&files, o.exact_inertia, &world);
        physics_free_files(&files);
        if (result != STATUS_OK)
            return status_prefix(result, "%s", kind->name);
    }
    enum status result = new_instance(kind, &o, world, out);
    physics_world_release(world); /* the instance holds its own reference */
    return result;
}

enum status env_clone(const struct env *e, struct env **out)
{
    return new_instance(e->kind, &e->options, e->physics.world, out);
}

void env_close(struct env *e)
{
    if (e == NULL)
        return;
    physics_close(&e->physics);
    free(e->observation); /* the whole block */
    free(e);
}

const struct env_kind *env_kind(const struct env *e)
{
    return e->kind;
}

const struct env_options *env_options(const struct env *e)
{
    return &e->options;
}

const double *env_observation(const struct env *e)
{
    return e->observation;
}

int env_steps(const struct env *e)
{
    return e->steps;
}

/* --- fields
 * ---------------------------------------------------------------------------------------- */

/* A field that lives in the simulation or in the task; NULL: none of that name. */
static double *find_field(const struct env *e, const char *name, int *count)
{
    if (e->physics.data != NULL) {
        const mjModel *m = e->physics.model;
        const mjData *d = e->physics.data;
        const struct {
            const char *name;
            double *data;
            int count;
        } simulation[] = {{"qpos", d->qpos, (int)m->nq},
                          {"qvel", d->qvel, (int)m->nv},
                          {"qacc_warmstart", d->qacc_warmstart, (int)m->nv},
                          {"ctrl", d->ctrl, (int)m->nu}};
        for (size_t i = 0; i < sizeof simulation / sizeof *simulation; i++) {
            if (strcmp(simulation[i].name, name) == 0) {
                *count = simulation[i].count;
                return simulation[i].data;
            }
        }
    }
    double *at = e->task;
    for (const struct env_field *f = e->kind->ops->fields; f != NULL && f->name != NULL; f++) {
        if (strcmp(f->name, name) == 0) {
            *count = f->count;
            return at;
        }
        at += f->count;
    }
    return NULL;
}

const double *env_field(const struct env *e, const char *name, int *count)
{
    int ignored;
    return find_field(e, name, count != NULL ? count : &ignored);
}

static enum status check_value(const struct env *e, const struct env_value *v, int expected)
{
    if (v->count != expected)
        return status_fail(STATUS_SHAPE, "%s: field '%s' has %d numbers, should have %d",
                           e->kind->name, v->name, v->count, expected);
    for (int i = 0; i < v->count; i++) {
        if (!isfinite(v->data[i]))
            return status_fail(STATUS_NONFINITE, "%s: field '%s' is %g at %d", e->kind->name,
                               v->name, v->data[i], i);
    }
    return STATUS_OK;
}

/* --- beginning an episode
 * -------------------------------------------------------------------------- */

/* Everything as if nothing had happened yet: qpos0, no velocity, the task's defaults. */
static void blank(struct env *e)
{
    const struct env_ops *ops = e->kind->ops;
    e->steps = 0;
    e->goal_steps = 0;
    e->running = false;
    reward_reset(&e->reward);
    if (e->physics.data != NULL)
        physics_reset(&e->physics);
    memset(e->task, 0, (size_t)task_size(ops) * sizeof *e->task);
    if (ops->defaults != NULL)
        ops->defaults(e);
}

/* qpos, qvel and the task are written: derive the rest. */
static enum status settle(struct env *e)
{
    const struct env_ops *ops = e->kind->ops;
    if (ops->apply != NULL)
        ops->apply(e);
    if (e->physics.data != NULL) {
        enum status result = physics_forward(&e->physics);
        if (result != STATUS_OK)
            return status_prefix(result, "%s: at reset", e->kind->name);
    }
    return ops->begin != NULL ? ops->begin(e) : STATUS_OK;
}

static void begin_episode(struct env *e)
{
    e->kind->ops->observe(e, e->observation);
    e->running = true;
}

enum status env_reset(struct env *e, struct rng rng)
{
    blank(e);
    if (e->kind->ops->draw != NULL)
        e->kind->ops->draw(e, &rng);
    TRY(settle(e));
    begin_episode(e);
    return STATUS_OK;
}

static bool given(const struct env_value *values, int count, const char *name)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(values[i].name, name) == 0)
            return true;
    }
    return false;
}

enum status env_reset_to(struct env *e, const struct env_value *values, int count)
{
    /* Check all before touching anything. */
    if (e->physics.data != NULL && !(given(values, count, "qpos") && given(values, count, "qvel")))
        return status_fail(STATUS_MISSING, "%s: a state needs qpos and qvel", e->kind->name);
    for (int i = 0; i < count; i++) {
        int expected = 1;
        if (strcmp(values[i].name, "steps") != 0 &&
            find_field(e, values[i].name, &expected) == NULL)
            return status_fail(STATUS_MISSING, "%s: has no field '%s'", e->kind->name,
                               values[i].name);
        TRY(check_value(e, &values[i], expected));
    }

    /* Written twice: what mj_forward and `begin` derive from the state (qacc_warmstart, torso_x)
     * gives way to what the caller says it was. */
    blank(e);
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < count; i++) {
            int n;
            double *field = find_field(e, values[i].name, &n);
            bool derived_by_then = pass == 1 && strcmp(values[i].name, "qpos") == 0;
            if (field == NULL)
                e->steps = (int)clip(values[i].data[0], 0, INT_MAX);
            else if (!derived_by_then) /* mj_forward normalised its quaternions */
                memcpy(field, values[i].data, (size_t)n * sizeof *field);
        }
        if (pass == 0)
            TRY(settle(e));
    }
    begin_episode(e);
    return STATUS_OK;
}

/* --- stepping
 * ---------------------------------------------------------------------------------------- */

/* Observe. MuJoCo checks the state before it steps, so what the last substep did to it shows here.
 */
static enum status take_observation(struct env *e, double raw_reward)
{
    double *now = e->next_observation;
    e->kind->ops->observe(e, now);
    bool finite = isfinite(raw_reward);
    for (int i = 0; i < e->kind->obs_dim; i++)
        finite = finite && isfinite(now[i]);
    if (!finite)
        return status_fail(STATUS_PHYSICS, "the simulation diverged (a reward or an observation is "
                                           "not finite)");
    memcpy(e->observation, now, (size_t)e->kind->obs_dim * sizeof *now);
    return STATUS_OK;
}

enum status env_step(struct env *e, const double *action, struct env_step *out)
{
    const struct env_kind *kind = e->kind;
    *out = (struct env_step){0};
    if (!e->running)
        return status_fail(
            STATUS_CONFIG,
            "%s: a step after the end of an episode or before its start; reset first", kind->name);
    for (int i = 0; i < kind->act_dim; i++) {
        if (!isfinite(action[i]))
            return status_fail(STATUS_NONFINITE, "%s: action %d is %g at step %d", kind->name, i,
                               action[i], e->steps);
    }
    enum status result = kind->ops->step(e, action, out);
    if (result == STATUS_OK)
        result = take_observation(e, out->raw_reward);
    if (result != STATUS_OK) {
        e->running = false;
        *out = (struct env_step){0};
        return status_prefix(result, "%s: step %d", kind->name, e->steps);
    }

    int j = e->steps++;
    e->goal_steps += out->goal;
    out->success = kind->success_steps >= 0 && e->goal_steps > kind->success_steps;
    out->terminated = out->terminated && !e->options.endless;
    out->truncated = e->steps >= kind->time_limit && !out->terminated && !e->options.endless;
    e->running = !(out->terminated || out->truncated);
    out->reward = reward_modify(&e->reward, out->raw_reward, j, !e->running);
    return STATUS_OK;
}

/* --- state vectors
 * ----------------------------------------------------------------------------------- */

/* The parts of a state vector after the header, in order. */
enum { HEADER = 5, PARTS = 7 };

struct part {
    double *data;
    int count;
};

static void list_parts(const struct env *e, struct part part[PARTS])
{
    memset(part, 0, PARTS * sizeof *part);
    part[0] = (struct part){e->observation, e->kind->obs_dim};
    part[1] = (struct part){e->task, task_size(e->kind->ops)};
    if (e->physics.data == NULL)
        return;
    const mjModel *m = e->physics.model;
    const mjData *d = e->physics.data;
    part[2] = (struct part){d->qpos, (int)m->nq};
    part[3] = (struct part){d->qvel, (int)m->nv};
    part[4] = (struct part){d->qacc_warmstart, (int)m->nv};
    part[5] = (struct part){d->act, (int)m->na};
    part[6] = (struct part){d->ctrl, (int)m->nu};
}

size_t env_state_size(const struct env *e)
{
    struct part part[PARTS];
    list_parts(e, part);
    size_t size = HEADER;
    for (int i = 0; i < PARTS; i++)
        size += (size_t)part[i].count;
    return size;
}

void env_get_state(const struct env *e, double *out)
{
    const double header[HEADER] = {e->steps, e->goal_steps, e->running, e->reward.pending,
                                   e->physics.data != NULL ? e->physics.data->time : 0};
    memcpy(out, header, sizeof header);
    out += HEADER;
    struct part part[PARTS];
    list_parts(e, part);
    for (int i = 0; i < PARTS; i++) {
        if (part[i].count > 0)
            memcpy(out, part[i].data, (size_t)part[i].count * sizeof *out);
        out += part[i].count;
    }
}

enum status env_set_state(struct env *e, const double *state)
{
    size_t size = env_state_size(e);
    for (size_t i = 0; i < size; i++) {
        if (!isfinite(state[i]))
            return status_fail(STATUS_NONFINITE, "%s: state vector is %g at %zu", e->kind->name,
                               state[i], i);
    }
    blank(e);
    struct part part[PARTS];
    list_parts(e, part);
    const double *at = state + HEADER;
    for (int i = 0; i < PARTS; i++) {
        if (part[i].count > 0)
            memcpy(part[i].data, at, (size_t)part[i].count * sizeof *at);
        at += part[i].count;
    }
    if (e->kind->ops->apply != NULL)
        e->kind->ops->apply(e);
    e->steps = (int)clip(state[0], 0, INT_MAX);
    e->goal_steps = (int)clip(state[1], 0, INT_MAX);
    e->running = state[2] != 0;
    e->reward.pending = state[3];
    if (e->physics.data != NULL)
        e->physics.data->time = state[4];
    return STATUS_OK;
}
