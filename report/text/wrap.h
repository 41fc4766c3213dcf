/* Where lines of names end. */
#ifndef REPORT_WRAP_H
#define REPORT_WRAP_H

#include <stdbool.h>
#include <stddef.h>

/* Width of a letter; any unit, the same as the room's. */
typedef double wrap_width(unsigned code);

double wrap_measure(const char *text, wrap_width *width);
/* Bytes of the longest start that fits. */
size_t wrap_fitting(const char *text, double room, wrap_width *width);
/* Bytes of the first line: as many words as fit, and the sign that joins it to the next one (a
 * hyphen, a comma, ...); a part of the first word where even that is too long, and *whole becomes
 * false. Blanks behind it belong to no line. Returns at least one letter of a text that has any. */
size_t wrap_line(const char *text, double room, wrap_width *width, bool *whole);

#endif
