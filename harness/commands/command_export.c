/* Recorded runs for other programs: event files for TensorBoard, tables for spreadsheets, pandas
 * and R. */
#include "harness/commands/command.h"

#include "engine/base/escape.h"
#include "engine/base/say.h"
#include "harness/curve/tensorboard.h"
#include "harness/matrix/matrix.h"
#include "harness/matrix/record.h"

#include <math.h>
#include <stdio.h>

struct arguments {
    struct record_filter filter;
    const char *folder, *tensorboard, *csv;
};

static const char *const identity[] = {"matrix", "dataset", "method", "variant",
                                       "preset", "size",    "seed"};
enum { IDENTITY = sizeof identity / sizeof *identity };

/* One table that grows run by run. */
static enum status open_table(struct file_stream *t, const char *folder, const char *name)
{
    char path[FILE_PATH];
    TRY(file_path(path, "%s/%s", folder, name));
    TRY(file_stream_open(t, path));
    for (int i = 0; i < IDENTITY; i++)
        fprintf(t->stream, "%s,", identity[i]);
    return STATUS_OK;
}

static void write_identity(FILE *f, const struct record *r)
{
    char cell[2 * CURVE_VALUE + 4];
    for (int i = 0; i < IDENTITY; i++)
        fprintf(f, "%s,", escape_csv(curve_get(&r->about, identity[i]), cell, sizeof cell));
}

/* A number that reads back the same; nothing for one that is not known. */
static void write_number(FILE *f, double x, const char *behind)
{
    if (!isnan(x))
        fprintf(f, "%.17g", x);
    fputs(behind, f);
}

static void write_evaluations(FILE *f, const struct record *r, const struct curve *c)
{
    for (int i = 0; i < c->evaluations; i++) {
        const struct curve_evaluation *e = &c->evaluation[i];
        for (int k = 0; k < c->episodes; k++) {
            write_identity(f, r);
            fprintf(f, "%lld,%lld,%lld,%.3f,%d,", (long long)e->iteration,
                    (long long)e->transitions, (long long)e->gradient_steps, e->seconds, k);
            write_number(f, e->raw_return[k], ",");
            write_number(f, e->score[k], ",");
            fprintf(f, "%d,%d\n", e->length[k], e->success[k]);
        }
    }
}

static void write_iterations(FILE *f, const struct record *r, const struct curve *c)
{
    for (int i = 0; i < c->iterations; i++) {
        write_identity(f, r);
        for (int m = 0; m < CURVE_METRIC_COUNT; m++)
            write_number(f, c->iteration[i].value[m], m + 1 < CURVE_METRIC_COUNT ? "," : "\n");
    }
}

static enum status write_event_file(const char *folder, const struct record *r,
                                    const struct curve *c)
{
    char below[FILE_PATH], path[FILE_PATH], name[TENSORBOARD_NAME];
    tensorboard_name(c, name);
    TRY(file_path(below, "%s/%s", folder, r->name));
    TRY(file_path(path, "%s/%s", below, name));
    TRY(file_make_folder(below));
    return tensorboard_write(c, path);
}

static enum status export_run(const struct arguments *a, struct file_stream table[2],
                              const struct record *r)
{
    struct curve c;
    TRY(record_curve(r, &c));
    enum status result = STATUS_OK;
    if (a->csv != NULL) {
        write_evaluations(table[0].stream, r, &c);
        write_iterations(table[1].stream, r, &c);
    }
    if (a->tensorboard != NULL)
        result = write_event_file(a->tensorboard, r, &c);
    curve_free(&c);
    return result;
}

static enum status open_tables(const struct arguments *a, struct file_stream table[2])
{
    if (a->csv == NULL)
        return STATUS_OK;
    TRY(file_make_folder(a->csv));
    TRY(open_table(&table[0], a->csv, "evaluations.csv"));
    fputs("iteration,transitions,gradient_steps,seconds,episode,raw_return,score,length,success\n",
          table[0].stream);
    TRY(open_table(&table[1], a->csv, "iterations.csv"));
    for (int m = 0; m < CURVE_METRIC_COUNT; m++)
        fprintf(table[1].stream, "%s%s", curve_metric_names[m],
                m + 1 < CURVE_METRIC_COUNT ? "," : "\n");
    return STATUS_OK;
}

static enum status export_list(const struct arguments *a, const struct record_list *list)
{
    struct file_stream table[2] = {{.stream = NULL}, {.stream = NULL}};
    enum status result = open_tables(a, table);
    int runs = 0;
    for (int i = 0; i < list->count && result == STATUS_OK; i++) {
        if (!list->record[i].look.readable)
            continue;
        result = export_run(a, table, &list->record[i]);
        runs++;
    }
    result = file_stream_close(&table[0], result);
    result = file_stream_close(&table[1], result);
    TRY(result);
    if (a->tensorboard != NULL)
        say("%d run%s for `tensorboard --logdir %s`\n", runs, runs == 1 ? "" : "s", a->tensorboard);
    if (a->csv != NULL)
        say("%d run%s: %s, %s\n", runs, runs == 1 ? "" : "s", table[0].path, table[1].path);
    return record_all_readable(list);
}

static enum status export_runs(void *context)
{
    struct arguments *a = context;
    struct record_list list;
    if (a->tensorboard == NULL && a->csv == NULL)
        return status_fail(STATUS_CONFIG,
                           "nothing to write is asked for: --tensorboard FOLDER or --csv FOLDER");
    TRY(record_read(a->folder, &list));
    enum status result = record_select(&list, &a->filter);
    if (result == STATUS_OK)
        result = export_list(a, &list);
    record_free(&list);
    return result;
}

#define FIELD(member) OPTION_FIELD(struct arguments, member)
static const struct option_row options[] = {
    {"tensorboard", 't', "FOLDER", NULL, "write an event file for each run below FOLDER",
     FIELD(tensorboard)},
    {"csv", 'c', "FOLDER", NULL,
     "write FOLDER/evaluations.csv (a row an episode) and FOLDER/iterations.csv", FIELD(csv)},
    {"matrix", 0, "LIST", NULL, "only runs of these matrices", FIELD(filter.matrix)},
    {"dataset", 'd', "LIST", NULL, "only these datasets or suites", FIELD(filter.dataset)},
    {"method", 'm', "LIST", NULL, "only these methods", FIELD(filter.method)},
    {.name = NULL},
};

const struct command command_export = {
    .name = "export",
    .summary = "write recorded runs for TensorBoard, spreadsheets, pandas and R",
    .description =
        "A LIST is comma-separated names or shell patterns. Files of an earlier export are "
        "replaced. Exit status 1 when a curve cannot be read; the others are written.",
    .operands = "[RESULTS]",
    .operand_help = "a folder of runs",
    .operand_standard = MATRIX_RESULTS,
    COMMAND_OPERAND(struct arguments, folder),
    .examples = {{"vitamin export results/runs --tensorboard out/tb",
                  "then tensorboard --logdir out/tb"},
                 {"vitamin export --csv out --method 'td3*'", "two tables of some runs"}},
    .options = options,
    .arguments = sizeof(struct arguments),
    .run = export_runs,
};
