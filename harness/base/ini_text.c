#include "harness/base/ini_text.h"

#include <ini.h>
#include <stdbool.h>

struct reading {
    ini_text_line *line;
    void *context;
    bool failed; /* the first failure's sentence is kept */
};

/* inih's handler: 0 marks the line as bad; inih goes on and reports the first such number. */
static int handle(void *user, const char *section, const char *key, const char *value)
{
    struct reading *r = user;
    if (!r->failed)
        r->failed = r->line(r->context, section, key, value) != STATUS_OK;
    return !r->failed;
}

enum status ini_text_read(const char *text, const char *file, ini_text_line *line, void *context)
{
    struct reading r = {.line = line, .context = context};
    int number = ini_parse_string(text, handle, &r);
    if (r.failed)
        return status_prefix(STATUS_CONFIG, "%s:%d", file, number);
    if (number != 0)
        return status_fail(STATUS_CONFIG, "%s:%d: is not `key = value`, `[section]` or a comment",
                           file, number);
    return STATUS_OK;
}
