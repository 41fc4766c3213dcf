#include "tests/report/folder.h"

#include "engine/base/file.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char folder[] = "/tmp/vitamin-report-XXXXXX";

void folder_make(void)
{
    cr_assert_not_null(mkdtemp(folder));
}

void folder_remove(void)
{
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    cr_assert_eq(system(command), 0);
}

/* A name keeps its buffer, so a path may be kept as long as no test uses more than 64 names. */
const char *folder_path(const char *name)
{
    static char paths[64][FILE_PATH];
    char path[FILE_PATH];
    snprintf(path, sizeof path, "%s/%.900s", folder, name);
    for (int i = 0; i < 64; i++) {
        if (paths[i][0] == '\0')
            memcpy(paths[i], path, sizeof path);
        if (strcmp(paths[i], path) == 0)
            return paths[i];
    }
    cr_assert_fail("more than 64 names in one test");
    abort();
}

const char *folder_write(const char *name, const char *text)
{
    const char *path = folder_path(name);
    char parent[FILE_PATH];
    cr_assert_eq(file_parent(path, parent), STATUS_OK);
    cr_assert_eq(file_make_folder(parent), STATUS_OK);
    cr_assert_eq(file_replace(path, text, strlen(text)), STATUS_OK);
    return path;
}

char *folder_read(const char *path)
{
    char *text;
    size_t bytes;
    cr_assert_eq(file_read(path, 1 << 26, &text, &bytes), STATUS_OK, "%s", status_sentence());
    return text;
}

static void set(struct curve *c, const char *key, const char *value)
{
    if (value != NULL)
        cr_assert_eq(curve_set(c, key, "%s", value), STATUS_OK);
}

void folder_run(struct folder_run run)
{
    struct curve c = {0};
    char name[512], parent[FILE_PATH];
    set(&c, "method", run.method);
    set(&c, "dataset", run.dataset);
    set(&c, "matrix", run.matrix);
    set(&c, "status", run.status != NULL ? run.status : "complete");
    set(&c, "preset", run.preset != NULL ? run.preset : "paper");
    set(&c, "size", "paper");
    set(&c, "variant", run.variant);
    set(&c, "suite", run.suite);
    set(&c, "label", run.label);
    set(&c, "dataset_kind", run.kind != NULL ? run.kind : "d4rl");
    set(&c, "reduced", run.reduced != NULL ? run.reduced : "");
    set(&c, "revision", run.revision != NULL ? run.revision : "abc123");
    cr_assert_eq(curve_set(&c, "seed", "%d", run.seed), STATUS_OK);
    cr_assert_eq(curve_set(&c, "budget", "%.0f", run.budget > 0 ? run.budget : run.end), STATUS_OK);
    cr_assert_eq(curve_set_config(&c, run.config != NULL ? run.config : ""), STATUS_OK);
    for (int i = 0; i < run.points; i++) {
        double t = run.points > 1 ? (double)i / (run.points - 1) : 0;
        double score = run.first + t * (run.last - run.first), raw = score;
        int32_t length = 10;
        uint8_t success = 1;
        struct curve_evaluation e = {
            i, (int64_t)(t * run.end), i * 300, i * 10.0, &raw, &score, &length, &success};
        cr_assert_eq(curve_add_evaluation(&c, &e, 1), STATUS_OK);
    }
    snprintf(name, sizeof name, "%s/%s/%s/%d/curve.h5", run.matrix, run.dataset,
             run.folder != NULL ? run.folder : run.method, run.seed);
    const char *path = folder_path(name);
    cr_assert_eq(file_parent(path, parent), STATUS_OK);
    cr_assert_eq(file_make_folder(parent), STATUS_OK);
    cr_assert_eq(curve_write(&c, path), STATUS_OK, "%s", status_sentence());
    curve_free(&c);
}

void folder_sweep(int seed, double end, double within, double beyond)
{
    static const double target[] = {0, 50, 100, 3600, 7200};
    char path[FILE_PATH];
    struct curve c;
    folder_run((struct folder_run){.matrix = "rtg",
                                   .dataset = "hopper-random-v2",
                                   .method = "odt",
                                   .folder = "odt@target_sweep=3",
                                   .variant = "target_sweep=3",
                                   .seed = seed,
                                   .points = end > 0 ? 2 : 1,
                                   .end = end,
                                   .config = "rtg_online = 7200\n"});
    snprintf(path, sizeof path, "%s/hopper-random-v2/odt@target_sweep=3/%d/curve.h5",
             folder_path("rtg"), seed);
    cr_assert_eq(curve_read(path, &c), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(curve_init_targets(&c, 5, 1), STATUS_OK);
    c.targets.data_worst = 0;
    c.targets.data_best = 100;
    for (int g = 0; g < 5; g++) {
        c.targets.target[g] = target[g];
        c.targets.raw_return[g] = c.targets.real_return[g] = target[g] <= 100
                                                                 ? within * target[g] + seed
                                                                 : within * 100 +
                                                                       beyond * (target[g] - 100) +
                                                                       seed;
    }
    cr_assert_eq(curve_write(&c, path), STATUS_OK, "%s", status_sentence());
    curve_free(&c);
}

struct results folder_results(const char *path, struct results_options options)
{
    struct results r;
    results_init(&r, options);
    cr_assert_eq(results_read_folder(&r, path), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(results_finish(&r), STATUS_OK, "%s", status_sentence());
    return r;
}

struct results folder_scores(const char *path, struct results_options options)
{
    struct results r;
    results_init(&r, options);
    cr_assert_eq(results_read_scores(&r, path), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(results_finish(&r), STATUS_OK, "%s", status_sentence());
    return r;
}
