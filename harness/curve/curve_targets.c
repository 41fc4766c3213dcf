/* The record of a sweep of target returns. */
#include "harness/curve/curve.h"

#include "engine/base/sort.h"
#include "harness/curve/curve_impl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ARRAYS = 3 };

struct target_array {
    const char *name;
    double **data;
    int rank;
    size_t length;
};

static void list_arrays(struct curve_targets *t, struct target_array out[ARRAYS])
{
    size_t G = (size_t)t->targets, E = (size_t)t->episodes;
    const struct target_array all[ARRAYS] = {{"targets/target", &t->target, 1, G},
                                             {"targets/real_return", &t->real_return, 2, G * E},
                                             {"targets/raw_return", &t->raw_return, 2, G * E}};
    memcpy(out, all, sizeof all);
}

void curve_free_targets(struct curve_targets *t)
{
    free(t->target);
    free(t->real_return);
    free(t->raw_return);
    *t = (struct curve_targets){.targets = 0};
}

enum status curve_init_targets(struct curve *c, int targets, int episodes)
{
    struct curve_targets *t = &c->targets;
    struct target_array array[ARRAYS];
    bool made = true;
    curve_free_targets(t);
    *t = (struct curve_targets){.targets = targets, .episodes = episodes};
    t->data_worst = t->data_best = (double)NAN;
    list_arrays(t, array);
    for (int i = 0; i < ARRAYS; i++) {
        double *x = *array[i].data = malloc((array[i].length + 1) * sizeof *x);
        made = made && x != NULL;
        for (size_t k = 0; x != NULL && k < array[i].length; k++)
            x[k] = (double)NAN;
    }
    if (made)
        return STATUS_OK;
    curve_free_targets(t);
    return curve_no_memory();
}

double curve_target_return(const struct curve_targets *t, int g)
{
    double sum = 0;
    for (int e = 0; e < t->episodes; e++)
        sum += t->real_return[g * t->episodes + e];
    return sum / t->episodes;
}

enum status curve_write_targets(const struct curve *c, const struct h5 *f)
{
    struct curve_targets t = c->targets;
    struct target_array array[ARRAYS];
    list_arrays(&t, array);
    TRY(h5_make_group(f, "targets"));
    TRY(h5_set_number(f, "targets", "data_worst", t.data_worst));
    TRY(h5_set_number(f, "targets", "data_best", t.data_best));
    for (int i = 0; i < ARRAYS; i++)
        TRY(h5_write_double(f, array[i].name, array[i].rank,
                            (size_t[]){(size_t)t.targets, (size_t)t.episodes}, *array[i].data));
    return STATUS_OK;
}

/* The range of the data too: without it no target is within or beyond. */
static enum status check_targets(const struct curve_targets *t, const char *path)
{
    size_t G = (size_t)t->targets;
    if (!(isfinite(t->data_worst) && isfinite(t->data_best) && t->data_worst <= t->data_best))
        return status_fail(STATUS_FORMAT, "%s: 'targets' has data of returns from %g to %g", path,
                           t->data_worst, t->data_best);
    for (size_t g = 0; g < G; g++) {
        if (!isfinite(t->target[g]))
            return status_fail(STATUS_FORMAT, "%s: 'targets/target' is %g at %zu", path,
                               t->target[g], g);
    }
    double *sorted = malloc(G * sizeof *sorted);
    if (sorted == NULL)
        return curve_no_memory();
    memcpy(sorted, t->target, G * sizeof *sorted);
    sort_doubles(sorted, G);
    enum status result = STATUS_OK;
    for (size_t g = 1; g < G && result == STATUS_OK; g++) {
        if (sorted[g] == sorted[g - 1])
            result = status_fail(STATUS_FORMAT, "%s: 'targets/target' holds %g twice", path,
                                 sorted[g]);
    }
    free(sorted);
    return result;
}

/* Only a run that diverged may have returns that are no numbers, as in its evaluations. */
static enum status check_returns(const struct curve *c, const struct target_array *a,
                                 const char *path)
{
    if (strcmp(curve_get(c, "status"), "diverged") == 0)
        return STATUS_OK;
    for (size_t k = 0; k < a->length; k++) {
        if (!isfinite((*a->data)[k]))
            return status_fail(STATUS_FORMAT, "%s: '%s' is %g at %zu, and the run did not diverge",
                               path, a->name, (*a->data)[k], k);
    }
    return STATUS_OK;
}

enum status curve_read_targets(struct curve *c, const struct h5 *f)
{
    size_t dims[H5_MAX_RANK];
    struct target_array array[ARRAYS];
    TRY(curve_matrix_shape(f, "targets/real_return", dims));
    TRY(curve_check_memory(c, f, sizeof(double) * dims[0] * (1 + 2 * dims[1])));
    if (dims[0] == 0 || dims[1] == 0)
        return status_fail(STATUS_SHAPE, "%s: 'targets/real_return' is empty", f->path);
    TRY(curve_init_targets(c, (int)dims[0], (int)dims[1]));
    list_arrays(&c->targets, array);
    TRY(h5_get_number(f, "targets", "data_worst", &c->targets.data_worst));
    TRY(h5_get_number(f, "targets", "data_best", &c->targets.data_best));
    for (int i = 0; i < ARRAYS; i++)
        TRY(h5_read_double(f, array[i].name, array[i].length, *array[i].data));
    TRY(check_targets(&c->targets, f->path));
    for (int i = 1; i < ARRAYS; i++)
        TRY(check_returns(c, &array[i], f->path));
    return STATUS_OK;
}

enum status curve_compare_targets(const struct curve *a, const struct curve *b)
{
    struct curve_targets x = a->targets, y = b->targets;
    struct target_array p[ARRAYS], q[ARRAYS];
    if (x.targets != y.targets || x.episodes != y.episodes)
        return status_fail(STATUS_FORMAT,
                           "%d target returns of %d episodes against %d of %d ('targets')",
                           x.targets, x.episodes, y.targets, y.episodes);
    if (x.targets == 0)
        return STATUS_OK;
    if (!curve_same_number(x.data_worst, y.data_worst) ||
        !curve_same_number(x.data_best, y.data_best))
        return status_fail(STATUS_FORMAT, "the range of the data's returns differs ('targets')");
    list_arrays(&x, p);
    list_arrays(&y, q);
    for (int i = 0; i < ARRAYS; i++) {
        for (size_t k = 0; k < p[i].length; k++) {
            if (!curve_same_number((*p[i].data)[k], (*q[i].data)[k]))
                return status_fail(STATUS_FORMAT, "'%s' differs at %zu", p[i].name, k);
        }
    }
    return STATUS_OK;
}
