#include "harness/sweep/speed.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- one curve -------------------------------------------------------------------------------- */

struct sums {
    double seconds[CURVE_METRIC_COUNT]; /* of the seconds_* columns, online rows */
    double updates, transitions, iterations;
    double evaluate, evaluated; /* seconds and steps of evaluations, all rows */
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

bool speed_of_curve(const struct curve *c, const struct cost_work *work, struct speed *out)
{
    struct sums s = {.updates = 0};
    for (int i = 0; i < c->iterations; i++)
        add_row(&s, c, i);
    add_evaluations(&s, c);
    double threads = curve_get_number(c, "threads", 1);
    *out = (struct speed){.work = *work};
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
    TRY(cost_configure(cell, &h, &kind));
    struct cost_work work = cost_count(&h, kind);
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
                             "makes them (some minutes)",
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

static const struct speed *find(const struct speed_table *t, const char *method,
                                const struct suite *suite)
{
    for (int i = 0; i < t->count; i++) {
        if (t->speed[i].suite == suite && strcmp(t->speed[i].method, method) == 0)
            return &t->speed[i];
    }
    return NULL;
}

static double or_zero(double x)
{
    return isfinite(x) ? x : 0;
}

static double ratio(double mine, double measured)
{
    return measured > 0 ? mine / measured : 1;
}

/* A step of acting is the environment's part and the network's, which alone changes with its size.
 */
static double acting(double measured, double env_step, double size)
{
    double network = or_zero(measured) - env_step;
    return network > 0 ? env_step + network * size : or_zero(measured);
}

enum status speed_estimate(const struct speed_table *t, const struct matrix_cell *cell,
                           struct speed_estimate *out)
{
    const struct env_kind *kind;
    struct hyper h;
    *out = (struct speed_estimate){.exact = true};
    TRY(cost_configure(cell, &h, &kind));
    if (kind->suite->run_seconds > 0)
        return STATUS_OK; /* below a second */
    struct cost_work w = cost_count(&h, kind);
    const struct speed *s = find(t, cell->method, kind->suite);
    if (s == NULL) {
        out->exact = false;
        s = find(t, h.family == HYPER_family_dt ? "td3_odt" : "td3bc", kind->suite);
    }
    if (s == NULL)
        return status_fail(STATUS_MISSING,
                           "no speed was measured for the suite of %s; finish `vitamin sweep cost`",
                           cell->dataset);
    out->learning = (w.updates + w.before_online) * or_zero(s->actor) *
                        ratio(w.actor_flops, s->work.actor_flops) +
                    w.updates * or_zero(s->sample);
    if (w.critic_flops > 0)
        out->learning += w.updates * w.interval * or_zero(s->critic) *
                         ratio(w.critic_flops, s->work.critic_flops);
    double step = kind->suite->step_seconds, size = ratio(w.act_flops, s->work.act_flops);
    out->rollout = w.steps * acting(s->rollout, step, size);
    out->evaluation = w.evaluated * acting(s->evaluate, step, size);
    out->store = w.iterations * or_zero(s->store);
    return STATUS_OK;
}
