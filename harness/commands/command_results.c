#include "harness/commands/command_results.h"

#include "engine/base/escape.h"
#include "engine/base/say.h"
#include "harness/base/argument.h"
#include "harness/curve/provenance.h"
#include "harness/matrix/matrix.h"
#include "harness/matrix/record.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- CSV -------------------------------------------------------------------------------------- */

enum { FIELD = FILE_PATH + 16 }; /* longest field of the CSV, with its NUL: a path */

/* One column: an attribute of the curve, or what `write` prints. docs/results.md describes them. */
struct column {
    const char *name;
    const char *attribute;
    void (*write)(const struct record *r, char out[FIELD]);
};

static void write_path(const struct record *r, char out[FIELD])
{
    snprintf(out, FIELD, "%s/curve.h5", r->folder);
}

static void write_state(const struct record *r, char out[FIELD])
{
    snprintf(out, FIELD, "%s", record_state(r));
}

/* Numbers that are not known stay empty; others are printed so that they read back the same. */
static void write_number(double x, char out[FIELD])
{
    if (isnan(x))
        out[0] = '\0';
    else
        snprintf(out, FIELD, "%.17g", x);
}

static void write_first(const struct record *r, char out[FIELD])
{
    write_number(r->look.first_score, out);
}

static void write_last(const struct record *r, char out[FIELD])
{
    write_number(r->look.last_score, out);
}

static void write_best(const struct record *r, char out[FIELD])
{
    write_number(r->look.best_score, out);
}

static void write_seconds(const struct record *r, char out[FIELD])
{
    if (r->look.evaluations == 0)
        out[0] = '\0';
    else
        snprintf(out, FIELD, "%.3f", r->look.seconds);
}

static void write_transitions(const struct record *r, char out[FIELD])
{
    snprintf(out, FIELD, "%lld", (long long)r->look.transitions);
}

static void write_steps(const struct record *r, char out[FIELD])
{
    snprintf(out, FIELD, "%lld", (long long)r->look.gradient_steps);
}

static void write_evaluations(const struct record *r, char out[FIELD])
{
    snprintf(out, FIELD, "%d", r->look.evaluations);
}

static void write_episodes(const struct record *r, char out[FIELD])
{
    snprintf(out, FIELD, "%d", r->look.episodes);
}

static void write_ours(const struct record *r, char out[FIELD])
{
    snprintf(out, FIELD, "%d", record_is_ours(r));
}

static void write_segments(const struct record *r, char out[FIELD])
{
    snprintf(out, FIELD, "%d", r->segments);
}

static void write_sealed(const struct record *r, char out[FIELD])
{
    snprintf(out, FIELD, "%d", r->sealed);
}

static void write_reason(const struct record *r, char out[FIELD])
{
    snprintf(out, FIELD, "%s", r->look.reason);
}

/* clang-format off */
static const struct column columns[] = {
    {"matrix",          "matrix",         NULL},
    {"dataset",         "dataset",        NULL},
    {"method",          "method",         NULL},
    {"variant",         "variant",        NULL},
    {"preset",          "preset",         NULL},
    {"size",            "size",           NULL},
    {"seed",            "seed",           NULL},
    {"status",          NULL,             write_state},
    {"first_score",     NULL,             write_first},
    {"last_score",      NULL,             write_last},
    {"best_score",      NULL,             write_best},
    {"evaluations",     NULL,             write_evaluations},
    {"episodes",        NULL,             write_episodes},
    {"transitions",     NULL,             write_transitions},
    {"budget",          "budget",         NULL},
    {"gradient_steps",  NULL,             write_steps},
    {"seconds",         NULL,             write_seconds},
    {"threads",         "threads",        NULL},
    {"resumes",         "resumes",        NULL},
    {"revision",        "revision",       NULL},
    {"dirty",           "dirty",          NULL},
    {"this_code",       NULL,             write_ours},
    {"blas_core",       "blas_core",      NULL},
    {"machine",         "machine",        NULL},
    {"dataset_kind",    "dataset_kind",   NULL},
    {"dataset_sha256",  "dataset_sha256", NULL},
    {"reduced",         "reduced",        NULL},
    {"config_hash",     "config_hash",    NULL},
    {"reason",          NULL,             write_reason},
    {"path",            NULL,             write_path},
    {"segments",        NULL,             write_segments},
    {"sealed",          NULL,             write_sealed},
};
/* clang-format on */
enum { COLUMNS = sizeof columns / sizeof *columns };

