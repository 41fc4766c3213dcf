/* curve.h5: written whole and sealed, read whole and bounded. */
#include "harness/curve/curve.h"

#include "engine/base/file.h"
#include "engine/base/seal.h"
#include "harness/curve/curve_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* FORMAT_1 came before seals and segments. */
#define FORMAT   "vitamin curve 2"
#define FORMAT_1 "vitamin curve 1"

/* --- writing -------------------------------------------------------------------------------- */

static hid_t column_type(const struct curve_column *k)
{
    if (k->real)
        return H5T_NATIVE_DOUBLE;
    return k->width == 8 ? H5T_NATIVE_INT64 : k->width == 4 ? H5T_NATIVE_INT32 : H5T_NATIVE_UINT8;
}

static enum status write_evaluations(const struct curve *c, const struct h5 *f)
{
    size_t N = (size_t)c->evaluations, E = (size_t)c->episodes;
    char *flat = malloc(N * (E > 0 ? E : 1) * sizeof(double) + 1);
    if (flat == NULL)
        return curve_no_memory();
    enum status result = STATUS_OK;
    for (int k = 0; k < CURVE_COLUMNS && result == STATUS_OK; k++) {
        const struct curve_column *col = &curve_columns[k];
        curve_gather(c, col, flat);
        char name[64];
        snprintf(name, sizeof name, "evaluation/%s", col->name);
        hid_t type = column_type(col);
        result = h5_write(f, name, type, type, col->per_episode ? 2 : 1, (size_t[]){N, E}, 0, flat);
    }
    free(flat);
    return result;
}

static enum status write_iterations(const struct curve *c, const struct h5 *f)
{
    size_t M = (size_t)c->iterations;
    double *flat = malloc((M > 0 ? M : 1) * sizeof *flat);
    if (flat == NULL)
        return curve_no_memory();
    enum status result = STATUS_OK;
    /* Packing takes longer than all the rest: it waits until the run is over. */
    int gzip = M >= 64 && strcmp(curve_get(c, "status"), "running") != 0 ? 4 : 0;
    for (int k = 0; k < CURVE_METRIC_COUNT && result == STATUS_OK; k++) {
        for (size_t i = 0; i < M; i++)
            flat[i] = c->iteration[i].value[k];
        char name[64];
        snprintf(name, sizeof name, "iteration/%s", curve_metric_names[k]);
        result = h5_write(f, name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, 1, &M, gzip, flat);
    }
    free(flat);
    return result;
}

static void segment_group(int segment, char out[32])
{
    snprintf(out, 32, "segments/%d", segment + 1);
}

static enum status write_segments(const struct curve *c, const struct h5 *f)
{
    for (int i = 0; i < c->segments; i++) {
        char group[32];
        segment_group(i, group);
        TRY(h5_make_group(f, group));
        TRY(h5_set_integer(f, group, "evaluations", c->segment[i].evaluations));
        TRY(h5_set_integer(f, group, "iterations", c->segment[i].iterations));
        for (int k = 0; k < CURVE_ORIGIN_COUNT; k++)
            TRY(h5_set_text(f, group, curve_origin_names[k], c->segment[i].origin[k]));
    }
    return STATUS_OK;
}

static enum status write_all(const struct curve *c, const struct h5 *f)
{
    TRY(h5_set_text(f, ".", "format", FORMAT));
    for (int i = 0; i < c->attributes; i++)
        TRY(h5_set_text(f, ".", c->attribute[i].key, c->attribute[i].value));
    TRY(h5_write_text(f, "config", c->config != NULL ? c->config : ""));
    TRY(write_evaluations(c, f));
    TRY(write_iterations(c, f));
    TRY(write_segments(c, f));
    if (c->bandit.rollouts > 0)
        TRY(curve_write_bandit(c, f));
    if (c->targets.targets > 0)
        TRY(curve_write_targets(c, f));
    return STATUS_OK;
}

/* All but the commit. */
static enum status write_temporary(const struct curve *c, const char *path,
                                   char temporary[FILE_PATH])
{
    struct h5 f;
    TRY(file_temporary(path, temporary));
    TRY(h5_create(&f, temporary));
    return seal_close(&f, write_all(c, &f));
}

enum status curve_write(const struct curve *c, const char *path)
{
    char temporary[FILE_PATH];
    TRY(write_temporary(c, path, temporary));
    return file_commit(temporary, path);
}

