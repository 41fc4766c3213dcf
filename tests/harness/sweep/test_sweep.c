/* The scheduler as a whole: the built program, its processes and its files. VITAMIN_KILLS=200 kills
 * that often instead of 20 times (`make test-kills`). */
#include "engine/base/stop.h"
#include "harness/curve/curve.h"
#include "harness/matrix/cell.h"
#include "harness/matrix/supply.h"
#include "tests/support/program.h"
#include "tests/support/small_disk.h"
#include "tests/support/without_flock.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CELLS_MOST = 64 };

static char folder[] = "/tmp/vitamin-sweep-XXXXXX";
static struct matrix m;

/* Like the smoke matrix, smaller still. Everything is checkpointed at every iteration. */
static const char head[] =
    "[matrix]\n"
    "title = Test of the scheduler\n"
    "size = tiny\n"
    "data = generate\n"
    "set = stop_transitions=600 score_at=600 pretrain_actor_steps=20 min_transitions_per_iter=50\n"
    "[generate]\n"
    "hopper-random-v2 = --policy random --rows 2000\n"
    "[experiment bandit]\n"
    "methods = ddpg_odt\n"
    "datasets = bandit\n"
    "seeds = 1-2\n"
    "[experiment guided]\n"
    "methods = odt_jsrl_oracle\n"
    "datasets = hopper-random-v2\n"
    "seeds = 1\n"
    "guide = iql hopper-random-v2 1\n";
static const char runs[] = "[experiment runs]\n"
                           "methods = td3_odt odt pdt iql\n"
                           "datasets = hopper-random-v2\n"
                           "seeds = 1-2\n";
/* In `make test-kills`. */
static const char all_runs[] = "[experiment runs]\n"
                               "methods = td3_odt odt pdt iql td3bc td3 ddpg ddpg_odt td3_odt_kl "
                               "td3_kl td3_rvs td3_rvs_1layer\n"
                               "    td3_rvs_3layer td3bc_dt iql_odt awac awr sac sac_odt ppo "
                               "odt_curriculum td3_jsrl_pretrain\n"
                               "datasets = hopper-random-v2\n"
                               "seeds = 1\n"
                               "[experiment single]\n"
                               "methods = odt ddpg\n"
                               "datasets = bandit\n"
                               "seeds = 1\n";

static const char *in_folder(const char *name)
{
    static char path[4][FILE_PATH];
    static int next;
    char *out = path[next++ % 4];
    snprintf(out, FILE_PATH, "%s/%s", folder, name);
    return out;
}

static void remove_all(const char *name)
{
    char command[FILE_PATH + 16];
    snprintf(command, sizeof command, "rm -rf '%s'", in_folder(name));
    cr_assert_eq(system(command), 0);
}

static void make_folder(void)
{
    cr_assert_not_null(mkdtemp(folder));
    char text[2048];
    int n = snprintf(text, sizeof text, "%s%s", head,
                     getenv("VITAMIN_KILLS") != NULL ? all_runs : runs);
    cr_assert_eq(file_replace(in_folder("tiny.ini"), text, (size_t)n), STATUS_OK);
    cr_assert_eq(matrix_load(in_folder("tiny.ini"), NULL, &m), STATUS_OK, "%s", status_sentence());
    cr_assert_leq(m.cells, CELLS_MOST);
}

static void remove_folder(void)
{
    matrix_unload(&m);
    (void)umount2(in_folder("small"), MNT_DETACH);
    remove_all("");
}

TestSuite(sweep, .init = make_folder, .fini = remove_folder, .timeout = 1500);

/* --- the program ------------------------------------------------------------------------------ */

/* Start `vitamin sweep` on results/NAME; what it says goes to NAME.out. */
static pid_t start(const char *results, const char *cores)
{
    char output[FILE_PATH], words[4 * FILE_PATH];
    snprintf(output, sizeof output, "%s/%s.out", folder, results);
    snprintf(words, sizeof words, "sweep %s --results %s --data %s --cores %s --checkpoint-every 0",
             in_folder("tiny.ini"), in_folder(results), in_folder("data"), cores);
    return program_start(words, output, output);
}

static const char *said(const char *results)
{
    static char *all;
    char output[FILE_PATH];
    free(all);
    snprintf(output, sizeof output, "%s/%s.out", folder, results);
    return file_read(output, 1 << 22, &all, NULL) == STATUS_OK ? all : "(nothing)";
}

/* --- what is there ---------------------------------------------------------------------------- */

