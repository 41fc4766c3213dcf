#include "harness/sweep/sweep.h"

#include "engine/base/cgroup.h"
#include "engine/base/stop.h"
#include "engine/base/threads.h"
#include "harness/base/child.h"
#include "harness/base/exit_status.h"
#include "harness/base/progress.h"
#include "harness/matrix/supply.h"
#include "harness/sweep/display.h"
#include "suites/dataset_table.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Seconds between two looks at cells that do not run here, and at children that do not end. */
static const double LOOK_EVERY = 2, WAIT = 0.25;

enum supply_state { SUPPLY_UNKNOWN, SUPPLY_THERE, SUPPLY_GETTING, SUPPLY_FAILED };

/* A child: a cell's run, or a dataset in the making. */
struct slot {
    struct child child;
    int cell, source; /* -1: not this kind */
};

struct sweep {
    const struct matrix *m;
    const struct sweep_options *o;
    struct overview overview;
    struct schedule schedule;
    struct display display;
    struct slot *slot; /* (cores) */
    int slots, used;
    enum supply_state *supply; /* (m->sources) */
    int *source_of;            /* (m->cells); -1: needs none */
    time_t *failed_before;     /* (m->cells): failures that are tried again */
    sigset_t signals;
    struct timespec looked;
    int stopping; /* signals received, or 1 for a reason of our own */
    bool disk_full;
};

/* --- set-up ----------------------------------------------------------------------------------- */

static bool has_data(const struct sweep *w, int cell)
{
    int source = w->source_of[cell];
    return source < 0 || w->supply[source] == SUPPLY_THERE;
}

/* What a cell's look means for the schedule; a failure of an earlier sweep is tried again. */
static enum schedule_state state_of(const struct sweep *w, int cell)
{
    const struct run_folder *look = &w->overview.look[cell];
    switch (look->state) {
    case FOLDER_DONE:
    case FOLDER_DIVERGED:
        return SCHEDULE_OVER;
    case FOLDER_RUNNING:
        return SCHEDULE_ELSEWHERE;
    case FOLDER_FAILED:
        /* failed_at is 0 for another configuration's result: trying again would not help. */
        if (look->failed_at == 0 || look->failed_at != w->failed_before[cell])
            return SCHEDULE_FAILED;
        break;
    default:
        break;
    }
    return !w->overview.waits[cell] && has_data(w, cell) ? SCHEDULE_READY : SCHEDULE_BLOCKED;
}

static void fill_job(struct sweep *w, int cell)
{
    struct schedule_job *job = &w->schedule.job[cell];
    job->left = w->overview.left[cell];
    job->round = w->overview.round[cell];
    job->memory = cost_memory(&w->m->cell[cell]);
}

/* Bytes that are free for runs: of the machine and of the cgroup. */
static double memory_available(void)
{
    double kilobytes, bytes = (double)INFINITY;
    char line[256];
    FILE *file = fopen("/proc/meminfo", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "MemAvailable: %lf", &kilobytes) == 1)
            bytes = 1024 * kilobytes;
    }
    if (file != NULL)
        fclose(file);
    bytes = fmin(bytes, cgroup_limits("").memory);
    return isfinite(bytes) ? 0.9 * bytes : 4e9;
}

static enum status init(struct sweep *w)
{
    size_t cells = (size_t)w->m->cells;
    int cores = w->o->cores > 0 ? w->o->cores : threads_available();
    double memory = w->o->memory > 0 ? w->o->memory : memory_available();
    TRY(overview_init(w->m, w->o->results, w->o->data, &w->overview));
    TRY(schedule_init(w->m->cells, cores, (size_t)memory, &w->schedule));
    w->slot = calloc((size_t)cores, sizeof *w->slot);
    w->supply = calloc((size_t)w->m->sources + 1, sizeof *w->supply);
    w->source_of = calloc(cells, sizeof *w->source_of);
    w->failed_before = calloc(cells, sizeof *w->failed_before);
    w->slots = cores;
    if (w->slot == NULL || w->supply == NULL || w->source_of == NULL || w->failed_before == NULL)
        return status_fail(STATUS_MEMORY, "no memory for %d cells", w->m->cells);
    for (int i = 0; i < w->m->cells; i++) {
        const struct matrix_source *s = supply_of(w->m, w->m->cell[i].dataset);
        w->source_of[i] = s != NULL ? (int)(s - w->m->source) : -1;
        w->failed_before[i] = w->overview.look[i].failed_at;
        fill_job(w, i);
    }
    schedule_sort(&w->schedule);
    display_init(&w->display, stdout);
    return STATUS_OK;
}

