/* D4RL's layout: all steps of all episodes, one array a field (docs/datasets.md 4). */
#include "suites/dataset_impl.h"

#include "engine/base/guard.h"
#include "engine/base/stop.h"

#include <stdio.h>
#include <stdlib.h>

const struct dataset_field dataset_fields[DATASET_FIELDS] = {
    [AT_STATE] = {"observations", FIELD_STATE, true},
    [AT_ACTION] = {"actions", FIELD_ACTION, true},
    [AT_REWARD] = {"rewards", FIELD_NUMBER, true},
    [AT_TERMINAL] = {"terminals", FIELD_FLAG, true},
    [AT_TIMEOUT] = {"timeouts", FIELD_FLAG, false},
    [AT_NEXT] = {"next_observations", FIELD_STATE, false},
};

/* --- arrays --------------------------------------------------------------------------------------
 */

static void *new_array(int64_t count, size_t width)
{
    size_t bytes = 0;
    if (__builtin_mul_overflow((size_t)count, width, &bytes) || bytes == 0)
        return NULL;
    return guard_share(bytes);
}

/* False: there is no memory for some of them. */
static bool make_arrays(struct dataset_store *s, const struct dataset_outline *o)
{
    s->state = new_array((s->rows + s->segments) * s->S, sizeof *s->state);
    s->next_state = o->successors ? new_array(s->rows * s->S, sizeof *s->next_state) : NULL;
    s->action = new_array(s->rows * s->A, sizeof *s->action);
    s->reward = new_array(s->rows, sizeof *s->reward);
    s->return_to_go = new_array(s->rows, sizeof *s->return_to_go);
    s->terminal = new_array(s->rows, sizeof *s->terminal);
    s->timeout = o->timeouts ? new_array(s->rows, sizeof *s->timeout) : NULL;
    s->segment = o->minari ? new_array((int64_t)s->segments + 1, sizeof *s->segment) : NULL;
    return s->state != NULL && s->action != NULL && s->reward != NULL && s->return_to_go != NULL &&
           s->terminal != NULL && (!o->successors || s->next_state != NULL) &&
           (!o->timeouts || s->timeout != NULL) && (!o->minari || s->segment != NULL);
}

enum status dataset_store_new(const struct env_kind *env, const struct dataset_outline *o,
                              const char *path, struct dataset_store **out)
{
    int S = env->obs_dim, A = env->act_dim;
    size_t row = sizeof(float) * (size_t)(S + A + 2 + (o->successors ? S : 0)) + 2, bytes = 0;
    *out = NULL;
    if (__builtin_mul_overflow(row, (size_t)o->rows + (size_t)o->segments, &bytes) ||
        bytes > source_memory())
        return status_fail(STATUS_MEMORY,
                           "%s: %lld rows of %d + %d numbers need more memory than the %zu MiB "
                           "that may be used here; use a larger machine",
                           path, (long long)o->rows, S, A, source_memory() >> 20);
    struct dataset_store *s = calloc(1, sizeof *s);
    if (s == NULL)
        return status_fail(STATUS_MEMORY, "%s: no memory to read it", path);
    s->S = S;
    s->A = A;
    s->rows = o->rows;
    s->segments = o->segments;
    if (!make_arrays(s, o)) {
        dataset_store_free(s);
        return status_fail(STATUS_MEMORY, "%s: no memory for %lld rows of %d + %d numbers", path,
                           (long long)o->rows, S, A);
    }
    *out = s;
    return STATUS_OK;
}

void dataset_store_free(struct dataset_store *s)
{
    if (s == NULL)
        return;
    guard_unshare(s->state);
    guard_unshare(s->next_state);
    guard_unshare(s->action);
    guard_unshare(s->reward);
    guard_unshare(s->return_to_go);
    guard_unshare(s->terminal);
    guard_unshare(s->timeout);
    guard_unshare(s->segment);
    free(s);
}

/* --- fields --------------------------------------------------------------------------------------
 */

/* "; so many columns suggest hopper" when another environment has them. */
static void guess_environment(enum dataset_field_kind kind, int64_t cols, char *out, size_t size)
{
    size_t used = 0;
    *out = '\0';
    for (int i = 0; i < env_count; i++) {
        int own = kind == FIELD_ACTION ? env_table[i].act_dim : env_table[i].obs_dim;
        if (own == cols && used + 1 < size)
            used += (size_t)snprintf(out + used, size - used, "%s%s",
                                     used > 0 ? ", " : "; so many columns suggest ",
                                     env_table[i].name);
    }
}

