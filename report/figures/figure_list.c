#include "report/figures/figures.h"

#include "engine/base/escape.h"
#include "engine/base/memory.h"
#include "report/text/list.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- what is wanted ------------------------------------------------------------------------- */

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
    if (list_matches(f->only, ", ", id) || list_matches(f->only, ", ", family))
        return true;
    return strncmp(id, "fig", 3) == 0 &&
           (list_matches(f->only, ", ", id + 3) || list_matches(f->only, ", ", family + 3));
}

bool figures_has_row(const struct figures *f, const char *suite,
                     enum status (*draw)(struct figures *f, const struct figure_row *row))
{
    for (int i = 0; i < f->rows; i++) {
        const struct figure_row *row = &f->row[i];
        if (row->draw == draw && row->methods == NULL && row->suite != NULL &&
            strcmp(row->suite, suite) == 0)
            return true;
    }
    return false;
}

/* --- the list ------------------------------------------------------------------------------- */

static bool has_id(const struct figures *f, const char *id)
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
    TRY(memory_grow((void **)&f->figure, f->count, sizeof *f->figure, "the figures"));
    struct figure *g = &f->figure[f->count];
    *g = (struct figure){0};
    snprintf(g->name, sizeof g->name, "%s", name);
    snprintf(g->title, sizeof g->title, "%s", title);
    char safe[FIGURE_ID - 12];
    escape_file(name, safe, sizeof safe);
    snprintf(g->id, sizeof g->id, "%s", safe);
    for (int n = 2; n < 1000000 && has_id(f, g->id); n++)
        snprintf(g->id, sizeof g->id, "%s_%d", safe, n);
    *out = g;
    return STATUS_OK;
}

enum status figures_keep(struct figures *f, enum status drawn)
{
    f->count += drawn == STATUS_OK;
    return drawn;
}

enum status figures_bars(struct figures *f, const struct bars *bars, struct figure *out)
{
    return figures_keep(f, bars_draw(bars, f->theme, f->folder, f->comment, out));
}

enum status figures_grid(struct figures *f, const struct grid *grid, struct figure *out)
{
    return figures_keep(f, grid_draw(grid, f->theme, f->folder, f->comment, out));
}

enum status figures_heat(struct figures *f, const struct heat *heat, struct figure *out)
{
    return figures_keep(f, heat_draw(heat, f->theme, f->folder, f->comment, out));
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

const char *figures_ours(const struct figures *f)
{
    const struct results *r = &f->report->results;
    return r->ours >= 0 ? r->method[r->ours].id : NULL;
}

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
        out->label[i] = f->report->results.method[method[i]].label;
        out->id[i] = f->report->results.method[method[i]].id;
    }
    theme_assign(f->theme, out->id, methods, figures_ours(f), out->style);
    out->front = theme_ours(out->id, methods, figures_ours(f));
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
                100 * f->report->bootstrap.size, f->report->bootstrap.reps);
}

void figures_say_gaps(const struct suite_scores *g, char text[FIGURE_CAPTION])
{
    if (g->note[0] != '\0')
        figures_say(text, " %s: %s", g->title, g->note);
    /* Said once, not suite by suite. */
    const char *few = g->methods == 0  ? ""
                      : g->fewest < 2  ? " A single run has no interval."
                      : g->fewest == 2 ? " Read intervals of two runs with care."
                                       : "";
    if (strstr(text, few) == NULL)
        figures_say(text, "%s", few);
}
