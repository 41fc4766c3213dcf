#include "report/page/notes.h"

#include <string.h>

enum { TOPICS = 6 }; /* that the line names */

int notes_that_matter(const struct results *r)
{
    int n = 0;
    for (int i = 0; i < r->notes; i++)
        n += r->note[i].level == NOTE_BANNER;
    return n;
}

/* Each topic of the notes of at least this level once. */
static void add_topics(const struct results *r, enum note_level least, struct text *out)
{
    int topics = 0;
    for (int i = 0; i < r->notes; i++) {
        bool first = r->note[i].level >= least;
        for (int k = 0; k < i && first; k++)
            first = !(r->note[k].level >= least && strcmp(r->note[k].topic, r->note[i].topic) == 0);
        if (first && topics++ < TOPICS)
            text_add(out, "%s%s", topics > 1 ? ", " : "", r->note[i].topic);
    }
    if (topics > TOPICS)
        text_add(out, " and %d more", topics - TOPICS);
}

void notes_line(const struct results *r, struct text *out)
{
    int matter = notes_that_matter(r);
    if (r->notes == 0)
        return;
    text_add(out, "%d note%s", r->notes, r->notes == 1 ? "" : "s");
    if (matter == r->notes)
        text_add(out, r->notes == 1 ? " that matters: " : ", and all matter: ");
    else if (matter > 0)
        text_add(out, "; %d of them matter%s: ", matter, matter == 1 ? "s" : "");
    else
        text_add(out, ": ");
    add_topics(r, matter > 0 ? NOTE_BANNER : NOTE_INFO, out);
}
