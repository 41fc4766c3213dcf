/* MuJoCo: the only place that calls it, but for the renderer (camera.c).
 *
 * A compiled model is read-only and shared by reference count; an instance adds its own mjData
 * (and, where resets write into the model, its own mjModel). Environments read and write the arrays
 * of both directly and call the functions below for everything else.
 *
 * MuJoCo's fatal errors never end the process, and a diverged simulation is STATUS_PHYSICS instead
 * of a warning in a file; an instance that failed must be reset before it can be used again.
 * Written for 2.1.0 to 3.x; see the version notes in physics.c.
 *
 * Threads: any number of instances at once, one thread each. */
#ifndef SUITES_PHYSICS_H
#define SUITES_PHYSICS_H

#include "engine/base/status.h"

#include <mujoco/mujoco.h>
#include <stdbool.h>

enum { PHYSICS_FILES = 4 };

/* Files of one model. All embedded files of suites/models can be <include>d without being listed;
 * texts made in code (a maze's walls) are listed here. */
struct physics_files {
    int count;
    struct {
        const char *name; /* as in <include file="..."/> */
        char *text;       /* freed with the list; NULL: the embedded file of that name */
    } file[PHYSICS_FILES];
};

/* Append a file (the first is the main one); takes over `text`. */
void physics_add_file(struct physics_files *files, const char *name, char *text);
void physics_free_files(struct physics_files *files);

struct physics_world; /* a compiled model and its reference count */

struct physics {
    struct physics_world *world;
    mjModel *model; /* the world's, not to be written; or this instance's own copy */
    mjData *data;
    bool own_model;
};

/* Compile. exact_inertia: drop every <inertial>, so that MuJoCo weighs the geometry.
 * Errors  STATUS_MISSING (no such embedded file), STATUS_FORMAT (MuJoCo's message), STATUS_MEMORY,
 *         STATUS_CONFIG (header and library are of different versions) */
enum status physics_compile(const struct physics_files *files, bool exact_inertia,
                            struct physics_world **out);
void physics_world_release(struct physics_world *w); /* NULL is allowed */

/* A new instance; holds a reference on the world. Errors STATUS_MEMORY. */
enum status physics_open(struct physics_world *w, bool own_model, struct physics *out);
void physics_close(struct physics *p);

/* The model as it was compiled, whatever resets have since written into this instance's copy. */
const mjModel *physics_original(const struct physics *p);

/* Index of a named object. Errors STATUS_MISSING. */
enum status physics_find(const struct physics *p, mjtObj type, const char *name, int *id);

/* mj_resetData: qpos0, zero velocity, zero time, nothing remembered. */
void physics_reset(struct physics *p);

/* Normalise quaternions, then mj_forward: all derived quantities of the present state.
 * (Old versions normalise qpos in mj_forward, new ones do not: so do it here.)
 * Errors STATUS_PHYSICS. */
enum status physics_forward(struct physics *p);

/* `substeps` times mj_step, nothing after it: positions of bodies and sites are those before the
 * last substep's integration. Errors STATUS_PHYSICS. */
enum status physics_step(struct physics *p, int substeps);

/* Fill data->cfrc_ext for the present state (mj_rnePostConstraint). Errors STATUS_PHYSICS. */
enum status physics_contact_forces(struct physics *p);

/* Run work(context) where MuJoCo's fatal errors lead back here; then its message is kept for
 * status_sentence() behind `what`. For calls that the functions above do not make. Errors
 * STATUS_PHYSICS. */
enum status physics_guarded(void (*work)(void *context), void *context, const char *what);

/* "2.2.2" */
const char *physics_version(void);

#endif
