#include "report/results/scores.h"

#include "engine/base/h5.h"
#include "engine/base/memory.h"
#include "report/results/results_impl.h"
#include "report/results/scores_impl.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME = 256, MAX_NAMES = 4096 };

/* --- lists of names --------------------------------------------------------------------------- */

struct names {
    char (*name)[NAME];
    int count;
};

static enum status add_name(struct names *list, const char *name)
{
    for (int i = 0; i < list->count; i++) {
        if (strcmp(list->name[i], name) == 0)
            return STATUS_OK;
    }
    if (list->count == MAX_NAMES)
        return status_fail(STATUS_MEMORY, "too many names in a score file");
    TRY(memory_grow((void **)&list->name, list->count, sizeof *list->name, "a score file"));
    snprintf(list->name[list->count++], NAME, "%s", name);
    return STATUS_OK;
}

static enum status add_member(const struct h5 *f, const char *name, void *context)
{
    (void)f;
    return add_name(context, name);
}

/* The texts of a root dataset, appended in order; nothing when the file has no such dataset. */
static enum status list_of(const struct h5 *f, const char *name, struct names *list)
{
    size_t count;
    if (!h5_has(f, name))
        return STATUS_OK;
    TRY(h5_count(f, name, &count));
    if (count == 0 || count > MAX_NAMES)
        return status_fail(STATUS_SHAPE, "%s: '%s' lists %zu names", f->path, name, count);
    return h5_each_text(f, name, add_member, list);
}

/* --- curves ----------------------------------------------------------------------------------- */

struct phase {
    size_t count;
    double *step, *score;
};

static enum status read_phase(const struct h5 *f, const char *group, const char *name,
                              struct phase *p)
{
    char step[4 * NAME + 8], score[4 * NAME + 8], path[4 * NAME];
    *p = (struct phase){0};
    snprintf(path, sizeof path, "%s%s%s", group, *name != '\0' ? "/" : "", name);
    snprintf(step, sizeof step, "%s/step", path);
    if (!h5_is_group(f, path) || (*name == '\0' && !h5_has(f, step)))
        return STATUS_OK;
    snprintf(score, sizeof score, "%s/score", path);
    TRY(h5_count(f, step, &p->count));
    if (p->count > INT32_MAX)
        return status_fail(STATUS_SHAPE, "%s: '%s' is too long", f->path, step);
    p->step = malloc((p->count + 1) * sizeof *p->step);
    p->score = malloc((p->count + 1) * sizeof *p->score);
    if (p->step == NULL || p->score == NULL)
        return status_fail(STATUS_MEMORY, "%s: no memory for '%s'", f->path, step);
    TRY(h5_read_double(f, step, p->count, p->step));
    return h5_read_double(f, score, p->count, p->score);
}

static void free_phase(struct phase *p)
{
    free(p->step);
    free(p->score);
}

/* Online points, led by the last offline one at 0 unless online has its own; or the offline ones.
 */
static enum status join_phases(struct results_run *run, const struct phase *offline,
                               const struct phase *online)
{
    const struct phase *main = online->count > 0 ? online : offline;
    bool lead = main == online && offline->count > 0 && online->step[0] > 0;
    TRY(results_set_points(run, (int)main->count + lead));
    if (lead) {
        run->x[0] = 0;
        run->y[0] = offline->score[offline->count - 1];
    }
    for (size_t i = 0; i < main->count; i++) {
        run->x[i + lead] = main->step[i];
        run->y[i + lead] = main->score[i];
    }
    return STATUS_OK;
}

/* What is said of the file: how much has an online phase (which decides the x axis), and more. */
struct tally {
    int online, offline, holes, doubles;
    bool others;                                             /* objects that are no runs */
    char hole[4 * NAME], doubled[4 * NAME], other[4 * NAME]; /* the first of each */
};

/* Steps count up; one that stands twice has one score. */
static enum status check_steps(struct results_run *run, const char *group, struct tally *tally)
{
    int kept = 0;
    for (int i = 0; i < run->points; i++) {
        if (!isfinite(run->x[i]) || run->x[i] < 0)
            return status_fail(STATUS_FORMAT, "evaluation %d is at step %g", i, run->x[i]);
        if (kept > 0 && run->x[i] < run->x[kept - 1])
            return status_fail(STATUS_FORMAT,
                               "evaluation %d is at step %.0f, the one before at %.0f: steps must "
                               "not decrease",
                               i, run->x[i], run->x[kept - 1]);
        bool twice = kept > 0 && run->x[i] == run->x[kept - 1];
        double before = twice ? run->y[kept - 1] : 0;
        if (twice && run->y[i] != before && !(isnan(run->y[i]) && isnan(before)))
            return status_fail(STATUS_FORMAT,
                               "two scores at step %.0f, %g and %g; keep the one that counts",
                               run->x[i], before, run->y[i]);
        if (twice && tally->doubles++ == 0)
            snprintf(tally->doubled, sizeof tally->doubled, "%s", group);
        run->x[kept - twice] = run->x[i];
        run->y[kept - twice] = run->y[i];
        kept += !twice;
    }
    run->points = kept;
    return STATUS_OK;
}

