#include "engine/base/escape.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct rule {
    char sign;
    const char *text;
};

/* Characters in our own texts that pdfTeX's fonts need a command for. */
static const char *const latex_signs[][2] = {
    {"\u2014", "---"},           {"\u2013", "--"},        {"\u2192", "$\\to$"},
    {"\u00b1", "$\\pm$"},        {"\u00d7", "$\\times$"}, {"\u2020", "\\dag{}"},
    {"\u2212", "$-$"},           {"\u2264", "$\\le$"},    {"\u2265", "$\\ge$"},
    {"\u2193", "$\\downarrow$"}, {"\u03b1", "$\\alpha$"}};

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

/* Bytes of the well-formed UTF-8 sequence at s (no overlong forms, no surrogates), or 0. */
static size_t utf8_length(const unsigned char *s)
{
    static const struct {
        unsigned char low, high, second_low, second_high;
        size_t length;
    } forms[] = {{0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3},
                 {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3},
                 {0xEE, 0xEF, 0x80, 0xBF, 3}, {0xF0, 0xF0, 0x90, 0xBF, 4},
                 {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4}};
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (s[0] < forms[i].low || s[0] > forms[i].high)
            continue;
        if (s[1] < forms[i].second_low || s[1] > forms[i].second_high)
            return 0;
        for (size_t k = 2; k < forms[i].length; k++) {
            if ((s[k] & 0xC0) != 0x80)
                return 0;
        }
        return forms[i].length;
    }
    return 0;
}

/* Code point of the well-formed sequence at s, n bytes. */
static unsigned code_point(const unsigned char *s, size_t n)
{
    unsigned code = n == 1 ? s[0] : s[0] & (0x7Fu >> n);
    for (size_t i = 1; i < n; i++)
        code = code << 6 | (s[i] & 0x3Fu);
    return code;
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
    const unsigned char *s = (const unsigned char *)text;
    size_t n = *s < 0x80 ? 1 : utf8_length(s);
    if (n == 0)
        return (struct sign){.bytes = 1, .broken = true, .code = *s};
    unsigned code = code_point(s, n);
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

/* pdfTeX stops at letters that its fonts lack: Latin-1's accented letters pass (except eth and
 * thorn), some characters have commands, the rest becomes '?'. */
static bool has_glyph(const unsigned char *s)
{
    static const unsigned char without[] = {0x90, 0x97, 0x9E, 0xB0, 0xB7, 0xBE};
    return s[0] == 0xC3 && memchr(without, s[1], sizeof without) == NULL;
}

static size_t latex_piece(const char **text, const char **piece)
{
    const unsigned char *s = (const unsigned char *)*text;
    if (*s < 0x80 || sign_at(*text).control)
        return next_piece(text, latex, piece);
    for (size_t i = 0; i < sizeof latex_signs / sizeof latex_signs[0]; i++) {
        size_t n = strlen(latex_signs[i][0]);
        if (strncmp(*text, latex_signs[i][0], n) == 0) {
            *piece = latex_signs[i][1];
            *text += n;
            return strlen(*piece);
        }
    }
    size_t n = utf8_length(s);
    bool letter = n == 2 && has_glyph(s);
    *piece = letter ? *text : "?";
    *text += n > 0 ? n : 1;
    return letter ? n : 1;
}

char *escape_latex(const char *text, char *out, size_t size)
{
    size_t used = 0;
    while (*text != '\0') {
        const char *piece;
        size_t length = latex_piece(&text, &piece);
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
