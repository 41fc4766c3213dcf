#include "engine/base/file.h"
#include "engine/base/sha256.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* FIPS 180-4's examples, and `sha256sum` of what sits at the edges of a block. */
static const struct {
    const char *text;
    int repeat;
    const char *digest;
} known[] = {
    {"", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {"a", 1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
    {"a", 55, "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318"},
    {"a", 56, "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a"},
    {"a", 63, "7d3e74a05d7db15bce4ad9ec0658ea98e3f06eeecf16b4c6fff2da457ddc2f34"},
    {"a", 64, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"},
    {"a", 65, "635361c48bb9eab14198e76ea8ab7f1a41685d6ad62aa9146d301d4f17eb0ae0"},
};

Test(sha256, gives_the_published_digests)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct sha256 h;
        char out[SHA256_HEX];
        sha256_init(&h);
        for (int k = 0; k < known[i].repeat; k++)
            sha256_add(&h, known[i].text, strlen(known[i].text));
        sha256_hex(&h, out);
        cr_expect_str_eq(out, known[i].digest, "%d times '%s'", known[i].repeat, known[i].text);
    }
}

Test(sha256, does_not_care_how_the_bytes_are_cut)
{
    char text[300], whole[SHA256_HEX], parts[SHA256_HEX];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)(i * 7);
    for (size_t n = 0; n <= sizeof text; n += 13) {
        sha256_of(text, n, whole);
        for (size_t step = 1; step <= 130; step += 43) {
            struct sha256 h;
            sha256_init(&h);
            for (size_t at = 0; at < n; at += step)
                sha256_add(&h, text + at, n - at < step ? n - at : step);
            sha256_hex(&h, parts);
            cr_assert_str_eq(parts, whole, "%zu bytes in parts of %zu", n, step);
        }
    }
}

Test(sha256, reads_files_and_says_which_one_is_missing)
{
    char folder[] = "/tmp/vitamin-XXXXXX", path[FILE_PATH], out[SHA256_HEX];
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/million", folder);
    char *text = malloc(1000000);
    memset(text, 'a', 1000000);
    cr_assert_eq(file_replace(path, text, 1000000), STATUS_OK);
    free(text);
    cr_assert_eq(sha256_file(path, out), STATUS_OK);
    cr_expect_str_eq(out, known[3].digest);
    unlink(path);
    cr_expect_eq(sha256_file(path, out), STATUS_IO);
    cr_expect_not_null(strstr(status_sentence(), path));
    rmdir(folder);
}
