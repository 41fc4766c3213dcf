#include "harness/matrix/generate.h"

#include "engine/base/say.h"
#include "engine/base/stop.h"
#include "engine/base/threads.h"
#include "harness/base/progress.h"
#include "harness/curve/provenance.h"
#include "harness/matrix/clone_recipe.h"
#include "harness/matrix/data_target.h"
#include "harness/matrix/sac_recipe.h"
#include "suites/dataset_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEM = 160 };

/* clang-format off */
#define FIELD(member) OPTION_FIELD(struct generate_request, member)
static const struct option_row options[] = {
    {"policy",     0,   "WHO",  NULL, "who acts: random, waypoint (maze2d), walker (antmaze), or a policy file; otherwise by the recipe of the dataset", FIELD(policy)},
    {"stochastic", 0,   NULL,   NULL, "sample the policy's actions instead of taking their mean", FIELD(recipe.stochastic)},
    {"noise",      0,   "X",    "0",  "standard deviation of noise added to the actions; the walker's is 0.2 and the clone's 0.1 where this is 0", FIELD(recipe.noise), .high = 100},
    {"results",    'r', "FOLDER", NULL, "where the policy of medium, medium-replay, expert and cloned is trained, instead of results/runs/recipes", FIELD(results)},
    {"demonstrations", 0, "ID|FILE", NULL, "for Adroit's cloned: the demonstrations, instead of ENV-human-v1", FIELD(demonstrations)},
    {"rows",       'n', "N",    NULL, "rows to make, instead of as many as D4RL's file has", FIELD(rows), .low = 1, .high = 1e9},
    {"transitions", 0,  "N",    NULL, "the same as `--rows`", FIELD(rows), .low = 1, .high = 1e9},
    {"seed",       's', "N",    "1",  "seed of starts and actions", FIELD(seed), .high = 1e18},
    {"out",        'o', "FOLDER|FILE", NULL, "where to write: a folder, or a file named *.hdf5", FIELD(out)},
    {"threads",    'j', "N",    NULL, "threads to use, instead of all cores", FIELD(threads), .low = 1, .high = 1024},
    {"missing",    0,   NULL,   NULL, "do nothing if the file exists", FIELD(missing)},
    {.name = NULL},
};
/* clang-format on */

/* D4RL's noise is 0.2. */
static void choose_walker(struct generate_request *a)
{
    const char *quality = a->entry != NULL ? a->entry->quality : "fixed";
    a->recipe.actor = ACT_WALKER;
    a->recipe.goals = strcmp(quality, "play") == 0      ? WALKER_PLAY
                      : strcmp(quality, "diverse") == 0 ? WALKER_DIVERSE
                                                        : WALKER_FIXED;
    if (a->recipe.noise == 0)
        a->recipe.noise = 0.2;
}

static bool is_adroit(const struct env_kind *kind)
{
    return kind->suite == &suite_table[SUITE_ADROIT];
}

/* Locomotion data by a policy that SAC learns here (the paper's medium and medium-replay, and
 * expert, which is none of the paper's), and Adroit's cloned. */
static const char *trained_quality(const struct generate_request *a, const struct env_kind *kind)
{
    static const char *const known[] = {"medium", "medium-replay", "expert"};
    char id[STEM];
    for (size_t i = 0; i < sizeof known / sizeof *known && kind->suite->gym_files; i++) {
        snprintf(id, sizeof id, "%s-%s-v2", kind->name, known[i]);
        if (a->policy == NULL && strcmp(a->name, id) == 0)
            return known[i];
    }
    bool cloned = a->policy == NULL && is_adroit(kind) && a->entry != NULL &&
                  strcmp(a->entry->quality, "cloned") == 0;
    return cloned ? "cloned" : NULL;
}

