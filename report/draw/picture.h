/* A picture file between gnuplot and the reader: is it one, and what it says about itself.
 *
 *   PDF  the creation date, the only bytes that change from run to run, becomes that of the results
 *   PNG  a text chunk with the provenance
 *   SVG  title, description and hover values; ids made unique, so that many fit in one page */
#ifndef REPORT_PICTURE_H
#define REPORT_PICTURE_H

#include "engine/base/status.h"

#include <stdbool.h>
#include <stddef.h>

enum picture_format { PICTURE_PDF, PICTURE_SVG, PICTURE_PNG, PICTURE_FORMATS };

/* "pdf", "svg", "png": file extension and the scripts' TERM. */
extern const char *const picture_extension[PICTURE_FORMATS];

/* Strings are borrowed; any but id may be NULL. */
struct picture {
    const char *id;      /* file name and prefix of SVG ids: [A-Za-z0-9_.+-] only */
    const char *title;   /* any text */
    const char *text;    /* any text: the main numbers, for readers who do not see the picture */
    const char *overlay; /* SVG elements put on top (hover values), well-formed */
    const char *comment; /* provenance, one line */
    const char *date;    /* fourteen digits YYYYMMDDhhmmss; NULL: 1970 */
};

/* An id that can be a file name, an SVG id and part of a gnuplot command as it stands. */
bool picture_safe_id(const char *id);

/* Begins and ends as such a file does? `what` names it in the sentence. Errors STATUS_FORMAT. */
enum status picture_check(enum picture_format format, const char *data, size_t size,
                          const char *what);

/* Put in what the list above says; data is freed or reused, *data and *size are replaced.
 * Errors STATUS_FORMAT (not what gnuplot writes), STATUS_MEMORY. */
enum status picture_finish(const struct picture *p, enum picture_format format, char **data,
                           size_t *size);

#endif
