#include "harness/data_target.h"

#include "engine/base/h5.h"
#include "suites/dataset_table.h"

#include <stdio.h>
#include <string.h>

static bool names_file(const char *out)
{
    const char *dot = strrchr(out, '.');
    return dot != NULL && (strcmp(dot, ".hdf5") == 0 || strcmp(dot, ".h5") == 0);
}

bool data_target_is_ours(const char *path)
{
    struct h5 f;
    if (h5_open_root(&f, path) != STATUS_OK)
        return false;
    bool ours = h5_has_attribute(&f, ".", "generator") ||
                h5_has_attribute(&f, ".", "converted_from");
    return h5_close(&f) == STATUS_OK && ours;
}

enum status data_lock(const char *path, const volatile sig_atomic_t *stop, struct lock *lock)
{
    char name[FILE_PATH];
    if (snprintf(name, sizeof name, "%s.lock", path) >= FILE_PATH)
        return status_fail(STATUS_CONFIG, "'%.60s...': the path is too long", path);
    TRY(lock_wait(lock, name, path, stop));
    file_remove_leftovers(path);
    return STATUS_OK;
}

enum status data_target(const char *out, const char *stem, char path[FILE_PATH], struct lock *lock)
{
    char folder[FILE_PATH];
    int n = out != NULL && names_file(out)
                ? snprintf(path, FILE_PATH, "%s", out)
                : snprintf(path, FILE_PATH, "%s/%s.hdf5", dataset_folder(out), stem);
    if (n >= FILE_PATH)
        return status_fail(STATUS_CONFIG, "--out: the path '%.60s...' is too long", path);
    file_parent(path, folder);
    TRY(file_make_folder(folder));
    TRY(data_lock(path, NULL, lock));
    if (!file_exists(path) || data_target_is_ours(path))
        return STATUS_OK;
    lock_release(lock);
    return status_fail(STATUS_CONFIG,
                       "%s: is there already and was not made by vitamin; move it away, or give "
                       "another --out",
                       path);
}
