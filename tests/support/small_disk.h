/* A disk that fills up, for tests of what happens then. */
#ifndef TESTS_SUPPORT_SMALL_DISK_H
#define TESTS_SUPPORT_SMALL_DISK_H

#include <stdbool.h>
#include <stddef.h>

/* Mount a disk of `megabytes` on a new folder, for this process and its children only; unmounted
 * by the system at their end, or by umount2(). False: not permitted here, the test must be skipped.
 */
bool small_disk_mount(const char *folder, int megabytes);

/* Fill the disk with a file at `path` but for `left` bytes (whole pages); remove it for room. */
void small_disk_fill(const char *path, size_t left);

#endif
