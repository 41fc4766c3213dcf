/* The curves of single runs, while they run or afterwards, drawn by gnuplot: in the terminal as
 * text or sixels, or into a file. */
#include "harness/commands/command.h"

#include "engine/base/nearest.h"
#include "engine/base/say.h"
#include "engine/base/stop.h"
#include "harness/base/terminal.h"
#include "harness/matrix/record.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { RUNS = 12, PANELS = 16, NAME = 64, PANEL_ROWS = 15, PANEL_PIXELS = 260, NAP = 100 };

struct arguments {
    char **runs;
    const char *metrics, *out;
    double follow;
    bool sixel;
};

struct drawing {
    struct record record[RUNS];
    struct curve curve[RUNS];
    int runs;
    int panel[PANELS]; /* metrics: see find_metric */
    int panels;
    bool online; /* some run has online iterations: then they are drawn, else pretraining */
};

/* --- what can be drawn ------------------------------------------------------------------------ */

static const char *const of_evaluations[] = {"score", "raw_return", "length", "success"};
enum { OF_EVALUATIONS = sizeof of_evaluations / sizeof *of_evaluations };

/* Metrics are counted through those of evaluations, and on through CURVE_METRICS. */
enum { METRICS = OF_EVALUATIONS + CURVE_METRIC_COUNT };

static const char *metric_name(int metric)
{
    return metric < OF_EVALUATIONS ? of_evaluations[metric]
                                   : curve_metric_names[metric - OF_EVALUATIONS];
}

/* -1: there is none of that name. */
static int find_metric(const char *name)
{
    int m = METRICS - 1;
    while (m >= 0 && strcmp(name, metric_name(m)) != 0)
        m--;
    return m;
}

static double of_evaluation(const struct curve *c, int row, int metric)
{
    const struct curve_evaluation *e = &c->evaluation[row];
    double sum = 0;
    for (int k = 0; k < c->episodes; k++)
        sum += metric == 0   ? e->score[k]
               : metric == 1 ? e->raw_return[k]
               : metric == 2 ? (double)e->length[k]
                             : (double)e->success[k];
    return sum / c->episodes;
}

/* Row `row` of a run's metric as a point; false when there is none. */
static bool point(const struct drawing *d, const struct curve *c, int metric, int row, double *x,
                  double *y)
{
    if (metric < OF_EVALUATIONS) {
        *x = (double)c->evaluation[row].transitions;
        *y = of_evaluation(c, row, metric);
    } else {
        const double *value = c->iteration[row].value;
        if ((value[CURVE_phase] > 0) != d->online)
            return false;
        *x = value[d->online ? CURVE_transitions : CURVE_gradient_steps];
        *y = value[metric - OF_EVALUATIONS];
    }
    return isfinite(*x) && isfinite(*y);
}

static int rows_of(const struct curve *c, int metric)
{
    return metric < OF_EVALUATIONS ? c->evaluations : c->iterations;
}

static bool has_points(const struct drawing *d, int metric)
{
    double x, y;
    for (int i = 0; i < d->runs; i++) {
        for (int row = 0; row < rows_of(&d->curve[i], metric); row++) {
            if (point(d, &d->curve[i], metric, row, &x, &y))
                return true;
        }
    }
    return false;
}

/* --- reading ---------------------------------------------------------------------------------- */

static void free_drawing(struct drawing *d)
{
    for (int i = 0; i < d->runs; i++) {
        curve_free(&d->curve[i]);
        curve_free(&d->record[i].about);
    }
    d->runs = 0;
}

static enum status add_run(struct drawing *d, struct record *r)
{
    if (d->runs == RUNS)
        return status_fail(STATUS_CONFIG,
                           "more than %d runs in one picture; name fewer (`vitamin report` draws "
                           "many)",
                           RUNS);
    if (!r->look.readable)
        return status_fail(STATUS_FORMAT, "%s: %s", r->folder, r->look.reason);
    TRY(record_curve(r, &d->curve[d->runs]));
    d->record[d->runs++] = *r;
    r->about = (struct curve){.attributes = 0}; /* ours now */
    return STATUS_OK;
}

