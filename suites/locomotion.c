/* Two points where these environments differ from what one would write:
 *
 * The ant's speed is measured on the torso's `xpos` as MuJoCo last computed it: after an RK4 step
 * that is the last stage's estimate, not the integrated position, and the next step starts from
 * this same stale number. It is remembered in the task field torso_x.
 *
 * The ant's 84 contact entries are zero and cost nothing: since MuJoCo 2.0 nobody calls
 * mj_rnePostConstraint for this model, in D4RL's data and in the paper alike. The option
 * contact_forces calls it. */
#include "suites/locomotion.h"

#include <math.h>

/* --- the robots
 * ------------------------------------------------------------------------------------ */

static bool hopper_fallen(const struct env *e)
{
    const mjModel *m = e->physics.model;
    const double *qpos = e->physics.data->qpos, *qvel = e->physics.data->qvel;
    bool sound = isfinite(qpos[0]) && isfinite(qpos[1]);
    for (int i = 2; i < m->nq; i++)
        sound = sound && fabs(qpos[i]) < 100;
    for (int i = 0; i < m->nv; i++)
        sound = sound && fabs(qvel[i]) < 100;
    return !(sound && qpos[1] > 0.7 && fabs(qpos[2]) < 0.2);
}

static bool walker2d_fallen(const struct env *e)
{
    const double *qpos = e->physics.data->qpos;
    return !(qpos[1] > 0.8 && qpos[1] < 2.0 && qpos[2] > -1.0 && qpos[2] < 1.0);
}

static bool ant_fallen(const struct env *e)
{
    const mjModel *m = e->physics.model;
    const double *qpos = e->physics.data->qpos, *qvel = e->physics.data->qvel;
    bool finite = true;
    for (int i = 0; i < m->nq; i++)
        finite = finite && isfinite(qpos[i]);
    for (int i = 0; i < m->nv; i++)
        finite = finite && isfinite(qvel[i]);
    return !(finite && qpos[2] >= 0.2 && qpos[2] <= 1.0);
}

static double root_x(const struct env *e)
{
    return e->physics.data->qpos[0];
}

enum { TORSO = 0 }; /* position in e->id */

static double torso_x(const struct env *e)
{
    return e->physics.data->xpos[3 * e->id[TORSO]];
}

const struct robot robot_hopper = {.model = "hopper.xml",
                                   .hidden = 1,
                                   .position_noise = 0.005,
                                   .velocity_noise = 0.005,
                                   .velocity_clip = 10,
                                   .alive_bonus = 1,
                                   .control_cost = 0.001,
                                   .fallen = hopper_fallen,
                                   .forward = root_x};

const struct robot robot_walker2d = {.model = "walker2d.xml",
                                     .hidden = 1,
                                     .position_noise = 0.005,
                                     .velocity_noise = 0.005,
                                     .velocity_clip = 10,
                                     .alive_bonus = 1,
                                     .control_cost = 0.001,
                                     .fallen = walker2d_fallen,
                                     .forward = root_x};

const struct robot robot_halfcheetah = {.model = "halfcheetah.xml",
                                        .hidden = 1,
                                        .position_noise = 0.1,
                                        .velocity_noise = 0.1,
                                        .gaussian = true,
                                        .velocity_clip = HUGE_VAL,
                                        .control_cost = 0.1,
                                        .forward = root_x};

const struct robot robot_ant = {.model = "ant.xml",
                                .hidden = 2,
                                .position_noise = 0.1,
                                .velocity_noise = 0.1,
                                .gaussian = true,
                                .velocity_clip = HUGE_VAL,
                                .alive_bonus = 1,
                                .control_cost = 0.5,
                                .fallen = ant_fallen,
                                .forward = torso_x,
                                .contact_entries = 84};

/* --- the environment
 * ------------------------------------------------------------------------------- */

static enum status robot_model(const struct env_kind *kind, struct physics_files *files)
{
    const struct robot *r = kind->variant;
    physics_add_file(files, r->model, NULL);
    return STATUS_OK;
}

