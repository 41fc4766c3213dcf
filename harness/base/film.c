#include "harness/base/film.h"

#include "engine/base/file.h"
#include "suites/camera.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FRAMES_A_SECOND = 30, STRIP = 8, KEPT = 2 * STRIP, NOT_FOUND = 127 };

/* What a kind of file asks of ffmpeg. */
static const struct kind {
    const char *ending, *format, *codec, *filter;
} kinds[] = {
    {".mp4", "mp4", "libx264", "format=yuv420p"},
    {".gif", "gif", "gif", "split[a][b];[a]palettegen[p];[b][p]paletteuse"},
    {".png", "image2", "png", "scale=320:-1,tile=4x2"},
};

struct film {
    char path[FILE_PATH], temporary[FILE_PATH];
    const struct kind *kind;
    bool strip;
    struct camera *camera;
    uint8_t *frame; /* CAMERA_BYTES; of a strip KEPT times as many */
    int kept, every, steps, stride;
    double rate;
    pid_t pid;        /* of ffmpeg; 0: not started */
    int input, words; /* its standard input, what it says on standard error; -1: not open */
};

enum status film_new(const char *path, struct film **out)
{
    size_t length = strlen(path), kind = 0, count = sizeof kinds / sizeof *kinds;
    while (kind < count && (length < 4 || strcmp(path + length - 4, kinds[kind].ending) != 0))
        kind++;
    if (kind == count)
        return status_fail(STATUS_CONFIG, "%s: a film's name must end with .mp4, .gif or .png",
                           path);
    struct film *f = calloc(1, sizeof *f);
    if (f == NULL)
        return status_fail(STATUS_MEMORY, "no memory for a film");
    f->kind = &kinds[kind];
    f->strip = strcmp(f->kind->ending, ".png") == 0;
    f->every = 1;
    f->input = f->words = -1;
    enum status result = file_path(f->path, "%s", path);
    if (result == STATUS_OK)
        result = file_temporary(path, f->temporary);
    if (result == STATUS_OK)
        f->frame = malloc((size_t)CAMERA_BYTES * (f->strip ? KEPT : 1));
    if (result == STATUS_OK && f->frame == NULL)
        result = status_fail(STATUS_MEMORY, "no memory for a film's pictures");
    if (result != STATUS_OK) {
        film_delete(f);
        return result;
    }
    *out = f;
    return STATUS_OK;
}

/* --- ffmpeg ----------------------------------------------------------------------------------- */

static void become_ffmpeg(const struct film *f, int input)
{
    char size[32], rate[32];
    snprintf(size, sizeof size, "%dx%d", CAMERA_WIDTH, CAMERA_HEIGHT);
    snprintf(rate, sizeof rate, "%.6g", f->rate);
    const char *const argv[] = {
        "ffmpeg", "-nostdin", "-y", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "rgb24",
        "-s", size, "-r", rate, "-i", "pipe:0", "-vf", f->kind->filter, "-c:v", f->kind->codec,
        "-f", f->kind->format,
        /* The last two are for a single picture: without them image2 wants a number in the name. */
        f->strip ? "-update" : f->temporary, f->strip ? "1" : NULL, f->temporary, NULL};
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (dup2(input, STDIN_FILENO) >= 0 && dup2(nowhere, STDOUT_FILENO) >= 0 &&
        dup2(f->words, STDERR_FILENO) >= 0)
        execvp(argv[0], (char *const *)argv);
    _exit(NOT_FOUND);
}

/* A socket, not a pipe: writing to a reader that is gone is an error then, not a signal. */
static enum status start(struct film *f)
{
    int end[2];
    f->words = memfd_create("ffmpeg", MFD_CLOEXEC);
    if (f->words < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, end) != 0)
        return status_fail(STATUS_IO, "%s: cannot start ffmpeg: %s", f->path, file_reason());
    f->input = end[0];
    f->pid = fork();
    if (f->pid == 0)
        become_ffmpeg(f, end[1]);
    close(end[1]);
    if (f->pid < 0) {
        f->pid = 0;
        return status_fail(STATUS_IO, "%s: cannot start ffmpeg: %s", f->path, file_reason());
    }
    return STATUS_OK;
}

