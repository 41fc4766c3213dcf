#include "report/text/steps.h"

#include "harness/base/progress.h"
#include "harness/base/terminal.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>

static int expected, begun;
static bool started;
static struct timespec first;

void steps_expect(int more)
{
#pragma omp critical(steps)
    {
        expected += more;
        if (!started)
            clock_gettime(CLOCK_MONOTONIC, &first);
        started = true;
    }
}

static void show(const char *kind, const char *name)
{
    char what[96], left[32], rest[48], line[512];
    double share = expected > 0 ? fmin((double)begun / expected, 1) : 0;
    progress_duration(share > 0 ? progress_since(&first) * (1 - share) / share : (double)NAN, left);
    snprintf(rest, sizeof rest, "%s left", left);
    snprintf(what, sizeof what, "%s %s", kind, name);
    progress_bar(what, share, rest, progress_columns(), terminal_has_utf8(), line, sizeof line);
    progress_put(line);
}

void steps_begin(const char *kind, const char *name)
{
#pragma omp critical(steps)
    {
        show(kind, name);
        begun++;
    }
}

void steps_end(void)
{
    progress_clear();
    expected = begun = 0;
    started = false;
}
