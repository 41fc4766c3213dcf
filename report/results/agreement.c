#include "report/results/agreement.h"

#include "report/stats/inference.h"
#include "report/stats/sum.h"

#include <math.h>
#include <stdbool.h>

enum { PAPER_SEEDS = 5, FEWEST = 3 };

const char *agreement_word(enum agreement a)
{
#define AGREEMENT_WORD(code, word, meaning) word,
    static const char *const words[] = {AGREEMENTS(AGREEMENT_WORD)};
#undef AGREEMENT_WORD
    return words[a];
}

const char *agreement_meaning(enum agreement a)
{
#define AGREEMENT_MEANING(code, word, meaning) meaning,
    static const char *const meanings[] = {AGREEMENTS(AGREEMENT_MEANING)};
#undef AGREEMENT_MEANING
    return meanings[a];
}

struct agreed agreement_of(double printed, const double *score, int n)
{
    struct agreed a = {AGREES_NOT_RUN, (double)NAN, (double)NAN, (double)NAN};
    if (n == 0)
        return a;
    a.mean = sum_mean(score, (size_t)n);
    a.difference = a.mean - printed;
    if (n < FEWEST) {
        a.verdict = AGREES_FEW;
        return a;
    }
    double s = sum_deviation(score, (size_t)n, true), d = fabs(a.difference);
    a.w = inference_student_quantile(0.975, n - 1) * s * sqrt(1.0 / n + 1.0 / PAPER_SEEDS);
    bool close = d <= 5 || d <= 0.1 * fmax(fabs(a.mean), fabs(printed));
    if (a.w > 50)
        a.verdict = AGREES_UNSTABLE;
    else if (d <= fmax(a.w, 2))
        a.verdict = AGREES;
    else if (close)
        a.verdict = AGREES_CLOSELY;
    else
        a.verdict = a.difference > 0 ? AGREES_HIGHER : AGREES_LOWER;
    return a;
}

struct agreed agreement_with(double mean, double sd, double runs, const double *score, int n)
{
    struct agreed a = {AGREES_NOT_RUN, (double)NAN, (double)NAN, (double)NAN};
    if (n == 0)
        return a;
    a.mean = sum_mean(score, (size_t)n);
    a.difference = a.mean - mean;
    a.verdict = AGREES_FEW;
    if (n < FEWEST)
        return a;
    double s = sum_deviation(score, (size_t)n, true), mine = s * s / n, theirs, degrees = n - 1;
    if (!isnan(sd) && runs > 1) {
        theirs = sd * sd / runs;
        double f = mine * mine / (n - 1) + theirs * theirs / (runs - 1);
        degrees = f > 0 ? (mine + theirs) * (mine + theirs) / f : degrees;
    } else {
        theirs = isnan(runs) ? 0 : s * s / runs;
    }
    a.w = inference_student_quantile(0.975, degrees) * sqrt(mine + theirs);
    a.verdict = fabs(a.difference) <= a.w ? AGREES
                : a.difference > 0        ? AGREES_HIGHER
                                          : AGREES_LOWER;
    return a;
}
