/* `vitamin` itself, as a process beside the tests that were built with it. */
#ifndef TESTS_SUPPORT_PROGRAM_H
#define TESTS_SUPPORT_PROGRAM_H

#include "engine/base/file.h"

#include <sys/types.h>

/* Where the `vitamin` beside this test program is. */
void program_path(char out[FILE_PATH]);

/* Start it with the words of one line (split at spaces). What it says is appended to the files
 * `out` and `err`, which may be the same. */
pid_t program_start(const char *words, const char *out, const char *err);

/* Wait for its end: the exit status, or 1000 and the signal that ended it. */
int program_end(pid_t child);

void program_pause(unsigned milliseconds);

#endif
