/* Runs of one method that were not run alike must not be mixed as if they were seeds. */
#include "report/results/registry.h"
#include "report/results/results_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_KEYS = 3 }; /* more differences than these are named by a hash */

/* Keys that say nothing about what was run. */
static const char *const silent[] = {"label", "source_note"};

static bool is_silent(const char *line, size_t key)
{
    for (size_t i = 0; i < sizeof silent / sizeof silent[0]; i++) {
        if (strlen(silent[i]) == key && strncmp(silent[i], line, key) == 0)
            return true;
    }
    return false;
}

/* What is written of the differences: "key=value,..." in `out`, or as much as fits. */
struct difference {
    char *out;
    size_t size, used;
    int found;
    bool fits;
};

static bool has_line(const char *config, const char *key)
{
    size_t n = strlen(key);
    for (const char *line = config; *line != '\0'; line += *line == '\n') {
        if (strncmp(line, key, n) == 0 && strchr(" =", line[n]) != NULL && line[n] != '\0')
            return true;
        line += strcspn(line, "\n");
    }
    return false;
}

/* Add every line of `config` whose value `base` has not; with `missing` only the keys that have no
 * line in `base`: with the value that it then has there, or without one. */
static void compare_lines(const char *config, const char *base, bool missing, struct difference *d)
{
    for (const char *line = config; *line != '\0';) {
        size_t length = strcspn(line, "\n"), key = strcspn(line, " =\n");
        char name[128], mine[512], theirs[512];
        snprintf(name, sizeof name, "%.*s", (int)key, line);
        curve_config_value(line, name, mine, sizeof mine);
        curve_config_value(base, name, theirs, sizeof theirs);
        const char *value = !missing ? mine : theirs[0] != '\0' ? theirs : "none";
        bool differs = strcmp(mine, theirs) != 0 &&
                       (!missing || (mine[0] != '\0' && !has_line(base, name)));
        if (key > 0 && !is_silent(line, key) && differs) {
            int n = snprintf(d->out + d->used, d->size - d->used, "%s%s=%s",
                             d->found > 0 ? "," : "", name, value);
            d->fits = d->fits && n > 0 && (size_t)n < d->size - d->used;
            d->used += d->fits ? (size_t)n : 0;
            d->found++;
        }
        line += length + (line[length] == '\n');
    }
}

/* In what `config` differs from `base`, in words or, of much, by a digest; true if it does. */
static bool differences(const char *config, const char *base, char *out, size_t size)
{
    struct difference d = {.out = out, .size = size, .fits = true};
    out[0] = '\0';
    compare_lines(config, base, false, &d);
    compare_lines(base, config, true, &d); /* settings that it has not */
    if (d.found > MOST_KEYS || !d.fits || d.used + 1 >= size / 2)
        snprintf(out, size, "config=%08x", results_digest(config));
    return d.found > 0;
}

static const char *config_of(const struct results_run *run)
{
    return run->curve != NULL ? run->curve->config : NULL;
}

/* Point the run at the method "id:variant" (or "id:had,variant"). */
static enum status move_run(struct results *r, int run, const char *variant)
{
    const struct results_method *old = &r->method[r->run[run].method];
    char id[4 * RESULTS_ID], label[4 * RESULTS_TITLE];
    snprintf(id, sizeof id, "%s%s%s", old->id, old->variant[0] != '\0' ? "," : ":", variant);
    snprintf(label, sizeof label, "%s, %s", old->label, variant); /* of an unknown method */
    int m, place = old->place;
    TRY(results_make_method(r, id, label, &m)); /* moves `old` */
    r->method[m].place = place;
    r->run[run].method = m;
    return STATUS_OK;
}

/* --- preset and size -------------------------------------------------------------------------- */

/* Suites are what is aggregated, so runs are told apart within them: a small Gym-MuJoCo beside a
 * full-size bandit is no mixture. At this point suite is an index of the registry. */
static bool is_of(const struct results *r, int run, int suite)
{
    return r->run[run].curve != NULL && r->dataset[r->run[run].dataset].suite == suite;
}

static const char *text_at(const struct results *r, int run, size_t offset)
{
    return (const char *)&r->run[run] + offset;
}

