/* Pieces of the page, shared by the html_*.c. Every name goes through html_put. */
#ifndef REPORT_HTML_IMPL_H
#define REPORT_HTML_IMPL_H

#include "report/page/html.h"
#include "report/text/text.h"

/* Escaped text. */
void html_put(struct text *out, const char *text);
/* Escaped, after formatting; cut at 4 kB. */
void html_put_format(struct text *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Escaped line by line: what stands in a <pre>. */
void html_put_lines(struct text *out, const char *text);

void html_table(struct text *out, const struct table *t);
/* Picture, caption, links; nothing when there is no figure of this name. */
void html_figure(struct text *out, const struct html_page *page, const char *name);

/* What ran, and what came of it in a few sentences. Errors STATUS_MEMORY. */
enum status html_headline(struct text *out, const struct html_page *page);
void html_claims(struct text *out, const struct html_page *page);
/* A section per dataset: figure and numbers. Errors STATUS_MEMORY. */
enum status html_datasets(struct text *out, const struct html_page *page);
/* Runs that are no result, with the end of their logs. */
void html_failures(struct text *out, const struct html_page *page);
void html_reading(struct text *out, const struct html_page *page);
void html_provenance(struct text *out, const struct html_page *page);

#endif
