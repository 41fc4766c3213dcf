/* What these runs show, in one sentence: computed from the statistics, ties called ties. */
#ifndef REPORT_HEADLINE_H
#define REPORT_HEADLINE_H

#include "report/results/report.h"
#include "report/text/text.h"

/* "TD3+ODT scores higher than ODT on 2 of 5 datasets and lower on 1; on 2 the two cannot be told
 * apart (mean difference +12.3 [8.1, 16.0])."
 *
 * The emphasised method (results.ours) against the best of the others; without one, the two methods
 * with the highest interquartile means. A dataset counts for a side when the whole interval of the
 * difference of means lies there and both cells have 3 runs. Says when runs are missing and when
 * networks or data are not the paper's. Errors STATUS_MEMORY and those of compare.h. */
enum status headline_write(const struct report *r, struct text *out);

/* "7 methods on 5 datasets, up to 3 seeds each: 62 runs, 60 of them with a result." */
void headline_counts(const struct report *r, struct text *out);

#endif
