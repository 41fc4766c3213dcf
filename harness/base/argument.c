#include "harness/base/argument.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdlib.h>

static enum status read_integer(const struct argument *a, const char *text, long *out)
{
    char *end;
    errno = 0;
    *out = strtol(text, &end, 10);
    if (end == text || *end != '\0' || errno != 0 || (double)*out < a->low ||
        (double)*out > a->high)
        return status_fail(STATUS_CONFIG,
                           "--%s is '%s', should be a whole number from %.0f to %.0f", a->name,
                           text, a->low, a->high);
    return STATUS_OK;
}

static enum status read_number(const struct argument *a, const char *text)
{
    char *end;
    *a->number = strtod(text, &end);
    if (end == text || *end != '\0' || !isfinite(*a->number) || *a->number < a->low ||
        *a->number > a->high)
        return status_fail(STATUS_CONFIG, "--%s is '%s', should be a number from %g to %g", a->name,
                           text, a->low, a->high);
    return STATUS_OK;
}

static enum status take(const struct argument *a, const char *value)
{
    long whole;
    if (a->flag != NULL)
        *a->flag = true;
    else if (a->text != NULL)
        *a->text = value;
    else if (a->number != NULL)
        TRY(read_number(a, value));
    else if (a->integer != NULL)
        TRY(read_integer(a, value, a->integer));
    else if (a->whole != NULL) {
        TRY(read_integer(a, value, &whole));
        *a->whole = (int)whole;
    } else {
        TRY(a->take(a->context, value));
    }
    return STATUS_OK;
}

enum status argument_read(int argc, char **argv, const struct argument *list, int *rest)
{
    struct option options[ARGUMENT_MOST + 1] = {{NULL, 0, NULL, 0}};
    int index = 0;
    for (int i = 0; list[i].name != NULL; i++) {
        assert(i < ARGUMENT_MOST);
        int value = list[i].flag != NULL ? no_argument : required_argument;
        options[i] = (struct option){list[i].name, value, NULL, 0};
    }
    optind = 0; /* anew, for glibc: a flag of ours may have moved arguments of another call */
    opterr = 0;
    for (int found; (found = getopt_long(argc, argv, "", options, &index)) != -1;) {
        if (found == '?')
            return status_fail(STATUS_CONFIG, "there is no option '%s', or it lacks its value",
                               argv[optind - 1]);
        TRY(take(&list[index], optarg));
    }
    *rest = optind;
    return STATUS_OK;
}

enum status argument_last(int argc, char **argv, int rest, const char **out)
{
    int most = out != NULL;
    if (argc - rest > most)
        return status_fail(STATUS_CONFIG, "'%s' is one argument too many", argv[rest + most]);
    if (out != NULL && argc > rest)
        *out = argv[rest];
    return STATUS_OK;
}
