/* `vitamin run` as a script sees it: its exit status, as `vitamin help run` has it, and one
 * sentence on stderr. */
#include "engine/base/file.h"
#include "engine/base/stop.h"
#include "tests/support/allocations.h"
#include "tests/support/program.h"
#include "tests/support/tiny_run.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(exit, .init = tiny_run_folder, .fini = tiny_run_remove, .timeout = 120);

enum { DONE = 0, FAILED = 1, WRONGLY_ASKED = 2, STOPPED = 3, BUSY = 4 };

/* The same words on the command line; `more` come last and win. */
static const char *words_of(const struct run_request *r, const char *more)
{
    static char words[4 * FILE_PATH];
    const struct config_request *c = &r->config;
    int n = snprintf(
        words, sizeof words,
        "run --dataset %s --method %s --preset %s --size %s --seed %d --out %s --quiet", c->dataset,
        c->method, c->preset, c->size, (int)r->seed, r->folder);
    for (int i = 0; i < c->sets; i++)
        n += snprintf(words + n, sizeof words - (size_t)n, " --set %s", c->set[i]);
    snprintf(words + n, sizeof words - (size_t)n, " %s", more);
    return words;
}

/* What a process has said to a file named `name`, which is emptied; for free(). */
static char *said(const char *name)
{
    char *text;
    cr_assert_eq(file_read(tiny_run_path(name), 1 << 20, &text, NULL), STATUS_OK, "%s",
                 status_sentence());
    unlink(tiny_run_path(name));
    return text;
}

static pid_t start(const char *words)
{
    return program_start(words, tiny_run_path("out"), tiny_run_path("err"));
}

/* A failure is one line of the program's own on stderr that holds `word`, after `logged` lines of
 * the log, and a success says nothing there. */
static void expect_end(pid_t child, int status, const char *word, int logged)
{
    int ended = program_end(child), lines = 0;
    char *out = said("out"), *err = said("err"), *last = err;
    for (char *at = err; (at = strchr(at, '\n')) != NULL; lines++)
        if (*++at != '\0')
            last = at;
    cr_expect_eq(ended, status, "'%s': exit status %d, should be %d: %s", word, ended, status, err);
    if (status == DONE) {
        cr_expect_str_eq(err, "");
        cr_expect(strstr(out, word) != NULL, "'%s' is not in: %s", word, out);
    } else {
        cr_expect_eq(lines, logged + 1, "'%s': %s", word, err);
        cr_expect_eq(strncmp(last, "vitamin run: ", 13), 0, "'%s': %s", word, err);
        cr_expect(strstr(last, word) != NULL, "'%s' is not in: %s", word, err);
        cr_expect_gt(strlen(last), (size_t)30, "hardly a sentence: %s", err);
        cr_expect_str_eq(out, "");
    }
    free(out);
    free(err);
}

static void expect(const char *words, int status, const char *word)
{
    expect_end(start(words), status, word, 0);
}

Test(exit, two_for_what_is_wrongly_asked_and_the_nearest_known_is_named)
{
    static const struct {
        const char *more, *word;
    } cases[] = {
        {"--method td3_otd", "unknown method 'td3_otd'; did you mean 'td3_odt'?"},
        {"--dataset hoper-medium-v2", "did you mean 'hopper-medium-v2'?"},
        {"--set gama=0.9", "unknown key 'gama'; did you mean 'gamma'?"},
        {"--set gamma=1.5", "gamma"},
        {"--set batch_size=many", "batch_size"},
        {"--preset papr", "papr"},
        {"--size medium", "medium"},
        {"--seed one", "--seed is 'one'"},
        {"--datset hopper-medium-v2", "unknown option '--datset'; did you mean '--dataset'?"},
        {"--threads", "--threads needs a value: --threads N"},
        {"again", "unexpected argument 'again'"},
        {"--cell 3", "--cell goes with --matrix"}};
    struct run_request r = tiny_run_request("td3_odt", "asked");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect(words_of(&r, cases[i].more), WRONGLY_ASKED, cases[i].word);
    cr_expect_not(file_exists(r.folder), "nothing was begun");
}

/* The first eighth of the file that the other tests learn from. */
static void cut_dataset(const char *path)
{
    char *bytes;
    size_t size;
    struct run_request r = tiny_run_request("td3_odt", "cut");
    cr_assert_eq(file_read(r.config.dataset, 1 << 28, &bytes, &size), STATUS_OK, "%s",
                 status_sentence());
    cr_assert_eq(file_replace(path, bytes, size / 8), STATUS_OK, "%s", status_sentence());
    free(bytes);
}

