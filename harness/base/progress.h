/* One line about a run under way, for people. */
#ifndef HARNESS_PROGRESS_H
#define HARNESS_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum { PROGRESS_STAGES = 6 };

struct progress {
    const char *method, *dataset;
    uint64_t seed;
    bool online;
    int64_t iteration;   /* online iterations done */
    int64_t done, total; /* batches of pretraining, or online transitions */
    int64_t first;       /* `done` when `seconds` began */
    double seconds;      /* of this phase, in this process */
    double score;        /* of the last evaluation; NaN: none yet */
    /* Seconds by stage over `units` batches or iterations; units 0: of what is not complete yet. */
    double stage[PROGRESS_STAGES];
    int64_t units;
};

extern const char *const progress_stages[PROGRESS_STAGES];

/* "td3_odt hopper-random-v2 seed 1: iteration 12, 13034 of 500000 transitions, score 4.2, seconds
 * per iteration: rollout 1.2 critic 33 actor 12, left 5 h 10". What took no time is not named. Time
 * left is that of this phase at its pace so far. */
void progress_line(const struct progress *p, char *out, size_t size);

/* The same for a terminal's line of so many columns: "td3_odt hopper-random-v2 seed 1 ####----  26
 * % score 4.2, 6 h 45 left". */
void progress_run(const struct progress *p, int columns, bool utf8, char *out, size_t size);

/* One line: NAME, a bar where there is room for it, the share done in per cent, and what else is to
 * be said. NAME gives way first. */
void progress_bar(const char *name, double share, const char *rest, int columns, bool utf8,
                  char *out, size_t size);

/* Work of which `done` of `total` is done, on a terminal's last line of stderr, at most twice a
 * second; nothing elsewhere. `progress_clear` removes it. */
struct progress_count {
    const char *name;
    struct timespec began, shown;
    bool started;
};
void progress_show(struct progress_count *c, int64_t done, int64_t total);

/* Columns for such a line: two fewer than there are, for the ^C that a terminal echoes. */
int progress_columns(void);

/* The line itself, in the place of the one before; and nothing in its place. `progress_leave` lets
 * it stand and begins a new one: after Ctrl-C. */
void progress_put(const char *line);
void progress_clear(void);
void progress_leave(void);

/* Seconds of the monotonic clock since then. */
double progress_since(const struct timespec *from);

/* "95 s", "12 min", "5 h 07", "3.4 days", "97 years"; "?" when it is not known. */
void progress_duration(double seconds, char out[32]);

/* Three digits, as `vitamin cost` has them: "35 core-seconds", "0.02 core-hours", "62.6
 * core-hours", "1.48 million core-hours". */
void progress_core_hours(double seconds, char out[48]);

#endif
