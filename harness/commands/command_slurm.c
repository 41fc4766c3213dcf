#include "harness/commands/command.h"

#include "engine/base/file.h"
#include "engine/base/say.h"
#include "engine/methods/learner.h"
#include "harness/matrix/guide.h"
#include "harness/matrix/supply.h"
#include "harness/sweep/overview.h"
#include "harness/sweep/slurm.h"

#include <errno.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EXTRAS = 32, HOMES = 32 };

struct arguments {
    const char *matrix, *results, *report, *data, *out;
    struct slurm_job job;
    const char *extra[EXTRAS];
    bool submit;
};

/* What the script holds; the job points into it. */
struct plan {
    struct matrix m;
    struct overview overview;
    struct slurm_cell *cell; /* those to do */
    int cells;
    char matrix[FILE_PATH], program[FILE_PATH], folder[FILE_PATH], results[FILE_PATH],
        report[FILE_PATH], data[FILE_PATH], out[FILE_PATH], script[FILE_PATH],
        name[CONFIG_NAME + 16], memory[32];
    char homes[HOMES][CONFIG_NAME];
    const char *home[HOMES];
};

/* --- the command line ------------------------------------------------------------------------- */

static enum status take_extra(void *context, const char *word)
{
    struct arguments *a = context;
    if (a->job.extras == EXTRAS)
        return status_fail(STATUS_CONFIG, "more than %d --sbatch", EXTRAS);
    if (word[0] != '-')
        return status_fail(STATUS_CONFIG,
                           "--sbatch is '%s', should be one option of sbatch as one word: "
                           "--sbatch=--qos=low",
                           word);
    a->extra[a->job.extras++] = word;
    return STATUS_OK;
}

/* clang-format off */
#define FIELD(member) OPTION_FIELD(struct arguments, member)
static const struct option_row options[] = {
    {"submit",    0,   NULL, NULL, "run the script that is written", FIELD(submit)},
    OPTION_RESULTS(struct arguments, results),
    {"report",    0,   "FOLDER", "out/report", "folder of the report", FIELD(report)},
    OPTION_DATA(struct arguments, data),
    OPTION_PRESET(struct arguments, job.preset, ),
    {"time",      't', "LIMIT", "24:00:00", "time limit of one attempt, in Slurm's notation", FIELD(job.time)},
    {"grace",     0,   "SECONDS", NULL, "warn a task so long before its limit; otherwise 600, or a quarter of a short limit", FIELD(job.grace), .low = 10, .high = 65535},
    {"cpus",      'c', "N", NULL, "cores per task; otherwise 8, or as many as help the largest cell", FIELD(job.cpus), .low = 1, .high = 4096},
    {"mem",       0,   "SIZE", NULL, "memory per task (2300M), instead of what the largest cell needs", FIELD(job.memory)},
    {"partition", 0,   "NAME", NULL, "Slurm's partition", FIELD(job.partition)},
    {"account",   'A', "NAME", NULL, "Slurm's account", FIELD(job.account)},
    {"sbatch",    0,   "OPTION", NULL, "a further option of sbatch, as one word: `--sbatch=--qos=low`; may be given several times", OPTION_BY(take_extra)},
    {"array-limit", 0, "N", NULL, "tasks that may run at a time", FIELD(job.array_limit), .low = 1, .high = INT_MAX},
    {"pack",      0,   "N", NULL, "cells of a task, one after another, for clusters that count jobs", FIELD(job.pack), .low = 1, .high = 1e6},
    {"queue-limit", 0, "N", NULL, "jobs that this cluster lets a user queue: no more are submitted, and the rest follows by itself", FIELD(job.queue_limit), .low = SLURM_QUEUE_LEAST, .high = INT_MAX},
    {"array-most", 0,  "N", "1000", "largest task number that this cluster takes (its MaxArraySize less one)", FIELD(job.array_most), .low = 1, .high = 4e6},
    {"out",       'o', "FILE", NULL, "the script, instead of RESULTS/slurm/vitamin-MATRIX.sh", FIELD(out)},
    {.name = NULL},
};
/* clang-format on */

