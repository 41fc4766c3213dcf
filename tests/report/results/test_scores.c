/* Score files in the layouts that people have. */
#include "report/export.h"
#include "report/results/results.h"
#include "report/results/scores_impl.h"
#include "tests/report/folder.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

TestSuite(scores, .init = folder_make, .fini = folder_remove, .timeout = 60);

static bool has_note(const struct results *r, const char *part)
{
    for (int i = 0; i < r->notes; i++) {
        if (strstr(r->note[i].text, part) != NULL)
            return true;
    }
    return false;
}

static void print_notes(const struct results *r)
{
    for (int i = 0; i < r->notes; i++)
        fprintf(stderr, "note: %s\n", r->note[i].text);
}

static const struct results_run *find_run(const struct results *r, const char *method,
                                          const char *dataset, int64_t seed)
{
    int count, m = results_method(r, method), d = results_dataset(r, dataset);
    if (m < 0 || d < 0)
        print_notes(r);
    cr_assert(m >= 0, "no method '%s', the first is '%s'", method, r->method[0].id);
    cr_assert(d >= 0, "no dataset '%s', the first is '%s'", dataset, r->dataset[0].id);
    const struct results_run *run = results_cell(r, m, d, &count);
    for (int i = 0; i < count; i++) {
        if (run[i].seed == seed)
            return &run[i];
    }
    cr_assert_fail("no seed %lld, the first is %lld", (long long)seed, (long long)run[0].seed);
    abort();
}

/* --- layouts ---------------------------------------------------------------------------------- */

#define HOPPER "hopper-medium-v2"

