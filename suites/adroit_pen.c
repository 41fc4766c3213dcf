/* Adroit pen: turn a pen in the palm to a wanted orientation. The only one of the four that ends
 * early, when the pen is dropped. Source docs/environments.md 4.4. */
#include "suites/adroit.h"

#include <string.h>

enum {
    PEN,
    PLACE,
    TOP,
    BOTTOM,
    WANTED_TOP,
    WANTED_BOTTOM,
    TARGET
}; /* rows of objects, and of e->id */

static const struct adroit_object objects[] = {
    {mjOBJ_BODY, "Object"},        {mjOBJ_SITE, "eps_ball"},   {mjOBJ_SITE, "object_top"},
    {mjOBJ_SITE, "object_bottom"}, {mjOBJ_SITE, "target_top"}, {mjOBJ_SITE, "target_bottom"},
    {mjOBJ_BODY, "target"},
};

static const struct env_field fields[] = {{"desired_orien", 4}, {NULL, 0}};

static const double PEN_LENGTH = 0.13; /* between the sites at its ends */

static enum status pen_find(struct env *e)
{
    return adroit_find(e, objects, sizeof objects / sizeof *objects);
}

static void pen_defaults(struct env *e)
{
    memcpy(e->task, physics_original(&e->physics)->body_quat + 4 * e->id[TARGET],
           4 * sizeof(double));
}

static void pen_draw(struct env *e, struct rng *rng)
{
    double euler[3] = {0};
    euler[0] = adroit_uniform(rng, -1, 1);
    euler[1] = adroit_uniform(rng, -1, 1);
    adroit_euler_to_quat(euler, e->task);
}

static void pen_apply(struct env *e)
{
    memcpy(e->physics.model->body_quat + 4 * e->id[TARGET], e->task, 4 * sizeof(double));
}

/* Unit vector along the pen (0) or along the wanted pen (1). */
static void direction(const struct env *e, int wanted, double out[3])
{
    adroit_subtract(adroit_site(e, wanted ? WANTED_TOP : TOP),
                    adroit_site(e, wanted ? WANTED_BOTTOM : BOTTOM), out);
    for (int k = 0; k < 3; k++)
        out[k] /= PEN_LENGTH;
}

static enum status pen_step(struct env *e, const double *action, struct env_step *out)
{
    TRY(adroit_act(e, action));
    const double *pen = adroit_body(e, PEN);
    const double away = adroit_distance(pen, adroit_site(e, PLACE));
    double is[3], wanted[3];
    direction(e, 0, is);
    direction(e, 1, wanted);
    const double cosine = is[0] * wanted[0] + is[1] * wanted[1] + is[2] * wanted[2];
    const bool in_place = away < 0.075, dropped = pen[2] < 0.075;
    out->raw_reward = -away + cosine + (in_place && cosine > 0.9 ? 10 : 0) +
                      (in_place && cosine > 0.95 ? 50 : 0) - (dropped ? 5 : 0);
    out->goal = in_place && cosine > 0.95;
    out->terminated = dropped;
    return STATUS_OK;
}

static void pen_observe(const struct env *e, double *out)
{
    const mjData *d = e->physics.data;
    const double *pen = adroit_body(e, PEN);
    memcpy(out, d->qpos, ADROIT_HAND * sizeof *out);
    memcpy(out + 24, pen, 3 * sizeof *out);
    memcpy(out + 27, d->qvel + ADROIT_HAND, 6 * sizeof *out);
    direction(e, 0, out + 33);
    direction(e, 1, out + 36);
    adroit_subtract(pen, adroit_site(e, PLACE), out + 39);
    adroit_subtract(out + 33, out + 36, out + 42);
}

const struct env_ops adroit_pen_ops = {.fields = fields,
                                       .writes_model = true,
                                       .authored_inertia = true,
                                       .model = adroit_model,
                                       .find = pen_find,
                                       .defaults = pen_defaults,
                                       .draw = pen_draw,
                                       .apply = pen_apply,
                                       .step = pen_step,
                                       .observe = pen_observe};
