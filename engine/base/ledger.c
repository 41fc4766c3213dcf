#include "engine/base/ledger.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

/* The words between backticks in [at, end), blanks between. */
static void quoted_words(const char *at, const char *end, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    while ((at = memchr(at, '`', (size_t)(end - at))) != NULL) {
        const char *close = memchr(at + 1, '`', (size_t)(end - at - 1));
        if (close == NULL)
            return;
        int n = (int)(close - at - 1);
        if (used + (size_t)n + 2 < size)
            used += (size_t)snprintf(out + used, size - used, "%s%.*s", used > 0 ? " " : "", n,
                                     at + 1);
        at = close + 1;
    }
}

/* The part of [at, end) after `label`, up to the separating dot or the end. */
static void read_part(const char *at, const char *end, const char *label, char *out, size_t size)
{
    static const char dot[] = "\u00b7";
    const char *from = memmem(at, (size_t)(end - at), label, strlen(label));
    out[0] = '\0';
    if (from == NULL)
        return;
    from += strlen(label);
    const char *stop = memmem(from, (size_t)(end - from), dot, strlen(dot));
    quoted_words(from, stop != NULL ? stop : end, out, size);
}

static const char *line_end(const char *at)
{
    return at + strcspn(at, "\n");
}

/* `at` stands behind "### ". */
static void read_entry(const char *at, struct ledger_entry *e)
{
    memset(e, 0, sizeof *e);
    if (sscanf(at, "%7[^ ] (%7[a-z]) %95[^\n]", e->id, e->severity, e->title) != 3)
        e->title[0] = '\0'; /* a test refuses such an entry */
    at = line_end(at);
    at += *at == '\n';
    bool parts = strncmp(at, "where:", 6) == 0 || strncmp(at, "keys:", 5) == 0;
    if (parts) {
        const char *end = line_end(at);
        read_part(at, end, "where:", e->where, sizeof e->where);
        read_part(at, end, "keys:", e->keys, sizeof e->keys);
        at = end;
    }
    at += strspn(at, "\n");
    if (strncmp(at, "> ", 2) == 0) {
        snprintf(e->sentence, sizeof e->sentence, "%.*s", (int)(line_end(at) - at - 2), at + 2);
        at = line_end(at);
        at += strspn(at, "\n");
    }
    const char *next = strstr(at, "\n#");
    e->text = at;
    e->size = next != NULL ? (size_t)(next - at) : strlen(at);
    while (e->size > 0 && at[e->size - 1] == '\n')
        e->size--;
}

bool ledger_at(const struct embed_file *table, int i, struct ledger_entry *out)
{
    const struct embed_file *f = embed_find(table, "docs/ledger.md");
    const char *at = f != NULL ? f->text : "";
    while ((at = strstr(at, "\n### ")) != NULL) {
        at += strlen("\n### ");
        if (i-- == 0) {
            read_entry(at, out);
            return true;
        }
    }
    return false;
}

bool ledger_find(const struct embed_file *table, const char *id, struct ledger_entry *out)
{
    for (int i = 0; ledger_at(table, i, out); i++) {
        if (strcmp(out->id, id) == 0)
            return true;
    }
    return false;
}

bool ledger_next_sentence(const struct embed_file *table, const char *id, struct ledger_entry *out)
{
    struct ledger_entry e, next = {.id = ""};
    for (int i = 0; ledger_at(table, i, &e); i++) {
        if (e.sentence[0] != '\0' && strverscmp(e.id, id) > 0 &&
            (next.id[0] == '\0' || strverscmp(e.id, next.id) < 0))
            next = e;
    }
    *out = next;
    return next.id[0] != '\0';
}

bool ledger_concerns(const struct ledger_entry *e, const char *dataset, const char *suite)
{
    char copy[sizeof e->where], *rest;
    if (e->where[0] == '\0')
        return true;
    snprintf(copy, sizeof copy, "%s", e->where);
    for (char *word = strtok_r(copy, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        if (strcmp(word, suite) == 0 || fnmatch(word, dataset, 0) == 0)
            return true;
    }
    return false;
}

bool ledger_choice(const struct ledger_entry *e, const char *preset, char *out, size_t size)
{
    char own[64];
    snprintf(own, sizeof own, "- %.40s: ", preset);
    const char *const marks[] = {own, "- both: "};
    for (int i = 0; i < 2; i++) {
        const char *at = memmem(e->text, e->size, marks[i], strlen(marks[i]));
        if (at == NULL)
            continue;
        at += strlen(marks[i]);
        snprintf(out, size, "%.*s", (int)(line_end(at) - at), at);
        return true;
    }
    return false;
}
