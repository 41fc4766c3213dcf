/* Compiled models against the facts in models/NAME.json: every array there, 1e-10 relative.
 *
 * Equivalent are: quaternions of either sign, positions of slide joints, mass properties of bodies
 * that cannot move. Files that give body.parent (Adroit) have their bodies matched by name, the
 * others by index. Layout: the facts' README. */
#ifndef TESTS_SUPPORT_MODEL_FACTS_H
#define TESTS_SUPPORT_MODEL_FACTS_H

#include <mujoco/mujoco.h>

/* Skips the running test when the file is absent; fails naming array and element. */
void model_facts_check(const mjModel *m, const char *name);

/* Body masses and inertias against body_exact_capsule instead: what --inertia exact makes. */
void model_facts_check_exact_inertia(const mjModel *m, const char *name);

#endif
