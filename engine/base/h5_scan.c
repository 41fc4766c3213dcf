#include "engine/base/h5_scan.h"

#include "engine/base/h5_image.h"

#include <errno.h>
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const uint64_t UNPACKED_FREE = (uint64_t)16 << 20, UNPACKED_MOST = (uint64_t)256 << 20;
enum { UNPACKED_FACTOR = 64 }; /* times the file's size: deflate of constant columns */
static const uint64_t LIST_MOST = (uint64_t)32 << 20;
static const size_t TEXT_MOST = (size_t)1 << 20; /* bytes of one element */
static const size_t SPARE = (size_t)16 << 20;    /* memory that should always be available */

/* Bytes that the data of a file may unpack to. */
static uint64_t most_unpacked(uint64_t file_bytes)
{
    uint64_t factor = file_bytes < UNPACKED_MOST ? file_bytes * UNPACKED_FACTOR : UNPACKED_MOST;
    return factor < UNPACKED_MOST - UNPACKED_FREE ? UNPACKED_FREE + factor : UNPACKED_MOST;
}

uint64_t h5_scan_most(uint64_t file_bytes)
{
    return most_unpacked(file_bytes) + LIST_MOST;
}

_Static_assert(sizeof(union h5_scan) == GUARD_CONTEXT, "a kept child gets all of it");

struct scan {
    const union h5_scan *file;
    int fd;
    struct guard_answer *answer;
    hid_t access;    /* how links are followed: never out of the file */
    uint64_t budget; /* bytes that may still be unpacked */
    int records, depth;
    bool link_out;      /* an external link was met while following the last link */
    enum status result; /* not STATUS_OK: the scan stops */
};

/* --- failures --------------------------------------------------------------------------------- */

struct reason {
    int number; /* errno */
    bool memory;
};

/* The library's drivers write "errno = N" into their messages. */
static herr_t look_at_error(unsigned level, const H5E_error2_t *e, void *context)
{
    struct reason *why = context;
    const char *found = e->desc != NULL ? strstr(e->desc, "errno = ") : NULL;
    (void)level;
    if (found != NULL && why->number == 0)
        why->number = atoi(found + strlen("errno = "));
    why->memory |= e->min_num == H5E_CANTALLOC || e->min_num == H5E_NOSPACE;
    return 0;
}

/* Call it right after a failed call. A failure of the machine ends the scan; one of the file
 * affects only that object. */
static enum image_trouble damage(struct scan *s)
{
    struct reason why = {0};
    guard_last(s->answer);
    (void)H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, look_at_error, &why);
    void *spare = why.memory ? malloc(SPARE) : NULL;
    if (why.number != 0)
        s->result = status_fail(STATUS_IO, "%s: cannot be read: %s", s->file->of.path,
                                strerror(why.number));
    else if (why.memory && spare == NULL)
        s->result = status_fail(STATUS_MEMORY, "%s: no memory to read it", s->file->of.path);
    free(spare);
    return IMAGE_DAMAGED;
}

static void give_up(struct scan *s, const char *why)
{
    if (s->result == STATUS_OK)
        s->result = status_fail(STATUS_FORMAT, "%s: %s; fetch or generate it again",
                                s->file->of.path, why);
}

/* --- records ---------------------------------------------------------------------------------- */