static const struct layout {
    const char *file, *text;
    const char *column[3]; /* "score=NAME" */
    const char *method, *dataset, *pattern;
    int runs;
    /* one of them */
    const char *is_method, *is_dataset;
    int64_t seed;
    int points;
    double final;
    const char *says; /* a note holds it */
} layouts[] = {
    /* separators, letters */
    {.file = "semicolon.csv",
     .text = "method;dataset;seed;step;score\nA;" HOPPER ";1;0;41,5\nA;" HOPPER ";1;10;1.046,25\n",
     .runs = 1,
     .is_method = "A",
     .is_dataset = HOPPER,
     .seed = 1,
     .points = 2,
     .final = 1046.25},
    {.file = "tabs.tsv",
     .text = "method\tdataset\tseed\tstep\tscore\nA\t" HOPPER "\t1\t0\t4\nA\t" HOPPER
             "\t1\t10\t5\n",
     .runs = 1,
     .is_method = "A",
     .is_dataset = HOPPER,
     .seed = 1,
     .points = 2,
     .final = 5},
    {.file = "bars.txt",
     .text = "method|dataset|seed|score\nA|" HOPPER "|1|41\nB|" HOPPER "|1|4\n",
     .runs = 2,
     .is_method = "B",
     .is_dataset = HOPPER,
     .seed = 1,
     .final = 4},
    {.file = "blanks.txt",
     .text = "  method  dataset   seed score \n  A  " HOPPER "  1   41\n  \"B b\" " HOPPER
             "  1 4\n",
     .runs = 2,
     .is_method = "B b",
     .is_dataset = HOPPER,
     .seed = 1,
     .final = 4},
    {.file = "padded.csv",
     .text = "Method , DATASET, \"seed\" , Step, Score\nA , " HOPPER ",1, 0, 4\nA," HOPPER
             " ,1,10 , 5\n",
     .runs = 1,
     .is_method = "A",
     .is_dataset = HOPPER,
     .seed = 1,
     .points = 2,
     .final = 5},
    {.file = "mark.csv",
     .text = "\xEF\xBB\xBFmethod,dataset,seed,score\nA,d,1,41\n",
     .runs = 1,
     .is_method = "A",
     .is_dataset = "d",
     .seed = 1,
     .final = 41},
    {.file = "latin1.csv",
     .text = "method,dataset,seed,score\nM\xE9thode \x96 A,d,1,41\n",
     .runs = 1,
     .is_method = "Méthode – A",
     .is_dataset = "d",
     .seed = 1,
     .final = 41,
     .says = "not UTF-8"},
    {.file = "excel.csv",
     .text = "sep=;\r\nmethod;dataset;seed;score\r\nA;d;1;41,5\r\n",
     .runs = 1,
     .is_method = "A",
     .is_dataset = "d",
     .seed = 1,
     .final = 41.5},
    {.file = "old-mac.csv",
     .text = "method,dataset,seed,score\rA,d,1,41\rA,d,2,42\r",
     .runs = 2,
     .is_method = "A",
     .is_dataset = "d",
     .seed = 2,
     .final = 42},
    {.file = "savetxt.txt",
     .text = "# step score\n0 41\n10 42\n",
     .method = "A",
     .dataset = "d",
     .runs = 1,
     .is_method = "A",
     .is_dataset = "d",
     .seed = 0,
     .points = 2,
     .final = 42,
     .says = "step, score"},
    /* columns of other names */
    {.file = "cleanrl.csv",
     .text = "env_id,agent,seed,global_step,episodic_return,loss\nd,A,1,0,41,3\nd,A,1,10,42,3\n"
             "d,A,1,10,44,3\n",
     .runs = 1,
     .is_method = "A",
     .is_dataset = "d",
     .seed = 1,
     .points = 2,
     .final = 43,
     .says = "not used: loss; layout: CleanRL"},
    {.file = "Hopper-v4__td3_continuous_action__3__1690000000.csv",
     .text = "global_step,charts/episodic_return\n0,41\n10,42\n",
     .runs = 1,
     .is_method = "td3_continuous_action",
     .is_dataset = "Hopper-v4",
     .seed = 3,
     .points = 2,
     .final = 42,
     .says = "CleanRL"},
    {.file = "run-Hopper-v4__sac__7__1690-tag-charts_episodic_return.csv",
     .text = "Wall time,Step,Value\n1690.5,0,41\n1691.5,10,42\n",
     .runs = 1,
     .is_method = "sac",
     .is_dataset = "Hopper-v4",
     .seed = 7,
     .points = 2,
     .final = 42,
     .says = "TensorBoard"},
    {.file = "0.monitor.csv",
     .text = "#{\"t_start\": 1.5, \"env_id\": \"Hopper-v4\"}\nr,l,t\n41,10,1.0\n42,20,2.0\n",
     .method = "PPO",
     .runs = 1,
     .is_method = "ppo",
     .is_dataset = "Hopper-v4",
     .seed = 0,
     .points = 2,
     .final = 42,
     .says = "monitor"},
    {.file = "progress.csv",
     .text = "time/total_timesteps,eval/mean_reward,rollout/ep_rew_mean,train/loss\n"
             "10,,3,1\n20,41,4,1\n30,,5,1\n40,42,6,1\n",
     .method = "SAC",
     .dataset = "d",
     .runs = 1,
     .is_method = "sac",
     .is_dataset = "d",
     .seed = 0,
     .points = 2,
     .final = 42,
     .says = "Stable-Baselines3"},
    {.file = "tdmpc2/walker-run.csv",
     .text = "step,reward,seed\n0,41,1\n100,42,1\n0,40,2\n100,44,2\n",
     .runs = 2,
     .is_method = "tdmpc2",
     .is_dataset = "walker-run",
     .seed = 2,
     .points = 2,
     .final = 44,
     .says = "tdmpc2"},
    {.file = "CQL_hopper-medium-v0_4_20220101120000/environment.csv",
     .text = "1,1000,41\n2,2000,42\n",
     .runs = 1,
     .is_method = "CQL",
     .is_dataset = "hopper-medium-v0",
     .seed = 4,
     .points = 2,
     .final = 42,
     .says = "d3rlpy"},
    {.file = "TD3PlusBC_20220101120000/environment.csv",
     .text = "1,1000,41\n2,2000,42\n",
     .dataset = "d",
     .runs = 1,
     .is_method = "TD3PlusBC",
     .is_dataset = "d",
     .seed = 0,
     .points = 2,
     .final = 42,
     .says = "d3rlpy"},
    {.file = "progress.txt",
     .text = "Epoch\tAverageEpRet\tAverageTestEpRet\tTotalEnvInteracts\n1\t3\t41\t100\n"
             "2\t4\t42\t200\n",
     .method = "ddpg",
     .dataset = "d",
     .runs = 1,
     .is_method = "ddpg",
     .is_dataset = "d",
     .seed = 0,
     .points = 2,
     .final = 42,
     .says = "Spinning Up"},
    {.file = "simba.csv",
     .text = ",exp_name,env_name,seed,metric,env_step,value\n0,A,d,1,avg_length,10,900\n"
             "1,A,d,1,avg_return,10,41\n2,A,d,1,avg_return,20,42\n",
     .runs = 1,
     .is_method = "A",
     .is_dataset = "d",
     .seed = 1,
     .points = 2,
     .final = 42,
     .says = "rows of avg_return only"},
    {.file = "mine.csv",
     .text = "who,where,nr,when,how\nA,d,1,0,41\nA,d,1,10,42\n",
     .column = {"method=who", "dataset=where"},
     .runs = 0},
    /* wide */
    {.file = "wandb.csv",
     .text = "\"Step\",\"iql-s1 - eval/score\",\"iql-s1 - eval/score__MIN\","
             "\"iql-s1 - eval/score__MAX\",\"iql-s2 - eval/score\",\"iql-s2 - loss\"\n"
             "0,3,3,3,4,1\n5000,40,40,40,41,1\n",
     .dataset = HOPPER,
     .runs = 2,
     .is_method = "iql",
     .is_dataset = HOPPER,
     .seed = 2,
     .points = 2,
     .final = 41,
     .says = "iql-s1 - eval/score__MIN"},
    {.file = "corl.csv",
     .text = "Step,CQL-" HOPPER "-1a2b3c4d - d4rl_normalized_score,CQL-" HOPPER
             "-0f0f0f0f - d4rl_normalized_score\n0,3,4\n5000,40,41\n",
     .runs = 2,
     .is_method = "CQL",
     .is_dataset = HOPPER,
     .seed = 0,
     .points = 2,
     .final = 40,
     .says = "CORL"},
    {.file = "seeds.csv",
     .text = "method,dataset,step,seed_1,seed_2\nA,d,0,1,2\nA,d,10,3,4\n",
     .runs = 2,
     .is_method = "A",
     .is_dataset = "d",
     .seed = 2,
     .points = 2,
     .final = 4},
    {.file = "numbers.csv",
     .text = "algo,task,0,1,2\nA,d,1,2,3\nB,d,4,,6\n",
     .runs = 6,
     .is_method = "B",
     .is_dataset = "d",
     .seed = 2,
     .final = 6},
    {.file = "tasks.csv",
     .text = "algorithm,run,hopper-medium-v2,walker2d-medium-v2\nA,0,1,2\nA,1,3,4\n",
     .runs = 4,
     .is_method = "A",
     .is_dataset = "walker2d-medium-v2",
     .seed = 1,
     .final = 4},
    {.file = "methods.csv",
     .text = "dataset,seed,CQL,BC\nd,1,41,42\nd,2,43,44\n",
     .column = {"method=*"},
     .runs = 4,
     .is_method = "BC",
     .is_dataset = "d",
     .seed = 2,
     .final = 44},
    /* JSON */
    {.file = "records.json",
     .text = "[{\"algo\": \"A\", \"env\": \"d\", \"seed\": 1, \"step\": 0, \"return\": 41.5},\n"
             " {\"algo\": \"A\", \"env\": \"d\", \"seed\": 1, \"step\": 10, \"return\": null},\n"
             " {\"algo\": \"A\", \"env\": \"d\", \"seed\": 1, \"step\": 20, \"return\": 42}]\n",
     .runs = 1,
     .is_method = "A",
     .is_dataset = "d",
     .seed = 1,
     .points = 2,
     .final = 42,
     .says = "1 row without a score"},
    {.file = "lines.jsonl",
     .text = "{\"method\":\" A \",\"dataset\":\"d\",\"seed\":1,\"step\":0,\"score\":41}\n\n"
             "{\"method\":\"A\",\"dataset\":\"d\",\"seed\":1,\"step\":10,\"score\":42}\n",
     .runs = 1,
     .is_method = "A",
     .is_dataset = "d",
     .seed = 1,
     .points = 2,
     .final = 42},
    {.file = "arrays.json",
     .text = "{\"method\": [\"A\",\"A\"], \"dataset\": [\"d\",\"d\"], \"seed\": [1,2], "
             "\"score\": [41,42]}",
     .runs = 2,
     .is_method = "A",
     .is_dataset = "d",
     .seed = 2,
     .final = 42},
    {.file = "curves.json",
     .text = "{\"method\": \"A\", \"dataset\": \"d\", \"runs\": [\n"
             "{\"seed\": 1, \"step\": [0,10], \"score\": [40,41]},\n"
             "{\"seed\": 2, \"step\": [0,10], \"score\": [42,43]}]}",
     .runs = 2,
     .is_method = "A",
     .is_dataset = "d",
     .seed = 2,
     .points = 2,
     .final = 43},
    {.file = "pandas.json",
     .text = "{\"method\":{\"0\":\"A\",\"1\":\"B\"},\"dataset\":{\"0\":\"d\",\"1\":\"d\"},"
             "\"seed\":{\"0\":1,\"1\":1},\"score\":{\"0\":41,\"1\":42}}",
     .runs = 2,
     .is_method = "B",
     .is_dataset = "d",
     .seed = 1,
     .final = 42},
    {.file = "split.json",
     .text = "{\"columns\":[\"method\",\"dataset\",\"seed\",\"score\"],\"index\":[0,1],"
             "\"data\":[[\"A\",\"d\",1,41],[\"B\",\"d\",1,42]]}",
     .runs = 2,
     .is_method = "B",
     .is_dataset = "d",
     .seed = 1,
     .final = 42},
    {.file = "rliable.json",
     .text = "{\"DrQ\": [[1, 2], [3, 4], [5, 6]], \"SPR\": [[7, 8]]}",
     .runs = 8,
     .is_method = "DrQ",
     .is_dataset = "task 02",
     .seed = 2,
     .final = 6,
     .says = "rliable"},
    {.file = "nested.json",
     .text = "{\"CQL\": {\"" HOPPER "\": [41, 42], \"d\": [1, 2]}, \"BC\": {\"d\": [3]}}",
     .runs = 5,
     .is_method = "CQL",
     .is_dataset = HOPPER,
     .seed = 1,
     .final = 42},
    {.file = "turned.json",
     .text = "{\"" HOPPER "\": {\"CQL\": {\"step\": [0, 10], \"score\": [41, 42]}}}",
     .runs = 1,
     .is_method = "CQL",
     .is_dataset = HOPPER,
     .seed = 0,
     .points = 2,
     .final = 42},
    {.file = "one-method.json",
     .text = "{\"pong\": [1, 2], \"breakout\": [3, 4]}",
     .method = "DER",
     .runs = 4,
     .is_method = "DER",
     .is_dataset = "breakout",
     .seed = 1,
     .final = 4},
    {.file = "configs.jsonl",
     .text =
         "{\"config\":{\"env\":\"d\",\"algo\":\"A\",\"seed\":2},\"step\":0,\"eval/return\":41}\n"
         "{\"config\":{\"env\":\"d\",\"algo\":\"A\",\"seed\":2},\"step\":5,\"loss\":0.1}\n"
         "{\"config\":{\"env\":\"d\",\"algo\":\"A\",\"seed\":2},\"step\":9,\"eval/return\":42}\n",
     .runs = 1,
     .is_method = "A",
     .is_dataset = "d",
     .seed = 2,
     .points = 2,
     .final = 42,
     .says = "method = config.algo"},
    /* seeds */
    {.file = "big.csv",
     .text = "method,dataset,seed,score\nA,d,1700000000000000001,41\nA,d,2.0,42\n",
     .runs = 2,
     .is_method = "A",
     .is_dataset = "d",
     .seed = 1700000000000000001,
     .final = 41},
    {.file = "named.csv",
     .text = "method,dataset,seed,score\nA,d,blue,41\nA,d,red,42\nA,d,7,43\n",
     .runs = 3,
     .is_method = "A",
     .is_dataset = "d",
     .seed = 9,
     .final = 42,
     .says = "red = 9"},
    {.file = "huge.csv",
     .text =
         "method,dataset,seed,score\nA,d,99999999999999999999,41\nA,d,88888888888888888888,42\n",
     .runs = 2,
     .is_method = "A",
     .is_dataset = "d",
     .seed = 1,
     .final = 42,
     .says = "88888888888888888888 = 1"},
    {.file = "unnumbered.csv",
     .text = "method,dataset,score\nA,d,41\nB,d,1\nA,d,42\n",
     .runs = 3,
     .is_method = "A",
     .is_dataset = "d",
     .seed = 1,
     .final = 42,
     .says = "runs are numbered"},
    /* names of files */
    {.file = "x/" HOPPER "/my_algo_3.csv",
     .text = "step,score\n0,41\n10,42\n",
     .pattern = "{dataset}/{method}_{seed}.csv",
     .runs = 1,
     .is_method = "my_algo",
     .is_dataset = HOPPER,
     .seed = 3,
     .points = 2,
     .final = 42},
};
enum { LAYOUTS = sizeof layouts / sizeof *layouts };

