#include "engine/base/lock.h"
#include "engine/base/log.h"
#include "tests/support/without_flock.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char folder[] = "/tmp/vitamin-lock-XXXXXX";
static char path[FILE_PATH], lease[FILE_PATH];

static void make_folder(void)
{
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/lock", folder);
    snprintf(lease, sizeof lease, "%s/lock.lease", folder);
    log_set_level(LOG_ERROR);
}

static void remove_folder(void)
{
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    cr_assert_eq(system(command), 0);
}

TestSuite(lock, .init = make_folder, .fini = remove_folder, .timeout = 60);

/* What flock answers: 0 is a lock. */
static const int errors[] = {0, ENOLCK, EOPNOTSUPP, ENOSYS, EINVAL, EIO};

#define ALL_ERRORS(name)                                                                           \
    ParameterizedTestParameters(lock, name)                                                        \
    {                                                                                              \
        static int rows[] = {0, 1, 2, 3, 4, 5};                                                    \
        return cr_make_param_array(int, rows, sizeof rows / sizeof rows[0]);                       \
    }

static void apply(int row)
{
    if (errors[row] != 0 && !without_flock(errors[row]))
        cr_skip_test("no seccomp filter here");
}

static bool held(void)
{
    bool out;
    cr_assert_eq(lock_look(path, &out), STATUS_OK, "%s", status_sentence());
    return out;
}

