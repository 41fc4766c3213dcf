/* Laying figures out: what comes of it is run through gnuplot and must draw without a warning. */
#include "report/draw/fig_bars.h"
#include "report/draw/fig_grid.h"
#include "report/draw/fig_heat.h"
#include "report/draw/glyphs.h"
#include "report/draw/gnuplot.h"

#include "engine/base/embed.h"
#include "tests/support/png.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/vitamin-plot-XXXXXX";

static void make_folder(void)
{
    cr_assert_not_null(mkdtemp(folder));
}

static void remove_folder(void)
{
    char command[64];
    snprintf(command, sizeof command, "/bin/rm -rf %s", folder);
    cr_assert_eq(system(command), 0);
}

TestSuite(plot, .init = make_folder, .fini = remove_folder, .timeout = 60);
TestSuite(grid, .init = make_folder, .fini = remove_folder, .timeout = 60);
TestSuite(bars, .init = make_folder, .fini = remove_folder, .timeout = 60);
TestSuite(heat, .init = make_folder, .fini = remove_folder, .timeout = 60);

static const char *in_folder(const char *name)
{
    static char path[FILE_PATH];
    snprintf(path, FILE_PATH, "%s/%s", folder, name);
    return path;
}

static char *read_text(const char *name, size_t *size)
{
    char *text;
    cr_assert_eq(file_read(in_folder(name), 1 << 24, &text, size), STATUS_OK, "%s",
                 status_sentence());
    return text;
}

/* Draw FIGURE.gp in one format; gnuplot must have nothing to say. */
static void draw(const struct figure *f, enum picture_format format)
{
    char path[FILE_PATH];
    if (gnuplot_find(path) != STATUS_OK)
        cr_skip_test("%s", status_sentence());
    const struct embed_file *style = embed_find(embed_report, "draw/style.gp");
    cr_assert_eq(file_replace(in_folder("style.gp"), style->text, style->size), STATUS_OK);
    struct gnuplot_job job = {
        .folder = folder,
        .format = format,
        .picture = {.id = f->id, .title = f->title, .text = f->alt, .overlay = f->overlay}};
    cr_assert_eq(gnuplot_run(&job, 1), STATUS_OK, "%s", job.outcome.sentence);
    cr_assert_str_eq(job.warnings, "");
}

/* Names from the worst of score files. */
static const char *const hostile[] = {
    "a_b^{c}",      "100 % & more", "it's 'so'",        "say \"x\"", "back\\slash\\", "`touch h` '",
    "<b>&amp;</b>", "@DATA \"",     "$(touch h) $HOME", "~#{}[]",    "ünï→",          "'x', 1/0 #",
};
enum { HOSTILE = sizeof hostile / sizeof *hostile };

/* --- grids ------------------------------------------------------------------------------------ */

enum { POINTS = 21, SERIES = 12 };

/* A panel's lines, all their arrays in static storage (each test is a process of its own). */
struct lines {
    double x[POINTS], mean[SERIES][POINTS], low[SERIES][POINTS], high[SERIES][POINTS];
    int count[SERIES][POINTS];
    struct grid_line line[SERIES];
};

static void fill(struct lines *l, int series, int runs, double level, double spread)
{
    for (int j = 0; j < POINTS; j++)
        l->x[j] = 25000.0 * j;
    for (int k = 0; k < series; k++) {
        for (int j = 0; j < POINTS; j++) {
            l->mean[k][j] = level * (k + 1) * (1 - exp(-0.2 * j)) + sin(j + k);
            l->low[k][j] = l->mean[k][j] - spread;
            l->high[k][j] = l->mean[k][j] + spread;
            l->count[k][j] = runs;
        }
        l->line[k] = (struct grid_line){.points = POINTS,
                                        .x = l->x,
                                        .mean = l->mean[k],
                                        .low = l->low[k],
                                        .high = l->high[k],
                                        .count = l->count[k],
                                        .runs = runs,
                                        .series = k};
    }
}

static struct grid_panel panel_of(const struct lines *l, int series, const char *title)
{
    return (struct grid_panel){.title = title,
                               .line = l->line,
                               .lines = series,
                               .x_high = 500000,
                               .y_low = PLOT_NONE,
                               .y_high = PLOT_NONE,
                               .mark = PLOT_NONE,
                               .behaviour = PLOT_NONE};
}

static struct figure make(const char *id, const struct grid_panel *panel, int panels, int columns,
                          const char *const *label, int series, const struct theme *t)
{
    static struct theme_series style[SERIES];
    struct figure f = {0};
    theme_assign(t, label, series, NULL, style);
    struct grid g = {.id = id,
                     .panel = panel,
                     .panels = panels,
                     .columns = columns,
                     .label = label,
                     .style = style,
                     .series = series,
                     .front = series - 1,
                     .x_title = "Online transitions",
                     .y_title = "Normalised score",
                     .planned = 5};
    cr_assert_eq(grid_draw(&g, t, folder, "revision 1", &f), STATUS_OK, "%s", status_sentence());
    return f;
}

static const char *const names[] = {"td3bc",   "iql",     "odt",  "pdt",      "td3", "ddpg_odt",
                                    "td3_odt", "method8", "nine", "method10", "m11", "twelve"};

