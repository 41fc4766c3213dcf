/* All results in memory: methods x datasets x seeds, each run a curve with a status and an origin.
 *
 * Read from result folders (harness/curve/curve.h) and from score files of other people (scores.h);
 * what tables, figures, claims and the page draw from. Plain data; results_init, results_read_*,
 * results_finish once, then const.
 *
 *   results.run is sorted by (method, dataset, seed), so that a cell is a contiguous piece:
 *       const struct results_run *run = results_cell(&r, method, dataset, &count);
 *
 * Orders are those of the paper where it has one (registry.h), then order of appearance: methods
 * td3bc, iql, odt, pdt, td3, ddpg_odt, td3_odt, then its ablations, then the unknown; datasets by
 * suite. Every name may hold any byte but NUL and control characters: escape it (escape.h). */
#ifndef REPORT_RESULTS_H
#define REPORT_RESULTS_H

#include "engine/base/file.h"
#include "engine/base/status.h"
#include "harness/curve/curve.h"
#include "harness/curve/theory_file.h"
#include "report/results/reading.h"
#include "report/stats/align.h"
#include "report/stats/matrix.h"

#include <stdbool.h>
#include <stdint.h>

enum { RESULTS_ID = 96, RESULTS_TITLE = 128, RESULTS_NOTE = 1536 };

/* What became of a run (docs/statistics.md 1.5). X(code, word, is it a result) */
#define RUN_STATUSES(X)                                                                            \
    X(RUN_OK, "ok", true)                  /* reached the budget */                                \
    X(RUN_DIVERGED, "diverged", true)      /* a non-finite number: a result, see diverged below */ \
    X(RUN_INCOMPLETE, "incomplete", false) /* running or stopped before the budget */              \
    X(RUN_FAILED, "failed", false)         /* ended with an error, or its file cannot be read */   \
    X(RUN_MISSING, "missing", false)       /* a folder without a curve, or never started */

enum run_status {
#define RUN_ENUM(code, word, result) code,
    RUN_STATUSES(RUN_ENUM)
#undef RUN_ENUM
        RUN_STATUS_COUNT
};

/* Until results_finish the seed of a run with the i-th seed_name is this plus i. */
#define RESULTS_SEED_NAMED (INT64_MIN + 1)

const char *run_status_word(enum run_status status);

enum final_rule { FINAL_AT_BUDGET, FINAL_LAST, FINAL_MEAN_LAST_K, FINAL_BEST, FINAL_AREA };
enum diverged_rule { DIVERGED_FLOOR, DIVERGED_LAST, DIVERGED_DROP };
enum missing_rule { MISSING_AVAILABLE, MISSING_COMMON, MISSING_ERROR };

/* How runs become scores; one choice a report, printed in every caption. Zeros are the defaults. */
struct results_options {
    enum final_rule final;
    enum diverged_rule diverged;
    enum missing_rule missing;
    enum align_rule align;
    bool pooled;   /* the IQM pools the runs of all tasks, else it weights tasks equally */
    int last_k;    /* of FINAL_MEAN_LAST_K; 0: 10 */
    double budget; /* transitions, for every dataset; 0: from the run, the registry, or the data */
    const char *ours; /* the emphasised method by id or label; NULL: see struct results */
    const char *const *suite_of; /* (suite_ofs) "PATTERN=NAME" */
    int suite_ofs;
    struct reading reading; /* of score files */
};

struct results_suite {
    char id[RESULTS_ID];       /* "mujoco", "adroit", "antmaze", "antmaze-large", "maze2d", ...; of
                                  datasets read elsewhere (at, below) "mujoco+at500000"; of
                                  --suite-of the name given there */
    char title[RESULTS_TITLE]; /* "Gym-MuJoCo", "Gym-MuJoCo, read at 500000" */
    double at;                 /* of its datasets */
    bool known;                /* in the registry */
    bool scored;               /* else rewards: stands apart from all other suites */
    int first, count;          /* its datasets: [first, first + count) */
    int seeds;                 /* the planned number: most runs that any of its cells has */
};

struct results_dataset {
    char id[RESULTS_ID];         /* "hopper-medium-v2"; delayed reward: "hopper-medium-v2+delay5";
                                    runs to be read elsewhere than most: "...+at500000" */
    char base[RESULTS_ID];       /* "hopper-medium-v2" */
    char task[RESULTS_ID];       /* the id without "+at500000" */
    char stands_for[RESULTS_ID]; /* the paper's dataset that this is, or of which it is a part or
                                    stand-in ("hopper-medium-dev"), delays included; "" for none */
    char title[RESULTS_TITLE];   /* "Hopper-medium" */
    char env[RESULTS_ID];        /* "hopper"; "" when unknown */
    char quality[RESULTS_ID];    /* "medium"; "" when unknown */
    int suite;                   /* index into suite */
    int rank;                    /* position in the registry, or -1 */
    double at;                   /* the budget in the id; 0: the usual one */
    double budget;               /* where the final score is read; in units of run.x */
    bool common;                 /* the budget is the largest step that all runs reach */
    bool ends;                   /* each run is read at its own end; the budget is the farthest */
    double mean;                 /* normalised mean return of the data (paper); NaN when unknown */
};

