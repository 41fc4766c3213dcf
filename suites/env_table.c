/* Every environment, from facts.def. */
#include "suites/adroit.h"
#include "suites/antmaze.h"
#include "suites/bandit.h"
#include "suites/env.h"
#include "suites/locomotion.h"
#include "suites/maze.h"
#include "suites/maze2d.h"

const struct env_kind env_table[] = {
#define ENVIRONMENT(name, suite, S, A, skip, limit, success, low, high, ops, variant)              \
    {name, &suite_table[SUITE_##suite], S, A, skip, limit, success, {low, high}, ops, variant},
#include "suites/facts.def"
};

const int env_count = (int)(sizeof env_table / sizeof *env_table);
