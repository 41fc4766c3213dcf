#include "report/options.h"

#include "engine/base/file.h"
#include "report/text/list.h"

#include <string.h>

/* In the order of their enumerations. */
#define MISSING_WORDS  "available|common|error"
#define DIVERGED_WORDS "floor|last|drop"
#define FINAL_WORDS    "final|last|mean_last_k|best|area"
#define ALIGN_WORDS    "linear|hold|none"
#define CELL_WORDS     "final_increase|mean_sd|mean_ci|initial_final"

/* --- what takes more than a field --------------------------------------------------------------
 */

static enum status add_scores(void *arguments, const char *value)
{
    struct options *o = arguments;
    if (o->score_files == OPTIONS_INPUTS)
        return status_fail(STATUS_CONFIG, "--scores: more than %d files", OPTIONS_INPUTS);
    o->scores[o->score_files++] = value;
    return STATUS_OK;
}

static enum status add_suite_of(void *arguments, const char *value)
{
    struct options *o = arguments;
    const char *name = strrchr(value, '=');
    if (name == NULL || name == value || name[1] == '\0')
        return status_fail(STATUS_CONFIG,
                           "--suite-of %s: should be PATTERN=NAME, for example 'walker-*=DMC'",
                           value);
    if (o->results.suite_ofs == OPTIONS_INPUTS)
        return status_fail(STATUS_CONFIG, "--suite-of: more than %d rules", OPTIONS_INPUTS);
    o->suite_of[o->results.suite_ofs++] = value;
    return STATUS_OK;
}

static enum status add_pair(void *arguments, const char *value)
{
    struct options *o = arguments;
    if (o->pairs == OPTIONS_INPUTS)
        return status_fail(STATUS_CONFIG, "--pairs: more than %d pairs", OPTIONS_INPUTS);
    o->pair[o->pairs++] = value;
    return STATUS_OK;
}

/* "method=algo" */
static enum status add_column(void *arguments, const char *value)
{
    struct reading *reading = &((struct options *)arguments)->results.reading;
    const char *equals = strchr(value, '=');
    for (int i = 0; i < READ_ROLES && equals != NULL && equals[1] != '\0'; i++) {
        const char *name = reading_role_name((enum reading_role)i);
        if (strlen(name) == (size_t)(equals - value) &&
            strncmp(name, value, (size_t)(equals - value)) == 0) {
            reading->column[i] = equals + 1;
            return STATUS_OK;
        }
    }
    return status_fail(STATUS_CONFIG,
                       "--column is '%.80s', should be ROLE=NAME with the role method, dataset, "
                       "seed, step, score, length, episode or metric",
                       value);
}

/* "7" is fig7. */
static enum status set_figure(void *arguments, const char *value)
{
    struct options *o = arguments;
    static char figure[256];
    bool number = value[0] >= '0' && value[0] <= '9';
    snprintf(figure, sizeof figure, "%s%s", number ? "fig" : "", value);
    o->figure = figure;
    return STATUS_OK;
}

static enum status set_fast(void *arguments, const char *unused)
{
    (void)unused;
    ((struct options *)arguments)->report.bootstrap.reps = 2000;
    return STATUS_OK;
}

static enum status set_preset(void *arguments, const char *value)
{
    if (strcmp(value, "paper") == 0)
        ((struct options *)arguments)->report.bootstrap.reps = 10000;
    return STATUS_OK;
}

/* A comma-separated list: sets chosen[i] for the i-th of `words`. */
static enum status read_list(const char *name, const char *list, const char *words, bool *chosen)
{
    char word[64];
    while (list_next(&list, ",", word, sizeof word)) {
        int at = list_find(words, "|", word);
        if (at < 0)
            return status_fail(STATUS_CONFIG, "--%s has '%s' in its list, should be some of %s",
                               name, word, words);
        chosen[at] = true;
    }
    return STATUS_OK;
}

