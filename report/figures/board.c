#include "report/figures/board.h"

#include <stdlib.h>
#include <string.h>

void board_free(struct board *b)
{
    for (int i = 0; i < b->suites; i++)
        gather_free(&b->suite[i]);
    free(b->suite);
    free(b->method);
    free(b->title);
    figures_series_free(&b->series);
}

static bool bandit(const struct results *r, int suite)
{
    return strcmp(r->suite[suite].id, "bandit") == 0;
}

enum status board_make(const struct figures *f, enum results_what what, struct board *out)
{
    const struct results *r = f->results;
    *out = (struct board){0};
    out->suite = calloc((size_t)(r->suites > 0 ? r->suites : 1), sizeof *out->suite);
    out->title = calloc((size_t)(r->suites > 0 ? r->suites : 1), sizeof *out->title);
    out->method = calloc((size_t)(r->methods > 0 ? r->methods : 1), sizeof *out->method);
    enum status result = STATUS_OK;
    if (out->suite == NULL || out->title == NULL || out->method == NULL)
        result = figures_no_memory("of suites");
    for (int s = 0; s < r->suites && result == STATUS_OK; s++) {
        if (bandit(r, s))
            continue;
        struct gather *g = &out->suite[out->suites];
        result = gather_suite(r, s, what, g);
        if (result != STATUS_OK || g->methods == 0) {
            gather_free(g);
            continue;
        }
        out->title[out->suites++] = r->suite[s].title;
    }
    for (int m = 0; m < r->methods && result == STATUS_OK; m++) {
        bool any = false;
        for (int s = 0; s < out->suites; s++)
            any |= gather_find(&out->suite[s], m) >= 0;
        if (any)
            out->method[out->methods++] = m;
    }
    if (result == STATUS_OK)
        result = figures_series(f, out->method, out->methods, &out->series);
    if (result != STATUS_OK)
        board_free(out);
    return result;
}

void board_say(const struct gather *g, char caption[FIGURE_CAPTION])
{
    if (g->note[0] != '\0')
        figures_say(caption, " %s: %s", g->title, g->note);
    /* Said once, not suite by suite. */
    const char *few = g->methods == 0  ? ""
                      : g->fewest < 2  ? " One run alone has no interval."
                      : g->fewest == 2 ? " Read intervals of two runs with care."
                                       : "";
    if (strstr(caption, few) == NULL)
        figures_say(caption, "%s", few);
}

double *board_numbers(const struct board *b, size_t width)
{
    size_t n = (size_t)(b->suites * b->methods) * width;
    double *out = malloc((n > 0 ? n : 1) * sizeof *out);
    for (size_t i = 0; out != NULL && i < n; i++)
        out[i] = PLOT_NONE;
    return out;
}

struct interval *board_intervals(int n)
{
    struct interval *out = malloc((size_t)(n > 0 ? n : 1) * sizeof *out);
    for (int i = 0; out != NULL && i < n; i++)
        out[i] = (struct interval){PLOT_NONE, PLOT_NONE, PLOT_NONE, 0};
    return out;
}

int board_row(const struct board *b, const struct gather *g, int i)
{
    int row = 0;
    while (b->method[row] != g->method[i])
        row++;
    return row;
}
