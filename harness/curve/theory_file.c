#include "harness/curve/theory_file.h"

#include "engine/base/file.h"
#include "engine/base/h5.h"
#include "engine/base/seal.h"
#include "engine/base/version.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
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
};

#define FIELD(item, type, field)                                                                   \
    {                                                                                              \
#item "/" #field, offsetof(struct theory, item) + offsetof(struct type, field),            \
            sizeof(struct type), sizeof((struct theory *)0)->item, sizeof((struct type *)0)->field \
    }
#define GROWTH(field)   FIELD(growth, theory_growth, field)
#define COVERAGE(field) FIELD(coverage, theory_coverage, field)
#define REGRET(field)   FIELD(regret, theory_regret, field)
#define RATIO(field)    FIELD(ratio, theory_ratio, field)
#define REMARK(field)   FIELD(remark, theory_remark, field)
#define CONTEXT(field)  FIELD(context, theory_context, field)

/* clang-format off */
static const struct theory_field fields[] = {
    GROWTH(trajectories), GROWTH(epsilon), GROWTH(delta), GROWTH(best), GROWTH(beyond),
    GROWTH(mean), GROWTH(largest), GROWTH(moment), GROWTH(lipschitz), GROWTH(slope),
    GROWTH(least_slope), GROWTH(tightest), GROWTH(printed), GROWTH(corrected),
    GROWTH(g), GROWTH(alpha), GROWTH(bound),
    COVERAGE(trajectories), COVERAGE(epsilon), COVERAGE(kept), COVERAGE(frequency),
    COVERAGE(exact), COVERAGE(z),
    REGRET(epsilon), REGRET(horizon), REGRET(alpha), REGRET(bound),
    RATIO(q), RATIO(v), RATIO(scale), RATIO(state_scale), RATIO(claimed), RATIO(least),
    RATIO(most), RATIO(rtg), RATIO(log_ratio),
    REMARK(draws), REMARK(chi_square), REMARK(degrees), REMARK(p), REMARK(lipschitz),
    CONTEXT(length), CONTEXT(segment), CONTEXT(segments), CONTEXT(chi_square), CONTEXT(degrees),
    CONTEXT(p), CONTEXT(distance), CONTEXT(expected_distance), CONTEXT(share), CONTEXT(expected),
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
    struct status_note note;
    status_save(&note, write_all(t, &f));
    enum status closed = h5_close(&f);
    if (note.code == STATUS_OK)
        status_save(&note, closed == STATUS_OK ? seal_add(temporary) : closed);
    if (note.code == STATUS_OK)
        return file_commit(temporary, path);
    unlink(temporary);
    return status_restore(&note);
}

/* --- reading -----------------------------------------------------------------------------------
 */

/* Of whatever version. */
static bool is_theory(const char *format)
{
    return strncmp(format, "vitamin theory ", strlen("vitamin theory ")) == 0;
}

static enum status read_all(const struct h5 *f, bool sealed, struct theory *out)
{
    double numbers[NUMBERS_MOST];
    char format[64];
    if (h5_get_text(f, ".", "format", format, sizeof format) != STATUS_OK)
        *format = '\0';
    if (is_theory(format) && strcmp(format, FORMAT) != 0)
        return status_fail(STATUS_FORMAT,
                           "%s: is a '%s' file, which this program does not know; a newer one "
                           "wrote it",
                           f->path, format);
    if (strcmp(format, FORMAT) != 0)
        return status_fail(STATUS_FORMAT,
                           "%s: is not a '" FORMAT "' file; write it again with `vitamin theory`",
                           f->path);
    if (!sealed)
        return status_fail(STATUS_DAMAGED,
                           "%s: was damaged after it was written (the seal at its end is lacking); "
                           "write it again with `vitamin theory`",
                           f->path);
    for (int i = 0; i < FIELDS; i++) {
        TRY(h5_read_double(f, fields[i].name, rows_of(&fields[i]) * width_of(&fields[i]), numbers));
        scatter(numbers, &fields[i], out);
    }
    return STATUS_OK;
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
    return status_restore(&note);
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
