/* A walker for AntMaze that nobody has to train: a trot under D4RL's breadth-first planner, in the
 * place of D4RL's learned ant. It walks in any direction at about 1 m/s.
 *
 *   planner  cell (int(1 + max(y, 1e-4)/4), int(1 + max(x, 1e-4)/4)); the next cell on a shortest
 *            way; aim at its centre + U[0,1)^2, drawn at every step, or in the last cell at the
 * goal trot     diagonal legs in phase; joint targets under PD control, turned towards the aim
 *
 * Source docs/environments.md 4 (collection), docs/datasets.md 3 (the trot's numbers) */
#ifndef SUITES_WALKER_H
#define SUITES_WALKER_H

#include "engine/base/rng.h"
#include "engine/base/status.h"
#include "suites/env.h"

struct walker; /* the controller of one ant: one thread at a time */

/* For an environment of AntMaze. Errors STATUS_CONFIG (another one), STATUS_MEMORY. */
enum status walker_new(const struct env_kind *kind, struct walker **out);
void walker_delete(struct walker *w); /* NULL is allowed */

/* A new episode: the next action draws the phase of the gait. */
void walker_forget(struct walker *w);

/* The action (8) for an observation (29) on the way to `goal` (x, y). */
void walker_act(struct walker *w, const double *observation, const double goal[2], struct rng *rng,
                double action[8]);

/* How D4RL placed starts and goals when it collected. */
enum walker_goals {
    WALKER_FIXED,   /* antmaze-umaze: start and goal as in evaluation */
    WALKER_PLAY,    /* any start, goals among cells picked by hand */
    WALKER_DIVERSE, /* any start, any goal */
};

/* A free cell other than the goal's, and a goal cell, each + U[0,1)^2, at least 0. With
 * WALKER_FIXED the start is (0, 0) and nothing is drawn for it. */
void walker_place(const struct env_kind *kind, enum walker_goals goals, struct rng *rng,
                  double start[2], double goal[2]);

#endif
