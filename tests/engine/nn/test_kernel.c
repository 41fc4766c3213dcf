/* The product kernels: every path against plain loops, bit for bit, on shapes that fit no tile,
 * with numbers of all kinds; accuracy against sums in double; cuts that must not change a bit. */
#include "engine/nn/kernel.h"
#include "tests/support/gradcheck.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <float.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct {
    const char *what;
    int rows, cols, inner;
} shapes[] = {
    {"one number", 1, 1, 1},
    {"one row", 1, 64, 2},
    {"one column", 7, 1, 33},
    {"a tile", 6, 64, 16},
    {"odd", 13, 67, 37},
    {"rows behind tiles", 11, 48, 8},
    {"two strips", 101, 16, 5},
    {"two blocks of columns", 3, 521, 9},
    {"cut inside", 5, 19, 259},
    {"cut inside twice", 4, 8, 1031},
    {"empty sums", 3, 5, 0},
    {"all edges", 99, 515, 517},
    {"two blocks on AMX", 3, 521, 1031},
    {"two strips on AMX", 201, 16, 1025},
};
enum { SHAPES = sizeof shapes / sizeof shapes[0] };
static int rows_of_table[SHAPES] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13};

/* Of these only some forms are tried. */
static bool large(int row)
{
    return (double)shapes[row].rows * shapes[row].cols * shapes[row].inner > 1e6;
}

/* --- the plain sum --------------------------------------------------------------------------- */

