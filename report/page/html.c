#include "report/page/html_impl.h"

#include "engine/base/embed.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

enum { LONG_NOTE = 180 };

/* --- sections --------------------------------------------------------------------------------- */

/* Figures that have a section of their own, and so do not stand in the gallery. */
static const char *const placed[] = {"gain", "status", "cost", "cost_steps", "phases", "dataset_*"};

static bool in_gallery(const struct html_page *page, const struct figure *f)
{
    /* The stack shows its parts. */
    if (fnmatch("fig7[a-d]", f->id, 0) == 0 && figures_find(page->figures, "fig7") != NULL)
        return false;
    for (size_t i = 0; i < sizeof placed / sizeof *placed; i++) {
        if (fnmatch(placed[i], f->id, 0) == 0)
            return false;
    }
    return true;
}

static void put_gallery(struct text *out, const struct html_page *page)
{
    text_add(out, "<h2 id=\"figures\">Figures</h2>\n"
                  "<p class=\"soft\">Hover over or tap a point for its value. Each picture comes "
                  "with its script and data; <code>style.gp</code> sets the common style.</p>\n");
    for (int i = 0; i < page->figures->count; i++) {
        if (in_gallery(page, &page->figures->figure[i]))
            html_figure(out, page, page->figures->figure[i].name);
    }
}

static const struct table *find_table(const struct html_page *page, const char *id)
{
    for (int i = 0; i < page->tables; i++) {
        if (strcmp(page->table[i].id, id) == 0 && page->table[i].rows > 0)
            return &page->table[i];
    }
    return NULL;
}

static void put_table(struct text *out, const struct html_page *page, const char *id)
{
    const struct table *t = find_table(page, id);
    if (t != NULL)
        html_table(out, t);
}

/* "tab3" with "tab3-paper" folded below it. */
static void put_with_paper(struct text *out, const struct html_page *page, const struct table *t)
{
    char id[TABLE_ID + 8];
    html_table(out, t);
    snprintf(id, sizeof id, "%s-paper", t->id);
    const struct table *paper = find_table(page, id);
    if (paper == NULL)
        return;
    text_add(out, "<details><summary>Compared with the paper's numbers</summary>\n");
    html_table(out, paper);
    text_add(out, "</details>\n");
}

static bool matches_any(const char *const *patterns, const char *id)
{
    for (; *patterns != NULL; patterns++) {
        if (fnmatch(*patterns, id, 0) == 0)
            return true;
    }
    return false;
}

/* All listed tables in their order, under a heading of their own when there is one. */
static void put_tables(struct text *out, const struct html_page *page, const char *const *which,
                       const char *heading)
{
    for (int i = 0; i < page->tables; i++) {
        const struct table *t = &page->table[i];
        if (t->rows == 0 || !matches_any(which, t->id))
            continue;
        if (heading != NULL)
            text_add(out, "<h3>%s</h3>\n", heading);
        heading = NULL;
        put_with_paper(out, page, t);
    }
}

static void put_results(struct text *out, const struct html_page *page)
{
    static const char *const main_tables[] = {
        "tab1",    "tab2",       "tab3",  "tab10",     "tab11",
        "tab-*",   "aggregates", "pairs", "published", "against-aggregate",
        "against", NULL};
    static const char *const more[] = {"ablation-*", "ranks",     "agreement",
                                       "audit",      "*-printed", NULL};
    static const char *const facts[] = {"tab4", "tab5", "tab6", "tab7", "tab8", "tab9", NULL};
    text_add(out, "<h2 id=\"tables\">Tables</h2>\n");
    put_tables(out, page, main_tables, NULL);
    put_tables(out, page, more, NULL);
    put_tables(out, page, facts, "Datasets and settings");
}

