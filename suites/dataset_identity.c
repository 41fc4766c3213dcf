#include "suites/dataset_identity.h"

#include "suites/dataset_impl.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* clang-format off */
const struct dataset_alias dataset_aliases[] = {
    {"hopper",        false,  20000, "1982982a2bcc", "6d98b3bc1cb9d367ce2a52902547e79a375cae7e1de77b16f1343320cbfac572", "505920275b504304ca9d2252634b3ee1745f8b87b934963f00bb664e175b8a1a"},
    {"pen",           false,  20000, "1982982a2bcc", "0c04bebf90ba9c7dc0dc8277fcde4b5a11a76cc639bda1b7b1a45551e5c7811c", "d83b5d884412b72cf2ebbcd68971b27d9c146ef880aa1c93304fa64b6a21bf61"},
    {"antmaze-umaze", false,  20000, "1982982a2bcc", "3c0550f5a104210c63c4200a4369d970bb6f243f5888a24dce71f0d9d8f80662", "dcd2d5f948cc482c1b757ea71192c7517687ac8917c665d439fe814390cac446"},
    {"maze2d-umaze",  true,   20000, "1982982a2bcc", "3887f0efc191cbe699972e8c6eea05c3ba95de74a2b824bc92f91d4bfdb3747e", "8b7e690deab14b52d2827345fa7fedb390aa44b4bb7aa0f66030ccf479136282"},
    {"hopper",        false, 300000, "6052d7f12a7f", "132fef7bb4be47b8bcbfbc8f709070635e61d6d5e39e7deee58b6810bf62b82a", "5ce481ba19c751db652dbbe843e401d1aa89eb92f5849649bbfa7dc9446c6855"},
    {"hopper",        false, 300000, "092f00b90dcf", "4fe5a117a981b68b0a59365de80bacdace37bac48470d87f227cfd288154a6ab", "5ce481ba19c751db652dbbe843e401d1aa89eb92f5849649bbfa7dc9446c6855"},
    {"walker2d",      false, 300000, "d71e855203af", "20cbf008866962ac1bb101ed1ac736a384584e3a4b2f8733abc83eb1e497d314", "1328117610133f3680b673de3b0c4f211138e8740d4843fac10af99499598981"},
    {"halfcheetah",   false, 300000, "16afacb164b4", "e4e9e3b9ab19678895e51c0011fd1e7eb7e16e05010161900169b0c028779ae2", "b94d41e670649ea24ee7256fb595fe1a9eaabaaaa872dd9b125a0165a084cd7d"},
    {"maze2d-umaze",  true,  300000, "16afacb164b4", "9a19a7ac13125e70fec0e80ef536f53a7c18736fdec2494186fbd3bd10c0a468", "45b4610200729ce5f1cfe2fb8d6a5f93f827b796f799c631d444a7cf829c4568"},
    {.file = NULL},
};
/* clang-format on */

const char *dataset_known_content(const char *file_sha256)
{
    for (const struct dataset_alias *a = dataset_aliases; a->file != NULL; a++) {
        if (strcmp(a->file, file_sha256) == 0)
            return a->content;
    }
    return "";
}

static bool has_size_of_one(int64_t bytes)
{
    for (int i = 0; i < dataset_count && bytes > 0; i++) {
        if (dataset_table[i].bytes == bytes)
            return true;
    }
    return false;
}

static const struct dataset_entry *entry_of(const char *sha256)
{
    for (int i = 0; i < dataset_count; i++) {
        if (strcmp(dataset_table[i].sha256, sha256) == 0)
            return &dataset_table[i];
    }
    return NULL;
}

/* The file that was read last: a run looks at its dataset several times. */
struct seen {
    struct stat info;
    const struct dataset_entry *entry;
};

static bool is_unchanged(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
           a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

enum status dataset_recognise(const char *path, const struct dataset_entry **out)
{
    static _Thread_local struct seen last;
    char digest[SHA256_HEX];
    struct stat info;
    *out = NULL;
    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode) || !has_size_of_one(info.st_size))
        return STATUS_OK;
    if (!is_unchanged(&info, &last.info)) {
        TRY(sha256_file(path, digest));
        last = (struct seen){info, entry_of(digest)};
    }
    *out = last.entry;
    return STATUS_OK;
}

/* One array: a line that says what it is, and its bytes. */
static void add_array(struct sha256 *h, const char *name, const char *type, int64_t rows,
                      int64_t cols, const void *data, size_t width)
{
    char line[128];
    if (data == NULL)
        return;
    int n = snprintf(line, sizeof line, "%s %s %lld %lld\n", name, type, (long long)rows,
                     (long long)cols);
    sha256_add(h, line, (size_t)n);
    sha256_add(h, data, (size_t)rows * (size_t)cols * width);
}

void dataset_store_digest(const struct dataset_store *s, char out[SHA256_HEX])
{
    static const char version[] = "vitamin dataset 1\n";
    const struct dataset_field *f = dataset_fields;
    struct sha256 h;
    sha256_init(&h);
    sha256_add(&h, version, sizeof version - 1);
    add_array(&h, f[AT_STATE].name, "f4", s->rows + s->segments, s->S, s->state, sizeof(float));
    add_array(&h, f[AT_ACTION].name, "f4", s->rows, s->A, s->action, sizeof(float));
    add_array(&h, f[AT_REWARD].name, "f4", s->rows, 1, s->reward, sizeof(float));
    add_array(&h, f[AT_TERMINAL].name, "b1", s->rows, 1, s->terminal, 1);
    add_array(&h, f[AT_TIMEOUT].name, "b1", s->rows, 1, s->timeout, 1);
    add_array(&h, f[AT_NEXT].name, "f4", s->rows, s->S, s->next_state, sizeof(float));
    add_array(&h, "episodes", "i8", s->segments + 1, 1, s->segment, sizeof(int64_t));
    sha256_hex(&h, out);
}