static const struct {
    const char *what;
    int panels, columns, series, runs;
    double level, spread;
    struct theme theme;
} grids[] = {
    {"3 x 4 of seven methods", 12, 4, 7, 5, 10, 4, {0}},
    {"twelve methods", 2, 4, 12, 5, 8, 4, {0}},
    {"one seed", 1, 1, 3, 1, 10, PLOT_NONE, {0}},
    {"all equal to zero", 4, 4, 2, 5, 0, 0, {0}},
    {"markers", 4, 4, 7, 5, 10, 4, {.markers = true}},
    {"grey", 4, 4, 7, 5, 10, 4, {.greyscale = true, .legend_by_final = true}},
    {"one of two columns", 5, 4, 7, 5, 10, 4, {.width = THEME_COLUMN, .behaviour = true}},
    {"slides", 2, 4, 7, 5, 10, 4, {.width = THEME_SLIDES}},
};

ParameterizedTestParameters(grid, draws_whatever_there_is_without_a_warning)
{
    static int rows[sizeof grids / sizeof *grids];
    for (int i = 0; i < (int)(sizeof grids / sizeof *grids); i++)
        rows[i] = i;
    return cr_make_param_array(int, rows, sizeof rows / sizeof *rows);
}

ParameterizedTest(int *row, grid, draws_whatever_there_is_without_a_warning)
{
    static struct lines l[12];
    struct grid_panel panel[12];
    for (int i = 0; i < grids[*row].panels; i++) {
        fill(&l[i], grids[*row].series, grids[*row].runs, grids[*row].level, grids[*row].spread);
        panel[i] = panel_of(&l[i], grids[*row].series, "Hopper-medium-replay");
    }
    panel[0].behaviour = 40;
    struct figure f = make("case", panel, grids[*row].panels, grids[*row].columns, names,
                           grids[*row].series, &grids[*row].theme);
    draw(&f, PICTURE_SVG);
    double width = theme_inches(&grids[*row].theme);
    cr_assert_leq(f.width, width + 1e-9, "%s", grids[*row].what);
    if (grids[*row].panels >= 3 && width > 4)
        cr_assert_float_eq(f.width, width, 1e-9, "%s", grids[*row].what);
    figure_free(&f);
}

Test(grid, fills_every_panel_and_nothing_beside_them)
{
    static struct lines l[12];
    struct grid_panel panel[12];
    for (int i = 0; i < 12; i++) {
        fill(&l[i], 7, 5, 10, 4);
        panel[i] = panel_of(&l[i], 7, "Walker2d-medium");
    }
    struct figure f = make("ink", panel, 12, 4, names, 7, &(struct theme){0});
    draw(&f, PICTURE_PNG);
    size_t size;
    char *data = read_text("ink.png", &size);
    struct png p = png_decode(data, size);
    cr_assert_eq(p.width, 2025);
    cr_assert_eq(p.height, (int)(f.height * 300), "%d of %g", p.height, f.height * 300);
    double panel_width = (6.75 - 0.46 - 0.10 - 3 * 0.27) / 4, high = 0.71 * panel_width;
    for (int i = 0; i < 12; i++) {
        double x = 0.46 + (i % 4) * (panel_width + 0.27), y = 0.21 + (i / 4) * (high + 0.30);
        double ink = png_ink(&p, x / 6.75, y / f.height, (x + panel_width) / 6.75,
                             (y + high) / f.height);
        cr_assert(ink > 0.10 && ink < 0.75, "panel %d: %.3f of it is inked", i, ink);
    }
    /* The page's edges stay white: nothing is clipped there. */
    cr_assert_eq(png_ink(&p, 0, 0, 1, 0.008), 0);
    cr_assert_eq(png_ink(&p, 0, 0, 0.004, 1), 0);
    cr_assert_eq(png_ink(&p, 0.997, 0, 1, 1), 0);
    cr_assert_eq(png_ink(&p, 0, 0.995, 1, 1), 0);
    free(p.grey);
    free(data);
    figure_free(&f);
}

Test(grid, takes_hostile_names_as_text)
{
    static struct lines l[HOSTILE];
    struct grid_panel panel[HOSTILE];
    for (int i = 0; i < HOSTILE; i++) {
        fill(&l[i], HOSTILE, 5, 8, 3);
        panel[i] = panel_of(&l[i], HOSTILE, hostile[i]);
    }
    struct figure f = make("hostile", panel, HOSTILE, 4, hostile, HOSTILE, &(struct theme){0});
    snprintf(f.title, sizeof f.title, "%s", hostile[6]);
    draw(&f, PICTURE_SVG);
    draw(&f, PICTURE_PDF);
    cr_assert(!file_exists(in_folder("h")), "a name ran as a command");
    char *svg = read_text("hostile.svg", NULL);
    cr_assert_null(strstr(svg, "<b>"));
    cr_assert_not_null(strstr(svg, ">a_b^{c}</text>"), "markup is switched off");
    cr_assert_not_null(strstr(svg, "it’s ’so’"));
    cr_assert_not_null(strstr(svg, "back\\slash\\"));
    cr_assert_not_null(strstr(svg, "$(touch h) $HOME"));
    cr_assert_not_null(strstr(svg, "@DATA"));
    cr_assert_not_null(strstr(svg, "ünï→"));
    cr_assert_not_null(strstr(svg, "x’, 1/0 #"));
    free(svg);
    figure_free(&f);
}

