/* Pictures of a world, drawn off screen by MuJoCo's renderer.
 *
 * The drawing goes through EGL, which is loaded when the first camera opens; nothing else of the
 * program needs it. Looking changes no state of the world.
 *
 * Threads: a camera belongs to the thread that opened it; one at a time. */
#ifndef SUITES_CAMERA_H
#define SUITES_CAMERA_H

#include "engine/base/status.h"
#include "suites/env.h"

#include <stdint.h>

enum { CAMERA_WIDTH = 640, CAMERA_HEIGHT = 480, CAMERA_BYTES = CAMERA_WIDTH * CAMERA_HEIGHT * 3 };

struct camera;

/* For the world of `e` and its clones. Robots that walk are followed; mazes are seen from above.
 * Errors  STATUS_MISSING  no EGL, or this program was built without it; the sentence names the
 *                         packages
 *         STATUS_CONFIG   an environment without physics
 *         STATUS_PHYSICS  MuJoCo's renderer refuses; STATUS_MEMORY */
enum status camera_open(const struct env *e, struct camera **out);
void camera_close(struct camera *c); /* NULL is allowed */

/* rgb (CAMERA_HEIGHT,CAMERA_WIDTH,3), the top row first. Errors STATUS_PHYSICS. */
enum status camera_look(struct camera *c, const struct env *e, uint8_t *rgb);

/* Seconds of the world that a step of it takes. */
double camera_step_seconds(const struct env *e);

#endif
