#include "report/stats/compare.h"

#include "report/stats/aggregate.h"
#include "report/stats/improve.h"
#include "report/stats/rank.h"
#include "report/stats/replicate.h"
#include "report/stats/verdict.h"

#include <stdlib.h>
#include <string.h>

enum { LANES = REPLICATE_LANES, VALUES = 1 << 23 /* replicate values kept at a time: 64 MB */ };

double compare_improvement(const double *x, int nx, const double *y, int ny)
{
    int64_t surplus = 0;
    for (int i = 0; i < nx; i++) {
        for (int j = 0; j < ny; j++)
            surplus += (x[i] > y[j]) - (x[i] < y[j]);
    }
    return improve_around_half((double)surplus * 0.5 / ((double)nx * ny));
}

const char *compare_word(enum compare_verdict verdict)
{
    static const char *const word[] = {"better", "worse", "mixed", "no clear difference",
                                       "not testable"};
    return word[verdict];
}

static enum compare_verdict verdict_of(struct interval improvement, struct interval difference)
{
    if (difference.runs < VERDICT_RUNS || !interval_known(difference))
        return COMPARE_UNTESTED;
    int by_mean = (difference.low > 0) - (difference.high < 0);
    int by_rank = (improvement.low > 0.5) - (improvement.high < 0.5);
    if (by_mean * by_rank < 0)
        return COMPARE_MIXED;
    if (by_mean + by_rank == 2)
        return COMPARE_BETTER;
    return by_mean + by_rank == -2 ? COMPARE_WORSE : COMPARE_UNCLEAR;
}

/* ---- all pairs ------------------------------------------------------------------------------ */

/* X against Y. */
struct pair {
    int i, j;
    struct improve table;
};

/* What is prepared once: streams and orders of each method, rank tables of each pair. Many methods
 * take several passes, each over the pairs first .. last - 1. */
struct plan {
    const struct bootstrap *b;
    const struct matrix *const *x;
    int methods, ours;
    bool others; /* also the pairs without `ours` */
    int pairs, first, last;
    struct replicate *from;
    struct improve_order *order;
    struct pair *pair;
    double *improvement, *difference; /* (pairs of a pass, R) */
};

/* One thread's buffers. */
struct work {
    void *draw;
    double *mean;      /* (M, LANES) of the method at hand */
    double *average;   /* (methods, LANES) */
    uint16_t **count;  /* per method (L, LANES) */
    uint16_t **prefix; /* per method (L + M, LANES) */
};

static void work_free(struct work *w, int methods)
{
    for (int k = 0; k < methods; k++) {
        if (w->count != NULL)
            free(w->count[k]);
        if (w->prefix != NULL)
            free(w->prefix[k]);
    }
    free(w->count);
    free(w->prefix);
    free(w->draw);
    free(w->mean);
    free(w->average);
}

static bool work_init(struct work *w, const struct plan *p)
{
    size_t draw = 1, methods = (size_t)p->methods, tasks = (size_t)p->x[0]->tasks;
    for (size_t k = 0; k < methods; k++)
        draw = replicate_scratch(p->x[k]) > draw ? replicate_scratch(p->x[k]) : draw;
    *w = (struct work){.draw = malloc(draw),
                       .mean = malloc(tasks * LANES * sizeof *w->mean),
                       .average = malloc(methods * LANES * sizeof *w->average),
                       .count = calloc(methods, sizeof *w->count),
                       .prefix = calloc(methods, sizeof *w->prefix)};
    bool fits = w->draw != NULL && w->mean != NULL && w->average != NULL && w->count != NULL &&
                w->prefix != NULL;
    for (size_t k = 0; k < methods && fits; k++) {
        size_t L = matrix_count(p->x[k]);
        w->count[k] = malloc(L * LANES * sizeof *w->count[k]);
        w->prefix[k] = malloc((L + tasks) * LANES * sizeof *w->prefix[k]);
        fits = w->count[k] != NULL && w->prefix[k] != NULL;
    }
    return fits;
}

static void run_block(const struct plan *p, struct work *w, int block)
{
    int reps = p->b->reps;
    for (int k = 0; k < p->methods; k++) {
        const struct matrix *x = p->x[k];
        replicate_counts(&p->from[k], block, w->draw, w->count[k]);
        replicate_means(x, x->score, w->count[k], w->mean);
        replicate_average(w->mean, x->tasks, w->average + k * LANES);
        improve_prefix(x, &p->order[k], w->count[k], w->prefix[k]);
    }
    double lane[LANES];
    for (int k = p->first; k < p->last; k++) {
        int i = p->pair[k].i, j = p->pair[k].j;
        size_t values = (size_t)(k - p->first) * (size_t)reps;
        improve_lanes(&p->pair[k].table, w->count[i], w->prefix[j], lane);
        replicate_store(lane, reps, block, p->improvement + values);
        for (int l = 0; l < LANES; l++)
            lane[l] = w->average[i * LANES + l] - w->average[j * LANES + l];
        replicate_store(lane, reps, block, p->difference + values);
    }
}

