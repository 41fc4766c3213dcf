/* What users say about score files that the files do not say themselves (--column, --method,
 * --dataset, --seed, --pattern, --reference). All zero: nothing. */
#ifndef REPORT_READING_H
#define REPORT_READING_H

/* What a column may be. X(code, name). Those before READ_NAMES may also be named by the user or by
 * the names of folders and files. */
#define READING_ROLES(X)                                                                           \
    X(READ_METHOD, "method")                                                                       \
    X(READ_DATASET, "dataset")                                                                     \
    X(READ_SEED, "seed")                                                                           \
    X(READ_STEP, "step")                                                                           \
    X(READ_SCORE, "score")                                                                         \
    X(READ_LENGTH, "length")   /* steps of an episode: their sum is the step */                    \
    X(READ_EPISODE, "episode") /* of one evaluation: its scores are averaged */                    \
    X(READ_METRIC, "metric")   /* which metric the row's score is of */

enum reading_role {
#define READING_CODE(code, name) code,
    READING_ROLES(READING_CODE)
#undef READING_CODE
        READ_ROLES,
    READ_NAMES = READ_STEP
};

/* READING_REST as a column: every column without a role is one method, dataset or seed. */
#define READING_REST "*"

struct reading {
    const char *column[READ_ROLES]; /* the file's name for it, NULL: told by the header */
    const char *name[READ_NAMES];   /* of all rows of files that do not say; NULL: none */
    const char *pattern;            /* "{dataset}/{method}/{seed}.csv": what names mean, or NULL */
    const char *reference;          /* a file of dataset, low, high that normalises; NULL: none */
};

const char *reading_role_name(enum reading_role role);

#endif
