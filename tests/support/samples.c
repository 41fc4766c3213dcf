#include "tests/support/samples.h"

#include "engine/base/file.h"
#include "engine/base/rng.h"
#include "report/results/paper.h"
#include "report/results/registry.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EVALUATIONS = 11, EPISODES = 2, ROLLOUTS = 5, ACTIONS = 8, GRID = 9, TARGETS = 5 };

static double noise(struct rng *rng, double about)
{
    return (2 + 0.04 * fabs(about)) * rng_normal_double(rng);
}

static void write_cell(FILE *f, const struct paper_table *t, int row, int method, int seeds,
                       int points)
{
    const struct paper_cell *cell = &t->cell[row][method];
    int known = registry_find_dataset(t->dataset[row]);
    double budget = known >= 0 ? registry_datasets(NULL)[known].budget : 1e6;
    bool antmaze = strncmp(t->dataset[row], "antmaze", 7) == 0;
    for (int seed = 0; seed < seeds && isfinite(cell->final); seed++) {
        uint64_t key = rng_key(t->dataset[row]) + (uint64_t)(method * 1000 + seed);
        struct rng rng = rng_at(key, RNG_TEST, 0);
        double final = cell->final + noise(&rng, cell->final);
        double initial = cell->final - cell->increase + noise(&rng, cell->final - cell->increase);
        for (int i = 0; i < points; i++) {
            double at = (double)i / (points - 1), y = initial + (final - initial) * sqrt(at);
            if (antmaze)
                y = fmin(100, fmax(0, y));
            fprintf(f, "%s,%s%s,%d,%.0f,%.4f\n", registry_methods[method].id, t->dataset[row],
                    t->delayed, seed, at * budget, y);
        }
    }
}

void sample_paper_csv(const char *path, int seeds, int points)
{
    FILE *f = fopen(path, "w");
    cr_assert_not_null(f);
    fprintf(f, "method,dataset,seed,step,score\n");
    for (int t = 0; t < PAPER_TABLES; t++) {
        const struct paper_table *table = &paper_tables()[t];
        for (int row = 0; row < table->rows; row++) {
            for (int m = 0; m < PAPER_METHODS; m++)
                write_cell(f, table, row, m, seeds, points);
        }
    }
    cr_assert_eq(fclose(f), 0);
}

/* --- result files -------------------------------------------------------------------------------
 */

static void ok(enum status status)
{
    cr_assert_eq(status, STATUS_OK, "%s", status_sentence());
}

static void describe(struct curve *c, const char *method, const char *dataset, int seed,
                     double budget)
{
    ok(curve_set(c, "format", "vitamin curve 1"));
    ok(curve_set(c, "method", "%s", method));
    ok(curve_set(c, "dataset", "%s", dataset));
    ok(curve_set(c, "preset", "paper"));
    ok(curve_set(c, "size", "paper"));
    ok(curve_set(c, "seed", "%d", seed));
    ok(curve_set(c, "status", "complete"));
    ok(curve_set(c, "budget", "%.0f", budget));
    ok(curve_set(c, "dataset_kind", "d4rl"));
    ok(curve_set(c, "revision", "0123abc"));
    ok(curve_set(c, "updated", "2024-02-29T12:34:56Z"));
}

unsigned sample_hash(const char *config)
{
    return (unsigned)rng_key(config);
}

static void write_run(struct curve *c, const char *folder, const char *method, const char *dataset,
                      int seed, const char *config)
{
    char path[FILE_PATH];
    snprintf(path, sizeof path, "%s/m/%s/%s-%08x/%d", folder, dataset, method, sample_hash(config),
             seed);
    ok(file_make_folder(path));
    strncat(path, "/curve.h5", sizeof path - strlen(path) - 1);
    ok(curve_write(c, path));
    curve_free(c);
}

