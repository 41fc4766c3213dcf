#include "tests/support/odd_files.h"

#include "engine/base/file.h"
#include "tests/support/reseal.h"

#include <criterion/criterion.h>
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>

enum { SECONDS = 10 }; /* on a busy machine; what hangs, hangs for ever */

static char folder[] = "/tmp/vitamin-odd-XXXXXX";

static const char *in_folder(const char *name)
{
    static char path[4][FILE_PATH];
    static int next;
    char *out = path[next++ % 4];
    snprintf(out, FILE_PATH, "%s/%s", folder, name);
    return out;
}

static void copy(const char *from, const char *to)
{
    char *bytes;
    size_t size;
    cr_assert_eq(file_read(from, (size_t)1 << 24, &bytes, &size), STATUS_OK, "%s",
                 status_sentence());
    cr_assert_eq(file_replace(to, bytes, size), STATUS_OK, "%s", status_sentence());
    free(bytes);
}

/* --- no files --- */

static void make_pipe(const char *path)
{
    cr_assert_eq(mkfifo(path, 0600), 0);
}

static void make_folder(const char *path)
{
    cr_assert_eq(mkdir(path, 0700), 0);
}

static void make_socket(const char *path)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    snprintf(name.sun_path, sizeof name.sun_path, "%s", path);
    cr_assert_eq(bind(fd, (const struct sockaddr *)&name, sizeof name), 0);
    close(fd);
}

static void make_endless_device(const char *path)
{
    cr_assert_eq(symlink("/dev/zero", path), 0);
}

static void make_terminal(const char *path)
{
    cr_assert_eq(symlink("/dev/ptmx", path), 0);
}

static void make_link_to_nowhere(const char *path)
{
    cr_assert_eq(symlink("/nowhere/at/all", path), 0);
}

/* --- files that keep an array elsewhere --- */

static const char *array;

/* The sound file with its array taken out, and what the array was. */
static hid_t open_without_array(const char *path, hid_t *type, hid_t *space)
{
    copy(in_folder("sound"), path);
    copy(in_folder("sound"), in_folder("other"));
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    hid_t set = H5Dopen2(file, array, H5P_DEFAULT);
    *type = H5Dget_type(set);
    *space = H5Dget_space(set);
    cr_assert(set >= 0 && *type >= 0 && *space >= 0, "no array '%s'", array);
    H5Dclose(set);
    cr_assert_geq(H5Ldelete(file, array, H5P_DEFAULT), 0);
    return file;
}

static void close_sealed(const char *path, hid_t file, hid_t type, hid_t space)
{
    H5Tclose(type);
    H5Sclose(space);
    cr_assert_geq(H5Fclose(file), 0);
    cr_assert_eq(reseal(path), STATUS_OK, "%s", status_sentence());
}

static void make_external_link(const char *path)
{
    hid_t type, space, file = open_without_array(path, &type, &space);
    cr_assert_geq(
        H5Lcreate_external(in_folder("other"), array, file, array, H5P_DEFAULT, H5P_DEFAULT), 0);
    close_sealed(path, file, type, space);
}

static void make_stored_elsewhere(const char *path, bool virtual)
{
    hid_t type, space, file = open_without_array(path, &type, &space);
    hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    hsize_t bytes = (hsize_t)H5Sget_simple_extent_npoints(space) * H5Tget_size(type);
    if (virtual)
        cr_assert_geq(H5Pset_virtual(list, space, in_folder("other"), array, space), 0);
    else
        cr_assert_geq(H5Pset_external(list, in_folder("other"), 0, bytes), 0);
    hid_t set = H5Dcreate2(file, array, type, space, H5P_DEFAULT, list, H5P_DEFAULT);
    cr_assert_geq(set, 0);
    H5Dclose(set);
    H5Pclose(list);
    close_sealed(path, file, type, space);
}

static void make_external_storage(const char *path)
{
    make_stored_elsewhere(path, false);
}

static void make_virtual_dataset(const char *path)
{
    make_stored_elsewhere(path, true);
}

static const struct {
    const char *what;
    void (*make)(const char *path);
    bool hdf5;
} odd[] = {
    {"a pipe", make_pipe, false},
    {"a folder", make_folder, false},
    {"a socket", make_socket, false},
    {"an endless device", make_endless_device, false},
    {"a terminal", make_terminal, false},
    {"a link that leads nowhere", make_link_to_nowhere, false},
    {"an external link", make_external_link, true},
    {"external storage", make_external_storage, true},
    {"a virtual dataset", make_virtual_dataset, true},
};

void odd_files_are_refused(const struct odd_reader *reader)
{
    char path[FILE_PATH], command[FILE_PATH];
    cr_assert_not_null(mkdtemp(folder));
    array = reader->array;
    reader->write(in_folder("sound"));
    cr_assert_eq(reader->read(in_folder("sound")), STATUS_OK, "%s: %s", reader->name,
                 status_sentence());
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        if (odd[i].hdf5 && array == NULL)
            continue;
        snprintf(path, sizeof path, "%s/%zu", folder, i);
        odd[i].make(path);
        time_t start = time(NULL);
        cr_expect_neq(reader->read(path), STATUS_OK, "%s takes %s", reader->name, odd[i].what);
        cr_expect_neq(*status_sentence(), '\0', "%s: %s", reader->name, odd[i].what);
        cr_expect_lt(time(NULL) - start, SECONDS, "%s: %s", reader->name, odd[i].what);
    }
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    cr_assert_eq(system(command), 0);
}
