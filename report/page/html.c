#include "report/page/html_impl.h"

#include "engine/base/embed.h"
#include "report/page/headline.h"
#include "report/page/theory_text.h"
#include "report/text/list.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- what stands where ------------------------------------------------------------------------ */

/* Ids of sections are none of figures, which have theirs on the page too.
 *
 * One section: figures, then tables, by patterns in order. Each figure and table is shown once, in
 * the first section that names it; the last one takes what is left. */
struct section {
    const char *id, *title;
    const char *figures, *tables;
    const char *folded_tables; /* behind a fold, as long as they are */
    enum status (*before)(struct html *h);
    enum status (*after)(struct html *h);
    bool folded;
};

static bool shown_before(const struct html *h, const struct figure *f)
{
    if (h->figure_shown[f - h->page->figures->figure])
        return true;
    /* The stack shows its parts. */
    return fnmatch("fig7[a-d]", f->id, 0) == 0 && figures_find(h->page->figures, "fig7") != NULL;
}

/* Only what the page draws for itself has names of any bytes; ids are safe to match. */
static void put_figures(struct html *h, const char *patterns)
{
    char pattern[64];
    while (patterns != NULL && list_next(&patterns, " ", pattern, sizeof pattern)) {
        for (int i = 0; i < h->page->figures->count; i++) {
            const struct figure *f = &h->page->figures->figure[i];
            if (!shown_before(h, f) && fnmatch(pattern, f->id, 0) == 0)
                html_figure(h, f->name);
        }
    }
}

static const struct table *find_table(const struct html *h, const char *id)
{
    for (int i = 0; i < h->page->tables; i++) {
        if (strcmp(h->page->table[i].id, id) == 0 && h->page->table[i].rows > 0)
            return &h->page->table[i];
    }
    return NULL;
}

static void put_folded_table(struct html *h, const struct table *t, const char *summary)
{
    text_add(&h->out, "<details><summary>");
    html_put(&h->out, summary);
    text_add(&h->out, "</summary>\n");
    html_table(h, t);
    text_add(&h->out, "</details>\n");
}

/* "tab3" with "tab3-paper" folded below it. */
static void put_with_paper(struct html *h, const struct table *t)
{
    char id[TABLE_ID + 8];
    html_table(h, t);
    snprintf(id, sizeof id, "%s-paper", t->id);
    const struct table *paper = find_table(h, id);
    if (paper != NULL)
        put_folded_table(h, paper, "Compared with the paper's numbers");
}

static void put_tables(struct html *h, const char *patterns, bool folded)
{
    char pattern[64];
    while (patterns != NULL && list_next(&patterns, " ", pattern, sizeof pattern)) {
        for (int i = 0; i < h->page->tables; i++) {
            const struct table *t = &h->page->table[i];
            if (t->rows == 0 || h->table_shown[i] || fnmatch(pattern, t->id, 0) != 0)
                continue;
            if (folded)
                put_folded_table(h, t, t->title);
            else
                put_with_paper(h, t);
        }
    }
}

static enum status put_section(struct html *h, const struct section *s)
{
    struct text *out = &h->out;
    size_t start = out->length;
    text_add(out,
             s->folded ? "<details class=\"section\" id=\"%s\"><summary><h2>%s</h2></summary>\n"
                       : "<section id=\"%s\">\n<h2>%s</h2>\n",
             s->id, s->title);
    size_t empty = out->length;
    if (s->before != NULL)
        TRY(s->before(h));
    put_figures(h, s->figures);
    put_tables(h, s->tables, false);
    put_tables(h, s->folded_tables, true);
    if (s->after != NULL)
        TRY(s->after(h));
    if (out->broken)
        return STATUS_OK; /* said when the page is written */
    if (out->length == empty) {
        out->at[out->length = start] = '\0';
        return STATUS_OK;
    }
    text_add(out, s->folded ? "</details>\n" : "</section>\n");
    text_add(&h->nav, "<a href=\"#%s\">%s</a>", s->id, s->title);
    return STATUS_OK;
}

