#include "harness/sweep/verify_core.h"

#include "engine/base/say.h"
#include "engine/base/threads.h"
#include "harness/base/child.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char variable[] = "OPENBLAS_CORETYPE";

bool verify_wants_core(const struct record *r)
{
    const char *core = curve_get(&r->about, "blas_core");
    return strcmp(core, threads_blas_core()) != 0 && threads_can_use_core(core);
}

static enum status start(const struct record *r, const struct verify_options *o, struct child *out)
{
    char rows[16], threads[16];
    const char *argv[16] = {"verify",       o->results, "--run",     r->name,
                            "--iterations", rows,       "--threads", threads};
    int words = 8;
    snprintf(rows, sizeof rows, "%d", o->rows);
    snprintf(threads, sizeof threads, "%d", threads_count());
    if (o->from_checkpoint)
        argv[words++] = "--from-checkpoint";
    if (o->data != NULL) {
        argv[words++] = "--data";
        argv[words++] = o->data;
    }
    if (o->method != NULL) {
        argv[words++] = "--method";
        argv[words++] = o->method;
    }
    const char *before = getenv(variable);
    char *kept = before != NULL ? strdup(before) : NULL;
    setenv(variable, curve_get(&r->about, "blas_core"), 1);
    enum status result = child_start((char *const *)argv, out);
    if (kept != NULL)
        setenv(variable, kept, 1);
    else
        unsetenv(variable);
    free(kept);
    return result;
}

/* Print the verdict's lines, and those of the data that was made for it; *found: there is one. */
static void print_lines(const struct child *c, enum verify_verdict *verdict, bool *found)
{
    char line[4096];
    int copy = dup(c->output);
    FILE *file = copy >= 0 ? fdopen(copy, "r") : NULL;
    *found = false;
    if (file == NULL)
        return;
    rewind(file);
    while (fgets(line, sizeof line, file) != NULL) {
        for (int v = 0; v <= VERIFY_UNCHECKED && !*found; v++) {
            size_t n = strlen(verify_words[v]);
            if (strncmp(line, verify_words[v], n) != 0 || line[n] != ' ')
                continue;
            *verdict = (enum verify_verdict)v;
            *found = true;
        }
        if (strncmp(line, "vitamin verify: ", 16) != 0 && strstr(line, " of 1 runs: ") == NULL) {
            line[strcspn(line, "\n")] = '\0';
            say("%s\n", line);
        }
    }
    fclose(file);
}

enum status verify_with_core(const struct record *r, const struct verify_options *options,
                             enum verify_verdict *out)
{
    const struct timespec nap = {.tv_nsec = 20000000};
    struct child c;
    int ended;
    bool told = false, found;
    *out = VERIFY_UNCHECKED;
    TRY(start(r, options, &c));
    while (!child_ended(&c, &ended)) {
        if (options->stop != NULL && *options->stop && !told)
            child_signal(&c, SIGTERM);
        told = options->stop != NULL && *options->stop;
        nanosleep(&nap, NULL);
    }
    print_lines(&c, out, &found);
    char words[512];
    child_last_words(&c, words, sizeof words);
    child_free(&c);
    if (told)
        return status_fail(STATUS_INTERRUPTED, "stopped");
    if (!found)
        say("%-9s  %s: with the kernels for %s: %s\n", verify_words[VERIFY_UNCHECKED], r->name,
            curve_get(&r->about, "blas_core"), words);
    return STATUS_OK;
}