/* A run with the value that most runs of the suite have, of equally many the first read; or -1. */
static int most_common(const struct results *r, int suite, size_t offset)
{
    int best = -1, most = 0;
    for (int i = 0; i < r->runs; i++) {
        int same = 0;
        for (int k = 0; k < r->runs && is_of(r, i, suite); k++)
            same += is_of(r, k, suite) && strcmp(text_at(r, k, offset), text_at(r, i, offset)) == 0;
        if (same > most) {
            most = same;
            best = i;
        }
    }
    return best;
}

static enum status split_suite(struct results *r, int suite, size_t offset, const char *what)
{
    int base = most_common(r, suite, offset);
    if (base < 0)
        return STATUS_OK;
    char usual[RESULTS_ID];
    snprintf(usual, sizeof usual, "%s", text_at(r, base, offset));
    for (int i = 0; i < r->runs; i++) {
        const char *value = text_at(r, i, offset);
        if (!is_of(r, i, suite) || strcmp(value, usual) == 0)
            continue;
        char variant[2 * RESULTS_ID];
        snprintf(variant, sizeof variant, "%s=%s", what, value[0] != '\0' ? value : "none");
        TRY(move_run(r, i, variant));
        TRY(results_note(r, NOTE_BANNER,
                         "%s: runs of several %ss; those of %s '%s' stand apart from "
                         "the usual '%s'.",
                         results_suite_facts(r, suite).title, what, what, value, usual));
    }
    return STATUS_OK;
}

static enum status split_by(struct results *r, size_t offset, const char *what)
{
    for (int suite = 0; suite < registry_suite_count + r->own_suites; suite++)
        TRY(split_suite(r, suite, offset, what));
    return STATUS_OK;
}

/* --- configuration ---------------------------------------------------------------------------- */

static bool same_cell(const struct results_run *a, const struct results_run *b)
{
    return a->method == b->method && a->dataset == b->dataset;
}

/* The run of this cell whose configuration most of the cell's runs share. */
static const char *usual_config(const struct results *r, int run)
{
    const char *best = NULL;
    int most = 0;
    for (int i = 0; i < r->runs; i++) {
        if (!same_cell(&r->run[i], &r->run[run]) || config_of(&r->run[i]) == NULL)
            continue;
        int same = 0;
        for (int k = 0; k < r->runs; k++)
            same += same_cell(&r->run[k], &r->run[run]) && config_of(&r->run[k]) != NULL &&
                    strcmp(config_of(&r->run[k]), config_of(&r->run[i])) == 0;
        if (same > most) {
            most = same;
            best = config_of(&r->run[i]);
        }
    }
    return best;
}

static enum status split_configs(struct results *r)
{
    /* Decide first, move then: a move changes what a cell is. */
    char(*variant)[RESULTS_ID] = calloc((size_t)(r->runs > 0 ? r->runs : 1), sizeof *variant);
    if (variant == NULL)
        return status_fail(STATUS_MEMORY, "no memory for the variants");
    for (int i = 0; i < r->runs; i++) {
        const char *base = config_of(&r->run[i]) != NULL ? usual_config(r, i) : NULL;
        if (base != NULL && strcmp(base, config_of(&r->run[i])) != 0 &&
            !differences(config_of(&r->run[i]), base, variant[i], sizeof variant[i]))
            variant[i][0] = '\0';
    }
    enum status status = STATUS_OK;
    for (int i = 0; i < r->runs && status == STATUS_OK; i++) {
        if (variant[i][0] == '\0')
            continue;
        const char *matrix = r->run[i].origin.matrix;
        status = results_note(r, NOTE_INFO,
                              "Runs of %s on %s with %s (%s) stand apart from the others.",
                              r->method[r->run[i].method].label, r->dataset[r->run[i].dataset].id,
                              variant[i], matrix[0] != '\0' ? matrix : "of no matrix");
        if (status == STATUS_OK)
            status = move_run(r, i, variant[i]);
    }
    free(variant);
    return status;
}

enum status results_split_variants(struct results *r)
{
    TRY(split_by(r, offsetof(struct results_run, origin.preset), "preset"));
    TRY(split_by(r, offsetof(struct results_run, origin.size), "size"));
    return split_configs(r);
}