static void set_column(struct reading *reading, const char *text)
{
    const char *equals = strchr(text, '=');
    for (int i = 0; i < READ_ROLES; i++) {
        const char *name = reading_role_name((enum reading_role)i);
        if (strncmp(name, text, (size_t)(equals - text)) == 0)
            reading->column[i] = equals + 1;
    }
}

static struct results_options options_of(const struct layout *l)
{
    struct results_options o = {.reading = {.pattern = l->pattern}};
    o.reading.name[READ_METHOD] = l->method;
    o.reading.name[READ_DATASET] = l->dataset;
    for (int i = 0; i < 3 && l->column[i] != NULL; i++)
        set_column(&o.reading, l->column[i]);
    return o;
}

ParameterizedTestParameters(scores, reads_what_people_have)
{
    static int rows[LAYOUTS];
    for (int i = 0; i < LAYOUTS; i++)
        rows[i] = i;
    return cr_make_param_array(int, rows, LAYOUTS);
}

ParameterizedTest(int *row, scores, reads_what_people_have)
{
    const struct layout *l = &layouts[*row];
    const char *path = folder_write(l->file, l->text);
    struct results r;
    if (l->runs == 0) {
        results_init(&r, options_of(l));
        cr_expect_eq(results_read_scores(&r, path), STATUS_FORMAT, "%s", l->file);
        cr_expect_not_null(strstr(status_sentence(), "--column score=NAME"), "%s",
                           status_sentence());
        results_free(&r);
        return;
    }
    r = folder_scores(path, options_of(l));
    cr_expect_eq(r.runs, l->runs, "%s: %d runs", l->file, r.runs);
    const struct results_run *run = find_run(&r, l->is_method, l->is_dataset, l->seed);
    cr_expect_eq(run->points, l->points, "%s: %d points", l->file, run->points);
    cr_expect_float_eq(run->final, l->final, 1e-12, "%s: %g", l->file, run->final);
    cr_expect(l->says == NULL || has_note(&r, l->says), "%s", l->file);
    if (l->says != NULL && !has_note(&r, l->says))
        print_notes(&r);
    results_free(&r);
}

/* --- where they come from --------------------------------------------------------------------- */

