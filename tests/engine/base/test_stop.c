#include "engine/base/stop.h"

#include "engine/base/sha256.h"

#include <criterion/criterion.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Exit status of a child that catches the signals, is sent `signal` `times` times, and returns its
 * flag; 1000 + the signal that killed it. */
static int sent(int signal, int times)
{
    int state;
    pid_t child = fork();
    if (child == 0) {
        const volatile sig_atomic_t *asked = stop_catch();
        for (int i = 0; i < times; i++)
            raise(signal);
        _exit(*asked);
    }
    cr_assert_eq(waitpid(child, &state, 0), child);
    return WIFSIGNALED(state) ? 1000 + WTERMSIG(state) : WEXITSTATUS(state);
}

Test(stop, every_signal_asks_and_those_that_insist_kill_at_the_second)
{
    for (const int *signal = stop_signals; *signal != 0; signal++) {
        cr_expect_eq(sent(*signal, 1), 1, "signal %d", *signal);
        cr_expect_eq(sent(*signal, 2), stop_insists(*signal) ? 1000 + *signal : 1, "signal %d",
                     *signal);
    }
    cr_expect(stop_insists(SIGINT) && stop_insists(SIGTERM) && stop_insists(SIGUSR1));
    cr_expect_not(stop_insists(SIGHUP), "the terminal and the shell both send it");
    cr_expect_not(stop_insists(SIGXCPU), "the system sends it every second");
}

/* nohup */
Test(stop, a_hangup_that_is_ignored_stays_ignored)
{
    signal(SIGHUP, SIG_IGN);
    cr_expect(stop_is_ignored(SIGHUP));
    cr_expect_eq(sent(SIGHUP, 1), 0);
    cr_expect_eq(sent(SIGTERM, 1), 1);
    signal(SIGTERM, SIG_IGN); /* a shell's background job is to be stopped all the same */
    cr_expect_eq(sent(SIGTERM, 1), 1);
}

Test(stop, work_is_told_once_the_flag_is_set)
{
    cr_assert_eq(stop_check("data"), STATUS_OK);
    stop_catch();
    raise(SIGUSR2);
    cr_assert_eq(stop_check("data.hdf5"), STATUS_INTERRUPTED);
    cr_assert_str_eq(status_sentence(), "data.hdf5: stopped on request; run it again to resume");
    char digest[SHA256_HEX];
    cr_assert_eq(sha256_file("tests/data/hopper-random-dev.hdf5", digest), STATUS_INTERRUPTED);
}
