/* What a reader must know before the numbers, in one line that opens. */
#include "report/page/html_impl.h"

#include "report/page/notes.h"

static void put_note(struct text *out, const struct results_note *note)
{
    static const char *const face[] = {"note", "note warning", "note banner"};
    text_add(out, "<li class=\"%s\">", face[note->level]);
    html_put(out, note->text);
    text_add(out, "</li>\n");
}

void html_notes(struct html *h)
{
    const struct results *r = &h->page->report->results;
    if (r->notes == 0)
        return;
    text_add(&h->out, "<details id=\"notes\" class=\"notes%s\">\n<summary>",
             notes_that_matter(r) > 0 ? " matter" : "");
    struct text line = {0};
    notes_line(r, &line);
    html_put(&h->out, text_get(&line));
    h->out.broken |= line.broken;
    text_free(&line);
    text_add(&h->out, "</summary>\n<ul>\n");
    for (int level = NOTE_BANNER; level >= NOTE_INFO; level--) {
        for (int i = 0; i < r->notes; i++) {
            if ((int)r->note[i].level == level)
                put_note(&h->out, &r->note[i]);
        }
    }
    text_add(&h->out, "</ul>\n</details>\n");
}