Test(grid, dashes_where_runs_have_ended_and_says_how_many_there_are)
{
    static struct lines l;
    fill(&l, 2, 4, 10, 3);
    for (int j = 12; j < POINTS; j++)
        l.count[1][j] = 2;
    struct grid_panel panel[2] = {panel_of(&l, 2, "Half"), panel_of(&l, 0, "Empty")};
    struct figure f = make("dash", panel, 2, 2, names, 2, &(struct theme){0});
    draw(&f, PICTURE_SVG);
    char *gp = read_text("dash.gp", NULL), *svg = read_text("dash.svg", NULL);
    cr_assert_not_null(strstr(gp, "dt (6,4)"));
    cr_assert_not_null(strstr(svg, ">n=4</text>"));
    cr_assert_not_null(strstr(svg, ">no run</text>"));
    char *dat = read_text("dash.dat", NULL);
    cr_assert_not_null(strstr(dat, "x mean low high mean-where-runs-are-missing"));
    free(gp);
    free(svg);
    free(dat);
    figure_free(&f);
}

Test(grid, cuts_bands_but_never_lines_below_zero)
{
    static struct lines l;
    struct grid_panel panel;
    double low, high;
    fill(&l, 1, 5, 50, 5);
    panel = panel_of(&l, 1, "");
    l.low[0][3] = -80;
    grid_range(&panel, &low, &high);
    cr_assert(low < 0 && low > -0.13 * high, "a band is cut: %g", low);
    l.mean[0][3] = -30;
    grid_range(&panel, &low, &high);
    cr_assert(low < -30, "a line is not: %g", low);
    fill(&l, 1, 5, 0, 0);
    for (int j = 0; j < POINTS; j++)
        l.mean[0][j] = l.low[0][j] = l.high[0][j] = 0;
    grid_range(&panel, &low, &high);
    cr_assert(low < 0 && high >= 1, "zeros have an axis too, of no tiny steps: %g to %g", low,
              high);
    panel.y_low = 0;
    panel.y_high = 100;
    grid_range(&panel, &low, &high);
    cr_assert(low == 0 && high == 100);
}

Test(grid, survives_scores_that_are_not_numbers)
{
    static struct lines l;
    fill(&l, 2, 5, 10, 3);
    for (int j = 0; j < POINTS; j++)
        l.mean[0][j] = l.low[0][j] = l.high[0][j] = PLOT_NONE;
    l.mean[1][4] = (double)INFINITY;
    l.high[1][5] = PLOT_NONE;
    struct grid_panel panel[2] = {panel_of(&l, 2, "Mixed"), panel_of(&l, 1, "None")};
    struct figure f = make("nan", panel, 2, 2, names, 2, &(struct theme){0});
    draw(&f, PICTURE_SVG);
    figure_free(&f);
}

/* --- bars ---------------------------------------------------------------------------------------
 */

static const char *const columns[] = {"Median", "IQM", "Mean", "Optimality gap ↓", "A", "B"};

Test(bars, draws_intervals_ticks_and_holes)
{
    struct interval bar[2][4][3];
    for (int i = 0; i < 2 * 4 * 3; i++)
        ((struct interval *)bar)[i] = (struct interval){20 + i, 18 + i, 25 + i, 5};
    bar[0][0][1] = (struct interval){0, 0, 0, 5};                         /* no width */
    bar[0][0][2] = (struct interval){40, PLOT_NONE, PLOT_NONE, 1};        /* one seed */
    bar[1][2][0] = (struct interval){PLOT_NONE, PLOT_NONE, PLOT_NONE, 0}; /* never run */
    struct bars_block block[2] = {{.title = "Adroit", .bar = bar[0][0]},
                                  {.title = "it's <&>", .note = "3 of 4", .bar = bar[1][0]}};
    struct theme_series style[3];
    theme_assign(&(struct theme){0}, names, 3, NULL, style);
    struct bars b = {.id = "bars",
                     .block = block,
                     .blocks = 2,
                     .column = columns,
                     .columns = 4,
                     .label = hostile,
                     .style = style,
                     .rows = 3,
                     .x_title = "Score",
                     .level = 20,
                     .x_low = PLOT_NONE,
                     .x_high = PLOT_NONE};
    struct figure f = {0};
    cr_assert_eq(bars_draw(&b, &(struct theme){0}, folder, NULL, &f), STATUS_OK, "%s",
                 status_sentence());
    draw(&f, PICTURE_SVG);
    char *svg = read_text("bars.svg", NULL), *dat = read_text("bars.dat", NULL);
    cr_assert_not_null(strstr(svg, ">no run</text>"));
    cr_assert_not_null(strstr(svg, "100 % &amp; more"));
    cr_assert_not_null(strstr(dat, "\n0 20 18 25 15113984 3158064\n"),
                       "colours stay whole numbers");
    free(svg);
    free(dat);
    figure_free(&f);
}

Test(bars, draws_nothing_but_holes)
{
    struct interval bar = {PLOT_NONE, PLOT_NONE, PLOT_NONE, 0};
    double from = PLOT_NONE, part[2] = {PLOT_NONE, PLOT_NONE};
    struct bars_block block = {.bar = &bar, .from = &from, .part = part};
    struct theme_series style[2];
    theme_assign(&(struct theme){0}, names, 2, NULL, style);
    for (int kind = BARS_INTERVAL; kind <= BARS_STACK; kind++) {
        struct bars b = {.kind = (enum bars_kind)kind,
                         .id = "holes",
                         .block = &block,
                         .blocks = 1,
                         .column = columns,
                         .columns = 1,
                         .label = names,
                         .style = style,
                         .rows = 1,
                         .x_title = "Score",
                         .level = PLOT_NONE,
                         .x_low = PLOT_NONE,
                         .x_high = PLOT_NONE,
                         .part = names,
                         .part_style = style,
                         .parts = 2};
        struct figure f = {0};
        cr_assert_eq(bars_draw(&b, &(struct theme){0}, folder, NULL, &f), STATUS_OK);
        draw(&f, PICTURE_SVG);
        figure_free(&f);
    }
}

