/* Running gnuplot so that a figure is whole or absent.
 *
 * gnuplot's exit status alone proves nothing: a terminal that was not set ends with status 0 and no
 * file, an error leaves an empty or an earlier one. So each picture is drawn into a temporary name,
 * checked (picture.h), and only then takes the place of the old one. What gnuplot says on stderr is
 * kept.
 *
 * A script (plot.h writes them) sits beside its data and knows two variables: TERM ("pdf", "svg" or
 * "png") and OUT, the file to write. It is run in its own folder with the user's start-up files
 * switched off and a fixed locale and time zone, so equal inputs give equal bytes; the one thing
 * cairo takes from the clock, the PDF's CreationDate, is set afterwards (pdf.h). */
#ifndef REPORT_GNUPLOT_H
#define REPORT_GNUPLOT_H

#include "engine/base/file.h"
#include "engine/base/status.h"
#include "report/draw/picture.h"

#include <stddef.h>

/* The program on PATH. Errors STATUS_MISSING with the remedy, STATUS_IO (there may be one). */
enum status gnuplot_find(char path[FILE_PATH]);

/* What it calls itself ("gnuplot 5.4 patchlevel 4"), "not found", or "unknown" when it cannot be
 * asked. `out` is room for it. */
const char *gnuplot_version(char *out, size_t size);

/* One picture: FOLDER/ID.gp drawn as FOLDER/ID.EXTENSION. */
struct gnuplot_job {
    const char *folder;
    struct picture picture; /* id, texts, date */
    enum picture_format format;

    /* Results. */
    struct status_note outcome;
    char warnings[512]; /* first part of stderr, "" when gnuplot had nothing to say */
};

/* Draw all of them, as many at a time as there are threads. Every job gets its outcome; returned is
 * the first failure. Errors STATUS_MISSING (no gnuplot), STATUS_IO, STATUS_FORMAT (gnuplot failed;
 * its words are in the sentence), STATUS_CONFIG (an id that is no safe file name). */
enum status gnuplot_run(struct gnuplot_job *job, int jobs);

#endif
