#include "harness/sweep/slurm.h"

#include "engine/base/file.h"
#include "harness/commands/command.h"
#include "harness/curve/curve.h"
#include "tests/support/command_line.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(slurm, .fini = command_line_remove_folder, .timeout = 60);

/* An executable of the test's own that stands for Slurm's or for vitamin. */
static void install(const char *name, const char *text)
{
    const char *path = command_line_path(name);
    cr_assert_eq(file_replace(path, text, strlen(text)), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(chmod(path, 0755), 0);
}

/* Every call leaves its words in `calls`, one a line in brackets; ids count from 71. */
static const char recorder[] = "#!/bin/bash\n"
                               "here=${0%/*}\n"
                               "{ printf '%s' \"${0##*/}\"; printf ' [%s]' \"$@\"; echo; } >> "
                               "\"$here/calls\"\n"
                               "case $1 in show) echo 'MaxArraySize            = 1001' ;; esac\n"
                               "case ${0##*/} in sbatch)\n"
                               "    echo $((70 + $(grep -c ^sbatch \"$here/calls\"))) ;; esac\n";

static char *text_of(const char *name)
{
    char *text;
    cr_assert_eq(file_read(command_line_path(name), 1 << 20, &text, NULL), STATUS_OK, "%s",
                 status_sentence());
    return text;
}

static int shell(const char *command)
{
    char whole[6 * FILE_PATH];
    snprintf(whole, sizeof whole, "cd '%s' && PATH=\"$PWD:$PATH\" && %s", command_line_folder(),
             command);
    int state = system(whole);
    return WIFEXITED(state) ? WEXITSTATUS(state) : -1;
}

static struct slurm_job sample(void)
{
    static const char *const home[] = {"smoke"};
    return (struct slurm_job){.matrix = "smoke",
                              .name = "vitamin-smoke",
                              .program = command_line_path("vitamin"),
                              .results = command_line_path("runs"),
                              .report = command_line_path("report"),
                              .home = home,
                              .homes = 1,
                              .time = "2:00:00",
                              .grace = 120,
                              .cpus = 2,
                              .memory = "1G",
                              .array_most = SLURM_ARRAY_MOST};
}

/* Cells of these numbers, none of which comes after another. */
static const struct slurm_cell *cells_of(const int *number, int cells)
{
    static struct slurm_cell cell[1200];
    cr_assert_leq(cells, 1200);
    for (int i = 0; i < cells; i++)
        cell[i] = (struct slurm_cell){number[i], 0};
    return cell;
}

static void write_cells(const struct slurm_job *job, const struct slurm_cell *cell, int cells)
{
    char *text;
    cr_assert_eq(slurm_script(job, cell, cells, &text), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(file_replace(command_line_path("job.sh"), text, strlen(text)), STATUS_OK);
    free(text);
    cr_assert_eq(shell("bash -n job.sh"), 0);
}

static void write_script(const struct slurm_job *job, const int *number, int cells)
{
    write_cells(job, cells_of(number, cells), cells);
}

static void expect_part(const char *text, const char *part)
{
    cr_assert_not_null(strstr(text, part), "'%s' is not in:\n%s", part, text);
}

static void expect_no_part(const char *text, const char *part)
{
    cr_assert_null(strstr(text, part), "'%s' is in:\n%s", part, text);
}

/* --- what is submitted ------------------------------------------------------------------------ */

Test(slurm, submits_an_array_and_a_report_behind_it)
{
    const int cell[] = {1, 2, 3, 5, 7, 8};
    struct slurm_job job = sample();
    job.partition = "long";
    job.account = "me";
    job.array_limit = 4;
    install("sbatch", recorder);
    install("scontrol", recorder);
    write_script(&job, cell, 6);
    cr_assert_eq(shell("bash job.sh > said"), 0);
    char *calls = text_of("calls"), *said = text_of("said");
    expect_part(calls, "[--array=1-3,5,7-8%4] [job.sh] [cell] [0]\n");
    expect_part(calls, "[--time=2:00:00] [--signal=B:USR1@120] [--cpus-per-task=2] [--mem=1G]");
    expect_part(calls, "[--requeue] [--partition=long] [--account=me]");
    expect_part(calls, "/runs/slurm/%x-%A_%a.log]");
    expect_part(calls, "[--dependency=afterany:71] [job.sh] [report]\n");
    expect_part(said, "array 71: cells 1-3,5,7-8%4");
    expect_part(said, "report 72:");
    cr_assert_eq(shell("test -d runs/slurm"), 0, "Slurm makes no folder for logs");
    free(calls);
    free(said);
}

Test(slurm, splits_what_one_array_cannot_hold)
{
    int cell[1190 + 5];
    struct slurm_job job = sample();
    for (int i = 0; i < 1190; i++)
        cell[i] = i + 1;
    cr_assert_eq(slurm_arrays(&job, cells_of(cell, 1190), 1190), 2);
    job.array_limit = 101;
    install("sbatch", recorder);
    install("scontrol", recorder);
    write_script(&job, cell, 1190);
    cr_assert_eq(shell("bash job.sh > said"), 0);
    char *calls = text_of("calls");
    expect_part(calls, "[--array=1-1000%84] [job.sh] [cell] [0]\n");
    expect_part(calls, "[--array=1-190%17] [job.sh] [cell] [1000]\n");
    expect_part(calls, "[--dependency=afterany:71:72] [job.sh] [report]\n");
    free(calls);

    /* Blocks without a cell to do make no array; the edges fall where they should. */
    const int edges[] = {10, 11, 20, 41, 50, 51};
    job = sample();
    job.array_most = 10;
    cr_assert_eq(slurm_arrays(&job, cells_of(edges, 6), 6), 4);
    cr_assert_eq(shell("rm calls"), 0);
    write_script(&job, edges, 6);
    cr_assert_eq(shell("bash job.sh > said"), 0);
    calls = text_of("calls");
    expect_part(calls, "[--array=10] [job.sh] [cell] [0]\n");
    expect_part(calls, "[--array=1,10] [job.sh] [cell] [10]\n");
    expect_part(calls, "[--array=1,10] [job.sh] [cell] [40]\n");
    expect_part(calls, "[--array=1] [job.sh] [cell] [50]\n");
    free(calls);
}

/* The guided have arrays of their own behind their guide's task, in whichever array that is. */
Test(slurm, submits_what_is_guided_to_come_after_its_guide)
{
    const struct slurm_cell cell[] = {{2, 0},  {3, 0},   {4, 3},  {5, 3},  {7, 3},
                                      {11, 0}, {12, 11}, {21, 0}, {22, 3}, {23, 11}};
    struct slurm_job job = sample();
    job.array_most = 10;
    cr_assert_eq(slurm_arrays(&job, cell, 10), 7);
    install("sbatch", recorder);
    install("scontrol", recorder);
    write_cells(&job, cell, 10);
    cr_assert_eq(shell("bash job.sh > said"), 0);
    char *calls = text_of("calls"), *said = text_of("said");
    expect_part(calls, "[--array=2-3] [job.sh] [cell] [0]\n"); /* 71 */
    expect_part(calls, "[--array=1] [job.sh] [cell] [10]\n");  /* 72 */
    expect_part(calls, "[--array=1] [job.sh] [cell] [20]\n");  /* 73 */
    expect_part(calls, "[--array=4-5,7] [--dependency=afterany:71_3] [job.sh] [cell] [0]\n");
    expect_part(calls, "[--array=2] [--dependency=afterany:72_1] [job.sh] [cell] [10]\n");
    expect_part(calls, "[--array=2] [--dependency=afterany:71_3] [job.sh] [cell] [20]\n");
    expect_part(calls, "[--array=3] [--dependency=afterany:72_1] [job.sh] [cell] [20]\n");
    expect_part(calls, "[--dependency=afterany:71:72:73:74:75:76:77] [job.sh] [report]\n");
    expect_part(said, "array 74: cells 4-5,7 above 0, after 71_3\n");
    free(calls);
    free(said);
}

/* Numbers of tasks count from 1, guides' packs first; a guided pack waits for its guide's. */
Test(slurm, packs_cells_into_tasks)
{
    const struct slurm_cell cell[] = {{2, 0}, {3, 0}, {4, 3}, {5, 3}, {7, 3}, {11, 0}, {12, 2}};
    struct slurm_job job = sample();
    job.pack = 2;
    cr_assert_eq(slurm_arrays(&job, cell, 7), 2);
    install("sbatch", recorder);
    install("scontrol", recorder);
    install("vitamin", recorder);
    write_cells(&job, cell, 7);
    cr_assert_eq(shell("bash job.sh > said"), 0);
    char *calls = text_of("calls");
    expect_part(calls, "[--array=1-2] [job.sh] [cell] [0]\n");
    expect_part(calls, "[--array=3-5] [--dependency=afterany:71_1] [job.sh] [cell] [0]\n");
    free(calls);
    cr_assert_eq(shell("rm calls; SLURM_ARRAY_TASK_ID=3 bash job.sh cell 0"), 0);
    calls = text_of("calls");
    expect_part(calls, "[--cell] [4]");
    expect_part(calls, "[--cell] [5]");
    free(calls);
    /* One that fails keeps the next from nothing, and is told of at the end. */
    install("vitamin", "#!/bin/bash\necho \"$5\" >> ran\nexit $(($5 == 2))\n");
    cr_assert_eq(shell("SLURM_ARRAY_TASK_ID=1 bash job.sh cell 0"), 1);
    char *ran = text_of("ran");
    cr_assert_str_eq(ran, "2\n3\n");
    free(ran);
    /* Out of time in the first of two: the second is for the task's next go. */
    install("vitamin", "#!/bin/bash\necho \"$5\" >> ran\nexit 3\n");
    cr_assert_eq(shell("rm ran calls; SLURM_ARRAY_JOB_ID=40 SLURM_ARRAY_TASK_ID=1 bash job.sh cell "
                       "0 > said"),
                 0);
    ran = text_of("ran"), calls = text_of("calls");
    cr_assert_str_eq(ran, "2\n");
    cr_assert_str_eq(calls, "scontrol [requeue] [40_1]\n");
    free(ran);
    free(calls);
}

/* Of Slurm's queue: what sbatch has taken, and no more than `most` of it. */
static const char full[] = "#!/bin/bash\n"
                           "here=${0%/*}\n"
                           "[ $(grep -c . \"$here/taken\") -lt $(cat \"$here/most\") ] || exit 1\n"
                           "{ printf ' [%s]' \"$@\"; echo; } >> \"$here/taken\"\n"
                           "echo $((70 + $(grep -c . \"$here/taken\")))\n";

/* sbatch refuses the second array: the next call does not begin with the first one again. */
Test(slurm, goes_on_where_a_limit_stopped_it)
{
    const int cell[] = {1, 2, 11, 12, 21};
    struct slurm_job job = sample();
    job.array_most = 10;
    install("sbatch", full);
    install("scontrol", recorder);
    install("squeue", "#!/bin/bash\n[ \"$3\" = 71 ] || echo \"$3\"\n"); /* the first is over */
    write_script(&job, cell, 5);
    cr_assert_eq(shell("echo 1 > most; touch taken; bash job.sh > said 2>&1"), 1);
    char *said = text_of("said");
    expect_part(said, "array 71: cells 1-2 above 0");
    expect_part(said, "not all was submitted (jobs 71 were); the next call goes on there");
    free(said);
    cr_assert_eq(shell("echo 9 > most; bash job.sh > said 2>&1"), 0);
    char *taken = text_of("taken");
    expect_part(taken, "[--array=1-2] [job.sh] [cell] [10]\n");
    expect_part(taken, "[--array=1] [job.sh] [cell] [20]\n");
    expect_part(taken, "[--dependency=afterany:72:73] [job.sh] [report]\n");
    cr_assert_null(strstr(strstr(taken, "[cell] [0]") + 1, "[cell] [0]"), "once:\n%s", taken);
    free(taken);
    cr_assert_eq(shell("test ! -e job.sh.submitted"), 0);
}

/* No more than the cluster lets one queue, and a job that sees to the rest. */
Test(slurm, keeps_to_a_limit_of_queued_jobs)
{
    int cell[30];
    struct slurm_job job = sample();
    for (int i = 0; i < 30; i++)
        cell[i] = i + 1;
    job.queue_limit = 14; /* arrays of three */
    cr_assert_eq(slurm_arrays(&job, cells_of(cell, 30), 30), 10);
    job.script = command_line_path("job.sh");
    install("sbatch", recorder);
    install("scontrol", recorder);
    install("squeue",
            "#!/bin/bash\ncase \"$2\" in -r) printf '5_1\\n5_2\\n' ;; *) echo 1 ;; esac\n");
    write_script(&job, cell, 30);
    cr_assert_eq(shell("bash job.sh > said"), 0);
    char *calls = text_of("calls"), *said = text_of("said"), part[2 * FILE_PATH];
    expect_part(calls, "[--array=7-9]"); /* 14 less two of others, one and one: ten */
    expect_no_part(calls, "[--array=10-12]");
    snprintf(part, sizeof part, "[--dependency=afterany:71] [%s] [submit]\n", job.script);
    expect_part(calls, part);
    expect_no_part(calls, "[report]");
    expect_part(said, "when array 71 is over, a job submits more");
    free(calls);
    free(said);
    /* The rest, when the queue is empty. */
    install("squeue", "#!/bin/bash\n:\n");
    for (int round = 0; round < 2; round++)
        cr_assert_eq(shell("bash job.sh submit > said"), 0);
    calls = text_of("calls");
    expect_part(calls, "[--array=28-30]");
    expect_part(calls, "[report]\n");
    free(calls);
    /* Nothing fits at all. */
    install("squeue", "#!/bin/bash\nseq 14\n");
    cr_assert_eq(shell("bash job.sh > said 2>&1"), 75);
    said = text_of("said");
    expect_part(said, "run it again later");
    free(said);
}

Test(slurm, submits_nothing_when_the_cluster_has_shorter_arrays_or_sbatch_fails)
{
    int cell[] = {4, 1500};
    struct slurm_job job = sample();
    job.array_most = 2000;
    install("sbatch", recorder);
    install("scontrol", recorder);
    write_script(&job, cell, 2);
    cr_assert_eq(shell("bash job.sh 2> said"), 1);
    char *calls = text_of("calls"), *said = text_of("said");
    expect_part(said, "write the script again with --array-most 1000");
    expect_no_part(calls, "sbatch");
    free(calls);
    free(said);

    job.array_most = SLURM_ARRAY_MOST;
    write_script(&job, cell, 2);
    install("sbatch", "#!/bin/bash\ncase \"$*\" in *'cell 1000') exit 1 ;; *) echo 9 ;; esac\n");
    cr_assert_eq(shell("bash job.sh > out 2> said"), 1);
    said = text_of("said");
    expect_part(said, "not all was submitted (jobs 9 were)");
    free(said);
    char *out = text_of("out");
    expect_no_part(out, "report");
    free(out);

    install("sbatch", "#!/bin/bash\ncase \"$*\" in *report) exit 1 ;; *) echo 9 ;; esac\n");
    cr_assert_eq(shell("bash job.sh > out 2> said"), 1);
    said = text_of("said");
    expect_part(said, "the tasks are submitted, the report is not");
    free(said);
}

/* Names that a careless script would run, expand, split or take for patterns. */
Test(slurm, takes_any_name_for_what_it_is)
{
    static const char hostile[] = "a b'$(touch hit)`touch hit`\"; touch hit #\n%j*";
    const int cell[] = {3};
    char results[3 * FILE_PATH];
    struct slurm_job job = sample();
    const char *const extra[] = {"--comment=x y'$(touch hit)"};
    snprintf(results, sizeof results, "%s/%s", command_line_folder(), "r 100%j'$(touch hit)");
    job.results = results;
    job.matrix = job.data = job.preset = job.partition = hostile;
    job.extra = extra;
    job.extras = 1;
    install("sbatch", recorder);
    install("scontrol", recorder);
    install("vitamin", recorder);
    write_script(&job, cell, 1);
    cr_assert_eq(shell("bash job.sh > said"), 0);
    cr_assert_eq(shell("SLURM_ARRAY_TASK_ID=3 SLURM_CPUS_PER_TASK=7 bash job.sh cell 1000"), 0);
    char *calls = text_of("calls"), part[4 * FILE_PATH];
    snprintf(part, sizeof part, "[--partition=%s]", hostile);
    expect_part(calls, part);
    expect_part(calls, "[--comment=x y'$(touch hit)]");
    expect_part(calls, "/r 100%%j'$(touch hit)/slurm/%x-%A_%a.log]");
    snprintf(part, sizeof part,
             "vitamin [run] [--matrix] [%s] [--cell] [1003] [--results] [%s] [--threads] [7] "
             "[--preset] [%s] [--data] [%s]\n",
             hostile, results, hostile, hostile);
    expect_part(calls, part);
    cr_assert_eq(shell("test ! -e hit"), 0, "a name was run as a command");
    free(calls);

    job.results = "/tmp/back\\slash";
    char *text;
    cr_assert_eq(slurm_script(&job, cells_of(cell, 1), 1, &text), STATUS_CONFIG);
    expect_part(status_sentence(), "backslash");
}

/* --- what a task does ------------------------------------------------------------------------- */

/* `vitamin` that says how it was signalled, saves, and leaves as the real one does. */
static const char patient[] = "#!/bin/bash\n"
                              "trap 'echo USR1 >> heard; sleep 0.3; exit 3' USR1\n"
                              "trap 'echo TERM >> heard' TERM\n"
                              "touch started\n"
                              "for ((i = 0; i < 300; i++)); do sleep 0.05; done\n";

/* Start cell 12 as a task, send it `signals` when it is under way; its exit status. */
static int signal_task(const char *signals)
{
    char command[1024];
    const int cell[] = {12};
    struct slurm_job job = sample();
    install("scontrol", recorder);
    install("vitamin", patient);
    write_script(&job, cell, 1);
    snprintf(
        command, sizeof command,
        "rm -f heard started calls; touch calls heard; "
        "SLURM_ARRAY_JOB_ID=40 SLURM_ARRAY_TASK_ID=12 bash job.sh cell 0 > said 2>&1 & job=$!; "
        "until [ -e started ]; do sleep 0.02; done; "
        "for s in %s; do kill -s $s $job; sleep 0.1; done; wait $job",
        signals);
    return shell(command);
}

Test(slurm, task_out_of_time_saves_and_is_queued_again)
{
    cr_assert_eq(signal_task("USR1"), 0);
    char *calls = text_of("calls"), *heard = text_of("heard");
    cr_assert_str_eq(calls, "scontrol [requeue] [40_12]\n", "the task, not the whole array");
    cr_assert_str_eq(heard, "USR1\n");
    free(calls);
    free(heard);
}

Test(slurm, cancelled_task_saves_and_is_not_queued_again)
{
    cr_assert_eq(signal_task("TERM"), 3);
    char *calls = text_of("calls"), *heard = text_of("heard");
    cr_assert_str_eq(calls, "");
    cr_assert_str_eq(heard, "USR1\n");
    free(calls);
    free(heard);

    /* Cancelled while it was saving: it is let alone. */
    cr_assert_eq(signal_task("USR1 TERM"), 3);
    calls = text_of("calls"), heard = text_of("heard");
    cr_assert_str_eq(calls, "");
    cr_assert_str_eq(heard, "USR1\n", "a second signal would kill it");
    free(calls);
    free(heard);
}

/* One that does not look up in time. Slurm's TERM at the limit is then the last word. */
static const char deaf[] = "#!/bin/bash\ntrap '' USR1 TERM\ntouch started\nexec sleep 2\n";

Test(slurm, task_that_is_not_saved_at_its_limit_is_queued_again_unless_cancelled)
{
    const int cell[] = {12};
    struct slurm_job job = sample();
    install("scontrol", recorder);
    install("vitamin", deaf);
    for (int limit = 2; limit <= 1000; limit += 998) {
        char command[1024];
        write_script(&job, cell, 1);
        snprintf(command, sizeof command,
                 "sed -i 's/^limit=7200 /limit=%d /' job.sh && rm -f started calls; touch calls; "
                 "SLURM_ARRAY_JOB_ID=40 SLURM_ARRAY_TASK_ID=12 bash job.sh cell 0 > said 2>&1 & "
                 "job=$!; until [ -e started ]; do sleep 0.02; done; kill -s USR1 $job; sleep 0.1; "
                 "kill -s TERM $job; wait $job",
                 limit);
        cr_assert_eq(shell(command), 0);
        char *calls = text_of("calls");
        cr_assert_str_eq(calls, limit == 2 ? "scontrol [requeue] [40_12]\n" : "");
        free(calls);
    }
}

/* clang-format off */
static const struct { int status; const char *calls; int left; } endings[] = {
    {0, "", 0},
    {1, "", 1},                                /* failed: it would fail again */
    {2, "", 2},
    {4, "", 4},                                /* another process is working on it */
    {3, "scontrol [requeue] [40_12]\n", 0},    /* told by somebody else to save and leave */
};
/* clang-format on */

ParameterizedTestParameters(slurm, task_ends_as_its_run_does)
{
    static int rows[] = {0, 1, 2, 3, 4};
    return cr_make_param_array(int, rows, sizeof rows / sizeof *rows);
}

ParameterizedTest(int *row, slurm, task_ends_as_its_run_does)
{
    char text[64];
    const int cell[] = {12};
    struct slurm_job job = sample();
    install("scontrol", recorder);
    snprintf(text, sizeof text, "#!/bin/bash\nexit %d\n", endings[*row].status);
    install("vitamin", text);
    write_script(&job, cell, 1);
    int left = shell("touch calls; SLURM_ARRAY_JOB_ID=40 SLURM_ARRAY_TASK_ID=12 "
                     "bash job.sh cell 0 > said 2>&1");
    cr_assert_eq(left, endings[*row].left, "status %d gave %d", endings[*row].status, left);
    char *calls = text_of("calls");
    cr_assert_str_eq(calls, endings[*row].calls);
    free(calls);
    command_line_remove_folder();
}

Test(slurm, task_says_so_when_it_cannot_be_queued_again)
{
    const int cell[] = {12};
    struct slurm_job job = sample();
    install("scontrol", "#!/bin/bash\nexit 1\n");
    install("vitamin", "#!/bin/bash\nexit 3\n");
    write_script(&job, cell, 1);
    cr_assert_eq(shell("SLURM_ARRAY_JOB_ID=40 SLURM_ARRAY_TASK_ID=12 "
                       "bash job.sh cell 0 > said 2>&1"),
                 3);
    char *said = text_of("said");
    expect_part(said, "submit again to resume");
    free(said);
    cr_assert_eq(shell("bash job.sh nonsense 2> said"), 2);
}

Test(slurm, report_reads_the_folders_that_are_there)
{
    static const char *const home[] = {"main", "none", "fig 2"};
    const int cell[] = {1};
    struct slurm_job job = sample();
    job.home = home;
    job.homes = 3;
    install("vitamin", recorder);
    write_script(&job, cell, 1);
    cr_assert_eq(shell("bash job.sh report 2> said"), 1);
    char *said = text_of("said");
    expect_part(said, "no cell has left a result");
    free(said);
    cr_assert_eq(shell("mkdir -p runs/main 'runs/fig 2' && bash job.sh report"), 0);
    char *calls = text_of("calls");
    expect_part(calls, "/runs/fig 2]\n");
    expect_part(calls, "vitamin [report] [");
    expect_no_part(calls, "none");
    free(calls);
}

/* --- time limits ------------------------------------------------------------------------------ */

Test(slurm, reads_time_limits_as_slurm_writes_them)
{
    static const struct {
        const char *text;
        long seconds; /* 0: refused */
    } limits[] = {{"90", 5400},
                  {"1:30", 90},
                  {"24:00:00", 86400},
                  {"2-0", 172800},
                  {"1-12:30", 131400},
                  {"7-00:00:01", 604801},
                  {"", 0},
                  {"1h", 0},
                  {"1:2:3:4", 0},
                  {"-5", 0},
                  {"0", 0},
                  {"1-", 0},
                  {"1:", 0},
                  {"24:00:00 ", 0},
                  {"9999999999", 0},
                  {"1-2:3:4:5", 0},
                  {"$(reboot)", 0},
                  {":30", 0}};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        long seconds = 0;
        enum status result = slurm_seconds(limits[i].text, &seconds);
        if (limits[i].seconds == 0) {
            cr_assert_eq(result, STATUS_CONFIG, "'%s' gives %ld", limits[i].text, seconds);
            expect_part(status_sentence(), "--time is '");
        } else {
            cr_assert_eq(result, STATUS_OK, "'%s': %s", limits[i].text, status_sentence());
            cr_assert_eq(seconds, limits[i].seconds, "'%s' gives %ld", limits[i].text, seconds);
        }
    }
}

/* --- the command ------------------------------------------------------------------------------ */

static const char tiny_matrix[] = "[matrix]\ntitle = bandit\n[experiment e]\n"
                                  "methods = odt ddpg\ndatasets = bandit\nseeds = 1-3\n";

static enum status slurm(const char *options, char **printed)
{
    char words[8 * FILE_PATH];
    cr_assert_eq(file_replace(command_line_path("tiny.ini"), tiny_matrix, strlen(tiny_matrix)),
                 STATUS_OK);
    snprintf(words, sizeof words, "%s --results %s --report %s --out %s %s",
             command_line_path("tiny.ini"), command_line_path("runs"), command_line_path("report"),
             command_line_path("job.sh"), options);
    return command_line(&command_slurm, words, printed);
}

Test(slurm, command_leaves_out_cells_that_are_over)
{
    char *text;
    struct curve c = {.attributes = 0};
    curve_set(&c, "status", "complete");
    const char *folder = command_line_path("runs/tiny/bandit/odt/2");
    cr_assert_eq(file_make_folder(folder), STATUS_OK);
    cr_assert_eq(curve_write(&c, command_line_path("runs/tiny/bandit/odt/2/curve.h5")), STATUS_OK);
    cr_assert_eq(slurm("--cpus 1 --time 30", &text), STATUS_OK, "%s", status_sentence());
    expect_part(text, "5 of 6 cells of tiny in 1 array");
    expect_part(text, "a task has 1 core,");
    free(text);
    cr_assert_eq(slurm("--time 30", &text), STATUS_OK, "%s", status_sentence());
    expect_part(text, "a task has 1 core,"); /* more do not help on the single-state MDP */
    free(text);
    text = text_of("job.sh");
    expect_part(text, "'0 1,3-6'\n");
    char cwd[FILE_PATH], part[FILE_PATH + 32];
    cr_assert_not_null(getcwd(cwd, sizeof cwd));
    snprintf(part, sizeof part, "'--chdir=%s'", cwd);
    expect_part(text, part);
    expect_part(text, "'--signal=B:USR1@450'"); /* a quarter of 30 minutes */
    free(text);

    cr_assert_eq(file_make_folder(command_line_path("bin")), STATUS_OK);
    install("bin/sbatch", recorder);
    install("bin/scontrol", recorder);
    char path[4 * FILE_PATH];
    snprintf(path, sizeof path, "%s:%s", command_line_path("bin"), getenv("PATH"));
    setenv("PATH", path, 1);
    cr_assert_eq(slurm("--submit", &text), STATUS_OK, "%s", status_sentence());
    expect_part(text, "array 71: cells 1,3-6");
    free(text);

    for (int seed = 1; seed <= 3; seed++) {
        for (int k = 0; k < 2; k++) {
            char name[80];
            snprintf(name, sizeof name, "runs/tiny/bandit/%s/%d", k == 0 ? "odt" : "ddpg", seed);
            cr_assert_eq(file_make_folder(command_line_path(name)), STATUS_OK);
            strcat(name, "/curve.h5");
            cr_assert_eq(curve_write(&c, command_line_path(name)), STATUS_OK);
        }
    }
    curve_free(&c);
    cr_assert_eq(slurm("--submit", &text), STATUS_OK, "%s", status_sentence());
    expect_part(text, "all 6 cells of tiny are done");
    free(text);
}

Test(slurm, command_says_what_is_wrong_with_the_question)
{
    static const struct {
        const char *options, *part;
    } wrong[] = {{"--time soon", "--time is 'soon'"},
                 {"--time 10 --grace 600", "nothing is left to work in"},
                 {"--cpus 0", "--cpus is '0'"},
                 {"--array-limit none", "--array-limit is 'none'"},
                 {"--mem 8", "--mem 8 is 8 MB to Slurm, and the largest cell needs about"},
                 {"--mem much", "should be a size as Slurm writes it"},
                 {"--queue-limit 2", "--queue-limit is '2'"},
                 {"--pack 0", "--pack is '0'"},
                 {"--sbatch qos", "--sbatch=--qos=low"},
                 {"--preset fast", "--preset is 'fast', should be paper or code"},
                 {"--turbo", "--turbo"},
                 {"main", "unexpected argument 'main'"},
                 {"--data /nonexistent", "/nonexistent"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cr_assert_neq(slurm(wrong[i].options, NULL), STATUS_OK, "%s", wrong[i].options);
        expect_part(status_sentence(), wrong[i].part);
    }
    cr_assert_eq(command_line(&command_slurm, "", NULL), STATUS_CONFIG);
    expect_part(status_sentence(), "MATRIX|FILE.ini is missing");
}

Test(slurm, command_submits_nothing_without_data_that_no_task_can_make)
{
    char *text, words[4 * FILE_PATH], path[4 * FILE_PATH];
    static const char fetched[] = "[matrix]\n[experiment e]\nmethods = odt\nseeds = 1\n"
                                  "datasets = hopper-medium-v2 hopper-random-v2 bandit\n";
    static const char generated[] = "[matrix]\ndata = generate\n[experiment e]\nmethods = odt\n"
                                    "datasets = hopper-random-v2\nseeds = 1\n"
                                    "[generate]\nhopper-random-v2 = --policy random\n";
    cr_assert_eq(file_replace(command_line_path("fetched.ini"), fetched, strlen(fetched)),
                 STATUS_OK);
    cr_assert_eq(file_replace(command_line_path("made.ini"), generated, strlen(generated)),
                 STATUS_OK);
    cr_assert_eq(file_make_folder(command_line_path("empty")), STATUS_OK);
    cr_assert_eq(file_make_folder(command_line_path("bin")), STATUS_OK);
    install("bin/sbatch", recorder);
    install("bin/scontrol", recorder);
    snprintf(path, sizeof path, "%s:%s", command_line_path("bin"), getenv("PATH"));
    setenv("PATH", path, 1);

    snprintf(words, sizeof words, "%s --results %s --report %s --data %s --submit",
             command_line_path("fetched.ini"), command_line_path("runs"),
             command_line_path("report"), command_line_path("empty"));
    cr_assert_eq(command_line(&command_slurm, words, &text), STATUS_MISSING);
    expect_part(status_sentence(), "not submitted: 2 datasets are missing");
    expect_part(text, "vitamin data fetch hopper-medium-v2");
    free(text);

    snprintf(words, sizeof words, "%s --results %s --report %s --data %s --submit",
             command_line_path("made.ini"), command_line_path("runs"), command_line_path("report"),
             command_line_path("empty"));
    cr_assert_eq(command_line(&command_slurm, words, &text), STATUS_OK, "%s", status_sentence());
    expect_part(text, "array 71: cells 1 above 0");
    free(text);
}
