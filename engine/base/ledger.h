/* The ledger of disagreements between the sources: docs/ledger.md, which travels inside both
 * programs (`table` is embed_harness or embed_report). Its entries Dnn are what `vitamin explain`
 * prints, what the report explains its claims with, and what comments and keys refer to.
 *
 *   ### D12 (medium) Door: scale of returns-to-go
 *   where: `door-*` · keys: `rtg_scale`
 *
 *   > The entry in one sentence, where a claim of the paper depends on it.
 *
 *   Text.
 *   - both: 0.001            or `- paper: ...` and `- code: ...` */
#ifndef ENGINE_BASE_LEDGER_H
#define ENGINE_BASE_LEDGER_H

#include "engine/base/embed.h"

#include <stdbool.h>
#include <stddef.h>

struct ledger_entry {
    char id[8];       /* "D2b" */
    char severity[8]; /* high, medium, low */
    char title[96];
    char where[96];     /* suites and patterns of dataset ids, blanks between; "" everywhere */
    char keys[160];     /* the keys that switch it, blanks between */
    char sentence[256]; /* "" where no claim depends on it */
    const char *text;
    size_t size; /* of text: everything below the lines above */
};

/* The i-th entry; false beyond the last. */
bool ledger_at(const struct embed_file *table, int i, struct ledger_entry *out);
bool ledger_find(const struct embed_file *table, const char *id, struct ledger_entry *out);

/* Of the entries with a sentence the one whose number follows `id` ("": the first one, D2b follows
 * D2); false beyond the last. `id` may lie in *out. */
bool ledger_next_sentence(const struct embed_file *table, const char *id, struct ledger_entry *out);

/* It touches runs on this dataset. */
bool ledger_concerns(const struct ledger_entry *e, const char *dataset, const char *suite);

/* What the preset does, one line; false when the entry does not say. */
bool ledger_choice(const struct ledger_entry *e, const char *preset, char *out, size_t size);

#endif
