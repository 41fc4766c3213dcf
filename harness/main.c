#include "engine/base/file.h"
#include "engine/base/say.h"
#include "engine/base/threads.h"
#include "harness/base/exit_status.h"
#include "harness/commands/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void print_help(FILE *out)
{
    fprintf(out, "usage: vitamin COMMAND ...\n\n");
    for (int i = 0; i < command_count; i++)
        fprintf(out, "  %-10s %s\n", command_table[i]->name, command_table[i]->help);
    fprintf(out, "\nvitamin COMMAND --help shows a command's arguments.\n");
}

static void print_usage(const struct command *c)
{
    const char *space = *c->usage != '\0' ? " " : "";
    printf("usage: vitamin %s%s%s\n\n%s\n", c->name, space, c->usage, c->help);
}

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

/* Wherever it stands: who is at a loss adds it to what he has written. */
static bool wants_help(int argc, char **argv)
{
    for (int i = 2; i < argc; i++) {
        if (is_help(argv[i]))
            return true;
    }
    return false;
}

static const struct command *find(const char *name)
{
    for (int i = 0; i < command_count; i++) {
        if (strcmp(command_table[i]->name, name) == 0)
            return command_table[i];
    }
    return NULL;
}

/* What scripts and the scheduler (schedule.c) tell apart. */
static int exit_status(enum status result)
{
    switch (result) {
    case STATUS_OK:
        return 0;
    case STATUS_CONFIG:
        return 2;
    case STATUS_INTERRUPTED:
        return EXIT_INTERRUPTED;
    case STATUS_BUSY:
        return EXIT_BUSY;
    case STATUS_WAITS:
        return EXIT_WAITS;
    default:
        return 1;
    }
}

/* The last thing before the program ends: its sentence on stderr, if it has one. */
static int end(const char *name, enum status result)
{
    if (result != STATUS_OK)
        say_to(stderr, "vitamin %s: %s\n", name, status_sentence());
    if (file_close_output() != STATUS_OK && result == STATUS_OK) {
        result = STATUS_IO;
        if (*status_sentence() != '\0')
            say_to(stderr, "vitamin %s: %s\n", name, status_sentence());
    }
    return exit_status(result);
}

/* Libraries read their environment before main, so a setting of ours takes another start. OpenMP's
 * threads that spin while they wait cost a busy machine dearly: a small run beside others took 40
 * times its processor time and ten times as long. OpenBLAS's own threads would never be used
 * (threads.h), but take memory. */
static void settle_libraries(char **argv)
{
    const char *blas = getenv("OPENBLAS_NUM_THREADS");
    if (getenv("OMP_WAIT_POLICY") != NULL && blas != NULL && strcmp(blas, "1") == 0)
        return;
    if (setenv("OMP_WAIT_POLICY", "passive", 0) == 0 && setenv("OPENBLAS_NUM_THREADS", "1", 1) == 0)
        execv("/proc/self/exe", argv); /* returns only when it cannot: then as it is */
}

int main(int argc, char **argv)
{
    file_settle_streams();
    settle_libraries(argv);
    const char *name = argc > 1 ? argv[1] : "help";
    if (strcmp(name, "--version") == 0)
        name = "version";
    if (strcmp(name, "help") == 0 || is_help(name)) {
        const struct command *c = argc > 2 ? find(argv[2]) : NULL;
        if (c != NULL)
            print_usage(c);
        else
            print_help(stdout);
        return end("help", STATUS_OK);
    }
    const struct command *c = find(name);
    if (c == NULL) {
        say_to(stderr, "vitamin: there is no command '%s'\n\n", name);
        print_help(stderr);
        return 2;
    }
    if (!c->own_help && wants_help(argc, argv)) {
        print_usage(c);
        return end(name, STATUS_OK);
    }
    threads_set(0);
    return end(name, c->run(argc - 1, argv + 1));
}
