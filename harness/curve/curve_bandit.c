/* The record of a run of the single-state MDP. */
#include "harness/curve/curve.h"

#include "harness/curve/curve_impl.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARRAYS = 6 };

/* The arrays of real numbers, described once: name, pointer, dims (0: one dimension only). */
struct bandit_array {
    const char *name;
    double **data;
    size_t rows, cols;
};

static void list_arrays(struct curve_bandit *b, struct bandit_array out[ARRAYS])
{
    size_t P = (size_t)b->rollouts, n = (size_t)b->actions, G = (size_t)b->grid_size,
           R = (size_t)b->policy_size;
    struct bandit_array all[ARRAYS] = {{"action", &b->action, P, n},
                                       {"reward", &b->reward, P, n},
                                       {"grid", &b->grid, G, 0},
                                       {"critic", &b->critic, P, G},
                                       {"return_to_go", &b->return_to_go, R, 0},
                                       {"policy", &b->policy, P, R}};
    memcpy(out, all, sizeof all);
}

static size_t length_of(const struct bandit_array *a)
{
    return a->rows * (a->cols > 0 ? a->cols : 1);
}

void curve_free_bandit(struct curve_bandit *b)
{
    struct bandit_array array[ARRAYS];
    list_arrays(b, array);
    for (int i = 0; i < ARRAYS; i++)
        free(*array[i].data);
    free(b->gradient_steps);
    *b = (struct curve_bandit){0};
}

enum status curve_init_bandit(struct curve *c, int rollouts, int actions, int grid_size,
                              int policy_size)
{
    struct curve_bandit *b = &c->bandit;
    struct bandit_array array[ARRAYS];
    curve_free_bandit(b);
    *b = (struct curve_bandit){.rollouts = rollouts,
                               .actions = actions,
                               .grid_size = grid_size,
                               .policy_size = policy_size};
    list_arrays(b, array);
    b->gradient_steps = calloc(rollouts > 0 ? (size_t)rollouts : 1, sizeof *b->gradient_steps);
    bool made = b->gradient_steps != NULL;
    for (int i = 0; i < ARRAYS; i++) {
        size_t n = length_of(&array[i]);
        double *x = *array[i].data = malloc((n > 0 ? n : 1) * sizeof *x);
        made = made && x != NULL;
        for (size_t k = 0; x != NULL && k < n; k++)
            x[k] = (double)NAN;
    }
    if (made)
        return STATUS_OK;
    curve_free_bandit(b);
    return curve_no_memory();
}

enum status curve_write_bandit(const struct curve *c, const struct h5 *f)
{
    struct curve_bandit b = c->bandit;
    struct bandit_array arrays[ARRAYS];
    size_t P = (size_t)b.rollouts;
    list_arrays(&b, arrays);
    TRY(h5_write(f, "bandit/gradient_steps", H5T_STD_I64LE, H5T_NATIVE_INT64, 1, &P, 0,
                 b.gradient_steps));
    for (int i = 0; i < ARRAYS; i++) {
        char name[64];
        snprintf(name, sizeof name, "bandit/%s", arrays[i].name);
        TRY(h5_write_double(f, name, arrays[i].cols > 0 ? 2 : 1,
                            (size_t[]){arrays[i].rows, arrays[i].cols}, *arrays[i].data));
    }
    return STATUS_OK;
}

enum status curve_read_bandit(struct curve *c, const struct h5 *f)
{
    size_t actions[H5_MAX_RANK], critic[H5_MAX_RANK], policy[H5_MAX_RANK];
    TRY(curve_matrix_shape(f, "bandit/action", actions));
    TRY(curve_matrix_shape(f, "bandit/critic", critic));
    TRY(curve_matrix_shape(f, "bandit/policy", policy));
    TRY(curve_check_size(f, "bandit/critic", actions[0] * critic[1], CURVE_NUMBERS_MOST));
    TRY(curve_check_size(f, "bandit/policy", actions[0] * policy[1], CURVE_NUMBERS_MOST));
    TRY(curve_check_memory(c, f,
                           sizeof(double) * (2 * actions[0] * actions[1] + actions[0] * critic[1] +
                                             actions[0] * policy[1] + critic[1] + policy[1])));
    TRY(curve_init_bandit(c, (int)actions[0], (int)actions[1], (int)critic[1], (int)policy[1]));
    struct bandit_array arrays[ARRAYS];
    list_arrays(&c->bandit, arrays);
    TRY(h5_read(f, "bandit/gradient_steps", H5T_NATIVE_INT64, actions[0],
                c->bandit.gradient_steps));
    for (int i = 0; i < ARRAYS; i++) {
        char name[64];
        snprintf(name, sizeof name, "bandit/%s", arrays[i].name);
        TRY(h5_read_double(f, name, length_of(&arrays[i]), *arrays[i].data));
    }
    return STATUS_OK;
}

enum status curve_compare_bandit(const struct curve *a, const struct curve *b)
{
    struct curve_bandit x = a->bandit, y = b->bandit;
    struct bandit_array p[ARRAYS], q[ARRAYS];
    list_arrays(&x, p);
    list_arrays(&y, q);
    if (x.rollouts != y.rollouts || x.actions != y.actions || x.grid_size != y.grid_size ||
        x.policy_size != y.policy_size)
        return status_fail(STATUS_FORMAT, "the arrays of 'bandit' have different shapes");
    if (x.rollouts > 0 && memcmp(x.gradient_steps, y.gradient_steps,
                                 (size_t)x.rollouts * sizeof *x.gradient_steps) != 0)
        return status_fail(STATUS_FORMAT, "'bandit/gradient_steps' differs");
    for (int i = 0; i < ARRAYS && x.rollouts > 0; i++) {
        for (size_t j = 0; j < length_of(&p[i]); j++) {
            if (!curve_same_number((*p[i].data)[j], (*q[i].data)[j]))
                return status_fail(STATUS_FORMAT, "'bandit/%s' differs at %zu", p[i].name, j);
        }
    }
    return STATUS_OK;
}