static enum status read_runs(char **words, struct drawing *d)
{
    for (; *words != NULL; words++) {
        struct record_list list;
        enum status result = record_read(*words, &list);
        for (int i = 0; result == STATUS_OK && i < list.count; i++)
            result = add_run(d, &list.record[i]);
        if (result != STATUS_MISSING && result != STATUS_IO)
            record_free(&list);
        TRY(result);
    }
    for (int i = 0; i < d->runs; i++) {
        for (int row = 0; row < d->curve[i].iterations; row++)
            d->online = d->online || d->curve[i].iteration[row].value[CURVE_phase] > 0;
    }
    return STATUS_OK;
}

static enum status unknown_metric(const char *name)
{
    struct nearest n = {.to = name};
    for (int m = 0; m < METRICS; m++)
        nearest_offer(&n, metric_name(m));
    return status_fail(STATUS_CONFIG,
                       "there is no metric '%s'; did you mean '%s'? (docs/files.md says where they "
                       "stand)",
                       name, n.word);
}

/* Those asked for; of the usual ones, those that the runs have. */
static enum status choose_panels(const struct arguments *a, struct drawing *d)
{
    const char *at = a->metrics != NULL ? a->metrics
                                        : "score,loss_actor,loss_critic,q_mean,entropy";
    for (d->panels = 0; *at != '\0';) {
        char name[NAME];
        int n = (int)strcspn(at, ",");
        snprintf(name, sizeof name, "%.*s", n < NAME ? n : NAME - 1, at);
        at += n + (at[n] == ',');
        int metric = find_metric(name);
        if (metric < 0)
            return unknown_metric(name);
        if (!has_points(d, metric) && a->metrics != NULL)
            return status_fail(STATUS_MISSING,
                               "%s: nothing has been recorded yet, or the method "
                               "has no such thing",
                               name);
        if (!has_points(d, metric))
            continue;
        if (d->panels == PANELS)
            return status_fail(STATUS_CONFIG, "more than %d metrics", PANELS);
        d->panel[d->panels++] = metric;
    }
    return d->panels > 0 ? STATUS_OK : status_fail(STATUS_MISSING, "nothing has been recorded yet");
}

/* --- drawing ---------------------------------------------------------------------------------- */

/* Between single quotes for gnuplot; a quote is written twice. */
static void quote(FILE *f, const char *text)
{
    fputc('\'', f);
    for (; *text != '\0'; text++)
        fputs((char[3]){*text == '\n' ? ' ' : *text, *text == '\'' ? '\'' : '\0', '\0'}, f);
    fputc('\'', f);
}

/* The least of 1, 2, 5, 10, ... that is at least x. */
static double round_step(double x)
{
    double unit = pow(10, floor(log10(x)));
    return unit * (x <= unit ? 1 : x <= 2 * unit ? 2 : x <= 5 * unit ? 5 : 10);
}

/* In text gnuplot prints the numbers of narrow axes over each other: as many as have room. */
static void write_ticks(FILE *f, const struct drawing *d, int metric, int columns)
{
    enum { MARGINS = 12, GAP = 2 };
    double low = (double)INFINITY, high = -low, x, y;
    char label[32];
    for (int i = 0; i < d->runs; i++) {
        for (int row = 0; row < rows_of(&d->curve[i], metric); row++) {
            if (!point(d, &d->curve[i], metric, row, &x, &y))
                continue;
            low = fmin(low, x);
            high = fmax(high, x);
        }
    }
    if (!(high > low)) {
        fputs("set xtics autofreq\n", f);
        return;
    }
    int wide = snprintf(label, sizeof label, "%g", round_step(fmax(fabs(low), fabs(high))));
    int most = (columns - MARGINS) / (wide + GAP) - 1;
    fprintf(f, "set xtics %.17g\n", round_step((high - low) / (most > 1 ? most : 1)));
}