/* Ten minutes suffice for an evaluation at the paper's size. */
static enum status settle_grace(struct slurm_job *job)
{
    long seconds;
    TRY(slurm_seconds(job->time, &seconds));
    if (job->grace == 0)
        job->grace = seconds / 4 < 600 ? seconds / 4 : 600;
    if (job->grace >= seconds)
        return status_fail(STATUS_CONFIG,
                           "--grace is %ld seconds, --time %s is %ld: nothing is "
                           "left to work in",
                           job->grace, job->time, seconds);
    return STATUS_OK;
}

/* --- what is to be done ----------------------------------------------------------------------- */

/* Paths must be good on any node: absolute, links resolved, folders made. */
static enum status resolve_path(const char *path, bool folder, char out[FILE_PATH])
{
    char whole[PATH_MAX];
    if (folder)
        TRY(file_make_folder(path));
    if (realpath(path, whole) == NULL)
        return status_fail(STATUS_IO, "%s: %s", path, strerror(errno));
    return file_path(out, "%s", whole);
}

static bool is_matrix_file(const char *name)
{
    return strchr(name, '/') != NULL || strstr(name, ".ini") != NULL;
}

/* A job's name is part of its logs' names. */
static void name_job(const char *matrix, char out[CONFIG_NAME + 16])
{
    static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
    size_t used = (size_t)snprintf(out, CONFIG_NAME + 16, "vitamin-%.*s", CONFIG_NAME, matrix);
    for (size_t i = 0; i < used; i++) {
        if (strchr(good, out[i]) == NULL)
            out[i] = '_';
    }
}

static enum status look_at_cells(struct plan *p, const char *results, const char *data)
{
    p->cell = calloc((size_t)p->m.cells, sizeof *p->cell);
    if (p->cell == NULL)
        return status_fail(STATUS_MEMORY, "no memory for the cells of %s", p->m.name);
    TRY(overview_init(&p->m, results, data, &p->overview));
    for (int i = 0; i < p->m.cells; i++) {
        if (run_folder_is_over(p->overview.look[i].state))
            continue;
        /* A guide that is over will not come; its task says so at once. */
        const struct matrix_cell *c = &p->m.cell[i];
        bool waits = guide_check(&p->m, c, results) == STATUS_WAITS;
        p->cell[p->cells++] = (struct slurm_cell){c->number, waits ? c->guide : 0};
    }
    return STATUS_OK;
}

/* Half as much again as the largest cell is thought to need, in steps of 256 MiB. What is given
 * must be enough for it: "8" is 8 MB to Slurm. */
static enum status settle_memory(struct plan *p, struct slurm_job *job)
{
    size_t most = 0, step = (size_t)256 << 20;
    double given;
    for (int i = 0; i < p->cells; i++) {
        size_t bytes = cost_memory(&p->m.cell[p->cell[i].number - 1]);
        most = bytes > most ? bytes : most;
    }
    if (job->memory == NULL) {
        snprintf(p->memory, sizeof p->memory, "%zuM", (most + most / 2 + step) / step * 256);
        job->memory = p->memory;
        return STATUS_OK;
    }
    TRY(slurm_bytes(job->memory, &given));
    if (given < (double)most)
        return status_fail(STATUS_CONFIG,
                           "--mem %s is %.0f MB to Slurm, and the largest cell needs about %zu MB; "
                           "leave it out, or write its unit: --mem %zuG",
                           job->memory, given / 0x1p20, most >> 20, (most >> 30) + 1);
    return STATUS_OK;
}

