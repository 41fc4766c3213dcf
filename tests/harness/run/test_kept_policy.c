#include "engine/base/threads.h"
#include "harness/commands/command.h"
#include "harness/run/kept_policy.h"
#include "suites/policy.h"
#include "tests/support/command_line.h"
#include "tests/support/json.h"
#include "tests/support/reseal.h"
#include "tests/support/tiny_run.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <hdf5.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(kept_policy, .init = tiny_run_folder, .fini = tiny_run_remove, .timeout = 120);

static struct run_request keeping_request(const char *method, const char *name, enum run_keep keep)
{
    struct run_request r = tiny_run_request(method, name);
    r.keep = keep;
    /* A last evaluation that the plan of evaluations does not have. */
    r.config.set[r.config.sets++] = "eval_episodes=3";
    return r;
}

static struct curve run_keeping(const struct run_request *r)
{
    cr_assert_eq(run_execute(r, NULL), STATUS_OK, "%s", status_sentence());
    return tiny_run_curve(r);
}

static const char *in_folder(const struct run_request *r, const char *name)
{
    static char path[4][FILE_PATH];
    static int next;
    next = (next + 1) % 4;
    snprintf(path[next], FILE_PATH, "%s/%s", r->folder, name);
    return path[next];
}

static struct kept_policy *read_kept(const char *path, const long *seed)
{
    struct kept_policy *p;
    cr_assert_eq(kept_policy_read(path, seed, &p), STATUS_OK, "%s", status_sentence());
    return p;
}

/* Played from its file, a policy gives the returns and lengths of the evaluation, bit for bit. */
static void expect_row(const char *method, const char *path, const struct curve *c, int row)
{
    struct kept_policy *p = read_kept(path, NULL);
    struct kept_options o = {.variant = env_defaults()};
    struct kept_episode out[8] = {{0}};
    const struct curve_evaluation *e = &c->evaluation[row];
    cr_assert_eq(kept_policy_episodes(p, &o), c->episodes);
    cr_assert_eq(kept_policy_play(p, &o, out), STATUS_OK, "%s: %s", method, status_sentence());
    cr_assert_eq(kept_policy_agrees(p, &o, out), 1, "%s", method);
    for (int i = 0; i < c->episodes; i++) {
        cr_assert(memcmp(&out[i].raw_return, &e->raw_return[i], sizeof(double)) == 0,
                  "%s, episode %d: %.17g instead of %.17g", method, i, out[i].raw_return,
                  e->raw_return[i]);
        cr_assert_eq(out[i].length, e->length[i]);
        cr_assert_eq(out[i].success, e->success[i]);
    }
    cr_assert_eq((int64_t)p->transitions, e->transitions);
    cr_assert_eq((int64_t)p->gradient_steps, e->gradient_steps);
    kept_policy_free(p);
}

static const char *const methods[] = {"odt", "td3_odt", "ddpg_odt", "ppo",     "awr",    "iql_odt",
                                      "pdt", "td3bc",   "iql",      "sac_mlp", "td3_rvs"};
enum { METHODS = sizeof methods / sizeof *methods };

ParameterizedTestParameters(kept_policy, gives_the_recorded_scores_again)
{
    static int rows[METHODS];
    for (int i = 0; i < METHODS; i++)
        rows[i] = i;
    return cr_make_param_array(int, rows, METHODS);
}

/* The final, the pretrained and the best one; and the curve is that of a run which keeps none. */
ParameterizedTest(int *row, kept_policy, gives_the_recorded_scores_again)
{
    const char *method = methods[*row];
    struct run_request r = keeping_request(method, "kept", RUN_KEEP_BEST);
    struct run_request none = keeping_request(method, "none", RUN_KEEP_NONE);
    struct curve c = run_keeping(&r), other = run_keeping(&none);
    int best = 0;
    for (int i = 1; i < c.evaluations; i++)
        best = curve_mean_score(&c, i) > curve_mean_score(&c, best) ? i : best;
    expect_row(method, in_folder(&r, "policy.h5"), &c, c.evaluations - 1);
    expect_row(method, in_folder(&r, "policy_best.h5"), &c, best);
    if (strcmp(method, "sac_mlp") != 0)
        expect_row(method, in_folder(&r, "policy_offline.h5"), &c, 0);
    bool plain = strcmp(method, "td3bc") == 0 || strcmp(method, "iql") == 0 ||
                 strcmp(method, "sac_mlp") == 0;
    cr_assert_eq(file_exists(in_folder(&none, "policy.h5")), plain);
    cr_assert_not(file_exists(in_folder(&none, "policy_best.h5")));
    tiny_run_expect_same(method, &c, &other);
}

