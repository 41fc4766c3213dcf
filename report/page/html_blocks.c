/* Tables and figures as pieces of the page. */
#include "report/page/html_impl.h"

#include "engine/base/file.h"

#include <fnmatch.h>
#include <stdio.h>
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

/* What programs and papers take; only what was written. */
static void put_table_links(struct html *h, const struct table *t)
{
    const struct table_files *f = &h->page->table_files;
    const struct {
        bool written;
        const char *extension;
    } link[] = {{f->latex, "tex"}, {f->csv && t->csv.length > 0, "csv"}, {f->markdown, "md"}};
    text_add(&h->out, "<span class=\"links\">");
    for (size_t i = 0; i < sizeof link / sizeof *link; i++) {
        if (link[i].written)
            text_add(&h->out, "<a href=\"tables/%s.%s\" download>%s</a> ", t->id, link[i].extension,
                     link[i].extension);
    }
    text_add(&h->out, "</span>");
}

static void put_table_head(struct html *h, const struct table *t)
{
    text_add(&h->out, "<thead><tr>");
    for (int c = 0; c < t->columns; c++) {
        text_add(&h->out, "<th scope=\"col\"%s>",
                 t->column[c].words || c == 0 ? " class=\"words\"" : "");
        html_put(&h->out, t->column[c].title);
        text_add(&h->out, "</th>");
    }
    text_add(&h->out, "</tr></thead>\n");
}

static void put_table_rows(struct html *h, const struct table *t)
{
    text_add(&h->out, "<tbody>\n");
    for (int r = 0; r < t->rows; r++) {
        text_add(&h->out, "<tr%s>", t->rule[r] ? " class=\"rule\"" : "");
        for (int c = 0; c < t->columns; c++) {
            const struct table_cell *cell = &t->cell[(size_t)r * (size_t)t->columns + (size_t)c];
            text_add(&h->out, c == 0               ? "<th scope=\"row\">"
                              : t->column[c].words ? "<td class=\"words\">"
                                                   : "<td>");
            put_table_cell(&h->out, cell);
            text_add(&h->out, c == 0 ? "</th>" : "</td>");
        }
        text_add(&h->out, "</tr>\n");
    }
    text_add(&h->out, "</tbody>");
}

void html_table(struct html *h, const struct table *t)
{
    bool *shown = &h->table_shown[t - h->page->table];
    if (t->rows == 0 || t->columns == 0 || t->broken || *shown)
        return;
    *shown = true;
    text_add(&h->out, "<div class=\"block\">\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
                      "aria-label=\"");
    html_put(&h->out, t->title);
    text_add(&h->out, "\"><table id=\"table-%s\">\n<caption>", t->id);
    html_put(&h->out, t->title);
    text_add(&h->out, "</caption>\n");
    put_table_head(h, t);
    put_table_rows(h, t);
    text_add(&h->out, "</table></div>\n<p class=\"caption\">");
    html_caption(h, text_get(&t->caption));
    put_table_links(h, t);
    text_add(&h->out, "</p>\n</div>\n");
}

/* --- figures ---------------------------------------------------------------------------------- */

static void put_words(struct html *h, const struct figure *f, const char *why)
{
    text_add(&h->out, "<p class=\"note warning\">");
    html_put(&h->out, why);
    text_add(&h->out, "</p><p>");
    html_put(&h->out, f->alt);
    text_add(&h->out, "</p>\n");
}

static void put_picture(struct html *h, const struct figure *f)
{
    const struct figures *all = h->page->figures;
    char path[FILE_PATH], words[STATUS_SENTENCE + 32], *svg = NULL;
    if (all->skip[PICTURE_SVG] || file_path(path, "%s/%s.svg", all->folder, f->id) != STATUS_OK ||
        !file_exists(path) || file_read(path, LARGEST_PICTURE, &svg, NULL) != STATUS_OK) {
        snprintf(words, sizeof words, "Not drawn. %s", all->trouble);
        put_words(h, f, words);
        return;
    }
    if (h->out.length + strlen(svg) > LARGEST_PAGE) {
        put_words(h, f, "The page cannot hold all pictures; this one is a separate file.");
        free(svg);
        return;
    }
    /* A third larger than on paper. */
    char attributes[128];
    bool heat = fnmatch("improvement_matrix*", f->id, 0) == 0 || fnmatch("status*", f->id, 0) == 0;
    snprintf(attributes, sizeof attributes, "class=\"%s%s\" style=\"width:%.1frem\"",
             f->width > 4.5 ? "wide" : "small", heat ? " heat" : "", f->width * 8.3);
    text_add(&h->out, "<div class=\"paper\" tabindex=\"0\" role=\"region\" aria-label=\"");
    html_put(&h->out, f->title);
    text_add(&h->out, "\">");
    html_svg(h, svg, attributes, heat);
    text_add(&h->out, "</div>\n");
    free(svg);
}

static void put_links(struct html *h, const struct figure *f)
{
    const char *folder = h->page->figures_folder;
    text_add(&h->out, "<span class=\"links\">");
    for (int k = 0; k < PICTURE_FORMATS; k++) {
        if (h->page->figures->skip[k] || (f->page_only && k != PICTURE_SVG))
            continue;
        text_add(&h->out, "<a href=\"%s/%s.%s\" download>%s</a> ", folder, f->id,
                 picture_extension[k], picture_extension[k]);
    }
    text_add(&h->out,
             "<a href=\"%s/%s.dat\" download>data</a> <a href=\"%s/%s.gp\" "
             "download>script</a></span>",
             folder, f->id, folder, f->id);
}

void html_figure(struct html *h, const char *name)
{
    const struct figure *f = figures_find(h->page->figures, name);
    if (f == NULL || h->figure_shown[f - h->page->figures->figure])
        return;
    h->figure_shown[f - h->page->figures->figure] = true;
    text_add(&h->out, "<figure id=\"%s\">\n", f->id);
    put_picture(h, f);
    text_add(&h->out, "<figcaption><b>");
    html_put(&h->out, f->title);
    text_add(&h->out, ".</b> ");
    html_caption(h, f->caption);
    put_links(h, f);
    text_add(&h->out, "</figcaption>\n</figure>\n");
}
