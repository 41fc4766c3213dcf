#include "report/options.h"

#include "engine/base/file.h"
#include "report/results/results_impl.h"
#include "report/text/list.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* In the order of their enumerations. */
#define MISSING_WORDS  "available|common|error"
#define DIVERGED_WORDS "floor|last|drop"
#define FINAL_WORDS    "final|last|mean_last_k|best|area"
#define ALIGN_WORDS    "linear|hold|none"
#define CELL_WORDS     "final_increase|mean_sd|mean_ci|initial_final"

/* --- values ----------------------------------------------------------------------------------- */

static enum status read_number(const char *name, const char *text, double low, double high,
                               double *out)
{
    char *end;
    *out = strtod(text, &end);
    if (end == text || *end != '\0' || !(*out >= low && *out <= high))
        return status_fail(STATUS_CONFIG, "%s takes a number from %g to %g, not '%s'", name, low,
                           high, text);
    return STATUS_OK;
}

/* The position of `word` in a "a|b|c" list. */
static enum status read_choice(const char *name, const char *word, const char *choices, int *out)
{
    int at = list_find(choices, "|", word);
    *out = at >= 0 ? at : 0;
    return at >= 0 ? STATUS_OK
                   : status_fail(STATUS_CONFIG, "%s is one of %s, not '%s'", name, choices, word);
}

/* A comma-separated list: sets target[i] for the i-th of `choices`. */
static enum status read_list(const char *name, const char *list, const char *choices, bool *target)
{
    char word[64];
    while (list_next(&list, ",", word, sizeof word)) {
        int which = 0;
        TRY(read_choice(name, word, choices, &which));
        target[which] = true;
    }
    return STATUS_OK;
}

/* --- the options ------------------------------------------------------------------------------ */

typedef enum status option_set(struct options *o, const char *name, const char *value);

#define TEXT_OPTION(function, field)                                                               \
    static enum status function(struct options *o, const char *name, const char *value)            \
    {                                                                                              \
        (void)name;                                                                                \
        o->field = value;                                                                          \
        return STATUS_OK;                                                                          \
    }
#define FLAG_OPTION(function, field)                                                               \
    static enum status function(struct options *o, const char *name, const char *value)            \
    {                                                                                              \
        (void)name;                                                                                \
        (void)value;                                                                               \
        o->field = true;                                                                           \
        return STATUS_OK;                                                                          \
    }
#define CHOICE_OPTION(function, field, type, choices)                                              \
    static enum status function(struct options *o, const char *name, const char *value)            \
    {                                                                                              \
        int which = 0;                                                                             \
        TRY(read_choice(name, value, choices, &which));                                            \
        o->field = (type)which;                                                                    \
        return STATUS_OK;                                                                          \
    }
#define NUMBER_OPTION(function, field, type, low, high)                                            \
    static enum status function(struct options *o, const char *name, const char *value)            \
    {                                                                                              \
        double number;                                                                             \
        TRY(read_number(name, value, low, high, &number));                                         \
        o->field = (type)number;                                                                   \
        return STATUS_OK;                                                                          \
    }

TEXT_OPTION(set_out, out)
TEXT_OPTION(set_methods, methods)
TEXT_OPTION(set_datasets, datasets)
TEXT_OPTION(set_suites, suites)
TEXT_OPTION(set_table, table)
TEXT_OPTION(set_style, style)
FLAG_OPTION(set_help, help)
FLAG_OPTION(set_paper, report.paper)
FLAG_OPTION(set_abbrev, report.abbreviate)
FLAG_OPTION(set_standalone, standalone)
FLAG_OPTION(set_tasks, report.bootstrap.tasks)
FLAG_OPTION(set_markers, theme.markers)
FLAG_OPTION(set_greyscale, theme.greyscale)
FLAG_OPTION(set_legend, theme.legend_by_final)
FLAG_OPTION(set_behaviour, theme.behaviour)
NUMBER_OPTION(set_reps, report.bootstrap.reps, int, 1, 1e7)
NUMBER_OPTION(set_seed, report.bootstrap.seed, uint64_t, 0, 9e15)
NUMBER_OPTION(set_gamma, report.gamma, double, -1e9, 1e9)
NUMBER_OPTION(set_digits, report.digits, int, 0, 6)
NUMBER_OPTION(set_last_k, results.last_k, int, 1, 1e6)
NUMBER_OPTION(set_budget, results.budget, double, 1, 1e12)
CHOICE_OPTION(set_missing, results.missing, enum missing_rule, MISSING_WORDS)
CHOICE_OPTION(set_diverged, results.diverged, enum diverged_rule, DIVERGED_WORDS)
CHOICE_OPTION(set_final, results.final, enum final_rule, FINAL_WORDS)
CHOICE_OPTION(set_align, results.align, enum align_rule, ALIGN_WORDS)
CHOICE_OPTION(set_cell, report.cell, enum cell_form, "final_increase|mean_sd|mean_ci|initial_final")
CHOICE_OPTION(set_best, report.best_by_interval, bool, "mean|ci")
CHOICE_OPTION(set_sd, report.sample_sd, bool, "population|sample")

