/* Hyperparameters of one run: plain data generated from hyper.def, which describes each. */
#ifndef ENGINE_METHODS_HYPER_H
#define ENGINE_METHODS_HYPER_H

#include "engine/base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HYPER_TEXT_SIZE = 320, HYPER_MAX = 160 };

enum hyper_type { HYPER_IS_INT, HYPER_IS_REAL, HYPER_IS_CHOICE, HYPER_IS_TEXT };

/* EACH(do, key, a, b, c): do(key, a) do(key, b) do(key, c), for up to sixteen words. */
/* clang-format off */
#define HYPER_EACH_1(do, key, a) do(key, a)
#define HYPER_EACH_2(do, key, a, ...) do(key, a) HYPER_EACH_1(do, key, __VA_ARGS__)
#define HYPER_EACH_3(do, key, a, ...) do(key, a) HYPER_EACH_2(do, key, __VA_ARGS__)
#define HYPER_EACH_4(do, key, a, ...) do(key, a) HYPER_EACH_3(do, key, __VA_ARGS__)
#define HYPER_EACH_5(do, key, a, ...) do(key, a) HYPER_EACH_4(do, key, __VA_ARGS__)
#define HYPER_EACH_6(do, key, a, ...) do(key, a) HYPER_EACH_5(do, key, __VA_ARGS__)
#define HYPER_EACH_7(do, key, a, ...) do(key, a) HYPER_EACH_6(do, key, __VA_ARGS__)
#define HYPER_EACH_8(do, key, a, ...) do(key, a) HYPER_EACH_7(do, key, __VA_ARGS__)
#define HYPER_EACH_9(do, key, a, ...) do(key, a) HYPER_EACH_8(do, key, __VA_ARGS__)
#define HYPER_EACH_10(do, key, a, ...) do(key, a) HYPER_EACH_9(do, key, __VA_ARGS__)
#define HYPER_EACH_11(do, key, a, ...) do(key, a) HYPER_EACH_10(do, key, __VA_ARGS__)
#define HYPER_EACH_12(do, key, a, ...) do(key, a) HYPER_EACH_11(do, key, __VA_ARGS__)
#define HYPER_EACH_13(do, key, a, ...) do(key, a) HYPER_EACH_12(do, key, __VA_ARGS__)
#define HYPER_EACH_14(do, key, a, ...) do(key, a) HYPER_EACH_13(do, key, __VA_ARGS__)
#define HYPER_EACH_15(do, key, a, ...) do(key, a) HYPER_EACH_14(do, key, __VA_ARGS__)
#define HYPER_EACH_16(do, key, a, ...) do(key, a) HYPER_EACH_15(do, key, __VA_ARGS__)
#define HYPER_SEVENTEENTH(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, seventeenth, ...) seventeenth
#define HYPER_EACH(do, key, ...) \
    HYPER_SEVENTEENTH(__VA_ARGS__, HYPER_EACH_16, HYPER_EACH_15, HYPER_EACH_14, HYPER_EACH_13, \
        HYPER_EACH_12, HYPER_EACH_11, HYPER_EACH_10, HYPER_EACH_9, \
        HYPER_EACH_8, HYPER_EACH_7, HYPER_EACH_6, HYPER_EACH_5, \
        HYPER_EACH_4, HYPER_EACH_3, HYPER_EACH_2, HYPER_EACH_1, ) \
    (do, key, __VA_ARGS__)
/* clang-format on */

/* enum hyper_critic_arch {HYPER_critic_arch_mlp, HYPER_critic_arch_lstm, ...} and so on. */
#define HYPER_ENUMERATOR(key, word) HYPER_##key##_##word,
#define HYPER_INT(name, value, low, high, source, help)
#define HYPER_REAL(name, value, low, high, source, help)
#define HYPER_TEXT(name, value, source, help)
#define HYPER_CHOICE(name, source, help, ...)                                                      \
    enum hyper_##name{HYPER_EACH(HYPER_ENUMERATOR, name, __VA_ARGS__)};
#include "engine/methods/hyper.def"
#undef HYPER_INT
#undef HYPER_REAL
#undef HYPER_CHOICE
#undef HYPER_TEXT

struct hyper {
#define HYPER_INT(name, value, low, high, source, help)  int64_t name;
#define HYPER_REAL(name, value, low, high, source, help) double name;
#define HYPER_CHOICE(name, source, help, ...)            enum hyper_##name name;
#define HYPER_TEXT(name, value, source, help)            char name[HYPER_TEXT_SIZE];
#include "engine/methods/hyper.def"
#undef HYPER_INT
#undef HYPER_REAL
#undef HYPER_CHOICE
#undef HYPER_TEXT
    bool applies[HYPER_MAX]; /* by position in hyper_table; "-" in a file makes it false */
};

/* One row of hyper_table. */
struct hyper_field {
    const char *name;
    enum hyper_type type;
    size_t offset;            /* in struct hyper */
    const char *value;        /* default, as text */
    double low, high;         /* inclusive, numbers only */
    const char *const *words; /* of the enumerators in order, NULL-terminated; choices only */
    const char *source;       /* table of the paper, "code", ledger entry */
    const char *help;
};

extern const struct hyper_field hyper_table[];
extern const int hyper_count;

/* Every field at its default, all applying but those of HYPER_PART in hyper.def. */
void hyper_defaults(struct hyper *h);

/* Position of a key in hyper_table, or -1. */
int hyper_find(const char *key);

/* Parse and store. "-" means "does not apply to this method": the field gets its default and is
 * marked; any value makes it apply again.
 * Errors STATUS_CONFIG: unknown key (the nearest is named), not a number, out of range, not one of
 * the choices. */
enum status hyper_set(struct hyper *h, const char *key, const char *value);

bool hyper_applies(const struct hyper *h, const char *key);

/* The value as text that hyper_set reads back to the same bits. */
void hyper_format(const struct hyper *h, int field, char out[HYPER_TEXT_SIZE]);

/* Whether recorded configurations may lack the key: HYPER_LATER and HYPER_PART in hyper.def. */
bool hyper_is_later(int field);

/* Whether a field has its default, as hyper_format writes it, or does not apply. */
bool hyper_is_default(const struct hyper *h, int field);

/* The word of a choice, as in a file. `key` must name one. */
const char *hyper_word(const struct hyper *h, const char *key);

/* Check relations between fields that ranges cannot express (T_eval <= T_train, embed_dim divisible
 * by n_head, ...). Errors STATUS_CONFIG. */
enum status hyper_check(const struct hyper *h);

#endif
