#include "engine/base/cgroup.h"

#include "engine/base/file.h"
#include "tests/support/command_line.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

TestSuite(cgroup, .fini = command_line_remove_folder);

static void put(const char *name, const char *text)
{
    char folder[FILE_PATH];
    const char *path = command_line_path(name);
    cr_assert_eq(file_parent(path, folder), STATUS_OK);
    cr_assert_eq(file_make_folder(folder), STATUS_OK);
    cr_assert_eq(file_replace(path, text, strlen(text)), STATUS_OK, "%s", status_sentence());
}

static struct cgroup limits(void)
{
    return cgroup_limits(command_line_folder());
}

Test(cgroup, none_is_no_limit)
{
    cr_expect(isinf(limits().memory) && isinf(limits().processors));
    put("proc/self/cgroup", "0::/\n");
    put("sys/fs/cgroup/memory.max", "max\n");
    put("sys/fs/cgroup/cpu.max", "max 100000\n");
    cr_expect(isinf(limits().memory) && isinf(limits().processors));
    put("proc/self/cgroup", "nonsense\n:\n\n9:memory\n0:::::\n");
    cr_expect(isinf(limits().memory) && isinf(limits().processors));
}

/* A step of a job of Slurm, whose job has the limit: version 2. */
Test(cgroup, limits_of_groups_above_hold)
{
    put("proc/self/cgroup", "0::/system.slice/slurmstepd.scope/job_7/step_0\n");
    put("sys/fs/cgroup/system.slice/slurmstepd.scope/job_7/step_0/memory.max", "max\n");
    put("sys/fs/cgroup/system.slice/slurmstepd.scope/job_7/step_0/cpu.max", "400000 100000\n");
    put("sys/fs/cgroup/system.slice/slurmstepd.scope/job_7/memory.max", "3000000000\n");
    put("sys/fs/cgroup/system.slice/slurmstepd.scope/job_7/memory.current", "1000000000\n");
    put("sys/fs/cgroup/system.slice/slurmstepd.scope/job_7/memory.stat",
        "anon 5\ninactive_file 200000000\n");
    put("sys/fs/cgroup/system.slice/cpu.max", "150000 100000\n");
    cr_expect_eq(limits().memory, 2.2e9);
    cr_expect_eq(limits().processors, 1.5);
    /* More used than allowed: nothing is left. */
    put("sys/fs/cgroup/system.slice/slurmstepd.scope/job_7/memory.current", "4000000000\n");
    cr_expect_eq(limits().memory, 0);
}

Test(cgroup, version_1)
{
    put("proc/self/cgroup",
        "5:cpuset:/x\n4:memory:/slurm/uid_0/job_7\n3:cpu,cpuacct:/slurm\n0::/\n");
    put("sys/fs/cgroup/memory/slurm/uid_0/job_7/memory.limit_in_bytes", "9223372036854771712\n");
    put("sys/fs/cgroup/memory/slurm/uid_0/job_7/memory.usage_in_bytes", "5\n");
    put("sys/fs/cgroup/cpu,cpuacct/slurm/cpu.cfs_quota_us", "-1\n");
    put("sys/fs/cgroup/cpu,cpuacct/slurm/cpu.cfs_period_us", "100000\n");
    cr_expect(isinf(limits().memory) && isinf(limits().processors));
    put("sys/fs/cgroup/memory/slurm/memory.limit_in_bytes", "1000000\n");
    put("sys/fs/cgroup/memory/slurm/memory.usage_in_bytes", "400000\n");
    put("sys/fs/cgroup/memory/slurm/memory.stat", "total_inactive_file 100000\n");
    put("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "50000\n");
    put("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
    cr_expect_eq(limits().memory, 700000);
    cr_expect_eq(limits().processors, 0.5);
}

/* A container that sees the machine's names but its own group only, where it is mounted. */
Test(cgroup, container_with_the_names_of_outside)
{
    put("proc/self/cgroup", "4:memory:/docker/0123abc\n");
    put("sys/fs/cgroup/memory/memory.limit_in_bytes", "500\n");
    put("sys/fs/cgroup/memory/memory.usage_in_bytes", "100\n");
    cr_expect_eq(limits().memory, 400);
}
