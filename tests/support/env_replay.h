/* Recorded steps of the original environments, run again through ours.
 *
 * Everything comes from the file: which environment, its sizes, its task fields, how long it ran.
 * So a twin (other seeds, other episodes) goes through the same tests. Layout: the recordings'
 * README. VITAMIN_TOL=0 prints the real residuals. */
#ifndef TESTS_SUPPORT_ENV_REPLAY_H
#define TESTS_SUPPORT_ENV_REPLAY_H

#include <stdbool.h>

enum { REPLAY_NAME = 128 };

/* How many fixtures' names match a shell pattern ("env_hopper*"; braces too), and the i-th of them
 * in name order, without ".h5". False: there is no i-th. */
int replay_count(const char *pattern);
bool replay_name(const char *pattern, int i, char name[REPLAY_NAME]);

struct replay_tolerance { /* absolute; flags must always be equal */
    double observation, reward, control;
    /* Without its warm start the constraint solver now and then stops elsewhere within its own
     * tolerance: this share of the single steps may be off by `stray`, each of which must agree
     * within `observation` and `reward` once it is given its warm start. */
    double stray_share, stray;
};

/* Every step by itself: from the recorded state (and the task's fields), without warm start, with
 * the recorded action. Also the maze's dense reward and the ant's contact forces where recorded. */
void replay_single_steps(const char *name, struct replay_tolerance allowed);

/* The same with the recorded warm start: nothing is left for a solver to decide. */
void replay_warm_steps(const char *name, struct replay_tolerance allowed);

/* From the recorded reset, `steps` steps (0: the whole episode) with the recorded actions, all
 * episodes. */
void replay_open_loop(const char *name, int steps, struct replay_tolerance allowed);

#endif
