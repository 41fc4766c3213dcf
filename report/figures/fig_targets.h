/* What policies earn for the returns that they are asked for (Sec. 3.3; claim C45). */
#ifndef REPORT_FIG_TARGETS_H
#define REPORT_FIG_TARGETS_H

#include "report/figures/figures.h"

/* A panel per dataset with runs of a target sweep. The left half of its axis covers the returns of
 * the data, the right half goes on to the farthest target; vertical lines stand at the data's best
 * return and at the targets of evaluation and rollouts, a dashed line where the return is what was
 * asked for. */
enum status targets_figure(struct figures *f, const struct figure_row *row);

#endif
