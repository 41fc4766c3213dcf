/* Shared by learner.c and the families (learner_dt.c, learner_pdt.c, learner_mlp.c,
 * learner_sac.c). */
#ifndef ENGINE_METHODS_LEARNER_IMPL_H
#define ENGINE_METHODS_LEARNER_IMPL_H

#include "engine/methods/learner.h"
#include "engine/nn/params.h"

enum { LEARNER_NETWORKS = 2 };
struct network;

/* A family of learners: one file, one row of learner_table. A family's struct begins with a
 * struct learner. */
struct learner_ops {
    const char *name; /* value of the key `actor` */
    size_t size; /* of its struct, which comes zeroed with the settings in its struct learner */
    enum status (*set_up)(struct learner *l); /* after an error, tear_down follows */
    void (*tear_down)(struct learner *l);     /* frees what set_up has made, also part of it */
    enum status (*begin)(struct learner *l, enum learner_phase phase); /* NULL: nothing to do */
    int64_t (*batches)(const struct learner *l, int64_t updates);      /* NULL: one an update */
    enum status (*train)(struct learner *l, const struct learner_data *data, int64_t batches,
                         struct learner_stats *stats);
    enum status (*act)(struct learner *l, const struct act_context context[], int n,
                       enum act_mode mode, bool frozen, const float *noise, float *action,
                       float *log_prob);
    enum status (*visit)(struct learner *l, struct visitor *v);
    size_t (*memory)(const struct learner *l);
    int (*networks)(struct learner *l, struct network *out[LEARNER_NETWORKS]); /* acting's */
    const char *training_only; /* what tensors of those are called that acting does not read, the
                                  beginning; NULL: it reads all */
    void (*taken)(struct learner *l, enum learner_phase phase); /* learner_take_tensors; or NULL */
    int (*layers)(const struct learner *l, struct learner_layer out[]); /* NULL: no plain layers */
    bool has_spread; /* `layers` lists that of the log standard deviation behind the others */
};

extern const struct learner_ops learner_dt, learner_pdt, learner_mlp, learner_sac;
extern const struct learner_ops *const learner_table[];
extern const int learner_count;

/* The first member of every family's struct. */
struct learner {
    const struct learner_ops *ops;
    struct hyper hyper;
    int S, A;
    uint64_t run;
    const struct normalizer *normalizer;
    void (*tick)(void *context, enum learner_stage stage);
    void *context;
    int32_t phase;   /* enum learner_phase */
    int64_t batches; /* drawn so far: step of RNG_BATCH and of the noise of critic updates */
    int64_t updates; /* actor updates so far: step of RNG_DROPOUT, RNG_POLICY_SAMPLE */
};

/* What computes the products of its networks. */
enum product learner_product(const struct hyper *h);

/* Combine each metric by its kind; NaN where nothing was added. `out` may be NULL. */
void stats_finish(const struct stats_sum *s, struct learner_stats *out);

static inline void learner_tick(const struct learner *l, enum learner_stage stage)
{
    if (l->tick != NULL)
        l->tick(l->context, stage);
}

/* STATUS_NONFINITE, naming the loss, if it is not finite. */
enum status learner_check_loss(double loss, const char *what, int64_t update);

#endif
