#include "report/provenance.h"

#include "engine/base/escape.h"
#include "engine/base/sha256.h"
#include "report/draw/gnuplot.h"
#include "report/results/against.h"
#include "report/results/published.h"
#include "report/text/text.h"

#include <gnu/libc-version.h>
#include <hdf5.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static void hash_run(struct sha256 *h, const struct results *r, const struct results_run *run)
{
    const char *method = r->method[run->method].id, *dataset = r->dataset[run->dataset].id;
    const size_t n = (size_t)run->points * sizeof(double);
    double scores[] = {run->initial, run->final, run->area};
    sha256_add(h, method, strlen(method) + 1);
    sha256_add(h, dataset, strlen(dataset) + 1);
    sha256_add(h, &run->seed, sizeof run->seed);
    sha256_add(h, &run->status, sizeof run->status);
    sha256_add(h, scores, sizeof scores);
    if (n > 0) {
        sha256_add(h, run->x, n);
        sha256_add(h, run->y, n);
    }
    for (int i = 0; run->curve != NULL && i < run->curve->attributes; i++) {
        const struct curve_attribute *a = &run->curve->attribute[i];
        /* Old curves get these from their folder; the method's id has it all. */
        if (strcmp(a->key, "variant") == 0 || strcmp(a->key, "title") == 0)
            continue;
        sha256_add(h, a->key, strlen(a->key) + 1);
        sha256_add(h, a->value, strlen(a->value) + 1);
    }
}

static void hash_published(struct sha256 *h, const struct published *p)
{
    for (int i = 0; i < p->rows; i++) {
        const struct published_row *row = &p->row[i];
        double numbers[] = {row->mean, row->sd, row->n};
        sha256_add(h, row->method, strlen(row->method) + 1);
        sha256_add(h, row->dataset, strlen(row->dataset) + 1);
        sha256_add(h, numbers, sizeof numbers);
    }
}

void provenance_hash(const struct options *o, const struct report *r, char out[17])
{
    struct sha256 h;
    struct text choices = {0};
    char hex[SHA256_HEX];
    options_describe(o, &choices);
    sha256_init(&h);
    sha256_add(&h, text_get(&choices), choices.length);
    text_free(&choices);
    for (int i = 0; i < r->results.runs; i++)
        hash_run(&h, &r->results, &r->results.run[i]);
    for (int i = 0; r->against != NULL && i < r->against->results.runs; i++)
        hash_run(&h, &r->against->results, &r->against->results.run[i]);
    if (r->published != NULL)
        hash_published(&h, r->published);
    if (r->results.theory != NULL)
        sha256_add(&h, r->results.theory, sizeof *r->results.theory);
    sha256_hex(&h, hex);
    memcpy(out, hex, 16);
    out[16] = '\0';
}

void provenance_comment(const struct report *r, char *out, size_t size)
{
    snprintf(out, size, "vitamin report %s: %d runs, %d replications", r->hash, r->results.runs,
             r->bootstrap.reps);
}

/* --- JSON ------------------------------------------------------------------------------------- */

static void add_string(struct text *t, const char *text)
{
    text_add(t, "\"");
    text_add_escaped(t, escape_json, text);
    text_add(t, "\"");
}

static void add_member(struct text *t, const char *indent, const char *key, const char *value,
                       bool *first)
{
    text_add(t, "%s\n%s", *first ? "" : ",", indent);
    add_string(t, key);
    text_add(t, ": ");
    add_string(t, value);
    *first = false;
}

/* `key = value` lines as members; a key that comes several times becomes several members. */
static void add_members(struct text *t, const char *indent, const char *text)
{
    bool first = true;
    for (const char *at = text; *at != '\0';) {
        char key[64], value[FILE_PATH];
        size_t length = strcspn(at, "\n"), n = strcspn(at, " =\n");
        const char *equals = strchr(at, '=');
        snprintf(key, sizeof key, "%.*s", (int)n, at);
        const char *from = equals != NULL && equals < at + length ? equals + 1 : at + length;
        from += *from == ' ';
        snprintf(value, sizeof value, "%.*s", (int)(at + length - from), from);
        add_member(t, indent, key, value, &first);
        at += length + (at[length] == '\n');
    }
}

