#include "harness/sweep/display.h"

#include "engine/base/say.h"
#include "harness/base/progress.h"
#include "harness/base/terminal.h"

#include <math.h>
#include <stdarg.h>
#include <unistd.h>

enum { RUNS_SHOWN = 8 };

static const double PLAIN_EVERY = 60, LIVE_EVERY = 1; /* seconds */

void display_init(struct display *p, FILE *to)
{
    *p = (struct display){.to = to, .live = terminal_is_live(to)};
    clock_gettime(CLOCK_MONOTONIC, &p->last);
}

static void clear_block(struct display *p)
{
    if (p->lines > 0)
        fprintf(p->to, "\r\033[%dA\033[J", p->lines); /* Ctrl-C's echo stands in the last line */
    p->lines = 0;
}

void display_say(struct display *p, const char *format, ...)
{
    va_list args;
    clear_block(p);
    va_start(args, format);
    say_list_to(p->to, format, args);
    va_end(args);
    fputc('\n', p->to);
    fflush(p->to);
}

/* A line that wraps would make the block taller than we count. */
static void block_line(struct display *p, const char *text)
{
    if (p->live)
        say_to(p->to, "%.*s\n", terminal_columns(p->to, 79), text);
    else
        say_to(p->to, "%s\n", text);
    p->lines += p->live;
}

static void show_run(struct display *p, const struct overview *o, const struct schedule *s, int i)
{
    char name[4 * CONFIG_NAME], left[32], score[32] = "", line[512];
    int threads = s->job[i].threads > 0 ? s->job[i].threads : o->look[i].threads;
    matrix_describe(&o->m->cell[i], name, sizeof name);
    progress_duration(o->left[i] / threads, left);
    if (isfinite(o->look[i].last_score))
        snprintf(score, sizeof score, "score %.1f", o->look[i].last_score);
    snprintf(line, sizeof line, "  %-40s %3.0f %%  %-11s %s left%s", name,
             100 * overview_progress(o, i), score, left,
             s->job[i].state == SCHEDULE_ELSEWHERE ? ", elsewhere" : "");
    block_line(p, line);
}

static bool is_due(const struct display *p)
{
    return progress_since(&p->last) >= (p->live ? LIVE_EVERY : PLAIN_EVERY);
}

void display_show(struct display *p, const struct overview *o, const struct schedule *s, bool now)
{
    char counts[160], left[32], line[320];
    if (!now && !is_due(p))
        return;
    clear_block(p);
    clock_gettime(CLOCK_MONOTONIC, &p->last);
    overview_counts(o, counts, sizeof counts);
    progress_duration(schedule_wall(s), left);
    snprintf(line, sizeof line, "%s: %s, about %s left", o->m->name, counts, left);
    block_line(p, line);
    int shown = 0, running = s->count[SCHEDULE_HERE] + s->count[SCHEDULE_ELSEWHERE];
    for (int i = 0; i < s->jobs && shown < RUNS_SHOWN; i++) {
        if (s->job[i].state != SCHEDULE_HERE && s->job[i].state != SCHEDULE_ELSEWHERE)
            continue;
        show_run(p, o, s, i);
        shown++;
    }
    if (running > shown) {
        snprintf(line, sizeof line, "  and %d more", running - shown);
        block_line(p, line);
    }
    fflush(p->to);
}

void display_end(struct display *p)
{
    p->lines = 0;
    fflush(p->to);
}
