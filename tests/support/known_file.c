#include "tests/support/known_file.h"

#include "suites/dataset_identity.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* The table lies in memory that is only read, of which a test's process has a copy of its own. */
void known_file(const char *id, const char *path)
{
    static char digest[SHA256_HEX];
    struct stat info;
    struct dataset_entry *e = (struct dataset_entry *)(uintptr_t)dataset_find(id);
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), first = (uintptr_t)e & ~(page - 1);
    cr_assert_not_null(e);
    if (path != NULL) {
        cr_assert_eq(sha256_file(path, digest), STATUS_OK, "%s", status_sentence());
        cr_assert_eq(stat(path, &info), 0);
    }
    cr_assert_eq(mprotect((void *)first, (uintptr_t)(e + 1) - first, PROT_READ | PROT_WRITE), 0);
    e->bytes = path != NULL ? info.st_size : 0;
    e->sha256 = path != NULL ? digest : "";
}
