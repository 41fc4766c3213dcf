#include "harness/sweep/cost.h"

#include "harness/run/run.h"
#include "suites/dataset_table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of one ordinary core: only their ratio matters once something has been measured. */
static const double FLOPS = 5e10;

/* Weights of the actor, and tokens of one segment. */
static double actor_weights(const struct hyper *h, double *tokens)
{
    if (h->family == HYPER_family_dt) {
        *tokens = 3.0 * (double)h->T_train;
        return 12.0 * (double)(h->embed_dim * h->embed_dim * h->n_layer);
    }
    *tokens = 1;
    return (double)(h->mlp_hidden * h->mlp_hidden) * (double)h->mlp_hidden_layers;
}

struct cost_work cost_count(const struct hyper *h, const struct env_kind *kind)
{
    double tokens, weights = actor_weights(h, &tokens);
    bool mlp = h->buffer_unit == HYPER_buffer_unit_transitions;
    bool critic = h->rl_gradient != HYPER_rl_gradient_none;
    double interval = critic ? (double)h->actor_update_interval : 1;
    double episode = fmax(kind->time_limit, 1) / 2.0;
    double per_iteration = fmax((double)h->min_transitions_per_iter, episode);
    struct cost_work w = {.steps = (double)h->stop_transitions, .interval = interval};

    w.iterations = w.steps / per_iteration;
    if (hyper_applies(h, "max_online_iters") && h->max_online_iters > 0)
        w.iterations = fmin(w.iterations, (double)h->max_online_iters);
    w.updates = (double)h->pretrain_actor_steps +
                (mlp ? w.steps * h->updates_per_transition / interval
                     : w.iterations * (double)h->actor_updates_per_iter);
    /* A forward pass of the encoder, 2 of an update's 5 tokens a step; an update takes three times
     * a forward pass. */
    if (h->actor == HYPER_actor_pdt)
        w.before_online = (double)h->pdt_return_steps * (2.0 / 5) / 3;
    double evaluations = h->eval_every_unit == HYPER_eval_every_unit_iterations
                             ? w.iterations / (double)h->eval_every
                             : w.steps / (double)h->eval_every;
    w.evaluated = (1 + evaluations) * (double)h->eval_episodes * kind->time_limit;

    double batch = (double)h->batch_size;
    /* 6 flops a weight and token: 2 forward, 4 backward. */
    w.actor_flops = 6 * weights * tokens * batch;
    if (critic)
        w.critic_flops = 12.0 * (double)(h->critic_hidden * h->critic_hidden) *
                         (double)h->critic_hidden_layers * batch * fmax(tokens / 3, 1);
    if (critic && !mlp)
        w.critic_flops += 2 * weights * tokens * batch; /* the target's actions */
    w.act_flops = 2 * weights * (mlp ? 1 : 3.0 * (double)h->T_eval);
    return w;
}

static double hint_of(const struct hyper *h, const struct env_kind *kind)
{
    if (kind->suite->run_seconds > 0)
        return kind->suite->run_seconds;
    struct cost_work w = cost_count(h, kind);
    double learning = (w.updates + w.before_online) * w.actor_flops +
                      w.updates * w.interval * w.critic_flops;
    double acted = w.steps + w.evaluated;
    return (learning + acted * w.act_flops) / FLOPS + acted * kind->suite->step_seconds + 0.1;
}

/* Seeds differ in nothing that costs. */
static bool next_seed(const struct matrix_cell *before, const struct matrix_cell *c)
{
    return before->seed == c->seed - 1 && strcmp(before->method, c->method) == 0 &&
           strcmp(before->dataset, c->dataset) == 0;
}

enum status cost_configure(const struct matrix_cell *c, struct hyper *h,
                           const struct env_kind **kind)
{
    struct config_request request;
    matrix_request(c, &request);
    enum status result = run_configure(&request, h);
    if (result != STATUS_OK)
        return status_prefix(result, "cell %d (%s%s%s on %s)", c->number, c->method,
                             c->variant[0] != '\0' ? "@" : "", c->variant, c->dataset);
    *kind = dataset_env(c->dataset);
    return STATUS_OK;
}

