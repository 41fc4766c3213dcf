#include "harness/sweep/speed.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAPER_WIDTH = 512 };

/* --- one curve -------------------------------------------------------------------------------- */

struct sums {
    double seconds[CURVE_METRIC_COUNT]; /* of the seconds_* columns, online rows */
    double updates, transitions, iterations;
    double evaluate, evaluated; /* seconds and steps of evaluations, all rows */
    double real, told;          /* shares of real positions, and the rows that have one */
};

static void add_row(struct sums *s, const struct curve *c, int i)
{
    const double *x = c->iteration[i].value;
    if (isfinite(x[CURVE_seconds_evaluate]))
        s->evaluate += x[CURVE_seconds_evaluate];
    if (!(x[CURVE_phase] > 0))
        return;
    const double *before = i > 0 ? c->iteration[i - 1].value : NULL;
    s->updates += x[CURVE_gradient_steps] - (before != NULL ? before[CURVE_gradient_steps] : 0);
    s->transitions += x[CURVE_transitions] - (before != NULL ? before[CURVE_transitions] : 0);
    s->iterations += 1;
    s->real += isfinite(x[CURVE_real_share]) ? x[CURVE_real_share] : 0;
    s->told += isfinite(x[CURVE_real_share]);
    for (int k = CURVE_seconds_rollout; k < CURVE_METRIC_COUNT; k++)
        s->seconds[k] += isfinite(x[k]) ? x[k] : 0;
}

/* An evaluation is timed in the row that follows it; the last one may have none. */
static void add_evaluations(struct sums *s, const struct curve *c)
{
    double last = c->iterations > 0 ? c->iteration[c->iterations - 1].value[CURVE_iteration] : 0;
    for (int i = 0; i < c->evaluations; i++) {
        for (int e = 0; e < c->episodes && (double)c->evaluation[i].iteration < last; e++)
            s->evaluated += c->evaluation[i].length[e];
    }
}

static double per(double seconds, double units)
{
    return units > 0 && seconds > 0 ? seconds / units : (double)NAN;
}

bool speed_of_curve(const struct curve *c, const struct work *work, struct speed *out)
{
    struct sums s = {.updates = 0};
    for (int i = 0; i < c->iterations; i++)
        add_row(&s, c, i);
    add_evaluations(&s, c);
    double threads = curve_get_number(c, "threads", 1) * curve_get_number(c, "processor_share", 1);
    *out = (struct speed){.work = *work};
    if (s.told > 0 && work->real_share > 0) {
        double fuller = s.real / s.told / work->real_share;
        out->work.real_share *= fuller;
        out->work.actor_flops *= fuller;
        out->work.critic_flops *= fuller;
    }
    out->actor = per(threads * s.seconds[CURVE_seconds_actor], s.updates + work->before_online);
    out->critic = per(threads * s.seconds[CURVE_seconds_critic], s.updates * work->interval);
    out->sample = per(threads * s.seconds[CURVE_seconds_sample], s.updates);
    out->rollout = per(threads * s.seconds[CURVE_seconds_rollout], s.transitions);
    out->evaluate = per(threads * s.evaluate, s.evaluated);
    out->store = per(threads * s.seconds[CURVE_seconds_store], s.iterations);
    out->memory_gb = curve_get_number(c, "peak_memory_gb", (double)NAN);
    return s.iterations > 0;
}

/* --- the matrix `cost` ------------------------------------------------------------------------ */

static enum status read_cell(const struct matrix_cell *cell, const char *results,
                             struct speed_table *t)
{
    char folder[FILE_PATH], path[FILE_PATH];
    const struct env_kind *kind;
    struct hyper h;
    struct curve c;
    TRY(work_configure(cell, &h, &kind));
    /* Their data lasts to the time limit. */
    struct work work = work_count(&h, kind, 0);
    TRY(matrix_folder(cell, results, folder));
    TRY(file_path(path, "%s/curve.h5", folder));
    enum status result = curve_read(path, &c);
    if (result == STATUS_MISSING)
        return STATUS_OK;
    TRY(result);
    struct speed *s = &t->speed[t->count];
    if (strcmp(curve_get(&c, "status"), "complete") == 0 && speed_of_curve(&c, &work, s)) {
        snprintf(s->method, sizeof s->method, "%s", cell->method);
        snprintf(s->dataset, sizeof s->dataset, "%s", cell->dataset);
        s->suite = kind->suite;
        s->precision = (int)h.precision;
        s->small = h.embed_dim < PAPER_WIDTH && h.family == HYPER_family_dt;
        if (t->count++ == 0) {
            snprintf(t->machine, sizeof t->machine, "%.150s", curve_get(&c, "machine"));
            snprintf(t->compiler, sizeof t->compiler, "%.150s", curve_get(&c, "compiler"));
        }
    }
    curve_free(&c);
    return STATUS_OK;
}

