#include "harness/curve/curve.h"

#include "engine/base/file.h"
#include "engine/base/h5.h"
#include "engine/base/seal.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* FORMAT_1 came before seals and segments. */
#define FORMAT   "vitamin curve 2"
#define FORMAT_1 "vitamin curve 1"

const char *const curve_metric_names[] = {
#define CURVE_NAME(name, kind, meaning) #name,
    CURVE_METRICS(CURVE_NAME)
#undef CURVE_NAME
};

const char *const curve_origin_names[] = {
#define CURVE_NAME(name) #name,
    CURVE_ORIGINS(CURVE_NAME)
#undef CURVE_NAME
};

/* What may differ between two runs of the same thing (invariant 3). */
static const char *const volatile_attributes[] = {"host",    "machine",        "program",
                                                  "started", "updated",        "resumes",
                                                  "threads", "peak_memory_gb", "guide_path"};

static void free_evaluation(struct curve_evaluation *e)
{
    free(e->raw_return);
    free(e->score);
    free(e->length);
    free(e->success);
}

static void free_bandit(struct curve_bandit *b)
{
    free(b->gradient_steps);
    free(b->action);
    free(b->reward);
    free(b->grid);
    free(b->critic);
    free(b->return_to_go);
    free(b->policy);
    *b = (struct curve_bandit){0};
}

void curve_free(struct curve *c)
{
    for (int i = 0; i < c->evaluations; i++)
        free_evaluation(&c->evaluation[i]);
    free_bandit(&c->bandit);
    free(c->evaluation);
    free(c->iteration);
    free(c->segment);
    free(c->attribute);
    free(c->config);
    *c = (struct curve){0};
}

static enum status no_memory(void)
{
    return status_fail(STATUS_MEMORY, "no memory for a curve's row");
}

/* Room for one more element, doubling at powers of two. */
static bool grow(void **items, int count, size_t width)
{
    if ((count & (count - 1)) != 0)
        return true;
    size_t capacity = count > 0 ? (size_t)count * 2 : 1;
    void *larger = realloc(*items, capacity * width);
    if (larger == NULL)
        return false;
    *items = larger;
    return true;
}

static struct curve_attribute *find(const struct curve *c, const char *key)
{
    for (int i = 0; i < c->attributes; i++) {
        if (strcmp(c->attribute[i].key, key) == 0)
            return &c->attribute[i];
    }
    return NULL;
}

enum status curve_set(struct curve *c, const char *key, const char *format, ...)
{
    struct curve_attribute *a = find(c, key);
    if (a == NULL) {
        if (!grow((void **)&c->attribute, c->attributes, sizeof *c->attribute))
            return no_memory();
        a = &c->attribute[c->attributes++];
        *a = (struct curve_attribute){.key = ""};
        snprintf(a->key, sizeof a->key, "%s", key);
    }
    va_list args;
    va_start(args, format);
    int length = vsnprintf(a->value, sizeof a->value, format, args);
    va_end(args);
    if (length >= (int)sizeof a->value)
        memcpy(a->value + sizeof a->value - 4, "...", 4);
    else /* checkpoints hold these bytes as they are */
        memset(a->value + length, 0, sizeof a->value - (size_t)length);
    return STATUS_OK;
}

const char *curve_get(const struct curve *c, const char *key)
{
    const struct curve_attribute *a = find(c, key);
    return a != NULL ? a->value : "";
}

double curve_get_number(const struct curve *c, const char *key, double otherwise)
{
    const char *text = curve_get(c, key);
    char *end;
    double value = strtod(text, &end);
    return end != text ? value : otherwise;
}

int64_t curve_get_integer(const struct curve *c, const char *key, int64_t otherwise)
{
    const char *text = curve_get(c, key);
    char *end;
    long long value = strtoll(text, &end, 10);
    return end != text ? value : otherwise;
}

enum status curve_set_config(struct curve *c, const char *text)
{
    char *copy = strdup(text);
    if (copy == NULL)
        return no_memory();
    free(c->config);
    c->config = copy;
    return STATUS_OK;
}

static void *copy_of(const void *from, size_t bytes)
{
    void *to = malloc(bytes > 0 ? bytes : 1);
    if (to != NULL && bytes > 0)
        memcpy(to, from, bytes);
    return to;
}

