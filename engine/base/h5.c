#include "engine/base/h5.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Our sentences replace HDF5's own stack dump. */
static void silence(void)
{
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

/* A file that HDF5 failed to close (a disk that breaks, damaged input) stays open inside it, and
 * its clean-up at exit would crash on it. All files of ours are closed by then: it has nothing to
 * do.
 *
 * Nor does it lock files: where flock fails it calls a good file unreadable. Ours are whole before
 * they get their names, and who writes where is settled by lock.h. It asks the environment once, at
 * its start. */
__attribute__((constructor)) static void set_up_library(void)
{
    (void)setenv("HDF5_USE_FILE_LOCKING", "FALSE", 1);
    (void)H5dont_atexit();
}

enum status h5_open(struct h5 *f, const char *path)
{
    silence();
    f->file = -1;
    if (snprintf(f->path, sizeof f->path, "%s", path) >= (int)sizeof f->path)
        return status_fail(STATUS_IO, "%s: the path is longer than %d characters", path, FILE_PATH);
    int probe;
    TRY(file_open(path, &probe));
    close(probe);
    f->file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (f->file < 0)
        return status_fail(STATUS_FORMAT,
                           "%s: is not a readable HDF5 file (truncated, damaged, "
                           "still being written or another format)",
                           path);
    return STATUS_OK;
}

/* A file that it can create but not begin to write HDF5 never lets go of, so a page is tried first.
 */
static enum status try_to_write(const char *path)
{
    static const char page[4096];
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) {
        enum status failed = status_fail(STATUS_IO, "%s: cannot be created: %s", path,
                                         file_reason());
        unlink(path); /* what file_temporary() made */
        return failed;
    }
    ssize_t written = write(fd, page, sizeof page);
    enum status result = STATUS_OK;
    if (written != (ssize_t)sizeof page) {
        if (written >= 0)
            errno = ENOSPC;
        result = status_fail(STATUS_IO, "%s: cannot be written: %s", path, file_reason());
        unlink(path);
    }
    close(fd);
    return result;
}

enum status h5_create(struct h5 *f, const char *path)
{
    silence();
    f->file = -1;
    if (snprintf(f->path, sizeof f->path, "%s", path) >= (int)sizeof f->path)
        return status_fail(STATUS_IO, "%s: the path is longer than %d characters", path, FILE_PATH);
    TRY(try_to_write(path));
    f->file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    if (f->file < 0) {
        unlink(path);
        return status_fail(STATUS_IO, "%s: cannot be created by HDF5", path);
    }
    return STATUS_OK;
}

/* Reserve what the file still needs of the disk. False: there is no room, and errno says why. */
static bool has_room(hid_t file)
{
    int *fd;
    hsize_t size;
    if (H5Fget_filesize(file, &size) < 0 ||
        H5Fget_vfd_handle(file, H5P_DEFAULT, (void **)&fd) < 0 || size == 0)
        return true;
    return fallocate(*fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)size) == 0 ||
           (errno != ENOSPC && errno != EDQUOT); /* a file system without it: the flush will tell */
}

/* Put a file in memory in the place of the one on disk: what HDF5 still has to say goes there. */
static void let_go(hid_t file)
{
    int *on_disk, in_memory = memfd_create("discarded.h5", MFD_CLOEXEC);
    if (in_memory < 0)
        return;
    if (H5Fget_vfd_handle(file, H5P_DEFAULT, (void **)&on_disk) >= 0)
        (void)dup2(in_memory, *on_disk);
    close(in_memory);
}

/* HDF5 1.10 cannot close a file that it fails to flush: all of it stays in memory for good. So it
 * never meets the end of the disk here. */
enum status h5_close(struct h5 *f)
{
    if (f->file < 0)
        return STATUS_OK;
    unsigned intent;
    enum status result = STATUS_OK;
    if (H5Fget_intent(f->file, &intent) >= 0 && intent != H5F_ACC_RDONLY && !has_room(f->file)) {
        result = status_fail(STATUS_IO, "%s: cannot be written: %s", f->path, file_reason());
        let_go(f->file);
    }
    herr_t flushed = H5Fflush(f->file, H5F_SCOPE_GLOBAL);
    herr_t closed = H5Fclose(f->file);
    f->file = -1;
    if (result == STATUS_OK && (flushed < 0 || closed < 0))
        return status_fail(STATUS_IO, "%s: cannot be written to the end (is the disk full?)",
                           f->path);
    return result;
}

