#include "engine/base/escape.h"
#include "engine/base/letters.h"
#include "report/tables/table.h"
#include "report/text/wrap.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The text width that a table fits into: that of NeurIPS, 5.5 inches. */
enum {
    LINE_WIDTH = 397, /* points */
    MOST_LINES = 44,  /* of a tabular that fits on a page */
    CELL_LINES = 24
};

/* How the whole table is set. `wrap`: headings and words may take several lines; `stack`: numbers
 * take two, "88.38" over "(+46.59)". */
struct font {
    double points, leading, tabcolsep;
    double scale; /* widths beside those of 8 points; small letters are wider than their size */
    bool wrap, stack;
};
static const struct font fonts[] = {
    {8, 9.5, 3, 1, false, false}, {8, 9.5, 3, 1, true, false},   {7, 8.5, 2, 0.95, true, false},
    {8, 9.5, 3, 1, true, true},   {7, 8.5, 2, 0.95, true, true}, {6, 7.2, 1.6, 0.89, true, true}};

/* --- how wide is it --------------------------------------------------------------------------- */

/* Advance widths of Computer Modern at 8 points, ASCII 33 to 126, in thousandths of the size. No
 * usual text font is wider but for some signs. */
static const short advance[] = {
    295, 531, 885, 531, 885, 826, 295, 413, 413, 531, 826, 295, 354, 295, 531, 531, 531,  531, 531,
    531, 531, 531, 531, 531, 531, 295, 295, 826, 826, 826, 502, 826, 796, 752, 767, 811,  723, 693,
    834, 796, 383, 545, 825, 664, 973, 796, 826, 723, 826, 782, 590, 767, 796, 796, 1091, 796, 796,
    649, 295, 531, 295, 531, 383, 295, 531, 590, 472, 590, 472, 325, 531, 590, 295, 325,  561, 295,
    885, 590, 531, 590, 561, 414, 419, 413, 590, 561, 767, 561, 561, 472, 531, 295, 531,  531};

static double word_width(unsigned code)
{
    if (code <= 32)
        return 354;
    if (code < 127)
        return advance[code - 33];
    /* A letter of \unicodetext: its code, or a full-width letter. */
    bool known = letter_latex(letter_fold(code)) != NULL || letter_in_pdflatex(code);
    return letter_invisible(code) || letter_accent(code) != NULL ? 0 : known ? 830 : 3400;
}

/* Hyphens of numbers are minus signs. */
static double number_width(unsigned code)
{
    return code == '-' ? 826 : word_width(code);
}

static wrap_width *letters_of(const struct table_column *c)
{
    return c->words ? word_width : number_width;
}

static double points_of(const struct font *f, bool bold)
{
    return 0.008 * f->scale * (bold ? 1.17 : 1);
}

/* Points that a cell of the column may take before its text is broken. */
static double cell_room(const struct table *t, int column, const struct font *f)
{
    const struct table_column *c = &t->column[column];
    if (c->width > 0)
        return c->width * LINE_WIDTH - 2 * f->tabcolsep;
    return f->wrap && c->words ? (column == 0 ? 0.34 : 0.28) * LINE_WIDTH : LINE_WIDTH * 100.0;
}

/* The lines of a text. */
struct lines {
    int count;
    double width; /* of the widest, points */
    char line[CELL_LINES][TABLE_CELL];
};

static void break_text(const char *text, double room, double points, wrap_width *letters,
                       struct lines *out)
{
    bool whole;
    out->count = 0;
    out->width = 0;
    do {
        char *line = out->line[out->count++];
        size_t end = out->count < CELL_LINES ? wrap_line(text, room / points, letters, &whole)
                                             : strlen(text);
        snprintf(line, TABLE_CELL, "%.*s", (int)end, text);
        out->width = fmax(out->width, points * wrap_measure(line, letters));
        text += end;
        text += strspn(text, " ");
    } while (*text != '\0');
}