enum status curve_add_evaluation(struct curve *c, const struct curve_evaluation *row, int episodes)
{
    if (c->evaluations > 0 && episodes != c->episodes)
        return status_fail(STATUS_SHAPE, "an evaluation has %d episodes, the ones before have %d",
                           episodes, c->episodes);
    if (!grow((void **)&c->evaluation, c->evaluations, sizeof *c->evaluation))
        return no_memory();
    size_t E = (size_t)episodes;
    struct curve_evaluation copy = *row;
    copy.raw_return = copy_of(row->raw_return, E * sizeof *copy.raw_return);
    copy.score = copy_of(row->score, E * sizeof *copy.score);
    copy.length = copy_of(row->length, E * sizeof *copy.length);
    copy.success = copy_of(row->success, E * sizeof *copy.success);
    if (copy.raw_return == NULL || copy.score == NULL || copy.length == NULL ||
        copy.success == NULL) {
        free_evaluation(&copy);
        return no_memory();
    }
    c->episodes = episodes;
    c->evaluation[c->evaluations++] = copy;
    return STATUS_OK;
}

enum status curve_add_iteration(struct curve *c, const struct curve_iteration *row)
{
    if (!grow((void **)&c->iteration, c->iterations, sizeof *c->iteration))
        return no_memory();
    c->iteration[c->iterations++] = *row;
    return STATUS_OK;
}

/* --- segments ------------------------------------------------------------------------------- */

enum status curve_add_segment(struct curve *c, const char *const origin[CURVE_ORIGIN_COUNT])
{
    if (!grow((void **)&c->segment, c->segments, sizeof *c->segment))
        return no_memory();
    struct curve_segment *s = &c->segment[c->segments++];
    *s = (struct curve_segment){.evaluations = c->evaluations, .iterations = c->iterations};
    for (int k = 0; k < CURVE_ORIGIN_COUNT; k++)
        snprintf(s->origin[k], sizeof s->origin[k], "%s", origin[k]);
    return STATUS_OK;
}

/* Segment 0 is the one that the attributes tell of. */
static const char *origin_of(const struct curve *c, int segment, int which)
{
    return segment == 0 ? curve_get(c, curve_origin_names[which])
                        : c->segment[segment - 1].origin[which];
}

const char *curve_last_origin(const struct curve *c, enum curve_origin which)
{
    return origin_of(c, c->segments, (int)which);
}

/* Two changed trees have one revision, so their programs tell them apart. */
static bool is_dirty(const struct curve *c, int segment)
{
    return strcmp(origin_of(c, segment, CURVE_ORIGIN_dirty), "0") != 0;
}

int curve_describe_segments(const struct curve *c, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (int s = 1; s <= c->segments; s++) {
        const char *comma = ":";
        int n = snprintf(out + used, size - used, "%sfrom iteration row %d on", s > 1 ? "; " : "",
                         c->segment[s - 1].iterations);
        used = used + (size_t)n < size ? used + (size_t)n : size - 1;
        for (int k = 0; k < CURVE_ORIGIN_COUNT; k++) {
            const char *was = origin_of(c, s - 1, k), *is = origin_of(c, s, k);
            /* Programs of one revision differ in where they were built. */
            if (strcmp(was, is) == 0 || (k == CURVE_ORIGIN_program && !is_dirty(c, s)))
                continue;
            if (k == CURVE_ORIGIN_program)
                n = snprintf(out + used, size - used, "%s program %.8s instead of %.8s", comma, is,
                             was);
            else
                n = snprintf(out + used, size - used, "%s %s %.60s instead of %.60s", comma,
                             curve_origin_names[k], is, was);
            used = used + (size_t)n < size ? used + (size_t)n : size - 1;
            comma = ",";
        }
    }
    return 1 + c->segments;
}

static double *nans(size_t n)
{
    double *x = malloc((n > 0 ? n : 1) * sizeof *x);
    for (size_t i = 0; x != NULL && i < n; i++)
        x[i] = (double)NAN;
    return x;
}