static void print_csv(const struct record_list *list)
{
    for (int k = 0; k < COLUMNS; k++)
        printf("%s%s", k > 0 ? "," : "", columns[k].name);
    putchar('\n');
    for (int i = 0; i < list->count; i++) {
        for (int k = 0; k < COLUMNS; k++) {
            char field[FIELD], cell[2 * FIELD + 4];
            const struct record *r = &list->record[i];
            if (columns[k].attribute != NULL)
                snprintf(field, sizeof field, "%s", curve_get(&r->about, columns[k].attribute));
            else
                columns[k].write(r, field);
            printf("%s%s", k > 0 ? "," : "", escape_csv(field, cell, sizeof cell));
        }
        putchar('\n');
    }
}

/* --- for people ------------------------------------------------------------------------------- */

/* What runs of one block have in common. */
static void describe_block(const struct record *r, char out[2 * CURVE_VALUE])
{
    const char *matrix = curve_get(&r->about, "matrix");
    if (!r->look.readable)
        snprintf(out, 2 * CURVE_VALUE, "not readable");
    else
        snprintf(out, 2 * CURVE_VALUE, "%.200s, preset %.200s, size %.200s",
                 matrix[0] != '\0' ? matrix : "(no matrix)", curve_get(&r->about, "preset"),
                 curve_get(&r->about, "size"));
}

/* "generated, reduced": what a number must be labelled with. */
static void describe_data(const struct record *r, char out[64])
{
    snprintf(out, 64, "%.32s%s", curve_get(&r->about, "dataset_kind"),
             curve_get(&r->about, "reduced")[0] != '\0' ? ", reduced" : "");
}

static void print_score(double x, char out[16])
{
    if (isnan(x))
        snprintf(out, 16, "-");
    else
        snprintf(out, 16, "%.1f", x);
}

static void print_record(const struct record *r)
{
    char method[160], first[16], last[16], seconds[32] = "-", data[64], code[RECORD_CODE];
    if (!r->look.readable) {
        say("  %s: %s\n", r->name, r->look.reason);
        return;
    }
    const char *variant = curve_get(&r->about, "variant");
    snprintf(method, sizeof method, "%.60s%s%.90s", curve_get(&r->about, "method"),
             variant[0] != '\0' ? "@" : "", variant);
    print_score(r->look.first_score, first);
    print_score(r->look.last_score, last);
    describe_data(r, data);
    record_code(r, code);
    if (r->look.evaluations > 0)
        snprintf(seconds, sizeof seconds, "%.0f", r->look.seconds);
    say("  %-26s %-16s %4s  %-9s %6s %6s %11lld %8s  %-18s %s\n", curve_get(&r->about, "dataset"),
        method, curve_get(&r->about, "seed"), record_state(r), first, last,
        (long long)r->look.transitions, seconds, data, code);
    if (r->look.reason[0] != '\0')
        say("    %s\n", r->look.reason);
    if (r->segments > 1)
        say("    %d segments: %s\n", r->segments, r->segment_text);
}

static void print_counts(const struct record_list *list)
{
    int of[FOLDER_STATE_COUNT] = {0}, unreadable = 0, other = 0, dirty = 0;
    int mixed = 0, unsealed = 0;
    for (int i = 0; i < list->count; i++) {
        const struct record *r = &list->record[i];
        if (!r->look.readable) {
            unreadable++;
            continue;
        }
        of[r->look.state]++;
        mixed += r->segments > 1;
        unsealed += !r->sealed;
        dirty += strcmp(curve_get(&r->about, "dirty"), "0") != 0;
        other += strcmp(curve_get(&r->about, "revision"), provenance_revision()) != 0;
    }
    say("%d run%s:", list->count, list->count == 1 ? "" : "s");
    const char *comma = "";
    for (int s = 0; s < FOLDER_STATE_COUNT; s++) {
        if (of[s] > 0) {
            say("%s %d %s", comma, of[s], run_folder_word((enum folder_state)s));
            comma = ",";
        }
    }
    if (unreadable > 0)
        say("%s %d unreadable", comma, unreadable);
    putchar('\n');
    if (other > 0)
        say("%d by another revision than this program's (%s)\n", other, provenance_revision());
    if (dirty > 0)
        printf("%d by a tree with changes that no revision holds (dirty)\n", dirty);
    if (mixed > 0)
        say("%d of several segments: resumed by another program or on another machine\n", mixed);
    if (unsealed > 0)
        say("%d without a digest: damage to the file would not be noticed\n", unsealed);
    if (provenance_dirty())
        printf("this program itself was built from such a tree\n");
}

