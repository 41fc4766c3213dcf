/* What the control groups leave to this process: a job's share of a node, a container's of a
 * machine. Versions 1 and 2, its own group and all above it.
 * Source  cgroups(7); Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/ of Linux */
#ifndef ENGINE_BASE_CGROUP_H
#define ENGINE_BASE_CGROUP_H

struct cgroup {
    double memory;     /* bytes that are left, with what the page cache would give back */
    double processors; /* that its quota is worth, such as 1.5 */
};

/* INFINITY where there is no limit, or none that can be read. `root` is what stands before /proc
 * and /sys: "" but in tests. */
struct cgroup cgroup_limits(const char *root);

#endif