static uint32_t bits_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static float float_of(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static float widened(float x)
{
    return float_of((uint32_t)kernel_bf16(x) << 16);
}

/* Element (i,j) of the product, from `start`, for numbers far from the denormal ones. */
static float plain_sum(const struct kernel_product *p, int i, int j, float start)
{
    const float *a = p->a + (size_t)i * p->a_row, *b = p->b + (size_t)j * p->b_col;
    float sum = start;
    if (p->type == KERNEL_F32) {
        for (size_t k = 0; k < (size_t)p->inner; k++)
            sum = fmaf(a[k * p->a_inner], b[k * p->b_inner], sum);
        return sum;
    }
    for (size_t k = 0; k < (size_t)p->inner && p->type == KERNEL_BF16_AMX; k += KERNEL_GROUP) {
        float chain[2] = {0, 0};
        for (size_t l = k; l < k + KERNEL_GROUP; l++) {
            bool there = l < (size_t)p->inner;
            chain[l % 2] = fmaf(there ? widened(a[l * p->a_inner]) : 0.0f,
                                there ? widened(b[l * p->b_inner]) : 0.0f, chain[l % 2]);
        }
        sum += chain[0] + chain[1];
    }
    if (p->type == KERNEL_BF16_AMX)
        return sum;
    for (size_t k = 0; k < (size_t)p->inner; k += 2) {
        bool pair = k + 1 < (size_t)p->inner;
        sum = fmaf(pair ? widened(a[(k + 1) * p->a_inner]) : 0.0f,
                   pair ? widened(b[(k + 1) * p->b_inner]) : 0.0f, sum);
        sum = fmaf(widened(a[k * p->a_inner]), widened(b[k * p->b_inner]), sum);
    }
    return sum;
}

/* --- a product in one of its forms ----------------------------------------------------------- */

enum { LEFT_TURNED = 1, RIGHT_TURNED = 2, PACKED = 4, KEEP = 8 };
enum { BF16 = 16, BF16_AMX = 32, FORMS = 48 }; /* one of the two, or neither */

enum { SPARE = 3 }; /* columns that do not belong to c */

struct product_case {
    struct kernel_product p;
    float *a, *b, *start, *c;
    uint32_t *packed;
};

static void set_forms(struct product_case *c, int form)
{
    struct kernel_product *p = &c->p;
    bool left = (form & LEFT_TURNED) != 0, right = (form & RIGHT_TURNED) != 0;
    p->type = (form & BF16_AMX) != 0 ? KERNEL_BF16_AMX
              : (form & BF16) != 0   ? KERNEL_BF16
                                     : KERNEL_F32;
    p->start = (form & KEEP) != 0 ? p->c : NULL;
    p->start_row = p->c_row;
    p->a_row = left ? 1 : (size_t)p->inner;
    p->a_inner = left ? (size_t)p->rows : 1;
    p->b_col = right ? (size_t)p->inner : 1;
    p->b_inner = right ? 1 : (size_t)p->cols;
    free(c->packed);
    c->packed = malloc((kernel_packed(p->type, p->inner, p->cols) + 1) * sizeof *c->packed);
    kernel_pack(p->type, p->inner, p->cols, p->b, p->b_inner, p->b_col, c->packed);
    p->packed = (form & PACKED) != 0 ? c->packed : NULL;
    p->packed_inner = p->inner;
}

static struct product_case case_new(int row)
{
    struct product_case c = {
        .p = {.rows = shapes[row].rows, .cols = shapes[row].cols, .inner = shapes[row].inner}};
    struct kernel_product *p = &c.p;
    p->c_row = (size_t)p->cols + SPARE;
    size_t size = (size_t)p->rows * p->c_row;
    p->a = c.a = gradcheck_normals((size_t)p->rows * (size_t)p->inner + 1, 1);
    p->b = c.b = gradcheck_normals((size_t)p->inner * (size_t)p->cols + 1, 2);
    c.start = gradcheck_normals(size, 3);
    p->c = c.c = malloc(size * sizeof *c.c);
    return c;
}

static void case_free(struct product_case *c)
{
    free(c->a);
    free(c->b);
    free(c->start);
    free(c->c);
    free(c->packed);
}

static void run(struct product_case *c)
{
    memcpy(c->c, c->start, (size_t)c->p.rows * c->p.c_row * sizeof *c->c);
    kernel_multiply(&c->p);
}

static bool same(float a, float b)
{
    return bits_of(a) == bits_of(b) || (isnan(a) && isnan(b));
}

static void every_path_gives(struct product_case *c, const float *want, const char *what, int form)
{
    for (int path = 0; path < KERNEL_PATHS; path++) {
        if (!kernel_has((enum kernel_path)path))
            continue;
        kernel_force((enum kernel_path)path);
        run(c);
        for (size_t i = 0; i < (size_t)c->p.rows * c->p.c_row; i++)
            cr_assert(same(c->c[i], want[i]), "%s, %s, form %d: element %zu is %a, not %a",
                      kernel_path_name((enum kernel_path)path), what, form, i, (double)c->c[i],
                      (double)want[i]);
    }
}

ParameterizedTestParameters(kernel, every_path_is_the_plain_sum)
{
    return cr_make_param_array(int, rows_of_table, SHAPES);
}

ParameterizedTest(int *row, kernel, every_path_is_the_plain_sum)
{
    struct product_case c = case_new(*row);
    float *want = malloc((size_t)c.p.rows * c.p.c_row * sizeof *want);
    for (int form = 0; form < FORMS; form += large(*row) ? 5 : 1) {
        set_forms(&c, form);
        for (size_t i = 0; i < (size_t)c.p.rows; i++) {
            for (size_t j = 0; j < c.p.c_row; j++) {
                float start = c.start[i * c.p.c_row + j];
                want[i * c.p.c_row + j] = j < (size_t)c.p.cols
                                              ? plain_sum(&c.p, (int)i, (int)j,
                                                          c.p.start != NULL ? start : 0.0f)
                                              : start;
            }
        }
        every_path_gives(&c, want, shapes[*row].what, form);
    }
    free(want);
    case_free(&c);
}

/* The values that a sum starts with, or that are added to it in the end, and what becomes of it. */
ParameterizedTestParameters(kernel, starts_and_ends_as_told)
{
    return cr_make_param_array(int, rows_of_table, SHAPES);
}

ParameterizedTest(int *row, kernel, starts_and_ends_as_told)
{
    struct product_case c = case_new(*row);
    size_t c_row = c.p.c_row;
    float *want = malloc((size_t)c.p.rows * c_row * sizeof *want);
    c.b[0] = c.p.inner > 0 ? NAN : 0; /* one column of NaN */
    for (int form = 0; form < FORMS; form += large(*row) ? 7 : 1) {
        for (int more = 0; more < 8; more++) {
            bool bias = (more & 1) != 0, behind = (more & 2) != 0;
            set_forms(&c, form);
            if (behind && (c.p.type != KERNEL_F32 || c.p.inner > KERNEL_ONCE))
                continue;
            if (bias)
                c.p.start = c.start, c.p.start_row = 0;
            c.p.behind = behind;
            c.p.relu = (more & 4) != 0;
            memcpy(want, c.start, (size_t)c.p.rows * c_row * sizeof *want);
            for (size_t at = 0; at < (size_t)c.p.rows * c_row; at++) {
                size_t i = at / c_row, j = at % c_row;
                if (j >= (size_t)c.p.cols)
                    continue;
                float start = c.p.start != NULL ? c.start[i * c.p.start_row + j] : 0.0f;
                float sum = plain_sum(&c.p, (int)i, (int)j, behind ? 0.0f : start);
                sum = behind && c.p.start != NULL ? sum + start : sum;
                want[at] = c.p.relu && sum < 0.0f ? 0.0f : sum;
            }
            every_path_gives(&c, want, shapes[*row].what, 8 * form + more);
        }
    }
    free(want);
    case_free(&c);
}

/* --- numbers of all kinds -------------------------------------------------------------------- */

static uint32_t random_word(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (uint32_t)(*state >> 16);
}

/* Any bits at all; or products, and start values, next to the smallest normal number. */
static float strange(bool tiny, bool start, uint64_t *state)
{
    uint32_t word = random_word(state);
    if (!tiny)
        return float_of(word);
    uint32_t exponent = start ? (word >> 8) % 3 : 62 + (word >> 8) % 4;
    return float_of((word & 0x807fffffu) | exponent << 23);
}

Test(kernel, paths_agree_on_infinities_nan_and_denormal_numbers)
{
    struct product_case c = case_new(4);
    uint64_t state = 88172645463325252u;
    size_t size = (size_t)c.p.rows * c.p.c_row;
    float *plain = malloc(size * sizeof *plain);
    int zeros = 0, denormal = 0;
    for (int round = 0; round < 400; round++) {
        bool tiny = round % 2 == 0;
        c.p.inner = round % 3 == 0 ? 2 : round % 3 == 1 ? 5 : shapes[4].inner;
        for (size_t i = 0; i < (size_t)c.p.rows * (size_t)c.p.inner; i++)
            c.a[i] = strange(tiny, false, &state);
        for (size_t i = 0; i < (size_t)c.p.inner * (size_t)c.p.cols; i++)
            c.b[i] = strange(tiny, false, &state);
        for (size_t i = 0; i < size; i++)
            c.start[i] = strange(tiny, true, &state);
        for (int type = 0; type < KERNEL_TYPES; type++) {
            set_forms(&c, KEEP | 16 * type);
            kernel_force(KERNEL_PLAIN);
            run(&c);
            memcpy(plain, c.c, size * sizeof *plain);
            for (size_t i = 0; i < size && i % c.p.c_row < (size_t)c.p.cols; i++) {
                zeros += type != KERNEL_F32 && plain[i] == 0.0f;
                denormal += type == KERNEL_F32 && fpclassify(plain[i]) == FP_SUBNORMAL;
                cr_assert(type == KERNEL_F32 || fpclassify(plain[i]) != FP_SUBNORMAL);
            }
            for (int path = 1; path < KERNEL_PATHS; path++) {
                if (!kernel_has((enum kernel_path)path))
                    continue;
                kernel_force((enum kernel_path)path);
                run(&c);
                for (size_t i = 0; i < size; i++)
                    cr_assert(same(c.c[i], plain[i]), "%s, round %d: element %zu is %a, not %a",
                              kernel_path_name((enum kernel_path)path), round, i, (double)c.c[i],
                              (double)plain[i]);
            }
        }
    }
    cr_assert(zeros > 0 && denormal > 0, "the numbers were not tiny enough to test anything");
    free(plain);
    case_free(&c);
}

Test(kernel, the_callers_denormal_numbers_stay)
{
    struct product_case c = case_new(3);
    for (int path = 0; path < 2 * KERNEL_PATHS; path++) {
        set_forms(&c, path % 2 == 0 ? BF16 : BF16_AMX);
        kernel_force((enum kernel_path)(path / 2));
        run(&c);
        volatile float small = FLT_MIN;
        cr_assert_neq(small / 2, 0.0f, "%s leaves denormal numbers flushed",
                      kernel_path_name(kernel_path()));
    }
    case_free(&c);
}

/* --- bf16 ------------------------------------------------------------------------------------ */

/* Neighbours of every bf16: halves go to the even one, what is beyond to the nearer. */
Test(kernel, bf16_is_the_nearest)
{
    for (uint32_t upper = 0x0080; upper < 0x7f7f; upper++) {
        for (uint32_t sign = 0; sign <= 0x8000; sign += 0x8000) {
            uint32_t here = upper | sign, above = here + 1, even = here + (here & 1);
            cr_assert_eq(kernel_bf16(float_of(here << 16)), here);
            cr_assert_eq(kernel_bf16(float_of(here << 16 | 0x7fff)), here);
            cr_assert_eq(kernel_bf16(float_of(here << 16 | 0x8000)), even);
            cr_assert_eq(kernel_bf16(float_of(here << 16 | 0x8001)), above);
        }
    }
    cr_assert_eq(kernel_bf16(FLT_MAX), 0x7f80, "what is above the largest becomes infinite");
    cr_assert_eq(kernel_bf16(-INFINITY), 0xff80);
    cr_assert_eq(kernel_bf16(FLT_MIN / 2), 0);
    cr_assert_eq(kernel_bf16(-FLT_MIN / 2), 0x8000);
    cr_assert(isnan(float_of((uint32_t)kernel_bf16(NAN) << 16)));
    cr_assert(isnan(float_of((uint32_t)kernel_bf16(float_of(0x7f800001)) << 16)));
}

/* --- accuracy -------------------------------------------------------------------------------- */

/* An f32 chain of n steps errs by at most n units of 2^-24 of the sum of magnitudes; rounding the
 * operands to 8 bits by 2 * 2^-8 (and their product) more. */
ParameterizedTestParameters(kernel, errs_no_more_than_its_rounding)
{
    return cr_make_param_array(int, rows_of_table, SHAPES);
}

ParameterizedTest(int *row, kernel, errs_no_more_than_its_rounding)
{
    struct product_case c = case_new(*row);
    for (int form = 0; form <= BF16_AMX; form += BF16) {
        set_forms(&c, form);
        kernel_force(kernel_best());
        run(&c);
        double unit = c.p.inner * 0x1p-24 + (form != 0 ? 2 * 0x1p-8 + 0x1p-16 : 0);
        for (int i = 0; i < c.p.rows; i++) {
            for (int j = 0; j < c.p.cols; j++) {
                double sum = 0, size = 0;
                for (int k = 0; k < c.p.inner; k++) {
                    double term = (double)c.a[i * c.p.inner + k] * (double)c.b[k * c.p.cols + j];
                    sum += term;
                    size += fabs(term);
                }
                double got = (double)c.c[(size_t)i * c.p.c_row + (size_t)j];
                cr_assert(fabs(got - sum) <= unit * size, "%s (%d,%d): %g, in double %g",
                          shapes[*row].what, i, j, got, sum);
            }
        }
    }
    case_free(&c);
}

/* --- cuts ------------------------------------------------------------------------------------ */

/* Rows and columns in parts of any size, the columns also out of a packed factor. */
static void run_in_parts(const struct product_case *c, int rows, int cols)
{
    for (int i = 0; i < c->p.rows; i += rows) {
        for (int j = 0; j < c->p.cols; j += cols) {
            struct kernel_product part = c->p;
            part.rows = c->p.rows - i < rows ? c->p.rows - i : rows;
            part.cols = c->p.cols - j < cols ? c->p.cols - j : cols;
            part.a += (size_t)i * part.a_row;
            part.b += (size_t)j * part.b_col;
            part.first = j;
            part.c += (size_t)i * part.c_row + (size_t)j;
            part.start = part.start != NULL ? part.c : NULL;
            kernel_multiply(&part);
        }
    }
}

Test(kernel, cuts_do_not_change_a_bit)
{
    static const int sizes[][2] = {{1, 64}, {6, 1}, {5, 37}, {96, 100}, {50, 512}};
    struct product_case c = case_new(11);
    size_t size = (size_t)c.p.rows * c.p.c_row;
    float *whole = malloc(size * sizeof *whole);
    for (int form = 0; form < FORMS; form++) {
        set_forms(&c, form);
        kernel_force(kernel_best());
        run(&c);
        memcpy(whole, c.c, size * sizeof *whole);
        for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
            memcpy(c.c, c.start, size * sizeof *c.c);
            run_in_parts(&c, sizes[s][0], sizes[s][1]);
            cr_assert_eq(memcmp(whole, c.c, size * sizeof *whole), 0,
                         "form %d in parts of %d by %d", form, sizes[s][0], sizes[s][1]);
        }
    }
    free(whole);
    case_free(&c);
}