/* columns: of a picture in text, else 0. */
static void write_panel(FILE *f, const struct drawing *d, int panel, int columns)
{
    int metric = d->panel[panel];
    char title[RECORD_TITLE];
    fprintf(f, "set title '%s' noenhanced\n", metric_name(metric));
    fprintf(f, "set xlabel '%s'\n",
            metric < OF_EVALUATIONS || d->online ? "online transitions" : "gradient steps");
    if (columns > 0)
        write_ticks(f, d, metric, columns);
    for (int i = 0; i < d->runs; i++) {
        double x, y;
        fprintf(f, "$run%d << END\n", i);
        for (int row = 0; row < rows_of(&d->curve[i], metric); row++) {
            if (point(d, &d->curve[i], metric, row, &x, &y))
                fprintf(f, "%.17g %.17g\n", x, y);
        }
        fputs("NaN NaN\nEND\n", f); /* without a row gnuplot stops */
    }
    for (int i = 0; i < d->runs; i++) {
        fprintf(f, "%s$run%d using 1:2 with %s title ", i == 0 ? "plot " : ", ", i,
                metric < OF_EVALUATIONS ? "linespoints" : "lines");
        record_title(&d->record[i], title);
        quote(f, title);
        fputs(" noenhanced", f);
    }
    fputc('\n', f);
}

static const char *ending_of(const char *path)
{
    const char *dot = strrchr(path, '.'), *slash = strrchr(path, '/');
    return dot != NULL && (slash == NULL || dot > slash) ? dot + 1 : "";
}

static enum status choose_terminal(const struct arguments *a, int panels, char out[160])
{
    static const struct {
        const char *ending, *terminal, *unit;
    } known[] = {{"png", "pngcairo noenhanced size 900", ""},
                 {"svg", "svg noenhanced size 900", ""},
                 {"pdf", "pdfcairo noenhanced size 900.0/96", "/96"}};
    int height = PANEL_PIXELS * panels;
    if (a->out == NULL && a->sixel) {
        snprintf(out, 160, "sixelgd size 900,%d", height);
        return STATUS_OK;
    }
    if (a->out == NULL) {
        snprintf(out, 160, "dumb noenhanced size %d,%d", terminal_columns(stdout, 79), PANEL_ROWS);
        return STATUS_OK;
    }
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(ending_of(a->out), known[i].ending) == 0) {
            snprintf(out, 160, "%s,%d%s", known[i].terminal, height,
                     *known[i].unit != '\0' ? ".0/96" : "");
            return STATUS_OK;
        }
    }
    return status_fail(STATUS_CONFIG, "--out is '%s', should end in .png, .svg or .pdf", a->out);
}

static void write_script(FILE *f, const struct arguments *a, const struct drawing *d,
                         const char *terminal, const char *file)
{
    fprintf(f, "set terminal %s\nset encoding utf8\nset grid\n", terminal);
    if (file != NULL) {
        fputs("set output ", f);
        quote(f, file);
        fputc('\n', f);
    }
    bool several = a->out != NULL || a->sixel; /* in text one stands below the other by itself */
    if (several)
        fprintf(f, "set multiplot layout %d,1\nset lmargin 9\nset rmargin 4\n", d->panels);
    fputs(d->runs == 1 ? "unset key\n" : "set key outside top center horizontal\n", f);
    for (int i = 0; i < d->panels; i++) {
        write_panel(f, d, i, several ? 0 : terminal_columns(stdout, 79));
        if (several)
            fputs("unset key\n", f); /* once is enough */
    }
    fputs(several ? "unset multiplot\n" : "", f);
}

/* Its words are constant, so the shell that starts it reads nothing of anybody's. */
static enum status run_gnuplot(const struct arguments *a, const struct drawing *d,
                               const char *terminal, const char *file)
{
    void (*before)(int) = signal(SIGPIPE, SIG_IGN);
    fflush(stdout);
    FILE *f = popen("exec gnuplot 2>/dev/null", "w");
    int state = -1;
    if (f != NULL) {
        write_script(f, a, d, terminal, file);
        state = pclose(f);
    }
    signal(SIGPIPE, before);
    return state == 0 ? STATUS_OK
                      : status_fail(STATUS_MISSING,
                                    "gnuplot did not draw it; is it installed (apt install "
                                    "gnuplot-nox), and does it know the terminal '%.*s'?",
                                    (int)strcspn(terminal, " "), terminal);
}