bool h5_has(const struct h5 *f, const char *name)
{
    /* H5Lexists wants every parent to exist, so walk down the path. */
    char part[FILE_PATH];
    if (snprintf(part, sizeof part, "%s", name) >= (int)sizeof part)
        return false;
    for (char *end = part + 1;; end++) {
        if (*end != '/' && *end != '\0')
            continue;
        char kept = *end;
        *end = '\0';
        if (H5Lexists(f->file, part, H5P_DEFAULT) <= 0)
            return false;
        *end = kept;
        if (kept == '\0')
            break;
    }
    return H5Oexists_by_name(f->file, name, H5P_DEFAULT) > 0;
}

bool h5_has_attribute(const struct h5 *f, const char *object, const char *name)
{
    return H5Aexists_by_name(f->file, object, name, H5P_DEFAULT) > 0;
}

static enum status open_dataset(const struct h5 *f, const char *name, hid_t *set)
{
    if (!h5_has(f, name))
        return status_fail(STATUS_MISSING, "%s: has no dataset '%s'", f->path, name);
    *set = H5Dopen2(f->file, name, H5P_DEFAULT);
    if (*set < 0)
        return status_fail(STATUS_FORMAT, "%s: '%s' is not a dataset", f->path, name);
    return STATUS_OK;
}

enum status h5_shape(const struct h5 *f, const char *name, int *rank, size_t dims[H5_MAX_RANK])
{
    hid_t set = H5I_INVALID_HID;
    TRY(open_dataset(f, name, &set));
    hid_t space = H5Dget_space(set);
    int found = H5Sget_simple_extent_ndims(space);
    hsize_t size[H5S_MAX_RANK] = {0};
    enum status result = STATUS_OK;
    if (found < 0 || found > H5_MAX_RANK)
        result = status_fail(STATUS_SHAPE, "%s: '%s' has %d dimensions, at most %d are expected",
                             f->path, name, found, H5_MAX_RANK);
    else if (H5Sget_simple_extent_dims(space, size, NULL) < 0)
        result = status_fail(STATUS_FORMAT, "%s: the shape of '%s' cannot be read", f->path, name);
    if (result == STATUS_OK) {
        *rank = found;
        for (int i = 0; i < found; i++)
            dims[i] = (size_t)size[i];
    }
    H5Sclose(space);
    H5Dclose(set);
    return result;
}

enum status h5_count(const struct h5 *f, const char *name, size_t *count)
{
    int rank;
    size_t dims[H5_MAX_RANK];
    TRY(h5_shape(f, name, &rank, dims));
    *count = 1;
    for (int i = 0; i < rank; i++) {
        if (__builtin_mul_overflow(*count, dims[i], count))
            return status_fail(STATUS_SHAPE, "%s: '%s' claims an impossible size", f->path, name);
    }
    return STATUS_OK;
}

/* Numbers only: HDF5 would otherwise fail late and without a word. */
static enum status check_numeric(const struct h5 *f, const char *name, hid_t set)
{
    hid_t type = H5Dget_type(set);
    H5T_class_t class = H5Tget_class(type);
    H5Tclose(type);
    if (class != H5T_INTEGER && class != H5T_FLOAT && class != H5T_ENUM)
        return status_fail(STATUS_FORMAT, "%s: '%s' does not hold numbers", f->path, name);
    return STATUS_OK;
}

/* HDF5 converts integers and floats, and enums (h5py's bool) to integers, but enums to floats only
 * through their base type: read as that is rare enough to be done by the caller as uint8. */
