/* D4RL's controller for maze2d: a grid planner and a PD law. It made maze2d's data and reference
 * scores. Source docs/environments.md 3.3. */
#ifndef SUITES_WAYPOINT_H
#define SUITES_WAYPOINT_H

#include "engine/base/rng.h"
#include "engine/base/status.h"
#include "suites/env.h"

#include <stdbool.h>

struct waypoint; /* the controller of one ball: one thread at a time */

/* For an environment of Maze2D. Errors STATUS_CONFIG (another one), STATUS_MEMORY. */
enum status waypoint_new(const struct env_kind *kind, struct waypoint **out);
void waypoint_delete(struct waypoint *w); /* NULL is allowed */

/* The action (2) for observation (4) on the way to `target` (x, y). A plan is made when the
 * target's rounded cell is another than last time, with random offsets from `rng`; a reset of the
 * environment alone changes nothing. True: at the target and at rest. */
bool waypoint_act(struct waypoint *w, const double observation[4], const double target[2],
                  struct rng *rng, double action[2]);

#endif