/* "88.38(+46.59)" and "88.4 [84.9, 91.2]" are a number and what is said of it. */
static void stack_number(const char *text, double points, struct lines *out)
{
    size_t first = strcspn(text, "([");
    size_t end = first > 0 && text[first - 1] == ' ' ? first - 1 : first;
    *out = (struct lines){.count = end > 0 && text[first] != '\0' ? 2 : 1};
    snprintf(out->line[0], TABLE_CELL, "%.*s", (int)(out->count == 2 ? end : strlen(text)), text);
    snprintf(out->line[1], TABLE_CELL, "%s", out->count == 2 ? text + first : "");
    for (int i = 0; i < out->count; i++)
        out->width = fmax(out->width, points * wrap_measure(out->line[i], number_width));
}

static void break_cell(const struct table *t, int row, int column, const struct font *f,
                       struct lines *out)
{
    const struct table_cell *cell = &t->cell[(size_t)row * (size_t)t->columns + (size_t)column];
    double points = points_of(f, cell->face == FACE_BOLD);
    if (f->stack && !t->column[column].words)
        stack_number(cell->text, points, out);
    else
        break_text(cell->text, cell_room(t, column, f), points, letters_of(&t->column[column]),
                   out);
    out->width += 0.8 * points_of(f, false) * wrap_measure(cell->mark, number_width);
}

static double widest_cell(const struct table *t, int column, const struct font *f)
{
    double most = 0;
    for (int i = 0; i < t->rows; i++) {
        struct lines lines;
        break_cell(t, i, column, f, &lines);
        most = fmax(most, lines.width);
    }
    return most;
}

/* A heading is as wide as its column's cells, or one of the usual names where there is room. */
static void break_heading(const struct table *t, int column, const struct font *f,
                          struct lines *out)
{
    double room = LINE_WIDTH * 100.0;
    if (f->wrap || t->column[column].width > 0)
        room = fmax(f->stack ? 40 : 54, widest_cell(t, column, f));
    break_text(t->column[column].title, room, points_of(f, false), word_width, out);
}

static double column_width(const struct table *t, int column, const struct font *f)
{
    struct lines heading;
    break_heading(t, column, f, &heading);
    return fmax(heading.width, widest_cell(t, column, f)) + 2 * f->tabcolsep;
}

/* The largest font in which the table need not be split: seven methods beside long names of
 * datasets. Where none is small enough, the first that wraps. */
static const struct font *choose_font(const struct table *t)
{
    for (size_t k = 0; k < sizeof fonts / sizeof fonts[0]; k++) {
        double width = 0;
        for (int i = 0; i < t->columns; i++)
            width += column_width(t, i, &fonts[k]);
        if (width - 2 * fonts[k].tabcolsep <= LINE_WIDTH)
            return &fonts[k];
    }
    return &fonts[1];
}

/* The end of the columns that fit on the line beside the first one, from `from` on. */
static int fitting_columns(const struct table *t, int from, const struct font *f)
{
    double width = column_width(t, 0, f) - 2 * f->tabcolsep;
    int end = from;
    while (end < t->columns) {
        width += column_width(t, end, f);
        if (end > from && width > LINE_WIDTH)
            break;
        end++;
    }
    return end;
}

/* --- cells ------------------------------------------------------------------------------------ */

/* A number's hyphens are minus signs. */
static void add_number(struct text *out, const char *text)
{
    for (const char *s = text; *s != '\0';) {
        size_t n = strcspn(s, "-");
        char piece[TABLE_CELL];
        if (n >= sizeof piece)
            n = sizeof piece - 1;
        memcpy(piece, s, n);
        piece[n] = '\0';
        text_add_escaped(out, escape_latex, piece);
        s += n;
        if (*s == '-') {
            text_add(out, "$-$");
            s++;
        }
    }
}

/* By enum table_face. */
static const char *const opening[] = {"", "\\textbf{", "\\underline{"};
static const char *const closing[] = {"", "}", "}"};

static void add_words(struct text *out, const char *text)
{
    text_add_escaped(out, escape_latex, text);
}

/* "\\stacked{88.38}{(+46.59)}": one underline is enough. */
static void add_stacked(struct text *out, const struct lines *lines, enum table_face face)
{
    text_add(out, "\\stacked{%s", opening[face]);
    add_number(out, lines->line[0]);
    text_add(out, "%s}{%s", closing[face], face == FACE_BOLD ? opening[face] : "");
    add_number(out, lines->line[1]);
    text_add(out, "%s}", face == FACE_BOLD ? "}" : "");
}

