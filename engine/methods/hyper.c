#include "engine/methods/hyper.h"

#include "engine/base/nearest.h"
#include "engine/methods/rl.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
#define HYPER_INT(name, value, low, high, source, help)
#define HYPER_REAL(name, value, low, high, source, help)
#define HYPER_TEXT(name, value, source, help)
#define WORD(key, word) #word,
#define HYPER_CHOICE(name, source, help, ...) \
    static const char *const words_of_##name[] = {HYPER_EACH(WORD, name, __VA_ARGS__) NULL};
#include "engine/methods/hyper.def"
#undef HYPER_INT
#undef HYPER_REAL
#undef HYPER_CHOICE
#undef HYPER_TEXT

const struct hyper_field hyper_table[] = {
#define AT(name) offsetof(struct hyper, name)
#define HYPER_INT(name, value, low, high, source, help) \
    {#name, HYPER_IS_INT, AT(name), #value, low, high, NULL, source, help},
#define HYPER_REAL(name, value, low, high, source, help) \
    {#name, HYPER_IS_REAL, AT(name), #value, low, high, NULL, source, help},
#define HYPER_CHOICE(name, source, help, ...) \
    {#name, HYPER_IS_CHOICE, AT(name), "", 0, 0, words_of_##name, source, help},
#define HYPER_TEXT(name, value, source, help) \
    {#name, HYPER_IS_TEXT, AT(name), value, 0, 0, NULL, source, help},
#include "engine/methods/hyper.def"
#undef HYPER_INT
#undef HYPER_REAL
#undef HYPER_CHOICE
#undef HYPER_TEXT
#undef AT
};

#define HYPER_INT(name, value, low, high, source, help)
#define HYPER_REAL(name, value, low, high, source, help)
#define HYPER_CHOICE(name, source, help, ...)
#define HYPER_TEXT(name, value, source, help)
#define HYPER_LATER(name) #name,
static const char *const later[] = {
#include "engine/methods/hyper.def"
};
#define HYPER_PART(name) #name,
static const char *const of_parts[] = {
#include "engine/methods/hyper.def"
};
#undef HYPER_INT
#undef HYPER_REAL
#undef HYPER_CHOICE
#undef HYPER_TEXT
/* clang-format on */

const int hyper_count = sizeof hyper_table / sizeof *hyper_table;

_Static_assert(sizeof(enum hyper_actor) == sizeof(int), "store() writes choices as int");
_Static_assert(sizeof hyper_table / sizeof *hyper_table <= HYPER_MAX, "raise HYPER_MAX");

static void *field_of(struct hyper *h, const struct hyper_field *f)
{
    return (char *)h + f->offset;
}

/* Words are spelled like their enumerators, except one of the published settings, which has
 * blanks. */
static const char *spelling(const char *word)
{
    return strcmp(word, "cleared_every_iteration") == 0 ? "online buffer cleared every iteration"
                                                        : word;
}

static const char *default_of(const struct hyper_field *f)
{
    return f->type == HYPER_IS_CHOICE ? spelling(f->words[0]) : f->value;
}

static enum status parse_choice(const struct hyper_field *f, const char *value, int *out)
{
    char all[HYPER_TEXT_SIZE] = "";
    for (int i = 0; f->words[i] != NULL; i++) {
        const char *word = spelling(f->words[i]);
        *out = i;
        if (strcmp(word, value) == 0)
            return STATUS_OK;
        size_t used = strlen(all);
        snprintf(all + used, sizeof all - used, "%s%s", i > 0 ? "|" : "", word);
    }
    return status_fail(STATUS_CONFIG, "%s = %s: must be one of %s", f->name, value, all);
}

static enum status parse_number(const struct hyper_field *f, const char *value, double *out)
{
    char *end;
    *out = strtod(value, &end);
    while (*end == ' ')
        end++;
    if (end == value || *end != '\0' || !isfinite(*out))
        return status_fail(STATUS_CONFIG, "%s = %s: is not a number", f->name, value);
    if (f->type == HYPER_IS_INT && *out != floor(*out))
        return status_fail(STATUS_CONFIG, "%s = %s: must be a whole number", f->name, value);
    if (*out < f->low || *out > f->high)
        return status_fail(STATUS_CONFIG, "%s = %s: must lie between %g and %g", f->name, value,
                           f->low, f->high);
    return STATUS_OK;
}

static enum status store_value(struct hyper *h, const struct hyper_field *f, const char *value)
{
    double number;
    int choice;
    switch (f->type) {
    case HYPER_IS_INT:
        TRY(parse_number(f, value, &number));
        *(int64_t *)field_of(h, f) = (int64_t)number;
        break;
    case HYPER_IS_REAL:
        TRY(parse_number(f, value, &number));
        *(double *)field_of(h, f) = number;
        break;
    case HYPER_IS_CHOICE:
        TRY(parse_choice(f, value, &choice));
        memcpy(field_of(h, f), &choice, sizeof choice);
        break;
    case HYPER_IS_TEXT:
        if (strlen(value) >= HYPER_TEXT_SIZE)
            return status_fail(STATUS_CONFIG, "%s: is longer than %d characters", f->name,
                               HYPER_TEXT_SIZE - 1);
        snprintf(field_of(h, f), HYPER_TEXT_SIZE, "%s", value);
        break;
    }
    return STATUS_OK;
}

static bool is_listed(const char *const list[], size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(list[i], name) == 0)
            return true;
    }
    return false;
}

void hyper_defaults(struct hyper *h)
{
    memset(h, 0, sizeof *h);
    for (int i = 0; i < hyper_count; i++) {
        const struct hyper_field *f = &hyper_table[i];
        (void)store_value(h, f, default_of(f)); /* a test walks the defaults */
        h->applies[i] = !is_listed(of_parts, sizeof of_parts / sizeof *of_parts, f->name);
    }
}

int hyper_find(const char *key)
{
    for (int i = 0; i < hyper_count; i++) {
        if (strcmp(hyper_table[i].name, key) == 0)
            return i;
    }
    return -1;
}

static struct nearest nearest_key(const char *key)
{
    struct nearest n = {.to = key};
    for (int i = 0; i < hyper_count; i++)
        nearest_offer(&n, hyper_table[i].name);
    return n;
}

enum status hyper_set(struct hyper *h, const char *key, const char *value)
{
    int i = hyper_find(key);
    if (i < 0)
        return status_fail(STATUS_CONFIG, "unknown key '%s'; did you mean '%s'?", key,
                           nearest_key(key).word);
    bool applies = strcmp(value, "-") != 0;
    TRY(store_value(h, &hyper_table[i], applies ? value : default_of(&hyper_table[i])));
    h->applies[i] = applies;
    return STATUS_OK;
}

bool hyper_applies(const struct hyper *h, const char *key)
{
    int i = hyper_find(key);
    return i >= 0 && h->applies[i];
}

void hyper_format(const struct hyper *h, int field, char out[HYPER_TEXT_SIZE])
{
    const struct hyper_field *f = &hyper_table[field];
    const void *at = (const char *)h + f->offset;
    if (f->type == HYPER_IS_INT) {
        snprintf(out, HYPER_TEXT_SIZE, "%" PRId64, *(const int64_t *)at);
    } else if (f->type == HYPER_IS_REAL) {
        /* The shortest form that reads back to the same bits. */
        double value = *(const double *)at;
        for (int digits = 1; digits <= 17; digits++) {
            snprintf(out, HYPER_TEXT_SIZE, "%.*g", digits, value);
            if (strtod(out, NULL) == value)
                break;
        }
    } else if (f->type == HYPER_IS_CHOICE) {
        int choice;
        memcpy(&choice, at, sizeof choice);
        snprintf(out, HYPER_TEXT_SIZE, "%s", spelling(f->words[choice]));
    } else {
        snprintf(out, HYPER_TEXT_SIZE, "%s", (const char *)at);
    }
}

bool hyper_is_later(int field)
{
    return is_listed(later, sizeof later / sizeof *later, hyper_table[field].name);
}

bool hyper_is_default(const struct hyper *h, int field)
{
    char value[HYPER_TEXT_SIZE];
    hyper_format(h, field, value);
    return !h->applies[field] || strcmp(value, default_of(&hyper_table[field])) == 0;
}

const char *hyper_word(const struct hyper *h, const char *key)
{
    const struct hyper_field *f = &hyper_table[hyper_find(key)];
    int choice;
    memcpy(&choice, (const char *)h + f->offset, sizeof choice);
    return spelling(f->words[choice]);
}

enum status hyper_check(const struct hyper *h)
{
    bool transformer = h->actor == HYPER_actor_dt || h->actor == HYPER_actor_pdt;
    const struct rl_ops *rl = rl_find(hyper_word(h, "rl_gradient"));
    if (transformer && h->T_eval > h->T_train)
        return status_fail(STATUS_CONFIG,
                           "T_eval = %" PRId64 ": must not exceed T_train = %" PRId64, h->T_eval,
                           h->T_train);
    if (transformer && h->embed_dim % h->n_head != 0)
        return status_fail(STATUS_CONFIG,
                           "embed_dim = %" PRId64 ": must be a multiple of n_head = %" PRId64,
                           h->embed_dim, h->n_head);
    if (h->actor == HYPER_actor_pdt && h->pdt_future != h->T_train)
        return status_fail(STATUS_CONFIG,
                           "pdt_future = %" PRId64 ": must equal T_train = %" PRId64
                           ", because each step of a segment gets the posterior of one future step",
                           h->pdt_future, h->T_train);
    if (rl == NULL)
        return status_fail(STATUS_CONFIG, "rl_gradient = %s: unknown gradient",
                           hyper_word(h, "rl_gradient"));
    if (rl->needs_log_prob && h->policy == HYPER_policy_deterministic_tanh)
        return status_fail(STATUS_CONFIG,
                           "rl_gradient = %s: needs policy = squashed_gaussian, because it uses "
                           "log-probabilities",
                           rl->name);
    if (transformer && rl->needs_v && h->n_value_nets == 0)
        return status_fail(STATUS_CONFIG,
                           "rl_gradient = %s: needs n_value_nets = 1, because its critic has a "
                           "state value",
                           rl->name);
    bool conditioned = h->actor == HYPER_actor_dt ? h->rtg_token == HYPER_rtg_token_return_to_go
                                                  : h->mlp_input == HYPER_mlp_input_state_return &&
                                                        h->actor == HYPER_actor_mlp;
    if (h->target_sweep > 0 && !conditioned)
        return status_fail(STATUS_CONFIG,
                           "target_sweep = %" PRId64 ": %s does not act by a target return",
                           h->target_sweep, h->label);
    if (h->critic_arch != HYPER_critic_arch_mlp && !rl->recurrent)
        return status_fail(STATUS_CONFIG,
                           "critic_arch = %s: rl_gradient = %s needs critic_arch = mlp",
                           hyper_word(h, "critic_arch"), rl->name);
    return STATUS_OK;
}
