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
     .says = "score = score"},
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
