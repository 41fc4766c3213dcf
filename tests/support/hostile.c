#include "tests/support/hostile.h"

#include "engine/base/h5.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARRAYS = 256, NAME = 128 };

struct hostile {
    const char *path; /* of the file that is used */
    char *bytes;      /* of the seed */
    size_t size;
    char name[ARRAYS][NAME];
    int arrays;
    void (*use)(void);
    int uses;
};

/* Of H5Lvisit, which is called alike in HDF5 1.10 and 1.14; H5Ovisit is not. */
static herr_t note_array(hid_t file, const char *name, const H5L_info_t *info, void *context)
{
    struct hostile *h = context;
    if (info->type != H5L_TYPE_HARD)
        return 0;
    hid_t object = H5Oopen(file, name, H5P_DEFAULT);
    bool array = H5Iget_type(object) == H5I_DATASET;
    cr_assert_geq(H5Oclose(object), 0);
    if (!array)
        return 0;
    cr_assert_lt(h->arrays, ARRAYS);
    snprintf(h->name[h->arrays++], NAME, "%s", name);
    return 0;
}

/* The seed anew, open for a change. */
static hid_t begin(const struct hostile *h)
{
    cr_assert_eq(file_replace(h->path, h->bytes, h->size), STATUS_OK, "%s", status_sentence());
    hid_t file = H5Fopen(h->path, H5F_ACC_RDWR, H5P_DEFAULT);
    cr_assert_geq(file, 0);
    return file;
}

static void end(struct hostile *h, hid_t file)
{
    cr_assert_geq(H5Fclose(file), 0);
    h->use();
    h->uses++;
}

struct array {
    H5T_class_t class;
    hid_t stored;
    size_t count;
    double *number;
};

/* False: not numbers. */
static bool get(hid_t file, const char *name, struct array *a)
{
    hid_t set = H5Dopen2(file, name, H5P_DEFAULT), space = H5Dget_space(set);
    a->stored = H5Dget_type(set);
    a->class = H5Tget_class(a->stored);
    a->count = (size_t)H5Sget_simple_extent_npoints(space);
    a->number = calloc(a->count + 1, sizeof *a->number);
    bool numbers = a->class == H5T_INTEGER || a->class == H5T_FLOAT;
    cr_assert(!numbers ||
              H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, a->number) >= 0);
    H5Sclose(space);
    H5Dclose(set);
    return numbers;
}

static void let_go(struct array *a)
{
    H5Tclose(a->stored);
    free(a->number);
}

static void put(hid_t file, const char *name, const struct array *a)
{
    hid_t set = H5Dopen2(file, name, H5P_DEFAULT);
    cr_assert_geq(H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, a->number), 0);
    H5Dclose(set);
}

/* rank 0: no array at all. */
static void reshape(struct hostile *h, const char *name, int rank, size_t more)
{
    struct array a;
    hid_t file = begin(h);
    struct h5 f = {.file = file};
    bool numbers = get(file, name, &a);
    cr_assert_geq(H5Ldelete(file, name, H5P_DEFAULT), 0);
    if (rank > 0 && numbers)
        cr_assert_eq(h5_write(&f, name, a.stored, H5T_NATIVE_DOUBLE, rank,
                              (size_t[]){a.count + more, 1}, 0, a.number),
                     STATUS_OK, "%s", status_sentence());
    let_go(&a);
    end(h, file);
}

static void renumber(struct hostile *h, const char *name, bool last, double number)
{
    struct array a;
    hid_t file = begin(h);
    bool there = get(file, name, &a) && a.count > (last ? 1 : 0);
    if (there) {
        a.number[last ? a.count - 1 : 0] = number;
        put(file, name, &a);
    }
    let_go(&a);
    if (there)
        end(h, file);
    else
        H5Fclose(file);
}

static bool holds_integers(struct hostile *h, const char *name)
{
    struct array a;
    hid_t file = begin(h);
    bool integers = get(file, name, &a) && a.class == H5T_INTEGER;
    let_go(&a);
    H5Fclose(file);
    return integers;
}

int hostile_arrays(const char *seed, const char *path, void (*use)(void))
{
    /* HDF5 clips what an integer type cannot hold to its ends. */
    static const double integers[] = {0, 1, 3, -1, -2, 255, 1e6, 2147483647, 1e19, -1e19};
    struct hostile h = {.path = path, .use = use};
    cr_assert_eq(file_read(seed, 1 << 20, &h.bytes, &h.size), STATUS_OK, "%s", status_sentence());
    hid_t file = begin(&h);
    cr_assert_geq(H5Lvisit(file, H5_INDEX_NAME, H5_ITER_INC, note_array, &h), 0);
    H5Fclose(file);
    for (int i = 0; i < h.arrays; i++) {
        bool whole = holds_integers(&h, h.name[i]);
        reshape(&h, h.name[i], 1, 1);
        if (!whole) {
            renumber(&h, h.name[i], false, (double)NAN);
            continue;
        }
        reshape(&h, h.name[i], 0, 0);
        reshape(&h, h.name[i], 2, 0);
        for (size_t k = 0; k < 2 * sizeof integers / sizeof *integers; k++)
            renumber(&h, h.name[i], k % 2 != 0, integers[k / 2]);
    }
    free(h.bytes);
    return h.uses;
}
