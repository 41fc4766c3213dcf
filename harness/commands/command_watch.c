/* A live view of the runs under way. */
#include "harness/commands/command.h"

#include "engine/base/memory.h"
#include "engine/base/say.h"
#include "engine/base/stop.h"
#include "harness/base/progress.h"
#include "harness/base/terminal.h"
#include "harness/matrix/matrix.h"
#include "harness/matrix/record.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SPARK = 24, LINE = 512, NAP = 100 /* ms */ };

struct arguments {
    const char *folder;
    double interval;
    bool once;
};

struct view {
    bool live, utf8;
    int lines; /* that stand on the terminal */
    const volatile sig_atomic_t *stop;
    struct seen { /* elsewhere: what has been printed of a run */
        char name[FILE_PATH];
        int evaluations;
    } * seen;
    int seens;
};

/* --- one run ---------------------------------------------------------------------------------- */

/* Its scores so far as a line of marks. */
static void draw_scores(const struct record *r, bool utf8, char out[SPARK * TERMINAL_SPARK + 1])
{
    struct curve c;
    double *score;
    out[0] = '\0';
    if (record_curve(r, &c) != STATUS_OK)
        return;
    score = calloc((size_t)c.evaluations + 1, sizeof *score);
    for (int i = 0; i < c.evaluations && score != NULL; i++)
        score[i] = curve_mean_score(&c, i);
    if (score != NULL)
        terminal_sparkline(score, c.evaluations, SPARK, utf8, out, SPARK * TERMINAL_SPARK + 1);
    free(score);
    curve_free(&c);
}

/* How long nothing has been written: "4 min ago". */
static void tell_age(const struct record *r, char out[48])
{
    char path[FILE_PATH], age[32];
    struct stat info;
    out[0] = '\0';
    if (file_path(path, "%s/curve.h5", r->folder) != STATUS_OK || stat(path, &info) != 0)
        return;
    progress_duration(difftime(time(NULL), info.st_mtime), age);
    snprintf(out, 48, "%s ago", age);
}

static void describe(const struct record *r, bool utf8, char line[LINE])
{
    char name[RECORD_TITLE], scores[SPARK * TERMINAL_SPARK + 1], age[48], score[24] = "",
                                                                          share[24] = "";
    record_title(r, name);
    draw_scores(r, utf8, scores);
    tell_age(r, age);
    if (isfinite(r->look.last_score))
        snprintf(score, sizeof score, "%.1f", r->look.last_score);
    if (r->look.budget > 0)
        snprintf(share, sizeof share, "%.0f %%",
                 fmin(100.0 * (double)r->look.transitions / (double)r->look.budget, 100));
    /* The marks last: their bytes are more than their columns, and what is too long is cut. */
    snprintf(line, LINE, "%-40s %7s %6s %11s  %s", name, score, share, age, scores);
}

/* --- all of them ------------------------------------------------------------------------------ */

static void count_states(const struct record_list *list, char line[LINE])
{
    int of[FOLDER_STATE_COUNT] = {0}, unreadable = 0;
    size_t used = 0;
    for (int i = 0; i < list->count; i++) {
        if (list->record[i].look.readable)
            of[list->record[i].look.state]++;
        else
            unreadable++;
    }
    line[0] = '\0';
    for (int s = 0; s < FOLDER_STATE_COUNT; s++) {
        if (of[s] > 0)
            used += (size_t)snprintf(line + used, LINE - used, "%s%d %s", used > 0 ? ", " : "",
                                     of[s], run_folder_word((enum folder_state)s));
    }
    if (unreadable > 0)
        snprintf(line + used, LINE - used, "%s%d unreadable", used > 0 ? ", " : "", unreadable);
}

/* The bytes of the first `columns` characters of a line. */
static int bytes_of(const char *line, int columns)
{
    int n = 0;
    for (; line[n] != '\0'; n++) {
        bool begins = ((unsigned char)line[n] & 0xc0) != 0x80;
        if (begins && columns-- == 0)
            break;
    }
    return n;
}

static void put_line(struct view *v, const char *line)
{
    say("%.*s\n", bytes_of(line, v->live ? terminal_columns(stdout, 79) : LINE), line);
    v->lines++;
}

/* On a terminal: what stands there is written over. */
static void redraw(struct view *v, const struct record_list *list)
{
    char line[LINE];
    int rows = terminal_rows(stdout, 24) - 3, hidden = 0;
    if (v->lines > 0)
        printf("\r\033[%dA\033[J", v->lines);
    v->lines = 0;
    count_states(list, line);
    put_line(v, list->count > 0 ? line : "no run has begun");
    for (int i = 0; i < list->count; i++) {
        if (list->record[i].look.state != FOLDER_RUNNING)
            continue;
        if (v->lines > rows) {
            hidden++;
            continue;
        }
        describe(&list->record[i], v->utf8, line);
        put_line(v, line);
    }
    if (hidden > 0) {
        snprintf(line, sizeof line, "and %d more", hidden);
        put_line(v, line);
    }
}

