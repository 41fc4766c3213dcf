#include "suites/maze2d.h"

#include "suites/maze.h"

#include <math.h>

static const double goal_radius = 0.5, speed_limit = 5;

/* The map's row is x here, its column y. */
static void place_wall(int i, int j, double position[3])
{
    position[0] = i + 1;
    position[1] = j + 1;
    position[2] = 0;
}

static enum status maze2d_model(const struct env_kind *kind, struct physics_files *files)
{
    char *walls = maze_walls(kind->variant, "wall", place_wall);
    if (walls == NULL)
        return status_fail(STATUS_MEMORY, "no memory for the maze's walls");
    physics_add_file(files, "maze2d.xml", NULL);
    physics_add_file(files, "walls.xml", walls);
    return STATUS_OK;
}

/* Coordinates are those of the ball's joints; its body lies 1.2 further (maze2d.xml). */
static bool maze2d_in_wall(const struct env_kind *kind, double x, double y)
{
    return maze_is_wall(kind->variant, (int)floor(x + 0.7), (int)floor(y + 0.7));
}

/* The goal is fixed: the integer coordinates of its cell (not the centre, see maze2d.xml). */
static void maze2d_defaults(struct env *e)
{
    int i, j;
    maze_find(e->kind->variant, 'G', &i, &j);
    e->task[0] = i;
    e->task[1] = j;
}

/* The k-th cell a reset may start from: free cells by row and column, the goal's last. */
static void start_cell(const struct maze *m, int k, int *row, int *column)
{
    for (int i = 0; i < m->rows; i++) {
        for (int j = 0; j < m->cols; j++) {
            if (maze_is_wall(m, i, j) || m->map[i * m->cols + j] == 'G')
                continue;
            if (k-- == 0) {
                *row = i;
                *column = j;
                return;
            }
        }
    }
    maze_find(m, 'G', row, column);
}

static void maze2d_draw(struct env *e, struct rng *rng)
{
    const struct maze *m = e->kind->variant;
    uint32_t free_cells = 0;
    for (int i = 0; i < m->rows * m->cols; i++)
        free_cells += m->map[i] != '#';
    int cell[2];
    start_cell(m, (int)rng_below(rng, free_cells), &cell[0], &cell[1]);
    mjData *d = e->physics.data;
    for (int i = 0; i < 2; i++)
        d->qpos[i] = cell[i] + 0.1 * (2 * rng_uniform_double(rng) - 1);
    for (int i = 0; i < 2; i++)
        d->qvel[i] = 0.1 * rng_normal_double(rng);
}

/* The original calls mj_forward after the clip. All that survives of it is qacc_warmstart, the
 * point where the solver of the next mj_step begins; without it whole recorded episodes differ by
 * at most 5e-14, and a step takes half the time. */
static enum status maze2d_step(struct env *e, const double *action, struct env_step *out)
{
    mjData *d = e->physics.data;
    for (int i = 0; i < 2; i++)
        d->qvel[i] = clip(d->qvel[i], -speed_limit, speed_limit); /* before, not after, the step */
    for (int i = 0; i < 2; i++)
        d->ctrl[i] = clip(action[i], -1, 1);
    TRY(physics_step(&e->physics, e->kind->frame_skip));

    double distance = hypot(d->qpos[0] - e->task[0], d->qpos[1] - e->task[1]);
    out->goal = distance <= goal_radius;
    out->raw_reward = e->options.dense ? exp(-distance) : out->goal;
    return STATUS_OK;
}

static void maze2d_observe(const struct env *e, double *out)
{
    const mjData *d = e->physics.data;
    for (int i = 0; i < 2; i++) {
        out[i] = d->qpos[i];
        out[2 + i] = d->qvel[i];
    }
}

static const struct env_field fields[] = {{"goal", 2}, {NULL, 0}};

const struct env_ops maze2d_ops = {.fields = fields,
                                   .has_dense = true,
                                   .model = maze2d_model,
                                   .defaults = maze2d_defaults,
                                   .draw = maze2d_draw,
                                   .step = maze2d_step,
                                   .in_wall = maze2d_in_wall,
                                   .observe = maze2d_observe};
