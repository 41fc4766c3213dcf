/* AMX's path of kernel.c, included there: TDPBF16PS on tiles of 16 by 16 sums, four at a time.
 *
 * The instruction adds, to each sum, the products of up to 16 pairs: those of the first numbers in
 * one chain from 0, those of the second ones in another, and the sum of both to the sum. Rounding
 * is to the nearest even whatever MXCSR says, denormal numbers are zero, before and after each
 * step. (Intel's manual, instruction TDPBF16PS. Tried against scalar code: 0 of 75 million sums
 * differ, on random bits, ties, denormal numbers, infinities and NaN.)
 *
 * A strip of the left factor is converted to tiles of 16 rows by 16 pairs, 1 kB each: those of the
 * first 16 rows one behind the other, then those of the next. The right factor's tiles are read
 * from the packed panels, 16 steps by 16 columns. Rows that a strip lacks are zeros. */
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    AMX_TILE = 16,       /* rows; columns; pairs */
    AMX_PERMISSION = 18, /* the state component XTILEDATA */
    AMX_ASK = 0x1023,    /* ARCH_REQ_XCOMP_PERM */
    AMX_WORDS = AMX_TILE * AMX_TILE
};

#define AMX_TARGET                                                                                 \
    __attribute__((target("amx-tile,amx-bf16,prfchw,avx512f,avx512bw,avx512vl,avx512bf16")))

/* Whether the processor has it and Linux, which must be asked once for the process, its threads and
 * children, lets it be used: it then saves the tiles with the other registers. */
static bool has_amx(void)
{
    const unsigned bf16 = 1u << 22, tile = 1u << 24;
    unsigned a, b, c, d;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (d & bf16) != 0 && (d & tile) != 0 &&
           syscall(SYS_arch_prctl, AMX_ASK, AMX_PERMISSION) == 0;
}

/* All eight tiles are whole: 16 rows of 64 bytes. */
AMX_TARGET static void amx_begin(void)
{
    static const struct {
        uint8_t palette, start_row, reserved[14];
        uint16_t row_bytes[16];
        uint8_t rows[16];
    } tiles = {.palette = 1,
               .row_bytes = {64, 64, 64, 64, 64, 64, 64, 64},
               .rows = {16, 16, 16, 16, 16, 16, 16, 16}};
    _tile_loadconfig(&tiles);
}

/* Threads that switch need not save them any more. */
AMX_TARGET static void amx_end(void)
{
    _tile_release();
}

/* --- rounding to bf16 ------------------------------------------------------------------------ */

/* 16 pairs of neighbours. */
AMX_TARGET static inline __m512i amx_pairs(__m512 low, __m512 high)
{
    return (__m512i)_mm512_cvtne2ps_pbh(high, low);
}

/* 16 numbers of each of two rows, side by side. */
AMX_TARGET static inline __m512i amx_beside(__m512 first, __m512 second)
{
    const __m512i order = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9,
                                           24, 8, 23, 7, 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1,
                                           16, 0);
    return _mm512_permutexvar_epi16(order, amx_pairs(first, second));
}

/* The first n numbers at x, up to 16; then zeros. */
AMX_TARGET static inline __m512 amx_some(const float *x, int n)
{
    return n >= 16 ? _mm512_loadu_ps(x)
                   : _mm512_maskz_loadu_ps((__mmask16)(n > 0 ? (1u << n) - 1 : 0), x);
}

/* words_along and words_across (kernel.c) for bf16, on processors with the instruction for it. */
AMX_TARGET static void amx_words_along(const float *x, int n, uint32_t *to)
{
    int k = 0;
    for (; k + KERNEL_GROUP <= n; k += KERNEL_GROUP, to += AMX_TILE)
        _mm512_storeu_si512(
            to, amx_pairs(_mm512_loadu_ps(x + k), _mm512_loadu_ps(x + k + KERNEL_GROUP / 2)));
    int left = n - k;
    x += k;
    __m512i last = amx_pairs(amx_some(x, left), amx_some(left > 16 ? x + 16 : x, left - 16));
    _mm512_mask_storeu_epi32(to, (__mmask16)((1u << (left + 1) / 2) - 1), last);
}

AMX_TARGET static void amx_words_across(const float *x, const float *next, int n, uint32_t *to)
{
    int j = 0;
    for (; j + 16 <= n; j += 16)
        _mm512_storeu_si512(to + j, amx_beside(_mm512_loadu_ps(x + j), _mm512_loadu_ps(next + j)));
    _mm512_mask_storeu_epi32(to + j, (__mmask16)((1u << (n - j)) - 1),
                             amx_beside(amx_some(x + j, n - j), amx_some(next + j, n - j)));
}

/* --- the left factor ------------------------------------------------------------------------- */