/* A process that takes the lock, says so, and keeps it until it is killed. */
static pid_t start_holder(int error)
{
    int ends[2];
    char byte;
    cr_assert_eq(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct lock l;
        if (error != 0 && !without_flock(error))
            _exit(1);
        if (lock_try(&l, path, "it") != STATUS_OK || write(ends[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    close(ends[1]);
    cr_assert_eq(read(ends[0], &byte, 1), 1, "the holder could not take the lock");
    close(ends[0]);
    return pid;
}

static void end_holder(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

ALL_ERRORS(one_process_has_it_and_the_next_gets_it)
ParameterizedTest(int *row, lock, one_process_has_it_and_the_next_gets_it)
{
    struct lock a, b;
    apply(*row);
    cr_assert_not(held(), "there is no lock file");
    cr_assert_eq(lock_try(&a, path, "it"), STATUS_OK, "%s", status_sentence());
    cr_assert(held());
    cr_assert_eq(lock_try(&b, path, "it"), STATUS_BUSY);
    cr_assert_str_eq(status_sentence(), "it: is in use by another process");
    lock_release(&a);
    lock_release(&a); /* nothing held: nothing happens */
    cr_assert_not(held());
    cr_assert_eq(lock_try(&b, path, "it"), STATUS_OK);
    cr_assert_eq(file_exists(lease), errors[*row] != 0);
    lock_release(&b);
    cr_assert_not(file_exists(lease));
}

ALL_ERRORS(what_a_killed_process_held_is_free_at_once)
ParameterizedTest(int *row, lock, what_a_killed_process_held_is_free_at_once)
{
    struct lock l;
    apply(*row);
    for (int round = 0; round < 3; round++) {
        pid_t pid = start_holder(0); /* what was applied is inherited */
        cr_assert(held());
        cr_assert_eq(lock_try(&l, path, "it"), STATUS_BUSY);
        end_holder(pid);
        cr_assert_not(held());
    }
    cr_assert_eq(lock_try(&l, path, "it"), STATUS_OK, "%s", status_sentence());
    lock_release(&l);
    cr_assert_not(file_exists(lease));
}

/* One file system may know flock on one machine only, and ENOLCK may pass. */
Test(lock, the_two_kinds_respect_each_other)
{
    struct lock l;
    pid_t pid = start_holder(ENOLCK);
    cr_assert(held());
    cr_assert_eq(lock_try(&l, path, "it"), STATUS_BUSY);
    end_holder(pid);
    pid = start_holder(0);
    apply(1);
    cr_assert(held());
    cr_assert_eq(lock_try(&l, path, "it"), STATUS_BUSY);
    end_holder(pid);
    cr_assert_not(held());
    cr_assert_eq(lock_try(&l, path, "it"), STATUS_OK);
    lock_release(&l);
}

/* --- leases from elsewhere ---------------------------------------------------------------------
 */

static void write_lease(const char *text, int age)
{
    cr_assert_eq(file_replace(lease, text, strlen(text)), STATUS_OK);
    struct timespec then[2];
    clock_gettime(CLOCK_REALTIME, &then[0]);
    then[0].tv_sec -= age;
    then[1] = then[0];
    cr_assert_eq(utimensat(AT_FDCWD, lease, then, 0), 0);
}

ALL_ERRORS(a_lease_from_elsewhere_counts_while_it_is_renewed)
ParameterizedTest(int *row, lock, a_lease_from_elsewhere_counts_while_it_is_renewed)
{
    static const char *const texts[] = {
        "node7 0b7e1f0e-0000-4000-8000-000000000001 pid:[4026531836] 1 77 00000000deadbeef\n",
        "", /* its writer has just created it, or died then */
        "noise", "a b c 1 2 ../../../up\n"};
    struct lock l;
    apply(*row);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        write_lease(texts[i], 0);
        cr_assert_eq(lock_try(&l, path, "it"), STATUS_BUSY, "'%s'", texts[i]);
        cr_assert(held(), "'%s'", texts[i]);
        write_lease(texts[i], LOCK_STALE + 60);
        cr_assert_not(held(), "'%s'", texts[i]);
        cr_assert_eq(lock_try(&l, path, "it"), STATUS_OK, "'%s': %s", texts[i], status_sentence());
        lock_release(&l);
        cr_assert_not(file_exists(lease), "'%s'", texts[i]);
    }
    /* A number that is used again: this process, but not its start. */
    char boot[64] = "", space[64] = "", text[256];
    FILE *file = fopen("/proc/sys/kernel/random/boot_id", "r");
    if (file == NULL || fscanf(file, "%63s", boot) != 1 ||
        readlink("/proc/self/ns/pid", space, sizeof space - 1) < 0)
        cr_skip_test("no /proc");
    fclose(file);
    snprintf(text, sizeof text, "here %s %s %ld 1 00000000deadbeef\n", boot, space, (long)getpid());
    write_lease(text, 0);
    cr_assert_eq(lock_try(&l, path, "it"), STATUS_OK, "%s", status_sentence());
    lock_release(&l);
}

/* Written before the clock was set back by a day: it counts as just renewed, and no longer. */
ALL_ERRORS(a_lease_from_the_future_does_not_hold_for_ever)
ParameterizedTest(int *row, lock, a_lease_from_the_future_does_not_hold_for_ever)
{
    struct lock l;
    struct stat info;
    apply(*row);
    write_lease("node7 0b7e1f0e-0000-4000-8000-000000000001 pid:[1] 1 77 00000000deadbeef\n",
                -86400);
    cr_assert_eq(lock_try(&l, path, "it"), STATUS_BUSY);
    cr_assert_eq(stat(lease, &info), 0);
    cr_assert_lt(info.st_mtim.tv_sec, time(NULL) + LOCK_STALE);
}

/* --- many --------------------------------------------------------------------------------------
 */

/* Take it again and again; `inside` exists while somebody is in. Some die with the lock held. */
static void contend(const char *inside, int rounds, int self)
{
    for (int i = 0; i < rounds; i++) {
        struct lock l;
        if (lock_wait(&l, path, "it", NULL) != STATUS_OK)
            _exit(2);
        int fd = open(inside, O_WRONLY | O_CREAT | O_EXCL, 0600);
        if (fd < 0)
            _exit(3);
        usleep(300);
        close(fd);
        unlink(inside);
        if ((i * 7 + self) % 11 == 0 && i > rounds / 2)
            _exit(0);
        lock_release(&l);
    }
    _exit(0);
}

ParameterizedTestParameters(lock, never_lets_two_in)
{
    static int rows[] = {0, 1};
    return cr_make_param_array(int, rows, sizeof rows / sizeof rows[0]);
}
ParameterizedTest(int *row, lock, never_lets_two_in)
{
    enum { PROCESSES = 8 };
    char inside[FILE_PATH];
    pid_t pid[PROCESSES];
    apply(*row);
    snprintf(inside, sizeof inside, "%s/inside", folder);
    for (int i = 0; i < PROCESSES; i++) {
        if ((pid[i] = fork()) == 0)
            contend(inside, 12, i);
    }
    for (int i = 0; i < PROCESSES; i++) {
        int end;
        cr_assert_eq(waitpid(pid[i], &end, 0), pid[i]);
        cr_expect(WIFEXITED(end) && WEXITSTATUS(end) == 0, "process %d: %s", i,
                  WIFEXITED(end) && WEXITSTATUS(end) == 3 ? "two were in at once" : "failed");
    }
    cr_assert_not(held());
}

static volatile sig_atomic_t asked;

static void ask(int signal)
{
    (void)signal;
    asked = 1;
}

Test(lock, waiting_ends_when_asked_to)
{
    struct lock l;
    pid_t pid = start_holder(0);
    signal(SIGALRM, ask);
    alarm(1);
    cr_assert_eq(lock_wait(&l, path, "it", &asked), STATUS_INTERRUPTED);
    end_holder(pid);
    cr_assert_eq(lock_wait(&l, path, "it", &asked), STATUS_OK, "a free lock is no wait");
    lock_release(&l);
}

Test(lock, what_cannot_be_locked_is_not_called_busy)
{
    struct lock l;
    bool out;
    char other[FILE_PATH];
    snprintf(other, sizeof other, "%s/no/such/lock", folder);
    cr_assert_eq(lock_try(&l, other, "it"), STATUS_IO);
    cr_assert(strstr(status_sentence(), "no/such/lock") != NULL, "%s", status_sentence());
    cr_assert_eq(lock_look(other, &out), STATUS_OK);
    cr_assert_not(out);
    /* A link is not followed: who made it chose the place. */
    snprintf(other, sizeof other, "%s/elsewhere", folder);
    cr_assert_eq(symlink(other, path), 0);
    cr_assert_eq(lock_try(&l, path, "it"), STATUS_IO);
    cr_assert_not(file_exists(other));
}
