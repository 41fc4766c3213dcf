/* Driving the decision-transformer learner with a fixture's parameters, batch and noise. */
#ifndef TESTS_SUPPORT_LEARNER_FIXTURE_H
#define TESTS_SUPPORT_LEARNER_FIXTURE_H

#include "engine/methods/rl.h"
#include "tests/support/fixture.h"

/* Hyperparameters that the fixture's cfg_* give (sizes, rates), dropout off, `code` preset's
 * conventions. Set what a test wants to differ before learner_fixture_new. */
struct hyper learner_fixture_hyper(const struct h5 *f);

/* A learner with init/actor, init/actor_target, init/critic, init/critic_target loaded. */
struct dt *learner_fixture_new(const struct h5 *f, const struct hyper *h);

/* The same for a file without a batch. */
struct dt *learner_fixture_new_sized(const struct h5 *f, const struct hyper *h, int S, int A);

/* The arrays of a group ("batch") into d->batch (or d->online). */
void learner_fixture_batch(const struct h5 *f, const char *group, struct batch *b);

/* Noise by site: `names[site]` is a dataset of noise/ or NULL (drawing there fails the test). */
struct noise_names {
    const struct h5 *f;
    const char *name[DRAW_SITES];
};
void learner_fixture_noise(struct dt *d, const struct noise_names *names);

/* Critic parameters and gradients by the published names (l1.., l4.., Q_l1.., V_l1..). */
void expect_critic(const struct h5 *f, const char *group, const struct dt *d, const float *theta,
                   double relative);
/* Change of critic parameters over a step, against the fixture's `group` and init/critic. */
void expect_critic_change(const struct h5 *f, const char *group, const char *before,
                          const struct dt *d, const float *theta);

/* The scalar `name` of the fixture against a metric's sum. */
double stats_mean(const struct stats_sum *s, enum learner_metric metric);

#endif
