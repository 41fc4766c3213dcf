/* A film of the first episode, or a strip of pictures of it: a camera, and ffmpeg as a process of
 * its own that gets the frames on its standard input.
 *
 *   *.mp4, *.gif   in the world's time, about 30 frames a second
 *   *.png          eight pictures, evenly over the episode */
#ifndef HARNESS_FILM_H
#define HARNESS_FILM_H

#include "engine/base/status.h"
#include "suites/env.h"

struct film;

/* Errors STATUS_CONFIG (another ending), STATUS_IO (a path too long), STATUS_MEMORY */
enum status film_new(const char *path, struct film **out);
void film_delete(struct film *f); /* NULL is allowed; an unfinished film leaves no file */

/* At the start of episode `number` and after each of its steps, always on one thread. Only
 * episode 0 is filmed. Errors those of camera_open; STATUS_MISSING (no ffmpeg), STATUS_IO. */
enum status film_look(void *film, struct env *e, int number);

/* Write the rest and put the file in its place. Errors STATUS_MISSING, STATUS_IO (ffmpeg's words).
 */
enum status film_finish(struct film *f);

#endif