static void free_sweep(struct sweep *w)
{
    overview_free(&w->overview);
    schedule_free(&w->schedule);
    free(w->slot);
    free(w->supply);
    free(w->source_of);
    free(w->failed_before);
}

/* Handled by sigtimedwait only, so there is no moment at which one could be lost. */
static void block_signals(struct sweep *w, sigset_t *before)
{
    sigemptyset(&w->signals);
    sigaddset(&w->signals, SIGCHLD);
    for (const int *signal = stop_signals; *signal != 0; signal++) {
        /* A signal that is ignored would be delivered once it is blocked. */
        if (!stop_is_ignored(*signal))
            sigaddset(&w->signals, *signal);
    }
    sigprocmask(SIG_BLOCK, &w->signals, before);
}

/* --- looking ---------------------------------------------------------------------------------- */

static void look_at(struct sweep *w, int cell)
{
    enum schedule_state now = w->schedule.job[cell].state;
    overview_look(&w->overview, cell);
    if (now != SCHEDULE_HERE)
        schedule_found(&w->schedule, cell, state_of(w, cell));
}

/* Other schedulers change things too. */
static void look_around(struct sweep *w)
{
    for (int i = 0; i < w->m->sources; i++) {
        if (w->supply[i] != SUPPLY_GETTING && supply_is_there(&w->m->source[i], w->o->data))
            w->supply[i] = SUPPLY_THERE;
    }
    for (int i = 0; i < w->m->cells; i++) {
        enum schedule_state state = w->schedule.job[i].state;
        if (state != SCHEDULE_OVER && state != SCHEDULE_FAILED)
            look_at(w, i);
    }
    overview_measure(&w->overview);
    for (int i = 0; i < w->m->cells; i++)
        w->schedule.job[i].left = w->overview.left[i];
    clock_gettime(CLOCK_MONOTONIC, &w->looked);
}

/* --- starting --------------------------------------------------------------------------------- */

static struct slot *take_slot(struct sweep *w)
{
    for (int i = 0; i < w->slots; i++) {
        if (w->slot[i].child.pid == 0)
            return &w->slot[i];
    }
    return NULL;
}

static void stop(struct sweep *w, int signal)
{
    for (int i = 0; i < w->slots; i++) {
        if (w->slot[i].child.pid > 0)
            child_signal(&w->slot[i].child, signal);
    }
}

/* Adds "--option value" unless there is none. */
static int add_option(const char *argv[], int argc, const char *option, const char *value)
{
    if (value == NULL)
        return argc;
    argv[argc++] = option;
    argv[argc++] = value;
    return argc;
}

static enum status start_cell(struct sweep *w, int cell, int threads)
{
    struct slot *slot = take_slot(w);
    const char *argv[32] = {"run", "--matrix", w->o->matrix, "--quiet"};
    char number[16], cores[16], every[32];
    int argc = 4;
    snprintf(number, sizeof number, "%d", w->m->cell[cell].number);
    snprintf(cores, sizeof cores, "%d", threads);
    snprintf(every, sizeof every, "%g", w->o->checkpoint_every);
    argc = add_option(argv, argc, "--cell", number);
    argc = add_option(argv, argc, "--preset", w->o->preset);
    argc = add_option(argv, argc, "--results", w->o->results);
    argc = add_option(argv, argc, "--data", w->o->data);
    argc = add_option(argv, argc, "--keep-policy", w->o->keep);
    argc = add_option(argv, argc, "--threads", cores);
    argc = add_option(argv, argc, "--checkpoint-every", every);
    TRY(child_start((char *const *)argv, &slot->child));
    slot->cell = cell;
    slot->source = -1;
    schedule_start(&w->schedule, cell, threads);
    return STATUS_OK;
}

