#include "suites/waypoint.h"

#include "suites/maze.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ACTIONS = 5, SWEEPS = 50, LONGEST = 100 };

static const double discount = 0.99, offset = 0.2;
static const double position_gain = 10, velocity_gain = -1, near = 0.1;

/* In this order: ties go to the first. */
static const int moves[ACTIONS][2] = {{0, 0}, {0, -1}, {0, 1}, {-1, 0}, {1, 0}};

struct waypoint {
    const struct maze *maze;
    double (*q)[ACTIONS]; /* (rows*cols) value of moving so from a cell */
    double *value;        /* (rows*cols) of the best move, one sweep ago */
    bool planned;
    int target[2];           /* cell */
    double path[LONGEST][2]; /* waypoints */
    int length, next;        /* of them, and the one aimed at */
    double previous[2];      /* where the ball was a step ago */
};

enum status waypoint_new(const struct env_kind *kind, struct waypoint **out)
{
    if (!kind->suite->waypoints)
        return status_fail(STATUS_CONFIG, "%s: the waypoint controller is for maze2d only",
                           kind->name);
    const struct maze *m = kind->variant;
    struct waypoint *w = calloc(1, sizeof *w);
    size_t cells = (size_t)m->rows * (size_t)m->cols;
    if (w != NULL) {
        w->q = calloc(cells, sizeof *w->q);
        w->value = calloc(cells, sizeof *w->value);
    }
    if (w == NULL || w->q == NULL || w->value == NULL) {
        waypoint_delete(w);
        return status_fail(STATUS_MEMORY, "no memory for a waypoint controller");
    }
    w->maze = m;
    *out = w;
    return STATUS_OK;
}

void waypoint_delete(struct waypoint *w)
{
    if (w == NULL)
        return;
    free(w->q);
    free(w->value);
    free(w);
}

/* --- planning
 * ---------------------------------------------------------------------------------------- */

/* Where a move leads: into a wall or out of the map means to stay. */
static void move(const struct maze *m, const int from[2], int action, int to[2])
{
    to[0] = from[0] + moves[action][0];
    to[1] = from[1] + moves[action][1];
    if (maze_is_wall(m, to[0], to[1])) {
        to[0] = from[0];
        to[1] = from[1];
    }
}

static int best_action(const double q[ACTIONS])
{
    int best = 0;
    for (int a = 1; a < ACTIONS; a++)
        best = q[a] > q[best] ? a : best;
    return best;
}

/* q = r + discount max q(next): reward 1 for being in the target cell, whatever is done there.
 * Each sweep reads the values of the one before. */
static void value_iteration(struct waypoint *w)
{
    const struct maze *m = w->maze;
    int cells = m->rows * m->cols;
    memset(w->q, 0, (size_t)cells * sizeof *w->q);
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
        for (int c = 0; c < cells; c++)
            w->value[c] = w->q[c][best_action(w->q[c])];
        for (int c = 0; c < cells; c++) {
            int from[2] = {c / m->cols, c % m->cols}, to[2];
            double reward = from[0] == w->target[0] && from[1] == w->target[1];
            for (int a = 0; a < ACTIONS; a++) {
                move(m, from, a, to);
                w->q[c][a] = reward + discount * w->value[to[0] * m->cols + to[1]];
            }
        }
    }
}

/* A coordinate's cell: halves to even, and never outside the map. */
static int cell_of(double x, int cells)
{
    double rounded = rint(x);
    return rounded < 0 ? 0 : rounded > cells - 1 ? cells - 1 : (int)rounded;
}

/* Follow the best moves from the ball's cell. That cell may be a wall's: beside a wall the ball's
 * coordinates round to it (see maze2d.xml). Every cell but the target is moved a little. */
static void plan(struct waypoint *w, const double position[2], struct rng *rng)
{
    const struct maze *m = w->maze;
    value_iteration(w);
    int cell[2] = {cell_of(position[0], m->rows), cell_of(position[1], m->cols)};
    bool there = false;
    w->previous[0] = cell[0];
    w->previous[1] = cell[1];
    w->next = 0;
    for (w->length = 0; w->length < LONGEST && !there; w->length++) {
        int to[2];
        move(m, cell, best_action(w->q[cell[0] * m->cols + cell[1]]), to);
        there = to[0] == w->target[0] && to[1] == w->target[1];
        for (int i = 0; i < 2; i++) {
            w->path[w->length][i] = there ? to[i] : to[i] - offset * rng_uniform_double(rng);
            cell[i] = to[i];
        }
    }
}

/* --- acting
 * ------------------------------------------------------------------------------------------ */

bool waypoint_act(struct waypoint *w, const double observation[4], const double target[2],
                  struct rng *rng, double action[2])
{
    const double *position = observation, *velocity = observation + 2;
    int cell[2] = {cell_of(target[0], w->maze->rows), cell_of(target[1], w->maze->cols)};
    if (!w->planned || cell[0] != w->target[0] || cell[1] != w->target[1]) {
        w->target[0] = cell[0];
        w->target[1] = cell[1];
        plan(w, position, rng);
        w->planned = true;
    }

    double distance = hypot(position[0] - w->target[0], position[1] - w->target[1]);
    double moved = hypot(w->previous[0] - position[0], w->previous[1] - position[1]);
    bool busy = distance >= near || moved >= near;
    const double goal[2] = {w->target[0], w->target[1]};
    const double *aim = busy ? w->path[w->next] : goal;
    for (int i = 0; i < 2; i++) {
        double u = position_gain * (aim[i] - position[i]) + velocity_gain * velocity[i];
        action[i] = fmin(fmax(u, -1), 1);
    }

    double to_aim = hypot(position[0] - aim[0], position[1] - aim[1]);
    if (busy && to_aim < near && moved < near && w->next < w->length - 1)
        w->next++;
    w->previous[0] = position[0];
    w->previous[1] = position[1];
    return !busy;
}