static const char tidy[] = "method,dataset,seed,step,score\nA,d,1,0,41\nA,d,1,10,42\n";

static void expect_tidy(const char *path, struct results_options options)
{
    struct results r = folder_scores(path, options);
    cr_assert_eq(r.runs, 1);
    cr_expect_float_eq(find_run(&r, "A", "d", 1)->final, 42, 0);
    results_free(&r);
}

/* Feed `bytes` into a pipe from another process. */
static int feed_pipe(const void *bytes, size_t length)
{
    int end[2];
    cr_assert_eq(pipe(end), 0);
    if (fork() == 0) {
        close(end[0]);
        _exit(write(end[1], bytes, length) == (ssize_t)length ? 0 : 1);
    }
    close(end[1]);
    return end[0];
}

Test(scores, come_through_pipes_and_standard_input)
{
    char path[64];
    int fd = feed_pipe(tidy, strlen(tidy));
    snprintf(path, sizeof path, "/dev/fd/%d", fd);
    expect_tidy(path, (struct results_options){0});
    close(fd);
    static const char *const inputs[] = {"-", "/dev/stdin"};
    for (int i = 0; i < 2; i++) {
        fd = feed_pipe(tidy, strlen(tidy));
        cr_assert_eq(dup2(fd, STDIN_FILENO), STDIN_FILENO);
        expect_tidy(inputs[i], (struct results_options){0});
        fd = open(folder_write("a.csv", tidy), O_RDONLY);
        cr_assert_eq(dup2(fd, STDIN_FILENO), STDIN_FILENO);
        expect_tidy(inputs[i], (struct results_options){0});
    }
}

Test(scores, a_pipe_with_a_late_writer_is_read_and_one_without_refused)
{
    const char *path = folder_path("pipe");
    struct results r;
    cr_assert_eq(mkfifo(path, 0600), 0);
    if (fork() == 0) {
        usleep(200000);
        int fd = open(path, O_WRONLY);
        _exit(write(fd, tidy, strlen(tidy)) > 0 ? 0 : 1);
    }
    expect_tidy(path, (struct results_options){0});
    results_init(&r, (struct results_options){0});
    cr_expect_eq(results_read_scores(&r, path), STATUS_IO);
    cr_expect_not_null(strstr(status_sentence(), "nobody writes"), "%s", status_sentence());
    results_free(&r);
}

Test(scores, gzip_is_known_by_its_bytes)
{
    const char *path = folder_path("scores.txt"); /* two members, as `cat a.gz b.gz` makes */
    for (int part = 0; part < 2; part++) {
        gzFile f = gzopen(path, part == 0 ? "wb" : "ab");
        const char *text = part == 0 ? "method,dataset,seed,step,score\nA,d,1,0,41\n"
                                     : "A,d,1,10,42\n";
        cr_assert_eq(gzputs(f, text), (int)strlen(text));
        cr_assert_eq(gzclose(f), Z_OK);
    }
    expect_tidy(path, (struct results_options){0});
    char *bytes;
    size_t size;
    cr_assert_eq(file_read(path, 1 << 20, &bytes, &size), STATUS_OK);
    int fd = feed_pipe(bytes, size);
    char pipe_path[64];
    snprintf(pipe_path, sizeof pipe_path, "/dev/fd/%d", fd);
    expect_tidy(pipe_path, (struct results_options){0});
    /* Every way to cut it is refused in words. */
    for (size_t cut = 2; cut < size; cut++) {
        struct results r;
        cr_assert_eq(file_replace(path, bytes, cut), STATUS_OK);
        results_init(&r, (struct results_options){0});
        enum status status = results_read_scores(&r, path);
        cr_expect(status == STATUS_FORMAT || status == STATUS_OK, "%zu: %s", cut,
                  status_sentence());
        results_free(&r);
    }
    free(bytes);
}

Test(scores, utf16_is_converted)
{
    static const char text[] = "method\tdataset\tseed\tscore\nA\td\t1\t42\n";
    for (int big = 0; big < 2; big++) {
        char wide[2 * sizeof text + 2] = {big ? '\xFE' : '\xFF', big ? '\xFF' : '\xFE'};
        for (size_t i = 0; text[i] != '\0'; i++)
            wide[2 + 2 * i + (size_t)big] = text[i];
        const char *path = folder_path("utf16.txt");
        cr_assert_eq(file_replace(path, wide, 2 * sizeof text), STATUS_OK);
        struct results r = folder_scores(path, (struct results_options){0});
        cr_expect_float_eq(find_run(&r, "A", "d", 1)->final, 42, 0);
        cr_expect(has_note(&r, "UTF-16"));
        results_free(&r);
    }
}

/* --- npz -------------------------------------------------------------------------------------- */

struct bytes {
    unsigned char at[8192];
    size_t n;
};

static void put(struct bytes *b, const void *data, size_t n)
{
    cr_assert(b->n + n <= sizeof b->at);
    memcpy(b->at + b->n, data, n);
    b->n += n;
}

static void put_number(struct bytes *b, unsigned long value, int width)
{
    for (int i = 0; i < width; i++) {
        unsigned char byte = i < (int)sizeof value ? (unsigned char)(value >> (8 * i)) : 0;
        put(b, &byte, 1);
    }
}

/* A file of numpy, as np.save writes it. */
static void make_array(struct bytes *b, const char *type, const char *shape, const void *data,
                       size_t bytes)
{
    char header[128];
    int n = snprintf(header, sizeof header,
                     "{'descr': '%s', 'fortran_order': False, 'shape': %s, }\n", type, shape);
    put(b, "\x93NUMPY\1\0", 8);
    put_number(b, (unsigned long)n, 2);
    put(b, header, (size_t)n);
    put(b, data, bytes);
}

struct member {
    const char *name;
    struct bytes array;
};

