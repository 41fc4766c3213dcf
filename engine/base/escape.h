/* Text of any origin made safe for each output format.
 *
 * Every function writes a NUL-terminated copy of `text` to `out`, at most `size` bytes, and returns
 * out; a copy that does not fit is cut before the sign that would not fit, never inside an escape.
 * Control characters (newline and tab too, those beyond ASCII, and what turns the direction of
 * writing) become a space: names are one line everywhere. UTF-8 passes through; broken UTF-8
 * becomes '?'. */
#ifndef ENGINE_BASE_ESCAPE_H
#define ENGINE_BASE_ESCAPE_H

#include <stddef.h>

enum { ESCAPE_SIZE = 1024 }; /* enough for any name of results.h in any format */

/* Nothing but the rules above: a name on one line. */
char *escape_line(const char *text, char *out, size_t size);

/* Running text of LaTeX, any font encoding: \ { } $ & % # _ ~ ^ < > " ` | [ ] * escaped; letters
 * beyond Latin-1, where pdfTeX would stop, become '?'. */
char *escape_latex(const char *text, char *out, size_t size);

/* Text in a Markdown table cell: \ ` * _ { } [ ] < > # ! | ~ & $ escaped. */
char *escape_markdown(const char *text, char *out, size_t size);

/* One CSV field, RFC 4180: quoted when it holds a comma, a quote, a line break, or leading or
 * trailing blanks; quotes doubled. What a spreadsheet would take for a formula (a field that begins
 * with = + - or @ and is no number) gets an apostrophe before it; escape_csv_restored, given the
 * field without its quotes, is the text without it. */
char *escape_csv(const char *text, char *out, size_t size);
const char *escape_csv_restored(const char *field);

/* HTML text and double-quoted attribute values: & < > " '. */
char *escape_html(const char *text, char *out, size_t size);

/* The inside of a gnuplot single-quoted string: ' doubled. Use with `noenhanced`. Backquotes are
 * commands in double quotes only; still they become ' (doubled), for a script that is edited. */
char *escape_gnuplot(const char *text, char *out, size_t size);

/* A JSON string without its quotes: " and \ escaped, control characters as \u001b. */
char *escape_json(const char *text, char *out, size_t size);

/* One line for a terminal: what it might obey is shown instead ("\n", "\x1b", "\u202e", of broken
 * UTF-8 each byte: "\xff"). A text that is clean already comes out unchanged. */
char *escape_terminal(const char *text, char *out, size_t size);
enum { ESCAPE_TERMINAL = 4 }; /* bytes of the output for one of the text, at most */

/* The length of the first n bytes of a text without a sign that they cut in two. */
size_t escape_whole(const char *text, size_t n);

/* A file name: bytes outside [A-Za-z0-9_.+-] become '_'; "" and leading dots too. */
char *escape_file(const char *text, char *out, size_t size);

#endif