/* Whether there is something new of this run; then it counts as told. */
static bool is_news(struct view *v, const struct record *r)
{
    for (int i = 0; i < v->seens; i++) {
        if (strcmp(v->seen[i].name, r->name) == 0) {
            bool news = v->seen[i].evaluations != r->look.evaluations;
            v->seen[i].evaluations = r->look.evaluations;
            return news;
        }
    }
    if (memory_grow((void **)&v->seen, v->seens, sizeof *v->seen, "the view") == STATUS_OK) {
        struct seen *s = &v->seen[v->seens++];
        memcpy(s->name, r->name, sizeof r->name);
        s->evaluations = r->look.evaluations;
    }
    return true;
}

/* Elsewhere: a line for each evaluation. */
static void print_news(struct view *v, const struct record_list *list)
{
    char line[LINE];
    for (int i = 0; i < list->count; i++) {
        if (list->record[i].look.state != FOLDER_RUNNING || !is_news(v, &list->record[i]))
            continue;
        describe(&list->record[i], v->utf8, line);
        put_line(v, line);
    }
}

/* What lies there and cannot be read, and why. */
static void print_unreadable(const struct record_list *list)
{
    for (int i = 0; i < list->count; i++) {
        const struct record *r = &list->record[i];
        if (!r->look.readable)
            say("%s: %s\n", r->name, r->look.reason);
    }
}

static int running_of(const struct record_list *list)
{
    int n = 0;
    for (int i = 0; i < list->count; i++)
        n += list->record[i].look.state == FOLDER_RUNNING;
    return n;
}

/* A folder in which nothing has begun is no error while one waits. */
static enum status look(const struct arguments *a, struct view *v, int *running)
{
    struct record_list list = {.count = 0};
    char line[LINE];
    enum status result = record_read(a->folder, &list);
    if (result != STATUS_OK && (result != STATUS_MISSING || !v->live || a->once))
        return result;
    *running = running_of(&list);
    if (v->live)
        redraw(v, &list);
    else
        print_news(v, &list);
    bool last = a->once || (!v->live && *running == 0);
    if (!v->live && last) {
        print_unreadable(&list);
        count_states(&list, line);
        put_line(v, line);
    }
    if (fflush(stdout) != 0)
        result = status_fail(STATUS_IO, "stdout cannot be written");
    else
        result = last ? record_all_readable(&list) : STATUS_OK;
    record_free(&list);
    return result;
}

static void wait_for(const struct view *v, double seconds)
{
    const struct timespec nap = {.tv_nsec = NAP * 1000000};
    for (double waited = 0; waited < seconds && *v->stop == 0; waited += NAP / 1000.0)
        nanosleep(&nap, NULL);
}

static enum status watch(void *context)
{
    struct arguments *a = context;
    struct view v = {
        .live = terminal_is_live(stdout), .utf8 = terminal_has_utf8(), .stop = stop_catch()};
    enum status result;
    int running = 0;
    do {
        struct timespec began;
        clock_gettime(CLOCK_MONOTONIC, &began);
        result = look(a, &v, &running);
        if (result != STATUS_OK || a->once || (!v.live && running == 0))
            break;
        /* Thousands of runs take seconds to look at: then less often. */
        wait_for(&v, fmax(a->interval, 4 * progress_since(&began)));
    } while (*v.stop == 0);
    if (v.live && *v.stop != 0)
        putchar('\n'); /* behind Ctrl-C's echo */
    free(v.seen);
    return result;
}

#define FIELD(member) OPTION_FIELD(struct arguments, member)
static const struct option_row options[] = {
    {"interval", 'n', "SECONDS", "2", "how often to look", FIELD(interval), .low = 0.1,
     .high = 86400},
    {"once", '1', NULL, NULL, "look once", FIELD(once)},
    {.name = NULL},
};

const struct command command_watch = {
    .name = "watch",
    .summary = "watch the runs under way: scores, how far they are, when they last wrote",
    .description =
        "On a terminal the view is redrawn in place, until Ctrl-C. Elsewhere each evaluation of a "
        "running run is a line, and it ends when none is running.\n\n"
        "Exit status: 0 done, 1 also when a curve cannot be read at the last look, 2 usage error.",
    .operands = "[RESULTS]",
    .operand_help = "a folder of runs",
    .operand_standard = MATRIX_RESULTS,
    COMMAND_OPERAND(struct arguments, folder),
    .examples = {{"vitamin watch", "all runs of results/runs"},
                 {"vitamin watch out/smoke/runs -n 0.5", "twice a second"}},
    .options = options,
    .arguments = sizeof(struct arguments),
    .run = watch,
};
