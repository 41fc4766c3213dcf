/* Two sets of results: score differences with intervals. */
#ifndef REPORT_FIG_AGAINST_H
#define REPORT_FIG_AGAINST_H

#include "report/figures/figures.h"

/* With --against: "against", a panel per suite and a row per method; "against_<suite>", a panel per
 * method and a row per dataset. */
enum status against_draw(struct figures *f, const struct figure_row *row);

#endif
