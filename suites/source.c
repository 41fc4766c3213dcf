#include "suites/source.h"

#include "suites/chunk.h"
#include "suites/dataset_table.h"
#include "suites/filter.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const size_t SLACK = (size_t)1 << 16;
static const size_t CHUNK_FREE = (size_t)1 << 24; /* a chunk of that size needs no excuse */
static const size_t CHUNK_MOST = (size_t)1 << 30;

/* --- opening -------------------------------------------------------------------------------------
 */

/* HDF5 asks here before it follows an external link. */
static herr_t follow_link(const char *parent_file, const char *parent_group, const char *child_file,
                          const char *child_object, unsigned *flags, hid_t access, void *context)
{
    (void)parent_group;
    (void)child_object;
    (void)flags;
    (void)access;
    struct source *s = context;
    char folder[FILE_PATH], path[FILE_PATH];
    /* lstat: a symbolic link is one more way out of the folder, and a pipe would hang. */
    struct stat info;
    if (s->siblings && strchr(child_file, '/') == NULL &&
        file_parent(parent_file, folder) == STATUS_OK &&
        file_path(path, "%s/%s", folder, child_file) == STATUS_OK && lstat(path, &info) == 0 &&
        S_ISREG(info.st_mode))
        return 0;
    snprintf(s->refused, sizeof s->refused, "%s", child_file);
    return -1;
}

static void describe_remedy(struct source *s, const char *path)
{
    const struct dataset_entry *entry = dataset_find(path);
    if (entry != NULL)
        snprintf(s->remedy, sizeof s->remedy, "fetch it again with `vitamin data fetch %s`",
                 entry->id);
    else
        snprintf(s->remedy, sizeof s->remedy, "copy, download or make the file again");
}

static enum status check_file(struct source *s, const char *path)
{
    int fd;
    TRY(file_open(path, &fd));
    off_t bytes = lseek(fd, 0, SEEK_END);
    close(fd);
    if (bytes <= 0)
        return status_fail(STATUS_FORMAT, "%s: the file is empty; %s", path, s->remedy);
    s->bytes = (size_t)bytes;
    if (H5Fis_hdf5(path) <= 0)
        return status_fail(STATUS_FORMAT,
                           "%s: is not an HDF5 file (%zu bytes of something else); %s", path,
                           s->bytes, s->remedy);
    return STATUS_OK;
}

enum status source_open(struct source *s, const char *path, bool siblings)
{
    *s = (struct source){
        .h5 = {.file = -1, .fd = -1}, .file = -1, .access = -1, .siblings = siblings};
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL); /* our sentences replace HDF5's stack dump */
    describe_remedy(s, path);
    TRY(check_file(s, path));
    enum status opened = h5_open_root(&s->h5, path);
    if (opened == STATUS_OK) {
        H5PLset_loading_state(0); /* no filter is loaded because a file asks for it */
        s->file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    }
    if (opened == STATUS_FORMAT || (opened == STATUS_OK && s->file < 0))
        return status_fail(STATUS_FORMAT, "%s: is cut short or damaged (%zu bytes are there); %s",
                           path, s->bytes, s->remedy);
    TRY(opened);
    /* Dataset access lists are link access lists too. */
    s->access = H5Pcreate(H5P_DATASET_ACCESS);
    H5Pset_elink_cb(s->access, follow_link, s);
    return STATUS_OK;
}

void source_close(struct source *s)
{
    if (s->access >= 0)
        H5Pclose(s->access);
    if (s->file >= 0)
        H5Fclose(s->file);
    s->access = s->file = -1;
    (void)h5_close(&s->h5); /* read only: nothing can be lost */
}

/* --- fields --------------------------------------------------------------------------------------
 */

bool source_has(struct source *s, const char *name)
{
    char part[SOURCE_NAME];
    if (snprintf(part, sizeof part, "%s", name) >= (int)sizeof part)
        return false;
    for (char *end = part + 1;; end++) {
        if (*end != '/' && *end != '\0')
            continue;
        char kept = *end;
        *end = '\0';
        if (H5Lexists(s->file, part, s->access) <= 0)
            return false;
        *end = kept;
        if (kept == '\0')
            return true;
    }
}

