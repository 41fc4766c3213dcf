#include "report/figures/figures.h"

#include "engine/base/embed.h"
#include "engine/base/escape.h"
#include "engine/base/log.h"
#include "report/draw/gnuplot.h"

#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- what is wanted ------------------------------------------------------------------------- */

/* Does one word of a comma-separated list match? */
static bool listed(const char *list, const char *id)
{
    while (*list != '\0') {
        size_t n = strcspn(list, ", ");
        char word[FIGURE_ID];
        if (n > 0 && n < sizeof word) {
            memcpy(word, list, n);
            word[n] = '\0';
            if (fnmatch(word, id, 0) == 0)
                return true;
        }
        list += n + (list[n] != '\0');
    }
    return false;
}

bool figures_wanted(const struct figures *f, const char *id)
{
    if (f->only == NULL || *f->only == '\0')
        return true;
    /* "7" and "fig7" are both said of Fig. 7; "fig7" of all its parts. */
    char family[FIGURE_ID];
    snprintf(family, sizeof family, "%s", id);
    size_t n = strlen(family);
    if (strncmp(id, "fig", 3) == 0 && n > 4 && family[n - 1] >= 'a' && family[n - 1] <= 'd')
        family[n - 1] = '\0';
    if (listed(f->only, id) || listed(f->only, family))
        return true;
    return strncmp(id, "fig", 3) == 0 && (listed(f->only, id + 3) || listed(f->only, family + 3));
}

/* --- the list ------------------------------------------------------------------------------- */

static bool taken(const struct figures *f, const char *id)
{
    for (int i = 0; i < f->count; i++) {
        if (strcmp(f->figure[i].id, id) == 0)
            return true;
    }
    return false;
}

enum status figures_next(struct figures *f, const char *name, const char *title,
                         struct figure **out)
{
    struct figure *more = realloc(f->figure, ((size_t)f->count + 1) * sizeof *more);
    if (more == NULL)
        return status_fail(STATUS_MEMORY, "figure %s: no memory", name);
    f->figure = more;
    struct figure *g = &more[f->count];
    *g = (struct figure){0};
    snprintf(g->name, sizeof g->name, "%s", name);
    snprintf(g->title, sizeof g->title, "%s", title);
    char safe[FIGURE_ID - 12];
    escape_file(name, safe, sizeof safe);
    snprintf(g->id, sizeof g->id, "%s", safe);
    for (int n = 2; n < 1000000 && taken(f, g->id); n++)
        snprintf(g->id, sizeof g->id, "%s_%d", safe, n);
    *out = g;
    return STATUS_OK;
}

void figures_keep(struct figures *f)
{
    f->count++;
}

const struct figure *figures_find(const struct figures *f, const char *name)
{
    for (int i = 0; i < f->count; i++) {
        if (strcmp(f->figure[i].name, name) == 0)
            return &f->figure[i];
    }
    return NULL;
}

void figures_free(struct figures *f)
{
    for (int i = 0; i < f->count; i++)
        figure_free(&f->figure[i]);
    free(f->figure);
    f->figure = NULL;
    f->count = 0;
}

/* --- helpers of fig_*.c --------------------------------------------------------------------- */

enum status figures_series(const struct figures *f, const int *method, int methods,
                           struct figures_series *out)
{
    size_t n = methods > 0 ? (size_t)methods : 1;
    *out = (struct figures_series){.count = methods};
    out->label = calloc(n, sizeof *out->label);
    out->id = calloc(n, sizeof *out->id);
    out->style = calloc(n, sizeof *out->style);
    if (out->label == NULL || out->id == NULL || out->style == NULL) {
        figures_series_free(out);
        return status_fail(STATUS_MEMORY, "figures: no memory for %d methods", methods);
    }
    for (int i = 0; i < methods; i++) {
        out->label[i] = f->results->method[method[i]].label;
        out->id[i] = f->results->method[method[i]].id;
    }
    theme_assign(f->theme, out->id, methods, out->style);
    out->front = theme_ours(out->id, methods);
    return STATUS_OK;
}

void figures_series_free(struct figures_series *s)
{
    free(s->label);
    free(s->id);
    free(s->style);
    *s = (struct figures_series){0};
}

int figures_columns(int panels)
{
    /* No row with a lonely panel as long as there is a choice. */
    return panels <= 4 ? panels : panels <= 6 ? 3 : 4;
}

void figures_say(char text[FIGURE_CAPTION], const char *format, ...)
{
    size_t used = strlen(text);
    va_list args;
    va_start(args, format);
    vsnprintf(text + used, FIGURE_CAPTION - used, format, args);
    va_end(args);
}

void figures_say_interval(const struct figures *f, char text[FIGURE_CAPTION])
{
    figures_say(text,
                "%g %% percentile intervals of a stratified bootstrap over seeds, %d "
                "replications.",
                100 * f->bootstrap->size, f->bootstrap->reps);
}

/* --- drawing -------------------------------------------------------------------------------- */

/* The latest date any run was written: what the PDFs say, so that equal results give equal bytes.
 */
static void date_of(const struct results *r, char out[15])
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
    date_of(f->results, date);
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

static enum status write_style(const struct figures *f)
{
    char path[FILE_PATH];
    TRY(file_path(path, "%s/style.gp", f->folder));
    const char *text = f->style != NULL ? f->style
                                        : embed_find(embed_report, "draw/style.gp")->text;
    return file_replace(path, text, strlen(text));
}

static enum status unknown(const char *only)
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

enum status figures_make(struct figures *f)
{
    f->gamma = f->gamma > 0 ? f->gamma : 100;
    TRY(file_make_folder(f->folder));
    TRY(write_style(f));
    for (int i = 0; i < figure_table_count; i++)
        TRY(figure_table[i].draw(f, &figure_table[i]));
    if (f->count == 0 && f->only != NULL && *f->only != '\0')
        return unknown(f->only);
    return draw_all(f);
}
