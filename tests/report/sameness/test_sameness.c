/* Runs held against the recorded runs of the released program. The runs here are copies of recorded
 * ones, so that what differs is what a test changes. */
#include "report/sameness/sameness.h"

#include "engine/base/file.h"
#include "tests/report/folder.h"
#include "tests/support/fixture.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(sameness, .init = folder_make, .fini = folder_remove, .timeout = 120);

static struct run_log *recorded;
static int count;

static void read_recorded(void)
{
    cr_assert_eq(run_log_read("tiny.csv", NULL, &recorded, &count), STATUS_OK, "%s",
                 status_sentence());
}

static void free_recorded(void)
{
    for (int i = 0; i < count; i++)
        run_log_free(&recorded[i]);
    free(recorded);
}

static const struct run_log *recorded_run(const char *dataset, const char *method, int64_t seed)
{
    for (int i = 0; i < count; i++) {
        if (recorded[i].seed == seed && strcmp(recorded[i].dataset, dataset) == 0 &&
            strcmp(recorded[i].method, method) == 0)
            return &recorded[i];
    }
    cr_assert_fail("no %s on %s seed %d", method, dataset, (int)seed);
    abort();
}

/* --- curves made of recorded runs ------------------------------------------------------------- */

/* What a copy has that the recorded run has not. */
struct change {
    enum run_log_column column;
    double factor;        /* of that column, online; 0: nothing changes */
    int iterations_fewer; /* the last ones are left out */
    const char *variant, *status, *metrics, *config;
};

static enum curve_metric metric_of(int column)
{
    static const char *const names[] = {
#define NAME(name, decimals) #name,
        RUN_LOG_COLUMNS(NAME)
#undef NAME
    };
    const char *name = column == RUN_LOG_score_mean ? "rollout_return"
                       : column == RUN_LOG_length   ? "rollout_length"
                                                    : names[column];
    for (int i = 0; i < CURVE_METRIC_COUNT; i++) {
        if (strcmp(curve_metric_names[i], name) == 0)
            return (enum curve_metric)i;
    }
    return CURVE_METRIC_COUNT; /* score_std: not of rollouts */
}

/* Hopper's returns, which are the only ones here that become scores. */
static double return_of(double score)
{
    return -20.272305 + score / 100 * (3234.3 + 20.272305);
}

static double changed(const struct change *how, int column, const struct run_log_row *row)
{
    bool changes = how->factor != 0 && column == (int)how->column && row->iteration > 0;
    return row->value[column] * (changes ? how->factor : 1);
}

/* One row, or of pretraining two blocks around its mean with one update and three. */
static void add_iteration(struct curve *c, const struct run_log_row *row, const struct change *how)
{
    int blocks = row->iteration == 0 ? 2 : 1;
    for (int b = 0; b < blocks; b++) {
        struct curve_iteration to = curve_blank_iteration();
        to.value[CURVE_iteration] = row->iteration;
        to.value[CURVE_gradient_steps] = row->iteration > 0 ? 4 + row->iteration : b == 0 ? 1 : 4;
        for (int k = 0; k < RUN_LOG_COLUMN_COUNT; k++) {
            enum curve_metric metric = metric_of(k);
            double x = changed(how, k, row);
            if (metric == CURVE_METRIC_COUNT)
                continue;
            if (k == RUN_LOG_score_mean)
                x = return_of(x);
            else if (k == RUN_LOG_q_abs_max)
                x = b == 0 && blocks == 2 ? x / 2 : x;
            else if (blocks == 2 && k != RUN_LOG_temperature)
                x += b == 0 ? 0.3 : -0.1;
            to.value[metric] = x;
        }
        cr_assert_eq(curve_add_iteration(c, &to), STATUS_OK);
    }
}

/* Two episodes that have the mean and the population standard deviation. */
static void add_evaluation(struct curve *c, const struct run_log_row *row, const struct change *how)
{
    double mean = changed(how, RUN_LOG_score_mean, row), spread = row->value[RUN_LOG_score_std];
    double score[2] = {mean - spread, mean + spread}, raw[2] = {0, 0};
    int32_t length[2] = {(int32_t)floor(row->value[RUN_LOG_length]),
                         (int32_t)ceil(row->value[RUN_LOG_length])};
    uint8_t success[2] = {0, 0};
    struct curve_evaluation e = {
        row->iteration, row->iteration * 1000, row->iteration, 1, raw, score, length, success};
    cr_assert_eq(curve_add_evaluation(c, &e, 2), STATUS_OK);
}

