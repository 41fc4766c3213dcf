/* Configuration of one run, from small INI files; each number stands in one place.
 *
 *   hyper.def defaults  <  presets/PRESET/datasets.ini  <  presets/PRESET/METHOD.ini [method]
 *                       <  its [pattern] sections       <  --size  <  --set key=value
 *
 * A section's name is `*`, a suite ("adroit"), or a pattern on dataset ids ("antmaze-medium-*");
 * within a file later sections win. `does_not_apply = a b c` marks keys the method has no use for.
 * METHOD may also be a path to an INI file of one's own. */
#ifndef HARNESS_CONFIG_H
#define HARNESS_CONFIG_H

#include "engine/base/nearest.h"
#include "engine/base/status.h"
#include "engine/methods/hyper.h"

#include <stdbool.h>

enum { CONFIG_NAME = 96, CONFIG_OVERRIDES = 64 };

/* What names a run. */
struct config_request {
    const char *preset;    /* "paper" or "code" */
    const char *method;    /* id of a preset file, or path of one */
    const char *dataset;   /* id; patterns are matched against it */
    const char *env;       /* of the data; NULL: as its name or its file says */
    const char *data;      /* folder of datasets; NULL: as dataset_locate looks */
    char own[CONFIG_NAME]; /* the id of own data that is not named after its environment */
    const char *suite;     /* "mujoco", "adroit", "antmaze", "maze2d", "bandit" */
    const char *size;      /* "paper", "small", "tiny" (config_sizes) */
    const char *set[CONFIG_OVERRIDES]; /* "key=value" */
    int sets;
};

/* Is a method named by the path of its file (`mine.ini`, `methods/mine`)? And that path without
 * "./" before it: one file has one name, wherever it is written. */
bool config_is_file(const char *method);
const char *config_plain(const char *method);

/* Fill `h`. Errors STATUS_CONFIG naming file, line or option and the nearest known name;
 * STATUS_IO when a method file of one's own cannot be read. */
enum status config_load(const struct config_request *r, struct hyper *h);

/* Apply one "key=value". */
enum status config_override(struct hyper *h, const char *assignment);

/* Put one "key=value" behind those of the request; the text is kept. Errors STATUS_CONFIG: too
 * many.
 */
enum status config_add_set(struct config_request *r, const char *assignment);

/* Canonical text: `key = value` lines in the order of hyper.def, "-" where a key does not apply.
 * For free(). Errors STATUS_MEMORY. */
enum status config_text(const struct hyper *h, char **out);

/* What is recorded with a run, and whose SHA-256 tells configurations apart: the same without the
 * keys that came later (HYPER_LATER) where they have their default, so that a version which has
 * more keys recognises what earlier ones recorded. For free(). Errors STATUS_MEMORY. */
enum status config_identity(const struct hyper *h, char **out);

/* The settings that config_text or config_identity wrote. Errors STATUS_CONFIG: a line that this
 * program does not understand. */
enum status config_read_text(const char *text, struct hyper *h);

/* Names for listings and for "did you mean": the i-th method id of a preset, NULL past the end. */
const char *config_method(const char *preset, int i);
bool config_is_preset(const char *name);

/* The method of a preset that is most like `name`. */
struct nearest config_nearest_method(const char *preset, const char *name);

/* Fixed reductions of the networks and budgets, so that results of one size can be compared. */
struct config_size {
    const char *name;
    const char *help;
    const char *const *set; /* "key=value" ..., NULL */
};
extern const struct config_size config_sizes[];
extern const int config_size_count;

#endif
