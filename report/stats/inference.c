#include "report/stats/inference.h"

#include <math.h>
#include <stdlib.h>

/* ---- distributions -------------------------------------------------------------------------- */

double inference_normal_upper(double z)
{
    return 0.5 * erfc(z / M_SQRT2);
}

/* The z >= 0 with upper tail p <= 1/2: Newton on the logarithm of the tail, which is concave, so
 * that steps from 0 approach from the left and never overshoot. */
static double upper_quantile(double p)
{
    double z = 0;
    for (int i = 0; i < 100; i++) {
        double tail = inference_normal_upper(z);
        double density = exp(-z * z / 2) / sqrt(2 * M_PI);
        double step = (log(tail) - log(p)) * tail / density;
        z += step;
        if (fabs(step) <= 1e-16 * z)
            break;
    }
    return z;
}

double inference_normal_quantile(double p)
{
    if (!(p > 0 && p < 1))
        return p == 0 ? -(double)INFINITY : p == 1 ? (double)INFINITY : (double)NAN;
    if (p == 0.5)
        return 0;
    return p < 0.5 ? -upper_quantile(p) : upper_quantile(1 - p);
}

/* Continued fraction of the incomplete beta function, by Lentz's method. */
static double beta_fraction(double a, double b, double x)
{
    const double tiny = 1e-300;
    double c = 1, d = 1 - (a + b) * x / (a + 1);
    d = 1 / (fabs(d) < tiny ? tiny : d);
    double value = d;
    for (int m = 1; m < 10000; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        double before = value;
        for (int half = 0; half < 2; half++) {
            double term = half == 0 ? even : odd;
            d = 1 + term * d;
            c = 1 + term / c;
            d = 1 / (fabs(d) < tiny ? tiny : d);
            c = fabs(c) < tiny ? tiny : c;
            value *= c * d;
        }
        if (fabs(value - before) <= 1e-16 * fabs(value))
            break;
    }
    return value;
}

/* Regularised incomplete beta function I_x(a, b); y = 1 - x is given for its digits. */
static double beta_share(double a, double b, double x, double y)
{
    if (x <= 0 || y <= 0)
        return x <= 0 ? 0 : 1;
    double front = exp(a * log(x) + b * log(y) + lgamma(a + b) - lgamma(a) - lgamma(b));
    if (x < (a + 1) / (a + b + 2))
        return front * beta_fraction(a, b, x) / a;
    return 1 - front * beta_fraction(b, a, y) / b;
}

double inference_student_upper(double t, double degrees)
{
    if (isinf(t))
        return t > 0 ? 0 : 1;
    double square = t * t, total = degrees + square;
    double tail = 0.5 * beta_share(degrees / 2, 0.5, degrees / total, square / total);
    return t >= 0 ? tail : 1 - tail;
}

double inference_student_quantile(double p, double degrees)
{
    if (!(p > 0 && p < 1))
        return p == 0 ? -(double)INFINITY : p == 1 ? (double)INFINITY : (double)NAN;
    if (p == 0.5)
        return 0;
    double tail = p < 0.5 ? p : 1 - p, low = 0, high = 1;
    while (inference_student_upper(high, degrees) > tail && high < 1e300)
        high *= 2;
    for (int i = 0; i < 200 && low < high; i++) {
        double middle = low + (high - low) / 2;
        if (middle == low || middle == high)
            break;
        if (inference_student_upper(middle, degrees) > tail)
            low = middle;
        else
            high = middle;
    }
    return p < 0.5 ? -high : high;
}

/* ---- corrections, shares, survival ---------------------------------------------------------- */

struct ordered {
    double value;
    int index;
};

static int by_value(const void *a, const void *b)
{
    const struct ordered *x = a, *y = b;
    if (x->value != y->value)
        return x->value < y->value ? -1 : 1;
    return x->index - y->index;
}

enum status inference_holm(const double *p, int n, double *out)
{
    struct ordered *order = malloc(((size_t)n + 1) * sizeof *order);
    if (order == NULL)
        return status_fail(STATUS_MEMORY, "no memory to correct %d p-values", n);
    int tested = 0;
    for (int i = 0; i < n; i++) {
        if (!isnan(p[i]))
            order[tested++] = (struct ordered){p[i], i};
        out[i] = p[i];
    }
    qsort(order, (size_t)tested, sizeof *order, by_value);
    double largest = 0;
    for (int i = 0; i < tested; i++) {
        double adjusted = fmin(1, (tested - i) * order[i].value);
        largest = fmax(largest, adjusted);
        out[order[i].index] = largest;
    }
    free(order);
    return STATUS_OK;
}

void inference_wilson(int64_t k, int64_t n, double size, double *low, double *high)
{
    *low = 0;
    *high = 1;
    if (n <= 0)
        return;
    double z = inference_normal_quantile((1 + size) / 2), total = (double)n;
    double share = (double)k / total, scale = 1 + z * z / total;
    double centre = (share + z * z / (2 * total)) / scale;
    double half = z / scale * sqrt(share * (1 - share) / total + z * z / (4 * total * total));
    *low = k == 0 ? 0 : fmax(0, centre - half);
    *high = k == n ? 1 : fmin(1, centre + half);
}

enum status inference_survival_median(const double *time, const bool *event, int n, double *out)
{
    *out = (double)NAN;
    if (n == 0)
        return STATUS_OK;
    struct ordered *order = malloc((size_t)n * sizeof *order);
    if (order == NULL)
        return status_fail(STATUS_MEMORY, "no memory for %d survival times", n);
    for (int i = 0; i < n; i++)
        order[i] = (struct ordered){time[i], i};
    qsort(order, (size_t)n, sizeof *order, by_value);

    *out = (double)INFINITY;
    double survival = 1;
    for (int i = 0; i < n;) {
        int risk = n - i, events = 0;
        double now = order[i].value;
        for (; i < n && order[i].value == now; i++)
            events += event[order[i].index];
        survival *= (double)(risk - events) / risk;
        if (survival <= 0.5 + 1e-12) { /* 3/4 * 2/3 is a half, whatever the last bit says */
            *out = now;
            break;
        }
    }
    free(order);
    return STATUS_OK;
}
