#include "engine/base/status.h"

#include "engine/base/say.h"

#include <stdarg.h>
#include <string.h>

static _Thread_local char sentence[STATUS_SENTENCE];

int status_keep(const char *format, ...)
{
    /* Format aside first: an argument may be the old sentence itself. */
    char text[STATUS_SENTENCE];
    va_list args;
    va_start(args, format);
    say_list(text, sizeof text, format, args);
    va_end(args);
    memcpy(sentence, text, sizeof sentence);
    return 0;
}

int status_keep_prefix(const char *format, ...)
{
    char prefix[STATUS_SENTENCE / 2];
    va_list args;
    va_start(args, format);
    say_list(prefix, sizeof prefix, format, args);
    va_end(args);
    return status_keep("%s: %s", prefix, sentence);
}

const char *status_sentence(void)
{
    return sentence;
}

const char *status_name(enum status code)
{
    switch (code) {
#define STATUS_CASE(name, text)                                                                    \
    case name:                                                                                     \
        return #name;
        STATUS_LIST(STATUS_CASE)
#undef STATUS_CASE
    }
    return "STATUS_UNKNOWN";
}

void status_save(struct status_note *note, enum status code)
{
    note->code = code;
    memcpy(note->sentence, sentence, sizeof note->sentence);
}

enum status status_restore(const struct status_note *note)
{
    memcpy(sentence, note->sentence, sizeof sentence);
    return note->code;
}
