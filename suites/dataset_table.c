#include "suites/dataset_table.h"

#include <stdlib.h>
#include <string.h>

/* A commit of the mirror: what lies there does not change. */
#define MIRROR_PATH "/datasets/imone/D4RL/resolve/9ed58d8a76c12f4c1cb5db51fa71389e703d2ec5/"

/* clang-format off */
const struct dataset_server dataset_servers[] = {
    {"d4rl",        "http://rail.eecs.berkeley.edu/datasets/offline_rl/", .mirror = false, .flat = false},
    {"huggingface", "https://huggingface.co" MIRROR_PATH,                 .mirror = true,  .flat = true},
    {"hf-mirror",   "https://hf-mirror.com" MIRROR_PATH,                  .mirror = true,  .flat = true},
    {.name = NULL},
};
/* clang-format on */

const struct dataset_server *dataset_server_find(const char *name)
{
    for (const struct dataset_server *s = dataset_servers; s->name != NULL; s++) {
        if (strcmp(s->name, name) == 0)
            return s;
    }
    return NULL;
}

enum status dataset_place(const struct dataset_entry *e, bool flat, char out[FILE_PATH])
{
    return flat ? file_path(out, "%s", e->file)
                : file_path(out, "%s/%s", env_find(e->env)->suite->folder, e->file);
}

const struct dataset_entry dataset_table[] = {
#define DATASET(...) {__VA_ARGS__},
#include "suites/facts.def"
};

const int dataset_count = (int)(sizeof dataset_table / sizeof *dataset_table);

/* The part of a path after the last slash. */
static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

static bool is_file_of(const char *name, const char *stem)
{
    size_t n = strlen(stem);
    return strncmp(name, stem, n) == 0 && (name[n] == '\0' || strcmp(name + n, ".hdf5") == 0);
}

const struct dataset_entry *dataset_find(const char *name)
{
    const char *bare = base_name(name);
    for (int i = 0; i < dataset_count; i++) {
        const struct dataset_entry *e = &dataset_table[i];
        if (strcmp(bare, e->file) == 0 || is_file_of(bare, e->id))
            return e;
    }
    return NULL;
}

const struct env_kind *dataset_env(const char *name)
{
    const struct dataset_entry *e = dataset_find(name);
    return env_find(e != NULL ? e->env : name);
}

const struct dataset_entry *dataset_counterpart(const char *name)
{
    size_t n = strlen(name);
    if (n < 4 || strcmp(name + n - 4, "-dev") != 0)
        return NULL;
    for (int i = 0; i < dataset_count; i++) {
        const char *id = dataset_table[i].id;
        if (strncmp(id, name, n - 4) == 0 && id[n - 4] == '-' && id[n - 3] == 'v')
            return &dataset_table[i];
    }
    return NULL;
}

const struct env_kind *dataset_task(const char *name)
{
    for (int i = 0; i < dataset_count; i++) {
        if (strcmp(dataset_table[i].id, name) == 0)
            return env_find(dataset_table[i].env);
    }
    return env_named(name);
}

const char *dataset_folder(const char *folder)
{
    if (folder != NULL)
        return folder;
    const char *set = getenv("VITAMIN_DATA");
    return set != NULL && *set != '\0' ? set : "data";
}

/* folder/ID.hdf5, folder/ID (a Minari folder), folder/D4RL's name: whichever is there first. */
static enum status look_in(const char *folder, const char *name, const struct dataset_entry *entry,
                           char path[FILE_PATH], bool *there)
{
    const char *file[] = {name, name, entry != NULL ? entry->file : name};
    const char *ending[] = {".hdf5", "", ""};
    *there = false;
    for (int i = 0; i < 3 && !*there; i++) {
        if (file_path(path, "%s/%s%s", folder, file[i], ending[i]) == STATUS_OK)
            TRY(file_look(path, there));
    }
    return STATUS_OK;
}

