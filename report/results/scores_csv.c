/* Score files as text: which separator, which header, whose layout. */
#include "report/results/scores_impl.h"

#include "report/text/text.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* --- separators ------------------------------------------------------------------------------- */

/* The first line that is neither empty nor a comment. */
static const char *first_line(const char *text, size_t *length)
{
    for (;;) {
        const char *first = text + strspn(text, " \r\n");
        *length = strcspn(first, "\r\n");
        if (*first != '#')
            return *text == '\t' ? text : first;
        text = first + *length;
    }
}

/* What separates the fields of a header: what it has most of outside of quotes; ' ' where it has
 * nothing else between words. */
static char find_separator(const char *line, size_t length)
{
    static const char candidates[] = {',', ';', '\t', '|'};
    int count[sizeof candidates] = {0}, blanks = 0, best = 0;
    bool quoted = false;
    for (size_t i = 0; i < length; i++) {
        quoted = quoted != (line[i] == '"');
        for (size_t k = 0; k < sizeof candidates && !quoted; k++)
            count[k] += line[i] == candidates[k];
        blanks += !quoted && line[i] == ' ' && i > 0;
    }
    for (int k = 1; k < (int)sizeof candidates; k++)
        best = count[k] > count[best] ? k : best;
    return count[best] > 0 ? candidates[best] : blanks > 0 ? ' ' : ',';
}

/* Columns that only blanks separate: any number of blanks becomes a tab. */
static void blanks_to_tabs(char *text)
{
    char *to = text;
    bool quoted = false, start = true;
    for (; *text != '\0'; text++) {
        quoted = quoted != (*text == '"');
        bool blank = !quoted && (*text == ' ' || *text == '\t');
        bool stop = *text == '\n' || *text == '\r';
        if (blank && (start || to[-1] == '\t'))
            continue;
        if (stop && !start && to[-1] == '\t')
            to--;
        *to++ = blank ? '\t' : *text;
        start = stop;
    }
    *to = '\0';
}

/* --- headers ---------------------------------------------------------------------------------- */

static int fields_in(const char *line, size_t length, char separator)
{
    int fields = 1;
    bool quoted = false;
    for (size_t i = 0; i < length; i++) {
        quoted = quoted != (line[i] == '"');
        fields += !quoted && line[i] == separator;
    }
    return fields;
}

/* Are all fields numbers (or empty)? Then this line is no header. */
static bool only_numbers(const char *line, size_t length, char separator)
{
    char field[64];
    int numbers = 0;
    for (size_t i = 0; i <= length; i++) {
        size_t n = 0;
        for (; i < length && line[i] != separator; i++) {
            if (n + 1 < sizeof field && line[i] != '"')
                field[n++] = line[i];
        }
        field[n] = '\0';
        char *end;
        const char *text = field + strspn(field, " ");
        strtod(text, &end);
        if (end == text && *text != '\0')
            return false;
        if (end[strspn(end, " ,")] != '\0')
            return false;
        numbers += end > text;
    }
    return numbers > 0;
}

/* numpy.savetxt writes its header as a comment: the last one before the first line, if it has as
 * many fields. */
static const char *header_comment(const char *text, const char *line, int fields, char separator,
                                  size_t *length)
{
    const char *found = NULL;
    while (text < line) {
        size_t n = strcspn(text, "\r\n");
        if (*text == '#') {
            found = text + 1 + strspn(text + 1, "# \t");
            *length = n - (size_t)(found - text);
        }
        text += n + strspn(text + n, "\r\n");
    }
    bool fits = found != NULL && fields_in(found, *length, separator) == fields &&
                !only_numbers(found, *length, separator);
    return fits ? found : NULL;
}

/* A header for a text without one. d3rlpy's files have three columns: epoch, step, value; those of
 * anybody else are numbered. */
static void make_header(struct text *out, const struct scores_source *s, int fields,
                        const char *comment, size_t length)
{
    bool said = false;
    for (int i = 0; i < READ_ROLES; i++)
        said = said || s->reading.column[i] != NULL;
    if (comment != NULL) {
        text_add(out, "%.*s\n", (int)length, comment);
    } else if (fields == 3 && !said) {
        text_add(out, "epoch%cstep%cvalue\n", s->separator, s->separator);
    } else {
        for (int i = 0; i < fields; i++)
            text_add(out, "%.*s%d", i > 0, &s->separator, i + 1);
        text_add(out, "\n");
    }
}

