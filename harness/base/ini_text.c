#include "harness/base/ini_text.h"

#include "engine/base/file.h"
#include "engine/base/letters.h"
#include "engine/base/memory.h"

#include <ini.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_SECTION = 49 }; /* inih cuts off the rest */

/* A section, or a key of one, within the text. */
struct seen {
    const char *name;
    size_t length;
    int line;
    bool is_section;
};

struct reading {
    const struct ini_form *form;
    ini_text_line *line;
    void *context;
    const char *rest; /* of the text */
    int number;       /* of the line that was read last */
    struct seen *seen;
    int count;
    enum status result;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

static bool is_one_of(const char *words, const char *name, size_t length)
{
    for (const char *at = strchr(words, ' '); at != NULL; at = strchr(at + 1, ' ')) {
        if (strncmp(at + 1, name, length) == 0 && at[1 + length] == ' ')
            return true;
    }
    return false;
}

/* Another section or key. Sections are compared with all, keys with those of their section. */
static enum status see(struct reading *r, struct seen s)
{
    while (s.length > 0 && is_blank(s.name[s.length - 1]))
        s.length--;
    bool once = s.is_section || !is_one_of(r->form->again, s.name, s.length);
    for (int i = r->count - 1; i >= 0 && once; i--) {
        const struct seen *old = &r->seen[i];
        if (old->is_section == s.is_section && old->length == s.length &&
            strncmp(old->name, s.name, s.length) == 0)
            return status_fail(STATUS_CONFIG, "%s%.*s%s is in line %d already; keep one of the two",
                               s.is_section ? "[" : "`", (int)s.length, s.name,
                               s.is_section ? "]" : "` of this section", old->line);
        if (old->is_section && !s.is_section)
            break;
    }
    TRY(memory_grow((void **)&r->seen, r->count, sizeof *r->seen, "an INI file"));
    r->seen[r->count++] = s;
    return STATUS_OK;
}

static bool is_utf8(const char *line, const char *end)
{
    unsigned code = 0;
    bool whole = true;
    while (whole && line < end) {
        size_t bytes = letter_next(line, &code);
        whole = bytes > 1 || code != LETTER_BROKEN;
        line += bytes;
    }
    return whole;
}

static enum status no_line(void)
{
    return status_fail(STATUS_CONFIG, "is not `key = value`, `[section]` or a comment");
}

/* What a line is, as inih will see it: its rules, and ours. */
static enum status check_line(struct reading *r, const char *line, size_t length)
{
    const char *end = line + length;
    struct seen s = {.name = line, .line = r->number};
    if (r->number == 1 && strncmp(line, "\xEF\xBB\xBF", 3) == 0)
        s.name += 3;
    bool indented = s.name < end && is_blank(*s.name);
    while (s.name < end && is_blank(*s.name))
        s.name++;
    if (s.name == end || *s.name == ';' || *s.name == '#')
        return STATUS_OK;
    if (!is_utf8(s.name, end))
        return status_fail(STATUS_CONFIG, "the line is not UTF-8; save the file so");
    const struct seen *last = r->count > 0 ? &r->seen[r->count - 1] : NULL;
    if (indented && last != NULL && !last->is_section) {
        if (is_one_of(r->form->lists, last->name, last->length))
            return STATUS_OK;
        return status_fail(STATUS_CONFIG,
                           "an indented line goes on with the line above, and `%.*s` has one line; "
                           "begin this one at the margin",
                           (int)last->length, last->name);
    }
    s.is_section = *s.name == '[';
    s.name += s.is_section;
    while (s.name + s.length < end && strchr(s.is_section ? "]" : "=:", s.name[s.length]) == NULL)
        s.length++;
    if (s.name + s.length == end)
        return no_line();
    if (s.is_section && s.length > LONGEST_SECTION)
        return status_fail(STATUS_CONFIG, "the section's name has %zu bytes; it may have %d",
                           s.length, LONGEST_SECTION);
    return see(r, s);
}

/* inih's reader, like fgets: the next line, or NULL when there is none or something has failed. */
static char *next_line(char *to, int size, void *stream)
{
    struct reading *r = stream;
    size_t length = strcspn(r->rest, "\n");
    if (r->result != STATUS_OK || r->rest[0] == '\0')
        return NULL;
    r->number++;
    if (length + 2 > (size_t)size)
        r->result = status_fail(STATUS_CONFIG,
                                "the line is too long: %zu bytes; it may have %d, and lists may go "
                                "on in indented lines",
                                length, size - 2);
    else
        r->result = check_line(r, r->rest, length);
    if (r->result != STATUS_OK)
        return NULL;
    snprintf(to, (size_t)size, "%.*s\n", (int)length, r->rest);
    r->rest += length + (r->rest[length] == '\n');
    return to;
}

/* inih's handler: 0 marks the line as bad. */
static int handle(void *user, const char *section, const char *key, const char *value)
{
    struct reading *r = user;
    r->result = r->line(r->context, section, key, value);
    return r->result == STATUS_OK;
}

enum status ini_text_load(const char *path, char **text)
{
    size_t bytes;
    TRY(file_read(path, 1 << 20, text, &bytes));
    if (strlen(*text) == bytes)
        return STATUS_OK;
    free(*text);
    *text = NULL;
    return status_fail(STATUS_CONFIG, "%s: holds a zero byte, so it is no text file", path);
}

enum status ini_text_read(const char *text, const char *file, const struct ini_form *form,
                          ini_text_line *line, void *context)
{
    struct reading r = {.form = form, .line = line, .context = context, .rest = text};
    int number = ini_parse_stream(next_line, &r, handle, &r);
    free(r.seen);
    if (r.result != STATUS_OK)
        return status_prefix(r.result, "%s:%d", file, r.number);
    if (number == 0)
        return STATUS_OK;
    if (number < 0) /* inih has no memory, or was not given a line */
        return status_fail(STATUS_MEMORY, "%s: no memory to read it", file);
    return status_prefix(no_line(), "%s:%d", file, number);
}
