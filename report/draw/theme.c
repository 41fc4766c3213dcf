#include "report/draw/theme.h"

#include "engine/base/escape.h"
#include "engine/base/letters.h"
#include "report/draw/glyphs.h"
#include "report/text/wrap.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    double inches, scale;
} widths[THEME_WIDTH_COUNT] = {
#define THEME_ROW(code, name, width, scale) {name, width, scale},
    THEME_WIDTHS(THEME_ROW)
#undef THEME_ROW
};

enum status theme_read_width(const char *name, enum theme_width *out)
{
    for (int i = 0; i < THEME_WIDTH_COUNT; i++) {
        if (strcmp(name, widths[i].name) == 0) {
            *out = (enum theme_width)i;
            return STATUS_OK;
        }
    }
    if (strcmp(name, "icml") == 0) {
        *out = THEME_TWO_COLUMN;
        return STATUS_OK;
    }
    return status_fail(STATUS_CONFIG,
                       "width '%s' is unknown; choose two-column (icml), neurips, column or slides",
                       name);
}

double theme_inches(const struct theme *t)
{
    return widths[t->width].inches;
}

double theme_scale(const struct theme *t)
{
    return widths[t->width].scale;
}

/* --- colours -------------------------------------------------------------------------------- */

enum { VERMILLION, BLUE, GREEN, ORANGE, PURPLE, SKY, BLACK };
static const uint32_t hue[THEME_HUES] = {0xD55E00, 0x0072B2, 0x009E73, 0xE69F00,
                                         0xCC79A7, 0x56B4E9, 0x000000};
/* Markers that differ in shape: of a hue's first method, and of its second. */
static const int shape[2 * THEME_HUES] = {7, 5, 9, 11, 13, 15, 4, 6, 2, 8, 10, 12, 14, 1};
enum { DASHES = 6 }; /* of style.gp */

/* Without hues each has a grey and a dash instead; neighbours in `spare` differ much. The greys'
 * lightness is 9 or more apart (CIE L*: 0, 16, 31, 43, 55, 65, 75). */
static const uint32_t grey[THEME_HUES] = {0x000000, 0x292929, 0x848484, 0x494949,
                                          0x9e9e9e, 0x666666, 0xb9b9b9};
static const int grey_dash[THEME_HUES] = {0, 1, 2, 3, 4, 5, 0};

/* A method has one colour in every figure. */
static const struct {
    const char *id;
    int hue;
} fixed[] = {
    {"td3bc", ORANGE}, {"iql", GREEN},    {"odt", BLACK},          {"pdt", PURPLE},
    {"td3", BLUE},     {"ddpg_odt", SKY}, {"td3_odt", VERMILLION},
};

/* In which order hues go to the others: the strongest first, ours last. */
static const int spare[THEME_HUES] = {BLUE, GREEN, ORANGE, PURPLE, SKY, BLACK, VERMILLION};

static int fixed_hue(const char *id)
{
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++) {
        if (strcmp(id, fixed[i].id) == 0)
            return fixed[i].hue;
    }
    return -1;
}

int theme_ours(const char *const ids[], int n, const char *ours)
{
    for (int i = 0; i < n; i++) {
        if (ours != NULL && strcmp(ids[i], ours) == 0)
            return i;
    }
    return -1;
}

/* The use-th method of a hue. */
static struct theme_series series_of(const struct theme *t, int h, int use, bool ours)
{
    struct theme_series out = {.rgb = hue[h],
                               .dash = 1 + use % DASHES,
                               .marker = shape[(h + THEME_HUES * use) % (2 * THEME_HUES)],
                               .line = ours ? 1.5 : 1.0};
    if (t->greyscale) {
        out.rgb = grey[h];
        out.dash = 1 + (grey_dash[h] + use) % DASHES;
    }
    return out;
}

/* The emphasised method has the strongest hue; of the paper's, the one that it takes it from gets
 * the hue that is free then. -1: any. */
static int hue_of(const char *id, const char *ours)
{
    int h = fixed_hue(id);
    if (ours == NULL)
        return h;
    if (strcmp(id, ours) == 0)
        return VERMILLION;
    return h == VERMILLION ? fixed_hue(ours) : h;
}

void theme_assign(const struct theme *t, const char *const ids[], int n, const char *ours_id,
                  struct theme_series *out)
{
    int ours = theme_ours(ids, n, ours_id);
    int used[THEME_HUES] = {0};
    /* Kept for the emphasised method also where it is absent. */
    used[VERMILLION] = ours_id != NULL && ours < 0;
    for (int i = 0; i < n; i++) {
        int h = hue_of(ids[i], ours_id);
        if (h >= 0)
            used[h]++;
    }
    for (int i = 0; i < n; i++) {
        int h = hue_of(ids[i], ours_id), use = 0;
        if (h < 0) {
            /* The least used hue, the earliest in the list among equals. */
            h = spare[0];
            for (int k = 1; k < THEME_HUES; k++)
                h = used[spare[k]] < used[h] ? spare[k] : h;
            use = used[h]++;
        }
        out[i] = series_of(t, h, use, i == ours);
    }
}

uint32_t theme_tint(uint32_t rgb, double share)
{
    uint32_t out = 0;
    for (int shift = 16; shift >= 0; shift -= 8) {
        double part = (double)((rgb >> shift) & 0xff);
        out |= (uint32_t)lround(255 + (part - 255) * share) << shift;
    }
    return out;
}