struct results_method {
    char id[RESULTS_ID];      /* "td3_odt"; of a variant "td3_odt:alpha_online=10" */
    char base[RESULTS_ID];    /* "td3_odt" */
    char variant[RESULTS_ID]; /* "alpha_online=10", or "" */
    char label[RESULTS_TITLE];
    int rank;  /* position in the registry, or -1 */
    bool main; /* one of the paper's seven, without a variant */
    int place; /* in the user's own order, from 1; 0: by rank */
};

/* Where a run comes from; "" when not stated. What the whole curve knows is in `curve`. */
struct results_origin {
    char path[FILE_PATH];       /* file that was read */
    char matrix[RESULTS_ID];    /* name of the experiment matrix */
    char preset[RESULTS_ID];    /* "paper", "code" */
    char size[RESULTS_ID];      /* "paper", or a reduced size */
    char reduced[RESULTS_NOTE]; /* what is smaller than in the paper */
    char kind[RESULTS_ID];      /* dataset kind: d4rl, generated, dev, minari, own, none, or "" */
    char revision[RESULTS_ID];
    bool dirty;
    bool foreign; /* from a score file, not one of our runs */
};

struct results_run {
    int method, dataset; /* indices */
    int64_t seed;
    double budget; /* where the run says that it is to be read, in units of x; NaN: it does not */
    enum run_status status;
    char why[RESULTS_NOTE]; /* of a status other than ok: one sentence */
    bool unreadable;        /* failed because its file cannot be read */

    /* The curve: mean normalised score of an evaluation against x, strictly increasing. */
    int points;
    double *x, *y;
    double *spread; /* standard deviation over evaluation episodes; NaN when unknown */
    double *hours;  /* wall clock so far; NaN when unknown */
    double *steps;  /* actor updates so far; NaN when unknown */

    /* Scores, each NaN when not defined (docs/statistics.md 1.2), all within the budget. */
    double initial, at_budget, last, mean_last_k, best, area;

    /* After the options: what tables and statistics use. */
    bool used;               /* counts as a result */
    double final, increase;  /* increase NaN without a point at x = 0 */
    double runtime, updates; /* seconds, actor updates of the whole run; NaN when unknown */

    struct results_origin origin;
    struct curve *curve; /* everything else; NULL for a foreign file */
};

/* Said at the top of every output. */
enum note_level { NOTE_INFO, NOTE_WARNING, NOTE_BANNER }; /* banners matter to every number */
enum { RESULTS_TOPIC = 64 };
struct results_note {
    enum note_level level;
    char topic[RESULTS_TOPIC]; /* "generated data": two or three words for the line of all notes */
    char text[RESULTS_NOTE];   /* plain text */
};

struct results {
    struct results_options options;
    struct results_suite *suite;
    int suites;
    struct results_dataset *dataset;
    int datasets;
    struct results_method *method;
    int methods;
    struct results_run *run;
    int runs;
    int seeds;          /* the largest of the suites', the single-state MDP apart */
    size_t curve_bytes; /* memory of all curves */
    int ours;           /* the method that is emphasised and compared with all others: the user's
                           choice, else TD3+ODT unless the scores are foreign; -1: none */
    bool foreign;       /* all runs are from score files, and not all of them of the paper's methods
                           and datasets: nothing is held against the paper */
    bool finetuning;    /* the paper's setting, pretrained and then trained online: texts say so */
    const char *x_title; /* "Online transitions", "Gradient steps" of offline curves, "Steps" */
    struct results_note *note;
    int notes;
    char (*seed_name)[RESULTS_ID]; /* seeds of score files that are no numbers */
    int seed_names;
    char doubt[RESULTS_NOTE];       /* why scores cannot be compared, so that no claim gets a
                                       verdict; "" when nothing speaks against it */
    int unread;                     /* files and folders that cannot be read and tell no run */
    char excluded_by[RESULTS_NOTE]; /* the user's own selection in words, or "" */
    char (*own_suite)[RESULTS_ID];  /* (own_suites) names that --suite-of has made */
    int own_suites;
    struct theory *theory; /* what `vitamin theory` computed, owned; NULL: no file was found */
    char theory_path[FILE_PATH]; /* its file */
    int theory_damaged;          /* files of that kind that cannot be read */
};

void results_init(struct results *r, struct results_options options);
void results_free(struct results *r);

/* Every curve.h5 below `folder` (or one such file), in path order, and the first theory.h5. Folders
 * are read as MATRIX/DATASET/METHOD[@key=value,...]/SEED/curve.h5 (or
 * .../METHOD-PRESET-SIZE/seedN/); what the file says about itself wins. A file that cannot be read
 * becomes a failed run with the reason (and a note), a run's folder without a curve a missing one.
 * With delayed rewards the dataset is "hopper-medium-v2+delay5"; other settings behind the @ make a
 * method "td3_odt:alpha_online=10". Errors STATUS_IO (no such folder), STATUS_MEMORY. */
