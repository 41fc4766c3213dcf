/* A folder of score files, whose names say what they hold. */
#include "engine/base/file.h"
#include "engine/base/memory.h"
#include "report/results/scores_impl.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum { DEPTH = 12, FILES = 100000 };

struct paths {
    char **path;
    int count;
};

static void free_paths(struct paths *list)
{
    for (int i = 0; i < list->count; i++)
        free(list->path[i]);
    free(list->path);
}

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static enum status list_files(const char *folder, int depth, struct paths *out);

static enum status list_entry(const char *folder, const char *name, int depth, struct paths *out)
{
    char path[FILE_PATH];
    struct stat info;
    TRY(file_path(path, "%s/%s", folder, name));
    if (stat(path, &info) != 0)
        return status_fail(STATUS_IO, "%s: cannot be accessed: %s", path, strerror(errno));
    if (S_ISDIR(info.st_mode))
        return depth < DEPTH ? list_files(path, depth + 1, out) : STATUS_OK;
    if (!S_ISREG(info.st_mode))
        return STATUS_OK;
    if (out->count == FILES)
        return status_fail(STATUS_FORMAT, "%s: more than %d files in the folder", folder, FILES);
    TRY(memory_grow((void **)&out->path, out->count, sizeof *out->path, "the list of files"));
    out->path[out->count] = strdup(path);
    return out->path[out->count] != NULL ? (out->count++, STATUS_OK)
                                         : status_fail(STATUS_MEMORY, "no memory for a list");
}

static enum status list_files(const char *folder, int depth, struct paths *out)
{
    struct dirent **entry;
    int count = scandir(folder, &entry, visible, alphasort);
    if (count < 0)
        return status_fail(STATUS_IO, "%s: %s", folder, strerror(errno));
    enum status status = STATUS_OK;
    for (int i = 0; i < count; i++) {
        if (status == STATUS_OK)
            status = list_entry(folder, entry[i]->d_name, depth, out);
        free(entry[i]);
    }
    free(entry);
    return status;
}

/* Without a pattern: files that hold scores by their names. d3rlpy writes many others as CSV. */
static bool is_score_file(const char *path, bool d3rlpy)
{
    static const char *const endings[] = {".csv",  ".tsv",   ".csv.gz", ".tsv.gz",
                                          ".json", ".jsonl", ".npz"};
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    if (d3rlpy)
        return strcmp(name, "environment.csv") == 0;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t n = strlen(name), m = strlen(endings[i]);
        if (n > m && strcasecmp(name + n - m, endings[i]) == 0)
            return true;
    }
    return false;
}

static bool any_environment(const struct paths *list)
{
    for (int i = 0; i < list->count; i++) {
        if (is_score_file(list->path[i], true))
            return true;
    }
    return false;
}

/* One file of the folder. What the user says counts for what its name does not say. */
static enum status read_one(struct results *r, const char *folder, const char *path,
                            const char name[READ_NAMES][SCORES_NAME])
{
    static const char *const option[READ_NAMES] = {"--method", "--dataset", "--seed"};
    const struct reading *reading = &r->options.reading;
    struct scores_source source = {.shown = folder, .reading = *reading};
    for (int i = 0; i < READ_NAMES; i++) {
        if (name[i][0] != '\0') {
            memcpy(source.name[i], name[i], SCORES_NAME);
            source.from[i] = "a part of the path";
        } else if (reading->name[i] != NULL) {
            snprintf(source.name[i], SCORES_NAME, "%s", reading->name[i]);
            source.from[i] = option[i];
        }
    }
    return scores_file_read(r, path, &source);
}

static enum status fail_no_file(const char *folder, const struct paths *list, const char *pattern)
{
    if (list->count == 0)
        return status_fail(STATUS_FORMAT, "%s: a folder without files", folder);
    if (pattern == NULL)
        return status_fail(STATUS_FORMAT,
                           "%s: none of its %d files is CSV, JSON or npz by its name (the first is "
                           "%.300s); say how they are named: --pattern "
                           "'{dataset}/{method}/{seed}.csv'",
                           folder, list->count, list->path[0] + strlen(folder) + 1);
    return status_fail(STATUS_FORMAT,
                       "%s: none of its %d files is named as --pattern '%.200s' says (the first is "
                       "%.300s)",
                       folder, list->count, pattern, list->path[0] + strlen(folder) + 1);
}

static enum status read_listed(struct results *r, const char *folder, const struct paths *list)
{
    const char *pattern = r->options.reading.pattern, *left = NULL;
    bool d3rlpy = pattern == NULL && any_environment(list);
    int read = 0, others = 0;
    for (int i = 0; i < list->count; i++) {
        char name[READ_NAMES][SCORES_NAME] = {{0}};
        bool named = pattern != NULL ? scores_pattern_match(pattern, list->path[i], name)
                                     : is_score_file(list->path[i], d3rlpy);
        if (!named) {
            left = left == NULL ? list->path[i] : left;
            others++;
            continue;
        }
        TRY(read_one(r, folder, list->path[i], name));
        read++;
    }
    if (read == 0)
        return fail_no_file(folder, list, pattern);
    TRY(results_note(r, NOTE_INFO, "%s: %d file%s read.", folder, read, read == 1 ? "" : "s"));
    if (others > 0)
        TRY(results_note(r, NOTE_INFO, "%s: %d file%s not read, %s (first: %.300s).", folder,
                         others, others == 1 ? "" : "s",
                         pattern != NULL ? "not named as --pattern says"
                         : d3rlpy        ? "only environment.csv holds d3rlpy's scores"
                                         : "no score files by their names",
                         left + strlen(folder) + 1));
    return STATUS_OK;
}

enum status scores_folder_read(struct results *r, const char *folder)
{
    struct paths list = {0};
    char base[FILE_PATH];
    TRY(file_path(base, "%s", folder));
    for (size_t n = strlen(base); n > 1 && base[n - 1] == '/'; n--)
        base[n - 1] = '\0';
    enum status status = list_files(base, 0, &list);
    if (status == STATUS_OK)
        status = read_listed(r, base, &list);
    free_paths(&list);
    return status;
}
