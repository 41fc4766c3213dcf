/* What the terminal behind a stream can show. */
#ifndef HARNESS_TERMINAL_H
#define HARNESS_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* May lines be written over? Yes on a terminal, unless TERM says that it cannot (dumb, or unset).
 */
bool terminal_is_live(FILE *to);

/* Columns of which a line may take all without wrapping, and rows; `otherwise` where the stream is
 * no terminal, or one that does not say. */
int terminal_columns(FILE *to, int otherwise);
int terminal_rows(FILE *to, int otherwise);

/* A label, and beside it from column `indent` on a text as say() writes it, one line of a pipe or
 * several of a terminal. A newline ends it. */
void terminal_say(FILE *to, int indent, const char *label, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Does the environment (LC_ALL, LC_CTYPE, LANG) say UTF-8? */
bool terminal_has_utf8(void);

/* The course of n numbers as one character each, from the lowest to the highest, the last `columns`
 * of them; a gap for what is not finite. UTF-8's blocks or plain ones. */
enum { TERMINAL_SPARK = 4 }; /* bytes of a character, at most */
void terminal_sparkline(const double *x, int n, int columns, bool utf8, char *out, size_t size);

#endif