static void path_of(int cell, const char *results, const char *file, char out[2 * FILE_PATH])
{
    char where[FILE_PATH];
    cr_assert_eq(matrix_folder(&m.cell[cell], in_folder(results), where), STATUS_OK);
    snprintf(out, 2 * FILE_PATH, "%s/%s", where, file);
}

static void expect_same_curves(const char *a, const char *b)
{
    for (int i = 0; i < m.cells; i++) {
        char path[2][2 * FILE_PATH];
        struct curve c[2];
        path_of(i, a, "curve.h5", path[0]);
        path_of(i, b, "curve.h5", path[1]);
        for (int k = 0; k < 2; k++) {
            cr_assert_eq(curve_read(path[k], &c[k]), STATUS_OK, "%s", status_sentence());
            cr_assert_str_eq(curve_get(&c[k], "status"), "complete", "%s", path[k]);
        }
        cr_assert_eq(curve_compare(&c[0], &c[1], false), STATUS_OK, "%s: %s", path[1],
                     status_sentence());
        curve_free(&c[0]);
        curve_free(&c[1]);
    }
}

static int count_in(const char *text_, const char *word)
{
    int count = 0;
    for (const char *at = text_; (at = strstr(at, word)) != NULL; at++)
        count++;
    return count;
}

/* A log in which nothing follows the run's end. */
static void expect_ended_once(const char *results, bool undisturbed)
{
    for (int i = 0; i < m.cells; i++) {
        char path[2 * FILE_PATH], *log;
        path_of(i, results, "run.log", path);
        cr_assert_eq(file_read(path, 1 << 20, &log, NULL), STATUS_OK, "%s", status_sentence());
        cr_assert_leq(count_in(log, "run: complete"), 1, "%s:\n%s", path, log);
        if (undisturbed)
            cr_assert_eq(count_in(log, "run: starts"), 1, "%s:\n%s", path, log);
        const char *end = strstr(log, "run: complete");
        if (end != NULL)
            cr_assert_null(strstr(end, "run: starts"), "%s:\n%s", path, log);
        free(log);
    }
}

/* What has been seen complete must not be touched again. */
struct seen {
    bool complete;
    ino_t file;
    struct timespec written;
};

static void watch(const char *results, struct seen *seen)
{
    for (int i = 0; i < m.cells; i++) {
        char path[2 * FILE_PATH], where[FILE_PATH];
        struct run_folder look;
        struct stat info;
        path_of(i, results, "curve.h5", path);
        if (seen[i].complete) {
            cr_assert_eq(stat(path, &info), 0, "%s is lost", path);
            cr_assert(info.st_ino == seen[i].file &&
                          info.st_mtim.tv_sec == seen[i].written.tv_sec &&
                          info.st_mtim.tv_nsec == seen[i].written.tv_nsec,
                      "%s was complete and is written again", path);
            continue;
        }
        cr_assert_eq(matrix_folder(&m.cell[i], in_folder(results), where), STATUS_OK);
        run_folder_look(where, &look, NULL);
        if (look.state == FOLDER_DONE && stat(path, &info) == 0)
            seen[i] = (struct seen){true, info.st_ino, info.st_mtim};
    }
}

static void quiet(const char *results)
{
    cr_assert_eq(program_end(start(results, "2")), 0, "%s", said(results));
}

/* --- kills ------------------------------------------------------------------------------------ */

/* A process whose parent is `parent`, drawn at random; 0: there is none. */
static pid_t some_child(pid_t parent)
{
    DIR *proc = opendir("/proc");
    pid_t chosen = 0;
    int found = 0;
    cr_assert_not_null(proc);
    for (struct dirent *e; (e = readdir(proc)) != NULL;) {
        char path[300], line[512];
        int of = 0;
        if (!isdigit((unsigned char)*e->d_name))
            continue;
        snprintf(path, sizeof path, "/proc/%s/stat", e->d_name);
        FILE *file = fopen(path, "r");
        if (file == NULL)
            continue;
        const char *end = fgets(line, sizeof line, file) != NULL ? strrchr(line, ')') : NULL;
        if (end != NULL && sscanf(end + 1, " %*c %d", &of) == 1 && of == parent &&
            rand() % ++found == 0)
            chosen = (pid_t)atoi(e->d_name);
        fclose(file);
    }
    closedir(proc);
    return chosen;
}

