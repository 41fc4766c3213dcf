/* Which code this program was built from. */
#ifndef ENGINE_BASE_VERSION_H
#define ENGINE_BASE_VERSION_H

#include <stdbool.h>

/* "0.9.0" */
const char *version_number(void);

/* The commit's first 12 digits, from the repository or from an archive that git has made of it;
 * "unknown" where there is neither. */
const char *version_revision(void);

/* The sources had changes that no revision holds: in an archive, files newer than it. */
bool version_dirty(void);

#endif
