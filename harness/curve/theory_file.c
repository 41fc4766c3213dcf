#include "harness/curve/theory_file.h"

#include "engine/base/file.h"
#include "engine/base/h5.h"
#include "engine/base/seal.h"
#include "engine/base/version.h"

#include <float.h>
#include <math.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#define FORMAT "vitamin theory 1"

/* --- what lies where ---------------------------------------------------------------------------
 */

/* One field of one item: structs of `stride` bytes fill `all` bytes from `offset` in struct theory
 * on; the field has `bytes` of doubles in each. */
struct theory_field {
    const char *name; /* "growth/slope" */
    size_t offset, stride, all, bytes;
    double least, most; /* of every number that is read */
    bool lacking;       /* NaN where a law has no such number, or behind the last point */
};

#define FIELD(item, type, field, ...)                                                              \
    {                                                                                              \
#item "/" #field, offsetof(struct theory, item) + offsetof(struct type, field),            \
            sizeof(struct type), sizeof((struct theory *)0)->item,                                 \
            sizeof((struct type *)0)->field, __VA_ARGS__                                           \
    }
#define GROWTH(field, ...)   FIELD(growth, theory_growth, field, __VA_ARGS__)
#define COVERAGE(field, ...) FIELD(coverage, theory_coverage, field, __VA_ARGS__)
#define REGRET(field, ...)   FIELD(regret, theory_regret, field, __VA_ARGS__)
#define RATIO(field, ...)    FIELD(ratio, theory_ratio, field, __VA_ARGS__)
#define REMARK(field, ...)   FIELD(remark, theory_remark, field, __VA_ARGS__)
#define CONTEXT(field, ...)  FIELD(context, theory_context, field, __VA_ARGS__)

/* The ranges; a share may lie beside 0 or 1 by rounding. */
#define ANY          -DBL_MAX, DBL_MAX, false
#define NOT_NEGATIVE 0, DBL_MAX, false
#define COUNT        1, 1e15, false
#define SHARE        -1e-9, 1 + 1e-9, false
#define PERHAPS      -DBL_MAX, DBL_MAX, true
#define POINTS       0, DBL_MAX, true

/* clang-format off */
static const struct theory_field fields[] = {
    GROWTH(trajectories, COUNT), GROWTH(epsilon, SHARE), GROWTH(delta, SHARE),
    GROWTH(best, NOT_NEGATIVE), GROWTH(beyond, SHARE), GROWTH(mean, NOT_NEGATIVE),
    GROWTH(largest, NOT_NEGATIVE), GROWTH(moment, NOT_NEGATIVE), GROWTH(lipschitz, PERHAPS),
    GROWTH(slope, ANY), GROWTH(least_slope, ANY), GROWTH(tightest, NOT_NEGATIVE),
    GROWTH(printed, PERHAPS), GROWTH(corrected, PERHAPS), GROWTH(g, POINTS), GROWTH(alpha, POINTS),
    GROWTH(bound, POINTS),
    COVERAGE(trajectories, COUNT), COVERAGE(epsilon, SHARE), COVERAGE(kept, COUNT),
    COVERAGE(frequency, SHARE), COVERAGE(exact, SHARE), COVERAGE(z, ANY),
    REGRET(epsilon, SHARE), REGRET(horizon, NOT_NEGATIVE), REGRET(alpha, NOT_NEGATIVE),
    REGRET(bound, NOT_NEGATIVE),
    RATIO(q, ANY), RATIO(v, ANY), RATIO(scale, NOT_NEGATIVE), RATIO(state_scale, NOT_NEGATIVE),
    RATIO(claimed, ANY), RATIO(least, ANY), RATIO(most, ANY), RATIO(rtg, ANY),
    RATIO(log_ratio, ANY),
    REMARK(draws, COUNT), REMARK(chi_square, NOT_NEGATIVE), REMARK(degrees, COUNT),
    REMARK(p, SHARE), REMARK(lipschitz, NOT_NEGATIVE),
    CONTEXT(length, COUNT), CONTEXT(segment, 1, CONTEXT_MOST, false), CONTEXT(segments, COUNT),
    CONTEXT(chi_square, NOT_NEGATIVE), CONTEXT(degrees, COUNT), CONTEXT(p, SHARE),
    CONTEXT(distance, SHARE), CONTEXT(expected_distance, SHARE), CONTEXT(share, POINTS),
    CONTEXT(expected, POINTS),
};
/* clang-format on */