static void add_record(struct scan *s, struct image_record *r, const char *path, const char *name,
                       const void *payload)
{
    static const char padding[8];
    if (r->trouble != IMAGE_SOUND) {
        r->value = IMAGE_NOTHING;
        r->payload = 0;
        r->in_file = 0;
    }
    r->path_bytes = (uint32_t)strlen(path) + 1;
    r->name_bytes = (uint32_t)strlen(name) + 1;
    size_t bytes = sizeof *r + r->path_bytes + r->name_bytes + (size_t)r->payload;
    if (s->result != STATUS_OK)
        return;
    if (r->path_bytes > IMAGE_NAME || r->name_bytes > IMAGE_NAME)
        give_up(s, "has names of more than a thousand characters");
    else if (++s->records > IMAGE_RECORDS)
        give_up(s, "holds more than 130,000 objects and attributes");
    else if (!guard_put(s->answer, r, sizeof *r) || !guard_put(s->answer, path, r->path_bytes) ||
             !guard_put(s->answer, name, r->name_bytes) ||
             !guard_put(s->answer, payload, (size_t)r->payload) ||
             !guard_put(s->answer, padding, (8 - bytes % 8) % 8))
        give_up(s, "holds more than is read of a file of its size");
}

/* Count `bytes` against the unpacking limit and allocate them; NULL: r->trouble says why. */
static void *reserve_unpacked(struct scan *s, struct image_record *r, uint64_t bytes)
{
    void *room = NULL;
    if (bytes > s->budget) {
        r->trouble = IMAGE_TOO_LARGE;
        return NULL;
    }
    room = calloc(1, (size_t)bytes + 1);
    if (room == NULL)
        s->result = status_fail(STATUS_MEMORY, "%s: no memory to read it", s->file->of.path);
    s->budget -= bytes;
    return room;
}

/* --- values: datasets and attributes alike ---------------------------------------------------- */

struct value {
    hid_t object, type, space;
    bool attribute;
    size_t count;
};

static herr_t read_value(const struct value *v, hid_t type, void *out)
{
    return v->attribute ? H5Aread(v->object, type, out)
                        : H5Dread(v->object, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, out);
}

static void describe_shape(struct scan *s, struct value *v, struct image_record *r)
{
    hsize_t dims[H5S_MAX_RANK] = {0};
    int rank = H5Sget_simple_extent_ndims(v->space);
    uint64_t count = 1;
    if (rank < 0 || (rank > 0 && H5Sget_simple_extent_dims(v->space, dims, NULL) < 0)) {
        r->trouble = (uint8_t)damage(s);
        return;
    }
    if (H5Sget_simple_extent_type(v->space) == H5S_NULL)
        r->trouble = IMAGE_EMPTY;
    else if (rank > IMAGE_RANK)
        r->trouble = IMAGE_RANKS;
    r->rank = (uint8_t)(rank > IMAGE_RANK ? 0 : rank);
    for (int i = 0; i < r->rank; i++) {
        r->dims[i] = dims[i];
        if (__builtin_mul_overflow(count, dims[i], &count) || count > SIZE_MAX / 16)
            r->trouble = IMAGE_TOO_LARGE;
    }
    v->count = r->trouble == IMAGE_SOUND ? (size_t)count : 0;
}

/* Record in r a type of numbers that plain C can read. False: another width or form, which the
 * library converts to *other. */
static bool describe_number(hid_t type, H5T_class_t class, struct image_record *r, hid_t *other)
{
    size_t width = H5Tget_size(type);
    bool big = H5Tget_order(type) == H5T_ORDER_BE, real = class == H5T_FLOAT;
    bool negative = !real && H5Tget_sign(type) == H5T_SGN_2;
    const hid_t whole[2][4] = {
        {H5T_STD_I8LE, H5T_STD_I16LE, H5T_STD_I32LE, H5T_STD_I64LE},
        {H5T_STD_I8BE, H5T_STD_I16BE, H5T_STD_I32BE, H5T_STD_I64BE},
    };
    const hid_t positive[2][4] = {
        {H5T_STD_U8LE, H5T_STD_U16LE, H5T_STD_U32LE, H5T_STD_U64LE},
        {H5T_STD_U8BE, H5T_STD_U16BE, H5T_STD_U32BE, H5T_STD_U64BE},
    };
    const hid_t reals[2][4] = {{-1, -1, H5T_IEEE_F32LE, H5T_IEEE_F64LE},
                               {-1, -1, H5T_IEEE_F32BE, H5T_IEEE_F64BE}};
    int place = width == 1 ? 0 : width == 2 ? 1 : width == 4 ? 2 : width == 8 ? 3 : -1;
    hid_t same = place < 0 ? -1 : (real ? reals : negative ? whole : positive)[big][place];
    r->value = real ? IMAGE_REAL : negative ? IMAGE_SIGNED : IMAGE_UNSIGNED;
    r->width = 8;
    *other = real ? H5T_NATIVE_DOUBLE : negative ? H5T_NATIVE_INT64 : H5T_NATIVE_UINT64;
    if (same < 0 || H5Tequal(type, same) <= 0)
        return false;
    r->width = (uint8_t)width;
    r->swapped = big && width > 1;
    *other = type;
    return true;
}

