#include "harness/commands/command_run.h"

#include "engine/base/say.h"
#include "engine/base/stop.h"
#include "engine/base/threads.h"
#include "harness/base/argument.h"
#include "harness/matrix/cell_run.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arguments {
    struct run_request request;
    long first_seed, last_seed;
    const char *out;
    char folder[FILE_PATH]; /* of the seed that runs */
    int threads;
    const char *matrix, *results, *preset; /* --preset as given, or NULL */
    long cell;                             /* 0: not given */
    const char *seeds;                     /* --seed as given, or NULL */
};

static enum status take_seeds(void *context, const char *text)
{
    struct arguments *a = context;
    char *end;
    a->seeds = text;
    a->first_seed = a->last_seed = strtol(text, &end, 10);
    if (end != text && *end == '-')
        a->last_seed = strtol(end + 1, &end, 10);
    if (end == text || *end != '\0' || a->first_seed < 0 || a->last_seed < a->first_seed)
        return status_fail(STATUS_CONFIG, "--seed is '%s', should be a number or a range like 1-5",
                           text);
    return STATUS_OK;
}

static enum status take_set(void *context, const char *assignment)
{
    return config_add_set(context, assignment);
}

/* An option that names a single run, where a cell of a matrix has its own; NULL: none. */
static const char *single_option(const struct arguments *a)
{
    const struct config_request *c = &a->request.config;
    return c->dataset != NULL  ? "dataset"
           : c->method != NULL ? "method"
           : a->seeds != NULL  ? "seed"
           : c->size != NULL   ? "size"
           : c->sets > 0       ? "set"
           : a->out != NULL    ? "out"
                               : NULL;
}

/* Either a single run or a cell of a matrix. */
static enum status check_arguments(const struct arguments *a)
{
    if (a->matrix == NULL && (a->cell > 0 || a->results != NULL))
        return status_fail(STATUS_CONFIG, "--%s goes with --matrix",
                           a->cell > 0 ? "cell" : "results");
    if (a->matrix != NULL && single_option(a) != NULL)
        return status_fail(STATUS_CONFIG, "--%s: a cell of a matrix has its own", single_option(a));
    if (a->matrix != NULL && a->cell == 0)
        return status_fail(STATUS_CONFIG,
                           "--cell is missing; `vitamin plan %s --cells` shows the numbers",
                           a->matrix);
    if (a->matrix == NULL && a->request.config.dataset == NULL)
        return status_fail(STATUS_CONFIG,
                           "--dataset is missing; `vitamin data list` shows the ids");
    return STATUS_OK;
}

static enum status parse(int argc, char **argv, struct arguments *a)
{
    struct run_request *r = &a->request;
    struct config_request *c = &r->config;
    long stop_after = 0;
    int rest;
    *a = (struct arguments){.first_seed = 1, .last_seed = 1, .request.checkpoint_every = 600};
    TRY(argument_read(
        argc, argv,
        (const struct argument[]){{"dataset", .text = &c->dataset},
                                  {"method", .text = &c->method},
                                  {"preset", .text = &a->preset},
                                  {"seed", .take = take_seeds, .context = a},
                                  {"size", .text = &c->size},
                                  {"set", .take = take_set, .context = c},
                                  {"out", .text = &a->out},
                                  {"data", .text = &r->data_folder},
                                  {"threads", .whole = &a->threads, .high = 4096},
                                  {"matrix", .text = &a->matrix},
                                  {"cell", .integer = &a->cell, .low = 1, .high = 1e9},
                                  {"results", .text = &a->results},
                                  {"checkpoint-every", .number = &r->checkpoint_every, .high = 1e9},
                                  {"stop-after", .integer = &stop_after, .high = 1e18},
                                  {"quiet", .flag = &r->quiet},
                                  {.name = NULL}},
        &rest));
    r->stop_after = stop_after;
    TRY(argument_last(argc, argv, rest, NULL));
    TRY(check_arguments(a));
    c->method = c->method != NULL ? c->method : "td3_odt";
    c->preset = a->preset != NULL ? a->preset : "paper";
    c->size = c->size != NULL ? c->size : "paper";
    return STATUS_OK;
}

/* A path's last part. */
static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* --out as given for one seed, else DATASET/METHOD-PRESET-SIZE/seedN below it. */
static enum status name_folder(struct arguments *a, long seed)
{
    const struct config_request *c = &a->request.config;
    char dataset[FILE_PATH];
    if (a->out != NULL && a->first_seed == a->last_seed)
        return file_path(a->folder, "%s", a->out);
    const char *base = base_of(c->dataset);
    TRY(file_path(dataset, "%.*s", file_stem(base), base));
    TRY(file_check_name("the dataset's name", dataset));
    TRY(file_check_name("the method's name", base_of(c->method)));
    return file_path(a->folder, "%s/%s/%s-%s-%s/seed%ld",
                     a->out != NULL ? a->out : "results/runs/single", dataset, base_of(c->method),
                     c->preset, c->size, seed);
}

