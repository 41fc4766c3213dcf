#include "harness/commands/command.h"

#include "engine/base/say.h"
#include "engine/base/threads.h"
#include "harness/base/progress.h"
#include "harness/base/report_program.h"
#include "harness/base/terminal.h"
#include "harness/matrix/supply.h"
#include "harness/run/run.h"
#include "harness/sweep/overview.h"
#include "harness/sweep/sweep.h"
#include "suites/dataset_table.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

enum { HOMES = 64, LISTED = 10, LISTED_INDENT = 32, INDENT = 11 /* behind the names of lines */ };

struct arguments {
    struct sweep_options sweep;
    double gigabytes;
    bool no_fetch;
    bool cells;         /* list them */
    const char *report; /* folder, or NULL: none */
};

#define FIELD(member) OPTION_FIELD(struct arguments, member)
#define OPTION_CORES                                                                               \
    {                                                                                              \
        "cores", 'j', "N", NULL, "cores to use or to plan for, instead of all",                    \
            FIELD(sweep.cores), .low = 1, .high = 4096                                             \
    }
#define MATRIX_HELP "a matrix (`vitamin plan` lists them), or the path of a file of your own"

static const struct option_row overview_options[] = {
    {"cells", 0, NULL, NULL, "list every cell", FIELD(cells)},
    OPTION_PRESET(struct arguments, sweep.preset, ),
    OPTION_RESULTS(struct arguments, sweep.results),
    OPTION_DATA(struct arguments, sweep.data),
    OPTION_CORES,
    {.name = NULL},
};

static const struct option_row sweep_table[] = {
    OPTION_PRESET(struct arguments, sweep.preset, ),
    OPTION_RESULTS(struct arguments, sweep.results),
    OPTION_DATA(struct arguments, sweep.data),
    OPTION_CORES,
    {"memory", 0, "GB", NULL, "memory for all runs together, instead of what is free",
     FIELD(gigabytes), .low = 0.001, .high = 1e6},
    {"checkpoint-every", 0, "SECONDS", "600", "how often a run saves its state",
     FIELD(sweep.checkpoint_every), .high = 1e6},
    {"keep-policy", 0, NULL, NULL,
     "policies that runs leave as files, instead of what the matrix says (docs/policies.md)",
     FIELD(sweep.keep), .choices = RUN_KEEP_WORDS},
    {"no-fetch", 0, NULL, NULL, "download no datasets", FIELD(no_fetch)},
    {"report", 0, "FOLDER", NULL, "make the report there at the end", FIELD(report)},
    {.name = NULL},
};

/* --- vitamin plan ----------------------------------------------------------------------------- */