enum status h5_read(const struct h5 *f, const char *name, hid_t type, size_t count, void *out)
{
    size_t found;
    hid_t set = H5I_INVALID_HID;
    TRY(h5_count(f, name, &found));
    if (found != count)
        return status_fail(STATUS_SHAPE, "%s: '%s' holds %zu numbers, %zu are expected", f->path,
                           name, found, count);
    TRY(open_dataset(f, name, &set));
    enum status result = check_numeric(f, name, set);
    if (result == STATUS_OK && count > 0 &&
        H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, out) < 0)
        result = status_fail(STATUS_FORMAT, "%s: '%s' cannot be read (damaged or cut short?)",
                             f->path, name);
    H5Dclose(set);
    return result;
}

enum status h5_read_float(const struct h5 *f, const char *name, size_t count, float *out)
{
    return h5_read(f, name, H5T_NATIVE_FLOAT, count, out);
}

enum status h5_read_double(const struct h5 *f, const char *name, size_t count, double *out)
{
    return h5_read(f, name, H5T_NATIVE_DOUBLE, count, out);
}

enum status h5_read_rows(const struct h5 *f, const char *name, hid_t type, size_t start,
                         size_t rows, void *out)
{
    int rank;
    size_t dims[H5_MAX_RANK];
    TRY(h5_shape(f, name, &rank, dims));
    if (rank < 1 || start > dims[0] || rows > dims[0] - start)
        return status_fail(STATUS_SHAPE, "%s: '%s' has no rows %zu to %zu", f->path, name, start,
                           start + rows);
    hid_t set = H5I_INVALID_HID;
    TRY(open_dataset(f, name, &set));
    enum status result = check_numeric(f, name, set);
    if (result == STATUS_OK && rows > 0) {
        hsize_t from[H5_MAX_RANK] = {start}, size[H5_MAX_RANK] = {rows};
        for (int i = 1; i < rank; i++)
            size[i] = dims[i];
        hid_t space = H5Dget_space(set), memory = H5Screate_simple(rank, size, NULL);
        if (H5Sselect_hyperslab(space, H5S_SELECT_SET, from, NULL, size, NULL) < 0 ||
            H5Dread(set, type, memory, space, H5P_DEFAULT, out) < 0)
            result = status_fail(STATUS_FORMAT, "%s: '%s' cannot be read (damaged or cut short?)",
                                 f->path, name);
        H5Sclose(memory);
        H5Sclose(space);
    }
    H5Dclose(set);
    return result;
}

/* Shared by text datasets and attributes: read through `read` into a string of the right kind. */
static bool copy_text(hid_t type, char *out, size_t size,
                      herr_t (*read)(hid_t object, hid_t type, void *buffer), hid_t object)
{
    bool done = false;
    if (H5Tis_variable_str(type) > 0) {
        char *text = NULL;
        hid_t memory = H5Tcopy(H5T_C_S1);
        H5Tset_size(memory, H5T_VARIABLE);
        H5Tset_cset(memory, H5Tget_cset(type));
        if (read(object, memory, &text) >= 0 && text != NULL)
            done = snprintf(out, size, "%s", text) < (int)size;
        H5free_memory(text);
        H5Tclose(memory);
    } else {
        size_t length = H5Tget_size(type);
        char *text = length < ((size_t)1 << 24) ? calloc(1, length + 1) : NULL;
        if (text != NULL && read(object, type, text) >= 0)
            done = snprintf(out, size, "%s", text) < (int)size;
        free(text);
    }
    return done;
}

static herr_t read_dataset(hid_t set, hid_t type, void *buffer)
{
    return H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, buffer);
}

static herr_t read_attribute(hid_t attribute, hid_t type, void *buffer)
{
    return H5Aread(attribute, type, buffer);
}

enum status h5_read_text(const struct h5 *f, const char *name, char *out, size_t size)
{
    size_t count;
    hid_t set = H5I_INVALID_HID;
    TRY(h5_count(f, name, &count));
    TRY(open_dataset(f, name, &set));
    hid_t type = H5Dget_type(set);
    bool done = count == 1 && H5Tget_class(type) == H5T_STRING &&
                copy_text(type, out, size, read_dataset, set);
    H5Tclose(type);
    H5Dclose(set);
    if (!done)
        return status_fail(STATUS_FORMAT, "%s: '%s' is not one text of at most %zu bytes", f->path,
                           name, size - 1);
    return STATUS_OK;
}

