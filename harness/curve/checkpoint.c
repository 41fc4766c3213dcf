#include "harness/curve/checkpoint.h"

#include "engine/base/file.h"
#include "engine/base/h5.h"
#include "engine/base/seal.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FORMAT "vitamin checkpoint 2"

static hid_t type_of(enum visit_kind kind)
{
    switch (kind) {
    case VISIT_FLOAT:
        return H5T_NATIVE_FLOAT;
    case VISIT_DOUBLE:
        return H5T_NATIVE_DOUBLE;
    case VISIT_INT32:
        return H5T_NATIVE_INT32;
    case VISIT_INT64:
        return H5T_NATIVE_INT64;
    case VISIT_BYTE:
        break;
    }
    return H5T_NATIVE_UINT8;
}

static enum status write_array(struct visitor *v, const char *path, enum visit_kind kind,
                               void *data, size_t count)
{
    hid_t type = type_of(kind);
    return h5_write(v->context, path, type, type, 1, &count, 0, data);
}

static enum status layout_differs(enum status why)
{
    return status_prefix(why, "this checkpoint was written by another version or layout; remove it "
                              "to start anew");
}

static enum status read_array(struct visitor *v, const char *path, enum visit_kind kind, void *data,
                              size_t count)
{
    enum status result = h5_read(v->context, path, type_of(kind), count, data);
    return result == STATUS_OK ? result : layout_differs(result);
}

static enum status expect_array(struct visitor *v, const char *path, size_t count)
{
    const struct h5 *f = v->context;
    size_t found;
    enum status result = h5_count(f, path, &found);
    if (result != STATUS_OK)
        return layout_differs(result);
    if (found != count)
        return layout_differs(status_fail(STATUS_SHAPE,
                                          "%s: '%s' holds %zu numbers, %zu are expected", f->path,
                                          path, found, count));
    /* Arrays are stored as they are: a header may promise more than there is. */
    if (count > h5_file_bytes(f))
        return status_fail(STATUS_FORMAT,
                           "%s: '%s' claims %zu numbers, more than the file has room "
                           "for; remove it to start anew",
                           f->path, path, count);
    return STATUS_OK;
}

static enum status write_all(const struct h5 *f, const struct checkpoint_info *info,
                             checkpoint_visit *visit, void *context)
{
    struct visitor v = {.array = write_array, .context = (void *)f};
    TRY(h5_set_text(f, ".", "format", FORMAT));
    TRY(h5_set_text(f, ".", "config_hash", info->config_hash));
    TRY(h5_set_integer(f, ".", "evaluations", info->evaluations));
    TRY(h5_set_integer(f, ".", "iterations", info->iterations));
    return visit(context, &v);
}

/* The new one is on the disk whole before the old one gives up its name. */
static enum status take_place(const char *temporary, const char *path, const char *previous)
{
    TRY(file_sync(temporary));
    if (previous != NULL && rename(path, previous) != 0 && errno != ENOENT)
        return status_fail(STATUS_IO, "%s: cannot be renamed to %s: %s", path, previous,
                           file_reason());
    return file_commit(temporary, path);
}

enum status checkpoint_write(const char *path, const char *previous,
                             const struct checkpoint_info *info, checkpoint_visit *visit,
                             void *context)
{
    char temporary[FILE_PATH];
    struct h5 f;
    TRY(file_temporary(path, temporary));
    TRY(h5_create(&f, temporary));
    TRY(seal_close(&f, write_all(&f, info, visit, context)));
    enum status result = take_place(temporary, path, previous);
    if (result != STATUS_OK)
        unlink(temporary);
    return result;
}

static bool is_count(double x)
{
    return x >= 0 && x <= INT32_MAX && x == floor(x);
}

static enum status read_all(const struct h5 *f, const char *config_hash,
                            struct checkpoint_info *info, checkpoint_visit *visit, void *context)
{
    double evaluations, iterations;
    TRY(h5_get_text(f, ".", "config_hash", info->config_hash, sizeof info->config_hash));
    if (strcmp(info->config_hash, config_hash) != 0)
        return status_fail(STATUS_CONFIG,
                           "%s: belongs to another configuration (hash %.12s, this run has %.12s); "
                           "use another output folder, or remove it to start anew",
                           f->path, info->config_hash, config_hash);
    TRY(h5_get_number(f, ".", "evaluations", &evaluations));
    TRY(h5_get_number(f, ".", "iterations", &iterations));
    if (!is_count(evaluations) || !is_count(iterations))
        return status_fail(STATUS_FORMAT,
                           "%s: claims %g evaluations and %g iterations; remove it to "
                           "start anew",
                           f->path, evaluations, iterations);
    info->evaluations = (int)evaluations;
    info->iterations = (int)iterations;
    struct visitor v = {
        .array = read_array, .expect = expect_array, .context = (void *)f, .fills = true};
    enum status result = visit(context, &v);
    if (result != STATUS_OK && strstr(status_sentence(), f->path) == NULL)
        return status_prefix(result, "%s", f->path);
    return result;
}

/* Before any of its numbers is believed. */
static enum status check_format(const struct h5 *f, bool sealed)
{
    char format[64];
    if (h5_get_text(f, ".", "format", format, sizeof format) != STATUS_OK ||
        strncmp(format, FORMAT, strlen("vitamin checkpoint ")) != 0)
        return status_fail(sealed ? STATUS_FORMAT : STATUS_DAMAGED,
                           "%s: is not a '" FORMAT "' file; remove it to start anew", f->path);
    if (strcmp(format, FORMAT) != 0)
        return status_fail(STATUS_FORMAT,
                           "%s: is a '%s' file, this program writes '" FORMAT "'; resume with the "
                           "program that wrote it, or remove it to start anew",
                           f->path, format);
    if (!sealed)
        return status_fail(STATUS_DAMAGED,
                           "%s: was damaged after it was written (the seal at its end is lacking)",
                           f->path);
    return STATUS_OK;
}

enum status checkpoint_read(const char *path, const char *config_hash, struct checkpoint_info *info,
                            checkpoint_visit *visit, void *context)
{
    struct h5 f;
    bool sealed;
    TRY(seal_check(path, &sealed));
    enum status result = h5_open(&f, path);
    if (result == STATUS_FORMAT)
        return sealed ? STATUS_IO : STATUS_DAMAGED;
    TRY(result);
    result = check_format(&f, sealed);
    if (result == STATUS_OK)
        result = read_all(&f, config_hash, info, visit, context);
    struct status_note note;
    status_save(&note, result);
    (void)h5_close(&f);
    return result == STATUS_OK ? STATUS_OK : status_restore(&note);
}