enum status speed_read(const char *results, struct speed_table *out)
{
    struct matrix m;
    TRY(matrix_load("cost", NULL, &m));
    *out = (struct speed_table){.speed = calloc((size_t)m.cells, sizeof *out->speed)};
    enum status result = STATUS_OK;
    if (out->speed == NULL)
        result = status_fail(STATUS_MEMORY, "no memory for %d speeds", m.cells);
    for (int i = 0; i < m.cells && result == STATUS_OK; i++)
        result = read_cell(&m.cell[i], results, out);
    if (result == STATUS_OK && out->count == 0)
        result = status_fail(STATUS_MISSING,
                             "%s holds no finished run of the matrix `cost`; `vitamin sweep cost` "
                             "makes them (about an hour of one core)",
                             results != NULL ? results : "results/runs");
    matrix_unload(&m);
    if (result != STATUS_OK)
        speed_free(out);
    return result;
}

void speed_free(struct speed_table *t)
{
    free(t->speed);
    *t = (struct speed_table){.count = 0};
}

/* --- a cell at that speed --------------------------------------------------------------------- */

static double size_of(const struct work *w)
{
    return w->actor_flops + w->interval * w->critic_flops;
}

/* How far apart two amounts of arithmetic are, as factors. */
static double distance(const struct work *a, const struct work *b)
{
    return fabs(log(fmax(size_of(a), 1) / fmax(size_of(b), 1)));
}

/* The speed of a method in a suite (NULL: any), of this precision if there is one. */
static const struct speed *find(const struct speed_table *t, const char *method,
                                const struct suite *suite, int precision, const struct work *work)
{
    const struct speed *best = NULL;
    for (int i = 0; i < t->count; i++) {
        const struct speed *s = &t->speed[i];
        if ((suite != NULL && s->suite != suite) || strcmp(s->method, method) != 0)
            continue;
        bool better = best == NULL;
        if (best != NULL && (s->precision == precision) != (best->precision == precision))
            better = s->precision == precision;
        else if (best != NULL)
            better = distance(&s->work, work) < distance(&best->work, work);
        best = better ? s : best;
    }
    return best;
}

static double or_zero(double x)
{
    return isfinite(x) ? x : 0;
}

static double ratio(double mine, double measured)
{
    return measured > 0 ? mine / measured : 1;
}

/* A step of acting is the environment's part and the network's, which alone changes with its size;
 * of an environment of no suite (NULL) the part is not known.
 */
static double acting(double measured, const struct suite *there, const struct suite *here,
                     double size)
{
    double network = there != NULL ? or_zero(measured) - there->step_seconds : 0;
    return network > 0 ? here->step_seconds + network * size : or_zero(measured);
}

bool speed_estimate(const struct speed_table *t, const char *method, const struct hyper *h,
                    const struct env_kind *kind, const struct work *w, struct speed_estimate *out)
{
    *out = (struct speed_estimate){.exact = true};
    const struct speed *s = find(t, method, kind->suite, (int)h->precision, w);
    if (s == NULL)
        s = find(t, method, NULL, (int)h->precision, w);
    if (s == NULL)
        s = find(t, h->family == HYPER_family_dt ? "td3_odt" : "td3bc", kind->suite,
                 (int)h->precision, w);
    if (s == NULL)
        return false;
    out->exact = strcmp(s->method, method) == 0 && s->suite == kind->suite &&
                 s->precision == (int)h->precision;
    out->learning = (w->updates + w->before_online) * or_zero(s->actor) *
                        ratio(w->actor_flops, s->work.actor_flops) +
                    w->updates * or_zero(s->sample);
    if (w->critic_flops > 0)
        out->learning += w->updates * w->interval * or_zero(s->critic) *
                         ratio(w->critic_flops, s->work.critic_flops);
    double size = ratio(w->act_flops, s->work.act_flops);
    out->rollout = w->steps * acting(s->rollout, s->suite, kind->suite, size);
    out->evaluation = w->evaluated * acting(s->evaluate, s->suite, kind->suite, size);
    out->store = w->iterations * or_zero(s->store);
    return true;
}

double speed_total(const struct speed_estimate *e)
{
    return e->learning + e->rollout + e->evaluation + e->store;
}
