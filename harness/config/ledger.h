/* The ledger of disagreements between the sources (docs/ledger.md, which travels inside the
 * program): entries Dnn that `vitamin explain` prints and comments, keys and claims refer to.
 *
 *   ### D12 (medium) Door: scale of returns-to-go
 *   where: `door-*` · keys: `rtg_scale`
 *
 *   Text.
 *   - both: 0.001            or `- paper: ...` and `- code: ...` */
#ifndef HARNESS_LEDGER_H
#define HARNESS_LEDGER_H

#include <stdbool.h>
#include <stddef.h>

struct ledger_entry {
    char id[8];       /* "D2b" */
    char severity[8]; /* high, medium, low */
    char title[96];
    char where[96]; /* suites and patterns of dataset ids, blanks between; "" everywhere */
    char keys[160]; /* the keys that switch it, blanks between */
    const char *text;
    size_t size; /* of text: everything below the lines above */
};

/* The i-th entry; false beyond the last. */
bool ledger_at(int i, struct ledger_entry *out);
bool ledger_find(const char *id, struct ledger_entry *out);

/* It touches runs on this dataset. */
bool ledger_concerns(const struct ledger_entry *e, const char *dataset, const char *suite);

/* What the preset does, one line; false when the entry does not say. */
bool ledger_choice(const struct ledger_entry *e, const char *preset, char *out, size_t size);

#endif
