/* Text of any origin made safe for each output format.
 *
 * Every function writes a NUL-terminated copy of `text` to `out`, at most `size` bytes, and returns
 * out. A copy that is too long is cut before the first character that does not fit, never inside an
 * escape. Control characters (including newline, tab, those beyond ASCII, and those that change the
 * direction of writing) become a space: names are one line everywhere. UTF-8 passes through; broken
 * UTF-8 becomes '?'. */
#ifndef ENGINE_BASE_ESCAPE_H
#define ENGINE_BASE_ESCAPE_H

#include <stddef.h>

enum { ESCAPE_SIZE = 1024 }; /* enough for any name of results.h in any format */

/* Only the rules above: a name on one line. */
char *escape_line(const char *text, char *out, size_t size);

/* Running text of LaTeX, any font encoding: \ { } $ & % # _ ~ ^ < > " ` | [ ] * escaped; Greek,
 * mathematical signs, quotes and dashes become commands (letters.h), European letters stay. What is
 * left (CJK, Cyrillic, ...) becomes \unicodetext{57FA}{U+57FA 7EBF}{...}: code of the first letter,
 * all codes, the letters themselves. */
char *escape_latex(const char *text, char *out, size_t size);

/* Text in a Markdown table cell: \ ` * _ { } [ ] < > # ! | ~ & $ escaped. */
char *escape_markdown(const char *text, char *out, size_t size);

/* One CSV field, RFC 4180: quoted when it holds a comma, a quote, a line break, or leading or
 * trailing blanks, or begins with # (a comment at the start of a line); quotes doubled. A field
 * that a spreadsheet would take for a formula (it begins with = + - or @ and is not a number) gets
 * an apostrophe in front; escape_csv_restored removes it from a field without quotes. */
char *escape_csv(const char *text, char *out, size_t size);
const char *escape_csv_restored(const char *field);

/* HTML text and double-quoted attribute values: & < > " '. */
char *escape_html(const char *text, char *out, size_t size);

/* The inside of a gnuplot single-quoted string: ' doubled. Use with `noenhanced`. Backquotes
 * are commands only in double quotes; they become ' (doubled) all the same, in case somebody edits
 * the script. */
char *escape_gnuplot(const char *text, char *out, size_t size);

/* A JSON string without its quotes: " and \ escaped, control characters as \u001b. */
char *escape_json(const char *text, char *out, size_t size);

/* One line for a terminal: characters that it might interpret are shown as escapes ("\n", "\x1b",
 * "\u202e"; each byte of broken UTF-8: "\xff"). A clean text is copied unchanged. */
char *escape_terminal(const char *text, char *out, size_t size);
enum { ESCAPE_TERMINAL = 4 }; /* output bytes per byte of text, at most */

/* The length of the first n bytes of a text, without a character that they would cut in two. */
size_t escape_whole(const char *text, size_t n);

/* A file name: bytes outside [A-Za-z0-9_.+-] become '_'; "" and leading dots too. */
char *escape_file(const char *text, char *out, size_t size);

#endif
