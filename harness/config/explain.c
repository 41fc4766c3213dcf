#include "harness/config/explain.h"

#include "engine/base/ledger.h"
#include "engine/base/say.h"

#include <stdlib.h>
#include <string.h>

enum { WIDTH = 100, LEDGER_MAX = 128, LINE = 1024 };

/* --- parts ------------------------------------------------------------------------------------ */

/* The rest of the head's line that begins with `label`. */
static void read_head(const char *text, const char *label, char *out, size_t size)
{
    size_t n = strlen(label);
    out[0] = '\0';
    for (const char *at = text; strncmp(at, "--\n", 3) != 0 && *at != '\0';) {
        size_t length = strcspn(at, "\n");
        if (strncmp(at, label, n) == 0) {
            const char *from = at + n + strspn(at + n, " ");
            snprintf(out, size, "%.*s", (int)(at + length - from), from);
            return;
        }
        at += length + (at[length] == '\n');
    }
}

bool explain_part_at(int i, struct explain_part *out)
{
    for (const struct embed_file *f = embed_harness; f->name != NULL; f++) {
        if (strncmp(f->name, "explain/", 8) != 0 || i-- > 0)
            continue;
        out->file = f->name;
        read_head(f->text, "title:", out->title, sizeof out->title);
        read_head(f->text, "when:", out->when, sizeof out->when);
        read_head(f->text, "source:", out->source, sizeof out->source);
        read_head(f->text, "ledger:", out->ledger, sizeof out->ledger);
        const char *line = strstr(f->text, "\n--\n");
        out->text = line != NULL ? line + 4 : "";
        return true;
    }
    return false;
}

static bool one_of(const char *choices, const char *value)
{
    size_t n = strlen(value);
    for (const char *at = choices; *at != '\0'; at += strcspn(at, "|"), at += *at == '|') {
        if (strcspn(at, "|") == n && strncmp(at, value, n) == 0)
            return true;
    }
    return false;
}

/* One condition: key=a|b, key=-, key=+, key>0. */
static enum status holds(const struct explain_part *p, const struct hyper *h, char *condition,
                         bool *out)
{
    size_t n = strcspn(condition, "=>");
    char sign = condition[n], value[HYPER_TEXT_SIZE];
    const char *want = condition + n + (sign != '\0');
    condition[n] = '\0';
    int field = hyper_find(condition);
    if (field < 0 || sign == '\0')
        return status_fail(STATUS_CONFIG, "%s: 'when' has '%s', which is no key with = or >",
                           p->file, condition);
    bool applies = h->applies[field];
    hyper_format(h, field, value);
    if (sign == '>')
        *out = applies && strtod(value, NULL) > strtod(want, NULL);
    else if (strcmp(want, "-") == 0 || strcmp(want, "+") == 0)
        *out = applies == (*want == '+');
    else
        *out = applies && one_of(want, value);
    return STATUS_OK;
}

enum status explain_applies(const struct explain_part *p, const struct hyper *h, bool *applies)
{
    char copy[sizeof p->when], *rest;
    snprintf(copy, sizeof copy, "%s", p->when);
    *applies = true;
    for (char *word = strtok_r(copy, " ", &rest); word != NULL && *applies;
         word = strtok_r(NULL, " ", &rest))
        TRY(holds(p, h, word, applies));
    return STATUS_OK;
}

/* --- text ------------------------------------------------------------------------------------- */

/* A switch: 0 or 1 in files. */
static bool is_switch(const struct hyper_field *f)
{
    return f->type == HYPER_IS_INT && f->low == 0 && f->high == 1;
}

/* One line with {key} replaced; `length` characters of `at`. */
static enum status fill(const struct explain_part *p, const struct hyper *h, const char *at,
                        size_t length, char out[LINE])
{
    size_t used = 0;
    const char *end = at + length;
    while (at < end && used + HYPER_TEXT_SIZE < LINE) {
        const char *close = *at == '{' ? memchr(at, '}', (size_t)(end - at)) : NULL;
        if (close == NULL) {
            out[used++] = *at++;
            continue;
        }
        char key[64];
        snprintf(key, sizeof key, "%.*s", (int)(close - at - 1), at + 1);
        int field = hyper_find(key);
        if (field < 0)
            return status_fail(STATUS_CONFIG, "%s: {%s} is no key", p->file, key);
        const struct hyper_field *f = &hyper_table[field];
        if (!h->applies[field])
            snprintf(out + used, HYPER_TEXT_SIZE, "-");
        else if (f->type == HYPER_IS_REAL) { /* 7200, not the shortest 7.2e+03 */
            double value;
            memcpy(&value, (const char *)h + f->offset, sizeof value);
            snprintf(out + used, HYPER_TEXT_SIZE, "%.10g", value);
        } else {
            hyper_format(h, field, out + used);
            if (is_switch(f))
                snprintf(out + used, HYPER_TEXT_SIZE, "%s", out[used] == '1' ? "on" : "off");
        }
        used += strlen(out + used);
        at = close + 1;
    }
    out[used] = '\0';
    return STATUS_OK;
}

