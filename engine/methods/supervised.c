/* The supervised part of the actor's loss, ODT's only loss. */
#include "engine/methods/rl.h"

#include <string.h>

/* L = mean over real positions of |ahat - a|^2; `mean` also divides by A (D6). */
static void squared_error_rows(struct dt *d, const struct batch *b, const struct actor_rows *r,
                               double weight, double sum[])
{
    int A = b->A;
    double divisor = (double)(b->valid > 0 ? b->valid : 1);
    if (d->learner.hyper.sup_loss_dims == HYPER_sup_loss_dims_mean)
        divisor *= A;
    float scale = (float)(2.0 * weight / divisor);
    double total = 0;
    for (int i = 0; i < r->rows; i++) {
        if (r->mask[i] == 0)
            continue;
        for (int a = 0; a < A; a++) {
            size_t at = (size_t)i * (size_t)A + (size_t)a;
            float off = r->output[at] - r->action[at];
            total += (double)off * (double)off;
            r->doutput[at] += scale * off;
        }
    }
    sum[SUM_SUPERVISED] += total / divisor;
}

/* L = -(mean over real positions of log pi(a) + flag * temperature * mean over ALL of entropy). */
static void likelihood_rows(struct dt *d, const struct batch *b, const struct actor_rows *r,
                            double weight, double sum[])
{
    int A = b->A;
    size_t rows = (size_t)r->rows, n = rows * (size_t)A;
    double valid = (double)(b->valid > 0 ? b->valid : 1), all = (double)b->B * (double)b->K;
    double temperature = d->learner.hyper.entropy_reg ? dt_temperature(d) : 0;
    size_t mark = arena_mark(r->scratch);
    float *value = arena_take(r->scratch, rows), *slope = arena_take(r->scratch, rows);

    /* Likelihood of the data's actions; padding has no action, so it is masked. */
    if (weight != 0) {
        head_log_prob(r->output, r->log_std, r->u, r->rows, A, value);
        double total = 0;
        for (size_t i = 0; i < rows; i++) {
            total -= r->mask[i] != 0 ? (double)value[i] : 0;
            slope[i] = r->mask[i] != 0 ? (float)(-weight / valid) : 0;
        }
        sum[SUM_SUPERVISED] += total / valid;
        head_log_prob_backward(r->output, r->log_std, r->u, slope, r->rows, A, r->doutput,
                               r->dlog_std, NULL);
    }

    /* Entropy over all positions (D38). It is computed even without the bonus, because the
     * temperature learns from it. */
    if (d->noise[DRAW_ENTROPY] != NULL) {
        float *eps = arena_take(r->scratch, n);
        for (size_t i = 0; i < rows; i++)
            memcpy(eps + i * (size_t)A, d->noise[DRAW_ENTROPY] + (size_t)r->position[i] * (size_t)A,
                   (size_t)A * sizeof *eps);
        head_entropy(r->output, r->log_std, eps, r->rows, A, value);
        double total = 0;
        for (size_t i = 0; i < rows; i++)
            total += (double)value[i];
        sum[SUM_ENTROPY] += total / all;
        sum[SUM_SUPERVISED] -= temperature * total / all;
        if (temperature != 0 && weight != 0) {
            for (size_t i = 0; i < rows; i++)
                slope[i] = (float)(-weight * temperature / all);
            head_entropy_backward(r->output, r->log_std, eps, slope, r->rows, A, r->doutput,
                                  r->dlog_std);
        }
    }
    arena_release(r->scratch, mark);
}

void supervised_rows(struct dt *d, const struct batch *b, const struct actor_rows *r, double weight,
                     double sum[])
{
    if (d->stochastic)
        likelihood_rows(d, b, r, weight, sum);
    else if (weight != 0)
        squared_error_rows(d, b, r, weight, sum);
}

size_t supervised_scratch(const struct dt *d, int rows)
{
    size_t N = (size_t)rows;
    struct arena dry;
    (void)arena_init(&dry, 0);
    if (d->stochastic) {
        arena_take(&dry, N);
        arena_take(&dry, N);
        arena_take(&dry, N * (size_t)d->learner.A);
    }
    return dry.high;
}
