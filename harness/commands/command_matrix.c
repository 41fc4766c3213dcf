#include "harness/commands/command_matrix.h"

#include "engine/base/say.h"
#include "engine/base/threads.h"
#include "harness/base/argument.h"
#include "harness/base/progress.h"
#include "harness/base/report_program.h"
#include "harness/matrix/supply.h"
#include "harness/sweep/overview.h"
#include "harness/sweep/schedule.h"
#include "harness/sweep/sweep.h"
#include "suites/dataset_table.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HOMES = 64, LISTED = 10 };

struct arguments {
    struct sweep_options sweep;
    bool cells;         /* list them */
    const char *report; /* folder, or NULL: none */
};

static enum status parse(int argc, char **argv, struct arguments *a)
{
    struct sweep_options *s = &a->sweep;
    double gigabytes = 0;
    bool no_fetch = false;
    int rest;
    *a = (struct arguments){.sweep = {.checkpoint_every = 600}};
    TRY(argument_read(
        argc, argv,
        (const struct argument[]){{"preset", .text = &s->preset},
                                  {"results", .text = &s->results},
                                  {"data", .text = &s->data},
                                  {"cores", .whole = &s->cores, .low = 1, .high = 4096},
                                  {"memory", .number = &gigabytes, .low = 0.001, .high = 1e6},
                                  {"checkpoint-every", .number = &s->checkpoint_every, .high = 1e6},
                                  {"no-fetch", .flag = &no_fetch},
                                  {"report", .text = &a->report},
                                  {"cells", .flag = &a->cells},
                                  {.name = NULL}},
        &rest));
    s->memory = 1e9 * gigabytes;
    s->fetch = !no_fetch;
    if (argc - rest > 1)
        return status_fail(STATUS_CONFIG, "one matrix at a time: '%s' is one too many",
                           argv[rest + 1]);
    s->matrix = argv[rest]; /* NULL when there is none */
    return STATUS_OK;
}

static enum status need_matrix(const struct arguments *a, const char *command)
{
    if (a->sweep.matrix != NULL)
        return STATUS_OK;
    return status_fail(STATUS_CONFIG, "which matrix? `vitamin plan` lists them (vitamin %s MATRIX)",
                       command);
}

/* --- vitamin plan ----------------------------------------------------------------------------- */

static enum status list_matrices(void)
{
    for (int i = 0; matrix_name(i) != NULL; i++) {
        char name[CONFIG_NAME];
        struct matrix m;
        snprintf(name, sizeof name, "%s", matrix_name(i));
        TRY(matrix_load(name, NULL, &m));
        say("%-10s %5d cells  %s\n", name, m.cells, m.title);
        matrix_unload(&m);
    }
    return STATUS_OK;
}

static int missing(const struct matrix *m, const char *data, bool generated)
{
    int count = 0;
    for (int i = 0; i < m->sources; i++)
        count += m->source[i].generated == generated && !supply_is_there(&m->source[i], data);
    return count;
}

static void print_data(const struct matrix *m, const char *data)
{
    int made = missing(m, data, true), fetched = missing(m, data, false);
    printf("datasets   %d of %d are there", m->sources - made - fetched, m->sources);
    if (made > 0)
        printf(", %d will be made here", made);
    if (fetched > 0) {
        say(", %d are missing in '%s':", fetched, dataset_folder(data));
        for (int i = 0; i < m->sources; i++) {
            if (!m->source[i].generated && !supply_is_there(&m->source[i], data))
                say(" %s", m->source[i].dataset);
        }
        printf("\n           `vitamin data fetch ID` gets D4RL's file; `vitamin data generate ID "
               "--policy random` makes\n           a stand-in, and what is computed on it says so");
    }
    printf("\n");
}

/* Everything that is left, as a schedule on `cores` cores. */
static enum status print_expectation(const struct overview *o, int cores)
{
    struct schedule s;
    char wall[32], basis[96];
    snprintf(basis, sizeof basis, "%s",
             o->calibrated ? "at the speed that `sweep cost` has measured"
                           : "a guess: nothing has finished yet; `vitamin sweep cost` measures");
    TRY(schedule_init(o->m->cells, cores, 0, &s));
    for (int i = 0; i < s.jobs; i++) {
        s.job[i].left = o->left[i];
        s.job[i].round = o->round[i];
        if (run_folder_is_over(o->look[i].state))
            schedule_found(&s, i, SCHEDULE_OVER);
    }
    schedule_sort(&s);
    progress_duration(schedule_wall(&s), wall);
    if (o->cost.measured > 0)
        snprintf(basis, sizeof basis, "by what %d finished cells took", o->cost.measured);
    say("to go      %.3g core-hours, %s on %d cores (%s)\n", overview_left(o) / 3600, wall, cores,
        basis);
    schedule_free(&s);
    return STATUS_OK;
}

static enum status print_overview(const struct arguments *a, const struct overview *o)
{
    char counts[160];
    int cores = a->sweep.cores > 0 ? a->sweep.cores : threads_available();
    overview_counts(o, counts, sizeof counts);
    say("cells      %s\n", counts);
    overview_list_guides(o, stdout);
    TRY(print_expectation(o, cores));
    printf("results   ");
    for (int i = 0; matrix_home(o->m, i) != NULL; i++)
        say(" %s/%s", o->results != NULL ? o->results : "results/runs", matrix_home(o->m, i));
    printf("\n");
    return STATUS_OK;
}

