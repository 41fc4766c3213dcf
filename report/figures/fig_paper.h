/* The printed number on one axis, ours on the other. */
#ifndef REPORT_FIG_PAPER_H
#define REPORT_FIG_PAPER_H

#include "report/figures/figures.h"

/* One panel per suite, one dot per cell of Tables 1, 2, 3, 10, 11; intervals of ours; what lies
 * outside of agreement (docs/statistics.md 9) is named. */
enum status paper_scatter(struct figures *f, const struct figure_row *row);
/* The same of --published: one dot per published number and method compared with it; intervals of
 * both where they are known. */
enum status published_scatter(struct figures *f, const struct figure_row *row);

#endif
