/* Result folders: find every curve.h5 and make it a run. */
#include "report/results/results.h"

#include "engine/base/guard.h"
#include "report/results/results_impl.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const size_t CURVES_MOST = (size_t)1 << 30; /* bytes of memory of all curves together */
enum { DEPTH = 12 }; /* folders below folders: deeper ones are not ours (a loop of links, say) */

/* What the path says: .../MATRIX/DATASET/METHOD[@key=value,...]/SEED, or, from `vitamin run`,
 * .../DATASET/METHOD-PRESET-SIZE/seedN. */
struct place {
    char matrix[RESULTS_ID], dataset[RESULTS_ID], method[RESULTS_ID], variant[RESULTS_ID];
    int64_t seed;
    bool known;
};

/* Take the method's folder apart. A delay of rewards is the dataset's matter: not in the variant.
 */
static void split_method(const char *folder, struct place *p)
{
    snprintf(p->method, sizeof p->method, "%s", folder);
    static const char *const presets[] = {"-paper-", "-code-"};
    for (int i = 0; i < 2; i++) {
        char *tail = strstr(p->method, presets[i]);
        if (tail != NULL)
            *tail = '\0';
    }
    char *at = strchr(p->method, '@');
    if (at == NULL)
        return;
    *at = '\0';
    size_t used = 0;
    for (const char *word = at + 1; *word != '\0';) {
        size_t n = strcspn(word, ",");
        if (strncmp(word, "delayed_reward=", 15) != 0 && used + n + 2 < sizeof p->variant)
            used += (size_t)snprintf(p->variant + used, sizeof p->variant - used, "%s%.*s",
                                     used > 0 ? "," : "", (int)n, word);
        word += n + (word[n] == ',');
    }
}

static struct place place_of(const char *folder)
{
    struct place p = {0};
    char path[FILE_PATH], *part[4];
    if (file_path(path, "%s", folder) != STATUS_OK)
        return p;
    for (int i = 0; i < 4; i++) {
        char *slash = strrchr(path, '/');
        part[i] = slash != NULL ? slash + 1 : path;
        if (slash == NULL && i < 3)
            return p;
        if (slash != NULL)
            *slash = '\0';
    }
    char rest;
    p.known = sscanf(part[0], "%" SCNd64 "%c", &p.seed, &rest) == 1 ||
              sscanf(part[0], "seed%" SCNd64 "%c", &p.seed, &rest) == 1;
    split_method(part[1], &p);
    snprintf(p.dataset, sizeof p.dataset, "%s", part[2]);
    snprintf(p.matrix, sizeof p.matrix, "%s", part[3]);
    return p;
}

/* "td3_odt" or "td3_odt:alpha_online=10" */
static void method_id(const char *method, const struct place *p, char *out, size_t size)
{
    const char *variant = p->known ? p->variant : "";
    snprintf(out, size, "%s%s%s", method, variant[0] != '\0' ? ":" : "", variant);
}

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

static void take_status(struct results_run *run, const struct curve *c)
{
    const char *status = curve_get(c, "status"), *failure = curve_get(c, "failure");
    if (strcmp(status, "complete") == 0)
        return;
    run->status = strcmp(status, "diverged") == 0 ? RUN_DIVERGED
                  : strcmp(status, "failed") == 0 ? RUN_FAILED
                                                  : RUN_INCOMPLETE;
    snprintf(run->why, sizeof run->why, "%s%s%s", status[0] != '\0' ? status : "no status",
             failure[0] != '\0' ? ": " : "", failure);
}

static void take_origin(struct results_origin *o, const struct curve *c, const struct place *p)
{
    const char *matrix = curve_get(c, "matrix");
    snprintf(o->matrix, sizeof o->matrix, "%s", matrix[0] != '\0' ? matrix : p->matrix);
    snprintf(o->preset, sizeof o->preset, "%s", curve_get(c, "preset"));
    snprintf(o->size, sizeof o->size, "%s", curve_get(c, "size"));
    snprintf(o->reduced, sizeof o->reduced, "%s", curve_get(c, "reduced"));
    snprintf(o->kind, sizeof o->kind, "%s", curve_get(c, "dataset_kind"));
    snprintf(o->revision, sizeof o->revision, "%s", curve_get(c, "revision"));
    o->dirty = curve_get_number(c, "dirty", 0) > 0;
}

