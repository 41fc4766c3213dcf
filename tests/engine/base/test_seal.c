#include "engine/base/h5.h"
#include "engine/base/seal.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/vitamin-seal-XXXXXX";
static char path[FILE_PATH];

static void make_folder(void)
{
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/file", folder);
}

static void remove_folder(void)
{
    unlink(path);
    rmdir(folder);
}

TestSuite(seal, .init = make_folder, .fini = remove_folder, .timeout = 60);

static void put(const void *bytes, size_t count)
{
    cr_assert_eq(file_replace(path, bytes, count), STATUS_OK);
}

static size_t get(char **bytes)
{
    size_t count;
    cr_assert_eq(file_read(path, 1 << 24, bytes, &count), STATUS_OK);
    return count;
}

Test(seal, is_the_digest_that_sha256sum_prints)
{
    char *text;
    bool sealed;
    put("abc", 3);
    cr_assert_eq(seal_check(path, &sealed), STATUS_OK);
    cr_expect(!sealed);
    cr_assert_eq(seal_add(path), STATUS_OK);
    size_t count = get(&text);
    cr_expect_eq(count, 3 + SEAL_BYTES);
    cr_expect_str_eq(text, "abcvitamin seal 1 sha256 "
                           "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n");
    cr_assert_eq(seal_check(path, &sealed), STATUS_OK);
    cr_expect(sealed);
    free(text);
}

/* A flip in the mark does not turn a sealed file into one that never had a seal. */
Test(seal, holds_for_no_flip_of_any_bit)
{
    char *bytes, content[1000];
    for (size_t i = 0; i < sizeof content; i++)
        content[i] = (char)(i * 31);
    put(content, sizeof content);
    cr_assert_eq(seal_add(path), STATUS_OK);
    size_t count = get(&bytes);
    int fd = open(path, O_WRONLY);
    for (size_t bit = 0; bit < 8 * count; bit++) {
        bool sealed;
        off_t at = (off_t)(bit / 8);
        char flipped = (char)(bytes[at] ^ 1 << bit % 8);
        cr_assert_eq(pwrite(fd, &flipped, 1, at), 1);
        cr_assert_eq(seal_check(path, &sealed), STATUS_DAMAGED, "bit %zu", bit);
        cr_assert(!sealed, "bit %zu", bit);
        cr_assert_eq(pwrite(fd, bytes + at, 1, at), 1);
    }
    close(fd);
    free(bytes);
}

Test(seal, tells_absent_unreadable_unsealed_and_damaged_apart)
{
    bool sealed = true;
    unlink(path);
    cr_expect_eq(seal_check(path, &sealed), STATUS_MISSING);
    cr_expect(!sealed);
    cr_assert_eq(symlink(path, path), 0);
    cr_expect_eq(seal_check(path, &sealed), STATUS_IO, "a link to itself");
    unlink(path);
    cr_assert_eq(mkfifo(path, 0600), 0);
    cr_expect_eq(seal_check(path, &sealed), STATUS_IO, "a pipe keeps nobody waiting");
    cr_expect(!sealed);
    unlink(path);
    put("", 0);
    cr_expect_eq(seal_check(path, &sealed), STATUS_OK);
    cr_assert_eq(seal_add(path), STATUS_OK);
    cr_expect_eq(seal_check(path, &sealed), STATUS_OK, "an empty content has a seal too");
    cr_expect(sealed);
    cr_assert_eq(truncate(path, SEAL_BYTES - 1), 0);
    cr_expect_eq(seal_check(path, &sealed), STATUS_OK);
    cr_expect(!sealed, "cut short");
}

Test(seal, leaves_an_hdf5_file_readable)
{
    struct h5 f;
    double number = 0;
    bool sealed;
    cr_assert_eq(h5_create(&f, path), STATUS_OK);
    cr_assert_eq(h5_write_double(&f, "x", 1, (size_t[]){1}, (double[]){42}), STATUS_OK);
    cr_assert_eq(h5_close(&f), STATUS_OK);
    cr_assert_eq(seal_add(path), STATUS_OK);
    cr_assert_eq(h5_open(&f, path), STATUS_OK, "%s", status_sentence());
    cr_expect_eq(h5_read_double(&f, "x", 1, &number), STATUS_OK);
    cr_expect_eq(number, 42);
    cr_assert_eq(h5_close(&f), STATUS_OK);
    cr_assert_eq(seal_check(path, &sealed), STATUS_OK);
    cr_expect(sealed, "reading does not change it");
}

/* A file whose writing failed leaves nothing, and the first reason stands. */
Test(seal, closes_what_was_written_well_and_removes_the_rest)
{
    struct h5 f;
    bool sealed;
    cr_assert_eq(h5_create(&f, path), STATUS_OK);
    cr_assert_eq(seal_close(&f, h5_set_text(&f, ".", "format", "test")), STATUS_OK);
    cr_assert_eq(seal_check(path, &sealed), STATUS_OK);
    cr_expect(sealed);

    cr_assert_eq(h5_create(&f, path), STATUS_OK);
    cr_assert_eq(seal_close(&f, status_fail(STATUS_SHAPE, "too wide")), STATUS_SHAPE);
    cr_expect_str_eq(status_sentence(), "too wide");
    cr_expect_eq(access(path, F_OK), -1);
}
