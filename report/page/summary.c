#include "report/page/summary.h"

#include "engine/base/log.h"
#include "engine/base/say.h"
#include "harness/base/terminal.h"
#include "report/page/headline.h"
#include "report/page/notes.h"

#include <stdio.h>

void summary_log_notes(const struct results *r)
{
    for (int i = 0; i < r->notes; i++) {
        if (r->note[i].level != NOTE_INFO)
            log_warn("report", "%s", r->note[i].text);
    }
}

/* The runs that are no result, in one line; false when there are none. */
static bool say_left_out(const struct results *r)
{
    int of[RUN_STATUS_COUNT] = {0}, left_out = 0;
    for (int i = 0; i < r->runs; i++) {
        of[r->run[i].status]++;
        left_out += !r->run[i].used;
    }
    if (left_out > 0)
        terminal_say(
            stderr, 0, "",
            "Left out: %d of %d runs (%d incomplete, %d failed, %d missing); the page says why",
            left_out, r->runs, of[RUN_INCOMPLETE], of[RUN_FAILED], of[RUN_MISSING]);
    return left_out > 0;
}

enum status summary_say(const struct report *r, const char *folder)
{
    struct text line = {0};
    enum status status = headline_write(r, &line);
    if (status == STATUS_OK)
        terminal_say(stdout, 0, "", "%s", text_get(&line));
    text_free(&line);
    TRY(status);
    if (!say_left_out(&r->results)) {
        headline_counts(r, &line);
        terminal_say(stdout, 0, "", "%s", text_get(&line));
        text_free(&line);
    }
    notes_line(&r->results, &line);
    if (line.length > 0)
        terminal_say(stdout, 0, "", "%s", text_get(&line));
    text_free(&line);
    say("%s/index.html\n", folder);
    return STATUS_OK;
}
