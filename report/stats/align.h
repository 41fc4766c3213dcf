/* One run's evaluations: values on a grid, the scores that tables print.
 *
 * A curve is a list of (x, y): x transitions so far, strictly increasing, y a finite score.
 *   value at g    y_i where x_i = g, else linear between its neighbours (or the previous one:
 *                 ALIGN_HOLD); g < x_0 missing; g beyond the end: the last value while within
 *                 `slack`, else missing
 * Missing is NaN here, and stays out of every aggregate.
 * Source  docs/statistics.md 1; fixture stats_curves.h5 */
#ifndef REPORT_ALIGN_H
#define REPORT_ALIGN_H

#include "engine/base/status.h"

enum align_rule {
    ALIGN_LINEAR,
    ALIGN_HOLD, /* a step curve: right when evaluations are rare */
    ALIGN_NONE  /* drawing only, raw points; here the same as linear */
};

struct align_curve {
    int points; /* K */
    const double *x, *y;
};

/* Value at g, NaN when missing. */
double align_at(struct align_curve c, double g, double slack, enum align_rule rule);

/* The common grid j*budget/(J-1), j = 0..J-1 (J = 101 by default; J >= 2), and a curve on it. */
void align_grid(double budget, int J, double *grid);
void align_onto(struct align_curve c, const double *grid, int J, double slack, enum align_rule rule,
                double *out);

/* Median distance between evaluations: the slack for drawing. NaN below two points. */
double align_spacing(struct align_curve c);

/* The scores of one run; NaN where not defined. All within x <= budget. */
struct align_scores {
    double final;       /* value at the budget */
    double initial;     /* evaluation at x = 0, exactly */
    double increase;    /* final - initial */
    double last;        /* last evaluation */
    double mean_last_k; /* mean of the last k evaluations (of all when fewer) */
    double best;        /* largest: an oracle, it rewards variance */
    double area;        /* integral from 0 to budget over budget, trapezoids, last one cut; needs
                           points from 0 to the budget, slack does not count */
};
struct align_scores align_scores(struct align_curve c, double budget, double slack,
                                 enum align_rule rule, int k);

/* Population variance of the evaluations in the last half of the budget (T-var within a run); NaN
 * with fewer than 3 of them. */
double align_late_variance(struct align_curve c, double budget);

/* First grid point from which y stays at or above `level` for `stay` points (3): its x, or INFINITY
 * for "never". NaN in y breaks a stay. */
double align_reach(const double *grid, const double *y, int J, double level, int stay);

#endif
