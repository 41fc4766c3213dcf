#include "report/draw/gnuplot.h"
#include "report/text/steps.h"

#include "engine/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    PATIENCE = 120,             /* seconds for one picture; the largest take one */
    LARGEST = 256 * 1024 * 1024 /* bytes of one picture */
};

enum status gnuplot_find(char path[FILE_PATH])
{
    const char *list = getenv("PATH");
    enum status result = STATUS_OK;
    while (list != NULL && *list != '\0') {
        size_t n = strcspn(list, ":");
        struct stat info;
        if (n > 0 && file_path(path, "%.*s/gnuplot", (int)n, list) == STATUS_OK) {
            if (access(path, X_OK) == 0 && stat(path, &info) == 0) {
                if (S_ISREG(info.st_mode))
                    return STATUS_OK;
            } else if (errno != ENOENT && errno != ENOTDIR && errno != EACCES) {
                result = status_fail(STATUS_IO, "%s: cannot be accessed: %s", path,
                                     strerror(errno));
            }
        }
        list += n + (list[n] == ':');
    }
    if (result != STATUS_OK)
        return result;
    return status_fail(STATUS_MISSING,
                       "gnuplot is not on PATH, so no figure is drawn; install it (make deps)");
}

/* Where programs, their libraries and fonts are: gnuplot must find the fonts that glyphs.c was told
 * of. */
enum { PASSED_ON = 9 };
static const char *const passed_on[PASSED_ON] = {"PATH",
                                                 "HOME",
                                                 "LD_LIBRARY_PATH",
                                                 "FONTCONFIG_FILE",
                                                 "FONTCONFIG_PATH",
                                                 "FONTCONFIG_SYSROOT",
                                                 "XDG_CONFIG_HOME",
                                                 "XDG_DATA_HOME",
                                                 "XDG_CACHE_HOME"};

/* Start gnuplot in `folder` with its words going to fd. Returns an errno. */
static int start_gnuplot(const char *program, const char *folder, char *const argv[], int fd,
                         pid_t *pid)
{
    /* Nothing else of the caller's environment. A value stands behind its name. */
    char locale[] = "LC_ALL=C.UTF-8", zone[] = "TZ=UTC0", *environment[PASSED_ON + 3];
    int n = 0;
    environment[n++] = locale;
    environment[n++] = zone;
    for (int i = 0; i < PASSED_ON; i++) {
        char *value = getenv(passed_on[i]);
        if (value != NULL)
            environment[n++] = value - strlen(passed_on[i]) - 1;
    }
    environment[n] = NULL;

    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);
    if (error != 0)
        return error;
    error = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    if (error == 0)
        error = posix_spawn_file_actions_adddup2(&actions, fd, 1);
    if (error == 0)
        error = posix_spawn_file_actions_adddup2(&actions, fd, 2);
    if (error == 0)
        error = posix_spawn_file_actions_addchdir_np(&actions, folder);
    if (error == 0)
        error = posix_spawn(pid, program, &actions, NULL, argv, environment);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

/* The exit status, or -1 after PATIENCE seconds (the process is then ended). */
static int wait_for(pid_t pid)
{
    const struct timespec nap = {.tv_nsec = 2000000};
    int status = 0;
    for (int naps = 0; naps < PATIENCE * 500; naps++) {
        pid_t got = waitpid(pid, &status, WNOHANG);
        if (got == pid)
            return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        if (got < 0 && errno != EINTR)
            return 127;
        nanosleep(&nap, NULL);
    }
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    return -1;
}

/* Run it to its end; `words` gets the first part of what it printed. Errors STATUS_IO. */
static enum status run_gnuplot(const char *program, const char *folder, char *const argv[],
                               int *status, char *words, size_t size)
{
    words[0] = '\0';
    int fd = memfd_create("gnuplot", MFD_CLOEXEC);
    if (fd < 0)
        return status_fail(STATUS_IO, "gnuplot: no room for its messages: %s", strerror(errno));
    pid_t pid = 0;
    int error = start_gnuplot(program, folder, argv, fd, &pid);
    if (error != 0) {
        close(fd);
        return status_fail(STATUS_IO, "%s: cannot be started in %s: %s", program, folder,
                           strerror(error));
    }
    *status = wait_for(pid);
    ssize_t n = pread(fd, words, size - 1, 0);
    close(fd);
    words[n > 0 ? n : 0] = '\0';

    /* One line, so that it fits in a sentence. */
    size_t used = 0;
    for (const char *c = words; *c != '\0'; c++) {
        char one = (unsigned char)*c < ' ' ? ' ' : *c;
        if (one != ' ' || (used > 0 && words[used - 1] != ' '))
            words[used++] = one;
    }
    while (used > 0 && words[used - 1] == ' ')
        used--;
    words[used] = '\0';
    return STATUS_OK;
}

