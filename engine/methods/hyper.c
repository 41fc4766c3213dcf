#include "engine/methods/hyper.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
const struct hyper_field hyper_table[] = {
#define AT(name) offsetof(struct hyper, name)
#define HYPER_INT(name, value, low, high, source, help) \
    {#name, HYPER_IS_INT, AT(name), #value, low, high, "", source, help},
#define HYPER_REAL(name, value, low, high, source, help) \
    {#name, HYPER_IS_REAL, AT(name), #value, low, high, "", source, help},
#define HYPER_CHOICE(name, value, choices, source, help) \
    {#name, HYPER_IS_CHOICE, AT(name), value, 0, 0, choices, source, help},
#define HYPER_TEXT(name, value, source, help) \
    {#name, HYPER_IS_TEXT, AT(name), value, 0, 0, "", source, help},
#include "engine/methods/hyper.def"
#undef HYPER_INT
#undef HYPER_REAL
#undef HYPER_CHOICE
#undef HYPER_TEXT
#undef AT
};
/* clang-format on */

const int hyper_count = sizeof hyper_table / sizeof *hyper_table;

_Static_assert(sizeof hyper_table / sizeof *hyper_table <= HYPER_MAX, "raise HYPER_MAX");

static void *field_of(struct hyper *h, const struct hyper_field *f)
{
    return (char *)h + f->offset;
}

/* True when `value` is one of "a|b|c". */
static bool is_choice(const char *choices, const char *value)
{
    size_t length = strlen(value);
    for (const char *at = choices; at != NULL; at = strchr(at, '|')) {
        at += *at == '|';
        if (strncmp(at, value, length) == 0 && (at[length] == '|' || at[length] == '\0'))
            return length > 0;
    }
    return false;
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

static enum status store(struct hyper *h, const struct hyper_field *f, const char *value)
{
    double number;
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
        if (!is_choice(f->choices, value))
            return status_fail(STATUS_CONFIG, "%s = %s: must be one of %s", f->name, value,
                               f->choices);
        snprintf(field_of(h, f), HYPER_TEXT_SIZE, "%s", value);
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

void hyper_defaults(struct hyper *h)
{
    memset(h, 0, sizeof *h);
    for (int i = 0; i < hyper_count; i++) {
        (void)store(h, &hyper_table[i], hyper_table[i].value); /* a test walks the defaults */
        h->applies[i] = true;
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

/* Levenshtein distance of two short words. */
static int distance(const char *a, const char *b)
{
    int row[64], n = (int)strlen(b);
    if (n > 63)
        return 1000;
    for (int j = 0; j <= n; j++)
        row[j] = j;
    for (int i = 1; a[i - 1] != '\0'; i++) {
        int diagonal = row[0];
        row[0] = i;
        for (int j = 1; j <= n; j++) {
            int best = diagonal + (a[i - 1] != b[j - 1]);
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[n];
}

const char *hyper_nearest(const char *key)
{
    int best = 0, least = 1000;
    for (int i = 0; i < hyper_count; i++) {
        int d = distance(key, hyper_table[i].name);
        if (d < least) {
            least = d;
            best = i;
        }
    }
    return hyper_table[best].name;
}

enum status hyper_set(struct hyper *h, const char *key, const char *value)
{
    int i = hyper_find(key);
    if (i < 0)
        return status_fail(STATUS_CONFIG, "unknown key '%s'; did you mean '%s'?", key,
                           hyper_nearest(key));
    bool applies = strcmp(value, "-") != 0;
    TRY(store(h, &hyper_table[i], applies ? value : hyper_table[i].value));
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
    } else {
        snprintf(out, HYPER_TEXT_SIZE, "%s", (const char *)at);
    }
}

enum status hyper_check(const struct hyper *h)
{
    bool transformer = strcmp(h->actor, "mlp") != 0 && strcmp(h->actor, "bandit") != 0;
    bool stochastic = strcmp(h->policy, "deterministic_tanh") != 0;
    const char *rl = h->rl_gradient;
    if (transformer && h->T_eval > h->T_train)
        return status_fail(STATUS_CONFIG,
                           "T_eval = %" PRId64 ": must not exceed T_train = %" PRId64, h->T_eval,
                           h->T_train);
    if (transformer && h->embed_dim % h->n_head != 0)
        return status_fail(STATUS_CONFIG,
                           "embed_dim = %" PRId64 ": must be a multiple of n_head = %" PRId64,
                           h->embed_dim, h->n_head);
    if (strcmp(h->actor, "pdt") == 0 && h->pdt_future != h->T_train)
        return status_fail(STATUS_CONFIG,
                           "pdt_future = %" PRId64 ": must equal T_train = %" PRId64
                           ", because each step of a segment gets the posterior of one future step",
                           h->pdt_future, h->T_train);
    if (!stochastic && (strcmp(rl, "sac") == 0 || strcmp(rl, "awac") == 0 ||
                        strcmp(rl, "awr") == 0 || strcmp(rl, "ppo") == 0))
        return status_fail(STATUS_CONFIG,
                           "rl_gradient = %s: needs policy = squashed_gaussian, because it uses "
                           "log-probabilities",
                           rl);
    if (strcmp(h->critic_arch, "mlp") != 0 && strcmp(rl, "td3") != 0 && strcmp(rl, "ddpg") != 0)
        return status_fail(STATUS_CONFIG,
                           "critic_arch = %s: the recurrent critic is for td3 and ddpg",
                           h->critic_arch);
    return STATUS_OK;
}
