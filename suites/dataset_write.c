#include "suites/dataset_write.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK_BYTES = 1 << 16, GZIP_LEVEL = 4 /* h5py's */, HELD_ROWS = 4096 };

struct column {
    hid_t set, type; /* in memory */
    int cols;
    size_t width; /* bytes of a row */
    char *held;   /* HELD_ROWS rows: short episodes would cost a call each */
};

struct dataset_writer {
    struct h5 h5;
    char path[FILE_PATH]; /* the final one; h5.path is the temporary one */
    int64_t rows, done;   /* done: in the file or held */
    int64_t held;
    hid_t flag; /* h5py's boolean */
    int count;
    struct column column[];
};

static enum status cannot(const struct dataset_writer *w)
{
    return status_fail(STATUS_IO, "%s: cannot be written; is the disk full?", w->path);
}

static bool create_column(struct dataset_writer *w, const struct dataset_column *c,
                          struct column *out)
{
    *out = (struct column){.type = c->flag ? w->flag : H5T_NATIVE_FLOAT, .cols = c->cols};
    size_t number = c->flag ? 1 : sizeof(float);
    out->width = (size_t)c->cols * number;
    hsize_t dims[2] = {(hsize_t)w->rows, (hsize_t)c->cols}, chunk[2] = {1, (hsize_t)c->cols};
    chunk[0] = 1 + CHUNK_BYTES / out->width;
    if (chunk[0] > dims[0])
        chunk[0] = dims[0];
    int rank = c->cols > 1 ? 2 : 1;
    hid_t space = H5Screate_simple(rank, dims, NULL), list = H5Pcreate(H5P_DATASET_CREATE);
    hid_t parents = H5Pcreate(H5P_LINK_CREATE);
    H5Pset_create_intermediate_group(parents, 1);
    H5Pset_obj_track_times(list, false); /* the same data give the same bytes */
    H5Pset_chunk(list, rank, chunk);
    H5Pset_deflate(list, GZIP_LEVEL);
    out->set = H5Dcreate2(w->h5.file, c->name, c->flag ? w->flag : H5T_IEEE_F32LE, space, parents,
                          list, H5P_DEFAULT);
    H5Pclose(parents);
    H5Pclose(list);
    H5Sclose(space);
    out->held = malloc(HELD_ROWS * out->width);
    return out->set >= 0 && out->held != NULL;
}

enum status dataset_writer_open(const char *path, const struct dataset_column *columns, int count,
                                int64_t rows, struct dataset_writer **out)
{
    assert(rows > 0 && count > 0);
    size_t bytes = sizeof **out + (size_t)count * sizeof(struct column);
    struct dataset_writer *w = calloc(1, bytes);
    *out = NULL;
    if (w == NULL)
        return status_fail(STATUS_MEMORY, "%s: no memory to write it", path);
    w->h5.file = -1;
    w->flag = -1;
    w->rows = rows;
    char temporary[FILE_PATH];
    enum status result = file_temporary(path, temporary);
    if (result == STATUS_OK)
        result = file_path(w->path, "%s", path);
    if (result == STATUS_OK)
        result = h5_create(&w->h5, temporary);
    if (result == STATUS_OK)
        w->flag = h5_bool_type();
    for (int i = 0; result == STATUS_OK && i < count; i++) {
        w->count = i + 1;
        if (!create_column(w, &columns[i], &w->column[i]))
            result = cannot(w);
    }
    if (result != STATUS_OK) {
        dataset_writer_abandon(w);
        return result;
    }
    *out = w;
    return STATUS_OK;
}

/* Write the held rows of a column. */
static bool flush_column(const struct dataset_writer *w, const struct column *c)
{
    hsize_t start[2] = {(hsize_t)(w->done - w->held), 0};
    hsize_t part[2] = {(hsize_t)w->held, (hsize_t)c->cols};
    hid_t space = H5Dget_space(c->set), memory = H5Screate_simple(c->cols > 1 ? 2 : 1, part, NULL);
    H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, part, NULL);
    herr_t done = H5Dwrite(c->set, c->type, memory, space, H5P_DEFAULT, c->held);
    H5Sclose(memory);
    H5Sclose(space);
    return done >= 0;
}

static enum status flush(struct dataset_writer *w)
{
    for (int i = 0; i < w->count && w->held > 0; i++) {
        if (!flush_column(w, &w->column[i]))
            return cannot(w);
    }
    w->held = 0;
    return STATUS_OK;
}

enum status dataset_writer_add(struct dataset_writer *w, int64_t rows, const void *const data[])
{
    if (rows > w->rows - w->done)
        rows = w->rows - w->done;
    for (int64_t from = 0; from < rows;) {
        int64_t n = rows - from < HELD_ROWS - w->held ? rows - from : HELD_ROWS - w->held;
        for (int i = 0; i < w->count; i++) {
            const struct column *c = &w->column[i];
            memcpy(c->held + (size_t)w->held * c->width,
                   (const char *)data[i] + (size_t)from * c->width, (size_t)n * c->width);
        }
        w->held += n;
        w->done += n;
        from += n;
        if (w->held == HELD_ROWS)
            TRY(flush(w));
    }
    return STATUS_OK;
}

int64_t dataset_writer_room(const struct dataset_writer *w)
{
    return w->rows - w->done;
}

const struct h5 *dataset_writer_file(const struct dataset_writer *w)
{
    return &w->h5;
}

/* Close everything but keep the file. */
static enum status finish(struct dataset_writer *w)
{
    bool good = true;
    for (int i = 0; i < w->count; i++) {
        if (w->column[i].set >= 0)
            good &= H5Dclose(w->column[i].set) >= 0;
        free(w->column[i].held);
    }
    if (w->flag >= 0)
        H5Tclose(w->flag);
    enum status closed = h5_close(&w->h5);
    return good ? closed : cannot(w);
}

enum status dataset_writer_commit(struct dataset_writer *w)
{
    assert(w->done == w->rows);
    enum status result = flush(w), closed = finish(w);
    if (result == STATUS_OK)
        result = closed;
    if (result == STATUS_OK)
        result = file_commit(w->h5.path, w->path);
    else
        unlink(w->h5.path);
    free(w);
    return result;
}

void dataset_writer_abandon(struct dataset_writer *w)
{
    if (w == NULL)
        return;
    (void)finish(w); /* the file goes anyway */
    if (*w->h5.path != '\0')
        unlink(w->h5.path);
    free(w);
}
