/* From the rows of a table to runs. */
#include "engine/base/escape.h"
#include "engine/base/file.h"
#include "engine/base/memory.h"
#include "report/results/results_impl.h"
#include "report/results/scores_impl.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* --- cells ------------------------------------------------------------------------------------ */

bool scores_number(const char *text, char separator, double *out, bool *measured)
{
    static const char *const nothing[] = {"", "NA", "N/A", "null", "None", "-", "--", "<NA>", "."};
    char *end, copy[64];
    *out = (double)NAN;
    for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++) {
        if (strcasecmp(text, nothing[i]) == 0) {
            *measured = false;
            return true;
        }
    }
    *measured = true;
    *out = strtod(text, &end);
    if (end != text && *end == '\0')
        return true;
    /* 41,5 and 1.234,5 where fields are not separated by commas */
    const char *comma = strchr(text, ',');
    if (separator == ',' || comma == NULL || strchr(comma + 1, ',') != NULL ||
        strlen(text) >= sizeof copy)
        return false;
    size_t n = 0;
    for (; *text != '\0'; text++) {
        if (*text != '.' || text > comma)
            copy[n++] = *text == ',' ? '.' : *text;
    }
    copy[n] = '\0';
    *out = strtod(copy, &end);
    return end != copy && *end == '\0';
}

/* --- names ------------------------------------------------------------------------------------ */

/* Each text once, with a number in order of appearance: a table of places by hash. */
struct name_list {
    const char **text;
    int count, place[4 * SCORES_NAMES]; /* place + 1; 0 is free */
};

static enum status name_number(struct name_list *list, const char *text, int *out)
{
    uint32_t at = results_digest(text);
    for (;; at++) {
        int *place = &list->place[at % (4 * SCORES_NAMES)];
        if (*place == 0 && list->count == SCORES_NAMES)
            return status_fail(STATUS_FORMAT, "more than %d names; is it the right column?",
                               SCORES_NAMES);
        if (*place == 0) {
            TRY(memory_grow((void **)&list->text, list->count, sizeof *list->text, "its names"));
            list->text[list->count++] = text;
            *place = list->count;
        }
        if (strcmp(list->text[*place - 1], text) == 0) {
            *out = *place - 1;
            return STATUS_OK;
        }
    }
}

/* --- measurements ----------------------------------------------------------------------------- */

struct measure {
    int method, dataset; /* of the results */
    int row;
    int64_t seed;
    const char *seed_text;
    double step, score;
    bool measured;
};

struct reader {
    struct results *r;
    const struct csv *csv;
    struct scores_source *source;
    struct scores_columns at;
    struct name_list method, dataset;
    int *method_index, *dataset_index; /* of the results, by number in those lists */
    struct measure *measure;
    size_t measures;
    int empty, holes, doubles, averaged;                    /* what the notes count */
    char hole[RESULTS_NOTE / 4], doubled[RESULTS_NOTE / 4]; /* the first of them */
    bool numbered;                                          /* runs without seeds are numbered */
};

