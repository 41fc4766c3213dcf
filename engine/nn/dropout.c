#include "engine/nn/dropout.h"

#include "engine/base/rng.h"
#include "engine/base/team.h"

enum { WORDS = 512 }; /* drawn at once, on the stack */

float dropout_p(const struct dropout *d, enum dropout_kind kind)
{
    if (d == NULL)
        return 0.0f;
    return kind == DROPOUT_EMBEDDING ? d->p_embedding : d->p;
}

void dropout_mask(const struct dropout *d, const struct dropout_site *site, uint8_t *keep)
{
    if (d->given != NULL) {
        d->given(d->context, site, keep);
        return;
    }
    uint64_t place = (uint64_t)site->layer * DROPOUT_KINDS + (uint64_t)site->kind;
    uint64_t run = rng_key_mix(rng_key_mix(d->key, (uint64_t)site->window), place);
    struct rng rng = rng_at(run, RNG_DROPOUT, d->step);
    size_t n = (size_t)site->heads * (size_t)site->rows * (size_t)site->cols;
    /* A word below p 2^32 drops. p is a float below 1: the product fits and is exact. */
    uint32_t threshold = (uint32_t)((double)dropout_p(d, site->kind) * 0x1p32);
    uint32_t word[WORDS];
    for (size_t i = 0; i < n; i += WORDS) {
        size_t left = n - i < WORDS ? n - i : WORDS;
        rng_fill_words(&rng, i, word, left);
        for (size_t j = 0; j < left; j++)
            keep[i + j] = word[j] >= threshold;
    }
}

struct apply {
    const uint8_t *keep;
    float scale;
    const float *x, *residual;
    float *y;
    int n, parts;
};

static void apply_part(void *context, int part, struct arena *scratch)
{
    (void)scratch;
    const struct apply *a = context;
    struct team_range range = team_range(a->n, 64, a->parts, part);
    const uint8_t *keep = a->keep + range.first;
    const float *x = a->x + range.first;
    float *y = a->y + range.first, scale = a->scale;
    if (a->residual == NULL) {
        for (int i = 0; i < range.count; i++)
            y[i] = keep[i] != 0 ? x[i] * scale : 0.0f;
    } else {
        const float *residual = a->residual + range.first;
        for (int i = 0; i < range.count; i++)
            y[i] = residual[i] + (keep[i] != 0 ? x[i] * scale : 0.0f);
    }
}

void dropout_apply(const uint8_t *keep, float p, const float *x, const float *residual, size_t n,
                   float *y)
{
    struct apply a = {
        keep, 1.0f / (1.0f - p), x, residual, y, (int)n, team_parts(2.0 * (double)n, TEAM_NUMBERS)};
    team_share(a.parts, apply_part, &a, NULL);
}
