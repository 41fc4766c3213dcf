/* Result folders: every run below them, as harness/curve/run_folder.h sees it. */
#include "report/results/results.h"

#include "engine/base/guard.h"
#include "harness/curve/run_folder.h"
#include "report/results/results_impl.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const size_t CURVES_MOST = (size_t)1 << 30; /* bytes of memory of all curves together */
enum { DEPTH = 12 }; /* folders below folders: deeper ones are not ours (a loop of links, say) */

/* --- one curve -------------------------------------------------------------------------------- */

static double spread_of(const struct curve *c, int evaluation)
{
    double mean = curve_mean_score(c, evaluation), sum = 0;
    for (int i = 0; i < c->episodes; i++) {
        double d = c->evaluation[evaluation].score[i] - mean;
        sum += d * d;
    }
    return c->episodes > 1 ? sqrt(sum / (c->episodes - 1)) : (double)NAN;
}

static enum status take_evaluations(struct results_run *run, const struct curve *c)
{
    TRY(results_set_points(run, c->evaluations));
    for (int i = 0; i < c->evaluations; i++) {
        run->x[i] = (double)c->evaluation[i].transitions;
        run->y[i] = curve_mean_score(c, i);
        run->spread[i] = spread_of(c, i);
        run->hours[i] = c->evaluation[i].seconds / 3600;
        run->steps[i] = (double)c->evaluation[i].gradient_steps;
    }
    if (c->evaluations > 0) {
        run->runtime = c->evaluation[c->evaluations - 1].seconds;
        run->updates = (double)c->evaluation[c->evaluations - 1].gradient_steps;
    }
    return STATUS_OK;
}

/* The single-state MDP has rollouts instead of evaluations: mean reward over gradient steps. */
static enum status take_bandit(struct results_run *run, const struct curve *c)
{
    const struct curve_bandit *b = &c->bandit;
    TRY(results_set_points(run, b->rollouts));
    for (int i = 0; i < b->rollouts; i++) {
        double sum = 0;
        for (int k = 0; k < b->actions; k++)
            sum += b->reward[(size_t)i * (size_t)b->actions + (size_t)k];
        run->x[i] = run->steps[i] = (double)b->gradient_steps[i];
        run->y[i] = sum / b->actions;
    }
    return STATUS_OK;
}

static void take_status(struct results_run *run, const struct curve *c,
                        const struct run_folder *look)
{
    const char *status = curve_get(c, "status"), *failure = curve_get(c, "failure");
    if (look->state == FOLDER_DONE)
        return;
    bool failed = look->failed_at != 0 || strcmp(status, "failed") == 0;
    run->status = look->state == FOLDER_DIVERGED ? RUN_DIVERGED
                  : failed                       ? RUN_FAILED
                                                 : RUN_INCOMPLETE;
    if (look->failed_at != 0)
        snprintf(run->why, sizeof run->why, "%s", look->reason);
    else
        snprintf(run->why, sizeof run->why, "%s%s%s", status[0] != '\0' ? status : "no status",
                 failure[0] != '\0' ? ": " : "", failure);
}

static void take_origin(struct results_origin *o, const struct curve *c)
{
    snprintf(o->matrix, sizeof o->matrix, "%s", curve_get(c, "matrix"));
    snprintf(o->preset, sizeof o->preset, "%s", curve_get(c, "preset"));
    snprintf(o->size, sizeof o->size, "%s", curve_get(c, "size"));
    snprintf(o->reduced, sizeof o->reduced, "%s", curve_get(c, "reduced"));
    snprintf(o->kind, sizeof o->kind, "%s", curve_get(c, "dataset_kind"));
    snprintf(o->revision, sizeof o->revision, "%s", curve_get(c, "revision"));
    o->dirty = curve_get_number(c, "dirty", 0) > 0;
}

/* Where the run is to be read. Rollouts of the single-state MDP have no such place. */
static double stated_budget(const struct curve *c)
{
    double stated = curve_get_number(c, "budget", 0);
    return c->bandit.rollouts == 0 && stated > 0 && isfinite(stated) ? stated : (double)NAN;
}

