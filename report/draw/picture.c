#include "report/draw/picture.h"

#include "engine/base/escape.h"
#include "report/draw/pdf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

const char *const picture_extension[PICTURE_FORMATS] = {"pdf", "svg", "png"};

/* What a whole file starts and ends with. */
static const struct {
    const char *head;
    size_t head_size;
    const char *tail;
    size_t tail_size;
} marks[PICTURE_FORMATS] = {
    [PICTURE_PDF] = {"%PDF-1.", 7, "%%EOF", 5},
    [PICTURE_SVG] = {"<?xml ", 6, "</svg>", 6},
    [PICTURE_PNG] = {"\x89PNG\r\n\x1a\n", 8, "IEND\xae\x42\x60\x82", 8},
};

enum { PNG_HEADER = 8 + 25 }; /* signature and IHDR: where a text chunk may come */

bool picture_safe_id(const char *id)
{
    static const char safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.+-";
    return *id != '\0' && *id != '.' && *id != '-' && strspn(id, safe) == strlen(id);
}

enum status picture_check(enum picture_format format, const char *data, size_t size,
                          const char *what)
{
    size_t head = marks[format].head_size, tail = marks[format].tail_size;
    if (size < head + tail || memcmp(data, marks[format].head, head) != 0)
        return status_fail(STATUS_FORMAT, "%s: gnuplot's output is no %s file (%zu bytes)", what,
                           picture_extension[format], size);
    size_t end = size;
    while (format != PICTURE_PNG && end > tail && (data[end - 1] == '\n' || data[end - 1] == '\r'))
        end--;
    if (memcmp(data + end - tail, marks[format].tail, tail) != 0)
        return status_fail(STATUS_FORMAT,
                           "%s: gnuplot's output is cut off after %zu bytes; is the disk full?",
                           what, size);
    return STATUS_OK;
}

/* --- PNG ------------------------------------------------------------------------------------ */

static void big_endian(unsigned char *out, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        out[i] = (unsigned char)(value >> (24 - 8 * i));
}

static enum status comment_png(const struct picture *p, char **data, size_t *size)
{
    static const char type[] = "tEXtComment"; /* a NUL ends the keyword */
    size_t body = sizeof type + strlen(p->comment), chunk = 4 + body + 4;
    unsigned char *out = malloc(*size + chunk);
    if (out == NULL)
        return status_fail(STATUS_MEMORY, "%s.png: no memory for its comment", p->id);

    memcpy(out, *data, PNG_HEADER);
    unsigned char *at = out + PNG_HEADER;
    big_endian(at, (uint32_t)(body - 4));
    memcpy(at + 4, type, sizeof type);
    for (size_t i = 0; i < body - sizeof type; i++) {
        /* tEXt is Latin-1: what is beyond ASCII has no place here. */
        unsigned char c = (unsigned char)p->comment[i];
        at[4 + sizeof type + i] = c >= 0x20 && c < 0x7F ? c : '?';
    }
    big_endian(at + 4 + body, (uint32_t)crc32(0, at + 4, (uInt)body));
    memcpy(at + chunk, *data + PNG_HEADER, *size - PNG_HEADER);

    free(*data);
    *data = (char *)out;
    *size += chunk;
    return STATUS_OK;
}

/* --- SVG ------------------------------------------------------------------------------------ */

/* The end of the tag that starts at `tag`, past its '>'. A '>' in a quoted value does not count. */
static const char *tag_end(const char *tag)
{
    char quote = '\0';
    for (const char *s = tag; *s != '\0'; s++) {
        if (quote != '\0')
            quote = *s == quote ? '\0' : quote;
        else if (*s == '"' || *s == '\'')
            quote = *s;
        else if (*s == '>')
            return s + 1;
    }
    return NULL;
}

static bool starts_with(const char *s, const char *with)
{
    return strncmp(s, with, strlen(with)) == 0;
}

/* What gnuplot says in every tag, and is the default or said by the group around it. */
static const char *const idle[] = {
    " stroke-linecap=\"butt\" stroke-linejoin=\"miter\"",
    " font-family=\"Nimbus Sans,Helvetica,Arial,sans-serif\" >", /* of a tspan */
};

/* Where copying resumes behind something that can be left out, or `at` itself. */
static const char *skip_idle(const char *at, const char *tag)
{
    if (starts_with(at, idle[0]))
        return at + strlen(idle[0]);
    if (starts_with(tag, "<tspan") && starts_with(at, idle[1]))
        return at + strlen(idle[1]) - 1;
    /* A tenth of a pixel is enough: of "35.91" the last digit goes. */
    if (starts_with(tag, "<path") && at[0] >= '0' && at[0] <= '9' && at[-1] >= '0' &&
        at[-1] <= '9' && at[-2] == '.' && (at[1] < '0' || at[1] > '9'))
        return at + 1;
    return at;
}

