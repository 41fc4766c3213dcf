/* The bootstrap of any statistic: the general and slow road. */
#include "report/stats/bootstrap.h"

#include "engine/base/rng.h"
#include "report/stats/replicate.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LANES = REPLICATE_LANES };

/* One resampled input of one thread: names and shape are borrowed, except with task resampling. */
struct resample {
    struct matrix x;
    uint16_t *index; /* (L, LANES): task m's draws start at start[m] * LANES */
    char (*task)[MATRIX_NAME];
    int *runs;
    size_t *start;
};

struct work {
    struct resample *input;
    struct matrix *x; /* (count) what the statistic sees */
    void *draw;
    double *scratch;
    double *out; /* (wanted) */
};

static void resample_free(struct resample *r)
{
    free(r->x.score);
    free(r->index);
    free(r->task);
    free(r->runs);
    free(r->start);
}

static void work_free(struct work *w, int count)
{
    for (int k = 0; w->input != NULL && k < count; k++)
        resample_free(&w->input[k]);
    free(w->input);
    free(w->x);
    free(w->draw);
    free(w->scratch);
    free(w->out);
    *w = (struct work){0};
}

static bool resample_init(struct resample *r, const struct matrix *x, bool tasks)
{
    size_t M = (size_t)x->tasks, most = (size_t)matrix_most(x);
    r->x = *x;
    r->x.score = malloc(M * most * sizeof *r->x.score);
    if (!tasks) {
        r->index = malloc(matrix_count(x) * LANES * sizeof *r->index);
        return r->x.score != NULL && r->index != NULL;
    }
    r->x.task = r->task = malloc(M * sizeof *r->task);
    r->x.runs = r->runs = malloc(M * sizeof *r->runs);
    r->x.start = r->start = calloc(M + 1, sizeof *r->start);
    return r->x.score != NULL && r->task != NULL && r->runs != NULL && r->start != NULL;
}

static bool work_init(struct work *w, const struct matrix *const *x, int count, bool tasks,
                      const struct statistic *s)
{
    size_t draw = 1;
    for (int k = 0; k < count; k++)
        draw = replicate_scratch(x[k]) > draw ? replicate_scratch(x[k]) : draw;
    *w = (struct work){.input = calloc((size_t)count + 1, sizeof *w->input),
                       .x = calloc((size_t)count + 1, sizeof *w->x),
                       .draw = malloc(draw),
                       .scratch = malloc((s->scratch + 1) * sizeof *w->scratch),
                       .out = calloc((size_t)s->wanted + 1, sizeof *w->out)};
    bool fits = w->input && w->x && w->draw && w->scratch && w->out;
    for (int k = 0; k < count && fits; k++)
        fits = resample_init(&w->input[k], x[k], tasks);
    return fits;
}

/* Runs of one lane of the block whose draws are in r->index. */
static void take_lane(struct resample *r, const struct matrix *x, int lane)
{
    for (int m = 0; m < x->tasks; m++) {
        size_t first = x->start[m], runs = (size_t)x->runs[m];
        const uint16_t *index = r->index + first * LANES + (size_t)lane * runs;
        for (size_t n = 0; n < runs; n++)
            r->x.score[first + n] = x->score[first + index[n]];
    }
}

/* Task columns with replacement, then the runs of each column drawn. A column drawn twice gets
 * fresh runs: the stream is that of the task at that place. */
static void take_tasks(struct resample *r, const struct replicate *from, uint64_t columns,
                       uint64_t replicate)
{
    const struct matrix *x = from->x;
    struct rng column = rng_at(columns, RNG_BOOTSTRAP, replicate);
    for (int m = 0; m < x->tasks; m++) {
        uint32_t t = rng_below(&column, (uint32_t)x->tasks), runs = (uint32_t)x->runs[t];
        struct rng draw = rng_at(rng_key_mix(from->key[t], (uint64_t)m + 1), RNG_BOOTSTRAP,
                                 replicate);
        memcpy(r->task[m], x->task[t], MATRIX_NAME);
        r->runs[m] = (int)runs;
        r->start[m + 1] = r->start[m] + runs;
        for (uint32_t n = 0; n < runs; n++)
            r->x.score[r->start[m] + n] = x->score[x->start[t] + rng_below(&draw, runs)];
    }
}

