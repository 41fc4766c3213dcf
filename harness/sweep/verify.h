/* A recorded run, done again: are its numbers what this code computes? */
#ifndef HARNESS_VERIFY_H
#define HARNESS_VERIFY_H

#include "harness/matrix/record.h"

#include <signal.h>

enum verify_verdict {
    VERIFY_SAME,      /* equal in every bit that was compared */
    VERIFY_DIFFERENT, /* text: the first difference */
    VERIFY_UNCHECKED, /* text: why it cannot be done again here */
};

/* "same", "DIFFERENT", "UNCHECKED". */
extern const char *const verify_words[];

struct verify_options {
    int rows;             /* of /iteration to do again, pretraining blocks included; 0: all */
    bool from_checkpoint; /* go on from the run's checkpoint when rows were recorded beyond it */
    const char *results;  /* the folder that was named: guides are read from below it only */
    const char *data;     /* folder of datasets; NULL: as usual */
    const char *method;   /* as named, or NULL: the only file of a method that is read */
    const volatile sig_atomic_t *stop; /* as in run.h; may be NULL */
};

struct verify_result {
    enum verify_verdict verdict;
    int first_row; /* 0, or the row behind the checkpoint */
    int rows, evaluations;
    double seconds;
    char text[512];
    char circumstances[768]; /* what is not as it was when the run was recorded; "" for nothing */
};

/* Do the run again in a scratch folder under TMPDIR, with the configuration that its curve holds,
 * and compare bit by bit. What says where a run took place (revision, compiler, libraries, BLAS
 * core, machine, the dataset's path) is not compared but told in `circumstances`; the dataset's
 * content must be the same, and is made as the run's (built-in) matrix says where it is not there.
 * A curve of several segments (curve.h) is VERIFY_UNCHECKED: no program on
 * one machine computes it. A configuration that lacks settings which this code has is
 * taken to mean what the preset says of them now, and that is told too.
 *
 * A curve may come from anywhere. Paths that it holds are opened only below the folders that were
 * named (`results`, `data`); else the run is unchecked and the sentence says what to name.
 *
 * Errors  STATUS_INTERRUPTED, STATUS_IO (no scratch folder), STATUS_MEMORY */
enum status verify_record(const struct record *r, const struct verify_options *options,
                          struct verify_result *out);

#endif