/* Does the library refuse a version of a part of the file that it does not know? */
static herr_t note_version(unsigned n, const H5E_error2_t *error, void *newer)
{
    (void)n;
    if (error->min_num == H5E_VERSION ||
        (error->desc != NULL && strstr(error->desc, "version") != NULL))
        *(bool *)newer = true;
    return 0;
}

static bool is_newer(void)
{
    bool newer = false;
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, note_version, &newer);
    return newer;
}

static enum status refuse_newer(const struct source *s, const char *what)
{
    unsigned major = 0, minor = 0, release = 0;
    H5get_libversion(&major, &minor, &release);
    return status_fail(
        STATUS_FORMAT,
        "%s: %s is written in a newer version of the HDF5 format than this HDF5 "
        "(%u.%u.%u) knows, or damaged; rewrite the file with the HDF5 that wrote it: `h5repack "
        "--low=0 --high=1 OLD NEW`, or by h5py with libver=('earliest', 'v108')",
        s->h5.path, what, major, minor, release);
}

static enum status open_field(struct source *s, const char *name, struct field *f)
{
    const char *path = s->h5.path;
    *f = (struct field){.set = -1};
    if (snprintf(f->name, sizeof f->name, "%s", name) >= (int)sizeof f->name)
        return status_fail(STATUS_FORMAT, "%s: the name of a field is longer than %d characters",
                           path, SOURCE_NAME);
    *s->refused = '\0';
    bool newer = false;
    if (source_has(s, name)) {
        f->set = H5Dopen2(s->file, name, s->access);
        newer = f->set < 0 && is_newer();
        if (f->set >= 0) {
            hid_t home = H5Iget_file_id(f->set);
            hsize_t bytes = 0;
            H5Fget_filesize(home, &bytes);
            H5Fclose(home);
            f->file_bytes = (size_t)bytes;
            return STATUS_OK;
        }
    }
    if (*s->refused != '\0')
        return status_fail(STATUS_FORMAT,
                           "%s: field '%s' is a link to another file ('%.100s'), which is not "
                           "followed; copy the data into one file with `h5repack --merge OLD NEW` "
                           "(Debian's hdf5-tools)",
                           path, name, s->refused);
    if (newer) {
        char what[SOURCE_NAME + 16];
        snprintf(what, sizeof what, "field '%s'", name);
        return refuse_newer(s, what);
    }
    if (!source_has(s, name))
        return status_fail(STATUS_FORMAT, "%s: field '%s' is missing; %s", path, name, s->remedy);
    return status_fail(STATUS_FORMAT,
                       "%s: field '%s' is not a readable array (a group, a broken link or damage);"
                       " %s",
                       path, name, s->remedy);
}

/* Type: integers, enums (h5py's bool) and floats of the usual widths. */
static enum status check_type(struct source *s, struct field *f)
{
    hid_t type = H5Dget_type(f->set);
    H5T_class_t class = H5Tget_class(type);
    size_t width = H5Tget_size(type);
    H5Tclose(type);
    const char *found = class == H5T_STRING      ? "text"
                        : class == H5T_COMPOUND  ? "records"
                        : class == H5T_REFERENCE ? "references"
                                                 : "something else";
    if (class != H5T_INTEGER && class != H5T_FLOAT && class != H5T_ENUM)
        return status_fail(STATUS_FORMAT, "%s: field '%s' holds %s instead of numbers; %s",
                           s->h5.path, f->name, found, s->remedy);
    if (width != 1 && width != 2 && width != 4 && width != 8 && width != 16)
        return status_fail(STATUS_FORMAT,
                           "%s: field '%s' holds numbers of %zu bytes; 1, 2, 4, 8 or 16 are "
                           "expected; %s",
                           s->h5.path, f->name, width, s->remedy);
    f->real = class == H5T_FLOAT;
    return STATUS_OK;
}

/* A filter that is not undone here. HDF5 itself brings some, which its tools read; for others they
 * need plugins. */
