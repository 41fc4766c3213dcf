/* Recorded runs: every curve.h5 below a folder, with what tells them apart. What `vitamin results`
 * lists and `vitamin verify` draws from. */
#ifndef HARNESS_RECORD_H
#define HARNESS_RECORD_H

#include "engine/base/file.h"
#include "harness/curve/run_folder.h"

struct record {
    char name[FILE_PATH];   /* the run's folder below the list's: "smoke/hopper.../td3_odt/1" */
    char folder[FILE_PATH]; /* the same from here; curve.h5 lies in it */
    struct run_folder look;
    struct curve about;     /* the attributes alone: curve_get(&r->about, "method") */
    int segments;           /* 1, or how many programs or machines made it one after another */
    char segment_text[512]; /* from which row which, for people */
    bool sealed;            /* the file carries a digest, and it holds */
};

struct record_list {
    struct record *record; /* in path order, numbers by value: seed 2 before seed 10 */
    int count;
};

/* Read all below `folder`, or that one curve.h5. A curve that cannot be read stands in the list
 * with the reason. Errors STATUS_IO (no such folder), STATUS_MISSING (no curve below it),
 * STATUS_MEMORY */
enum status record_read(const char *folder, struct record_list *out);
void record_free(struct record_list *list);

/* The run's curve whole, with its rows; those of curve_read. */
enum status record_curve(const struct record *r, struct curve *out);

/* Errors STATUS_FORMAT: so many curves of the list cannot be read, the first one's reason. */
enum status record_all_readable(const struct record_list *list);

/* What to keep; NULL keeps all. Comma-separated names or shell patterns. */
struct record_filter {
    const char *matrix;  /* first folder, or a matrix whose cells lie in several */
    const char *method;  /* "td3_odt", "td3*", with a variant "td3_odt@alpha_online=10" */
    const char *dataset; /* or a suite: "adroit" */
    const char *name;    /* exactly this run */
    const char *status;  /* waiting, stopped, running, done, diverged, failed or unreadable */
};

/* Drop what does not match. Errors STATUS_CONFIG: a word that matches no run, the nearest name
 * that would in the sentence. */
enum status record_select(struct record_list *list, const struct record_filter *filter);

/* Runs of one name that programs of different revisions, compilers, libraries or kernels made. */
struct record_other {
    int runs;
    char example[256]; /* what differs first in the first of them */
};

/* Hold every run of `a` against the one of the same name in `b`, or the only run of `a` against the
 * only one of `b`, bit by bit but for times, the dataset's path and what made them (`made_by`): one
 * line on stdout for each that differs or that only one of them has. *differences: how many lines.
 * Errors STATUS_MEMORY */
enum status record_compare(const struct record_list *a, const struct record_list *b,
                           int *differences, struct record_other *made_by);

/* "done", ..., or "unreadable". */
const char *record_state(const struct record *r);

/* Is the run by this very program: its revision, and neither from a changed tree? */
bool record_is_ours(const struct record *r);

enum { RECORD_TITLE = 256 };
/* "td3_odt@alpha_online=10 hopper-medium-v2 seed 2", for people. */
void record_title(const struct record *r, char out[RECORD_TITLE]);

enum { RECORD_CODE = 64 };
/* The code behind a run for people: "this", or "0f4fc7fe2f4d", with ", dirty" when the tree had
 * changes that no revision holds. */
void record_code(const struct record *r, char out[RECORD_CODE]);

#endif
