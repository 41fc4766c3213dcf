/* Scan an HDF5 file with the HDF5 library and list its contents (h5_image.h). The library may
 * crash, so this runs in a child process: guard.h. */
#ifndef ENGINE_BASE_H5_SCAN_H
#define ENGINE_BASE_H5_SCAN_H

#include "engine/base/file.h"
#include "engine/base/guard.h"
#include "engine/base/status.h"

#include <stdbool.h>
#include <stdint.h>

union h5_scan {
    struct {
        char path[FILE_PATH];
        uint64_t file_bytes; /* its size */
        bool root_only;      /* list only the root's attributes */
    } of;
    unsigned char context[GUARD_CONTEXT];
};

/* Limit of the image's size for a file of `file_bytes`. */
uint64_t h5_scan_most(uint64_t file_bytes);

/* Put the image of the file into `answer`; `context` is a union h5_scan, `fd` the
 * file, opened for reading. Nothing outside the file
 * is followed or opened: such links and arrays are in the image as what they are.
 * Errors STATUS_FORMAT (no HDF5 file, damaged, too many objects); STATUS_BUSY (the path leads to
 * another file by now: open that one); STATUS_IO, STATUS_MEMORY (the machine's fault: it says
 * nothing of the file). */
guard_work h5_scan;

#endif