enum status curve_init_bandit(struct curve *c, int rollouts, int actions, int grid_size,
                              int policy_size)
{
    free_bandit(&c->bandit);
    size_t P = (size_t)rollouts, G = (size_t)grid_size, R = (size_t)policy_size;
    struct curve_bandit *b = &c->bandit;
    *b = (struct curve_bandit){rollouts, actions, grid_size, policy_size, NULL, NULL,
                               NULL,     NULL,    NULL,      NULL,        NULL};
    b->gradient_steps = calloc(P > 0 ? P : 1, sizeof *b->gradient_steps);
    b->action = nans(P * (size_t)actions);
    b->reward = nans(P * (size_t)actions);
    b->grid = nans(G);
    b->critic = nans(P * G);
    b->return_to_go = nans(R);
    b->policy = nans(P * R);
    if (b->gradient_steps == NULL || b->action == NULL || b->reward == NULL || b->grid == NULL ||
        b->critic == NULL || b->return_to_go == NULL || b->policy == NULL) {
        free_bandit(b);
        return no_memory();
    }
    return STATUS_OK;
}

struct curve_iteration curve_blank_iteration(void)
{
    struct curve_iteration row;
    for (int i = 0; i < CURVE_METRIC_COUNT; i++)
        row.value[i] = (double)NAN;
    return row;
}

/* Shrink one list; the next add must find the capacity that grow() expects. */
static int cut(void **items, int count, int keep, size_t width)
{
    if (keep >= count)
        return count;
    size_t capacity = 1;
    while (capacity < (size_t)keep)
        capacity *= 2;
    void *smaller = realloc(*items, capacity * width);
    if (smaller != NULL)
        *items = smaller;
    return keep;
}

void curve_truncate(struct curve *c, int evaluations, int iterations)
{
    for (int i = evaluations; i < c->evaluations; i++)
        free_evaluation(&c->evaluation[i]);
    c->evaluations = cut((void **)&c->evaluation, c->evaluations, evaluations,
                         sizeof *c->evaluation);
    c->iterations = cut((void **)&c->iteration, c->iterations, iterations, sizeof *c->iteration);
}

double curve_mean_score(const struct curve *c, int evaluation)
{
    double sum = 0;
    for (int i = 0; i < c->episodes; i++)
        sum += c->evaluation[evaluation].score[i];
    return c->episodes > 0 ? sum / c->episodes : (double)NAN;
}

/* --- the file ------------------------------------------------------------------------------- */

/* Columns of /evaluation, described once for writing and reading. */
struct column {
    const char *name;
    size_t offset; /* of the field in struct curve_evaluation */
    size_t width;  /* bytes of one number */
    bool per_episode;
    bool real; /* double, as opposed to integer of that width */
};

#define FIELD(name) offsetof(struct curve_evaluation, name)
/* clang-format off */
static const struct column columns[] = {
    {"iteration",      FIELD(iteration),      8, false, false},
    {"transitions",    FIELD(transitions),    8, false, false},
    {"gradient_steps", FIELD(gradient_steps), 8, false, false},
    {"seconds",        FIELD(seconds),        8, false, true},
    {"raw_return",     FIELD(raw_return),     8, true,  true},
    {"score",          FIELD(score),          8, true,  true},
    {"length",         FIELD(length),         4, true,  false},
    {"success",        FIELD(success),        1, true,  false},
};
/* clang-format on */
enum { COLUMNS = sizeof columns / sizeof *columns };

static hid_t column_type(const struct column *k)
{
    if (k->real)
        return H5T_NATIVE_DOUBLE;
    return k->width == 8 ? H5T_NATIVE_INT64 : k->width == 4 ? H5T_NATIVE_INT32 : H5T_NATIVE_UINT8;
}

/* One column of all evaluations, as it lies in the file. */
static void gather(const struct curve *c, const struct column *col, char *flat)
{
    size_t bytes = col->width * (col->per_episode ? (size_t)c->episodes : 1);
    for (int i = 0; i < c->evaluations; i++) {
        const char *field = (const char *)&c->evaluation[i] + col->offset;
        const void *from = field;
        if (col->per_episode)
            memcpy(&from, field, sizeof from);
        memcpy(flat + (size_t)i * bytes, from, bytes);
    }
}

