#include "engine/methods/learner_impl.h"

#include "engine/base/team.h"
#include "engine/methods/network.h"
#include "engine/nn/kernel.h"
#include "engine/nn/matmul.h"
#include "engine/nn/transformer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
const struct learner_ops *const learner_table[] = {
    &learner_dt,
    &learner_pdt,
    &learner_mlp,
    &learner_sac,
};
/* clang-format on */
const int learner_count = sizeof learner_table / sizeof learner_table[0];

const char *learner_kernel(void)
{
    return kernel_path_name(kernel_path());
}

enum product learner_product(const struct hyper *h)
{
    if (h->precision != HYPER_precision_f32)
        return h->precision == HYPER_precision_bf16 ? PRODUCT_BF16 : PRODUCT_BF16_AMX;
    return h->product == HYPER_product_own ? PRODUCT_F32 : PRODUCT_BLAS;
}

enum status learner_new(const struct learner_spec *spec, struct learner **out)
{
    *out = NULL;
    TRY(hyper_check(spec->hyper));
    TRY(kernel_check());
    for (int i = 0; i < learner_count; i++) {
        const struct learner_ops *ops = learner_table[i];
        if (strcmp(ops->name, hyper_word(spec->hyper, "actor")) != 0)
            continue;
        struct learner *l = calloc(1, ops->size);
        if (l == NULL)
            return status_fail(STATUS_MEMORY, "no memory for a learner");
        *l = (struct learner){.ops = ops,
                              .hyper = *spec->hyper,
                              .S = spec->S,
                              .A = spec->A,
                              .run = spec->run,
                              .normalizer = spec->normalizer,
                              .tick = spec->tick,
                              .context = spec->context};
        enum status result = ops->set_up(l);
        if (result == STATUS_OK)
            *out = l;
        else
            learner_delete(l);
        return result;
    }
    return status_fail(STATUS_CONFIG, "actor = %s: no learner of that name trains on datasets",
                       hyper_word(spec->hyper, "actor"));
}

int learner_threads(const struct hyper *h)
{
    if (h->actor != HYPER_actor_dt && h->actor != HYPER_actor_pdt)
        return 1;
    double windows = (double)h->batch_size, rows = windows * (3 * (double)h->T_train - 1);
    int lanes = 1;
    while (2 * lanes <= LANES_MAX && rows >= 2.0 * lanes * LANES_ROWS && 2 * lanes <= windows)
        lanes *= 2;
    rows = rows / lanes < TRANSFORMER_BLOCK_ROWS ? rows / lanes : TRANSFORMER_BLOCK_ROWS;
    double tasks = rows * 4 * (double)h->embed_dim * (double)h->embed_dim / MATMUL_WORTH;
    double most = lanes * (tasks > 1 ? floor(tasks) : 1);
    return most < TEAM_MOST ? (int)most : TEAM_MOST;
}

void learner_delete(struct learner *l)
{
    if (l == NULL)
        return;
    l->ops->tear_down(l);
    free(l);
}

enum status learner_begin(struct learner *l, enum learner_phase phase)
{
    if (l->ops->begin != NULL)
        TRY(l->ops->begin(l, phase));
    l->phase = (int32_t)phase;
    return STATUS_OK;
}

enum status learner_train(struct learner *l, const struct learner_data *data, int64_t batches,
                          struct learner_stats *stats)
{
    enum status result = l->ops->train(l, data, batches, stats);
    learner_tick(l, STAGE_OTHER);
    return result;
}

int64_t learner_batches(const struct learner *l, int64_t updates)
{
    return l->ops->batches != NULL ? l->ops->batches(l, updates) : updates;
}

int64_t learner_updates(const struct learner *l)
{
    return l->updates;
}

enum status learner_act(struct learner *l, const struct act_context context[], int n,
                        enum act_mode mode, bool frozen, const float *noise, float *action,
                        float *log_prob)
{
    TRY(l->ops->act(l, context, n, mode, frozen, noise, action, log_prob));
    for (int i = 0; i < n * l->A; i++) {
        if (!isfinite(action[i]))
            return status_fail(STATUS_NONFINITE,
                               "the policy's action %d is %g after %lld updates; the run diverged",
                               i % l->A, (double)action[i], (long long)l->updates);
    }
    return STATUS_OK;
}

enum status learner_visit(struct learner *l, struct visitor *v)
{
    TRY(visit_int32s(v, "phase", &l->phase, 1));
    TRY(visit_count(v, "batches", &l->batches, 0));
    TRY(visit_count(v, "updates", &l->updates, 0));
    return l->ops->visit(l, v);
}

static bool is_training_only(const struct learner *l, const char *name)
{
    const char *beginning = l->ops->training_only;
    return beginning != NULL && strncmp(name, beginning, strlen(beginning)) == 0;
}

bool learner_tensor(struct learner *l, int i, struct learner_tensor *out)
{
    struct network *network[LEARNER_NETWORKS];
    int networks = l->ops->networks(l, network);
    for (int n = 0; n < networks; n++) {
        const struct layout *layout = network[n]->layout;
        for (int k = 0; k < layout->count; k++) {
            const struct view *v = &layout->views[k];
            if (is_training_only(l, v->name) || i-- > 0)
                continue;
            *out = (struct learner_tensor){v->name, v->rows, v->cols,
                                           network[n]->current.value + v->offset};
            return true;
        }
    }
    return false;
}

void learner_take_tensors(struct learner *l, enum learner_phase phase)
{
    struct network *network[LEARNER_NETWORKS];
    int networks = l->ops->networks(l, network);
    for (int n = 0; n < networks; n++)
        network_pack(network[n]);
    l->phase = (int32_t)phase;
    if (l->ops->taken != NULL)
        l->ops->taken(l, phase);
}

int learner_layers(const struct learner *l, struct learner_layer out[LEARNER_LAYERS])
{
    return l->ops->layers != NULL ? l->ops->layers(l, out) : 0;
}

bool learner_has_spread(const struct learner *l)
{
    return l->ops->has_spread;
}

size_t learner_memory(const struct learner *l)
{
    return l->ops->memory(l);
}