static enum status open_attribute(const struct h5 *f, const char *object, const char *name,
                                  hid_t *attribute)
{
    if (!h5_has_attribute(f, object, name))
        return status_fail(STATUS_MISSING, "%s: '%s' has no attribute '%s'", f->path, object, name);
    *attribute = H5Aopen_by_name(f->file, object, name, H5P_DEFAULT, H5P_DEFAULT);
    if (*attribute < 0)
        return status_fail(STATUS_FORMAT, "%s: attribute '%s' of '%s' cannot be read", f->path,
                           name, object);
    return STATUS_OK;
}

/* Attributes of more than one element would overrun the caller's single value. */
static bool attribute_is_one(hid_t attribute, H5T_class_t a, H5T_class_t b, H5T_class_t c)
{
    hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
    H5T_class_t class = H5Tget_class(type);
    bool one = H5Sget_simple_extent_npoints(space) == 1 && (class == a || class == b || class == c);
    H5Sclose(space);
    H5Tclose(type);
    return one;
}

enum status h5_get_number(const struct h5 *f, const char *object, const char *name, double *out)
{
    hid_t attribute = H5I_INVALID_HID;
    TRY(open_attribute(f, object, name, &attribute));
    bool done = attribute_is_one(attribute, H5T_INTEGER, H5T_FLOAT, H5T_FLOAT) &&
                H5Aread(attribute, H5T_NATIVE_DOUBLE, out) >= 0;
    H5Aclose(attribute);
    if (!done)
        return status_fail(STATUS_FORMAT, "%s: attribute '%s' of '%s' is not one number", f->path,
                           name, object);
    return STATUS_OK;
}

enum status h5_get_text(const struct h5 *f, const char *object, const char *name, char *out,
                        size_t size)
{
    hid_t attribute = H5I_INVALID_HID;
    TRY(open_attribute(f, object, name, &attribute));
    hid_t type = H5Aget_type(attribute);
    bool done = attribute_is_one(attribute, H5T_STRING, H5T_STRING, H5T_STRING) &&
                copy_text(type, out, size, read_attribute, attribute);
    H5Tclose(type);
    H5Aclose(attribute);
    if (!done)
        return status_fail(STATUS_FORMAT,
                           "%s: attribute '%s' of '%s' is not one text of at most "
                           "%zu bytes",
                           f->path, name, object, size - 1);
    return STATUS_OK;
}

static enum status set_attribute(const struct h5 *f, const char *object, const char *name,
                                 hid_t stored, hid_t type, const void *value)
{
    if (h5_has_attribute(f, object, name))
        H5Adelete_by_name(f->file, object, name, H5P_DEFAULT);
    hid_t space = H5Screate(H5S_SCALAR);
    hid_t attribute = H5Acreate_by_name(f->file, object, name, stored, space, H5P_DEFAULT,
                                        H5P_DEFAULT, H5P_DEFAULT);
    herr_t done = attribute < 0 ? -1 : H5Awrite(attribute, type, value);
    if (attribute >= 0)
        H5Aclose(attribute);
    H5Sclose(space);
    if (done < 0)
        return status_fail(STATUS_IO, "%s: cannot write attribute '%s' of '%s'", f->path, name,
                           object);
    return STATUS_OK;
}

enum status h5_set_number(const struct h5 *f, const char *object, const char *name, double value)
{
    return set_attribute(f, object, name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, &value);
}

enum status h5_set_integer(const struct h5 *f, const char *object, const char *name, int64_t value)
{
    return set_attribute(f, object, name, H5T_STD_I64LE, H5T_NATIVE_INT64, &value);
}

enum status h5_set_text(const struct h5 *f, const char *object, const char *name, const char *value)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, strlen(value) + 1);
    H5Tset_cset(type, H5T_CSET_UTF8);
    enum status result = set_attribute(f, object, name, type, type, value);
    H5Tclose(type);
    return result;
}

