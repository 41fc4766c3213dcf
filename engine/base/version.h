/* Which code this program was built from. */
#ifndef ENGINE_BASE_VERSION_H
#define ENGINE_BASE_VERSION_H

#include <stdbool.h>

/* "unknown" outside of a repository. */
const char *version_revision(void);

/* The sources had changes that no revision holds. */
bool version_dirty(void);

#endif
