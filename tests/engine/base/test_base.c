#include "engine/base/arena.h"
#include "engine/base/file.h"
#include "engine/base/h5.h"
#include "engine/base/status.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/vitamin-base-XXXXXX";

static void make_folder(void)
{
    cr_assert_not_null(mkdtemp(folder));
}

static void remove_folder(void)
{
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    cr_assert_eq(system(command), 0);
}

static const char *in_folder(const char *name)
{
    static char path[FILE_PATH];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

TestSuite(base, .init = make_folder, .fini = remove_folder);

Test(base, status_keeps_one_sentence_and_carries_it)
{
    cr_assert_eq(status_fail(STATUS_SHAPE, "%s: %d rows", "a.h5", 3), STATUS_SHAPE);
    cr_assert_str_eq(status_sentence(), "a.h5: 3 rows");
    status_prefix(STATUS_SHAPE, "run %d", 7);
    cr_assert_str_eq(status_sentence(), "run 7: a.h5: 3 rows");
    struct status_note note;
    status_save(&note, STATUS_SHAPE);
    status_fail(STATUS_IO, "other");
    cr_assert_eq(status_restore(&note), STATUS_SHAPE);
    cr_assert_str_eq(status_sentence(), "run 7: a.h5: 3 rows");
    cr_assert_str_eq(status_name(STATUS_PHYSICS), "STATUS_PHYSICS");
}

Test(base, arena_measures_then_serves_the_same)
{
    struct arena a;
    cr_assert_eq(arena_init(&a, 0), STATUS_OK);
    arena_take(&a, 3);
    size_t mark = arena_mark(&a);
    arena_take(&a, 100);
    arena_release(&a, mark);
    arena_take(&a, 10);
    size_t high = a.high;
    arena_free(&a);
    cr_assert_eq(high, 64 + 448);

    cr_assert_eq(arena_init(&a, high), STATUS_OK);
    float *x = arena_take(&a, 3);
    mark = arena_mark(&a);
    float *y = arena_take(&a, 100);
    cr_assert_eq((size_t)x % 64, 0);
    cr_assert_eq((char *)y - (char *)x, 64);
    y[99] = 1;
    arena_release(&a, mark);
    cr_assert_eq(arena_take(&a, 10), y);
    arena_free(&a);
}

Test(base, file_is_replaced_whole_or_not_at_all)
{
    const char *path = in_folder("x.txt");
    cr_assert_eq(file_replace(path, "first", 5), STATUS_OK);
    cr_assert_eq(file_replace(path, "second", 6), STATUS_OK);
    char *text;
    size_t n;
    cr_assert_eq(file_read(path, 100, &text, &n), STATUS_OK);
    cr_assert_str_eq(text, "second");
    cr_assert_eq(n, 6);
    free(text);
    cr_assert_eq(file_read(path, 3, &text, &n), STATUS_FORMAT);
    cr_assert_eq(file_replace(in_folder("no/such/x"), "a", 1), STATUS_IO);
    cr_assert(strstr(status_sentence(), "no/such") != NULL);
    cr_assert_eq(file_make_folder(in_folder("a/b/c")), STATUS_OK);
    cr_assert_eq(file_make_folder(in_folder("a/b/c")), STATUS_OK);
    cr_assert_eq(file_make_folder(in_folder("x.txt/d")), STATUS_IO);
}

/* A full disk: /dev/full refuses every byte, as ENOSPC. */
Test(base, file_that_cannot_be_written_is_said)
{
    char link_path[FILE_PATH];
    snprintf(link_path, sizeof link_path, "%s", in_folder("full"));
    char temporary[FILE_PATH];
    cr_assert_eq(file_temporary(link_path, temporary), STATUS_OK);
    cr_assert_eq(symlink("/dev/full", temporary), 0);
    cr_assert_eq(file_replace(link_path, "abc", 3), STATUS_IO);
    cr_assert(strstr(status_sentence(), "disk is full") != NULL, "%s", status_sentence());
    cr_assert_not(file_exists(link_path));
}

Test(base, h5_round_trip)
{
    struct h5 f;
    const char *path = in_folder("a.h5");
    float x[6] = {1, 2, 3, 4, 5, 6}, y[6];
    cr_assert_eq(h5_create(&f, path), STATUS_OK);
    cr_assert_eq(
        h5_write(&f, "deep/group/x", H5T_IEEE_F64LE, H5T_NATIVE_FLOAT, 2, (size_t[]){2, 3}, 4, x),
        STATUS_OK);
    cr_assert_eq(h5_set_text(&f, ".", "kind", "generated"), STATUS_OK);
    cr_assert_eq(h5_set_number(&f, "deep", "version", 2.5), STATUS_OK);
    cr_assert_eq(h5_set_number(&f, "deep", "version", 3), STATUS_OK);
    cr_assert_eq(h5_close(&f), STATUS_OK);

    char text[16];
    double number;
    cr_assert_eq(h5_open(&f, path), STATUS_OK);
    cr_assert(h5_has(&f, "deep/group/x"));
    cr_assert_not(h5_has(&f, "deep/other/x"));
    cr_assert_eq(h5_read_float(&f, "deep/group/x", 6, y), STATUS_OK);
    cr_assert_arr_eq(x, y, sizeof x);
    cr_assert_eq(h5_read_rows(&f, "deep/group/x", H5T_NATIVE_FLOAT, 1, 1, y), STATUS_OK);
    cr_assert_eq(y[0], 4);
    cr_assert_eq(h5_get_text(&f, ".", "kind", text, sizeof text), STATUS_OK);
    cr_assert_str_eq(text, "generated");
    cr_assert_eq(h5_get_text(&f, ".", "kind", text, 4), STATUS_FORMAT);
    cr_assert_eq(h5_get_number(&f, "deep", "version", &number), STATUS_OK);
    cr_assert_eq(number, 3);
    h5_close(&f);
}

Test(base, h5_says_what_is_wrong)
{
    struct h5 f;
    float x[2] = {1, 2};
    cr_assert_eq(h5_open(&f, in_folder("missing.h5")), STATUS_IO);
    cr_assert_eq(file_replace(in_folder("text.h5"), "not hdf5", 8), STATUS_OK);
    cr_assert_eq(h5_open(&f, in_folder("text.h5")), STATUS_FORMAT);
    cr_assert(strstr(status_sentence(), "text.h5") != NULL);

    cr_assert_eq(h5_create(&f, in_folder("b.h5")), STATUS_OK);
    cr_assert_eq(h5_write_float(&f, "x", 1, (size_t[]){2}, x), STATUS_OK);
    cr_assert_eq(h5_read_float(&f, "y", 2, x), STATUS_MISSING);
    cr_assert_eq(h5_read_float(&f, "x", 3, x), STATUS_SHAPE);
    cr_assert(strstr(status_sentence(), "'x' holds 2 numbers, 3 are expected") != NULL);
    cr_assert_eq(h5_read_rows(&f, "x", H5T_NATIVE_FLOAT, 1, 2, x), STATUS_SHAPE);
    h5_close(&f);
}
