/* Adroit hammer: pick up the hammer and drive the nail into the board.
 * Source docs/environments.md 4.3. */
#include "suites/adroit.h"

#include <math.h>
#include <string.h>

enum { PALM, HAMMER, TOOL, NAIL, GOAL, BOARD, TOUCH }; /* rows of objects, and of e->id */

static const struct adroit_object objects[] = {
    {mjOBJ_SITE, "S_grasp"},  {mjOBJ_BODY, "Object"},    {mjOBJ_SITE, "tool"},
    {mjOBJ_SITE, "S_target"}, {mjOBJ_SITE, "nail_goal"}, {mjOBJ_BODY, "nail_board"},
    {mjOBJ_SENSOR, "S_nail"},
};

static const struct env_field fields[] = {{"board_pos", 3}, {NULL, 0}};

/* qpos: ARRx, ARRy, hand, nail, then the hammer's six joints. */
enum { ARM = 2, SEEN_QPOS = ARM + ADROIT_HAND + 1, OBJECT = SEEN_QPOS };

static enum status hammer_find(struct env *e)
{
    return adroit_find(e, objects, sizeof objects / sizeof *objects);
}

static void hammer_defaults(struct env *e)
{
    memcpy(e->task, physics_original(&e->physics)->body_pos + 3 * e->id[BOARD], 3 * sizeof(double));
}

/* Only the board's height is drawn; x and y stay the model's. */
static void hammer_draw(struct env *e, struct rng *rng)
{
    e->task[2] = adroit_uniform(rng, 0.1, 0.25);
}

static void hammer_apply(struct env *e)
{
    memcpy(e->physics.model->body_pos + 3 * e->id[BOARD], e->task, 3 * sizeof(double));
}

static enum status hammer_step(struct env *e, const double *action, struct env_step *out)
{
    TRY(adroit_act(e, action));
    const double *hammer = adroit_body(e, HAMMER), *tool = adroit_site(e, TOOL);
    const double *nail = adroit_site(e, NAIL);
    const double left = adroit_distance(nail, adroit_site(e, GOAL)); /* for the nail to go */
    double r = -0.1 * adroit_distance(adroit_site(e, PALM), hammer);
    r -= adroit_distance(tool, nail);
    r -= 10 * left;
    r -= 0.01 * sqrt(adroit_speed_squared(e));
    r += hammer[2] > 0.04 && tool[2] > 0.04 ? 2 : 0; /* both ends off the table */
    r += (left < 0.02 ? 25 : 0) + (left < 0.01 ? 75 : 0);
    out->raw_reward = r;
    out->goal = left < 0.01;
    return STATUS_OK;
}

static void hammer_observe(const struct env *e, double *out)
{
    const mjData *d = e->physics.data;
    memcpy(out, d->qpos, SEEN_QPOS * sizeof *out);
    for (int i = 0; i < 6; i++)
        out[27 + i] = clip(d->qvel[OBJECT + i], -1, 1);
    memcpy(out + 33, adroit_site(e, PALM), 3 * sizeof *out);
    memcpy(out + 36, adroit_body(e, HAMMER), 3 * sizeof *out);
    adroit_quat_to_euler(d->xquat + 4 * e->id[HAMMER], out + 39);
    memcpy(out + 42, adroit_site(e, NAIL), 3 * sizeof *out);
    out[45] = clip(d->sensordata[e->physics.model->sensor_adr[e->id[TOUCH]]], -1, 1);
}

const struct env_ops adroit_hammer_ops = {.fields = fields,
                                          .writes_model = true,
                                          .authored_inertia = true,
                                          .model = adroit_model,
                                          .find = hammer_find,
                                          .defaults = hammer_defaults,
                                          .draw = hammer_draw,
                                          .apply = hammer_apply,
                                          .step = hammer_step,
                                          .observe = hammer_observe};