const char *gnuplot_version(char *out, size_t size)
{
    char program[FILE_PATH], name[] = "gnuplot", version[] = "--version";
    char *argv[] = {name, version, NULL};
    int status = 0;
    enum status result = gnuplot_find(program);
    if (result == STATUS_MISSING)
        return "not found";
    if (result == STATUS_OK)
        result = run_gnuplot(program, "/", argv, &status, out, size);
    return result == STATUS_OK && status == 0 && out[0] != '\0' ? out : "unknown";
}

/* Read what was drawn, check and finish it, put it in its place. */
static enum status collect_messages(const struct gnuplot_job *job, const char *temporary,
                                    const char *path)
{
    char *data = NULL;
    size_t size = 0;
    bool there;
    TRY(file_look(temporary, &there));
    if (!there)
        return status_fail(STATUS_FORMAT, "%s: gnuplot ended without writing it", path);
    TRY(file_read(temporary, LARGEST, &data, &size));
    enum status result = picture_check(job->format, data, size, path);
    if (result == STATUS_OK)
        result = picture_finish(&job->picture, job->format, &data, &size);
    if (result == STATUS_OK)
        result = file_replace(path, data, size);
    free(data);
    return result;
}

/* The place of the picture, without the one of an earlier report: that shows other numbers. */
static enum status clear_place(const struct gnuplot_job *job, char path[FILE_PATH])
{
    const char *id = job->picture.id;
    if (!picture_safe_id(id))
        return status_fail(STATUS_CONFIG,
                           "figure '%s': a figure's id is made of A-Z a-z 0-9 _ . + - only", id);
    TRY(file_path(path, "%s/%s.%s", job->folder, id, picture_extension[job->format]));
    if (unlink(path) != 0 && errno != ENOENT)
        return status_fail(STATUS_IO, "%s: the picture of before cannot be removed: %s", path,
                           strerror(errno));
    return STATUS_OK;
}

static enum status draw_picture(const char *program, struct gnuplot_job *job)
{
    const char *id = job->picture.id, *extension = picture_extension[job->format];
    char path[FILE_PATH], drawn[FILE_PATH], settings[2 * FILE_PATH], script[FILE_PATH];
    TRY(clear_place(job, path));
    TRY(file_path(drawn, "%s.%ld.draw", path, (long)getpid()));
    /* gnuplot runs in the folder, so that a script's paths are those a user has. */
    snprintf(settings, sizeof settings, "TERM='%s'; OUT='%s'", extension, strrchr(drawn, '/') + 1);
    TRY(file_path(script, "%s.gp", id));

    char name[] = "gnuplot", plain[] = "-d", execute[] = "-e";
    char *argv[] = {name, plain, execute, settings, script, NULL};
    int status = 0;
    TRY(run_gnuplot(program, job->folder, argv, &status, job->warnings, sizeof job->warnings));
    enum status result = STATUS_OK;
    if (status == -1)
        result = status_fail(STATUS_FORMAT,
                             "%s: gnuplot was still running after %d s and was stopped", path,
                             PATIENCE);
    else if (status != 0)
        result = status_fail(STATUS_FORMAT, "%s: gnuplot ended with status %d: %s", path, status,
                             job->warnings);
    else
        result = collect_messages(job, drawn, path);
    unlink(drawn);
    return result;
}

enum status gnuplot_run(struct gnuplot_job *job, int jobs)
{
    char program[FILE_PATH];
    enum status found = gnuplot_find(program);
    struct status_note note;
    status_save(&note, found);
    for (int i = 0; i < jobs && found != STATUS_OK; i++) {
        char path[FILE_PATH];
        enum status cleared = clear_place(&job[i], path);
        if (cleared != STATUS_OK)
            status_save(&note, cleared);
    }
    for (int i = 0; i < jobs; i++) {
        job[i].warnings[0] = '\0';
        job[i].outcome = note;
    }
    if (found != STATUS_OK)
        return status_restore(&note);

    /* A thread does nothing but wait for its process. */
    steps_expect(jobs);
#pragma omp parallel for schedule(dynamic)
    for (int i = 0; i < jobs; i++) {
        steps_begin("picture", job[i].picture.id);
        status_save(&job[i].outcome, draw_picture(program, &job[i]));
    }

    for (int i = 0; i < jobs; i++) {
        if (job[i].warnings[0] != '\0')
            log_warn("gnuplot", "%s.%s: %s", job[i].picture.id, picture_extension[job[i].format],
                     job[i].warnings);
    }
    for (int i = 0; i < jobs; i++)
        TRY(status_restore(&job[i].outcome));
    return STATUS_OK;
}