static enum status refuse_filter(const struct source *s, const struct field *f, H5Z_filter_t id,
                                 const char *name)
{
    int length = (int)strcspn(name, ";:(,");
    if (id < 256)
        return status_fail(
            STATUS_FORMAT,
            "%s: field '%s' is stored with HDF5's filter %d (%.*s), which is not "
            "read here; rewrite the file with `h5repack -f GZIP=4 OLD NEW` (Debian's "
            "hdf5-tools)",
            s->h5.path, f->name, (int)id, length, name);
    return status_fail(STATUS_FORMAT,
                       "%s: field '%s' is compressed with a plugin, filter %d (%.*s), which is not "
                       "read here; rewrite the file where h5py and hdf5plugin are installed: "
                       "HDF5_PLUGIN_PATH=$(python3 -c 'import hdf5plugin as p; "
                       "print(p.PLUGIN_PATH)') h5repack -f GZIP=4 OLD NEW",
                       s->h5.path, f->name, (int)id, length, name);
}

/* *expansion: how many times smaller than its numbers the field may be. */
static enum status check_filters(struct source *s, const struct field *f, hid_t plist,
                                 size_t *expansion)
{
    int filters = H5Pget_nfilters(plist);
    *expansion = 1;
    for (int i = 0; i < filters; i++) {
        unsigned flags = 0, config = 0;
        size_t values = 0;
        char filter[64] = "";
        H5Z_filter_t id = H5Pget_filter2(plist, (unsigned)i, &flags, &values, NULL, sizeof filter,
                                         filter, &config);
        filter[sizeof filter - 1] = '\0';
        if (!filter_knows(id))
            return refuse_filter(s, f, id, filter);
        size_t most = filter_expansion(id);
        *expansion = most > *expansion ? most : *expansion;
    }
    return STATUS_OK;
}

/* Where the numbers are stored, *before* the shape is asked for: that of a virtual dataset already
 * opens other files. */
static enum status check_storage(struct source *s, struct field *f, size_t *most)
{
    hid_t plist = H5Dget_create_plist(f->set), type = H5Dget_type(f->set);
    size_t stored = (size_t)H5Dget_storage_size(f->set), chunk_bytes = H5Tget_size(type);
    H5D_layout_t layout = H5Pget_layout(plist);
    size_t expansion = 1;
    enum status result = STATUS_OK;
    if (layout == H5D_VIRTUAL || H5Pget_external_count(plist) != 0)
        result = status_fail(STATUS_FORMAT,
                             "%s: field '%s' keeps its numbers in another file, which is not "
                             "followed; copy the data into one file with `h5repack -l CONTI OLD "
                             "NEW` (Debian's hdf5-tools)",
                             s->h5.path, f->name);
    else if (stored > f->file_bytes)
        result = status_fail(STATUS_FORMAT,
                             "%s: field '%s' claims %zu stored bytes in a file of %zu; %s",
                             s->h5.path, f->name, stored, f->file_bytes, s->remedy);
    else
        result = check_filters(s, f, plist, &expansion);

    f->chunked = layout == H5D_CHUNKED;
    if (result == STATUS_OK && f->chunked) {
        hsize_t chunk[H5S_MAX_RANK];
        int rank = H5Pget_chunk(plist, H5S_MAX_RANK, chunk);
        for (int i = 0; i < rank; i++) {
            if (__builtin_mul_overflow(chunk_bytes, chunk[i], &chunk_bytes))
                chunk_bytes = SIZE_MAX;
        }
        if (chunk_bytes > CHUNK_MOST ||
            (chunk_bytes > CHUNK_FREE && chunk_bytes / expansion > stored))
            result = status_fail(STATUS_SHAPE,
                                 "%s: field '%s' is stored in chunks of %zu bytes, too large for a "
                                 "file of %zu; rewrite it with h5repack",
                                 s->h5.path, f->name, chunk_bytes, f->file_bytes);
    }
    *most = f->chunked ? stored * expansion + SLACK : stored;
    H5Tclose(type);
    H5Pclose(plist);
    return result;
}

