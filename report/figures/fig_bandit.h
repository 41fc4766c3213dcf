/* The single-state MDP (Fig. 2): what each method rolls out, believes and learns. */
#ifndef REPORT_FIG_BANDIT_H
#define REPORT_FIG_BANDIT_H

#include "report/figures/figures.h"

/* From the runs of the suite "bandit". Four panels: mean reward against gradient steps (band: ± one
 * standard deviation, over seeds, or with one seed over its rollouts); actions rolled out in each
 * epoch; critics through training against the true reward; actions as a function of the requested
 * return-to-go. */
enum status bandit_figure(struct figures *f, const struct figure_row *row);

#endif
