/* Files from the network, with the curl program: no library, no TLS of our own. */
#ifndef HARNESS_DOWNLOAD_H
#define HARNESS_DOWNLOAD_H

#include "engine/base/status.h"

#include <stdbool.h>

/* Get `url` into `path`. What `path` holds already is taken for the beginning of it: only the rest
 * is asked for, and everything again when the server cannot do that. A broken connection is taken
 * up again as long as it brings something. On failure `path` keeps what has arrived. `show`: how
 * much has, now and then, on stderr.
 *
 * Errors  STATUS_IO (no connection, disk), STATUS_MISSING (the server does not have it; no curl),
 *         STATUS_BUSY (another process is writing `path`)
 * Threads one at a time */
enum status download(const char *url, const char *path, bool show);

#endif
