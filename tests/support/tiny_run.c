#include "tests/support/tiny_run.h"
#include "tests/support/reseal.h"

#include "engine/base/file.h"
#include "engine/base/h5.h"
#include "engine/base/threads.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DATA "tests/data/hopper-random-dev.hdf5"

static char folder[] = "/tmp/vitamin-run-XXXXXX";

void tiny_run_folder(void)
{
    cr_assert_not_null(mkdtemp(folder));
}

void tiny_run_remove(void)
{
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    cr_assert_eq(system(command), 0);
}

const char *tiny_run_path(const char *name)
{
    static char path[4][FILE_PATH];
    static int next;
    next = (next + 1) % 4;
    snprintf(path[next], FILE_PATH, "%s/%s", folder, name);
    return path[next];
}

struct run_request tiny_run_request(const char *method, const char *name)
{
    static char out[4][FILE_PATH];
    static int next;
    next = (next + 1) % 4;
    snprintf(out[next], FILE_PATH, "%s/%s", folder, name);
    struct run_request r = {
        .config = {.dataset = DATA,
                   .method = method,
                   .preset = "code",
                   .size = "tiny",
                   .set = {"stop_transitions=400", "score_at=400", "eval_every=3",
                           "eval_every_unit=iterations", "pretrain_actor_steps=40",
                           "min_transitions_per_iter=50"},
                   .sets = 6},
        .seed = 3,
        .folder = out[next],
        .quiet = true};
    bool by_transition = strcmp(method, "iql") == 0 || strcmp(method, "td3bc") == 0;
    if (by_transition) {
        r.config.set[2] = "eval_every=150";
        r.config.set[3] = "eval_every_unit=transitions";
        r.config.set[5] = "updates_per_transition=0.1";
    }
    if (strcmp(method, "sac_mlp") == 0) {
        static const char *const sac[] = {"eval_every=150", "eval_every_unit=transitions",
                                          "updates_per_transition=0.1", "collect_transitions=50",
                                          "start_transitions=50"};
        r.config.dataset = "hopper";
        r.config.set[2] = r.config.set[1]; /* there is nothing to pretrain on */
        r.config.sets = 2;
        for (size_t i = 0; i < sizeof sac / sizeof *sac; i++)
            r.config.set[r.config.sets++] = sac[i];
    }
    return r;
}

struct curve tiny_run_curve(const struct run_request *r)
{
    char path[FILE_PATH];
    struct curve c;
    snprintf(path, sizeof path, "%s/curve.h5", r->folder);
    cr_assert_eq(curve_read(path, &c), STATUS_OK, "%s", status_sentence());
    cr_assert_str_eq(curve_get(&c, "status"), "complete");
    return c;
}

struct curve tiny_run_complete(const char *method, const char *name, int threads)
{
    threads_set(threads);
    struct run_request r = tiny_run_request(method, name);
    cr_assert_eq(run_execute(&r, NULL), STATUS_OK, "%s: %s", method, status_sentence());
    return tiny_run_curve(&r);
}

void tiny_run_in_pieces(struct run_request *r)
{
    for (int i = 0; i < 100; i++) {
        r->stop_after = 1;
        enum status result = run_execute(r, NULL);
        if (result == STATUS_OK)
            return;
        cr_assert_eq(result, STATUS_INTERRUPTED, "%s", status_sentence());
    }
    cr_assert_fail("never done");
}

void tiny_run_poison(const struct run_request *r)
{
    char path[FILE_PATH];
    snprintf(path, sizeof path, "%s/checkpoint.h5", r->folder);
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    hid_t set = H5Dopen2(file, "learner/actor/theta", H5P_DEFAULT);
    hid_t space = H5Dget_space(set);
    size_t n = (size_t)H5Sget_simple_extent_npoints(space);
    float *theta = malloc(n * sizeof *theta);
    cr_assert_geq(H5Dread(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, theta), 0);
    theta[0] = NAN;
    cr_assert_geq(H5Dwrite(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, theta), 0);
    free(theta);
    H5Sclose(space);
    H5Dclose(set);
    H5Fclose(file);
    cr_assert_eq(reseal(path), STATUS_OK, "%s", status_sentence());
}

void tiny_run_expect_same(const char *what, struct curve *a, struct curve *b)
{
    cr_assert_eq(curve_compare(a, b, false), STATUS_OK, "%s: %s", what, status_sentence());
    curve_free(a);
    curve_free(b);
}