/* Who acts: as asked, else D4RL's own way where that takes no trained policy. */
static enum status choose_actor(struct generate_request *a, const struct env_kind *kind)
{
    struct dataset_recipe *r = &a->recipe;
    bool bare = a->entry == NULL;
    a->trained = trained_quality(a, kind);
    if (a->trained != NULL && strcmp(a->trained, "cloned") == 0) {
        r->actor = ACT_POLICY;
        return STATUS_OK;
    }
    if (a->trained != NULL) {
        r->actor = strcmp(a->trained, "medium-replay") == 0 ? ACT_BUFFER : ACT_POLICY;
        r->stochastic = true;
        return STATUS_OK; /* the policy is trained when its file is wanted */
    }
    if (a->policy == NULL && kind->suite->waypoints)
        r->actor = ACT_WAYPOINT;
    else if (kind->suite->goal_cut && (a->policy == NULL || strcmp(a->policy, "walker") == 0))
        choose_walker(a);
    else if (a->policy == NULL && (bare || strcmp(a->entry->quality, "random") == 0))
        r->actor = ACT_RANDOM;
    else if (a->policy == NULL)
        return status_fail(STATUS_CONFIG,
                           "%s: D4RL made it with people or policies that are not here; "
                           "give a policy (--policy FILE), or take uniform actions in its place "
                           "(--policy random), or get the real one: vitamin data fetch %s",
                           a->name, a->name);
    else if (strcmp(a->policy, "random") == 0)
        r->actor = ACT_RANDOM;
    else if (strcmp(a->policy, "waypoint") == 0)
        r->actor = ACT_WAYPOINT;
    else if (strcmp(a->policy, "walker") == 0)
        r->actor = ACT_WALKER;
    else
        r->actor = ACT_POLICY;
    r->policy = r->actor == ACT_POLICY ? a->policy : NULL;
    /* D4RL's experts act with their noise. */
    if (r->actor == ACT_POLICY && is_adroit(kind) && !bare &&
        strcmp(a->entry->quality, "expert") == 0 && r->noise == 0)
        r->stochastic = true;
    if (r->stochastic && r->actor != ACT_POLICY)
        return status_fail(STATUS_CONFIG, "--stochastic goes with --policy FILE");
    return STATUS_OK;
}

bool generate_has_recipe(const struct dataset_entry *entry)
{
    struct generate_request bare = {.name = entry->id, .entry = entry};
    return choose_actor(&bare, env_find(entry->env)) == STATUS_OK;
}

/* The file's name: an id as it is, an environment with its actor ("hopper-random", and
 * "hopper-a2c" for hopper_a2c.h5). */
static enum status name_file(const struct generate_request *a, char stem[STEM])
{
    const char *actor = a->recipe.actor == ACT_WAYPOINT ? "waypoint"
                        : a->recipe.actor == ACT_WALKER ? "walker"
                                                        : "random";
    if (a->entry != NULL || a->trained != NULL) {
        snprintf(stem, STEM, "%s", a->entry != NULL ? a->entry->id : a->name);
        return STATUS_OK;
    }
    if (a->recipe.actor == ACT_POLICY) {
        const char *slash = strrchr(a->policy, '/');
        size_t n = strlen(a->name);
        actor = slash != NULL ? slash + 1 : a->policy;
        if (strncmp(actor, a->name, n) == 0 && (actor[n] == '_' || actor[n] == '-'))
            actor += n + 1;
    }
    if (snprintf(stem, STEM, "%s-%.*s", a->name, file_stem(actor), actor) >= STEM)
        return status_fail(STATUS_CONFIG,
                           "the policy's name, '%.60s...', is too long for a dataset's; name the "
                           "dataset with --out",
                           actor);
    return file_check_name("the dataset's name", stem);
}

/* As many rows as D4RL's file has, else a million. */
static int64_t default_rows(const struct dataset_entry *e)
{
    if (e == NULL)
        return 1000000;
    if (e->rows > 0)
        return e->rows;
    /* Adroit: the paper lost the last episode of `expert`; `cloned` was cut at a round number. */
    const struct env_kind *kind = env_find(e->env);
    if (is_adroit(kind) && strcmp(e->quality, "expert") == 0)
        return e->paper_transitions + kind->time_limit;
    if (is_adroit(kind) && strcmp(e->quality, "cloned") == 0)
        return strcmp(e->env, "pen") == 0 ? 500000 : 1000000;
    return e->paper_transitions;
}

/* A clone of the demonstrations, and the demonstrations, into the file. */
static enum status make_cloned(const struct generate_request *a, const char *path,
                               struct dataset_made *made)
{
    struct dataset_recipe r = a->recipe;
    struct clone_request request = {.env = r.env,
                                    .demonstrations = a->demonstrations,
                                    .seed = r.seed,
                                    .folder = a->results,
                                    .stop = stop_catch()};
    struct clone clone;
    TRY(clone_recipe_train(&request, &clone));
    say("%s\n", clone.about);
    r.policy = clone.policy;
    r.demonstrations = clone.demonstrations;
    r.about = clone.about;
    if (r.noise == 0)
        r.noise = clone_recipe_noise;
    return dataset_generate(&r, path, made);
}