static enum status start_source(struct sweep *w, int source)
{
    struct slot *slot = take_slot(w);
    const char *argv[32] = {"data", "get", w->o->matrix, w->m->source[source].dataset};
    int argc = add_option(argv, 4, "--preset", w->o->preset);
    argc = add_option(argv, argc, "--data", w->o->data);
    TRY(child_start((char *const *)argv, &slot->child));
    slot->cell = -1;
    slot->source = source;
    w->supply[source] = SUPPLY_GETTING;
    schedule_take_core(&w->schedule);
    display_say(&w->display, "%s %s", w->m->source[source].generated ? "generating" : "fetching",
                w->m->source[source].dataset);
    return STATUS_OK;
}

/* The dataset that the first waiting cell in order wants, or -1. */
static int next_source(const struct sweep *w)
{
    for (int i = 0; i < w->m->cells; i++) {
        int cell = w->schedule.order[i], source = w->source_of[cell];
        if (w->schedule.job[cell].state == SCHEDULE_BLOCKED && source >= 0 &&
            w->supply[source] == SUPPLY_UNKNOWN && (w->m->source[source].generated || w->o->fetch))
            return source;
    }
    return -1;
}

/* Datasets first: more cells can start then. */
static enum status start_all(struct sweep *w)
{
    for (int source; w->schedule.cores_used < w->schedule.cores;) {
        if ((source = next_source(w)) < 0)
            break;
        TRY(start_source(w, source));
    }
    for (int cell, threads; (cell = schedule_next(&w->schedule, &threads)) >= 0;) {
        /* Somebody else may have started or finished it since the last look. */
        look_at(w, cell);
        if (w->schedule.job[cell].state == SCHEDULE_READY)
            TRY(start_cell(w, cell, threads));
    }
    return STATUS_OK;
}

/* --- endings ---------------------------------------------------------------------------------- */

static bool means_full_disk(const char *words)
{
    return strstr(words, "disk is full") != NULL || strstr(words, "is the disk full") != NULL;
}

static void fail_cell(struct sweep *w, int cell, const char *reason)
{
    char name[4 * CONFIG_NAME], folder[FILE_PATH];
    matrix_describe(&w->m->cell[cell], name, sizeof name);
    const struct run_folder *look = &w->overview.look[cell];
    /* It records what it can itself. */
    if ((look->state != FOLDER_FAILED || look->failed_at == w->failed_before[cell]) &&
        matrix_folder(&w->m->cell[cell], w->o->results, folder) == STATUS_OK)
        (void)run_folder_fail(folder, reason);
    overview_look(&w->overview, cell);
    display_say(&w->display, "failed: cell %d, %s: %s", w->m->cell[cell].number, name, reason);
}

static void finish_cell(struct sweep *w, int cell)
{
    char name[4 * CONFIG_NAME], time[32];
    const struct run_folder *look = &w->overview.look[cell];
    schedule_end(&w->schedule, cell, SCHEDULE_OVER);
    matrix_describe(&w->m->cell[cell], name, sizeof name);
    progress_duration(look->seconds, time);
    display_say(&w->display, "%s: %s, score %.1f -> %.1f, %s (%d of %d)",
                run_folder_word(look->state), name, look->first_score, look->last_score, time,
                w->schedule.count[SCHEDULE_OVER], w->m->cells);
}

static bool is_crash(int signal)
{
    return signal == SIGSEGV || signal == SIGABRT || signal == SIGBUS || signal == SIGFPE ||
           signal == SIGILL;
}

/* Killed (out of memory, most often) or stopped from outside. */
static void note_death(struct sweep *w, int cell, const char *how)
{
    char reason[256], name[4 * CONFIG_NAME];
    matrix_describe(&w->m->cell[cell], name, sizeof name);
    if (schedule_died(&w->schedule, cell) == SCHEDULE_FAILED) {
        snprintf(reason, sizeof reason, "%.200s, %d times; is there too little memory?", how,
                 w->schedule.job[cell].deaths);
        fail_cell(w, cell, reason);
        return;
    }
    display_say(&w->display, "%s: %s; resuming from its checkpoint", name, how);
}

