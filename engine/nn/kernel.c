#include "engine/nn/kernel.h"

#include "engine/base/wide.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#if defined __x86_64__
#include <immintrin.h>
#elif defined __aarch64__
#include <arm_neon.h>
#endif

/* A product is cut into blocks that stay in the caches: of the right factor STEPS steps (of one f32
 * or one pair) by BLOCK columns, packed in panels; of the left one STRIP rows. Where the inner
 * index is cut, the sums go through c, which costs no bit. A tile has TILE_ROWS rows of one panel.
 * Where AMX multiplies it has AMX_ROWS, a block AMX_STEPS steps, and blocks and strips have as many
 * columns and rows as make them BLOCK_WORDS and STRIP_WORDS. */
enum { TILE_ROWS = 6, STEPS = 256, BLOCK = 512, STRIP = 96 };
enum { AMX_ROWS = 32, AMX_STEPS = 512, GROUP_STEPS = KERNEL_GROUP / 2 };
enum { BLOCK_WORDS = AMX_STEPS * 512, STRIP_WORDS = AMX_STEPS * 192 };
_Static_assert((int)STEPS == (int)KERNEL_ONCE, "a sum that is not cut");
_Static_assert(2 * STEPS * STRIP <= STRIP_WORDS && STEPS * BLOCK <= BLOCK_WORDS, "room for both");

struct tile {
    int rows, cols;       /* 1..TILE_ROWS; whole vectors, up to KERNEL_PANEL */
    int steps;            /* of the inner index: single numbers, or pairs in bf16; whole groups */
    const float *a;       /* step s of row r is at a[r*a_row + s*a_step]: an f32; a pair of bf16; */
    size_t a_row, a_step; /* or, without DOT_BF16, an f32 that has been rounded, and the pair's */
    size_t a_odd;         /* second number a_odd behind it */
    const uint32_t *b;    /* step s at b[s*KERNEL_PANEL], KERNEL_PANEL words */
    float *c;
    size_t c_row;
    const float *before, *behind; /* what is added to the sums at first, or at last; or NULL */
    size_t start_row;
    bool relu;
};

/* Row r of `before` or `behind`. */
static inline const float *start_of(const struct tile *t, const float *start, int r)
{
    return start != NULL ? start + (size_t)r * t->start_row : NULL;
}