size_t source_memory(void)
{
    return (size_t)sysconf(_SC_PHYS_PAGES) / 4 * 3 * (size_t)sysconf(_SC_PAGESIZE);
}

static enum status check_shape(struct source *s, struct field *f, size_t most)
{
    hid_t space = H5Dget_space(f->set), type = H5Dget_type(f->set);
    int rank = H5Sget_simple_extent_ndims(space);
    hsize_t dims[H5S_MAX_RANK] = {0};
    if (rank >= 0)
        H5Sget_simple_extent_dims(space, dims, NULL);
    size_t bytes = H5Tget_size(type), memory = sizeof(float);
    H5Tclose(type);
    H5Sclose(space);
    if (rank != 1 && rank != 2)
        return status_fail(STATUS_SHAPE,
                           "%s: field '%s' has %d dimensions; 1 or 2 (steps, columns) are "
                           "expected; %s",
                           s->h5.path, f->name, rank, s->remedy);
    bool overflow = false;
    for (int i = 0; i < rank; i++) {
        overflow |= __builtin_mul_overflow(bytes, dims[i], &bytes);
        overflow |= __builtin_mul_overflow(memory, dims[i], &memory);
    }
    if (overflow || bytes > most || dims[0] > INT64_MAX / 64 || dims[rank - 1] > INT64_MAX / 64)
        return status_fail(STATUS_SHAPE,
                           "%s: field '%s' declares %llu x %llu numbers, more than the %zu bytes "
                           "of the file can hold; %s",
                           s->h5.path, f->name, (unsigned long long)dims[0],
                           (unsigned long long)(rank == 2 ? dims[1] : 1), f->file_bytes, s->remedy);
    if (memory > source_memory())
        return status_fail(STATUS_MEMORY,
                           "%s: field '%s' needs %zu MiB, more than the %zu that may be used here; "
                           "use a larger machine",
                           s->h5.path, f->name, memory >> 20, source_memory() >> 20);
    if (dims[0] == 0 || (rank == 2 && dims[1] == 0))
        return status_fail(STATUS_SHAPE, "%s: field '%s' is empty; %s", s->h5.path, f->name,
                           s->remedy);
    f->rows = (int64_t)dims[0];
    f->cols = rank == 2 ? (int64_t)dims[1] : 1;
    return STATUS_OK;
}

enum status source_find(struct source *s, const char *name, struct field *out)
{
    size_t most = 0;
    enum status result = open_field(s, name, out);
    if (result == STATUS_OK)
        result = check_type(s, out);
    if (result == STATUS_OK)
        result = check_storage(s, out, &most);
    if (result == STATUS_OK)
        result = check_shape(s, out, most);
    if (result != STATUS_OK)
        source_forget(out);
    return result;
}

void source_forget(struct field *f)
{
    if (f->set >= 0)
        H5Dclose(f->set);
    f->set = -1;
}

/* --- reading -------------------------------------------------------------------------------------
 */

/* Something in `out` is not finite: say where, if it is the field's. */
static enum status find_infinite(const struct source *s, const struct field *f, const float *out,
                                 int64_t stride, int64_t offset)
{
    for (int64_t row = 0; row < f->rows; row++) {
        for (int64_t column = 0; column < f->cols; column++) {
            float x = out[row * stride + offset + column];
            if (!isfinite(x))
                return status_fail(STATUS_NONFINITE,
                                   "%s: field '%s' is %s in row %lld, column %lld (of %lld rows); "
                                   "%s",
                                   s->h5.path, f->name, isnan(x) ? "NaN" : "infinite",
                                   (long long)row, (long long)column, (long long)f->rows,
                                   s->remedy);
        }
    }
    return STATUS_OK;
}