/* Parts of a packed factor's inner index, as a backward pass through some rows of W takes them: its
 * groups are counted from the part's first number, so that it may not be the packed ones. */
Test(kernel, a_part_of_the_inner_index_begins_its_own_groups)
{
    static const int parts[][2] = {{0, 259}, {0, 64},  {0, 50}, {32, 227}, {32, 33},
                                   {64, 96}, {2, 257}, {34, 7}, {256, 3},  {224, 1}};
    struct product_case c = case_new(8);
    size_t size = (size_t)c.p.rows * c.p.c_row;
    float *want = malloc(size * sizeof *want);
    for (int form = BF16; form < FORMS; form++) {
        set_forms(&c, form | PACKED);
        const struct kernel_product whole = c.p;
        for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
            size_t from = (size_t)parts[i][0];
            c.p.a = whole.a + from * whole.a_inner;
            c.p.b = whole.b + from * whole.b_inner;
            c.p.from = parts[i][0];
            c.p.inner = parts[i][1];
            memcpy(want, c.start, size * sizeof *want);
            for (size_t at = 0; at < size; at++) {
                size_t row = at / c.p.c_row, column = at % c.p.c_row;
                if (column < (size_t)c.p.cols)
                    want[at] = plain_sum(&c.p, (int)row, (int)column,
                                         c.p.start != NULL ? want[at] : 0.0f);
            }
            every_path_gives(&c, want, "a part of the inner index", form);
        }
        c.p = whole;
    }
    free(want);
    case_free(&c);
}

