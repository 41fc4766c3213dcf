#include "engine/base/log.h"
#include "harness/base/download.h"
#include "harness/commands/command.h"
#include "suites/dataset.h"
#include "tests/support/command_line.h"
#include "tests/support/fixture.h"
#include "tests/support/http_server.h"
#include "tests/support/known_file.h"
#include "tests/support/toy_dataset.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A real (if small) file under D4RL's name. */
static const char path_on_server[] = "/d4rl/gym_mujoco_v2/hopper_random-v2.hdf5";

static char folder[FILE_PATH];
static char *body;
static size_t bytes;
static struct http_server *server, *mirror;

static void start(void)
{
    toy_folder(folder);
    setenv("VITAMIN_DATA", folder, 1);
    setenv("no_proxy", "127.0.0.1", 1);
    setenv("VITAMIN_RETRY_SECONDS", "0", 1);
    setenv("VITAMIN_STALL_SECONDS", "1", 1);
    cr_assert_eq(file_read("tests/data/hopper-random-dev.hdf5", 1 << 24, &body, &bytes), STATUS_OK);
    server = http_server_start(path_on_server, body, bytes);
    setenv("VITAMIN_SERVER", at("http://127.0.0.1:%d/d4rl", server->port), 1);
    known_file("hopper-random-v2", "tests/data/hopper-random-dev.hdf5");
}

static void stop(void)
{
    if (mirror != NULL)
        http_server_stop(mirror);
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

/* The first `n` bytes of what the server has lie there, for a later run. */
static void expect_begun(size_t n)
{
    char *got;
    size_t size;
    cr_assert_not(file_exists(in_folder("hopper-random-v2.hdf5")));
    cr_assert_eq(file_read(in_folder("hopper-random-v2.hdf5.part"), 1 << 24, &got, &size),
                 STATUS_OK);
    cr_assert_eq(size, n);
    cr_assert_arr_eq(got, body, n);
    free(got);
}

Test(data_fetch, downloads_checks_and_names_a_dataset)
{
    char *printed;
    cr_assert_eq(command_line(&command_data, "fetch hopper-random-v2", &printed), STATUS_OK, "%s",
                 status_sentence());
    cr_expect(strstr(printed, "2000 rows, sha256 ") != NULL, "%s", printed);
    cr_expect(strstr(printed, ", D4RL's own\n") != NULL, "%s", printed);
    cr_expect(strstr(printed,
                     at("hopper-random-v2: from http://127.0.0.1:%d/d4rl", server->port)) != NULL,
              "%s", printed);
    free(printed);
    expect_whole();
    struct dataset_options o = dataset_defaults();
    struct dataset d;
    cr_assert_eq(dataset_load("hopper-random-v2", &o, &d), STATUS_OK);
    cr_expect_eq(d.kind, DATASET_D4RL, "whatever its number of rows: it has the digest");
    dataset_free(&d);

    /* Once is enough. */
    int before = server->requests;
    cr_assert_eq(fetch("hopper-random-v2"), STATUS_OK);
    cr_assert_eq(server->requests, before);
}

/* Of which no digest is known: what can be read is taken, and its rows are doubted. */
Test(data_fetch, doubts_the_rows_of_a_file_without_a_known_digest)
{
    char *printed;
    known_file("hopper-random-v2", NULL);
    cr_assert_eq(command_line(&command_data, "fetch hopper-random-v2", &printed), STATUS_OK, "%s",
                 status_sentence());
    cr_expect(strstr(printed, "at least 999996 rows") != NULL, "%s", printed);
    free(printed);
    expect_whole();
    struct dataset_options o = dataset_defaults();
    struct dataset d;
    cr_assert_eq(dataset_load("hopper-random-v2", &o, &d), STATUS_OK);
    cr_expect_eq(d.kind, DATASET_OWN, "2000 rows are not D4RL's");
    dataset_free(&d);
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
    cr_assert(strstr(status_sentence(), "something else instead") != NULL, "%s", status_sentence());
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

    setenv("VITAMIN_STALL_SECONDS", "soon", 1);
    cr_assert_eq(fetch("hopper-random-v2"), STATUS_CONFIG);
    cr_assert(strstr(status_sentence(), "VITAMIN_STALL_SECONDS") != NULL, "%s", status_sentence());
}

/* One sentence with these words, and nothing under the file's name. */
static void refuse(enum status code, const char *words)
{
    enum status result = fetch("hopper-random-v2");
    cr_expect_eq(result, code, "%s: %s %s", words, status_name(result), status_sentence());
    cr_expect(strstr(status_sentence(), words) != NULL, "%s", status_sentence());
    cr_expect_not(file_exists(in_folder("hopper-random-v2.hdf5")), "%s", words);
}

Test(data_fetch, ends_with_a_sentence_whatever_the_server_does)
{
    static const int codes[] = {400, 403, 404, 410, 500, 503};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        server->code = codes[i];
        refuse(STATUS_MISSING, "answers with error");
        expect_nothing();
    }
    server->code = 302;
    snprintf(server->redirect, sizeof server->redirect, "%s", path_on_server);
    refuse(STATUS_MISSING, "from one address to the next");
    snprintf(server->redirect, sizeof server->redirect, "file:///etc/passwd");
    refuse(STATUS_MISSING, "not followed");
    server->redirect[0] = '\0';
    server->code = 0;

    server->lie = 1000;
    refuse(STATUS_FORMAT, "bytes, D4RL's has");
    server->lie = -1000;
    refuse(STATUS_FORMAT, "bytes, D4RL's has");
    expect_nothing();

    known_file("hopper-random-v2", NULL);
    server->lie = 1000; /* promised and never sent */
    refuse(STATUS_IO, "breaks off after");
    server->no_ranges = true;
    refuse(STATUS_IO, "breaks off after");
    unlink(in_folder("hopper-random-v2.hdf5.part"));
    server->lie = -1000; /* a whole answer, and a file cut short */
    refuse(STATUS_FORMAT, "was removed");
    server->lie = 0;
    expect_nothing();

    server->break_after = bytes / 2;
    server->breaks = 1000;
    refuse(STATUS_IO, "given up after");
    cr_expect_leq(server->requests, 60);
    server->breaks = 0;
    server->stall_after = bytes / 4;
    refuse(STATUS_IO, "less than 1000 bytes a second");
    server->stall_after = 0;
    unlink(in_folder("hopper-random-v2.hdf5.part"));
    cr_assert_eq(fetch("hopper-random-v2"), STATUS_OK, "%s", status_sentence());
    expect_whole();
}

