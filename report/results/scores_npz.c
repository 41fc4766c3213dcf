/* numpy's npz, a zip of arrays. Two kinds are read:
 *
 *   timesteps (T), results (T, episodes)     Stable-Baselines3's evaluations.npz: one run
 *   METHOD (runs, tasks), ...                rliable's score matrices
 *
 * Only the zip's directory at its end is trusted to say where members are, and every place is
 * checked against the file. */
#include "report/results/scores_impl.h"

#include "report/text/text.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { MEMBERS = 256, MEMBER_BYTES = 1 << 27, RANK = 3, HEADER = 4096 };

struct array {
    char name[SCORES_NAME];
    int rank;
    size_t dims[RANK], count;
    double *value;
};

struct npz {
    const char *path;
    const unsigned char *at;
    size_t length;
    struct array *array;
    int arrays;
};

static unsigned le16(const unsigned char *p)
{
    return p[0] | (unsigned)p[1] << 8;
}

static uint32_t le32(const unsigned char *p)
{
    return le16(p) | (uint32_t)le16(p + 2) << 16;
}

static enum status fail_damaged(const struct npz *z)
{
    return status_fail(STATUS_FORMAT, "%s: a damaged zip file; copy it again", z->path);
}

/* --- arrays ----------------------------------------------------------------------------------- */

/* The text behind 'key': in the header of an array. */
static const char *header_value(const char *header, const char *key)
{
    const char *at = strstr(header, key);
    return at != NULL ? at + strlen(key) + strspn(at + strlen(key), ": ") : "";
}

static bool read_dims(const char *shape, struct array *out)
{
    out->rank = 0;
    out->count = 1;
    if (*shape++ != '(')
        return false;
    while (*shape != ')') {
        char *end;
        unsigned long long n = strtoull(shape, &end, 10);
        if (end == shape || out->rank == RANK || n > MEMBER_BYTES ||
            (n > 0 && out->count > MEMBER_BYTES / n))
            return false;
        out->dims[out->rank++] = (size_t)n;
        out->count *= (size_t)n;
        shape = end + strspn(end, ", ");
    }
    return true;
}

static double number_at(const unsigned char *p, char kind, int width)
{
    double d;
    float f;
    int64_t i = 0;
    if (kind == 'f' && width == 8) {
        memcpy(&d, p, 8);
        return d;
    }
    if (kind == 'f') {
        memcpy(&f, p, 4);
        return (double)f;
    }
    for (int k = 0; k < width; k++)
        i |= (int64_t)((uint64_t)p[k] << (8 * k));
    if (kind == 'i' && width < 8 && (p[width - 1] & 0x80) != 0)
        i -= (int64_t)1 << (8 * width);
    return (double)i;
}

/* One array file: magic, version, length of the header, a Python dict as text, the numbers. */
static enum status read_array(const struct npz *z, const unsigned char *at, size_t length,
                              struct array *out)
{
    char header[HEADER], kind;
    int width;
    if (length < 12 || memcmp(at, "\x93NUMPY", 6) != 0)
        return status_fail(STATUS_FORMAT, "%s: '%s' is no numpy array", z->path, out->name);
    size_t skip = at[6] == 1 ? 10 : 12, n = at[6] == 1 ? le16(at + 8) : le32(at + 8);
    if (n >= HEADER || n > length - skip)
        return status_fail(STATUS_FORMAT, "%s: '%s' has a damaged header", z->path, out->name);
    memcpy(header, at + skip, n);
    header[n] = '\0';
    const char *type = header_value(header, "'descr'");
    bool little = sscanf(type, "'<%c%d'", &kind, &width) == 2 ||
                  sscanf(type, "'|%c%d'", &kind, &width) == 2;
    bool fits = little && ((kind == 'f' && (width == 4 || width == 8)) ||
                           ((kind == 'i' || kind == 'u') &&
                            (width == 1 || width == 2 || width == 4 || width == 8)));
    if (!fits)
        return status_fail(STATUS_FORMAT,
                           "%s: '%s' has the type %.8s; expected numbers (little-endian float32, "
                           "float64 or integers): save it with array.astype('float64')",
                           z->path, out->name, type);
    if (strncmp(header_value(header, "'fortran_order'"), "False", 5) != 0)
        return status_fail(STATUS_FORMAT,
                           "%s: '%s' is in Fortran's order; save np.ascontiguousarray(...)",
                           z->path, out->name);
    if (!read_dims(header_value(header, "'shape'"), out) ||
        out->count != (length - skip - n) / (size_t)width)
        return status_fail(STATUS_FORMAT, "%s: '%s' has a damaged header, or too few numbers",
                           z->path, out->name);
    out->value = malloc((out->count + 1) * sizeof *out->value);
    if (out->value == NULL)
        return status_fail(STATUS_MEMORY, "%s: no memory for '%s'", z->path, out->name);
    for (size_t i = 0; i < out->count; i++)
        out->value[i] = number_at(at + skip + n + i * (size_t)width, kind, width);
    return STATUS_OK;
}

