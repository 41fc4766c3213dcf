/* What a sweep shows: on a terminal a block of lines that is rewritten in place, elsewhere a plain
 * line for whatever happens and one a minute for how far it is. */
#ifndef HARNESS_DISPLAY_H
#define HARNESS_DISPLAY_H

#include "harness/sweep/overview.h"
#include "harness/sweep/schedule.h"

#include <time.h>

struct display {
    FILE *to;
    bool live;            /* a terminal */
    int lines;            /* of the block that stands there */
    struct timespec last; /* when something was shown */
};

void display_init(struct display *p, FILE *to);

/* A line that stays. */
void display_say(struct display *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* How far it is; when it is due, or at once. */
void display_show(struct display *p, const struct overview *o, const struct schedule *s, bool now);

/* The block is finished: what follows stands below it. */
void display_end(struct display *p);

#endif
