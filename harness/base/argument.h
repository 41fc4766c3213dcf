/* Arguments of commands: what options there are and where their values go, and one sentence for
 * whatever cannot be read. */
#ifndef HARNESS_ARGUMENT_H
#define HARNESS_ARGUMENT_H

#include "engine/base/status.h"

#include <stdbool.h>

/* An option; one of the pointers is set. A list of them ends with a NULL name. */
struct argument {
    const char *name;  /* without its dashes */
    bool *flag;        /* set to true; the only kind without a value */
    const char **text; /* the value as it was given */
    int *whole;        /* whole numbers and numbers: from low to high, both included */
    long *integer;
    double *number;
    double low, high;
    /* Whatever else; a sentence about the value names the option. */
    enum status (*take)(void *context, const char *value);
    void *context;
};

enum { ARGUMENT_MOST = 24 }; /* options of one command */

/* Read the options of a command line, wherever they stand in it; later ones win. The other
 * arguments are moved behind them: they begin at argv[*rest].
 * Errors STATUS_CONFIG: an option that is unknown, lacks its value or is out of range */
enum status argument_read(int argc, char **argv, const struct argument *list, int *rest);

/* The one argument that may be left at argv[rest]; *out stays as it is when there is none. NULL:
 * there should be none. Errors STATUS_CONFIG: one too many */
enum status argument_last(int argc, char **argv, int rest, const char **out);

#endif