/* Where the run is to be read: what it says of itself, else its configuration. Rollouts of the
 * single-state MDP have no such place. */
static double stated_budget(const struct curve *c)
{
    char score_at[32];
    struct results_run probe = {.curve = (struct curve *)c};
    if (c->bandit.rollouts > 0)
        return (double)NAN;
    results_config(&probe, "score_at", score_at, sizeof score_at);
    double stated = curve_get_number(c, "budget", atof(score_at));
    return stated > 0 && isfinite(stated) ? stated : (double)NAN;
}

static const char *or_else(const char *text, const char *otherwise)
{
    return text[0] != '\0' ? text : otherwise;
}

/* The run of a curve that could be read. On success the run owns the curve. */
static enum status add_curve(struct results *r, const char *path, const struct place *p,
                             struct curve *c)
{
    struct results_run *run;
    int m, d;
    char dataset[2 * RESULTS_ID], delay[32];
    struct results_run probe = {.curve = c};
    results_config(&probe, "delayed_reward", delay, sizeof delay);
    int delayed = atoi(delay);
    snprintf(dataset, sizeof dataset, "%s", or_else(curve_get(c, "dataset"), p->dataset));
    if (delayed > 0 && strlen(dataset) + 24 < sizeof dataset)
        snprintf(dataset + strlen(dataset), 24, "+delay%d", delayed);
    char method[2 * RESULTS_ID];
    method_id(or_else(curve_get(c, "method"), p->method), p, method, sizeof method);
    TRY(results_declare(r, method, curve_get(c, "label"), dataset, &m, &d));
    TRY(results_add(r, m, d, curve_get_integer(c, "seed", p->seed), &run));
    TRY(file_path(run->origin.path, "%s", path));
    take_origin(&run->origin, c, p);
    take_status(run, c);
    run->budget = stated_budget(c);
    TRY(c->bandit.rollouts > 0 ? take_bandit(run, c) : take_evaluations(run, c));
    if (results_settle(run, true) != STATUS_OK) {
        run->status = RUN_FAILED;
        run->unreadable = true;
        run->points = 0;
        snprintf(run->why, sizeof run->why, "%.*s", (int)sizeof run->why - 1, status_sentence());
    }
    run->curve = c;
    return STATUS_OK;
}

/* A run that should be there and is not, or cannot be read. */
static enum status add_broken(struct results *r, const char *path, const struct place *p,
                              enum run_status status, const char *why)
{
    if (!p->known) { /* no run to blame: say it here */
        r->unread++;
        return results_note(r, NOTE_WARNING, "Not read: %s", why);
    }
    struct results_run *run;
    int m, d;
    char method[2 * RESULTS_ID];
    method_id(p->method, p, method, sizeof method);
    TRY(results_declare(r, method, "", p->dataset, &m, &d));
    TRY(results_add(r, m, d, p->seed, &run));
    run->status = status;
    snprintf(run->why, sizeof run->why, "%.*s", (int)sizeof run->why - 1, why);
    TRY(file_path(run->origin.path, "%s", path));
    snprintf(run->origin.matrix, sizeof run->origin.matrix, "%s", p->matrix);
    return STATUS_OK;
}

