/* Scores of others that cannot be compared: raw returns among or instead of normalised scores, the
 * scale 0-1 among 0-100, versions of a dataset. And the remedy for the first: normalising by the
 * returns of two policies. */
#include "report/results/results_impl.h"
#include "report/results/scores_impl.h"
#include "report/text/csv.h"

#include <ctype.h>
#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Normalised scores lie in this range, those of Maze2D apart, which reach 500; on a 0-1 scale they
 * stay below UNIT. */
static const double HIGHEST = 300, LOWEST = -100, UNIT = 1.5;

/* --- what a cell holds ------------------------------------------------------------------------ */

struct range {
    int runs;
    double limit;              /* of normalised scores */
    double low, high, typical; /* of all its points; the mean of its final scores */
};

static struct range cell_range(const struct results *r, int method, int dataset)
{
    int count, used = 0;
    bool maze = strncmp(r->dataset[dataset].base, "maze2d-", 7) == 0;
    struct range out = {.limit = maze ? (double)INFINITY : HIGHEST,
                        .low = (double)INFINITY,
                        .high = -(double)INFINITY};
    const struct results_run *run = results_cell(r, method, dataset, &count);
    for (int i = 0; i < count; i++) {
        if (!run[i].origin.foreign || !run[i].used)
            continue;
        bool diverged = run[i].status ==
                        RUN_DIVERGED; /* its final score is a rule's, not its own */
        for (int k = 0; k < run[i].points; k++) {
            out.low = fmin(out.low, run[i].y[k]);
            out.high = fmax(out.high, run[i].y[k]);
        }
        if (!diverged) {
            out.low = fmin(out.low, fmin(run[i].final, run[i].initial)); /* fmin skips NaN */
            out.high = fmax(out.high, fmax(run[i].final, run[i].initial));
            out.typical += run[i].final;
            used++;
        }
    }
    out.runs = used;
    out.typical = used > 0 ? out.typical / used : (double)NAN;
    return out;
}

static bool is_raw(struct range c)
{
    return c.runs > 0 && (c.high > c.limit || c.low < LOWEST);
}

/* Never outside of -1.5 to 1.5, and not about zero, where bad policies are. */
static bool is_unit(struct range c)
{
    return c.runs > 0 && c.high <= UNIT && c.low >= -UNIT && c.typical >= 0.25;
}

/* --- raw returns and 0-1 ---------------------------------------------------------------------- */

/* "ODT on hopper-medium-v2, IQL on ...": cells of a kind, and how many there are. */
struct cells {
    char list[480];
    int count;
};

static void add_cell(const struct results *r, struct cells *c, int method, int dataset)
{
    size_t used = strlen(c->list);
    if (c->count++ < 4)
        snprintf(c->list + used, sizeof c->list - used, "%s%.60s on %.50s", used > 0 ? ", " : "",
                 r->method[method].label, r->dataset[dataset].id);
    else if (c->count == 5)
        snprintf(c->list + used, sizeof c->list - used, ", ...");
}

static enum status doubt(struct results *r, const char *why)
{
    if (r->doubt[0] == '\0')
        snprintf(r->doubt, sizeof r->doubt, "%s", why);
    /* Foreign scores are held against no claim. */
    return results_note(r, NOTE_BANNER, "%s%s", why, r->foreign ? "" : " No claim gets a verdict.");
}

/* Does another method, or the data's own return, show that scores there reach beyond 0-1? *alike:
 * times 100, this one would be much like it. */
static bool others_are_larger(const struct results *r, int method, int dataset, double typical,
                              bool *alike)
{
    bool larger = r->dataset[dataset].mean > 20; /* NaN where unknown */
    double ratio = 100 * typical / r->dataset[dataset].mean;
    *alike = larger && ratio > 1.0 / 3 && ratio < 3;
    for (int m = 0; m < r->methods; m++) {
        struct range c = m != method ? cell_range(r, m, dataset) : (struct range){0};
        if (c.runs == 0 || is_raw(c) || !(c.typical >= 5))
            continue;
        larger = true;
        ratio = 100 * typical / c.typical;
        *alike = *alike || (ratio > 1.0 / 3 && ratio < 3);
    }
    return larger;
}

/* The normalised scores of a method that fails may lie in 0-1 too. So they must stay off zero all
 * the time, or the method has no scores beyond 1.5 where others have. */
