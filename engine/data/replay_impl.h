/* Shared by replay.c and replay_visit.c. */
#ifndef ENGINE_DATA_REPLAY_IMPL_H
#define ENGINE_DATA_REPLAY_IMPL_H

#include "engine/data/replay.h"

/* Room for `count` slots. Errors STATUS_MEMORY. */
enum status replay_reserve(struct replay *r, int count);

/* Compute the sampling tables from count and item. */
void replay_tabulate(struct replay *r);

#endif
