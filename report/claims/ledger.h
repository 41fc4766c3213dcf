/* Where the paper's text, its tables, the released code and arithmetic disagree, as far as a claim
 * depends on it: one sentence each, so that a reader need not look the number up. */
#ifndef REPORT_LEDGER_H
#define REPORT_LEDGER_H

struct ledger_entry {
    const char *id; /* "D26" */
    const char *text;
};

extern const struct ledger_entry ledger_table[];
extern const int ledger_count;

/* By id; NULL: none. */
const struct ledger_entry *ledger_find(const char *id);

#endif