void sample_run(const char *folder, const char *method, const char *dataset, int seed,
                double budget, double score, const char *config)
{
    struct curve c = {0};
    describe(&c, method, dataset, seed, budget);
    ok(curve_set_config(&c, config));
    for (int i = 0; i < EVALUATIONS; i++) {
        double at = (double)i / (EVALUATIONS - 1), y = score * sqrt(at) + 0.5 * sin(7 * i + seed);
        double raw[EPISODES] = {10 * y, 10 * y + 5}, normal[EPISODES] = {y, y + 1};
        int32_t length[EPISODES] = {1000, 1000};
        uint8_t success[EPISODES] = {0, 1};
        struct curve_evaluation row = {.iteration = 10 * i,
                                       .transitions = (int64_t)(at * budget),
                                       .gradient_steps = 1000 + 300 * i,
                                       .seconds = 60 + 600.0 * i,
                                       .raw_return = raw,
                                       .score = normal,
                                       .length = length,
                                       .success = success};
        ok(curve_add_evaluation(&c, &row, EPISODES));
        struct curve_iteration it = curve_blank_iteration();
        it.value[CURVE_phase] = i > 0;
        it.value[CURVE_iteration] = 10 * i;
        it.value[CURVE_transitions] = at * budget;
        it.value[CURVE_loss_critic_last] = 100 * exp(-0.3 * i) + seed;
        it.value[CURVE_rollout_return] = 100 * y;
        it.value[CURVE_ratio_mean] = exp(0.2 * sin(i + seed));
        it.value[CURVE_seconds_rollout] = 2;
        it.value[CURVE_seconds_sample] = 0.5;
        it.value[CURVE_seconds_critic] = 3;
        it.value[CURVE_seconds_actor] = 4;
        it.value[CURVE_seconds_evaluate] = 1;
        it.value[CURVE_seconds_store] = 0.1;
        ok(curve_add_iteration(&c, &it));
    }
    write_run(&c, folder, method, dataset, seed, config);
}

static double reward(double a)
{
    return a <= 0 ? (a + 1) * (a + 1) : 1 - 2 * a;
}

void sample_bandit(const char *folder, const char *method, int seed)
{
    struct curve c = {0};
    describe(&c, method, "bandit", seed, 64 * ROLLOUTS);
    ok(curve_set_config(&c, "bandit_seed = 1\n"));
    ok(curve_init_bandit(&c, ROLLOUTS, ACTIONS, GRID, TARGETS));
    struct curve_bandit *b = &c.bandit;
    bool odt = strcmp(method, "odt") == 0, ddpg = strcmp(method, "ddpg") == 0;
    for (int g = 0; g < GRID; g++)
        b->grid[g] = -1 + 2.0 * g / (GRID - 1);
    for (int t = 0; t < TARGETS; t++)
        b->return_to_go[t] = (double)t / (TARGETS - 1);
    for (int p = 0; p < ROLLOUTS; p++) {
        double reach = odt ? 0.1 : (double)p / (ROLLOUTS - 1);
        b->gradient_steps[p] = 20 + 6 * p;
        for (int a = 0; a < ACTIONS; a++) {
            double action = -0.97 + 0.97 * reach + 0.005 * a;
            b->action[p * ACTIONS + a] = action;
            b->reward[p * ACTIONS + a] = reward(action);
        }
        for (int g = 0; g < GRID && !odt; g++)
            b->critic[p * GRID + g] = reach * reward(b->grid[g]);
        for (int t = 0; t < TARGETS && !ddpg; t++)
            b->policy[p * TARGETS + t] = -1 + reach * b->return_to_go[t];
        double y = 100 * reward(-0.97 + 0.97 * reach);
        int32_t length = 1;
        uint8_t success = 0;
        struct curve_evaluation row = {.iteration = p,
                                       .transitions = 64 * p,
                                       .gradient_steps = 20 + 6 * p,
                                       .seconds = p,
                                       .raw_return = &y,
                                       .score = &y,
                                       .length = &length,
                                       .success = &success};
        ok(curve_add_evaluation(&c, &row, 1));
    }
    write_run(&c, folder, method, "bandit", seed, "bandit_seed = 1\n");
}
