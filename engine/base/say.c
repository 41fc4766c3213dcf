#include "engine/base/say.h"

#include "engine/base/escape.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { SPEC = 32 };

/* Where the text goes: a file, or a buffer. */
struct sink {
    FILE *to;
    char *out;
    size_t size, used;
};

/* va_list may be an array type: inside a struct it can be passed on as one object. */
struct arguments {
    va_list list;
};

static void sink_put(struct sink *s, const char *bytes, size_t n)
{
    if (s->out == NULL) {
        fwrite(bytes, 1, n, s->to);
        return;
    }
    size_t room = s->size - 1 - s->used;
    n = n < room ? n : room;
    memcpy(s->out + s->used, bytes, n);
    s->used += n;
}

static void pad(struct sink *s, int n)
{
    for (; n > 0; n--)
        sink_put(s, " ", 1);
}

/* One parsed conversion of a format. */
struct conversion {
    char spec[SPEC]; /* "%-8.3f" with stars replaced by their values */
    char length[3], type;
    int width, precision; /* precision -1: none */
    bool left;
};

/* A star, or digits; -1 when there is neither. */
static int take_number(const char **f, struct arguments *a)
{
    if (**f == '*') {
        (*f)++;
        return va_arg(a->list, int);
    }
    char *end;
    long n = strtol(*f, &end, 10);
    bool any = end != *f && **f >= '0' && **f <= '9';
    *f = any ? end : *f;
    return any ? (int)n : -1;
}

/* Read the conversion at *f, which points after the '%'. */
static struct conversion take_conversion(const char **f, struct arguments *a)
{
    struct conversion c = {.precision = -1};
    size_t flags = strspn(*f, "-+ #0"), n = 0;
    const char *flag = *f;
    *f += flags;
    c.width = take_number(f, a);
    if (**f == '.') {
        (*f)++;
        c.precision = take_number(f, a);
        c.precision = c.precision < 0 ? 0 : c.precision;
    }
    while (strchr("hlzjtL", **f) != NULL && n < 2)
        c.length[n++] = *(*f)++;
    c.type = *(*f)++;
    c.left = memchr(flag, '-', flags) != NULL;
    int used = snprintf(c.spec, sizeof c.spec, "%%%.*s", (int)(flags < 6 ? flags : 6), flag);
    if (c.width >= 0)
        used += snprintf(c.spec + used, sizeof c.spec - (size_t)used, "%d", c.width);
    if (c.precision >= 0)
        used += snprintf(c.spec + used, sizeof c.spec - (size_t)used, ".%d", c.precision);
    snprintf(c.spec + used, sizeof c.spec - (size_t)used, "%s%c", c.length, c.type);
    return c;
}

/* Write the first n bytes as escape_terminal does, but piece by piece, so that a sentence about
 * memory running out needs none. Returns the length written; without a sink it only counts. */
static int put_shown(struct sink *s, const char *text, size_t n)
{
    enum { PIECE = 64 };
    int written = 0;
    for (size_t taken; n > 0; text += taken, n -= taken) {
        char piece[PIECE + 1], shown[ESCAPE_TERMINAL * PIECE + 1];
        taken = n <= PIECE ? n : escape_whole(text, PIECE);
        memcpy(piece, text, taken);
        piece[taken] = '\0';
        size_t length = strlen(escape_terminal(piece, shown, sizeof shown));
        if (s != NULL)
            sink_put(s, shown, length);
        written += (int)length;
    }
    return written;
}

