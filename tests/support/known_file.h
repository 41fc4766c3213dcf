/* D4RL's files are too large for tests, so a test may declare one of its own to be one of them. */
#ifndef TESTS_SUPPORT_KNOWN_FILE_H
#define TESTS_SUPPORT_KNOWN_FILE_H

/* From now on, in this test's process, D4RL's file of this id is the one at `path`: size and digest
 * in dataset_table are its. NULL: nothing is known of it. */
void known_file(const char *id, const char *path);

#endif
