#include "harness/command_data.h"
#include "suites/dataset.h"
#include "tests/support/command_line.h"
#include "tests/support/fixture.h"
#include "tests/support/http_server.h"
#include "tests/support/toy_dataset.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A real (if small) file under D4RL's name. */
static const char path_on_server[] = "/d4rl/gym_mujoco_v2/hopper_random-v2.hdf5";

static char folder[FILE_PATH];
static char *body;
static size_t bytes;
static struct http_server *server;

static void start(void)
{
    toy_folder(folder);
    setenv("VITAMIN_DATA", folder, 1);
    setenv("no_proxy", "127.0.0.1", 1);
    if (system("curl --version > /dev/null 2>&1") != 0)
        cr_skip_test("curl is not installed");
    cr_assert_eq(file_read("tests/data/hopper-random-dev.hdf5", 1 << 24, &body, &bytes), STATUS_OK);
    server = http_server_start(path_on_server, body, bytes);
    setenv("VITAMIN_SERVER", at("http://127.0.0.1:%d/d4rl", server->port), 1);
}

static void stop(void)
{
    if (server != NULL)
        http_server_stop(server);
    free(body);
    toy_remove(folder);
}

TestSuite(data_fetch, .init = start, .fini = stop, .timeout = 60);

static enum status fetch(const char *arguments)
{
    char *printed;
    enum status result = command_line(&command_data, at("fetch %s", arguments), &printed);
    free(printed);
    return result;
}

static const char *in_folder(const char *name)
{
    return at("%.900s/%s", folder, name);
}

/* What is there is what the server has, and nothing else is there. */
static void expect_whole(void)
{
    char *got;
    size_t size;
    cr_assert_eq(file_read(in_folder("hopper-random-v2.hdf5"), 1 << 24, &got, &size), STATUS_OK);
    cr_assert_eq(size, bytes);
    cr_assert_arr_eq(got, body, bytes);
    cr_assert_not(file_exists(in_folder("hopper-random-v2.hdf5.part")));
    free(got);
}

static void expect_nothing(void)
{
    cr_assert_not(file_exists(in_folder("hopper-random-v2.hdf5")));
    cr_assert_not(file_exists(in_folder("hopper-random-v2.hdf5.part")));
}

Test(data_fetch, downloads_checks_and_names_a_dataset)
{
    char *printed;
    cr_assert_eq(command_line(&command_data, "fetch hopper-random-v2", &printed), STATUS_OK, "%s",
                 status_sentence());
    cr_expect(strstr(printed, "2000 rows, sha256 ") != NULL, "%s", printed);
    cr_expect(strstr(printed, "at least 999996 rows") != NULL, "its size is doubted: %s", printed);
    free(printed);
    expect_whole();
    struct dataset_options o = dataset_defaults();
    struct dataset d;
    cr_assert_eq(dataset_load("hopper-random-v2", &o, &d), STATUS_OK);
    cr_expect_eq(d.kind, DATASET_OWN, "2000 rows are not D4RL's");
    dataset_free(&d);

    /* Once is enough. */
    int before = server->requests;
    cr_assert_eq(fetch("hopper-random-v2"), STATUS_OK);
    cr_assert_eq(server->requests, before);
}

Test(data_fetch, takes_a_broken_connection_up_again)
{
    server->break_after = bytes / 3;
    server->breaks = 2;
    cr_assert_eq(fetch("hopper-random-v2"), STATUS_OK, "%s", status_sentence());
    expect_whole();
    cr_assert_eq(server->requests, 3);
    cr_assert_eq(server->last_offset, 2 * (bytes / 3));
}

Test(data_fetch, goes_on_where_an_earlier_run_stopped)
{
    cr_assert_eq(file_replace(in_folder("hopper-random-v2.hdf5.part"), body, 10000), STATUS_OK);
    cr_assert_eq(fetch("hopper-random-v2"), STATUS_OK, "%s", status_sentence());
    expect_whole();
    cr_assert_eq(server->requests, 1);
    cr_assert_eq(server->last_offset, 10000);
}

