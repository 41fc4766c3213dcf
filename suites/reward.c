#include "suites/reward.h"

void reward_reset(struct reward *r)
{
    r->pending = 0;
}

double reward_modify(struct reward *r, double raw, int j, bool done)
{
    double paid = raw;
    if (r->delay > 1) {
        r->pending += raw;
        bool payday = j % r->delay == r->delay - 1 || done;
        paid = payday ? r->pending : 0;
        if (payday)
            r->pending = 0;
    }
    return paid / r->div + r->shift;
}