/* Curves that lie there and cannot be read: their cells look as if they had never run. */
static enum status check_readable(const struct overview *o)
{
    int unreadable = 0, first = 0;
    for (int i = 0; i < o->m->cells; i++) {
        if (o->look[i].trouble != STATUS_OK && unreadable++ == 0)
            first = i;
    }
    if (unreadable == 0)
        return STATUS_OK;
    return status_fail(STATUS_FORMAT, "%d curve%s cannot be read; the first, of cell %d: %s",
                       unreadable, unreadable == 1 ? "" : "s", o->m->cell[first].number,
                       o->look[first].reason);
}

/* The parts that plan and status have in common. */
static enum status show(const struct arguments *a, bool plan)
{
    struct matrix m;
    struct overview o;
    TRY(matrix_load(a->sweep.matrix, a->sweep.preset, &m));
    enum status result = overview_init(&m, a->sweep.results, &o);
    if (result != STATUS_OK) {
        matrix_unload(&m);
        return result;
    }
    say("%s: %s\n", m.name, m.title);
    result = print_overview(a, &o);
    if (plan)
        print_data(&m, a->sweep.data);
    if (a->cells) {
        overview_list(&o, FOLDER_STATE_COUNT, m.cells, stdout);
    } else if (!plan) {
        overview_list(&o, FOLDER_RUNNING, m.cells, stdout);
        overview_list(&o, FOLDER_FAILED, LISTED, stdout);
        overview_list(&o, FOLDER_DIVERGED, LISTED, stdout);
    }
    if (result == STATUS_OK && !plan)
        result = check_readable(&o);
    overview_free(&o);
    matrix_unload(&m);
    return result;
}

static enum status run_plan(int argc, char **argv)
{
    struct arguments a;
    TRY(parse(argc, argv, &a));
    return a.sweep.matrix == NULL ? list_matrices() : show(&a, true);
}

static enum status run_status(int argc, char **argv)
{
    struct arguments a;
    TRY(parse(argc, argv, &a));
    TRY(need_matrix(&a, "status"));
    return show(&a, false);
}

const struct command command_plan = {
    .name = "plan",
    .usage = "[MATRIX|FILE.ini] [--cells] [--preset paper|code] [--results FOLDER]\n"
             "        [--data FOLDER] [--cores N]",
    .help = "the cells of a matrix, what is done and what the rest will take",
    .run = run_plan,
};

const struct command command_status = {
    .name = "status",
    .usage = "MATRIX|FILE.ini [--cells] [--preset paper|code] [--results FOLDER]",
    .help = "how far a matrix is: what runs, what failed and why",
    .run = run_status,
};

/* --- vitamin sweep ---------------------------------------------------------------------------- */

/* Becomes the report of the folders that the matrix lives in. */
static enum status become_report(const struct arguments *a, const struct matrix *m)
{
    static char folder[HOMES][FILE_PATH];
    char *argv[HOMES + 8] = {"report"};
    int argc = 1;
    const char *results = a->sweep.results != NULL ? a->sweep.results : "results/runs";
    for (int i = 0; matrix_home(m, i) != NULL && i < HOMES; i++) {
        bool there;
        TRY(file_path(folder[i], "%s/%s", results, matrix_home(m, i)));
        TRY(file_look(folder[i], &there));
        if (there)
            argv[argc++] = folder[i];
    }
    argv[argc++] = "--out";
    argv[argc++] = (char *)a->report;
    argv[argc] = NULL;
    return report_program_start(argv);
}

/* In a process of its own, to say afterwards where it is. */
static enum status make_report(const struct arguments *a, const struct matrix *m)
{
    char page[FILE_PATH], whole[PATH_MAX];
    int status;
    fflush(NULL);
    pid_t child = fork();
    if (child < 0)
        return status_fail(STATUS_IO, "no process for the report: %s", strerror(errno));
    if (child == 0) {
        (void)become_report(a, m);
        say_to(stderr, "vitamin report: %s\n", status_sentence());
        _exit(1);
    }
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return status_fail(
            STATUS_IO, "the report of %s could not be made, or not of all (see above)", m->name);
    TRY(file_path(page, "%s/index.html", a->report));
    say("\nThe report is in %s\n", realpath(page, whole) != NULL ? whole : page);
    return STATUS_OK;
}

/* What is there is worth a report, also when some cells have failed or lack their data. */
static bool deserves_report(enum status result)
{
    return result == STATUS_OK || result == STATUS_FORMAT || result == STATUS_MISSING;
}

static enum status run_sweep(int argc, char **argv)
{
    struct arguments a;
    struct matrix m;
    struct status_note note;
    TRY(parse(argc, argv, &a));
    TRY(need_matrix(&a, "sweep"));
    TRY(matrix_load(a.sweep.matrix, a.sweep.preset, &m));
    enum status result = sweep_run(&m, &a.sweep);
    if (a.report != NULL && deserves_report(result)) {
        status_save(&note, result);
        enum status reported = make_report(&a, &m);
        result = note.code != STATUS_OK ? status_restore(&note) : reported;
    }
    matrix_unload(&m);
    return result;
}

const struct command command_sweep = {
    .name = "sweep",
    .usage =
        "MATRIX|FILE.ini [--preset paper|code] [--results FOLDER] [--data FOLDER]\n"
        "        [--cores N] [--memory GB] [--checkpoint-every SECONDS] [--no-fetch]\n"
        "        [--report FOLDER]\n\n"
        "Gets the datasets, runs every cell that is not done, then with --report makes the\n"
        "report. Ctrl-C stops with checkpoints; the same command goes on. Any number of sweeps\n"
        "may share a results folder. Exit status: 0 all done, 1 cells or datasets failed, 3\n"
        "stopped",
    .help = "run a matrix on this machine, or go on with it",
    .run = run_sweep,
};
