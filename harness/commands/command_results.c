#include "harness/commands/command.h"

#include "engine/base/escape.h"
#include "engine/base/say.h"
#include "harness/base/terminal.h"
#include "harness/curve/provenance.h"
#include "harness/matrix/matrix.h"
#include "harness/matrix/record.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- CSV -------------------------------------------------------------------------------------- */

enum { FIELD = FILE_PATH + 16 }; /* longest field of the CSV, with its NUL: a path */

/* One column: an attribute of the curve, or a field of the record. docs/results.md describes them.
 */
struct column {
    const char *name;
    enum { ATTRIBUTE, SCORE, COUNT, LONG_COUNT, FLAG, SECONDS, TEXT, PATH, STATE, OURS } kind;
    size_t offset; /* of the field */
};

#define LOOK(field) offsetof(struct record, look.field)
/* clang-format off */
static const struct column columns[] = {
    {"matrix",          ATTRIBUTE,  0},
    {"dataset",         ATTRIBUTE,  0},
    {"method",          ATTRIBUTE,  0},
    {"variant",         ATTRIBUTE,  0},
    {"preset",          ATTRIBUTE,  0},
    {"size",            ATTRIBUTE,  0},
    {"seed",            ATTRIBUTE,  0},
    {"status",          STATE,      0},
    {"first_score",     SCORE,      LOOK(first_score)},
    {"last_score",      SCORE,      LOOK(last_score)},
    {"best_score",      SCORE,      LOOK(best_score)},
    {"evaluations",     COUNT,      LOOK(evaluations)},
    {"episodes",        COUNT,      LOOK(episodes)},
    {"transitions",     LONG_COUNT, LOOK(transitions)},
    {"budget",          ATTRIBUTE,  0},
    {"gradient_steps",  LONG_COUNT, LOOK(gradient_steps)},
    {"seconds",         SECONDS,    LOOK(seconds)},
    {"threads",         ATTRIBUTE,  0},
    {"resumes",         ATTRIBUTE,  0},
    {"revision",        ATTRIBUTE,  0},
    {"dirty",           ATTRIBUTE,  0},
    {"this_code",       OURS,       0},
    {"blas_core",       ATTRIBUTE,  0},
    {"precision",       ATTRIBUTE,  0},
    {"machine",         ATTRIBUTE,  0},
    {"dataset_kind",    ATTRIBUTE,  0},
    {"dataset_sha256",  ATTRIBUTE,  0},
    {"reduced",         ATTRIBUTE,  0},
    {"config_hash",     ATTRIBUTE,  0},
    {"reason",          TEXT,       LOOK(reason)},
    {"path",            PATH,       offsetof(struct record, folder)},
    {"segments",        COUNT,      offsetof(struct record, segments)},
    {"sealed",          FLAG,       offsetof(struct record, sealed)},
};
/* clang-format on */
enum { COLUMNS = sizeof columns / sizeof *columns };

/* Numbers that are not known stay empty; others are printed so that they read back the same. */
static void write_field(const struct column *c, const struct record *r, char out[FIELD])
{
    const void *at = (const char *)r + c->offset;
    out[0] = '\0';
    switch (c->kind) {
    case SCORE:
        if (!isnan(*(const double *)at))
            snprintf(out, FIELD, "%.17g", *(const double *)at);
        break;
    case SECONDS:
        if (r->look.evaluations > 0)
            snprintf(out, FIELD, "%.3f", *(const double *)at);
        break;
    case COUNT:
        snprintf(out, FIELD, "%d", *(const int *)at);
        break;
    case LONG_COUNT:
        snprintf(out, FIELD, "%lld", (long long)*(const int64_t *)at);
        break;
    case FLAG:
        snprintf(out, FIELD, "%d", *(const bool *)at);
        break;
    case OURS:
        snprintf(out, FIELD, "%d", record_is_ours(r));
        break;
    default:
        snprintf(out, FIELD, "%s%s",
                 c->kind == ATTRIBUTE ? curve_get(&r->about, c->name)
                 : c->kind == STATE   ? record_state(r)
                                      : (const char *)at,
                 c->kind == PATH ? "/curve.h5" : "");
    }
}