/* Threads that play, and resumes and threads of the run, change no byte of the file. */
Test(kept_policy, is_a_function_of_the_run)
{
    struct run_request a = keeping_request("td3_odt", "one", RUN_KEEP_BEST);
    struct run_request b = keeping_request("td3_odt", "two", RUN_KEEP_BEST);
    char *bytes[2];
    size_t size[2];
    struct curve c = run_keeping(&a);
    threads_set(2);
    tiny_run_in_pieces(&b);
    for (int i = 0; i < 3; i++) {
        const char *const name[] = {"policy.h5", "policy_offline.h5", "policy_best.h5"};
        cr_assert_eq(file_read(in_folder(&a, name[i]), 1 << 26, &bytes[0], &size[0]), STATUS_OK);
        cr_assert_eq(file_read(in_folder(&b, name[i]), 1 << 26, &bytes[1], &size[1]), STATUS_OK);
        cr_assert(size[0] == size[1] && memcmp(bytes[0], bytes[1], size[0]) == 0, "%s", name[i]);
        free(bytes[0]);
        free(bytes[1]);
    }
    expect_row("td3_odt", in_folder(&b, "policy.h5"), &c, c.evaluations - 1);
    curve_free(&c);
}

/* Plain networks still guide and collect: policy_read knows their file; transformers are refused
 * with their reason. */
Test(kept_policy, is_for_guides_too_where_it_is_a_plain_network)
{
    struct policy *p;
    struct run_request r = keeping_request("td3bc", "plain", RUN_KEEP_NONE);
    struct curve c = run_keeping(&r);
    cr_assert_eq(policy_read(in_folder(&r, "policy.h5"), &p), STATUS_OK, "%s", status_sentence());
    policy_free(p);
    curve_free(&c);
    r = keeping_request("odt", "transformer", RUN_KEEP_FINAL);
    c = run_keeping(&r);
    cr_assert_eq(policy_read(in_folder(&r, "policy.h5"), &p), STATUS_FORMAT);
    cr_assert(strstr(status_sentence(), "transformer") != NULL, "%s", status_sentence());
    curve_free(&c);
}

static struct json *env_json(const char *line)
{
    char *printed;
    cr_assert_eq(command_line(&command_env, line, &printed), STATUS_OK, "%s: %s", line,
                 status_sentence());
    struct json *v = json_parse(printed);
    cr_assert_not_null(v, "%s", printed);
    free(printed);
    return v;
}

Test(kept_policy, env_evaluates_the_folder_of_a_run)
{
    char line[4 * FILE_PATH], csv[FILE_PATH], *text;
    size_t size;
    struct run_request r = keeping_request("td3_odt", "run", RUN_KEEP_FINAL);
    struct curve c = run_keeping(&r);
    const struct curve_evaluation *last = &c.evaluation[c.evaluations - 1];
    snprintf(csv, sizeof csv, "%s", in_folder(&r, "episodes.csv"));

    /* NAME may be left out; every episode is a row with all digits. */
    snprintf(line, sizeof line, "--policy %s --json --csv %s", r.folder, csv);
    struct json *v = env_json(line);
    cr_assert_str_eq(json_get(v, "env")->string, "hopper");
    cr_assert_eq(json_get(v, "episodes")->number, 3);
    cr_assert_eq(json_get(v, "as_recorded")->number, 1);
    json_free(v);
    cr_assert_eq(file_read(csv, 1 << 16, &text, &size), STATUS_OK, "%s", status_sentence());
    char *at = strchr(text, '\n');
    cr_assert_eq(strncmp(text, "episode,return,score,length,success,diverged\n", 45), 0);
    for (int i = 0; i < c.episodes; i++, at = strchr(at + 1, '\n')) {
        int number, length, success, diverged;
        double raw, score;
        cr_assert_eq(sscanf(at + 1, "%d,%lf,%lf,%d,%d,%d", &number, &raw, &score, &length, &success,
                            &diverged),
                     6, "%s", text);
        cr_assert(number == i + 1 && raw == last->raw_return[i] && score == last->score[i] &&
                      length == last->length[i] && diverged == 0,
                  "%s", text);
    }
    free(text);

    /* More episodes begin with the recorded ones; others are other episodes. */
    snprintf(line, sizeof line, "hopper --policy %s --json --episodes 5", r.folder);
    v = env_json(line);
    cr_assert_eq(json_get(v, "as_recorded")->number, 1);
    cr_assert_eq(json_get(v, "episodes")->number, 5);
    json_free(v);
    const char *const others[] = {"--seed 1", "--target-return 1", "--stochastic"};
    for (int i = 0; i < 3; i++) {
        snprintf(line, sizeof line, "--policy %s --json %s", r.folder, others[i]);
        v = env_json(line);
        struct json *again = env_json(line);
        cr_assert_null(json_get(v, "as_recorded"), "%s", others[i]);
        cr_assert_eq(json_get(v, "return_mean")->number, json_get(again, "return_mean")->number);
        json_free(v);
        json_free(again);
    }
    curve_free(&c);
}

