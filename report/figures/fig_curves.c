#include "report/figures/fig_curves.h"

#include "report/figures/curve_figure.h"
#include "report/text/list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- which datasets, which methods ---------------------------------------------------------- */

static bool any_run(const struct results *r, int method, int dataset, bool own)
{
    const struct results_run *run[CURVE_LINES_RUNS];
    int n = curve_lines_runs(r, method, dataset, run);
    for (int i = 0; i < n; i++) {
        if (!own || !run[i]->origin.foreign)
            return true;
    }
    return false;
}

/* Position of a word in a list; what is not listed comes last. */
static int rank_in(const char *list, const char *word)
{
    int at = list != NULL ? list_find(list, " ", word) : -1;
    return at >= 0 ? at : INT32_MAX;
}

/* Does the row show this dataset? */
static bool row_shows(const struct results *r, const struct figure_row *row, int suite, int dataset)
{
    const struct results_dataset *d = &r->dataset[dataset];
    if (row->datasets != NULL)
        return list_find(row->datasets, " ", d->task) >= 0;
    return d->suite == suite;
}

/* How many different environments or qualities; each new one is put at the end of `list`. */
static int list_distinct(const struct results *r, const int *dataset, int n, bool quality,
                         const char **list)
{
    int count = 0;
    for (int i = 0; i < n; i++) {
        const struct results_dataset *d = &r->dataset[dataset[i]];
        const char *word = quality ? d->quality : d->env;
        int k = 0;
        while (k < count && strcmp(list[k], word) != 0)
            k++;
        if (k == count)
            list[count++] = word;
    }
    return count;
}

static void sort_words(const char **word, int n, const char *order)
{
    for (int i = 1; i < n; i++) {
        for (int k = i; k > 0 && rank_in(order, word[k]) < rank_in(order, word[k - 1]); k--) {
            const char *swap = word[k];
            word[k] = word[k - 1];
            word[k - 1] = swap;
        }
    }
}

static int position_of(const char *const *word, int n, const char *what)
{
    for (int i = 0; i < n; i++) {
        if (strcmp(word[i], what) == 0)
            return i;
    }
    return n;
}

/* Where every environment has every quality: one row per quality, one column per environment, in
 * the row's order. Otherwise datasets follow one another, four in a row. */
static int arrange_panels(const struct results *r, const struct figure_row *row, int *dataset,
                          int n)
{
    const char **env = calloc(2 * (size_t)n + 1, sizeof *env);
    if (env == NULL || row->columns == NULL || n < 1) {
        free(env);
        return n < 4 ? n : 4;
    }
    const char **quality = env + n;
    int envs = list_distinct(r, dataset, n, false, env);
    int qualities = list_distinct(r, dataset, n, true, quality);
    int columns = envs * qualities == n ? envs : 4;
    sort_words(env, envs, row->columns);
    sort_words(quality, qualities, row->rows);
    for (int i = 1; i < n; i++) {
        for (int k = i; k > 0; k--) {
            const struct results_dataset *a = &r->dataset[dataset[k - 1]];
            const struct results_dataset *b = &r->dataset[dataset[k]];
            int above = position_of(quality, qualities, a->quality) * envs +
                        position_of(env, envs, a->env);
            int below = position_of(quality, qualities, b->quality) * envs +
                        position_of(env, envs, b->env);
            if (above <= below)
                break;
            int swap = dataset[k];
            dataset[k] = dataset[k - 1];
            dataset[k - 1] = swap;
        }
    }
    free(env);
    return columns < n ? columns : n;
}

/* Every method of the row that has a run on any of its datasets. */
static enum status add_methods(struct curve_figure *b, int suite, bool *extra)
{
    const struct results *r = &b->f->report->results;
    const struct figure_row *row = b->row;
    for (int m = 0; m < r->methods; m++) {
        bool listed = row->methods == NULL ? suite_scores_standard(r, m)
                                           : r->method[m].variant[0] == '\0' &&
                                                 list_find(row->methods, " ", r->method[m].id) >= 0;
        bool any = false;
        for (int d = 0; listed && d < r->datasets; d++)
            any |= row_shows(r, row, suite, d) && any_run(r, m, d, row->methods != NULL);
        if (!any)
            continue;
        *extra |= !r->method[m].main;
        TRY(curve_figure_add_series(b, m, "", r->method[m].label));
    }
    return STATUS_OK;
}

static enum status add_panels(struct curve_figure *b, int suite)
{
    const struct results *r = &b->f->report->results;
    int *dataset = calloc((size_t)(r->datasets > 0 ? r->datasets : 1), sizeof *dataset), n = 0;
    if (dataset == NULL)
        return status_fail(STATUS_MEMORY, "figures: no memory for %d datasets", r->datasets);
    for (int d = 0; d < r->datasets; d++) {
        bool any = false;
        for (int s = 0; row_shows(r, b->row, suite, d) && s < b->serieses && !any; s++)
            any = any_run(r, b->series[s].method, d, false);
        if (any)
            dataset[n++] = d;
    }
    b->columns = arrange_panels(r, b->row, dataset, n);
    enum status result = STATUS_OK;
    for (int i = 0; i < n && result == STATUS_OK; i++) {
        struct curve_figure_panel panel = {.dataset = dataset[i]};
        panel.source.budget = b->row->budget;
        snprintf(panel.title, sizeof panel.title, "%s", r->dataset[dataset[i]].title);
        result = curve_figure_add_panel(b, &panel);
    }
    free(dataset);
    return result;
}

/* --- by method ------------------------------------------------------------------------------ */

