#include "engine/base/version.h"

#ifndef VITAMIN_REVISION
#define VITAMIN_REVISION "unknown"
#endif
#ifndef VITAMIN_DIRTY
#define VITAMIN_DIRTY 1
#endif

const char *version_revision(void)
{
    return VITAMIN_REVISION;
}

bool version_dirty(void)
{
    return VITAMIN_DIRTY;
}
