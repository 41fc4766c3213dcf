#include "suites/dataset.h"
#include "suites/filter.h"
#include "tests/support/toy_dataset.h"

#include <criterion/criterion.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[FILE_PATH], path[FILE_PATH + 32];

static void make_folder(void)
{
    toy_folder(folder);
    snprintf(path, sizeof path, "%.900s/hopper-mine.hdf5", folder);
}

static void remove_folder(void)
{
    toy_remove(folder);
}

TestSuite(filter, .init = make_folder, .fini = remove_folder, .timeout = 60);

/* --- compressors for files of our own ---------------------------------------------------------
 */

/* LZF of a kind: runs of literals, and a copy of overlapping bytes where many are equal. */
static size_t lzf(const uint8_t *from, size_t n, uint8_t *to)
{
    size_t out = 0;
    for (size_t i = 0; i < n;) {
        size_t equal = 1;
        while (i + equal < n && equal < 200 && from[i + equal] == from[i])
            equal++;
        if (equal > 12) { /* the byte, then a copy of equal - 1 from one back */
            to[out++] = 0;
            to[out++] = from[i];
            to[out++] = 7 << 5;
            to[out++] = (uint8_t)(equal - 1 - 2 - 7);
            to[out++] = 0;
            i += equal;
            continue;
        }
        size_t run = n - i < 32 ? n - i : 32;
        to[out++] = (uint8_t)(run - 1);
        memcpy(to + out, from + i, run);
        out += run;
        i += run;
    }
    return out;
}

static size_t zstd(const uint8_t *from, size_t n, uint8_t *to, size_t room)
{
    typedef size_t compress(void *, size_t, const void *, size_t, int);
    compress *function;
    void *library = dlopen("libzstd.so.1", RTLD_NOW);
    void *symbol = library != NULL ? dlsym(library, "ZSTD_compress") : NULL;
    memcpy(&function, &symbol, sizeof function);
    return function != NULL ? function(to, room, from, n, 3) : 0;
}

static size_t compress_chunk(bool is_zstd, unsigned flags, size_t bytes, size_t *size,
                             void **buffer)
{
    size_t room = 4 * bytes + 64;
    uint8_t *to = malloc(room);
    if (flags & H5Z_FLAG_REVERSE)
        return 0; /* nobody but vitamin reads it */
    size_t n = is_zstd ? zstd(*buffer, bytes, to, room) : lzf(*buffer, bytes, to);
    free(*buffer);
    *buffer = to;
    *size = room;
    return n;
}

static size_t write_lzf(unsigned flags, size_t n, const unsigned *values, size_t bytes,
                        size_t *size, void **buffer)
{
    (void)n, (void)values;
    return compress_chunk(false, flags, bytes, size, buffer);
}

static size_t write_zstd(unsigned flags, size_t n, const unsigned *values, size_t bytes,
                         size_t *size, void **buffer)
{
    (void)n, (void)values;
    return compress_chunk(true, flags, bytes, size, buffer);
}

static void register_filters(void)
{
    const H5Z_class2_t filters[] = {
        {H5Z_CLASS_T_VERS, FILTER_LZF, 1, 1, "lzf", NULL, NULL, write_lzf},
        {H5Z_CLASS_T_VERS, FILTER_ZSTD, 1, 1, "Zstandard compression: http://x", NULL, NULL,
         write_zstd},
        {H5Z_CLASS_T_VERS, 32001, 1, 1, "blosc; see http://x", NULL, NULL, write_lzf}};
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++)
        cr_assert_geq(H5Zregister(&filters[i]), 0);
}

