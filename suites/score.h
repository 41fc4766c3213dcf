/* Normalised returns: 0 is D4RL's random policy, 100 its reference policy (docs/methods.md 20). */
#ifndef SUITES_SCORE_H
#define SUITES_SCORE_H

struct score_range {
    double min, max; /* raw returns that score 0 and 100 */
};

/* 100 (raw_return - min) / (max - min); NaN when max equals min. */
double score_normalise(struct score_range r, double raw_return);

struct score_summary {
    int count;
    double mean; /* of normalised returns */
    double std;  /* population standard deviation of them */
    double sem;  /* standard error of the mean: sample deviation / sqrt(count) */
    /* 100 (raw std - min) / (max - min): what the paper's scripts print as the standard deviation
     * for gym-mujoco, where min does not belong (docs/datasets.md 2). */
    double printed_std;
};

/* Sums in double, in order. count 0 gives NaN everywhere. */
struct score_summary score_summarise(struct score_range r, const double *raw_return, int count);

/* The standard deviation behind one that was printed as above. */
double score_true_std(struct score_range r, double printed_std);

#endif