static bool run_all(const struct plan *p)
{
    bool fits = true;
#pragma omp parallel
    {
        struct work w;
        bool mine = work_init(&w, p);
        if (!mine) {
#pragma omp atomic write
            fits = false;
        }
#pragma omp for schedule(dynamic)
        for (int block = 0; block < replicate_blocks(p->b->reps); block++) {
            if (mine)
                run_block(p, &w, block);
        }
        work_free(&w, p->methods);
    }
    return fits;
}

/* From the intervals of (i, j) the verdict, and (j, i) as the mirror image. */
static void finish_mirrored(const struct plan *p, int i, int j, struct comparison *out)
{
    struct comparison *c = &out[i * p->methods + j], *mirror = &out[j * p->methods + i];
    c->verdict = verdict_of(c->improvement, c->difference);
    struct interval a = c->improvement, d = c->difference;
    mirror->improvement = (struct interval){1 - a.point, 1 - a.high, 1 - a.low, a.runs};
    mirror->difference = (struct interval){-d.point, -d.high, -d.low, d.runs};
    mirror->verdict = verdict_of(mirror->improvement, mirror->difference);
}

/* Intervals of pair k of this pass. */
static void finish_pair(const struct plan *p, int k, struct comparison *out)
{
    int i = p->pair[k].i, j = p->pair[k].j;
    size_t values = (size_t)(k - p->first) * (size_t)p->b->reps;
    const struct matrix *both[2] = {p->x[i], p->x[j]};
    struct comparison *c = &out[i * p->methods + j];
    double difference = matrix_mean(p->x[i], p->x[i]->score) - matrix_mean(p->x[j], p->x[j]->score);
    c->improvement = bootstrap_interval(p->b, improve_point(&p->pair[k].table),
                                        p->improvement + values, both, 2);
    c->difference = bootstrap_interval(p->b, difference, p->difference + values, both, 2);
    finish_mirrored(p, i, j, out);
}

static enum status plan_init(struct plan *p)
{
    size_t methods = (size_t)p->methods, reps = (size_t)p->b->reps;
    size_t room = (size_t)(p->last - p->first);
    p->from = calloc(methods, sizeof *p->from);
    p->order = calloc(methods, sizeof *p->order);
    p->pair = calloc((size_t)p->pairs + 1, sizeof *p->pair);
    p->improvement = malloc((room * reps + 1) * sizeof *p->improvement);
    p->difference = malloc((room * reps + 1) * sizeof *p->difference);
    if (p->from == NULL || p->order == NULL || p->pair == NULL || p->improvement == NULL ||
        p->difference == NULL)
        return status_fail(STATUS_MEMORY, "no memory to compare %d methods with %d replications",
                           p->methods, p->b->reps);
    for (int k = 0; k < p->methods; k++) {
        TRY(matrix_check_pair(p->x[0], p->x[k]));
        for (int j = 0; j < k; j++) {
            if (strcmp(p->x[j]->method, p->x[k]->method) == 0)
                return status_fail(STATUS_CONFIG,
                                   "two methods to compare are both named '%s'; their resamples "
                                   "would not be independent, rename one",
                                   p->x[k]->method);
        }
        TRY(replicate_init(&p->from[k], p->b, BOOTSTRAP_PAIRS, p->x[k]));
        TRY(improve_order_init(&p->order[k], p->x[k]));
    }
    struct pair *pair = p->pair;
    for (int i = 0; i < p->methods; i++) {
        for (int j = i + 1; j < p->methods; j++) {
            if (!p->others && i != p->ours && j != p->ours)
                continue;
            *pair = j == p->ours ? (struct pair){.i = j, .j = i} : (struct pair){.i = i, .j = j};
            TRY(improve_init(&pair->table, p->x[pair->i], p->x[pair->j], &p->order[pair->j]));
            pair++;
        }
    }
    return STATUS_OK;
}

static void plan_free(struct plan *p)
{
    for (int k = 0; k < p->methods && p->from != NULL; k++)
        replicate_free(&p->from[k]);
    for (int k = 0; k < p->methods && p->order != NULL; k++)
        improve_order_free(&p->order[k]);
    for (int k = 0; k < p->pairs && p->pair != NULL; k++)
        improve_free(&p->pair[k].table);
    free(p->from);
    free(p->order);
    free(p->pair);
    free(p->improvement);
    free(p->difference);
}

/* ---- with task resampling ------------------------------------------------------------------- */

static void both_statistics(const struct matrix *x, const void *context, double *scratch,
                            double *out)
{
    (void)context;
    (void)scratch;
    double half = 0; /* about 1/2, so that both directions mirror each other */
    for (int m = 0; m < x[0].tasks; m++)
        half += compare_improvement(x[0].score + x[0].start[m], x[0].runs[m],
                                    x[1].score + x[1].start[m], x[1].runs[m]) -
                0.5;
    out[0] = improve_around_half(half / x[0].tasks);
    out[1] = matrix_mean(&x[0], x[0].score) - matrix_mean(&x[1], x[1].score);
}