enum status dataset_find_field(struct source *s, int i, const struct env_kind *env, int64_t rows,
                               struct field *out)
{
    const struct dataset_field *d = &dataset_fields[i];
    const char *path = s->h5.path;
    TRY(source_find(s, d->name, out));
    int64_t cols = d->kind == FIELD_STATE    ? env->obs_dim
                   : d->kind == FIELD_ACTION ? env->act_dim
                                             : 1;
    enum status result = STATUS_OK;
    if (out->cols != cols) {
        char guess[256] = "";
        if (cols > 1)
            guess_environment(d->kind, out->cols, guess, sizeof guess);
        result = status_fail(STATUS_SHAPE,
                             "%s: field '%s' has %lld columns, %s needs %lld%s; name the right "
                             "file or environment",
                             path, d->name, (long long)out->cols, env->name, (long long)cols,
                             guess);
    } else if (rows > 0 && out->rows != rows) {
        result = status_fail(STATUS_SHAPE, "%s: field '%s' has %lld rows, '%s' has %lld; %s", path,
                             d->name, (long long)out->rows, dataset_fields[AT_STATE].name,
                             (long long)rows, s->remedy);
    }
    if (result != STATUS_OK)
        source_forget(out);
    return result;
}

static enum status read_field(struct source *s, int i, const struct field *f,
                              struct dataset_store *store)
{
    switch (i) {
    case AT_STATE:
        return source_read(s, f, store->state, store->S, 0);
    case AT_ACTION:
        return source_read(s, f, store->action, store->A, 0);
    case AT_REWARD:
        return source_read(s, f, store->reward, 1, 0);
    case AT_TERMINAL:
        return source_read_flags(s, f, store->terminal);
    case AT_TIMEOUT:
        return source_read_flags(s, f, store->timeout);
    default:
        return source_read(s, f, store->next_state, store->S, 0);
    }
}

static void forget_fields(struct field field[DATASET_FIELDS])
{
    for (int i = 0; i < DATASET_FIELDS; i++)
        source_forget(&field[i]);
}

/* Open all fields and check their shapes. Successors are read only where the suite's rule uses
 * them. */
static enum status find_fields(struct source *s, const struct env_kind *env,
                               struct field field[DATASET_FIELDS])
{
    enum status result = STATUS_OK;
    for (int i = 0; i < DATASET_FIELDS; i++)
        field[i].set = -1;
    for (int i = 0; i < DATASET_FIELDS && result == STATUS_OK; i++) {
        bool wanted = dataset_fields[i].required || source_has(s, dataset_fields[i].name);
        if (i == AT_NEXT && !env->suite->successors)
            wanted = false;
        if (wanted)
            result = dataset_find_field(s, i, env, i == AT_STATE ? 0 : field[AT_STATE].rows,
                                        &field[i]);
    }
    if (result != STATUS_OK)
        forget_fields(field);
    return result;
}

enum status dataset_measure_d4rl(struct source *s, const struct env_kind *env,
                                 struct dataset_outline *out)
{
    struct field field[DATASET_FIELDS];
    TRY(find_fields(s, env, field));
    out->rows = field[AT_STATE].rows;
    out->successors = field[AT_NEXT].set >= 0;
    out->timeouts = field[AT_TIMEOUT].set >= 0;
    forget_fields(field);
    return STATUS_OK;
}

enum status dataset_has_changed(const struct source *s)
{
    return status_fail(STATUS_IO, "%s: was replaced while it was read; run again", s->h5.path);
}

enum status dataset_read_d4rl(struct source *s, const struct env_kind *env,
                              struct dataset_store *store)
{
    struct field field[DATASET_FIELDS];
    enum status result = STATUS_OK;
    TRY(find_fields(s, env, field));
    if (field[AT_STATE].rows != store->rows ||
        (field[AT_NEXT].set >= 0) != (store->next_state != NULL) ||
        (field[AT_TIMEOUT].set >= 0) != (store->timeout != NULL))
        result = dataset_has_changed(s);
    for (int i = 0; i < DATASET_FIELDS && result == STATUS_OK; i++) {
        if (field[i].set >= 0)
            result = read_field(s, i, &field[i], store);
        if (result == STATUS_OK)
            result = stop_check(s->h5.path);
    }
    forget_fields(field);
    return result;
}
