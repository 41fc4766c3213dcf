/* What the script adds to reading: it shows this bar, without it the page is whole all the same. */
#include "report/page/html_impl.h"

#include "report/figures/figures.h"
#include "report/results/suite_scores.h"

#include <stdlib.h>

/* Methods that have a line of their own in figures, in the figures' order. */
static int listed_methods(const struct results *r, int *method)
{
    int count = 0;
    for (int m = 0; m < r->methods; m++) {
        int used = 0;
        for (int d = 0; d < r->datasets; d++)
            used += results_count(r, m, d).used;
        if (used > 0 && suite_scores_standard(r, m))
            method[count++] = m;
    }
    return count;
}

static void put_switches(struct html *h, const struct figures_series *s)
{
    text_add(&h->out, "<fieldset class=\"switches\"><legend>Methods in all curves</legend>\n");
    for (int i = 0; i < s->count; i++) {
        text_add(&h->out,
                 "<label class=\"switch\"><input type=\"checkbox\" checked data-method=\"");
        html_put(&h->out, s->label[i]);
        text_add(&h->out, "\"><span style=\"background:");
        html_colour(h, &h->out, s->style[i].rgb);
        text_add(&h->out, "\"></span>");
        html_put(&h->out, s->label[i]);
        text_add(&h->out, "</label>\n");
    }
    text_add(&h->out, "</fieldset>\n");
}

enum status html_toolbar(struct html *h)
{
    const struct results *r = &h->page->report->results;
    int *method = calloc((size_t)r->methods + 1, sizeof *method);
    if (method == NULL)
        return status_fail(STATUS_MEMORY, "no memory for the page");
    int count = listed_methods(r, method);
    text_add(&h->out, "<div class=\"toolbar\" hidden>\n<label class=\"search\">Search <input "
                      "type=\"search\" id=\"search\" placeholder=\"dataset, method, claim\">"
                      "</label>\n<span id=\"found\" role=\"status\"></span>\n");
    struct figures_series series = {0};
    enum status status = STATUS_OK;
    if (count > 1) {
        status = figures_series(h->page->figures, method, count, &series);
        if (status == STATUS_OK)
            put_switches(h, &series);
        figures_series_free(&series);
    }
    text_add(&h->out, "</div>\n");
    free(method);
    return status;
}