/* Where a dataset's numbers lie in the file, unpacked. False: the library must read them. */
static bool find_in_file(const struct value *v, struct image_record *r)
{
    hid_t plist = H5Dget_create_plist(v->object);
    bool plain = H5Pget_layout(plist) == H5D_CONTIGUOUS && H5Pget_nfilters(plist) == 0;
    H5Pclose(plist);
    if (!plain || v->count == 0)
        return false;
    haddr_t offset = H5Dget_offset(v->object);
    r->in_file = offset != HADDR_UNDEF &&
                 H5Dget_storage_size(v->object) >= (hsize_t)v->count * r->width;
    r->offset = r->in_file ? offset : 0;
    return r->in_file;
}

static void *read_numbers(struct scan *s, const struct value *v, hid_t type, struct image_record *r)
{
    hid_t base = H5Tget_class(type) == H5T_ENUM ? H5Tget_super(type) : H5Tcopy(type), other;
    bool known = describe_number(base, H5Tget_class(base), r, &other);
    void *numbers = NULL;
    if (known && !v->attribute && find_in_file(v, r)) {
        if (r->offset > s->file->of.file_bytes ||
            (uint64_t)v->count * r->width > s->file->of.file_bytes - r->offset)
            r->trouble = IMAGE_DAMAGED; /* truncated */
    } else {
        r->payload = (uint64_t)v->count * r->width;
        numbers = reserve_unpacked(s, r, r->payload);
        /* Read an enum's values; its names do not matter. */
        if (numbers != NULL && v->count > 0 && read_value(v, known ? type : other, numbers) < 0)
            r->trouble = (uint8_t)damage(s);
    }
    H5Tclose(base);
    return numbers;
}

/* The texts of a value as the library returns them: of fixed width, or pointers. */
struct texts {
    const char *fixed;
    char *const *variable;
    size_t width;
    bool spaces; /* at the end, for padding */
};

static const char *text_at(const struct texts *t, size_t i, size_t *length)
{
    const char *text = t->variable == NULL      ? t->fixed + i * t->width
                       : t->variable[i] != NULL ? t->variable[i]
                                                : "";
    *length = t->variable == NULL ? strnlen(text, t->width) : strlen(text);
    while (t->spaces && *length > 0 && text[*length - 1] == ' ')
        --*length;
    return text;
}

/* Each element's length, bytes and NUL. */
static void *pack_texts(struct scan *s, size_t count, const struct texts *t, struct image_record *r)
{
    size_t n;
    r->payload = 0;
    for (size_t i = 0; i < count; i++) {
        (void)text_at(t, i, &n);
        r->payload += sizeof(uint32_t) + n + 1;
        if (n > TEXT_MOST)
            r->trouble = IMAGE_TOO_LARGE;
    }
    char *packed = r->trouble == IMAGE_SOUND ? reserve_unpacked(s, r, r->payload) : NULL;
    char *to = packed;
    for (size_t i = 0; packed != NULL && i < count; i++) {
        const char *text = text_at(t, i, &n);
        uint32_t length = (uint32_t)n;
        memcpy(to, &length, sizeof length);
        memcpy(to + sizeof length, text, n);
        to += sizeof length + n + 1; /* the NUL is already there */
    }
    return packed;
}

