#include "harness/supply.h"

#include "engine/base/rng.h"
#include "engine/base/threads.h"
#include "harness/command_data.h"
#include "suites/dataset_table.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { WORDS = 40 };

const struct matrix_source *supply_of(const struct matrix *m, const char *dataset)
{
    for (int i = 0; i < m->sources; i++) {
        if (strcmp(m->source[i].dataset, dataset) == 0)
            return &m->source[i];
    }
    return NULL;
}

const char *supply_folder(const struct matrix_source *s, const char *data, char buffer[FILE_PATH])
{
    if (!s->generated)
        return data;
    snprintf(buffer, FILE_PATH, "%.900s/generated/%08x", dataset_folder(data),
             (unsigned)rng_key(s->args));
    return buffer;
}

bool supply_is_there(const struct matrix_source *s, const char *data)
{
    char folder[FILE_PATH], path[FILE_PATH];
    return dataset_locate(s->dataset, supply_folder(s, data, folder), path) == STATUS_OK;
}

/* `path` is the file to make. */
static enum status take_lock(const char *path, int *lock)
{
    char folder[FILE_PATH], name[FILE_PATH + 8];
    file_parent(path, folder);
    TRY(file_make_folder(folder));
    snprintf(name, sizeof name, "%s.lock", path);
    *lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (*lock < 0)
        return status_fail(STATUS_IO, "%s: cannot be created: %s", name, strerror(errno));
    if (flock(*lock, LOCK_EX) == 0)
        return STATUS_OK;
    int error = errno;
    close(*lock);
    if (error == EINTR)
        return status_fail(STATUS_INTERRUPTED, "stopped while another process makes %s", path);
    return status_fail(STATUS_IO, "%s: cannot be locked: %s", name, strerror(error));
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
    } else {
        file_parent(path, folder);
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
    int lock;
    if (supply_is_there(s, data))
        return STATUS_OK;
    snprintf(path, sizeof path, "%.900s/%.100s.hdf5",
             dataset_folder(supply_folder(s, data, buffer)), s->dataset);
    TRY(take_lock(path, &lock));
    enum status result = STATUS_OK;
    if (!supply_is_there(s, data)) {
        file_remove_leftovers(path);
        result = run_command(s, path);
    }
    close(lock);
    return result;
}