/* --- the zip ---------------------------------------------------------------------------------- */

static enum status inflate_member(const struct npz *z, const unsigned char *at, size_t packed,
                                  unsigned char *out, size_t size)
{
    z_stream s = {.next_in = (unsigned char *)at, .avail_in = (unsigned)packed, .next_out = out};
    s.avail_out = (unsigned)size;
    if (inflateInit2(&s, -15) != Z_OK)
        return status_fail(STATUS_MEMORY, "%s: no memory to unzip it", z->path);
    int code = inflate(&s, Z_FINISH);
    bool whole = code == Z_STREAM_END && s.avail_out == 0;
    inflateEnd(&s);
    return whole ? STATUS_OK : fail_damaged(z);
}

/* A member by its entry in the directory, of at least 46 bytes. */
static enum status read_member(struct npz *z, const unsigned char *entry, size_t name_length)
{
    unsigned method = le16(entry + 10);
    size_t packed = le32(entry + 20), size = le32(entry + 24), local = le32(entry + 42);
    struct array *a = &z->array[z->arrays];
    *a = (struct array){0};
    snprintf(a->name, sizeof a->name, "%.*s", (int)name_length, (const char *)entry + 46);
    size_t n = strlen(a->name);
    if (n < 5 || strcmp(a->name + n - 4, ".npy") != 0)
        return status_fail(STATUS_FORMAT,
                           "%s: a zip with '%.80s' in it, not of numpy arrays; unpack it, or of an "
                           "Excel workbook save the sheet as CSV",
                           z->path, a->name);
    a->name[n - 4] = '\0';
    if (local > z->length || z->length - local < 30 || memcmp(z->at + local, "PK\3\4", 4) != 0)
        return fail_damaged(z);
    size_t start = local + 30 + le16(z->at + local + 26) + le16(z->at + local + 28);
    if (start > z->length || packed > z->length - start || (method == 0 && packed != size) ||
        (method != 0 && method != 8))
        return fail_damaged(z);
    if (size > MEMBER_BYTES)
        return status_fail(STATUS_FORMAT, "%s: '%s' is larger than %d MiB", z->path, a->name,
                           MEMBER_BYTES >> 20);
    z->arrays++;
    if (method == 0)
        return read_array(z, z->at + start, size, a);
    unsigned char *plain = malloc(size + 1);
    if (plain == NULL)
        return status_fail(STATUS_MEMORY, "%s: no memory to unzip '%s'", z->path, a->name);
    enum status status = inflate_member(z, z->at + start, packed, plain, size);
    if (status == STATUS_OK)
        status = read_array(z, plain, size, a);
    free(plain);
    return status;
}

/* The directory is found from the end of the file, where its own place stands. */
static enum status read_members(struct npz *z)
{
    size_t end = z->length < 22 ? 0 : z->length - 22;
    while (end > 0 && memcmp(z->at + end, "PK\5\6", 4) != 0)
        end--;
    if (z->length < 22 || memcmp(z->at + end, "PK\5\6", 4) != 0)
        return fail_damaged(z);
    unsigned count = le16(z->at + end + 10);
    size_t at = le32(z->at + end + 16), total = 0;
    if (count > MEMBERS)
        return status_fail(STATUS_FORMAT, "%s: more than %d arrays", z->path, MEMBERS);
    for (unsigned i = 0; i < count; i++) {
        if (at > end || end - at < 46 || memcmp(z->at + at, "PK\1\2", 4) != 0)
            return fail_damaged(z);
        size_t name = le16(z->at + at + 28);
        size_t width = 46 + name + le16(z->at + at + 30) + le16(z->at + at + 32);
        if (width > end - at)
            return fail_damaged(z);
        TRY(read_member(z, z->at + at, name));
        total += z->array[i].count;
        if (total > CSV_CELLS)
            return status_fail(STATUS_MEMORY, "%s: more than %d numbers", z->path, CSV_CELLS);
        at += width;
    }
    return STATUS_OK;
}

