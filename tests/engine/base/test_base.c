#include "engine/base/arena.h"
#include "engine/base/file.h"
#include "engine/base/h5.h"
#include "engine/base/sha256.h"
#include "engine/base/status.h"
#include "tests/support/small_disk.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
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

/* A path that is no regular file: a socket, a pipe (to open it would hang), a folder, a device. */
static void make_oddities(void)
{
    int socket_fd = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    cr_assert_lt(snprintf(at.sun_path, sizeof at.sun_path, "%s", in_folder("socket")),
                 (int)sizeof at.sun_path);
    cr_assert_eq(bind(socket_fd, (const struct sockaddr *)&at, sizeof at), 0);
    close(socket_fd);
    cr_assert_eq(mkfifo(in_folder("pipe"), 0600), 0);
    cr_assert_eq(mkdir(in_folder("folder"), 0700), 0);
    cr_assert_eq(symlink("/dev/zero", in_folder("device")), 0);
}

static const char *const oddities[] = {"socket", "pipe", "folder", "device"};

Test(base, only_regular_files_are_opened, .timeout = 20)
{
    make_oddities();
    for (size_t i = 0; i < sizeof oddities / sizeof *oddities; i++) {
        const char *path = in_folder(oddities[i]);
        char *text, digest[SHA256_HEX], said[64];
        struct h5 f;
        int fd;
        snprintf(said, sizeof said, "is a %s, not a file", oddities[i]);
        cr_expect_eq(file_open(path, &fd), STATUS_IO);
        cr_expect_eq(fd, -1);
        cr_expect_eq(file_read(path, 100, &text, NULL), STATUS_IO);
        cr_expect(strstr(status_sentence(), said) != NULL, "%s", status_sentence());
        cr_expect_eq(sha256_file(path, digest), STATUS_IO);
        cr_expect(strstr(status_sentence(), said) != NULL, "%s", status_sentence());
        cr_expect_eq(h5_open(&f, path), STATUS_IO);
        cr_expect(strstr(status_sentence(), said) != NULL, "%s", status_sentence());
    }
}

/* A rename would turn them into a file; a device is made here, never the machine's own. */
Test(base, only_regular_files_are_replaced, .timeout = 20)
{
    char temporary[FILE_PATH], path[FILE_PATH];
    struct stat before, after;
    struct file_stream stream;
    make_oddities();
    cr_assert_eq(unlink(in_folder("device")), 0);
    bool device = mknod(in_folder("device"), S_IFCHR | 0600, makedev(1, 3)) == 0;
    for (size_t i = 0; i < sizeof oddities / sizeof *oddities; i++) {
        if (strcmp(oddities[i], "device") == 0 && !device)
            continue; /* only root makes one */
        /* By its own name, and by a link to it. */
        for (int link = 0; link < 2; link++) {
            char said[64];
            snprintf(said, sizeof said, "is a %s, not a file", oddities[i]);
            snprintf(path, sizeof path, "%s", in_folder(link ? "to" : oddities[i]));
            if (link)
                cr_assert_eq(symlink(oddities[i], path), 0);
            cr_assert_eq(lstat(path, &before), 0);
            cr_expect_eq(file_temporary(path, temporary), STATUS_IO);
            cr_expect(strstr(status_sentence(), said) != NULL, "%s", status_sentence());
            cr_expect_eq(file_replace(path, "x", 1), STATUS_IO);
            cr_expect_eq(file_stream_open(&stream, path), STATUS_IO);
            /* It came while the file was written. */
            cr_assert_eq(file_temporary(in_folder("other"), temporary), STATUS_OK);
            cr_expect_eq(file_commit(temporary, path), STATUS_IO);
            cr_expect(strstr(status_sentence(), said) != NULL, "%s", status_sentence());
            cr_expect_not(file_exists(temporary));
            cr_assert_eq(lstat(path, &after), 0);
            cr_expect_eq(before.st_ino, after.st_ino);
            cr_expect_eq(before.st_mode, after.st_mode);
            if (link)
                cr_assert_eq(unlink(path), 0);
        }
    }
}