static enum status read_curve(struct results *r, const struct h5 *f, const char *group, int m,
                              int d, int64_t seed, struct tally *tally)
{
    struct phase offline = {0}, online = {0};
    struct results_run *run;
    enum status status = read_phase(f, group, "offline", &offline);
    if (status == STATUS_OK)
        status = read_phase(f, group, "online", &online);
    if (status == STATUS_OK && offline.count + online.count == 0)
        status = read_phase(f, group, "", &online);
    if (status == STATUS_OK && offline.count + online.count == 0)
        status = status_fail(STATUS_FORMAT,
                             "%s: '%s' has neither online/{step,score} nor "
                             "offline/{step,score}",
                             f->path, group);
    if (status == STATUS_OK)
        status = results_add(r, m, d, seed, &run);
    if (status == STATUS_OK)
        status = file_path(run->origin.path, "%s", f->path);
    if (status == STATUS_OK) {
        run->origin.foreign = true;
        status = join_phases(run, &offline, &online);
        if (status == STATUS_OK)
            status = check_steps(run, group, tally);
        int holes = status == STATUS_OK ? scores_settle(run) : 0;
        if (holes > 0 && tally->holes == 0)
            snprintf(tally->hole, sizeof tally->hole, "%s", group);
        tally->holes += holes;
        if (status != STATUS_OK)
            status = status_prefix(status, "%s: '%s'", f->path, group);
        tally->online += online.count > 0;
        tally->offline += online.count == 0;
    }
    free_phase(&offline);
    free_phase(&online);
    return status;
}

/* A member of a cell: "0", "seed_1", "run-0", or any other name. */
static enum status read_seed(struct results *r, const struct h5 *f, const char *cell,
                             const struct names *seeds, int i, int m, int d, struct tally *tally)
{
    char group[3 * NAME + 16];
    const char *name = seeds->name[i];
    int64_t seed, other;
    snprintf(group, sizeof group, "%s/%s", cell, name);
    if (!h5_is_group(f, group)) {
        if (!tally->others)
            snprintf(tally->other, sizeof tally->other, "%s", group);
        tally->others = true;
        return STATUS_OK;
    }
    TRY(scores_seed(r, name, &seed));
    for (int k = 0; k < i; k++) {
        if (scores_seed_number(seeds->name[k], &other) && other == seed)
            return status_fail(STATUS_FORMAT, "%s: '%s' and '%s/%s' are the same seed; rename one",
                               f->path, group, cell, seeds->name[k]);
    }
    return read_curve(r, f, group, m, d, seed, tally);
}

/* All seeds of one method on one dataset. */
static enum status read_cell(struct results *r, const struct h5 *f, const char *method,
                             const char *dataset, struct tally *tally)
{
    char path[2 * NAME + 8];
    snprintf(path, sizeof path, "%s/%s", method, dataset);
    if (!h5_is_group(f, path))
        return STATUS_OK;
    int m, d;
    struct names seeds = {0};
    enum status status = scores_declare(r, method, dataset, &m, &d);
    if (status == STATUS_OK)
        status = h5_each(f, path, add_member, &seeds);
    for (int i = 0; status == STATUS_OK && i < seeds.count; i++)
        status = read_seed(r, f, path, &seeds, i, m, d, tally);
    free(seeds.name);
    return status;
}

static enum status read_method(struct results *r, const struct h5 *f, const char *method,
                               const struct names *order, struct tally *tally)
{
    struct names datasets = {0};
    enum status status = STATUS_OK;
    for (int i = 0; status == STATUS_OK && i < order->count; i++)
        status = add_name(&datasets, order->name[i]);
    if (status == STATUS_OK)
        status = h5_each(f, method, add_member, &datasets);
    for (int i = 0; status == STATUS_OK && i < datasets.count; i++)
        status = read_cell(r, f, method, datasets.name[i], tally);
    free(datasets.name);
    return status;
}

static enum status read_curves(struct results *r, const struct h5 *f, struct names *methods,
                               const struct names *datasets, struct tally *tally)
{
    TRY(h5_each(f, "/", add_member, methods));
    for (int i = 0; i < methods->count; i++) {
        const char *name = methods->name[i];
        if (h5_is_group(f, name) && strcmp(name, "final") != 0)
            TRY(read_method(r, f, name, datasets, tally));
    }
    return STATUS_OK;
}

/* --- finals ----------------------------------------------------------------------------------- */