/* Fold at blanks; what continues is indented a little more. */
static void print_folded(FILE *out, const char *line, int indent)
{
    size_t room = (size_t)(WIDTH - indent);
    for (int extra = 0; *line != '\0'; extra = 2) {
        size_t n = strlen(line), cut = n;
        if (n > room - (size_t)extra) {
            cut = room - (size_t)extra;
            while (cut > 0 && line[cut] != ' ')
                cut--;
            if (cut == 0)
                cut = n;
        }
        say_to(out, "%*s%.*s\n", indent + extra, "", (int)cut, line);
        line += cut;
        line += strspn(line, " ");
    }
}

static enum status print_part(FILE *out, const struct explain_part *p, const struct hyper *h)
{
    char line[LINE] = "", paragraph[2 * LINE] = "";
    say_to(out, "%s\n", p->title);
    for (const char *at = p->text; *at != '\0';) {
        size_t length = strcspn(at, "\n"), used = strlen(paragraph);
        TRY(fill(p, h, at, length, line));
        at += length + (at[length] == '\n');
        if (line[0] == ' ') { /* a formula: on its own */
            print_folded(out, paragraph, 2);
            paragraph[0] = '\0';
            print_folded(out, line, 2);
        } else {
            snprintf(paragraph + used, sizeof paragraph - used, "%s%s", used > 0 ? " " : "", line);
        }
    }
    print_folded(out, paragraph, 2);
    snprintf(line, sizeof line, "Source: %s", p->source);
    print_folded(out, line, 2);
    fputc('\n', out);
    return STATUS_OK;
}

/* --- the ledger's part ------------------------------------------------------------------------ */

struct mentioned {
    char id[LEDGER_MAX][8];
    int count;
};

static void mention(struct mentioned *m, const char *list)
{
    char copy[96], *rest;
    snprintf(copy, sizeof copy, "%s", list);
    for (char *id = strtok_r(copy, " ", &rest); id != NULL; id = strtok_r(NULL, " ", &rest)) {
        bool known = m->count == LEDGER_MAX;
        for (int i = 0; i < m->count && !known; i++)
            known = strcmp(m->id[i], id) == 0;
        if (!known)
            snprintf(m->id[m->count++], sizeof m->id[0], "%s", id);
    }
}

static enum status print_ledger(FILE *out, const struct explain_request *r,
                                const struct mentioned *m)
{
    struct ledger_entry e;
    char line[LINE], choice[LINE];
    for (int i = 0; i < m->count; i++) {
        if (!ledger_find(embed_harness, m->id[i], &e))
            return status_fail(STATUS_CONFIG, "the ledger has no entry %s", m->id[i]);
    }
    say_to(out, "Where the sources disagree (docs/ledger.md), and preset %s\n", r->preset);
    for (int i = 0; ledger_at(embed_harness, i, &e); i++) { /* in the ledger's order */
        bool wanted = false;
        for (int k = 0; k < m->count; k++)
            wanted = wanted || strcmp(m->id[k], e.id) == 0;
        if (!wanted || !(r->any_dataset || ledger_concerns(&e, r->dataset, r->suite)))
            continue;
        snprintf(line, sizeof line, "%-4s %-6s %s%s%s%s", e.id, e.severity, e.title,
                 e.where[0] != '\0' ? " [" : "", e.where, e.where[0] != '\0' ? "]" : "");
        print_folded(out, line, 2);
        if (ledger_choice(&e, r->preset, choice, sizeof choice))
            print_folded(out, choice, 14);
        if (e.keys[0] != '\0') {
            snprintf(line, sizeof line, "keys: %s", e.keys);
            print_folded(out, line, 14);
        }
    }
    return STATUS_OK;
}

enum status explain_write(FILE *out, const struct explain_request *r, const struct hyper *h)
{
    struct explain_part p;
    struct mentioned m = {.count = 0};
    char line[LINE] = "";
    snprintf(line, sizeof line, "%s (%s) on %s, preset %s", h->label, r->method, r->dataset,
             r->preset);
    say_to(out, "%s\n", line);
    snprintf(line, sizeof line, "%s", h->source_note);
    print_folded(out, line, 0);
    fputc('\n', out);
    for (int i = 0; explain_part_at(i, &p); i++) {
        bool applies;
        TRY(explain_applies(&p, h, &applies));
        if (!applies)
            continue;
        TRY(print_part(out, &p, h));
        mention(&m, p.ledger);
    }
    return print_ledger(out, r, &m);
}
