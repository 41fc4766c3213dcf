/* A text that grows: what files are written from.
 *
 *   struct text t = {0};
 *   text_add(&t, "%d runs\n", n);
 *   status = text_write(&t, path);       whole or absent; frees the text
 *
 * Memory that runs out is kept until text_write (or text_check): the functions in between return
 * nothing. */
#ifndef REPORT_TEXT_H
#define REPORT_TEXT_H

#include "engine/base/status.h"

#include <stdbool.h>
#include <stddef.h>

struct text {
    char *at; /* NUL-terminated; NULL while nothing was added */
    size_t length, room;
    bool broken; /* out of memory */
};

void text_add(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Append what escape_html and its like (engine/base/escape.h) make of `text`. */
void text_add_escaped(struct text *t, char *(*escape)(const char *text, char *out, size_t size),
                      const char *text);
void text_free(struct text *t);

/* Never NULL. */
const char *text_get(const struct text *t);
/* Errors STATUS_MEMORY. */
enum status text_check(const struct text *t);
/* Write atomically, making the folder; the text is freed either way. Errors STATUS_IO,
 * STATUS_MEMORY. */
enum status text_write(struct text *t, const char *path);

/* One line of CSV is fields and an end. Numbers are %.17g, NaN is an empty field. */
void text_csv(struct text *t, const char *field);
void text_csv_number(struct text *t, double value);
void text_csv_integer(struct text *t, long long value);
void text_csv_end(struct text *t);

#endif