Test(data_fetch, refuses_what_is_no_dataset_before_it_has_all_of_it)
{
    static const char page[] = "<!DOCTYPE html><html>Please log in</html>";
    char *noise = calloc(1, bytes);
    http_server_stop(server);
    server = http_server_start(path_on_server, page, sizeof page - 1);
    setenv("VITAMIN_SERVER", at("http://127.0.0.1:%d/d4rl", server->port), 1);
    refuse(STATUS_FORMAT, "a web page");
    expect_nothing();
    http_server_stop(server);
    server = http_server_start(path_on_server, noise, bytes);
    setenv("VITAMIN_SERVER", at("http://127.0.0.1:%d/d4rl", server->port), 1);
    server->endless = true;
    refuse(STATUS_FORMAT, "something else instead of the file");
    expect_nothing();
    free(noise);
    /* Nothing at all, although something was there before. */
    http_server_stop(server);
    server = http_server_start(path_on_server, page, 0);
    setenv("VITAMIN_SERVER", at("http://127.0.0.1:%d/d4rl", server->port), 1);
    server->no_ranges = true;
    refuse(STATUS_FORMAT, "the server sends nothing");
    cr_assert_eq(file_replace(in_folder("hopper-random-v2.hdf5.part"), body, 10000), STATUS_OK);
    refuse(STATUS_FORMAT, "the server sends nothing; what was there before is kept");
    expect_begun(10000);
}