static enum status set_format(void *arguments, const char *value)
{
    struct options *o = arguments;
    bool chosen[PICTURE_FORMATS + 1] = {false}; /* in the order of enum picture_format */
    TRY(read_list("format", value, "pdf|svg|png|none", chosen));
    memcpy(o->format, chosen, sizeof o->format);
    return STATUS_OK;
}

static enum status set_lang(void *arguments, const char *value)
{
    struct options *o = arguments;
    bool chosen[3] = {false};
    TRY(read_list("lang", value, "latex|md|csv", chosen));
    o->tables.latex = chosen[0];
    o->tables.markdown = chosen[1];
    o->tables.csv = chosen[2];
    return STATUS_OK;
}

static enum status set_width(void *arguments, const char *value)
{
    return theme_read_width(value, &((struct options *)arguments)->theme.width);
}

/* --- the options ------------------------------------------------------------------------------ */

/* clang-format off */
#define FIELD(member) OPTION_FIELD(struct options, member)
const struct option_row options_table[] = {
    {"scores",     0,   "FILE", NULL, "score file of anyone: CSV, JSON, npz or HDF5, a folder of them, or - for standard input (layouts in docs/report.md); may be given several times", OPTION_BY(add_scores)},
    {"column",     0,   "ROLE=NAME", NULL, "which column of score files is the method, dataset, seed, step, score, length, episode or metric, if the header does not tell; `method=*`: each remaining column is a method", OPTION_BY(add_column)},
    {"method",     0,   "NAME", NULL, "the method of score files that do not name it", FIELD(results.reading.name[READ_METHOD])},
    {"dataset",    0,   "NAME", NULL, "the dataset of score files that do not name it", FIELD(results.reading.name[READ_DATASET])},
    {"pattern",    0,   "PATTERN", NULL, "what the names of score files say: `{dataset}/{method}/{seed}.csv`; * is anything", FIELD(results.reading.pattern)},
    {"reference",  0,   "FILE", NULL, "normalise score files by this one of dataset,low,high: low becomes 0, high 100", FIELD(results.reading.reference)},
    {"against",    0,   "RESULTS", NULL, "compare the scores with those of this folder or score file", FIELD(against)},
    {"published",  0,   "FILE", NULL, "published results to compare with: CSV with columns method,dataset,mean,sd,n", FIELD(published)},
    {"paper",      0,   NULL,   NULL, "also print the paper's tables", FIELD(report.paper)},
    {"methods",    'm', "LIST", NULL, "only these methods, in this order: ids, labels or patterns, with commas between", FIELD(methods)},
    {"ours",       0,   "METHOD", NULL, "emphasise this method and compare it with each other one (default TD3+ODT in results of vitamin, else none)", FIELD(results.ours)},
    {"pairs",      0,   "X,Y",  NULL, "compare method X with Y (table and figure of improvement); may be given several times", OPTION_BY(add_pair)},
    {"datasets",   'd', "LIST", NULL, "only these datasets", FIELD(datasets)},
    {"suite",      0,   "LIST", NULL, "only these suites: mujoco, adroit, antmaze, maze2d, ...", FIELD(suites)},
    {"suite-of",   0,   "PATTERN=NAME", NULL, "datasets that match a shell pattern form suite NAME; may be given several times", OPTION_BY(add_suite_of)},
    {"fig",        0,   "LIST", NULL, "only these figures (7, profiles, ...), nothing else", OPTION_BY(set_figure)},
    {"table",      0,   "LIST", NULL, "only these tables (tab1, aggregates, ...), nothing else", FIELD(table)},
    {"title",      0,   "TEXT", NULL, "heading of the page", FIELD(report.title)},
    {"score-label", 0,  "TEXT", NULL, "what the scores are called on axes and in captions", FIELD(report.score_label)},
    {"out",        'o', "FOLDER", "out/report", "folder to write", FIELD(out)},
    {"zip",        0,   NULL,   NULL, "also pack page, figures and tables into FOLDER/report.zip", FIELD(zip)},
    {"format",     0,   "LIST", "pdf,svg,png", "formats of figures; none: scripts and data only", OPTION_BY(set_format)},
    {"lang",       0,   "LIST", "latex,md,csv", "formats of tables", OPTION_BY(set_lang)},
    {"standalone", 0,   NULL,   NULL, "LaTeX tables that compile by themselves", FIELD(tables.standalone)},
    {"captions",   0,   NULL,   NULL, "LaTeX tables in table environments, with caption and label", FIELD(tables.captions)},
    {"label-prefix", 0, "TEXT", "tab:", "of the labels: \\ref{tab:tab1}", FIELD(tables.label_prefix)},
    {"reps",       'n', "N",    "50000", "bootstrap replications", FIELD(report.bootstrap.reps), .low = 1, .high = 1e7},
    {"seed",       's', "N",    "0", "seed of the bootstrap; also of runs of score files that name none", FIELD(report.bootstrap.seed), .high = 9e15},
    {"preset",     'p', NULL,   "full", "paper: 10000 replications", OPTION_BY(set_preset), .choices = "full|paper"},
    {"fast",       0,   NULL,   NULL, "2000 replications", OPTION_BY(set_fast)},
    {"task-bootstrap", 0, NULL, NULL, "resample tasks too: answers another question, with wider intervals", FIELD(report.bootstrap.tasks)},
    {"final",      0,   "RULE", "final", "which evaluation is the final score (final: the one at the budget)", FIELD(results.final), .choices = FINAL_WORDS},
    {"last-k",     'k', "N",    "10", "evaluations that mean_last_k averages", FIELD(results.last_k), .low = 1, .high = 1e6},
    {"budget",     0,   "N",    NULL, "read final scores at N transitions", FIELD(results.budget), .low = 1, .high = 1e12},
    {"align",      0,   "RULE", "linear", "between evaluations", FIELD(results.align), .choices = ALIGN_WORDS},
    {"missing",    0,   "RULE", "available", "where methods have different seeds", FIELD(results.missing), .choices = MISSING_WORDS},
    {"diverged",   0,   "RULE", "floor", "score of a diverged run (floor: the smaller of 0 and its last)", FIELD(results.diverged), .choices = DIVERGED_WORDS},
    {"iqm",        0,   NULL,   "tasks", "the interquartile mean weights tasks equally, or pools the runs of all tasks as rliable does", FIELD(results.pooled), .choices = "tasks|runs"},
    {"cell",       0,   "FORM", "final_increase", "what a table's cell shows", FIELD(report.cell), .choices = CELL_WORDS},
    {"digits",     0,   "N",    "2", "digits behind the decimal point", FIELD(report.digits), .high = 6},
    {"best-rule",  0,   "RULE", "mean", "what is bold: the best mean, or all whose interval overlaps it", FIELD(report.best_by_interval), .choices = "mean|ci"},
    {"abbrev",     0,   NULL,   NULL, "the paper's short dataset names", FIELD(report.abbreviate)},
    {"sd",         0,   "FORM", "population", "standard deviation: divide by n or by n-1", FIELD(report.sample_sd), .choices = "population|sample"},
    {"gamma",      0,   "X",    "100", "score above which the optimality gap is zero", FIELD(report.gamma), .low = -1e9, .high = 1e9},
    {"width",      0,   "NAME", "two-column", "figures for this text width: two-column, neurips, column or slides", OPTION_BY(set_width)},
    {"style",      0,   "FILE", NULL, "gnuplot commands instead of report/draw/style.gp", FIELD(style)},
    {"markers",    0,   NULL,   NULL, "markers on curves", FIELD(theme.markers)},
    {"greyscale",  0,   NULL,   NULL, "dashes instead of colours", FIELD(theme.greyscale)},
    {"legend-by-final", 0, NULL, NULL, "legend in order of the final value", FIELD(theme.legend_by_final)},
    {"behaviour",  0,   NULL,   NULL, "dotted line at the dataset's own mean return", FIELD(theme.behaviour)},
    {"completion", 0,   "SHELL", NULL, "print a completion script instead", FIELD(completion), .choices = COMPLETION_SHELLS},
    {"man",        0,   NULL,   NULL, "print the manual page instead", FIELD(man)},
    {.name = NULL},
};
/* clang-format on */