enum status curve_begin_write(const struct curve *c, const char *path, struct commit *commit)
{
    char temporary[FILE_PATH];
    TRY(write_temporary(c, path, temporary));
    commit_begin(commit, temporary, path);
    return STATUS_OK;
}

/* --- reading -------------------------------------------------------------------------------- */

/* All are texts of ours: one that cannot be read may be what decides what the curve is. */
static enum status read_attribute(const struct h5 *f, const char *name, void *context)
{
    char value[CURVE_VALUE];
    if (strcmp(name, "format") == 0 || strlen(name) >= CURVE_KEY)
        return STATUS_OK;
    TRY(h5_get_text(f, ".", name, value, sizeof value));
    return curve_set(context, name, "%s", value);
}

static enum status read_config(struct curve *c, const struct h5 *f)
{
    enum { LONGEST = 1 << 16 };
    char *text = malloc(LONGEST);
    if (text == NULL)
        return curve_no_memory();
    enum status result = h5_read_text(f, "config", text, LONGEST);
    if (result == STATUS_OK)
        result = curve_set_config(c, text);
    free(text);
    return result;
}

/* What all of a curve takes in memory is bounded by its file, as what it unpacks to is (h5.h). */
enum { SEGMENTS_MOST = 1 << 12 };
static const size_t MEMORY_FREE = (size_t)32 << 20, MEMORY_MOST = (size_t)256 << 20;
enum { MEMORY_FACTOR = 64 };

enum status curve_check_memory(const struct curve *c, const struct h5 *f, size_t more)
{
    uint64_t most = MEMORY_FREE + MEMORY_FACTOR * h5_file_bytes(f);
    if (curve_memory(c) + more > (most < MEMORY_MOST ? most : MEMORY_MOST))
        return status_fail(
            STATUS_FORMAT,
            "%s: its rows would take %zu MiB of memory, which no curve of %llu bytes "
            "does; it is damaged or hostile",
            f->path, (curve_memory(c) + more) >> 20, (unsigned long long)h5_file_bytes(f));
    return STATUS_OK;
}

enum status curve_check_size(const struct h5 *f, const char *name, size_t count, size_t most)
{
    if (count > most)
        return status_fail(STATUS_FORMAT, "%s: '%s' claims %zu numbers, which no curve has",
                           f->path, name, count);
    return STATUS_OK;
}

enum status curve_matrix_shape(const struct h5 *f, const char *name, size_t dims[H5_MAX_RANK])
{
    int rank;
    TRY(h5_shape(f, name, &rank, dims));
    if (rank != 2)
        return status_fail(STATUS_SHAPE, "%s: '%s' has %d dimensions, not 2", f->path, name, rank);
    TRY(curve_check_size(f, name, dims[0], CURVE_ROWS_MOST));
    TRY(curve_check_size(f, name, dims[1], CURVE_ROWS_MOST));
    return curve_check_size(f, name, dims[0] * dims[1], CURVE_NUMBERS_MOST);
}

static enum status read_evaluations(struct curve *c, const struct h5 *f)
{
    size_t dims[H5_MAX_RANK];
    TRY(curve_matrix_shape(f, "evaluation/score", dims));
    size_t N = dims[0], E = dims[1];
    TRY(curve_check_memory(c, f, N * curve_evaluation_bytes(E)));
    char *flat[CURVE_COLUMNS];
    enum status result = curve_make_columns(flat, N, E);
    for (int k = 0; k < CURVE_COLUMNS && result == STATUS_OK; k++) {
        char name[64];
        snprintf(name, sizeof name, "evaluation/%s", curve_columns[k].name);
        result = h5_read(f, name, column_type(&curve_columns[k]),
                         curve_columns[k].per_episode ? N * E : N, flat[k]);
    }
    if (result == STATUS_OK)
        result = curve_scatter(c, flat, N, E);
    curve_free_columns(flat);
    return result;
}

