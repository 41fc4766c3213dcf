#include "harness/argument.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdlib.h>

enum status argument_integer(const char *option, const char *text, long low, long high, long *out)
{
    char *end;
    errno = 0;
    *out = strtol(text, &end, 10);
    if (end == text || *end != '\0' || errno != 0 || *out < low || *out > high)
        return status_fail(STATUS_CONFIG, "--%s is '%s', should be a whole number from %ld to %ld",
                           option, text, low, high);
    return STATUS_OK;
}

enum status argument_number(const char *option, const char *text, double low, double high,
                            double *out)
{
    char *end;
    *out = strtod(text, &end);
    if (end == text || *end != '\0' || !isfinite(*out) || *out < low || *out > high)
        return status_fail(STATUS_CONFIG, "--%s is '%s', should be a number from %g to %g", option,
                           text, low, high);
    return STATUS_OK;
}

enum status argument_unknown(char **argv)
{
    return status_fail(STATUS_CONFIG, "there is no option '%s', or it lacks its value",
                       argv[optind - 1]);
}