static struct curve curve_of(const struct run_log *l, int64_t seed, struct change how)
{
    struct curve c = {0};
    const char *const attributes[][2] = {
        {"method", l->method},
        {"dataset", l->dataset},
        {"matrix", "tiny"},
        {"variant", how.variant != NULL ? how.variant : ""},
        {"status", how.status != NULL ? how.status : "complete"},
        {"metrics", how.metrics != NULL ? how.metrics : "2"},
    };
    for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++)
        cr_assert_eq(curve_set(&c, attributes[i][0], "%s", attributes[i][1]), STATUS_OK);
    cr_assert_eq(curve_set(&c, "seed", "%d", (int)seed), STATUS_OK);
    cr_assert_eq(curve_set_config(&c, how.config != NULL ? how.config : ""), STATUS_OK);
    for (int i = 0; i < l->rows[RUN_LOG_TRAIN] - how.iterations_fewer; i++)
        add_iteration(&c, &l->row[RUN_LOG_TRAIN][i], &how);
    for (int i = 0; i < l->rows[RUN_LOG_EVALUATION]; i++)
        add_evaluation(&c, &l->row[RUN_LOG_EVALUATION][i], &how);
    return c;
}

static const char *const hopper = "hopper-random-v2";

/* FOLDER/tiny/hopper-random-v2/METHOD[@VARIANT]/SEED/curve.h5, a copy of recorded run `of`. */
static const char *copy_run(const char *method, int64_t seed, int64_t of, struct change how)
{
    static char path[FILE_PATH];
    char name[256], parent[FILE_PATH];
    struct curve c = curve_of(recorded_run(hopper, method, of), seed, how);
    snprintf(name, sizeof name, "tiny/%s/%s%s%s/%d/curve.h5", hopper, method,
             how.variant != NULL ? "@" : "", how.variant != NULL ? how.variant : "", (int)seed);
    snprintf(path, sizeof path, "%s", folder_path(name));
    cr_assert_eq(file_parent(path, parent), STATUS_OK);
    cr_assert_eq(file_make_folder(parent), STATUS_OK);
    cr_assert_eq(curve_write(&c, path), STATUS_OK, "%s", status_sentence());
    curve_free(&c);
    return path;
}

/* Seeds 1 to n, copies of every second recorded run. */
static void copy_runs(const char *method, int n, struct change how)
{
    for (int i = 1; i <= n; i++)
        copy_run(method, i, 2 * i - 1, how);
}

/* --- the recorded runs ------------------------------------------------------------------------ */

Test(sameness, holds_the_82_recorded_runs)
{
    static const struct {
        const char *dataset, *method;
        int runs, iterations, evaluations;
    } cells[] = {{"hopper-random-v2", "td3_odt", 16, 13, 5},
                 {"hopper-random-v2", "odt", 12, 13, 5},
                 {"hopper-random-v2", "td3", 12, 13, 5},
                 {"halfcheetah-random-v2", "td3_odt", 6, 10, 4},
                 {"maze2d-umaze-v1", "td3_odt", 36, 10, 4}};
    read_recorded();
    cr_assert_eq(count, 82);
    for (size_t k = 0; k < sizeof cells / sizeof *cells; k++) {
        int runs = 0;
        for (int i = 0; i < count; i++) {
            const struct run_log *l = &recorded[i];
            if (strcmp(l->dataset, cells[k].dataset) != 0 ||
                strcmp(l->method, cells[k].method) != 0)
                continue;
            runs++;
            cr_expect(run_log_same_rows(l, recorded_run(cells[k].dataset, cells[k].method, 1)));
            cr_expect_eq(l->rows[RUN_LOG_TRAIN], cells[k].iterations);
            cr_expect_eq(l->rows[RUN_LOG_EVALUATION], cells[k].evaluations);
            for (int j = 0; j < i; j++)
                cr_expect(recorded[j].seed != l->seed ||
                          strcmp(recorded[j].dataset, l->dataset) != 0 ||
                          strcmp(recorded[j].method, l->method) != 0);
        }
        cr_expect_eq(runs, cells[k].runs, "%s on %s: %d", cells[k].method, cells[k].dataset, runs);
    }
    const struct run_log *first = recorded_run("halfcheetah-random-v2", "td3_odt", 1);
    cr_expect_eq(first->row[RUN_LOG_TRAIN][1].value[RUN_LOG_q_abs_max], 6.2101);
    cr_expect_eq(first->row[RUN_LOG_EVALUATION][3].value[RUN_LOG_score_mean], 2.3493);
    free_recorded();
}