static void find_units(const struct results *r, int method, struct cells *out)
{
    bool beyond = false, alike;
    for (int d = 0; d < r->datasets; d++) {
        struct range c = cell_range(r, method, d);
        beyond = beyond || (c.runs > 0 && (c.high > UNIT || c.low < -UNIT) && !is_raw(c));
    }
    for (int d = 0; d < r->datasets; d++) {
        struct range c = cell_range(r, method, d);
        if (r->suite[r->dataset[d].suite].scored && is_unit(c) && (!beyond || c.low >= 0.25) &&
            others_are_larger(r, method, d, c.typical, &alike) && alike)
            add_cell(r, out, method, d);
    }
}

/* Of datasets of other benchmarks there is no telling what is usual: only a warning. */
static enum status check_raw(struct results *r)
{
    struct cells ours = {0}, others = {0};
    char why[RESULTS_NOTE];
    int cells = 0;
    for (int d = 0; d < r->datasets; d++) {
        const struct results_suite *suite = &r->suite[r->dataset[d].suite];
        for (int m = 0; m < r->methods && suite->scored; m++) {
            struct range c = cell_range(r, m, d);
            cells += c.runs > 0;
            if (is_raw(c))
                add_cell(r, suite->known ? &ours : &others, m, d);
        }
    }
    if (others.count > 0)
        TRY(results_note(r, NOTE_WARNING,
                         "Scores beyond 300 or below -100: %s (%d of %d cells). If these are raw "
                         "returns, averages over datasets and the optimality gap mean little; "
                         "--reference FILE with columns dataset,low,high normalises them.",
                         others.list, others.count, cells));
    if (ours.count == 0)
        return STATUS_OK;
    snprintf(why, sizeof why,
             "Raw returns, not normalised scores? %s (%d of %d cells). Averages over datasets and "
             "the optimality gap mean nothing on such a scale; "
             "--reference FILE with columns dataset,low,high normalises them.",
             ours.list, ours.count, cells);
    return doubt(r, why);
}

static enum status check_units(struct results *r)
{
    struct cells unit = {0};
    char why[RESULTS_NOTE];
    for (int m = 0; m < r->methods; m++)
        find_units(r, m, &unit);
    if (unit.count == 0)
        return STATUS_OK;
    snprintf(why, sizeof why,
             "Scores on a 0-1 scale among others on 0-100? %s. Multiply them by 100, or normalise "
             "them with --reference FILE (dataset,low,high).",
             unit.list);
    return doubt(r, why);
}

/* --- versions --------------------------------------------------------------------------------- */

/* "hopper-medium-v2" -> the length of "hopper-medium"; of an id without a version its own. */
static size_t without_version(const char *id)
{
    const char *v = strrchr(id, '-');
    bool version = v != NULL && v > id && v[1] == 'v' && isdigit((unsigned char)v[2]) &&
                   v[2 + strspn(v + 2, "0123456789")] == '\0';
    return version ? (size_t)(v - id) : strlen(id);
}

static void list_methods(const struct results *r, int dataset, char *out, size_t size)
{
    size_t used = 0;
    int found = 0;
    out[0] = '\0';
    for (int m = 0; m < r->methods && used + 100 < size; m++) {
        if (results_count(r, m, dataset).used > 0)
            used += (size_t)snprintf(out + used, size - used, "%s%.60s", found++ > 0 ? ", " : "",
                                     r->method[m].label);
    }
}

static enum status check_versions(struct results *r)
{
    for (int d = 0; d < r->datasets; d++) {
        const struct results_dataset *a = &r->dataset[d];
        size_t n = without_version(a->base);
        for (int e = d + 1; e < r->datasets; e++) {
            const struct results_dataset *b = &r->dataset[e];
            char why[RESULTS_NOTE], mine[240], others[240];
            if (without_version(b->base) != n || strncmp(a->base, b->base, n) != 0 ||
                strcmp(a->base, b->base) == 0)
                continue;
            list_methods(r, d, mine, sizeof mine);
            list_methods(r, e, others, sizeof others);
            snprintf(why, sizeof why,
                     "Versions are mixed: %s (%s) and %s (%s) are different data, whose scores "
                     "cannot be compared or averaged; choose one with --datasets.",
                     a->base, mine, b->base, others);
            TRY(doubt(r, why));
        }
    }
    return STATUS_OK;
}

enum status results_check_scales(struct results *r)
{
    bool foreign = false;
    for (int i = 0; i < r->runs && !foreign; i++)
        foreign = r->run[i].origin.foreign;
    if (!foreign)
        return STATUS_OK; /* ours are normalised */
    TRY(check_raw(r));
    TRY(check_units(r));
    return check_versions(r);
}

/* --- references ------------------------------------------------------------------------------- */

struct reference {
    struct csv csv;
    int dataset, low, high; /* columns */
};

