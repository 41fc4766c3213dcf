/* Ours against a printed number that has no spread.
 *
 * With n of our seeds and their sample standard deviation s, two means over n and over the paper's
 * 5 runs of one distribution differ by less than
 *       w = t(0.975, n-1) * s * sqrt(1/n + 1/5)             n = 5: 1.756 s
 * in 95 % of cases. About 1 in 20 cells that agree falls outside by chance.
 * Source  docs/statistics.md 9 */
#ifndef REPORT_AGREEMENT_H
#define REPORT_AGREEMENT_H

/* X(code, word, meaning) */
#define AGREEMENTS(X)                                                                              \
    X(AGREES, "agrees", "|difference| <= max(w, 2)")                                               \
    X(AGREES_CLOSELY, "close", "else, at most 5 points or 10 % of the larger value apart")         \
    X(AGREES_HIGHER, "higher", "else ours is higher")                                              \
    X(AGREES_LOWER, "lower", "else ours is lower")                                                 \
    X(AGREES_UNSTABLE, "unstable", "w > 50: agreement would mean nothing")                         \
    X(AGREES_FEW, "few", "fewer than 3 seeds")                                                     \
    X(AGREES_NOT_RUN, "-", "no run of ours")

enum agreement {
#define AGREEMENT_ENUM(code, word, meaning) code,
    AGREEMENTS(AGREEMENT_ENUM)
#undef AGREEMENT_ENUM
        AGREEMENT_COUNT
};

const char *agreement_word(enum agreement a);
const char *agreement_meaning(enum agreement a);

struct agreed {
    enum agreement verdict;
    double mean, difference, w; /* of ours; ours - printed; NaN where not defined */
};

/* `score` (n) are ours, finite; `printed` is finite. */
struct agreed agreement_of(double printed, const double *score, int n);

/* The same against a mean with its sample standard deviation `sd` over `runs` runs, on any scale:
 *       w = t(0.975, f) sqrt(s^2 / n + sd^2 / runs)         f: Welch-Satterthwaite
 * Without sd (NaN, or of one run) w = t(0.975, n-1) s sqrt(1/n + 1/runs), as if the spreads were
 * equal; without `runs` too 1/runs = 0, as if the mean were exact. AGREES, AGREES_HIGHER,
 * AGREES_LOWER, AGREES_FEW or AGREES_NOT_RUN. */
struct agreed agreement_with(double mean, double sd, double runs, const double *score, int n);

#endif