static enum status list_matrices(void)
{
    for (int i = 0; matrix_name(i) != NULL; i++) {
        char name[CONFIG_NAME];
        struct matrix m;
        snprintf(name, sizeof name, "%s", matrix_name(i));
        TRY(matrix_load(name, NULL, &m));
        char label[CONFIG_NAME + 32];
        snprintf(label, sizeof label, "%-18s %5d cells  ", name, m.cells);
        terminal_say(stdout, LISTED_INDENT, label, "%s", m.title);
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
    char counts[160], list[2048];
    size_t used = (size_t)snprintf(counts, sizeof counts, "%d of %d present",
                                   m->sources - made - fetched, m->sources);
    if (made > 0)
        used += (size_t)snprintf(counts + used, sizeof counts - used, ", %d to be generated", made);
    if (fetched > 0)
        snprintf(counts + used, sizeof counts - used, ", %d missing", fetched);
    terminal_say(stdout, INDENT, "datasets", "%s", counts);
    if (fetched == 0)
        return;
    used = 0;
    for (int i = 0; i < m->sources && used < sizeof list; i++) {
        const char *id = m->source[i].dataset;
        const struct dataset_entry *e = dataset_counterpart(id);
        if (m->source[i].generated || supply_is_there(&m->source[i], data))
            continue;
        used += (size_t)snprintf(list + used, sizeof list - used, " %s%s%s%s", id,
                                 e != NULL ? " (or " : "", e != NULL ? e->id : "",
                                 e != NULL ? ")" : "");
    }
    terminal_say(stdout, INDENT, "missing", "in '%s':%s", dataset_folder(data), list);
    terminal_say(stdout, INDENT, "",
                 "`vitamin data get %s` gets D4RL's files; `vitamin data generate ID --policy "
                 "random` makes a stand-in, and its results are labelled as such",
                 m->name);
}

static enum status print_expectation(const struct overview *o, int cores)
{
    char wall[32], hours[OVERVIEW_HOURS], basis[COST_BASIS];
    double seconds;
    TRY(overview_wall(o, cores, false, &seconds));
    progress_duration(seconds, wall);
    cost_basis(&o->cost, basis);
    overview_hours(o, hours);
    terminal_say(stdout, INDENT, "remaining", "%s, %s on %d core%s", hours, wall, cores,
                 cores == 1 ? "" : "s");
    terminal_say(stdout, INDENT, "", "%s", basis);
    return STATUS_OK;
}

static enum status print_overview(const struct arguments *a, const struct overview *o)
{
    char counts[160], homes[HOMES * CONFIG_NAME] = "";
    size_t used = 0;
    int cores = a->sweep.cores > 0 ? a->sweep.cores : threads_available();
    overview_counts(o, counts, sizeof counts);
    terminal_say(stdout, INDENT, "cells", "%s", counts);
    overview_list_guides(o, stdout);
    TRY(print_expectation(o, cores));
    for (int i = 0; matrix_home(o->m, i) != NULL && used < sizeof homes; i++)
        used += (size_t)snprintf(homes + used, sizeof homes - used, "%s%s", i > 0 ? " " : "",
                                 matrix_home(o->m, i));
    terminal_say(stdout, INDENT, "results", "%s%s%s", o->results,
                 matrix_home(o->m, 1) == NULL ? "/" : ": ", homes);
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
static enum status show_overview(const struct arguments *a, bool plan)
{
    struct matrix m;
    struct overview o;
    TRY(matrix_load(a->sweep.matrix, a->sweep.preset, &m));
    enum status result = overview_init(&m, a->sweep.results, a->sweep.data, &o);
    if (result != STATUS_OK) {
        matrix_unload(&m);
        return result;
    }
    terminal_say(stdout, 0, "", "%s: %s", m.name, m.title);
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
    if (result == STATUS_OK)
        result = check_readable(&o);
    overview_free(&o);
    matrix_unload(&m);
    return result;
}

static enum status run_plan(void *context)
{
    const struct arguments *a = context;
    return a->sweep.matrix == NULL ? list_matrices() : show_overview(a, true);
}

static enum status run_status(void *context)
{
    return show_overview(context, false);
}

const struct command command_plan = {
    .name = "plan",
    .summary = "show the cells of a matrix, what is done and what the rest will take",
    .operands = "[MATRIX|FILE.ini]",
    .operand_help = MATRIX_HELP "; without one, list the matrices",
    COMMAND_OPERAND(struct arguments, sweep.matrix),
    .examples = {{"vitamin plan", "list the matrices"},
                 {"vitamin plan lite --preset code -j 8", "what a matrix takes on eight cores"},
                 {"vitamin plan smoke --cells", "its cells, with their numbers"}},
    .options = overview_options,
    .arguments = sizeof(struct arguments),
    .run = run_plan,
};

const struct command command_status = {
    .name = "status",
    .summary = "show how far a matrix is: what is running, what failed and why",
    .operands = "MATRIX|FILE.ini",
    .operand_help = MATRIX_HELP,
    COMMAND_OPERAND(struct arguments, sweep.matrix),
    .examples = {{"vitamin status smoke", "counts, running cells, failures"},
                 {"watch vitamin status smoke", "again every two seconds"}},
    .options = overview_options,
    .arguments = sizeof(struct arguments),
    .run = run_status,
};

/* --- vitamin sweep ---------------------------------------------------------------------------- */

/* The report of the folders that the matrix lives in. */
static enum status make_report(const struct arguments *a, const struct matrix *m)
{
    static char folder[HOMES][FILE_PATH];
    char *argv[HOMES + 8] = {"report"}, page[FILE_PATH], whole[PATH_MAX];
    int argc = 1;
    for (int i = 0; matrix_home(m, i) != NULL && i < HOMES; i++) {
        bool there;
        TRY(file_path(folder[i], "%s/%s", a->sweep.results, matrix_home(m, i)));
        TRY(file_look(folder[i], &there));
        if (there)
            argv[argc++] = folder[i];
    }
    argv[argc++] = "--out";
    argv[argc++] = (char *)a->report;
    argv[argc] = NULL;
    enum status result = report_program_run(argv);
    if (result != STATUS_OK)
        return status_prefix(result, "the report of %s is missing or not complete", m->name);
    TRY(file_path(page, "%s/index.html", a->report));
    say("\nThe report is in %s\n", realpath(page, whole) != NULL ? whole : page);
    return STATUS_OK;
}

/* Also when some cells have failed or lack their data. */
static bool deserves_report(enum status result)
{
    return result == STATUS_OK || result == STATUS_FORMAT || result == STATUS_MISSING;
}

static enum status run_sweep(void *context)
{
    struct arguments *a = context;
    struct matrix m;
    struct status_note note;
    a->sweep.memory = 1e9 * a->gigabytes;
    a->sweep.fetch = !a->no_fetch;
    TRY(matrix_load(a->sweep.matrix, a->sweep.preset, &m));
    enum status result = sweep_run(&m, &a->sweep);
    if (a->report != NULL && deserves_report(result)) {
        status_save(&note, result);
        enum status reported = make_report(a, &m);
        result = note.code != STATUS_OK ? status_restore(&note) : reported;
    }
    matrix_unload(&m);
    return result;
}

const struct command command_sweep = {
    .name = "sweep",
    .summary = "run a matrix on this machine, or resume it",
    .description =
        "Gets the datasets, runs every cell that is not done, then makes the report if asked to. "
        "Ctrl-C stops with checkpoints; the same command resumes. Any number of sweeps may share a "
        "results folder.\n\n"
        "Exit status: 0 all done, 1 cells or datasets failed, 2 usage error, 3 stopped.",
    .operands = "MATRIX|FILE.ini",
    .operand_help = MATRIX_HELP,
    COMMAND_OPERAND(struct arguments, sweep.matrix),
    .examples = {{"vitamin sweep smoke --report out/smoke",
                  "everything end to end in minutes, on generated data"},
                 {"vitamin sweep ./mine.ini --cores 8 --memory 32",
                  "your own matrix, within limits"}},
    .options = sweep_table,
    .arguments = sizeof(struct arguments),
    .run = run_sweep,
};
