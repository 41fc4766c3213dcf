/* Figures of suite statistics: what rliable made a habit, docs/statistics.md 2 to 6. */
#ifndef REPORT_FIG_SUITES_H
#define REPORT_FIG_SUITES_H

#include "report/figures/figures.h"

/* Median, IQM, mean, optimality gap of a suite, or of all suites stacked (suite NULL). */
enum status suites_intervals(struct figures *f, const struct figure_row *row);
/* The same for suites that have no row: "intervals_<suite>". */
enum status suites_intervals_other(struct figures *f, const struct figure_row *row);
/* Score distributions, one panel a suite and one of all tasks. */
enum status suites_profiles(struct figures *f, const struct figure_row *row);
/* IQM over the budget, one panel a suite. */
enum status suites_efficiency(struct figures *f, const struct figure_row *row);
/* P(ours > each other), one panel a suite; and the matrix of all pairs over all tasks. */
enum status suites_improvement(struct figures *f, const struct figure_row *row);
enum status suites_improvement_matrix(struct figures *f, const struct figure_row *row);
/* Initial to final, one panel a suite. */
enum status suites_gain(struct figures *f, const struct figure_row *row);
/* Rank probabilities, one panel a suite. */
enum status suites_ranks(struct figures *f, const struct figure_row *row);

#endif
