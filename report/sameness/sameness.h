/* Are our runs of matrix `tiny` and the recorded runs of the released program draws from the same
 * distributions? (docs/sameness.md)
 *
 * Each run gives some dozens of numbers, the statistics: scores, lengths, losses, Q, gradient norms
 * and entropies after pretraining and online. Each is compared by a permutation test
 * (report/stats/permutation.h), and all of them together are corrected by Holm, so that two equal
 * programs raise a false alarm for one in twenty sets of seeds. */
#ifndef REPORT_SAMENESS_H
#define REPORT_SAMENESS_H

#include "engine/base/command.h"
#include "report/sameness/run_log.h"

enum { SAMENESS_SEEDS = 1000 };

/* Families of statistics: one table each. X(code, title) */
#define SAMENESS_FAMILIES(X)                                                                       \
    X(SAMENESS_SCORES, "Scores")                                                                   \
    X(SAMENESS_LENGTHS, "Lengths")                                                                 \
    X(SAMENESS_LOSSES, "Losses")                                                                   \
    X(SAMENESS_Q, "Q")                                                                             \
    X(SAMENESS_GRADIENTS, "Gradient norms")                                                        \
    X(SAMENESS_ENTROPIES, "Entropies")

enum sameness_family {
#define SAMENESS_ENUM(code, title) code,
    SAMENESS_FAMILIES(SAMENESS_ENUM)
#undef SAMENESS_ENUM
        SAMENESS_FAMILY_COUNT
};

const char *sameness_family_title(enum sameness_family family);

/* What of a run's rows is one number. */
enum sameness_window {
    SAMENESS_PRETRAINED, /* of iteration 0 */
    SAMENESS_BEGIN,      /* of the first online iteration */
    SAMENESS_ONLINE,     /* mean of all online iterations, or of the evaluations behind them */
    SAMENESS_LAST        /* of the last one */
};

struct sameness_statistic {
    const char *name;
    enum sameness_family family;
    enum run_log_kind kind;
    enum run_log_column column;
    enum sameness_window window;
    const char *but; /* a method without it; NULL: none */
};

extern const struct sameness_statistic sameness_statistics[];
extern const int sameness_statistic_count;

/* A method on a dataset, the two sides of which are compared. */
struct sameness_group {
    char dataset[RESULTS_ID], method[RESULTS_ID]; /* "td3_odt:online_reinit_targets=0" */
    int runs[2];                                  /* ours, the released program's */
    bool old_metrics; /* q_abs_max had another meaning in some of ours: not compared */
};

struct sameness_test {
    int group;
    const struct sameness_statistic *what;
    double mean[2];    /* ours, the released program's */
    double deviation;  /* pooled, of one run; 0: constant */
    double p;          /* NaN: the same number in all runs of both sides, not tested */
    double holm;       /* p corrected over all tests */
    double detectable; /* least difference seen with SAMENESS_POWER, in deviations */
    bool differs;      /* holm is at most SAMENESS_LEVEL */
};

#define SAMENESS_LEVEL 0.05
#define SAMENESS_POWER 0.8

struct sameness {
    struct sameness_group *group;
    int groups;
    struct sameness_test *test;
    int tests;  /* constant ones included */
    int tested; /* without them */
    int differing;
    bool any_settings; /* the runs' settings were held against nobody's */
};

/* The configuration of a cell of matrix tiny, lines `key = value`. */
struct sameness_settings {
    char method[RESULTS_ID], dataset[RESULTS_ID];
    const char *config;
};

struct sameness_options {
    const char *methods, *datasets; /* comma-separated ids or patterns; NULL: all */
    long first_seed, last_seed;     /* ours; both 0: those that any of the compared runs has */
    const struct sameness_settings *settings; /* (settings_count) what runs must have; 0: any */
    int settings_count;
};

/* Errors STATUS_CONFIG: a word of methods or datasets that no recorded run matches, with the
 * nearest that one would. */
enum status sameness_check_words(const struct run_log *recorded, int count,
                                 const struct sameness_options *options);

/* Compare. `r` was read by results_read_folder, without results_finish. Every recorded method and
 * dataset of the selection must have a finished run of every seed, of the recorded size and with
 * the settings that are wanted; all runs of a method, variant and dataset must have the same ones
 * in any case. Errors STATUS_MISSING (a run or a whole group), STATUS_FORMAT (a run that failed,
 * diverged, cannot be read, is of another size or has other settings), STATUS_CONFIG (nothing
 * selected; runs with nothing to compare them with), STATUS_MEMORY. */
enum status sameness_compare(const struct results *r, const struct run_log *recorded, int count,
                             const struct sameness_options *options, struct sameness *out);
void sameness_free(struct sameness *s);

/* The tables and what they come to, on standard output, in 80 columns. */
void sameness_say(const struct sameness *s);

/* STATUS_OK when nothing differs; else STATUS_FORMAT with the most different statistic.
 * STATUS_MISSING when so few runs could not have shown any difference. */
enum status sameness_verdict(const struct sameness *s);

/* All of it, as `vitamin sameness FOLDER...` does. Errors of all the above, STATUS_IO. */
enum status sameness_run(char *const *folders, const struct sameness_options *options);

/* The same as a command line, which `vitamin sameness` hands over. */
extern const struct command sameness_command;

/* "3-8", or "3". Errors STATUS_CONFIG. */
enum status sameness_read_seeds(const char *text, struct sameness_options *out);

#endif