void options_begin(void *arguments)
{
    struct options *o = arguments;
    o->report.bootstrap = bootstrap_default();
}

enum status options_settle(struct options *o)
{
    static char standard[] = "results/runs", *folder[] = {standard, NULL};
    bool there = false;
    o->results.suite_of = o->suite_of;
    if (*o->folder == NULL && o->score_files == 0)
        TRY(file_look(standard, &there));
    if (there)
        o->folder = folder;
    static char seed[32];
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)o->report.bootstrap.seed);
    if (o->report.bootstrap.seed != 0)
        o->results.reading.name[READ_SEED] = seed;
    return bootstrap_check(&o->report.bootstrap);
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

static void describe_reading(const struct reading *reading, struct text *out)
{
    for (int i = 0; i < READ_ROLES; i++) {
        const char *role = reading_role_name((enum reading_role)i);
        if (reading->column[i] != NULL)
            text_add(out, "column_%s = %s\n", role, reading->column[i]);
        if (i < READ_SEED && reading->name[i] != NULL)
            text_add(out, "%s = %s\n", role, reading->name[i]);
    }
    if (reading->pattern != NULL)
        text_add(out, "pattern = %s\n", reading->pattern);
    if (reading->reference != NULL)
        text_add(out, "reference = %s\n", reading->reference);
}