static enum status run_seed(struct arguments *a, long seed)
{
    struct run_summary summary;
    const struct config_request *c = &a->request.config;
    assert(c->dataset != NULL); /* check_arguments() saw to it */
    const char *base = base_of(c->dataset);
    TRY(name_folder(a, seed));
    a->request.seed = (uint64_t)seed;
    a->request.folder = a->folder;
    TRY(run_execute(&a->request, &summary));
    say("%s %s seed %ld: %s, score %.2f -> %.2f after %lld transitions, %.0f s, %s/curve.h5\n",
        c->method, base, seed, summary.already_complete ? "was complete" : "complete",
        summary.first_score, summary.last_score, (long long)summary.transitions, summary.seconds,
        a->folder);
    return STATUS_OK;
}

static enum status run_cell(struct arguments *a)
{
    struct matrix m;
    struct cell_outcome o;
    const struct matrix_cell *cell;
    TRY(matrix_load(a->matrix, a->preset, &m));
    enum status result = matrix_cell(&m, a->cell, &cell);
    if (result == STATUS_OK)
        result = cell_run(&m, cell, a->results, &a->request, &o);
    if (result == STATUS_OK)
        say("cell %ld, %s%s%s on %s seed %ld: %s%s, score %.2f -> %.2f after %lld transitions, "
            "%s/curve.h5\n",
            a->cell, cell->method, cell->variant[0] != '\0' ? "@" : "", cell->variant,
            cell->dataset, cell->seed, o.was_over ? "was " : "",
            o.look.state == FOLDER_DIVERGED ? "diverged" : "complete", o.look.first_score,
            o.look.last_score, (long long)o.look.transitions, o.folder);
    matrix_unload(&m);
    return result;
}

static enum status run(int argc, char **argv)
{
    struct arguments a;
    TRY(parse(argc, argv, &a));
    threads_set(a.threads);
    a.request.stop = stop_catch();
    if (a.matrix != NULL)
        return run_cell(&a);
    for (long seed = a.first_seed; seed <= a.last_seed; seed++)
        TRY(run_seed(&a, seed));
    return STATUS_OK;
}

const struct command command_run = {
    .name = "run",
    .usage =
        "--dataset ID|FILE [--method M] [--preset paper|code] [--seed N|A-B]\n"
        "        [--size paper|small|tiny] [--set key=value ...] [--out FOLDER] [--data FOLDER]\n"
        "        [--threads N] [--checkpoint-every SECONDS] [--stop-after ITERATIONS] [--quiet]\n"
        "   or: vitamin run --matrix M --cell N [--results FOLDER] [--preset paper|code]\n"
        "        [--data FOLDER] [--threads N] [--checkpoint-every SECONDS] [--quiet]\n\n"
        "exit status: 0 done (also when it was done before, and a cell that diverged: both are\n"
        "results), 1 failed, 2 wrongly asked for, 3 stopped by a signal (INT, TERM, HUP, USR1,\n"
        "USR2, XCPU) with a checkpoint (run it again to go on), 4 another process is at it, 5\n"
        "another cell must come first (its policy guides this one). A cell's failure is also\n"
        "recorded in its folder, in the file `failed`",
    .help = "train a method on a dataset, from pretraining to its learning curve",
    .run = run,
};

/* --- vitamin config --------------------------------------------------------------------------- */

static enum status print_config(int argc, char **argv)
{
    struct arguments a;
    TRY(parse(argc, argv, &a));
    struct config_request *c = &a.request.config;
    if (a.matrix != NULL)
        return status_fail(STATUS_CONFIG, "--matrix is for `vitamin run`");
    struct hyper h;
    char *text;
    TRY(run_configure(c, &h));
    TRY(config_text(&h, &text));
    say("; %s on %s, preset %s, size %s\n", c->method, c->dataset, c->preset, c->size);
    for (const char *line = text; *line != '\0'; line += strspn(line, "\n")) {
        int length = (int)strcspn(line, "\n");
        say("%.*s\n", length, line);
        line += length;
    }
    free(text);
    return STATUS_OK;
}

const struct command command_config = {
    .name = "config",
    .usage = "--dataset ID [--method M] [--preset paper|code] [--size S] [--set key=value ...]",
    .help = "print the effective configuration of a run",
    .run = print_config,
};