static void print_table(const struct record_list *list)
{
    char block[2 * CURVE_VALUE], last[2 * CURVE_VALUE] = "";
    for (int i = 0; i < list->count; i++) {
        describe_block(&list->record[i], block);
        if (strcmp(block, last) != 0) {
            say(i > 0 ? "\n%s\n" : "%s\n", block);
            say("  %-26s %-16s %4s  %-9s %6s %6s %11s %8s  %-18s %s\n", "dataset", "method", "seed",
                "status", "first", "last", "transitions", "seconds", "data", "code");
        }
        memcpy(last, block, sizeof last);
        print_record(&list->record[i]);
    }
    putchar('\n');
    print_counts(list);
}

/* --- the command ------------------------------------------------------------------------------ */

struct arguments {
    struct record_filter filter;
    const char *folder, *other; /* other: to be compared with; NULL: list */
    bool csv;
};

static enum status parse(int argc, char **argv, struct arguments *a)
{
    struct record_filter *f = &a->filter;
    int rest;
    *a = (struct arguments){.folder = MATRIX_RESULTS};
    TRY(argument_read(argc, argv,
                      (const struct argument[]){{"matrix", .text = &f->matrix},
                                                {"method", .text = &f->method},
                                                {"dataset", .text = &f->dataset},
                                                {"status", .text = &f->status},
                                                {"compare", .text = &a->other},
                                                {"csv", .flag = &a->csv},
                                                {.name = NULL}},
                      &rest));
    return argument_last(argc, argv, rest, &a->folder);
}

static enum status read_selected(const char *folder, const struct record_filter *filter,
                                 struct record_list *list)
{
    TRY(record_read(folder, list));
    enum status result = record_select(list, filter);
    if (result != STATUS_OK)
        record_free(list);
    return result;
}

static enum status compare(const struct arguments *a, const struct record_list *list)
{
    struct record_list other;
    int differences = 0;
    TRY(read_selected(a->other, &a->filter, &other));
    enum status result = record_compare(list, &other, &differences);
    record_free(&other);
    TRY(result);
    if (differences > 0)
        return status_fail(STATUS_FORMAT, "%d of %d runs differ between %s and %s", differences,
                           list->count, a->folder, a->other);
    say("%d run%s, equal in every bit but for times\n", list->count, list->count == 1 ? "" : "s");
    return STATUS_OK;
}

static enum status run(int argc, char **argv)
{
    struct arguments a;
    struct record_list list;
    TRY(parse(argc, argv, &a));
    TRY(read_selected(a.folder, &a.filter, &list));
    enum status result = STATUS_OK;
    if (a.other != NULL)
        result = compare(&a, &list);
    else
        (a.csv ? print_csv : print_table)(&list);
    if (result == STATUS_OK)
        result = record_all_readable(&list);
    record_free(&list);
    return result;
}

const struct command command_results = {
    .name = "results",
    .usage =
        "[RESULTS] [--matrix M] [--dataset D] [--method M] [--status S] [--csv]\n"
        "        [--compare OTHER]\n"
        "        RESULTS is a folder of runs (default results/runs); filters are comma-\n"
        "        separated names or patterns; S is done, running, stopped, diverged, failed\n"
        "        or unreadable; --compare holds each run against the one of the same name below\n"
        "        OTHER, bit by bit but for times. Exit status 1 when one differs, or when a\n"
        "        curve of the list cannot be read",
    .help = "list recorded runs, filter them, export them as CSV",
    .run = run,
};
