#include "engine/base/escape.h"
#include "report/tables/table.h"

#include <stdlib.h>
#include <string.h>

static void escaped(struct text *out, const char *text)
{
    size_t size = 6 * strlen(text) + 1;
    char *safe = malloc(size);
    if (safe == NULL) {
        out->broken = true;
        return;
    }
    text_add(out, "%s", escape_markdown(text, safe, size));
    free(safe);
}

static void cell(struct text *out, const struct table_cell *c)
{
    static const char *const open[] = {"", "**", "<u>"}, *const close[] = {"", "**", "</u>"};
    text_add(out, " %s", open[c->face]);
    escaped(out, c->text);
    text_add(out, "%s", close[c->face]);
    if (c->mark[0] != '\0')
        text_add(out, "<sup>%s</sup>", c->mark);
    text_add(out, " |");
}

void table_markdown(const struct table *t, struct text *out)
{
    text_add(out, "### ");
    escaped(out, t->title);
    text_add(out, "\n\n|");
    for (int k = 0; k < t->columns; k++) {
        text_add(out, " ");
        escaped(out, t->column[k].title);
        text_add(out, " |");
    }
    text_add(out, "\n|");
    for (int k = 0; k < t->columns; k++)
        text_add(out, "%s|", t->column[k].words ? " --- " : " ---: ");
    text_add(out, "\n");
    for (int i = 0; i < t->rows; i++) {
        text_add(out, "|");
        for (int k = 0; k < t->columns; k++)
            cell(out, &t->cell[(size_t)i * (size_t)t->columns + (size_t)k]);
        text_add(out, "\n");
    }
    if (t->caption.length > 0) {
        text_add(out, "\n");
        escaped(out, text_get(&t->caption));
        text_add(out, "\n");
    }
}