/* The other way: append N evaluations of E episodes from all their columns. */
static enum status scatter(struct curve *c, char *const flat[COLUMNS], size_t N, size_t E)
{
    enum status result = STATUS_OK;
    for (size_t i = 0; i < N && result == STATUS_OK; i++) {
        struct curve_evaluation row;
        for (int k = 0; k < COLUMNS; k++) {
            char *field = (char *)&row + columns[k].offset;
            char *from = flat[k] + i * columns[k].width * (columns[k].per_episode ? E : 1);
            if (columns[k].per_episode)
                memcpy(field, &from, sizeof from);
            else
                memcpy(field, from, columns[k].width);
        }
        result = curve_add_evaluation(c, &row, (int)E);
    }
    return result;
}

/* Room for every column; for free_columns() also after a failure. */
static enum status make_columns(char *flat[COLUMNS], size_t N, size_t E)
{
    bool made = true;
    for (int k = 0; k < COLUMNS; k++) {
        flat[k] = malloc(N * (columns[k].per_episode ? E : 1) * columns[k].width + 1);
        made = made && flat[k] != NULL;
    }
    return made ? STATUS_OK : no_memory();
}

static void free_columns(char *flat[COLUMNS])
{
    for (int k = 0; k < COLUMNS; k++)
        free(flat[k]);
}

static enum status write_evaluations(const struct curve *c, const struct h5 *f)
{
    size_t N = (size_t)c->evaluations, E = (size_t)c->episodes;
    char *flat = malloc(N * (E > 0 ? E : 1) * sizeof(double) + 1);
    if (flat == NULL)
        return no_memory();
    enum status result = STATUS_OK;
    for (int k = 0; k < COLUMNS && result == STATUS_OK; k++) {
        const struct column *col = &columns[k];
        gather(c, col, flat);
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
        return no_memory();
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

/* A bandit's arrays, described once: name, pointer, dims (0: one dimension only). */
struct bandit_array {
    const char *name;
    double **data;
    size_t rows, cols;
};

static int bandit_arrays(struct curve_bandit *b, struct bandit_array out[6])
{
    size_t P = (size_t)b->rollouts, n = (size_t)b->actions, G = (size_t)b->grid_size,
           R = (size_t)b->policy_size;
    struct bandit_array all[6] = {{"action", &b->action, P, n},
                                  {"reward", &b->reward, P, n},
                                  {"grid", &b->grid, G, 0},
                                  {"critic", &b->critic, P, G},
                                  {"return_to_go", &b->return_to_go, R, 0},
                                  {"policy", &b->policy, P, R}};
    memcpy(out, all, sizeof all);
    return 6;
}

static enum status write_bandit(const struct curve *c, const struct h5 *f)
{
    struct curve_bandit b = c->bandit;
    struct bandit_array arrays[6];
    size_t P = (size_t)b.rollouts;
    int count = bandit_arrays(&b, arrays);
    TRY(h5_write(f, "bandit/gradient_steps", H5T_STD_I64LE, H5T_NATIVE_INT64, 1, &P, 0,
                 b.gradient_steps));
    for (int i = 0; i < count; i++) {
        char name[64];
        snprintf(name, sizeof name, "bandit/%s", arrays[i].name);
        TRY(h5_write_double(f, name, arrays[i].cols > 0 ? 2 : 1,
                            (size_t[]){arrays[i].rows, arrays[i].cols}, *arrays[i].data));
    }
    return STATUS_OK;
}

static enum status write_text(const struct h5 *f, const char *name, const char *text)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, strlen(text) + 1);
    H5Tset_cset(type, H5T_CSET_UTF8);
    enum status result = h5_write(f, name, type, type, 0, NULL, 0, text);
    H5Tclose(type);
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
    TRY(write_text(f, "config", c->config != NULL ? c->config : ""));
    TRY(write_evaluations(c, f));
    TRY(write_iterations(c, f));
    TRY(write_segments(c, f));
    if (c->bandit.rollouts > 0)
        TRY(write_bandit(c, f));
    return STATUS_OK;
}