static enum status claims_if_any(struct html *h)
{
    if (h->page->claim != NULL)
        html_claims(h);
    return STATUS_OK;
}

static enum status failures(struct html *h)
{
    html_failures(h);
    return STATUS_OK;
}

static enum status reading(struct html *h)
{
    html_reading(h);
    return STATUS_OK;
}

static enum status provenance(struct html *h)
{
    html_provenance(h);
    return STATUS_OK;
}

static enum status theory(struct html *h)
{
    struct text words = {0};
    if (h->page->report->results.theory == NULL)
        return STATUS_OK;
    theory_text(h->page->report, &words);
    text_add(&h->out, "<p>");
    html_put(&h->out, text_get(&words));
    text_add(&h->out, "</p>\n");
    h->out.broken |= words.broken;
    text_free(&words);
    return STATUS_OK;
}

#define MAIN_CURVES  "fig3 fig4 fig4b fig6 fig18 fig19 curves*"
/* When nothing of the main suites was run, what was run comes first. */
#define OTHER_CURVES "fig5? fig8 fig9 fig10 fig11 fig20 fig21 fig22 fig23 fig24 fig25 fig26"
#define MAIN_TABLES  "tab1 tab1+* tab2 tab2+* tab3 tab3+* tab10 tab10+* tab11 tab11+* tab-*"
#define OTHER_TABLES "ablation-*"

static bool has_figure(const struct html *h, const char *patterns)
{
    for (int i = 0; i < h->page->figures->count; i++) {
        if (list_matches(patterns, " ", h->page->figures->figure[i].id))
            return true;
    }
    return false;
}

static bool has_table(const struct html *h, const char *patterns)
{
    for (int i = 0; i < h->page->tables; i++) {
        if (h->page->table[i].rows > 0 && list_matches(patterns, " ", h->page->table[i].id))
            return true;
    }
    return false;
}

static enum status put_sections(struct html *h)
{
    const char *curves = has_figure(h, MAIN_CURVES)    ? MAIN_CURVES
                         : has_figure(h, OTHER_CURVES) ? OTHER_CURVES
                                                       : "fig2";
    const char *tables = has_table(h, MAIN_TABLES) ? MAIN_TABLES : OTHER_TABLES;
    const struct section sections[] = {
        {.id = "learning-curves", .title = "Learning curves", .figures = curves},
        {.id = "comparison",
         .title = "Here and there",
         .figures = "against* published_vs_ours",
         .tables = "against-aggregate against published"},
        {.id = "tables", .title = "Scores", .tables = tables},
        {.id = "aggregates",
         .title = "Aggregates",
         .figures = "fig7 fig7? intervals* gain",
         .tables = "aggregates",
         .before = html_suites},
        {.id = "distributions",
         .title = "Score distributions",
         .figures = "profiles* sample_efficiency*"},
        {.id = "comparisons",
         .title = "Probability of improvement",
         .figures = "improvement* ranks*",
         .tables = "pairs* variants* ranks*"},
        {.id = "claims", .title = "Claims", .before = claims_if_any},
        {.id = "theory",
         .title = "Theory",
         .figures = "theory_growth theory_ratio fig12",
         .tables = "theory regret",
         .before = theory},
        {.id = "datasets",
         .title = "Datasets",
         .before = html_datasets,
         .folded_tables = "tab4 tab5 tab6 tab7"},
        {.id = "cost-section",
         .title = "Cost",
         .figures = "cost cost_steps phases",
         .tables = "cost"},
        {.id = "settings", .title = "Settings", .folded_tables = "tab8 tab9"},
        {.id = "provenance", .title = "Provenance", .before = provenance},
        {.id = "runs",
         .title = "Runs",
         .figures = "status",
         .tables = "status",
         .after = failures,
         .folded = true},
        {.id = "further",
         .title = "Further figures and tables",
         .figures = OTHER_CURVES " fig2 *",
         .tables = "*",
         .folded = true},
        {.id = "reading", .title = "How to read this", .before = reading, .folded = true},
    };
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        TRY(put_section(h, &sections[i]));
    return STATUS_OK;
}

