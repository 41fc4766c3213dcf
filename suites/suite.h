/* The suites: families of environments that share files, rules and cost. */
#ifndef SUITES_SUITE_H
#define SUITES_SUITE_H

#include <stdbool.h>

enum suite_id {
#define SUITE(id, ...) SUITE_##id,
#include "suites/facts.def"
    SUITES
};

struct suite { /* one row of facts.def */
    const char *name, *title;
    double step_seconds; /* of one environment step on one core (docs/environments.md) */
    double budget;       /* online transitions in the paper */
    bool scored;         /* raw returns have normalised scores; else rewards are the result */
    const char *folder;  /* of its files on D4RL's server */
    bool successors;     /* its files hold next_observations */
    bool gym_files; /* log-probabilities of random actions, no task fields; printed std (score.h) */
    bool goal_cut;  /* AntMaze: cut at goals and jumps, states as they are after the step */
    bool waypoints; /* D4RL's data are a waypoint controller's */
    double run_seconds; /* > 0: a run brings its own data and takes about so long */
};

extern const struct suite suite_table[SUITES];

/* By name. NULL: none. */
const struct suite *suite_find(const char *name);

#endif
