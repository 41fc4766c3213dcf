#include "engine/base/version.h"

/* The Makefile passes them to this file only. */
#ifndef VITAMIN_VERSION
#define VITAMIN_VERSION "unknown"
#endif
#ifndef VITAMIN_REVISION
#define VITAMIN_REVISION "unknown"
#endif
#ifndef VITAMIN_DIRTY
#define VITAMIN_DIRTY 1
#endif

const char *version_number(void)
{
    return VITAMIN_VERSION;
}

const char *version_revision(void)
{
    return VITAMIN_REVISION;
}

bool version_dirty(void)
{
    return VITAMIN_DIRTY;
}
