/* Readers of INI text on any bytes, as a method of one's own and as a matrix: they may refuse them,
 * with a sentence, and nothing else. A configuration that is accepted is written down so that the
 * text, read again, gives the same text; cells of a matrix are numbered in order and have folders
 * below the results. tests/harness/config/test_fuzz_config.c replays the corpus. */
#include "harness/config/config.h"
#include "harness/matrix/matrix.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds)
        abort();
}

/* One file in memory for all inputs; its name has a slash, so it is taken for a path. */
static const char *write_file(const void *data, size_t size)
{
    static char path[32];
    static int fd = -1;
    if (fd < 0)
        fd = memfd_create("fuzz.ini", 0);
    expect(fd >= 0 && ftruncate(fd, 0) == 0);
    expect(pwrite(fd, data, size, 0) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return path;
}

static enum status load(const char *path, struct hyper *h)
{
    const struct config_request r = {.preset = "paper",
                                     .method = path,
                                     .dataset = "hopper-medium-v2",
                                     .suite = "mujoco",
                                     .size = "tiny"};
    return config_load(&r, h);
}

static void try_config(const uint8_t *data, size_t size)
{
    struct hyper h, again;
    char *text, *second, *whole;
    if (load(write_file(data, size), &h) != STATUS_OK) {
        expect(status_sentence()[0] != '\0');
        return;
    }
    expect(config_text(&h, &text) == STATUS_OK);
    /* A label is written though there is none, and no file may say so. */
    bool named = strncmp(text, "label = \n", 9) != 0;
    expect(asprintf(&whole, "[method]\n%s", text + (named ? 0 : 9)) > 0);
    expect(load(write_file(whole, strlen(whole)), &again) == STATUS_OK);
    expect(config_text(&again, &second) == STATUS_OK);
    expect(strcmp(text, second) == 0);
    free(text);
    free(second);
    free(whole);
}

static void try_matrix(const uint8_t *data, size_t size)
{
    struct matrix m;
    if (matrix_load(write_file(data, size), NULL, &m) != STATUS_OK) {
        expect(status_sentence()[0] != '\0');
        return;
    }
    for (int i = 0; i < m.cells; i++) {
        const struct matrix_cell *c;
        char folder[FILE_PATH];
        expect(matrix_cell(&m, i + 1, &c) == STATUS_OK && c->number == i + 1);
        expect(matrix_folder(c, "runs", folder) == STATUS_OK && strncmp(folder, "runs/", 5) == 0 &&
               strstr(folder, "/../") == NULL);
    }
    matrix_unload(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    try_config(data, size);
    try_matrix(data, size);
    return 0;
}
