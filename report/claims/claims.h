/* The paper's claims as rows of data, and what the results say about each.
 *
 * A claim has parts; a part is one test of claim_*.c with who, where and a number. The claim's
 * verdict is that of its parts together (verdict_all), asides left out. The verdict speaks of the
 * datasets that were run: `tasks` of `wanted` are always said beside it.
 * Source  docs/claims.md */
#ifndef REPORT_CLAIMS_H
#define REPORT_CLAIMS_H

#include "report/results/report.h"
#include "report/stats/verdict.h"
#include "report/tables/table.h"

enum { CLAIM_PARTS = 12, CLAIM_TEXT = 256 };

/* X(code, name, what is asserted on the datasets `on`): %a and %b are methods, %v the value, %n
 * `least`, %2 the datasets `on2`. Tests of the theory need no runs (docs/theory.md): they have a
 * label, no `on`, and %a is a law's name or "LENGTH SEGMENT". */
#define CLAIM_TESTS(X)                                                                             \
    X(CLAIM_DIFF, "difference", "%a \u2212 %b > %v")                                               \
    X(CLAIM_EACH, "each dataset", "%a \u2212 %b > 0 on each dataset")                              \
    X(CLAIM_EQUAL, "equivalence", "%a \u2212 %b within \u00b1%v")                                  \
    X(CLAIM_SAME, "no visible difference", "%a \u2212 %b includes 0")                              \
    X(CLAIM_LEVEL_ABOVE, "level", "final of %a > %v")                                              \
    X(CLAIM_LEVEL_BELOW, "level", "final of %a < %v")                                              \
    X(CLAIM_MOST_BELOW, "datasets below", "final of %a < %v on at least %n datasets")              \
    X(CLAIM_GAIN_ABOVE, "gain", "gain of %a > %v")                                                 \
    X(CLAIM_GAIN_BELOW, "gain", "gain of %a < %v")                                                 \
    X(CLAIM_NO_GAIN, "no gain", "gain of %a below 0 or not visible")                               \
    X(CLAIM_GAIN_DIFF, "difference of gains", "gain of %a \u2212 gain of %b > %v")                 \
    X(CLAIM_DROP, "two sets of datasets", "%a here \u2212 %a on %2 > %v")                          \
    X(CLAIM_DROP_EQUAL, "two sets of datasets", "%a here \u2212 %a on %2 within \u00b1%v")         \
    X(CLAIM_INTERACTION, "difference of differences",                                              \
      "(%a \u2212 %b) here \u2212 (%a \u2212 %b) on %2 > 0")                                       \
    X(CLAIM_BETTER, "probability of improvement", "P(%a > %b) > 0.5")                              \
    X(CLAIM_BEST_IQM, "IQM", "IQM of %a above all others")                                         \
    X(CLAIM_VARIANCE, "variance over seeds", "variance of %a / variance of %b > %v")               \
    X(CLAIM_STEADIER, "variance over seeds", "variance of %a / variance of %b < %v")               \
    X(CLAIM_WOBBLE, "variance within runs", "variance within late runs, %a / %b > %v")             \
    X(CLAIM_TREND, "rank correlation",                                                             \
      "correlation of %a \u2212 %b with the dataset's mean score < 0")                             \
    X(CLAIM_KNOB, "rank correlation", "correlation of the final of %a with the setting > 0")       \
    X(CLAIM_REACH, "speed", "transitions of %a to score %v fall along the setting")                \
    X(CLAIM_PEAK, "early peak", "%a: peak in the first tenth \u2212 final > %v")                   \
    X(CLAIM_LATER, "after the budget", "%a: score at the end \u2212 score at %v transitions > 0")  \
    X(CLAIM_HALVED, "share of runs", "share of runs of %a ending below half their start > %v")     \
    X(CLAIM_LARGE_Q, "share of runs", "share of runs of %a with mean |Q| above 10000 > %v")        \
    X(CLAIM_RATIO, "share of iterations",                                                          \
      "%a: share of mean importance ratios outside 0.5 to 2 > %v")                                 \
    X(CLAIM_LOSS, "critic loss", "log critic loss of %a \u2212 %b < 0")                            \
    X(CLAIM_COST, "training seconds", "seconds per update, %a / %b at most %v")                    \
    X(CLAIM_FINDS, "share of seeds", "share of runs of %a that find the peak > %v")                \
    X(CLAIM_MISSES, "share of seeds", "share of runs of %a that find the peak < %v")               \
    X(CLAIM_CRITIC, "critic error", "%a: critic error near the visited actions falls")             \
    X(CLAIM_NEAR_DATA, "policy", "%a: action for return 1 within %v of the data's actions")        \
    X(CLAIM_TARGET_SHARE, "target returns",                                                        \
      "%a: share of the way to the target of rollouts that the return makes < %v")                 \
    X(CLAIM_TARGET_BEYOND, "target returns",                                                       \
      "%a: rise of the real return per unit of target beyond the data's best < %v")                \
    X(CLAIM_TARGET_WITHIN, "target returns",                                                       \
      "%a: rise of the real return per unit of target within the data's range > %v")               \
    X(CLAIM_SLOPE, "theory: slope", "")                                                            \
    X(CLAIM_SLOPE_BELOW, "theory: slope", "")                                                      \
    X(CLAIM_BOUND, "theory: bound", "")                                                            \
    X(CLAIM_PRINTED, "theory: bound as printed", "")                                               \
    X(CLAIM_COVERAGE, "theory: simulation", "")                                                    \
    X(CLAIM_CONTEXT, "theory: chi-square", "")                                                     \
    X(CLAIM_DISTANCE, "theory: distance", "")

