/* What there is and what it cost. */
#ifndef REPORT_FIG_STATUS_H
#define REPORT_FIG_STATUS_H

#include "report/figures/figures.h"

/* Method by dataset: finished seeds of those planned; hatched where nothing ran. */
enum status status_map(struct figures *f, const struct figure_row *row);

/* Mean score against wall clock ("cost") or gradient steps ("cost_steps"), one panel a suite. */
enum status cost_curves(struct figures *f, const struct figure_row *row);
/* Seconds per 1000 transitions by phase. */
enum status cost_phases(struct figures *f, const struct figure_row *row);

#endif
