#include "engine/base/escape.h"
#include "report/tables/table.h"

#include <stdlib.h>
#include <string.h>

enum {
    MOST_ROWS = 44,  /* a tabular of this many footnotesize rows fits on a page */
    LINE_WIDTH = 520 /* points between the margins of the standalone page */
};

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

static void add_latex_cell(struct text *out, const struct table_column *column,
                           const struct table_cell *c)
{
    static const char *const open[] = {"", "\\textbf{", "\\underline{"};
    text_add(out, "%s", open[c->face]);
    if (column->words)
        text_add_escaped(out, escape_latex, c->text);
    else
        add_number(out, c->text);
    text_add(out, "%s", c->face != FACE_PLAIN ? "}" : "");
    if (c->mark[0] != '\0') {
        text_add(out, "\\textsuperscript{");
        text_add_escaped(out, escape_latex, c->mark);
        text_add(out, "}");
    }
}

/* --- how wide is it --------------------------------------------------------------------------- */

/* Points of a text in 8 pt Latin Modern, near enough to choose where a table must be split. */
static double text_width(const char *text, bool bold)
{
    double width = 0;
    for (const char *s = text; *s != '\0'; s++) {
        if (((unsigned char)*s & 0xC0) == 0x80)
            continue; /* inside a letter */
        width += strchr(".,:;'|!il", *s) != NULL    ? 2.5
                 : strchr("()[] -fjrt", *s) != NULL ? 3.4
                 : strchr("+=<>mwMW", *s) != NULL   ? 7.0
                 : *s >= 'A' && *s <= 'Z'           ? 6.0
                                                    : 4.4;
    }
    return bold ? 1.15 * width : width;
}

static double column_width(const struct table *t, int column)
{
    const struct table_column *c = &t->column[column];
    if (c->width > 0)
        return c->width * LINE_WIDTH;
    double most = text_width(c->title, false);
    for (int i = 0; i < t->rows; i++) {
        const struct table_cell *cell = &t->cell[(size_t)i * (size_t)t->columns + (size_t)column];
        double width = text_width(cell->text, cell->face == FACE_BOLD) +
                       0.8 * text_width(cell->mark, false);
        most = width > most ? width : most;
    }
    return most + 6; /* tabcolsep on both sides */
}

/* A font for the whole table and the share of the widths above that it leaves. */
struct font {
    const char *name;
    double tabcolsep, scale; /* points; of text */
};
static const struct font normal_font = {"footnotesize", 3, 1},
                         small_font = {"scriptsize", 2, 0.875};

static double set_width(const struct table *t, int column, const struct font *f)
{
    if (t->column[column].width > 0)
        return column_width(t, column);
    return (column_width(t, column) - 2 * normal_font.tabcolsep) * f->scale + 2 * f->tabcolsep;
}

/* The smaller font only where it spares a split: seven methods beside long names of datasets. */
static const struct font *choose_font(const struct table *t)
{
    double normal = 0, small = 0;
    for (int i = 0; i < t->columns; i++) {
        normal += set_width(t, i, &normal_font);
        small += set_width(t, i, &small_font);
    }
    return normal > LINE_WIDTH && small <= LINE_WIDTH ? &small_font : &normal_font;
}

/* The end of the columns that fit on the line beside the first one, from `from` on. */
static int fitting_columns(const struct table *t, int from, const struct font *f)
{
    double width = set_width(t, 0, f);
    int end = from;
    while (end < t->columns && (end == from || width + set_width(t, end, f) <= LINE_WIDTH))
        width += set_width(t, end++, f);
    return end;
}

/* --- one tabular: rows [top, bottom), the first column and columns [from, to) ----------------- */

struct part {
    int top, bottom, from, to;
};

static void column_kind(const struct table_column *c, struct text *out)
{
    if (c->width > 0)
        text_add(out, ">{\\raggedright\\arraybackslash}p{%.3f\\linewidth}", c->width);
    else
        text_add(out, "%s", c->words ? "l" : "r");
}

