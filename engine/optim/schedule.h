/* Learning rates as a function of the steps already done (0 before the first). */
#ifndef ENGINE_OPTIM_SCHEDULE_H
#define ENGINE_OPTIM_SCHEDULE_H

#include <stdint.h>

/* lr min((step+1)/warm, 1); warm 0: constant. */
double schedule_warm_up(double lr, int64_t step, int64_t warm);

/* lr (1 + cos(pi step/period)) / 2; past the period it rises again, as in the original. */
double schedule_cosine(double lr, int64_t step, int64_t period);

#endif