enum status cost_init(const struct matrix *m, struct cost *out)
{
    *out = (struct cost){.hint = calloc((size_t)m->cells, sizeof(double)),
                         .seconds = calloc((size_t)m->cells, sizeof(double))};
    enum status result = STATUS_OK;
    if (out->hint == NULL || out->seconds == NULL)
        result = status_fail(STATUS_MEMORY, "no memory for %d cells", m->cells);
    for (int i = 0; i < m->cells && result == STATUS_OK; i++) {
        const struct matrix_cell *c = &m->cell[i];
        if (i > 0 && next_seed(&m->cell[i - 1], c)) {
            out->hint[i] = out->hint[i - 1];
            continue;
        }
        struct hyper h;
        const struct env_kind *kind;
        result = cost_configure(c, &h, &kind);
        if (result == STATUS_OK)
            out->hint[i] = hint_of(&h, kind);
    }
    if (result != STATUS_OK)
        cost_free(out);
    else
        memcpy(out->seconds, out->hint, (size_t)m->cells * sizeof(double));
    return result;
}

void cost_free(struct cost *c)
{
    free(c->hint);
    free(c->seconds);
    *c = (struct cost){.measured = 0};
}

/* Finished cells like one of ours: what they took and what had been counted for them. */
struct group {
    double seconds, hint;
};

static void add_to(struct group *g, double seconds, double hint)
{
    g->seconds += seconds;
    g->hint += hint;
}

static bool is_measured(const struct run_folder *look)
{
    return look->state == FOLDER_DONE && look->seconds > 0;
}

void cost_measure(struct cost *c, const struct matrix *m, const struct run_folder *look)
{
    c->measured = 0;
    for (int i = 0; i < m->cells; i++)
        c->measured += is_measured(&look[i]);
    for (int i = 0; i < m->cells; i++) {
        struct group same = {0, 0}, method = {0, 0}, all = {0, 0};
        if (is_measured(&look[i])) {
            c->seconds[i] = look[i].seconds * look[i].threads;
            continue;
        }
        /* All seeds of a cell are scaled alike. */
        if (i > 0 && !is_measured(&look[i - 1]) && c->hint[i] == c->hint[i - 1] &&
            strcmp(m->cell[i].method, m->cell[i - 1].method) == 0 &&
            strcmp(m->cell[i].dataset, m->cell[i - 1].dataset) == 0) {
            c->seconds[i] = c->seconds[i - 1];
            continue;
        }
        for (int k = 0; k < m->cells && c->measured > 0; k++) {
            if (!is_measured(&look[k]))
                continue;
            double seconds = look[k].seconds * look[k].threads;
            add_to(&all, seconds, c->hint[k]);
            if (strcmp(m->cell[k].method, m->cell[i].method) != 0)
                continue;
            add_to(&method, seconds, c->hint[k]);
            if (dataset_env(m->cell[k].dataset) == dataset_env(m->cell[i].dataset))
                add_to(&same, seconds, c->hint[k]);
        }
        const struct group *g = same.hint > 0 ? &same : method.hint > 0 ? &method : &all;
        c->seconds[i] = c->hint[i] * (g->hint > 0 ? g->seconds / g->hint : 1);
    }
}

size_t cost_memory(const struct matrix_cell *cell)
{
    const struct dataset_entry *entry = dataset_find(cell->dataset);
    const struct env_kind *kind = dataset_env(cell->dataset);
    double rows = 0;
    /* Tiny runs use generated data, of thousands of rows. */
    if (entry != NULL && strcmp(cell->size, "tiny") != 0)
        rows = (double)(entry->rows > entry->paper_transitions ? entry->rows
                                                               : entry->paper_transitions);
    double columns = kind != NULL ? 2.0 * kind->obs_dim + kind->act_dim + 8 : 0;
    return (size_t)(3e8 + rows * columns * sizeof(float));
}
