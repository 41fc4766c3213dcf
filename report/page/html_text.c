#include "report/page/html_impl.h"

#include "engine/base/escape.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void html_put(struct text *out, const char *text)
{
    text_add_escaped(out, escape_html, text);
}

void html_put_format(struct text *out, const char *format, ...)
{
    char line[4096];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    html_put(out, line);
}

void html_put_lines(struct text *out, const char *text)
{
    while (*text != '\0') {
        size_t n = strcspn(text, "\n");
        char *line = strndup(text, n);
        if (line == NULL) {
            out->broken = true;
            return;
        }
        html_put(out, line);
        free(line);
        text += n;
        if (*text == '\n') {
            text_add(out, "\n");
            text++;
        }
    }
}
