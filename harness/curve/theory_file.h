/* theory.h5, the result file of `vitamin theory`: the numbers of engine/theory/theory.h.
 *
 *   theory.h5
 *   |-- attributes   format ("vitamin theory 1"), revision, dirty (0 | 1), laws and pairs (names
 *   |                of the rows of growth and ratio, separated by blanks)
 *   |-- growth/      one dataset per field of struct theory_growth: (laws), or (laws, 64)
 *   |-- coverage/  regret/  ratio/  remark/  context/      likewise
 *
 * The file is written whole (temporary file, sync, rename) and ends with a seal
 * (engine/base/seal.h). One program writes equal bytes whenever it is asked: the file bears no
 * date, host or path. */
#ifndef HARNESS_THEORY_FILE_H
#define HARNESS_THEORY_FILE_H

#include "engine/theory/theory.h"

#include <stdbool.h>

#define THEORY_FILE "theory.h5" /* the name that a report looks for in folders of results */

/* Errors STATUS_IO. */
enum status theory_file_write(const struct theory *t, const char *path);

/* Errors STATUS_MISSING (there is no such file), STATUS_IO, STATUS_DAMAGED (the seal),
 * STATUS_FORMAT (another format, laws, shapes, or numbers that cannot be; *out is then zero). */
enum status theory_file_read(const char *path, struct theory *out);

/* Does the file call itself "vitamin theory"? False where it cannot be read. */
bool theory_file_is(const char *path);

#endif