static enum status robot_find(struct env *e)
{
    const struct robot *r = e->kind->variant;
    const mjModel *m = e->physics.model;
    int observed = (int)(m->nq + m->nv) - r->hidden + r->contact_entries;
    if (observed != e->kind->obs_dim)
        return status_fail(STATUS_FORMAT, "%s: the model gives %d observations, the table says %d",
                           e->kind->name, observed, e->kind->obs_dim);
    return physics_find(&e->physics, mjOBJ_BODY, "torso", &e->id[TORSO]);
}

void locomotion_noise(struct env *e, struct rng *rng, double position, double velocity,
                      bool gaussian)
{
    const mjModel *m = e->physics.model;
    mjData *d = e->physics.data;
    for (int i = 0; i < m->nq; i++)
        d->qpos[i] += position * (2 * rng_uniform_double(rng) - 1);
    for (int i = 0; i < m->nv; i++) {
        double noise = gaussian ? rng_normal_double(rng) : 2 * rng_uniform_double(rng) - 1;
        d->qvel[i] += velocity * noise;
    }
}

static void robot_draw(struct env *e, struct rng *rng)
{
    const struct robot *r = e->kind->variant;
    locomotion_noise(e, rng, r->position_noise, r->velocity_noise, r->gaussian);
}

/* The contact forces belong to what is observed; charging for them belongs to the step. */
static enum status fill_contact_forces(struct env *e)
{
    return e->options.contact_forces ? physics_contact_forces(&e->physics) : STATUS_OK;
}

static enum status robot_begin(struct env *e)
{
    const struct robot *r = e->kind->variant;
    e->task[0] = r->forward(e);
    return fill_contact_forces(e);
}

double locomotion_control(struct env *e, const double *action)
{
    double cost = 0;
    for (int i = 0; i < e->kind->act_dim; i++) {
        const double *range = e->physics.model->actuator_ctrlrange + 2 * i;
        double u = range[0] + (action[i] + 1) * 0.5 * (range[1] - range[0]);
        u = clip(u, range[0], range[1]);
        e->physics.data->ctrl[i] = u;
        cost += u * u;
    }
    return cost;
}

static double contact_cost(const struct env *e, int entries)
{
    double cost = 0;
    for (int i = 0; i < entries; i++) {
        double f = clip(e->physics.data->cfrc_ext[i], -1, 1);
        cost += f * f;
    }
    return 0.0005 * cost;
}

static enum status robot_step(struct env *e, const double *action, struct env_step *out)
{
    const struct robot *r = e->kind->variant;
    double effort = locomotion_control(e, action);
    double before = e->task[0];
    TRY(physics_step(&e->physics, e->kind->frame_skip));
    double after = r->forward(e);
    e->task[0] = after;

    double dt = e->physics.model->opt.timestep * e->kind->frame_skip;
    out->raw_reward = (after - before) / dt + r->alive_bonus - r->control_cost * effort;
    TRY(fill_contact_forces(e));
    if (e->options.contact_forces)
        out->raw_reward -= contact_cost(e, r->contact_entries);
    out->terminated = r->fallen != NULL && r->fallen(e);
    return STATUS_OK;
}

static void robot_observe(const struct env *e, double *out)
{
    const struct robot *r = e->kind->variant;
    const mjModel *m = e->physics.model;
    const mjData *d = e->physics.data;
    for (int i = r->hidden; i < m->nq; i++)
        *out++ = d->qpos[i];
    for (int i = 0; i < m->nv; i++)
        *out++ = clip(d->qvel[i], -r->velocity_clip, r->velocity_clip);
    for (int i = 0; i < r->contact_entries; i++)
        *out++ = e->options.contact_forces ? clip(d->cfrc_ext[i], -1, 1) : 0;
}

/* For the planar robots it is qpos[0] before the step, which reset and step keep equal to it. */
static const struct env_field fields[] = {{"torso_x", 1}, {NULL, 0}};

const struct env_ops locomotion_ops = {.fields = fields,
                                       .has_contact_forces = true,
                                       .model = robot_model,
                                       .find = robot_find,
                                       .draw = robot_draw,
                                       .begin = robot_begin,
                                       .step = robot_step,
                                       .observe = robot_observe};
