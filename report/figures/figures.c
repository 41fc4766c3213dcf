#include "report/figures/figures.h"

#include "engine/base/embed.h"
#include "engine/base/log.h"
#include "report/draw/glyphs.h"
#include "report/draw/gnuplot.h"
#include "report/figures/suite_figure.h"
#include "report/text/steps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- drawing -------------------------------------------------------------------------------- */

/* The latest date any run was written: what the PDFs say, so that equal results give equal bytes.
 */
static void latest_date(const struct results *r, char out[15])
{
    char latest[64] = "";
    for (int i = 0; i < r->runs; i++) {
        const char *updated = r->run[i].curve != NULL ? curve_get(r->run[i].curve, "updated") : "";
        if (strcmp(updated, latest) > 0)
            snprintf(latest, sizeof latest, "%s", updated);
    }
    size_t n = 0;
    for (const char *c = latest; *c != '\0' && n < 14; c++) {
        if (*c >= '0' && *c <= '9')
            out[n++] = *c;
    }
    out[n] = '\0';
    if (n < 14)
        memcpy(out, "19700101000000", 15);
}

static enum status draw_all(struct figures *f)
{
    if (f->count == 0)
        return STATUS_OK;
    struct gnuplot_job *job = calloc((size_t)f->count * PICTURE_FORMATS, sizeof *job);
    if (job == NULL)
        return status_fail(STATUS_MEMORY, "figures: no memory for %d of them", f->count);
    char date[15];
    latest_date(&f->report->results, date);
    int jobs = 0;
    for (int i = 0; i < f->count; i++) {
        const struct figure *g = &f->figure[i];
        for (int k = 0; k < PICTURE_FORMATS; k++) {
            if (f->skip[k] || (g->page_only && k != PICTURE_SVG))
                continue;
            job[jobs++] = (struct gnuplot_job){.folder = f->folder,
                                               .format = (enum picture_format)k,
                                               .picture = {.id = g->id,
                                                           .title = g->title,
                                                           .text = g->alt,
                                                           .overlay = g->overlay,
                                                           .comment = f->comment,
                                                           .date = date}};
        }
    }
    enum status result = gnuplot_run(job, jobs);
    if (result == STATUS_MISSING) {
        /* One line for all of them. */
        snprintf(f->trouble, sizeof f->trouble, "%s", status_sentence());
        f->failed = jobs;
        f->no_gnuplot = true;
        log_warn("figures", "%s", f->trouble);
        free(job);
        return STATUS_OK;
    }
    for (int i = 0; i < jobs; i++) {
        f->warnings += job[i].warnings[0] != '\0';
        if (job[i].outcome.code == STATUS_OK) {
            f->drawn++;
            continue;
        }
        if (f->failed++ == 0)
            snprintf(f->trouble, sizeof f->trouble, "%s", job[i].outcome.sentence);
        log_error("figures", "%s", job[i].outcome.sentence);
    }
    free(job);
    return STATUS_OK;
}

enum status figures_all_drawn(const struct figures *f)
{
    if (f->failed == 0 || f->no_gnuplot)
        return STATUS_OK;
    return status_fail(STATUS_IO, "%d of %d pictures could not be drawn (named above): %.400s",
                       f->failed, f->failed + f->drawn, f->trouble);
}

static enum status write_style(const struct figures *f)
{
    char path[FILE_PATH];
    TRY(file_path(path, "%s/style.gp", f->folder));
    const char *text = f->style != NULL ? f->style
                                        : embed_find(embed_report, "draw/style.gp")->text;
    return file_replace(path, text, strlen(text));
}

static enum status unknown_figure(const char *only)
{
    char names[STATUS_SENTENCE - 256];
    size_t used = 0;
    for (int i = 0; i < figure_table_count; i++) {
        int n = snprintf(names + used, sizeof names - used, "%s%s", i > 0 ? ", " : "",
                         figure_table[i].id);
        used += n > 0 && (size_t)n < sizeof names - used ? (size_t)n : 0;
    }
    return status_fail(STATUS_CONFIG,
                       "--fig %.120s: no such figure comes of these results; there are %s", only,
                       names);
}

/* --- names without glyphs --------------------------------------------------------------------- */

struct unreadable {
    int count;
    char list[RESULTS_NOTE / 2]; /* the first ones, each with its spelling */
};

static void look_at_name(struct unreadable *u, const char *name)
{
    enum { NAMED = 4 };
    char spelt[THEME_TEXT];
    if (!glyphs_missing(name))
        return;
    size_t used = strlen(u->list);
    if (u->count++ < NAMED)
        snprintf(u->list + used, sizeof u->list - used, "%s%.60s as '%.80s'", used > 0 ? ", " : "",
                 name, glyphs_spell(name, spelt, sizeof spelt));
}

enum status figures_note_letters(struct results *r)
{
    struct unreadable u = {0};
    for (int m = 0; m < r->methods; m++)
        look_at_name(&u, r->method[m].label);
    for (int d = 0; d < r->datasets; d++)
        look_at_name(&u, r->dataset[d].title);
    if (u.count == 0)
        return STATUS_OK;
    return results_note(
        r, NOTE_WARNING,
        "No installed font has the letters of %d name%s; figures show %s%s. Install "
        "a font that has them (for Chinese, Japanese and Korean: apt install "
        "fonts-noto-cjk; otherwise fonts-noto-core) and make the report again.",
        u.count, u.count == 1 ? "" : "s", u.list, u.count > 4 ? ", ..." : "");
}

enum status figures_make(struct figures *f)
{
    f->row = figure_table;
    f->rows = figure_table_count;
    TRY(file_make_folder(f->folder));
    TRY(write_style(f));
    steps_expect(f->rows);
    for (int i = 0; i < f->rows; i++) {
        const struct figure_row *row = &f->row[i];
        steps_begin("figure", row->id);
        TRY(row->draw != NULL ? row->draw(f, row) : suite_figure_make(f, row));
    }
    if (f->count == 0 && f->only != NULL && *f->only != '\0')
        return unknown_figure(f->only);
    return draw_all(f);
}
