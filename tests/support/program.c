#include "tests/support/program.h"

#include "engine/base/file.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 48 };

void program_path(char out[FILE_PATH])
{
    ssize_t n = readlink("/proc/self/exe", out, FILE_PATH - 16);
    cr_assert_gt(n, 0);
    out[n] = '\0';
    strcpy(strrchr(out, '/'), "/vitamin");
}

static void send_to(const char *path, int stream)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0644);
    if (fd >= 0)
        dup2(fd, stream);
}

pid_t program_start(const char *words, const char *out, const char *err)
{
    char path[FILE_PATH], line[8 * FILE_PATH], name[] = "vitamin", *argv[MOST] = {name}, *rest;
    int argc = 1;
    program_path(path);
    cr_assert_lt(strlen(words), sizeof line);
    strcpy(line, words);
    for (char *w = strtok_r(line, " ", &rest); w != NULL; w = strtok_r(NULL, " ", &rest)) {
        cr_assert_lt(argc, MOST - 1);
        argv[argc++] = w;
    }
    fflush(NULL);
    pid_t child = fork();
    if (child != 0)
        return child;
    send_to(out, STDOUT_FILENO);
    send_to(err, STDERR_FILENO);
    execv(path, argv);
    _exit(127);
}

int program_end(pid_t child)
{
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

void program_pause(unsigned milliseconds)
{
    const struct timespec t = {milliseconds / 1000, (long)(milliseconds % 1000) * 1000000};
    nanosleep(&t, NULL);
}
