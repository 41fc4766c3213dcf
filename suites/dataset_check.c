#include "suites/dataset_check.h"

#include "engine/base/guard.h"
#include "suites/dataset_impl.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHECK_SECONDS = 3600 };

/* Keep the sentence of a failure. */
static void note_problem(struct dataset_report *r, enum status code)
{
    if (code != STATUS_OK && r->problems < DATASET_PROBLEMS)
        status_save(&r->problem[r->problems++], code);
}

__attribute__((format(printf, 2, 3))) static void remark(struct dataset_report *r,
                                                         const char *format, ...)
{
    if (r->remarks == DATASET_REMARKS)
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(r->remark[r->remarks++], DATASET_REMARK, format, args);
    va_end(args);
}

/* --- one field after the other -------------------------------------------------------------------
 */

/* Read all of a field only to see whether it can be. */
static enum status try_field(struct source *s, const struct field *f, enum dataset_field_kind kind)
{
    size_t bytes = (size_t)f->rows * (size_t)f->cols * (kind == FIELD_FLAG ? 1 : sizeof(float));
    void *memory = malloc(bytes);
    if (memory == NULL)
        return status_fail(STATUS_MEMORY, "%s: no memory for field '%s'", s->h5.path, f->name);
    enum status result = kind == FIELD_FLAG ? source_read_flags(s, f, memory)
                                            : source_read(s, f, memory, f->cols, 0);
    free(memory);
    return result;
}

static void check_fields(struct source *s, const struct env_kind *env, struct dataset_report *r)
{
    int64_t rows = 0;
    for (int i = 0; i < DATASET_FIELDS; i++) {
        const struct dataset_field *d = &dataset_fields[i];
        struct field f;
        if (!d->required && !source_has(s, d->name)) {
            if (i == AT_TIMEOUT)
                remark(r, "has no 'timeouts': episodes are cut at the limit of %d steps",
                       env->time_limit);
            if (i == AT_NEXT && env->suite->successors)
                remark(r, "has no 'next_observations': the next row is used instead");
            continue;
        }
        enum status result = dataset_find_field(s, i, env, rows, &f);
        if (result == STATUS_OK) {
            if (i == AT_STATE)
                rows = f.rows;
            result = try_field(s, &f, d->kind);
            source_forget(&f);
        }
        note_problem(r, result);
    }
}

/* --- all together --------------------------------------------------------------------------------
 */

/* Actions beyond the box, and successors that are not the next row's state. */
static void look_at_numbers(const struct dataset *d, struct dataset_report *r)
{
    int64_t wild = 0, torn = 0, both = 0;
    for (int i = 0; i < d->count; i++) {
        const struct trajectory *t = &d->list[i];
        for (int64_t k = 0; k < (int64_t)t->length * d->A; k++)
            wild += fabsf(t->action[k]) > 1;
        for (int64_t k = 0; k + 1 < t->length; k++) {
            torn += memcmp(t->next_state + k * d->S, t->state + (k + 1) * d->S,
                           (size_t)d->S * sizeof(float)) != 0;
            both += t->terminal[k];
        }
    }
    if (wild > 0)
        remark(r, "%lld numbers of 'actions' are outside [-1, 1]", (long long)wild);
    if (torn > 0)
        remark(r, "in %lld rows 'next_observations' is not the next row's observation",
               (long long)torn);
    if (both > 0)
        remark(r, "%lld terminals lie inside trajectories", (long long)both);
}

static void look_at_sizes(const struct dataset *d, struct dataset_report *r)
{
    const struct dataset_entry *e = d->entry;
    r->rows = d->rows;
    r->transitions = d->transitions;
    r->trajectories = d->count;
    r->kind = d->kind;
    r->verified = d->verified;
    memcpy(r->note, d->note, sizeof r->note);
    memcpy(r->content, d->content, sizeof r->content);
    if (e != NULL && d->kind == DATASET_D4RL && d->transitions != e->paper_transitions)
        remark(r, "%lld transitions are used, the paper used %lld", (long long)d->transitions,
               (long long)e->paper_transitions);
    int longest = 0;
    for (int i = 0; i < d->count; i++)
        longest = d->list[i].length > longest ? d->list[i].length : longest;
    if (longest > d->env->time_limit + 1 && !d->env->suite->goal_cut)
        remark(r, "the longest trajectory has %d steps, the environment's limit is %d", longest,
               d->env->time_limit);
    if (d->unused > 0)
        remark(r, "%lld of %lld rows are not used (unfinished, or needed as successors only)",
               (long long)d->unused, (long long)d->rows);
}

static void examine(const char *name, const struct dataset_options *o, struct dataset_report *r)
{
    struct dataset d;
    struct source s;
    enum status result = dataset_name(&d, name, o->folder);
    if (result != STATUS_OK) {
        note_problem(r, result);
        return;
    }
    result = source_open(&s, r->path, true);
    if (result == STATUS_OK)
        result = dataset_identify(&d, &s, o->env, NULL);
    if (result != STATUS_OK) {
        note_problem(r, result);
        source_close(&s);
        return;
    }
    r->known = true;
    r->kind = d.kind;
    memcpy(r->id, d.id, sizeof r->id);
    memcpy(r->note, d.note, sizeof r->note);
    snprintf(r->env, sizeof r->env, "%s", d.env->name);
    if (!dataset_is_minari(&s))
        check_fields(&s, d.env, r);
    source_close(&s);
    if (r->problems > 0)
        return;

    /* The path, not the name: both must look at the same file. */
    struct dataset_options all = *o;
    all.env = r->env;
    all.content = true;
    result = dataset_load(r->path, &all, &d);
    note_problem(r, result);
    if (result == STATUS_OK) {
        look_at_sizes(&d, r);
        look_at_numbers(&d, r);
        dataset_free(&d);
    }
}

/* --- the child process ---------------------------------------------------------------------------
 */

struct task {
    const char *name;
    const struct dataset_options *options;
    struct dataset_report *report;
};

static enum status examine_in_child(void *context)
{
    const struct task *t = context;
    examine(t->name, t->options, t->report);
    return STATUS_OK; /* problems are in the report */
}

enum status dataset_check(const char *name, const struct dataset_options *options,
                          struct dataset_report *out)
{
    struct task task = {name, options, out};
    *out = (struct dataset_report){.kind = DATASET_OWN};
    TRY(dataset_resolve(name, options->folder, out->path));
    enum status result = guard_run(out->path, CHECK_SECONDS, examine_in_child, &task, out,
                                   sizeof *out);
    if (result == STATUS_FORMAT) {
        note_problem(out, result);
        return STATUS_OK;
    }
    return result;
}
