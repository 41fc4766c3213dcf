/* Figures made of learning curves: which panels and which lines, for fig_grid.h to draw. */
#ifndef REPORT_FIG_CURVES_H
#define REPORT_FIG_CURVES_H

#include "report/figures/figures.h"

/* A suite: one panel per dataset, one line per method (Fig. 3, 4, 6, 8, 9, 11, 18, 19, 24 to 26).
 */
enum status curves_suite(struct figures *f, const struct figure_row *row);
/* Suites that have no row of their own: "curves_<suite>". */
enum status curves_other(struct figures *f, const struct figure_row *row);
/* One method, one line per value of the row's knob (Fig. 5, 20, 21, 23). */
enum status curves_knob(struct figures *f, const struct figure_row *row);
/* The same with a second panel a dataset: critic loss of the last batch, log axis (Fig. 22). */
enum status curves_loss(struct figures *f, const struct figure_row *row);
/* The row's method beyond its mark, where runs go that far (Fig. 21). */
enum status curves_longer(struct figures *f, const struct figure_row *row);
/* PPO's return and importance ratio against iterations (Fig. 10). */
enum status curves_ppo(struct figures *f, const struct figure_row *row);
/* A page-only figure a dataset: curves, every run, final scores. */
enum status curves_datasets(struct figures *f, const struct figure_row *row);
/* Every final score as a dot: "seeds_<suite>". */
enum status curves_seeds(struct figures *f, const struct figure_row *row);
#endif
