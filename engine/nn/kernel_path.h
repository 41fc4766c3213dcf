/* One path of kernel.c: the register tiles for one width of vectors. Included there once for each,
 * with
 *
 *   PATH(name)     name of this path's function          TARGET   its instruction set
 *   LANES          floats in a vector                    VECTORS  vectors of a tile's row
 *   vec, LOAD, STORE, SPLAT, ZERO, ADD, LARGER, FMA      vectors of floats
 *   DOT_BF16       sum + the products of a pair; or, where the processor cannot:
 *   EVEN, ODD      a pair's two numbers as floats; without either there is no bf16, without these
 *                  no order of AMX
 *
 * A tile is TILE_ROWS by VECTORS * LANES sums, which live in registers while the inner index runs
 * once. Always inlined with constant rows and vectors. */

TARGET static inline __attribute__((always_inline)) void
PATH(begin)(const int rows, const int vectors, const struct tile *t, int column,
            vec sum[TILE_ROWS][VECTORS])
{
    for (int r = 0; r < rows; r++) {
        const float *start = start_of(t, t->before, r);
        for (int j = 0; j < vectors; j++)
            sum[r][j] = start != NULL ? LOAD(start + column + j * LANES) : ZERO();
    }
}

/* Of 0 and -0, or with a NaN, LARGER is its second operand. */
TARGET static inline __attribute__((always_inline)) void
PATH(finish)(const int rows, const int vectors, const struct tile *t, int column,
             vec sum[TILE_ROWS][VECTORS])
{
    for (int r = 0; r < rows; r++) {
        const float *start = start_of(t, t->behind, r);
        float *c = t->c + (size_t)r * t->c_row + column;
        for (int j = 0; j < vectors; j++) {
            vec x = start != NULL ? ADD(sum[r][j], LOAD(start + column + j * LANES)) : sum[r][j];
            STORE(c + j * LANES, t->relu ? LARGER(ZERO(), x) : x);
        }
    }
}

TARGET static inline __attribute__((always_inline)) void
PATH(tile_f32)(const int rows, const int vectors, const struct tile *t, int column)
{
    vec sum[TILE_ROWS][VECTORS];
    const float *a = t->a, *b = (const float *)t->b + column;
    PATH(begin)(rows, vectors, t, column, sum);
    for (int k = 0; k < t->steps; k++, a += t->a_step, b += KERNEL_PANEL) {
        vec right[VECTORS];
        for (int j = 0; j < vectors; j++)
            right[j] = LOAD(b + j * LANES);
        for (int r = 0; r < rows; r++) {
            vec left = SPLAT(a[(size_t)r * t->a_row]);
            for (int j = 0; j < vectors; j++)
                sum[r][j] = FMA(left, right[j], sum[r][j]);
        }
    }
    PATH(finish)(rows, vectors, t, column, sum);
}

#if defined DOT_BF16 || defined EVEN
TARGET static inline __attribute__((always_inline)) void
PATH(tile_bf16)(const int rows, const int vectors, const struct tile *t, int column)
{
    vec sum[TILE_ROWS][VECTORS];
    const float *a = t->a, *b = (const float *)t->b + column;
    PATH(begin)(rows, vectors, t, column, sum);
    for (int k = 0; k < t->steps; k++, a += t->a_step, b += KERNEL_PANEL) {
        vec right[VECTORS];
#ifdef DOT_BF16
        for (int j = 0; j < vectors; j++)
            right[j] = LOAD(b + j * LANES);
        for (int r = 0; r < rows; r++) {
            vec left = SPLAT(a[(size_t)r * t->a_row]);
            for (int j = 0; j < vectors; j++)
                sum[r][j] = DOT_BF16(sum[r][j], left, right[j]);
        }
#else
        for (int j = 0; j < vectors; j++)
            right[j] = ODD(LOAD(b + j * LANES));
        for (int r = 0; r < rows; r++) {
            vec left = SPLAT(a[(size_t)r * t->a_row + t->a_odd]);
            for (int j = 0; j < vectors; j++)
                sum[r][j] = FMA(left, right[j], sum[r][j]);
        }
        for (int j = 0; j < vectors; j++)
            right[j] = EVEN(LOAD(b + j * LANES));
        for (int r = 0; r < rows; r++) {
            vec left = SPLAT(a[(size_t)r * t->a_row]);
            for (int j = 0; j < vectors; j++)
                sum[r][j] = FMA(left, right[j], sum[r][j]);
        }
#endif
    }
    PATH(finish)(rows, vectors, t, column, sum);
}

#endif

#ifdef EVEN
/* sum + the products of the numbers of one half of the pairs, the other half's behind them */
TARGET static inline __attribute__((always_inline)) void
PATH(add_half)(const int rows, const int vectors, size_t a_row, const float *a,
               const vec right[VECTORS], vec sum[TILE_ROWS][VECTORS])
{
    for (int r = 0; r < rows; r++) {
        vec left = SPLAT(a[(size_t)r * a_row]);
        for (int j = 0; j < vectors; j++)
            sum[r][j] = FMA(left, right[j], sum[r][j]);
    }
}