/* The value behind "env_id" in the first line of a monitor file. */
static void take_env_id(const char *text, struct scores_source *s)
{
    size_t line = strcspn(text, "\r\n");
    const char *key = strstr(text, "\"env_id\"");
    if (key == NULL || key > text + line || s->name[READ_DATASET][0] != '\0')
        return;
    const char *value = key + strlen("\"env_id\"");
    value += strspn(value, ": ");
    if (*value != '"')
        return;
    snprintf(s->name[READ_DATASET], SCORES_NAME, "%.*s", (int)strcspn(value + 1, "\"\r\n"),
             value + 1);
    s->from[READ_DATASET] = "env_id";
}

/* Stable-Baselines3's Monitor: {"env_id": ...} in a comment, then r,l,t: return, length and time of
 * each episode. */
static bool is_monitor(const char *text, const char *line, size_t length)
{
    return strncmp(text, "#{", 2) == 0 || (length == 5 && strncmp(line, "r,l,t", 5) == 0) ||
           strncmp(line, "r,l,t,", 6) == 0;
}

/* --- cells ------------------------------------------------------------------------------------ */

static bool is_blank(const char *at)
{
    return (*at > 0 && *at <= ' ') || *at == 0x7f;
}

static void trim(char **cell)
{
    static const char wide[] = "\xC2\xA0"; /* a blank that does not break */
    char *first = *cell, *end;
    while (is_blank(first) || strncmp(first, wide, 2) == 0)
        first += is_blank(first) ? 1 : 2;
    end = first + strlen(first);
    for (;;) {
        if (end > first && is_blank(end - 1))
            end--;
        else if (end - first >= 2 && strncmp(end - 2, wide, 2) == 0)
            end -= 2;
        else
            break;
    }
    *end = '\0';
    *cell = first;
}

static enum status parse_trimmed(const char *path, const char *text, char separator, struct csv *c)
{
    TRY(csv_parse_separated(c, path, text, separator));
    for (size_t i = 0; i < (size_t)(c->rows + 1) * (size_t)c->columns; i++)
        trim(&c->cell[i]);
    return STATUS_OK;
}

/* Settle how fields are separated. Returns where the table begins, *line its first line. */
static char *settle_separator(char *text, char *separator, const char **line, size_t *length)
{
    *line = first_line(text, length);
    if (*length == 5 && strncasecmp(*line, "sep=", 4) == 0) { /* Excel's own way to say it */
        *separator = (*line)[4];
        text += *line - text + (ptrdiff_t)*length;
        *line = first_line(text, length);
        return text;
    }
    *separator = find_separator(*line, *length);
    if (*separator == ' ') {
        blanks_to_tabs(text);
        *separator = '\t';
        *line = first_line(text, length);
    }
    return text;
}

enum status scores_csv_parse(const char *path, char *text, struct csv *c)
{
    char separator;
    const char *line;
    size_t length;
    text = settle_separator(text, &separator, &line, &length);
    return parse_trimmed(path, text, separator, c);
}

/* A monitor's columns, unless the user names others. */
static void take_monitor(const char *text, struct scores_source *s)
{
    struct reading *reading = &s->reading;
    s->layout = "Stable-Baselines3's monitor";
    take_env_id(text, s);
    if (reading->column[READ_SCORE] == NULL)
        reading->column[READ_SCORE] = "r";
    if (reading->column[READ_LENGTH] == NULL && reading->column[READ_STEP] == NULL)
        reading->column[READ_LENGTH] = "l";
}

/* The text with a header, if it has none. */
static void add_header(const char *text, const char *line, size_t length, struct scores_source *s,
                       struct text *out)
{
    size_t named = 0;
    int fields = fields_in(line, length, s->separator);
    const char *comment = header_comment(text, line, fields, s->separator, &named);
    make_header(out, s, fields, comment, named);
    if (comment == NULL && strncmp(text_get(out), "epoch", 5) == 0)
        s->layout = "d3rlpy";
    text_add(out, "%s", text);
}

enum status scores_csv_read(struct results *r, const struct scores_text *t, struct scores_source *s)
{
    size_t length;
    struct text whole = {0};
    struct csv c;
    const char *line;
    char *text = settle_separator(t->at, &s->separator, &line, &length);
    if (is_monitor(text, line, length))
        take_monitor(text, s);
    bool nameless = length > 0 && only_numbers(line, length, s->separator);
    if (nameless)
        add_header(text, line, length, s, &whole);
    enum status status = text_check(&whole);
    if (status == STATUS_OK)
        status = parse_trimmed(s->path, nameless ? text_get(&whole) : text, s->separator, &c);
    text_free(&whole);
    if (status != STATUS_OK)
        return status;
    for (int i = 0; nameless && i <= c.rows; i++)
        c.line[i] -= c.line[i] > 1; /* lines of the file */
    status = scores_rows_read(r, &c, s);
    csv_free(&c);
    return status;
}
