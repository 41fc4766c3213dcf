/* The report as one page: a self-contained HTML file that asks the network for nothing, readable
 * without scripts, light and dark, on paper and on a phone. What these runs show comes first; what
 * explains or documents it is folded at the end. */
#ifndef REPORT_HTML_H
#define REPORT_HTML_H

#include "report/claims/claims.h"
#include "report/figures/figures.h"
#include "report/results/report.h"
#include "report/tables/table.h"

/* What the page is made of; all borrowed. Pictures are read from figures->folder. */
struct html_page {
    const struct report *report;
    const struct figures *figures;
    const struct table *table; /* (tables) those without rows are left out */
    int tables;
    const struct claim_result *claim; /* (claims) NULL: no such section */
    int claims;
    const char *provenance;         /* text of provenance.json, or NULL */
    const char *figures_folder;     /* for download links, relative to the page: "figures" */
    struct table_files table_files; /* which files of each table lie in "tables" */
};

/* Errors STATUS_IO, STATUS_MEMORY. A picture that is not there is replaced by its words. */
enum status html_write(const struct html_page *page, const char *path);

#endif