enum status curve_write(const struct curve *c, const char *path)
{
    char temporary[FILE_PATH];
    struct h5 f;
    TRY(file_temporary(path, temporary));
    TRY(h5_create(&f, temporary));
    enum status result = write_all(c, &f);
    if (result != STATUS_OK) {
        struct status_note note;
        status_save(&note, result);
        (void)h5_close(&f);
        unlink(temporary);
        return status_restore(&note);
    }
    result = h5_close(&f);
    if (result == STATUS_OK)
        result = seal_add(temporary);
    if (result != STATUS_OK) {
        unlink(temporary);
        return result;
    }
    return file_commit(temporary, path);
}

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
        return no_memory();
    enum status result = h5_read_text(f, "config", text, LONGEST);
    if (result == STATUS_OK)
        result = curve_set_config(c, text);
    free(text);
    return result;
}

/* A curve is megabytes at most; a header that promises more is damage. What all of it takes in
 * memory is bounded by its file, as what it unpacks to is (h5.h). */
enum { ROWS_MOST = 1 << 20, NUMBERS_MOST = 1 << 24, SEGMENTS_MOST = 1 << 12 };
static const size_t MEMORY_FREE = (size_t)32 << 20, MEMORY_MOST = (size_t)256 << 20;
enum { MEMORY_FACTOR = 64 };

/* Of an evaluation of E episodes: the row and its four arrays, each in a block of its own. */
static size_t evaluation_bytes(size_t E)
{
    return sizeof(struct curve_evaluation) + 4 * 16 + E * (2 * sizeof(double) + 4 + 1);
}

size_t curve_memory(const struct curve *c)
{
    const struct curve_bandit *b = &c->bandit;
    return (size_t)c->evaluations * evaluation_bytes((size_t)c->episodes) +
           (size_t)c->iterations * sizeof(struct curve_iteration) +
           (size_t)c->attributes * sizeof(struct curve_attribute) +
           sizeof(double) * (size_t)b->rollouts *
               (2 * (size_t)b->actions + (size_t)b->grid_size + (size_t)b->policy_size);
}

/* `more` bytes on top of what the curve takes already. */
static enum status check_memory(const struct curve *c, const struct h5 *f, size_t more)
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

static enum status check_size(const struct h5 *f, const char *name, size_t count, size_t most)
{
    if (count > most)
        return status_fail(STATUS_FORMAT, "%s: '%s' claims %zu numbers, which no curve has",
                           f->path, name, count);
    return STATUS_OK;
}

static enum status matrix_shape(const struct h5 *f, const char *name, size_t dims[H5_MAX_RANK])
{
    int rank;
    TRY(h5_shape(f, name, &rank, dims));
    if (rank != 2)
        return status_fail(STATUS_SHAPE, "%s: '%s' has %d dimensions, not 2", f->path, name, rank);
    TRY(check_size(f, name, dims[0], ROWS_MOST));
    TRY(check_size(f, name, dims[1], ROWS_MOST));
    return check_size(f, name, dims[0] * dims[1], NUMBERS_MOST);
}

static enum status read_evaluations(struct curve *c, const struct h5 *f)
{
    size_t dims[H5_MAX_RANK];
    TRY(matrix_shape(f, "evaluation/score", dims));
    size_t N = dims[0], E = dims[1];
    TRY(check_memory(c, f, N * evaluation_bytes(E)));
    char *flat[COLUMNS];
    enum status result = make_columns(flat, N, E);
    for (int k = 0; k < COLUMNS && result == STATUS_OK; k++) {
        char name[64];
        snprintf(name, sizeof name, "evaluation/%s", columns[k].name);
        result = h5_read(f, name, column_type(&columns[k]), columns[k].per_episode ? N * E : N,
                         flat[k]);
    }
    if (result == STATUS_OK)
        result = scatter(c, flat, N, E);
    free_columns(flat);
    return result;
}