/* One group's two chains, added to c. */
TARGET static inline __attribute__((always_inline)) void
PATH(group_amx)(const int rows, const int vectors, const struct tile *t, int column, const float *a,
                const float *b)
{
    vec even[TILE_ROWS][VECTORS], odd[TILE_ROWS][VECTORS], right[VECTORS];
    for (int r = 0; r < rows; r++) {
        for (int j = 0; j < vectors; j++)
            even[r][j] = odd[r][j] = ZERO();
    }
    for (int k = 0; k < GROUP_STEPS; k++, a += t->a_step, b += KERNEL_PANEL) {
        for (int j = 0; j < vectors; j++)
            right[j] = EVEN(LOAD(b + j * LANES));
        PATH(add_half)(rows, vectors, t->a_row, a, right, even);
        for (int j = 0; j < vectors; j++)
            right[j] = ODD(LOAD(b + j * LANES));
        PATH(add_half)(rows, vectors, t->a_row, a + t->a_odd, right, odd);
    }
    for (int r = 0; r < rows; r++) {
        float *c = t->c + (size_t)r * t->c_row + column;
        for (int j = 0; j < vectors; j++)
            STORE(c + j * LANES, ADD(LOAD(c + j * LANES), ADD(even[r][j], odd[r][j])));
    }
}

/* The sums live in c: registers hold two chains for each. */
TARGET static inline __attribute__((always_inline)) void
PATH(tile_bf16_amx)(const int rows, const int vectors, const struct tile *t, int column)
{
    const float *a = t->a, *b = (const float *)t->b + column;
    for (int r = 0; r < rows; r++) {
        const float *start = start_of(t, t->before, r);
        for (int j = 0; j < vectors; j++)
            STORE(t->c + (size_t)r * t->c_row + column + j * LANES,
                  start != NULL ? LOAD(start + column + j * LANES) : ZERO());
    }
    for (int k = 0; k < t->steps; k += GROUP_STEPS) {
        PATH(group_amx)(rows, vectors, t, column, a, b);
        a += GROUP_STEPS * t->a_step;
        b += GROUP_STEPS * KERNEL_PANEL;
    }
    for (int r = 0; r < rows && t->relu; r++) {
        float *c = t->c + (size_t)r * t->c_row + column;
        for (int j = 0; j < vectors; j++)
            STORE(c + j * LANES, LARGER(ZERO(), LOAD(c + j * LANES)));
    }
}
#endif

/* The tile of `vectors` vectors from `column` on, with a constant number of rows. */
#define ROWS_CASE(kind, n, vectors)                                                                \
    case n:                                                                                        \
        PATH(tile_##kind)(n, vectors, t, column);                                                  \
        break;
#define ROWS_CASES(kind, vectors)                                                                  \
    switch (t->rows) {                                                                             \
        ROWS_CASE(kind, 1, vectors)                                                                \
        ROWS_CASE(kind, 2, vectors)                                                                \
        ROWS_CASE(kind, 3, vectors)                                                                \
        ROWS_CASE(kind, 4, vectors)                                                                \
        ROWS_CASE(kind, 5, vectors)                                                                \
        ROWS_CASE(kind, 6, vectors)                                                                \
    default:                                                                                       \
        break;                                                                                     \
    }

TARGET static void PATH(run_f32)(const struct tile *t)
{
    int column = 0;
    for (; column + VECTORS * LANES <= t->cols; column += VECTORS * LANES)
        ROWS_CASES(f32, VECTORS)
    for (; column < t->cols; column += LANES)
        ROWS_CASES(f32, 1)
}

#if defined DOT_BF16 || defined EVEN
TARGET static void PATH(run_bf16)(const struct tile *t)
{
    int column = 0;
    for (; column + VECTORS * LANES <= t->cols; column += VECTORS * LANES)
        ROWS_CASES(bf16, VECTORS)
    for (; column < t->cols; column += LANES)
        ROWS_CASES(bf16, 1)
}
#endif

#ifdef EVEN
TARGET static void PATH(run_bf16_amx)(const struct tile *t)
{
    int column = 0;
    for (; column + VECTORS / 2 * LANES <= t->cols; column += VECTORS / 2 * LANES)
        ROWS_CASES(bf16_amx, VECTORS / 2)
    for (; column < t->cols; column += LANES)
        ROWS_CASES(bf16_amx, 1)
}
#endif

#undef ROWS_CASE
#undef ROWS_CASES
#undef PATH
#undef TARGET
#undef LANES
#undef VECTORS
#undef vec
#undef LOAD
#undef STORE
#undef SPLAT
#undef ZERO
#undef ADD
#undef LARGER
#undef FMA
#undef DOT_BF16
#undef EVEN
#undef ODD