/* What stands between for once costs nothing of what an earlier run brought. */
Test(data_fetch, a_passing_trouble_leaves_what_was_begun)
{
    static const char page[] = "<!DOCTYPE html><html>Please log in</html>";
    const char *part = in_folder("hopper-random-v2.hdf5.part");
    int port = server->port;
    for (int known = 0; known < 2; known++) {
        known_file("hopper-random-v2", known ? "tests/data/hopper-random-dev.hdf5" : NULL);
        cr_assert_eq(file_replace(part, body, 10000), STATUS_OK);
        struct http_server *other = http_server_start(path_on_server, page, sizeof page - 1);
        setenv("VITAMIN_SERVER", at("http://127.0.0.1:%d/d4rl", other->port), 1);
        for (int ranges = 0; ranges < 2; ranges++) {
            other->no_ranges = !ranges;
            cr_assert_eq(fetch("hopper-random-v2"), STATUS_FORMAT, "%s", status_sentence());
            cr_expect(strstr(status_sentence(), "kept") != NULL, "%s", status_sentence());
            expect_begun(10000);
        }
        http_server_stop(other);
        setenv("VITAMIN_SERVER", at("http://127.0.0.1:%d/d4rl", port), 1);
        server->last_offset = 0;
        cr_assert_eq(fetch("hopper-random-v2"), STATUS_OK, "%s", status_sentence());
        cr_assert_eq(server->last_offset, 10000);
        expect_whole();
        unlink(in_folder("hopper-random-v2.hdf5"));
    }
}

