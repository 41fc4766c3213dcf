/* The look in numbers: sizes, colours, dashes, widths of text, places of ticks.
 *
 * What a user may want to change by hand is in style.gp, which every script loads; here is what
 * must be known to lay a figure out. Lengths are inches, font sizes points at the final size. */
#ifndef REPORT_THEME_H
#define REPORT_THEME_H

#include "engine/base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Text widths figures are made for. X(code, name, width in inches, scale of fonts and lines) */
#define THEME_WIDTHS(X)                                                                            \
    X(THEME_TWO_COLUMN, "two-column", 6.75,                                                        \
      1.0)                                /* both columns of ICML, IEEE, ...; the default */       \
    X(THEME_NEURIPS, "neurips", 5.5, 1.0) /* one wide column */                                    \
    X(THEME_COLUMN, "column", 3.25, 1.0)  /* one of two columns */                                 \
    X(THEME_SLIDES, "slides", 10.0, 1.48) /* 16:9 */

enum theme_width {
#define THEME_ENUM(code, name, width, scale) code,
    THEME_WIDTHS(THEME_ENUM)
#undef THEME_ENUM
        THEME_WIDTH_COUNT
};

/* Zeros are the defaults. */
struct theme {
    enum theme_width width;
    bool markers;         /* a marker every tenth of the axis, staggered by series */
    bool greyscale;       /* grey levels, dashes and markers instead of hues */
    bool legend_by_final; /* legend of curve grids in order of the final value */
    bool behaviour;       /* dotted line: mean return of the dataset */
};

/* By name ("neurips", "icml" for two-column). Errors STATUS_CONFIG with the list. */
enum status theme_read_width(const char *name, enum theme_width *out);
double theme_inches(const struct theme *t);
double theme_scale(const struct theme *t);

/* Seven hues of Okabe and Ito; smallest CIE76 distance between two: 26, simulated 21 (protan),
 * 18 (deutan), 16 (tritan). */
enum { THEME_HUES = 7 };

enum {
    THEME_INK = 0x262626,
    THEME_GREY = 0x6b6b6b,  /* 5.3:1 on white */
    THEME_EMPTY = 0xd9d9d9, /* something that is not there */
    THEME_TRUTH = 0x009e73  /* what is known to be right */
};

/* How one method is drawn. */
struct theme_series {
    uint32_t rgb;
    int dash;    /* gnuplot's dashtype: 1 solid */
    int marker;  /* gnuplot's pointtype */
    double line; /* line width */
};

/* Styles for n methods in their order, ids from results.h. The paper's seven have one colour each,
 * in every figure; others get the hues left over, and when none is left, all hues again with
 * dashes and other markers: no two of the first 42 have both colour and dash in common. The
 * emphasised one, `ours` (NULL: none), has the first hue and is drawn thicker. */
void theme_assign(const struct theme *t, const char *const ids[], int n, const char *ours,
                  struct theme_series *out);
/* Which one that is; -1: none of them. */
int theme_ours(const char *const ids[], int n, const char *ours);

/* n shades of one hue, light to dark. */
void theme_ramp(const struct theme *t, int n, struct theme_series *out);
/* A colour between white and rgb: share 0 to 1. */
uint32_t theme_tint(uint32_t rgb, double share);

enum { THEME_TEXT = 480 }; /* bytes of a text in a figure, in any spelling */

/* Width of a text in inches, set in Nimbus Sans (Helvetica's widths), as it will be drawn: letters
 * without a glyph spelt (glyphs.h). */
double theme_text_width(const char *text, double points);
/* The width of the widest of n labels (NULL: none), but no more than `most`. */
double theme_labels_width(const char *const *label, int n, double points, double most);
/* Copy `text` as it will be drawn, its middle left out (an ellipsis) where it would be wider than
 * `inches`. Returns out. */
char *theme_fit(const char *text, double points, double inches, char *out, size_t size);
/* The same in at most `most` lines, broken between words where possible. Returns how many; *whole
 * becomes false where something was left out or a word broken, and stays as it is otherwise. */
int theme_wrap(const char *text, double points, double inches, int most, char line[][THEME_TEXT],
               bool *whole);

/* Are keys and curves marked? */
static inline bool theme_marks(const struct theme *t)
{
    return t->markers || t->greyscale;
}

/* Distance of ticks: 1, 2, 2.5 or 5 times a power of ten, so that at most `most` lie in the range.
 * 1 for an empty or non-finite range. */
double theme_step(double low, double high, int most);
/* The same for a horizontal axis of `inches`: fewer ticks where their numbers, set in 7 points,
 * would touch. */
double theme_step_fitting(double low, double high, int most, double inches);

/* Inches of the widest number at these ticks, in 7 points. */
double theme_ticks_width(double low, double high, double step);

#endif