static enum status draw_file(const struct arguments *a, const struct drawing *d,
                             const char *terminal)
{
    char temporary[FILE_PATH];
    TRY(file_temporary(a->out, temporary));
    enum status result = run_gnuplot(a, d, terminal, temporary);
    if (result != STATUS_OK) {
        unlink(temporary);
        return result;
    }
    TRY(file_commit(temporary, a->out));
    say("%s\n", a->out);
    return STATUS_OK;
}

static enum status draw_once(const struct arguments *a, struct drawing *d)
{
    char terminal[160];
    TRY(read_runs(a->runs, d));
    TRY(choose_panels(a, d));
    TRY(choose_terminal(a, d->panels, terminal));
    if (a->out != NULL)
        return draw_file(a, d, terminal);
    if (a->follow > 0 && terminal_is_live(stdout))
        fputs("\033[H\033[J", stdout);
    for (int i = 0; i < d->runs && d->runs == 1; i++) {
        char title[RECORD_TITLE];
        record_title(&d->record[i], title);
        say("%s: %s\n", title, record_state(&d->record[i]));
    }
    return run_gnuplot(a, d, terminal, NULL);
}

/* Again and again, until Ctrl-C. */
static enum status follow(const struct arguments *a, struct drawing *d)
{
    const volatile sig_atomic_t *stop = stop_catch();
    const struct timespec nap = {.tv_nsec = NAP * 1000000};
    enum status result = STATUS_OK;
    while (result == STATUS_OK && *stop == 0) {
        *d = (struct drawing){.runs = 0};
        result = draw_once(a, d);
        free_drawing(d);
        for (double waited = 0; result == STATUS_OK && waited < a->follow && *stop == 0;
             waited += NAP / 1000.0)
            nanosleep(&nap, NULL);
    }
    return result;
}

static enum status plot(void *context)
{
    struct arguments *a = context;
    struct drawing *d = calloc(1, sizeof *d);
    if (d == NULL)
        return status_fail(STATUS_MEMORY, "no memory for a picture");
    enum status result = a->follow > 0 ? follow(a, d) : draw_once(a, d);
    free_drawing(d);
    free(d);
    return result;
}

#define FIELD(member) OPTION_FIELD(struct arguments, member)
static const struct option_row options[] = {
    {"metric", 'm', "LIST", NULL,
     "what to draw: score, raw_return, length, success, or columns of the curve "
     "(loss_critic,q_mean); otherwise score, losses, Q and entropy, as far as there are any",
     FIELD(metrics)},
    {"out", 'o', "FILE", NULL, "a picture (.png, .svg, .pdf) instead of text", FIELD(out)},
    {"sixel", 0, NULL, NULL, "a picture in a terminal that shows sixels", FIELD(sixel)},
    {"follow", 'f', "SECONDS", NULL, "draw again so often, until Ctrl-C", FIELD(follow), .low = 0.5,
     .high = 86400},
    {.name = NULL},
};

const struct command command_plot = {
    .name = "plot",
    .summary = "draw the curves of single runs in the terminal, while they run",
    .operands = "RUN...",
    .operand_help = "folders of runs, or their curve.h5",
    COMMAND_OPERAND(struct arguments, runs),
    .examples = {{"vitamin plot results/runs/lite/maze2d-umaze-v1/td3_odt/1", "a run as text"},
                 {"vitamin plot results/runs/lite/maze2d-umaze-v1 --metric score --out it.png",
                  "the scores of several"},
                 {"vitamin plot RUN --follow 5", "redrawn while it runs"}},
    .options = options,
    .arguments = sizeof(struct arguments),
    .run = plot,
};