Test(bars, folds_six_panels_into_two_rows)
{
    struct interval bar[6 * 2];
    double from[6 * 2], part[6 * 2 * 3];
    for (int i = 0; i < 12; i++) {
        bar[i] = (struct interval){50 + i, PLOT_NONE, PLOT_NONE, 5};
        from[i] = 30;
        for (int k = 0; k < 3; k++)
            part[i * 3 + k] = 1.0 / 3;
    }
    struct bars_block block = {.bar = bar, .from = from, .part = part};
    struct theme_series style[3];
    theme_assign(&(struct theme){0}, names, 3, NULL, style);
    struct bars b = {.kind = BARS_ARROW,
                     .id = "fold",
                     .block = &block,
                     .blocks = 1,
                     .column = columns,
                     .columns = 6,
                     .label = names,
                     .style = style,
                     .rows = 2,
                     .x_title = "Score",
                     .level = PLOT_NONE,
                     .x_low = PLOT_NONE,
                     .x_high = PLOT_NONE,
                     .part = names,
                     .part_style = style,
                     .parts = 3};
    struct figure f = {0}, g = {0};
    cr_assert_eq(bars_draw(&b, &(struct theme){0}, folder, NULL, &f), STATUS_OK);
    draw(&f, PICTURE_SVG);
    b.columns = 3;
    cr_assert_eq(bars_draw(&b, &(struct theme){0}, folder, NULL, &g), STATUS_OK);
    cr_assert_gt(f.height, 1.5 * g.height);
    figure_free(&f);
    figure_free(&g);
    b.kind = BARS_STACK;
    b.columns = 6;
    cr_assert_eq(bars_draw(&b, &(struct theme){0}, folder, NULL, &f), STATUS_OK);
    draw(&f, PICTURE_SVG);
    figure_free(&f);
}

/* --- heat maps ----------------------------------------------------------------------------------
 */

Test(heat, prints_numbers_in_cells_and_hatches_holes)
{
    struct heat_cell cell[HOSTILE * 3];
    for (int i = 0; i < HOSTILE * 3; i++) {
        cell[i] = (struct heat_cell){.value = i / 36.0};
        snprintf(cell[i].text, sizeof cell[i].text, "%.2f", cell[i].value);
        snprintf(cell[i].why, sizeof cell[i].why, "%s", "<why>");
    }
    cell[4] = (struct heat_cell){.value = PLOT_NONE};
    struct heat_group group[2] = {{"One", 0, 2}, {"it's", 2, 10}};
    struct heat h = {.id = "heat",
                     .row = hostile,
                     .column = names,
                     .rows = HOSTILE,
                     .columns = 3,
                     .cell = cell,
                     .middle = 0.5,
                     .high = 1,
                     .group = group,
                     .groups = 2,
                     .note = "P(row > column)"};
    struct figure f = {0};
    cr_assert_eq(heat_draw(&h, &(struct theme){0}, folder, NULL, &f), STATUS_OK);
    draw(&f, PICTURE_SVG);
    char *svg = read_text("heat.svg", NULL);
    cr_assert_not_null(strstr(svg, ">0.03</text>"));
    cr_assert_not_null(strstr(svg, "&lt;why&gt;</title>"), "hover values are escaped");
    free(svg);
    figure_free(&f);
}

/* --- the layer below ---------------------------------------------------------------------------
 */

Test(plot, refuses_a_folder_it_cannot_write_to_and_an_unsafe_id)
{
    struct figure f = {0};
    struct theme t = {0};
    struct plot *p = plot_new("x", &t, 0, 2);
    cr_assert_eq(plot_finish(p, "/proc/none", NULL, &f), STATUS_IO);
    p = plot_new("../x", &t, 0, 2);
    cr_assert_eq(plot_finish(p, folder, NULL, &f), STATUS_CONFIG);
    cr_assert_eq(plot_finish(NULL, folder, NULL, &f), STATUS_MEMORY);
}

Test(plot, writes_equal_bytes_for_equal_calls)
{
    char *text[2][2];
    for (int turn = 0; turn < 2; turn++) {
        static struct lines l;
        fill(&l, 7, 5, 10, 4);
        struct grid_panel panel = panel_of(&l, 7, "Once");
        struct figure f = make("equal", &panel, 1, 1, names, 7, &(struct theme){0});
        text[turn][0] = read_text("equal.gp", NULL);
        text[turn][1] = read_text("equal.dat", NULL);
        figure_free(&f);
    }
    cr_assert_str_eq(text[0][0], text[1][0]);
    cr_assert_str_eq(text[0][1], text[1][1]);
    for (int i = 0; i < 4; i++)
        free(text[i / 2][i % 2]);
}