Test(sameness, reads_a_curve_as_the_file_has_it)
{
    struct run_log l;
    read_recorded();
    const struct run_log *want = recorded_run(hopper, "td3_odt", 3);
    struct curve c = curve_of(want, 3, (struct change){0});
    cr_assert_eq(run_log_of_curve(&c, hopper, &l), STATUS_OK, "%s", status_sentence());
    cr_assert(run_log_same_rows(&l, want));
    for (int kind = 0; kind < RUN_LOG_KINDS; kind++) {
        for (int i = 0; i < l.rows[kind]; i++) {
            for (int k = 0; k < RUN_LOG_COLUMN_COUNT; k++) {
                double x = l.row[kind][i].value[k], y = want->row[kind][i].value[k];
                /* of two episodes the mean length is whole or a half */
                double room = k == RUN_LOG_length ? 0.5 : 1e-9 * fabs(y);
                cr_expect((isnan(x) && isnan(y)) || fabs(x - y) <= room,
                          "kind %d row %d column %d: %.9g, should be %.9g", kind, i, k, x, y);
            }
        }
    }
    run_log_free(&l);
    curve_free(&c);
    free_recorded();
}

static const struct {
    const char *what, *csv, *sentence;
} bad_files[] = {
    {"no column", "dataset,method,seed,kind,iteration\na,b,1,eval,0\n", "no column 'score_mean'"},
    {"no kind", NULL, "kinds are train and eval"},
};

Test(sameness, refuses_a_damaged_record)
{
    char csv[1024] = "dataset,method,seed,kind,iteration";
#define COLUMN(name, decimals) strcat(csv, "," #name);
    RUN_LOG_COLUMNS(COLUMN)
#undef COLUMN
    strcat(csv, "\nhop,odt,1,test,0,1,1,1,1,1,1,1,1,1,1,1,1,1\n");
    for (size_t i = 0; i < sizeof bad_files / sizeof *bad_files; i++) {
        const char *text = bad_files[i].csv != NULL ? bad_files[i].csv : csv;
        cr_expect_eq(run_log_read("x.csv", text, &recorded, &count), STATUS_FORMAT);
        cr_expect_not_null(strstr(status_sentence(), bad_files[i].sentence), "%s: %s",
                           bad_files[i].what, status_sentence());
        cr_expect(recorded == NULL && count == 0);
    }
}

/* --- comparisons ------------------------------------------------------------------------------ */

static enum status compare(const struct sameness_options *options, struct sameness *s)
{
    struct results r;
    results_init(&r, (struct results_options){0});
    cr_assert_eq(results_read_folder(&r, folder_path("tiny")), STATUS_OK, "%s", status_sentence());
    enum status status = sameness_compare(&r, recorded, count, options, s);
    results_free(&r);
    return status;
}

static const struct sameness_options only_hopper = {.datasets = "hopper-*", .methods = "td3_odt"};

static const struct sameness_test *test_of(const struct sameness *s, enum run_log_column column,
                                           enum sameness_window window)
{
    for (int i = 0; i < s->tests; i++) {
        const struct sameness_statistic *what = s->test[i].what;
        if (what->kind == RUN_LOG_TRAIN && what->column == column && what->window == window)
            return &s->test[i];
    }
    cr_assert_fail("no test of column %d", (int)column);
    abort();
}