static enum status reference_columns(struct reference *f, const char *path)
{
    static const char *const words[3][8] = {
        {"dataset", "task", "env", "env_id", "environment", "game", NULL},
        {"low", "min", "random", "ref_min_score", "random_score", "score_min", NULL},
        {"high", "max", "expert", "ref_max_score", "expert_score", "score_max", "human", NULL}};
    int *const column[3] = {&f->dataset, &f->low, &f->high};
    for (int k = 0; k < 3; k++) {
        *column[k] = -1;
        for (int w = 0; w < 8 && words[k][w] != NULL; w++) {
            for (int i = 0; i < f->csv.columns && *column[k] < 0; i++)
                *column[k] = strcasecmp(f->csv.cell[i], words[k][w]) == 0 ? i : -1;
        }
        if (*column[k] < 0)
            return status_fail(STATUS_FORMAT,
                               "%s:%d: no column '%s'; expected dataset,low,high: the returns that "
                               "become 0 and 100",
                               path, f->csv.line[0], words[k][0]);
    }
    return STATUS_OK;
}

static enum status check_references(const struct reference *f, const char *path)
{
    for (int i = 0; i < f->csv.rows; i++) {
        double low, high;
        TRY(csv_number(&f->csv, i, f->low, &low));
        TRY(csv_number(&f->csv, i, f->high, &high));
        if (!isfinite(low) || !isfinite(high) || low == high)
            return status_fail(STATUS_FORMAT,
                               "%s:%d: low %s and high %s of '%.60s'; they must be two different "
                               "numbers",
                               path, f->csv.line[i + 1], csv_cell(&f->csv, i, f->low),
                               csv_cell(&f->csv, i, f->high), csv_cell(&f->csv, i, f->dataset));
    }
    return STATUS_OK;
}

/* The row of exactly this dataset, else of the first pattern that it matches ("hopper-*"); or -1.
 */
static int find_reference(const struct reference *f, const char *dataset)
{
    for (int pattern = 0; pattern < 2; pattern++) {
        for (int i = 0; i < f->csv.rows; i++) {
            const char *name = csv_cell(&f->csv, i, f->dataset);
            if (pattern ? fnmatch(name, dataset, 0) == 0 : strcmp(name, dataset) == 0)
                return i;
        }
    }
    return -1;
}

static double between(double score, double low, double high)
{
    return 100 * (score - low) / (high - low);
}

static void normalise_run(struct results_run *run, double low, double high)
{
    for (int i = 0; i < run->points; i++) {
        run->y[i] = between(run->y[i], low, high);
        run->spread[i] = 100 * run->spread[i] / fabs(high - low);
    }
    run->initial = between(run->initial, low, high);
    run->at_budget = between(run->at_budget, low, high);
    run->last = between(run->last, low, high);
}

static enum status apply(struct results *r, const struct reference *f, const char *path)
{
    char list[RESULTS_NOTE / 2] = "";
    size_t used = 0;
    int runs = 0;
    for (int d = 0; d < r->datasets; d++) {
        double low, high;
        bool foreign = false;
        int row = find_reference(f, r->dataset[d].base);
        if (row >= 0) {
            TRY(csv_number(&f->csv, row, f->low, &low));
            TRY(csv_number(&f->csv, row, f->high, &high));
        }
        for (int i = 0; i < r->runs; i++) {
            if (r->run[i].dataset != d || !r->run[i].origin.foreign)
                continue;
            foreign = true;
            if (row >= 0)
                normalise_run(&r->run[i], low, high);
            runs += row >= 0;
        }
        if (foreign && row < 0 && used + RESULTS_ID + 8 < sizeof list)
            used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", used > 0 ? ", " : "",
                                     r->dataset[d].base);
    }
    if (runs == 0)
        return status_fail(STATUS_CONFIG,
                           "--reference %s: names none of the datasets in the score files (%.300s)",
                           path, list);
    if (*list != '\0')
        TRY(results_note(r, NOTE_BANNER,
                         "Not normalised, because --reference has no row for them: %s.", list));
    return results_note(r, NOTE_INFO, "%d runs are normalised by %s: low becomes 0, high 100.",
                        runs, path);
}

enum status results_normalise(struct results *r)
{
    const char *path = r->options.reading.reference, *from;
    struct scores_text text;
    struct reference f = {0};
    if (path == NULL)
        return STATUS_OK;
    TRY(scores_text_read(path, &text));
    enum status status = scores_text_decode(path, &text, &from);
    if (status == STATUS_OK)
        status = scores_csv_parse(path, text.at, &f.csv);
    free(text.at);
    if (status != STATUS_OK)
        return status;
    status = reference_columns(&f, path);
    if (status == STATUS_OK)
        status = check_references(&f, path);
    if (status == STATUS_OK)
        status = apply(r, &f, path);
    csv_free(&f.csv);
    return status;
}
