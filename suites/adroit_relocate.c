/* Adroit relocate: carry a ball to a place in the air. Source docs/environments.md 4.5.
 *
 * A reset moves the ball's *body* and leaves its joints at zero. D4RL's files store the ball's
 * world position instead (infos/obj_pos); written back as the body's position in the middle of an
 * episode it would count the joints' displacement twice, so the state here is the model's own two
 * fields. */
#include "suites/adroit.h"

#include <string.h>

enum { PALM, BALL, TARGET }; /* rows of objects, and of e->id */

static const struct adroit_object objects[] = {
    {mjOBJ_SITE, "S_grasp"}, {mjOBJ_BODY, "Object"}, {mjOBJ_SITE, "target"}};

static const struct env_field fields[] = {{"obj_body_pos", 3}, {"target_site_pos", 3}, {NULL, 0}};

enum { ARM = 6, SEEN_QPOS = ARM + ADROIT_HAND }; /* the ball's joints and speeds are not observed */

static enum status relocate_find(struct env *e)
{
    return adroit_find(e, objects, sizeof objects / sizeof *objects);
}

static void relocate_defaults(struct env *e)
{
    const mjModel *m = physics_original(&e->physics);
    memcpy(e->task, m->body_pos + 3 * e->id[BALL], 3 * sizeof(double));
    memcpy(e->task + 3, m->site_pos + 3 * e->id[TARGET], 3 * sizeof(double));
}

/* Five draws; the ball's height stays the model's. */
static void relocate_draw(struct env *e, struct rng *rng)
{
    e->task[0] = adroit_uniform(rng, -0.15, 0.15);
    e->task[1] = adroit_uniform(rng, -0.15, 0.3);
    e->task[3] = adroit_uniform(rng, -0.2, 0.2);
    e->task[4] = adroit_uniform(rng, -0.2, 0.2);
    e->task[5] = adroit_uniform(rng, 0.15, 0.35);
}

static void relocate_apply(struct env *e)
{
    mjModel *m = e->physics.model;
    memcpy(m->body_pos + 3 * e->id[BALL], e->task, 3 * sizeof(double));
    memcpy(m->site_pos + 3 * e->id[TARGET], e->task + 3, 3 * sizeof(double));
}

static enum status relocate_step(struct env *e, const double *action, struct env_step *out)
{
    TRY(adroit_act(e, action));
    const double *palm = adroit_site(e, PALM), *ball = adroit_body(e, BALL);
    const double *target = adroit_site(e, TARGET);
    const double left = adroit_distance(ball, target);
    double r = -0.1 * adroit_distance(palm, ball);
    if (ball[2] > 0.04) /* off the table */
        r += 1 - 0.5 * adroit_distance(palm, target) - 0.5 * left;
    r += (left < 0.1 ? 10 : 0) + (left < 0.05 ? 20 : 0);
    out->raw_reward = r;
    out->goal = left < 0.1;
    return STATUS_OK;
}

static void relocate_observe(const struct env *e, double *out)
{
    const double *palm = adroit_site(e, PALM), *ball = adroit_body(e, BALL);
    const double *target = adroit_site(e, TARGET);
    memcpy(out, e->physics.data->qpos, SEEN_QPOS * sizeof *out);
    adroit_subtract(palm, ball, out + 30);
    adroit_subtract(palm, target, out + 33);
    adroit_subtract(ball, target, out + 36);
}

const struct env_ops adroit_relocate_ops = {.fields = fields,
                                            .writes_model = true,
                                            .authored_inertia = true,
                                            .model = adroit_model,
                                            .find = relocate_find,
                                            .defaults = relocate_defaults,
                                            .draw = relocate_draw,
                                            .apply = relocate_apply,
                                            .step = relocate_step,
                                            .observe = relocate_observe};