/* Fewer threads per cell finish more cells, more finish one sooner. */
static enum status settle_cpus(const struct plan *p, struct slurm_job *job)
{
    enum { USUAL = 8 };
    int cpus = 1;
    for (int i = 0; i < p->cells && cpus < USUAL; i++) {
        struct hyper h;
        const struct env_kind *kind;
        TRY(work_configure(&p->m.cell[p->cell[i].number - 1], &h, &kind));
        int most = learner_threads(&h);
        cpus = most > cpus ? most : cpus;
    }
    job->cpus = cpus < USUAL ? cpus : USUAL;
    return STATUS_OK;
}

static enum status settle_homes(struct plan *p, struct slurm_job *job)
{
    const char *home;
    for (int i = 0; (home = matrix_home(&p->m, i)) != NULL; i++) {
        if (i == HOMES)
            return status_fail(STATUS_CONFIG, "%s: includes more than %d matrices", p->m.name,
                               HOMES);
        snprintf(p->homes[i], sizeof p->homes[i], "%s", home);
        p->home[i] = p->homes[i];
        job->homes = i + 1;
    }
    job->home = p->home;
    return STATUS_OK;
}

static bool is_needed(const struct plan *p, const char *dataset)
{
    for (int i = 0; i < p->cells; i++) {
        if (strcmp(p->m.cell[p->cell[i].number - 1].dataset, dataset) == 0)
            return true;
    }
    return false;
}

/* Name the datasets that are not there and that no task makes by itself; how many. */
static int print_missing_data(const struct plan *p, const char *folder)
{
    int missing = 0;
    for (int i = 0; i < p->m.sources; i++) {
        const struct matrix_source *s = &p->m.source[i];
        if (s->generated || !is_needed(p, s->dataset) || supply_is_there(s, folder))
            continue;
        if (missing++ == 0)
            printf("missing datasets, without which their tasks fail:\n");
        say("  %s\n", status_sentence());
    }
    return missing;
}

static enum status make_plan(struct arguments *a, struct plan *p)
{
    struct slurm_job *job = &a->job;
    char folder[FILE_PATH];
    TRY(settle_grace(job));
    TRY(matrix_load(a->matrix, job->preset, &p->m));
    if (is_matrix_file(a->matrix))
        TRY(resolve_path(a->matrix, false, p->matrix));
    else
        TRY(file_path(p->matrix, "%s", a->matrix));
    TRY(resolve_path("/proc/self/exe", false, p->program));
    TRY(resolve_path(".", false, p->folder));
    TRY(resolve_path(a->results, true, p->results));
    TRY(resolve_path(a->report, true, p->report));
    if (a->data != NULL)
        TRY(resolve_path(a->data, false, p->data));
    TRY(look_at_cells(p, p->results, a->data != NULL ? p->data : NULL));
    TRY(settle_homes(p, job));
    name_job(p->m.name, p->name);
    TRY(settle_memory(p, job));
    if (job->cpus == 0)
        TRY(settle_cpus(p, job));
    job->matrix = p->matrix;
    job->name = p->name;
    job->program = p->program;
    job->folder = p->folder; /* datasets are looked for in ./data too */
    job->results = p->results;
    job->report = p->report;
    job->data = a->data != NULL ? p->data : NULL;
    job->extra = a->extra;
    TRY(a->out != NULL ? file_path(p->out, "%s", a->out)
                       : file_path(p->out, "%s/slurm/%s.sh", p->results, p->name));
    const char *name = strrchr(p->out, '/');
    TRY(file_parent(p->out, folder));
    TRY(resolve_path(folder, true, folder));
    TRY(file_path(p->script, "%s/%s", folder, name != NULL ? name + 1 : p->out));
    job->script = p->script;
    return STATUS_OK;
}

static void free_plan(struct plan *p)
{
    if (p->overview.m != NULL)
        overview_free(&p->overview);
    free(p->cell);
    matrix_unload(&p->m);
}

/* --- writing and submitting ------------------------------------------------------------------- */