Test(theme, keeps_one_colour_for_a_method_whoever_stands_beside_it)
{
    struct theme t = {0};
    struct theme_series all[12], few[12];
    theme_assign(&t, names, 12, "td3_odt", all);
    const char *const some[] = {"nine", "iql", "td3_odt"};
    theme_assign(&t, some, 3, "td3_odt", few);
    cr_assert_eq(few[1].rgb, all[1].rgb);
    cr_assert_eq(few[2].rgb, all[6].rgb);
    cr_assert_eq(few[2].rgb, 0xD55E00);
    cr_assert_gt(few[2].line, few[1].line);
    for (int i = 0; i < 12; i++) {
        for (int k = 0; k < i; k++)
            cr_assert(all[i].rgb != all[k].rgb || all[i].dash != all[k].dash, "%s looks like %s",
                      names[i], names[k]);
    }
}

Test(theme, gives_the_first_hue_to_the_emphasised_method_and_thick_lines_to_nobody_else)
{
    struct theme t = {0};
    struct theme_series s[4];
    const char *const ids[] = {"iql", "td3_odt", "zeta", "td3"};
    theme_assign(&t, ids, 4, "iql", s);
    cr_expect_eq(s[0].rgb, 0xD55E00);
    cr_expect_eq(s[1].rgb, 0x009E73, "TD3+ODT takes what IQL has left");
    theme_assign(&t, ids, 4, "zeta", s);
    cr_expect_eq(s[2].rgb, 0xD55E00);
    for (int i = 0; i < 4; i++) {
        for (int k = 0; k < i; k++)
            cr_expect_neq(s[i].rgb, s[k].rgb, "%s looks like %s", ids[i], ids[k]);
    }
    theme_assign(&t, ids, 4, NULL, s);
    for (int i = 0; i < 4; i++)
        cr_expect_float_eq(s[i].line, 1, 0);
    cr_expect_eq(theme_ours(ids, 4, NULL), -1);
    cr_expect_eq(theme_ours(ids, 4, "zeta"), 2);
}

Test(theme, puts_ticks_on_round_numbers)
{
    cr_assert_float_eq(theme_step(0, 5, 6), 1, 1e-12);
    cr_assert_float_eq(theme_step(0, 10, 6), 2, 1e-12);
    cr_assert_float_eq(theme_step(0, 100, 6), 20, 1e-12);
    cr_assert_float_eq(theme_step(-3, 142, 6), 25, 1e-12);
    cr_assert_float_eq(theme_step(0, 0.003, 5), 0.001, 1e-12);
    cr_assert_float_eq(theme_step(3, 3, 5), 1, 1e-12);
    cr_assert_float_eq(theme_step(0, PLOT_NONE, 5), 1, 1e-12);
}

Test(theme, leaves_out_ticks_whose_numbers_would_touch)
{
    cr_assert_float_eq(theme_step_fitting(0, 100, 6, 2), 20, 1e-12);
    /* 0.0002 is a third of an inch wide: four in an inch at most. */
    double step = theme_step_fitting(0, 0.00095, 6, 1.3);
    cr_assert_geq(1.3 * step / 0.00095, theme_text_width("0.0005", 7) + 0.05, "%g", step);
    cr_assert_float_eq(theme_step_fitting(0, 2000, 6, 0.1), theme_step(0, 2000, 2), 1e-9);
}

Test(grid, counts_thousands_on_the_axis_by_a_power_of_ten)
{
    cr_assert_eq(grid_exponent(999), 0);
    cr_assert_eq(grid_exponent(1000), 3);
    cr_assert_eq(grid_exponent(2000), 3);
    cr_assert_eq(grid_exponent(500000), 5);
    cr_assert_eq(grid_exponent(1e6), 5, "0 to 10, not 0 to 1");
}

Test(grid, has_dots_for_keys_where_the_panels_hold_dots)
{
    static struct lines l;
    fill(&l, 2, 5, 10, 3);
    struct grid_panel panel = panel_of(&l, 2, "Dots");
    struct figure f = make("lines", &panel, 1, 1, names, 2, &(struct theme){0});
    char *gp = read_text("lines.gp", NULL);
    cr_assert_null(strstr(gp, "point pt 7 ps"));
    free(gp);
    figure_free(&f);
    panel.kind = GRID_DOTS;
    f = make("dots", &panel, 1, 1, names, 2, &(struct theme){0});
    gp = read_text("dots.gp", NULL);
    cr_assert_not_null(strstr(gp, "point pt 7 ps 0.5*PS lc rgb COLOUR[2]"));
    free(gp);
    draw(&f, PICTURE_SVG);
    figure_free(&f);
}

Test(grid, tells_dots_apart_where_hues_are_used_twice)
{
    static struct lines l;
    fill(&l, 12, 5, 10, 3);
    struct grid_panel panel = panel_of(&l, 12, "Twelve");
    panel.kind = GRID_DOTS;
    struct figure f = make("twelve", &panel, 1, 1, names, 12, &(struct theme){0});
    char *gp = read_text("twelve.gp", NULL);
    cr_assert_not_null(strstr(gp, "with points pt MARK[12]"));
    cr_assert_not_null(strstr(gp, "point pt MARK[12] ps 0.5*PS"), "in the legend too");
    free(gp);
    draw(&f, PICTURE_SVG);
    figure_free(&f);
}

Test(grid, begins_at_negative_thresholds)
{
    static struct lines l;
    fill(&l, 2, 5, 10, 3);
    for (int j = 0; j < POINTS; j++)
        l.x[j] = -2000 + 100 * j;
    struct grid_panel panel = panel_of(&l, 2, "Costs");
    panel.x_low = -2000;
    panel.x_high = 0;
    struct figure f = make("costs", &panel, 1, 1, names, 2, &(struct theme){0});
    char *gp = read_text("costs.gp", NULL);
    cr_assert_not_null(strstr(gp, "set xrange [-2:0]"), "in thousands");
    cr_assert_not_null(strstr(gp, "(×10^{3})"));
    free(gp);
    draw(&f, PICTURE_SVG);
    figure_free(&f);
}

