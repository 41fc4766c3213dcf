/* All notes of a report in one line: for the page, report.md and the terminal. */
#ifndef REPORT_NOTES_H
#define REPORT_NOTES_H

#include "report/results/results.h"
#include "report/text/text.h"

/* Banners: they touch every number. */
int notes_that_matter(const struct results *r);

/* "13 notes; 3 of them matter: generated data, smaller networks, fewer seeds", "2 notes: several
 * presets, a selection"; nothing without notes. */
void notes_line(const struct results *r, struct text *out);

#endif
