/* antmaze (-v2): an ant that is to walk to the goal's region; 1 and the end when it is there, else
 * 0. The goal is drawn anew at every reset and not observed. Falling does not end an episode.
 * Variant: struct maze. Source docs/environments.md 3.2. */
#ifndef SUITES_ANTMAZE_H
#define SUITES_ANTMAZE_H

#include "suites/env_impl.h"

extern const struct env_ops antmaze_ops;

#endif
