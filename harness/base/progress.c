#include "harness/base/progress.h"

#include "engine/base/log.h"
#include "engine/base/say.h"
#include "harness/base/terminal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *const progress_stages[PROGRESS_STAGES] = {"rollout", "sample",   "critic",
                                                      "actor",   "evaluate", "store"};

double progress_since(const struct timespec *from)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - from->tv_sec) + 1e-9 * (double)(now.tv_nsec - from->tv_nsec);
}

void progress_duration(double seconds, char out[32])
{
    if (!isfinite(seconds) || seconds < 0) {
        snprintf(out, 32, "?");
        return;
    }
    long s = (long)(seconds + 0.5);
    if (s < 120)
        snprintf(out, 32, "%ld s", s);
    else if (s < 7200)
        snprintf(out, 32, "%ld min", (s + 30) / 60);
    else if (s < 172800)
        snprintf(out, 32, "%ld h %02ld", s / 3600, s / 60 % 60);
    else if (s < 2 * 365 * 86400L)
        snprintf(out, 32, "%.*f days", s < 100 * 86400L ? 1 : 0, (double)s / 86400);
    else
        snprintf(out, 32, "%.*f years", s < 10 * 365 * 86400L ? 1 : 0,
                 (double)s / (365.25 * 86400));
}

void progress_core_hours(double seconds, char out[48])
{
    double hours = seconds / 3600; /* two digits are more than is known, three are readable */
    if (!isfinite(hours) || hours < 0)
        snprintf(out, 48, "? core-hours");
    else if (seconds < 59.5)
        snprintf(out, 48, "%.0f core-second%s", seconds, fabs(seconds - 1) < 0.5 ? "" : "s");
    else if (hours < 999.5)
        snprintf(out, 48, "%.*f core-hours", hours < 9.995 ? 2 : hours < 99.95 ? 1 : 0, hours);
    else if (hours < 999500)
        snprintf(out, 48, "%.*f thousand core-hours",
                 hours < 9995    ? 2
                 : hours < 99950 ? 1
                                 : 0,
                 hours / 1e3);
    else
        snprintf(out, 48, "%.*f million core-hours", hours < 9.995e6 ? 2 : 1, hours / 1e6);
}

/* Plain digits, three that count: 0.0012, 1.23, 120. */
static int print_seconds(double seconds, char *out, size_t size)
{
    int digits = seconds >= 100    ? 0
                 : seconds >= 10   ? 1
                 : seconds >= 1    ? 2
                 : seconds >= 0.01 ? 3
                                   : 5;
    return snprintf(out, size, "%.*f", digits, seconds);
}

static double seconds_left(const struct progress *p)
{
    double each = p->done > p->first ? p->seconds / (double)(p->done - p->first) : (double)NAN;
    return each * (double)(p->total > p->done ? p->total - p->done : 0);
}

void progress_line(const struct progress *p, char *out, size_t size)
{
    char score[32] = "-", left[32], stages[256] = " none yet";
    progress_duration(seconds_left(p), left);
    if (!isnan(p->score))
        snprintf(score, sizeof score, "%.1f", p->score);
    size_t used = 0;
    for (int i = 0; i < PROGRESS_STAGES; i++) {
        if (p->stage[i] <= 0)
            continue;
        used += (size_t)snprintf(stages + used, sizeof stages - used, " %s ", progress_stages[i]);
        used += (size_t)print_seconds(p->stage[i] / (double)(p->units > 0 ? p->units : 1),
                                      stages + used, sizeof stages - used);
    }
    char where[96];
    const char *unit = p->online ? "per iteration" : "per batch";
    if (p->online)
        snprintf(where, sizeof where, "iteration %lld, %lld of %lld transitions",
                 (long long)p->iteration, (long long)p->done, (long long)p->total);
    else
        snprintf(where, sizeof where, "pretraining, %lld of %lld batches", (long long)p->done,
                 (long long)p->total);
    snprintf(out, size, "%s %s seed %llu: %s, score %s, seconds %s:%s, left %s%s", p->method,
             p->dataset, (unsigned long long)p->seed, where, score, p->units > 0 ? unit : "so far",
             stages, left, p->online ? "" : " of pretraining");
}

