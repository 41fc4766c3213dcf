#include "harness/matrix/supply.h"

#include "engine/base/rng.h"
#include "engine/base/stop.h"
#include "engine/base/threads.h"
#include "harness/matrix/fetch.h"
#include "harness/matrix/generate.h"
#include "suites/dataset_table.h"

#include <stdio.h>
#include <string.h>

enum { WORDS = 40 };

const struct matrix_source *supply_of(const struct matrix *m, const char *dataset)
{
    for (int i = 0; i < m->sources; i++) {
        if (strcmp(m->source[i].dataset, dataset) == 0)
            return &m->source[i];
    }
    return NULL;
}

enum status supply_folder(const struct matrix_source *s, const char *data, char buffer[FILE_PATH],
                          const char **folder)
{
    *folder = s->generated ? buffer : data;
    return s->generated ? file_path(buffer, "%s/generated/%08x", dataset_folder(data),
                                    (unsigned)rng_key(s->args))
                        : STATUS_OK;
}

/* As supply_is_there(); what cannot be looked at now is an error. */
static enum status look(const struct matrix_source *s, const char *data, bool *there)
{
    char buffer[FILE_PATH], path[FILE_PATH];
    const char *folder;
    TRY(supply_folder(s, data, buffer, &folder));
    enum status result = dataset_locate(s->dataset, folder, path);
    *there = result == STATUS_OK;
    return result == STATUS_MISSING ? STATUS_OK : result;
}

bool supply_is_there(const struct matrix_source *s, const char *data)
{
    bool there;
    return look(s, data, &there) == STATUS_OK && there;
}

/* The request points into `text`, a copy of the recipe. */
static enum status read_recipe(const struct matrix_source *s, char text[MATRIX_ARGS],
                               struct generate_request *request)
{
    char *rest, *word[WORDS + 1] = {(char *)"generate", (char *)s->dataset};
    int words = 2;
    snprintf(text, MATRIX_ARGS, "%s", s->args);
    for (char *at = strtok_r(text, " \t", &rest); at != NULL; at = strtok_r(NULL, " \t", &rest)) {
        if (words == WORDS)
            return status_fail(STATUS_CONFIG, "[generate] %s has more than %d words", s->dataset,
                               WORDS - 2);
        word[words++] = at;
    }
    word[words] = NULL;
    return command_read(&data_generate, "vitamin data generate", words, word, request);
}

enum status supply_check(const struct matrix_source *s)
{
    char text[MATRIX_ARGS];
    struct generate_request request = {.missing = true};
    return s->generated ? read_recipe(s, text, &request) : STATUS_OK;
}

static enum status generate(const struct matrix_source *s, const char *path)
{
    char text[MATRIX_ARGS];
    struct generate_request request = {.missing = true};
    TRY(read_recipe(s, text, &request));
    request.out = path;
    request.missing = true;
    int threads = threads_count(); /* generating sets its own */
    enum status result = generate_dataset(&request);
    threads_set(threads);
    return result;
}

static enum status fetch(const struct matrix_source *s, const char *folder)
{
    const struct dataset_entry *entry = dataset_find(s->dataset);
    if (entry == NULL)
        entry = dataset_counterpart(s->dataset);
    struct fetch_request request = {.folder = folder, .stop = stop_catch()};
    if (entry == NULL)
        return status_fail(
            STATUS_CONFIG,
            "'%s' is none of the paper's datasets; `vitamin data list` shows the ids", s->dataset);
    return fetch_dataset(&request, entry);
}

enum status supply_get(const struct matrix_source *s, const char *data)
{
    char buffer[FILE_PATH], path[FILE_PATH];
    const char *folder;
    bool there;
    TRY(look(s, data, &there));
    if (there)
        return STATUS_OK;
    TRY(supply_folder(s, data, buffer, &folder));
    TRY(file_path(path, "%s/%s.hdf5", dataset_folder(folder), s->dataset));
    return s->generated ? generate(s, path) : fetch(s, dataset_folder(folder));
}