Test(sameness, copies_do_not_differ)
{
    struct sameness s;
    read_recorded();
    copy_runs("td3_odt", 6, (struct change){0});
    cr_assert_eq(compare(&only_hopper, &s), STATUS_OK, "%s", status_sentence());
    cr_expect_eq(s.groups, 1);
    cr_expect(s.group[0].runs[0] == 6 && s.group[0].runs[1] == 16);
    cr_expect_gt(s.tested, 15);
    cr_expect_eq(s.differing, 0);
    for (int i = 0; i < s.tests; i++) {
        cr_expect_gt(s.test[i].p, 0.02, "%s: %g", s.test[i].what->name, s.test[i].p);
        cr_expect_geq(s.test[i].holm, s.test[i].p);
        cr_expect(isfinite(s.test[i].detectable));
    }
    cr_expect_eq(sameness_verdict(&s), STATUS_OK);
    sameness_free(&s);
    free_recorded();
}

static const struct {
    const char *what;
    enum run_log_column column;
    double factor;
} differences[] = {
    {"critic's loss", RUN_LOG_loss_critic, 1.6},
    {"mean Q", RUN_LOG_q_mean, 1.2},
    {"largest Q", RUN_LOG_q_abs_max, 0.7},
    {"gradient", RUN_LOG_grad_norm_actor, 3},
};

ParameterizedTestParameters(sameness, one_number_that_differs_is_found)
{
    static int rows[sizeof differences / sizeof *differences];
    for (int i = 0; i < (int)(sizeof rows / sizeof *rows); i++)
        rows[i] = i;
    return cr_make_param_array(int, rows, sizeof rows / sizeof *rows);
}
ParameterizedTest(int *row, sameness, one_number_that_differs_is_found)
{
    struct sameness s;
    enum run_log_column column = differences[*row].column;
    read_recorded();
    copy_runs("td3_odt", 6, (struct change){.column = column, .factor = differences[*row].factor});
    cr_assert_eq(compare(&only_hopper, &s), STATUS_OK, "%s", status_sentence());
    const struct sameness_test *t = test_of(&s, column, SAMENESS_ONLINE);
    cr_expect(t->differs, "%s: p %g, by Holm %g", differences[*row].what, t->p, t->holm);
    for (int i = 0; i < s.tests; i++)
        cr_expect(!s.test[i].differs || s.test[i].what->column == column, "%s",
                  s.test[i].what->name);
    cr_expect_eq(sameness_verdict(&s), STATUS_FORMAT);
    cr_expect_not_null(strstr(status_sentence(), "statistics differ from the released program's"));
    sameness_free(&s);
    free_recorded();
}