static enum status draw_suite(struct figures *f, const struct figure_row *row, int suite,
                              const char *id, const char *title)
{
    struct curve_figure b = {.f = f, .row = row};
    bool extra = false;
    enum status result = add_methods(&b, suite, &extra);
    /* An ablation without its own methods would repeat the main figure. */
    if (result == STATUS_OK && (row->methods == NULL || extra)) {
        result = add_panels(&b, suite);
        if (result == STATUS_OK && b.panels > 0)
            result = curve_figure_draw(&b, id, title);
    }
    curve_figure_free(&b);
    return result;
}

enum status curves_suite(struct figures *f, const struct figure_row *row)
{
    int suite = row->suite != NULL ? results_suite(&f->report->results, row->suite) : -1;
    if (!figures_wanted(f, row->id) || (suite < 0 && row->datasets == NULL))
        return STATUS_OK;
    return draw_suite(f, row, suite, row->id, row->title);
}

enum status curves_other(struct figures *f, const struct figure_row *row)
{
    for (int s = 0; s < f->report->results.suites; s++) {
        const struct results_suite *suite = &f->report->results.suite[s];
        char id[FIGURE_ID], title[FIGURE_TITLE];
        snprintf(id, sizeof id, "%s_%s", row->id, suite->id);
        snprintf(title, sizeof title, "%s: %s", suite->title, row->title);
        if (figures_has_row(f, suite->id, curves_suite) || !suite->scored || !figures_wanted(f, id))
            continue;
        TRY(draw_suite(f, row, s, id, title));
    }
    return STATUS_OK;
}

/* --- by knob -------------------------------------------------------------------------------- */

/* The numbers of two values, compared from the last word on: "lstm, 5" before "lstm, 20". */
static double number_in(const char *value)
{
    const char *comma = strrchr(value, ' ');
    return atof(comma != NULL ? comma + 1 : value);
}

static void sort_values(struct curve_figure *b)
{
    for (int i = 1; i < b->serieses; i++) {
        for (int k = i; k > 0; k--) {
            double mine = number_in(b->series[k].value), before = number_in(b->series[k - 1].value);
            if (mine > before ||
                (!(mine < before) && strcmp(b->series[k].value, b->series[k - 1].value) >= 0))
                break;
            struct curve_figure_series swap = b->series[k];
            b->series[k] = b->series[k - 1];
            b->series[k - 1] = swap;
        }
    }
}

static bool has_value(const struct curve_figure *b, const char *value)
{
    for (int i = 0; i < b->serieses; i++) {
        if (strcmp(b->series[i].value, value) == 0)
            return true;
    }
    return false;
}

/* One series a value that any run of the row's method has on the row's datasets. */
static enum status add_values(struct curve_figure *b)
{
    const struct results *r = &b->f->report->results;
    for (int i = 0; i < r->runs; i++) {
        const struct results_run *run = &r->run[i];
        char value[RESULTS_ID], label[2 * RESULTS_ID];
        if (run->origin.foreign || run->points == 0 ||
            list_find(b->row->methods, " ", r->method[run->method].base) < 0 ||
            list_find(b->row->datasets, " ", r->dataset[run->dataset].task) < 0)
            continue;
        curve_figure_value(run, b->row->knob, value, sizeof value);
        if (value[0] == '\0' || has_value(b, value))
            continue;
        snprintf(label, sizeof label, "%s = %s", b->row->knob_name, value);
        TRY(curve_figure_add_series(b, -1, value, label));
        /* A value that only runs of other variants have is none of this figure's. */
        bool any = false;
        for (int d = 0; d < r->datasets; d++) {
            const struct results_run *with[CURVE_LINES_RUNS];
            any |= list_find(b->row->datasets, " ", r->dataset[d].task) >= 0 &&
                   curve_figure_runs(b, b->serieses - 1, d, with) > 0;
        }
        b->serieses -= !any;
    }
    sort_values(b);
    return STATUS_OK;
}

static enum status draw_knob(struct figures *f, const struct figure_row *row, bool loss)
{
    if (!figures_wanted(f, row->id))
        return STATUS_OK;
    const struct results *r = &f->report->results;
    struct curve_figure b = {.f = f, .row = row, .ramp = true};
    enum status result = add_values(&b);
    /* The usual value alone is no ablation. */
    if (result != STATUS_OK || b.serieses < 2) {
        curve_figure_free(&b);
        return result;
    }
    for (int d = 0; d < r->datasets && result == STATUS_OK; d++) {
        if (list_find(row->datasets, " ", r->dataset[d].task) < 0)
            continue;
        struct curve_figure_panel panel = {.dataset = d};
        panel.source.budget = row->budget;
        panel.y_title = loss ? report_score_axis(f->report) : NULL;
        snprintf(panel.title, sizeof panel.title, "%s", r->dataset[d].title);
        result = curve_figure_add_panel(&b, &panel);
        if (!loss || result != STATUS_OK)
            continue;
        panel.source.what = CURVE_LINES_METRIC;
        panel.source.metric = CURVE_loss_critic_last;
        panel.y_title = "Critic loss";
        panel.log_y = true;
        result = curve_figure_add_panel(&b, &panel);
    }
    b.columns = b.panels < 4 ? b.panels : 4;
    if (loss)
        b.caption = "Critic loss: mean squared error of the last batch of each iteration. ";
    if (result == STATUS_OK)
        result = curve_figure_draw(&b, row->id, row->title);
    curve_figure_free(&b);
    return result;
}

enum status curves_knob(struct figures *f, const struct figure_row *row)
{
    return draw_knob(f, row, false);
}

enum status curves_loss(struct figures *f, const struct figure_row *row)
{
    return draw_knob(f, row, true);
}
