#include "harness/base/progress.h"
#include "harness/run/run_impl.h"

#include "engine/base/log.h"
#include "harness/base/terminal.h"

#include <math.h>

/* In the order of progress_stages. */
static const enum run_timer shown[PROGRESS_STAGES] = {TIMER_ROLLOUT, TIMER_SAMPLE,   TIMER_CRITIC,
                                                      TIMER_ACTOR,   TIMER_EVALUATE, TIMER_STORE};

/* Seconds between two lines: a terminal's is rewritten, a file's grows. */
static double interval(const struct run *r)
{
    return r->live ? 0.5 : 60;
}

static struct progress state_of(const struct run *r)
{
    struct progress p = {.method = r->request->config.method,
                         .dataset = r->dataset.id,
                         .seed = r->request->seed,
                         .online = r->online != 0,
                         .iteration = r->iteration,
                         .done = r->online ? r->transitions_done : r->pretrained,
                         .total = r->online ? r->hyper.stop_transitions : run_pretrain_total(r),
                         .first = r->phase_first,
                         .seconds = progress_since(&r->phase_started),
                         .score = (double)NAN};
    if (!r->online && r->batches_of_block > 0)
        p.done += r->batches_of_block;
    if (r->curve.evaluations > 0)
        p.score = curve_mean_score(&r->curve, r->curve.evaluations - 1);
    p.units = r->online ? r->iterations_here : p.done - p.first;
    for (int i = 0; i < PROGRESS_STAGES; i++) {
        bool partly = !r->online || p.units == 0; /* iterations count when they are complete */
        p.stage[i] = r->phase_timer[shown[i]] + (partly ? r->timer[shown[i]] : 0);
    }
    return p;
}

void run_progress(struct run *r, bool force)
{
    char line[512];
    if (r->request->quiet || (!force && progress_since(&r->last_report) < interval(r)))
        return;
    clock_gettime(CLOCK_MONOTONIC, &r->last_report);
    struct progress p = state_of(r);
    if (r->live) {
        progress_run(&p, progress_columns(), terminal_has_utf8(), line, sizeof line);
        progress_put(line);
    } else {
        progress_line(&p, line, sizeof line);
        log_info("run", "%s", line);
    }
}
