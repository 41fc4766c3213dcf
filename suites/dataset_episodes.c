#include "suites/dataset_episodes.h"

#include "engine/base/guard.h"
#include "suites/dataset_impl.h"

#include <stdlib.h>
#include <string.h>

enum { LOOK_SECONDS = 60 };

static const struct {
    const char *id;
    int64_t count;
} known[] = {
#define EPISODES(id, count) {id, count},
#include "suites/facts.def"
};

double dataset_known_episodes(const char *name)
{
    const struct dataset_entry *entry = dataset_find(name);
    const struct env_kind *kind = dataset_env(name);
    for (size_t i = 0; entry != NULL && i < sizeof known / sizeof *known; i++) {
        if (strcmp(known[i].id, entry->id) == 0)
            return (double)entry->paper_transitions / (double)known[i].count;
    }
    return kind != NULL ? kind->time_limit : 0;
}

/* --- a file's, in a process of its own ----------------------------------------------------------
 */

struct count_task {
    const struct dataset *d;
    int64_t rows, ends; /* up to the last end */
};

/* Rows of a flag; NULL without memory or field. */
static enum status read_flag(struct source *s, const struct dataset *d, int which, uint8_t **out)
{
    struct field field;
    *out = NULL;
    TRY(dataset_find_field(s, which, d->env, d->rows, &field));
    *out = malloc((size_t)d->rows + 1);
    enum status result = *out != NULL ? source_read_flags(s, &field, *out)
                                      : status_fail(STATUS_MEMORY, "%s: no memory", d->path);
    source_forget(&field);
    return result;
}

static enum status count_ends(struct source *s, struct count_task *t)
{
    const struct dataset *d = t->d;
    uint8_t *terminal = NULL, *timeout = NULL;
    enum status result = read_flag(s, d, AT_TERMINAL, &terminal);
    if (result == STATUS_OK && source_has(s, dataset_fields[AT_TIMEOUT].name))
        result = read_flag(s, d, AT_TIMEOUT, &timeout);
    for (int64_t i = 0, start = 0; result == STATUS_OK && i < d->rows; i++) {
        bool late = timeout != NULL ? timeout[i] != 0 : i + 1 - start >= d->env->time_limit;
        /* AntMaze's episodes go on at the goal. */
        bool ends = late || (terminal[i] != 0 && !d->env->suite->goal_cut);
        if (!ends)
            continue;
        start = t->rows = i + 1;
        t->ends++;
    }
    free(terminal);
    free(timeout);
    return result;
}

static enum status count_file(void *context)
{
    struct count_task *t = context;
    struct source source;
    enum status result = source_open(&source, t->d->path, false);
    if (result == STATUS_OK)
        result = count_ends(&source, t);
    source_close(&source);
    return result;
}

enum status dataset_read_episodes(const char *name, const char *folder, double *steps)
{
    struct dataset d;
    struct dataset_outline outline;
    struct dataset_options options = dataset_defaults();
    struct count_task task = {.d = &d};
    options.folder = folder;
    TRY(dataset_look(&d, name, &options, true, &outline));
    if (outline.minari) {
        task.rows = outline.rows;
        task.ends = outline.segments;
    } else {
        TRY(guard_run(d.path, LOOK_SECONDS, count_file, &task, &task, sizeof task));
    }
    if (task.ends <= 0 || task.rows < task.ends || task.rows > d.rows)
        *steps = d.env->time_limit; /* a walk without an end, or nonsense from the child */
    else
        *steps = (double)task.rows / (double)task.ends;
    return STATUS_OK;
}
