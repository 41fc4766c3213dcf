#include "engine/base/stop.h"

#include <stddef.h>

const int stop_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGXCPU, 0};

static volatile sig_atomic_t asked;

static void note_request(int signal)
{
    (void)signal;
    asked = 1;
}

bool stop_is_ignored(int signal)
{
    struct sigaction now;
    return signal == SIGHUP && sigaction(signal, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

bool stop_insists(int signal)
{
    return signal != SIGHUP && signal != SIGXCPU;
}

const volatile sig_atomic_t *stop_catch(void)
{
    for (const int *signal = stop_signals; *signal != 0; signal++) {
        const struct sigaction action = {.sa_handler = note_request,
                                         .sa_flags = stop_insists(*signal) ? (int)SA_RESETHAND : 0};
        if (!stop_is_ignored(*signal))
            sigaction(*signal, &action, NULL);
    }
    return &asked;
}

enum status stop_check(const char *what)
{
    return asked ? status_fail(STATUS_INTERRUPTED, "%s: stopped on request; run it again to resume",
                               what)
                 : STATUS_OK;
}

void stop_release(void)
{
    const struct sigaction action = {.sa_handler = SIG_DFL};
    for (const int *signal = stop_signals; *signal != 0; signal++) {
        if (!stop_is_ignored(*signal))
            sigaction(*signal, &action, NULL);
    }
}