Test(exit, one_for_what_fails)
{
    char more[FILE_PATH + 64], path[FILE_PATH];
    struct run_request r = tiny_run_request("td3_odt", "failed");
    expect(words_of(&r, "--out /proc/nowhere/run"), FAILED, "/proc/nowhere");

    snprintf(path, sizeof path, "%s", tiny_run_path("hopper-cut.hdf5"));
    cut_dataset(path);
    snprintf(more, sizeof more, "--dataset %s", path);
    expect(words_of(&r, more), FAILED, "hopper-cut.hdf5");

    snprintf(path, sizeof path, "%s", tiny_run_path("no-data"));
    cr_assert_eq(mkdir(path, 0755), 0);
    snprintf(more, sizeof more, "--dataset hopper-medium-v2 --data %s", path);
    expect(words_of(&r, more), FAILED, "hopper-medium-v2");
}

Test(exit, zero_when_done_and_when_it_was_done_before)
{
    struct run_request r = tiny_run_request("td3_odt", "done");
    expect(words_of(&r, ""), DONE, "seed 3: complete, score");
    expect(words_of(&r, ""), DONE, "seed 3: was complete, score");
    expect(words_of(&r, "--set tau=0.5"), WRONGLY_ASKED, "another configuration");
    struct curve c = tiny_run_curve(&r);
    cr_expect_geq(c.evaluations, 2);
    curve_free(&c);
}

/* A checkpoint is loaded only into its own configuration; one that holds a NaN ends as a failure
 * that says where, and the curve keeps what was learned before. */
Test(exit, checkpoints_of_another_configuration_and_nan)
{
    char path[FILE_PATH];
    struct curve c;
    struct run_request r = tiny_run_request("td3_odt", "stopped");
    expect(words_of(&r, "--stop-after 2"), STOPPED, "run it again to resume");
    snprintf(path, sizeof path, "%s/curve.h5", r.folder);
    char kept[2 * FILE_PATH];
    snprintf(kept, sizeof kept, "%s.kept", path);
    cr_assert_eq(rename(path, kept), 0); /* else the curve is what is refused */
    expect(words_of(&r, "--set tau=0.5"), WRONGLY_ASKED, "belongs to another configuration");
    cr_assert_eq(rename(kept, path), 0);

    tiny_run_poison(&r);
    expect_end(start(words_of(&r, "")), FAILED, "is nan after", 1);
    cr_assert_eq(curve_read(path, &c), STATUS_OK, "%s", status_sentence());
    cr_expect_str_eq(curve_get(&c, "status"), "diverged");
    cr_expect_geq(c.evaluations, 1);
    curve_free(&c);
}

static bool log_says(const struct run_request *r, const char *word)
{
    char path[FILE_PATH], *log;
    snprintf(path, sizeof path, "%s/run.log", r->folder);
    if (file_read(path, 1 << 20, &log, NULL) != STATUS_OK)
        return false;
    bool says = strstr(log, word) != NULL;
    free(log);
    return says;
}

/* A run that would go on for hours: a second one is sent away, SIGTERM ends it with a checkpoint
 * from which it goes on. */
Test(exit, three_when_stopped_and_four_when_another_is_at_it)
{
    char path[FILE_PATH];
    struct run_request r = tiny_run_request("td3_odt", "long");
    r.config.set[0] = "stop_transitions=900000";
    r.config.set[1] = "score_at=900000";
    pid_t first = start(words_of(&r, ""));
    for (int i = 0; !log_says(&r, "run: starts"); i++) {
        cr_assert_lt(i, 6000, "it never starts");
        program_pause(10);
    }
    pid_t second = program_start(words_of(&r, ""), tiny_run_path("second"),
                                 tiny_run_path("second"));
    cr_expect_eq(program_end(second), BUSY);
    char *sent_away = said("second");
    cr_expect(strstr(sent_away, "another process") != NULL, "%s", sent_away);
    free(sent_away);
    cr_assert_eq(kill(first, SIGTERM), 0);
    expect_end(first, STOPPED, "run it again to resume", 0);
    snprintf(path, sizeof path, "%s/checkpoint.h5", r.folder);
    cr_expect(file_exists(path));
    expect(words_of(&r, "--stop-after 1"), STOPPED, "run it again to resume");
    cr_expect(log_says(&r, "resumes after"));
}

/* Returns once there is something to save. */
static pid_t start_long(const struct run_request *r, const char *more)
{
    char words[256], curve[FILE_PATH];
    cr_assert_eq(file_path(curve, "%s/curve.h5", r->folder), STATUS_OK);
    snprintf(words, sizeof words, "--set stop_transitions=900000 --set score_at=900000 %s", more);
    pid_t child = start(words_of(r, words));
    for (int i = 0; !file_exists(curve); i++) { /* with its first evaluation */
        cr_assert_lt(i, 6000, "it never starts");
        program_pause(10);
    }
    return child;
}

