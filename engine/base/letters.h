/* Letters beyond ASCII where they cannot be set as they are: what LaTeX has for them, and how to
 * spell them in ASCII where no font has them. */
#ifndef ENGINE_BASE_LETTERS_H
#define ENGINE_BASE_LETTERS_H

#include <stdbool.h>
#include <stddef.h>

enum { LETTER_BROKEN = 0xFFFD }; /* code of a byte that is not UTF-8 */

/* Bytes of the character at `text` (at least 1, also of broken UTF-8), its code point in *code. */
size_t letter_next(const char *text, unsigned *code);

/* The plain letter behind a typographic variant (full-width ASCII, mathematical alphabets); any
 * other is returned as it is. */
unsigned letter_fold(unsigned code);

/* Letters without a shape of their own: joiners, variation selectors, byte-order marks. */
bool letter_invisible(unsigned code);

/* A command of LaTeX in any of its font encodings ("$\lambda$"), or NULL. */
const char *letter_latex(unsigned code);

/* The accent command ("'", "v") of a combining mark, or NULL. */
const char *letter_accent(unsigned code);

/* Can pdfLaTeX (2018 or later) set the letter as it is, in UTF-8, whatever its font encoding? */
bool letter_in_pdflatex(unsigned code);

/* A spelling in ASCII ("lambda", "->"), or NULL. */
const char *letter_ascii(unsigned code);

#endif
