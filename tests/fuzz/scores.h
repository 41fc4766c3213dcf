/* What fuzzers of score files share: whatever is accepted can be made a report of, and what the
 * report writes is read back. */
#ifndef TESTS_FUZZ_SCORES_H
#define TESTS_FUZZ_SCORES_H

#include "report/export.h"
#include "report/results/results.h"
#include "tests/fuzz/taster.h"

#include <math.h>

static inline void look_at_name(const char *name)
{
    expect(*name != '\0');
    for (; *name != '\0'; name++)
        expect((unsigned char)*name >= ' ' && *name != 0x7f);
}

static inline void look_at_results(const struct results *r)
{
    expect(r->runs > 0 && r->methods > 0 && r->datasets > 0);
    for (int i = 0; i < r->methods; i++)
        look_at_name(r->method[i].id);
    for (int i = 0; i < r->datasets; i++)
        look_at_name(r->dataset[i].id);
    for (int i = 0; i < r->runs; i++) {
        const struct results_run *run = &r->run[i];
        expect(run->method >= 0 && run->method < r->methods);
        expect(run->dataset >= 0 && run->dataset < r->datasets);
        expect(run->origin.foreign && (run->status == RUN_OK || run->why[0] != '\0'));
        expect(!run->used || isfinite(run->final));
        for (int k = 0; k < run->points; k++) {
            expect(isfinite(run->x[k]) && isfinite(run->y[k]));
            expect(k == 0 || run->x[k - 1] < run->x[k]);
        }
    }
}

/* False: refused. */
static inline bool read_scores(struct results *r, const char *path)
{
    results_init(r, (struct results_options){0});
    if (results_read_scores(r, path) == STATUS_OK && results_finish(r) == STATUS_OK)
        return true;
    expect(*status_sentence() != '\0');
    return false;
}

/* The report's own files are read back as the same runs. */
static inline void expect_read_back(const struct results *r, const char *copy)
{
    struct results again;
    expect(read_scores(&again, copy));
    look_at_results(&again);
    expect(again.runs == r->runs);
    for (int i = 0; i < r->runs; i++) {
        const struct results_run *p = &r->run[i], *q = &again.run[i];
        expect(p->status == q->status && p->used == q->used && p->seed == q->seed);
        expect(!p->used || p->final == q->final);
    }
    results_free(&again);
}

/* True: the file was accepted. */
static inline bool try_scores(const char *path)
{
    char copy[FILE_PATH];
    struct results r;
    bool accepted = read_scores(&r, path);
    if (accepted) {
        look_at_results(&r);
        snprintf(copy, sizeof copy, "%.900s/scores.csv", scratch_folder());
        expect(export_scores(&r, copy) == STATUS_OK);
        expect_read_back(&r, copy);
        snprintf(copy, sizeof copy, "%.900s/curves.csv.gz", scratch_folder());
        expect(export_curves(&r, copy) == STATUS_OK);
        expect_read_back(&r, copy);
    }
    results_free(&r);
    return accepted;
}

#endif