/* 16 rows, whose numbers go along the inner index. */
AMX_TARGET static void amx_along(const float *a, size_t a_row, int rows, int numbers, uint32_t *to)
{
    for (int r = 0; r < AMX_TILE; r++, to += AMX_TILE) {
        const float *x = r < rows ? a + (size_t)r * a_row : a;
        uint32_t *row = to;
        for (int k = 0; k < numbers; k += KERNEL_GROUP, row += AMX_WORDS, x += KERNEL_GROUP) {
            int n = r < rows ? numbers - k : 0;
            __m512 low = amx_some(x, n), high = amx_some(n > 16 ? x + 16 : x, n - 16);
            _mm512_store_si512(row, amx_pairs(low, high));
        }
    }
}

/* 16 by 16 words turned. */
AMX_TARGET static inline void amx_turn(__m512i w[AMX_TILE])
{
    __m512i v[AMX_TILE];
    for (int i = 0; i < AMX_TILE; i += 2) {
        v[i] = _mm512_unpacklo_epi32(w[i], w[i + 1]);
        v[i + 1] = _mm512_unpackhi_epi32(w[i], w[i + 1]);
    }
    for (int i = 0; i < AMX_TILE; i += 4) {
        for (int j = 0; j < 2; j++) {
            w[i + 2 * j] = _mm512_unpacklo_epi64(v[i + j], v[i + 2 + j]);
            w[i + 2 * j + 1] = _mm512_unpackhi_epi64(v[i + j], v[i + 2 + j]);
        }
    }
    for (int i = 0; i < 4; i++) { /* w[4g+i], quarter q: column 4q+i, rows 4g..4g+3 */
        __m512i a = _mm512_shuffle_i32x4(w[i], w[4 + i], 0x88);
        __m512i b = _mm512_shuffle_i32x4(w[8 + i], w[12 + i], 0x88);
        __m512i c = _mm512_shuffle_i32x4(w[i], w[4 + i], 0xdd);
        __m512i d = _mm512_shuffle_i32x4(w[8 + i], w[12 + i], 0xdd);
        v[i] = _mm512_shuffle_i32x4(a, b, 0x88);
        v[8 + i] = _mm512_shuffle_i32x4(a, b, 0xdd);
        v[4 + i] = _mm512_shuffle_i32x4(c, d, 0x88);
        v[12 + i] = _mm512_shuffle_i32x4(c, d, 0xdd);
    }
    for (int i = 0; i < AMX_TILE; i++)
        w[i] = v[i];
}

/* One group of 16 rows that lie behind one another; of its numbers there are `numbers`. */
AMX_TARGET static void amx_across(const float *a, size_t a_inner, int rows, int numbers,
                                  uint32_t *to)
{
    __m512i w[AMX_TILE];
    for (int s = 0; s < AMX_TILE; s++) {
        int left = numbers - 2 * s;
        const float *x = left > 0 ? a + (size_t)(2 * s) * a_inner : a;
        w[s] = amx_beside(amx_some(x, left > 0 ? rows : 0),
                          amx_some(left > 1 ? x + a_inner : x, left > 1 ? rows : 0));
    }
    amx_turn(w);
    for (int s = 0; s < AMX_TILE; s++)
        _mm512_store_si512(to + (ptrdiff_t)s * AMX_TILE, w[s]);
}

/* `rows` rows of `numbers` numbers as tiles, whole AMX_ROWS; memory is read in its order. */
static void amx_strip(const float *a, size_t a_row, size_t a_inner, int rows, int numbers,
                      uint32_t *to)
{
    size_t tiles = (size_t)(numbers + KERNEL_GROUP - 1) / KERNEL_GROUP * AMX_WORDS; /* words */
    int whole = (rows + AMX_ROWS - 1) / AMX_ROWS * AMX_ROWS;
    for (int k = 0; k < numbers; k += a_inner == 1 ? numbers : KERNEL_GROUP) {
        uint32_t *at = to + (size_t)k / KERNEL_GROUP * AMX_WORDS;
        for (int r = 0; r < whole; r += AMX_TILE, at += tiles) {
            int here = rows - r > 0 ? rows - r : 0;
            const float *x = a + (size_t)k * a_inner + (here > 0 ? (size_t)r * a_row : 0);
            if (a_inner == 1)
                amx_along(x, a_row, here, numbers, at);
            else
                amx_across(x, a_inner, here, numbers - k, at);
        }
    }
}

/* --- the product ----------------------------------------------------------------------------- */

/* What tiles read was written, and is not kept in registers: compilers do not know that they do. */
#define AMX_MEMORY() __asm__ volatile("" ::: "memory")