/* The trained policy, or the buffer of its training, into the file. */
static enum status make_trained(const struct generate_request *a, const char *path,
                                struct dataset_made *made)
{
    struct dataset_recipe r = a->recipe;
    struct sac_request sac = {.env = r.env,
                              .level = strcmp(a->trained, "expert") == 0 ? SAC_EXPERT : SAC_MEDIUM,
                              .seed = r.seed,
                              .folder = a->results,
                              .stop = stop_catch()};
    struct sac_snapshot snapshot;
    struct dataset_buffer buffer;
    float *row = NULL;
    TRY(sac_recipe_train(&sac, &snapshot));
    say("%s%s\n", snapshot.about, snapshot.reached ? "" : "; the run ended before its level");
    r.policy = r.actor == ACT_POLICY ? snapshot.policy : NULL;
    r.about = snapshot.about;
    r.algorithm = "SAC";
    r.iteration = (int)snapshot.iteration;
    if (r.actor == ACT_BUFFER) {
        buffer.rows = a->rows > 0 && a->rows < snapshot.transitions ? a->rows
                                                                    : snapshot.transitions;
        TRY(sac_recipe_buffer(&sac, snapshot.transitions, &row));
        buffer.row = row;
        r.buffer = &buffer;
        r.rows = buffer.rows;
    }
    enum status result = dataset_generate(&r, path, made);
    free(row);
    return result;
}

static void show_rows(void *context, int64_t done, int64_t rows)
{
    progress_show(context, done, rows);
}

/* Under the file's lock. */
static enum status make(struct generate_request *a, const char *path)
{
    struct dataset_made made;
    bool there;
    TRY(file_look(path, &there));
    if (a->missing && there) {
        say("%s: already present\n", path);
        return STATUS_OK;
    }
    threads_set((int)a->threads);
    struct progress_count count = {.name = a->name};
    a->recipe.tell = show_rows;
    a->recipe.context = &count;
    enum status result = a->trained == NULL ? dataset_generate(&a->recipe, path, &made)
                         : strcmp(a->trained, "cloned") == 0 ? make_cloned(a, path, &made)
                                                             : make_trained(a, path, &made);
    progress_clear();
    TRY(result);
    say("%s: %lld rows, %lld episodes (%lld terminals, %lld timeouts)\n", path,
        (long long)made.rows, (long long)made.episodes, (long long)made.terminals,
        (long long)made.timeouts);
    if (a->recipe.actor == ACT_WALKER)
        say("the walker reached its goal in %lld of %lld episodes\n", (long long)made.reached,
            (long long)made.episodes);
    if (made.diverged > 0)
        printf("%lld episodes ended because the simulation diverged\n", (long long)made.diverged);
    printf("a stand-in, not D4RL's data: its results are labelled as such\n");
    return STATUS_OK;
}

enum status generate_dataset(struct generate_request *a)
{
    char stem[STEM], path[FILE_PATH];
    struct lock lock;
    a->entry = dataset_find(a->name);
    const struct env_kind *kind = dataset_task(a->name), *begin = dataset_env(a->name);
    if (kind == NULL && begin != NULL && trained_quality(a, begin) != NULL)
        kind = begin; /* "hopper-expert-v2" */
    if (kind == NULL || strchr(a->name, '/') != NULL)
        return status_fail(
            STATUS_CONFIG,
            "'%.200s' is neither a dataset id nor an environment; did you mean '%s'? "
            "(`vitamin data list` and `vitamin env` show them)",
            a->name, dataset_nearest(a->name).word);
    TRY(choose_actor(a, kind));
    a->recipe.env = kind->name;
    a->recipe.rows = a->rows > 0 ? a->rows : default_rows(a->entry);
    a->recipe.seed = (uint64_t)a->seed;
    a->recipe.revision = provenance_revision();
    TRY(name_file(a, stem));
    TRY(data_target(a->out, stem, path, &lock));
    enum status result = make(a, path);
    lock_release(&lock);
    return result;
}

static enum status run_generate(void *request)
{
    return generate_dataset(request);
}

const struct command data_generate = {
    .name = "generate",
    .summary = "generate a stand-in for a dataset, in D4RL's layout",
    .operands = "ID|ENVIRONMENT",
    .operand_help = "a dataset (`vitamin data list`) or an environment (`vitamin env`)",
    COMMAND_OPERAND(struct generate_request, name),
    .examples = {{"vitamin data generate maze2d-umaze-v1",
                  "by the waypoint controller, as D4RL did"},
                 {"vitamin data generate hopper-medium-v2",
                  "by a policy that SAC learns first (resumable, like any run)"},
                 {"vitamin data generate antmaze-umaze-v2",
                  "by a walking ant that a planner leads"},
                 {"vitamin data generate hopper-medium-v2 --policy random --rows 10000",
                  "by random actions, to try things out"}},
    .options = options,
    .arguments = sizeof(struct generate_request),
    .run = run_generate,
};
