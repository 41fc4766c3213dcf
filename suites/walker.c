#include "suites/walker.h"

#include "suites/maze.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LEGS = 4, POSITION = 7, VELOCITY = 15 + 6, FIELD_MOST = 12 * 12 };

static const double cell_size = 4;

/* The trot. Azimuths of the legs in the torso's frame, signs of the ankles, diagonal legs in phase.
 * The numbers were found by search on this ant. */
static const double azimuth[LEGS] = {M_PI / 4, 3 * M_PI / 4, 5 * M_PI / 4, 7 * M_PI / 4};
static const double ankle_sign[LEGS] = {1, -1, -1, 1}, leg_phase[LEGS] = {0, M_PI, 0, M_PI};
static const int actuator[LEGS] = {2, 4, 6, 0}; /* of the hip; the ankle's follows */
static const double frequency = 1.2916, amplitude = 0.3298, rest = 0.7277, lift = -0.5866,
                    shift = 2.0681, bias = 0.213, stiffness = 120, damping = 6.2519;
static const double step_seconds = 0.1, torque_limit = 30, ankle_low = 0.5, ankle_high = 1.25;

/* Goals of the collection for `play`, (row, column); facts of D4RL's maze maps. */
static const int play_medium[][2] = {{2, 6}, {5, 1}, {6, 5}};
static const int play_large[][2] = {{1, 6}, {3, 5}, {3, 10}, {5, 2}, {7, 4}, {7, 6}, {7, 9}};

struct walker {
    const struct maze *maze;
    double phase;
    bool started;
    int goal[2];              /* cell that `distance` is for; -1: none */
    int distance[FIELD_MOST]; /* (rows*cols) steps to it, -1: unreached */
};

enum status walker_new(const struct env_kind *kind, struct walker **out)
{
    if (!kind->suite->goal_cut)
        return status_fail(STATUS_CONFIG, "%s: the walker is for antmaze only", kind->name);
    struct walker *w = calloc(1, sizeof *w);
    if (w == NULL)
        return status_fail(STATUS_MEMORY, "%s: no memory for the walker", kind->name);
    w->maze = kind->variant;
    w->goal[0] = -1;
    *out = w;
    return STATUS_OK;
}

void walker_delete(struct walker *w)
{
    free(w);
}

void walker_forget(struct walker *w)
{
    w->started = false;
}

/* --- the planner ------------------------------------------------------------------------------ */

/* Clamped into the map: who is thrown over a wall still gets a direction. */
static int cell_of(double x, int cells)
{
    int i = (int)(1 + fmax(x, 1e-4) / cell_size);
    return i < cells ? i : cells - 1;
}

/* In D4RL's order: left, right, down, up. */
static const int neighbour[4][2] = {{0, -1}, {0, 1}, {1, 0}, {-1, 0}};

/* Steps from every free cell to (row, col). */
static void measure(struct walker *w, int row, int col)
{
    const struct maze *m = w->maze;
    int queue[FIELD_MOST], read = 0, written = 0;
    memset(w->distance, -1, sizeof w->distance);
    w->distance[row * m->cols + col] = 0;
    queue[written++] = row * m->cols + col;
    while (read < written) {
        int at = queue[read++];
        for (int k = 0; k < 4; k++) {
            int i = at / m->cols + neighbour[k][0], j = at % m->cols + neighbour[k][1];
            if (maze_is_wall(m, i, j) || w->distance[i * m->cols + j] >= 0)
                continue;
            w->distance[i * m->cols + j] = w->distance[at] + 1;
            queue[written++] = i * m->cols + j;
        }
    }
    w->goal[0] = row;
    w->goal[1] = col;
}

/* Where to walk from (x, y): towards the neighbour that is nearest to the goal, the first of
 * several. Cells are floored positions, so an ant beside a wall may be in the wall's cell: it
 * leaves it for the same neighbour. */
static void choose_aim(struct walker *w, const double at[2], const double goal[2], struct rng *rng,
                       double aim[2])
{
    const struct maze *m = w->maze;
    int row = cell_of(goal[1], m->rows), col = cell_of(goal[0], m->cols);
    if (row != w->goal[0] || col != w->goal[1])
        measure(w, row, col);
    int i = cell_of(at[1], m->rows), j = cell_of(at[0], m->cols), nearest = FIELD_MOST;
    double dx = rng_uniform_double(rng), dy = rng_uniform_double(rng);
    aim[0] = goal[0];
    aim[1] = goal[1];
    for (int k = 0; k < 4 && w->distance[i * m->cols + j] != 0; k++) {
        int a = i + neighbour[k][0], b = j + neighbour[k][1];
        int there = maze_is_wall(m, a, b) ? -1 : w->distance[a * m->cols + b];
        if (there < 0 || there >= nearest)
            continue;
        nearest = there;
        aim[0] = cell_size * (b - 1) + dx;
        aim[1] = cell_size * (a - 1) + dy;
    }
}

