#include "harness/commands/command.h"

#include "engine/base/say.h"
#include "engine/base/stop.h"
#include "engine/base/threads.h"
#include "harness/base/terminal.h"
#include "harness/matrix/cell_run.h"
#include "suites/env.h"

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
    const char *env, *matrix, *results, *preset;
    long cell; /* 0: not given */
    const char *seeds, *keep;
    long extend;                  /* to so many transitions; 0: not given */
    char extended[2][64];         /* the settings for that */
    char variant[MATRIX_VARIANT]; /* what --set sets, as it names the folder */
};

static enum status read_seeds(struct arguments *a)
{
    char *end;
    a->first_seed = a->last_seed = strtol(a->seeds, &end, 10);
    if (end != a->seeds && *end == '-')
        a->last_seed = strtol(end + 1, &end, 10);
    if (end == a->seeds || *end != '\0' || a->first_seed < 0 || a->last_seed < a->first_seed)
        return status_fail(STATUS_CONFIG, "--seed is '%s', should be a number or a range like 1-5",
                           a->seeds);
    return STATUS_OK;
}

static enum status add_set(void *arguments, const char *assignment)
{
    struct arguments *a = arguments;
    return config_add_set(&a->request.config, assignment);
}

/* clang-format off */
#define FIELD(member) OPTION_FIELD(struct arguments, member)
static const struct option_row options[] = {
    {"dataset",  'd', "ID|FILE", NULL, "the dataset (`vitamin data list`), a file in D4RL's layout, a Minari folder, or a Minari id (D4RL/pen/human-v2)", FIELD(request.config.dataset)},
    {"env",      0,   "NAME",  NULL, "the environment of the data, where neither file nor name tells it; without a dataset: of a method that needs none (sac_mlp)", FIELD(env)},
    {"method",   'm', "NAME",  "td3_odt", "the method (`vitamin explain`), or the path of a preset file", FIELD(request.config.method), .late = true},
    OPTION_PRESET(struct arguments, preset, .standard = "paper", .late = true),
    {"seed",     's', "N|A-B", "1", "the seed, or a range of seeds one after another", FIELD(seeds), .late = true},
    {"size",     0,   NULL, "paper", "size of networks and budgets", FIELD(request.config.size), .choices = "paper|small|tiny", .late = true},
    OPTION_SET(add_set),
    {"out",      'o', "FOLDER", NULL, "folder of the run, or of all seeds' runs, instead of one below results/runs/single", FIELD(out)},
    OPTION_DATA(struct arguments, request.data_folder),
    OPTION_THREADS(struct arguments, threads),
    {"matrix",   0,   "MATRIX", NULL, "run a cell of this matrix (`vitamin plan`) instead", FIELD(matrix)},
    {"cell",     0,   "N", NULL, "its number (`vitamin plan MATRIX --cells`)", FIELD(cell), .low = 1, .high = 1e9},
    {"results",  'r', "FOLDER", NULL, "folder of the matrix's runs, instead of results/runs", FIELD(results)},
    {"checkpoint-every", 0, "SECONDS", "600", "how often the run saves its state; 0: at every iteration", FIELD(request.checkpoint_every), .high = 1e9},
    {"keep-checkpoint", 0, NULL, NULL, "leave what --extend needs, beside the finished run", FIELD(request.keep_checkpoint)},
    {"extend",   0,   "N", NULL, "go on with the finished run to N transitions (docs/policies.md)", FIELD(extend), .low = 1, .high = 1e9},
    {"stop-after", 0, "N", NULL, "save and stop after N iterations", FIELD(request.stop_after), .high = 1e18},
    {"keep-policy", 0, NULL, "final", "policies to leave as files: the final and the pretrained one (docs/policies.md); of a matrix's cell none is the default", FIELD(keep), .choices = RUN_KEEP_WORDS, .late = true},
    {"quiet",    'q', NULL, NULL, "show no progress", FIELD(request.quiet)},
    {.name = NULL},
};
/* clang-format on */

/* An option that names a single run, where a cell of a matrix has its own; NULL: none. */
static const char *single_option(const struct arguments *a)
{
    const struct config_request *c = &a->request.config;
    return c->dataset != NULL           ? "dataset"
           : a->env != NULL             ? "env"
           : c->method != NULL          ? "method"
           : a->seeds != NULL           ? "seed"
           : c->size != NULL            ? "size"
           : c->sets > 0                ? "set"
           : a->out != NULL             ? "out"
           : a->extend > 0              ? "extend"
           : a->request.keep_checkpoint ? "keep-checkpoint"
                                        : NULL;
}

