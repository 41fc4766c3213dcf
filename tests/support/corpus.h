/* The corpora of tests/fuzz, replayed by ordinary tests: what a fuzzer found once stays mended. */
#ifndef TESTS_SUPPORT_CORPUS_H
#define TESTS_SUPPORT_CORPUS_H

#include <stddef.h>
#include <stdint.h>

/* Give every file of tests/data/fuzz/NAME to a fuzzer's entry point; there must be `least` files.
 */
void corpus_replay(const char *name, int least, int (*entry)(const uint8_t *data, size_t size));

#endif
