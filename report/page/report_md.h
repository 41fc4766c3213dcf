/* report.md: the whole report as one Markdown file, readable where the files lie. */
#ifndef REPORT_REPORT_MD_H
#define REPORT_REPORT_MD_H

#include "report/claims/claims.h"
#include "report/results/report.h"
#include "report/tables/table.h"

/* A figure that was drawn, for the list. */
struct report_md_figure {
    const char *id, *title, *caption;
};

/* Headline, notes, claims in short, tables, figures (pictures of that file extension), how
 * to read this. `result` may be NULL (claims were not evaluated). Errors STATUS_IO, STATUS_MEMORY.
 */
enum status report_md_write(const struct report *r, const struct table *table, int tables,
                            const struct claim_result *result,
                            const struct report_md_figure *figure, int figures,
                            const char *extension, const char *path);

#endif
