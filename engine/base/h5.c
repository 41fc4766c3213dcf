#include "engine/base/h5.h"

#include "engine/base/guard.h"
#include "engine/base/h5_image.h"
#include "engine/base/h5_scan.h"
#include "engine/base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Our sentences replace HDF5's own stack dump. */
static void silence(void)
{
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

/* Disable HDF5's clean-up at exit: a file that it failed to close (disk error, damaged input) stays
 * open inside it and would crash the clean-up. All our files are closed by then.
 *
 * Disable its file locks too: where flock fails it reports a good file as unreadable. Our files are
 * complete before they get their names, and lock.h decides who writes. HDF5 reads the environment
 * only once, at its start. */
__attribute__((constructor)) static void set_up_library(void)
{
    (void)setenv("HDF5_USE_FILE_LOCKING", "FALSE", 1);
    (void)H5dont_atexit();
}

/* --- reading ---------------------------------------------------------------------------------- */

static enum status cannot_be_told(const struct h5 *f)
{
    return status_fail(STATUS_IO, "%s: cannot be accessed: %s", f->path, strerror(errno));
}

/* Runs in a child process, which HDF5 may crash. */
static enum status take_image(struct h5 *f, bool root_only)
{
    enum { SECONDS = 8 };
    static const size_t MEMORY = (size_t)768 << 20;
    struct stat info;
    if (fstat(f->fd, &info) != 0)
        return cannot_be_told(f);
    f->bytes = (uint64_t)info.st_size;
    union h5_scan scan = {.of = {.file_bytes = f->bytes, .root_only = root_only}};
    const struct guard_limits limits = {SECONDS, MEMORY, h5_scan_most(f->bytes)};
    void *bytes;
    size_t count;
    memcpy(scan.of.path, f->path, sizeof scan.of.path);
    (void)H5open(); /* once, here, so that the children need not */
    TRY(guard_collect(f->path, &limits, h5_scan, &scan, f->fd, &bytes, &count));
    enum status result = image_open(f->path, bytes, count, f->bytes, &f->image);
    if (result != STATUS_OK)
        guard_distrust();
    return result;
}

static enum status open_image(struct h5 *f, const char *path, bool root_only)
{
    enum { TRIES = 20 };
    *f = (struct h5){.file = -1, .fd = -1};
    TRY(file_path(f->path, "%s", path));
    enum status result = STATUS_BUSY;
    /* A file may be replaced while we read it, for example by the run that writes the curve. */
    for (int tries = 0; result == STATUS_BUSY && tries < TRIES; tries++) {
        TRY(file_open(path, &f->fd));
        result = take_image(f, root_only);
        if (result != STATUS_OK)
            close(f->fd);
    }
    if (result != STATUS_OK)
        f->fd = -1;
    return result == STATUS_BUSY ? status_kept(0, STATUS_IO) : result;
}

enum status h5_open(struct h5 *f, const char *path)
{
    return open_image(f, path, false);
}

enum status h5_open_root(struct h5 *f, const char *path)
{
    return open_image(f, path, true);
}

uint64_t h5_file_bytes(const struct h5 *f)
{
    return f->bytes;
}

bool h5_has(const struct h5 *f, const char *name)
{
    return f->image != NULL && image_find(f->image, name, NULL) != NULL;
}

bool h5_is_group(const struct h5 *f, const char *name)
{
    const struct image_record *r = f->image != NULL ? image_find(f->image, name, NULL) : NULL;
    return r != NULL && r->kind == IMAGE_GROUP;
}

bool h5_has_attribute(const struct h5 *f, const char *object, const char *name)
{
    return f->image != NULL && image_find(f->image, object, name) != NULL;
}

static enum status trouble(const struct h5 *f, const char *name, const struct image_record *r)
{
    return status_fail(r->trouble == IMAGE_RANKS ? STATUS_SHAPE : STATUS_FORMAT, "%s: '%s' %s",
                       f->path, name, image_trouble_text(r));
}

static enum status find_dataset(const struct h5 *f, const char *name, const struct image_record **r)
{
    *r = f->image != NULL ? image_find(f->image, name, NULL) : NULL;
    if (*r == NULL)
        return status_fail(STATUS_FORMAT, "%s: has no dataset '%s'", f->path, name);
    if ((*r)->trouble != IMAGE_SOUND)
        return trouble(f, name, *r);
    if ((*r)->kind != IMAGE_DATASET)
        return status_fail(STATUS_FORMAT, "%s: '%s' is not a dataset", f->path, name);
    return STATUS_OK;
}

enum status h5_shape(const struct h5 *f, const char *name, int *rank, size_t dims[H5_MAX_RANK])
{
    const struct image_record *r;
    TRY(find_dataset(f, name, &r));
    *rank = r->rank;
    for (int i = 0; i < r->rank; i++)
        dims[i] = (size_t)r->dims[i];
    return STATUS_OK;
}

enum status h5_count(const struct h5 *f, const char *name, size_t *count)
{
    const struct image_record *r;
    TRY(find_dataset(f, name, &r));
    *count = image_count(r);
    return STATUS_OK;
}

/* Classify a type in memory, one of HDF5's native types. */
static struct image_type memory_type(hid_t type)
{
    bool real = H5Tget_class(type) == H5T_FLOAT;
    bool negative = !real && H5Tget_sign(type) == H5T_SGN_2;
    return (struct image_type){real       ? IMAGE_REAL
                               : negative ? IMAGE_SIGNED
                                          : IMAGE_UNSIGNED,
                               H5Tget_size(type)};
}

static enum status find_numbers(const struct h5 *f, const char *name, const struct image_record **r)
{
    TRY(find_dataset(f, name, r));
    if ((*r)->value == IMAGE_NOTHING || (*r)->value == IMAGE_TEXT)
        return status_fail(STATUS_FORMAT, "%s: '%s' does not hold numbers", f->path, name);
    return STATUS_OK;
}

enum status h5_read(const struct h5 *f, const char *name, hid_t type, size_t count, void *out)
{
    const struct image_record *r;
    size_t found;
    TRY(h5_count(f, name, &found));
    if (found != count)
        return status_fail(STATUS_SHAPE, "%s: '%s' holds %zu numbers, %zu are expected", f->path,
                           name, found, count);
    TRY(find_numbers(f, name, &r));
    return image_numbers(f->path, r, f->fd, count, memory_type(type), out);
}

enum status h5_read_float(const struct h5 *f, const char *name, size_t count, float *out)
{
    return h5_read(f, name, H5T_NATIVE_FLOAT, count, out);
}

enum status h5_read_double(const struct h5 *f, const char *name, size_t count, double *out)
{
    return h5_read(f, name, H5T_NATIVE_DOUBLE, count, out);
}

/* The only text of a record. */
static bool copy_text(const struct image_record *r, char *out, size_t size)
{
    const char *text = r->value == IMAGE_TEXT && image_count(r) == 1 ? image_text(r, NULL) : NULL;
    return text != NULL && snprintf(out, size, "%s", text) < (int)size;
}

enum status h5_read_text(const struct h5 *f, const char *name, char *out, size_t size)
{
    const struct image_record *r;
    TRY(find_dataset(f, name, &r));
    if (!copy_text(r, out, size))
        return status_fail(STATUS_FORMAT, "%s: '%s' is not one text of at most %zu bytes", f->path,
                           name, size - 1);
    return STATUS_OK;
}

enum status h5_each_text(const struct h5 *f, const char *name,
                         enum status (*visit)(const struct h5 *f, const char *text, void *context),
                         void *context)
{
    const struct image_record *r;
    TRY(find_dataset(f, name, &r));
    if (r->value != IMAGE_TEXT)
        return status_fail(STATUS_FORMAT, "%s: '%s' does not hold text", f->path, name);
    for (const char *text = NULL; (text = image_text(r, text)) != NULL;)
        TRY(visit(f, text, context));
    return STATUS_OK;
}

static enum status find_attribute(const struct h5 *f, const char *object, const char *name,
                                  const struct image_record **r)
{
    *r = f->image != NULL ? image_find(f->image, object, name) : NULL;
    if (*r == NULL)
        return status_fail(STATUS_FORMAT, "%s: '%s' has no attribute '%s'", f->path, object, name);
    if ((*r)->trouble != IMAGE_SOUND)
        return status_fail(STATUS_FORMAT, "%s: attribute '%s' of '%s' %s", f->path, name, object,
                           image_trouble_text(*r));
    return STATUS_OK;
}

enum status h5_get_number(const struct h5 *f, const char *object, const char *name, double *out)
{
    const struct image_record *r;
    TRY(find_attribute(f, object, name, &r));
    if (r->value == IMAGE_NOTHING || r->value == IMAGE_TEXT || image_count(r) != 1)
        return status_fail(STATUS_FORMAT, "%s: attribute '%s' of '%s' is not one number", f->path,
                           name, object);
    return image_numbers(f->path, r, f->fd, 1, memory_type(H5T_NATIVE_DOUBLE), out);
}

enum status h5_get_text(const struct h5 *f, const char *object, const char *name, char *out,
                        size_t size)
{
    const struct image_record *r;
    TRY(find_attribute(f, object, name, &r));
    if (!copy_text(r, out, size))
        return status_fail(STATUS_FORMAT,
                           "%s: attribute '%s' of '%s' is not one text of at most %zu bytes",
                           f->path, name, object, size - 1);
    return STATUS_OK;
}

static enum status each(const struct h5 *f, const char *object, bool attributes,
                        enum status (*visit)(const struct h5 *f, const char *name, void *context),
                        void *context)
{
    for (const char *name = NULL; (name = image_next(f->image, object, attributes, name)) != NULL;)
        TRY(visit(f, name, context));
    return STATUS_OK;
}

enum status h5_each(const struct h5 *f, const char *group,
                    enum status (*visit)(const struct h5 *f, const char *name, void *context),
                    void *context)
{
    const struct image_record *r = f->image != NULL ? image_find(f->image, group, NULL) : NULL;
    if (r != NULL && r->trouble != IMAGE_SOUND)
        return trouble(f, group, r);
    if (r == NULL || r->kind != IMAGE_GROUP)
        return status_fail(STATUS_FORMAT, "%s: has no group '%s'", f->path, group);
    return each(f, group, false, visit, context);
}

enum status h5_each_attribute(const struct h5 *f, const char *object,
                              enum status (*visit)(const struct h5 *f, const char *name,
                                                   void *context),
                              void *context)
{
    return f->image != NULL ? each(f, object, true, visit, context) : STATUS_OK;
}

/* --- writing ---------------------------------------------------------------------------------- */

/* HDF5 never releases a file that it can create but not write, so write one page first as a
 * test. */
static enum status try_to_write(const char *path)
{
    static const char page[4096];
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) {
        enum status failed = status_fail(STATUS_IO, "%s: cannot be created: %s", path,
                                         file_reason());
        unlink(path); /* created by file_temporary() */
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

/* Of a new file: where it is refused, HDF5 crashes (1.10: H5AC_create). */
enum { HDF5_CACHE = 4 << 20 };

enum status h5_create(struct h5 *f, const char *path)
{
    silence();
    *f = (struct h5){.file = -1, .fd = -1};
    if (snprintf(f->path, sizeof f->path, "%s", path) >= (int)sizeof f->path)
        return status_fail(STATUS_IO, "%s: the path is longer than %d characters", path, FILE_PATH);
    TRY(try_to_write(path));
    if (!memory_has_room(HDF5_CACHE)) {
        unlink(path);
        return status_fail(STATUS_MEMORY,
                           "%s: there is no memory to create it; raise the limit (ulimit -v)",
                           path);
    }
    f->file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    if (f->file < 0) {
        unlink(path);
        return status_fail(STATUS_IO, "%s: cannot be created by HDF5", path);
    }
    return STATUS_OK;
}

/* Reserve the disk space that the file still needs. False: there is not enough, and errno says
 * why. */
static bool has_room(hid_t file)
{
    int *fd;
    hsize_t size;
    if (H5Fget_filesize(file, &size) < 0 ||
        H5Fget_vfd_handle(file, H5P_DEFAULT, (void **)&fd) < 0 || size == 0)
        return true;
    return fallocate(*fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)size) == 0 ||
           (errno != ENOSPC && errno != EDQUOT); /* without fallocate the flush will tell */
}

/* Replace the descriptor of the file on disk by one in memory, where HDF5's remaining output
 * goes. */
static void discard_output(hid_t file)
{
    int *on_disk, in_memory = memfd_create("discarded.h5", MFD_CLOEXEC);
    if (in_memory < 0)
        return;
    if (H5Fget_vfd_handle(file, H5P_DEFAULT, (void **)&on_disk) >= 0)
        (void)dup2(in_memory, *on_disk);
    close(in_memory);
}

/* HDF5 1.10 cannot close a file that it fails to flush: all of it stays in memory forever. So we
 * make sure that it never runs into a full disk here. */
static enum status close_written(struct h5 *f)
{
    enum status result = STATUS_OK;
    if (!has_room(f->file)) {
        result = status_fail(STATUS_IO, "%s: cannot be written: %s", f->path, file_reason());
        discard_output(f->file);
    }
    herr_t flushed = H5Fflush(f->file, H5F_SCOPE_GLOBAL);
    herr_t closed = H5Fclose(f->file);
    f->file = -1;
    if (result == STATUS_OK && (flushed < 0 || closed < 0))
        return status_fail(STATUS_IO, "%s: cannot be written to the end (is the disk full?)",
                           f->path);
    return result;
}

enum status h5_close(struct h5 *f)
{
    image_free(f->image);
    f->image = NULL;
    if (f->fd >= 0)
        close(f->fd);
    f->fd = -1;
    return f->file >= 0 ? close_written(f) : STATUS_OK;
}

static enum status set_attribute(const struct h5 *f, const char *object, const char *name,
                                 hid_t stored, hid_t type, const void *value)
{
    if (H5Aexists_by_name(f->file, object, name, H5P_DEFAULT) > 0)
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
    hid_t parents = H5Pcreate(H5P_LINK_CREATE);
    H5Pset_create_intermediate_group(parents, 1);
    hid_t group = H5Gopen2(f->file, name, H5P_DEFAULT);
    if (group < 0)
        group = H5Gcreate2(f->file, name, parents, H5P_DEFAULT, H5P_DEFAULT);
    H5Pclose(parents);
    if (group < 0)
        return status_fail(STATUS_IO, "%s: cannot create the group '%s'", f->path, name);
    H5Gclose(group);
    return STATUS_OK;
}

/* About 64 KiB per chunk, whole rows: cheap to read in order, small enough to skip. */
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
    H5Pset_obj_track_times(layout, false); /* so that equal data give equal bytes */
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

enum status h5_write_text(const struct h5 *f, const char *name, const char *text)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, strlen(text) + 1);
    H5Tset_cset(type, H5T_CSET_UTF8);
    enum status result = h5_write(f, name, type, type, 0, NULL, 0, text);
    H5Tclose(type);
    return result;
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