/* Store an array again, in chunks of 7 rows, through these filters in this order. */
static void store_again(const char *name, const H5Z_filter_t *filter, int count)
{
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT), list = H5Pcreate(H5P_DATASET_CREATE);
    hid_t old = H5Dopen2(file, name, H5P_DEFAULT), space = H5Dget_space(old);
    hid_t type = H5Dget_type(old);
    hsize_t dims[2] = {1, 1}, chunk[2] = {7, 1};
    int rank = H5Sget_simple_extent_dims(space, dims, NULL);
    void *data = calloc(dims[0] * dims[1], 8);
    chunk[1] = dims[1];
    cr_assert_geq(H5Dread(old, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data), 0);
    H5Dclose(old);
    H5Ldelete(file, name, H5P_DEFAULT);
    H5Pset_chunk(list, rank, chunk);
    for (int i = 0; i < count; i++) {
        if (filter[i] == H5Z_FILTER_FLETCHER32)
            H5Pset_fletcher32(list);
        else if (filter[i] == H5Z_FILTER_SHUFFLE)
            H5Pset_shuffle(list);
        else if (filter[i] == H5Z_FILTER_DEFLATE)
            H5Pset_deflate(list, 4);
        else if (filter[i] == H5Z_FILTER_SCALEOFFSET)
            H5Pset_scaleoffset(list, H5Z_SO_FLOAT_DSCALE, 3);
        else
            H5Pset_filter(list, filter[i], H5Z_FLAG_MANDATORY, 0, NULL);
    }
    hid_t set = H5Dcreate2(file, name, type, space, H5P_DEFAULT, list, H5P_DEFAULT);
    cr_assert_geq(set, 0);
    cr_assert_geq(H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data), 0);
    free(data);
    H5Dclose(set);
    H5Tclose(type);
    H5Sclose(space);
    H5Pclose(list);
    cr_assert_geq(H5Fclose(file), 0);
}

static const struct {
    const char *what;
    int count;
    H5Z_filter_t filter[3];
} pipelines[] = {
    {"h5py's lzf", 1, {FILTER_LZF}},
    {"shuffled lzf", 2, {H5Z_FILTER_SHUFFLE, FILTER_LZF}},
    {"checksum alone", 1, {H5Z_FILTER_FLETCHER32}},
    {"h5py's order: shuffle, deflate, checksum",
     3,
     {H5Z_FILTER_SHUFFLE, H5Z_FILTER_DEFLATE, H5Z_FILTER_FLETCHER32}},
    {"checksum before", 2, {H5Z_FILTER_FLETCHER32, H5Z_FILTER_DEFLATE}},
    {"checksum before lzf", 3, {H5Z_FILTER_FLETCHER32, H5Z_FILTER_SHUFFLE, FILTER_LZF}},
    {"zstd", 1, {FILTER_ZSTD}},
    {"shuffled zstd with a checksum", 3, {H5Z_FILTER_SHUFFLE, FILTER_ZSTD, H5Z_FILTER_FLETCHER32}},
};

static enum status load(char content[SHA256_HEX])
{
    struct dataset d;
    struct dataset_options o = dataset_defaults();
    o.content = true;
    enum status result = dataset_load(path, &o, &d);
    if (result == STATUS_OK)
        memcpy(content, d.content, SHA256_HEX);
    if (result == STATUS_OK)
        dataset_free(&d);
    return result;
}

static void write_plain(void)
{
    struct toy t = toy_new(50, 11, 3);
    for (int i = 0; i < 20; i++)
        t.reward[i] = 1; /* something to compress */
    t.timeout[24] = t.timeout[49] = 1;
    toy_write(&t, path, &(struct toy_style){0});
    toy_free(&t);
}

Test(filter, reads_what_people_compress_with)
{
    char plain[SHA256_HEX], other[SHA256_HEX];
    write_plain();
    cr_assert_eq(load(plain), STATUS_OK, "%s", status_sentence());
    register_filters();
    for (size_t i = 0; i < sizeof pipelines / sizeof *pipelines; i++) {
        bool wants_zstd = strstr(pipelines[i].what, "zstd") != NULL;
        if (wants_zstd && !filter_knows(FILTER_ZSTD))
            continue;
        write_plain();
        store_again("observations", pipelines[i].filter, pipelines[i].count);
        store_again("rewards", pipelines[i].filter, pipelines[i].count);
        store_again("timeouts", pipelines[i].filter, pipelines[i].count);
        cr_assert_eq(load(other), STATUS_OK, "%s: %s", pipelines[i].what, status_sentence());
        cr_expect_str_eq(other, plain, "%s", pipelines[i].what);
    }
}

