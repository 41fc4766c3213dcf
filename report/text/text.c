#include "report/text/text.h"

#include "engine/base/escape.h"
#include "engine/base/file.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for `more` bytes and a NUL. */
static bool reserve_room(struct text *t, size_t more)
{
    if (t->broken)
        return false;
    if (t->length + more + 1 <= t->room)
        return true;
    size_t room = 2 * t->room + more + 256;
    char *larger = realloc(t->at, room);
    if (larger == NULL) {
        t->broken = true;
        return false;
    }
    t->at = larger;
    t->room = room;
    return true;
}

void text_add(struct text *t, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length >= 0 && reserve_room(t, (size_t)length)) {
        vsnprintf(t->at + t->length, t->room - t->length, format, again);
        t->length += (size_t)length;
    }
    va_end(again);
}

/* No escape is longer than this for one byte of the text: those of two and more bytes, with a
 * font's encoding or their code, have room as well. */
enum { LONGEST_ESCAPE = 32 };

void text_add_escaped(struct text *t, char *(*escape)(const char *text, char *out, size_t size),
                      const char *text)
{
    size_t size = LONGEST_ESCAPE * strlen(text) + 4;
    if (!reserve_room(t, size))
        return;
    escape(text, t->at + t->length, size);
    t->length += strlen(t->at + t->length);
}

void text_free(struct text *t)
{
    free(t->at);
    *t = (struct text){0};
}

const char *text_get(const struct text *t)
{
    return t->at != NULL ? t->at : "";
}

enum status text_check(const struct text *t)
{
    return t->broken ? status_fail(STATUS_MEMORY, "no memory for a text of the report") : STATUS_OK;
}

enum status text_write(struct text *t, const char *path)
{
    char folder[FILE_PATH];
    enum status status = text_check(t);
    if (status == STATUS_OK)
        status = file_parent(path, folder);
    if (status == STATUS_OK)
        status = file_make_folder(folder);
    if (status == STATUS_OK)
        status = file_replace(path, text_get(t), t->length);
    text_free(t);
    return status;
}

/* A comma unless the line is empty so far. */
static void add_separator(struct text *t)
{
    if (t->length > 0 && t->at[t->length - 1] != '\n')
        text_add(t, ",");
}

void text_csv(struct text *t, const char *field)
{
    add_separator(t);
    /* An empty first field would look like no field at all: its comma would be missing. */
    if (field[0] == '\0' && (t->length == 0 || t->at[t->length - 1] == '\n'))
        text_add(t, "\"\"");
    else
        text_add_escaped(t, escape_csv, field);
}

void text_csv_number(struct text *t, double value)
{
    char number[64] = "";
    if (!isnan(value))
        snprintf(number, sizeof number, "%.17g", value);
    text_csv(t, number);
}

void text_csv_integer(struct text *t, long long value)
{
    char number[32];
    snprintf(number, sizeof number, "%lld", value);
    text_csv(t, number);
}

void text_csv_end(struct text *t)
{
    text_add(t, "\n");
}