/* Several lines are a tabular in the tabular, aligned as the column is. `place`: t or b. */
static void add_lines(struct text *out, const struct lines *lines, bool left, bool words,
                      enum table_face face, char place)
{
    if (lines->count > 1)
        text_add(out, "\\begin{tabular}[%c]{@{}%c@{}}", place, left ? 'l' : 'r');
    for (int i = 0; i < lines->count; i++) {
        text_add(out, "%s%s", i > 0 ? "\\\\" : "", opening[face]);
        (words ? add_words : add_number)(out, lines->line[i]);
        text_add(out, "%s", closing[face]);
    }
    if (lines->count > 1)
        text_add(out, "\\end{tabular}");
}

static void add_latex_cell(const struct table *t, int row, int column, const struct font *f,
                           struct text *out)
{
    const struct table_cell *c = &t->cell[(size_t)row * (size_t)t->columns + (size_t)column];
    struct lines lines;
    break_cell(t, row, column, f, &lines);
    bool words = t->column[column].words;
    if (!words && lines.count == 2 && f->stack)
        add_stacked(out, &lines, c->face);
    else
        add_lines(out, &lines, words, words, c->face, 't');
    if (c->mark[0] != '\0') {
        text_add(out, "\\textsuperscript{");
        text_add_escaped(out, escape_latex, c->mark);
        text_add(out, "}");
    }
}

/* --- one tabular: rows [top, bottom), the first column and columns [from, to) ----------------- */

struct part {
    int top, bottom, from, to;
};

static void add_heading(const struct table *t, int column, const struct font *f, struct text *out)
{
    struct lines lines;
    break_heading(t, column, f, &lines);
    add_lines(out, &lines, t->column[column].words, true, FACE_PLAIN, 'b');
}

static void add_head(const struct table *t, struct part p, const struct font *f, struct text *out)
{
    text_add(out, "\\begin{tabular}{@{}%c", t->column[0].words ? 'l' : 'r');
    for (int k = p.from; k < p.to; k++)
        text_add(out, "%c", t->column[k].words ? 'l' : 'r');
    text_add(out, "@{}}\n\\toprule\n");
    add_heading(t, 0, f, out);
    for (int k = p.from; k < p.to; k++) {
        text_add(out, " & ");
        add_heading(t, k, f, out);
    }
    text_add(out, " \\\\\n\\midrule\n");
}

static int lines_of_row(const struct table *t, int row, const struct font *f)
{
    int most = 1;
    for (int k = 0; k < t->columns; k++) {
        struct lines lines;
        break_cell(t, row, k, f, &lines);
        most = lines.count > most ? lines.count : most;
    }
    return most;
}

/* Where a tabular that starts at `first` ends: at a rule, when there is one in its second half. */
static int break_after(const struct table *t, int first, const struct font *f)
{
    int end = first, lines = 0;
    while (end < t->rows && (end == first || lines + lines_of_row(t, end, f) <= MOST_LINES))
        lines += lines_of_row(t, end++, f);
    for (int i = end; end < t->rows && i > first + (end - first) / 2; i--) {
        if (t->rule[i])
            return i;
    }
    return end;
}

static void add_tabular(const struct table *t, struct part p, const struct font *f,
                        struct text *out)
{
    add_head(t, p, f, out);
    for (int i = p.top; i < p.bottom; i++) {
        if (t->rule[i] && i > p.top)
            text_add(out, "\\midrule\n");
        add_latex_cell(t, i, 0, f, out);
        for (int k = p.from; k < p.to; k++) {
            text_add(out, " & ");
            add_latex_cell(t, i, k, f, out);
        }
        text_add(out, " \\\\%s\n", f->stack && i + 1 < p.bottom ? "[2pt]" : "");
    }
    text_add(out, "\\bottomrule\n\\end{tabular}");
}

/* --- all of it -------------------------------------------------------------------------------- */

static bool has_underline(const struct table *t)
{
    for (int i = 0; i < t->rows * t->columns; i++) {
        if (t->cell[i].face == FACE_UNDERLINE)
            return true;
    }
    return false;
}

/* The size of the font is said in points: \footnotesize is 8, 9 or 10 of them, by class. Underlined
 * numbers keep off the row below. */
