#include "suites/dataset_convert.h"

#include "engine/base/guard.h"
#include "suites/dataset_impl.h"
#include "suites/dataset_write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- flags ---------------------------------------------------------------------------------------
 */

/* Where a file has no timeouts: at the step limit, as the reader cuts it. */
static enum status set_timeouts(struct dataset *d, int64_t *added)
{
    struct dataset_store *s = d->store;
    int64_t start = 0;
    s->timeout = guard_share((size_t)s->rows * sizeof *s->timeout);
    if (s->timeout == NULL)
        return status_fail(STATUS_MEMORY, "%s: no memory for its timeouts", d->path);
    for (int64_t i = 0; i < s->rows; i++) {
        bool limit = i + 1 - start >= d->env->time_limit;
        s->timeout[i] = limit;
        *added += limit;
        if (limit || s->terminal[i])
            start = i + 1;
    }
    return STATUS_OK;
}

/* An episode of Minari's that ends without a flag would run into the next one. */
static void close_segments(struct dataset_store *s, int64_t *added)
{
    for (int e = 0; e < s->segments; e++) {
        int64_t last = s->segment[e + 1] - 1;
        if (last >= s->segment[e] && !s->terminal[last] && !s->timeout[last]) {
            s->timeout[last] = 1;
            ++*added;
        }
    }
}

/* --- the file ------------------------------------------------------------------------------------
 */

static enum status write_origin(const struct dataset *d, const struct h5 *f)
{
    char digest[SHA256_HEX], note[2 * DATASET_NOTE];
    const char *slash = strrchr(d->path, '/'), *file = slash != NULL ? slash + 1 : d->path;
    TRY(dataset_digest(d, digest));
    snprintf(note, sizeof note, "converted by vitamin from %.200s (sha256 %.16s)%s%s", file, digest,
             *d->note != '\0' ? "; " : "", d->note);
    note[DATASET_NOTE - 1] = '\0';
    TRY(h5_set_text(f, ".", "converted_from", file));
    TRY(h5_set_text(f, ".", "converted_kind", dataset_kind_name(d->kind)));
    TRY(h5_set_text(f, ".", "environment", d->env->name));
    return h5_set_text(f, ".", "note", note);
}

/* Rows [first, end) whose states lie `shift` rows further. */
static enum status write_segment(struct dataset_writer *file, const struct dataset_store *s,
                                 int64_t first, int64_t end, int64_t shift)
{
    const float *state = s->state + (first + shift) * s->S;
    const void *const data[] = {state,
                                s->action + first * s->A,
                                s->reward + first,
                                s->terminal + first,
                                s->timeout + first,
                                s->next_state != NULL ? s->next_state + first * s->S
                                                      : state + s->S};
    return dataset_writer_add(file, end - first, data);
}

/* Where successors are the next rows, the file's last row has none, and the episode it ends is lost
 * (docs/datasets.md 6): Minari's last observation becomes a row of its own. */
static bool wants_last_row(const struct dataset *d)
{
    return d->store->segment != NULL && d->store->segments > 0 && !d->env->suite->successors;
}

static enum status write_last_row(struct dataset_writer *file, const struct dataset_store *s)
{
    const float reward = 0, *state = s->state + (s->rows + s->segments - 1) * s->S;
    const uint8_t no = 0;
    float *action = calloc((size_t)s->A, sizeof *action);
    const void *const data[] = {state, action, &reward, &no, &no};
    if (action == NULL)
        return status_fail(STATUS_MEMORY, "no memory for a row");
    enum status result = dataset_writer_add(file, 1, data);
    free(action);
    return result;
}

static enum status write_rows(struct dataset_writer *file, const struct dataset *d)
{
    const struct dataset_store *s = d->store;
    if (s->segment == NULL)
        return write_segment(file, s, 0, s->rows, 0);
    for (int e = 0; e < s->segments; e++)
        TRY(write_segment(file, s, s->segment[e], s->segment[e + 1], e));
    return wants_last_row(d) ? write_last_row(file, s) : STATUS_OK;
}

static enum status write_file(const struct dataset *d, const char *path)
{
    const struct dataset_store *s = d->store;
    const struct dataset_column columns[] = {
        {"observations", s->S, false}, {"actions", s->A, false},
        {"rewards", 1, false},         {"terminals", 1, true},
        {"timeouts", 1, true},         {"next_observations", s->S, false}};
    int count = (int)(sizeof columns / sizeof *columns);
    bool known = s->next_state != NULL || s->segment != NULL;
    if (!known || !d->env->suite->successors)
        count--;
    struct dataset_writer *file = NULL;
    TRY(dataset_writer_open(path, columns, count, s->rows + wants_last_row(d), &file));
    enum status result = write_origin(d, dataset_writer_file(file));
    if (result == STATUS_OK)
        result = write_rows(file, d);
    if (result == STATUS_OK)
        return dataset_writer_commit(file);
    dataset_writer_abandon(file);
    return result;
}

static enum status convert_rows(struct dataset *d, const char *path, struct dataset_converted *out)
{
    if (d->rows == 0)
        return status_fail(STATUS_MISSING, "%s: has no rows to convert", d->path);
    if (d->store->timeout == NULL)
        TRY(set_timeouts(d, &out->flagged));
    close_segments(d->store, &out->flagged);
    memcpy(out->id, d->id, sizeof out->id);
    out->kind = d->kind;
    out->rows = d->rows + wants_last_row(d);
    return write_file(d, path);
}

enum status dataset_convert(const char *name, const struct dataset_options *o, const char *path,
                            struct dataset_converted *out)
{
    struct dataset d;
    *out = (struct dataset_converted){.kind = DATASET_OWN};
    enum status result = dataset_read(&d, name, o);
    if (result == STATUS_OK)
        result = convert_rows(&d, path, out);
    dataset_free(&d);
    return result;
}

enum status dataset_convert_name(const char *name, const struct dataset_options *o,
                                 char out[DATASET_ID])
{
    struct dataset d;
    struct dataset_outline outline;
    TRY(dataset_look(&d, name, o, false, &outline));
    const char *env = d.env->name, *ending = outline.minari ? "minari" : "clean";
    bool told = strncmp(d.id, env, strlen(env)) == 0;
    if (snprintf(out, DATASET_ID, "%s%s%s-%s", told ? "" : env, told ? "" : "-", d.id, ending) >=
        DATASET_ID)
        return status_fail(STATUS_CONFIG,
                           "the name '%s' is too long to add to; name the new file with --out",
                           d.id);
    return STATUS_OK;
}
