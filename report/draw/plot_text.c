/* Texts of a figure, as gnuplot wants them. */
#include "report/draw/plot_impl.h"

#include "engine/base/escape.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *plot_comment(const char *text, char out[LONGEST_TEXT])
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                " ,.;:/=+-_()<>%";
    size_t n = 0;
    for (; n < LONGEST_TEXT - 1 && text[n] != '\0'; n++)
        out[n] = strchr(plain, text[n]) != NULL || (unsigned char)text[n] >= 0x80 ? text[n] : '_';
    out[n] = '\0';
    return out;
}

const char *plot_quote(const char *text, char out[LONGEST_TEXT])
{
    static const char apostrophe[] = "\u2019";
    char plain[LONGEST_TEXT - 4], safe[LONGEST_TEXT - 4];
    size_t used = 0;
    for (; *text != '\0' && used + sizeof apostrophe < sizeof plain; text++) {
        bool quote = *text == '\'' || *text == '`';
        memcpy(plain + used, quote ? apostrophe : text, quote ? sizeof apostrophe - 1 : 1);
        used += quote ? sizeof apostrophe - 1 : 1;
    }
    plain[used] = '\0';
    snprintf(out, LONGEST_TEXT, "'%s'", escape_gnuplot(plain, safe, sizeof safe));
    return out;
}

void plot_label(struct plot *p, double x, double y, struct plot_style style, const char *expression)
{
    static const char *const anchor[] = {"left", "center", "right"};
    text_add(&p->overlay, "set label %d %s at screen %.5f,screen %.5f %s%s", ++p->labels,
             expression, plot_share_x(p, x), plot_share_y(p, y), anchor[style.anchor],
             style.upright ? " rotate by 90" : "");
    double points = (style.points > 0 ? style.points : 7) * p->scale;
    if (style.bold)
        text_add(&p->overlay, " font sprintf(\"%%s:Bold,%%g\", FONT, %g)", points);
    else
        text_add(&p->overlay, " font \",%g\"", points);
    text_add(&p->overlay, "%s tc rgb ", style.markup ? "" : " noenhanced");
    if (style.rgb == 0 || style.rgb == THEME_INK)
        text_add(&p->overlay, "INK\n");
    else
        text_add(&p->overlay, "0x%06X\n", (unsigned)style.rgb);
}

void plot_text(struct plot *p, double x, double y, struct plot_style style, const char *format, ...)
{
    if (p == NULL)
        return;
    char text[LONGEST_TEXT - 32], expression[LONGEST_TEXT];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    plot_label(p, x, y, style, plot_quote(text, expression));
}
