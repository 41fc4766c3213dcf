/* How D4RL collected the mazes' data: one continuous walk of the waypoint controller (maze2d), and
 * episodes of an ant that a planner leads (antmaze). */
#include "suites/generate_impl.h"

#include "engine/base/stop.h"
#include "suites/maze.h"
#include "suites/walker.h"
#include "suites/waypoint.h"

#include <math.h>
#include <string.h>

enum { WALK_ROWS = 4096 };

/* --- maze2d's walk -------------------------------------------------------------------------------
 */

/* A free cell, with U(-0.1, 0.1) added to both coordinates. */
static void draw_target(const struct maze *m, struct rng *rng, double target[2])
{
    int free_cells = 0;
    for (int i = 0; i < m->rows * m->cols; i++)
        free_cells += !maze_is_wall(m, i / m->cols, i % m->cols);
    int chosen = (int)rng_below(rng, (uint32_t)free_cells), i = 0;
    for (;; i++) {
        if (!maze_is_wall(m, i / m->cols, i % m->cols) && chosen-- == 0)
            break;
    }
    int row = i / m->cols, col = i % m->cols;
    target[0] = row + 0.2 * rng_uniform_double(rng) - 0.1;
    target[1] = col + 0.2 * rng_uniform_double(rng) - 0.1;
}

/* One row of the walk. `seen` is what the controller sees: after a change of target once more the
 * observation of the row before. */
static enum status walk_step(const struct generate_plan *p, struct generate_worker *w,
                             struct waypoint *controller, struct rng *rng, double seen[4],
                             double target[2], int *since)
{
    struct env_step step;
    struct generate_rows *rows = &w->rows;
    const double *goal = env_field(w->env, "goal", NULL);
    if (generate_begin_row(rows) < 0)
        return generate_no_memory(p);
    bool done = waypoint_act(controller, seen, target, rng, w->action) ||
                *since >= p->kind->time_limit;
    for (int i = 0; p->recipe->noise > 0 && i < 2; i++)
        w->action[i] += p->recipe->noise * rng_normal_double(rng);
    generate_round(w->action, 2);

    double reward = hypot(seen[0] - goal[0], seen[1] - goal[1]) <= 0.5 ? 1 : 0;
    generate_put(rows, OBSERVATION, seen);
    generate_put(rows, ACTION, w->action);
    generate_put(rows, REWARD, &reward);
    generate_put(rows, TARGET, target);
    generate_put_state(rows, STATE_BEFORE, w->env);
    generate_flag(rows, TERMINAL, false);
    generate_flag(rows, TIMEOUT, done);
    w->timeouts += done;

    TRY(env_step(w->env, w->action, &step));
    ++*since;
    if (done) {
        draw_target(p->kind->variant, rng, target);
        *since = 0;
    } else {
        memcpy(seen, env_observation(w->env), 4 * sizeof *seen);
    }
    return STATUS_OK;
}

enum status generate_walk(const struct generate_plan *p, struct generate_worker *w,
                          struct dataset_writer *file, struct dataset_made *made)
{
    struct waypoint *controller = NULL;
    struct rng rng = dataset_action_rng(p->kind, p->recipe->seed, 0);
    double target[2], seen[4];
    int since = 0;
    TRY(env_reset(w->env, dataset_reset_rng(p->kind, p->recipe->seed, 0)));
    TRY(waypoint_new(p->kind, &controller));
    draw_target(p->kind->variant, &rng, target);
    memcpy(seen, env_observation(w->env), sizeof seen);

    enum status result = STATUS_OK;
    while (result == STATUS_OK && dataset_writer_room(file) > 0) {
        w->rows.count = w->timeouts = 0;
        result = stop_check(p->kind->name);
        while (result == STATUS_OK && w->rows.count < WALK_ROWS &&
               w->rows.count < dataset_writer_room(file))
            result = walk_step(p, w, controller, &rng, seen, target, &since);
        made->timeouts += w->timeouts;
        if (result == STATUS_OK)
            result = dataset_writer_add(file, w->rows.count, (const void *const *)w->rows.data);
        if (result == STATUS_OK)
            generate_tell(p, file);
    }
    made->episodes = made->timeouts + (since > 0);
    waypoint_delete(controller);
    return result;
}

/* --- antmaze's episodes -----------------------------------------------------------------------
 */