/* The same task columns are drawn for both; each replicate counts all pairs anew. */
static enum status resample_tasks(const struct plan *p, struct comparison *out)
{
    const struct statistic s = {both_statistics, NULL, 0, 2};
    for (int k = 0; k < p->pairs; k++) {
        int i = p->pair[k].i, j = p->pair[k].j;
        const struct matrix *both[2] = {p->x[i], p->x[j]};
        struct interval got[2];
        TRY(bootstrap_run(p->b, BOOTSTRAP_PAIRS, both, 2, &s, NULL, got));
        out[i * p->methods + j].improvement = got[0];
        out[i * p->methods + j].difference = got[1];
        finish_mirrored(p, i, j, out);
    }
    return STATUS_OK;
}

/* ---- what users call ------------------------------------------------------------------------ */

enum status compare_ours(const struct matrix *const *x, int count, int ours, bool others,
                         const struct bootstrap *b, struct comparison *out)
{
    TRY(bootstrap_check(b));
    if (count == 0)
        return STATUS_OK;
    int pairs = others ? count * (count - 1) / 2 : count - 1, room = VALUES / 2 / b->reps;
    room = room < 1 ? 1 : room > pairs ? pairs : room;
    struct plan p = {.b = b,
                     .x = x,
                     .methods = count,
                     .ours = ours,
                     .others = others,
                     .pairs = pairs,
                     .last = room};
    enum status status = plan_init(&p);
    if (status != STATUS_OK)
        goto done;

    for (int i = 0; i < count; i++) {
        struct interval half = {0.5, 0.5, 0.5, matrix_fewest(x[i])};
        struct interval none = {0, 0, 0, matrix_fewest(x[i])};
        out[i * count + i] = (struct comparison){half, none, COMPARE_UNCLEAR};
    }
    if (b->tasks)
        status = resample_tasks(&p, out);
    for (p.first = 0; p.first < pairs && !b->tasks; p.first += room) {
        p.last = p.first + room < pairs ? p.first + room : pairs;
        if (!run_all(&p)) {
            status = status_fail(STATUS_MEMORY, "no memory to compare %d methods", count);
            goto done;
        }
#pragma omp parallel for schedule(dynamic)
        for (int k = p.first; k < p.last; k++)
            finish_pair(&p, k, out);
    }
done:
    plan_free(&p);
    return status;
}

enum status compare_all(const struct matrix *const *x, int count, const struct bootstrap *b,
                        struct comparison *out)
{
    return compare_ours(x, count, 0, true, b, out);
}

enum status compare_pair(const struct matrix *x, const struct matrix *y, const struct bootstrap *b,
                         struct comparison *out)
{
    const struct matrix *both[2] = {x, y};
    struct comparison all[4];
    TRY(compare_all(both, 2, b, all));
    *out = all[1];
    return STATUS_OK;
}

static enum status compare_task(const struct matrix *x, const struct matrix *y, int m,
                                const struct bootstrap *b, struct comparison *out)
{
    const char *task = x->task[m];
    struct matrix a = {0}, c = {0};
    enum status status = matrix_keep(x, &task, 1, &a);
    if (status == STATUS_OK)
        status = matrix_keep(y, &task, 1, &c);
    if (status == STATUS_OK)
        status = compare_pair(&a, &c, b, out);
    matrix_free(&a);
    matrix_free(&c);
    return status;
}

enum status compare_tasks(const struct matrix *x, const struct matrix *y, const struct bootstrap *b,
                          struct interval *improvement, struct interval *difference, double *p)
{
    TRY(matrix_check_pair(x, y));
    struct bootstrap runs_only = *b; /* a single column has no other to draw */
    runs_only.tasks = false;
    struct status_note first = {.code = STATUS_OK};
    int failed = x->tasks;
#pragma omp parallel for schedule(dynamic)
    for (int m = 0; m < x->tasks; m++) {
        struct comparison c;
        double greater, two_sided = 1;
        enum status status = compare_task(x, y, m, &runs_only, &c);
        if (status == STATUS_OK && p != NULL)
            status = rank_test(x->score + x->start[m], x->runs[m], y->score + y->start[m],
                               y->runs[m], &greater, &two_sided);
        if (status != STATUS_OK) {
#pragma omp critical
            if (m < failed) { /* the lowest failing task speaks, whatever the threads did */
                failed = m;
                status_save(&first, status);
            }
            continue;
        }
        if (improvement != NULL)
            improvement[m] = c.improvement;
        if (difference != NULL)
            difference[m] = c.difference;
        if (p != NULL)
            p[m] = two_sided;
    }
    return status_restore(&first);
}