Test(theme, cuts_the_middle_of_a_text_between_letters)
{
    char out[THEME_TEXT];
    cr_assert_str_eq(theme_fit("short", 7, 2, out, sizeof out), "short");
    theme_fit("ünïcödé name that is far too long", 7, 0.6, out, sizeof out);
    cr_assert_not_null(strstr(out, "…"));
    cr_assert_leq(theme_text_width(out, 7), 0.6 + 1e-9);
    cr_assert_float_eq(theme_text_width("iii", 10), 3 * 222 * 10 / 72000.0, 1e-12);
    char one[THEME_TEXT], other[THEME_TEXT];
    theme_fit("a-benchmark-with-a-very-long-name-medium", 7, 1.2, one, sizeof one);
    theme_fit("a-benchmark-with-a-very-long-name-expert", 7, 1.2, other, sizeof other);
    cr_assert_str_neq(one, other, "names differ at their end: %s", one);
}

Test(theme, wraps_text_between_words)
{
    char line[3][THEME_TEXT];
    bool whole = true;
    int n = theme_wrap("TD3+ODT, stop_transitions=500000", 7, 1.1, 3, line, &whole);
    cr_assert_eq(n, 2);
    cr_assert(whole);
    cr_assert_str_eq(line[0], "TD3+ODT, stop_");
    cr_assert_str_eq(line[1], "transitions=500000");
    n = theme_wrap("unbreakablenameoftoomanyletters", 7, 0.6, 2, line, &whole);
    cr_assert(n == 2 && !whole, "%d lines", n);
    for (int i = 0; i < n; i++)
        cr_assert_leq(theme_text_width(line[i], 7), 0.6 + 1e-9, "%s", line[i]);
    whole = true;
    cr_assert_eq(theme_wrap("ODT", 7, 0.6, 3, line, &whole), 1);
    cr_assert(whole);
}

/* CIE L* of a grey. */
static double lightness(uint32_t rgb)
{
    double c = (rgb & 0xff) / 255.0;
    double y = c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
    return y > 0.008856 ? 116 * cbrt(y) - 16 : 903.3 * y;
}

Test(theme, tells_methods_apart_without_colour)
{
    static const char *const corl[] = {"iql", "awac", "cql", "spot", "cal-ql", "rebrac", "bc"};
    struct theme t = {.greyscale = true};
    struct theme_series s[14];
    theme_assign(&t, corl, 7, "rebrac", s);
    for (int i = 0; i < 7; i++) {
        cr_assert_eq(s[i].rgb >> 16, s[i].rgb & 0xff, "%s is a grey", corl[i]);
        for (int k = 0; k < i; k++) {
            cr_assert_gt(fabs(lightness(s[i].rgb) - lightness(s[k].rgb)), 8, "%s is as light as %s",
                         corl[i], corl[k]);
            cr_assert_neq(s[i].marker, s[k].marker, "%s, %s", corl[i], corl[k]);
        }
    }
    /* Twice seven: still no two with the same dash and lightness, nor the same marker. */
    char name[14][8];
    const char *many[14];
    for (int i = 0; i < 14; i++) {
        snprintf(name[i], sizeof name[i], "m%d", i);
        many[i] = name[i];
    }
    theme_assign(&t, many, 14, "m13", s);
    for (int i = 0; i < 14; i++) {
        for (int k = 0; k < i; k++) {
            cr_assert(s[i].rgb != s[k].rgb || s[i].dash != s[k].dash, "m%d looks like m%d", i, k);
            cr_assert_neq(s[i].marker, s[k].marker, "m%d, m%d", i, k);
        }
    }
}

Test(grid, shows_markers_in_the_legend_as_on_the_curves)
{
    static struct lines l;
    fill(&l, 3, 5, 10, 3);
    struct grid_panel panel = panel_of(&l, 3, "Marked");
    const struct theme themes[] = {{0}, {.markers = true}, {.greyscale = true}};
    for (int i = 0; i < 3; i++) {
        struct figure f = make("marks", &panel, 1, 1, names, 3, &themes[i]);
        char *gp = read_text("marks.gp", NULL);
        for (int k = 1; k <= 3; k++) {
            char key[64], curve[64];
            snprintf(key, sizeof key, "point pt MARK[%d] ps 0.5*PS lc rgb COLOUR[%d]", k, k);
            snprintf(curve, sizeof curve, "with points pt MARK[%d]", k);
            cr_assert_eq(strstr(gp, key) != NULL, i > 0, "theme %d: %s", i, key);
            cr_assert_eq(strstr(gp, curve) != NULL, i > 0, "theme %d: %s", i, curve);
        }
        free(gp);
        draw(&f, PICTURE_SVG);
        figure_free(&f);
    }
}

/* Left and right ends of the panels, inches, in the order of the script. */
static int panel_ends(const char *gp, double width, double left[], double right[])
{
    int n = 0;
    for (const char *c = gp; (c = strstr(c, "set lmargin at screen 0.")) != NULL; c++) {
        if (sscanf(c, "set lmargin at screen %lf; set rmargin at screen %lf", &left[n],
                   &right[n]) == 2) {
            left[n] *= width;
            right[n++] *= width;
        }
    }
    return n;
}