/* --- the page --------------------------------------------------------------------------------- */

static bool all_foreign(const struct results *r)
{
    for (int i = 0; i < r->runs; i++) {
        if (!r->run[i].origin.foreign)
            return false;
    }
    return r->runs > 0;
}

static void put_head(const struct html *h, struct text *out)
{
    const char *title = h->page->report->title;
    text_add(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                  "<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
    html_put(out, title != NULL ? title : "vitamin report");
    text_add(out, "</title>\n<style>\n%s", embed_find(embed_report, "page/page.css")->text);
    html_dark_colours(h, out);
    text_add(out, "</style>\n</head>\n<body>\n");
}

static enum status put_header(struct html *h)
{
    struct text line = {0};
    text_add(&h->out, "<header>\n<h1>");
    html_put(&h->out, report_title(h->page->report));
    text_add(&h->out, "</h1>\n<p class=\"headline\">");
    enum status status = headline_write(h->page->report, &line);
    html_put(&h->out, text_get(&line));
    text_free(&line);
    TRY(status);
    text_add(&h->out, "</p>\n<p class=\"soft\">");
    headline_counts(h->page->report, &line);
    html_put(&h->out, text_get(&line));
    text_free(&line);
    const struct results *r = &h->page->report->results;
    html_put(&h->out, r->foreign || all_foreign(r)
                          ? " Scores read from external files. "
                          : " Reproduction of \"Reinforcement Learning Gradients as Vitamin for "
                            "Online Finetuning Decision Transformers\". ");
    text_add(&h->out, "<a href=\"#reading\">How to read this</a>.</p>\n");
    html_notes(h);
    return STATUS_OK;
}

static enum status begin(struct html *h)
{
    h->figure_shown = calloc((size_t)h->page->figures->count + 1, sizeof *h->figure_shown);
    h->table_shown = calloc((size_t)h->page->tables + 1, sizeof *h->table_shown);
    if (h->figure_shown == NULL || h->table_shown == NULL)
        return status_fail(STATUS_MEMORY, "no memory for the page");
    return html_captions_collect(h);
}

/* The body is made first: it decides which links and colours the head names. */
static enum status put_all(struct html *h, struct text *out)
{
    TRY(begin(h));
    TRY(put_header(h));
    struct text header = h->out;
    h->out = (struct text){0};
    enum status status = put_sections(h);
    struct text sections = h->out;
    h->out = (struct text){0};
    if (status == STATUS_OK)
        status = html_toolbar(h);
    put_head(h, out);
    text_add(out, "%s<nav aria-label=\"Sections\">%s</nav>\n</header>\n%s<main>\n%s</main>\n",
             text_get(&header), text_get(&h->nav), text_get(&h->out), text_get(&sections));
    text_add(out, "<script>\n%s</script>\n</body>\n</html>\n",
             embed_find(embed_report, "page/page.js")->text);
    out->broken |= header.broken || sections.broken || h->nav.broken || h->out.broken;
    text_free(&header);
    text_free(&sections);
    return status;
}

enum status html_write(const struct html_page *page, const char *path)
{
    struct html *h = calloc(1, sizeof *h);
    if (h == NULL)
        return status_fail(STATUS_MEMORY, "no memory for the page");
    h->page = page;
    struct text out = {0};
    enum status status = put_all(h, &out);
    text_free(&h->out);
    text_free(&h->nav);
    html_captions_free(&h->captions);
    free(h->figure_shown);
    free(h->table_shown);
    free(h);
    if (status == STATUS_OK)
        return text_write(&out, path);
    text_free(&out);
    return status;
}
