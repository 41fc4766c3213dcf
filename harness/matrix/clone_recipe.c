#include "harness/matrix/clone_recipe.h"

#include "harness/run/run.h"
#include "suites/dataset_table.h"

#include <stdio.h>
#include <string.h>

const double clone_recipe_noise = 0.1;

static enum status find_demonstrations(const struct clone_request *r, char path[FILE_PATH])
{
    char id[64];
    snprintf(id, sizeof id, "%s-human-v1", r->env);
    enum status result = dataset_locate(r->demonstrations != NULL ? r->demonstrations : id, NULL,
                                        path);
    if (result == STATUS_MISSING && r->demonstrations == NULL)
        return status_fail(STATUS_MISSING,
                           "%s-cloned is made from the demonstrations, which are not here: get "
                           "them with `vitamin data fetch %s`, or name a file with "
                           "--demonstrations",
                           r->env, id);
    return result;
}

/* The demonstrations' file without folder and ending names the run. */
static enum status folder_of(const struct clone_request *r, const char *path, char out[FILE_PATH])
{
    const char *slash = strrchr(path, '/'), *base = slash != NULL ? slash + 1 : path;
    return file_path(out, "%s/%.*s/clone-seed%llu",
                     r->folder != NULL ? r->folder : "results/runs/recipes", file_stem(base), base,
                     (unsigned long long)r->seed);
}

enum status clone_recipe_train(const struct clone_request *r, struct clone *out)
{
    char folder[FILE_PATH];
    TRY(find_demonstrations(r, out->demonstrations));
    TRY(folder_of(r, out->demonstrations, folder));
    TRY(file_path(out->policy, "%s/policy_offline.h5", folder));
    struct run_request run = {
        .config = {.dataset = out->demonstrations,
                   .method = "td3bc",
                   .preset = "paper",
                   .size = r->size != NULL ? r->size : "paper",
                   .set = {"bc_alpha=0", "pretrain_actor_steps=5000", "actor_update_interval=1",
                           "stop_transitions=0", "score_at=0"},
                   .sets = 5},
        .seed = r->seed,
        .folder = folder,
        .checkpoint_every = 300,
        .quiet = r->quiet,
        .stop = r->stop};
    if (r->set != NULL)
        run.config.set[run.config.sets++] = r->set;
    struct run_summary summary;
    TRY(run_execute(&run, &summary));
    const char *slash = strrchr(out->demonstrations, '/');
    snprintf(out->about, sizeof out->about,
             "a clone (2 x 256, 5000 updates, seed %llu, its mean scores %.2f) of %.100s for half "
             "of the rows, then these demonstrations repeated",
             (unsigned long long)r->seed, summary.first_score,
             slash != NULL ? slash + 1 : out->demonstrations);
    return STATUS_OK;
}