/* Sums begin with `before`, or 0; `row` bytes from one to the next. */
#define AMX_START(tile, at, row)                                                                   \
    do {                                                                                           \
        if ((at) != NULL)                                                                          \
            _tile_loadd(tile, at, row);                                                            \
        else                                                                                       \
            _tile_zero(tile);                                                                      \
    } while (0)

/* 32 numbers come into the cache to be written. Without it stores wait for memory, and products for
 * stores. */
AMX_TARGET static inline void amx_fetch(const float *c)
{
    __builtin_prefetch(c, 1);
    __builtin_prefetch(c + AMX_TILE, 1);
}

/* 32 rows by 32 columns, from `column` on. */
AMX_TARGET static void amx_square(const struct tile *t, int column)
{
    const uint32_t *a = (const uint32_t *)t->a, *b = t->b + column;
    const uint32_t *below = a + (ptrdiff_t)t->steps * AMX_TILE;
    const float *upper = t->before != NULL ? t->before + column : NULL;
    const float *right = upper != NULL ? upper + AMX_TILE : NULL;
    const float *lower = upper != NULL ? start_of(t, upper, AMX_TILE) : NULL;
    const float *corner = lower != NULL ? lower + AMX_TILE : NULL;
    const size_t start = t->start_row * sizeof(float), row = t->c_row * sizeof(float);
    const size_t left = AMX_TILE * sizeof *a, panel = KERNEL_PANEL * sizeof *b;
    AMX_START(0, upper, start);
    AMX_START(1, right, start);
    AMX_START(2, lower, start);
    AMX_START(3, corner, start);
    for (int k = 0; k < t->steps; k += GROUP_STEPS) {
        _tile_loadd(4, a, left);
        _tile_loadd(6, b, panel);
        if (k < AMX_ROWS / 2 * GROUP_STEPS) { /* the next two rows that will be written */
            const float *c = t->c + (size_t)(k / (GROUP_STEPS / 2)) * t->c_row + column;
            amx_fetch(c);
            amx_fetch(c + t->c_row);
        }
        _tile_dpbf16ps(0, 4, 6);
        _tile_loadd(7, b + AMX_TILE, panel);
        _tile_dpbf16ps(1, 4, 7);
        _tile_loadd(5, below, left);
        _tile_dpbf16ps(2, 5, 6);
        _tile_dpbf16ps(3, 5, 7);
        a += AMX_WORDS, below += AMX_WORDS;
        b += (ptrdiff_t)GROUP_STEPS * KERNEL_PANEL;
    }
    float *c = t->c + column, *under = c + AMX_TILE * t->c_row;
    _tile_stored(0, c, row);
    _tile_stored(1, c + AMX_TILE, row);
    _tile_stored(2, under, row);
    _tile_stored(3, under + AMX_TILE, row);
}

/* 32 rows by the 16 columns behind the squares. */
AMX_TARGET static void amx_column(const struct tile *t, int column)
{
    const uint32_t *a = (const uint32_t *)t->a, *b = t->b + column;
    const uint32_t *below = a + (ptrdiff_t)t->steps * AMX_TILE;
    const float *upper = t->before != NULL ? t->before + column : NULL;
    const float *lower = upper != NULL ? start_of(t, upper, AMX_TILE) : NULL;
    const size_t start = t->start_row * sizeof(float), row = t->c_row * sizeof(float);
    const size_t left = AMX_TILE * sizeof *a, panel = KERNEL_PANEL * sizeof *b;
    AMX_START(0, upper, start);
    AMX_START(2, lower, start);
    for (int k = 0; k < t->steps; k += GROUP_STEPS) {
        _tile_loadd(6, b, panel);
        _tile_loadd(4, a, left);
        _tile_dpbf16ps(0, 4, 6);
        _tile_loadd(5, below, left);
        _tile_dpbf16ps(2, 5, 6);
        a += AMX_WORDS, below += AMX_WORDS;
        b += (ptrdiff_t)GROUP_STEPS * KERNEL_PANEL;
    }
    _tile_stored(0, t->c + column, row);
    _tile_stored(2, t->c + AMX_TILE * t->c_row + column, row);
}

AMX_TARGET static void run_amx(const struct tile *t)
{
    int column = 0;
    AMX_MEMORY();
    for (; column + 2 * AMX_TILE <= t->cols; column += 2 * AMX_TILE)
        amx_square(t, column);
    if (column < t->cols)
        amx_column(t, column);
    AMX_MEMORY();
    for (int r = 0; r < AMX_ROWS && t->relu; r++) {
        float *c = t->c + (size_t)r * t->c_row;
        for (int j = 0; j < t->cols; j += AMX_TILE) /* as LARGER has it */
            _mm512_storeu_ps(c + j, _mm512_max_ps(_mm512_setzero_ps(), _mm512_loadu_ps(c + j)));
    }
}