/* A long list is folded behind what stands before its colon. */
static void put_note(struct text *out, const char *note, const char *face, bool banner)
{
    const char *mind = banner ? "<strong>Warning: </strong>" : "";
    const char *colon = strlen(note) > LONG_NOTE ? strchr(note, ':') : NULL;
    if (colon == NULL) {
        text_add(out, "<p class=\"%s\">%s", face, mind);
        html_put(out, note);
        text_add(out, "</p>\n");
        return;
    }
    text_add(out, "<details class=\"%s\"><summary>%s", face, mind);
    html_put_format(out, "%.*s", (int)(colon - note), note);
    text_add(out, " (list)</summary>");
    html_put(out, colon + 1);
    text_add(out, "</details>\n");
}

static void put_notes(struct text *out, const struct results *r)
{
    static const char *const face[] = {"note", "note warning", "note banner"};
    for (int level = NOTE_BANNER; level >= NOTE_INFO; level--) {
        for (int i = 0; i < r->notes; i++) {
            if ((int)r->note[i].level != level)
                continue;
            put_note(out, r->note[i].text, face[level], level == NOTE_BANNER);
        }
    }
}

static bool all_foreign(const struct results *r)
{
    for (int i = 0; i < r->runs; i++) {
        if (!r->run[i].origin.foreign)
            return false;
    }
    return r->runs > 0;
}

static void put_head(struct text *out, const struct html_page *page)
{
    text_add(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                  "<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
    html_put(out, page->report->title != NULL ? page->report->title : "vitamin report");
    text_add(out, "</title>\n<style>\n");
    text_add(out, "%s", embed_find(embed_report, "page/page.css")->text);
    text_add(out, "</style>\n</head>\n<body>\n<header>\n<h1>");
    html_put(out, report_title(page->report));
    text_add(out, "</h1>\n<p class=\"soft\">");
    html_put(out, page->report->results.foreign || all_foreign(&page->report->results)
                      ? "Scores read from external files. "
                      : "Reproduction of \"Reinforcement Learning Gradients as Vitamin for Online "
                        "Finetuning Decision Transformers\". ");
    html_put_format(out, "Report %s.", page->report->hash);
    text_add(out, "</p>\n<nav>");
    static const char *const section[][2] = {{"claims", "Claims"},
                                             {"tables", "Tables"},
                                             {"figures", "Figures"},
                                             {"datasets", "Datasets"},
                                             {"runs", "Runs"},
                                             {"cost-section", "Cost"},
                                             {"reading", "How to read this"},
                                             {"provenance", "Provenance"}};
    for (size_t i = 0; i < sizeof section / sizeof *section; i++) {
        if (page->claim != NULL || i > 0)
            text_add(out, "<a href=\"#%s\">%s</a>", section[i][0], section[i][1]);
    }
    text_add(out, "</nav>\n");
    put_notes(out, &page->report->results);
    text_add(out, "</header>\n<main>\n");
}

enum status html_write(const struct html_page *page, const char *path)
{
    struct text out = {0};
    put_head(&out, page);
    enum status result = html_headline(&out, page);
    html_figure(&out, page, "gain");
    if (page->claim != NULL)
        html_claims(&out, page);
    put_results(&out, page);
    put_gallery(&out, page);
    if (result == STATUS_OK)
        result = html_datasets(&out, page);

    text_add(&out, "<h2 id=\"runs\">Runs</h2>\n");
    html_figure(&out, page, "status");
    put_table(&out, page, "status");
    html_failures(&out, page);

    text_add(&out, "<h2 id=\"cost-section\">Cost</h2>\n");
    size_t before = out.length;
    put_table(&out, page, "cost");
    html_figure(&out, page, "cost");
    html_figure(&out, page, "cost_steps");
    html_figure(&out, page, "phases");
    if (out.length == before)
        text_add(&out, "<p>The files do not record what these runs cost.</p>\n");

    html_reading(&out, page);
    text_add(&out, "</main>\n");
    html_provenance(&out, page);
    text_add(&out, "<script>\n%s</script>\n</body>\n</html>\n",
             embed_find(embed_report, "page/page.js")->text);
    if (result != STATUS_OK) {
        text_free(&out);
        return result;
    }
    return text_write(&out, path);
}
