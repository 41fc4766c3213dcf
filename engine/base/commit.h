/* Committing a file (file_commit) while the work goes on: a disk takes its time to sync.
 *
 * A thread syncs and renames in the usual order, so that a reader finds the old file or the
 * new one, whole; how it went is known at the end. One file at a time. */
#ifndef ENGINE_BASE_COMMIT_H
#define ENGINE_BASE_COMMIT_H

#include "engine/base/file.h"

#include <pthread.h>

struct commit {
    bool under_way;
    pthread_t thread;
    char temporary[FILE_PATH], path[FILE_PATH];
    struct status_note note; /* of the thread */
};

/* Begin; the commit before it must have ended. Both stay where they are until the end. */
void commit_begin(struct commit *c, const char *temporary, const char *path);

/* Wait for the end, if one is under way. Errors those of file_commit. */
enum status commit_end(struct commit *c);

#endif