Test(grid, keeps_the_numbers_of_a_panel_off_its_neighbour)
{
    static struct lines l[2];
    static const double levels[] = {10, -30000, 4e6};
    for (int k = 0; k < 3; k++) {
        struct grid_panel panel[2];
        for (int i = 0; i < 2; i++) {
            fill(&l[i], 3, 5, levels[k], fabs(levels[k]) / 10);
            panel[i] = panel_of(&l[i], 3, "Raw");
        }
        struct figure f = make("raw", panel, 2, 2, names, 3, &(struct theme){0});
        char *gp = read_text("raw.gp", NULL);
        double left[2], right[2], low, high;
        cr_assert_eq(panel_ends(gp, f.width, left, right), 2);
        grid_range(&panel[1], &low, &high);
        double numbers = theme_ticks_width(low, high, theme_step(low, high, 6));
        cr_assert_geq(left[1] - right[0], numbers + 0.10, "level %g", levels[k]);
        cr_assert_geq(left[0], numbers + 0.25, "level %g: the title", levels[k]);
        free(gp);
        figure_free(&f);
    }
}

static const char *const long_names[] = {
    "A method with an extremely long descriptive name of 60 chars!",
    "Another-method-with-an-extremely-long-name-without-any-blanks",
    "Andafurtheronewithneitherblanksnorhyphensnoranythingtobreakatt"};

Test(grid, widens_a_small_figure_for_long_keys)
{
    static struct lines l;
    fill(&l, 3, 5, 10, 3);
    struct grid_panel panel = panel_of(&l, 3, "Long");
    struct figure f = make("keys", &panel, 1, 1, long_names, 3, &(struct theme){0});
    cr_assert_geq(f.width, theme_text_width(long_names[0], 7.6) + 0.3);
    cr_assert_leq(f.width, 6.75);
    struct theme column = {.width = THEME_COLUMN};
    struct figure g = make("cut", &panel, 1, 1, long_names, 3, &column);
    cr_assert_leq(g.width, 3.25);
    char *gp = read_text("cut.gp", NULL);
    cr_assert_not_null(strstr(gp, "…"), "cut where the page is too narrow");
    free(gp);
    figure_free(&f);
    figure_free(&g);
}

Test(heat, breaks_and_cuts_long_labels)
{
    struct heat_cell cell[9];
    for (int i = 0; i < 9; i++) {
        cell[i] = (struct heat_cell){.value = 1};
        snprintf(cell[i].text, sizeof cell[i].text, "3/3");
    }
    struct heat h = {.id = "long",
                     .row = long_names,
                     .column = long_names,
                     .rows = 3,
                     .columns = 3,
                     .cell = cell,
                     .high = 1};
    struct figure f = {0};
    cr_assert_eq(heat_draw(&h, &(struct theme){0}, folder, NULL, &f), STATUS_OK);
    cr_assert_lt(f.height, 2.3, "labels of 60 letters take no more than half of it: %g", f.height);
    char *gp = read_text("long.gp", NULL);
    cr_assert_not_null(strstr(gp, "'A method with an extremely'"), "in lines: %s", gp);
    free(gp);
    draw(&f, PICTURE_SVG);
    figure_free(&f);
}

Test(bars, ends_arrows_at_their_dots_and_cuts_long_labels)
{
    struct interval bar[3] = {{90, PLOT_NONE, PLOT_NONE, 3},
                              {10, PLOT_NONE, PLOT_NONE, 3},
                              {51, PLOT_NONE, PLOT_NONE, 3}};
    double from[3] = {10, 90, 50};
    struct bars_block block = {.bar = bar, .from = from};
    struct theme_series style[3];
    theme_assign(&(struct theme){0}, long_names, 3, NULL, style);
    struct bars b = {.kind = BARS_ARROW,
                     .id = "arrow",
                     .block = &block,
                     .blocks = 1,
                     .column = columns,
                     .columns = 1,
                     .label = long_names,
                     .style = style,
                     .rows = 3,
                     .x_title = "P(A method with an extremely long descriptive name > other)",
                     .level = PLOT_NONE,
                     .x_low = PLOT_NONE,
                     .x_high = PLOT_NONE};
    struct figure f = {0};
    cr_assert_eq(bars_draw(&b, &(struct theme){0}, folder, NULL, &f), STATUS_OK);
    draw(&f, PICTURE_SVG);
    char *gp = read_text("arrow.gp", NULL), *svg = read_text("arrow.svg", NULL);
    /* Shortened by a dot's radius at both ends. */
    double start, less;
    const char *head = strstr(gp, "($5>0?$2+");
    cr_assert_not_null(head);
    cr_assert_eq(sscanf(head, "($5>0?$2+%lf*sgn($3-$2):NaN):1:($3-$2-%lf*sgn", &start, &less), 2);
    double left, right, low, high;
    cr_assert_eq(panel_ends(gp, f.width, &left, &right), 1);
    cr_assert_eq(sscanf(strstr(gp, "set xrange"), "set xrange [%lf:%lf]", &low, &high), 2);
    double inch = (right - left) / (high - low);
    cr_assert(start * inch > 0.02 && start * inch < 0.04, "%g inches", start * inch);
    cr_assert_float_eq(less, 2 * start, 1e-3 * start);
    cr_assert_lt(left, 0.36 * 6.75 + 0.2, "labels are cut");
    cr_assert_not_null(strstr(gp, "…"));
    free(gp);
    free(svg);
    figure_free(&f);
}

