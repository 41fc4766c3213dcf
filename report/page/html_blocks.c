/* Tables and figures as pieces of the page. */
#include "report/page/html_impl.h"

#include "engine/base/file.h"

#include <stdlib.h>
#include <string.h>

enum {
    LARGEST_PICTURE = 16 * 1024 * 1024,
    LARGEST_PAGE = 10 * 1000 * 1000 - 700 * 1000 /* ten megabytes, and some for what comes last */
};

/* --- tables ----------------------------------------------------------------------------------- */

static void put_table_cell(struct text *out, const struct table_cell *c)
{
    const char *face = c->face == FACE_BOLD ? "b" : c->face == FACE_UNDERLINE ? "u" : NULL;
    if (face != NULL)
        text_add(out, "<%s>", face);
    html_put(out, c->text);
    if (face != NULL)
        text_add(out, "</%s>", face);
    if (c->mark[0] != '\0') {
        text_add(out, "<sup>");
        html_put(out, c->mark);
        text_add(out, "</sup>");
    }
}

void html_table(struct text *out, const struct table *t)
{
    if (t->rows == 0 || t->columns == 0 || t->broken)
        return;
    text_add(out, "<div class=\"scroll\"><table id=\"table-");
    html_put(out, t->id);
    text_add(out, "\">\n<caption><b>");
    html_put(out, t->title);
    text_add(out, "</b>");
    html_put(out, text_get(&t->caption));
    text_add(out, "</caption>\n<thead><tr>");
    for (int c = 0; c < t->columns; c++) {
        text_add(out, "<th scope=\"col\"%s>",
                 t->column[c].words || c == 0 ? " class=\"words\"" : "");
        html_put(out, t->column[c].title);
        text_add(out, "</th>");
    }
    text_add(out, "</tr></thead>\n<tbody>\n");
    for (int r = 0; r < t->rows; r++) {
        text_add(out, "<tr%s>", t->rule[r] ? " class=\"rule\"" : "");
        for (int c = 0; c < t->columns; c++) {
            const struct table_cell *cell = &t->cell[(size_t)r * (size_t)t->columns + (size_t)c];
            text_add(out, c == 0               ? "<th scope=\"row\">"
                          : t->column[c].words ? "<td class=\"words\">"
                                               : "<td>");
            put_table_cell(out, cell);
            text_add(out, c == 0 ? "</th>" : "</td>");
        }
        text_add(out, "</tr>\n");
    }
    text_add(out, "</tbody></table></div>\n");
}

/* --- figures ---------------------------------------------------------------------------------- */

/* The root element of a finished SVG file: without prolog and comment. */
static void put_svg(struct text *out, const struct figure *f, const char *svg)
{
    const char *root = strstr(svg, "<svg");
    if (root == NULL)
        return;
    /* A third larger than on paper. */
    text_add(out, "<svg class=\"%s\" style=\"width:%.1frem\"%s", f->width > 4.5 ? "wide" : "small",
             f->width * 8.3, root + 4);
}

static void put_picture(struct text *out, const struct html_page *page, const struct figure *f)
{
    char path[FILE_PATH], *svg = NULL;
    if (page->figures->skip[PICTURE_SVG] ||
        file_path(path, "%s/%s.svg", page->figures->folder, f->id) != STATUS_OK ||
        !file_exists(path) || file_read(path, LARGEST_PICTURE, &svg, NULL) != STATUS_OK) {
        text_add(out, "<p class=\"note warning\">Not drawn. ");
        html_put(out, page->figures->trouble);
        text_add(out, "</p><p>");
        html_put(out, f->alt);
        text_add(out, "</p>\n");
        return;
    }
    if (out->length + strlen(svg) > LARGEST_PAGE) {
        text_add(out,
                 "<p class=\"note\">The page cannot hold all pictures; <a href=\"%s/%s.svg\">this "
                 "one</a> is a separate file.</p>\n<p>",
                 page->figures_folder, f->id);
        html_put(out, f->alt);
        text_add(out, "</p>\n");
        free(svg);
        return;
    }
    text_add(out, "<div class=\"paper\">");
    put_svg(out, f, svg);
    text_add(out, "</div>\n");
    free(svg);
}

static void put_links(struct text *out, const struct html_page *page, const struct figure *f)
{
    text_add(out, " <span class=\"links\">");
    for (int k = 0; k < PICTURE_FORMATS; k++) {
        if (page->figures->skip[k] || (f->page_only && k != PICTURE_SVG))
            continue;
        text_add(out, "<a href=\"%s/%s.%s\">%s</a> ", page->figures_folder, f->id,
                 picture_extension[k], picture_extension[k]);
    }
    text_add(out, "<a href=\"%s/%s.dat\">data</a> <a href=\"%s/%s.gp\">script</a></span>",
             page->figures_folder, f->id, page->figures_folder, f->id);
}

void html_figure(struct text *out, const struct html_page *page, const char *name)
{
    const struct figure *f = figures_find(page->figures, name);
    if (f == NULL)
        return;
    text_add(out, "<figure id=\"%s\">\n", f->id);
    put_picture(out, page, f);
    text_add(out, "<figcaption><b>");
    html_put(out, f->title);
    text_add(out, ".</b> ");
    html_put(out, f->caption);
    put_links(out, page, f);
    text_add(out, "</figcaption>\n</figure>\n");
}
