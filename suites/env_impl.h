/* What the kinds of environment (locomotion.c, maze2d.c, adroit_*.c ...) share with env.c.
 *
 * A kind is a struct of functions. env.c owns the episode: step count, time limit, reward
 * modification, observation buffer, state vectors, checking of what comes from outside. */
#ifndef SUITES_ENV_IMPL_H
#define SUITES_ENV_IMPL_H

#include "suites/env.h"
#include "suites/physics.h"
#include "suites/reward.h"

enum { ENV_IDS = 16 };

struct env_field { /* a task field: part of e->task */
    const char *name;
    int count;
};

struct env {
    const struct env_kind *kind;
    struct env_options options;
    struct physics physics;   /* no model when the kind has none (bandit) */
    double *task;             /* the kind's fields, one after another in the order of ops->fields */
    double *observation;      /* (S) the last good one */
    double *next_observation; /* (S) until it is known to be good */
    int id[ENV_IDS];          /* bodies, sites, sensors found once by ops->find */
    int steps;                /* done in this episode */
    int goal_steps;           /* of them at the goal */
    bool running;             /* between a reset and the end */
    struct reward reward;     /* state of the delay */
};

/* All but `step` and `observe` may be NULL. None may allocate. */
struct env_ops {
    const struct env_field *fields; /* ends with a NULL name */
    bool writes_model; /* resets write into mjModel: each instance needs its own copy */
    bool has_dense, has_contact_forces; /* which variants of env_options mean something here */
    bool authored_inertia; /* the original weighs no geometry either: no exact_inertia */

    /* Add the model's files; the first is the main one. NULL: no physics at all. */
    enum status (*model)(const struct env_kind *kind, struct physics_files *files);

    /* Once per instance, after the model is there: check sizes, look up ids. */
    enum status (*find)(struct env *e);

    /* Fill e->task with its defaults. Before it the task is all zeros. */
    void (*defaults)(struct env *e);

    /* Draw a start into data->qpos, data->qvel (preset to qpos0 and 0) and e->task. */
    void (*draw)(struct env *e, struct rng *rng);

    /* Write e->task into the model (and whatever else belongs before mj_forward). */
    void (*apply)(struct env *e);

    /* After the mj_forward of a reset: remember what the first step compares with. */
    enum status (*begin)(struct env *e);

    /* One environment step: ctrl, physics_step, then out->raw_reward, terminated, goal; the rest of
     * `out` is env.c's. `action` is finite. */
    enum status (*step)(struct env *e, const double *action, struct env_step *out);

    /* Mazes: is this place (the first two numbers of an observation) in a wall? */
    bool (*in_wall)(const struct env_kind *kind, double x, double y);

    /* Write the observation of the present state. */
    void (*observe)(const struct env *e, double *out);
};

static inline double clip(double x, double low, double high)
{
    return x < low ? low : x > high ? high : x;
}

#endif
