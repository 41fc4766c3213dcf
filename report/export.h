/* The results as plain files that anyone can use again (they are read back by --scores). */
#ifndef REPORT_EXPORT_H
#define REPORT_EXPORT_H

#include "report/results/results.h"

/* scores.csv: one line per run. Errors STATUS_IO, STATUS_MEMORY. */
enum status export_scores(const struct results *r, const char *path);

/* curves.csv.gz: one line per evaluation. Equal results give equal bytes. */
enum status export_curves(const struct results *r, const char *path);

#endif