/* A closed ssh session, a limit of processor time, a scheduler's warning: as SIGTERM. */
Test(exit, every_signal_that_asks_leaves_a_checkpoint)
{
    char path[FILE_PATH], name[16];
    for (const int *signal = stop_signals; *signal != 0; signal++) {
        snprintf(name, sizeof name, "signal%d", *signal);
        struct run_request r = tiny_run_request("td3_odt", name);
        pid_t child = start_long(&r, "");
        cr_assert_eq(kill(child, *signal), 0);
        if (!stop_insists(*signal))
            cr_assert_eq(kill(child, *signal), 0, "twice, as a closed terminal does");
        expect_end(child, STOPPED, "run it again to resume", 0);
        cr_assert_eq(file_path(path, "%s/checkpoint.h5", r.folder), STATUS_OK);
        cr_expect(file_exists(path), "signal %d", *signal);
    }
}

Test(exit, hangup_that_nohup_ignores_ends_nothing)
{
    struct run_request r = tiny_run_request("td3_odt", "nohup");
    signal(SIGHUP, SIG_IGN);
    pid_t child = start_long(&r, "");
    cr_assert_eq(kill(child, SIGHUP), 0);
    program_pause(500);
    cr_expect_eq(waitpid(child, NULL, WNOHANG), 0, "it has ended");
    cr_assert_eq(kill(child, SIGTERM), 0);
    expect_end(child, STOPPED, "run it again to resume", 0);
}

/* With too little address space or data OpenBLAS would ask for its buffers for ever: whatever the
 * limit is, there is a result or a sentence, soon. */
Test(exit, limits_of_memory_end_in_a_result_or_a_sentence, .timeout = 300)
{
    static const int limits[] = {RLIMIT_AS, RLIMIT_DATA};
    if (!allocations_refused())
        cr_skip_test("the address sanitizer itself takes terabytes of address space");
    struct run_request r = tiny_run_request("td3_odt", "limited");
    int refused = 0, done = 0;
    for (int k = 0; k < 2; k++) {
        for (rlim_t megabytes = 100; megabytes <= 2000; megabytes += megabytes / 4) {
            const struct rlimit limit = {megabytes << 20, RLIM_INFINITY};
            const struct rlimit none = {RLIM_INFINITY, RLIM_INFINITY};
            const char *words = words_of(&r, "--stop-after 1");
            cr_assert_eq(setrlimit(limits[k], &limit), 0);
            pid_t child = start(words);
            cr_assert_eq(setrlimit(limits[k], &none), 0);
            int status = 0, waited = 0;
            for (; waitpid(child, &status, WNOHANG) == 0; waited++) {
                cr_assert_lt(waited, 2000, "%d MB: no end", (int)megabytes);
                program_pause(10);
            }
            char *err = said("err");
            free(said("out"));
            cr_assert(WIFEXITED(status), "%d MB: signal %d", (int)megabytes, WTERMSIG(status));
            cr_assert(WEXITSTATUS(status) == DONE || *err != '\0', "%d MB: not a word",
                      (int)megabytes);
            refused += WEXITSTATUS(status) == FAILED && strstr(err, "address space") != NULL;
            done += WEXITSTATUS(status) == STOPPED || WEXITSTATUS(status) == DONE;
            free(err);
        }
    }
    cr_expect_gt(refused, 0);
    cr_expect_gt(done, 0);
}

/* Two folders whose paths agree for a thousand characters are two folders; a path that the system
 * does not take is an error and makes nothing. */
Test(exit, long_paths_are_whole_or_refused)
{
    char deep[FILE_PATH], folder[FILE_PATH], words[2 * FILE_PATH];
    struct run_request r = tiny_run_request("td3_odt", "deep");
    cr_assert_eq(file_path(deep, "%s", tiny_run_path("deep")), STATUS_OK);
    while (strlen(deep) < 1500)
        cr_assert_eq(file_path(deep, "%s/%0100d", deep, 7), STATUS_OK);
    for (int seed = 1; seed <= 2; seed++) {
        snprintf(words, sizeof words, "--seed %d --out %s/%d --stop-after 1", seed, deep, seed);
        expect(words_of(&r, words), STOPPED, "run it again to resume");
        cr_assert_eq(file_path(folder, "%s/%d/curve.h5", deep, seed), STATUS_OK);
        struct curve c;
        cr_assert_eq(curve_read(folder, &c), STATUS_OK, "%s", status_sentence());
        cr_expect_eq(curve_get_integer(&c, "seed", 0), seed);
        curve_free(&c);
    }
    snprintf(words, sizeof words, "results %s --csv", deep);
    cr_expect_eq(program_end(start(words)), 0);
    char *list = said("out");
    free(said("err"));
    cr_expect_not_null(strstr(list, folder), "the path of the second run is not whole");
    free(list);
    while (strlen(deep) < FILE_PATH - 110)
        cr_assert_eq(file_path(deep, "%s/%0100d", deep, 7), STATUS_OK);
    snprintf(words, sizeof words, "--out %s/%0120d", deep, 7);
    expect(words_of(&r, words), FAILED, "longer than 4095 bytes");
}