static void *read_texts(struct scan *s, const struct value *v, hid_t type, struct image_record *r)
{
    bool variable = H5Tis_variable_str(type) > 0;
    size_t width = variable ? sizeof(char *) : H5Tget_size(type);
    void *packed = NULL;
    uint64_t bytes;
    r->value = IMAGE_TEXT;
    if (width > TEXT_MOST || __builtin_mul_overflow((uint64_t)v->count, width, &bytes)) {
        r->trouble = IMAGE_TOO_LARGE;
        return NULL;
    }
    char *raw = reserve_unpacked(s, r, bytes);
    if (raw == NULL)
        return NULL;
    const struct texts t = {.fixed = raw,
                            .variable = variable ? (char *const *)(void *)raw : NULL,
                            .width = width,
                            .spaces = H5Tget_strpad(type) == H5T_STR_SPACEPAD};
    if (v->count > 0 && read_value(v, type, raw) < 0)
        r->trouble = (uint8_t)damage(s);
    else
        packed = pack_texts(s, v->count, &t, r);
    if (variable && r->trouble != IMAGE_DAMAGED)
        H5Dvlen_reclaim(type, v->space, H5P_DEFAULT, raw);
    free(raw);
    return packed;
}

static void put_value(struct scan *s, struct value *v, struct image_record *r, const char *path,
                      const char *name)
{
    void *payload = NULL;
    H5T_class_t class = H5Tget_class(v->type);
    if (v->space < 0 || v->type < 0)
        r->trouble = (uint8_t)damage(s);
    else
        describe_shape(s, v, r);
    if (r->trouble == IMAGE_SOUND &&
        (class == H5T_INTEGER || class == H5T_FLOAT || class == H5T_ENUM))
        payload = read_numbers(s, v, v->type, r);
    else if (r->trouble == IMAGE_SOUND && class == H5T_STRING)
        payload = read_texts(s, v, v->type, r);
    add_record(s, r, path, name, payload);
    free(payload);
    if (v->space >= 0)
        H5Sclose(v->space);
    if (v->type >= 0)
        H5Tclose(v->type);
}

/* --- objects ---------------------------------------------------------------------------------- */

struct place {
    struct scan *s;
    const char *path;
};

static herr_t visit_attribute(hid_t object, const char *name, const H5A_info_t *info, void *context)
{
    const struct place *p = context;
    struct image_record r = {.kind = IMAGE_ATTRIBUTE};
    (void)info;
    if (*name == '\0')
        return 0;
    hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
    if (attribute < 0) {
        r.trouble = (uint8_t)damage(p->s);
        add_record(p->s, &r, p->path, name, NULL);
    } else {
        struct value v = {.object = attribute, .attribute = true};
        v.type = H5Aget_type(attribute);
        v.space = H5Aget_space(attribute);
        put_value(p->s, &v, &r, p->path, name);
        H5Aclose(attribute);
    }
    return p->s->result == STATUS_OK ? 0 : -1;
}

static void visit_attributes(struct scan *s, hid_t object, const char *path)
{
    struct place p = {s, path};
    if (H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_NATIVE, NULL, visit_attribute, &p) < 0 &&
        s->result == STATUS_OK) {
        (void)damage(s);
        give_up(s, "its attributes are damaged");
    }
}

static void visit_dataset(struct scan *s, hid_t set, const char *path)
{
    struct image_record r = {.kind = IMAGE_DATASET};
    /* Check this first: asking for the shape of a virtual dataset already opens other files. */
    hid_t plist = H5Dget_create_plist(set);
    if (plist < 0 || H5Pget_layout(plist) < 0)
        r.trouble = (uint8_t)damage(s);
    else if (H5Pget_layout(plist) == H5D_VIRTUAL || H5Pget_external_count(plist) != 0)
        r.trouble = IMAGE_DATA_OUT;
    if (plist >= 0)
        H5Pclose(plist);
    if (r.trouble != IMAGE_SOUND) {
        add_record(s, &r, path, "", NULL);
    } else {
        struct value v = {.object = set};
        v.type = H5Dget_type(set);
        v.space = H5Dget_space(set);
        put_value(s, &v, &r, path, "");
    }
    visit_attributes(s, set, path);
}