/* --- the path -------------------------------------------------------------------------------- */

static volatile sig_atomic_t interrupted;
static volatile float in_handler;

static void interrupt(int signal)
{
    (void)signal;
    in_handler = in_handler * 0.5f + 1.0f; /* uses registers that the product uses */
    interrupted++;
}

/* A handler may come while tiles are configured, and children of fork may multiply: the registers
 * are saved, and the permission to use them is inherited. */
Test(kernel, signals_and_children_do_not_disturb_products)
{
    struct product_case c = case_new(12);
    struct sigaction action = {.sa_handler = interrupt};
    struct itimerval often = {{0, 500}, {0, 500}}, never = {{0, 0}, {0, 0}};
    set_forms(&c, BF16_AMX);
    kernel_force(kernel_best());
    run(&c);
    size_t bytes = (size_t)c.p.rows * c.p.c_row * sizeof *c.c;
    float *want = malloc(bytes);
    memcpy(want, c.c, bytes);
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    for (int i = 0; interrupted < 20 || i < 100; i++) {
        run(&c);
        cr_assert_eq(memcmp(want, c.c, bytes), 0, "after %d signals", (int)interrupted);
    }
    setitimer(ITIMER_REAL, &never, NULL);
    pid_t child = fork();
    if (child == 0) {
        run(&c);
        _exit(memcmp(want, c.c, bytes) != 0);
    }
    int status = 1;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert_eq(status, 0, "the child's product differs, or it was killed");
    free(want);
    case_free(&c);
}

Test(kernel, a_path_that_is_not_known_is_refused)
{
    setenv("VITAMIN_KERNEL", "plain", 1);
    cr_assert_eq(kernel_check(), STATUS_OK);
    setenv("VITAMIN_KERNEL", "sse", 1);
    cr_assert_eq(kernel_check(), STATUS_CONFIG);
    cr_assert(strstr(status_sentence(), "VITAMIN_KERNEL=sse") != NULL);
    cr_assert(strstr(status_sentence(), "avx512_bf16, amx") != NULL);
    unsetenv("VITAMIN_KERNEL");
    cr_assert_eq(kernel_check(), STATUS_OK);
}