Test(kept_policy, env_refuses_what_does_not_fit)
{
    char line[4 * FILE_PATH], *printed;
    struct run_request r = keeping_request("td3bc", "run", RUN_KEEP_FINAL);
    struct curve c = run_keeping(&r);
    curve_free(&c);
    snprintf(line, sizeof line, "walker2d --policy %s", r.folder);
    cr_assert_eq(command_line(&command_env, line, &printed), STATUS_SHAPE);
    cr_assert(strstr(status_sentence(), "hopper") != NULL, "%s", status_sentence());
    free(printed);
    unlink(in_folder(&r, "policy.h5"));
    snprintf(line, sizeof line, "--policy %s", r.folder);
    cr_assert_eq(command_line(&command_env, line, &printed), STATUS_MISSING);
    cr_assert(strstr(status_sentence(), "no policy.h5") != NULL, "%s", status_sentence());
    free(printed);
    cr_assert_eq(command_line(&command_env, "hopper --target-return 3", &printed), STATUS_CONFIG);
    free(printed);
}

/* Whatever byte is changed or cut off, the file is refused in one sentence that names it. */
Test(kept_policy, refuses_damage)
{
    struct run_request r = keeping_request("odt", "damaged", RUN_KEEP_FINAL);
    struct curve c = run_keeping(&r);
    char *bytes, path[FILE_PATH];
    size_t size;
    curve_free(&c);
    snprintf(path, sizeof path, "%s", in_folder(&r, "policy.h5"));
    cr_assert_eq(file_read(path, 1 << 26, &bytes, &size), STATUS_OK);
    for (size_t i = 0; i < 24; i++) {
        struct kept_policy *p;
        size_t at = (size - 1) * i / 23, length = i % 3 == 2 ? at : size;
        char was = bytes[at];
        bytes[at] = (char)(was ^ 4);
        cr_assert_eq(file_replace(path, bytes, length), STATUS_OK);
        bytes[at] = was;
        cr_assert_neq(kept_policy_read(path, NULL, &p), STATUS_OK, "byte %zu", at);
        cr_assert(strstr(status_sentence(), path) != NULL, "%s", status_sentence());
    }
    free(bytes);
}

/* A sealed file whose numbers cannot be: each is refused, none crashes. */
Test(kept_policy, refuses_numbers_that_cannot_be)
{
    static const struct {
        const char *attribute;
        double value;
    } bad[] = {{"observations", 12}, {"actions", 0},    {"episodes", 0},        {"episodes", 1e9},
               {"max_steps", 0.5},   {"online", 2},     {"first_episode", -1},  {"reward_div", NAN},
               {"delay", -1},        {"reward_div", 0}, {"score_max", INFINITY}};
    struct run_request r = keeping_request("odt", "bad", RUN_KEEP_FINAL);
    struct curve c = run_keeping(&r);
    char *bytes, path[FILE_PATH];
    size_t size;
    curve_free(&c);
    snprintf(path, sizeof path, "%s", in_folder(&r, "policy.h5"));
    cr_assert_eq(file_read(path, 1 << 26, &bytes, &size), STATUS_OK);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct kept_policy *p;
        cr_assert_eq(file_replace(path, bytes, size), STATUS_OK);
        hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
        hid_t space = H5Screate(H5S_SCALAR);
        cr_assert_geq(H5Adelete_by_name(file, "run", bad[i].attribute, H5P_DEFAULT), 0);
        hid_t attribute = H5Acreate_by_name(file, "run", bad[i].attribute, H5T_NATIVE_DOUBLE, space,
                                            H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
        cr_assert_geq(H5Awrite(attribute, H5T_NATIVE_DOUBLE, &bad[i].value), 0);
        H5Sclose(space);
        H5Aclose(attribute);
        H5Fclose(file);
        cr_assert_eq(reseal(path), STATUS_OK, "%s", status_sentence());
        cr_assert_neq(kept_policy_read(path, NULL, &p), STATUS_OK, "%s = %g", bad[i].attribute,
                      bad[i].value);
    }
    free(bytes);
}