void options_describe(const struct options *o, struct text *out)
{
    const struct report *r = &o->report;
    for (int i = 0; o->folder[i] != NULL; i++)
        text_add(out, "results_%d = %s\n", i + 1, o->folder[i]);
    for (int i = 0; i < o->score_files; i++)
        text_add(out, "scores_%d = %s\n", i + 1, o->scores[i]);
    if (o->against != NULL)
        text_add(out, "against = %s\n", o->against);
    if (o->published != NULL)
        text_add(out, "published = %s\n", o->published);
    describe_reading(&o->results.reading, out);
    text_add(out, "methods = %s\ndatasets = %s\nsuites = %s\n", or_none(o->methods),
             or_none(o->datasets), or_none(o->suites));
    for (int i = 0; i < o->results.suite_ofs; i++)
        text_add(out, "suite_of_%d = %s\n", i + 1, o->suite_of[i]);
    for (int i = 0; i < o->pairs; i++)
        text_add(out, "pair_%d = %s\n", i + 1, o->pair[i]);
    if (o->results.ours != NULL)
        text_add(out, "ours = %s\n", o->results.ours);
    if (r->score_label != NULL)
        text_add(out, "score_label = %s\n", r->score_label);
    text_add(out, "reps = %d\nseed = %llu\ninterval = %g\ntask_bootstrap = %d\ngamma = %g\n",
             r->bootstrap.reps, (unsigned long long)r->bootstrap.seed, r->bootstrap.size,
             r->bootstrap.tasks, r->gamma);
    describe_choice(out, "final", FINAL_WORDS, (int)o->results.final);
    describe_choice(out, "align", ALIGN_WORDS, (int)o->results.align);
    describe_choice(out, "missing", MISSING_WORDS, (int)o->results.missing);
    describe_choice(out, "diverged", DIVERGED_WORDS, (int)o->results.diverged);
    describe_choice(out, "iqm", "tasks|runs", o->results.pooled);
    describe_choice(out, "cell", CELL_WORDS, (int)r->cell);
    text_add(out,
             "last_k = %d\nbudget = %g\ndigits = %d\nbest_by_interval = %d\n"
             "abbreviate = %d\nsample_sd = %d\n",
             o->results.last_k, o->results.budget, r->digits, r->best_by_interval, r->abbreviate,
             r->sample_sd);
}