/* Either a single run or a cell of a matrix. */
static enum status check_arguments(const struct arguments *a)
{
    if (a->matrix == NULL && (a->cell > 0 || a->results != NULL))
        return status_fail(STATUS_CONFIG, "--%s goes with --matrix",
                           a->cell > 0 ? "cell" : "results");
    if (a->matrix != NULL && single_option(a) != NULL)
        return status_fail(STATUS_CONFIG,
                           "--%s cannot be combined with --matrix: a cell has its own",
                           single_option(a));
    if (a->matrix != NULL && a->cell == 0)
        return status_fail(STATUS_CONFIG,
                           "--cell is missing; `vitamin plan %s --cells` shows the numbers",
                           a->matrix);
    if (a->matrix == NULL && a->request.config.dataset == NULL && a->env == NULL)
        return status_fail(STATUS_CONFIG,
                           "--dataset is missing; `vitamin data list` shows the ids");
    if (a->env != NULL && (env_find(a->env) == NULL || strcmp(env_find(a->env)->name, a->env) != 0))
        return status_fail(STATUS_CONFIG,
                           "there is no environment '%.100s'; `vitamin env` lists them", a->env);
    return STATUS_OK;
}

static int compare_sets(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The settings in order of their keys, each key once (the last one counts): the same settings name
 * the same folder, in whatever order they were given. */
static enum status name_variant(struct arguments *a)
{
    const struct config_request *c = &a->request.config;
    const char *set[CONFIG_OVERRIDES] = {NULL};
    size_t count = 0, used = 0;
    for (int i = 0; i < c->sets; i++) {
        size_t key = strcspn(c->set[i], "=") + 1;
        bool again = false;
        for (int k = i + 1; k < c->sets; k++)
            again = again || strncmp(c->set[i], c->set[k], key) == 0;
        if (!again)
            set[count++] = c->set[i];
    }
    qsort(set, count, sizeof *set, compare_sets);
    for (size_t i = 0; i < count && used < sizeof a->variant; i++)
        used += (size_t)snprintf(a->variant + used, sizeof a->variant - used, "%s%s",
                                 i > 0 ? "," : "", set[i]);
    return used < sizeof a->variant
               ? STATUS_OK
               : status_fail(STATUS_CONFIG,
                             "--set: these are more than %zu characters; put them "
                             "into a preset file (--method FILE)",
                             sizeof a->variant - 1);
}

/* A larger budget, in the folder of the run that has the smaller one. */
static enum status add_extension(struct arguments *a)
{
    const char *const keys[] = {"stop_transitions", "score_at"};
    for (int i = 0; a->extend > 0 && i < 2; i++) {
        snprintf(a->extended[i], sizeof a->extended[i], "%s=%ld", keys[i], a->extend);
        TRY(config_add_set(&a->request.config, a->extended[i]));
    }
    return STATUS_OK;
}

/* Of a single run: the environment in the dataset's place, and the defaults for what was not
 * given. */
static enum status settle(struct arguments *a)
{
    if (a->request.config.dataset == NULL)
        a->request.config.dataset = a->env;
    else
        a->request.config.env = a->env;
    command_settle(&command_run, a);
    a->request.config.preset = a->preset;
    TRY(run_keep_named(a->keep, &a->request.keep));
    TRY(name_variant(a));
    TRY(add_extension(a));
    return read_seeds(a);
}

/* A path's last part. */
static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* --out as given for one seed, else DATASET/METHOD-PRESET-SIZE[@key=value,...]/seedN below it. */
static enum status name_folder(struct arguments *a, long seed)
{
    const struct config_request *c = &a->request.config;
    char dataset[FILE_PATH], suffix[MATRIX_SUFFIX];
    a->request.variant = NULL;
    if (a->out != NULL && a->first_seed == a->last_seed)
        return file_path(a->folder, "%s", a->out);
    const char *base = *c->own != '\0' ? c->own : last_part(c->dataset);
    TRY(file_path(dataset, "%.*s", file_stem(base), base));
    TRY(file_check_name("the dataset's name", dataset));
    TRY(file_check_name("the method's name", last_part(c->method)));
    matrix_suffix(a->variant, suffix);
    a->request.variant = a->variant;
    return file_path(a->folder, "%s/%s/%s-%s-%s%s/seed%ld",
                     a->out != NULL ? a->out : "results/runs/single", dataset, last_part(c->method),
                     c->preset, c->size, suffix, seed);
}

/* There must be a run to extend: nobody means to start one under a smaller one's name. */
static enum status check_extended(const struct arguments *a)
{
    struct run_folder look;
    run_folder_look(a->folder, &look, NULL);
    if (a->extend > 0 && !look.begun)
        return status_fail(STATUS_CONFIG,
                           "--extend: there is no run in %s; leave --extend out to begin one",
                           a->folder);
    return STATUS_OK;
}

static enum status run_seed(struct arguments *a, long seed)
{
    struct run_summary summary;
    struct config_request *c = &a->request.config, whole = *c;
    struct hyper unused;
    assert(c->dataset != NULL); /* check_arguments() saw to it */
    whole.data = a->request.data_folder;
    TRY(run_configure(&whole, &unused));
    memcpy(c->own, whole.own, sizeof c->own);
    const char *base = *c->own != '\0' ? c->own : last_part(c->dataset);
    TRY(name_folder(a, seed));
    TRY(check_extended(a));
    a->request.seed = (uint64_t)seed;
    a->request.folder = a->folder;
    TRY(run_execute(&a->request, &summary));
    terminal_say(
        stdout, 0, "",
        "%s %s seed %ld: %s, score %.2f -> %.2f after %lld transitions, %.0f s, %s/curve.h5",
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
    a->request.keep = m.keep;
    enum status result = a->keep != NULL ? run_keep_named(a->keep, &a->request.keep) : STATUS_OK;
    if (result == STATUS_OK)
        result = matrix_cell(&m, a->cell, &cell);
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

static enum status run_seeds_or_cell(void *context)
{
    struct arguments *a = context;
    TRY(check_arguments(a));
    threads_ask(a->threads);
    a->request.spare_threads = true;
    a->request.stop = stop_catch();
    if (a->matrix != NULL)
        return run_cell(a);
    TRY(settle(a));
    for (long seed = a->first_seed; seed <= a->last_seed; seed++)
        TRY(run_seed(a, seed));
    return STATUS_OK;
}

const struct command command_run = {
    .name = "run",
    .summary = "train a method on a dataset, from pretraining to its learning curve",
    .usage = "--dataset ID|FILE [OPTION]...\n--env NAME --method sac_mlp [OPTION]...\n--matrix "
             "MATRIX --cell N [OPTION]...",
    .description =
        "Any of the signals INT, TERM, HUP, USR1, USR2 and XCPU stops the run with a checkpoint, "
        "and "
        "the same command resumes it. A cell's failure is also recorded in its folder, in the file "
        "`failed`.\n\n"
        "Exit status: 0 done (also when it was done before, and a cell that diverged: both are "
        "results), 1 failed, 2 usage error, 3 stopped by a signal with a checkpoint, 4 another "
        "process is running it, 5 another cell must be done first (its policy guides this one).",
    .examples = {{"vitamin run --dataset hopper-medium-v2 --size small --seed 1-3",
                  "TD3+ODT with three seeds, reduced"},
                 {"vitamin run -d pen-human-v1 -m odt --set batch_size=64 warmup_actor_steps=1000",
                  "another method, two of its hyperparameters changed"},
                 {"vitamin run --env hopper --method sac_mlp", "SAC from scratch, without data"},
                 {"vitamin run --matrix smoke --cell 3", "one cell of a matrix"}},
    .options = options,
    .arguments = sizeof(struct arguments),
    .run = run_seeds_or_cell,
};

/* --- vitamin config --------------------------------------------------------------------------- */

static enum status print_config(void *context)
{
    struct arguments *a = context;
    struct config_request *c = &a->request.config;
    if (a->matrix != NULL)
        return status_fail(STATUS_CONFIG, "--matrix is for `vitamin run`");
    TRY(check_arguments(a));
    TRY(settle(a));
    struct hyper h;
    char *text;
    c->data = a->request.data_folder;
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
    .summary = "print the effective configuration of a run",
    .usage = "--dataset ID [OPTION]...",
    .description =
        "Takes the options of `vitamin run`, so that a command line can be looked at first. "
        "The keys are described by `vitamin explain METHOD` and in docs/methods.md.",
    .examples = {{"vitamin config --dataset hopper-medium-v2 --method td3_odt --preset code",
                  "every hyperparameter with its value"}},
    .options = options,
    .arguments = sizeof(struct arguments),
    .run = print_config,
};
