/* The theory in pictures, from what `vitamin theory` computed (docs/theory.md). */
#ifndef REPORT_FIG_THEORY_H
#define REPORT_FIG_THEORY_H

#include "report/figures/figures.h"

/* 1/alpha_f beyond the best return, and alpha_f over its corrected bound. */
enum status theory_draw_growth(struct figures *f, const struct figure_row *row);
/* The log ratio of the decision transformer's laws over RTG. */
enum status theory_draw_ratio(struct figures *f, const struct figure_row *row);
/* Shares of the visible contexts, drawn and by the exact law. */
enum status theory_draw_context(struct figures *f, const struct figure_row *row);

#endif