/* --- one line of a terminal ---------------------------------------------------------------------
 */

enum { BAR_LEAST = 6, BAR_MOST = 30, MARK = 4 /* bytes of one, at most */ };

static void draw_bar(double share, int width, bool utf8, char out[BAR_MOST * MARK + 1])
{
    size_t used = 0;
    int full = (int)(share * width + 0.5);
    for (int i = 0; i < width; i++) {
        const char *mark = utf8 ? (i < full ? "█" : "░") : i < full ? "#" : "-";
        used += (size_t)snprintf(out + used, BAR_MOST * MARK + 1 - used, "%s", mark);
    }
    out[used] = '\0';
}

void progress_bar(const char *name, double share, const char *rest, int columns, bool utf8,
                  char *out, size_t size)
{
    char bar[BAR_MOST * MARK + 1] = "", tail[160];
    share = isfinite(share) ? fmin(fmax(share, 0), 1) : 0;
    int after = snprintf(tail, sizeof tail, " %3.0f %%  %s", floor(100 * share), rest);
    int room = columns - after, length = (int)strlen(name), width = room - length - 1;
    if (width >= BAR_LEAST)
        draw_bar(share, width < BAR_MOST ? width : BAR_MOST, utf8, bar);
    snprintf(out, size, "%.*s%s%s%.*s",
             length < room ? length
             : room > 0    ? room
                           : 0,
             name, *bar != '\0' ? " " : "", bar, columns > 0 ? columns : 0, tail);
}

void progress_run(const struct progress *p, int columns, bool utf8, char *out, size_t size)
{
    char name[160], rest[96], left[32], score[32] = "";
    progress_duration(seconds_left(p), left);
    if (!isnan(p->score))
        snprintf(score, sizeof score, "score %.1f, ", p->score);
    snprintf(name, sizeof name, "%.60s %.60s seed %llu", p->method, p->dataset,
             (unsigned long long)p->seed);
    snprintf(rest, sizeof rest, "%s%s%s left", p->online ? "" : "pretraining, ", score, left);
    progress_bar(name, p->total > 0 ? (double)p->done / (double)p->total : 0, rest, columns, utf8,
                 out, size);
}

void progress_show(struct progress_count *c, int64_t done, int64_t total)
{
    enum { OFTEN = 2 }; /* a second */
    char line[512], rest[48], left[32];
    if (!terminal_is_live(stderr))
        return;
    if (!c->started) {
        clock_gettime(CLOCK_MONOTONIC, &c->began);
        c->shown = c->began;
        c->started = true;
    }
    if (progress_since(&c->shown) * OFTEN < 1)
        return;
    clock_gettime(CLOCK_MONOTONIC, &c->shown);
    double share = total > 0 ? (double)done / (double)total : 0;
    progress_duration(share > 0 ? progress_since(&c->began) * (1 - share) / share : (double)NAN,
                      left);
    snprintf(rest, sizeof rest, "%s left", left);
    progress_bar(c->name, share, rest, progress_columns(), terminal_has_utf8(), line, sizeof line);
    progress_put(line);
}

int progress_columns(void)
{
    return terminal_columns(stderr, 79) - 2;
}

static bool stands; /* a line is on the terminal */

void progress_put(const char *line)
{
    if (!terminal_is_live(stderr))
        return;
    say_to(stderr, "\r\033[K%s", line);
    stands = true;
    log_set_line(true);
}

static void end_line(const char *end)
{
    if (stands)
        fputs(end, stderr);
    stands = false;
    log_set_line(false);
}

void progress_clear(void)
{
    end_line("\r\033[K");
}

void progress_leave(void)
{
    end_line("\n");
}
