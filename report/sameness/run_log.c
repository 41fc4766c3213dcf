#include "report/sameness/run_log.h"

#include "engine/base/embed.h"
#include "engine/base/memory.h"
#include "report/text/csv.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const column_name[] = {
#define RUN_LOG_NAME(name, decimals) #name,
    RUN_LOG_COLUMNS(RUN_LOG_NAME)
#undef RUN_LOG_NAME
};

static const int column_decimals[] = {
#define RUN_LOG_DECIMALS(name, decimals) decimals,
    RUN_LOG_COLUMNS(RUN_LOG_DECIMALS)
#undef RUN_LOG_DECIMALS
};

void run_log_free(struct run_log *l)
{
    for (int k = 0; k < RUN_LOG_KINDS; k++)
        free(l->row[k]);
    *l = (struct run_log){.seed = 0};
}

/* A new row behind the others, all NaN; NULL without memory. */
static struct run_log_row *add_row(struct run_log *l, enum run_log_kind kind, int iteration)
{
    if (memory_grow((void **)&l->row[kind], l->rows[kind], sizeof *l->row[kind], "a run") !=
        STATUS_OK)
        return NULL;
    struct run_log_row *row = &l->row[kind][l->rows[kind]++];
    row->iteration = iteration;
    for (int c = 0; c < RUN_LOG_COLUMN_COUNT; c++)
        row->value[c] = (double)NAN;
    return row;
}

bool run_log_same_rows(const struct run_log *l, const struct run_log *other)
{
    bool same = true;
    for (int k = 0; k < RUN_LOG_KINDS && same; k++) {
        same = l->rows[k] == other->rows[k];
        for (int i = 0; i < l->rows[k] && same; i++)
            same = l->row[k][i].iteration == other->row[k][i].iteration;
    }
    return same;
}

/* --- of a curve ------------------------------------------------------------------------------- */

/* D4RL's returns of score 0 and 100 in an environment. */
struct scale {
    const char *env;
    double low, high;
};

static const struct scale scales[] = {
#define ENVIRONMENT(name, suite, S, A, skip, limit, success, low, high, ...) {name, low, high},
#include "suites/facts.def"
};

/* The environment of a dataset of the paper. */
static const char *env_of(const char *dataset)
{
    static const struct {
        const char *id, *env;
    } datasets[] = {
#define DATASET(id, environment, ...) {id, environment},
#include "suites/facts.def"
    };
    for (size_t i = 0; i < sizeof datasets / sizeof *datasets; i++) {
        if (strcmp(datasets[i].id, dataset) == 0)
            return datasets[i].env;
    }
    return "";
}

static enum status find_scale(const char *dataset, struct scale *out)
{
    const char *env = env_of(dataset);
    for (size_t i = 0; i < sizeof scales / sizeof *scales; i++) {
        if (strcmp(scales[i].env, env) == 0) {
            *out = scales[i];
            return STATUS_OK;
        }
    }
    return status_fail(STATUS_FORMAT, "%s: no environment is known that scores its returns",
                       dataset);
}

enum combine { MEAN, LATEST, LARGEST, SUM };

/* The curve's column of each of ours, and how the numbers of several blocks are one. */
struct source {
    enum curve_metric metric;
    enum combine combine;
};

static bool find_source(enum run_log_column column, struct source *out)
{
    static const struct {
        const char *name;
        struct source source;
    } sources[] = {
#define CURVE_SOURCE(name, kind, meaning) {#name, {CURVE_##name, kind}},
        CURVE_METRICS(CURVE_SOURCE)
#undef CURVE_SOURCE
    };
    const char *name = column == RUN_LOG_score_mean ? "rollout_return"
                       : column == RUN_LOG_length   ? "rollout_length"
                                                    : column_name[column];
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        if (strcmp(sources[i].name, name) == 0) {
            *out = sources[i].source;
            return true;
        }
    }
    return false;
}

/* One number of the curve's rows [first, end), which have a weight each: their updates. */
static double combined(const struct curve *c, int first, int end, struct source s)
{
    double sum = 0, weight = 0, before = 0, value = (double)NAN;
    if (first > 0)
        before = c->iteration[first - 1].value[CURVE_gradient_steps];
    for (int i = first; i < end; i++) {
        double x = c->iteration[i].value[s.metric];
        double steps = c->iteration[i].value[CURVE_gradient_steps], updates = steps - before;
        before = steps;
        if (isnan(x))
            continue;
        value = s.combine == LARGEST ? fmax(value, x) : x;
        sum += updates * x;
        weight += updates;
    }
    return s.combine == MEAN && weight > 0 ? sum / weight : value;
}

static double rounded(enum run_log_column column, double value)
{
    double unit = pow(10, column_decimals[column]);
    return column_decimals[column] < 0 || !isfinite(value) ? value : round(value * unit) / unit;
}

static enum status take_iterations(const struct curve *c, const struct scale *scale,
                                   struct run_log *l)
{
    bool old = curve_get_number(c, "metrics", 0) < 2;
    for (int first = 0, end; first < c->iterations; first = end) {
        double iteration = c->iteration[first].value[CURVE_iteration];
        for (end = first + 1;
             end < c->iterations && c->iteration[end].value[CURVE_iteration] == iteration;)
            end++;
        struct run_log_row *row = add_row(l, RUN_LOG_TRAIN, (int)iteration);
        if (row == NULL)
            return STATUS_MEMORY;
        for (int k = 0; k < RUN_LOG_COLUMN_COUNT; k++) {
            struct source s;
            if (find_source((enum run_log_column)k, &s) && !(old && k == RUN_LOG_q_abs_max))
                row->value[k] = combined(c, first, end, s);
            if (k == RUN_LOG_score_mean)
                row->value[k] = 100 * (row->value[k] - scale->low) / (scale->high - scale->low);
            row->value[k] = rounded((enum run_log_column)k, row->value[k]);
        }
    }
    return STATUS_OK;
}