Test(data_fetch, begins_anew_when_the_server_cannot_go_on)
{
    server->no_ranges = true;
    cr_assert_eq(file_replace(in_folder("hopper-random-v2.hdf5.part"), body, 10000), STATUS_OK);
    cr_assert_eq(fetch("hopper-random-v2"), STATUS_OK, "%s", status_sentence());
    expect_whole();
}

Test(data_fetch, begins_anew_when_the_beginning_was_another_files)
{
    char *noise = calloc(2, bytes);
    cr_assert_eq(file_replace(in_folder("hopper-random-v2.hdf5.part"), noise, 10000), STATUS_OK);
    cr_assert_eq(fetch("hopper-random-v2"), STATUS_OK, "%s", status_sentence());
    expect_whole();
    /* Longer than the file: the server has nothing behind it. */
    unlink(in_folder("hopper-random-v2.hdf5"));
    cr_assert_eq(file_replace(in_folder("hopper-random-v2.hdf5.part"), noise, 2 * bytes),
                 STATUS_OK);
    cr_assert_eq(fetch("hopper-random-v2"), STATUS_OK, "%s", status_sentence());
    expect_whole();
    free(noise);
}

Test(data_fetch, replaces_a_stand_in_but_no_file_of_unknown_origin)
{
    char *printed;
    cr_assert_eq(command_line(&command_data, "generate hopper-random-v2 --rows 100", &printed),
                 STATUS_OK);
    free(printed);
    cr_assert_eq(fetch("hopper-random-v2"), STATUS_OK, "%s", status_sentence());
    expect_whole();
    cr_assert_eq(command_line(&command_data, "generate hopper-random-v2 --rows 100", &printed),
                 STATUS_CONFIG);
    free(printed);
    expect_whole();
}

Test(data_fetch, keeps_no_file_that_is_not_a_dataset)
{
    server->flip = 1; /* of the signature */
    cr_assert_eq(fetch("hopper-random-v2"), STATUS_FORMAT);
    cr_assert(strstr(status_sentence(), "was removed") != NULL, "%s", status_sentence());
    expect_nothing();
    server->flip = bytes / 2; /* of some compressed chunk */
    cr_assert_eq(fetch("hopper-random-v2"), STATUS_FORMAT, "%s", status_sentence());
    expect_nothing();
}

Test(data_fetch, says_what_the_matter_is)
{
    cr_assert_eq(fetch("ant-random-v2"), STATUS_MISSING);
    cr_assert(strstr(status_sentence(), "error 404") != NULL, "%s", status_sentence());
    cr_assert(strstr(status_sentence(), "ant_random-v2.hdf5") != NULL, "%s", status_sentence());

    cr_assert_eq(fetch("hopper-random-v2 --server http://127.0.0.1:1/"), STATUS_IO);
    cr_assert(strstr(status_sentence(), "offline") != NULL, "%s", status_sentence());
    cr_assert(strstr(status_sentence(), "vitamin data generate") != NULL, "%s", status_sentence());
    expect_nothing();

    cr_assert_eq(fetch("hopper-tidy-v2"), STATUS_CONFIG);
    cr_assert(strstr(status_sentence(), "hopper-tidy-v2") != NULL, "%s", status_sentence());
    cr_assert_eq(fetch(""), STATUS_CONFIG);
    cr_assert_eq(fetch("--all hopper-random-v2"), STATUS_CONFIG);

    setenv("PATH", "/nowhere", 1);
    cr_assert_eq(fetch("hopper-random-v2"), STATUS_MISSING);
    cr_assert(strstr(status_sentence(), "curl is missing") != NULL, "%s", status_sentence());
}

Test(data_fetch, fetches_all_that_the_server_has)
{
    cr_assert_not_null(freopen("/dev/null", "w", stderr)); /* one line for each that fails */
    cr_assert_eq(fetch("--all"), STATUS_MISSING);
    cr_assert(strstr(status_sentence(), "33 of 34") != NULL, "%s", status_sentence());
    expect_whole();
    cr_assert_eq(server->requests, dataset_count);
}