/* Begins like a file and never ends: the caller's limit does it. */
Test(data_fetch, an_endless_answer_ends_at_the_limit)
{
    FILE *file = tmpfile();
    cr_assert_not_null(file);
    const struct download_request q = {
        .url = at("http://127.0.0.1:%d%s", server->port, path_on_server),
        .fd = fileno(file),
        .path = "part",
        .limit = 3 * (int64_t)bytes};
    struct download_result got;
    server->endless = true;
    cr_assert_eq(download(&q, &got), STATUS_FORMAT);
    cr_assert(strstr(status_sentence(), "sends more than") != NULL, "%s", status_sentence());
    cr_assert_eq(got.bytes, 0);
    server->endless = false;
    cr_assert_eq(download(&q, &got), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(got.bytes, (int64_t)bytes);
    cr_assert_eq(got.connections, 1);
    cr_assert_str_eq(got.url, q.url);
    fclose(file);
}

Test(data_fetch, goes_on_only_with_the_same_file)
{
    known_file("hopper-random-v2", NULL);
    server->modified = "Sat, 11 Jul 2020 21:45:12 GMT";
    server->break_after = 20000;
    server->breaks = 1000;
    server->stall_after = 0;
    server->no_ranges = true;
    cr_assert_eq(fetch("hopper-random-v2"), STATUS_IO);
    server->breaks = 0;
    server->no_ranges = false;
    cr_assert_eq(fetch("hopper-random-v2"), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(server->last_offset, 20000, "the same file: only the rest");
    expect_whole();

    unlink(in_folder("hopper-random-v2.hdf5"));
    server->breaks = 1000;
    server->no_ranges = true;
    cr_assert_eq(fetch("hopper-random-v2"), STATUS_IO);
    server->breaks = 0;
    server->no_ranges = false;
    struct timespec then[2] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};
    cr_assert_eq(utimensat(AT_FDCWD, in_folder("hopper-random-v2.hdf5.part"), then, 0), 0);
    cr_assert_eq(fetch("hopper-random-v2"), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(server->last_offset, 0, "another file: all of it");
    expect_whole();

    /* A server that answers with another part than was asked for. */
    unlink(in_folder("hopper-random-v2.hdf5"));
    server->wrong_place = true;
    cr_assert_eq(file_replace(in_folder("hopper-random-v2.hdf5.part"), body, 10000), STATUS_OK);
    cr_assert_eq(fetch("hopper-random-v2"), STATUS_OK, "%s", status_sentence());
    expect_whole();
}

Test(data_fetch, several_at_once_bring_one_whole_file)
{
    enum { PROCESSES = 4 };
    pid_t pid[PROCESSES];
    server->slowly = 500;
    log_set_level(LOG_ERROR);
    fflush(NULL);
    for (int i = 0; i < PROCESSES; i++) {
        if ((pid[i] = fork()) == 0)
            _exit(fetch("hopper-random-v2") == STATUS_OK ? 0 : 1);
    }
    for (int i = 0; i < PROCESSES; i++) {
        int end;
        cr_assert_eq(waitpid(pid[i], &end, 0), pid[i]);
        cr_expect(WIFEXITED(end) && WEXITSTATUS(end) == 0);
    }
    expect_whole();
    cr_assert_eq(server->requests, 1, "the others wait and find it there");
}

/* What was begun may be a link to somewhere: it is neither followed nor written through. */
Test(data_fetch, writes_through_no_link)
{
    cr_assert_eq(file_replace(in_folder("precious"), "precious", 8), STATUS_OK);
    const char *part = in_folder("hopper-random-v2.hdf5.part");
    for (int hard = 0; hard < 2; hard++) {
        cr_assert_eq(
            hard ? link(in_folder("precious"), part) : symlink(in_folder("precious"), part), 0);
        refuse(STATUS_IO, "not a file of its own");
        char *text;
        cr_assert_eq(file_read(in_folder("precious"), 100, &text, NULL), STATUS_OK);
        cr_assert_str_eq(text, "precious");
        free(text);
        unlink(part);
    }
    cr_assert_eq(server->requests, 0);
}

Test(data_fetch, ends_at_once_when_asked_to_stop)
{
    setenv("VITAMIN_STALL_SECONDS", "50", 1);
    server->stall_after = 30000;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        _exit(fetch("hopper-random-v2") == STATUS_INTERRUPTED ? 7 : 1);
    struct stat info;
    const char *part = in_folder("hopper-random-v2.hdf5.part");
    for (int i = 0; stat(part, &info) != 0 || info.st_size < 30000; i++) {
        cr_assert_lt(i, 2000, "nothing comes");
        usleep(10000);
    }
    time_t before = time(NULL);
    int end;
    kill(pid, SIGTERM);
    cr_assert_eq(waitpid(pid, &end, 0), pid);
    cr_assert(WIFEXITED(end) && WEXITSTATUS(end) == 7);
    cr_expect_leq(time(NULL) - before, 5);
    cr_expect(stat(part, &info) == 0 && info.st_size == 30000, "what has come is kept");
}

/* A file of 0 bytes under the final name is no dataset that is there. */
Test(data_fetch, what_is_there_but_broken_is_said)
{
    cr_assert_eq(file_replace(in_folder("hopper-random-v2.hdf5"), "", 0), STATUS_OK);
    cr_assert_eq(fetch("hopper-random-v2"), STATUS_FORMAT);
    cr_assert(strstr(status_sentence(), "is present but cannot be used") != NULL, "%s",
              status_sentence());
}

Test(data_fetch, fetches_all_that_the_server_has)
{
    cr_assert_not_null(freopen("/dev/null", "w", stderr)); /* one line for each that fails */
    cr_assert_eq(fetch("--all"), STATUS_MISSING);
    cr_assert(strstr(status_sentence(), "33 of 34") != NULL, "%s", status_sentence());
    expect_whole();
    cr_assert_eq(server->requests, dataset_count);
}

/* --- mirrors ---------------------------------------------------------------------------------- */

/* A second server, with all files in one folder. */
static void start_mirror(const char *path)
{
    mirror = http_server_start(path, body, bytes);
    setenv("VITAMIN_MIRROR", at("http://127.0.0.1:%d/mirror", mirror->port), 1);
}

static const char flat[] = "/mirror/hopper_random-v2.hdf5";

static void expect_from(const char *arguments, const struct http_server *s)
{
    char *printed;
    cr_assert_eq(command_line(&command_data, at("fetch hopper-random-v2 %s", arguments), &printed),
                 STATUS_OK, "%s", status_sentence());
    cr_expect(strstr(printed, at("from http://127.0.0.1:%d", s->port)) != NULL, "%s", printed);
    free(printed);
    expect_whole();
    unlink(in_folder("hopper-random-v2.hdf5"));
}

Test(data_fetch, asks_the_mirror_when_the_server_fails_and_says_so)
{
    static const int codes[] = {403, 404, 500, 503};
    start_mirror(flat);
    cr_assert_not_null(freopen("/dev/null", "w", stderr));
    expect_from("", server);
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        server->code = codes[i];
        expect_from("", mirror);
    }
    server->code = 0;
    server->flip = bytes / 2;
    expect_from("", mirror);
    server->flip = 0;
    server->lie = -100;
    expect_from("", mirror);
    server->lie = 0;
    expect_from("--server http://127.0.0.1:1/", mirror);
    unsetenv("VITAMIN_SERVER");
    expect_from("", mirror);
}

Test(data_fetch, knows_both_layouts_of_a_mirror)
{
    start_mirror("/mirror/gym_mujoco_v2/hopper_random-v2.hdf5");
    unsetenv("VITAMIN_SERVER");
    expect_from("", mirror);
    setenv("VITAMIN_MIRROR", "http://127.0.0.1:1/", 1);
    expect_from(at("--mirror http://127.0.0.1:%d/mirror/", mirror->port), mirror);
}

/* What a server has sent of the file before it began to refuse; `flip` damages it. */
static void leave_a_part(bool flip)
{
    char *copy = malloc(bytes);
    memcpy(copy, body, bytes);
    if (flip)
        copy[1000] = (char)~copy[1000];
    cr_assert_eq(file_replace(in_folder("hopper-random-v2.hdf5.part"), copy, bytes / 2), STATUS_OK);
    free(copy);
    server->code = 403;
}

Test(data_fetch, resumes_at_the_mirror_what_the_server_broke_off)
{
    start_mirror(flat);
    cr_assert_not_null(freopen("/dev/null", "w", stderr));
    mirror->modified = "Sat, 11 Jul 2020 21:45:12 GMT"; /* the part has another time */
    leave_a_part(false);
    expect_from("", mirror);
    cr_expect_eq(mirror->last_offset, bytes / 2);

    /* What came from the server was wrong: the mirror's file is taken whole. */
    leave_a_part(true);
    expect_from("", mirror);
    cr_expect_eq(mirror->last_offset, 0);
}

Test(data_fetch, does_not_mix_servers_where_no_digest_would_tell)
{
    start_mirror(flat);
    known_file("hopper-random-v2", NULL);
    cr_assert_not_null(freopen("/dev/null", "w", stderr));
    leave_a_part(false);
    expect_from("", mirror);
    cr_expect_eq(mirror->last_offset, 0);
}

/* A server that stalls for good costs its patience, then the mirror has its turn. */
Test(data_fetch, leaves_a_server_that_stalls)
{
    start_mirror(flat);
    cr_assert_not_null(freopen("/dev/null", "w", stderr));
    server->stall_after = 100;
    expect_from("", mirror);
}

Test(data_fetch, names_both_digests_of_a_wrong_file)
{
    char right[SHA256_HEX], wrong[SHA256_HEX];
    char *copy = malloc(bytes);
    sha256_of(body, bytes, right);
    memcpy(copy, body, bytes);
    copy[bytes / 2] = (char)~copy[bytes / 2];
    sha256_of(copy, bytes, wrong);
    start_mirror(flat);
    cr_assert_not_null(freopen("/dev/null", "w", stderr));
    server->flip = mirror->flip = bytes / 2;
    refuse(STATUS_FORMAT, right);
    cr_expect(strstr(status_sentence(), wrong) != NULL, "%s", status_sentence());
    cr_expect(strstr(status_sentence(), "no server gives it") != NULL, "%s", status_sentence());
    expect_nothing();
    free(copy);
}

Test(data_fetch, leaves_a_file_in_the_way_and_says_what_it_is)
{
    char *copy = malloc(bytes), other[FILE_PATH];
    memcpy(copy, body, bytes);
    copy[bytes - 1] ^= 1; /* behind HDF5's end or not: another file */
    cr_assert_eq(file_replace(in_folder("hopper-random-v2.hdf5"), body, bytes), STATUS_OK);
    struct h5 f = {.file = H5Fopen(in_folder("hopper-random-v2.hdf5"), H5F_ACC_RDWR, H5P_DEFAULT)};
    cr_assert_eq(h5_set_text(&f, ".", "owner", "somebody"), STATUS_OK);
    H5Fclose(f.file);
    cr_assert_eq(fetch("hopper-random-v2"), STATUS_FORMAT);
    cr_expect(strstr(status_sentence(), "move it away") != NULL, "%s", status_sentence());
    cr_expect(strstr(status_sentence(), dataset_find("hopper-random-v2")->sha256) != NULL);
    cr_expect_eq(server->requests, 0);

    /* Where D4RL keeps its own it is not in the way. */
    snprintf(other, sizeof other, "%s", in_folder("elsewhere"));
    cr_assert_eq(file_make_folder(other), STATUS_OK);
    cr_assert_eq(
        rename(in_folder("hopper-random-v2.hdf5"), at("%.900s/hopper_random-v2.hdf5", other)), 0);
    setenv("D4RL_DATASET_DIR", other, 1);
    cr_assert_eq(fetch("hopper-random-v2"), STATUS_OK, "%s", status_sentence());
    expect_whole();
    cr_expect(file_exists(at("%.900s/hopper_random-v2.hdf5", other)));
    free(copy);
}

Test(data_fetch, asks_who_has_what_without_a_download)
{
    char *printed;
    start_mirror(flat);
    mirror->no_head = true;
    for (int again = 0; again < 2; again++) {
        cr_assert_eq(command_line(&command_data, "fetch --check hopper-random-v2", &printed),
                     STATUS_OK, "%s", status_sentence());
        char *line = strstr(printed, at("http://127.0.0.1:%d/d4rl", server->port));
        cr_assert_not_null(line, "%s", printed);
        cr_expect(strstr(line, at("%zu bytes, D4RL's size", bytes)) != NULL, "%s", printed);
        line = strstr(printed, at("http://127.0.0.1:%d/mirror", mirror->port));
        cr_assert_not_null(line, "%s", printed);
        cr_expect(strstr(line, at("%zu bytes, D4RL's size", bytes)) != NULL, "%s", printed);
        free(printed);
        mirror->no_head = false;
    }
    expect_nothing();

    server->lie = -5;
    mirror->code = 403;
    cr_assert_eq(command_line(&command_data, "fetch --check hopper-random-v2", &printed),
                 STATUS_MISSING);
    cr_expect(strstr(printed, "not D4RL's file") != NULL, "%s", printed);
    cr_expect(strstr(printed, "does not have it (error 403)") != NULL, "%s", printed);
    free(printed);
    mirror->code = 302; /* its address leads to a place that answers no questions */
    mirror->linked = (long)bytes;
    snprintf(mirror->redirect, sizeof mirror->redirect, "http://127.0.0.1:%d/cdn", server->port);
    cr_assert_eq(command_line(&command_data, "fetch --check hopper-random-v2", &printed), STATUS_OK,
                 "%s", status_sentence());
    free(printed);
    setenv("VITAMIN_SERVER", "http://127.0.0.1:1/", 1);
    cr_assert_eq(command_line(&command_data, "fetch --check hopper-random-v2", &printed), STATUS_OK,
                 "%s", status_sentence());
    cr_expect(strstr(printed, "no answer") != NULL, "%s", printed);
    free(printed);
    cr_assert_eq(fetch("--check --all hopper-random-v2"), STATUS_CONFIG);
}

Test(data_fetch, knows_its_mirrors_by_name)
{
    cr_assert_eq(fetch("hopper-random-v2 --mirror hugingface"), STATUS_CONFIG);
    cr_expect(strstr(status_sentence(), "'huggingface'") != NULL, "%s", status_sentence());
    int mirrors = 0;
    for (const struct dataset_server *s = dataset_servers; s->name != NULL; s++) {
        cr_expect_eq(dataset_server_find(s->name), s);
        mirrors += s->mirror;
    }
    cr_expect_geq(mirrors, 2);
}
