#include "engine/base/chi_square.h"

#include <math.h>

double chi_square_upper(double x, double degrees)
{
    double a = degrees / 2, z = x / 2;
    if (!(z > 0))
        return 1;
    if (isinf(z))
        return 0;
    double front = exp(a * log(z) - z - lgamma(a));
    if (z < a + 1) { /* series of the lower tail */
        double term = 1 / a, total = term;
        for (int n = 1; n < 100000 && term > 1e-17 * total; n++) {
            term *= z / (a + n);
            total += term;
        }
        return 1 - front * total;
    }
    /* Lentz's continued fraction of the upper tail */
    double b = z + 1 - a, c = 1e300, d = 1 / b, value = d;
    for (int n = 1; n < 100000; n++) {
        double term = -n * (n - a);
        b += 2;
        d = 1 / (b + term * d);
        c = b + term / c;
        value *= c * d;
        if (fabs(c * d - 1) <= 1e-16)
            break;
    }
    return front * value;
}