static enum status set_scores(struct options *o, const char *name, const char *value)
{
    if (o->score_files == OPTIONS_INPUTS)
        return status_fail(STATUS_CONFIG, "%s: more than %d files", name, OPTIONS_INPUTS);
    o->scores[o->score_files++] = value;
    return STATUS_OK;
}

/* "7" is fig7. */
static enum status set_figure(struct options *o, const char *name, const char *value)
{
    static char figure[256];
    (void)name;
    bool number = value[0] >= '0' && value[0] <= '9';
    snprintf(figure, sizeof figure, "%s%s", number ? "fig" : "", value);
    o->figure = figure;
    return STATUS_OK;
}

static enum status set_fast(struct options *o, const char *name, const char *value)
{
    (void)name;
    (void)value;
    o->report.bootstrap.reps = 2000;
    return STATUS_OK;
}

static enum status set_preset(struct options *o, const char *name, const char *value)
{
    int which = 0;
    TRY(read_choice(name, value, "full|paper", &which));
    if (which == 1)
        o->report.bootstrap.reps = 10000;
    return STATUS_OK;
}

static enum status set_format(struct options *o, const char *name, const char *value)
{
    bool chosen[PICTURE_FORMATS + 1] = {false}; /* in the order of enum picture_format */
    TRY(read_list(name, value, "pdf|svg|png|none", chosen));
    memcpy(o->format, chosen, sizeof o->format);
    return STATUS_OK;
}

static enum status set_lang(struct options *o, const char *name, const char *value)
{
    bool chosen[3] = {false};
    TRY(read_list(name, value, "latex|md|csv", chosen));
    o->latex = chosen[0];
    o->markdown = chosen[1];
    o->csv = chosen[2];
    return STATUS_OK;
}

static enum status set_width(struct options *o, const char *name, const char *value)
{
    (void)name;
    return theme_read_width(value, &o->theme.width);
}

/* clang-format off */
static const struct option_row {
    const char *name, *value; /* value NULL: a flag */
    option_set *set;
    const char *help;
} rows[] = {
    {"--scores",     "FILE",   set_scores,     "score file, CSV or HDF5 (may be given again); layouts in docs/report.md"},
    {"--paper",      NULL,     set_paper,      "also print the paper's tables"},
    {"--methods",    "A,B",    set_methods,    "only these: ids, labels, or patterns in quotes"},
    {"--datasets",   "A,B",    set_datasets,   "only these"},
    {"--suite",      "S",      set_suites,     "only these suites: mujoco, adroit, antmaze, maze2d, ..."},
    {"--fig",        "ID",     set_figure,     "only these figures (fig7, profiles, ...), nothing else"},
    {"--table",      "ID",     set_table,      "only these tables (tab1, aggregates, ...), nothing else"},
    {"--out",        "DIR",    set_out,        "folder to write, default out/report"},
    {"--format",     "LIST",   set_format,     "of figures: pdf,svg,png (default all), none: scripts and data only"},
    {"--lang",       "LIST",   set_lang,       "of tables: latex,md,csv (default all)"},
    {"--standalone", NULL,     set_standalone, "LaTeX tables that compile by themselves"},
    {"--reps",       "N",      set_reps,       "bootstrap replications, default 50000"},
    {"--seed",       "S",      set_seed,       "of the bootstrap, default 0"},
    {"--preset",     "P",      set_preset,     "full (default), or paper: 10000 replications"},
    {"--fast",       NULL,     set_fast,       "2000 replications"},
    {"--task-bootstrap", NULL, set_tasks,      "resample tasks too: another question, wider intervals"},
    {"--final",      "RULE",   set_final,      "final (at the budget), last, mean_last_k, best, area"},
    {"--last-k",     "K",      set_last_k,     "of mean_last_k, default 10"},
    {"--budget",     "N",      set_budget,     "read final scores at N transitions"},
    {"--align",      "RULE",   set_align,      "between evaluations: linear, hold, none"},
    {"--missing",    "RULE",   set_missing,    "uneven seeds: available (default), common, error"},
    {"--diverged",   "RULE",   set_diverged,   "floor (default: min(0, last)), last, drop"},
    {"--cell",       "FORM",   set_cell,       "final_increase, mean_sd, mean_ci, initial_final"},
    {"--digits",     "N",      set_digits,     "behind the point, default 2"},
    {"--best-rule",  "RULE",   set_best,       "bold: mean (the best), ci (all that overlap it)"},
    {"--abbrev",     NULL,     set_abbrev,     "the paper's short dataset names"},
    {"--sd",         "FORM",   set_sd,         "population (divide by n, default) or sample (n-1)"},
    {"--gamma",      "G",      set_gamma,      "of the optimality gap, default 100"},
    {"--width",      "W",      set_width,      "of figures: two-column, neurips, column, slides"},
    {"--style",      "FILE",   set_style,      "gnuplot commands in place of report/draw/style.gp"},
    {"--markers",    NULL,     set_markers,    "markers on curves"},
    {"--greyscale",  NULL,     set_greyscale,  "dashes instead of colours"},
    {"--legend-by-final", NULL, set_legend,    "legend in order of the final value"},
    {"--behaviour",  NULL,     set_behaviour,  "dotted line at the dataset's own mean return"},
    {"--help",       NULL,     set_help,       "this list"},
};
/* clang-format on */
enum { ROWS = sizeof rows / sizeof rows[0] };

