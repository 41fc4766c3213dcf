/* Readers of curves on any bytes: curve_read, and the report's on a results folder. They may refuse
 * the file, with a sentence, and nothing else. A curve that is accepted is whole, is written again
 * and read back as the same; a report's run has scores at increasing x.
 * tests/report/test_fuzz_curve.c replays the corpus. */
#include "engine/base/file.h"
#include "harness/curve/curve.h"
#include "report/results/results.h"
#include "tests/fuzz/taster.h"

#include <math.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char results_folder[FILE_PATH], curve_path[FILE_PATH], copy_path[FILE_PATH];

static void make_folders(void)
{
    char run[FILE_PATH];
    snprintf(results_folder, sizeof results_folder, "%.900s/runs", scratch_folder());
    snprintf(run, sizeof run, "%.900s/lite/hopper-medium-v2/td3_odt/1", results_folder);
    expect(file_make_folder(run) == STATUS_OK);
    snprintf(curve_path, sizeof curve_path, "%.1000s/curve.h5", run);
    snprintf(copy_path, sizeof copy_path, "%.900s/copy.h5", scratch_folder());
}

static void eat(void)
{
    look_through(curve_path);
}

static void look_at(const struct curve *c)
{
    double sum = 0;
    expect(c->evaluations >= 0 && c->iterations >= 0 && c->episodes >= 0 && c->config != NULL);
    for (int i = 0; i < c->evaluations; i++) {
        const struct curve_evaluation *e = &c->evaluation[i];
        for (int k = 0; k < c->episodes; k++)
            sum += e->raw_return[k] + e->score[k] + e->length[k] + e->success[k];
    }
    for (int k = 0; k < c->bandit.rollouts * c->bandit.actions; k++)
        sum += c->bandit.action[k] + c->bandit.reward[k];
    for (int k = 0; k < c->bandit.rollouts * c->bandit.grid_size; k++)
        sum += c->bandit.critic[k];
    for (int k = 0; k < c->bandit.rollouts * c->bandit.policy_size; k++)
        sum += c->bandit.policy[k];
    (void)sum;
    expect(curve_compare(c, c, false) == STATUS_OK);
}

static void try_curve(void)
{
    struct curve c, again;
    if (curve_read(curve_path, &c) != STATUS_OK) {
        expect(*status_sentence() != '\0');
        return;
    }
    look_at(&c);
    expect(curve_write(&c, copy_path) == STATUS_OK && curve_read(copy_path, &again) == STATUS_OK);
    expect(curve_compare(&c, &again, false) == STATUS_OK);
    curve_truncate(&c, c.evaluations / 2, c.iterations / 2);
    expect(curve_compare(&c, &again, true) == STATUS_OK);
    curve_free(&again);
    curve_free(&c);
}

static void try_report(void)
{
    struct results r;
    results_init(&r, (struct results_options){0});
    if (results_read_folder(&r, results_folder) != STATUS_OK || results_finish(&r) != STATUS_OK) {
        expect(*status_sentence() != '\0');
    } else {
        expect(r.runs == 1);
        const struct results_run *run = r.run;
        expect(run->status == RUN_OK || run->status == RUN_INCOMPLETE || run->why[0] != '\0');
        for (int i = 0; i < run->points; i++)
            expect(isfinite(run->x[i]) && (i == 0 || run->x[i - 1] < run->x[i]));
    }
    results_free(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    guard_disarm(); /* what has been tasted is read in place */
    if (curve_path[0] == '\0')
        make_folders();
    write_input(curve_path, data, size);
    if (!taste(eat))
        return 0;
    try_curve();
    try_report();
    return 0;
}
