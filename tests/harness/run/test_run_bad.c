/* What goes wrong around a run: a clear sentence, and what was on disk stays as it was. */
#include "engine/base/file.h"
#include "engine/base/h5.h"
#include "harness/commands/command.h"
#include "tests/support/small_disk.h"
#include "tests/support/tiny_run.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

TestSuite(run_bad, .init = tiny_run_folder, .fini = tiny_run_remove, .timeout = 120);

struct bytes {
    char *data;
    size_t size;
};

static struct bytes bytes_of(const struct run_request *r, const char *name)
{
    char path[FILE_PATH];
    struct bytes b;
    snprintf(path, sizeof path, "%s/%s", r->folder, name);
    cr_assert_eq(file_read(path, 1 << 28, &b.data, &b.size), STATUS_OK, "%s", status_sentence());
    return b;
}

/* The file still holds `before`, which is freed. */
static void expect_untouched(const struct run_request *r, const char *name, struct bytes before)
{
    struct bytes now = bytes_of(r, name);
    cr_expect(now.size == before.size && memcmp(now.data, before.data, now.size) == 0,
              "%s has changed", name);
    free(now.data);
    free(before.data);
}

static struct run_request begun(const char *name)
{
    struct run_request r = tiny_run_request("td3_odt", name);
    r.stop_after = 1;
    cr_assert_eq(run_execute(&r, NULL), STATUS_INTERRUPTED, "%s", status_sentence());
    r.stop_after = 0;
    return r;
}

static void expect_refused(const struct run_request *r, enum status status, const char *word)
{
    enum status got = run_execute(r, NULL);
    cr_expect_eq(got, status, "%s: %s", status_name(got), status_sentence());
    cr_expect(strstr(status_sentence(), word) != NULL, "'%s' is not in: %s", word,
              status_sentence());
}

Test(run_bad, checkpoint_of_another_version_is_refused_and_kept)
{
    struct run_request r = begun("old");
    char path[FILE_PATH];
    snprintf(path, sizeof path, "%s/checkpoint.h5", r.folder);

    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    hid_t attribute = H5Aopen(file, "format", H5P_DEFAULT), type = H5Aget_type(attribute);
    char text[64] = "vitamin checkpoint 0";
    if (H5Tis_variable_str(type) > 0) {
        const char *pointer = text;
        cr_assert_geq(H5Awrite(attribute, type, &pointer), 0);
    } else {
        cr_assert_geq(H5Awrite(attribute, type, text), 0);
    }
    H5Tclose(type);
    H5Aclose(attribute);
    H5Fclose(file);
    struct bytes old = bytes_of(&r, "checkpoint.h5"), curve = bytes_of(&r, "curve.h5");
    expect_refused(&r, STATUS_FORMAT, "vitamin checkpoint 2");
    expect_untouched(&r, "checkpoint.h5", old);
    expect_untouched(&r, "curve.h5", curve);
}

Test(run_bad, folder_that_cannot_be_written_is_named)
{
    struct run_request r = tiny_run_request("td3_odt", "file");
    cr_assert_eq(file_replace(r.folder, "x", 1), STATUS_OK);
    expect_refused(&r, STATUS_IO, r.folder);
    r.folder = "/proc/nowhere/run";
    expect_refused(&r, STATUS_IO, "/proc/nowhere");
}

Test(run_bad, values_out_of_range_or_that_do_not_fit_are_named)
{
    static const struct {
        const char *set, *word;
    } cases[] = {{"gamma=1.5", "gamma"},          {"batch_size=0", "batch_size"},
                 {"batch_size=2.5", "whole"},     {"gama=0.9", "did you mean 'gamma'"},
                 {"policy=tanh", "one of"},       {"T_eval=9", "T_train"},
                 {"n_head=5", "embed_dim"},       {"rl_gradient=sac", "squashed_gaussian"},
                 {"lr_actor=nan", "not a number"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct run_request r = tiny_run_request("td3_odt", "range");
        r.config.set[r.config.sets++] = cases[i].set;
        expect_refused(&r, STATUS_CONFIG, cases[i].word);
    }
}

/* As the command line has it: each is one sentence and a failure. */
Test(run_bad, command_line_refuses_what_it_does_not_know)
{
    static const struct {
        const char *argument, *word;
    } cases[] = {{"--dataset=hoper-medium-v2", "did you mean 'hopper-medium-v2'"},
                 {"--method=td3_otd", "did you mean 'td3_odt'"},
                 {"--preset=papr", "papr"},
                 {"--size=medium", "medium"},
                 {"--seed=one", "--seed"},
                 {"--set=gama=1", "did you mean 'gamma'"},
                 {"--set=gamma", "key=value"},
                 {"--threads=-1", "--threads"},
                 {"again", "unexpected argument 'again'"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[FILE_PATH + 8], argument[64];
        snprintf(out, sizeof out, "--out=%s", tiny_run_path("nothing"));
        snprintf(argument, sizeof argument, "%s", cases[i].argument);
        char name[] = "run", dataset[] = "--dataset=hopper-random-v2", quiet[] = "--quiet";
        char *argv[] = {name, dataset, out, quiet, argument, NULL};
        char path[COMMAND_PATH] = "vitamin run";
        cr_expect_eq(command_call(&command_run, path, 5, argv), STATUS_CONFIG, "%s", argument);
        cr_expect(strstr(status_sentence(), cases[i].word) != NULL, "%s: %s", argument,
                  status_sentence());
    }
}

/* --- a full disk ------------------------------------------------------------------------------ */

static void expect_no_remains(const struct run_request *r)
{
    DIR *folder = opendir(r->folder);
    cr_assert_not_null(folder);
    for (struct dirent *e; (e = readdir(folder)) != NULL;)
        cr_expect(strstr(e->d_name, ".tmp") == NULL, "%s is left over", e->d_name);
    closedir(folder);
}

/* At once, and in the middle when a checkpoint no longer fits: the last good files stay, and with
 * room again the run ends as if nothing had happened. */
Test(run_bad, full_disk_leaves_the_last_good_files)
{
    char disk[FILE_PATH], filler[FILE_PATH + 8];
    snprintf(disk, sizeof disk, "%s", tiny_run_path("disk"));
    snprintf(filler, sizeof filler, "%s/filler", disk);
    if (!small_disk_mount(disk, 16))
        cr_skip_test("SKIPPED: mounting a small disk is not permitted here");
    struct run_request quiet = tiny_run_request("td3_odt", "quiet");
    cr_assert_eq(run_execute(&quiet, NULL), STATUS_OK, "%s", status_sentence());
    struct run_request r = begun("disk/run");
    struct bytes checkpoint = bytes_of(&r, "checkpoint.h5");
    size_t half = checkpoint.size / 2;
    free(checkpoint.data);
    for (int i = 0; i < 2; i++) {
        checkpoint = bytes_of(&r, "checkpoint.h5");
        struct bytes curve = bytes_of(&r, "curve.h5");
        small_disk_fill(filler, i == 0 ? 0 : half);
        expect_refused(&r, STATUS_IO, "disk");
        expect_untouched(&r, "checkpoint.h5", checkpoint);
        if (i == 0)
            expect_untouched(&r, "curve.h5", curve);
        else
            free(curve.data);
        expect_no_remains(&r);
        cr_assert_eq(unlink(filler), 0);
    }
    cr_assert_eq(run_execute(&r, NULL), STATUS_OK, "%s", status_sentence());
    struct curve a = tiny_run_curve(&quiet), b = tiny_run_curve(&r);
    tiny_run_expect_same("a disk that was full for a while", &a, &b);
    cr_assert_eq(umount(disk), 0);
}
