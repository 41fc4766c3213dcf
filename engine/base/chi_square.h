/* The upper tail of the chi-square distribution. */
#ifndef ENGINE_BASE_CHI_SQUARE_H
#define ENGINE_BASE_CHI_SQUARE_H

/* P(X > x) for `degrees` > 0 degrees of freedom; relative accuracy 1e-12 or better in the range of
 * use. */
double chi_square_upper(double x, double degrees);

#endif
