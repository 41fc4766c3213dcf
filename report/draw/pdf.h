/* Dating a PDF.
 *
 * cairo writes the clock into /CreationDate, since 1.18 in a compressed object, and neither cairo
 * nor gnuplot can be told another time. So the file is read as a viewer does it (cross-reference
 * table or stream, object streams) and written again: a plain header, the objects that catalogue
 * and information dictionary lead to, each on its own and in the order of their numbers, a table.
 * Streams keep their bytes. What cairo said of the time, or of the length of something that held
 * it, is gone.
 *
 * Source ISO 32000-1, 7.5 */
#ifndef REPORT_PDF_H
#define REPORT_PDF_H

#include "engine/base/status.h"

#include <stddef.h>

/* Give it the creation date `date`, fourteen digits YYYYMMDDhhmmss (UTC). `what` names the file in
 * sentences; *data is freed and replaced, *size with it.
 *
 * Errors STATUS_FORMAT: no such date; not a PDF; one that was updated in place, encrypted or packed
 * by something else than deflate, all of which cairo never does. STATUS_MEMORY. */
enum status pdf_date(const char *what, const char *date, char **data, size_t *size);

#endif
