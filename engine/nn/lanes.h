/* Lanes: distribute a batch over threads so that their number cannot change a bit.
 *
 * A batch is a list of items (windows, transitions). It is cut into a few lanes of consecutive
 * items; the cut depends on the items only. One thread leads a lane from its first item to its
 * last. Each lane has its own gradient vector, and the vectors are added in lane order. So every
 * sum has a fixed order, and all elementwise work is parallel for free.
 *
 * With more threads than lanes the others help (team.h): kernels share their products and their
 * loops over rows or columns where no bit depends on the cut. So up to TEAM_MOST threads are of
 * use.
 *
 * A batch of few rows is one lane: a second gradient vector would cost more memory traffic than the
 * thread is worth. There products are cut in two tiles whatever the number of threads (matmul.h).
 *
 *   TRY(lanes_init(&l, layout.size, scratch_bytes));
 *   int n = lanes_split(B, rows, spans);
 *   lanes_run(&l, n, spans, body, &context);       body adds to its lane's dtheta
 *   TRY(lamb_step(..., l.dtheta, n, ...));            adds the lanes' gradients in lane order
 *
 * Lanes share const inputs only. Results that are not gradients (losses) belong in an array indexed
 * by lane, summed by the caller in lane order. */
#ifndef ENGINE_NN_LANES_H
#define ENGINE_NN_LANES_H

#include "engine/base/team.h"

#include <stddef.h>

enum {
    LANES_MAX = TEAM_LEADERS, /* lanes of a batch */
    LANES_ROWS = 512          /* least number of rows for a separate lane */
};

struct span { /* items first .. first + count - 1 */
    int first, count;
};

struct lanes {
    int workers;                     /* threads used at most: min(threads_count(), TEAM_MOST) */
    size_t gradient;                 /* floats of a gradient vector, 0: none */
    float *dtheta[LANES_MAX];        /* (gradient) each; untouched ones cost no memory */
    struct arena scratch[TEAM_MOST]; /* one per worker, those that only help touch its beginning;
                                      * size 0 if the caller has its own */
};

/* Reserve gradient vectors and one scratch arena of `scratch` bytes per thread.
 * Errors STATUS_MEMORY. */
enum status lanes_init(struct lanes *l, size_t gradient, size_t scratch);
void lanes_free(struct lanes *l);

/* Bytes reserved. */
size_t lanes_memory(const struct lanes *l);

/* Cut items 0..count-1 into lanes of about equal work, in order; rows[i] is the work of item i in
 * rows of a GEMM (NULL: one each). Returns how many lanes: 1, 2 or 4, fewer when the whole batch
 * has few rows. No lane is empty unless count is 0. */
int lanes_split(int count, const int *rows, struct span out[LANES_MAX]);

/* Work of one lane: add its gradient to dtheta (NULL when there is none). `scratch` is empty and
 * is emptied afterwards. Runs on any thread, which leads a team (team.h). */
typedef void lanes_body(void *context, int lane, struct span items, float *dtheta,
                        struct arena *scratch);

/* Zero the gradients of lanes 0..count-1 and run `body` once for each, on up to `workers`
 * threads. */
void lanes_run(struct lanes *l, int count, const struct span spans[], lanes_body *body,
               void *context);

#endif
