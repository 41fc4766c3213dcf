#include "harness/matrix/supply.h"

#include "engine/base/rng.h"
#include "engine/base/threads.h"
#include "harness/commands/command_data.h"
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

static enum status run_command(const struct matrix_source *s, const char *path)
{
    char text[MATRIX_ARGS], folder[FILE_PATH], *rest, *argv[WORDS + 8];
    int argc = 0;
    argv[argc++] = "data";
    argv[argc++] = s->generated ? "generate" : "fetch";
    argv[argc++] = (char *)s->dataset;
    snprintf(text, sizeof text, "%s", s->generated ? s->args : "");
    for (char *word = strtok_r(text, " \t", &rest); word != NULL;
         word = strtok_r(NULL, " \t", &rest)) {
        if (argc == WORDS)
            return status_fail(STATUS_CONFIG, "[generate] %s has more than %d words", s->dataset,
                               WORDS);
        argv[argc++] = word;
    }
    if (s->generated) {
        argv[argc++] = "--out";
        argv[argc++] = (char *)path;
        argv[argc++] = "--missing";
    } else {
        TRY(file_parent(path, folder));
        argv[argc++] = "--data";
        argv[argc++] = folder;
    }
    argv[argc] = NULL;
    /* The command sets its own. */
    int threads = threads_count();
    enum status result = command_data.run(argc, argv);
    threads_set(threads);
    return result;
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
    return run_command(s, path);
}