static void end_cell(struct sweep *w, int cell, int status, const char *words)
{
    char reason[512];
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    overview_look(&w->overview, cell);
    if (code == 0 && run_folder_is_over(w->overview.look[cell].state)) {
        finish_cell(w, cell);
        return;
    }
    if (code == EXIT_BUSY || code == EXIT_WAITS) {
        schedule_end(&w->schedule, cell, code == EXIT_BUSY ? SCHEDULE_ELSEWHERE : SCHEDULE_BLOCKED);
        return;
    }
    if (w->stopping > 0 && (code < 0 || code == EXIT_INTERRUPTED)) {
        schedule_end(&w->schedule, cell, SCHEDULE_READY);
        return;
    }
    if (code == EXIT_INTERRUPTED) {
        note_death(w, cell, "stopped from outside");
        return;
    }
    if (WIFSIGNALED(status) && !is_crash(WTERMSIG(status))) {
        snprintf(reason, sizeof reason, "killed by signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
        note_death(w, cell, reason);
        return;
    }
    w->disk_full = w->disk_full || means_full_disk(words);
    if (WIFSIGNALED(status))
        snprintf(reason, sizeof reason, "crashed by signal %d (%s)%s%.300s", WTERMSIG(status),
                 strsignal(WTERMSIG(status)), *words != '\0' ? "; its last output: " : "", words);
    else
        snprintf(reason, sizeof reason, "%.500s",
                 *words != '\0' ? words : "it ended without saying why");
    schedule_end(&w->schedule, cell, SCHEDULE_FAILED);
    fail_cell(w, cell, reason);
}

static void end_source(struct sweep *w, int source, int status, const char *words)
{
    const struct matrix_source *s = &w->m->source[source];
    schedule_return_core(&w->schedule);
    bool there = WIFEXITED(status) && WEXITSTATUS(status) == 0 && supply_is_there(s, w->o->data);
    if (there)
        w->supply[source] = SUPPLY_THERE;
    else if (w->stopping > 0 || (WIFSIGNALED(status) && !is_crash(WTERMSIG(status))))
        w->supply[source] = SUPPLY_UNKNOWN; /* again */
    else {
        w->supply[source] = SUPPLY_FAILED;
        w->disk_full = w->disk_full || means_full_disk(words);
        display_say(&w->display, "no dataset %s: %s", s->dataset, words);
    }
    for (int i = 0; i < w->m->cells && there; i++) {
        if (w->source_of[i] == source && w->schedule.job[i].state == SCHEDULE_BLOCKED)
            schedule_found(&w->schedule, i, state_of(w, i));
    }
}

/* The sweep must not end before those are asked that waited for this one. */
static void look_at_guided(struct sweep *w, int guide)
{
    for (int i = 0; i < w->m->cells; i++) {
        if (w->m->cell[i].guide == w->m->cell[guide].number &&
            w->schedule.job[i].state == SCHEDULE_BLOCKED)
            look_at(w, i);
    }
}

static bool reap(struct sweep *w)
{
    bool any = false;
    for (int i = 0; i < w->slots; i++) {
        struct slot *slot = &w->slot[i];
        char words[512];
        int status;
        if (slot->child.pid == 0 || !child_ended(&slot->child, &status))
            continue;
        child_last_words(&slot->child, words, sizeof words);
        child_free(&slot->child);
        if (slot->cell >= 0) {
            end_cell(w, slot->cell, status, words);
            look_at_guided(w, slot->cell);
        } else {
            end_source(w, slot->source, status, words);
        }
        any = true;
    }
    return any;
}

static int running(const struct sweep *w)
{
    int count = 0;
    for (int i = 0; i < w->slots; i++)
        count += w->slot[i].child.pid > 0;
    return count;
}

/* --- the loop --------------------------------------------------------------------------------- */

static void begin_stop(struct sweep *w)
{
    int runs = running(w);
    w->stopping++;
    if (w->stopping == 1 && runs > 0)
        display_say(&w->display, "stopping: %d %s checkpoints; once more kills them", runs,
                    runs == 1 ? "process writes" : "processes write");
    stop(w, w->stopping == 1 ? SIGTERM : SIGKILL);
}

static void wait_for_something(struct sweep *w)
{
    const struct timespec most = {.tv_nsec = (long)(1e9 * WAIT)};
    int signal = sigtimedwait(&w->signals, NULL, &most);
    if (signal > 0 && signal != SIGCHLD && (w->stopping == 0 || stop_insists(signal)))
        begin_stop(w);
}

static enum status work_through(struct sweep *w)
{
    look_around(w);
    schedule_sort(&w->schedule); /* with measured costs */
    for (;;) {
        bool changed = reap(w);
        if (w->disk_full && w->stopping == 0)
            begin_stop(w);
        if (w->stopping == 0)
            TRY(start_all(w));
        if (running(w) == 0 && (w->stopping > 0 || schedule_is_over(&w->schedule)))
            return STATUS_OK;
        if (progress_since(&w->looked) >= LOOK_EVERY)
            look_around(w);
        display_show(&w->display, &w->overview, &w->schedule, changed && w->display.live);
        wait_for_something(w);
    }
}

/* How many cells lack their dataset; those that only lack their guide's policy: *guided. */
static int count_blocked(const struct sweep *w, int *guided)
{
    int missing = 0;
    *guided = 0;
    for (int i = 0; i < w->m->cells; i++) {
        if (w->schedule.job[i].state != SCHEDULE_BLOCKED)
            continue;
        missing += !has_data(w, i);
        *guided += has_data(w, i);
    }
    return missing;
}

static enum status verdict(struct sweep *w)
{
    char counts[160];
    int guided, missing = count_blocked(w, &guided), failed = w->schedule.count[SCHEDULE_FAILED];
    overview_counts(&w->overview, counts, sizeof counts);
    display_say(&w->display, "%s: %s", w->m->name, counts);
    overview_list(&w->overview, FOLDER_FAILED, 10, w->display.to);
    overview_list_guides(&w->overview, w->display.to);
    display_end(&w->display);
    if (w->disk_full)
        return status_fail(STATUS_IO,
                           "the disk is full; what is done is kept: free some space and give the "
                           "same command again");
    if (w->stopping > 0)
        return status_fail(STATUS_INTERRUPTED, "stopped; give the same command again to resume");
    if (missing > 0) {
        char ids[512] = "";
        size_t used = 0;
        for (int i = 0; i < w->m->sources && used < sizeof ids - 100; i++) {
            if (w->supply[i] != SUPPLY_THERE)
                used += (size_t)snprintf(ids + used, sizeof ids - used, " %s",
                                         w->m->source[i].dataset);
        }
        return status_fail(
            STATUS_MISSING,
            "%d of %d cells wait for datasets that are not in '%s':%s. `vitamin data "
            "fetch ID` gets D4RL's file, `vitamin data generate ID --policy random` "
            "generates a stand-in (its results are labelled as such)",
            missing, w->m->cells, dataset_folder(w->o->data), ids);
    }
    if (failed > 0)
        return status_fail(
            STATUS_FORMAT,
            "%d of %d cells have failed (`vitamin status %s` says why); the same command "
            "tries them again",
            failed, w->m->cells, w->o->matrix);
    if (guided > 0)
        return status_fail(
            STATUS_MISSING,
            "%d of %d cells wait for a policy that does not exist yet (`vitamin status %s` "
            "says why)",
            guided, w->m->cells, w->o->matrix);
    return STATUS_OK;
}

enum status sweep_run(const struct matrix *m, const struct sweep_options *options)
{
    struct sweep w = {.m = m, .o = options};
    sigset_t before;
    enum status result = init(&w);
    if (result == STATUS_OK) {
        block_signals(&w, &before);
        result = work_through(&w);
        struct status_note note;
        status_save(&note, result);
        stop(&w, SIGTERM); /* whoever is left after a failure of our own */
        sigprocmask(SIG_SETMASK, &before, NULL);
        result = result == STATUS_OK ? verdict(&w) : status_restore(&note);
    }
    free_sweep(&w);
    return result;
}