static enum status run_script(const char *script)
{
    char *argv[] = {"bash", (char *)script, NULL};
    pid_t child;
    int state = 0;
    fflush(NULL);
    int error = posix_spawnp(&child, "bash", NULL, NULL, argv, environ);
    if (error != 0)
        return status_fail(STATUS_IO, "bash cannot be started: %s", strerror(error));
    while (waitpid(child, &state, 0) < 0 && errno == EINTR)
        continue;
    if (!WIFEXITED(state) || WEXITSTATUS(state) != 0)
        return status_fail(STATUS_MISSING,
                           "Slurm did not take all of it (see above); `bash %s` tries again",
                           script);
    return STATUS_OK;
}

static void print_plan(const struct plan *p, const struct slurm_job *job)
{
    char hours[OVERVIEW_HOURS], basis[COST_BASIS];
    int arrays = slurm_arrays(job, p->cell, p->cells);
    char packed[48] = "";
    if (job->pack > 1)
        snprintf(packed, sizeof packed, "up to %d cells, ", job->pack);
    say("%s: %d of %d cells of %s in %d array%s; a task has %s%d core%s, %s and %s at a time, and "
        "resumes until it is done\n",
        p->out, p->cells, p->m.cells, p->m.name, arrays, arrays == 1 ? "" : "s", packed, job->cpus,
        job->cpus == 1 ? "" : "s", job->memory, job->time);
    overview_hours(&p->overview, hours);
    cost_basis(&p->overview.cost, basis);
    say("about %s: %s\n", hours, basis);
}

static enum status write_and_submit(struct arguments *a, struct plan *p)
{
    char *text, noted[FILE_PATH];
    if (p->cells == 0) {
        say("all %d cells of %s are done; `vitamin report` shows them\n", p->m.cells, p->m.name);
        return STATUS_OK;
    }
    TRY(file_path(noted, "%s.submitted", p->script));
    TRY(slurm_script(&a->job, p->cell, p->cells, &text));
    enum status result = file_replace(p->out, text, strlen(text));
    free(text);
    TRY(result);
    unlink(noted); /* of another script of this name */
    print_plan(p, &a->job);
    int missing = print_missing_data(p, a->job.data);
    if (!a->submit) {
        char *word = slurm_word(p->out);
        if (word == NULL)
            return status_fail(STATUS_MEMORY, "no memory for the script's name");
        say("submit it: bash %s\n", word);
        free(word);
        return STATUS_OK;
    }
    if (missing > 0)
        return status_fail(STATUS_MISSING, "not submitted: %d dataset%s missing", missing,
                           missing == 1 ? " is" : "s are");
    return run_script(p->out);
}

static enum status plan_and_submit(void *context)
{
    struct arguments *a = context;
    struct plan *p = calloc(1, sizeof *p);
    if (p == NULL)
        return status_fail(STATUS_MEMORY, "no memory for a plan");
    enum status result = make_plan(a, p);
    if (result == STATUS_OK)
        result = write_and_submit(a, p);
    free_plan(p);
    free(p);
    return result;
}

const struct command command_slurm = {
    .name = "slurm",
    .summary = "run a matrix on a Slurm cluster",
    .description =
        "Writes a script that submits one task per cell and a report job after them; `--submit` "
        "runs "
        "it. Before its time limit a task is warned, saves its work and is queued again.",
    .operands = "MATRIX|FILE.ini",
    .operand_help = "a matrix (`vitamin plan` lists them), or the path of a file of your own",
    COMMAND_OPERAND(struct arguments, matrix),
    .examples = {{"vitamin slurm lite --time 4:00:00 --partition short",
                  "write the script and look"},
                 {"vitamin slurm paper --submit --array-limit 200 --sbatch=--qos=low",
                  "submit, at most 200 tasks at a time"}},
    .options = options,
    .arguments = sizeof(struct arguments),
    .run = plan_and_submit,
};
