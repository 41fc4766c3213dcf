#include "harness/base/terminal.h"

#include "engine/base/say.h"

#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { NARROWEST = 20, TEXT = 8192 };

static bool size_of(FILE *to, struct winsize *size)
{
    return ioctl(fileno(to), TIOCGWINSZ, size) == 0;
}

bool terminal_is_live(FILE *to)
{
    const char *term = getenv("TERM");
    return isatty(fileno(to)) && term != NULL && *term != '\0' && strcmp(term, "dumb") != 0;
}

int terminal_columns(FILE *to, int otherwise)
{
    struct winsize size;
    return size_of(to, &size) && size.ws_col > NARROWEST ? size.ws_col - 1 : otherwise;
}

int terminal_rows(FILE *to, int otherwise)
{
    struct winsize size;
    return size_of(to, &size) && size.ws_row > 0 ? size.ws_row : otherwise;
}

void terminal_say(FILE *to, int indent, const char *label, const char *format, ...)
{
    char text[TEXT];
    va_list args;
    va_start(args, format);
    say_list(text, sizeof text, format, args);
    va_end(args);
    fprintf(to, "%-*s", indent, label);
    say_wrapped(to, text, indent, indent, terminal_columns(to, INT_MAX));
}

bool terminal_has_utf8(void)
{
    static const char *const variables[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        const char *value = getenv(variables[i]);
        if (value != NULL && *value != '\0') /* the first that is set decides */
            return strcasestr(value, "utf-8") != NULL || strcasestr(value, "utf8") != NULL;
    }
    return false;
}

void terminal_sparkline(const double *x, int n, int columns, bool utf8, char *out, size_t size)
{
    static const char *const blocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    static const char *const plain[] = {"_", ".", ",", "-", "=", "+", "*", "#"};
    enum { LEVELS = sizeof blocks / sizeof *blocks };
    double low = (double)INFINITY, high = -(double)INFINITY;
    size_t used = 0;
    int first = n > columns ? n - columns : 0;
    for (int i = first; i < n; i++) {
        low = isfinite(x[i]) ? fmin(low, x[i]) : low;
        high = isfinite(x[i]) ? fmax(high, x[i]) : high;
    }
    out[0] = '\0';
    for (int i = first; i < n && used + TERMINAL_SPARK < size; i++) {
        int level = high > low ? (int)((x[i] - low) / (high - low) * (LEVELS - 1) + 0.5) : 0;
        const char *mark = !isfinite(x[i]) ? " " : utf8 ? blocks[level] : plain[level];
        used += (size_t)snprintf(out + used, size - used, "%s", mark);
    }
}
