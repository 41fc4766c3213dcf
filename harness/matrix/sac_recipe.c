#include "harness/matrix/sac_recipe.h"

#include "engine/base/h5.h"
#include "engine/base/lock.h"
#include "harness/curve/run_folder.h"
#include "harness/run/run.h"
#include "suites/env.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *name_of(enum sac_level level)
{
    return level == SAC_EXPERT ? "expert" : "medium";
}

/* D4RL's mean returns, normalised as the paper prints them; raw here. The ant has no `expert`. */
static const struct {
    const char *env;
    double raw_return[SAC_LEVELS];
} levels[] = {{"hopper", {1422, 3511}},
              {"halfcheetah", {4770, 10656}},
              {"walker2d", {2852, 4920}},
              {"ant", {3000, 0}}};

double sac_recipe_return(const char *env, enum sac_level level)
{
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        if (strcmp(levels[i].env, env) == 0)
            return levels[i].raw_return[level];
    }
    return 0;
}

static double wanted_return(const struct sac_request *r, enum sac_level level)
{
    return r->raw_return[level] != 0 ? r->raw_return[level] : sac_recipe_return(r->env, level);
}

static enum status folder_of(const struct sac_request *r, char out[FILE_PATH])
{
    return file_path(out, "%s/%s/seed%llu", r->folder != NULL ? r->folder : "results/runs/recipes",
                     r->env, (unsigned long long)r->seed);
}

/* --- the run ---------------------------------------------------------------------------------- */

static enum status execute(const struct sac_request *r, const char *folder)
{
    struct run_level level[SAC_LEVELS];
    struct run_request run = {
        .config = {.dataset = r->env,
                   .method = "sac_mlp",
                   .preset = "paper",
                   .size = r->size != NULL ? r->size : "paper",
                   .set = {"eval_every=1000", "eval_episodes=20", "eval_action=sample"},
                   .sets = 3},
        .seed = r->seed,
        .folder = folder,
        .checkpoint_every = 300,
        .level = level,
        .quiet = r->quiet,
        .stop = r->stop};
    if (r->set != NULL)
        run.config.set[run.config.sets++] = r->set;
    for (int i = 0; i <= (int)r->level; i++) {
        if (wanted_return(r, (enum sac_level)i) != 0)
            level[run.levels++] = (struct run_level){name_of((enum sac_level)i),
                                                     wanted_return(r, (enum sac_level)i)};
    }
    return run_execute(&run, NULL);
}

/* What the curve says of the level. */
static enum status describe(const struct sac_request *r, const struct curve *c, const char *folder,
                            struct sac_snapshot *out)
{
    int row;
    double wanted = wanted_return(r, r->level);
    *out = (struct sac_snapshot){.reached = run_level_find(c, wanted, &row)};
    if (row < 0)
        return STATUS_OK;
    out->transitions = c->evaluation[row].transitions;
    out->iteration = c->evaluation[row].iteration;
    out->mean = run_level_return(c, row, &out->sd);
    snprintf(out->about, sizeof out->about,
             "SAC (seed %llu) after %lld steps, when its samples returned %.0f +- %.0f "
             "(wanted: %.0f)",
             (unsigned long long)r->seed, (long long)out->transitions, out->mean, out->sd, wanted);
    return file_path(out->policy, "%s/policy_%s.h5", folder, name_of(r->level));
}

static enum status look(const struct sac_request *r, const char *folder, struct sac_snapshot *out,
                        bool *complete)
{
    char path[FILE_PATH];
    struct curve c;
    bool there;
    *out = (struct sac_snapshot){.transitions = 0};
    *complete = false;
    TRY(file_path(path, "%s/curve.h5", folder));
    TRY(file_look(path, &there));
    if (!there)
        return STATUS_OK;
    TRY(curve_read(path, &c));
    *complete = strcmp(curve_get(&c, "status"), "complete") == 0;
    enum status result = describe(r, &c, folder, out);
    curve_free(&c);
    return result;
}

static enum status train(const struct sac_request *r, const char *folder, struct sac_snapshot *out)
{
    bool complete, there = false;
    TRY(look(r, folder, out, &complete));
    if (!out->reached && !complete) {
        enum status result = execute(r, folder);
        if (result != STATUS_OK && result != STATUS_INTERRUPTED)
            return result;
        TRY(look(r, folder, out, &complete));
        if (!out->reached && !complete)
            return status_fail(STATUS_INTERRUPTED,
                               "%s: stopped before the level '%s'; the same command resumes it",
                               folder, name_of(r->level));
    }
    if (out->transitions > 0)
        TRY(file_look(out->policy, &there));
    if (!there)
        return status_fail(STATUS_MISSING,
                           "%s: holds a run that kept no policy of the level '%s'; move it away, "
                           "and the same command trains another",
                           folder, name_of(r->level));
    return STATUS_OK;
}

/* A sweep generates `medium` and `medium-replay` side by side: the second waits for the first's
 * training and finds it done. */
enum status sac_recipe_train(const struct sac_request *r, struct sac_snapshot *out)
{
    char folder[FILE_PATH], lock_file[FILE_PATH], above[FILE_PATH];
    struct lock lock;
    if (wanted_return(r, r->level) == 0)
        return status_fail(STATUS_CONFIG, "%s: there is no recipe for '%s' data", r->env,
                           name_of(r->level));
    TRY(folder_of(r, folder));
    TRY(file_path(lock_file, "%s.lock", folder));
    TRY(file_parent(lock_file, above));
    TRY(file_make_folder(above));
    TRY(lock_wait(&lock, lock_file, folder, r->stop));
    enum status result = train(r, folder, out);
    struct status_note note;
    status_save(&note, result);
    lock_release(&lock);
    return status_restore(&note);
}

/* --- its buffer ------------------------------------------------------------------------------- */

static enum status read_rows(const struct h5 *f, const struct env_kind *kind, int64_t rows,
                             float **row)
{
    static const char name[] = "transitions/row";
    size_t width = 2 * (size_t)kind->obs_dim + (size_t)kind->act_dim + 2, count;
    TRY(h5_count(f, name, &count));
    if (count < (size_t)rows * width)
        return status_fail(STATUS_SHAPE, "%s: '%s' has %zu numbers, should have %zu or more",
                           f->path, name, count, (size_t)rows * width);
    *row = malloc(count * sizeof **row);
    if (*row == NULL)
        return status_fail(STATUS_MEMORY, "%s: no memory for the buffer", f->path);
    enum status result = h5_read_float(f, name, count, *row);
    if (result != STATUS_OK)
        free(*row);
    return result;
}

enum status sac_recipe_buffer(const struct sac_request *r, int64_t rows, float **row)
{
    char folder[FILE_PATH], path[FILE_PATH];
    struct h5 f;
    bool there;
    TRY(folder_of(r, folder));
    TRY(file_path(path, "%s/%s", folder, run_folder_checkpoints[0]));
    TRY(file_look(path, &there));
    if (!there)
        return status_fail(STATUS_MISSING,
                           "%s: the run is complete and has dropped its buffer; move it away, and "
                           "the same command trains another up to the level",
                           folder);
    TRY(h5_open(&f, path));
    enum status result = read_rows(&f, env_find(r->env), rows, row);
    h5_close(&f); /* only read: nothing is lost */
    return result;
}