/* Returns 0, as status_keep does. */
static int keep_at(const struct reader *x, int row, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int keep_at(const struct reader *x, int row, const char *format, ...)
{
    char text[STATUS_SENTENCE];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return status_keep("%s:%d: %s", x->source->path, x->csv->line[row + 1], text);
}

/* STATUS_FORMAT, with the line. */
#define fail_at(x, row, ...) status_kept(keep_at((x), (row), __VA_ARGS__), STATUS_FORMAT)

static enum status read_cell(const struct reader *x, int row, int column, double *out,
                             bool *measured)
{
    const char *text = csv_cell(x->csv, row, column);
    if (scores_number(text, x->source->separator, out, measured))
        return STATUS_OK;
    if (strstr(text, "±") != NULL || strstr(text, "+-") != NULL || strstr(text, "+/-") != NULL)
        return fail_at(x, row,
                       "column '%s' holds '%.60s', a mean with its spread; a report needs a score "
                       "per run, and compares means with runs by --published FILE",
                       x->csv->cell[column], text);
    return fail_at(x, row,
                   "column '%s' holds '%.60s', expected a number (no unit, no separators of "
                   "thousands)",
                   x->csv->cell[column], text);
}

/* The text that names a measurement: of its row, of its column, or of the whole file. */
static const char *name_of(const struct reader *x, int row, const struct scores_value *value,
                           enum reading_role role)
{
    if (value->name[role][0] != '\0')
        return value->name[role];
    if (x->at.at[role] >= 0)
        return csv_cell(x->csv, row, x->at.at[role]);
    return x->source->name[role];
}

/* Method and dataset, declared in order of appearance. */
static enum status find_names(struct reader *x, int row, const struct scores_value *value,
                              struct measure *m)
{
    const char *method = name_of(x, row, value, READ_METHOD);
    const char *dataset = name_of(x, row, value, READ_DATASET);
    int i, k, methods = x->method.count, datasets = x->dataset.count;
    if (*method == '\0' || *dataset == '\0')
        return status_fail(STATUS_FORMAT, "a run without a name of its %s",
                           *method == '\0' ? "method" : "dataset");
    TRY(name_number(&x->method, method, &i));
    TRY(name_number(&x->dataset, dataset, &k));
    if (x->method.count > methods || x->dataset.count > datasets)
        TRY(scores_declare(x->r, method, dataset, &x->method_index[i], &x->dataset_index[k]));
    m->method = x->method_index[i];
    m->dataset = x->dataset_index[k];
    return STATUS_OK;
}

static enum status find_seed(struct reader *x, int row, const struct scores_value *value,
                             struct measure *m)
{
    const struct measure *before = x->measures > 0 ? m - 1 : NULL;
    m->seed_text = name_of(x, row, value, READ_SEED);
    bool told = *m->seed_text != '\0' || x->at.at[READ_SEED] >= 0;
    if (!told) {
        m->seed = 0;
        return STATUS_OK;
    }
    if (before != NULL && before->seed_text != NULL &&
        strcmp(before->seed_text, m->seed_text) == 0) {
        m->seed = before->seed;
        return STATUS_OK;
    }
    return scores_seed(x->r, m->seed_text, &m->seed);
}

/* One score of one row. */
static enum status add_measure(struct reader *x, int row, const struct scores_value *value)
{
    struct measure *m = &x->measure[x->measures];
    *m = (struct measure){.row = row, .step = (double)NAN};
    enum status status = find_names(x, row, value, m);
    if (status == STATUS_OK)
        status = find_seed(x, row, value, m);
    if (status != STATUS_OK)
        return status_prefix(status, "%s:%d", x->source->path, x->csv->line[row + 1]);
    TRY(read_cell(x, row, value->column, &m->score, &m->measured));
    bool there = false;
    if (x->at.at[READ_STEP] >= 0)
        TRY(read_cell(x, row, x->at.at[READ_STEP], &m->step, &there));
    else if (x->at.at[READ_LENGTH] >= 0)
        m->step = row; /* in order of the file, until lengths are added up */
    if (there && !(m->step >= 0 && isfinite(m->step)))
        return fail_at(x, row, "step %s; steps count from 0 on",
                       csv_cell(x->csv, row, x->at.at[READ_STEP]));
    x->measures++;
    return STATUS_OK;
}

static enum status add_row(struct reader *x, int row)
{
    if (x->at.metric != NULL &&
        strcmp(csv_cell(x->csv, row, x->at.at[READ_METRIC]), x->at.metric) != 0)
        return STATUS_OK;
    for (int i = 0; i < x->at.values; i++)
        TRY(add_measure(x, row, &x->at.value[i]));
    return STATUS_OK;
}

static int compare_runs(const struct measure *p, const struct measure *q)
{
    return results_run_order((struct run_key){p->method, p->dataset, p->seed},
                             (struct run_key){q->method, q->dataset, q->seed});
}

/* By run, then by step; those without a step last, in order of the file. */
static int compare(const void *a, const void *b)
{
    const struct measure *p = a, *q = b;
    int order = compare_runs(p, q);
    if (order != 0)
        return order;
    if (isnan(p->step) != isnan(q->step))
        return isnan(p->step) ? 1 : -1;
    if (p->step != q->step && !isnan(p->step))
        return p->step < q->step ? -1 : 1;
    return (p->row > q->row) - (p->row < q->row);
}

/* --- runs ------------------------------------------------------------------------------------- */

static void name_run(const struct reader *x, const struct measure *m, char *out, size_t size)
{
    snprintf(out, size, "%.80s on %.80s, seed %.40s", x->r->method[m->method].label,
             x->r->dataset[m->dataset].id, *m->seed_text != '\0' ? m->seed_text : "0");
}

static enum status read_status(const struct reader *x, int row, struct results_run *run)
{
    int column = x->at.extra[EXTRA_STATUS], why = x->at.extra[EXTRA_WHY];
    if (column < 0)
        return STATUS_OK;
    const char *word = csv_cell(x->csv, row, column);
    int i = 0;
    while (i < RUN_STATUS_COUNT && strcasecmp(word, run_status_word((enum run_status)i)) != 0)
        i++;
    if (i == RUN_STATUS_COUNT)
        return fail_at(x, row,
                       "status '%.60s' is unknown; expected ok, diverged, incomplete, failed or "
                       "missing",
                       word);
    run->status = (enum run_status)i;
    if (run->status == RUN_OK)
        return STATUS_OK;
    const char *reason = why >= 0 ? csv_cell(x->csv, row, why) : "";
    if (*reason != '\0')
        escape_line(reason, run->why, sizeof run->why);
    else
        snprintf(run->why, sizeof run->why, "%s:%d: the file says so", x->source->path,
                 x->csv->line[row + 1]);
    return STATUS_OK;
}

static void read_word(const struct reader *x, int row, enum scores_extra extra,
                      char out[RESULTS_ID])
{
    if (x->at.extra[extra] >= 0)
        escape_line(csv_cell(x->csv, row, x->at.extra[extra]), out, RESULTS_ID);
}

static enum status read_extra(const struct reader *x, int row, enum scores_extra extra, double *out)
{
    bool measured;
    return x->at.extra[extra] < 0 ? STATUS_OK
                                  : read_cell(x, row, x->at.extra[extra], out, &measured);
}

static enum status start_run(struct reader *x, const struct measure *m, struct results_run **run)
{
    if (x->r->runs >= SCORES_RUNS)
        return fail_at(x, m->row, "more than %d runs; is '%s' the seed's column?", SCORES_RUNS,
                       x->at.at[READ_SEED] >= 0 ? x->csv->cell[x->at.at[READ_SEED]] : "seed");
    TRY(results_add(x->r, m->method, m->dataset, m->seed, run));
    TRY(file_path((*run)->origin.path, "%s", x->source->path));
    (*run)->origin.foreign = true;
    TRY(read_status(x, m->row, *run));
    TRY(read_extra(x, m->row, EXTRA_INITIAL, &(*run)->initial));
    TRY(read_extra(x, m->row, EXTRA_BUDGET, &(*run)->budget));
    if (!((*run)->budget > 0 && isfinite((*run)->budget)))
        (*run)->budget = (double)NAN;
    read_word(x, m->row, EXTRA_PRESET, (*run)->origin.preset);
    read_word(x, m->row, EXTRA_SIZE, (*run)->origin.size);
    read_word(x, m->row, EXTRA_KIND, (*run)->origin.kind);
    read_word(x, m->row, EXTRA_MATRIX, (*run)->origin.matrix);
    char word[RESULTS_ID] = "";
    read_word(x, m->row, EXTRA_AXIS, word);
    results_name_axis(x->r, word);
    word[0] = '\0';
    read_word(x, m->row, EXTRA_SUITE, word);
    return results_restore_suite(x->r, m->dataset, word);
}

/* The same run under two names of its seed would be mixed: "1" and "seed_1". */
static enum status check_seed(const struct reader *x, const struct measure *p,
                              const struct measure *q)
{
    int64_t a, b;
    char run[256];
    if (strcmp(p->seed_text, q->seed_text) == 0 || p->seed != q->seed)
        return STATUS_OK;
    bool plain = strspn(p->seed_text, "0123456789.+-eE") == strlen(p->seed_text) &&
                 strspn(q->seed_text, "0123456789.+-eE") == strlen(q->seed_text);
    if (plain || !scores_seed_number(p->seed_text, &a) || !scores_seed_number(q->seed_text, &b))
        return STATUS_OK;
    name_run(x, p, run, sizeof run);
    return fail_at(x, q->row, "seeds '%.60s' and '%.60s' are one number (%.200s); rename one",
                   p->seed_text, q->seed_text, run);
}

static bool same_score(const struct measure *p, const struct measure *q)
{
    return p->score == q->score || (isnan(p->score) && isnan(q->score));
}

static enum status fail_twice(const struct reader *x, const struct measure *p,
                              const struct measure *q)
{
    char run[256];
    name_run(x, p, run, sizeof run);
    int line = x->csv->line[p->row + 1], later = x->csv->line[q->row + 1];
    if (isnan(p->step))
        return fail_at(x, q->row,
                       "a second score of %s: %g in line %d, %g in line %d; keep the one that "
                       "counts, or give each evaluation its step in a column 'step' (--column "
                       "step=NAME)",
                       run, p->score, line, q->score, later);
    return fail_at(x, q->row,
                   "a second score of %s at step %.0f: %g in line %d, %g in line %d; keep the one "
                   "that counts%s",
                   run, p->step, p->score, line, q->score, later,
                   x->at.at[READ_SEED] < 0 ? ", or name the column of the seeds: --column seed=NAME"
                                           : " (episodes of one evaluation are averaged: --column "
                                             "episode=NAME)");
}

/* Measurements [first, last) at one step: one point. */
static enum status merge(struct reader *x, const struct measure *m, int first, int last,
                         double *score, double *spread)
{
    bool episodes = x->source->episodes || x->at.at[READ_EPISODE] >= 0;
    bool equal = true;
    double sum = 0, squares = 0;
    for (int i = first; i < last; i++) {
        equal = equal && same_score(&m[i], &m[first]);
        sum += m[i].score;
    }
    int n = last - first;
    *score = equal ? m[first].score : sum / n;
    for (int i = first; i < last; i++)
        squares += (m[i].score - *score) * (m[i].score - *score);
    if (equal || !episodes) {
        for (int i = first + 1; i < last; i++) {
            if (!same_score(&m[i], &m[first]))
                return fail_twice(x, &m[first], &m[i]);
        }
    }
    if (n > 1 && !episodes) {
        if (x->doubles == 0)
            snprintf(x->doubled, sizeof x->doubled, "lines %d and %d",
                     x->csv->line[m[first].row + 1], x->csv->line[m[first + 1].row + 1]);
        x->doubles += n - 1;
    }
    x->averaged += n > 1 && episodes;
    *spread = n > 1 && episodes ? sqrt(squares / (n - 1)) : (double)NAN;
    return STATUS_OK;
}

int scores_settle(struct results_run *run)
{
    int end = run->points, kept = 0, holes = 0;
    while (end > 0 && !isfinite(run->y[end - 1]))
        end--;
    double *column[] = {run->x, run->y, run->spread, run->hours, run->steps};
    bool diverged = end < run->points;
    double at = diverged ? run->x[end] : 0;
    for (int i = 0; i < end; i++) {
        if (!isfinite(run->y[i])) {
            holes++;
            continue;
        }
        for (size_t k = 0; k < sizeof column / sizeof *column; k++)
            column[k][kept] = column[k][i];
        kept++;
    }
    run->points = kept;
    if (diverged && run->status == RUN_OK) {
        run->status = RUN_DIVERGED;
        snprintf(run->why, sizeof run->why, "the evaluation at step %.0f is not finite", at);
    }
    return holes;
}

/* A run of one score, at no step. */
static enum status finish_final(struct reader *x, const struct measure *m, int count,
                                struct results_run *run)
{
    double spread, score = (double)NAN;
    if (count > 0)
        TRY(merge(x, m, 0, count, &score, &spread));
    run->at_budget = run->last = score;
    if (run->status != RUN_OK)
        return STATUS_OK;
    if (count == 0) {
        run->status = RUN_MISSING;
        snprintf(run->why, sizeof run->why, "%s:%d: no score", x->source->path,
                 x->csv->line[m->row + 1]);
    } else if (!isfinite(score)) {
        run->status = RUN_DIVERGED;
        snprintf(run->why, sizeof run->why, "%s:%d: the score is not finite", x->source->path,
                 x->csv->line[m->row + 1]);
    }
    return STATUS_OK;
}

/* `count` measurements in order of steps. */
static enum status finish_curve(struct reader *x, const struct measure *m, int count,
                                struct results_run *run)
{
    double length = 0;
    int points = 0;
    bool measured;
    TRY(results_set_points(run, count));
    for (int first = 0, last; first < count; first = last, points++) {
        for (last = first + 1; last < count && m[last].step == m[first].step;)
            last++;
        TRY(merge(x, m, first, last, &run->y[points], &run->spread[points]));
        run->x[points] = m[first].step;
        if (x->at.at[READ_STEP] < 0) {
            double steps;
            TRY(read_cell(x, m[first].row, x->at.at[READ_LENGTH], &steps, &measured));
            if (!(steps > 0 && isfinite(steps)))
                return fail_at(x, m[first].row, "an episode of %g steps; expected one or more",
                               steps);
            run->x[points] = length += steps;
        }
        TRY(read_extra(x, m[first].row, EXTRA_SPREAD, &run->spread[points]));
        TRY(read_extra(x, m[first].row, EXTRA_HOURS, &run->hours[points]));
        TRY(read_extra(x, m[first].row, EXTRA_UPDATES, &run->steps[points]));
    }
    run->points = points;
    int holes = scores_settle(run);
    if (holes > 0 && x->holes == 0)
        name_run(x, m, x->hole, sizeof x->hole);
    x->holes += holes;
    if (points > 0 && isfinite(run->hours[points - 1]))
        run->runtime = run->hours[points - 1] * 3600;
    if (points > 0)
        run->updates = run->steps[points - 1];
    return STATUS_OK;
}

/* The measurements [first, last) are one run. Those that are not measured fall out. */
static enum status add_run(struct reader *x, struct measure *m, int count)
{
    struct results_run *run;
    int kept = 0, steps = 0;
    TRY(start_run(x, &m[0], &run));
    for (int i = 1; i < count; i++)
        TRY(check_seed(x, &m[0], &m[i]));
    for (int i = 0; i < count; i++) {
        if (!m[i].measured)
            continue;
        steps += !isnan(m[i].step);
        m[kept++] = m[i];
    }
    x->empty += run->status == RUN_OK ? count - kept : 0;
    bool curve = x->at.at[READ_STEP] >= 0 || x->at.at[READ_LENGTH] >= 0;
    if (!curve || (kept <= 1 && steps == 0))
        return finish_final(x, m, kept, run);
    if (steps < kept)
        return fail_at(x, m[steps].row, "a score without a step");
    return finish_curve(x, m, kept, run);
}

/* Without seeds and steps each row of a cell is a run of its own. */
static void number_runs(struct reader *x)
{
    if (x->at.at[READ_SEED] >= 0 || x->source->name[READ_SEED][0] != '\0' ||
        x->at.at[READ_STEP] >= 0 || x->at.at[READ_LENGTH] >= 0)
        return;
    for (int i = 0; i < x->at.values; i++) {
        if (x->at.value[i].name[READ_SEED][0] != '\0')
            return;
    }
    for (size_t i = 1; i < x->measures; i++) {
        struct measure *m = &x->measure[i];
        if (m->method == m[-1].method && m->dataset == m[-1].dataset) {
            m->seed = m[-1].seed + 1;
            x->numbered = true;
        }
    }
}

static enum status add_notes(struct reader *x)
{
    const char *shown = x->source->shown;
    if (x->empty > 0)
        TRY(results_note(x->r, NOTE_INFO,
                         "%s: %d row%s without a score: nothing was measured there.", shown,
                         x->empty, x->empty == 1 ? "" : "s"));
    if (x->holes > 0)
        TRY(results_note(x->r, NOTE_WARNING,
                         "%s: %d score%s within curves %s not finite and left out (first: %s).",
                         shown, x->holes, x->holes == 1 ? "" : "s", x->holes == 1 ? "is" : "are",
                         x->hole));
    if (x->doubles > 0)
        TRY(results_note(x->r, NOTE_WARNING,
                         "%s: %d row%s twice with the same score (first: %s); counted once.", shown,
                         x->doubles, x->doubles == 1 ? " stands" : "s stand", x->doubled));
    if (x->averaged > 0)
        TRY(results_note(x->r, NOTE_INFO,
                         "%s: episodes at the same step are averaged (%d evaluations).", shown,
                         x->averaged));
    if (x->numbered)
        TRY(results_note(x->r, NOTE_INFO,
                         "%s: no column tells the seeds; the runs are numbered in the file's "
                         "order.",
                         shown));
    return STATUS_OK;
}

static enum status read_measures(struct reader *x)
{
    for (int i = 0; i < x->csv->rows; i++)
        TRY(add_row(x, i));
    qsort(x->measure, x->measures, sizeof *x->measure, compare);
    number_runs(x);
    for (size_t first = 0, last; first < x->measures; first = last) {
        for (last = first + 1;
             last < x->measures && compare_runs(&x->measure[first], &x->measure[last]) == 0;)
            last++;
        TRY(add_run(x, &x->measure[first], (int)(last - first)));
    }
    return add_notes(x);
}

enum status scores_rows_read(struct results *r, const struct csv *c, struct scores_source *s)
{
    if (c->rows == 0)
        return status_fail(STATUS_FORMAT, "%s: a header line and no scores", s->path);
    struct reader *x = calloc(1, sizeof *x);
    if (x == NULL)
        return status_fail(STATUS_MEMORY, "%s: no memory to read it", s->path);
    *x = (struct reader){.r = r, .csv = c, .source = s};
    enum status status = scores_columns_find(r, c, s, &x->at);
    if (status == STATUS_OK) {
        x->measure = malloc(((size_t)c->rows * (size_t)x->at.values + 1) * sizeof *x->measure);
        x->method_index = malloc(SCORES_NAMES * sizeof *x->method_index);
        x->dataset_index = malloc(SCORES_NAMES * sizeof *x->dataset_index);
        status = x->measure != NULL && x->method_index != NULL && x->dataset_index != NULL
                     ? read_measures(x)
                     : status_fail(STATUS_MEMORY, "%s: no memory for its rows", s->path);
    }
    scores_columns_free(&x->at);
    free(x->measure);
    free(x->method_index);
    free(x->dataset_index);
    free(x->method.text);
    free(x->dataset.text);
    free(x);
    return status;
}