/* Sweep with kills until the matrix is done; returns how many kills hit. */
static int sweep_with_kills(const char *results, int most, int *at_schedulers)
{
    struct seen seen[CELLS_MOST] = {{false, 0, {0, 0}}};
    int kills = 0;
    for (int sweeps = 0; sweeps < 2000; sweeps++) {
        pid_t scheduler = start(results, "2");
        for (;;) {
            int status;
            program_pause((unsigned)(20 + rand() % 500));
            watch(results, seen);
            if (waitpid(scheduler, &status, WNOHANG) == scheduler) {
                int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
                if (code == 0)
                    return kills;
                /* too many deaths of one cell: the next sweep tries it again */
                cr_assert_eq(code, 1, "%d: %s", code, said(results));
                break;
            }
            if (kills == most)
                continue;
            pid_t run = rand() % 2 == 0 ? some_child(scheduler) : 0;
            if (run > 0) {
                kill(run, SIGKILL);
                kills++;
                continue;
            }
            kill(scheduler, SIGKILL);
            program_end(scheduler);
            kills++;
            ++*at_schedulers;
            break;
        }
    }
    cr_assert_fail("never done");
    return kills;
}

Test(sweep, killed_anywhere_any_number_of_times_ends_like_a_quiet_one, .timeout = 7200)
{
    const char *wanted = getenv("VITAMIN_KILLS");
    int most = wanted != NULL ? atoi(wanted) : 20, kills = 0, at_schedulers = 0, rounds = 0;
    srand(11);
    quiet("quiet");
    expect_ended_once("quiet", true);
    while (kills < most) {
        remove_all("killed");
        remove_all("data"); /* making it is killed too */
        kills += sweep_with_kills("killed", most - kills, &at_schedulers);
        expect_ended_once("killed", false);
        expect_same_curves("quiet", "killed");
        rounds++;
    }
    if (wanted != NULL)
        fprintf(stderr, "%d kills, %d of them schedulers, the others runs; %d sweeps of %d cells\n",
                kills, at_schedulers, rounds, m.cells);
}

static void expect_to_share(void)
{
    remove_all("data");
    pid_t one = start("shared", "2"), two = start("shared", "2");
    int end_one = program_end(one), end_two = program_end(two);
    cr_assert_eq(end_one, 0, "%s", said("shared"));
    cr_assert_eq(end_two, 0, "%s", said("shared"));
    expect_ended_once("shared", true);
    expect_same_curves("alone", "shared");
}

Test(sweep, two_schedulers_share_a_folder_and_run_nothing_twice)
{
    quiet("alone");
    expect_to_share();
}

/* As on a network's file system whose lock service is down: leases take the place of locks. */
Test(sweep, two_schedulers_share_a_folder_without_locks)
{
    quiet("alone");
    if (!without_flock(ENOLCK))
        cr_skip_test("no seccomp filter here");
    expect_to_share();
    char words[4 * FILE_PATH];
    snprintf(words, sizeof words, "status %s --results %s --data %s", in_folder("tiny.ini"),
             in_folder("shared"), in_folder("data"));
    const char *out = in_folder("status.out");
    cr_assert_eq(program_end(program_start(words, out, out)), 0, "%s", said("status"));
    cr_assert(strstr(said("status"), "11 done") != NULL, "%s", said("status"));
    cr_assert_eq(count_in(said("status"), "no locks on this file system"), 1, "%s", said("status"));
}

/* SIGTERM: checkpoints, exit status 3; the next call goes on. On a loaded machine it may come
 * before the program has begun: then that is its end, and no harm either. */
Test(sweep, stops_when_asked_and_goes_on)
{
    const int too_early = 1000 + SIGTERM;
    int stops = 0, tries = 0;
    quiet("alone");
    for (int code = 3; code != 0; stops += code == 3) {
        cr_assert_lt(tries, 100);
        pid_t scheduler = start("stopped", "2");
        program_pause(500 +
                      250 * (unsigned)tries++); /* a slow machine needs longer to get anywhere */
        kill(scheduler, SIGTERM);
        code = program_end(scheduler);
        cr_assert(code == 0 || code == 3 || code == too_early, "%d: %s", code, said("stopped"));
    }
    cr_assert_geq(stops, 1, "nothing was stopped");
    expect_ended_once("stopped", false);
    expect_same_curves("alone", "stopped");
}

/* A closed terminal asks twice (the system and the shell), a time limit every second: neither means
 * "at once". After nohup a hangup asks for nothing. */
