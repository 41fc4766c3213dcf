/* The dataset reader on any bytes: it may refuse them, with a sentence, and nothing else. What it
 * accepts must be whole: finite numbers, lengths that add up.
 *
 * HDF5 itself may fail on a damaged file; the reader has it do so in a child process
 * (suites/guard.h). A process for each input would be slow, so here one taster goes before: it
 * reads every input first, and those that kill it are no findings. */
#include "suites/dataset.h"
#include "suites/guard.h"

#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
void __sanitizer_set_death_callback(void (*callback)(void));
#define TASTER_IS_WATCHED 1
#endif
#endif

enum { TASTES = 2000, SECONDS = 10 };

static void expect(bool holds)
{
    if (!holds)
        abort();
}

static char path[64];

static void remove_file(void)
{
    unlink(path);
}

/* One file for all inputs, on a disk in memory where there is one. */
static int open_file(void)
{
    snprintf(path, sizeof path, "%s/vitamin-fuzz-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    int fd = mkstemp(path);
    expect(fd >= 0);
    atexit(remove_file);
    return fd;
}

static void look_at(const struct dataset *d)
{
    int64_t transitions = 0;
    double sum = 0;
    expect(d->count > 0 && d->transitions + d->unused == d->rows);
    for (int i = 0; i < d->count; i++) {
        const struct trajectory *t = &d->list[i];
        expect(t->length > 0);
        transitions += t->length;
        for (int64_t k = 0; k < (int64_t)t->length * d->S; k++)
            sum += (double)(t->state[k] + t->next_state[k]) * 0;
        for (int64_t k = 0; k < (int64_t)t->length * d->A; k++)
            sum += (double)t->action[k] * 0;
        for (int k = 0; k < t->length; k++)
            sum += (double)t->reward[k] * 0 + (t->terminal[k] > 1);
    }
    expect(transitions == d->transitions && sum == 0);
}

static enum status load(struct dataset *d)
{
    struct dataset_options o = dataset_defaults();
    o.env = "hopper";
    return dataset_load(path, &o, d);
}

/* --- the taster --------------------------------------------------------------------------------
 */

static struct {
    pid_t pid;
    int ask, answer; /* pipes */
    int tastes;
} taster;

static void taste_all(int asked, int answer)
{
    static const int fatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGALRM};
    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++)
        signal(fatal[i], SIG_DFL);
#ifdef TASTER_IS_WATCHED
    __sanitizer_set_death_callback(NULL); /* no crash file, no report */
#endif
    if (freopen("/dev/null", "w", stderr) == NULL)
        _exit(1);
    for (char byte; read(asked, &byte, 1) == 1;) {
        struct dataset d;
        alarm(SECONDS);
        if (load(&d) == STATUS_OK)
            dataset_free(&d);
        alarm(0);
        if (write(answer, &byte, 1) != 1)
            break;
    }
    _exit(0);
}

static void dismiss_taster(void)
{
    close(taster.ask);
    close(taster.answer);
    waitpid(taster.pid, NULL, 0);
    taster.pid = 0;
}

static void hire_taster(void)
{
    int ask[2], answer[2];
    expect(pipe(ask) == 0 && pipe(answer) == 0);
    taster.pid = fork();
    expect(taster.pid >= 0);
    if (taster.pid == 0) {
        close(ask[1]);
        close(answer[0]);
        taste_all(ask[0], answer[1]);
    }
    close(ask[0]);
    close(answer[1]);
    taster.ask = ask[1];
    taster.answer = answer[0];
    taster.tastes = 0;
}

/* Does HDF5 survive the file? */
static bool taste(void)
{
    char byte = 0;
    if (taster.pid == 0)
        hire_taster();
    bool alive = write(taster.ask, &byte, 1) == 1 && read(taster.answer, &byte, 1) == 1;
    if (!alive || ++taster.tastes == TASTES) /* what HDF5 leaks goes with it */
        dismiss_taster();
    return alive;
}

/* -----------------------------------------------------------------------------------------------
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int fd = -1;
    if (fd < 0) {
        fd = open_file();
        guard_disarm();
        signal(SIGPIPE, SIG_IGN);
    }
    expect(pwrite(fd, data, size, 0) == (ssize_t)size && ftruncate(fd, (off_t)size) == 0);
    if (!taste())
        return 0;
    struct dataset d;
    if (load(&d) == STATUS_OK) {
        look_at(&d);
        dataset_free(&d);
    } else {
        expect(*status_sentence() != '\0');
    }
    return 0;
}
