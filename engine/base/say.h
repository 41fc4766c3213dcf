/* printf for people: text from outside cannot send commands to the terminal.
 *
 * As printf, but each %s is written through escape_terminal: names, labels, reasons, paths and
 * replies of any origin are one line without control characters. The format itself
 * is trusted. Write a text of several lines line by line, or with printf if it is our own.
 *
 * Understands the flags, widths, precisions, lengths and conversions of printf except %n and
 * numbered arguments. */
#ifndef ENGINE_BASE_SAY_H
#define ENGINE_BASE_SAY_H

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

/* To standard output, to a file. ferror says whether writing succeeded. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void say_to(FILE *to, const char *format, ...) __attribute__((format(printf, 2, 3)));
void say_list_to(FILE *to, const char *format, va_list args);

/* The words of a text in lines of at most `columns`: the first begins at `column`, further ones are
 * indented by `indent`; two newlines begin a paragraph. A newline ends it. */
void say_wrapped(FILE *to, const char *text, int column, int indent, int columns);

/* To a buffer: NUL-terminated, cut at `size`, never inside a character. Returns the length
 * written. */
size_t say_list(char *out, size_t size, const char *format, va_list args);

#endif
