#include "engine/theory/theory.h"

/* clang-format off */
#define NAME(id, name, ...) name,
#define LAW_WORDS(id, name, density, exponent, words) words,
#define LAW_EXPONENT(id, name, density, exponent, words) exponent,
#define PAIR_WORDS(id, name, words) words,
const char *const theory_law_name[LAW_COUNT] = {THEORY_LAWS(NAME)};
const char *const theory_law_words[LAW_COUNT] = {THEORY_LAWS(LAW_WORDS)};
const double theory_law_exponent[LAW_COUNT] = {THEORY_LAWS(LAW_EXPONENT)};
const char *const theory_pair_name[PAIR_COUNT] = {THEORY_PAIRS(NAME)};
const char *const theory_pair_words[PAIR_COUNT] = {THEORY_PAIRS(PAIR_WORDS)};
/* clang-format on */