static void scan_group(struct scan *s, hid_t group, const char *path);

/* Why a link's target cannot be opened. */
static enum image_trouble why_closed(struct scan *s, H5L_type_t type)
{
    if (s->link_out)
        return IMAGE_LINK_OUT;
    enum image_trouble trouble = damage(s);
    return type == H5L_TYPE_SOFT ? IMAGE_NOWHERE : trouble;
}

static herr_t visit_link(hid_t group, const char *name, const H5L_info_t *info, void *context)
{
    const struct place *p = context;
    struct scan *s = p->s;
    char path[2 * IMAGE_NAME];
    struct image_record r = {.kind = IMAGE_OTHER};
    hid_t object = H5I_INVALID_HID;
    int n = snprintf(path, sizeof path, "%s%s%s", p->path, *p->path != '\0' ? "/" : "", name);
    if (n >= IMAGE_NAME || strchr(name, '/') != NULL || *name == '\0')
        give_up(s, "has names that are longer than a thousand characters, or none");
    s->link_out = info->type != H5L_TYPE_HARD && info->type != H5L_TYPE_SOFT;
    if (s->result == STATUS_OK && !s->link_out)
        object = H5Oopen(group, name, s->access);
    H5I_type_t type = object >= 0 ? H5Iget_type(object) : H5I_BADID;
    if (s->result == STATUS_OK && object < 0) {
        r.trouble = (uint8_t)why_closed(s, info->type);
        add_record(s, &r, path, "", NULL);
    } else if (type == H5I_GROUP) {
        scan_group(s, object, path);
    } else if (type == H5I_DATASET) {
        visit_dataset(s, object, path);
    } else if (object >= 0) {
        add_record(s, &r, path, "", NULL);
    }
    if (object >= 0)
        H5Oclose(object);
    return s->result == STATUS_OK ? 0 : -1;
}

static void scan_group(struct scan *s, hid_t group, const char *path)
{
    struct image_record r = {.kind = IMAGE_GROUP};
    struct place p = {s, path};
    hsize_t at = 0;
    add_record(s, &r, path, "", NULL);
    visit_attributes(s, group, path);
    if (s->result != STATUS_OK || s->file->of.root_only)
        return;
    if (++s->depth > IMAGE_DEPTH)
        give_up(s, "has groups in groups without end");
    else if (H5Literate(group, H5_INDEX_NAME, H5_ITER_NATIVE, &at, visit_link, &p) < 0 &&
             s->result == STATUS_OK) {
        (void)damage(s);
        give_up(s, "its groups are damaged");
    }
    s->depth--;
}

/* --- the file --------------------------------------------------------------------------------- */

/* HDF5 calls this before it follows an external link. */
static herr_t follow_link(const char *parent_file, const char *parent_group, const char *child_file,
                          const char *child_object, unsigned *flags, hid_t access, void *context)
{
    (void)parent_file;
    (void)parent_group;
    (void)child_file;
    (void)child_object;
    (void)flags;
    (void)access;
    ((struct scan *)context)->link_out = true;
    return -1;
}

/* Files that other processes replace all the time (curves, locks of a sweep) are small. */
static const uint64_t IN_MEMORY_MOST = (uint64_t)16 << 20;

