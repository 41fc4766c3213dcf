/* Fixtures of the learning side: parameters by view, batches, trajectories. */
#ifndef TESTS_SUPPORT_LEARNING_H
#define TESTS_SUPPORT_LEARNING_H

#include "engine/data/batch.h"
#include "engine/nn/params.h"
#include "tests/support/fixture.h"

/* The published name of a view: writes it to out (FIXTURE_NAME bytes). */
enum { FIXTURE_NAME = 128 };
typedef void fixture_naming(const char *view, char *out);

/* "q1.layer2.weight" <-> "l2.weight", "q2.layer1.bias" <-> "l4.bias", "v.layer1..." <-> "l1...";
 * of the IQL critic "Q_l2.weight", "V_l1.bias"; of the recurrent twin critic
 * "q2.layer1.weight_ih" <-> "Q_2.weight_ih_l0", "q2.output.bias" <-> "l2.bias". */
fixture_naming fixture_critic_name, fixture_iql_critic_name, fixture_recurrent_name;

/* Read every view of the layout from `group`. An absent one fails. */
void fixture_theta(const struct h5 *f, const char *group, const struct layout *l,
                   fixture_naming *naming, float *theta);

/* expect_close for every view; those absent from the file (no gradient, no change) are passed over.
 * At least one must be there. */
void expect_theta(const char *what, const float *got, const struct h5 *f, const char *group,
                  const struct layout *l, fixture_naming *naming, double relative, double absolute);

/* The change got - before must be within `relative` of the tensor's largest change want - before,
 * or within a float's own spacing at the tensor's largest element. */
void expect_change(const char *what, const float *got, const float *before, const struct h5 *f,
                   const char *group, const struct layout *l, fixture_naming *naming,
                   double relative);

/* A batch as the file holds it ("batch", "online_batch"), with next_states, traj_index, start_index
 * where they are. batch_free it. */
struct batch fixture_batch(const struct h5 *f, const char *group);

/* Trajectories "traj/0", "traj/1", ... of a group; each trajectory_free, then free the list. */
struct trajectory *fixture_trajectories(const struct h5 *f, const char *group, int *count);

/* Mean and deviation of "norm". normalizer_free it. */
struct normalizer fixture_normalizer(const struct h5 *f);

#endif