static enum status read_iterations(struct curve *c, const struct h5 *f)
{
    size_t M;
    TRY(h5_count(f, "iteration/iteration", &M));
    TRY(curve_check_size(f, "iteration/iteration", M, CURVE_ROWS_MOST));
    TRY(curve_check_memory(c, f, M * sizeof(struct curve_iteration)));
    double *flat = malloc((M > 0 ? M : 1) * sizeof *flat);
    struct curve_iteration blank = curve_blank_iteration();
    enum status result = STATUS_OK;
    if (flat == NULL)
        return curve_no_memory();
    for (size_t i = 0; i < M && result == STATUS_OK; i++)
        result = curve_add_iteration(c, &blank);
    /* A column that an older program did not know stays NaN. */
    for (int k = 0; k < CURVE_METRIC_COUNT && result == STATUS_OK; k++) {
        char name[64];
        snprintf(name, sizeof name, "iteration/%s", curve_metric_names[k]);
        if (!h5_has(f, name))
            continue;
        result = h5_read_double(f, name, M, flat);
        for (size_t i = 0; i < M && result == STATUS_OK; i++)
            c->iteration[i].value[k] = flat[i];
    }
    free(flat);
    return result;
}

static enum status read_segment(struct curve *c, const struct h5 *f, const char *group)
{
    double evaluations, iterations;
    const char *const none[CURVE_ORIGIN_COUNT] = {"", "", "", "", "", "", "", ""};
    TRY(curve_add_segment(c, none));
    struct curve_segment *s = &c->segment[c->segments - 1];
    TRY(h5_get_number(f, group, "evaluations", &evaluations));
    TRY(h5_get_number(f, group, "iterations", &iterations));
    if (!(evaluations >= 0 && evaluations <= CURVE_ROWS_MOST && iterations >= 0 &&
          iterations <= CURVE_ROWS_MOST))
        return status_fail(STATUS_FORMAT, "%s: '%s' begins at no row", f->path, group);
    s->evaluations = (int32_t)evaluations;
    s->iterations = (int32_t)iterations;
    for (int k = 0; k < CURVE_ORIGIN_COUNT; k++)
        TRY(h5_get_text(f, group, curve_origin_names[k], s->origin[k], sizeof s->origin[k]));
    return STATUS_OK;
}

static enum status read_segments(struct curve *c, const struct h5 *f)
{
    char group[32];
    for (segment_group(0, group); c->segments < SEGMENTS_MOST && h5_has(f, group);
         segment_group(c->segments, group))
        TRY(read_segment(c, f, group));
    return STATUS_OK;
}

/* Of a file that its seal, or its lack of one, lets us read. */
static enum status check_format(const struct h5 *f, bool sealed)
{
    char format[64];
    if (h5_get_text(f, ".", "format", format, sizeof format) != STATUS_OK ||
        strncmp(format, FORMAT, strlen("vitamin curve ")) != 0)
        return status_fail(STATUS_FORMAT, "%s: is not a '" FORMAT "' file", f->path);
    if (strcmp(format, FORMAT) == 0 && !sealed)
        return status_fail(STATUS_DAMAGED,
                           "%s: was damaged after it was written (the seal at its end is lacking)",
                           f->path);
    if (strcmp(format, FORMAT) != 0 && strcmp(format, FORMAT_1) != 0)
        return status_fail(STATUS_FORMAT,
                           "%s: is a '%s' file, which this program does not know; a newer one "
                           "wrote it",
                           f->path, format);
    return STATUS_OK;
}

static enum status read_all(struct curve *c, const struct h5 *f)
{
    TRY(h5_each_attribute(f, ".", read_attribute, c));
    TRY(read_config(c, f));
    TRY(read_evaluations(c, f));
    TRY(read_iterations(c, f));
    TRY(read_segments(c, f));
    if (h5_has(f, "bandit"))
        TRY(curve_read_bandit(c, f));
    if (h5_has(f, "targets"))
        TRY(curve_read_targets(c, f));
    return STATUS_OK;
}

/* Without a seal, what cannot be read was damaged; with one it is as it was written. */
static enum status read_file(struct curve *c, const struct h5 *f)
{
    TRY(check_format(f, c->sealed));
    enum status result = read_all(c, f);
    bool content = result == STATUS_FORMAT || result == STATUS_SHAPE;
    return content && !c->sealed ? STATUS_DAMAGED : result;
}

enum status curve_read(const char *path, struct curve *out)
{
    struct h5 f;
    bool sealed;
    *out = (struct curve){0};
    TRY(seal_check(path, &sealed));
    enum status result = h5_open(&f, path);
    if (result != STATUS_OK)
        return result == STATUS_FORMAT ? (sealed ? STATUS_IO : STATUS_DAMAGED) : result;
    out->sealed = sealed;
    result = read_file(out, &f);
    struct status_note note;
    status_save(&note, result);
    (void)h5_close(&f);
    if (result != STATUS_OK) {
        curve_free(out);
        return status_restore(&note);
    }
    return STATUS_OK;
}
