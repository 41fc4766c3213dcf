#include "engine/base/commit.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/vitamin-commit-XXXXXX";
static char path[64], temporary[FILE_PATH];

static void write_text(const char *text)
{
    cr_assert_eq(file_temporary(path, temporary), STATUS_OK, "%s", status_sentence());
    FILE *file = fopen(temporary, "w");
    cr_assert_not_null(file);
    cr_assert_eq(fputs(text, file) < 0 || fclose(file) != 0, 0);
}

static void expect_text(const char *wanted)
{
    char *text;
    size_t bytes;
    cr_assert_eq(file_read(path, 1 << 10, &text, &bytes), STATUS_OK, "%s", status_sentence());
    cr_expect_str_eq(text, wanted);
    free(text);
}

static void make_folder(void)
{
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/a", folder);
}

static void remove_folder(void)
{
    unlink(path);
    rmdir(folder);
}

TestSuite(commit, .init = make_folder, .fini = remove_folder, .timeout = 30);

Test(commit, leaves_the_last_of_several_files)
{
    struct commit c = {.under_way = false};
    cr_expect_eq(commit_end(&c), STATUS_OK, "there is none to wait for");
    for (int i = 0; i < 20; i++) {
        char text[8];
        snprintf(text, sizeof text, "%d", i);
        write_text(text);
        commit_begin(&c, temporary, path);
        cr_assert_eq(commit_end(&c), STATUS_OK, "%s", status_sentence());
        expect_text(text);
    }
    cr_expect_eq(access(temporary, F_OK), -1);
}

/* The sentence comes from another thread, and only once. */
Test(commit, tells_at_the_end_what_went_wrong)
{
    struct commit c = {.under_way = false};
    write_text("old");
    commit_begin(&c, temporary, path);
    cr_assert_eq(commit_end(&c), STATUS_OK);
    write_text("new");
    unlink(temporary);
    commit_begin(&c, temporary, path);
    cr_expect_eq(commit_end(&c), STATUS_IO);
    cr_expect(strstr(status_sentence(), path) != NULL, "%s", status_sentence());
    cr_expect_eq(commit_end(&c), STATUS_OK);
    expect_text("old");
}

/* A stream takes the file's place when all went well, and leaves it alone otherwise. */
Test(commit, a_stream_replaces_the_file_or_leaves_it)
{
    struct file_stream s;
    cr_assert_eq(file_stream_open(&s, path), STATUS_OK, "%s", status_sentence());
    fputs("one", s.stream);
    cr_assert_eq(file_stream_close(&s, STATUS_OK), STATUS_OK, "%s", status_sentence());
    expect_text("one");
    cr_assert_eq(file_stream_open(&s, path), STATUS_OK);
    fputs("two", s.stream);
    cr_assert_eq(file_stream_close(&s, STATUS_SHAPE), STATUS_SHAPE, "the caller's error stays");
    expect_text("one");
    cr_assert_eq(access(s.temporary, F_OK), -1);
    cr_assert_eq(file_stream_close(&s, STATUS_OK), STATUS_OK, "closed already");
    /* Every byte counts, not only the last ones. */
    cr_assert_eq(file_stream_open(&s, path), STATUS_OK);
    cr_assert_not_null(freopen("/dev/full", "w", s.stream));
    fputs("three", s.stream);
    cr_assert_eq(file_stream_close(&s, STATUS_OK), STATUS_IO);
    expect_text("one");
    cr_assert_eq(access(s.temporary, F_OK), -1);
    cr_assert_eq(file_stream_open(&s, "/dev/null/a"), STATUS_IO);
}
