/* What `vitamin report` says when it is done. */
#ifndef REPORT_SUMMARY_H
#define REPORT_SUMMARY_H

#include "report/results/report.h"

/* On a terminal, where the page holds the notes: headline, counts, the line of notes, the runs left
 * out (to stderr), and last the path of FOLDER/index.html. Errors of headline_write. */
enum status summary_say(const struct report *r, const char *folder);

/* Into a pipe or a log: every warning, as a line of the log. */
void summary_log_notes(const struct results *r);

#endif
