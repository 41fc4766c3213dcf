/* What the four Adroit tasks (adroit_pen.c, _door, _hammer, _relocate) share.
 *
 * A 24-joint hand on a forearm, five substeps of 2 ms a step. Three things hold for all of them:
 *
 *   - Actions are clipped to [-1,1] and stretched to each actuator's ctrlrange.
 *   - Nothing is recomputed after the substeps: mj_step ends with the integration, so observations
 *     and rewards combine the new qpos and qvel with xpos, xquat, site_xpos and sensordata of the
 *     state before the last substep. D4RL's data were made that way.
 *   - A reset writes into mjModel (body_pos, body_quat or site_pos), so an instance owns its model.
 *     mj_setConst is not called after it: derived constants stay those of the file.
 *
 * Lengths in metres, angles in radians. Source: docs/environments.md 4; fixtures
 * env_adroit_*.h5. */
#ifndef SUITES_ADROIT_H
#define SUITES_ADROIT_H

#include "suites/env_impl.h"

enum { ADROIT_HAND = 24 }; /* joints and motors of the hand */

struct adroit_object { /* an object whose index a task needs: e->id[i] is that of row i */
    mjtObj type;
    const char *name;
};

/* env_ops.model: the embedded file named by kind->variant. */
enum status adroit_model(const struct env_kind *kind, struct physics_files *files);

/* Look up `count` objects into e->id. Errors STATUS_MISSING. */
enum status adroit_find(struct env *e, const struct adroit_object *objects, int count);

/* Clip, stretch to the ctrlranges, simulate one step. Errors STATUS_PHYSICS. */
enum status adroit_act(struct env *e, const double *action);

/* World position of body or site e->id[i] (3), as old as described above. */
const double *adroit_body(const struct env *e, int i);
const double *adroit_site(const struct env *e, int i);

/* out = a - b, and |a - b|. */
void adroit_subtract(const double a[3], const double b[3], double out[3]);
double adroit_distance(const double a[3], const double b[3]);

/* Sum of squares of all joint velocities. */
double adroit_speed_squared(const struct env *e);

/* Uniform on [low, high). */
double adroit_uniform(struct rng *rng, double low, double high);

/* Angles of a rotation as the hammer's observation has them (fixture quat_to_euler): negated
 * extrinsic angles, and (0, y, z) where the middle one is a right angle. `quat` need not be a unit.
 */
void adroit_quat_to_euler(const double quat[4], double euler[3]);

/* Rotation about x by euler[0], about the new y by euler[1], about the new z by euler[2]
 * (fixture euler_to_quat). */
void adroit_euler_to_quat(const double euler[3], double quat[4]);

extern const struct env_ops adroit_pen_ops;
extern const struct env_ops adroit_door_ops;
extern const struct env_ops adroit_hammer_ops;
extern const struct env_ops adroit_relocate_ops;

#endif