static enum status add_final(struct results *r, const struct h5 *f, const char *method,
                             const char *dataset, int seed, double final, double initial)
{
    struct results_run *run;
    int m, d;
    if (isnan(final))
        return STATUS_OK; /* this layout's way to say "no such run" */
    TRY(scores_declare(r, method, dataset, &m, &d));
    TRY(results_add(r, m, d, seed, &run));
    TRY(file_path(run->origin.path, "%s", f->path));
    run->origin.foreign = true;
    run->at_budget = run->last = final;
    run->initial = initial;
    if (!isfinite(final)) {
        run->status = RUN_DIVERGED;
        snprintf(run->why, sizeof run->why, "the final score is not finite");
    }
    return STATUS_OK;
}

static enum status read_finals(struct results *r, const struct h5 *f, const struct names *methods,
                               const struct names *datasets)
{
    int rank;
    size_t dims[H5_MAX_RANK];
    TRY(h5_shape(f, "final/final", &rank, dims));
    size_t M = (size_t)methods->count, D = (size_t)datasets->count;
    if (rank != 3 || dims[0] != M || dims[1] != D || M * D == 0 || dims[2] == 0)
        return status_fail(STATUS_SHAPE,
                           "%s: 'final/final' must have the shape (algorithms, "
                           "datasets, seeds) = (%zu, %zu, seeds)",
                           f->path, M, D);
    size_t N = dims[2], count;
    TRY(h5_count(f, "final/final", &count));
    double *final = malloc(count * sizeof *final), *initial = malloc(count * sizeof *initial);
    if (final == NULL || initial == NULL) {
        free(final);
        free(initial);
        return status_fail(STATUS_MEMORY, "%s: no memory for its scores", f->path);
    }
    for (size_t i = 0; i < count; i++)
        initial[i] = (double)NAN;
    enum status status = h5_read_double(f, "final/final", count, final);
    if (status == STATUS_OK && h5_has(f, "final/initial"))
        status = h5_read_double(f, "final/initial", count, initial);
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        status = add_final(r, f, methods->name[i / (D * N)], datasets->name[i / N % D],
                           (int)(i % N), final[i], initial[i]);
    free(final);
    free(initial);
    return status;
}

/* --- the file --------------------------------------------------------------------------------- */

static enum status add_notes(struct results *r, const struct h5 *f, const struct tally *t, int runs)
{
    TRY(results_note(r, NOTE_INFO, "%s: HDF5, %d runs of %s.", f->path, runs,
                     t->online + t->offline > 0 ? "method/dataset/seed" : "final/final"));
    if (t->others)
        TRY(results_note(r, NOTE_INFO, "%s: not used: what is no group of a seed (first: %s).",
                         f->path, t->other));
    if (t->holes > 0)
        TRY(results_note(r, NOTE_WARNING,
                         "%s: %d scores within curves are not finite and left out (first: %s).",
                         f->path, t->holes, t->hole));
    if (t->doubles > 0)
        TRY(results_note(r, NOTE_WARNING,
                         "%s: %d steps stand twice with the same score (first: %s); counted once.",
                         f->path, t->doubles, t->doubled));
    return STATUS_OK;
}

static enum status read_open(struct results *r, const struct h5 *f)
{
    struct names methods = {0}, datasets = {0};
    struct tally tally = {0};
    int before = r->runs, listed = 0;
    enum status status = list_of(f, "algorithms", &methods);
    if (status == STATUS_OK)
        status = list_of(f, "datasets", &datasets);
    listed = methods.count;
    if (status == STATUS_OK)
        status = read_curves(r, f, &methods, &datasets, &tally);
    methods.count = listed; /* without what the root's members added */
    if (status == STATUS_OK && r->runs == before && h5_has(f, "final/final"))
        status = read_finals(r, f, &methods, &datasets);
    if (status == STATUS_OK && r->runs == before)
        status = status_fail(STATUS_FORMAT,
                             "%s: no scores; expected "
                             "/<method>/<dataset>/seed_<k>/{offline,online}/{step,score} or "
                             "final/final with algorithms and datasets",
                             f->path);
    if (status == STATUS_OK)
        status = add_notes(r, f, &tally, r->runs - before);
    if (status == STATUS_OK && tally.offline > 0 && tally.online == 0)
        r->x_title = "Gradient steps";
    else if (status == STATUS_OK && tally.online > 0)
        r->x_title = "Online transitions";
    if (status == STATUS_OK && tally.offline > 0 && tally.online > 0)
        status = results_note(r, NOTE_WARNING,
                              "%s: %d of %d runs have no online phase; their curves are drawn over "
                              "gradient steps, not transitions",
                              f->path, tally.offline, tally.offline + tally.online);
    free(methods.name);
    free(datasets.name);
    return status;
}

enum status scores_read_h5(struct results *r, const char *path)
{
    struct h5 f;
    TRY(h5_open(&f, path));
    enum status status = read_open(r, &f);
    enum status closed = h5_close(&f);
    return status != STATUS_OK ? status : closed;
}