/* A zip of members that are stored or deflated. */
static void make_zip(struct bytes *zip, const struct member *m, int members, bool deflated)
{
    struct bytes directory = {.n = 0};
    for (int i = 0; i < members; i++) {
        unsigned char packed[8192];
        size_t size = m[i].array.n, length = size, at = zip->n;
        memcpy(packed, m[i].array.at, size);
        if (deflated) {
            z_stream s = {.next_in = (unsigned char *)m[i].array.at, .avail_in = (unsigned)size};
            cr_assert_eq(deflateInit2(&s, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
            s.next_out = packed;
            s.avail_out = sizeof packed;
            cr_assert_eq(deflate(&s, Z_FINISH), Z_STREAM_END);
            length = s.total_out;
            deflateEnd(&s);
        }
        for (int central = 0; central < 2; central++) {
            struct bytes *out = central ? &directory : zip;
            put(out, central ? "PK\1\2\x14\0" : "PK\3\4", central ? 6 : 4);
            put_number(out, 20, 2);
            put_number(out, 0, 2);
            put_number(out, deflated ? 8 : 0, 2);
            put_number(out, 0, 8); /* time, date, checksum */
            put_number(out, length, 4);
            put_number(out, size, 4);
            put_number(out, strlen(m[i].name), 2);
            put_number(out, 0, 2);
            if (central) {
                put_number(out, 0, 10);
                put_number(out, at, 4);
            }
            put(out, m[i].name, strlen(m[i].name));
        }
        put(zip, packed, length);
    }
    size_t start = zip->n;
    put(zip, directory.at, directory.n);
    put(zip, "PK\5\6\0\0\0\0", 8);
    put_number(zip, (unsigned long)members, 2);
    put_number(zip, (unsigned long)members, 2);
    put_number(zip, directory.n, 4);
    put_number(zip, start, 4);
    put_number(zip, 0, 2);
}

static void make_evaluations(struct bytes *zip, bool deflated)
{
    static struct member m[3];
    static const int64_t steps[] = {1000, 2000};
    static const double results[] = {40, 42, 43, 45}, lengths[] = {9, 9, 9, 9};
    m[0] = (struct member){.name = "timesteps.npy"};
    m[1] = (struct member){.name = "results.npy"};
    m[2] = (struct member){.name = "ep_lengths.npy"};
    make_array(&m[0].array, "<i8", "(2,)", steps, sizeof steps);
    make_array(&m[1].array, "<f8", "(2, 2)", results, sizeof results);
    make_array(&m[2].array, "<f8", "(2, 2)", lengths, sizeof lengths);
    make_zip(zip, m, 3, deflated);
}

Test(scores, reads_evaluations_of_stable_baselines)
{
    for (int deflated = 0; deflated < 2; deflated++) {
        static struct bytes zip;
        zip.n = 0;
        make_evaluations(&zip, deflated);
        const char *path = folder_path("evaluations.npz");
        cr_assert_eq(file_replace(path, zip.at, zip.n), STATUS_OK);
        struct results_options o = {.reading.name = {"SAC", "Hopper-v4", NULL}};
        struct results r = folder_scores(path, o);
        const struct results_run *run = find_run(&r, "sac", "Hopper-v4", 0);
        cr_expect_eq(run->points, 2);
        cr_expect_float_eq(run->x[1], 2000, 0);
        cr_expect_float_eq(run->final, 44, 0);
        cr_expect(has_note(&r, "Stable-Baselines3's evaluations"));
        results_free(&r);
    }
}

Test(scores, reads_matrices_of_rliable)
{
    static struct bytes zip;
    static struct member m[2];
    static const float drq[] = {1, 2, 3, 4, 5, 6}, spr[] = {7, 8, 9};
    m[0] = (struct member){.name = "DrQ.npy"};
    m[1] = (struct member){.name = "SPR.npy"};
    make_array(&m[0].array, "<f4", "(2, 3)", drq, sizeof drq);
    make_array(&m[1].array, "<f4", "(1, 3)", spr, sizeof spr);
    make_zip(&zip, m, 2, false);
    const char *path = folder_path("scores.npz");
    cr_assert_eq(file_replace(path, zip.at, zip.n), STATUS_OK);
    struct results r = folder_scores(path, (struct results_options){0});
    cr_expect_eq(r.runs, 9);
    cr_expect_float_eq(find_run(&r, "DrQ", "task 03", 1)->final, 6, 0);
    cr_expect_float_eq(find_run(&r, "SPR", "task 02", 0)->final, 8, 0);
    results_free(&r);
}

/* Cut anywhere, any byte turned: refused in words or read, and nothing else. */
Test(scores, survives_damaged_npz)
{
    static struct bytes zip;
    make_evaluations(&zip, true);
    const char *path = folder_path("evaluations.npz");
    struct results_options o = {.reading.name = {"SAC", "Hopper-v4", NULL}};
    for (size_t i = 0; i < 2 * zip.n; i++) {
        static struct bytes bad;
        struct results r;
        bad = zip;
        if (i < zip.n)
            bad.n = i;
        else
            bad.at[i - zip.n] ^= 0xff;
        cr_assert_eq(file_replace(path, bad.at, bad.n), STATUS_OK);
        results_init(&r, o);
        enum status status = results_read_scores(&r, path);
        cr_expect(status == STATUS_OK || *status_sentence() != '\0', "%zu", i);
        cr_expect(i >= zip.n || status != STATUS_OK, "cut at %zu", i);
        results_free(&r);
    }
}

/* --- folders ---------------------------------------------------------------------------------- */

Test(scores, reads_a_folder_by_a_pattern)
{
    folder_write("all/hopper/CQL/1.csv", "step,score\n0,1\n10,2\n");
    folder_write("all/hopper/CQL/2.csv", "step,score\n0,3\n10,4\n");
    folder_write("all/walker/BC/1.csv", "step,score\n0,5\n10,6\n");
    folder_write("all/README.md", "nothing\n");
    struct results r = folder_scores(
        folder_path("all"),
        (struct results_options){.reading.pattern = "{dataset}/{method}/{seed}.csv"});
    cr_expect_eq(r.runs, 3);
    cr_expect_float_eq(find_run(&r, "CQL", "hopper", 2)->final, 4, 0);
    cr_expect_float_eq(find_run(&r, "BC", "walker", 1)->final, 6, 0);
    cr_expect(has_note(&r, "1 file not read, not named as --pattern says (first: README.md)"));
    results_free(&r);
}

Test(scores, reads_folders_of_known_layouts)
{
    folder_write("td/tdmpc2/walker-run.csv", "step,reward,seed\n0,1,1\n100,2,1\n");
    folder_write("td/sac/walker-run.csv", "step,reward,seed\n0,1,1\n100,3,1\n");
    struct results r = folder_scores(folder_path("td"), (struct results_options){0});
    cr_expect_eq(r.runs, 2);
    cr_expect_float_eq(find_run(&r, "sac", "walker-run", 1)->final, 3, 0);
    results_free(&r);

    folder_write("logs/CQL_20220101120000/environment.csv", "1,1000,41\n2,2000,42\n");
    folder_write("logs/CQL_20220101120000/loss.csv", "1,1000,0.5\n2,2000,0.4\n");
    folder_write("logs/CQL_20220101120000/params.json", "{\"gamma\": 0.99}\n");
    r = folder_scores(folder_path("logs"),
                      (struct results_options){.reading.name[READ_DATASET] = "hopper-medium-v0"});
    cr_expect_eq(r.runs, 1);
    cr_expect_float_eq(find_run(&r, "CQL", "hopper-medium-v0", 0)->final, 42, 0);
    cr_expect(has_note(&r, "2 files not read, only environment.csv"));
    results_free(&r);
}

Test(scores, refuses_folders_and_patterns_with_the_remedy)
{
    static const struct {
        const char *pattern;
        enum status status;
        const char *says;
    } bad[] = {{NULL, STATUS_FORMAT, "--pattern '{dataset}/{method}/{seed}.csv'"},
               {"{method}/{seed}.txt", STATUS_FORMAT, "the first is notes.dat"},
               {"{algorithm}/x.csv", STATUS_CONFIG, "none of {method}"},
               {"x.csv", STATUS_CONFIG, "names nothing"}};
    folder_write("odd/notes.dat", "step,score\n0,1\n");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct results r;
        results_init(&r, (struct results_options){.reading.pattern = bad[i].pattern});
        cr_expect_eq(results_read_scores(&r, folder_path("odd")), bad[i].status);
        cr_expect_not_null(strstr(status_sentence(), bad[i].says), "%s", status_sentence());
        results_free(&r);
    }
}

/* --- bad input -------------------------------------------------------------------------------- */

static const struct {
    const char *what, *text, *says;
} bad_files[] = {
    {"no dataset", "step,algo,score\n0,A,1\n", "--dataset NAME"},
    {"no method", "step,env,score\n0,A,1\n", "--method NAME"},
    {"no score", "method,dataset,seed,loss\nA,d,1,2\n", "--column score=NAME"},
    {"spread", "method,dataset,seed,score\nA,d,1,9890.35 ± 177.03\n", "a mean with its spread"},
    {"means", "method,dataset,mean,std\nA,d,45,3\n", "--published FILE"},
    {"two columns", "method,dataset,seed,score,score\nA,d,1,1,2\n", "two columns are called"},
    {"no header", "A,d,1,2\nA,d,2,3\n", "no column"},
    {"pickle", "\x80\x04\x95 abc", "Python pickle"},
    {"parquet", "PAR1....", "df.to_csv"},
    {"xz",
     "\xfd"
     "7zXZ",
     "xz -dc FILE"},
    {"web page", "<!DOCTYPE html>", "web page"},
    {"zip", "PK\3\4 rubbish, longer than the end of a zip", "zip"},
    {"empty JSON", "[]", "no scores"},
    {"JSON cut", "{\"method\": \"A\", \"score\": ", "ends in the middle"},
    {"JSON not closed", "[{\"method\":\"A\",\"dataset\":\"d\",\"seed\":1,\"score\":2}",
     "not closed"},
    {"JSON of numbers", "[1, 2]", "must be an object"},
    {"JSON lengths", "{\"method\":\"A\",\"dataset\":\"d\",\"step\":[1,2],\"score\":[1]}",
     "lists of one record"},
    {"JSON depth", "{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":1}}}}}", "more than 3 deep"},
    {"a seed twice", "method,dataset,seed,step,score\nA,d,1,0,2\nA,d,seed_1,1,3\n", "one number"},
    {"no seeds", "method,dataset,step,score\nA,d,0,2\nA,d,0,3\n", "--column seed=NAME"},
    {"infinite step", "method,dataset,seed,step,score\nA,d,1,inf,2\n", "steps count from 0"},
    {"score without step", "method,dataset,seed,step,score\nA,d,1,1,2\nA,d,1,,2\n",
     "without a step"},
};

