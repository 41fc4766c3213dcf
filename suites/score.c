#include "suites/score.h"

#include <math.h>

double score_normalise(struct score_range r, double raw_return)
{
    double range = r.max - r.min;
    return range == 0 ? (double)NAN : 100 * (raw_return - r.min) / range;
}

struct score_summary score_summarise(struct score_range r, const double *raw_return, int count)
{
    struct score_summary s = {count, (double)NAN, (double)NAN, (double)NAN, (double)NAN};
    if (count < 1)
        return s;
    double sum = 0, squares = 0;
    for (int i = 0; i < count; i++)
        sum += raw_return[i];
    double mean = sum / count;
    for (int i = 0; i < count; i++)
        squares += (raw_return[i] - mean) * (raw_return[i] - mean);

    double std = sqrt(squares / count), unit = 100 / (r.max - r.min);
    s.mean = score_normalise(r, mean);
    s.std = r.max == r.min ? (double)NAN : std * unit;
    s.printed_std = score_normalise(r, std);
    s.sem = count > 1 ? s.std / sqrt(count - 1.0) : (double)NAN;
    return s;
}

double score_true_std(struct score_range r, double printed_std)
{
    return printed_std + 100 * r.min / (r.max - r.min);
}