/* From a light to a dark blue through Okabe-Ito's; lightness falls evenly. */
void theme_ramp(const struct theme *t, int n, struct theme_series *out)
{
    static const double light[3] = {166, 206, 238}, dark[3] = {0, 32, 78};
    for (int i = 0; i < n; i++) {
        double at = n > 1 ? (double)i / (n - 1) : 1;
        uint32_t rgb = 0;
        for (int c = 0; c < 3; c++) {
            double level = t->greyscale ? 200 - 200 * at : light[c] + (dark[c] - light[c]) * at;
            rgb = rgb << 8 | (uint32_t)lround(level);
        }
        out[i] = (struct theme_series){.rgb = rgb,
                                       .dash = t->greyscale ? 1 + (n - 1 - i) % DASHES : 1,
                                       .marker = shape[i % (2 * THEME_HUES)],
                                       .line = 1.2};
    }
}

/* --- text ----------------------------------------------------------------------------------- */

/* Advance widths of Helvetica, ASCII 32 to 126, in thousandths of the size. */
static const short advance[] = {
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333,  278, 278, 556, 556, 556,
    556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667,
    611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667,  611, 722, 667, 944, 667,
    667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278,  556, 556, 222, 222, 500,
    222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500,  500, 334, 260, 334, 584,
};

static double letter_width(unsigned code)
{
    if (code < 127)
        return code < 32 ? 0 : advance[code - 32];
    return letter_invisible(code) ? 0 : code >= 0x1100 ? 1000 : 600; /* Latin, Greek, ...: narrow */
}

static double width_of(const char *text, double points)
{
    return wrap_measure(text, letter_width) * points / 72000;
}

double theme_text_width(const char *text, double points)
{
    char drawn[THEME_TEXT];
    return width_of(glyphs_spell(text, drawn, sizeof drawn), points);
}

double theme_labels_width(const char *const *label, int n, double points, double most)
{
    double width = 0;
    for (int i = 0; label != NULL && i < n; i++)
        width = fmax(width, theme_text_width(label[i], points));
    return fmin(width, most);
}

/* The longest end of `text` not wider than `inches`. */
static const char *fitting_end(const char *text, double points, double inches)
{
    const char *end = text;
    while (width_of(end, points) > inches) {
        unsigned code;
        end += letter_next(end, &code);
    }
    return end;
}

char *theme_fit(const char *text, double points, double inches, char *out, size_t size)
{
    static const char ellipsis[] = "…";
    char buffer[THEME_TEXT], cut[THEME_TEXT];
    const char *drawn = glyphs_spell(text, buffer, sizeof buffer);
    if (width_of(drawn, points) > inches) {
        /* Names often differ at their end: half of what there is room for. */
        double room = fmax(0, inches - letter_width(0x2026) * points / 72000);
        size_t start = wrap_fitting(drawn, room / 2 * 72000 / points, letter_width);
        snprintf(cut, sizeof cut, "%.*s%s%s", (int)start, drawn, ellipsis,
                 fitting_end(drawn + start, points, room / 2));
        drawn = cut;
    }
    snprintf(out, size, "%s", drawn);
    out[escape_whole(out, strlen(out))] = '\0';
    return out;
}

int theme_wrap(const char *text, double points, double inches, int most, char line[][THEME_TEXT],
               bool *whole)
{
    char buffer[THEME_TEXT], one[THEME_TEXT];
    const char *rest = glyphs_spell(text, buffer, sizeof buffer);
    int lines = 0;
    while (*rest != '\0') {
        size_t end = strlen(rest);
        if (lines + 1 < most)
            end = wrap_line(rest, inches * 72000 / points, letter_width, whole);
        snprintf(one, sizeof one, "%.*s", (int)end, rest);
        *whole &= width_of(one, points) <= inches;
        theme_fit(one, points, inches, line[lines++], THEME_TEXT);
        rest += end;
        rest += strspn(rest, " ");
    }
    return lines;
}

/* --- ticks ---------------------------------------------------------------------------------- */

double theme_step(double low, double high, int most)
{
    static const double mantissa[] = {1, 2, 2.5, 5};
    double range = high - low;
    if (!isfinite(range) || range <= 0)
        return 1;
    int first = (int)floor(log10(range / most)) - 1;
    for (int power = first; power < first + 4; power++) {
        for (int m = 0; m < 4; m++) {
            double step = mantissa[m] * pow(10, power);
            double count = floor(high / step + 1e-9) - ceil(low / step - 1e-9) + 1;
            if (count <= most)
                return step;
        }
    }
    return range;
}

double theme_ticks_width(double low, double high, double step)
{
    enum { MOST = 64 }; /* beside huge numbers a step is lost */
    double width = 0, first = ceil(low / step - 1e-9);
    for (int i = 0; i < MOST && (first + i) * step <= high + 1e-9 * step; i++) {
        char number[32];
        snprintf(number, sizeof number, "%g", (first + i) * step + 0.0); /* as gnuplot prints it */
        width = fmax(width, theme_text_width(number, 7));
    }
    return width;
}

double theme_step_fitting(double low, double high, int most, double inches)
{
    for (; most > 2; most--) {
        double step = theme_step(low, high, most);
        if (theme_ticks_width(low, high, step) + 0.07 <= inches * step / (high - low))
            return step;
    }
    return theme_step(low, high, 2);
}