Test(bars, keep_the_numbers_of_neighbours_apart)
{
    struct interval bar[4 * 2];
    for (int i = 0; i < 8; i++) /* panels that end and begin at wide numbers */
        bar[i] = (struct interval){i % 2 == 0 ? -1e6 : 1e6, PLOT_NONE, PLOT_NONE, 3};
    struct bars_block block = {.bar = bar};
    struct theme_series style[2];
    theme_assign(&(struct theme){0}, names, 2, NULL, style);
    struct bars b = {.kind = BARS_INTERVAL,
                     .id = "wide",
                     .block = &block,
                     .blocks = 1,
                     .column = columns,
                     .columns = 4,
                     .label = names,
                     .style = style,
                     .rows = 2,
                     .x_title = "Score",
                     .level = PLOT_NONE,
                     .x_low = -1e6,
                     .x_high = 1e6};
    struct figure f = {0};
    cr_assert_eq(bars_draw(&b, &(struct theme){0}, folder, NULL, &f), STATUS_OK);
    char *gp = read_text("wide.gp", NULL);
    double left[4], right[4];
    cr_assert_eq(panel_ends(gp, f.width, left, right), 4);
    cr_assert_geq(left[1] - right[0],
                  (theme_text_width("1e+06", 7) + theme_text_width("-1e+06", 7)) / 2 + 0.05);
    free(gp);
    figure_free(&f);
}

Test(plot, keeps_texts_on_the_page)
{
    static const struct plot_style styles[] = {{.points = 8},
                                               {.anchor = PLOT_CENTER},
                                               {.anchor = PLOT_RIGHT},
                                               {.upright = true, .points = 9}};
    static const double before[] = {0, 0.5, 1, 0};
    struct theme t = {0};
    for (int i = 0; i < 4; i++) {
        struct figure f = {0};
        struct plot *p = plot_new("text", &t, 2, 2);
        plot_panel(p, &(struct plot_panel){.box = {0.5, 0.5, 1, 1}});
        plot_text(p, i == 2 ? 0.1 : 1.9, 1.9, styles[i], "%s", long_names[2]);
        cr_assert_eq(plot_finish(p, folder, NULL, &f), STATUS_OK);
        char *gp = read_text("text.gp", NULL), text[256];
        double x, y, points;
        const char *label = strstr(gp, "set label 1 ");
        cr_assert_not_null(label);
        cr_assert_eq(sscanf(label, "set label 1 '%255[^']' at screen %lf,screen %lf", text, &x, &y),
                     3);
        cr_assert_eq(sscanf(strstr(label, "font \","), "font \",%lf\"", &points), 1);
        double length = theme_text_width(text, points);
        double start = 2 * (styles[i].upright ? y : x) - before[i] * length;
        cr_assert_geq(points, 6 - 1e-9);
        cr_assert(start >= 0 && start + length <= 2, "style %d: from %g, %g long", i, start,
                  length);
        free(gp);
        figure_free(&f);
    }
}

/* --- letters that no font has ------------------------------------------------------------------
 */

static void hide_all_fonts(void)
{
    static const char nothing[] = "<?xml version=\"1.0\"?>\n<fontconfig></fontconfig>\n";
    cr_assert_eq(file_replace(in_folder("fonts.conf"), nothing, sizeof nothing - 1), STATUS_OK);
    cr_assert_eq(setenv("FONTCONFIG_FILE", in_folder("fonts.conf"), 1), 0);
}

Test(plot, spells_letters_that_no_font_has)
{
    static const char *const pairs[][2] = {
        {"TD3+ODT", "TD3+ODT"},
        {"基线", "U+57FA 7EBF"},
        {"我 v2", "U+6211 v2"},
        {"x基y", "x U+57FA y"},
        {"λ=0.1 → Q∞", "lambda=0.1 -> Qinf"},
        {"“ours”", "\"ours\""},
        {"ＴＤ３", "TD3"},
        {"a\u200bb", "ab"},
        {"😀", "U+1F600"},
    };
    hide_all_fonts();
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        char out[THEME_TEXT];
        cr_expect_str_eq(glyphs_spell(pairs[i][0], out, sizeof out), pairs[i][1]);
        cr_expect_float_eq(theme_text_width(pairs[i][0], 7), theme_text_width(pairs[i][1], 7),
                           1e-12, "%s is as wide as it is drawn", pairs[i][0]);
    }
    cr_expect(glyphs_missing("基线"));
    cr_expect(!glyphs_missing("TD3+ODT"));
    char small[8];
    cr_expect_str_eq(glyphs_spell("基线基线", small, sizeof small), "U+57FA");
}

Test(plot, writes_the_spelling_into_scripts)
{
    static const char *const labels[] = {"基线", "我们的方法"};
    static struct lines l;
    hide_all_fonts();
    fill(&l, 2, 5, 10, 3);
    struct grid_panel panel = panel_of(&l, 2, "任务");
    struct figure f = make("cjk", &panel, 1, 1, labels, 2, &(struct theme){0});
    char *gp = read_text("cjk.gp", NULL);
    cr_assert_not_null(
        strstr(gp, "array LABEL[2] = ['U+57FA 7EBF', 'U+6211 4EEC 7684 65B9 6CD5']"));
    cr_assert_not_null(strstr(gp, "set label 1 'U+4EFB 52A1'"));
    cr_assert_not_null(strstr(f.overlay, "基线"), "hover values are the browser's to draw");
    free(gp);
    figure_free(&f);
}
