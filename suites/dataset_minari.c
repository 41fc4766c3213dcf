/* Minari's layout: one group an episode, with its final observation (docs/datasets.md 5).
 */
#include "suites/dataset_impl.h"

#include "engine/base/stop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EPISODES_MOST = 1 << 24 };

struct numbers {
    int64_t *item;
    int count, room;
    bool full; /* no memory */
};

/* "episode_12" -> 12; anything else -> -1. */
static int64_t episode_number(const char *name)
{
    static const char prefix[] = "episode_";
    if (strncmp(name, prefix, sizeof prefix - 1) != 0)
        return -1;
    const char *digits = name + sizeof prefix - 1;
    size_t n = strlen(digits);
    bool canonical = n > 0 && n < 10 && strspn(digits, "0123456789") == n &&
                     (n == 1 || *digits != '0');
    return canonical ? strtoll(digits, NULL, 10) : -1;
}

static herr_t note_episode(hid_t group, const char *name, const H5L_info_t *info, void *context)
{
    (void)group;
    (void)info;
    struct numbers *list = context;
    int64_t number = episode_number(name);
    if (number < 0)
        return 0;
    if (list->count == list->room) {
        int room = list->room > 0 ? 2 * list->room : 1024;
        int64_t *item = room <= EPISODES_MOST ? realloc(list->item, (size_t)room * sizeof *item)
                                              : NULL;
        list->full = item == NULL;
        if (item == NULL)
            return -1;
        list->item = item;
        list->room = room;
    }
    list->item[list->count++] = number;
    return 0;
}

