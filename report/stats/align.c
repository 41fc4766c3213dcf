#include "report/stats/align.h"

#include "report/stats/sum.h"

#include <math.h>
#include <stdlib.h>

/* Number of points with x <= g. */
static int count_until(struct align_curve c, double g)
{
    int low = 0, high = c.points;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (c.x[middle] <= g)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

double align_at(struct align_curve c, double g, double slack, enum align_rule rule)
{
    int next = count_until(c, g);
    if (next == 0)
        return (double)NAN; /* never to the left of the first evaluation */
    int i = next - 1;
    if (next == c.points)
        return g - c.x[i] <= slack ? c.y[i] : (double)NAN; /* slack >= 0 covers g = x[i] */
    if (c.x[i] == g || rule == ALIGN_HOLD)
        return c.y[i];
    return c.y[i] + (c.y[next] - c.y[i]) * ((g - c.x[i]) / (c.x[next] - c.x[i]));
}

void align_grid(double budget, int J, double *grid)
{
    for (int j = 0; j < J; j++)
        grid[j] = J > 1 ? j * budget / (J - 1) : budget;
}

void align_onto(struct align_curve c, const double *grid, int J, double slack, enum align_rule rule,
                double *out)
{
    for (int j = 0; j < J; j++)
        out[j] = align_at(c, grid[j], slack, rule);
}

double align_spacing(struct align_curve c)
{
    if (c.points < 2)
        return (double)NAN;
    double *step = malloc((size_t)c.points * sizeof *step);
    if (step == NULL)
        return (double)NAN;
    for (int i = 1; i < c.points; i++)
        step[i - 1] = c.x[i] - c.x[i - 1];
    double median = sum_median(step, (size_t)c.points - 1);
    free(step);
    return median;
}

/* Trapezoids from 0 to the budget over the budget. */
static double area_over(struct align_curve c, double budget)
{
    if (c.points == 0 || !(budget > 0) || c.x[0] > 0 || c.x[c.points - 1] < budget)
        return (double)NAN;
    struct sum area = {0};
    double from = 0, left = align_at(c, 0, 0, ALIGN_LINEAR);
    for (int i = count_until(c, 0); from < budget; i++) {
        double to = c.x[i] < budget ? c.x[i] : budget;
        double right = align_at(c, to, 0, ALIGN_LINEAR);
        sum_add(&area, (to - from) * (left + right) / 2);
        from = to;
        left = right;
    }
    return sum_total(&area) / budget;
}

struct align_scores align_scores(struct align_curve c, double budget, double slack,
                                 enum align_rule rule, int k)
{
    struct align_scores s = {.initial = (double)NAN,
                             .last = (double)NAN,
                             .mean_last_k = (double)NAN,
                             .best = (double)NAN};
    int within = count_until(c, budget), at_zero = count_until(c, 0);
    s.final = align_at(c, budget, slack, rule);
    if (at_zero > 0 && c.x[at_zero - 1] == 0)
        s.initial = c.y[at_zero - 1];
    s.increase = s.final - s.initial;
    s.area = area_over(c, budget);
    if (within == 0)
        return s;
    int tail = k < within ? k : within;
    s.last = c.y[within - 1];
    s.mean_last_k = sum_mean(c.y + within - tail, (size_t)tail);
    s.best = c.y[0];
    for (int i = 1; i < within; i++)
        s.best = c.y[i] > s.best ? c.y[i] : s.best;
    return s;
}

double align_late_variance(struct align_curve c, double budget)
{
    int end = count_until(c, budget), first = end;
    while (first > 0 && c.x[first - 1] >= budget / 2)
        first--;
    return end - first >= 3 ? sum_variance(c.y + first, (size_t)(end - first), false) : (double)NAN;
}

double align_reach(const double *grid, const double *y, int J, double level, int stay)
{
    for (int j = 0, held = 0; j < J; j++) {
        held = y[j] >= level ? held + 1 : 0;
        if (held == stay)
            return grid[j - stay + 1];
    }
    return (double)INFINITY;
}