static inline uint32_t bits_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline float float_of(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* As VCVTNEPS2BF16 does it. */
static inline uint32_t rounded(uint32_t bits)
{
    uint32_t magnitude = bits & 0x7fffffffu;
    uint32_t nearest = (bits + 0x7fffu + (bits >> 16 & 1u)) >> 16;
    nearest = magnitude > 0x7f800000u ? (bits >> 16 | 0x40u) : nearest;
    return magnitude < 0x00800000u ? (bits >> 16 & 0x8000u) : nearest;
}

uint16_t kernel_bf16(float x)
{
    return (uint16_t)rounded(bits_of(x));
}

/* --- the plain path -------------------------------------------------------------------------- */

/* A denormal number becomes the zero of its sign. */
static inline float flush(float x)
{
    return fabsf(x) < FLT_MIN ? copysignf(0.0f, x) : x;
}

/* a b + c with denormals flushed as x86 does when told to: c before, the result after it was
 * rounded to 24 bits as if exponents had no end. So close to the smallest normal number the sum is
 * looked at again, larger. */
static inline float fma_flushed(float a, float b, float c)
{
    const float larger = 0x1p64f;
    c = flush(c);
    float sum = fmaf(a, b, c);
    if (!(fabsf(sum) <= FLT_MIN) || sum == 0.0f)
        return sum;
    bool first = fabsf(a) < fabsf(b); /* the smaller one can grow */
    float again = fmaf(first ? a * larger : a, first ? b : b * larger, c * larger);
    return fabsf(again) < FLT_MIN * larger ? copysignf(0.0f, sum) : sum;
}

static void plain_begin(const struct tile *t, int row, float sum[KERNEL_PANEL])
{
    const float *before = start_of(t, t->before, row);
    if (before != NULL)
        memcpy(sum, before, (size_t)t->cols * sizeof *sum);
}

static void plain_finish(const struct tile *t, int row, const float sum[KERNEL_PANEL], float *c)
{
    const float *behind = start_of(t, t->behind, row);
    for (int j = 0; j < t->cols; j++) {
        float x = behind != NULL ? sum[j] + behind[j] : sum[j];
        c[j] = t->relu && x < 0.0f ? 0.0f : x;
    }
}

static void plain_f32(const struct tile *t)
{
    for (int r = 0; r < t->rows; r++) {
        const float *a = t->a + (size_t)r * t->a_row;
        const uint32_t *words = t->b;
        float sum[KERNEL_PANEL] = {0}, *c = t->c + (size_t)r * t->c_row;
        plain_begin(t, r, sum);
        for (int k = 0; k < t->steps; k++, a += t->a_step, words += KERNEL_PANEL) {
            float b[KERNEL_PANEL];
            memcpy(b, words, sizeof b);
            for (int j = 0; j < KERNEL_PANEL; j++)
                sum[j] = fmaf(*a, b[j], sum[j]);
        }
        plain_finish(t, r, sum, c);
    }
}

static void plain_bf16(const struct tile *t)
{
    for (int r = 0; r < t->rows; r++) {
        const float *a = t->a + (size_t)r * t->a_row;
        const uint32_t *b = t->b;
        float sum[KERNEL_PANEL] = {0}, *c = t->c + (size_t)r * t->c_row;
        plain_begin(t, r, sum);
        for (int k = 0; k < t->steps; k++, a += t->a_step, b += KERNEL_PANEL) {
            for (int j = 0; j < t->cols; j++) {
                float odd = fma_flushed(a[t->a_odd], float_of(b[j] & 0xffff0000u), sum[j]);
                sum[j] = fma_flushed(a[0], float_of(b[j] << 16), odd);
            }
        }
        plain_finish(t, r, sum, c);
    }
}

static void plain_bf16_amx(const struct tile *t)
{
    for (int r = 0; r < t->rows; r++) {
        float sum[KERNEL_PANEL] = {0}, *c = t->c + (size_t)r * t->c_row;
        plain_begin(t, r, sum);
        for (int s = 0; s < t->steps; s += GROUP_STEPS) {
            for (int j = 0; j < t->cols; j++) {
                const float *a = t->a + (size_t)r * t->a_row + (size_t)s * t->a_step;
                const uint32_t *b = t->b + (size_t)s * KERNEL_PANEL + j;
                float even = 0, odd = 0;
                for (int k = 0; k < GROUP_STEPS; k++, a += t->a_step, b += KERNEL_PANEL) {
                    even = fma_flushed(a[0], float_of(*b << 16), even);
                    odd = fma_flushed(a[t->a_odd], float_of(*b & 0xffff0000u), odd);
                }
                sum[j] = flush(flush(sum[j]) + flush(flush(even) + flush(odd)));
            }
        }
        plain_finish(t, r, sum, c);
    }
}

/* --- the paths of x86 ------------------------------------------------------------------------ */

#ifdef __x86_64__

#define PATH(name)   name##_avx2
#define TARGET       __attribute__((target("avx2,fma")))
#define LANES        8
#define VECTORS      2
#define vec          __m256
#define LOAD(at)     _mm256_loadu_ps(at)
#define STORE(at, x) _mm256_storeu_ps(at, x)
#define SPLAT(x)     _mm256_set1_ps(x)
#define ZERO()       _mm256_setzero_ps()
#define ADD(a, b)    _mm256_add_ps(a, b)
#define LARGER(a, b) _mm256_max_ps(a, b)
#define FMA(a, b, c) _mm256_fmadd_ps(a, b, c)
#define EVEN(x)      _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_castps_si256(x), 16))
#define ODD(x)                                                                                     \
    _mm256_castsi256_ps(                                                                           \
        _mm256_and_si256(_mm256_castps_si256(x), _mm256_set1_epi32((int)0xffff0000u)))
#include "engine/nn/kernel_path.h"

#define PATH(name)   name##_avx512
#define TARGET       __attribute__((target("avx512f")))
#define LANES        16
#define VECTORS      4
#define vec          __m512
#define LOAD(at)     _mm512_loadu_ps(at)
#define STORE(at, x) _mm512_storeu_ps(at, x)
#define SPLAT(x)     _mm512_set1_ps(x)
#define ZERO()       _mm512_setzero_ps()
#define ADD(a, b)    _mm512_add_ps(a, b)
#define LARGER(a, b) _mm512_max_ps(a, b)
#define FMA(a, b, c) _mm512_fmadd_ps(a, b, c)
#define EVEN(x)      _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_castps_si512(x), 16))
#define ODD(x)                                                                                     \
    _mm512_castsi512_ps(                                                                           \
        _mm512_and_si512(_mm512_castps_si512(x), _mm512_set1_epi32((int)0xffff0000u)))
#include "engine/nn/kernel_path.h"

#define PATH(name)   name##_avx512_bf16
#define TARGET       __attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16")))
#define LANES        16
#define VECTORS      4
#define vec          __m512
#define LOAD(at)     _mm512_loadu_ps(at)
#define STORE(at, x) _mm512_storeu_ps(at, x)
#define SPLAT(x)     _mm512_set1_ps(x)
#define ZERO()       _mm512_setzero_ps()
#define ADD(a, b)    _mm512_add_ps(a, b)
#define LARGER(a, b) _mm512_max_ps(a, b)
#define FMA(a, b, c) _mm512_fmadd_ps(a, b, c)
#define DOT_BF16(sum, a, b)                                                                        \
    _mm512_dpbf16_ps(sum, (__m512bh)_mm512_castps_si512(a), (__m512bh)_mm512_castps_si512(b))
#include "engine/nn/kernel_path.h"

#include "engine/nn/kernel_amx.h"

/* Whether the processor, and the system that saves its registers, has what the path needs. */
static bool has(enum kernel_path path)
{
    __builtin_cpu_init();
    switch (path) {
    case KERNEL_AVX2:
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case KERNEL_AVX512:
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    case KERNEL_AVX512_BF16:
        return __builtin_cpu_supports("avx512bf16") && has(KERNEL_AVX512);
    case KERNEL_AMX:
        return has(KERNEL_AVX512_BF16) && has_amx();
    default:
        return path == KERNEL_PLAIN;
    }
}

/* Intel's VDPBF16PS is slower than the FMAs that do the same (Emerald Rapids: 77 GFLOP/s and 112 a
 * core); AMD's is twice as fast. */
static bool quick(enum kernel_path path)
{
    return path != KERNEL_AVX512_BF16 || !__builtin_cpu_is("intel");
}

/* Denormals count as zero, or as they did before: the state that VDPBF16PS always works in. */
static unsigned flush_begin(void)
{
    unsigned before = _mm_getcsr();
    _mm_setcsr(before | _MM_FLUSH_ZERO_ON | _MM_DENORMALS_ZERO_ON);
    return before;
}

static void flush_end(unsigned before)
{
    _mm_setcsr(before);
}

#define X86(f) f
#define ARM(f) NULL

#else

/* --- the path of Arm ------------------------------------------------------------------------- */

/* In f32 only: told to flush denormal numbers, Arm looks at a result before it is rounded, x86
 * after that, so bf16 takes the plain path. */
#ifdef __aarch64__
#define PATH(name) name##_neon
#define TARGET
#define LANES        4
#define VECTORS      4
#define vec          float32x4_t
#define LOAD(at)     vld1q_f32(at)
#define STORE(at, x) vst1q_f32(at, x)
#define SPLAT(x)     vdupq_n_f32(x)
#define ZERO()       vdupq_n_f32(0)
#define FMA(a, b, c) vfmaq_f32(c, a, b)
#define ADD(a, b)    vaddq_f32(a, b)
#define LARGER(a, b) vbslq_f32(vcgtq_f32(a, b), a, b) /* as x86: b when one is NaN */
#include "engine/nn/kernel_path.h"
static const enum kernel_path last = KERNEL_NEON;
#define ARM(f) f
#else
static const enum kernel_path last = KERNEL_PLAIN;
#define ARM(f) NULL
#endif

static bool has(enum kernel_path path)
{
    return path <= last;
}

static bool quick(enum kernel_path path)
{
    return has(path);
}

static unsigned flush_begin(void)
{
    return 0;
}

static void flush_end(unsigned before)
{
    (void)before;
}

#define X86(f) NULL

static void amx_begin(void)
{
}

static void amx_end(void)
{
}

static void amx_words_along(const float *x, int n, uint32_t *to)
{
    (void)x, (void)n, (void)to;
}

static void amx_words_across(const float *x, const float *next, int n, uint32_t *to)
{
    (void)x, (void)next, (void)n, (void)to;
}

static void amx_strip(const float *a, size_t a_row, size_t a_inner, int rows, int numbers,
                      uint32_t *to)
{
    (void)a, (void)a_row, (void)a_inner, (void)rows, (void)numbers, (void)to;
}

#endif

#define PLAIN(f)                                                                                   \
    {                                                                                              \
        .run = f, .apart = true                                                                    \
    }
#define FMAS(f)                                                                                    \
    {                                                                                              \
        .run = X86(f), .apart = true, .flushes = true                                              \
    }

/* --- which path ------------------------------------------------------------------------------ */

/* What computes tiles of one type, and what it wants. */
struct kind {
    void (*run)(const struct tile *t);
    bool apart;   /* a's pairs of bf16 taken apart into floats */
    bool flushes; /* to run between flush_begin and flush_end */
    bool amx;     /* to run between amx_begin and amx_end, on a's amx_strip */
};

static const struct {
    const char *name;
    int lanes;
    struct kind kind[KERNEL_TYPES];
} paths[KERNEL_PATHS] = {
    {"plain", 1, {{.run = plain_f32}, PLAIN(plain_bf16), PLAIN(plain_bf16_amx)}},
    {"neon", 4, {{.run = ARM(run_f32_neon)}, PLAIN(plain_bf16), PLAIN(plain_bf16_amx)}},
    {"avx2", 8, {{.run = X86(run_f32_avx2)}, FMAS(run_bf16_avx2), FMAS(run_bf16_amx_avx2)}},
    {"avx512",
     16,
     {{.run = X86(run_f32_avx512)}, FMAS(run_bf16_avx512), FMAS(run_bf16_amx_avx512)}},
    {"avx512_bf16",
     16,
     {{.run = X86(run_f32_avx512_bf16)},
      {.run = X86(run_bf16_avx512_bf16)},
      FMAS(run_bf16_amx_avx512)}},
    {"amx",
     16,
     {{.run = X86(run_f32_avx512)},
      FMAS(run_bf16_avx512), /* see quick() */
      {.run = X86(run_amx), .amx = true}}},
};

static enum kernel_path chosen;

bool kernel_has(enum kernel_path path)
{
    return has(path);
}

const char *kernel_path_name(enum kernel_path path)
{
    return paths[path].name;
}

/* The path of that name, or KERNEL_PATHS. */
static enum kernel_path named(const char *name)
{
    int path = 0;
    while (path < KERNEL_PATHS && strcmp(paths[path].name, name) != 0)
        path++;
    return (enum kernel_path)path;
}

enum kernel_path kernel_best(void)
{
    int best = KERNEL_AMX;
    while (!has((enum kernel_path)best) || !quick((enum kernel_path)best))
        best--;
    return (enum kernel_path)best;
}

static void choose(enum kernel_path path)
{
    chosen = path;
    wide_in_use = path >= KERNEL_AVX512;
}

/* Before main, so that no thread can come between. */
__attribute__((constructor)) static void choose_first(void)
{
    const char *name = getenv("VITAMIN_KERNEL");
    enum kernel_path asked = name != NULL ? named(name) : KERNEL_PATHS;
    choose(asked < KERNEL_PATHS && has(asked) ? asked : kernel_best());
}

enum kernel_path kernel_path(void)
{
    return chosen;
}

void kernel_force(enum kernel_path path)
{
    if (has(path))
        choose(path);
}

enum status kernel_check(void)
{
    const char *name = getenv("VITAMIN_KERNEL");
    if (name == NULL || *name == '\0')
        return STATUS_OK;
    if (named(name) == KERNEL_PATHS)
        return status_fail(STATUS_CONFIG,
                           "VITAMIN_KERNEL=%.40s: must be one of plain, neon, avx2, avx512, "
                           "avx512_bf16, amx",
                           name);
    if (!has(named(name)))
        return status_fail(STATUS_CONFIG,
                           "VITAMIN_KERNEL=%s: this processor has no such instructions, or the "
                           "system does not let programs use them; leave the variable unset",
                           name);
    return STATUS_OK;
}

/* --- packing --------------------------------------------------------------------------------- */

typedef uint32_t eight __attribute__((vector_size(32), aligned(4), may_alias));
#define PICK __builtin_shufflevector

/* to[i*to_row + j] = from[j*from_row + i] for 8 by 8 words */
static void turn8(const uint32_t *from, size_t from_row, uint32_t *to, size_t to_row)
{
    eight u[8], v[8];
    for (size_t i = 0; i < 8; i += 2) {
        eight a = *(const eight *)(from + i * from_row);
        eight b = *(const eight *)(from + (i + 1) * from_row);
        u[i] = PICK(a, b, 0, 8, 1, 9, 4, 12, 5, 13);
        u[i + 1] = PICK(a, b, 2, 10, 3, 11, 6, 14, 7, 15);
    }
    for (size_t i = 0; i < 8; i += 4) {
        for (size_t j = 0; j < 2; j++) {
            v[i + 2 * j] = PICK(u[i + j], u[i + 2 + j], 0, 1, 8, 9, 4, 5, 12, 13);
            v[i + 2 * j + 1] = PICK(u[i + j], u[i + 2 + j], 2, 3, 10, 11, 6, 7, 14, 15);
        }
    }
    for (size_t i = 0; i < 4; i++) {
        *(eight *)(to + i * to_row) = PICK(v[i], v[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
        *(eight *)(to + (i + 4) * to_row) = PICK(v[i], v[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
    }
}

/* Numbers that lie behind one another along the inner index, as words of `n` of them; the last word
 * of an odd number of bf16 has a zero. */
static void words_along(enum kernel_type type, const float *x, int n, uint32_t *to)
{
    if (type == KERNEL_F32) {
        memcpy(to, x, (size_t)n * sizeof *x);
        return;
    }
    if (chosen >= KERNEL_AVX512_BF16) {
        amx_words_along(x, n, to);
        return;
    }
    int pairs = n / 2;
    for (int i = 0; i < pairs; i++) {
        uint64_t two;
        memcpy(&two, x + (ptrdiff_t)2 * i, sizeof two);
        to[i] = rounded((uint32_t)two) | rounded((uint32_t)(two >> 32)) << 16;
    }
    if (n % 2 != 0)
        to[pairs] = rounded(bits_of(x[n - 1]));
}

/* The second half of a last pair that has none: a panel's columns, or a strip's rows. */
static const float zeros[STRIP];
_Static_assert((int)STRIP >= (int)KERNEL_PANEL, "both fit");

/* The words of one step for n neighbours, whose numbers are at x and, for the second half of a
 * pair, at next. */
static void words_across(enum kernel_type type, const float *x, const float *next, int n,
                         uint32_t *to)
{
    if (type == KERNEL_F32) {
        memcpy(to, x, (size_t)n * sizeof *x);
    } else if (chosen >= KERNEL_AVX512_BF16) {
        amx_words_across(x, next, n, to);
    } else {
        for (int j = 0; j < n; j++)
            to[j] = rounded(bits_of(x[j])) | rounded(bits_of(next[j])) << 16;
    }
}

static int per_step(enum kernel_type type)
{
    return type == KERNEL_F32 ? 1 : 2;
}

/* Those with numbers. */
static int filled_of(enum kernel_type type, int inner)
{
    return type == KERNEL_F32 ? inner : (inner + 1) / 2;
}

static int steps_of(enum kernel_type type, int inner)
{
    int filled = filled_of(type, inner);
    return type == KERNEL_BF16_AMX ? (filled + GROUP_STEPS - 1) / GROUP_STEPS * GROUP_STEPS
                                   : filled;
}

/* One panel of `cols` columns, whose numbers go along the inner index: 8 columns at a time through
 * a buffer of words. */
static void pack_turned(enum kernel_type type, int inner, int cols, const float *b, size_t b_col,
                        uint32_t *to)
{
    enum { CHUNK = 64 }; /* steps at once */
    uint32_t words[8][CHUNK];
    int steps = filled_of(type, inner), unit = per_step(type);
    for (int j = 0; j < KERNEL_PANEL; j += 8) {
        for (int s = 0; s < steps; s += CHUNK) {
            int here = steps - s < CHUNK ? steps - s : CHUNK;
            int numbers = inner - s * unit < here * unit ? inner - s * unit : here * unit;
            for (int i = 0; i < 8; i++) {
                if (j + i < cols)
                    words_along(type, b + (size_t)(j + i) * b_col + (size_t)s * (size_t)unit,
                                numbers, words[i]);
                else
                    memset(words[i], 0, sizeof words[i]);
            }
            uint32_t *at = to + (size_t)s * KERNEL_PANEL + j;
            int whole = here / 8 * 8;
            for (int i = 0; i < whole; i += 8)
                turn8(words[0] + i, CHUNK, at + (size_t)i * KERNEL_PANEL, KERNEL_PANEL);
            for (int i = whole; i < here; i++) {
                for (int l = 0; l < 8; l++)
                    at[(size_t)i * KERNEL_PANEL + (size_t)l] = words[l][i];
            }
        }
    }
}

size_t kernel_packed(enum kernel_type type, int inner, int cols)
{
    size_t panels = ((size_t)cols + KERNEL_PANEL - 1) / KERNEL_PANEL;
    return panels * KERNEL_PANEL * (size_t)steps_of(type, inner);
}

static int columns_of_panel(int column, int cols)
{
    return cols - column < KERNEL_PANEL ? cols - column : KERNEL_PANEL;
}

/* Columns that lie behind one another: step by step in all panels, which are `panel` words apart,
 * as memory has them. */
static void pack_straight(enum kernel_type type, int inner, int cols, const float *b,
                          size_t b_inner, size_t panel, uint32_t *packed)
{
    int steps = filled_of(type, inner), unit = per_step(type);
    for (int s = 0; s < steps; s++) {
        const float *x = b + (size_t)s * (size_t)unit * b_inner;
        const float *next = s * unit + 1 < inner ? x + b_inner : NULL;
        uint32_t *to = packed + (size_t)s * KERNEL_PANEL;
        for (int j = 0; j < cols; j += KERNEL_PANEL, to += panel) {
            int here = columns_of_panel(j, cols);
            words_across(type, x + j, next != NULL ? next + j : zeros, here, to);
            memset(to + here, 0, (size_t)(KERNEL_PANEL - here) * sizeof *to);
        }
    }
}

void kernel_pack(enum kernel_type type, int inner, int cols, const float *b, size_t b_inner,
                 size_t b_col, uint32_t *packed)
{
    size_t panel = kernel_packed(type, inner, KERNEL_PANEL);
    size_t filled = (size_t)KERNEL_PANEL * (size_t)filled_of(type, inner);
    if (b_col == 1)
        pack_straight(type, inner, cols, b, b_inner, panel, packed);
    for (int j = 0; j < cols; j += KERNEL_PANEL, packed += panel) {
        if (b_col != 1)
            pack_turned(type, inner, columns_of_panel(j, cols), b + (size_t)j * b_col, b_col,
                        packed);
        memset(packed + filled, 0, (panel - filled) * sizeof *packed);
    }
}

/* --- a strip of the left factor -------------------------------------------------------------- */

/* What a thread packs: the right factor's block, the left one's strip (two words a step where pairs
 * are taken apart). */
static _Thread_local uint32_t block_space[BLOCK_WORDS] __attribute__((aligned(64)));
static _Thread_local uint32_t strip_space[STRIP_WORDS] __attribute__((aligned(64)));

struct strip { /* as in struct tile; tiles are `next` apart */
    const float *a;
    size_t row, step, odd, next;
};

/* Pairs taken apart into two rounded floats each, `across` words behind one another. */
static void take_apart(const uint32_t *pair, int n, uint32_t *even, uint32_t *odd, int across)
{
    for (int i = 0; i < n; i++) {
        even[(ptrdiff_t)across * i] = pair[i] << 16; // NOLINT: words_along has written all
        odd[(ptrdiff_t)across * i] = pair[i] & 0xffff0000u;
    }
}

/* Rows whose numbers go along the inner index: one behind the other. */
static struct strip strip_along(const struct kernel_product *p, const float *a, int rows,
                                int numbers, bool apart)
{
    int steps = steps_of(p->type, numbers), words = apart ? 2 : 1;
    int filled = filled_of(p->type, numbers);
    size_t row = (size_t)words * (size_t)steps;
    uint32_t pairs[STEPS];
    for (int r = 0; r < rows; r++, a += p->a_row) {
        uint32_t *to = strip_space + (size_t)r * row;
        words_along(p->type, a, numbers, apart ? pairs : to);
        if (apart)
            take_apart(pairs, filled, to, to + 1, 2);
        memset(to + (ptrdiff_t)words * filled, 0, (size_t)(steps - filled) * words * sizeof *to);
    }
    return (struct strip){(const float *)strip_space, row, (size_t)words, 1, TILE_ROWS * row};
}

/* Rows that lie behind one another: tile by tile, each step's TILE_ROWS numbers together. */
static struct strip strip_across(const struct kernel_product *p, const float *a, int rows,
                                 int numbers, bool apart)
{
    int steps = steps_of(p->type, numbers), filled = filled_of(p->type, numbers);
    int unit = per_step(p->type);
    size_t step = (size_t)(apart ? 2 * TILE_ROWS : TILE_ROWS), tile = step * (size_t)steps;
    uint32_t words[STRIP] = {0};
    for (int s = 0; s < steps; s++) {
        const float *x = a + (size_t)s * (size_t)unit * p->a_inner;
        if (s < filled)
            words_across(p->type, x, s * unit + 1 < numbers ? x + p->a_inner : zeros, rows, words);
        else
            memset(words, 0, sizeof words);
        uint32_t *to = strip_space + (size_t)s * step;
        for (int r = 0; r < rows; r += TILE_ROWS, to += tile) {
            if (apart)
                take_apart(words + r, TILE_ROWS, to, to + TILE_ROWS, 1);
            else
                memcpy(to, words + r, TILE_ROWS * sizeof *to);
        }
    }
    return (struct strip){(const float *)strip_space, 1, step, TILE_ROWS, tile};
}

static struct strip strip_of(const struct kernel_product *p, const struct kind *kind, int row,
                             int rows, int from, int numbers)
{
    const float *a = p->a + (size_t)row * p->a_row + (size_t)from * p->a_inner;
    if (kind->amx) {
        amx_strip(a, p->a_row, p->a_inner, rows, numbers, strip_space);
        size_t next = (size_t)AMX_ROWS * (size_t)steps_of(p->type, numbers);
        return (struct strip){.a = (const float *)strip_space, .next = next};
    }
    if (p->type == KERNEL_F32 && p->a_inner == 1) /* as it is */
        return (struct strip){a, p->a_row, 1, 0, TILE_ROWS * p->a_row};
    if (p->a_inner == 1)
        return strip_along(p, a, rows, numbers, kind->apart);
    return strip_across(p, a, rows, numbers, kind->apart);
}

/* --- the product ----------------------------------------------------------------------------- */

/* Rows of a tile. */
static int height_of(const struct kind *kind)
{
    return kind->amx ? AMX_ROWS : TILE_ROWS;
}

/* A tile whose columns are not whole vectors, or begin inside of a panel, or on AMX of too few
 * rows: through a copy. */
static void run_part(const struct kind *kind, const struct tile *whole, int first, int cols)
{
    float c[AMX_ROWS][KERNEL_PANEL];
    memset(c, 0, (size_t)height_of(kind) * sizeof c[0]);
    struct tile t = *whole;
    t.c = c[0];
    t.c_row = t.start_row = KERNEL_PANEL;
    const float *start = t.before != NULL ? t.before : t.behind;
    for (int r = 0; r < t.rows && start != NULL; r++)
        memcpy(c[r] + first, start_of(whole, start, r), (size_t)cols * sizeof(float));
    t.before = t.before != NULL ? c[0] : NULL;
    t.behind = t.behind != NULL ? c[0] : NULL;
    kind->run(&t);
    for (int r = 0; r < t.rows; r++)
        memcpy(whole->c + (size_t)r * whole->c_row, c[r] + first, (size_t)cols * sizeof(float));
}

/* One panel by one strip. c is where the panel's column `first` goes, the first of `cols`. */
static void run_panel(const struct kind *kind, struct strip strip, struct tile t, int rows,
                      int first, int cols)
{
    int lanes = paths[chosen].lanes, height = height_of(kind);
    t.a_row = strip.row, t.a_step = strip.step, t.a_odd = strip.odd;
    t.cols = (first + cols + lanes - 1) / lanes * lanes;
    bool part = first != 0 || t.cols != cols;
    for (int r = 0; r < rows; r += height) {
        t.rows = rows - r < height ? rows - r : height;
        t.a = strip.a + (size_t)(r / height) * strip.next;
        if (part || (kind->amx && t.rows != height))
            run_part(kind, &t, first, cols);
        else
            kind->run(&t);
        t.c += (size_t)height * t.c_row;
        t.before = start_of(&t, t.before, height);
        t.behind = start_of(&t, t.behind, height);
    }
}

/* Rows or columns, `steps` words each, that have room in `words`: a multiple of `unit`. */
static int whole_units(int words, int steps, int unit)
{
    return words / (steps > GROUP_STEPS ? steps : GROUP_STEPS) / unit * unit;
}

struct part { /* of the columns and the inner index: numbers, counted from the product's first */
    int column, cols, from, numbers;
};

/* c's columns of the part, all rows. */
static void run_block(const struct kernel_product *p, const struct kind *kind, struct part q)
{
    int steps = steps_of(p->type, q.numbers), total = steps_of(p->type, p->packed_inner);
    const uint32_t *b = block_space;
    size_t panel = (size_t)KERNEL_PANEL * (size_t)steps;
    int first = 0; /* column of the panel with which the part begins */
    if (p->packed != NULL) {
        first = (p->first + q.column) % KERNEL_PANEL;
        panel = (size_t)KERNEL_PANEL * (size_t)total;
        b = p->packed + (size_t)((p->first + q.column) / KERNEL_PANEL) * panel +
            (size_t)((p->from + q.from) / per_step(p->type)) * KERNEL_PANEL;
    } else {
        kernel_pack(p->type, q.numbers, q.cols,
                    p->b + (size_t)q.from * p->b_inner + (size_t)q.column * p->b_col, p->b_inner,
                    p->b_col, block_space);
    }
    int high = !kind->amx ? STRIP : whole_units(STRIP_WORDS, steps, AMX_ROWS);
    bool begins = q.from == 0, ends = q.from + q.numbers == p->inner;
    const float *start = begins ? p->start : p->c;
    struct tile t = {.steps = steps,
                     .c_row = p->c_row,
                     .start_row = begins ? p->start_row : p->c_row,
                     .relu = p->relu && ends};
    for (int row = 0; row < p->rows; row += high) {
        int rows = p->rows - row < high ? p->rows - row : high;
        struct strip strip = strip_of(p, kind, row, rows, q.from, q.numbers);
        int done = 0, skip = first;
        for (t.b = b; done < q.cols; t.b += panel, skip = 0) {
            int cols = KERNEL_PANEL - skip < q.cols - done ? KERNEL_PANEL - skip : q.cols - done;
            t.c = p->c + (size_t)row * p->c_row + q.column + done;
            const float *from = start_of(&t, start, row);
            t.before = from != NULL && !p->behind ? from + q.column + done : NULL;
            t.behind = from != NULL && p->behind ? from + q.column + done : NULL;
            run_panel(kind, strip, t, rows, skip, cols);
            done += cols;
        }
    }
}

/* Whether the groups of the product are those of the packed form. */
static bool groups_fit(const struct kernel_product *p)
{
    return p->type != KERNEL_BF16_AMX ||
           (p->from % KERNEL_GROUP == 0 &&
            (p->inner % KERNEL_GROUP == 0 || p->from + p->inner == p->packed_inner));
}

static void multiply(const struct kernel_product *p, const struct kind *kind)
{
    int numbers = (kind->amx ? AMX_STEPS : STEPS) * per_step(p->type);
    int inner = p->inner < numbers ? p->inner : numbers, block = BLOCK;
    if (kind->amx)
        block = whole_units(BLOCK_WORDS, steps_of(p->type, inner), KERNEL_PANEL);
    for (int column = 0; column < p->cols; column += block) {
        struct part q = {.column = column,
                         .cols = p->cols - column < block ? p->cols - column : block};
        do { /* once for empty sums too */
            q.numbers = p->inner - q.from < numbers ? p->inner - q.from : numbers;
            run_block(p, kind, q);
            q.from += numbers;
        } while (q.from < p->inner);
    }
}

void kernel_multiply(const struct kernel_product *p)
{
    struct kernel_product whole = *p;
    const struct kind *kind = &paths[chosen].kind[p->type];
    assert(!p->behind || (p->type == KERNEL_F32 && p->inner <= KERNEL_ONCE));
    if (p->packed != NULL && !groups_fit(p))
        whole.packed = NULL;
    unsigned before = kind->flushes ? flush_begin() : 0;
    if (kind->amx)
        amx_begin();
    multiply(&whole, kind);
    if (kind->amx)
        amx_end();
    if (kind->flushes)
        flush_end(before);
}
