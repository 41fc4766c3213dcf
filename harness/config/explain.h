/* A method in words and formulas: `vitamin explain`.
 *
 * The text is data: harness/explain/NN_part.txt, one file for each part that a method can be made
 * of, in the order of their names. A file's head says when it belongs to a configuration and where
 * it comes from; below it, {key} stands for the configured value.
 *
 *   title: RL gradient: TD3
 *   when: rl_gradient=td3 bc_alpha=-        all must hold: =a|b one of, =- does not apply,
 *   source: paper Eq. 3                     =+ applies, >0 is positive
 *   ledger: D4 D7
 *   --
 *   Lines are joined into paragraphs;
 *     y = r + {gamma} (1 - d) ...          those that begin with a blank stand alone
 */
#ifndef HARNESS_EXPLAIN_H
#define HARNESS_EXPLAIN_H

#include "engine/methods/hyper.h"

#include <stdio.h>

struct explain_part {
    const char *file; /* name, for messages */
    char title[96], when[160], source[160], ledger[96];
    const char *text;
};

/* The i-th part; false beyond the last. */
bool explain_part_at(int i, struct explain_part *out);

/* The part belongs to the configuration. Errors STATUS_CONFIG: its `when` names no key. */
enum status explain_applies(const struct explain_part *p, const struct hyper *h, bool *applies);

struct explain_request {
    const char *method, *preset;
    const char *dataset, *suite; /* that `h` was made for */
    bool any_dataset;            /* the reader named none: list entries of all datasets */
};

/* Everything about the method. Errors STATUS_CONFIG (a text names an unknown key or entry). */
enum status explain_write(FILE *out, const struct explain_request *r, const struct hyper *h);

#endif
