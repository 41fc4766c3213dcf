#include "report/page/html_impl.h"

#include "engine/base/file.h"
#include "report/results/statistics.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { LOG_LINES = 6, LOG_ROOM = 64 * 1024 * 1024, LOGS = 50 };

/* --- one dataset --------------------------------------------------------------------------------
 */

static void put_number(struct text *out, double value, bool sign)
{
    char number[64];
    if (!isfinite(value))
        text_add(out, "<td>—</td>");
    else
        text_add(out, "<td>%s</td>", table_number(value, 2, sign, number, sizeof number));
}

static enum status put_method(struct html *h, int method, int dataset)
{
    const struct results *r = &h->page->report->results;
    struct text *out = &h->out;
    const struct cell_statistics *c;
    TRY(statistics_cell(h->page->report, method, dataset, &c));
    text_add(out, "<tr><th scope=\"row\">");
    html_put(out, r->method[method].label);
    text_add(out, "</th><td>%d</td>", results_count(r, method, dataset).used);
    put_number(out, c->initial, false);
    put_number(out, c->final, false);
    put_number(out, c->runs > 1 ? c->sd : (double)NAN, false);
    put_number(out, c->lowest, false);
    put_number(out, c->highest, false);
    put_number(out, c->increase, true);
    if (!r->foreign)
        put_number(out, c->printed.final, false);
    text_add(out, "</tr>\n");
    return STATUS_OK;
}

static bool has_result(const struct results *r, int method, int dataset)
{
    return results_count(r, method, dataset).used > 0;
}

static enum status put_dataset(struct html *h, int dataset)
{
    const struct html_page *page = h->page;
    struct text *out = &h->out;
    const struct results *r = &page->report->results;
    const struct results_dataset *d = &r->dataset[dataset];
    char name[FIGURE_ID];
    snprintf(name, sizeof name, "dataset_%s", d->id);
    bool any = false;
    for (int m = 0; m < r->methods; m++)
        any |= has_result(r, m, dataset);
    if (!any)
        return STATUS_OK;
    text_add(out, "<details><summary>");
    html_put(out, d->title);
    text_add(out, " <span class=\"soft\">");
    html_put(out, d->id);
    text_add(out, "</span></summary>\n");
    html_figure(h, name);
    text_add(out, "<div class=\"scroll\" tabindex=\"0\"><table>\n<caption>Scores");
    if (d->budget > 0)
        html_put_format(out, " at %.0f %c%s", d->budget, tolower((unsigned char)r->x_title[0]),
                        r->x_title + 1);
    html_put_format(out, "; standard deviation over seeds (divided by %s).",
                    page->report->sample_sd ? "n-1" : "n");
    if (isfinite(d->mean) && !r->foreign)
        html_put_format(out, " Mean return of the data: %.2f.", d->mean);
    text_add(out,
             "</caption>\n<thead><tr><th scope=\"col\" class=\"words\">Method</th>"
             "<th scope=\"col\">Seeds</th><th scope=\"col\">Initial</th>"
             "<th scope=\"col\">Final</th><th scope=\"col\">SD</th>"
             "<th scope=\"col\">Lowest</th><th scope=\"col\">Highest</th>"
             "<th scope=\"col\">Increase</th>%s</tr></thead>\n<tbody>\n",
             r->foreign ? "" : "<th scope=\"col\">Paper</th>");
    for (int m = 0; m < r->methods; m++) {
        if (has_result(r, m, dataset))
            TRY(put_method(h, m, dataset));
    }
    text_add(out, "</tbody></table></div>\n</details>\n");
    return STATUS_OK;
}

enum status html_datasets(struct html *h)
{
    const struct results *r = &h->page->report->results;
    struct text *out = &h->out;
    for (int s = 0; s < r->suites; s++) {
        text_add(out, "<h3>");
        html_put(out, r->suite[s].title);
        text_add(out, "</h3>\n");
        for (int d = r->suite[s].first; d < r->suite[s].first + r->suite[s].count; d++)
            TRY(put_dataset(h, d));
    }
    return STATUS_OK;
}

/* --- failures ------------------------------------------------------------------------------------
 */

/* The last lines of run.log beside the run's file. */
static void put_log(struct text *out, const struct results_run *run)
{
    char folder[FILE_PATH], path[FILE_PATH], *log = NULL;
    size_t size;
    bool there = false;
    if (run->origin.foreign || file_parent(run->origin.path, folder) != STATUS_OK ||
        file_path(path, "%s/run.log", folder) != STATUS_OK)
        return;
    enum status result = file_look(path, &there);
    if (there)
        result = file_read(path, LOG_ROOM, &log, &size);
    if (result != STATUS_OK)
        html_put_format(out, " %s", status_sentence());
    if (result != STATUS_OK || !there)
        return;
    const char *start = log + size;
    for (int lines = 0; start > log; start--) {
        if (start[-1] == '\n' && start < log + size && ++lines == LOG_LINES)
            break;
    }
    text_add(out, "<pre>");
    html_put_lines(out, start);
    text_add(out, "</pre>\n");
    free(log);
}

void html_failures(struct html *h)
{
    const struct results *r = &h->page->report->results;
    struct text *out = &h->out;
    int shown = 0;
    for (int i = 0; i < r->runs; i++) {
        const struct results_run *run = &r->run[i];
        if (run->status == RUN_OK)
            continue;
        if (shown == 0)
            text_add(out, "<h3>Runs that diverged, failed or are incomplete</h3>\n<ul>\n");
        if (shown++ >= LOGS)
            continue;
        text_add(out, "<li>");
        html_put_format(out, "%s, %s, seed %lld: %s. %s", r->method[run->method].label,
                        r->dataset[run->dataset].title, (long long)run->seed,
                        run_status_word(run->status), run->why);
        put_log(out, run);
        text_add(out, "</li>\n");
    }
    if (shown > 0)
        text_add(out, "</ul>\n");
    if (shown > LOGS)
        html_put_format(out, "And %d more.", shown - LOGS);
}