enum claim_test {
#define CLAIM_ENUM(code, name, meaning) code,
    CLAIM_TESTS(CLAIM_ENUM)
#undef CLAIM_ENUM
        CLAIM_TEST_COUNT
};

const char *claim_test_name(enum claim_test t);
/* With its placeholders. */
const char *claim_test_assertion(enum claim_test t);

struct claim_part {
    enum claim_test test;
    const char *a, *b;    /* who */
    const char *on, *on2; /* where */
    double value;
    int least;         /* of CLAIM_MOST_BELOW */
    const char *knob;  /* "alpha_online: 0.001 0.01 0.1 1" of CLAIM_KNOB and CLAIM_REACH */
    const char *label; /* short; NULL: made from the words above */
    bool aside;        /* reported, without a vote */
};

struct claim {
    const char *id, *claim; /* "C1", sentence in own words */
    const char *where;      /* in the paper */
    const char *ledger;     /* disagreements that touch it: "D30, D46"; "" */
    const char *figure;     /* of the report, or "" */
    const char *expect;     /* what to expect, said before any run; or "" */
    struct claim_part part[CLAIM_PARTS];
};

extern const struct claim claim_table[];
extern const int claim_count;

/* What the results say about one part. */
struct claim_outcome {
    enum verdict verdict;
    struct interval estimate; /* of the tested quantity; NaN where there is none */
    int tasks, wanted;        /* datasets run, datasets the claim is about */
    bool reduced;             /* some of the runs are (results_is_reduced) */
    double published;         /* the paper's value of the same quantity; NaN when not printed */
    char detail[CLAIM_TEXT];  /* more numbers in words, or "" */
    char needed[CLAIM_TEXT];  /* what a verdict would need; "" when there is one */
};

struct claim_result {
    const struct claim *claim;
    enum verdict verdict;
    bool reduced; /* of some part with a verdict */
    int parts;
    struct claim_outcome outcome[CLAIM_PARTS];
};

/* All claims, in order: `out` has claim_count elements. Runs are resampled, never tasks.
 * Errors STATUS_MEMORY. */
enum status claims_evaluate(const struct report *report, struct claim_result *out);

/* "Gym-MuJoCo random: TD3+ODT - ODT > 0" */
void claim_part_title(const struct claim_part *p, char *out, size_t size);
/* "+33.24 [28.10, 38.02]", "n/a" */
void claim_estimate_text(const struct claim_outcome *o, char *out, size_t size);

/* "3/12, 5 seeds": datasets run of those that the claim is about, runs per cell; "" without any. */
void claim_coverage_text(const struct claim_outcome *o, char *out, size_t size);
/* The first voting part that has the claim's own verdict. */
int claim_deciding_part(const struct claim_result *r);

/* "supported", of reduced runs "supported at this size". */
const char *claim_verdict_text(enum verdict v, bool reduced);

/* The table of all parts (for LaTeX, CSV, the page), and claims.md with a section a claim. */
enum status claims_tabulate(const struct report *r, const struct claim_result *result,
                            struct table *t);
void claims_markdown(const struct report *r, const struct claim_result *result, struct text *out);

#endif
