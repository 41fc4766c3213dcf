/* The single-state MDP (Fig. 2): what each method rolls out, believes and learns. */
#ifndef REPORT_FIG_BANDIT_H
#define REPORT_FIG_BANDIT_H

#include "harness/curve/curve.h"
#include "report/figures/figures.h"

/* One method. `run` are all its seeds; panels 2 to 4 show the first. */
struct bandit_lines {
    const char *label;
    struct theme_series style;
    const struct curve_bandit *const *run;
    int runs;
};

/* Four panels: mean reward against gradient steps (band: ± one standard deviation, over seeds, or
 * with one seed over its rollouts); actions rolled out in each epoch; critics through training
 * against the true reward; actions as a function of the requested return-to-go. */
enum status bandit_draw(const char *id, const struct bandit_lines *method, int methods,
                        const struct theme *t, const char *folder, const char *comment,
                        struct figure *out);

/* From the runs of the suite "bandit". */
enum status bandit_figure(struct figures *f, const struct figure_row *row);

#endif
