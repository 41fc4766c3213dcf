/* A cell that is guided by the policy of another (JSRL's oracle, Fig. 24) starts once that one has
 * pretrained and left its policy_offline.h5: a file that never changes again, however often its run
 * is stopped and goes on, so the order in which cells run does not matter to what they compute. */
#ifndef HARNESS_GUIDE_H
#define HARNESS_GUIDE_H

#include "harness/matrix/matrix.h"

/* STATUS_OK when the policy is there, and for a cell that has no guide.
 *
 * Errors  STATUS_WAITS: not yet; STATUS_MISSING: the guide's run is over and left none;
 *         STATUS_CONFIG: the guide's folder holds a run of another configuration */
enum status guide_check(const struct matrix *m, const struct matrix_cell *c, const char *results);

#endif