/* The first line that it said. */
static void read_words(const struct film *f, char *out, size_t size)
{
    ssize_t n = pread(f->words, out, size - 1, 0);
    out[n > 0 ? n : 0] = '\0';
    out[strcspn(out, "\n")] = '\0';
}

/* Close its input and wait for its end. */
static enum status end_ffmpeg(struct film *f)
{
    char words[256];
    int status = 0;
    if (f->input >= 0)
        close(f->input);
    f->input = -1;
    while (waitpid(f->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    f->pid = 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return STATUS_OK;
    if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_FOUND)
        return status_fail(STATUS_MISSING, "%s: films need ffmpeg; install the package ffmpeg",
                           f->path);
    read_words(f, words, sizeof words);
    return status_fail(STATUS_IO, "%s: ffmpeg failed: %s", f->path,
                       *words != '\0' ? words : "it was killed");
}

static enum status put(struct film *f, const uint8_t *frame)
{
    if (f->pid == 0)
        TRY(start(f));
    for (size_t done = 0; done < CAMERA_BYTES;) {
        ssize_t n = send(f->input, frame + done, CAMERA_BYTES - done, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            TRY(end_ffmpeg(f)); /* it says why */
            return status_fail(STATUS_IO, "%s: ffmpeg ended too early", f->path);
        }
        done += (size_t)n;
    }
    return STATUS_OK;
}

/* --- frames ----------------------------------------------------------------------------------- */

/* How long the episode will be is not known: keep each picture; when there is no more room, every
 * second one of them, and from then on only every second of those to come. */
static uint8_t *next_frame(struct film *f)
{
    if (!f->strip)
        return f->steps % f->stride == 0 ? f->frame : NULL;
    if (f->steps % f->every != 0)
        return NULL;
    if (f->kept == KEPT) {
        for (int i = 1; i < KEPT / 2; i++)
            memcpy(f->frame + (size_t)i * CAMERA_BYTES, f->frame + (size_t)i * 2 * CAMERA_BYTES,
                   CAMERA_BYTES);
        f->kept = KEPT / 2;
        f->every *= 2;
        if (f->steps % f->every != 0)
            return NULL;
    }
    return f->frame + (size_t)f->kept++ * CAMERA_BYTES;
}

enum status film_look(void *film, struct env *e, int number)
{
    struct film *f = film;
    if (number != 0)
        return STATUS_OK;
    if (f->camera == NULL) {
        double step = camera_step_seconds(e);
        TRY(camera_open(e, &f->camera));
        f->stride = (int)fmax(1, round(1 / (FRAMES_A_SECOND * step)));
        f->rate = 1 / (step * f->stride);
    }
    uint8_t *frame = next_frame(f);
    f->steps++;
    if (frame == NULL)
        return STATUS_OK;
    TRY(camera_look(f->camera, e, frame));
    return f->strip ? STATUS_OK : put(f, frame);
}

enum status film_finish(struct film *f)
{
    int count = f->kept < STRIP ? f->kept : STRIP;
    for (int i = 0; i < count; i++) {
        int which = count > 1 ? i * (f->kept - 1) / (count - 1) : 0;
        TRY(put(f, f->frame + (size_t)which * CAMERA_BYTES));
    }
    if (f->pid == 0)
        return status_fail(STATUS_IO, "%s: there was nothing to film", f->path);
    TRY(end_ffmpeg(f));
    TRY(file_sync(f->temporary));
    return file_commit(f->temporary, f->path);
}

void film_delete(struct film *f)
{
    if (f == NULL)
        return;
    if (f->pid > 0)
        (void)end_ffmpeg(f);
    if (f->input >= 0)
        close(f->input);
    if (f->words >= 0)
        close(f->words);
    if (*f->temporary != '\0')
        unlink(f->temporary);
    camera_close(f->camera);
    free(f->frame);
    free(f);
}
