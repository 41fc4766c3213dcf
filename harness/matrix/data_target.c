#include "harness/matrix/data_target.h"

#include "suites/dataset.h"

#include <string.h>

static bool names_file(const char *out)
{
    const char *dot = strrchr(out, '.');
    return dot != NULL && (strcmp(dot, ".hdf5") == 0 || strcmp(dot, ".h5") == 0);
}

enum status data_target_is_ours(const char *path, bool *ours)
{
    enum dataset_origin origin = ORIGIN_FILE;
    *ours = false;
    TRY(dataset_origin(path, &origin));
    *ours = origin == ORIGIN_GENERATED || origin == ORIGIN_CONVERTED;
    return STATUS_OK;
}

/* May what is there be replaced? */
static enum status check_replaceable(const char *path)
{
    bool there, ours = false;
    TRY(file_look(path, &there));
    enum status result = there ? data_target_is_ours(path, &ours) : STATUS_OK;
    if (result != STATUS_OK && result != STATUS_FORMAT)
        return result;
    if (!there || ours)
        return STATUS_OK;
    return status_fail(STATUS_CONFIG,
                       "%s: already exists and was not made by vitamin; move it away, or give "
                       "another --out",
                       path);
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
    enum status result = check_replaceable(path);
    if (result != STATUS_OK)
        lock_release(lock);
    return result;
}