static int by_number(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static herr_t stop_at_episode(hid_t group, const char *name, const H5L_info_t *info, void *context)
{
    (void)group;
    (void)info;
    (void)context;
    return episode_number(name) >= 0;
}

bool dataset_is_minari(struct source *s)
{
    hsize_t at = 0;
    return !source_has(s, dataset_fields[AT_STATE].name) &&
           H5Literate(s->file, H5_INDEX_NAME, H5_ITER_NATIVE, &at, stop_at_episode, NULL) > 0;
}

/* One episode's fields while they are open. */
struct episode {
    struct field state[2]; /* one, or a position and what belongs to it */
    int states;
    struct field action, reward, terminal, timeout;
};

static void close_episode(struct episode *e)
{
    for (int i = 0; i < e->states; i++)
        source_forget(&e->state[i]);
    source_forget(&e->action);
    source_forget(&e->reward);
    source_forget(&e->terminal);
    source_forget(&e->timeout);
}

static enum status find_in_episode(struct source *s, int64_t number, const char *name,
                                   struct field *out)
{
    char path[SOURCE_NAME];
    snprintf(path, sizeof path, "episode_%lld/%s", (long long)number, name);
    return source_find(s, path, out);
}

/* Observations are an array, or a group where the space is a dict: there `observation` is the state
 * if it has the right width; mazes of ants keep the position apart, in `achieved_goal`, and D4RL's
 * state begins with it. */
static enum status find_state(struct source *s, int64_t number, const struct env_kind *env,
                              struct episode *e)
{
    char group[SOURCE_NAME];
    snprintf(group, sizeof group, "episode_%lld/observations/observation", (long long)number);
    if (!source_has(s, group)) {
        TRY(find_in_episode(s, number, "observations", &e->state[0]));
        e->states = 1;
    } else {
        struct field own;
        TRY(find_in_episode(s, number, "observations/observation", &own));
        e->state[0] = own;
        e->states = 1;
        if (own.cols < env->obs_dim) {
            TRY(find_in_episode(s, number, "observations/achieved_goal", &e->state[0]));
            e->state[1] = own;
            e->states = 2;
        }
    }
    int64_t cols = e->state[0].cols + (e->states == 2 ? e->state[1].cols : 0);
    if (cols != env->obs_dim)
        return status_fail(STATUS_SHAPE,
                           "%s: field '%s' has %lld columns, %s needs %d; name the right file or "
                           "environment",
                           s->h5.path, e->state[0].name, (long long)cols, env->name, env->obs_dim);
    return STATUS_OK;
}

static enum status check_length(const struct source *s, const struct field *f, int64_t rows,
                                int64_t cols)
{
    if (f->rows == rows && f->cols == cols)
        return STATUS_OK;
    return status_fail(STATUS_SHAPE,
                       "%s: field '%s' is %lld x %lld, %lld x %lld are expected (one observation "
                       "more than actions); %s",
                       s->h5.path, f->name, (long long)f->rows, (long long)f->cols, (long long)rows,
                       (long long)cols, s->remedy);
}

/* Open and check all fields of an episode of e->action.rows steps. */
static enum status open_episode(struct source *s, int64_t number, const struct env_kind *env,
                                struct episode *e)
{
    *e = (struct episode){
        .action.set = -1, .reward.set = -1, .terminal.set = -1, .timeout.set = -1};
    enum status result = find_state(s, number, env, e);
    if (result == STATUS_OK)
        result = find_in_episode(s, number, "actions", &e->action);
    if (result == STATUS_OK)
        result = find_in_episode(s, number, "rewards", &e->reward);
    if (result == STATUS_OK)
        result = find_in_episode(s, number, "terminations", &e->terminal);
    if (result == STATUS_OK)
        result = find_in_episode(s, number, "truncations", &e->timeout);
    int64_t rows = e->action.rows;
    if (result == STATUS_OK)
        result = check_length(s, &e->action, rows, env->act_dim);
    for (int i = 0; i < e->states && result == STATUS_OK; i++)
        result = check_length(s, &e->state[i], rows + 1, e->state[i].cols);
    const struct field *column[] = {&e->reward, &e->terminal, &e->timeout};
    for (int i = 0; i < 3 && result == STATUS_OK; i++)
        result = check_length(s, column[i], rows, 1);
    if (result != STATUS_OK)
        close_episode(e);
    return result;
}

static enum status measure(struct source *s, const struct env_kind *env, int64_t number,
                           int64_t *rows)
{
    struct episode e;
    TRY(open_episode(s, number, env, &e));
    *rows = e.action.rows;
    close_episode(&e);
    return STATUS_OK;
}

/* Its rows begin at `row`, its states `index` rows later. */
static enum status read_fields(struct source *s, const struct episode *e, int64_t row, int index,
                               struct dataset_store *store)
{
    float *state = store->state + (row + index) * store->S;
    TRY(source_read(s, &e->state[0], state, store->S, 0));
    if (e->states == 2)
        TRY(source_read(s, &e->state[1], state, store->S, e->state[0].cols));
    TRY(source_read(s, &e->action, store->action + row * store->A, store->A, 0));
    TRY(source_read(s, &e->reward, store->reward + row, 1, 0));
    TRY(source_read_flags(s, &e->terminal, store->terminal + row));
    return source_read_flags(s, &e->timeout, store->timeout + row);
}

/* The index-th episode, behind the one before it. */
static enum status read_episode(struct source *s, const struct env_kind *env, int64_t number,
                                int index, struct dataset_store *store)
{
    struct episode e;
    int64_t row = store->segment[index];
    TRY(open_episode(s, number, env, &e));
    enum status result = e.action.rows <= store->rows - row ? read_fields(s, &e, row, index, store)
                                                            : dataset_has_changed(s);
    store->segment[index + 1] = row + e.action.rows;
    close_episode(&e);
    return result;
}

/* The numbers of all episodes, in order; list->item is for free() in any case. */
static enum status list_episodes(const struct source *s, struct numbers *list)
{
    hsize_t at = 0;
    *list = (struct numbers){0};
    if (H5Literate(s->file, H5_INDEX_NAME, H5_ITER_NATIVE, &at, note_episode, list) < 0)
        return status_fail(list->full ? STATUS_MEMORY : STATUS_FORMAT,
                           "%s: the list of episodes cannot be read; %s", s->h5.path, s->remedy);
    qsort(list->item, (size_t)list->count, sizeof *list->item, by_number);
    return STATUS_OK;
}

enum status dataset_measure_minari(struct source *s, const struct env_kind *env,
                                   struct dataset_outline *out)
{
    struct numbers list;
    enum status result = list_episodes(s, &list);
    for (int i = 0; i < list.count && result == STATUS_OK; i++) {
        int64_t rows;
        result = measure(s, env, list.item[i], &rows);
        out->rows += result == STATUS_OK ? rows : 0;
    }
    out->segments = list.count;
    out->timeouts = true; /* "truncations" */
    free(list.item);
    return result;
}

enum status dataset_read_minari(struct source *s, const struct env_kind *env,
                                struct dataset_store *store)
{
    struct numbers list;
    enum status result = list_episodes(s, &list);
    if (result == STATUS_OK && list.count != store->segments)
        result = dataset_has_changed(s);
    for (int i = 0; i < list.count && result == STATUS_OK; i++) {
        result = stop_check(s->h5.path);
        if (result == STATUS_OK)
            result = read_episode(s, env, list.item[i], i, store);
    }
    if (result == STATUS_OK && store->segment[list.count] != store->rows)
        result = dataset_has_changed(s);
    free(list.item);
    return result;
}
