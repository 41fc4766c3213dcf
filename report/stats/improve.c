#include "report/stats/improve.h"

#include "report/stats/replicate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LANES = REPLICATE_LANES };

double improve_around_half(double half)
{
    return 0.5 + rint(half * 0x1p52) * 0x1p-52;
}

static enum status no_memory(const struct matrix *x)
{
    return status_fail(STATUS_MEMORY, "no memory to compare method '%s'", x->method);
}

enum status improve_order_init(struct improve_order *o, const struct matrix *y)
{
    o->cell = malloc((matrix_count(y) + 1) * sizeof *o->cell);
    if (o->cell == NULL)
        return no_memory(y);
    for (int m = 0; m < y->tasks; m++) {
        /* By insertion: N_m is a handful. */
        for (size_t i = y->start[m]; i < y->start[m + 1]; i++) {
            size_t j = i;
            for (; j > y->start[m] && y->score[o->cell[j - 1]] > y->score[i]; j--)
                o->cell[j] = o->cell[j - 1];
            o->cell[j] = i;
        }
    }
    return STATUS_OK;
}

void improve_order_free(struct improve_order *o)
{
    free(o->cell);
    o->cell = NULL;
}

void improve_prefix(const struct matrix *y, const struct improve_order *o, const uint16_t *count,
                    uint16_t *prefix)
{
    for (int m = 0; m < y->tasks; m++) {
        uint16_t *row = prefix + (y->start[m] + (size_t)m) * LANES;
        memset(row, 0, LANES * sizeof *row);
        for (size_t i = y->start[m]; i < y->start[m + 1]; i++, row += LANES) {
            const uint16_t *c = count + o->cell[i] * LANES;
            for (int lane = 0; lane < LANES; lane++)
                row[LANES + lane] = (uint16_t)(row[lane] + c[lane]);
        }
    }
}

enum status improve_init(struct improve *p, const struct matrix *x, const struct matrix *y,
                         const struct improve_order *y_order)
{
    size_t L = matrix_count(x) + 1;
    *p = (struct improve){.x = x, .y = y};
    p->below = malloc(L * sizeof *p->below);
    p->upto = malloc(L * sizeof *p->upto);
    if (p->below == NULL || p->upto == NULL) {
        improve_free(p);
        return no_memory(x);
    }
    for (int m = 0; m < x->tasks; m++) {
        const size_t *cell = y_order->cell + y->start[m];
        size_t rows = y->start[m] + (size_t)m, runs = (size_t)y->runs[m];
        for (size_t i = x->start[m]; i < x->start[m + 1]; i++) {
            size_t below = 0;
            while (below < runs && y->score[cell[below]] < x->score[i])
                below++;
            size_t upto = below;
            while (upto < runs && y->score[cell[upto]] == x->score[i])
                upto++;
            p->below[i] = rows + below;
            p->upto[i] = rows + upto;
        }
    }
    return STATUS_OK;
}

void improve_free(struct improve *p)
{
    free(p->below);
    free(p->upto);
    *p = (struct improve){0};
}

void improve_lanes(const struct improve *p, const uint16_t *x_count, const uint16_t *y_prefix,
                   double *out)
{
    const struct matrix *x = p->x, *y = p->y;
    double half[LANES] = {0};
    for (int m = 0; m < x->tasks; m++) {
        int32_t surplus[LANES] = {0};
        int32_t runs = y->runs[m];
        for (size_t i = x->start[m]; i < x->start[m + 1]; i++) {
            const uint16_t *c = x_count + i * LANES;
            const uint16_t *below = y_prefix + p->below[i] * LANES;
            const uint16_t *upto = y_prefix + p->upto[i] * LANES;
            for (int lane = 0; lane < LANES; lane++)
                surplus[lane] += c[lane] * (below[lane] + upto[lane] - runs);
        }
        double scale = 0.5 / ((double)x->runs[m] * runs);
        for (int lane = 0; lane < LANES; lane++)
            half[lane] += surplus[lane] * scale;
    }
    for (int lane = 0; lane < LANES; lane++)
        out[lane] = 0.5 + half[lane] / x->tasks;
}

double improve_point(const struct improve *p)
{
    const struct matrix *x = p->x, *y = p->y;
    double half = 0;
    for (int m = 0; m < x->tasks; m++) {
        size_t rows = y->start[m] + (size_t)m;
        int64_t surplus = 0;
        for (size_t i = x->start[m]; i < x->start[m + 1]; i++)
            surplus += (int64_t)(p->below[i] + p->upto[i] - 2 * rows) - y->runs[m];
        half += (double)surplus * 0.5 / ((double)x->runs[m] * y->runs[m]);
    }
    return improve_around_half(half / x->tasks);
}
