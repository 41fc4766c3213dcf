#include "engine/base/escape.h"
#include "report/tables/table.h"

static void add_markdown_cell(struct text *out, const struct table_cell *c)
{
    static const char *const open[] = {"", "**", "<u>"}, *const close[] = {"", "**", "</u>"};
    text_add(out, " %s", open[c->face]);
    text_add_escaped(out, escape_markdown, c->text);
    text_add(out, "%s", close[c->face]);
    if (c->mark[0] != '\0')
        text_add(out, "<sup>%s</sup>", c->mark);
    text_add(out, " |");
}

void table_markdown(const struct table *t, struct text *out)
{
    text_add(out, "### ");
    text_add_escaped(out, escape_markdown, t->title);
    text_add(out, "\n\n|");
    for (int k = 0; k < t->columns; k++) {
        text_add(out, " ");
        text_add_escaped(out, escape_markdown, t->column[k].title);
        text_add(out, " |");
    }
    text_add(out, "\n|");
    for (int k = 0; k < t->columns; k++)
        text_add(out, "%s|", t->column[k].words ? " --- " : " ---: ");
    text_add(out, "\n");
    for (int i = 0; i < t->rows; i++) {
        text_add(out, "|");
        for (int k = 0; k < t->columns; k++)
            add_markdown_cell(out, &t->cell[(size_t)i * (size_t)t->columns + (size_t)k]);
        text_add(out, "\n");
    }
    if (t->caption.length > 0) {
        text_add(out, "\n");
        text_add_escaped(out, escape_markdown, text_get(&t->caption));
        text_add(out, "\n");
    }
}
