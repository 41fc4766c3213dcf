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
    TRY(file_path(name, "%s.lock", path));
    TRY(lock_wait(lock, name, path, stop));
    file_remove_leftovers(path);
    return STATUS_OK;
}

enum status data_target(const char *out, const char *stem, char path[FILE_PATH], struct lock *lock)
{
    char folder[FILE_PATH];
    if (out != NULL && names_file(out))
        TRY(file_path(path, "%s", out));
    else
        TRY(file_path(path, "%s/%s.hdf5", dataset_folder(out), stem));
    TRY(file_parent(path, folder));
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