/* A text from outside. A precision counts its bytes and never cuts a character. */
static void put_text(struct sink *s, const struct conversion *c, const char *text)
{
    size_t n = c->precision < 0 ? strlen(text) : strnlen(text, (size_t)c->precision);
    if (c->precision >= 0 && n == (size_t)c->precision)
        n = escape_whole(text, n);
    int missing = c->width - put_shown(NULL, text, n);
    if (!c->left)
        pad(s, missing);
    put_shown(s, text, n);
    if (c->left)
        pad(s, missing);
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* the spec is a piece of a checked format */

static void put_integer(struct sink *s, const struct conversion *c, struct arguments *a)
{
    char text[512];
    int n;
    if (strcmp(c->length, "ll") == 0)
        n = snprintf(text, sizeof text, c->spec, va_arg(a->list, long long));
    else if (strcmp(c->length, "l") == 0)
        n = snprintf(text, sizeof text, c->spec, va_arg(a->list, long));
    else if (strcmp(c->length, "z") == 0 || strcmp(c->length, "t") == 0)
        n = snprintf(text, sizeof text, c->spec, va_arg(a->list, size_t));
    else if (strcmp(c->length, "j") == 0)
        n = snprintf(text, sizeof text, c->spec, va_arg(a->list, intmax_t));
    else
        n = snprintf(text, sizeof text, c->spec, va_arg(a->list, int));
    sink_put(s, text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
}

static void put_number(struct sink *s, const struct conversion *c, struct arguments *a)
{
    char text[512]; /* %f of the largest double has 309 digits */
    int n = c->length[0] == 'L' ? snprintf(text, sizeof text, c->spec, va_arg(a->list, long double))
                                : snprintf(text, sizeof text, c->spec, va_arg(a->list, double));
    sink_put(s, text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
}

static void put_pointer(struct sink *s, const struct conversion *c, struct arguments *a)
{
    char text[64];
    int n = snprintf(text, sizeof text, c->spec, va_arg(a->list, void *));
    sink_put(s, text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
}

#pragma GCC diagnostic pop

static void write_conversion(struct sink *s, const char **f, struct arguments *a)
{
    struct conversion c = take_conversion(f, a);
    if (c.type == '%') {
        sink_put(s, "%", 1);
    } else if (c.type == 's') {
        const char *text = va_arg(a->list, const char *);
        put_text(s, &c, text != NULL ? text : "(null)");
    } else if (c.type == 'c') {
        const char letter[2] = {(char)va_arg(a->list, int), '\0'};
        put_text(s, &c, letter);
    } else if (c.type == 'p') {
        put_pointer(s, &c, a);
    } else if (strchr("diouxX", c.type) != NULL) {
        put_integer(s, &c, a);
    } else {
        assert(strchr("aAeEfFgG", c.type) != NULL);
        put_number(s, &c, a);
    }
}

static void format_to(struct sink *s, const char *format, va_list args)
{
    struct arguments a;
    va_copy(a.list, args);
    for (const char *f = format; *f != '\0';) {
        size_t plain = strcspn(f, "%");
        sink_put(s, f, plain);
        f += plain;
        if (*f == '%') {
            f++;
            write_conversion(s, &f, &a);
        }
    }
    va_end(a.list);
}

size_t say_list(char *out, size_t size, const char *format, va_list args)
{
    struct sink s = {.out = out, .size = size};
    format_to(&s, format, args);
    if (s.used + 1 == size)
        s.used = escape_whole(out, s.used);
    out[s.used] = '\0';
    return s.used;
}

void say_list_to(FILE *to, const char *format, va_list args)
{
    format_to(&(struct sink){.to = to}, format, args);
}

void say_to(FILE *to, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say_list_to(to, format, args);
    va_end(args);
}

void say(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say_list_to(stdout, format, args);
    va_end(args);
}

/* Columns of n bytes of UTF-8, each character taken for one. */
static int columns_of(const char *text, int n)
{
    int columns = 0;
    for (int i = 0; i < n; i++)
        columns += ((unsigned char)text[i] & 0xC0) != 0x80;
    return columns;
}

void say_wrapped(FILE *to, const char *text, int column, int indent, int columns)
{
    bool begins = true;
    for (const char *at = text; *at != '\0';) {
        if (at[0] == '\n' && at[1] == '\n') {
            fprintf(to, "\n\n%*s", indent, "");
            column = indent;
            begins = true;
        }
        at += strspn(at, " \n");
        int n = (int)strcspn(at, " \n"), width = columns_of(at, n);
        if (n == 0)
            break;
        if (!begins && column + 1 + width > columns) {
            fprintf(to, "\n%*s", indent, "");
            column = indent;
            begins = true;
        }
        say_to(to, "%s%.*s", begins ? "" : " ", n, at);
        column += width + !begins;
        begins = false;
        at += n;
    }
    fputc('\n', to);
}