static void add_versions(struct text *t)
{
    char text[128];
    unsigned major, minor, release;
    bool first = true;
    text_add(t, "  \"versions\": {");
    if (H5get_libversion(&major, &minor, &release) >= 0) {
        snprintf(text, sizeof text, "%u.%u.%u", major, minor, release);
        add_member(t, "    ", "HDF5", text, &first);
    }
    add_member(t, "    ", "gnuplot", gnuplot_version(text, sizeof text), &first);
    add_member(t, "    ", "zlib", zlibVersion(), &first);
    add_member(t, "    ", "libc", gnu_get_libc_version(), &first);
    add_member(t, "    ", "compiler", __VERSION__, &first);
    text_add(t, "\n  },\n");
}

/* Places of attributes, by key. */
struct place {
    const struct curve_attribute *attribute;
};

static int by_key(const void *a, const void *b)
{
    const struct place *p = a, *q = b;
    return strcmp(p->attribute->key, q->attribute->key);
}

/* All that the run says about itself, by key. */
static void add_attributes(struct text *t, const struct curve *c)
{
    struct place *order = malloc((size_t)(c->attributes + 1) * sizeof *order);
    if (order == NULL) {
        t->broken = true;
        return;
    }
    for (int i = 0; i < c->attributes; i++)
        order[i].attribute = &c->attribute[i];
    qsort(order, (size_t)c->attributes, sizeof *order, by_key);
    bool first = true;
    text_add(t, ", \"run\": {");
    for (int i = 0; i < c->attributes; i++)
        add_member(t, "        ", order[i].attribute->key, order[i].attribute->value, &first);
    text_add(t, "\n      }");
    free(order);
}

static void add_runs(struct text *t, const struct results *r)
{
    text_add(t, "  \"runs\": [");
    for (int i = 0; i < r->runs; i++) {
        const struct results_run *run = &r->run[i];
        text_add(t, "%s\n    {\"method\": ", i > 0 ? "," : "");
        add_string(t, r->method[run->method].id);
        text_add(t, ", \"dataset\": ");
        add_string(t, r->dataset[run->dataset].id);
        text_add(t, ", \"seed\": %" PRId64 ", \"status\": \"%s\", \"used\": %s, \"points\": %d",
                 run->seed, run_status_word(run->status), run->used ? "true" : "false",
                 run->points);
        if (!isnan(run->final))
            text_add(t, ", \"final\": %.17g", run->final);
        if (run->why[0] != '\0') {
            text_add(t, ", \"why\": ");
            add_string(t, run->why);
        }
        text_add(t, ", \"file\": ");
        add_string(t, run->origin.path);
        if (run->curve != NULL)
            add_attributes(t, run->curve);
        text_add(t, "}");
    }
    text_add(t, "\n  ],\n");
}

static void add_notes(struct text *t, const struct results *r)
{
    static const char *const levels[] = {"info", "warning", "banner"};
    text_add(t, "  \"notes\": [");
    for (int i = 0; i < r->notes; i++) {
        text_add(t, "%s\n    {\"level\": \"%s\", \"text\": ", i > 0 ? "," : "",
                 levels[r->note[i].level]);
        add_string(t, r->note[i].text);
        text_add(t, "}");
    }
    text_add(t, "\n  ]\n");
}

enum status provenance_write(const struct options *o, const struct report *r, const char *path)
{
    struct text t = {0}, choices = {0};
    options_describe(o, &choices);
    text_add(&t, "{\n  \"format\": \"vitamin report 1\",\n  \"hash\": \"%s\",\n  \"choices\": {",
             r->hash);
    add_members(&t, "    ", text_get(&choices));
    text_add(&t, "\n  },\n");
    add_versions(&t);
    add_runs(&t, &r->results);
    if (r->results.theory != NULL) {
        text_add(&t, "  \"theory\": {\"file\": ");
        add_string(&t, r->results.theory_path);
        text_add(&t, "},\n");
    }
    add_notes(&t, &r->results);
    text_add(&t, "}\n");
    if (choices.broken)
        t.broken = true;
    text_free(&choices);
    return text_write(&t, path);
}