/* --- scores ----------------------------------------------------------------------------------- */

static const struct array *find_array(const struct npz *z, const char *name)
{
    for (int i = 0; i < z->arrays; i++) {
        if (strcmp(z->array[i].name, name) == 0)
            return &z->array[i];
    }
    return NULL;
}

/* A row per evaluation: the mean over its episodes. */
static enum status write_evaluations(const struct npz *z, struct text *out)
{
    const struct array *steps = find_array(z, "timesteps"), *scores = find_array(z, "results");
    size_t T = steps->count, episodes = T > 0 ? scores->count / T : 0;
    if (scores->rank < 1 || scores->dims[0] != T || episodes == 0)
        return status_fail(STATUS_SHAPE, "%s: 'results' has not a row for each of %zu 'timesteps'",
                           z->path, T);
    text_add(out, "step,mean_reward\n");
    for (size_t i = 0; i < T; i++) {
        double sum = 0;
        for (size_t k = 0; k < episodes; k++)
            sum += scores->value[i * episodes + k];
        text_csv_number(out, steps->value[i]);
        if (isnan(sum))
            text_csv(out, "nan"); /* an empty field would be "not measured" */
        else
            text_csv_number(out, sum / (double)episodes);
        text_csv_end(out);
    }
    return STATUS_OK;
}

/* A row per score of each array (runs, tasks). */
static enum status write_matrices(const struct npz *z, struct text *out)
{
    text_add(out, "method,dataset,seed,score\n");
    for (int i = 0; i < z->arrays; i++) {
        const struct array *a = &z->array[i];
        if (a->rank != 2)
            return status_fail(STATUS_SHAPE,
                               "%s: '%s' has %d dimensions; expected timesteps and results "
                               "(Stable-Baselines3), or a matrix (runs, tasks) per method",
                               z->path, a->name, a->rank);
        for (size_t k = 0; k < a->count; k++) {
            char task[32];
            snprintf(task, sizeof task, "task %02zu", k % a->dims[1] + 1);
            text_csv(out, a->name);
            text_csv(out, task);
            text_csv_integer(out, (long long)(k / a->dims[1]));
            text_csv_number(out, a->value[k]);
            text_csv_end(out);
        }
    }
    return STATUS_OK;
}

static enum status read_scores(struct results *r, struct npz *z, struct scores_source *s)
{
    struct text table = {0};
    TRY(read_members(z));
    bool evaluations = find_array(z, "timesteps") != NULL && find_array(z, "results") != NULL;
    s->layout = evaluations ? "Stable-Baselines3's evaluations" : "rliable's matrices";
    enum status status = evaluations ? write_evaluations(z, &table) : write_matrices(z, &table);
    if (status == STATUS_OK)
        status = text_check(&table);
    if (status == STATUS_OK) {
        struct csv c;
        s->separator = ',';
        status = csv_parse(&c, s->path, text_get(&table));
        if (status == STATUS_OK) {
            status = scores_rows_read(r, &c, s);
            csv_free(&c);
        }
    }
    text_free(&table);
    return status;
}

enum status scores_npz_read(struct results *r, const struct scores_text *t, struct scores_source *s)
{
    struct npz z = {.path = s->path, .at = (unsigned char *)t->at, .length = t->length};
    z.array = calloc(MEMBERS, sizeof *z.array);
    if (z.array == NULL)
        return status_fail(STATUS_MEMORY, "%s: no memory for its arrays", s->path);
    enum status status = read_scores(r, &z, s);
    for (int i = 0; i < z.arrays; i++)
        free(z.array[i].value);
    free(z.array);
    return status;
}
