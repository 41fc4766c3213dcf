#include "harness/provenance.h"

#include "engine/base/threads.h"
#include "suites/physics.h"

#include <hdf5.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

/* The Makefile passes these to this file only, and compiles it anew when they change. */
#ifndef VITAMIN_REVISION
#define VITAMIN_REVISION "unknown"
#endif
#ifndef VITAMIN_DIRTY
#define VITAMIN_DIRTY 1
#endif
#ifndef VITAMIN_FLAGS
#define VITAMIN_FLAGS "unknown"
#endif

static void cpu_model(char *out, size_t size)
{
    char line[256];
    snprintf(out, size, "unknown CPU");
    FILE *file = fopen("/proc/cpuinfo", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) != 0 || colon == NULL)
            continue;
        line[strcspn(line, "\n")] = '\0';
        snprintf(out, size, "%s", colon + 2);
        break;
    }
    if (file != NULL)
        fclose(file);
}

const char *provenance_revision(void)
{
    return VITAMIN_REVISION;
}

bool provenance_dirty(void)
{
    return VITAMIN_DIRTY;
}

void provenance_now(char out[32])
{
    time_t now = time(NULL);
    struct tm day;
    gmtime_r(&now, &day);
    strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &day);
}

enum status provenance_stamp(struct curve *c)
{
    unsigned major, minor, release;
    char cpu[128], host[128] = "unknown";
    struct utsname system;
    H5get_libversion(&major, &minor, &release);
    cpu_model(cpu, sizeof cpu);
    gethostname(host, sizeof host - 1);
    memset(&system, 0, sizeof system);
    uname(&system);
    TRY(curve_set(c, "revision", "%s", VITAMIN_REVISION));
    TRY(curve_set(c, "dirty", "%d", VITAMIN_DIRTY));
    TRY(curve_set(c, "compiler", "%s", __VERSION__));
    TRY(curve_set(c, "flags", "%s", VITAMIN_FLAGS));
    TRY(curve_set(c, "versions", "MuJoCo %s, HDF5 %u.%u.%u", physics_version(), major, minor,
                  release));
    TRY(curve_set(c, "blas_core", "%s", threads_blas_core()));
    TRY(curve_set(c, "machine", "%s; %s %s", cpu, system.sysname, system.machine));
    TRY(curve_set(c, "host", "%s", host));
    return curve_set(c, "threads", "%d", threads_count());
}
