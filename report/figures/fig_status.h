/* What there is. */
#ifndef REPORT_FIG_STATUS_H
#define REPORT_FIG_STATUS_H

#include "report/figures/figures.h"

/* Method by dataset: finished seeds of those planned; hatched where nothing ran. */
enum status status_map(struct figures *f, const struct figure_row *row);

#endif
