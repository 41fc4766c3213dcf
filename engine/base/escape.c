#include "engine/base/escape.h"

#include "engine/base/letters.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct rule {
    char sign;
    const char *text;
};

/* clang-format off */
static const struct rule latex[] = {
    {'\\', "\\textbackslash{}"}, {'{', "\\{"}, {'}', "\\}"}, {'$', "\\$"}, {'&', "\\&"},
    {'%', "\\%"}, {'#', "\\#"}, {'_', "\\_"}, {'~', "\\textasciitilde{}"},
    {'^', "\\textasciicircum{}"}, {'<', "\\textless{}"}, {'>', "\\textgreater{}"},
    {'|', "\\textbar{}"}, {'"', "{\\char34}"}, {'`', "{`}"},
    /* Not special by themselves, but after the previous row's \\\\ they would be an option or a star. */
    {'[', "{[}"}, {']', "{]}"}, {'*', "{*}"}, {0, NULL}};

static const struct rule markdown[] = {
    {'\\', "\\\\"}, {'`', "\\`"}, {'*', "\\*"}, {'_', "\\_"}, {'{', "\\{"}, {'}', "\\}"},
    {'[', "\\["}, {']', "\\]"}, {'<', "&lt;"}, {'>', "&gt;"}, {'#', "\\#"}, {'|', "\\|"},
    {'~', "\\~"}, {'&', "&amp;"}, {'$', "\\$"}, {'!', "\\!"}, {0, NULL}};