/* A run of the method "td3_odt" or "td3_odt:alpha_online=10" as its curve calls itself; with
 * delayed rewards the dataset is "hopper-medium-v2+delay5". */
static enum status add_run(struct results *r, const char *path, const struct curve *c,
                           struct results_run **run)
{
    char variant[CURVE_VALUE], method[2 * CURVE_VALUE], dataset[2 * RESULTS_ID], delay[32];
    int m, d;
    curve_config_value(c->config != NULL ? c->config : "", "delayed_reward", delay, sizeof delay);
    int delayed = atoi(delay);
    snprintf(dataset, sizeof dataset, "%s", curve_get(c, "dataset"));
    if (delayed > 0 && strlen(dataset) + 24 < sizeof dataset)
        snprintf(dataset + strlen(dataset), 24, "+delay%d", delayed);
    run_folder_method_variant(curve_get(c, "variant"), variant);
    snprintf(method, sizeof method, "%s%s%s", curve_get(c, "method"), variant[0] != '\0' ? ":" : "",
             variant);
    TRY(results_declare(r, method, curve_get(c, "title"), dataset, &m, &d));
    results_place_dataset(r, d, curve_get(c, "suite"));
    TRY(results_add(r, m, d, curve_get_integer(c, "seed", 0), run));
    take_origin(&(*run)->origin, c);
    return file_path((*run)->origin.path, "%s", path);
}

/* The run of a curve that could be read. On success the run owns the curve. */
static enum status add_curve(struct results *r, const char *path, struct curve *c,
                             const struct run_folder *look)
{
    struct results_run *run;
    TRY(add_run(r, path, c, &run));
    take_status(run, c, look);
    run->budget = stated_budget(c);
    TRY(c->bandit.rollouts > 0 ? take_bandit(run, c) : take_evaluations(run, c));
    if (results_settle(run, true) != STATUS_OK) {
        run->status = RUN_FAILED;
        run->unreadable = true;
        run->points = 0;
        snprintf(run->why, sizeof run->why, "%s", status_sentence());
    }
    run->curve = c;
    return STATUS_OK;
}

/* The others are worth a report all the same. */
static enum status note_unread(struct results *r, const char *why)
{
    r->unread++;
    return results_note(r, NOTE_WARNING, "Not read: %s", why);
}

/* A run that should be there and is not, or cannot be read. What the path says of it is all that
 * there is to name it. */
static enum status add_broken(struct results *r, const char *path, const struct curve *c,
                              enum run_status status, const struct run_folder *look)
{
    const char *why = status == RUN_MISSING ? "no curve.h5 yet" : look->reason;
    bool unreadable = status == RUN_FAILED && (look->trouble != STATUS_OK || look->failed_at == 0);
    if (!curve_has(c, "seed")) /* no run to blame: say it here */
        return unreadable ? note_unread(r, why) : STATUS_OK;
    struct results_run *run;
    TRY(add_run(r, path, c, &run));
    run->status = status;
    run->unreadable = unreadable;
    snprintf(run->why, sizeof run->why, "%s", why);
    return STATUS_OK;
}

/* Make what lies at `path`, in `folder`, a run, if anything does. *taken: the run owns the curve.
 */
static enum status take_look(struct results *r, const char *folder, const char *path,
                             const struct run_folder *look, struct curve *c, bool *taken)
{
    bool failed = look->state == FOLDER_FAILED || look->trouble != STATUS_OK;
    if (look->trouble == STATUS_MEMORY)
        return status_fail(STATUS_MEMORY, "%s", look->reason);
    if (!look->readable)
        return failed || look->begun ? add_broken(r, look->trouble != STATUS_OK ? path : folder, c,
                                                  failed ? RUN_FAILED : RUN_MISSING, look)
                                     : STATUS_OK;
    /* Each is bounded by its file; all of them together by this. */
    r->curve_bytes += curve_memory(c);
    if (r->curve_bytes > CURVES_MOST)
        return status_fail(STATUS_MEMORY,
                           "%s: the curves together take more than %zu MiB of memory; report on "
                           "fewer of them at once",
                           path, CURVES_MOST >> 20);
    enum status result = add_curve(r, path, c, look);
    *taken = result == STATUS_OK;
    return *taken ? STATUS_OK : status_prefix(result, "%s", path);
}