/* Copy one tag, the prefix put before every id and every reference to one. */
static void copy_tag(FILE *out, const char *tag, const char *end, const char *prefix)
{
    static const char bold[] = ":Bold\"";
    static const char *const before[] = {" id='", " id=\"", "href='#", "href=\"#", "url(#"};
    for (const char *s = tag; s < end;) {
        const char *on = s > tag + 2 ? skip_idle(s, tag) : s;
        if (on != s) {
            s = on;
            continue;
        }
        /* gnuplot writes a weight as part of the family, which no reader understands. */
        if (starts_with(s, bold)) {
            fputs(",Helvetica,Arial,sans-serif\" font-weight=\"bold\"", out);
            s += sizeof bold - 1;
            continue;
        }
        size_t n = 0;
        for (size_t k = 0; k < sizeof before / sizeof *before && n == 0; k++)
            n = starts_with(s, before[k]) ? strlen(before[k]) : 0;
        fwrite(s, 1, n > 0 ? n : 1, out);
        if (n > 0)
            fprintf(out, "%s-", prefix);
        s += n > 0 ? n : 1;
    }
}

/* gnuplot opens a group for every change of style, most of them empty: where the next tag behind
 * such a pair stands, or NULL. They are a third of a file. */
static const char *empty_group(const char *tag, const char *end)
{
    if (!starts_with(tag, "<g fill="))
        return NULL;
    end += strspn(end, " \t\n");
    return starts_with(end, "</g>") ? end + 4 + strspn(end + 4, " \t\n") : NULL;
}

static void write_escaped(FILE *out, const char *text)
{
    size_t room = 6 * strlen(text) + 1;
    char *safe = malloc(room);
    if (safe != NULL)
        fputs(escape_html(text, safe, room), out);
    free(safe);
}

/* The root's tag, named for assistive readers, and what stands in gnuplot's title's place. */
static void write_root(FILE *out, const struct picture *p, const char *tag, const char *end)
{
    if (p->comment != NULL) {
        /* Two hyphens end a comment. */
        fputs("<!-- ", out);
        for (const char *c = p->comment; *c != '\0'; c++)
            fputc(*c == '<' || *c == '>' || (c > p->comment && *c == '-' && c[-1] == '-') ? '.'
                                                                                          : *c,
                  out);
        fputs(" -->\n", out);
    }
    fwrite(tag, 1, (size_t)(end - tag) - 1, out);
    fprintf(out, "role=\"img\" aria-labelledby=\"%s-title %s-text\">\n", p->id, p->id);
    fprintf(out, "<title id=\"%s-title\">", p->id);
    write_escaped(out, p->title != NULL ? p->title : p->id);
    fprintf(out, "</title>\n<desc id=\"%s-text\">", p->id);
    write_escaped(out, p->text != NULL ? p->text : "");
    fputs("</desc>", out);
}

/* Text between tags is never touched, so a name that looks like an attribute stays as it is; but
 * gnuplot writes its '>' as they are, and "]]>" may not stand in XML. */
static enum status adapt_svg(const struct picture *p, const char *svg, FILE *out)
{
    for (const char *s = svg; *s != '\0';) {
        if (*s != '<') {
            if (*s == '>')
                fputs("&gt;", out);
            else
                fputc(*s, out);
            s++;
            continue;
        }
        const char *end = tag_end(s);
        if (end == NULL)
            return status_fail(STATUS_FORMAT, "%s.svg: a tag does not end", p->id);
        const char *behind = empty_group(s, end);
        if (behind != NULL) {
            s = behind;
        } else if (starts_with(s, "<svg")) {
            write_root(out, p, s, end);
            s = end;
        } else if (starts_with(s, "<title>Gnuplot</title>") ||
                   starts_with(s, "<title>gnuplot_plot_") || starts_with(s, "<desc>Produced by")) {
            const char *close = strstr(s, "</");
            s = close != NULL ? tag_end(close) : end;
        } else {
            if (starts_with(s, "</svg>") && p->overlay != NULL)
                fputs(p->overlay, out);
            copy_tag(out, s, end, p->id);
            s = end;
        }
    }
    return STATUS_OK;
}

static enum status finish_svg(const struct picture *p, char **data, size_t *size)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    if (out == NULL)
        return status_fail(STATUS_MEMORY, "%s.svg: no memory to finish it", p->id);
    enum status result = adapt_svg(p, *data, out);
    bool short_of_memory = ferror(out) != 0;
    if (fclose(out) != 0 || short_of_memory)
        result = status_fail(STATUS_MEMORY, "%s.svg: no memory to finish it", p->id);
    if (result != STATUS_OK) {
        free(text);
        return result;
    }
    free(*data);
    *data = text;
    *size = length;
    return STATUS_OK;
}

static enum status date_pdf(const struct picture *p, char **data, size_t *size)
{
    char name[256];
    snprintf(name, sizeof name, "%s.pdf", p->id);
    return pdf_date(name, p->date != NULL ? p->date : "19700101000000", data, size);
}

enum status picture_finish(const struct picture *p, enum picture_format format, char **data,
                           size_t *size)
{
    switch (format) {
    case PICTURE_PDF:
        return date_pdf(p, data, size);
    case PICTURE_SVG:
        return finish_svg(p, data, size);
    default:
        return p->comment != NULL ? comment_png(p, data, size) : STATUS_OK;
    }
}
