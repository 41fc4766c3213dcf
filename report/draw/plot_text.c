/* Texts of a figure, as gnuplot wants them. */
#include "report/draw/plot_impl.h"

#include "engine/base/escape.h"
#include "report/draw/glyphs.h"

#include <math.h>
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
    char plain[LONGEST_TEXT - 4], safe[LONGEST_TEXT - 4], drawn[LONGEST_TEXT];
    size_t used = 0;
    for (text = glyphs_spell(text, drawn, sizeof drawn);
         *text != '\0' && used + sizeof apostrophe < sizeof plain; text++) {
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

char *plot_fit(const char *text, double inches, double *points, char out[LONGEST_TEXT])
{
    while (*points > 6.1 && theme_text_width(text, *points) > inches)
        *points -= 0.2;
    return theme_fit(text, *points, inches, out, LONGEST_TEXT);
}

/* Where the text stays on the page: along its direction, from `at`. */
static double stay_on_page(double at, double length, double page, enum plot_anchor anchor)
{
    static const double before[] = {0, 0.5, 1};
    const double margin = 0.02;
    double start = at - before[anchor] * length;
    start = fmax(margin, fmin(start, page - margin - length));
    return start + before[anchor] * length;
}

void plot_text(struct plot *p, double x, double y, struct plot_style style, const char *format, ...)
{
    if (p == NULL)
        return;
    char text[LONGEST_TEXT - 32], fits[LONGEST_TEXT], expression[LONGEST_TEXT];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    style.points = style.points > 0 ? style.points : 7;
    double page = style.upright ? p->height : p->width;
    double wide = style.bold ? 1.08 : 1; /* than the letters that are not */
    if (!style.markup)
        plot_fit(text, (page - 0.04) / wide, &style.points, fits);
    else
        snprintf(fits, sizeof fits, "%s", text);
    double length = wide * theme_text_width(fits, style.points);
    if (style.upright)
        y = stay_on_page(y, length, page, style.anchor);
    else
        x = stay_on_page(x, length, page, style.anchor);
    plot_label(p, x, y, style, plot_quote(fits, expression));
}