static enum status read_run(struct results *r, const char *folder, const char *path)
{
    struct run_folder look;
    bool taken = false;
    struct curve *c = calloc(1, sizeof *c);
    if (c == NULL)
        return status_fail(STATUS_MEMORY, "%s: no memory for the curve", path);
    run_folder_look_at_file(path, &look, c);
    enum status result = take_look(r, folder, path, &look, c, &taken);
    if (!taken) {
        curve_free(c);
        free(c);
    }
    return result;
}

/* --- the theory's numbers -----------------------------------------------------------------------
 */

/* The first is enough: every program writes the same. */
static enum status read_theory(struct results *r, const char *path)
{
    if (r->theory != NULL)
        return results_note(r, NOTE_INFO, "Theory: %s is used, %s is not.", r->theory_path, path);
    struct theory *t = malloc(sizeof *t);
    if (t == NULL)
        return status_fail(STATUS_MEMORY, "%s: no memory for the theory's numbers", path);
    enum status result = theory_file_read(path, t);
    if (result == STATUS_OK) {
        r->theory = t;
        return file_path(r->theory_path, "%s", path);
    }
    free(t);
    if (result == STATUS_MEMORY || result == STATUS_INTERRUPTED)
        return result;
    r->theory_damaged++;
    return note_unread(r, status_sentence());
}

/* --- folders ---------------------------------------------------------------------------------- */

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* What cannot be looked at may be a folder of runs (on a disk that is not there now). */
static enum status look_for_folder(const char *path, bool *folder)
{
    struct stat s;
    bool there;
    *folder = false;
    TRY(file_look(path, &there));
    if (there && stat(path, &s) != 0)
        return status_fail(STATUS_IO, "%s: cannot be accessed: %s", path, strerror(errno));
    *folder = there && S_ISDIR(s.st_mode);
    return STATUS_OK;
}

static enum status read_tree(struct results *r, const char *folder, int depth);

static enum status read_below(struct results *r, const char *folder, const char *name, int depth)
{
    char path[FILE_PATH];
    bool below;
    TRY(file_path(path, "%s/%s", folder, name));
    if (strcmp(name, "curve.h5") == 0) /* read with its folder */
        return STATUS_OK;
    if (strcmp(name, THEORY_FILE) == 0)
        return read_theory(r, path);
    if (look_for_folder(path, &below) != STATUS_OK)
        return note_unread(r, status_sentence());
    return depth <= DEPTH && below ? read_tree(r, path, depth) : STATUS_OK;
}

static enum status read_tree(struct results *r, const char *folder, int depth)
{
    char path[FILE_PATH];
    struct dirent **entry;
    int count = scandir(folder, &entry, visible, by_name);
    if (count < 0) {
        enum status failed = status_fail(STATUS_IO, "%s: %s", folder, strerror(errno));
        return depth == 0 ? failed : note_unread(r, status_sentence());
    }
    enum status result = file_path(path, "%s/curve.h5", folder);
    if (result == STATUS_OK)
        result = read_run(r, folder, path);
    for (int i = 0; i < count; i++) {
        if (result == STATUS_OK)
            result = read_below(r, folder, entry[i]->d_name, depth + 1);
        free(entry[i]);
    }
    free(entry);
    return result;
}

enum status results_read_folder(struct results *r, const char *folder)
{
    char absolute[PATH_MAX];
    if (realpath(folder, absolute) == NULL)
        return status_fail(STATUS_IO,
                           "%s: %s; give a folder of results (results/runs/...) or "
                           "--scores FILE",
                           folder, strerror(errno));
    bool below;
    TRY(look_for_folder(folder, &below));
    if (below) {
        guard_keep(true);
        enum status result = read_tree(r, folder, 0);
        guard_keep(false);
        return result;
    }
    return theory_file_is(folder) ? read_theory(r, folder) : read_run(r, folder, folder);
}
