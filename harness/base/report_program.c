#include "harness/base/report_program.h"

#include "engine/base/file.h"
#include "engine/base/say.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum status report_program_exec(const char *folder, char **argv)
{
    char path[FILE_PATH];
    TRY(file_path(path, "%s/vitamin-report", folder));
    argv[0] = path;
    fflush(NULL); /* what is buffered would be lost with this program */
    execv(path, argv);
    const int error = errno;
    return status_fail(STATUS_IO,
                       "%s cannot be started: %s; it belongs beside vitamin, `make build` puts it "
                       "there",
                       path, strerror(error));
}

/* The folder of the running program, links resolved: vitamin and vitamin-report are built side by
 * side, and a link to vitamin from elsewhere still finds the other. */
static enum status own_folder(char folder[FILE_PATH])
{
    ssize_t length = readlink("/proc/self/exe", folder, FILE_PATH);
    if (length <= 0 || length >= FILE_PATH)
        return status_fail(STATUS_IO, "the folder of the running program is not known "
                                      "(/proc/self/exe); start vitamin-report itself");
    folder[length] = '\0';
    char *slash = strrchr(folder, '/');
    if (slash != NULL)
        *slash = '\0';
    return STATUS_OK;
}

enum status report_program_start(char **argv)
{
    char folder[FILE_PATH];
    TRY(own_folder(folder));
    return report_program_exec(folder, argv);
}

enum status report_program_run(char **argv)
{
    int status;
    fflush(NULL);
    pid_t child = fork();
    if (child < 0)
        return status_fail(STATUS_IO, "no process for the report: %s", strerror(errno));
    if (child == 0) {
        (void)report_program_start(argv);
        say_to(stderr, "vitamin report: %s\n", status_sentence());
        _exit(1);
    }
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return status_fail(STATUS_IO, "vitamin-report has failed (see above)");
    return STATUS_OK;
}