static const struct option_row *find_row(const char *name, size_t length)
{
    for (int i = 0; i < ROWS; i++) {
        if (strlen(rows[i].name) == length && strncmp(rows[i].name, name, length) == 0)
            return &rows[i];
    }
    return NULL;
}

static enum status fail_unknown_option(const char *name)
{
    const char *names[ROWS];
    for (int i = 0; i < ROWS; i++)
        names[i] = rows[i].name;
    return status_fail(STATUS_CONFIG, "unknown option '%s'; the nearest is %s (--help lists all)",
                       name, results_nearest(name, names, ROWS));
}

/* "--name value" and "--name=value". */
static enum status read_option(struct options *o, int argc, char **argv, int *i)
{
    const char *word = argv[*i], *equals = strchr(word, '=');
    const struct option_row *row = find_row(word, equals != NULL ? (size_t)(equals - word)
                                                                 : strlen(word));
    if (strcmp(word, "-h") == 0)
        row = find_row("--help", 6);
    if (row == NULL)
        return fail_unknown_option(word);
    if (row->value == NULL && equals != NULL)
        return status_fail(STATUS_CONFIG, "%s takes no value", row->name);
    const char *value = equals != NULL ? equals + 1 : NULL;
    if (row->value != NULL && value == NULL) {
        if (*i + 1 >= argc)
            return status_fail(STATUS_CONFIG, "%s needs a value: %s %s", row->name, row->name,
                               row->value);
        value = argv[++*i];
    }
    return row->set(o, row->name, value);
}

enum status options_read(int argc, char **argv, struct options *o)
{
    *o = (struct options){.out = "out/report", .latex = true, .markdown = true, .csv = true};
    o->report.bootstrap = bootstrap_default();
    o->report.gamma = 100;
    o->results.last_k = 10;
    o->report.digits = 2;
    for (int i = 0; i < PICTURE_FORMATS; i++)
        o->format[i] = true;
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] == '-' && argv[i][1] != '\0') {
            TRY(read_option(o, argc, argv, &i));
        } else if (o->folders == OPTIONS_INPUTS) {
            return status_fail(STATUS_CONFIG, "more than %d result folders", OPTIONS_INPUTS);
        } else {
            o->folder[o->folders++] = argv[i];
        }
    }
    if (o->folders + o->score_files == 0) {
        bool there;
        TRY(file_look("results/runs", &there));
        if (there)
            o->folder[o->folders++] = "results/runs";
    }
    return bootstrap_check(&o->report.bootstrap);
}

void options_help(FILE *out)
{
    fprintf(out, "usage: vitamin report [RESULTS...] [options]\n\n"
                 "RESULTS are folders of curve.h5 files (default results/runs).\n\n");
    for (int i = 0; i < ROWS; i++) {
        char name[40];
        snprintf(name, sizeof name, "%s %s", rows[i].name,
                 rows[i].value != NULL ? rows[i].value : "");
        fprintf(out, "  %-20s %s\n", name, rows[i].help);
    }
}

static void describe_choice(struct text *out, const char *key, const char *choices, int which)
{
    for (; which > 0; which--)
        choices += strcspn(choices, "|") + 1;
    text_add(out, "%s = %.*s\n", key, (int)strcspn(choices, "|"), choices);
}

static const char *or_none(const char *text)
{
    return text != NULL ? text : "";
}

void options_describe(const struct options *o, struct text *out)
{
    const struct report *r = &o->report;
    for (int i = 0; i < o->folders; i++)
        text_add(out, "results_%d = %s\n", i + 1, o->folder[i]);
    for (int i = 0; i < o->score_files; i++)
        text_add(out, "scores_%d = %s\n", i + 1, o->scores[i]);
    text_add(out, "methods = %s\ndatasets = %s\nsuites = %s\n", or_none(o->methods),
             or_none(o->datasets), or_none(o->suites));
    text_add(out, "reps = %d\nseed = %llu\ninterval = %g\ntask_bootstrap = %d\ngamma = %g\n",
             r->bootstrap.reps, (unsigned long long)r->bootstrap.seed, r->bootstrap.size,
             r->bootstrap.tasks, r->gamma);
    describe_choice(out, "final", FINAL_WORDS, (int)o->results.final);
    describe_choice(out, "align", ALIGN_WORDS, (int)o->results.align);
    describe_choice(out, "missing", MISSING_WORDS, (int)o->results.missing);
    describe_choice(out, "diverged", DIVERGED_WORDS, (int)o->results.diverged);
    describe_choice(out, "cell", CELL_WORDS, (int)r->cell);
    text_add(out,
             "last_k = %d\nbudget = %g\ndigits = %d\nbest_by_interval = %d\n"
             "abbreviate = %d\nsample_sd = %d\n",
             o->results.last_k, o->results.budget, r->digits, r->best_by_interval, r->abbreviate,
             r->sample_sd);
}