static const struct rule html[] = {
    {'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"}, {0, NULL}};

static const struct rule gnuplot[] = {{'\'', "''"}, {'`', "''"}, {0, NULL}};

static const struct rule csv[] = {{'"', "\"\""}, {0, NULL}};
/* clang-format on */

static const char *replacement(const struct rule *rules, char sign)
{
    for (; rules->text != NULL; rules++) {
        if (rules->sign == sign)
            return rules->text;
    }
    return NULL;
}

/* Characters that control a terminal, end a line or change the direction of writing. */
static bool is_control(unsigned code)
{
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x61C || code == 0x200E ||
           code == 0x200F || (code >= 0x2028 && code <= 0x202E) ||
           (code >= 0x2066 && code <= 0x2069);
}

/* One character of a text. */
struct sign {
    size_t bytes;  /* in the text */
    bool broken;   /* one byte that is not UTF-8 */
    bool control;  /* see is_control */
    unsigned code; /* code point, or the byte */
};

static struct sign sign_at(const char *text)
{
    unsigned code;
    size_t n = letter_next(text, &code);
    if (n == 1 && code == LETTER_BROKEN)
        return (struct sign){.bytes = 1, .broken = true, .code = (unsigned char)*text};
    return (struct sign){.bytes = n, .control = is_control(code), .code = code};
}

/* The output for the next character of *text: a piece of the input, or a fixed text. */
static size_t next_piece(const char **text, const struct rule *rules, const char **piece)
{
    struct sign sign = sign_at(*text);
    const char *instead = sign.code < 0x80 ? replacement(rules, (char)sign.code) : NULL;
    *piece = sign.broken ? "?" : sign.control ? " " : instead != NULL ? instead : *text;
    *text += sign.bytes;
    return *piece == *text - sign.bytes ? sign.bytes : strlen(*piece);
}

/* `reserve` bytes are left free at the end (a closing quote). Returns the length written. */
static size_t apply(const struct rule *rules, const char *text, char *out, size_t size,
                    size_t reserve)
{
    size_t used = 0;
    while (*text != '\0') {
        const char *piece;
        size_t length = next_piece(&text, rules, &piece);
        if (used + length + reserve + 1 > size)
            break;
        memcpy(out + used, piece, length);
        used += length;
    }
    out[used] = '\0';
    return used;
}

/* --- LaTeX ---------------------------------------------------------------------------------- */

enum { LATEX_PIECE = 128, LATEX_RUN = 12 }; /* bytes of one piece; letters in one \unicodetext */

/* The letter that stands for it, of those that LaTeX can set. */
static bool has_latex(unsigned code)
{
    code = letter_fold(code);
    return code < 0x80 || letter_latex(code) != NULL || letter_in_pdflatex(code) ||
           letter_invisible(code) || is_control(code);
}

/* "\unicodetext{57FA}{U+57FA 7EBF}{基线}": letters that only a Unicode engine with the right font
 * can set (table_latex.c defines the command). Returns the bytes of the text that it stands for. */
static size_t latex_unicode(const char *text, char piece[LATEX_PIECE])
{
    char codes[LATEX_PIECE / 2];
    size_t bytes = 0, used = 0;
    unsigned first = sign_at(text).code;
    for (int k = 0; k < LATEX_RUN; k++) {
        struct sign sign = sign_at(text + bytes);
        if (sign.broken || has_latex(sign.code) || used + 8 > sizeof codes ||
            bytes + sign.bytes > 24)
            break;
        used += (size_t)snprintf(codes + used, sizeof codes - used, "%s%04X", k > 0 ? " " : "",
                                 sign.code);
        bytes += sign.bytes;
    }
    snprintf(piece, LATEX_PIECE, "\\unicodetext{%04X}{U+%s}{%.*s}", first, codes, (int)bytes, text);
    return bytes;
}

/* The next letters of *text. */
static void latex_piece(const char **text, char piece[LATEX_PIECE])
{
    struct sign sign = sign_at(*text), next = sign_at(*text + sign.bytes);
    unsigned code = letter_fold(sign.code);
    const char *accent = code < 0x80 && !next.broken ? letter_accent(next.code) : NULL;
    if (!sign.broken && !sign.control && !has_latex(code)) {
        *text += latex_unicode(*text, piece);
        return;
    }
    *text += sign.bytes;
    const char *instead = sign.broken    ? "?"
                          : sign.control ? " "
                          : code < 0x80  ? replacement(latex, (char)code)
                                         : letter_latex(code);
    bool letter = (code >= 'A' && code <= 'Z') || (code >= 'a' && code <= 'z');
    if (accent != NULL && letter) {
        snprintf(piece, LATEX_PIECE, "\\%s{%c}", accent, (char)code);
        *text += next.bytes;
    } else if (instead != NULL) {
        snprintf(piece, LATEX_PIECE, "%s", instead);
    } else if (code < 0x80 && code != sign.code) {
        snprintf(piece, LATEX_PIECE, "%s%c%s", sign.code > 0xFFFF ? "$" : "", (char)code,
                 sign.code > 0xFFFF ? "$" : "");
    } else {
        int bytes = letter_invisible(code) ? 0 : (int)sign.bytes;
        snprintf(piece, LATEX_PIECE, "%.*s", bytes, *text - sign.bytes);
    }
}

char *escape_latex(const char *text, char *out, size_t size)
{
    size_t used = 0;
    while (*text != '\0') {
        char piece[LATEX_PIECE];
        latex_piece(&text, piece);
        size_t length = strlen(piece);
        if (used + length + 1 > size)
            break;
        memcpy(out + used, piece, length);
        used += length;
    }
    out[used] = '\0';
    return out;
}

char *escape_line(const char *text, char *out, size_t size)
{
    static const struct rule none[] = {{0, NULL}};
    apply(none, text, out, size, 0);
    return out;
}

char *escape_markdown(const char *text, char *out, size_t size)
{
    apply(markdown, text, out, size, 0);
    return out;
}

char *escape_html(const char *text, char *out, size_t size)
{
    apply(html, text, out, size, 0);
    return out;
}

char *escape_gnuplot(const char *text, char *out, size_t size)
{
    apply(gnuplot, text, out, size, 0);
    return out;
}

/* A copy with characters that are not allowed replaced by escapes. */
static char *spell(const char *text, char *out, size_t size,
                   int (*escaped)(struct sign sign, char out[16]))
{
    size_t used = 0;
    while (*text != '\0') {
        char own[16];
        struct sign sign = sign_at(text);
        int n = escaped(sign, own);
        size_t length = n > 0 ? (size_t)n : sign.bytes;
        if (used + length + 1 > size)
            break;
        memcpy(out + used, n > 0 ? own : text, length);
        used += length;
        text += sign.bytes;
    }
    out[used] = '\0';
    return out;
}

static int json_sign(struct sign sign, char out[16])
{
    if (sign.broken)
        return snprintf(out, 16, "?");
    if (sign.control)
        return snprintf(out, 16, "\\u%04x", sign.code);
    return sign.code == '"' || sign.code == '\\' ? snprintf(out, 16, "\\%c", (char)sign.code) : 0;
}

char *escape_json(const char *text, char *out, size_t size)
{
    return spell(text, out, size, json_sign);
}

static int terminal_sign(struct sign sign, char out[16])
{
    if (sign.code == '\n' || sign.code == '\t' || sign.code == '\r')
        return snprintf(out, 16, "\\%c", sign.code == '\n' ? 'n' : sign.code == '\t' ? 't' : 'r');
    if (sign.broken || (sign.control && sign.code < 0x80))
        return snprintf(out, 16, "\\x%02x", sign.code);
    return sign.control ? snprintf(out, 16, "\\u%04x", sign.code) : 0;
}

char *escape_terminal(const char *text, char *out, size_t size)
{
    return spell(text, out, size, terminal_sign);
}

size_t escape_whole(const char *text, size_t n)
{
    size_t first = n; /* to the last character's first byte, which is not a continuation byte */
    while (first > 0 && n - first < 4 && ((unsigned char)text[first - 1] & 0xC0) == 0x80)
        first--;
    unsigned char lead = first > 0 ? (unsigned char)text[first - 1] : 0;
    size_t wanted = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    return wanted > n - first + 1 ? first - 1 : n;
}

/* Does the field, after apostrophes and blanks (or control characters, which become blanks), look
 * like a formula to a spreadsheet? */
static bool is_formula(const char *text)
{
    char *end;
    text += strspn(text, "'");
    (void)strtod(text, &end); /* a negative number is not a formula */
    if (*end == '\0')
        return false;
    while (*text == ' ' || sign_at(text).control) {
        if (*text == '\0')
            return false;
        text += sign_at(text).bytes;
    }
    return strchr("=+-@", *text) != NULL && *text != '\0';
}

const char *escape_csv_restored(const char *field)
{
    return *field == '\'' && is_formula(field) ? field + 1 : field;
}

char *escape_csv(const char *text, char *out, size_t size)
{
    size_t length = strlen(text), used = 0;
    bool formula = is_formula(text);
    bool quote = strpbrk(text, ",\"\r\n") != NULL ||
                 (length > 0 && (strchr(" #", text[0]) != NULL || text[length - 1] == ' '));
    quote = quote && size >= 4;
    if (quote)
        out[used++] = '"';
    if (formula && used + 2 < size)
        out[used++] = '\'';
    used += apply(csv, text, out + used, size - used, quote ? 1 : 0);
    if (quote)
        out[used++] = '"';
    out[used] = '\0';
    return out;
}

char *escape_file(const char *text, char *out, size_t size)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "_.+-";
    size_t used = 0;
    for (; text[used] != '\0' && used + 1 < size; used++)
        out[used] = strchr(allowed, text[used]) != NULL ? text[used] : '_';
    if (used == 0 && size > 1)
        out[used++] = '_';
    out[used] = '\0';
    for (size_t i = 0; out[i] == '.'; i++)
        out[i] = '_';
    return out;
}
