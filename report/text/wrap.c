#include "report/text/wrap.h"

#include "engine/base/letters.h"

#include <string.h>

double wrap_measure(const char *text, wrap_width *width)
{
    double sum = 0;
    for (unsigned code; *text != '\0';) {
        text += letter_next(text, &code);
        sum += width(code);
    }
    return sum;
}

size_t wrap_fitting(const char *text, double room, wrap_width *width)
{
    size_t used = 0;
    for (double sum = 0; text[used] != '\0';) {
        unsigned code;
        size_t bytes = letter_next(text + used, &code);
        sum += width(code);
        if (sum > room)
            break;
        used += bytes;
    }
    return used;
}

size_t wrap_line(const char *text, double room, wrap_width *width, bool *whole)
{
    size_t fits = wrap_fitting(text, room, width);
    if (text[fits] == '\0' || text[fits] == ' ')
        return fits;
    for (size_t end = fits; end > 0; end--) {
        if (text[end - 1] == ' ')
            return end - 1;
        if (strchr("-_/,;:=+", text[end - 1]) != NULL)
            return end;
    }
    unsigned code;
    *whole = false;
    return fits > 0 ? fits : letter_next(text, &code);
}
