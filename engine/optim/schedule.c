#include "engine/optim/schedule.h"

#include <math.h>

double schedule_warm_up(double lr, int64_t step, int64_t warm)
{
    return step + 1 < warm ? lr * ((double)(step + 1) / (double)warm) : lr;
}

double schedule_cosine(double lr, int64_t step, int64_t period)
{
    return lr * 0.5 * (1 + cos(M_PI * (double)step / (double)period));
}
