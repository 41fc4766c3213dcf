/* Flip single bits of a file and watch a command that reads it.
 *
 *   flip FILE COUNT SEED COMMAND ARGUMENT...
 *
 * FILE is flipped in one place, the command is run, and FILE is put back, COUNT times. Prints one
 * line: how often the command took the damaged file, how often it refused it, and what must not be:
 * ends by a signal, more than 10 s of processor time or 100 s of wall time (a busy machine makes
 * the one longer, not the other), more than 1 GB in one process. FLIP_REFUSE=1: a file that is
 * taken counts as wrong, too, unless the command's output holds the word "damaged". FLIP_PREPARE:
 * a shell command to run before each. Exit status 1 when anything was wrong. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PROCESSOR_SECONDS = 10, WALL_SECONDS = 100, KIBIBYTES = 1 << 20 };

struct outcome {
    int code; /* exit status, or 128 + signal */
    bool late;
    double seconds;
    long kibibytes; /* largest process of the command */
};

static uint64_t next(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15u; /* splitmix64 */
    uint64_t z = *state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static bool flip(int fd, size_t at, int bit)
{
    unsigned char byte;
    if (pread(fd, &byte, 1, (off_t)at) != 1)
        return false;
    byte ^= (unsigned char)(1u << bit);
    return pwrite(fd, &byte, 1, (off_t)at) == 1;
}

static void become(char *const command[], const char *output)
{
    int fd = open(output, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    struct rlimit none = {0, 0}, most = {PROCESSOR_SECONDS, PROCESSOR_SECONDS};
    setrlimit(RLIMIT_CORE, &none);
    setrlimit(RLIMIT_CPU, &most);
    setpgid(0, 0);
    if (fd >= 0) {
        dup2(fd, STDOUT_FILENO);
        dup2(fd, STDERR_FILENO);
    }
    execvp(command[0], command);
    _exit(127);
}

static struct outcome run(char *const command[], const char *output)
{
    struct outcome o = {.code = 126};
    struct rusage usage = {.ru_maxrss = 0};
    int end = 0;
    double start = now();
    pid_t child = fork();
    if (child == 0)
        become(command, output);
    const struct timespec moment = {.tv_nsec = 2000000};
    while (wait4(child, &end, WNOHANG, &usage) == 0) {
        if (!o.late && now() - start > WALL_SECONDS) {
            o.late = true;
            kill(-child, SIGKILL);
        }
        nanosleep(&moment, NULL);
    }
    o.seconds = now() - start;
    o.kibibytes = usage.ru_maxrss;
    o.code = WIFSIGNALED(end) ? 128 + WTERMSIG(end) : WEXITSTATUS(end);
    return o;
}

static bool says_damaged(const char *output)
{
    char text[1 << 16];
    FILE *file = fopen(output, "rb");
    size_t n = file != NULL ? fread(text, 1, sizeof text - 1, file) : 0;
    if (file != NULL)
        fclose(file);
    text[n] = '\0';
    return strstr(text, "damaged") != NULL;
}

int main(int count, char **argument)
{
    struct stat info;
    char output[] = "/tmp/flip-XXXXXX";
    if (count < 5) {
        fprintf(stderr, "usage: flip FILE COUNT SEED COMMAND ARGUMENT...\n");
        return 2;
    }
    const char *path = argument[1], *prepare = getenv("FLIP_PREPARE");
    bool refuse = getenv("FLIP_REFUSE") != NULL;
    long times = atol(argument[2]), taken = 0, refused = 0, wrong = 0, largest = 0;
    uint64_t state = strtoull(argument[3], NULL, 10);
    double slowest = 0;
    int scratch = mkstemp(output);
    if (scratch < 0 || (prepare != NULL && system(prepare) != 0) || stat(path, &info) != 0 ||
        info.st_size == 0) {
        fprintf(stderr, "flip: %s: %s\n", path, strerror(errno));
        return 2;
    }
    close(scratch);
    for (long i = 0; i < times; i++) {
        if (prepare != NULL && system(prepare) != 0)
            return 2;
        size_t at = (size_t)(next(&state) % (uint64_t)info.st_size);
        int bit = (int)(next(&state) % 8), fd = open(path, O_RDWR | O_CLOEXEC);
        if (fd < 0 || !flip(fd, at, bit)) {
            fprintf(stderr, "flip: %s: %s\n", path, strerror(errno));
            return 2;
        }
        struct outcome o = run(argument + 4, output);
        if (prepare == NULL)
            flip(fd, at, bit);
        close(fd);
        taken += o.code == 0;
        refused += o.code != 0;
        largest = o.kibibytes > largest ? o.kibibytes : largest;
        slowest = o.seconds > slowest ? o.seconds : slowest;
        bool bad = o.late || o.code >= 126 || o.kibibytes > KIBIBYTES ||
                   (refuse && o.code == 0 && !says_damaged(output));
        if (bad)
            printf("flip: %s: byte %zu, bit %d: status %d, %.1f s, %ld MiB\n", path, at, bit,
                   o.code, o.seconds, o.kibibytes >> 10);
        wrong += bad;
    }
    unlink(output);
    printf("flip: %s: %ld flips, %ld taken, %ld refused, %ld wrong; at most %.1f s, %ld MiB\n",
           path, times, taken, refused, wrong, slowest, largest >> 10);
    return wrong > 0;
}