static void add_head(const struct table *t, struct part p, struct text *out)
{
    text_add(out, "\\begin{tabular}{@{}");
    column_kind(&t->column[0], out);
    for (int k = p.from; k < p.to; k++)
        column_kind(&t->column[k], out);
    text_add(out, "@{}}\n\\toprule\n");
    text_add_escaped(out, escape_latex, t->column[0].title);
    for (int k = p.from; k < p.to; k++) {
        text_add(out, " & ");
        text_add_escaped(out, escape_latex, t->column[k].title);
    }
    text_add(out, " \\\\\n\\midrule\n");
}

static void add_foot(struct text *out)
{
    text_add(out, "\\bottomrule\n\\end{tabular}");
}

/* Where a tabular that starts at `first` ends: at a rule, when there is one in its second half. */
static int break_after(const struct table *t, int first)
{
    int end = first + MOST_ROWS;
    if (end >= t->rows)
        return t->rows;
    for (int i = end; i > first + MOST_ROWS / 2; i--) {
        if (t->rule[i])
            return i;
    }
    return end;
}

static void add_tabular(const struct table *t, struct part p, struct text *out)
{
    add_head(t, p, out);
    for (int i = p.top; i < p.bottom; i++) {
        const struct table_cell *row = &t->cell[(size_t)i * (size_t)t->columns];
        if (t->rule[i] && i > p.top)
            text_add(out, "\\midrule\n");
        add_latex_cell(out, &t->column[0], &row[0]);
        for (int k = p.from; k < p.to; k++) {
            text_add(out, " & ");
            add_latex_cell(out, &t->column[k], &row[k]);
        }
        text_add(out, " \\\\\n");
    }
    add_foot(out);
}

/* All parts: blocks of columns, within each blocks of rows. */
static void add_body(const struct table *t, const struct font *f, struct text *out)
{
    int from = t->columns > 1 ? 1 : 0, to;
    for (bool first = true; from < t->columns; from = to) {
        to = fitting_columns(t, from, f);
        for (int top = 0, bottom; top < t->rows; top = bottom) {
            bottom = break_after(t, top);
            text_add(out, "%s", first ? "" : "\n\n\\medskip\n");
            add_tabular(t, (struct part){top, bottom, from, to}, out);
            first = false;
        }
    }
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

static void add_table(const struct table *t, bool standalone, struct text *out)
{
    if (standalone)
        text_add(out, "\\documentclass[a4paper,10pt]{article}\n"
                      "\\usepackage{booktabs,array}\n\\usepackage[margin=12mm]{geometry}\n"
                      "\\pagestyle{empty}\n\\begin{document}\n\\noindent\n");
    const struct font *f = choose_font(t);
    text_add(out,
             "{\\%s\\setlength{\\tabcolsep}{%gpt}\\setlength{\\parindent}{0pt}%%\n"
             "\\renewcommand{\\arraystretch}{1.08}%%\n",
             f->name, f->tabcolsep);
    add_body(t, f, out);
    if (standalone && t->caption.length > 0) {
        text_add(out, "\n\n\\medskip\n\\raggedright ");
        text_add_escaped(out, escape_latex, t->title);
        text_add(out, ". ");
        text_add_escaped(out, escape_latex, text_get(&t->caption));
        text_add(out, "\\par");
    }
    text_add(out, "}\n");
    if (standalone)
        text_add(out, "\\end{document}\n");
}

void table_latex(const struct table *t, bool standalone, const char *comment, struct text *out)
{
    struct text table = {0};
    text_add(out, "%% %s\n", comment != NULL ? comment : "vitamin report");
    add_table(t, standalone, &table);
    if (strstr(text_get(&table), "\\unicodetext") != NULL)
        add_unicode_command(out);
    text_add(out, "%s", text_get(&table));
    out->broken |= table.broken;
    text_free(&table);
}