static enum status read_one(struct results *r, const char *path, const struct place *p)
{
    struct curve *c = calloc(1, sizeof *c);
    if (c == NULL)
        return status_fail(STATUS_MEMORY, "%s: no memory for the curve", path);
    enum status status = curve_read(path, c);
    if (status == STATUS_OK) {
        /* Each is bounded by its file; all of them together by this. */
        r->curve_bytes += curve_memory(c);
        status = r->curve_bytes <= CURVES_MOST
                     ? add_curve(r, path, p, c)
                     : status_fail(STATUS_MEMORY,
                                   "the curves together take more than %zu MiB of memory; report "
                                   "on fewer of them at once",
                                   CURVES_MOST >> 20);
        if (status == STATUS_OK)
            return STATUS_OK;
        curve_free(c);
        free(c);
        return status_prefix(status, "%s", path);
    }
    free(c);
    if (status == STATUS_MEMORY)
        return status;
    char why[STATUS_SENTENCE];
    int before = r->runs;
    snprintf(why, sizeof why, "%s", status_sentence());
    status = add_broken(r, path, p, RUN_FAILED, why);
    if (status == STATUS_OK && r->runs > before)
        r->run[before].unreadable = true;
    return status;
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

static bool is_folder(const char *path)
{
    struct stat s;
    return stat(path, &s) == 0 && S_ISDIR(s.st_mode);
}

/* The sentence that the scheduler left in a failed cell's folder; "" when there is none. */
static void read_failure(const char *folder, char *out, size_t size)
{
    char path[FILE_PATH], *text;
    size_t bytes;
    out[0] = '\0';
    if (file_path(path, "%s/failed", folder) != STATUS_OK || !file_exists(path) ||
        file_read(path, 1 << 16, &text, &bytes) != STATUS_OK)
        return;
    snprintf(out, size, "%.*s", (int)strcspn(text, "\n"), text);
    free(text);
}

/* A folder that the harness made for a run: it holds the effective configuration or a log. */
static bool is_run_folder(const char *folder)
{
    char path[FILE_PATH];
    static const char *const signs[] = {"config.ini", "run.log"};
    for (int i = 0; i < 2; i++) {
        if (file_path(path, "%s/%s", folder, signs[i]) == STATUS_OK && file_exists(path))
            return true;
    }
    return false;
}

static enum status walk(struct results *r, const char *folder, int depth)
{
    char path[FILE_PATH];
    struct place p = place_of(folder);
    bool has_curve;
    TRY(file_path(path, "%s/curve.h5", folder));
    TRY(file_look(path, &has_curve));
    char failure[RESULTS_NOTE];
    int before = r->runs;
    read_failure(folder, failure, sizeof failure);
    if (has_curve)
        TRY(read_one(r, path, &p));
    else if (p.known && failure[0] != '\0')
        TRY(add_broken(r, folder, &p, RUN_FAILED, failure));
    else if (p.known && is_run_folder(folder))
        TRY(add_broken(r, folder, &p, RUN_MISSING, "no curve.h5 yet"));
    if (has_curve && failure[0] != '\0' && r->runs > before &&
        r->run[r->runs - 1].status == RUN_INCOMPLETE) {
        r->run[r->runs - 1].status = RUN_FAILED;
        memcpy(r->run[r->runs - 1].why, failure, sizeof failure);
    }

    struct dirent **entry;
    int count = scandir(folder, &entry, visible, by_name);
    if (count < 0 && depth == 0)
        return status_fail(STATUS_IO, "%s: %s", folder, strerror(errno));
    if (count < 0) { /* the others are worth a report all the same */
        r->unread++;
        return results_note(r, NOTE_WARNING, "Not read: %s: %s", folder, strerror(errno));
    }
    enum status status = STATUS_OK;
    for (int i = 0; i < count; i++) {
        if (status == STATUS_OK)
            status = file_path(path, "%s/%s", folder, entry[i]->d_name);
        if (status == STATUS_OK && depth < DEPTH && is_folder(path))
            status = walk(r, path, depth + 1);
        free(entry[i]);
    }
    free(entry);
    return status;
}

enum status results_read_folder(struct results *r, const char *folder)
{
    char absolute[PATH_MAX];
    if (realpath(folder, absolute) == NULL)
        return status_fail(STATUS_IO,
                           "%s: %s; give a folder of results (results/runs/...) or "
                           "--scores FILE",
                           folder, strerror(errno));
    if (is_folder(folder)) {
        guard_keep(true);
        enum status result = walk(r, folder, 0);
        guard_keep(false);
        return result;
    }
    /* One file: what its own path says only fills gaps. */
    char parent[FILE_PATH];
    TRY(file_parent(folder, parent));
    struct place p = place_of(parent);
    return read_one(r, folder, &p);
}