/* A contiguous array, in blocks of rows that are looked at while they are in the cache. */
static const char *read_contiguous(const struct field *f, struct chunk_target *t)
{
    enum { BLOCK_BYTES = 1 << 18 };
    int64_t block = 1 + BLOCK_BYTES / (t->stride * (int64_t)t->width);
    hid_t space = H5Dget_space(f->set), memory = H5I_INVALID_HID;
    herr_t done = 0;
    for (int64_t row = 0; row < f->rows && done >= 0; row += block) {
        int64_t rows = f->rows - row < block ? f->rows - row : block;
        hsize_t from[2] = {(hsize_t)row, 0}, part[2] = {(hsize_t)rows, (hsize_t)f->cols};
        hsize_t whole[2] = {(hsize_t)rows, (hsize_t)t->stride}, to[2] = {0, (hsize_t)t->offset};
        uint8_t *out = (uint8_t *)t->out + (size_t)(row * t->stride) * t->width;
        memory = H5Screate_simple(2, whole, NULL);
        if (t->stride != f->cols)
            H5Sselect_hyperslab(memory, H5S_SELECT_SET, to, NULL, part, NULL);
        H5Sselect_hyperslab(space, H5S_SELECT_SET, from, NULL, part, NULL);
        done = H5Dread(f->set, t->type, memory, space, H5P_DEFAULT, out);
        H5Sclose(memory);
        if (t->real)
            t->infinite |= !chunk_finite((const float *)(const void *)out,
                                         (size_t)(rows * t->stride));
    }
    H5Sclose(space);
    return done < 0 ? "some of its numbers are missing" : NULL;
}

static enum status cannot_read(const struct source *s, const struct field *f, const char *wrong)
{
    return status_fail(STATUS_FORMAT, "%s: field '%s' cannot be read: %s; %s", s->h5.path, f->name,
                       wrong, s->remedy);
}

/* All numbers, converted to t->type, to their places in t->out. */
static enum status read_numbers(const struct source *s, const struct field *f,
                                struct chunk_target *t)
{
    const char *wrong = f->chunked ? chunk_read(f->set, f->rows, f->cols, t)
                                   : read_contiguous(f, t);
    return wrong == NULL ? STATUS_OK : cannot_read(s, f, wrong);
}

enum status source_read(struct source *s, const struct field *f, float *out, int64_t stride,
                        int64_t offset)
{
    struct chunk_target t = {.type = H5T_NATIVE_FLOAT,
                             .width = sizeof *out,
                             .real = true,
                             .stride = stride,
                             .offset = offset,
                             .out = out};
    TRY(read_numbers(s, f, &t));
    return t.infinite ? find_infinite(s, f, out, stride, offset) : STATUS_OK;
}

/* Integers are read as signed bytes, where HDF5 clips what does not fit: 256 shows as 127. */
static enum status read_whole_flags(struct source *s, const struct field *f, uint8_t *out)
{
    struct chunk_target t = {.type = H5T_NATIVE_SCHAR, .width = 1, .stride = 1, .out = out};
    return read_numbers(s, f, &t);
}

/* 0.0 and 1.0; anything else, NaN too, becomes 2. */
static enum status read_real_flags(struct source *s, const struct field *f, uint8_t *out)
{
    float *real = malloc((size_t)f->rows * sizeof *real);
    if (real == NULL)
        return status_fail(STATUS_MEMORY, "%s: no memory for field '%s'", s->h5.path, f->name);
    struct chunk_target t = {
        .type = H5T_NATIVE_FLOAT, .width = sizeof *real, .real = true, .stride = 1, .out = real};
    enum status result = read_numbers(s, f, &t);
    for (int64_t i = 0; result == STATUS_OK && i < f->rows; i++)
        out[i] = real[i] == 1 ? 1 : real[i] == 0 ? 0 : 2;
    free(real);
    return result;
}

enum status source_read_flags(struct source *s, const struct field *f, uint8_t *out)
{
    TRY(f->real ? read_real_flags(s, f, out) : read_whole_flags(s, f, out));
    uint8_t any = 0;
    for (int64_t i = 0; i < f->rows; i++)
        any |= out[i] & 0xfe;
    for (int64_t i = 0; any != 0 && i < f->rows; i++) {
        if (out[i] > 1)
            return status_fail(STATUS_FORMAT,
                               "%s: field '%s' is neither 0 nor 1 in row %lld; flags are "
                               "expected; %s",
                               s->h5.path, f->name, (long long)i, s->remedy);
    }
    return STATUS_OK;
}
