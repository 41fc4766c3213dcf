#include "harness/run/run_level.h"

#include <math.h>

enum { PATIENCE = 20 };
static const double tolerance = 0.1;

double run_level_return(const struct curve *c, int row, double *sd)
{
    double mean = 0, square = 0;
    for (int e = 0; e < c->episodes; e++)
        mean += c->evaluation[row].raw_return[e] / c->episodes;
    for (int e = 0; e < c->episodes; e++)
        square += pow(c->evaluation[row].raw_return[e] - mean, 2) / c->episodes;
    if (sd != NULL)
        *sd = sqrt(square);
    return mean;
}

bool run_level_find(const struct curve *c, double target, int *row)
{
    double nearest = INFINITY;
    int above = 0;
    *row = -1;
    for (int i = 0; i < c->evaluations; i++) {
        if (c->evaluation[i].transitions == 0)
            continue;
        double mean = run_level_return(c, i, NULL), off = fabs(mean - target);
        if (off < nearest) {
            nearest = off;
            *row = i;
        }
        above += mean >= target;
        if (off <= tolerance * fabs(target) || above >= PATIENCE)
            return true;
    }
    return false;
}
