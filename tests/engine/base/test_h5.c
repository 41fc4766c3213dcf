/* Reading HDF5 files that nobody vouches for. */
#include "engine/base/guard.h"
#include "engine/base/h5.h"
#include "engine/base/h5_image.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <float.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char folder[] = "/tmp/vitamin-h5-XXXXXX";

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

TestSuite(h5, .init = make_folder, .fini = remove_folder, .timeout = 120);

static const char *in_folder(const char *name)
{
    static char path[FILE_PATH];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void open_it(struct h5 *f, const char *name)
{
    cr_assert_eq(h5_open(f, in_folder(name)), STATUS_OK, "%s", status_sentence());
}

/* --- values ----------------------------------------------------------------------------------- */

enum { KNOWN = 10, SWAPPED = 9, TYPES = KNOWN + SWAPPED + 1 };

/* The usual ones; then those of two bytes and more in the other order; then an odd one. */
static hid_t any_type(int i)
{
    const hid_t types[TYPES] = {H5T_STD_I8LE,   H5T_STD_U8LE,   H5T_STD_I16LE,  H5T_STD_U16LE,
                                H5T_STD_I32LE,  H5T_STD_U32LE,  H5T_STD_I64LE,  H5T_STD_U64LE,
                                H5T_IEEE_F32LE, H5T_IEEE_F64LE, H5T_STD_U8BE,   H5T_STD_I16BE,
                                H5T_STD_U16BE,  H5T_STD_I32BE,  H5T_STD_U32BE,  H5T_STD_I64BE,
                                H5T_STD_U64BE,  H5T_IEEE_F32BE, H5T_IEEE_F64BE, H5T_NATIVE_LDOUBLE};
    return types[i];
}

static hid_t memory_type(int i)
{
    const hid_t types[] = {H5T_NATIVE_INT8,  H5T_NATIVE_UINT8,  H5T_NATIVE_INT16,
                           H5T_NATIVE_INT32, H5T_NATIVE_UINT32, H5T_NATIVE_INT64,
                           H5T_NATIVE_FLOAT, H5T_NATIVE_DOUBLE};
    return i < (int)(sizeof types / sizeof *types) ? types[i] : -1;
}

/* What is stored in any_type(i), from the doubles below. */
static const double extremes[] = {
    0,     1,      -1,           2.5,          -2.5,          127,
    128,   -129,   255,          256,          65535.0,       65536.0,
    1e9,   3e9,    -3e9,         16777217,     1e18,          1e19,
    -1e19, 9.3e18, 1.8e19,       1e38,         3.5e38,        -1e300,
    0.1,   1e-40,  2147483647.0, 2147483648.0, -2147483649.0, (double)FLT_MAX};
enum { EXTREMES = sizeof extremes / sizeof *extremes };

static void write_extremes(const char *name, int gzip)
{
    struct h5 f;
    char set[16];
    const size_t count = EXTREMES;
    cr_assert_eq(h5_create(&f, in_folder(name)), STATUS_OK);
    for (int i = 0; i < TYPES; i++) {
        snprintf(set, sizeof set, "t/%d", i);
        cr_assert_eq(h5_write(&f, set, any_type(i), H5T_NATIVE_DOUBLE, 1, &count, gzip, extremes),
                     STATUS_OK);
    }
    cr_assert_eq(h5_close(&f), STATUS_OK);
}

static void expect_same(const char *name, int i, int k, const unsigned char *ours,
                        const unsigned char *theirs)
{
    size_t width = H5Tget_size(memory_type(k));
    for (size_t n = 0; n < EXTREMES; n++) {
        /* A float of 2^31 the library does not clip, and the processor makes it negative; numbers
         * that are no float it rounds in one byte order to another one than in the other. */
        double x = extremes[n];
        bool two_31 = fabs(x) > 2147483646.0 && fabs(x) < 2147483649.0;
        if (any_type(i) == H5T_IEEE_F32LE &&
            ((double)(float)x != x || (two_31 && memory_type(k) == H5T_NATIVE_INT32)))
            continue;
        cr_expect_arr_eq(ours + n * width, theirs + n * width, width,
                         "%s: type %d as %d: element %zu (%g)", name, i, k, n, extremes[n]);
    }
}

/* Bit for bit what the library itself makes of the numbers, whatever they are and become. Of the
 * other byte order (where it is less exact) what it makes of the same numbers in this one. */
static void expect_the_library_s_numbers(const char *name)
{
    hid_t file = H5Fopen(in_folder(name), H5F_ACC_RDONLY, H5P_DEFAULT);
    struct h5 f;
    open_it(&f, name);
    for (int i = 0; i < TYPES - 1; i++) {
        for (int k = 0; memory_type(k) >= 0; k++) {
            unsigned char theirs[EXTREMES * 8] = {0}, ours[EXTREMES * 8] = {0};
            char set[16];
            int like = i < KNOWN ? i : i - KNOWN + 1;
            snprintf(set, sizeof set, "t/%d", like);
            hid_t id = H5Dopen2(file, set, H5P_DEFAULT);
            cr_assert_geq(H5Dread(id, memory_type(k), H5S_ALL, H5S_ALL, H5P_DEFAULT, theirs), 0);
            H5Dclose(id);
            snprintf(set, sizeof set, "t/%d", i);
            cr_assert_eq(h5_read(&f, set, memory_type(k), EXTREMES, ours), STATUS_OK, "%s",
                         status_sentence());
            expect_same(name, like, k, ours, theirs);
        }
    }
    double odd[EXTREMES];
    cr_assert_eq(h5_read_double(&f, "t/19", EXTREMES, odd), STATUS_OK, "%s", status_sentence());
    cr_expect_arr_eq(odd, extremes, sizeof odd);
    H5Fclose(file);
    h5_close(&f);
}

Test(h5, numbers_become_what_the_library_makes_of_them)
{
    write_extremes("plain.h5", 0);
    expect_the_library_s_numbers("plain.h5");
    write_extremes("packed.h5", 4);
    expect_the_library_s_numbers("packed.h5");
}

Test(h5, rows_are_read_from_any_storage)
{
    const size_t dims[2] = {50, 3};
    float x[150], y[150];
    for (int i = 0; i < 150; i++)
        x[i] = (float)i;
    /* Behind a block of the user's, where addresses are shifted. */
    hid_t list = H5Pcreate(H5P_FILE_CREATE);
    H5Pset_userblock(list, 1024);
    struct h5 f = {.file = H5Fcreate(in_folder("a.h5"), H5F_ACC_TRUNC, list, H5P_DEFAULT),
                   .fd = -1};
    H5Pclose(list);
    cr_assert_eq(h5_write_float(&f, "plain", 2, dims, x), STATUS_OK);
    cr_assert_eq(h5_write(&f, "big", H5T_IEEE_F64BE, H5T_NATIVE_FLOAT, 2, dims, 0, x), STATUS_OK);
    cr_assert_eq(h5_write(&f, "packed", H5T_STD_I16LE, H5T_NATIVE_FLOAT, 2, dims, 6, x), STATUS_OK);
    cr_assert_geq(H5Lcreate_soft("plain", f.file, "soft", H5P_DEFAULT, H5P_DEFAULT), 0);
    cr_assert_geq(H5Lcreate_hard(f.file, "packed", f.file, "hard", H5P_DEFAULT, H5P_DEFAULT), 0);
    cr_assert_geq(H5Fclose(f.file), 0);
    open_it(&f, "a.h5");
    static const char *const names[] = {"plain", "big", "packed", "soft", "/hard"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        cr_assert_eq(h5_read_float(&f, names[i], 150, y), STATUS_OK, "%s", status_sentence());
        cr_expect_arr_eq(x, y, sizeof x, "%s", names[i]);
    }
    h5_close(&f);
}

static enum status join(const struct h5 *f, const char *text, void *context)
{
    (void)f;
    strcat(context, text);
    strcat(context, "|");
    return STATUS_OK;
}

Test(h5, texts_and_names_come_in_their_order)
{
    struct h5 f;
    char all[256] = "";
    const char *words[3] = {"b", "", "a c"};
    const size_t three = 3;
    cr_assert_eq(h5_create(&f, in_folder("a.h5")), STATUS_OK);
    hid_t text = H5Tcopy(H5T_C_S1), padded = H5Tcopy(H5T_FORTRAN_S1);
    H5Tset_size(text, H5T_VARIABLE);
    H5Tset_size(padded, 2);
    cr_assert_eq(h5_write(&f, "g/variable", text, text, 1, &three, 0, words), STATUS_OK);
    cr_assert_eq(h5_write(&f, "g/padded", padded, padded, 1, &three, 0, "ab c  "), STATUS_OK);
    cr_assert_eq(h5_make_group(&f, "g/padded-more/x"), STATUS_OK);
    cr_assert_eq(h5_make_group(&f, "h"), STATUS_OK);
    cr_assert_eq(h5_set_text(&f, "g", "z", "1"), STATUS_OK);
    cr_assert_eq(h5_set_text(&f, "g", "y", "2"), STATUS_OK);
    H5Tclose(text);
    H5Tclose(padded);
    cr_assert_eq(h5_close(&f), STATUS_OK);
    open_it(&f, "a.h5");
    cr_assert_eq(h5_each_text(&f, "g/variable", join, all), STATUS_OK);
    cr_assert_eq(h5_each_text(&f, "g/padded", join, all), STATUS_OK);
    cr_expect_str_eq(all, "b||a c|ab| c||");
    *all = '\0';
    cr_assert_eq(h5_each(&f, "/", join, all), STATUS_OK);
    cr_assert_eq(h5_each(&f, "g", join, all), STATUS_OK);
    cr_assert_eq(h5_each_attribute(&f, "g", join, all), STATUS_OK);
    cr_expect_str_eq(all, "g|h|padded|padded-more|variable|y|z|");
    cr_expect(h5_is_group(&f, "g/padded-more") && !h5_is_group(&f, "g/padded"));
    h5_close(&f);
}

/* --- what leads out, or nowhere --------------------------------------------------------------- */

static void create_outside(hid_t file, const char *name, const char *other, bool virtual)
{
    const hsize_t four = 4;
    hid_t list = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(1, &four, NULL);
    if (virtual)
        cr_assert_geq(H5Pset_virtual(list, space, other, "secret", space), 0);
    else
        cr_assert_geq(H5Pset_external(list, other, 0, 32), 0);
    hid_t set = H5Dcreate2(file, name, H5T_IEEE_F64LE, space, H5P_DEFAULT, list, H5P_DEFAULT);
    cr_assert_geq(set, 0);
    H5Dclose(set);
    H5Sclose(space);
    H5Pclose(list);
}

Test(h5, nothing_outside_the_file_is_followed)
{
    struct h5 f;
    char other[FILE_PATH];
    double x[4] = {1, 2, 3, 4};
    const size_t four = 4;
    snprintf(other, sizeof other, "%s", in_folder("other.h5"));
    cr_assert_eq(h5_create(&f, other), STATUS_OK);
    cr_assert_eq(h5_write_double(&f, "secret", 1, &four, x), STATUS_OK);
    cr_assert_eq(h5_close(&f), STATUS_OK);

    cr_assert_eq(h5_create(&f, in_folder("a.h5")), STATUS_OK);
    cr_assert_eq(h5_write_double(&f, "own", 1, &four, x), STATUS_OK);
    H5Lcreate_external(other, "secret", f.file, "link", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_external(other, "/", f.file, "mount", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("mount/secret", f.file, "detour", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("nothing", f.file, "dangling", H5P_DEFAULT, H5P_DEFAULT);
    create_outside(f.file, "storage", other, false);
    create_outside(f.file, "virtual", other, true);
    cr_assert_eq(h5_close(&f), STATUS_OK);

    static const struct {
        const char *name, *says;
    } cases[] = {{"link", "link to another file"},       {"mount", "link to another file"},
                 {"detour", "link to another file"},     {"storage", "numbers in another file"},
                 {"virtual", "numbers in another file"}, {"dangling", "dangling link"}};
    open_it(&f, "a.h5");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_expect(h5_has(&f, cases[i].name), "what cannot be read is not absent: %s",
                  cases[i].name);
        cr_expect_eq(h5_read_double(&f, cases[i].name, 4, x), STATUS_FORMAT, "%s", cases[i].name);
        cr_expect(strstr(status_sentence(), cases[i].says) != NULL, "%s", status_sentence());
    }
    cr_expect_eq(h5_read_double(&f, "own", 4, x), STATUS_OK);
    h5_close(&f);
}

Test(h5, a_group_inside_itself_is_refused)
{
    struct h5 f;
    cr_assert_eq(h5_create(&f, in_folder("a.h5")), STATUS_OK);
    cr_assert_eq(h5_make_group(&f, "g"), STATUS_OK);
    H5Lcreate_hard(f.file, "/", f.file, "g/up", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_hard(f.file, "/g", f.file, "g/self", H5P_DEFAULT, H5P_DEFAULT);
    cr_assert_eq(h5_close(&f), STATUS_OK);
    cr_expect_eq(h5_open(&f, in_folder("a.h5")), STATUS_FORMAT);
    cr_expect(strstr(status_sentence(), "without end") != NULL, "%s", status_sentence());
}

/* --- bombs ------------------------------------------------------------------------------------ */

static long peak_kilobytes(int who)
{
    struct rusage used;
    getrusage(who, &used);
    return used.ru_maxrss;
}

Test(h5, a_small_file_does_not_unpack_to_much)
{
    enum { ARRAYS = 40 };
    const size_t count = 1 << 20;
    double *zeros = calloc(count, sizeof *zeros);
    struct h5 f;
    char name[16];
    size_t read = 0, found;
    cr_assert_eq(h5_create(&f, in_folder("bomb.h5")), STATUS_OK);
    for (int i = 0; i < ARRAYS; i++) { /* 8 MiB each */
        snprintf(name, sizeof name, "x%02d", i);
        cr_assert_eq(h5_write(&f, name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, 1, &count, 9, zeros),
                     STATUS_OK);
    }
    cr_assert_eq(h5_close(&f), STATUS_OK);
    long before = peak_kilobytes(RUSAGE_SELF);
    open_it(&f, "bomb.h5");
    cr_expect_lt(h5_file_bytes(&f), (uint64_t)3 << 20);
    for (int i = 0; i < ARRAYS; i++) {
        snprintf(name, sizeof name, "x%02d", i);
        if (h5_count(&f, name, &found) == STATUS_OK)
            read++;
        else
            cr_expect(strstr(status_sentence(), "unpacks to more") != NULL, "%s",
                      status_sentence());
    }
    cr_expect_leq(read * 8, 16 + 64 * h5_file_bytes(&f) / (1 << 20));
    cr_expect_lt(read, (size_t)ARRAYS);
    cr_expect_lt(peak_kilobytes(RUSAGE_SELF) - before, 400L << 10);
    cr_expect_lt(peak_kilobytes(RUSAGE_CHILDREN), 800L << 10);
    h5_close(&f);
    free(zeros);
}

Test(h5, an_array_that_was_never_written_is_no_way_out)
{
    struct h5 f;
    const hsize_t dims[2] = {1 << 30, 1 << 20};
    cr_assert_eq(h5_create(&f, in_folder("a.h5")), STATUS_OK);
    hid_t space = H5Screate_simple(2, dims, NULL);
    H5Dclose(H5Dcreate2(f.file, "x", H5T_IEEE_F64LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Sclose(space);
    cr_assert_eq(h5_close(&f), STATUS_OK);
    open_it(&f, "a.h5");
    size_t count;
    cr_expect_eq(h5_count(&f, "x", &count), STATUS_FORMAT);
    h5_close(&f);
}

/* --- children --------------------------------------------------------------------------------- */

static enum status end_by(void *context)
{
    int number = *(int *)context;
    if (number == SIGXCPU) {
        for (;;)
            ;
    }
    signal(number, SIG_DFL); /* whatever started the tests may ignore it */
    raise(number);
    return STATUS_OK;
}

Test(h5, how_a_child_ends_is_told_apart)
{
    static const struct {
        int number;
        enum status expected;
    } ends[] = {{SIGSEGV, STATUS_FORMAT},     {SIGABRT, STATUS_FORMAT},
                {SIGXCPU, STATUS_FORMAT},     {SIGTERM, STATUS_INTERRUPTED},
                {SIGINT, STATUS_INTERRUPTED}, {SIGKILL, STATUS_IO}};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        int number = ends[i].number;
        cr_expect_eq(guard_run("a.h5", 1, end_by, &number, NULL, 0), ends[i].expected, "%d: %s",
                     number, status_sentence());
        cr_expect(strstr(status_sentence(), "a.h5") != NULL, "%s", status_sentence());
    }
}

/* One child for many: a damaged file between sound ones takes nothing with it. */
Test(h5, sound_files_are_read_beside_damaged_ones)
{
    const size_t one = 1;
    char *bytes;
    size_t size;
    int refused = 0;
    guard_keep(true);
    for (int i = 0; i < 250; i++) {
        struct h5 f;
        double x = i, y = -1;
        cr_assert_eq(h5_create(&f, in_folder("a.h5")), STATUS_OK);
        cr_assert_eq(h5_write_double(&f, "x", 1, &one, &x), STATUS_OK);
        cr_assert_eq(h5_set_text(&f, ".", "kind", "sound"), STATUS_OK);
        cr_assert_eq(h5_close(&f), STATUS_OK);
        open_it(&f, "a.h5");
        cr_assert_eq(h5_read_double(&f, "x", 1, &y), STATUS_OK, "%s", status_sentence());
        cr_expect_eq(x, y);
        h5_close(&f);
        cr_assert_eq(file_read(in_folder("a.h5"), 1 << 20, &bytes, &size), STATUS_OK);
        bytes[(size_t)i * 7919 % size] ^= (char)(1 << i % 8);
        cr_assert_eq(file_replace(in_folder("b.h5"), bytes, size), STATUS_OK);
        free(bytes);
        if (h5_open(&f, in_folder("b.h5")) == STATUS_OK)
            h5_close(&f);
        else
            refused++;
    }
    guard_keep(false);
    cr_expect_gt(refused, 10);
}

static enum status say_pid(void *context, int fd, struct guard_answer *answer)
{
    pid_t pid = getpid();
    (void)context;
    (void)fd;
    return guard_put(answer, &pid, sizeof pid) ? STATUS_OK : STATUS_IO;
}

static pid_t pid_of_child(int fd)
{
    static char context[GUARD_CONTEXT];
    const struct guard_limits limits = {10, 0, 64};
    void *bytes;
    size_t count;
    pid_t pid;
    cr_assert_eq(guard_collect("a.h5", &limits, say_pid, context, fd, &bytes, &count), STATUS_OK,
                 "%s", status_sentence());
    cr_assert_eq(count, sizeof pid);
    memcpy(&pid, bytes, sizeof pid);
    free(bytes);
    return pid;
}

Test(h5, a_kept_child_that_is_not_trusted_any_more_is_replaced)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    guard_keep(true);
    pid_t first = pid_of_child(fd), second = pid_of_child(fd);
    guard_distrust();
    pid_t third = pid_of_child(fd);
    guard_keep(false);
    close(fd);
    cr_expect_eq(first, second);
    cr_expect_neq(first, getpid());
    cr_expect_neq(first, third);
}

/* A run replaces its curve while others look at it: they see one of them whole. */
Test(h5, a_file_that_is_replaced_all_the_time_is_read)
{
    const size_t one = 1;
    char path[FILE_PATH], temporary[FILE_PATH];
    snprintf(path, sizeof path, "%s", in_folder("a.h5"));
    snprintf(temporary, sizeof temporary, "%s", in_folder("b.h5"));
    struct h5 written;
    double seven = 7;
    cr_assert_eq(h5_create(&written, path), STATUS_OK);
    cr_assert_eq(h5_write_double(&written, "x", 1, &one, &seven), STATUS_OK);
    cr_assert_eq(h5_close(&written), STATUS_OK);
    char *bytes;
    size_t size;
    cr_assert_eq(file_read(path, 1 << 20, &bytes, &size), STATUS_OK);
    pid_t writer = fork();
    if (writer == 0) {
        const struct timespec moment = {.tv_nsec = 2000000};
        for (;;) {
            FILE *file = fopen(temporary, "wb");
            bool good = file != NULL && fwrite(bytes, 1, size, file) == size && fclose(file) == 0 &&
                        rename(temporary, path) == 0;
            if (!good)
                _exit(1);
            nanosleep(&moment, NULL);
        }
    }
    for (int i = 0; i < 300; i++) {
        struct h5 f;
        double x = 0;
        guard_keep(i % 2 == 0);
        cr_assert_eq(h5_open(&f, path), STATUS_OK, "%s", status_sentence());
        cr_assert_eq(h5_read_double(&f, "x", 1, &x), STATUS_OK, "%s", status_sentence());
        cr_expect_eq(x, 7);
        h5_close(&f);
    }
    kill(writer, SIGKILL);
    waitpid(writer, NULL, 0);
    guard_keep(false);
    free(bytes);
}
