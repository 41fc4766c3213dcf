/* Adroit door: unlatch and pull the door open. Source docs/environments.md 4.2. */
#include "suites/adroit.h"

#include <string.h>

enum { PALM, HANDLE, FRAME }; /* rows of objects, and of e->id */

static const struct adroit_object objects[] = {
    {mjOBJ_SITE, "S_grasp"}, {mjOBJ_SITE, "S_handle"}, {mjOBJ_BODY, "frame"}};

static const struct env_field fields[] = {{"door_body_pos", 3}, {NULL, 0}};

/* qpos: ARTz, ARRx, ARRy, ARRz, hand, door, latch. The arm's slide is not observed. */
enum { ARM = 4, DOOR = ARM + ADROIT_HAND, LATCH };

static enum status door_find(struct env *e)
{
    return adroit_find(e, objects, sizeof objects / sizeof *objects);
}

static void door_defaults(struct env *e)
{
    memcpy(e->task, physics_original(&e->physics)->body_pos + 3 * e->id[FRAME], 3 * sizeof(double));
}

static void door_draw(struct env *e, struct rng *rng)
{
    e->task[0] = adroit_uniform(rng, -0.3, -0.2);
    e->task[1] = adroit_uniform(rng, 0.25, 0.35);
    e->task[2] = adroit_uniform(rng, 0.252, 0.35);
}

static void door_apply(struct env *e)
{
    memcpy(e->physics.model->body_pos + 3 * e->id[FRAME], e->task, 3 * sizeof(double));
}

static enum status door_step(struct env *e, const double *action, struct env_step *out)
{
    TRY(adroit_act(e, action));
    const double door = e->physics.data->qpos[DOOR];
    double r = -0.1 * adroit_distance(adroit_site(e, PALM), adroit_site(e, HANDLE));
    r -= 0.1 * (door - 1.57) * (door - 1.57);
    r -= 1e-5 * adroit_speed_squared(e);
    r += (door > 0.2 ? 2 : 0) + (door > 1.0 ? 8 : 0) + (door > 1.35 ? 10 : 0);
    out->raw_reward = r;
    out->goal = door >= 1.35;
    return STATUS_OK;
}

static void door_observe(const struct env *e, double *out)
{
    const double *qpos = e->physics.data->qpos;
    const double *palm = adroit_site(e, PALM), *handle = adroit_site(e, HANDLE);
    memcpy(out, qpos + 1, (DOOR - 1) * sizeof *out);
    out[27] = qpos[LATCH];
    out[28] = qpos[DOOR];
    memcpy(out + 29, palm, 3 * sizeof *out);
    memcpy(out + 32, handle, 3 * sizeof *out);
    adroit_subtract(palm, handle, out + 35);
    out[38] = qpos[DOOR] > 1.0 ? 1 : -1;
}

const struct env_ops adroit_door_ops = {.fields = fields,
                                        .writes_model = true,
                                        .authored_inertia = true,
                                        .model = adroit_model,
                                        .find = door_find,
                                        .defaults = door_defaults,
                                        .draw = door_draw,
                                        .apply = door_apply,
                                        .step = door_step,
                                        .observe = door_observe};
