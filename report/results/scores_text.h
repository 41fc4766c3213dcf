/* The bytes of a score file: from a file, a pipe or standard input, unzipped, as UTF-8. */
#ifndef REPORT_SCORES_TEXT_H
#define REPORT_SCORES_TEXT_H

#include "engine/base/status.h"

#include <stdbool.h>
#include <stddef.h>

enum { SCORES_TEXT_LIMIT = 1 << 27 }; /* bytes, also when unzipped */

struct scores_text {
    char *at; /* with a NUL behind; for free() */
    size_t length;
    bool stream; /* from a pipe: it has no name and cannot be opened again */
};

/* Read all of `path`; "-" is standard input. Pipes are read to their end, once; of a named pipe the
 * first byte must come within seconds. What is gzip is unzipped, whatever its name. Devices,
 * folders and terminals are refused.
 * Errors STATUS_IO, STATUS_FORMAT (damaged gzip, too large), STATUS_MEMORY. */
enum status scores_text_read(const char *path, struct scores_text *out);

/* Bring text to UTF-8 without a byte order mark: UTF-16 with a mark, and Windows-1252 (of which
 * Latin-1 is a part) where it is not UTF-8. *from: the name of what was converted, or NULL.
 * Errors STATUS_FORMAT (zero bytes: no text), STATUS_MEMORY. */
enum status scores_text_decode(const char *path, struct scores_text *text, const char **from);

#endif
