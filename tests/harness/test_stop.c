#include "harness/stop.h"

#include <criterion/criterion.h>
#include <sys/wait.h>
#include <unistd.h>

Test(stop, first_signal_asks_and_a_second_kills)
{
    const volatile sig_atomic_t *asked = stop_catch();
    cr_assert_eq(*asked, 0);
    raise(SIGUSR1);
    cr_assert_eq(*asked, 1);

    const int signals[] = {SIGINT, SIGTERM, SIGUSR1};
    for (int i = 0; i < 3; i++) {
        int state;
        pid_t child = fork();
        if (child == 0) {
            stop_catch();
            raise(signals[i]);
            raise(signals[i]);
            _exit(0);
        }
        cr_assert_eq(waitpid(child, &state, 0), child);
        cr_assert(WIFSIGNALED(state) && WTERMSIG(state) == signals[i], "signal %d", signals[i]);
    }
}
