#include "engine/base/cgroup.h"

#include "engine/base/file.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The numbers of one version's files. */
static const struct version {
    const char *memory_limit, *memory_used, *memory_cache; /* the last: a line of memory.stat */
    const char *quota, *period;                            /* NULL: the quota's second number */
} versions[] = {
    {"memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file ", "cpu.cfs_quota_us",
     "cpu.cfs_period_us"},
    {"memory.max", "memory.current", "inactive_file ", "cpu.max", NULL},
};

/* Up to two numbers of a file: of the line that begins with `key`, or of the first. Those that are
 * not there are NaN; "max" is none. */
static void read_numbers(const char *folder, const char *name, const char *key, double out[2])
{
    char path[FILE_PATH], line[256];
    size_t skip = strlen(key);
    out[0] = out[1] = (double)NAN;
    FILE *file = file_path(path, "%s/%s", folder, name) == STATUS_OK ? fopen(path, "r") : NULL;
    if (file == NULL)
        return;
    while (fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, key, skip) != 0)
            continue;
        char *at = line + skip, *end;
        for (int i = 0; i < 2; i++, at = end) {
            double x = strtod(at, &end);
            if (end == at)
                break;
            out[i] = x;
        }
        break;
    }
    fclose(file);
}

static void take_memory(const struct version *v, const char *folder, struct cgroup *out)
{
    double limit[2], used[2], cache[2];
    read_numbers(folder, v->memory_limit, "", limit);
    read_numbers(folder, v->memory_used, "", used);
    read_numbers(folder, "memory.stat", v->memory_cache, cache);
    if (limit[0] < 0x1p60 && used[0] >= 0) /* version 1 writes "no limit" as a huge one */
        out->memory = fmin(out->memory, fmax(limit[0] - used[0] + fmax(cache[0], 0), 0));
}

static void take_processors(const struct version *v, const char *folder, struct cgroup *out)
{
    double quota[2], period[2];
    read_numbers(folder, v->quota, "", quota);
    if (v->period != NULL) {
        read_numbers(folder, v->period, "", period);
        quota[1] = period[0];
    }
    if (quota[0] > 0 && quota[1] > 0)
        out->processors = fmin(out->processors, quota[0] / quota[1]);
}

/* A group and all above it, up to where the controller is mounted: a container may not see those
 * above, but sees its own there. */
static void take_group(const struct version *v, const char *mount, char *group, bool memory,
                       bool processors, struct cgroup *out)
{
    char folder[FILE_PATH];
    for (;;) {
        if (file_path(folder, "%s%s", mount, group) == STATUS_OK) {
            if (memory)
                take_memory(v, folder, out);
            if (processors)
                take_processors(v, folder, out);
        }
        char *last = strrchr(group, '/');
        if (last == NULL)
            return;
        *last = '\0';
    }
}

static bool has_word(const char *list, const char *word)
{
    size_t n = strlen(word);
    for (const char *at = list; (at = strstr(at, word)) != NULL; at += n) {
        if ((at == list || at[-1] == ',') && (at[n] == ',' || at[n] == '\0'))
            return true;
    }
    return false;
}

/* One line of /proc/self/cgroup: "4:memory:/slurm/uid_1/job_7"; version 2's is "0::/...". */
static void take_line(const char *root, char *line, struct cgroup *out)
{
    static const char *const mounts[] = {"", "/unified"};
    char mount[FILE_PATH], *names = strchr(line, ':');
    char *group = names != NULL ? strchr(names + 1, ':') : NULL;
    if (group == NULL)
        return;
    *group++ = '\0';
    names++;
    bool second = *names == '\0', memory = second || has_word(names, "memory"),
         processors = second || has_word(names, "cpu");
    char copy[FILE_PATH];
    for (int i = 0; second && i < 2; i++) {
        snprintf(copy, sizeof copy, "%s", group);
        if (file_path(mount, "%s/sys/fs/cgroup%s", root, mounts[i]) == STATUS_OK)
            take_group(&versions[1], mount, copy, true, true, out);
    }
    if (!second && (memory || processors) &&
        file_path(mount, "%s/sys/fs/cgroup/%s", root, names) == STATUS_OK)
        take_group(&versions[0], mount, group, memory, processors, out);
}

struct cgroup cgroup_limits(const char *root)
{
    struct cgroup out = {(double)INFINITY, (double)INFINITY};
    char path[FILE_PATH], line[FILE_PATH];
    FILE *file = file_path(path, "%s/proc/self/cgroup", root) == STATUS_OK ? fopen(path, "r")
                                                                           : NULL;
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        take_line(root, line, &out);
    }
    if (file != NULL)
        fclose(file);
    return out;
}