static enum status read_iterations(struct curve *c, const struct h5 *f)
{
    size_t M;
    TRY(h5_count(f, "iteration/iteration", &M));
    TRY(check_size(f, "iteration/iteration", M, ROWS_MOST));
    TRY(check_memory(c, f, M * sizeof(struct curve_iteration)));
    double *flat = malloc((M > 0 ? M : 1) * sizeof *flat);
    struct curve_iteration blank = curve_blank_iteration();
    enum status result = flat == NULL ? no_memory() : STATUS_OK;
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

static enum status read_bandit(struct curve *c, const struct h5 *f)
{
    size_t actions[H5_MAX_RANK], critic[H5_MAX_RANK], policy[H5_MAX_RANK];
    TRY(matrix_shape(f, "bandit/action", actions));
    TRY(matrix_shape(f, "bandit/critic", critic));
    TRY(matrix_shape(f, "bandit/policy", policy));
    TRY(check_size(f, "bandit/critic", actions[0] * critic[1], NUMBERS_MOST));
    TRY(check_size(f, "bandit/policy", actions[0] * policy[1], NUMBERS_MOST));
    TRY(check_memory(c, f,
                     sizeof(double) * (2 * actions[0] * actions[1] + actions[0] * critic[1] +
                                       actions[0] * policy[1] + critic[1] + policy[1])));
    TRY(curve_init_bandit(c, (int)actions[0], (int)actions[1], (int)critic[1], (int)policy[1]));
    struct bandit_array arrays[6];
    int count = bandit_arrays(&c->bandit, arrays);
    TRY(h5_read(f, "bandit/gradient_steps", H5T_NATIVE_INT64, actions[0],
                c->bandit.gradient_steps));
    for (int i = 0; i < count; i++) {
        char name[64];
        snprintf(name, sizeof name, "bandit/%s", arrays[i].name);
        size_t cols = arrays[i].cols > 0 ? arrays[i].cols : 1;
        TRY(h5_read_double(f, name, arrays[i].rows * cols, *arrays[i].data));
    }
    return STATUS_OK;
}

static enum status read_segment(struct curve *c, const struct h5 *f, const char *group)
{
    double evaluations, iterations;
    const char *const none[CURVE_ORIGIN_COUNT] = {"", "", "", "", "", "", "", ""};
    TRY(curve_add_segment(c, none));
    struct curve_segment *s = &c->segment[c->segments - 1];
    TRY(h5_get_number(f, group, "evaluations", &evaluations));
    TRY(h5_get_number(f, group, "iterations", &iterations));
    if (!(evaluations >= 0 && evaluations <= ROWS_MOST && iterations >= 0 &&
          iterations <= ROWS_MOST))
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
        TRY(read_bandit(c, f));
    return STATUS_OK;
}

/* Without a seal, what cannot be read was damaged; with one it is as it was written. */
static enum status read_file(struct curve *c, const struct h5 *f)
{
    TRY(check_format(f, c->sealed));
    enum status result = read_all(c, f);
    bool content = result == STATUS_FORMAT || result == STATUS_SHAPE || result == STATUS_MISSING;
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

/* --- restarts -------------------------------------------------------------------------------- */

static enum status visit_column(struct visitor *v, const struct column *col, char *flat, size_t n)
{
    void *data = flat;
    if (col->real)
        return visit_doubles(v, col->name, data, n);
    if (col->width == 8)
        return visit_int64s(v, col->name, data, n);
    return col->width == 4 ? visit_int32s(v, col->name, data, n)
                           : visit_bytes(v, col->name, data, n);
}

static enum status visit_evaluations(struct curve *c, size_t N, size_t E, struct visitor *v)
{
    char *flat[COLUMNS];
    if (N == 0)
        return STATUS_OK;
    TRY(visit_expect(v, "score", N * E));
    enum status result = make_columns(flat, N, E);
    for (int k = 0; k < COLUMNS && result == STATUS_OK; k++) {
        if (!v->fills)
            gather(c, &columns[k], flat[k]);
        result = visit_column(v, &columns[k], flat[k], columns[k].per_episode ? N * E : N);
    }
    if (result == STATUS_OK && v->fills)
        result = scatter(c, flat, N, E);
    free_columns(flat);
    return result;
}

/* Bytes of a list; a reader makes room for it first, as grow() would have. */
static enum status visit_list(struct visitor *v, const char *name, void **items, int *count,
                              size_t n, size_t width)
{
    if (n == 0)
        return STATUS_OK;
    if (v->fills) {
        size_t capacity = 1;
        TRY(visit_expect(v, name, n * width));
        while (capacity < n)
            capacity *= 2;
        *items = calloc(capacity, width);
        if (*items == NULL)
            return no_memory();
        *count = (int)n;
    }
    return visit_bytes(v, name, *items, n * width);
}

/* Texts end within their arrays, whatever was read. */
static void end_texts(struct curve *c)
{
    for (int i = 0; i < c->attributes; i++) {
        c->attribute[i].key[CURVE_KEY - 1] = '\0';
        c->attribute[i].value[CURVE_VALUE - 1] = '\0';
    }
    for (int i = 0; i < c->segments; i++) {
        for (int k = 0; k < CURVE_ORIGIN_COUNT; k++)
            c->segment[i].origin[k][CURVE_VALUE - 1] = '\0';
    }
}

enum status curve_visit(struct curve *c, struct visitor *v)
{
    enum { ATTRIBUTES, CONFIG, EPISODES, EVALUATIONS, ITERATIONS, SEGMENTS, SIZES };
    int64_t n[SIZES] = {c->attributes, c->config != NULL ? (int64_t)strlen(c->config) + 1 : 0,
                        c->episodes,   c->evaluations,
                        c->iterations, c->segments};
    int config;
    TRY(visit_int64s(v, "sizes", n, SIZES));
    for (int i = 0; i < SIZES; i++) {
        if (n[i] < 0 || n[i] > ROWS_MOST)
            return status_fail(STATUS_FORMAT, "'%ssizes' holds %lld, which cannot be", v->path,
                               (long long)n[i]);
    }
    if (v->fills)
        curve_free(c);
    TRY(visit_list(v, "attributes", (void **)&c->attribute, &c->attributes, (size_t)n[ATTRIBUTES],
                   sizeof *c->attribute));
    TRY(visit_list(v, "config", (void **)&c->config, &config, (size_t)n[CONFIG], 1));
    TRY(visit_list(v, "iterations", (void **)&c->iteration, &c->iterations, (size_t)n[ITERATIONS],
                   sizeof *c->iteration));
    TRY(visit_list(v, "segments", (void **)&c->segment, &c->segments, (size_t)n[SEGMENTS],
                   sizeof *c->segment));
    TRY(visit_evaluations(c, (size_t)n[EVALUATIONS], (size_t)n[EPISODES], v));
    if (v->fills && n[CONFIG] > 0)
        c->config[n[CONFIG] - 1] = '\0';
    if (v->fills)
        end_texts(c);
    return STATUS_OK;
}

/* --- equality ------------------------------------------------------------------------------- */

static bool is_volatile(const char *key)
{
    for (size_t i = 0; i < sizeof volatile_attributes / sizeof *volatile_attributes; i++) {
        if (strcmp(key, volatile_attributes[i]) == 0)
            return true;
    }
    return false;
}

static enum status compare_attributes(const struct curve *a, const struct curve *b, bool prefix)
{
    for (int i = 0; i < a->attributes; i++) {
        const char *key = a->attribute[i].key;
        if (is_volatile(key) || (prefix && strcmp(key, "status") == 0))
            continue;
        if (strcmp(a->attribute[i].value, curve_get(b, key)) != 0)
            return status_fail(STATUS_FORMAT, "attribute '%s' is '%s' and '%s'", key,
                               a->attribute[i].value, curve_get(b, key));
    }
    if (strcmp(a->config != NULL ? a->config : "", b->config != NULL ? b->config : "") != 0)
        return status_fail(STATUS_FORMAT, "the configurations differ");
    return STATUS_OK;
}

/* With `prefix`, b's further segments begin behind a's rows. */
static enum status compare_segments(const struct curve *a, const struct curve *b, bool prefix)
{
    if (a->segments > b->segments || (!prefix && a->segments < b->segments) ||
        (a->segments < b->segments && b->segment[a->segments].iterations < a->iterations))
        return status_fail(STATUS_FORMAT, "they consist of %d and %d segments", a->segments + 1,
                           b->segments + 1);
    for (int i = 0; i < a->segments; i++) {
        const struct curve_segment *x = &a->segment[i], *y = &b->segment[i];
        if (x->evaluations != y->evaluations || x->iterations != y->iterations)
            return status_fail(STATUS_FORMAT, "segment %d begins at iteration row %d and %d", i + 1,
                               x->iterations, y->iterations);
        for (int k = 0; k < CURVE_ORIGIN_COUNT; k++) {
            if (!is_volatile(curve_origin_names[k]) && strcmp(x->origin[k], y->origin[k]) != 0)
                return status_fail(STATUS_FORMAT, "segment %d: '%s' is '%.200s' and '%.200s'",
                                   i + 1, curve_origin_names[k], x->origin[k], y->origin[k]);
        }
    }
    return STATUS_OK;
}

static enum status compare_evaluation(const struct curve *a, const struct curve *b, int i)
{
    const struct curve_evaluation *x = &a->evaluation[i], *y = &b->evaluation[i];
    size_t E = (size_t)a->episodes;
    const char *differs = NULL;
    if (x->iteration != y->iteration || x->transitions != y->transitions ||
        x->gradient_steps != y->gradient_steps)
        differs = "counters";
    else if (memcmp(x->raw_return, y->raw_return, E * sizeof *x->raw_return) != 0)
        differs = "raw_return";
    else if (memcmp(x->score, y->score, E * sizeof *x->score) != 0)
        differs = "score";
    else if (memcmp(x->length, y->length, E * sizeof *x->length) != 0)
        differs = "length";
    else if (memcmp(x->success, y->success, E) != 0)
        differs = "success";
    if (differs != NULL)
        return status_fail(STATUS_FORMAT, "evaluation %d (%lld transitions): '%s' differs", i,
                           (long long)x->transitions, differs);
    return STATUS_OK;
}

/* Equal bits; any NaN equals any NaN. */
static bool same(double x, double y)
{
    uint64_t a, b;
    memcpy(&a, &x, sizeof a);
    memcpy(&b, &y, sizeof b);
    return a == b || (isnan(x) && isnan(y));
}

static enum status compare_bandit(const struct curve *a, const struct curve *b)
{
    struct curve_bandit x = a->bandit, y = b->bandit;
    struct bandit_array p[6], q[6];
    int count = bandit_arrays(&x, p);
    bandit_arrays(&y, q);
    if (x.rollouts != y.rollouts || x.actions != y.actions || x.grid_size != y.grid_size ||
        x.policy_size != y.policy_size)
        return status_fail(STATUS_FORMAT, "the bandit arrays have different shapes");
    if (x.rollouts > 0 && memcmp(x.gradient_steps, y.gradient_steps,
                                 (size_t)x.rollouts * sizeof *x.gradient_steps) != 0)
        return status_fail(STATUS_FORMAT, "bandit/gradient_steps differs");
    for (int i = 0; i < count && x.rollouts > 0; i++) {
        size_t n = p[i].rows * (p[i].cols > 0 ? p[i].cols : 1);
        for (size_t j = 0; j < n; j++) {
            if (!same((*p[i].data)[j], (*q[i].data)[j]))
                return status_fail(STATUS_FORMAT, "bandit/%s differs at %zu", p[i].name, j);
        }
    }
    return STATUS_OK;
}

enum status curve_compare(const struct curve *a, const struct curve *b, bool rows_of_a)
{
    TRY(compare_attributes(a, b, rows_of_a));
    TRY(compare_segments(a, b, rows_of_a));
    bool counts_fit = rows_of_a
                          ? a->evaluations <= b->evaluations && a->iterations <= b->iterations
                          : a->evaluations == b->evaluations && a->iterations == b->iterations;
    if (!counts_fit || (a->evaluations > 0 && a->episodes != b->episodes))
        return status_fail(
            STATUS_FORMAT,
            "%d evaluations of %d episodes and %d iterations against %d of %d and %d",
            a->evaluations, a->episodes, a->iterations, b->evaluations, b->episodes, b->iterations);
    for (int i = 0; i < a->evaluations; i++)
        TRY(compare_evaluation(a, b, i));
    for (int i = 0; i < a->iterations; i++) {
        for (int k = 0; k < CURVE_METRIC_COUNT; k++) {
            if (strncmp(curve_metric_names[k], "seconds", 7) == 0)
                continue;
            if (!same(a->iteration[i].value[k], b->iteration[i].value[k]))
                return status_fail(STATUS_FORMAT, "iteration row %d: '%s' is %.17g and %.17g", i,
                                   curve_metric_names[k], a->iteration[i].value[k],
                                   b->iteration[i].value[k]);
        }
    }
    return compare_bandit(a, b);
}
