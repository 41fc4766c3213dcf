/* The PDT learner: a transformer policy conditioned on a latent future z (docs/methods.md 15).
 *
 *   future encoder   tokens (state, action) of the K steps after the segment, read at the action
 *                    -> posterior q_t = Normal(z), one for each step t of the segment
 *   prior            p_t from relu(embed_state(s_t))
 *   policy           tokens (state, z, action) of the segment, read at z -> squashed Gaussian
 *   return head      Normal over kappa * return-to-go from relu[embed_state(s_t), embed_z(z_t)]
 *
 *   z_t  = mu_q + sigma_q xi,  0 on padding
 *   loss = NLL - lambda H + kl KL(q || N(0,I)) + KL(stopgrad q || p)  [+ NLL of the return, online]
 *
 * NLL and return are means over real steps, the KLs over real steps and dimensions, the entropy
 * over all steps, as in ODT. The return head has a separate vector: in pretraining it gets no
 * gradient, so neither LAMB's decay nor its step count may affect it.
 *
 * Online, in this order: warm-up rollouts with z ~ p (the harness), pdt_return_steps Adam steps on
 * the return head alone, then joint updates; from then on acting samples pdt_samples candidates of
 * z and takes the one with the highest predicted mean return.
 *
 * For learner_pdt.c (set-up, state, training), pdt_update.c (the losses) and pdt_act.c. */
#ifndef ENGINE_METHODS_LEARNER_PDT_H
#define ENGINE_METHODS_LEARNER_PDT_H

#include "engine/data/batch.h"
#include "engine/methods/learner_impl.h"
#include "engine/methods/network.h"
#include "engine/nn/gaussian.h"
#include "engine/nn/head.h"
#include "engine/nn/transformer.h"

/* Sites at which standard normals are drawn. Latents come from RNG_LATENT at number * 4 + site. */
enum pdt_site {
    PDT_LATENT_TRAIN,    /* xi of the posterior (B,K,Z); number = update */
    PDT_LATENT_RETURN,   /* the same while the return head is prepared; number = its step */
    PDT_LATENT_ROLLOUT,  /* candidates when acting; number = act_context.stream */
    PDT_LATENT_EVALUATE, /* the same in evaluation */
    PDT_ENTROPY,         /* (B,K,A), from RNG_POLICY_SAMPLE */
};

/* The parts of the loss of one update. */
struct pdt_losses {
    double nll, entropy;
    double kl_unit;  /* KL(q || N(0,I)) */
    double kl_prior; /* KL(q || p) */
    double returns;  /* NLL of the return head; 0 in pretraining */
    double total;
};

/* Values at each step of the last update (B,K,...). */
struct pdt_values {
    float *z, *dz;                           /* (B,K,Z) */
    float *posterior_mu, *posterior_log_std; /* (B,K,Z) */
    float *prior_mu, *prior_log_std;         /* (B,K,Z) */
    float *action_mu, *action_log_std;       /* (B,K,A) */
    float *return_mu, *return_log_std;       /* (B,K) */
    float *latent_noise;                     /* (B,K,Z) */
    float *entropy_noise;                    /* (B,K,A) */
};

struct pdt {
    struct learner learner; /* first */
    int Z;

    struct layout layout;               /* everything but the return head */
    struct transformer policy, encoder; /* names "...", "future...." */
    struct head_gaussian action;        /* "head" */
    struct gaussian posterior, prior;   /* "future.z", "prior" */
    struct layout return_layout;        /* the return head */
    struct gaussian returns;            /* "return" */
    struct network net;         /* its lanes hold the return head's gradient after their own */
    struct network return_net;  /* LAMB, online only; its lanes serve acting and preparation */
    struct moments return_adam; /* Adam during its preparation, empty otherwise */
    struct adam_scalar log_temperature;
    int32_t return_ready; /* the return head is prepared: acting uses it to choose z */

    struct batch batch, future;
    struct pdt_values value;
    float *memory;    /* of value */
    int *window_rows; /* work of each window (or environment), for lanes_split */
    int window_room;
    struct pdt_losses losses;  /* of the last update */
    struct step_report report; /* of its step */

    /* acting: the last T_eval steps of n environments */
    float *act_state, *act_latent, *act_action; /* (n,E,S), (n,E,Z), (n,E,A) */
    float *act_mu, *act_log_std;                /* (n,A) */
    int *act_length;                            /* (n) */
    int act_room;

    /* Replaces the random stream in tests: fill out (n) for a site. */
    void (*given_noise)(const void *context, enum pdt_site site, float *out, size_t n);
    const void *noise_context;
};

static inline struct pdt *pdt_of(struct learner *l)
{
    return (struct pdt *)l; /* struct learner is its first member */
}

/* Standard normals (n) of a site. */
void pdt_draw(const struct pdt *d, enum pdt_site site, uint64_t number, float *out, size_t n);

/* Make room in window_rows. Errors STATUS_MEMORY. */
enum status pdt_make_windows(struct pdt *d, int count);

/* --- pdt_update.c -------------------------------------------------------------------------- */

/* Bytes of scratch of one lane: of an update, and of preparing the return head. */
size_t pdt_update_scratch(const struct pdt *d);
size_t pdt_return_scratch(const struct pdt *d);

/* One update on d->batch and d->future; `joint`: also train the return head.
 * Errors STATUS_NONFINITE: nothing has changed. */
enum status pdt_update(struct pdt *d, bool joint);

/* The last part of pdt_update: a LAMB step on all parameters that have a gradient in the first
 * `lanes` lanes, clipped by the joint norm. Errors as pdt_update. */
enum status pdt_step(struct pdt *d, int lanes, bool joint);

/* One Adam step on the return head alone, number `step`, on d->batch and d->future; *loss is its
 * NLL. Errors as pdt_update. */
enum status pdt_return_update(struct pdt *d, int64_t step, double *loss);

/* --- pdt_act.c ------------------------------------------------------------------------------ */

size_t pdt_act_scratch(const struct pdt *d);
enum status pdt_act(struct learner *l, const struct act_context context[], int n,
                    enum act_mode mode, bool frozen, const float *noise, float *action,
                    float *log_prob);
void pdt_act_free(struct pdt *d);

#endif
