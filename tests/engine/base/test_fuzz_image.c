/* What the fuzzer starts from, and mutations without the fuzzer. VITAMIN_WRITE_SEEDS=1 writes the
 * seed again. */
#define LLVMFuzzerTestOneInput fuzz_image
#include "tests/fuzz/fuzz_image.c"

#include "engine/base/file.h"
#include "engine/base/h5.h"
#include "engine/base/h5_scan.h"
#include "engine/base/rng.h"
#include "tests/support/corpus.h"

#include <criterion/criterion.h>
#include <unistd.h>

#define SEED "tests/data/fuzz/image/all.image"

/* A file with something of every kind, as the child sees it. */
static void make_image(const char *path, void **bytes, size_t *count)
{
    struct h5 f;
    double x[6] = {1, 2, 3, 4, 5, 6};
    const size_t dims[2] = {2, 3}, two = 2;
    const char *words[2] = {"one", "two words"};
    cr_assert_eq(h5_create(&f, path), STATUS_OK);
    hid_t text = H5Tcopy(H5T_C_S1);
    H5Tset_size(text, H5T_VARIABLE);
    h5_write_double(&f, "plain", 2, dims, x);
    h5_write(&f, "g/packed", H5T_STD_I16BE, H5T_NATIVE_DOUBLE, 2, dims, 4, x);
    h5_write(&f, "g/words", text, text, 1, &two, 0, words);
    h5_set_text(&f, ".", "kind", "generated");
    h5_set_number(&f, "g", "version", 2.5);
    H5Lcreate_external("nowhere.h5", "x", f.file, "out", H5P_DEFAULT, H5P_DEFAULT);
    H5Tclose(text);
    cr_assert_eq(h5_close(&f), STATUS_OK);

    union h5_scan scan = {.of = {.file_bytes = FILE_BYTES}};
    const struct guard_limits limits = {5, 0, 1 << 20};
    int fd;
    snprintf(scan.of.path, sizeof scan.of.path, "%s", path);
    cr_assert_eq(file_open(path, &fd), STATUS_OK);
    cr_assert_eq(guard_collect(path, &limits, h5_scan, &scan, fd, bytes, count), STATUS_OK, "%s",
                 status_sentence());
    close(fd);
    unlink(path);
}

Test(fuzz_image, replays_its_corpus)
{
    if (getenv("VITAMIN_WRITE_SEEDS") != NULL) {
        void *bytes;
        size_t count;
        make_image("/tmp/vitamin-image-seed.h5", &bytes, &count);
        cr_assert_eq(file_replace(SEED, bytes, count), STATUS_OK);
        free(bytes);
    }
    corpus_replay("image", 1, fuzz_image);
}

Test(fuzz_image, mutations_are_refused_or_harmless, .timeout = 60)
{
    static const uint64_t numbers[] = {0,    1,    4,          5,          255,
                                       4095, 4096, UINT32_MAX, UINT64_MAX, 1ULL << 61};
    struct rng rng = rng_at(1, RNG_BATCH, 0);
    char *seed;
    size_t size;
    cr_assert_eq(file_read(SEED, 1 << 20, &seed, &size), STATUS_OK, "%s", status_sentence());
    uint8_t *bytes = malloc(size);
    for (int i = 0; i < 20000; i++) {
        memcpy(bytes, seed, size);
        for (int changes = 1 + i % 3; changes > 0; changes--) {
            size_t width = (size_t)1 << rng_word(&rng) % 4;
            size_t at = rng_word(&rng) % (size - 8) / width * width;
            memcpy(bytes + at, &numbers[rng_word(&rng) % (sizeof numbers / sizeof *numbers)],
                   width);
        }
        (void)fuzz_image(bytes, i % 7 == 0 ? rng_word(&rng) % size : size);
    }
    free(bytes);
    free(seed);
}
