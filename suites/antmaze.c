#include "suites/antmaze.h"

#include "suites/locomotion.h"
#include "suites/maze.h"

#include <math.h>

static const double goal_radius = 0.5, cell_size = 4;

/* The map's column is x here, its row y (the other way round than in maze2d). All three mazes start
 * in cell (1, 1), which is the origin. */
static void cell_centre(int i, int j, double centre[2])
{
    centre[0] = cell_size * (j - 1);
    centre[1] = cell_size * (i - 1);
}

static bool antmaze_in_wall(const struct env_kind *kind, double x, double y)
{
    return maze_is_wall(kind->variant, (int)floor(y / cell_size + 1.5),
                        (int)floor(x / cell_size + 1.5));
}

static void place_block(int i, int j, double position[3])
{
    cell_centre(i, j, position);
    position[2] = 1;
}

static enum status antmaze_model(const struct env_kind *kind, struct physics_files *files)
{
    char *blocks = maze_walls(kind->variant, "block", place_block);
    if (blocks == NULL)
        return status_fail(STATUS_MEMORY, "no memory for the maze's blocks");
    physics_add_file(files, "antmaze.xml", NULL);
    physics_add_file(files, "blocks.xml", blocks);
    return STATUS_OK;
}

static void antmaze_defaults(struct env *e)
{
    int i, j;
    maze_find(e->kind->variant, 'G', &i, &j);
    cell_centre(i, j, e->task);
}

static void antmaze_draw(struct env *e, struct rng *rng)
{
    locomotion_noise(e, rng, 0.1, 0.1, true);
    for (int i = 0; i < 2; i++) {
        double beyond = rng_uniform_double(rng);
        beyond += 0.5 * rng_uniform_double(rng);
        e->task[i] = fmax(e->task[i] + beyond, 0);
    }
}

static enum status antmaze_step(struct env *e, const double *action, struct env_step *out)
{
    locomotion_control(e, action);
    TRY(physics_step(&e->physics, e->kind->frame_skip));
    const double *qpos = e->physics.data->qpos;
    out->goal = hypot(qpos[0] - e->task[0], qpos[1] - e->task[1]) <= goal_radius;
    out->raw_reward = out->goal;
    out->terminated = out->goal;
    return STATUS_OK;
}

static void antmaze_observe(const struct env *e, double *out)
{
    const mjModel *m = e->physics.model;
    const mjData *d = e->physics.data;
    for (int i = 0; i < m->nq; i++)
        *out++ = d->qpos[i];
    for (int i = 0; i < m->nv; i++)
        *out++ = d->qvel[i];
}

static const struct env_field fields[] = {{"goal", 2}, {NULL, 0}};

const struct env_ops antmaze_ops = {.fields = fields,
                                    .model = antmaze_model,
                                    .defaults = antmaze_defaults,
                                    .draw = antmaze_draw,
                                    .step = antmaze_step,
                                    .in_wall = antmaze_in_wall,
                                    .observe = antmaze_observe};