/* Holm: p times the number of tests that are left, in ascending order of p. */
Test(sameness, corrects_over_all_groups_together)
{
    struct sameness s, one;
    const struct sameness_options two = {.datasets = hopper, .methods = "td3_odt,td3"};
    read_recorded();
    copy_runs("td3_odt", 4, (struct change){.column = RUN_LOG_q_mean, .factor = 1.5});
    copy_runs("td3", 4, (struct change){0});
    cr_assert_eq(compare(&only_hopper, &one), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(compare(&two, &s), STATUS_OK, "%s", status_sentence());
    cr_expect_eq(s.groups, 2);
    double least = 1;
    for (int i = 0; i < s.tests; i++)
        least = fmin(least, isnan(s.test[i].p) ? 1 : s.test[i].p);
    const struct sameness_test *alone = test_of(&one, RUN_LOG_q_mean, SAMENESS_ONLINE), *t = NULL;
    for (int i = 0; i < s.tests; i++) {
        if (s.test[i].p == least)
            cr_expect_float_eq(s.test[i].holm, fmin(1, s.tested * least), 1e-12);
        if (s.test[i].what == alone->what &&
            strcmp(s.group[s.test[i].group].method, "td3_odt") == 0)
            t = &s.test[i];
    }
    cr_assert_not_null(t);
    cr_expect_gt(s.tested, one.tested);
    cr_expect_eq(t->p, alone->p);
    cr_expect_gt(t->detectable, alone->detectable, "more tests see less");
    sameness_free(&s);
    sameness_free(&one);
    free_recorded();
}

Test(sameness, compares_variants_each_by_itself)
{
    struct sameness s;
    read_recorded();
    copy_runs("td3_odt", 5, (struct change){0});
    copy_runs("td3_odt", 5,
              (struct change){.variant = "tau=0.1", .column = RUN_LOG_q_mean, .factor = 1.5});
    cr_assert_eq(compare(&only_hopper, &s), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(s.groups, 2);
    int of_variant = 0;
    for (int i = 0; i < s.tests; i++) {
        bool variant = strcmp(s.group[s.test[i].group].method, "td3_odt:tau=0.1") == 0;
        cr_expect(variant || !s.test[i].differs);
        of_variant += s.test[i].differs;
    }
    cr_expect_gt(of_variant, 0);
    sameness_free(&s);
    free_recorded();
}

/* Runs of before the largest |Q1| was one: that column is not compared, the others are. */
Test(sameness, leaves_out_what_had_another_meaning)
{
    struct sameness s;
    read_recorded();
    copy_runs("td3_odt", 5,
              (struct change){.metrics = "", .column = RUN_LOG_q_abs_max, .factor = 0.5});
    cr_assert_eq(compare(&only_hopper, &s), STATUS_OK, "%s", status_sentence());
    cr_expect(s.group[0].old_metrics);
    cr_expect_eq(s.differing, 0);
    for (int i = 0; i < s.tests; i++)
        cr_expect_neq(s.test[i].what->column, RUN_LOG_q_abs_max);
    sameness_free(&s);
    free_recorded();
}

/* --- runs that cannot be compared ------------------------------------------------------------- */

static void expect_refusal(const char *what, struct sameness_options options, enum status code,
                           const char *sentence)
{
    struct sameness s;
    cr_expect_eq(compare(&options, &s), code, "%s", what);
    cr_expect_not_null(strstr(status_sentence(), sentence), "%s: %s", what, status_sentence());
    cr_expect(s.group == NULL && s.test == NULL);
}

Test(sameness, refuses_what_is_not_whole)
{
    read_recorded();
    copy_runs("td3_odt", 3, (struct change){0});
    expect_refusal("a group is missing", (struct sameness_options){.datasets = hopper},
                   STATUS_MISSING, "no run of odt on hopper-random-v2");
    expect_refusal("a seed is missing",
                   (struct sameness_options){
                       .datasets = hopper, .methods = "td3_odt", .first_seed = 1, .last_seed = 4},
                   STATUS_MISSING, "with seed 4");
    expect_refusal("nothing matches",
                   (struct sameness_options){.datasets = "walker2d-*", .methods = "td3_odt"},
                   STATUS_CONFIG, "of 'walker2d-*'; the nearest is");
    expect_refusal("an unknown method", (struct sameness_options){.methods = "td3,td3_od"},
                   STATUS_CONFIG, "of 'td3_od'; the nearest is 'td3_odt'");
    expect_refusal("no word", (struct sameness_options){.methods = ","}, STATUS_CONFIG,
                   "should be a list of names");
    copy_run("td3_odt", 5, 5, (struct change){0});
    expect_refusal("a gap", only_hopper, STATUS_MISSING, "with seed 4");
    copy_run("td3_odt", 4, 4, (struct change){.status = "running"});
    expect_refusal("not finished", only_hopper, STATUS_MISSING, "seed 4 is not finished");
    copy_run("td3_odt", 4, 4, (struct change){.status = "diverged"});
    expect_refusal("diverged", only_hopper, STATUS_FORMAT, "seed 4 is no finished run");
    copy_run("td3_odt", 4, 4, (struct change){.iterations_fewer = 1});
    expect_refusal("another size", only_hopper, STATUS_FORMAT, "compare runs of matrix tiny");
    copy_run("td3_odt", 4, 4,
             (struct change){.column = RUN_LOG_loss_critic, .factor = (double)NAN});
    expect_refusal("no number", only_hopper, STATUS_FORMAT, "is no number");
    copy_run("td3_odt", 4, 4, (struct change){0});
    struct sameness s;
    cr_expect_eq(compare(&only_hopper, &s), STATUS_OK, "%s", status_sentence());
    sameness_free(&s);
    free_recorded();
}

Test(sameness, refuses_runs_that_have_no_counterpart)
{
    read_recorded();
    copy_runs("td3_odt", 2, (struct change){0});
    folder_run((struct folder_run){.matrix = "tiny",
                                   .dataset = "hopper-random-v2",
                                   .method = "iql",
                                   .seed = 1,
                                   .points = 2,
                                   .end = 1000,
                                   .variant = ""});
    expect_refusal("iql", (struct sameness_options){.datasets = hopper}, STATUS_CONFIG,
                   "no run of the released program is recorded of iql on hopper-random-v2");
    free_recorded();
}

Test(sameness, too_few_runs_are_no_comparison)
{
    struct sameness s;
    read_recorded();
    copy_runs("td3_odt", 1, (struct change){0});
    cr_assert_eq(compare(&only_hopper, &s), STATUS_OK, "%s", status_sentence());
    for (int i = 0; i < s.tests; i++)
        cr_expect(isinf(s.test[i].detectable));
    cr_expect_eq(sameness_verdict(&s), STATUS_MISSING);
    cr_expect_not_null(strstr(status_sentence(), "run more seeds"), "%s", status_sentence());
    sameness_free(&s);
    free_recorded();
}

static const struct {
    const char *text;
    long first, last; /* 0: refused */
} seeds[] = {{"1-8", 1, 8}, {"3", 3, 3}, {"9-16", 9, 16}, {"8-1", 0, 0},  {"0-3", 0, 0},
             {"", 0, 0},    {"x", 0, 0}, {"1-", 0, 0},    {"1-2x", 0, 0}, {"1-5000", 0, 0}};

Test(sameness, reads_seeds)
{
    for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++) {
        struct sameness_options o = {0};
        enum status status = sameness_read_seeds(seeds[i].text, &o);
        cr_expect_eq(status, seeds[i].first > 0 ? STATUS_OK : STATUS_CONFIG, "%s", seeds[i].text);
        if (seeds[i].first > 0)
            cr_expect(o.first_seed == seeds[i].first && o.last_seed == seeds[i].last, "%s",
                      seeds[i].text);
    }
}

/* --- the command ------------------------------------------------------------------------------ */

/* Exit status of `vitamin sameness`; what it says goes to FOLDER/said. */
static int run_sameness(const char *arguments)
{
    const char *build = getenv("BUILD");
    char command[4096], program[FILE_PATH];
    snprintf(program, sizeof program, "%.512s/vitamin", build != NULL ? build : "build/gcc");
    if (access(program, X_OK) != 0)
        cr_skip_test("no %s", program);
    snprintf(command, sizeof command, "%.600s sameness %.200s %.200s > %.200s 2>&1", program,
             arguments, folder_path("tiny"), folder_path("said"));
    int status = system(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void expect_said(const char *part)
{
    char *text = folder_read(folder_path("said"));
    cr_expect_not_null(strstr(text, part), "no '%s' in: %s", part, text);
    free(text);
}

static void expect_at_most_80_columns(void)
{
    char *text = folder_read(folder_path("said"));
    for (char *rest, *line = strtok_r(text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest))
        cr_expect_leq(strlen(line), 80, "%s", line);
    free(text);
}

Test(sameness, command_answers_by_its_exit_status)
{
    read_recorded();
    copy_runs("td3_odt", 6, (struct change){0});
    copy_runs("td3", 6, (struct change){0});
    copy_runs("odt", 6, (struct change){0});
    cr_expect_eq(run_sameness("-d 'hopper*' --any-settings"), 0);
    expect_at_most_80_columns();
    cr_expect_eq(run_sameness("-d 'hopper*' -m td3_odt --any-settings"), 0);
    expect_said("0 of ");
    expect_said("6 runs of ours, 16 of the released program's; exact, all 74613 splits");
    expect_said("standard deviations");
    expect_at_most_80_columns();
    cr_expect_eq(run_sameness("-d 'hopper*' -m td3_odt --seeds 1-7 --any-settings"), 1);
    expect_said("no run of td3_odt on hopper-random-v2 with seed 7");
    cr_expect_eq(run_sameness("--seeds none"), 2);
    cr_expect_eq(run_sameness("-d hoper-random-v2"), 2);
    expect_said("vitamin sameness: ");
    expect_said("the nearest is 'hopper-random-v2'");

    copy_runs("td3_odt", 6, (struct change){.column = RUN_LOG_q_mean, .factor = 1.3});
    cr_expect_eq(run_sameness("-d 'hopper*' -m td3_odt --any-settings"), 1);
    expect_said("differ from the released program's, most clearly of td3_odt on hopper-random-v2: "
                "Q, mean, online");
    free_recorded();
}

Test(sameness, command_names_a_folder_that_is_not_there)
{
    cr_expect_eq(run_sameness("--any-settings"), 1);
    expect_said("vitamin sameness: ");
    expect_said("tiny: no such folder; `make test-sameness`");
}

/* The configuration of the built-in matrix's cell, with `set` at its end and without the keys
 * that came later and do not apply; for free(). */
static char *tiny_config(const char *set)
{
    const char *build = getenv("BUILD");
    char command[4096];
    snprintf(command, sizeof command,
             "%.512s/vitamin config -d hopper-random-v2 -m td3_odt -p code --size small -S "
             "embed_dim=32 n_layer=1 n_head=4 batch_size=32 critic_hidden=64 "
             "actor_updates_per_iter=150 warmup_actor_steps=400 lr_actor=0.003 eval_every=3 "
             "min_transitions_per_iter=1000 env_seed_from_run=1 T_train=3 T_eval=2 "
             "pretrain_actor_steps=300 lr_critic=0.001 wd_actor=0.0005 max_online_iters=12 "
             "buffer_capacity=150 rtg_eval=3600 rtg_online=7200 %.200s | sed '1d; /^collect_.* = "
             "-/d; /^start_.* = -/d; /^target_sweep = -/d' > %.200s",
             build != NULL ? build : "build/gcc", set, folder_path("config"));
    cr_assert_eq(system(command), 0);
    return folder_read(folder_path("config"));
}

/* A run is held against the settings of the matrix's cell, whatever its folder says. */
Test(sameness, command_refuses_other_settings_than_the_matrix_has)
{
    const char *all = "-d 'hopper*' -m td3_odt";
    read_recorded();
    cr_expect_eq(run_sameness("--help"), 0); /* skips without the program */
    char *right = tiny_config(""), *wrong = tiny_config("alpha_online=9.9");
    copy_runs("td3_odt", 6, (struct change){.config = right});
    cr_expect_eq(run_sameness(all), 0);
    copy_run("td3_odt", 3, 5, (struct change){.config = wrong});
    cr_expect_eq(run_sameness(all), 1);
    expect_said("td3_odt/3/curve.h5: was run with other settings than matrix tiny's: alpha_online "
                "(9.9 there, 0.1 here)");
    cr_expect_eq(run_sameness("-d 'hopper*' -m td3_odt -s 4-6"), 0);
    cr_expect_eq(run_sameness("--any-settings -d 'hopper*' -m td3_odt"), 1);
    expect_said("alpha_online (9.9 there, 0.1 here); the runs of a method on a dataset");
    copy_runs("td3_odt", 6, (struct change){.config = wrong});
    cr_expect_eq(run_sameness(all), 1);
    expect_said("td3_odt/1/curve.h5: was run with other settings");
    cr_expect_eq(run_sameness("--any-settings -d 'hopper*' -m td3_odt"), 0);
    expect_said("settings were not held against matrix tiny's");
    free(right);
    free(wrong);
    free_recorded();
}

/* Also a run that is not among the chosen ones: what it is, nobody knows. */
Test(sameness, command_never_calls_unreadable_runs_the_same)
{
    read_recorded();
    copy_runs("td3_odt", 6, (struct change){0});
    char path[FILE_PATH];
    snprintf(path, sizeof path, "%s", copy_run("td3_odt", 7, 7, (struct change){0}));
    cr_assert_eq(truncate(path, 2000), 0);
    cr_expect_eq(run_sameness("-d 'hopper*' -m td3_odt --seeds 1-6"), 1);
    expect_said("curve.h5");
    free_recorded();
}