/* What it leads to is replaced; a link to nothing may lead to what is not mounted. */
Test(base, writers_follow_links)
{
    char *text, left[FILE_PATH], path[FILE_PATH];
    struct stat info;
    snprintf(path, sizeof path, "%s", in_folder("link"));
    cr_assert_eq(mkdir(in_folder("there"), 0700), 0);
    cr_assert_eq(file_replace(in_folder("there/file"), "old", 3), STATUS_OK);
    cr_assert_eq(symlink("there/file", path), 0);
    cr_assert_eq(file_temporary(path, left), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(file_replace(path, "new", 3), STATUS_OK, "%s", status_sentence());
    cr_expect(lstat(path, &info) == 0 && S_ISLNK(info.st_mode));
    cr_assert_eq(file_read(in_folder("there/file"), 100, &text, NULL), STATUS_OK);
    cr_expect_str_eq(text, "new");
    free(text);
    file_remove_leftovers(path);
    cr_expect_not(file_exists(left));
    cr_assert_eq(unlink(in_folder("there/file")), 0);
    cr_expect_eq(file_replace(path, "x", 1), STATUS_IO);
    cr_expect(strstr(status_sentence(), "dangling") != NULL, "%s", status_sentence());
    cr_expect_not(file_exists(in_folder("there/file")));
}

Test(base, absent_is_not_unreadable)
{
    bool there = true;
    cr_expect_eq(file_look(in_folder("nothing"), &there), STATUS_OK);
    cr_expect_not(there);
    cr_assert_eq(file_replace(in_folder("x.txt"), "x", 1), STATUS_OK);
    cr_expect_eq(file_look(in_folder("x.txt"), &there), STATUS_OK);
    cr_expect(there);
    cr_expect_eq(file_look(in_folder("x.txt/below"), &there), STATUS_OK);
    cr_expect_not(there);
    char loop[FILE_PATH];
    snprintf(loop, sizeof loop, "%s", in_folder("loop"));
    cr_assert_eq(symlink(loop, loop), 0);
    cr_expect_eq(file_look(loop, &there), STATUS_IO);
    cr_expect(strstr(status_sentence(), "loop") != NULL, "%s", status_sentence());
}

Test(base, file_path_is_whole_or_an_error)
{
    char longest[FILE_PATH], out[FILE_PATH];
    memset(longest, 'x', sizeof longest);
    longest[FILE_PATH - 3] = '\0'; /* with "/y" it just fits */
    cr_assert_eq(file_path(out, "%s/y", longest), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(strlen(out), (size_t)FILE_PATH - 1);
    cr_assert_eq(file_path(out, "%s/yz", longest), STATUS_IO);
    cr_assert_str_eq(out, "", "half a path is none");
    cr_assert_not_null(strstr(status_sentence(), "longer than 4095 bytes"), "%s",
                       status_sentence());
    cr_assert_eq(file_path(out, "a/b"), STATUS_OK);
    cr_assert_eq(file_path(out, "%s/c", out), STATUS_OK, "its own beginning");
    cr_assert_str_eq(out, "a/b/c");
}

Test(base, file_names_are_one_part_of_a_path)
{
    static const char *const good[] = {"a", ".hidden", "...", "a b", "m\303\266", "@x=1,y=2", "-"};
    static const char *const bad[] = {"", ".", "..", "a/b", "/", "../a", "a\nb", "\x1b[2J", "\x7f"};
    char name[FILE_NAME + 2] = "";
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        cr_expect_eq(file_check_name("it", good[i]), STATUS_OK, "%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_expect_eq(file_check_name("its name", bad[i]), STATUS_CONFIG, "case %zu", i);
        cr_expect_eq(strncmp(status_sentence(), "its name ", 9), 0, "%s", status_sentence());
    }
    memset(name, 'n', FILE_NAME);
    cr_expect_eq(file_check_name("it", name), STATUS_OK);
    name[FILE_NAME] = 'n';
    cr_expect_eq(file_check_name("it", name), STATUS_CONFIG);
}

Test(base, file_stem_takes_hdf5_endings_off)
{
    cr_expect_eq(file_stem("hopper-v1.5.hdf5"), 11);
    cr_expect_eq(file_stem("hopper-v1.5"), 11);
    cr_expect_eq(file_stem("p.h5"), 1);
    cr_expect_eq(file_stem(""), 0);
}

Test(base, file_that_cannot_be_written_is_said)
{
    char disk[FILE_PATH], path[FILE_PATH], fill[FILE_PATH];
    snprintf(disk, sizeof disk, "%s", in_folder("disk"));
    if (!small_disk_mount(disk, 1))
        cr_skip_test("no disk can be mounted here");
    snprintf(fill, sizeof fill, "%.900s/fill", disk);
    snprintf(path, sizeof path, "%.900s/full", disk);
    small_disk_fill(fill, 0);
    cr_assert_eq(file_replace(path, "abc", 3), STATUS_IO);
    cr_assert(strstr(status_sentence(), "disk is full") != NULL, "%s", status_sentence());
    cr_assert_not(file_exists(path));
    cr_assert_eq(umount2(disk, MNT_DETACH), 0);
}

/* In containers every writer may be process 1, and a name that can be guessed may be a link. */
Test(base, temporaries_of_one_process_differ_and_dead_ones_are_removed)
{
    char first[FILE_PATH], second[FILE_PATH], path[FILE_PATH];
    struct stat info;
    snprintf(path, sizeof path, "%s", in_folder("curve.h5"));
    cr_assert_eq(file_temporary(path, first), STATUS_OK);
    cr_assert_eq(file_temporary(path, second), STATUS_OK);
    cr_assert_str_neq(first, second);
    cr_assert(lstat(first, &info) == 0 && S_ISREG(info.st_mode) && info.st_size == 0);

    /* An earlier version's, and what only looks like one. */
    static const char *const other[] = {"curve.h5.4711.tmp", "curve.h5.mine.tmp", "curve.h5.tmp",
                                        "curve.h55.1.tmp", "curve.h5.1.tmp.h5"};
    static const bool stays[] = {false, true, true, true, true};
    for (int i = 0; i < 5; i++)
        cr_assert_eq(file_replace(in_folder(other[i]), "x", 1), STATUS_OK);
    file_remove_leftovers(path);
    cr_expect_not(file_exists(first));
    cr_expect_not(file_exists(second));
    for (int i = 0; i < 5; i++)
        cr_expect_eq(file_exists(in_folder(other[i])), stays[i], "%s", other[i]);
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
    cr_assert_eq(h5_get_text(&f, ".", "kind", text, sizeof text), STATUS_OK);
    cr_assert_str_eq(text, "generated");
    cr_assert_eq(h5_get_text(&f, ".", "kind", text, 4), STATUS_FORMAT);
    cr_assert_eq(h5_get_number(&f, "deep", "version", &number), STATUS_OK);
    cr_assert_eq(number, 3);
    h5_close(&f);
}

/* What a run writes: attributes, plain and deflated arrays, more than HDF5 keeps in memory. */
static enum status write_much(struct h5 *f)
{
    enum { ROWS = 20000 };
    static float x[ROWS];
    const size_t rows = ROWS;
    for (int i = 0; i < ROWS; i++)
        x[i] = sinf((float)i * (float)i);
    TRY(h5_set_text(f, ".", "kind", "generated"));
    TRY(h5_write_float(f, "small/x", 1, (size_t[]){10}, x));
    TRY(h5_write_float(f, "plain/x", 1, &rows, x));
    return h5_write(f, "deflated/x", H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, 1, &rows, 4, x);
}

/* One page more each time until the file fits: before that an error and a sentence, and nothing
 * stays open inside HDF5, whatever was being written when there was no more room. */
Test(base, h5_on_a_full_disk_fails_and_lets_go)
{
    char disk[FILE_PATH], filler[FILE_PATH + 8], path[FILE_PATH + 8];
    snprintf(disk, sizeof disk, "%s", in_folder("disk"));
    snprintf(filler, sizeof filler, "%s/filler", disk);
    snprintf(path, sizeof path, "%s/a.h5", disk);
    if (!small_disk_mount(disk, 1))
        cr_skip_test("SKIPPED: mounting a small disk is not permitted here");
    enum status result = STATUS_IO;
    size_t left = 0;
    for (; result != STATUS_OK; left += 4096) {
        struct h5 f;
        cr_assert_lt(left, 1 << 19, "never fits: %s", status_sentence());
        small_disk_fill(filler, left);
        enum status written = h5_create(&f, path);
        if (written == STATUS_OK)
            written = write_much(&f);
        result = h5_close(&f);
        cr_expect_eq(H5Fget_obj_count(H5F_OBJ_ALL, H5F_OBJ_ALL), 0, "%zu bytes are left", left);
        if (written != STATUS_OK)
            result = written;
        if (result != STATUS_OK) {
            cr_expect_eq(result, STATUS_IO);
            cr_expect(strstr(status_sentence(), "a.h5: cannot be written: the disk is full") !=
                          NULL,
                      "%s", status_sentence());
        }
        cr_assert_eq(unlink(filler), 0);
        if (result != STATUS_OK)
            cr_assert_eq(unlink(path) == 0, left > 0);
    }
    cr_expect_gt(left, (size_t)150000);
    struct h5 f;
    cr_assert_eq(h5_open(&f, path), STATUS_OK, "%s", status_sentence());
    cr_expect(h5_has(&f, "deflated/x"));
    h5_close(&f);
    cr_assert_eq(umount2(disk, MNT_DETACH), 0);
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
    cr_assert_eq(h5_close(&f), STATUS_OK);
    cr_assert_eq(h5_open(&f, in_folder("b.h5")), STATUS_OK);
    cr_assert_eq(h5_read_float(&f, "y", 2, x), STATUS_FORMAT);
    cr_assert_eq(h5_read_float(&f, "x", 3, x), STATUS_SHAPE);
    cr_assert(strstr(status_sentence(), "'x' holds 2 numbers, 3 are expected") != NULL);
    h5_close(&f);
}
