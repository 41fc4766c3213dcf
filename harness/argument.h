/* Arguments of commands: one sentence for whatever cannot be read. */
#ifndef HARNESS_ARGUMENT_H
#define HARNESS_ARGUMENT_H

#include "engine/base/status.h"

/* A whole number from low to high. Errors STATUS_CONFIG. */
enum status argument_integer(const char *option, const char *text, long low, long high, long *out);

/* A finite number from low to high. Errors STATUS_CONFIG. */
enum status argument_number(const char *option, const char *text, double low, double high,
                            double *out);

/* What getopt_long's '?' means: the option it did not know, or that lacks its value. */
enum status argument_unknown(char **argv);

#endif
