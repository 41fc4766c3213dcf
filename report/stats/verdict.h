/* From an interval to a verdict.
 *
 * A verdict needs 3 runs in every cell behind the interval; below that "not testable". Otherwise
 * only the place of the interval counts, never the point. Agreement with the *size* of a published
 * effect is another question and has no verdict.
 * Source  docs/claims.md 1 */
#ifndef REPORT_VERDICT_H
#define REPORT_VERDICT_H

#include "report/stats/bootstrap.h"

enum verdict { VERDICT_SUPPORTED, VERDICT_CONTRADICTED, VERDICT_INCONCLUSIVE, VERDICT_UNTESTABLE };

enum { VERDICT_RUNS = 3 }; /* fewest runs per cell for a verdict */

const char *verdict_word(enum verdict v); /* "supported", ..., "not testable" */

/* "The quantity is above (below) `value`": supported when the whole interval is, contradicted when
 * the whole interval is on the other side. */
enum verdict verdict_above(struct interval i, double value);
enum verdict verdict_below(struct interval i, double value);

/* T-equiv: supported when the interval lies within +-margin, contradicted when wholly outside. */
enum verdict verdict_within(struct interval i, double margin);

/* T-gain, "no improvement": supported when the interval includes 0 or lies below, contradicted when
 * it lies above. */
enum verdict verdict_no_gain(struct interval i);

/* "No difference is visible": supported when the interval includes `value`, else contradicted. */
enum verdict verdict_includes(struct interval i, double value);

/* A claim of several parts: contradicted if any part is; else untestable if any is; else
 * inconclusive if any is; else supported. Untestable for n = 0. */
enum verdict verdict_all(const enum verdict *v, int n);

#endif