/* Read the file of the parent's descriptor, whatever its path leads to by now. */
static bool read_into_memory(struct scan *s, char *bytes, uint64_t count)
{
    for (uint64_t done = 0; done < count;) {
        ssize_t got = pread(s->fd, bytes + done, count - done, (off_t)done);
        if (got == 0) /* truncated while we read: the library will report damage */
            memset(bytes + done, 0, count - done);
        if (got == 0)
            return true;
        if (got < 0 && errno != EINTR) {
            s->result = status_fail(STATUS_IO, "%s: cannot be read: %s", s->file->of.path,
                                    strerror(errno));
            return false;
        }
        done += got > 0 ? (uint64_t)got : 0;
    }
    return true;
}

/* A file in memory needs a name that does not exist on disk. */
static hid_t open_in_memory(struct scan *s)
{
    uint64_t count = s->file->of.file_bytes;
    char *bytes = malloc(count + 1);
    hid_t access = H5Pcreate(H5P_FILE_ACCESS), file = -1;
    if (bytes == NULL || access < 0)
        s->result = status_fail(STATUS_MEMORY, "%s: no memory to read it", s->file->of.path);
    else if (read_into_memory(s, bytes, count) && H5Pset_fapl_core(access, 1 << 16, 0) >= 0 &&
             H5Pset_file_image(access, bytes, count) >= 0)
        file = H5Fopen("in memory", H5F_ACC_RDONLY, access);
    free(bytes);
    if (access >= 0)
        H5Pclose(access);
    return file;
}

static bool are_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Has HDF5 opened the same file that the parent reads? */
static bool is_same_file(hid_t file, int fd)
{
    struct stat ours, its;
    int *handle;
    return H5Fget_vfd_handle(file, H5P_DEFAULT, (void **)&handle) >= 0 && fstat(fd, &ours) == 0 &&
           fstat(*handle, &its) == 0 && are_same(&ours, &its);
}

/* Does the path lead to another file by now? The library cannot open a large one without a name. */
static bool is_replaced(const struct scan *s)
{
    struct stat ours, now;
    return fstat(s->fd, &ours) == 0 &&
           (stat(s->file->of.path, &now) != 0 || !are_same(&ours, &now));
}

static hid_t open_file(struct scan *s)
{
    const char *path = s->file->of.path;
    bool small = s->file->of.file_bytes <= IN_MEMORY_MOST;
    hid_t file = small ? open_in_memory(s) : H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (file >= 0 && (small || is_same_file(file, s->fd)))
        return file;
    (void)damage(s);
    if (!small && (file >= 0 || is_replaced(s)))
        s->result = status_fail(STATUS_BUSY, "%s: is being replaced repeatedly; run again", path);
    else if (s->result == STATUS_OK)
        s->result = status_fail(STATUS_FORMAT,
                                "%s: is not a readable HDF5 file (truncated, damaged, still being "
                                "written or another format)",
                                path);
    return file;
}

enum status h5_scan(void *context, int fd, struct guard_answer *answer)
{
    struct scan s = {.file = context, .fd = fd, .answer = answer};
    s.budget = most_unpacked(s.file->of.file_bytes);
    const struct image_header header = {IMAGE_MAGIC};
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    H5PLset_loading_state(0); /* never load a filter plugin because a file asks for it */
    hid_t file = open_file(&s);
    if (s.result == STATUS_OK) {
        hid_t root = H5Gopen2(file, "/", H5P_DEFAULT);
        s.access = H5Pcreate(H5P_LINK_ACCESS);
        H5Pset_elink_cb(s.access, follow_link, &s);
        H5Pset_nlinks(s.access, 16);
        if (root < 0) {
            (void)damage(&s);
            give_up(&s, "its root group is damaged");
        } else if (!guard_put(answer, &header, sizeof header)) {
            give_up(&s, "holds more than is read of a file of its size");
        } else {
            scan_group(&s, root, "");
        }
        if (root >= 0)
            H5Gclose(root);
        H5Pclose(s.access);
    }
    if (file >= 0)
        H5Fclose(file);
    return s.result;
}
