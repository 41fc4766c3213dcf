/* gnuplot's pictures in the colours of the page: light as drawn, dark by variables. */
#include "report/page/html_impl.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- what stands for a colour on dark ground -------------------------------------------------- */

/* As in page.css: --card and --ink of dark mode. */
static const double GROUND = 0x21 / 255.0, INK = 0xEC / 255.0;
static const double READABLE = 4.6; /* contrast with the ground; WCAG asks for 4.5 */

struct shade {
    double c[3]; /* red, green, blue, 0 to 1 */
};

static struct shade shade_of(uint32_t rgb)
{
    return (struct shade){
        {(rgb >> 16 & 255) / 255.0, (rgb >> 8 & 255) / 255.0, (rgb & 255) / 255.0}};
}

static uint32_t shade_code(struct shade s)
{
    uint32_t code = 0;
    for (int i = 0; i < 3; i++)
        code = code << 8 | (uint32_t)lrint(255 * fmin(fmax(s.c[i], 0), 1));
    return code;
}

/* WCAG's relative luminance. */
static double luminance(struct shade s)
{
    static const double weight[3] = {0.2126, 0.7152, 0.0722};
    double sum = 0;
    for (int i = 0; i < 3; i++)
        sum += weight[i] *
               (s.c[i] <= 0.04045 ? s.c[i] / 12.92 : pow((s.c[i] + 0.055) / 1.055, 2.4));
    return sum;
}

static double contrast_with_ground(struct shade s)
{
    double ground = luminance((struct shade){{GROUND, GROUND, GROUND}});
    return (luminance(s) + 0.05) / (ground + 0.05);
}

static struct shade mix(struct shade a, struct shade b, double share)
{
    for (int i = 0; i < 3; i++)
        a.c[i] += share * (b.c[i] - a.c[i]);
    return a;
}

uint32_t html_dark(uint32_t rgb)
{
    if (rgb == 0x0072B2)
        return 0x7F96FF; /* lighter only, this blue would be the sky blue of another method */
    struct shade s = shade_of(rgb);
    double low = fmin(s.c[0], fmin(s.c[1], s.c[2])), high = fmax(s.c[0], fmax(s.c[1], s.c[2]));
    if (high - low < 0.06) {
        double grey = INK + (s.c[0] + s.c[1] + s.c[2]) / 3 * (GROUND - INK);
        return shade_code((struct shade){{grey, grey, grey}});
    }
    if (low > 0.5) { /* so much white, and the rest a pure colour: a tint */
        struct shade pure = mix((struct shade){{1, 1, 1}}, s, 1 / (1 - low));
        return shade_code(mix((struct shade){{GROUND, GROUND, GROUND}}, pure, 1 - low));
    }
    for (int i = 0; i < 20 && contrast_with_ground(s) < READABLE; i++)
        s = mix(s, (struct shade){{1, 1, 1}}, 0.08);
    return shade_code(s);
}

/* --- variables -------------------------------------------------------------------------------- */

void html_colour(struct html *h, struct text *out, uint32_t rgb)
{
    int i = 0;
    while (i < h->colours && h->colour[i] != rgb)
        i++;
    if (i == h->colours && h->colours < HTML_COLOURS)
        h->colour[h->colours++] = rgb;
    if (i < h->colours)
        text_add(out, "var(--c%06x,#%06x)", (unsigned)rgb, (unsigned)rgb);
    else
        text_add(out, "#%06x", (unsigned)rgb);
}

void html_dark_colours(const struct html *h, struct text *out)
{
    text_add(out, "@media screen and (prefers-color-scheme: dark) {\n  .paper, .switch {");
    for (int i = 0; i < h->colours; i++)
        text_add(out, " --c%06x: #%06x;", (unsigned)h->colour[i],
                 (unsigned)html_dark(h->colour[i]));
    text_add(out, " }\n}\n");
}

/* --- a picture -------------------------------------------------------------------------------- */

/* A colour as gnuplot writes it: "rgb( 38,  38,  38)", "#ffffff", "black". Returns its length; 0:
 * none. */
static size_t read_colour(const char *s, uint32_t *rgb)
{
    unsigned r, g, b;
    int n = 0;
    if (strncmp(s, "rgb(", 4) == 0 && sscanf(s, "rgb(%3u,%3u,%3u)%n", &r, &g, &b, &n) == 3 &&
        n > 0 && r < 256 && g < 256 && b < 256) {
        *rgb = r << 16 | g << 8 | b;
        return (size_t)n;
    }
    if (s[0] == '#' && strspn(s + 1, "0123456789abcdefABCDEF") == 6) {
        *rgb = (uint32_t)strtoul(s + 1, NULL, 16);
        return 7;
    }
    if (strncmp(s, "black", 5) == 0) {
        *rgb = 0;
        return 5;
    }
    return 0;
}

/* Does an attribute's value of this name end here, at its quote? */
static bool follows_attribute(const char *start, const char *quote)
{
    static const char *const names[] = {"fill", "stroke", "color"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t n = strlen(names[i]);
        for (const char *end = quote; end > start && (end[-1] == '=' || end[-1] == ' '); end--) {
            if (end - start > (ptrdiff_t)n && strncmp(end - 1 - n, names[i], n) == 0)
                return true;
        }
    }
    return false;
}

/* Text between tags is copied as it stands: a name may look like a colour. */
void html_svg(struct html *h, const char *svg, const char *attributes, bool as_drawn)
{
    const char *root = strstr(svg, "<svg");
    if (root == NULL)
        return;
    text_add(&h->out, "<svg %s", attributes);
    const char *from = root + 4; /* not yet copied */
    bool inside = true;          /* a tag */
    char quote = '\0';
    for (const char *s = from; !as_drawn && *s != '\0'; s++) {
        uint32_t rgb;
        if (!inside) {
            inside = *s == '<';
        } else if (quote != '\0') {
            quote = *s == quote ? '\0' : quote;
        } else if (*s == '"' || *s == '\'') {
            quote = *s;
            size_t n = follows_attribute(from, s) ? read_colour(s + 1, &rgb) : 0;
            if (n > 0 && s[1 + n] == quote) {
                text_add(&h->out, "%.*s", (int)(s + 1 - from), from);
                html_colour(h, &h->out, rgb);
                from = s + 1 + n;
                s = from - 1;
            }
        } else if (*s == '>') {
            inside = false;
        }
    }
    text_add(&h->out, "%s", from);
}