struct nearest dataset_nearest(const char *name)
{
    struct nearest n = {.to = name};
    for (int i = 0; i < dataset_count; i++)
        nearest_offer(&n, dataset_table[i].id);
    return n;
}

/* The folders of dataset_locate, in order. */
static enum status look_around(const char *folder, const char *name,
                               const struct dataset_entry *entry, char path[FILE_PATH], bool *there)
{
    TRY(look_in(dataset_folder(folder), name, entry, path, there));
    const char *d4rl = getenv("D4RL_DATASET_DIR"), *home = getenv("HOME");
    if (folder != NULL)
        return STATUS_OK;
    if (!*there && d4rl != NULL)
        TRY(look_in(d4rl, name, entry, path, there));
    char cache[FILE_PATH];
    if (!*there && home != NULL && file_path(cache, "%s/.d4rl/datasets", home) == STATUS_OK)
        TRY(look_in(cache, name, entry, path, there));
    return STATUS_OK;
}

/* Minari's ids ("D4RL/pen/human-v2") are folders below its own, or below ours. */
static enum status look_for_minari(const char *folder, const char *name, char path[FILE_PATH],
                                   bool *there)
{
    const char *set = getenv("MINARI_DATASETS_PATH"), *home = getenv("HOME");
    char own[FILE_PATH] = "";
    const char *root[3] = {dataset_folder(folder), NULL, NULL};
    if (folder == NULL && set != NULL && *set != '\0')
        root[1] = set;
    if (folder == NULL && home != NULL && file_path(own, "%s/.minari/datasets", home) == STATUS_OK)
        root[2] = own;
    *there = false;
    if (*name == '\0' || *name == '/' || *name == '.')
        return STATUS_OK;
    for (int i = 0; i < 3 && !*there; i++) {
        char file[FILE_PATH];
        if (root[i] == NULL || file_path(path, "%s/%s", root[i], name) != STATUS_OK ||
            file_path(file, "%s/data/main_data.hdf5", path) != STATUS_OK)
            continue;
        TRY(file_look(file, there));
    }
    return STATUS_OK;
}

/* Made by demonstrators, or by policies that nobody can train here: no recipe makes it alone. */
static bool needs_people(const struct dataset_entry *e)
{
    static const char *const those[] = {"human", "cloned", "expert"};
    for (size_t i = 0; i < sizeof those / sizeof *those; i++) {
        if (strcmp(e->quality, those[i]) == 0)
            return true;
    }
    return false;
}

enum status dataset_locate(const char *name, const char *folder, char path[FILE_PATH])
{
    const struct dataset_entry *entry = dataset_find(name);
    bool bare = *name != '\0' && strchr(name, '/') == NULL;
    bool there = false;
    if (bare)
        TRY(look_around(folder, name, entry, path, &there));
    if (there)
        return STATUS_OK;
    if (*name != '\0')
        TRY(file_look(name, &there));
    if (there)
        return file_path(path, "%s", name);
    TRY(look_for_minari(folder, name, path, &there));
    if (there)
        return STATUS_OK;
    if (bare && dataset_counterpart(name) != NULL)
        return dataset_locate(dataset_counterpart(name)->id, folder, path);
    if (entry != NULL && bare)
        return status_fail(STATUS_MISSING,
                           "%s: there is no such dataset in '%s'; get D4RL's file with `vitamin "
                           "data fetch %s`, or make a stand-in with `vitamin data generate %s%s`",
                           name, dataset_folder(folder), entry->id, entry->id,
                           needs_people(entry) ? " --policy random" : "");
    return status_fail(STATUS_MISSING,
                       "%.200s: there is no such file, nor a dataset of that name in '%s' or below "
                       "Minari's folder ($MINARI_DATASETS_PATH, ~/.minari/datasets); `vitamin data "
                       "list` shows D4RL's names, `minari list remote` Minari's",
                       name, dataset_folder(folder));
}
