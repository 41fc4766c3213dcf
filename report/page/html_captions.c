/* Captions say what they need, each for itself; side by side on one page they repeat themselves. */
#include "report/page/html_impl.h"

#include "engine/base/memory.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct html_sentence {
    char *text;
    int captions; /* that hold it */
    bool said;
};

/* A point after one of these ends no sentence. */
static bool is_abbreviation(const char *start, const char *point)
{
    static const char *const words[] = {"Fig", "Sec", "App", "Eq", "vs", "e.g", "i.e"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t n = strlen(words[i]);
        if (point - start >= (ptrdiff_t)n && strncmp(point - n, words[i], n) == 0)
            return true;
    }
    return false;
}

/* The length of the first sentence, its point included. */
static size_t sentence_length(const char *text)
{
    for (const char *s = strchr(text, '.'); s != NULL; s = strchr(s + 1, '.')) {
        if (s[1] == '\0')
            break;
        if (s[1] == ' ' && !islower((unsigned char)s[2]) && !is_abbreviation(text, s))
            return (size_t)(s + 1 - text);
    }
    return strlen(text);
}

/* Past the sentence and the blanks behind it. */
static const char *next_sentence(const char *text, size_t *length)
{
    text += strspn(text, " \n");
    *length = sentence_length(text);
    return text;
}

static struct html_sentence *find_sentence(const struct html_captions *c, const char *text,
                                           size_t length)
{
    for (int i = 0; i < c->count; i++) {
        if (strncmp(c->sentence[i].text, text, length) == 0 && c->sentence[i].text[length] == '\0')
            return &c->sentence[i];
    }
    return NULL;
}

static enum status collect_caption(struct html_captions *c, const char *caption)
{
    size_t n;
    for (const char *s = next_sentence(caption, &n); n > 0; s = next_sentence(s + n, &n)) {
        struct html_sentence *known = find_sentence(c, s, n);
        if (known != NULL) {
            known->captions++;
            continue;
        }
        TRY(memory_grow((void **)&c->sentence, c->count, sizeof *c->sentence, "the captions"));
        char *copy = strndup(s, n);
        if (copy == NULL)
            return status_fail(STATUS_MEMORY, "no memory for the captions");
        c->sentence[c->count++] = (struct html_sentence){.text = copy, .captions = 1};
    }
    return STATUS_OK;
}

enum status html_captions_collect(struct html *h)
{
    for (int i = 0; i < h->page->figures->count; i++)
        TRY(collect_caption(&h->captions, h->page->figures->figure[i].caption));
    for (int i = 0; i < h->page->tables; i++) {
        if (h->page->table[i].rows > 0)
            TRY(collect_caption(&h->captions, text_get(&h->page->table[i].caption)));
    }
    return STATUS_OK;
}

void html_captions_free(struct html_captions *c)
{
    for (int i = 0; i < c->count; i++)
        free(c->sentence[i].text);
    free(c->sentence);
    *c = (struct html_captions){0};
}

void html_caption(struct html *h, const char *caption)
{
    size_t n;
    bool left_out = false;
    for (const char *s = next_sentence(caption, &n); n > 0; s = next_sentence(s + n, &n)) {
        struct html_sentence *known = find_sentence(&h->captions, s, n);
        if (known != NULL && known->said) {
            left_out = true;
            continue;
        }
        html_put_format(&h->out, "%.*s ", (int)n, s);
        if (known != NULL)
            known->said = true;
    }
    if (left_out)
        text_add(&h->out, "<a class=\"more\" href=\"#conventions\">More</a> ");
}

void html_conventions(struct html *h)
{
    text_add(&h->out, "<h3 id=\"conventions\">What several captions share</h3>\n<ul>\n");
    for (int i = 0; i < h->captions.count; i++) {
        if (h->captions.sentence[i].captions < 2)
            continue;
        text_add(&h->out, "<li>");
        html_put(&h->out, h->captions.sentence[i].text);
        text_add(&h->out, "</li>\n");
    }
    text_add(&h->out, "</ul>\n");
}