struct job {
    const struct bootstrap *b;
    const struct replicate *from;
    int count;
    uint64_t columns; /* key of the task draws */
    const struct statistic *statistic;
    double *values; /* (wanted, R) */
};

static void run_block(const struct job *job, struct work *w, int block)
{
    const struct statistic *s = job->statistic;
    for (int k = 0; k < job->count && !job->b->tasks; k++) {
        const struct matrix *x = job->from[k].x;
        for (int m = 0; m < x->tasks; m++)
            replicate_index(&job->from[k], m, block, w->draw,
                            w->input[k].index + x->start[m] * LANES);
    }
    for (int lane = 0; lane < replicate_lanes(job->b->reps, block); lane++) {
        size_t replicate = (size_t)block * LANES + (size_t)lane;
        for (int k = 0; k < job->count; k++) {
            if (job->b->tasks)
                take_tasks(&w->input[k], &job->from[k], job->columns, replicate);
            else
                take_lane(&w->input[k], job->from[k].x, lane);
            w->x[k] = w->input[k].x;
        }
        s->of(w->x, s->context, w->scratch, w->out);
        for (int i = 0; i < s->wanted; i++)
            job->values[(size_t)i * (size_t)job->b->reps + replicate] = w->out[i];
    }
}

static enum status run_all(const struct job *job, const struct matrix *const *x)
{
    bool fits = true;
#pragma omp parallel
    {
        struct work w;
        bool mine = work_init(&w, x, job->count, job->b->tasks, job->statistic);
        if (!mine) {
#pragma omp atomic write
            fits = false;
        }
#pragma omp for schedule(dynamic)
        for (int block = 0; block < replicate_blocks(job->b->reps); block++) {
            if (mine)
                run_block(job, &w, block);
        }
        work_free(&w, job->count);
    }
    if (!fits)
        return status_fail(STATUS_MEMORY, "no memory to resample %d methods", job->count);
    for (size_t i = 0; i < (size_t)job->statistic->wanted * (size_t)job->b->reps; i++) {
        if (isnan(job->values[i]))
            return status_fail(STATUS_NONFINITE,
                               "a statistic of method '%s' is not defined on bootstrap replicate "
                               "%zu; it needs more runs",
                               x[0]->method, i % (size_t)job->b->reps);
    }
    return STATUS_OK;
}

enum status bootstrap_run(const struct bootstrap *b, enum bootstrap_family family,
                          const struct matrix *const *x, int count, const struct statistic *s,
                          double *values, struct interval *out)
{
    assert(count >= 1 && s->wanted >= 1);
    TRY(bootstrap_check(b));
    size_t reps = (size_t)b->reps, wanted = (size_t)s->wanted;
    struct replicate *from = calloc((size_t)count + 1, sizeof *from);
    struct matrix *shown = calloc((size_t)count + 1, sizeof *shown);
    double *own = values == NULL ? malloc(wanted * reps * sizeof *own) : NULL;
    double *sorted = malloc((reps + wanted + s->scratch) * sizeof *sorted);
    enum status status = STATUS_OK;
    if (from == NULL || shown == NULL || sorted == NULL || (values == NULL && own == NULL)) {
        status = status_fail(STATUS_MEMORY, "no memory for %d bootstrap replications", b->reps);
        goto done;
    }
    for (int k = 0; k < count && status == STATUS_OK; k++) {
        status = replicate_init(&from[k], b, family, x[k]);
        if (status == STATUS_OK && b->tasks)
            status = matrix_check_pair(x[0], x[k]);
        shown[k] = *x[k];
    }
    if (status != STATUS_OK)
        goto done;

    struct job job = {
        .b = b,
        .from = from,
        .count = count,
        .columns = rng_key_mix(rng_key_mix(b->seed, (uint64_t)family), rng_key("task columns")),
        .statistic = s,
        .values = values != NULL ? values : own};
    double *point = sorted + reps;
    s->of(shown, s->context, point + wanted, point);
    status = run_all(&job, x);
    for (size_t i = 0; i < wanted && status == STATUS_OK; i++) {
        memcpy(sorted, job.values + i * reps, reps * sizeof *sorted);
        out[i] = bootstrap_interval(b, point[i], sorted, x, count);
    }
done:
    for (int k = 0; from != NULL && k < count; k++)
        replicate_free(&from[k]);
    free(from);
    free(shown);
    free(own);
    free(sorted);
    return status;
}
