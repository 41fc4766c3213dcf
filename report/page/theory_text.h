/* What the theory's numbers say, in sentences for the page and report.md. */
#ifndef REPORT_THEORY_TEXT_H
#define REPORT_THEORY_TEXT_H

#include "report/results/report.h"
#include "report/text/text.h"

/* Append plain text; r->results.theory is there. */
void theory_text(const struct report *r, struct text *out);

#endif
