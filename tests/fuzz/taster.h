/* What fuzzers of HDF5 files share: the input as a file, and a taster.
 *
 * HDF5 itself may fail on a damaged file. That is no finding, but a process for each input would be
 * slow: so one taster goes before, in a process of its own. It handles every input first, and those
 * that kill it are left out. */
#ifndef TESTS_FUZZ_TASTER_H
#define TESTS_FUZZ_TASTER_H

#include "engine/base/guard.h"
#include "engine/base/h5.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
void __sanitizer_set_death_callback(void (*callback)(void));
#define TASTER_IS_WATCHED 1
#endif
#endif

enum { TASTES = 2000, TASTE_SECONDS = 10 };

static void expect(bool holds)
{
    if (!holds)
        abort();
}

static char scratch[64];

static void remove_scratch(void)
{
    char command[80];
    snprintf(command, sizeof command, "rm -rf '%s'", scratch);
    if (system(command) != 0)
        fprintf(stderr, "%s is left over\n", scratch);
}

/* A folder on a disk in memory, where there is one; removed at the end. */
static const char *scratch_folder(void)
{
    if (scratch[0] == '\0') {
        snprintf(scratch, sizeof scratch, "%s/vitamin-fuzz-XXXXXX",
                 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
        expect(mkdtemp(scratch) != NULL);
        atexit(remove_scratch);
    }
    return scratch;
}

static void write_input(const char *path, const uint8_t *data, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    expect(fd >= 0 && pwrite(fd, data, size, 0) == (ssize_t)size &&
           ftruncate(fd, (off_t)size) == 0);
    close(fd);
}

static struct {
    pid_t pid;
    int ask, answer; /* pipes */
    int tastes;
} taster;

static void taste_all(void (*eat)(void), int asked, int answer)
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
        alarm(TASTE_SECONDS);
        eat();
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

static void hire_taster(void (*eat)(void))
{
    int ask[2], answer[2];
    signal(SIGPIPE, SIG_IGN);
    expect(pipe(ask) == 0 && pipe(answer) == 0);
    taster.pid = fork();
    expect(taster.pid >= 0);
    if (taster.pid == 0) {
        close(ask[1]);
        close(answer[0]);
        taste_all(eat, ask[0], answer[1]);
    }
    close(ask[0]);
    close(answer[1]);
    taster.ask = ask[1];
    taster.answer = answer[0];
    taster.tastes = 0;
}

/* What a taster does with a file of h5.h's: nothing but have HDF5 look through it. All else is
 * ours, and its crashes are findings. */
static inline void look_through(const char *path)
{
    struct h5 f;
    guard_disarm();
    if (h5_open(&f, path) == STATUS_OK)
        (void)h5_close(&f);
}

/* Does a process survive eat()? Always the same function. */
static inline bool taste(void (*eat)(void))
{
    char byte = 0;
    if (taster.pid == 0)
        hire_taster(eat);
    bool alive = write(taster.ask, &byte, 1) == 1 && read(taster.answer, &byte, 1) == 1;
    if (!alive || ++taster.tastes == TASTES) /* what HDF5 leaks goes with it */
        dismiss_taster();
    return alive;
}

#ifdef FUZZING
/* Most bytes of an HDF5 file are zeros between its headers, and changes there teach nothing. Half
 * of the mutations therefore put a number that readers stumble over where something is. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
    static const int64_t numbers[] = {
        0,         1,         2,         3,         4,         5,
        7,         -1,        -2,        64,        100000,    INT32_MAX,
        INT32_MIN, INT64_MAX, INT64_MIN, 1LL << 40, 1LL << 61, 0x7ff0000000000000};
    enum { NUMBERS = sizeof numbers / sizeof *numbers, TRIES = 4096 };
    srand(seed);
    if (size < 2048 || rand() % 2 == 0)
        return LLVMFuzzerMutate(data, size, most);
    for (int changes = 1 + rand() % 3; changes > 0; changes--) {
        size_t width = (size_t)1 << rand() % 4, at;
        int tries = 0;
        do
            at = (size_t)rand() % (size - 8) / width * width;
        while (data[at] == 0 && ++tries < TRIES);
        const int64_t number = numbers[rand() % NUMBERS];
        if (rand() % 3 == 0)
            data[at] = (uint8_t)rand();
        else
            memcpy(data + at, &number, width);
    }
    return size;
}
#endif

#endif