enum status h5_make_group(const struct h5 *f, const char *name)
{
    if (h5_has(f, name))
        return STATUS_OK;
    hid_t parents = H5Pcreate(H5P_LINK_CREATE);
    H5Pset_create_intermediate_group(parents, 1);
    hid_t group = H5Gcreate2(f->file, name, parents, H5P_DEFAULT, H5P_DEFAULT);
    H5Pclose(parents);
    if (group < 0)
        return status_fail(STATUS_IO, "%s: cannot make the group '%s'", f->path, name);
    H5Gclose(group);
    return STATUS_OK;
}

/* About 64 KiB a chunk, whole rows: cheap to read in order, small enough to skip. */
static void choose_chunk(int rank, const size_t dims[], size_t width, hsize_t chunk[])
{
    size_t row = width;
    for (int i = 1; i < rank; i++) {
        chunk[i] = dims[i] > 0 ? dims[i] : 1;
        row *= chunk[i];
    }
    size_t rows = 65536 / row;
    if (rows < 1)
        rows = 1;
    chunk[0] = rows < dims[0] ? rows : (dims[0] > 0 ? dims[0] : 1);
}

enum status h5_write(const struct h5 *f, const char *name, hid_t stored, hid_t type, int rank,
                     const size_t dims[], int gzip, const void *data)
{
    hsize_t size[H5_MAX_RANK], chunk[H5_MAX_RANK];
    size_t count = 1;
    for (int i = 0; i < rank; i++) {
        size[i] = dims[i];
        count *= dims[i];
    }
    hid_t space = rank > 0 ? H5Screate_simple(rank, size, NULL) : H5Screate(H5S_SCALAR);
    hid_t parents = H5Pcreate(H5P_LINK_CREATE), layout = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_create_intermediate_group(parents, 1);
    H5Pset_obj_track_times(layout, false); /* the same data give the same bytes */
    if (gzip > 0 && rank > 0 && count > 0) {
        choose_chunk(rank, dims, H5Tget_size(stored), chunk);
        H5Pset_chunk(layout, rank, chunk);
        H5Pset_deflate(layout, (unsigned)gzip);
    }
    hid_t set = H5Dcreate2(f->file, name, stored, space, parents, layout, H5P_DEFAULT);
    herr_t done = set < 0 ? -1 : 0;
    if (set >= 0 && count > 0)
        done = H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data);
    if (set >= 0 && H5Dclose(set) < 0)
        done = -1;
    H5Pclose(layout);
    H5Pclose(parents);
    H5Sclose(space);
    if (done < 0)
        return status_fail(STATUS_IO, "%s: cannot write '%s' (is the disk full?)", f->path, name);
    return STATUS_OK;
}

enum status h5_write_float(const struct h5 *f, const char *name, int rank, const size_t dims[],
                           const float *data)
{
    return h5_write(f, name, H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, rank, dims, 0, data);
}

enum status h5_write_double(const struct h5 *f, const char *name, int rank, const size_t dims[],
                            const double *data)
{
    return h5_write(f, name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, rank, dims, 0, data);
}

hid_t h5_bool_type(void)
{
    static const signed char no = 0, yes = 1;
    hid_t type = H5Tenum_create(H5T_STD_I8LE);
    H5Tenum_insert(type, "FALSE", &no);
    H5Tenum_insert(type, "TRUE", &yes);
    return type;
}

struct each {
    const struct h5 *f;
    enum status (*visit)(const struct h5 *f, const char *name, void *context);
    void *context;
    enum status result;
};

static herr_t each_link(hid_t group, const char *name, const H5L_info_t *info, void *context)
{
    (void)group;
    (void)info;
    struct each *e = context;
    e->result = e->visit(e->f, name, e->context);
    return e->result == STATUS_OK ? 0 : 1;
}

enum status h5_each(const struct h5 *f, const char *group,
                    enum status (*visit)(const struct h5 *f, const char *name, void *context),
                    void *context)
{
    struct each e = {.f = f, .visit = visit, .context = context};
    hsize_t at = 0;
    if (H5Literate_by_name(f->file, group, H5_INDEX_NAME, H5_ITER_INC, &at, each_link, &e,
                           H5P_DEFAULT) < 0)
        return status_fail(STATUS_MISSING, "%s: has no group '%s'", f->path, group);
    return e.result;
}