enum { FIELDS = sizeof fields / sizeof *fields };
enum { NUMBERS_MOST = 1024 }; /* of one field */

_Static_assert((int)LAW_COUNT *(int)GROWTH_POINTS <= (int)NUMBERS_MOST, "the widest field");
/* No number is forgotten: a struct has as many doubles as its fields are wide. */
_Static_assert(sizeof(struct theory_growth) == (14 + 3 * GROWTH_POINTS) * sizeof(double) &&
                   sizeof(struct theory_coverage) == 6 * sizeof(double) &&
                   sizeof(struct theory_regret) == 4 * sizeof(double) &&
                   sizeof(struct theory_ratio) == (7 + 2 * RATIO_POINTS) * sizeof(double) &&
                   sizeof(struct theory_remark) == 5 * sizeof(double) &&
                   sizeof(struct theory_context) == (8 + 2 * CONTEXT_MOST) * sizeof(double),
               "every member of theory.h's structs is a field here");

static size_t rows_of(const struct theory_field *f)
{
    return f->all / f->stride;
}

static size_t width_of(const struct theory_field *f)
{
    return f->bytes / sizeof(double);
}

/* Between the structs and one array in row order. */
static void gather(const struct theory *t, const struct theory_field *f, double *out)
{
    for (size_t i = 0; i < rows_of(f); i++)
        memcpy(out + i * width_of(f), (const char *)t + f->offset + i * f->stride, f->bytes);
}

static void scatter(const double *in, const struct theory_field *f, struct theory *t)
{
    for (size_t i = 0; i < rows_of(f); i++)
        memcpy((char *)t + f->offset + i * f->stride, in + i * width_of(f), f->bytes);
}

/* --- writing -----------------------------------------------------------------------------------
 */

#define THEORY_NAME(id, name, ...) " " name
static const char laws[] = THEORY_LAWS(THEORY_NAME), pairs[] = THEORY_PAIRS(THEORY_NAME);

static enum status write_all(const struct theory *t, const struct h5 *f)
{
    double numbers[NUMBERS_MOST];
    TRY(h5_set_text(f, ".", "format", FORMAT));
    TRY(h5_set_text(f, ".", "revision", version_revision()));
    TRY(h5_set_text(f, ".", "dirty", version_dirty() ? "1" : "0"));
    TRY(h5_set_text(f, ".", "laws", laws + 1));
    TRY(h5_set_text(f, ".", "pairs", pairs + 1));
    for (int i = 0; i < FIELDS; i++) {
        const struct theory_field *field = &fields[i];
        gather(t, field, numbers);
        TRY(h5_write_double(f, field->name, width_of(field) > 1 ? 2 : 1,
                            (const size_t[]){rows_of(field), width_of(field)}, numbers));
    }
    return STATUS_OK;
}

enum status theory_file_write(const struct theory *t, const char *path)
{
    char temporary[FILE_PATH];
    struct h5 f;
    TRY(file_temporary(path, temporary));
    TRY(h5_create(&f, temporary));
    TRY(seal_close(&f, write_all(t, &f)));
    return file_commit(temporary, path);
}

/* --- reading -----------------------------------------------------------------------------------
 */

#define AGAIN "; write it again with `vitamin theory`"

/* The rows are this program's laws and pairs, in its order. */
static enum status check_rows(const struct h5 *f, const char *attribute, const char *expected)
{
    char found[256];
    TRY(h5_get_text(f, ".", attribute, found, sizeof found));
    if (strcmp(found, expected) != 0)
        return status_fail(STATUS_FORMAT, "%s: the %s are '%s', not '%s'" AGAIN, f->path, attribute,
                           found, expected);
    return STATUS_OK;
}

static enum status check_shape(const struct h5 *f, const struct theory_field *field)
{
    size_t dims[H5_MAX_RANK], rows = rows_of(field), width = width_of(field);
    int rank;
    TRY(h5_shape(f, field->name, &rank, dims));
    if (rank != (width > 1 ? 2 : 1) || dims[0] != rows || (width > 1 && dims[1] != width))
        return status_fail(STATUS_FORMAT, "%s: '%s' is not an array of %zu by %zu" AGAIN, f->path,
                           field->name, rows, width);
    return STATUS_OK;
}

