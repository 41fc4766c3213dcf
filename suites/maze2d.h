/* maze2d: a ball pushed to a fixed goal; an episode goes on after it is there, and every step at
 * the goal pays 1. Variant: struct maze. Source docs/environments.md 3.1. */
#ifndef SUITES_MAZE2D_H
#define SUITES_MAZE2D_H

#include "suites/env_impl.h"

extern const struct env_ops maze2d_ops;

#endif