Test(sweep, hangup_stops_it_with_checkpoints_unless_nohup_is_before)
{
    static const int signals[] = {SIGHUP, SIGXCPU, SIGUSR2};
    quiet("alone");
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        pid_t scheduler = start("hangup", "2");
        program_pause(1500);
        kill(scheduler, signals[i]);
        program_pause(20);
        if (!stop_insists(signals[i]))
            kill(scheduler, signals[i]);
        int code = program_end(scheduler);
        cr_assert(code == 0 || code == 3, "signal %d: %d: %s", signals[i], code, said("hangup"));
    }
    signal(SIGHUP, SIG_IGN);
    pid_t scheduler = start("hangup", "2");
    for (int i = 0; i < 10; i++) {
        program_pause(100);
        kill(scheduler, SIGHUP);
    }
    cr_assert_eq(program_end(scheduler), 0, "%s", said("hangup"));
    expect_ended_once("hangup", false);
    expect_same_curves("alone", "hangup");
}

Test(sweep, failed_cell_harms_no_other_and_is_tried_again)
{
    char where[FILE_PATH];
    quiet("alone");
    cr_assert_eq(matrix_folder(&m.cell[3], in_folder("broken"), where), STATUS_OK);
    cr_assert_eq(file_make_folder(where), STATUS_OK);
    strcat(where, "/checkpoint.h5");
    cr_assert_eq(file_make_folder(where), STATUS_OK); /* in the way, and no damage */
    cr_assert_eq(program_end(start("broken", "2")), 1, "%s", said("broken"));
    cr_assert(strstr(said("broken"), "10 of 11 done, 1 failed") != NULL, "%s", said("broken"));
    cr_assert_eq(remove(where), 0);
    cr_assert_eq(program_end(start("broken", "2")), 0, "%s", said("broken"));
    expect_same_curves("alone", "broken");
}

Test(sweep, full_disk_is_said_and_nothing_is_lost)
{
    const char *small = in_folder("small");
    if (!small_disk_mount(small, 8))
        cr_skip_test("SKIPPED: mounting a small disk is not permitted here");
    quiet("alone");
    char ballast[FILE_PATH];
    snprintf(ballast, sizeof ballast, "%s/ballast", small);
    small_disk_fill(ballast, 160 * 1024);
    cr_assert_eq(program_end(start("small", "2")), 1, "%s", said("small"));
    cr_assert(strstr(said("small"), "the disk is full; what is done is kept") != NULL, "%s",
              said("small"));
    cr_assert_eq(remove(ballast), 0);
    cr_assert_eq(program_end(start("small", "2")), 0, "%s", said("small"));
    expect_same_curves("alone", "small");
}

/* --- datasets --------------------------------------------------------------------------------- */

Test(sweep, dataset_is_made_once_however_many_want_it)
{
    pid_t child[4];
    const char *output = in_folder("made.out");
    fflush(NULL);
    for (int i = 0; i < 4; i++) {
        child[i] = fork();
        if (child[i] > 0)
            continue;
        cr_assert_not_null(freopen(output, "a", stdout));
        enum status result = supply_get(&m.source[0], in_folder("data"));
        fflush(stdout);
        _exit(result == STATUS_OK ? 0 : 1);
    }
    for (int i = 0; i < 4; i++)
        cr_assert_eq(program_end(child[i]), 0);
    cr_assert(supply_is_there(&m.source[0], in_folder("data")));
    cr_assert_eq(count_in(said("made"), "2000 rows"), 1, "%s", said("made"));
}

Test(sweep, recipe_has_a_folder_of_its_own)
{
    struct matrix_source s = m.source[0], other = s, real = s;
    char a[FILE_PATH], b[FILE_PATH];
    snprintf(other.args, sizeof other.args, "--policy random --rows 2001");
    real.generated = false;
    const char *place;
    cr_assert_eq(supply_folder(&s, "data", a, &place), STATUS_OK);
    cr_assert_eq(supply_folder(&other, "data", b, &place), STATUS_OK);
    cr_assert_str_neq(a, b);
    cr_assert_eq(strncmp(a, "data/generated/", 15), 0, "%s", a);
    cr_assert_eq(supply_folder(&real, "data", a, &place), STATUS_OK);
    cr_assert_str_eq(place, "data");
    cr_assert_eq(supply_folder(&real, NULL, a, &place), STATUS_OK);
    cr_assert_null(place);
    cr_assert_null(supply_of(&m, "bandit"));
    cr_assert_eq(supply_of(&m, "hopper-random-v2"), &m.source[0]);
}
