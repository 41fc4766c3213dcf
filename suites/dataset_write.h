/* Files in D4RL's layout: float32 and h5py's booleans, chunked, gzip 4, whole or absent.
 *
 *   fields[] = {{"observations", 11, false}, {"terminals", 1, true}, ...}
 *   open -> add, add ... -> commit         or  abandon at any time
 *
 * One thread at a time (HDF5). */
#ifndef SUITES_DATASET_WRITE_H
#define SUITES_DATASET_WRITE_H

#include "engine/base/h5.h"

#include <stdint.h>

struct dataset_column {
    char name[64]; /* path in the file: "infos/qpos" */
    int cols;      /* 1: an array of rank 1 */
    bool flag;     /* uint8 0 or 1, else float */
};

struct dataset_writer;

/* A file that will have `rows` rows, under a temporary name beside `path`. Errors STATUS_IO,
 * STATUS_MEMORY. */
enum status dataset_writer_open(const char *path, const struct dataset_column *columns, int count,
                                int64_t rows, struct dataset_writer **out);

/* Append rows; data[i] holds column i's, one after another. What exceeds the file's rows is left
 * out: afterwards it is full. Errors STATUS_IO. */
enum status dataset_writer_add(struct dataset_writer *w, int64_t rows, const void *const data[]);

/* Rows that are still missing. */
int64_t dataset_writer_room(const struct dataset_writer *w);

/* The open file, for attributes. */
const struct h5 *dataset_writer_file(const struct dataset_writer *w);

/* Close, sync and rename; the writer is gone. Errors STATUS_IO (a full disk says so). */
enum status dataset_writer_commit(struct dataset_writer *w);

/* Close and remove what there is. NULL is allowed. */
void dataset_writer_abandon(struct dataset_writer *w);

#endif