Test(scores, refuses_what_it_does_not_understand_with_the_remedy)
{
    for (size_t i = 0; i < sizeof bad_files / sizeof *bad_files; i++) {
        struct results r;
        results_init(&r, (struct results_options){0});
        enum status status = results_read_scores(&r, folder_write("bad", bad_files[i].text));
        cr_expect_eq(status, STATUS_FORMAT, "%s", bad_files[i].what);
        cr_expect_not_null(strstr(status_sentence(), bad_files[i].says), "%s: %s",
                           bad_files[i].what, status_sentence());
        results_free(&r);
    }
}

Test(scores, a_column_that_is_not_there_is_named_with_those_that_are)
{
    struct results r;
    results_init(&r, (struct results_options){.reading.column[READ_METHOD] = "algoritm"});
    cr_expect_eq(results_read_scores(&r, folder_write("a.csv", tidy)), STATUS_FORMAT);
    cr_expect_not_null(strstr(status_sentence(), "no column 'algoritm' among: method, dataset"),
                       "%s", status_sentence());
    results_free(&r);
}

/* --- nothing is lost without a word ----------------------------------------------------------- */

Test(scores, an_empty_cell_is_not_measured_a_nan_within_a_hole_at_the_end_a_divergence)
{
    struct results r = folder_scores(folder_write("a.csv", "method,dataset,seed,step,score\n"
                                                           "A,d,1,0,\nA,d,1,5,41\nA,d,1,7,NA\n"
                                                           "A,d,1,10,42\nA,d,1,20,null\n"
                                                           "A,d,2,0,40\nA,d,2,5,nan\nA,d,2,10,43\n"
                                                           "A,d,3,0,40\nA,d,3,5,44\nA,d,3,10,-inf\n"
                                                           "A,d,4,0,\nA,d,4,10,\n"),
                                     (struct results_options){0});
    const struct results_run *run = find_run(&r, "A", "d", 1);
    cr_expect_eq(run->status, RUN_OK);
    cr_expect_eq(run->points, 2);
    cr_expect(isnan(run->initial), "nothing was measured at 0");
    run = find_run(&r, "A", "d", 2);
    cr_expect_eq(run->status, RUN_OK);
    cr_expect_eq(run->points, 2);
    cr_expect_float_eq(run->final, 43, 0);
    run = find_run(&r, "A", "d", 3);
    cr_expect_eq(run->status, RUN_DIVERGED);
    cr_expect_eq(run->points, 2);
    cr_expect_float_eq(run->final, 0, 0);
    cr_expect_eq(find_run(&r, "A", "d", 4)->status, RUN_MISSING);
    cr_expect(has_note(&r, "5 rows without a score"));
    cr_expect(has_note(&r, "1 score within curves is not finite and left out (first: A on d, "
                           "seed 2)"));
    cr_expect(has_note(&r, "Left out: A on d, seed 4"));
    results_free(&r);
}