static enum status take_evaluations(const struct curve *c, struct run_log *l)
{
    for (int i = 0; i < c->evaluations; i++) {
        const struct curve_evaluation *e = &c->evaluation[i];
        struct run_log_row *row = add_row(l, RUN_LOG_EVALUATION, (int)e->iteration);
        if (row == NULL)
            return STATUS_MEMORY;
        double mean = curve_mean_score(c, i), squares = 0, length = 0;
        for (int k = 0; k < c->episodes; k++) {
            squares += (e->score[k] - mean) * (e->score[k] - mean);
            length += e->length[k];
        }
        row->value[RUN_LOG_score_mean] = rounded(RUN_LOG_score_mean, mean);
        row->value[RUN_LOG_score_std] = rounded(RUN_LOG_score_std, sqrt(squares / c->episodes));
        row->value[RUN_LOG_length] = rounded(RUN_LOG_length, length / c->episodes);
    }
    return STATUS_OK;
}

enum status run_log_of_curve(const struct curve *c, const char *dataset, struct run_log *out)
{
    struct scale scale;
    *out = (struct run_log){.seed = curve_get_integer(c, "seed", 0)};
    snprintf(out->dataset, sizeof out->dataset, "%s", dataset);
    snprintf(out->method, sizeof out->method, "%s", curve_get(c, "method"));
    TRY(find_scale(dataset, &scale));
    enum status status = take_iterations(c, &scale, out);
    if (status == STATUS_OK)
        status = take_evaluations(c, out);
    if (status != STATUS_OK)
        run_log_free(out);
    return status;
}

/* --- the released program's ------------------------------------------------------------------- */

struct columns {
    int dataset, method, seed, kind, iteration, value[RUN_LOG_COLUMN_COUNT];
};

static enum status find_column(const struct csv *c, const char *name, int *out)
{
    *out = csv_column(c, name);
    return *out >= 0
               ? STATUS_OK
               : status_fail(STATUS_FORMAT, "%s:%d: no column '%s'", c->name, c->line[0], name);
}

static enum status find_columns(const struct csv *c, struct columns *out)
{
    TRY(find_column(c, "dataset", &out->dataset));
    TRY(find_column(c, "method", &out->method));
    TRY(find_column(c, "seed", &out->seed));
    TRY(find_column(c, "kind", &out->kind));
    TRY(find_column(c, "iteration", &out->iteration));
    for (int k = 0; k < RUN_LOG_COLUMN_COUNT; k++)
        TRY(find_column(c, column_name[k], &out->value[k]));
    return STATUS_OK;
}

/* A run's lines stand together. NULL without memory. */
static struct run_log *log_of(struct run_log **list, int *count, const char *dataset,
                              const char *method, int64_t seed)
{
    struct run_log *last = *count > 0 ? &(*list)[*count - 1] : NULL;
    if (last != NULL && last->seed == seed && strcmp(last->dataset, dataset) == 0 &&
        strcmp(last->method, method) == 0)
        return last;
    if (memory_grow((void **)list, *count, sizeof **list, "recorded runs") != STATUS_OK)
        return NULL;
    struct run_log *l = &(*list)[(*count)++];
    *l = (struct run_log){.seed = seed};
    snprintf(l->dataset, sizeof l->dataset, "%s", dataset);
    snprintf(l->method, sizeof l->method, "%s", method);
    return l;
}

static enum status read_line(const struct csv *c, int i, const struct columns *at,
                             struct run_log **list, int *count)
{
    double seed, iteration;
    const char *kind = csv_cell(c, i, at->kind);
    TRY(csv_number(c, i, at->seed, &seed));
    TRY(csv_number(c, i, at->iteration, &iteration));
    if (!(fabs(seed) < 1e9) || !(iteration >= 0 && iteration < 1e9) ||
        (strcmp(kind, "train") != 0 && strcmp(kind, "eval") != 0))
        return status_fail(STATUS_FORMAT,
                           "%s:%d: seed, kind or iteration is none; kinds are train and eval",
                           c->name, c->line[i + 1]);
    struct run_log *l = log_of(list, count, csv_cell(c, i, at->dataset), csv_cell(c, i, at->method),
                               (int64_t)seed);
    if (l == NULL)
        return STATUS_MEMORY;
    struct run_log_row *row = add_row(
        l, strcmp(kind, "eval") == 0 ? RUN_LOG_EVALUATION : RUN_LOG_TRAIN, (int)iteration);
    if (row == NULL)
        return STATUS_MEMORY;
    for (int k = 0; k < RUN_LOG_COLUMN_COUNT; k++)
        TRY(csv_number(c, i, at->value[k], &row->value[k]));
    return STATUS_OK;
}

enum status run_log_read(const char *name, const char *text, struct run_log **out, int *count)
{
    struct csv c;
    struct columns at;
    *out = NULL;
    *count = 0;
    if (text == NULL)
        text = embed_find(embed_report, "results/reference/tiny.csv")->text;
    TRY(csv_parse(&c, name, text));
    enum status status = find_columns(&c, &at);
    for (int i = 0; i < c.rows && status == STATUS_OK; i++)
        status = read_line(&c, i, &at, out, count);
    csv_free(&c);
    if (status != STATUS_OK) {
        for (int i = 0; i < *count; i++)
            run_log_free(&(*out)[i]);
        free(*out);
        *out = NULL;
        *count = 0;
    }
    return status;
}
