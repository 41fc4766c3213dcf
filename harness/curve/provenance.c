#include "harness/curve/provenance.h"

#include "engine/base/file.h"
#include "engine/base/sha256.h"
#include "engine/base/threads.h"
#include "engine/base/version.h"
#include "engine/methods/learner.h"
#include "suites/physics.h"

#include <errno.h>
#include <gnu/libc-version.h>
#include <hdf5.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

/* The Makefile passes them to this file only. */
#ifndef VITAMIN_FLAGS
#define VITAMIN_FLAGS "unknown"
#endif

/* What cannot be read now is an error, not another machine: a resume would record a segment. */
static enum status cpu_model(char *out, size_t size)
{
    static const char path[] = "/proc/cpuinfo";
    char line[256];
    bool there;
    FILE *file;
    snprintf(out, size, "unknown CPU");
    TRY(file_look(path, &there));
    if (!there)
        return STATUS_OK;
    TRY(file_open_stream(path, &file));
    while (fgets(line, sizeof line, file) != NULL) {
        char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) != 0 || colon == NULL)
            continue;
        line[strcspn(line, "\n")] = '\0';
        snprintf(out, size, "%s", colon + 2);
        break;
    }
    enum status result = STATUS_OK;
    if (ferror(file))
        result = status_fail(STATUS_IO, "%s: cannot be read: %s", path, strerror(errno));
    fclose(file);
    return result;
}

const char *provenance_revision(void)
{
    return version_revision();
}

bool provenance_dirty(void)
{
    return version_dirty();
}

void provenance_now(char out[32])
{
    time_t now = time(NULL);
    struct tm day;
    gmtime_r(&now, &day);
    strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &day);
}

/* The SHA-256 of this very program, read once; "" where there is no /proc. */
static enum status program_digest(const char **out)
{
    static const char path[] = "/proc/self/exe";
    static char digest[SHA256_HEX];
    bool there = false;
    if (digest[0] == '\0')
        TRY(file_look(path, &there));
    if (there)
        TRY(sha256_file(path, digest));
    *out = digest;
    return STATUS_OK;
}

enum status provenance_stamp(struct curve *c)
{
    unsigned major, minor, release;
    char cpu[128], host[128] = "unknown";
    const char *program;
    struct utsname system;
    const char *blas = threads_blas_version();
    int blas_length = 0; /* "OpenBLAS 0.3.21": what follows says how it was built, and the core */
    for (int words = 0; blas[blas_length] != '\0'; blas_length++) {
        if (blas[blas_length] == ' ' && ++words == 2)
            break;
    }
    H5get_libversion(&major, &minor, &release);
    TRY(cpu_model(cpu, sizeof cpu));
    TRY(program_digest(&program));
    gethostname(host, sizeof host - 1);
    memset(&system, 0, sizeof system);
    uname(&system);
    TRY(curve_set(c, "revision", "%s", version_revision()));
    TRY(curve_set(c, "dirty", "%d", version_dirty()));
    TRY(curve_set(c, "program", "%s", program));
    TRY(curve_set(c, "compiler", "%s", __VERSION__));
    TRY(curve_set(c, "flags", "%s", VITAMIN_FLAGS));
    TRY(curve_set(c, "versions", "MuJoCo %s, HDF5 %u.%u.%u, %.*s, glibc %s", physics_version(),
                  major, minor, release, blas_length, blas, gnu_get_libc_version()));
    TRY(curve_set(c, "blas_core", "%s", threads_blas_core()));
    TRY(curve_set(c, "kernel", "%s", learner_kernel()));
    TRY(curve_set(c, "machine", "%s; %s %s", cpu, system.sysname, system.machine));
    TRY(curve_set(c, "host", "%s", host));
    return curve_set(c, "threads", "%d", threads_count());
}

/* Of two programs of one revision, built from trees with changes, only the bytes can tell. */
static bool is_same(const struct curve *then, const struct curve *now)
{
    for (int k = 0; k < CURVE_ORIGIN_COUNT; k++) {
        if (k != CURVE_ORIGIN_program && strcmp(curve_last_origin(then, (enum curve_origin)k),
                                                curve_get(now, curve_origin_names[k])) != 0)
            return false;
    }
    const char *program = curve_get(now, "program");
    return strcmp(curve_get(now, "dirty"), "0") == 0 ||
           (program[0] != '\0' &&
            strcmp(program, curve_last_origin(then, CURVE_ORIGIN_program)) == 0);
}

enum status provenance_resume(struct curve *c)
{
    struct curve now = {.attributes = 0};
    const char *origin[CURVE_ORIGIN_COUNT];
    enum status result = provenance_stamp(&now);
    for (int k = 0; k < CURVE_ORIGIN_COUNT; k++)
        origin[k] = curve_get(&now, curve_origin_names[k]);
    if (result == STATUS_OK && !is_same(c, &now))
        result = curve_add_segment(c, origin);
    curve_free(&now);
    return result;
}