static const char unequal[] = "method,dataset,seed,step,score\n"
                              "A,d,1,0,0\nA,d,1,97,97\nA,d,2,0,0\nA,d,2,50,50\nA,d,2,99,99\n"
                              "B,d,1,0,0\nB,d,1,100,100\nB,e,1,0,0\nB,e,1,7,7\n";

Test(scores, are_read_where_all_runs_of_a_dataset_reach)
{
    char caption[1024];
    const char *path = folder_write("a.csv", unequal);
    struct results r = folder_scores(path, (struct results_options){0});
    cr_expect_float_eq(r.dataset[results_dataset(&r, "d")].budget, 97, 0);
    cr_expect_float_eq(r.dataset[results_dataset(&r, "e")].budget, 7, 0);
    for (int i = 0; i < r.runs; i++)
        cr_expect(r.run[i].used, "run %d", i);
    cr_expect_float_eq(find_run(&r, "A", "d", 2)->final, 97, 1e-12);
    results_describe(&r, caption, sizeof caption);
    cr_expect_not_null(strstr(caption, "largest step that all runs of a dataset reach"), "%s",
                       caption);
    results_free(&r);

    r = folder_scores(path, (struct results_options){.final = FINAL_LAST});
    cr_expect_float_eq(find_run(&r, "A", "d", 1)->final, 97, 0);
    cr_expect_float_eq(find_run(&r, "B", "d", 1)->final, 100, 0);
    results_free(&r);

    r = folder_scores(path, (struct results_options){.budget = 99});
    cr_expect_eq(find_run(&r, "A", "d", 1)->status, RUN_INCOMPLETE);
    cr_expect_float_eq(find_run(&r, "B", "d", 1)->final, 99, 1e-12);
    cr_expect(has_note(&r, "Left out: A on d, seed 1: ends at 97 of 99 (--budget 97 keeps it)"));
    cr_expect(has_note(&r, "these runs are left out, 50 % of all"));
    results_free(&r);
}

Test(scores, one_short_run_among_long_ones_is_named)
{
    struct results r = folder_scores(folder_write("a.csv", "method,dataset,seed,step,score\n"
                                                           "A,d,1,0,0\nA,d,1,100,97\n"
                                                           "A,d,2,0,0\nA,d,2,10,9\n"),
                                     (struct results_options){0});
    cr_expect_float_eq(r.dataset[0].budget, 10, 0);
    cr_expect(has_note(&r, "d is read at 10, where A, seed 2, ends; others reach 100"));
    cr_expect(has_note(&r, "--budget 100"));
    results_free(&r);
}

Test(scores, rows_that_stand_twice_are_an_error_unless_they_are_equal)
{
    struct results r;
    results_init(&r, (struct results_options){0});
    const char *path = folder_write("a.csv",
                                    "method,dataset,seed,step,score\nA,d,1,0,1\nA,d,1,0,2\n");
    cr_expect_eq(results_read_scores(&r, path), STATUS_FORMAT);
    cr_expect_not_null(strstr(status_sentence(), "A on d, seed 1 at step 0: 1 in line 2, 2 in line "
                                                 "3"),
                       "%s", status_sentence());
    results_free(&r);

    r = folder_scores(folder_write("a.csv", "method,dataset,seed,step,score\n"
                                            "A,d,1,0,1\nA,d,1,5,2\nA,d,1,5,2.0\n"),
                      (struct results_options){0});
    cr_expect_eq(r.run[0].points, 2);
    cr_expect(has_note(&r, "1 row stands twice with the same score (first: lines 3 and 4)"));
    results_free(&r);

    r = folder_scores(folder_write("a.csv", "method,dataset,seed,step,episode,score\n"
                                            "A,d,1,0,0,1\nA,d,1,0,1,3\n"),
                      (struct results_options){0});
    cr_expect_float_eq(r.run[0].y[0], 2, 0);
    cr_expect_float_eq(r.run[0].spread[0], sqrt(2), 1e-12);
    cr_expect(has_note(&r, "episodes at the same step are averaged"));
    results_free(&r);
}

Test(scores, a_run_in_two_files_with_other_scores_is_an_error_naming_both)
{
    const char *a = folder_write("a.csv", "method,dataset,seed,score\nA,d,1,41\n");
    const char *b = folder_write("b.csv", "method,dataset,seed,score\nA,d,1,42\n");
    const char *c = folder_write("c.csv", "method,dataset,seed,score\nA,d,1,41\n");
    struct results r;
    results_init(&r, (struct results_options){0});
    cr_assert_eq(results_read_scores(&r, a), STATUS_OK);
    cr_assert_eq(results_read_scores(&r, b), STATUS_OK);
    cr_expect_eq(results_finish(&r), STATUS_FORMAT);
    cr_expect(strstr(status_sentence(), "a.csv") && strstr(status_sentence(), "b.csv"), "%s",
              status_sentence());
    results_free(&r);

    results_init(&r, (struct results_options){0});
    cr_assert_eq(results_read_scores(&r, a), STATUS_OK);
    cr_assert_eq(results_read_scores(&r, c), STATUS_OK);
    cr_assert_eq(results_finish(&r), STATUS_OK, "%s", status_sentence());
    cr_expect(has_note(&r, "appears twice"));
    results_free(&r);
}

/* What the report writes is read back as the same runs, whatever became of them and whatever they
 * are called. */
static const char every_kind[] =
    "method,dataset,seed,step,score,status,why\n"
    "\"=1+1, \"\"x\"\"\",#d,1,0,40,ok,\n\"=1+1, \"\"x\"\"\",#d,1,10,42,ok,\n"
    "Ünï—cødé 方法,'d,1,0,40,ok,\nÜnï—cødé 方法,'d,1,10,43,ok,\n"
    "A;B|C,d e,blue,0,40,ok,\nA;B|C,d e,blue,10,nan,ok,\n"
    "A;B|C,d e,red,0,40,ok,\nA;B|C,d e,red,10,44,ok,\n"
    "A;B|C,d e,11,0,40,diverged,the loss is not finite\n"
    "A;B|C,d e,long,0,40,ok,\nA;B|C,d e,long,20,50,ok,\n"
    "A;B|C,d e,9,,,failed,no GPU\nA;B|C,d e,10,,,missing,\n"
    "NA,nan,3,0,5,ok,\nNA,nan,3,10,-3,ok,\nNA,nan,4,,37.5,ok,\n";