static void print_csv(const struct record_list *list)
{
    for (int k = 0; k < COLUMNS; k++)
        printf("%s%s", k > 0 ? "," : "", columns[k].name);
    putchar('\n');
    for (int i = 0; i < list->count; i++) {
        for (int k = 0; k < COLUMNS; k++) {
            char field[FIELD], cell[2 * FIELD + 4];
            const struct record *r = &list->record[i];
            write_field(&columns[k], r, field);
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

static void name_method(const struct record *r, char out[160])
{
    const char *variant = curve_get(&r->about, "variant");
    snprintf(out, 160, "%.60s%s%.90s", curve_get(&r->about, "method"),
             variant[0] != '\0' ? "@" : "", variant);
}

/* Columns of a table: into a pipe all of them; a terminal's lines lose the last ones, then the ends
 * of methods' names, until they fit. */
struct shape {
    int dataset, method;
    bool transitions, seconds, data, code;
};

enum { SHORT_NAME = 8, LONG_NAME = 24 };
enum { WIDE_NUMBERS = 30, WIDE_TRANSITIONS = 12, WIDE_SECONDS = 9, WIDE_DATA = 20, WIDE_CODE = 20 };

static int width_of(const struct shape *p)
{
    return 2 + p->dataset + 1 + p->method + WIDE_NUMBERS + WIDE_TRANSITIONS * p->transitions +
           WIDE_SECONDS * p->seconds + WIDE_DATA * p->data + WIDE_CODE * p->code;
}

static int imax(int a, int b)
{
    return a > b ? a : b;
}

static struct shape choose_shape(const struct record_list *list)
{
    struct shape p = {26, 16, true, true, true, true};
    int available = terminal_columns(stdout, 0);
    if (available == 0)
        return p;
    int longest = p.dataset = SHORT_NAME;
    for (int i = 0; i < list->count; i++) {
        char method[160];
        name_method(&list->record[i], method);
        p.dataset = imax(p.dataset, (int)strlen(curve_get(&list->record[i].about, "dataset")));
        longest = imax(longest, (int)strlen(method));
    }
    p.method = longest < LONG_NAME ? longest : LONG_NAME;
    bool *const last_first[] = {&p.code, &p.data, &p.seconds, &p.transitions};
    for (size_t i = 0; i < sizeof last_first / sizeof *last_first && width_of(&p) > available; i++)
        *last_first[i] = false;
    int room = imax(p.method + available - width_of(&p), SHORT_NAME);
    p.method = room < longest ? room : longest;
    return p;
}

static void print_heading(const struct shape *p)
{
    say("  %-*s %-*s seed  status     first   last", p->dataset, "dataset", p->method, "method");
    printf("%s%s", p->transitions ? " transitions" : "", p->seconds ? "  seconds" : "");
    printf("%s%s\n", p->data ? "  data              " : "", p->code ? " code" : "");
}

static void print_record(const struct shape *p, const struct record *r)
{
    char method[160], first[16], last[16], seconds[32] = "-", data[64], code[RECORD_CODE];
    if (!r->look.readable) {
        say("  %s: %s\n", r->name, r->look.reason);
        return;
    }
    name_method(r, method);
    if ((int)strlen(method) > p->method && terminal_columns(stdout, 0) > 0)
        snprintf(method + p->method - 3, sizeof method - (size_t)p->method, "...");
    print_score(r->look.first_score, first);
    print_score(r->look.last_score, last);
    describe_data(r, data);
    record_code(r, code);
    if (r->look.evaluations > 0)
        snprintf(seconds, sizeof seconds, "%.0f", r->look.seconds);
    say("  %-*s %-*s %4s  %-9s %6s %6s", p->dataset, curve_get(&r->about, "dataset"), p->method,
        method, curve_get(&r->about, "seed"), record_state(r), first, last);
    if (p->transitions)
        say(" %11lld", (long long)r->look.transitions);
    if (p->seconds)
        say(" %8s", seconds);
    if (p->data)
        say(p->code ? "  %-18s" : "  %s", data);
    say(p->code ? " %s\n" : "\n", code);
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
        say("%d by another revision than this program (%s)\n", other, provenance_revision());
    if (dirty > 0)
        printf("%d by code with uncommitted changes (dirty)\n", dirty);
    if (mixed > 0)
        say("%d of several segments: resumed by another program or on another machine\n", mixed);
    if (unsealed > 0)
        say("%d without a digest: damage to the file would not be noticed\n", unsealed);
    if (provenance_dirty())
        printf("this program was itself built from code with uncommitted changes\n");
}

/* What the numbers must be labelled with, where the rows have no room for it. */
static void print_labels(const struct record_list *list)
{
    int other = 0, reduced = 0;
    for (int i = 0; i < list->count; i++) {
        const struct record *r = &list->record[i];
        other += r->look.readable && strcmp(curve_get(&r->about, "dataset_kind"), "d4rl") != 0;
        reduced += r->look.readable && curve_get(&r->about, "reduced")[0] != '\0';
    }
    if (other > 0)
        printf("%d on data that is not D4RL's\n", other);
    if (reduced > 0)
        printf("%d smaller than in the paper (reduced)\n", reduced);
}

static void print_table(const struct record_list *list)
{
    char block[2 * CURVE_VALUE], last[2 * CURVE_VALUE] = "";
    const struct shape shape = choose_shape(list);
    for (int i = 0; i < list->count; i++) {
        describe_block(&list->record[i], block);
        if (strcmp(block, last) != 0) {
            say(i > 0 ? "\n%s\n" : "%s\n", block);
            print_heading(&shape);
        }
        memcpy(last, block, sizeof last);
        print_record(&shape, &list->record[i]);
    }
    putchar('\n');
    print_counts(list);
    if (!shape.data)
        print_labels(list);
}

/* --- the command ------------------------------------------------------------------------------ */

struct arguments {
    struct record_filter filter;
    const char *folder, *other; /* other: to be compared with; NULL: list */
    bool csv;
};

#define FIELD(member) OPTION_FIELD(struct arguments, member)
static const struct option_row options[] = {
    {"matrix", 0, "LIST", NULL, "only runs of these matrices", FIELD(filter.matrix)},
    {"dataset", 'd', "LIST", NULL, "only these datasets or suites", FIELD(filter.dataset)},
    {"method", 'm', "LIST", NULL, "only these methods", FIELD(filter.method)},
    {"status", 0, "LIST", NULL,
     "only runs that are done, running, stopped, diverged, failed or unreadable",
     FIELD(filter.status)},
    {"compare", 0, "FOLDER", NULL,
     "compare each run with the one of the same name below FOLDER (or one run with the only one "
     "there), "
     "bit by bit but for times",
     FIELD(other)},
    {"csv", 0, NULL, NULL, "print CSV (columns in docs/results.md)", FIELD(csv)},
    {.name = NULL},
};

static enum status read_selected(const char *folder, const struct record_filter *filter,
                                 struct record_list *list)
{
    TRY(record_read(folder, list));
    enum status result = record_select(list, filter);
    if (result != STATUS_OK)
        record_free(list);
    return result;
}

static enum status compare_folders(const struct arguments *a, const struct record_list *list)
{
    struct record_list other;
    struct record_other made_by;
    int differences = 0;
    TRY(read_selected(a->other, &a->filter, &other));
    enum status result = record_compare(list, &other, &differences, &made_by);
    record_free(&other);
    TRY(result);
    if (made_by.runs > 0)
        say("%d of %d made by another program or processor: %s\n", made_by.runs, list->count,
            made_by.example);
    if (differences > 0)
        return status_fail(STATUS_FORMAT, "%d run%s between %s and %s", differences,
                           differences == 1 ? " differs" : "s differ", a->folder, a->other);
    say("%d run%s, bit-identical but for times\n", list->count, list->count == 1 ? "" : "s");
    return STATUS_OK;
}

static enum status list_or_compare(void *context)
{
    struct arguments *a = context;
    struct record_list list;
    TRY(read_selected(a->folder, &a->filter, &list));
    enum status result = STATUS_OK;
    if (a->other != NULL)
        result = compare_folders(a, &list);
    else
        (a->csv ? print_csv : print_table)(&list);
    if (result == STATUS_OK)
        result = record_all_readable(&list);
    record_free(&list);
    return result;
}

const struct command command_results = {
    .name = "results",
    .summary = "list recorded runs, filter, compare and export them",
    .description =
        "A LIST is comma-separated names or shell patterns. Exit status 1 when a compared run "
        "differs, or when a curve of the list cannot be read.",
    .operands = "[RESULTS]",
    .operand_help = "a folder of runs",
    .operand_standard = MATRIX_RESULTS,
    COMMAND_OPERAND(struct arguments, folder),
    .examples = {{"vitamin results --status failed,diverged", "what went wrong, and why"},
                 {"vitamin results --method 'td3*' --csv", "for a spreadsheet"},
                 {"vitamin results old --compare new", "are they bit-identical?"}},
    .options = options,
    .arguments = sizeof(struct arguments),
    .run = list_or_compare,
};
