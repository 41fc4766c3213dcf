#include "harness/base/child.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORDS = 64 };

/* In the new process. */
static void become(char *const argv[], int output, pid_t parent)
{
    char *words[WORDS] = {"vitamin"};
    sigset_t none;
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(1); /* it was killed in between */
    for (int i = 0; argv[i] != NULL && i + 2 < WORDS; i++)
        words[i + 1] = argv[i];
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    /* Threads that spin while they wait would take the cores of the other runs. */
    setenv("OMP_WAIT_POLICY", "passive", 0);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execv("/proc/self/exe", words);
    _exit(1);
}

enum status child_start(char *const argv[], struct child *out)
{
    *out = (struct child){.output = memfd_create("output", MFD_CLOEXEC)};
    if (out->output < 0)
        return status_fail(STATUS_IO, "no file for what a run says: %s", strerror(errno));
    pid_t self = getpid();
    fflush(NULL);
    out->pid = fork();
    if (out->pid == 0)
        become(argv, out->output, self);
    if (out->pid > 0)
        return STATUS_OK;
    int error = errno;
    child_free(out);
    return status_fail(STATUS_IO, "no process for a run: %s", strerror(error));
}

bool child_ended(struct child *c, int *wait_status)
{
    return waitpid(c->pid, wait_status, WNOHANG) == c->pid;
}

void child_signal(const struct child *c, int signal)
{
    kill(-c->pid, signal); /* its group, */
    kill(c->pid, signal);  /* or itself when it has not made one yet */
}

void child_last_words(const struct child *c, char *out, size_t size)
{
    char text[4096];
    struct stat info;
    *out = '\0';
    if (fstat(c->output, &info) != 0 || info.st_size == 0)
        return;
    off_t from = info.st_size > (off_t)sizeof text - 1 ? info.st_size - (off_t)sizeof text + 1 : 0;
    ssize_t n = pread(c->output, text, sizeof text - 1, from);
    while (n > 0 && text[n - 1] == '\n')
        n--;
    if (n <= 0)
        return;
    text[n] = '\0';
    char *line = strrchr(text, '\n');
    line = line != NULL ? line + 1 : text;
    char *colon = strchr(line, ':');
    if (strncmp(line, "vitamin ", 8) == 0 && colon != NULL && colon[1] == ' ')
        line = colon + 2;
    snprintf(out, size, "%s", line);
}

void child_free(struct child *c)
{
    if (c->output >= 0)
        close(c->output);
    *c = (struct child){.output = -1};
}