static enum status read_field(const struct h5 *f, const struct theory_field *field,
                              struct theory *out)
{
    double x[NUMBERS_MOST];
    size_t count = rows_of(field) * width_of(field);
    TRY(check_shape(f, field));
    TRY(h5_read_double(f, field->name, count, x));
    for (size_t i = 0; i < count; i++) {
        bool sound = isnan(x[i]) ? field->lacking : x[i] >= field->least && x[i] <= field->most;
        if (!sound)
            return status_fail(STATUS_FORMAT, "%s: '%s' is %g in row %zu, which it cannot be" AGAIN,
                               f->path, field->name, x[i], i / width_of(field));
    }
    scatter(x, field, out);
    return STATUS_OK;
}

/* Numbers as far as there are points, NaN behind them. */
static bool ends_at(const double x[], int most, int points)
{
    bool so = points > 0;
    for (int i = 0; i < most; i++)
        so = so && isnan(x[i]) == (i >= points);
    return so;
}

static bool growth_is_sound(const struct theory_growth *g)
{
    int points = 0;
    while (points < GROWTH_POINTS && !isnan(g->g[points]))
        points++;
    bool rises = true;
    for (int i = 1; i < points; i++)
        rises = rises && g->g[i] > g->g[i - 1];
    return rises && ends_at(g->g, GROWTH_POINTS, points) &&
           ends_at(g->alpha, GROWTH_POINTS, points) && ends_at(g->bound, GROWTH_POINTS, points);
}

static bool context_is_sound(const struct theory_context *c)
{
    int points = (int)fmin(c->length, c->segment);
    return c->length == floor(c->length) && c->segment == floor(c->segment) &&
           ends_at(c->share, CONTEXT_MOST, points) && ends_at(c->expected, CONTEXT_MOST, points);
}

/* Fields that decide about one another. */
static enum status check_items(const struct theory *t, const char *path)
{
    const char *wrong = NULL;
    for (int i = 0; i < LAW_COUNT; i++)
        wrong = growth_is_sound(&t->growth[i]) ? wrong : "growth/g, alpha, bound";
    for (int i = 0; i < PAIR_COUNT; i++)
        wrong = t->ratio[i].least <= t->ratio[i].most ? wrong : "ratio/least, most";
    for (int i = 0; i < CONTEXT_ROWS; i++)
        wrong = context_is_sound(&t->context[i]) ? wrong
                                                 : "context/length, segment, share, expected";
    if (wrong != NULL)
        return status_fail(STATUS_FORMAT, "%s: '%s' do not fit together" AGAIN, path, wrong);
    return STATUS_OK;
}

/* Of whatever version. */
static bool is_theory(const char *format)
{
    return strncmp(format, "vitamin theory ", strlen("vitamin theory ")) == 0;
}

static enum status check_format(const struct h5 *f, bool sealed)
{
    char format[64];
    if (h5_get_text(f, ".", "format", format, sizeof format) != STATUS_OK)
        *format = '\0';
    if (is_theory(format) && strcmp(format, FORMAT) != 0)
        return status_fail(STATUS_FORMAT,
                           "%s: is a '%s' file, which this program does not know; a newer one "
                           "wrote it",
                           f->path, format);
    if (strcmp(format, FORMAT) != 0)
        return status_fail(STATUS_FORMAT, "%s: is not a '" FORMAT "' file" AGAIN, f->path);
    if (!sealed)
        return status_fail(STATUS_DAMAGED,
                           "%s: was damaged after it was written (the seal at its end is "
                           "lacking)" AGAIN,
                           f->path);
    return STATUS_OK;
}

static enum status read_all(const struct h5 *f, bool sealed, struct theory *out)
{
    TRY(check_format(f, sealed));
    TRY(check_rows(f, "laws", laws + 1));
    TRY(check_rows(f, "pairs", pairs + 1));
    for (int i = 0; i < FIELDS; i++)
        TRY(read_field(f, &fields[i], out));
    return check_items(out, f->path);
}

enum status theory_file_read(const char *path, struct theory *out)
{
    struct h5 f;
    bool sealed;
    *out = (struct theory){0};
    TRY(seal_check(path, &sealed));
    TRY(h5_open(&f, path));
    struct status_note note;
    status_save(&note, read_all(&f, sealed, out));
    (void)h5_close(&f);
    if (note.code != STATUS_OK)
        *out = (struct theory){0};
    return note.code == STATUS_OK ? STATUS_OK : status_restore(&note);
}

bool theory_file_is(const char *path)
{
    struct h5 f;
    char format[64] = "";
    if (h5_open_root(&f, path) != STATUS_OK)
        return false;
    (void)h5_get_text(&f, ".", "format", format, sizeof format);
    (void)h5_close(&f);
    return is_theory(format);
}
