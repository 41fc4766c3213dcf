/* A zip archive, written in one piece: equal contents give equal bytes.
 *
 *   struct zip z = {0};
 *   TRY(zip_add(&z, "index.html", data, size));
 *   status = zip_write(&z, "report.zip");          frees it either way
 *
 * Deflated entries dated 1980-01-01, up to 65535 of them and 4 GB in all (no ZIP64).
 * Source  PKWARE APPNOTE 6.3.10, sections 4.3 and 4.4 */
#ifndef REPORT_ZIP_H
#define REPORT_ZIP_H

#include "engine/base/status.h"

#include <stddef.h>

struct zip {
    unsigned char *at;      /* local headers and data so far */
    unsigned char *central; /* the directory that comes behind them */
    size_t length, room, central_length, central_room;
    int entries;
};

/* Errors STATUS_MEMORY, STATUS_CONFIG (too much for a zip without ZIP64). */
enum status zip_add(struct zip *z, const char *name, const char *data, size_t size);
/* The file PATH under the name that it has in the archive. Errors as file_read and zip_add. */
enum status zip_add_file(struct zip *z, const char *name, const char *path);
/* Errors STATUS_IO, STATUS_MEMORY. */
enum status zip_write(struct zip *z, const char *path);
void zip_free(struct zip *z);

#endif