enum status results_read_folder(struct results *r, const char *folder);

/* One foreign file, or a folder of them: layouts in scores.h; "-" is standard input. What was taken
 * for what stands in notes. Errors STATUS_IO, STATUS_FORMAT with file, line and remedy,
 * STATUS_CONFIG (the pattern), STATUS_MEMORY. */
enum status results_read_scores(struct results *r, const char *path);

/* Normalise what score files hold by options.reading.reference, if there is one: before
 * results_finish. Errors STATUS_IO, STATUS_FORMAT, STATUS_CONFIG (no dataset in common). */
enum status results_normalise(struct results *r);

/* Leave out the runs of the matrix `cost` where there are others: their scores after a few updates
 * are no evidence, and their budgets, presets and sizes would count as everyone's. A note says so.
 * Before results_finish. Errors STATUS_MEMORY. */
enum status results_leave_speed(struct results *r);

/* Keep what is listed (comma-separated ids, labels or shell patterns; NULL or "": all). Methods
 * come in the order of their list. Errors STATUS_CONFIG: a word that matches nothing, the nearest
 * name in the sentence. */
enum status results_select(struct results *r, const char *methods, const char *datasets,
                           const char *suites);

/* Sort, settle budgets, compute every run's scores, apply the options, collect notes. Call once,
 * after reading and selecting. Every dataset has one budget: runs that are to be read elsewhere
 * than most of its runs become runs of a dataset "...+at500000" in a suite of its own, so that no
 * cell, row, comparison or claim holds scores of different budgets against each other. Errors
 * STATUS_CONFIG (no run at all; uneven seeds under MISSING_ERROR, with the grid of counts; no run
 * of options.ours; a rule of options.suite_of that places no dataset),
 * STATUS_NONFINITE, STATUS_MEMORY. */
enum status results_finish(struct results *r);

/* Errors STATUS_FORMAT: so much of the results cannot be read; a report of the rest is no whole
 * one. `otherwise` ends the sentence. */
enum status results_all_read(const struct results *r, const char *otherwise);

/* The runs of one cell, and how many there are of each status. */
struct results_run *results_cell(const struct results *r, int method, int dataset, int *count);
struct results_count {
    int of[RUN_STATUS_COUNT]; /* missing counts up to the suite's seeds */
    int used;
};
struct results_count results_count(const struct results *r, int method, int dataset);

/* Scores of the used runs of a cell, in seed order, undefined ones left out. Writes at most `room`
 * numbers, returns how many there are. */
enum results_what { RESULTS_FINAL, RESULTS_INCREASE, RESULTS_INITIAL };
enum { RESULTS_WHATS = RESULTS_INITIAL + 1 };
int results_scores(const struct results *r, int method, int dataset, enum results_what what,
                   int room, double *out);

/* The same of a method on a list of datasets, for aggregates and comparisons. Tasks without a
 * score are left out. Errors STATUS_MEMORY. */
enum status results_matrix(const struct results *r, int method, const int *datasets, int count,
                           enum results_what what, struct matrix *out);

/* The method that a user's word names: its id, else its label, upper or lower case. *out is an
 * index. Errors STATUS_CONFIG with the nearest name. */
enum status results_name_method(const struct results *r, const char *option, const char *word,
                                int *out);

/* Index by id, or -1. */
int results_method(const struct results *r, const char *id);
int results_dataset(const struct results *r, const char *id);
int results_suite(const struct results *r, const char *id);
/* The dataset of this id, else the first that stands for it, or -1. */
int results_stand_in(const struct results *r, const char *id);

/* Of smaller networks or budgets than the paper's, or of data that stand in for D4RL's: what it
 * shows, it shows at this size. */
bool results_is_reduced(const struct results_run *run);

/* A line of the run's effective configuration ("alpha_online"); "" when there is none. */
const char *results_config(const struct results_run *run, const char *key, char *out, size_t size);

/* Append a note once (equal texts are kept once); its topic is what stands before its colon, or its
 * first words. Errors STATUS_MEMORY. */
enum status results_note(struct results *r, enum note_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same under a topic. */
enum status results_note_on(struct results *r, enum note_level level, const char *topic,
                            const char *format, ...) __attribute__((format(printf, 4, 5)));

/* "final score at 1000000 transitions, ...": the choices behind the numbers, for captions. */
void results_describe(const struct results *r, char *out, size_t size);

/* Where scores are read: "500000 online transitions", or of several budgets
 * "150000 (Hopper-random, Ant-random) and 100000 (Pen-human) online transitions". Returns how many
 * budgets the datasets have. */
int results_describe_budgets(const struct results *r, const int *datasets, int count, char *out,
                             size_t size);

/* The budget behind "+at" at the end of an id, and where the id ends before it; 0 for none. */
double results_at(const char *id, size_t *length);
/* The title of a suite by its id, "mujoco+at500000" included. */
void results_suite_title(const char *id, char out[RESULTS_TITLE]);

#endif