/* --- the trot --------------------------------------------------------------------------------- */

static double limited(double x, double low, double high)
{
    return x < low ? low : x > high ? high : x;
}

static double torque(double target, double position, double velocity)
{
    return limited((stiffness * (target - position) - damping * velocity) / torque_limit, -1, 1);
}

/* One step of the gait in `direction`, an angle in the world. */
static void trot(struct walker *w, const double *observation, double direction, double action[8])
{
    const double *q = observation + 3, *joint = observation + POSITION,
                 *speed = observation + VELOCITY;
    double yaw = atan2(2 * (q[0] * q[3] + q[1] * q[2]), 1 - 2 * (q[2] * q[2] + q[3] * q[3]));
    w->phase = fmod(w->phase + 2 * M_PI * frequency * step_seconds, 2 * M_PI);
    for (int leg = 0; leg < LEGS; leg++) {
        double phase = w->phase + leg_phase[leg], psi = direction - yaw - azimuth[leg];
        double hip = amplitude * cos(psi - M_PI / 2) * cos(phase);
        double ankle = ankle_sign[leg] *
                       limited(rest + bias * cos(psi) + lift * fmax(0, sin(phase + shift)),
                               ankle_low, ankle_high);
        double *out = action + actuator[leg];
        out[0] = torque(hip, joint[2 * leg], speed[2 * leg]);
        out[1] = torque(ankle, joint[2 * leg + 1], speed[2 * leg + 1]);
    }
}

void walker_act(struct walker *w, const double *observation, const double goal[2], struct rng *rng,
                double action[8])
{
    double aim[2];
    if (!w->started)
        w->phase = 2 * M_PI * rng_uniform_double(rng);
    w->started = true;
    choose_aim(w, observation, goal, rng, aim);
    trot(w, observation, atan2(aim[1] - observation[1], aim[0] - observation[0]), action);
}

/* --- starts and goals ------------------------------------------------------------------------- */

static void beyond(int row, int col, struct rng *rng, double out[2])
{
    out[0] = fmax(cell_size * (col - 1) + rng_uniform_double(rng), 0);
    out[1] = fmax(cell_size * (row - 1) + rng_uniform_double(rng), 0);
}

/* One of the free cells, each as likely, the one at (row, col) left out. */
static void draw_cell(const struct maze *m, int row, int col, struct rng *rng, int out[2])
{
    int cells[FIELD_MOST] = {0}, count = 0;
    for (int i = 0; i < m->rows * m->cols; i++) {
        if (!maze_is_wall(m, i / m->cols, i % m->cols) && i != row * m->cols + col)
            cells[count++] = i;
    }
    int at = cells[rng_below(rng, (uint32_t)count)];
    out[0] = at / m->cols;
    out[1] = at % m->cols;
}

static void draw_goal(const struct maze *m, enum walker_goals goals, struct rng *rng, int out[2])
{
    const int(*picked)[2] = m == &antmaze_large ? play_large : play_medium;
    uint32_t count = m == &antmaze_large ? sizeof play_large / sizeof *play_large
                                         : sizeof play_medium / sizeof *play_medium;
    if (goals == WALKER_DIVERSE) {
        draw_cell(m, -1, -1, rng, out);
    } else if (goals == WALKER_PLAY && m != &antmaze_umaze) {
        memcpy(out, picked[rng_below(rng, count)], sizeof *picked);
    } else {
        maze_find(m, 'G', &out[0], &out[1]);
    }
}

void walker_place(const struct env_kind *kind, enum walker_goals goals, struct rng *rng,
                  double start[2], double goal[2])
{
    const struct maze *m = kind->variant;
    int at[2], from[2];
    draw_goal(m, goals, rng, at);
    beyond(at[0], at[1], rng, goal);
    start[0] = start[1] = 0;
    if (goals == WALKER_FIXED)
        return;
    draw_cell(m, at[0], at[1], rng, from);
    beyond(from[0], from[1], rng, start);
}
