/* Letters that no installed font has, spelt so that they can be read.
 *
 * gnuplot draws such a letter as a box with its code, hundreds of times too large. In figures it
 * becomes ASCII where there is a usual spelling ("lambda", "->"), else its code: "U+57FA 7EBF". */
#ifndef REPORT_GLYPHS_H
#define REPORT_GLYPHS_H

#include <stdbool.h>
#include <stddef.h>

/* `text` itself where everything can be drawn, else `out` with the spelling. Asks fontconfig, whose
 * answers hold for the process. Not thread-safe. */
const char *glyphs_spell(const char *text, char *out, size_t size);
/* Is any letter of the text without a glyph? */
bool glyphs_missing(const char *text);

#endif
