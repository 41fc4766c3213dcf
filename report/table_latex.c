#include "report/escape.h"
#include "report/table.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_ROWS = 44 }; /* a tabular of this many footnotesize rows fits on a page */

static void escaped(struct text *out, const char *text)
{
    size_t size = 20 * strlen(text) + 1;
    char *safe = malloc(size);
    if (safe == NULL) {
        out->broken = true;
        return;
    }
    text_add(out, "%s", escape_latex(text, safe, size));
    free(safe);
}

/* A number's hyphens are minus signs. */
static void number(struct text *out, const char *text)
{
    for (const char *s = text; *s != '\0';) {
        size_t n = strcspn(s, "-");
        char piece[TABLE_CELL];
        if (n >= sizeof piece)
            n = sizeof piece - 1;
        memcpy(piece, s, n);
        piece[n] = '\0';
        escaped(out, piece);
        s += n;
        if (*s == '-') {
            text_add(out, "$-$");
            s++;
        }
    }
}

static void cell(struct text *out, const struct table_column *column, const struct table_cell *c)
{
    static const char *const open[] = {"", "\\textbf{", "\\underline{"};
    text_add(out, "%s", open[c->face]);
    if (column->words)
        escaped(out, c->text);
    else
        number(out, c->text);
    text_add(out, "%s", c->face != FACE_PLAIN ? "}" : "");
    if (c->mark[0] != '\0') {
        text_add(out, "\\textsuperscript{");
        escaped(out, c->mark);
        text_add(out, "}");
    }
}

static void head(const struct table *t, struct text *out)
{
    text_add(out, "\\begin{tabular}{@{}");
    for (int k = 0; k < t->columns; k++) {
        const struct table_column *c = &t->column[k];
        if (c->width > 0)
            text_add(out, "p{%.3f\\linewidth}", c->width);
        else
            text_add(out, "%s", c->words ? "l" : "r");
    }
    text_add(out, "@{}}\n\\toprule\n");
    for (int k = 0; k < t->columns; k++) {
        text_add(out, "%s", k > 0 ? " & " : "");
        escaped(out, t->column[k].title);
    }
    text_add(out, " \\\\\n\\midrule\n");
}

static void foot(struct text *out)
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

static void body(const struct table *t, struct text *out)
{
    for (int first = 0; first < t->rows || first == 0;) {
        int end = break_after(t, first);
        if (first > 0)
            text_add(out, "\n\n\\medskip\n");
        head(t, out);
        for (int i = first; i < end; i++) {
            if (t->rule[i] && i > first)
                text_add(out, "\\midrule\n");
            for (int k = 0; k < t->columns; k++) {
                text_add(out, "%s", k > 0 ? " & " : "");
                cell(out, &t->column[k], &t->cell[(size_t)i * (size_t)t->columns + (size_t)k]);
            }
            text_add(out, " \\\\\n");
        }
        foot(out);
        first = end > first ? end : first + 1;
    }
}

void table_latex(const struct table *t, bool standalone, const char *comment, struct text *out)
{
    text_add(out, "%% %s\n", comment != NULL ? comment : "vitamin report");
    if (standalone)
        text_add(out, "\\documentclass[a4paper,10pt]{article}\n"
                      "\\usepackage[T1]{fontenc}\n\\usepackage{lmodern}\n"
                      "\\usepackage{booktabs}\n\\usepackage[margin=18mm]{geometry}\n"
                      "\\pagestyle{empty}\n\\begin{document}\n\\noindent\n");
    text_add(out, "{\\footnotesize\\setlength{\\tabcolsep}{3pt}\\setlength{\\parindent}{0pt}%%\n");
    body(t, out);
    if (standalone && t->caption.length > 0) {
        text_add(out, "\n\n\\medskip\n\\raggedright ");
        escaped(out, t->title);
        text_add(out, ". ");
        escaped(out, text_get(&t->caption));
        text_add(out, "\\par");
    }
    text_add(out, "}\n");
    if (standalone)
        text_add(out, "\\end{document}\n");
}