/* No episode of a file has this number: its stream draws the evaluation goal. */
static const int64_t GOAL_EPISODE = INT64_C(1) << 40;

static const double goal_radius = 0.5;

enum status generate_ant_goal(struct generate_plan *p, struct env *e)
{
    TRY(env_reset(e, dataset_reset_rng(p->kind, p->recipe->seed, GOAL_EPISODE)));
    memcpy(p->goal, env_field(e, "goal", NULL), sizeof p->goal);
    return STATUS_OK;
}

/* Start episode e: the environment's own start, moved to where D4RL would have put the ant. */
static enum status begin_ant(const struct generate_plan *p, struct env *e, int64_t episode,
                             double goal[2])
{
    double start[2], qpos[64], qvel[64];
    struct env_value state[] = {{"qpos", qpos, 0}, {"qvel", qvel, 0}, {"goal", goal, 2}};
    struct rng rng = dataset_reset_rng(p->kind, p->recipe->seed, GOAL_EPISODE + 1 + episode);
    walker_place(p->kind, p->recipe->goals, &rng, start, goal);
    TRY(env_reset(e, dataset_reset_rng(p->kind, p->recipe->seed, episode)));
    memcpy(qpos, env_field(e, "qpos", &state[0].count), sizeof *qpos * 15);
    memcpy(qvel, env_field(e, "qvel", &state[1].count), sizeof *qvel * 14);
    qpos[0] += start[0];
    qpos[1] += start[1];
    return env_reset_to(e, state, 3);
}

static bool is_near(const struct env *e, const double goal[2])
{
    const double *at = env_observation(e);
    return hypot(at[0] - goal[0], at[1] - goal[1]) <= goal_radius;
}

/* The reward of the last row, when the position that counts is known. */
static void reward_ant(const struct generate_plan *p, struct generate_worker *w)
{
    double reward = is_near(w->env, p->goal);
    generate_put(&w->rows, REWARD, &reward);
    generate_flag(&w->rows, TERMINAL, reward != 0);
    w->terminals += reward != 0;
}

static enum status ant_step(const struct generate_plan *p, struct generate_worker *w,
                            const double goal[2], struct rng *rng)
{
    struct env_step step;
    struct generate_rows *rows = &w->rows;
    if (generate_begin_row(rows) < 0)
        return generate_no_memory(p);
    generate_put(rows, OBSERVATION, env_observation(w->env));
    generate_put(rows, TARGET, goal);
    walker_act(w->walker, env_observation(w->env), goal, rng, w->action);
    for (int i = 0; i < p->kind->act_dim; i++)
        w->action[i] += p->recipe->noise * rng_normal_double(rng);
    generate_round(w->action, p->kind->act_dim);
    generate_put(rows, ACTION, w->action);
    generate_flag(rows, TIMEOUT, false);
    TRY(env_step(w->env, w->action, &step));
    generate_put_state(rows, STATE_AFTER, w->env);
    w->reached = w->reached || is_near(w->env, goal);
    return STATUS_OK;
}

/* D4RL's rewards look at the next row of the file, which for the last row of an episode is the
 * first of the next episode. */
enum status generate_ant_episode(const struct generate_plan *p, struct generate_worker *w,
                                 int64_t e)
{
    double goal[2];
    struct rng rng = dataset_action_rng(p->kind, p->recipe->seed, e);
    w->rows.count = w->terminals = w->diverged = w->reached = 0;
    enum status result = begin_ant(p, w->env, e, goal);
    walker_forget(w->walker);
    while (result == STATUS_OK && w->rows.count <= p->kind->time_limit) {
        result = ant_step(p, w, goal, &rng);
        if (result == STATUS_OK && w->rows.count <= p->kind->time_limit)
            reward_ant(p, w);
    }
    if (result == STATUS_PHYSICS) { /* the episode ends with its last good row */
        w->rows.count -= w->rows.count > 0;
        w->diverged = 1;
        result = STATUS_OK;
    }
    w->timeouts = w->rows.count > 0;
    if (result != STATUS_OK || w->rows.count == 0)
        return result;
    generate_flag(&w->rows, TIMEOUT, true);
    TRY(begin_ant(p, w->env, e + 1, goal));
    if (w->diverged) /* the last good row has a reward already */
        return STATUS_OK;
    reward_ant(p, w);
    return STATUS_OK;
}
