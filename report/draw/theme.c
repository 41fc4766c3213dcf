#include "report/draw/theme.h"

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
/* Markers that differ in shape, filled. */
static const int shape[THEME_HUES] = {7, 5, 9, 11, 13, 15, 4};

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

static uint32_t grey_level(int turn)
{
    static const uint32_t level[] = {0x000000, 0x5a5a5a, 0x8c8c8c, 0xb0b0b0};
    return level[turn % 4];
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
        int h = hue_of(ids[i], ours_id), dash = 1;
        if (h < 0) {
            /* The least used hue, the earliest in the list among equals. */
            h = spare[0];
            for (int k = 1; k < THEME_HUES; k++)
                h = used[spare[k]] < used[h] ? spare[k] : h;
            dash = 1 + used[h]++;
        }
        out[i] = (struct theme_series){
            .rgb = hue[h], .dash = dash, .marker = shape[h], .line = i == ours ? 1.5 : 1.0};
        if (t->greyscale) {
            out[i].rgb = i == ours ? 0x000000 : grey_level(i);
            out[i].dash = i == ours ? 1 : 1 + (ours - i + 8 * n) % 5;
        }
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
                                       .dash = t->greyscale ? 1 + (n - 1 - i) % 5 : 1,
                                       .marker = shape[i % THEME_HUES],
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

/* One sign of UTF-8: its width, and the bytes it takes. */
static int sign_width(const char *text, int *bytes)
{
    unsigned char c = (unsigned char)*text;
    *bytes = 1;
    if (c >= 32 && c < 127)
        return advance[c - 32];
    while (((unsigned char)text[*bytes] & 0xC0) == 0x80)
        ++*bytes;
    return c < 32 ? 0 : c >= 0xE1 ? 1000 : 600; /* beyond Latin and Greek: full width */
}

double theme_text_width(const char *text, double points)
{
    int sum = 0;
    for (int bytes = 0; *text != '\0'; text += bytes)
        sum += sign_width(text, &bytes);
    return sum * points / 72000;
}

char *theme_fit(const char *text, double points, double inches, char *out, size_t size)
{
    static const char ellipsis[] = "…";
    snprintf(out, size, "%s", text);
    if (theme_text_width(out, points) <= inches)
        return out;
    double room = inches * 72000 / points - 1000;
    size_t used = 0;
    int sum = 0;
    for (int bytes = 0; out[used] != '\0'; used += (size_t)bytes) {
        sum += sign_width(out + used, &bytes);
        if (sum > room || used + (size_t)bytes + sizeof ellipsis > size)
            break;
    }
    snprintf(out + used, size - used, "%s", ellipsis);
    return out;
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

/* The widest number at a tick, as gnuplot's %g prints it. */
static double widest_number(double low, double high, double step)
{
    double width = 0;
    for (double k = ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k++) {
        char number[32];
        snprintf(number, sizeof number, "%g", k * step);
        width = fmax(width, theme_text_width(number, 7));
    }
    return width;
}

double theme_step_fitting(double low, double high, int most, double inches)
{
    for (; most > 2; most--) {
        double step = theme_step(low, high, most);
        if (widest_number(low, high, step) + 0.07 <= inches * step / (high - low))
            return step;
    }
    return theme_step(low, high, 2);
}
