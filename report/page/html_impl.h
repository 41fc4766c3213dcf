/* Pieces of the page, shared by the html_*.c. Every name goes through html_put. */
#ifndef REPORT_HTML_IMPL_H
#define REPORT_HTML_IMPL_H

#include "report/page/html.h"
#include "report/text/text.h"

#include <stdint.h>

/* Sentences of all captions: what several say is said once (html_captions.c). */
struct html_captions {
    struct html_sentence *sentence;
    int count;
};

enum { HTML_COLOURS = 1024 };

/* The page while it is written. */
struct html {
    const struct html_page *page;
    struct text out;
    struct html_captions captions;
    bool *figure_shown, *table_shown; /* each stands once on the page */
    uint32_t colour[HTML_COLOURS];    /* of the pictures: dark mode has others for them */
    int colours;
    struct text nav; /* links to the sections that are there */
};

/* ---- text (html_text.c) ---------------------------------------------------------------------- */

/* Escaped text. */
void html_put(struct text *out, const char *text);
/* Escaped, after formatting; cut at 4 kB. */
void html_put_format(struct text *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Escaped line by line: what stands in a <pre>. */
void html_put_lines(struct text *out, const char *text);

/* ---- captions (html_captions.c) -------------------------------------------------------------- */

/* Of all figures and tables of the page. Errors STATUS_MEMORY. */
enum status html_captions_collect(struct html *h);
void html_captions_free(struct html_captions *c);
/* A caption without the sentences that stood in an earlier one; a link leads to those. */
void html_caption(struct html *h, const char *caption);
/* A list of the sentences that several captions share. */
void html_conventions(struct html *h);

/* ---- figures and tables (html_blocks.c) ------------------------------------------------------ */

/* Table, caption, links; nothing for one without rows or shown before. */
void html_table(struct html *h, const struct table *t);
/* Picture, caption, links; nothing when there is no figure of this name or it was shown before. */
void html_figure(struct html *h, const char *name);

/* ---- pictures in the page's colours (html_svg.c) --------------------------------------------- */

/* A finished SVG file's root element, its colours as variables that dark mode sets; or with
 * `as_drawn` as they are. */
void html_svg(struct html *h, const char *svg, const char *attributes, bool as_drawn);
/* "var(--c0072b2,#0072b2)" */
void html_colour(struct html *h, struct text *out, uint32_t rgb);
/* The style sheet of dark mode for all colours met so far. */
void html_dark_colours(const struct html *h, struct text *out);
/* What stands for a colour on dark ground: greys turn round, strong colours keep their hue and get
 * light enough to be read, tints of white become tints of the ground. */
uint32_t html_dark(uint32_t rgb);

/* ---- sections -------------------------------------------------------------------------------- */

/* One line that opens: "13 notes; 3 of them matter: generated data, ...". */
void html_notes(struct html *h);
/* Search, and switches for the methods in all curves; shown by the script. Errors STATUS_MEMORY. */
enum status html_toolbar(struct html *h);
/* A sentence per suite on its interquartile means. Errors STATUS_MEMORY. */
enum status html_suites(struct html *h);
void html_claims(struct html *h);
/* A fold per dataset: figure and numbers. Errors STATUS_MEMORY. */
enum status html_datasets(struct html *h);
/* Runs that are no result, with the end of their logs. */
void html_failures(struct html *h);
void html_reading(struct html *h);
void html_provenance(struct html *h);

#endif