Test(filter, says_what_command_helps_with_others)
{
    const H5Z_filter_t plugin = 32001, own = H5Z_FILTER_SCALEOFFSET;
    char unused[SHA256_HEX];
    write_plain();
    register_filters();
    store_again("rewards", &plugin, 1);
    cr_assert_eq(load(unused), STATUS_FORMAT);
    cr_expect_not_null(strstr(status_sentence(), "filter 32001 (blosc)"), "%s", status_sentence());
    cr_expect_not_null(strstr(status_sentence(), "hdf5plugin"), "%s", status_sentence());
    write_plain();
    store_again("rewards", &own, 1);
    cr_assert_eq(load(unused), STATUS_FORMAT);
    cr_expect_not_null(strstr(status_sentence(), "`h5repack -f GZIP=4 OLD NEW`"), "%s",
                       status_sentence());
}

Test(filter, believes_no_checksum_that_does_not_hold)
{
    const H5Z_filter_t checksum = H5Z_FILTER_FLETCHER32;
    char unused[SHA256_HEX], *bytes;
    size_t size;
    write_plain();
    store_again("observations", &checksum, 1);
    cr_assert_eq(file_read(path, 1 << 20, &bytes, &size), STATUS_OK);
    struct toy t = toy_new(50, 11, 3); /* the same numbers as in the file */
    char *at = memmem(bytes, size, t.state, 44);
    cr_assert_not_null(at);
    at[5] ^= 1;
    cr_assert_eq(file_replace(path, bytes, size), STATUS_OK);
    cr_expect_eq(load(unused), STATUS_FORMAT);
    cr_expect_not_null(strstr(status_sentence(), "observations"), "%s", status_sentence());
    free(bytes);
    toy_free(&t);
}

Test(filter, writes_nothing_beyond_its_room)
{
    static const struct {
        const char *what;
        size_t n;
        uint8_t bytes[8];
    } bad[] = {{"a run behind the end", 2, {31, 1}},
               {"a copy from before the beginning", 4, {0, 7, 1 << 5, 9}},
               {"no distance", 3, {0, 7, 1 << 5}},
               {"no length", 3, {0, 7, 7 << 5}},
               {"a copy longer than the room", 5, {0, 7, 7 << 5, 255, 0}},
               {"too little", 2, {0, 7}},
               {"nothing", 0, {0}}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint8_t *to = malloc(16), *from = malloc(bad[i].n + 1);
        memcpy(from, bad[i].bytes, bad[i].n);
        cr_expect_not(filter_decompress(FILTER_LZF, from, bad[i].n, to, 16), "%s", bad[i].what);
        cr_expect_not(filter_decompress(H5Z_FILTER_DEFLATE, from, bad[i].n, to, 16));
        cr_expect_not(filter_decompress(FILTER_ZSTD, from, bad[i].n, to, 16));
        free(to);
        free(from);
    }
}

/* --- files that are whole, and cannot be read now ----------------------------------------------
 */

Test(filter, a_file_that_another_process_has_locked_is_read)
{
    char content[SHA256_HEX];
    write_plain();
    FILE *writer = fopen(path, "r+");
    cr_assert_eq(flock(fileno(writer), LOCK_EX), 0);
    cr_assert_eq(load(content), STATUS_OK, "%s", status_sentence());
    fclose(writer);
}

/* What HDF5 2 writes and 1.10 cannot read: here the version of the float's description is one that
 * no library knows. The file is whole, so fetching it again would not help. */
Test(filter, a_newer_format_is_named_with_the_command_that_helps)
{
    static const unsigned char float32[] = {0x11, 0x20, 0x1f, 0x00, 4, 0, 0, 0};
    char unused[SHA256_HEX], *bytes;
    size_t size;
    int found = 0;
    write_plain();
    cr_assert_eq(file_read(path, 1 << 20, &bytes, &size), STATUS_OK);
    for (char *at = bytes;
         (at = memmem(at, size - (size_t)(at - bytes), float32, sizeof float32)) != NULL;
         at++, found++)
        *at = (char)0x71;
    cr_assert_geq(found, 4);
    cr_assert_eq(file_replace(path, bytes, size), STATUS_OK);
    free(bytes);
    cr_assert_eq(load(unused), STATUS_FORMAT);
    cr_expect_not_null(strstr(status_sentence(), "newer version of the HDF5 format"), "%s",
                       status_sentence());
    cr_expect_not_null(strstr(status_sentence(), "`h5repack --low=0 --high=1 OLD NEW`"), "%s",
                       status_sentence());
}