static void begin_font(const struct table *t, const struct font *f, struct text *out)
{
    text_add(out,
             "{\\fontsize{%g}{%g}\\selectfont\\setlength{\\tabcolsep}{%gpt}"
             "\\setlength{\\parindent}{0pt}%%\n\\renewcommand{\\arraystretch}{%g}%%\n",
             f->points, f->leading, f->tabcolsep, has_underline(t) ? 1.25 : 1.08);
    if (f->stack)
        text_add(out, "\\def\\stacked#1#2{\\begin{tabular}[t]{@{}r@{}}#1\\\\#2\\end{tabular}}%%\n");
}

static void begin_float(const struct table *t, const struct table_files *how, bool first,
                        struct text *out)
{
    text_add(out, "%s\\begin{table}[t]\n\\centering\n%s\\caption{", first ? "" : "\n\n",
             first ? "" : "\\addtocounter{table}{-1}%\n");
    add_words(out, t->title);
    if (!first) {
        text_add(out, " (continued).}\n");
        return;
    }
    text_add(out, ". ");
    add_words(out, text_get(&t->caption));
    text_add(out, "}\n\\label{%s%s}\n",
             how->label_prefix != NULL ? how->label_prefix : "tab:", t->id);
}

/* All parts: blocks of columns, within each blocks of rows. */
static void add_body(const struct table *t, const struct table_files *how, struct text *out)
{
    const struct font *f = choose_font(t);
    int from = t->columns > 1 ? 1 : 0, to;
    if (!how->captions)
        begin_font(t, f, out);
    for (bool first = true; from < t->columns; from = to) {
        to = fitting_columns(t, from, f);
        for (int top = 0, bottom; top < t->rows; top = bottom, first = false) {
            bottom = break_after(t, top, f);
            if (how->captions) {
                begin_float(t, how, first, out);
                begin_font(t, f, out);
            } else if (!first) {
                text_add(out, "\n\n\\medskip\n");
            }
            add_tabular(t, (struct part){top, bottom, from, to}, f, out);
            text_add(out, "%s", how->captions ? "}\n\\end{table}\n" : "");
        }
    }
    text_add(out, "%s", how->captions ? "" : "}\n");
}

/* In a document of its own the caption stands below. */
static void add_table(const struct table *t, const struct table_files *how, struct text *out)
{
    if (how->standalone)
        text_add(out, "\\documentclass[a4paper,10pt]{article}\n\\usepackage{booktabs}\n"
                      "\\usepackage[textwidth=5.5in,vmargin=12mm]{geometry}\n"
                      "\\pagestyle{empty}\n\\begin{document}\n\\noindent\n");
    add_body(t, how, out);
    if (how->standalone && !how->captions && t->caption.length > 0) {
        text_add(out, "\n\\medskip\n{\\footnotesize\\raggedright ");
        add_words(out, t->title);
        text_add(out, ". ");
        add_words(out, text_get(&t->caption));
        text_add(out, "\\par}\n");
    }
    if (how->standalone)
        text_add(out, "\\end{document}\n");
}

/* What the letters need that only a Unicode engine with the right font can set (escape_latex). */
static void add_unicode_command(struct text *out)
{
    text_add(out,
             "%% Some letters are in no font of pdfLaTeX, which prints their codes. To see them, "
             "compile with\n"
             "%% lualatex or xelatex and a font that has them, for instance "
             "\\setmainfont{Noto Serif CJK SC}\n"
             "%% (fontspec), or define \\unicodetext{code}{codes}{letters} before, for instance "
             "with CJKutf8:\n"
             "%% \\newcommand\\unicodetext[3]{\\begin{CJK}{UTF8}{gbsn}#3\\end{CJK}}\n"
             "\\providecommand\\unicodetext[3]{%%\n"
             "  \\ifdefined\\Umathcode\\iffontchar\\font\"#1 #3\\else#2\\fi\\else#2\\fi}\n");
}

void table_latex(const struct table *t, const struct table_files *how, struct text *out)
{
    struct text table = {0};
    text_add(out, "%% %s\n", how->comment != NULL ? how->comment : "vitamin report");
    add_table(t, how, &table);
    if (strstr(text_get(&table), "\\unicodetext") != NULL)
        add_unicode_command(out);
    text_add(out, "%s", text_get(&table));
    out->broken |= table.broken;
    text_free(&table);
}
