/* The law of the visible context under any rule of the sampler. */
#ifndef ENGINE_CONTEXT_LAW_H
#define ENGINE_CONTEXT_LAW_H

#include "engine/data/batch.h"
#include "engine/theory/theory.h"

/* theory_context_of() with this rule instead of the learners' default. Errors STATUS_MEMORY */
enum status context_law_test(const struct batch_rule *rule, int length, int segment, int segments,
                             struct theory_context *out);

#endif