static void expect_same(const struct results *a, const struct results *b, bool curves)
{
    cr_assert_eq(a->runs, b->runs);
    cr_assert_eq(a->methods, b->methods);
    cr_assert_eq(a->datasets, b->datasets);
    for (int i = 0; i < a->runs; i++) {
        const struct results_run *p = &a->run[i], *q = &b->run[i];
        cr_expect_str_eq(a->method[p->method].id, b->method[q->method].id);
        cr_expect_str_eq(a->dataset[p->dataset].id, b->dataset[q->dataset].id);
        cr_expect_float_eq(a->dataset[p->dataset].budget, b->dataset[q->dataset].budget, 0);
        cr_expect_eq(p->seed, q->seed);
        cr_expect_eq(p->status, q->status, "%s: %d, %d", a->method[p->method].id, p->status,
                     q->status);
        cr_expect_str_eq(p->why, q->why);
        cr_expect_eq(p->used, q->used);
        cr_expect(p->final == q->final || (isnan(p->final) && isnan(q->final)), "%g %g", p->final,
                  q->final);
        cr_expect(p->increase == q->increase || (isnan(p->increase) && isnan(q->increase)));
        if (curves)
            cr_expect_eq(p->points, q->points);
    }
}

Test(scores, of_every_kind_and_name_are_read_back_as_they_were)
{
    static const char *const files[] = {"scores.csv", "curves.csv.gz"};
    struct results r = folder_scores(folder_write("a.csv", every_kind),
                                     (struct results_options){0});
    cr_assert_eq(export_scores(&r, folder_path("scores.csv")), STATUS_OK);
    cr_assert_eq(export_curves(&r, folder_path("curves.csv.gz")), STATUS_OK);
    for (int i = 0; i < 2; i++) {
        struct results again = folder_scores(folder_path(files[i]), (struct results_options){0});
        expect_same(&r, &again, i == 1);
        results_free(&again);
    }
    results_free(&r);
}

/* --- scales ----------------------------------------------------------------------------------- */

static bool has_banner(const struct results *r, const char *part)
{
    for (int i = 0; i < r->notes; i++) {
        if (r->note[i].level == NOTE_BANNER && strstr(r->note[i].text, part) != NULL)
            return true;
    }
    return false;
}

static const struct {
    const char *what, *text, *banner;
    bool doubt;
} scales[] = {
    {"raw", "A," HOPPER ",1,1600\nA," HOPPER ",2,1700\n", "A on " HOPPER, true},
    {"raw and negative", "A,halfcheetah-random-v2,1,-280\n", "A on halfcheetah-random-v2", true},
    {"one of two raw", "A," HOPPER ",1,60\nB," HOPPER ",1,2100\n", "B on " HOPPER, true},
    {"two scales", "A," HOPPER ",1,0.61\nB," HOPPER ",1,60\n", "A on " HOPPER, true},
    {"two scales in one method",
     "A," HOPPER ",1,0.61\nA,walker2d-medium-v2,1,70\nB," HOPPER ",1,60\n", "A on " HOPPER, true},
    {"two scales, other benchmark", "A,task,1,0.61\nB,task,1,60\n", "A on task", true},
    {"all on 0-1", "odt," HOPPER ",1,0.61\n", "0-1 scale", true},
    {"versions", "A," HOPPER ",1,61\nB,hopper-medium-v0,1,60\n",
     "hopper-medium-v2 (A) and hopper-medium-v0 (B)", true},
    {"versions of others", "A,Ant-v2,1,61\nB,Ant-v4,1,60\n", "Ant-v2 (A) and Ant-v4 (B)", true},
    {"a version and none", "A,hopper-medium,1,61\nB," HOPPER ",1,60\n", "hopper-medium (A)", true},
    {"a failing method", "A,relocate-human-v1,1,0.2\nB,relocate-human-v1,1,90\n", NULL, false},
    {"maze2d", "A,maze2d-open-v0,1,480\n", NULL, false},
    {"as it should be", "A," HOPPER ",1,61\nB," HOPPER ",1,3\n", NULL, false},
};

Test(scores, on_scales_that_cannot_be_compared_are_warned_of)
{
    for (size_t i = 0; i < sizeof scales / sizeof *scales; i++) {
        char text[1024];
        snprintf(text, sizeof text, "method,dataset,seed,score\n%s", scales[i].text);
        struct results r = folder_scores(folder_write("a.csv", text), (struct results_options){0});
        cr_expect_eq(*r.doubt != '\0', scales[i].doubt, "%s: %s", scales[i].what, r.doubt);
        cr_expect(scales[i].banner == NULL || has_banner(&r, scales[i].banner), "%s: %s",
                  scales[i].what, r.doubt);
        results_free(&r);
    }
}

Test(scores, are_normalised_by_a_reference)
{
    static const char text[] = "method,dataset,seed,step,score\n"
                               "A,task-a,1,0,100\nA,task-a,1,10,200\n"
                               "A,task-b,1,0,-3\nA,task-b,1,10,7\nA,other,1,0,1\nA,other,1,10,2\n";
    const char *reference = folder_write("ref.csv", "Dataset; Low; High\ntask-a;100;300\n"
                                                    "task-*;-3;17\n");
    struct results r;
    results_init(&r, (struct results_options){.reading.reference = reference});
    cr_assert_eq(results_read_scores(&r, folder_write("a.csv", text)), STATUS_OK);
    cr_assert_eq(results_normalise(&r), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(results_finish(&r), STATUS_OK);
    cr_expect_float_eq(find_run(&r, "A", "task-a", 1)->final, 50, 1e-12);
    cr_expect_float_eq(find_run(&r, "A", "task-a", 1)->initial, 0, 1e-12);
    cr_expect_float_eq(find_run(&r, "A", "task-b", 1)->final, 50, 1e-12);
    cr_expect_float_eq(find_run(&r, "A", "other", 1)->final, 2, 0);
    cr_expect(has_banner(&r, "no row for them: other"));
    results_free(&r);
}

Test(scores, a_bad_reference_is_refused)
{
    static const struct {
        const char *text, *says;
        enum status status;
    } bad[] = {{"dataset,low\nd,1\n", "no column 'high'", STATUS_FORMAT},
               {"dataset,low,high\nd,1,1\n", "two different", STATUS_FORMAT},
               {"dataset,low,high\nd,1,x\n", "expected a number", STATUS_FORMAT},
               {"dataset,low,high\nD,1,2\n", "none of the datasets", STATUS_CONFIG}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct results r;
        results_init(&r, (struct results_options){
                             .reading.reference = folder_write("ref.csv", bad[i].text)});
        cr_assert_eq(results_read_scores(&r, folder_write("a.csv", tidy)), STATUS_OK);
        cr_expect_eq(results_normalise(&r), bad[i].status);
        cr_expect_not_null(strstr(status_sentence(), bad[i].says), "%s", status_sentence());
        results_free(&r);
    }
}
