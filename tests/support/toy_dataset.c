#include "tests/support/toy_dataset.h"

#include "engine/base/rng.h"

#include <criterion/criterion.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void ok(enum status status)
{
    cr_assert_eq(status, STATUS_OK, "%s", status_sentence());
}

void toy_folder(char out[FILE_PATH])
{
    snprintf(out, FILE_PATH, "/tmp/vitamin-XXXXXX");
    cr_assert_not_null(mkdtemp(out));
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *where)
{
    (void)info;
    (void)type;
    (void)where;
    return remove(path);
}

void toy_remove(const char *folder)
{
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static float *random_floats(struct rng *r, int n)
{
    float *x = malloc((size_t)(n > 0 ? n : 1) * sizeof *x);
    for (int i = 0; i < n; i++)
        x[i] = 2 * rng_uniform(r) - 1;
    return x;
}

struct toy toy_new(int rows, int S, int A)
{
    struct rng r = rng_at(7, RNG_TEST, (uint64_t)rows);
    return (struct toy){.rows = rows,
                        .S = S,
                        .A = A,
                        .state = random_floats(&r, (rows + 1) * S),
                        .next_state = random_floats(&r, rows * S),
                        .action = random_floats(&r, rows * A),
                        .reward = random_floats(&r, rows),
                        .terminal = calloc((size_t)rows + 1, 1),
                        .timeout = calloc((size_t)rows + 1, 1)};
}

void toy_free(struct toy *t)
{
    free(t->state);
    free(t->next_state);
    free(t->action);
    free(t->reward);
    free(t->terminal);
    free(t->timeout);
    *t = (struct toy){0};
}

void toy_flags(struct toy *t, const char *text)
{
    cr_assert_eq(strlen(text), (size_t)t->rows, "'%s' has not %d letters", text, t->rows);
    for (int i = 0; i < t->rows; i++) {
        t->terminal[i] = text[i] == 'T' || text[i] == 'B';
        if (t->timeout != NULL)
            t->timeout[i] = text[i] == 'O' || text[i] == 'B';
    }
}

void toy_write_numbers(const struct h5 *f, const char *name, int rows, int cols, const float *x,
                       const struct toy_style *style)
{
    size_t dims[2] = {(size_t)rows, (size_t)cols};
    int rank = cols == 1 && !style->columns ? 1 : 2;
    ok(h5_write(f, name, style->number > 0 ? style->number : H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, rank,
                dims, style->gzip, x));
}

void toy_write_flags(const struct h5 *f, const char *name, int rows, const int8_t *x,
                     const struct toy_style *style)
{
    size_t dims[2] = {(size_t)rows, 1};
    hid_t flag = h5_bool_type();
    hid_t stored = style->flag > 0 ? style->flag : flag;
    ok(h5_write(f, name, stored, style->flag > 0 ? H5T_NATIVE_INT8 : flag, style->columns ? 2 : 1,
                dims, style->gzip, x));
    H5Tclose(flag);
}

static void write_extras(const struct h5 *f, const struct toy *t)
{
    static const int iteration = 5;
    static const char algorithm[] = "SAC";
    size_t one = 1;
    const struct toy_style plain = {0};
    toy_write_numbers(f, "infos/qpos", t->rows, t->S, t->state, &plain);
    toy_write_numbers(f, "metadata/policy/fc0/weight", t->S, 2, t->state, &plain);
    ok(h5_write(f, "metadata/iteration", H5T_STD_I32LE, H5T_NATIVE_INT, 0, &one, 0, &iteration));
    hid_t text = H5Tcopy(H5T_C_S1);
    H5Tset_size(text, sizeof algorithm - 1);
    ok(h5_write(f, "metadata/algorithm", text, text, 0, &one, 0, algorithm));
    H5Tclose(text);
}

void toy_write(const struct toy *t, const char *path, const struct toy_style *style)
{
    struct h5 f;
    ok(h5_create(&f, path));
    toy_write_numbers(&f, "observations", t->rows, t->S, t->state, style);
    toy_write_numbers(&f, "actions", t->rows, t->A, t->action, style);
    toy_write_numbers(&f, "rewards", t->rows, 1, t->reward, style);
    toy_write_flags(&f, "terminals", t->rows, t->terminal, style);
    if (t->timeout != NULL)
        toy_write_flags(&f, "timeouts", t->rows, t->timeout, style);
    if (t->next_state != NULL)
        toy_write_numbers(&f, "next_observations", t->rows, t->S, t->next_state, style);
    if (style->extras)
        write_extras(&f, t);
    ok(h5_close(&f));
}

void toy_write_episode(const struct h5 *f, int number, const struct toy *t, int first, int end)
{
    char name[64];
    const struct toy_style real = {.number = H5T_IEEE_F64LE};
    const struct toy_style flat = {0};
    snprintf(name, sizeof name, "episode_%d/observations", number);
    toy_write_numbers(f, name, end - first + 1, t->S, t->state + first * t->S, &real);
    snprintf(name, sizeof name, "episode_%d/actions", number);
    toy_write_numbers(f, name, end - first, t->A, t->action + first * t->A, &flat);
    snprintf(name, sizeof name, "episode_%d/rewards", number);
    toy_write_numbers(f, name, end - first, 1, t->reward + first, &real);
    snprintf(name, sizeof name, "episode_%d/terminations", number);
    toy_write_flags(f, name, end - first, t->terminal + first, &flat);
    snprintf(name, sizeof name, "episode_%d/truncations", number);
    toy_write_flags(f, name, end - first, t->timeout + first, &flat);
}
