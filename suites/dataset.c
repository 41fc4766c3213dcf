#include "suites/dataset.h"

#include "engine/base/guard.h"
#include "suites/dataset_impl.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { LOOK_SECONDS = 600 }; /* of CPU time: ends an endless loop, never a large file */

const char *dataset_kind_name(enum dataset_kind kind)
{
    static const char *const name[] = {
        [DATASET_D4RL] = "d4rl", [DATASET_GENERATED] = "generated",
        [DATASET_DEV] = "dev",   [DATASET_MINARI] = "minari",
        [DATASET_OWN] = "own",
    };
    return name[kind];
}

struct dataset_options dataset_defaults(void)
{
    return (struct dataset_options){.reward_div = 1, .singles_kept = DATASET_ALL_SINGLES};
}

static enum status check_options(const struct dataset_options *o)
{
    if (!isfinite(o->reward_div) || o->reward_div <= 0 || !isfinite(o->reward_shift))
        return status_fail(STATUS_CONFIG,
                           "reward_div is %g and reward_shift %g; they must be finite, and "
                           "reward_div above 0",
                           o->reward_div, o->reward_shift);
    if (o->delay < 0 || o->singles_kept < DATASET_ALL_SINGLES)
        return status_fail(STATUS_CONFIG,
                           "the reward delay is %d and singles_kept %d; 0 or more are expected",
                           o->delay, o->singles_kept);
    return STATUS_OK;
}

/* --- identity ------------------------------------------------------------------------------------
 */

/* "data/hopper-random-dev.hdf5" -> "hopper-random-dev"; a Minari folder or file -> its path's last
 * telling part. */
static void bare_name(const char *path, char out[DATASET_ID])
{
    char text[FILE_PATH];
    snprintf(text, sizeof text, "%s", path);
    for (;;) {
        size_t n = strlen(text);
        while (n > 1 && text[n - 1] == '/')
            text[--n] = '\0';
        char *slash = strrchr(text, '/'), *last = slash != NULL ? slash + 1 : text;
        if (slash != NULL && (strcmp(last, "main_data.hdf5") == 0 || strcmp(last, "data") == 0)) {
            *slash = '\0';
            continue;
        }
        size_t stem = strlen(last);
        const char *dot = strrchr(last, '.');
        if (dot != NULL && (strcmp(dot, ".hdf5") == 0 || strcmp(dot, ".h5") == 0))
            stem = (size_t)(dot - last);
        snprintf(out, DATASET_ID, "%.*s", (int)(stem < DATASET_ID ? stem : DATASET_ID - 1), last);
        return;
    }
}

/* An attribute of the file, "" when there is none (or it is no text). */
static void read_attribute(const struct source *s, const char *name, char *out, size_t size)
{
    *out = '\0';
    if (h5_has_attribute(&s->h5, ".", name) &&
        h5_get_text(&s->h5, ".", name, out, size) != STATUS_OK)
        *out = '\0';
    for (char *c = out; *c != '\0'; c++) {
        if ((unsigned char)*c < ' ')
            *c = ' '; /* a note is one line */
    }
}

/* Gymnasium's names of the environments that ours re-create, as far as a version or a variant of
 * the data follows. */
static const struct {
    const char *gymnasium, *env;
} gymnasium_names[] = {
    {"HalfCheetah", "halfcheetah"},
    {"Hopper", "hopper"},
    {"Walker2d", "walker2d"},
    {"Ant", "ant"},
    {"AdroitHandPen", "pen"},
    {"AdroitHandHammer", "hammer"},
    {"AdroitHandDoor", "door"},
    {"AdroitHandRelocate", "relocate"},
    {"PointMaze_Open", "maze2d-open"},
    {"PointMaze_UMaze", "maze2d-umaze"},
    {"PointMaze_Medium", "maze2d-medium"},
    {"PointMaze_Large", "maze2d-large"},
    {"AntMaze_UMaze", "antmaze-umaze"},
    {"AntMaze_Medium", "antmaze-medium"},
    {"AntMaze_Large", "antmaze-large"},
};

static const struct env_kind *environment_of_gymnasium(const char *id)
{
    for (size_t i = 0; i < sizeof gymnasium_names / sizeof *gymnasium_names; i++) {
        size_t n = strlen(gymnasium_names[i].gymnasium);
        bool dense = strstr(id, "Dense") != NULL || strstr(id, "Sparse") != NULL;
        if (strncmp(id, gymnasium_names[i].gymnasium, n) == 0 && !dense &&
            (id[n] == '\0' || id[n] == '-' || id[n] == '_'))
            return env_find(gymnasium_names[i].env);
    }
    return NULL;
}

/* The "id" of an env_spec: JSON, or JSON as a text within JSON. */
static const struct env_kind *environment_in_spec(const char *spec)
{
    char id[DATASET_ID];
    for (const char *at = spec; (at = strstr(at, "\"id")) != NULL; at++) {
        const char *c = at + 3;
        c += *c == '\\';
        if (*c++ != '"')
            continue;
        c += strspn(c, " :\\");
        if (*c++ != '"')
            continue;
        snprintf(id, sizeof id, "%.*s", (int)strcspn(c, "\\\""), c);
        return environment_of_gymnasium(id);
    }
    return NULL;
}

/* Minari's env_spec: an attribute of the file, or in metadata.json beside it. */
static const struct env_kind *environment_of_minari(const struct source *s)
{
    enum { SPEC = 1 << 20 };
    char folder[FILE_PATH], path[FILE_PATH], *text = malloc(SPEC);
    const struct env_kind *env = NULL;
    if (text == NULL)
        return NULL;
    if (h5_has_attribute(&s->h5, ".", "env_spec") &&
        h5_get_text(&s->h5, ".", "env_spec", text, SPEC) == STATUS_OK)
        env = environment_in_spec(text);
    free(text);
    if (env != NULL || file_parent(s->h5.path, folder) != STATUS_OK ||
        file_path(path, "%s/metadata.json", folder) != STATUS_OK ||
        file_read(path, SPEC, &text, NULL) != STATUS_OK)
        return env;
    const char *spec = strstr(text, "\"env_spec\"");
    env = spec != NULL ? environment_in_spec(spec) : NULL;
    free(text);
    return env;
}

/* The environment whose name is a word of `text` ("D4RL/pen/human-v2", "mujoco/hopper/medium"). */
static const struct env_kind *environment_in(const char *text)
{
    const struct env_kind *best = NULL;
    size_t longest = 0;
    for (int i = 0; i < env_count; i++) {
        const char *name = env_table[i].name, *found = strstr(text, name);
        size_t n = strlen(name);
        bool word = found != NULL && (found == text || strchr("/-_ ", found[-1]) != NULL) &&
                    (found[n] == '\0' || strchr("/-_ .", found[n]) != NULL);
        if (word && n > longest) {
            best = &env_table[i];
            longest = n;
        }
    }
    return best;
}

static enum status find_environment(struct dataset *d, struct source *s, const char *asked)
{
    char text[DATASET_NOTE];
    if (asked != NULL) {
        d->env = env_find(asked);
        if (d->env == NULL)
            return status_fail(STATUS_CONFIG,
                               "%s: there is no environment '%s'; `vitamin env` lists them",
                               d->path, asked);
        return STATUS_OK;
    }
    if (d->entry != NULL)
        d->env = env_find(d->entry->env);
    if (d->env == NULL) {
        read_attribute(s, "environment", text, sizeof text);
        d->env = *text != '\0' ? env_find(text) : NULL;
    }
    if (d->env == NULL && dataset_is_minari(s))
        d->env = environment_of_minari(s);
    if (d->env == NULL)
        d->env = env_find(d->id);
    if (d->env == NULL) {
        read_attribute(s, "dataset_id", text, sizeof text);
        d->env = environment_in(*text != '\0' ? text : d->path);
    }
    if (d->env == NULL)
        return status_fail(STATUS_CONFIG,
                           "%s: neither the file nor its name says which environment it is for; "
                           "name one (--env; `vitamin env` lists them)",
                           d->path);
    return STATUS_OK;
}

static bool ends_with(const char *text, const char *ending)
{
    size_t n = strlen(text), m = strlen(ending);
    return n >= m && strcmp(text + n - m, ending) == 0;
}

/* --- origin and kind -----------------------------------------------------------------------------
 */

/* Is the mark there, and what does it say? `value` may be NULL. Attributes that cannot be listed
 * keep the file from being opened (h5_open_root); one that cannot be read is no answer either. */
static enum status read_mark(const struct source *s, const char *name, bool *there, char *value,
                             size_t size)
{
    *there = h5_has_attribute(&s->h5, ".", name);
    if (value != NULL)
        *value = '\0';
    if (!*there || value == NULL || h5_get_text(&s->h5, ".", name, value, size) == STATUS_OK)
        return STATUS_OK;
    return status_fail(STATUS_FORMAT,
                       "%s: its attribute '%s' cannot be read, so the kind of data it holds is "
                       "unknown; %s",
                       s->h5.path, name, s->remedy);
}

static bool begins_with(const char *text, const char *beginning)
{
    return strncmp(text, beginning, strlen(beginning)) == 0;
}

/* Each origin has two marks, so that one that was lost deceives nobody. */
static enum status read_origin(struct source *s, enum dataset_origin *out,
                               enum dataset_kind *converted)
{
    char note[DATASET_NOTE], kind[DATASET_ID];
    bool generator, from, of_kind;
    read_attribute(s, "note", note, sizeof note);
    TRY(read_mark(s, "generator", &generator, NULL, 0));
    TRY(read_mark(s, "converted_from", &from, NULL, 0));
    TRY(read_mark(s, "converted_kind", &of_kind, kind, sizeof kind));
    *converted = DATASET_OWN;
    *out = ORIGIN_FILE;
    if (dataset_is_minari(s)) {
        *out = ORIGIN_MINARI;
    } else if (from || of_kind || begins_with(note, "converted by vitamin")) {
        *out = ORIGIN_CONVERTED;
        for (int i = 0; i <= DATASET_OWN; i++) {
            *converted = (enum dataset_kind)i;
            if (strcmp(dataset_kind_name(*converted), kind) == 0)
                return STATUS_OK;
        }
        return status_fail(STATUS_FORMAT,
                           "%s: was converted by vitamin but does not say from what kind of data "
                           "(converted_kind is '%s'); convert the original again",
                           s->h5.path, kind);
    } else if (generator || begins_with(note, "made by vitamin")) {
        *out = ORIGIN_GENERATED;
    }
    return STATUS_OK;
}

/* The one place where a file's kind is decided; doubt() may only take D4RL's name away. */
static enum status decide_kind(struct dataset *d, struct source *s, bool *marked)
{
    enum dataset_origin origin = ORIGIN_FILE;
    enum dataset_kind converted = DATASET_OWN;
    TRY(read_origin(s, &origin, &converted));
    if (marked != NULL)
        *marked = origin != ORIGIN_FILE;
    switch (origin) {
    case ORIGIN_MINARI:
        d->kind = DATASET_MINARI;
        break;
    case ORIGIN_CONVERTED:
        d->kind = converted; /* D4RL's stay D4RL's only under D4RL's name */
        break;
    case ORIGIN_GENERATED:
        d->kind = DATASET_GENERATED;
        break;
    default:
        d->kind = d->verified                ? DATASET_D4RL
                  : ends_with(d->id, "-dev") ? DATASET_DEV
                  : d->entry != NULL         ? DATASET_D4RL
                                             : DATASET_OWN;
    }
    return STATUS_OK;
}

struct origin_task {
    const char *path;
    enum dataset_origin origin;
};

static enum status look_at_origin(void *context)
{
    struct origin_task *t = context;
    struct source source;
    enum dataset_kind converted;
    enum status result = source_open(&source, t->path, false);
    if (result == STATUS_OK)
        result = read_origin(&source, &t->origin, &converted);
    source_close(&source);
    return result;
}

enum status dataset_origin(const char *path, enum dataset_origin *out)
{
    struct origin_task task = {.path = path};
    struct stat info;
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode)) {
        *out = ORIGIN_MINARI;
        return STATUS_OK;
    }
    TRY(guard_run(path, LOOK_SECONDS, look_at_origin, &task, &task, sizeof task));
    *out = task.origin;
    return STATUS_OK;
}

enum status dataset_name(struct dataset *d, const char *name, const char *folder)
{
    *d = (struct dataset){.kind = DATASET_OWN};
    TRY(dataset_resolve(name, folder, d->path));
    TRY(dataset_recognise(d->path, &d->entry));
    d->verified = d->entry != NULL;
    if (d->entry == NULL)
        d->entry = dataset_find(name);
    if (d->entry == NULL)
        d->entry = dataset_find(d->path);
    bare_name(d->path, d->id);
    if (d->entry != NULL)
        snprintf(d->id, sizeof d->id, "%s", d->entry->id);
    return STATUS_OK;
}

static void set_environment(struct dataset *d, const struct env_kind *env)
{
    d->env = env;
    d->S = env->obs_dim;
    d->A = env->act_dim;
    d->score = (d->entry != NULL ? env_find(d->entry->env) : env)->score;
}

enum status dataset_identify(struct dataset *d, struct source *s, const char *env, bool *marked)
{
    TRY(find_environment(d, s, env));
    set_environment(d, d->env);
    read_attribute(s, "note", d->note, sizeof d->note);
    TRY(decide_kind(d, s, marked));
    if (*d->note == '\0' && d->kind == DATASET_DEV)
        snprintf(d->note, sizeof d->note, "a stand-in for development, not D4RL's data");
    if (*d->note == '\0' && d->kind == DATASET_MINARI)
        snprintf(d->note, sizeof d->note,
                 "Minari's data: made on other versions of the environment than D4RL's");
    return STATUS_OK;
}

static bool has_rows_of(const struct dataset *d, const struct dataset_entry *e)
{
    return d->rows == e->rows || (e->rows == 0 && d->rows >= e->paper_transitions);
}

/* Only D4RL's very file may pass for D4RL's; where its digest is not known, or a conversion names
 * it as its source, one of its rows. */
static enum status doubt(struct dataset *d, bool marked)
{
    char digest[SHA256_HEX];
    const struct dataset_entry *e = d->entry;
    if (d->kind != DATASET_D4RL || d->verified)
        return STATUS_OK;
    if (e != NULL && has_rows_of(d, e) && (marked || *e->sha256 == '\0'))
        return STATUS_OK;
    d->kind = DATASET_OWN;
    if (e == NULL)
        return STATUS_OK;
    if (!has_rows_of(d, e)) {
        snprintf(d->note, sizeof d->note, "named %s, but with %lld rows instead of D4RL's %s%lld",
                 e->id, (long long)d->rows, e->rows == 0 ? "at least " : "",
                 (long long)(e->rows == 0 ? e->paper_transitions : e->rows));
        return STATUS_OK;
    }
    TRY(sha256_file(d->path, digest));
    snprintf(d->note, sizeof d->note,
             "named %s, but not D4RL's file: its SHA-256 is %s, D4RL's is %s; move it away and get "
             "that one with `vitamin data fetch %s`",
             e->id, digest, e->sha256, e->id);
    return STATUS_OK;
}

/* --- loading -------------------------------------------------------------------------------------
 */

enum status dataset_resolve(const char *name, const char *folder, char path[FILE_PATH])
{
    TRY(dataset_locate(name, folder, path));
    static const char *const inside[] = {"data/main_data.hdf5", "main_data.hdf5"};
    struct stat info;
    if (stat(path, &info) != 0 || !S_ISDIR(info.st_mode))
        return STATUS_OK;
    for (int i = 0; i < 2; i++) {
        char file[FILE_PATH];
        bool there;
        TRY(file_path(file, "%s/%s", path, inside[i]));
        TRY(file_look(file, &there));
        if (there)
            return file_path(path, "%s", file);
    }
    return status_fail(STATUS_MISSING,
                       "%s: is a folder without Minari's %s; give a file, or a dataset's folder",
                       path, inside[0]);
}

/* --- in a process of its own: HDF5 may not survive what the file holds --- */

static bool is_minari_file(const struct dataset *d)
{
    return ends_with(d->path, "main_data.hdf5");
}

struct look_task {
    struct dataset *d;
    const char *env;
    bool measured;
    struct dataset_outline *out;
};

static enum status outline(struct source *s, const struct look_task *t)
{
    struct dataset *d = t->d;
    struct dataset_outline *o = t->out;
    bool marked = false;
    TRY(dataset_identify(d, s, t->env, &marked));
    *o = (struct dataset_outline){
        .env = (int)(d->env - env_table), .kind = d->kind, .marked = marked};
    memcpy(o->note, d->note, sizeof o->note);
    o->minari = dataset_is_minari(s);
    if (!t->measured)
        return STATUS_OK;
    return o->minari ? dataset_measure_minari(s, d->env, o) : dataset_measure_d4rl(s, d->env, o);
}

static enum status probe_file(void *context)
{
    const struct look_task *t = context;
    struct source source;
    enum status result = source_open(&source, t->d->path, is_minari_file(t->d));
    if (result == STATUS_OK)
        result = outline(&source, t);
    source_close(&source);
    return result;
}

static enum status fill(void *context)
{
    const struct dataset *d = context;
    struct source source;
    enum status result = source_open(&source, d->path, is_minari_file(d));
    if (result == STATUS_OK && dataset_is_minari(&source) != (d->store->segment != NULL))
        result = dataset_has_changed(&source);
    if (result == STATUS_OK)
        result = d->store->segment != NULL ? dataset_read_minari(&source, d->env, d->store)
                                           : dataset_read_d4rl(&source, d->env, d->store);
    source_close(&source);
    return result;
}

/* --- here: nothing that comes from there is believed to be more than numbers --- */

static enum status makes_no_sense(const struct dataset *d)
{
    return status_fail(STATUS_FORMAT,
                       "%s: is so damaged that the HDF5 library fails on it; get or make the file "
                       "again",
                       d->path);
}

enum status dataset_look(struct dataset *d, const char *name, const struct dataset_options *o,
                         bool measured, struct dataset_outline *out)
{
    TRY(dataset_name(d, name, o->folder));
    struct look_task task = {d, o->env, measured, out};
    TRY(guard_run(d->path, LOOK_SECONDS, probe_file, &task, out, sizeof *out));
    if (out->env < 0 || out->env >= env_count || (unsigned)out->kind > DATASET_OWN ||
        out->rows < 0 || out->segments < 0 || memchr(out->note, '\0', sizeof out->note) == NULL)
        return makes_no_sense(d);
    set_environment(d, &env_table[out->env]);
    d->kind = out->kind;
    memcpy(d->note, out->note, sizeof d->note);
    d->rows = out->rows;
    return measured ? doubt(d, out->marked) : STATUS_OK;
}

enum status dataset_describe(const char *name, const struct dataset_options *options,
                             struct dataset *out)
{
    struct dataset_outline unused;
    return dataset_look(out, name, options, true, &unused);
}

static enum status check_store(const struct dataset *d)
{
    const struct dataset_store *s = d->store;
    uint8_t flags = 0;
    for (int64_t i = 0; i < s->rows; i++)
        flags |= s->terminal[i] | (s->timeout != NULL ? s->timeout[i] : 0);
    bool sound = flags <= 1;
    for (int i = 0; i < s->segments; i++)
        sound = sound && s->segment[i] <= s->segment[i + 1];
    if (s->segment != NULL)
        sound = sound && s->segment[0] == 0 && s->segment[s->segments] == s->rows;
    return sound ? STATUS_OK : makes_no_sense(d);
}

/* Minari's mazes are centred on the origin and turned, so its positions lie in our walls: what
 * learns from them learns of another maze. */
static enum status check_frame(const struct dataset *d)
{
    const struct dataset_store *s = d->store;
    int64_t rows = s->rows + s->segments, inside = 0;
    const double most = (double)INFINITY;
    double low[2] = {most, most}, high[2] = {-most, -most};
    for (int64_t i = 0; i < rows; i++) {
        const float *x = s->state + i * s->S;
        inside += env_in_wall(d->env, (double)x[0], (double)x[1]);
        for (int k = 0; k < 2; k++) {
            low[k] = fmin(low[k], (double)x[k]);
            high[k] = fmax(high[k], (double)x[k]);
        }
    }
    if (inside <= rows / 10)
        return STATUS_OK;
    return status_fail(
        STATUS_FORMAT,
        "%s: %.0f %% of its positions (x from %.1f to %.1f, y from %.1f to %.1f) lie "
        "in walls of %s: it was recorded in another frame, as Minari's mazes are, "
        "which are centred on the origin; use D4RL's data (`vitamin data list`), or "
        "turn and move positions, velocities and actions to its frame",
        d->path, 100 * (double)inside / (double)rows, low[0], high[0], low[1], high[1],
        d->env->name);
}

enum status dataset_read(struct dataset *d, const char *name, const struct dataset_options *o)
{
    struct dataset_outline out;
    *d = (struct dataset){.kind = DATASET_OWN};
    TRY(check_options(o));
    TRY(dataset_look(d, name, o, true, &out));
    TRY(dataset_store_new(d->env, &out, d->path, &d->store));
    TRY(guard_run(d->path, LOOK_SECONDS, fill, d, NULL, 0));
    TRY(check_store(d));
    TRY(check_frame(d));
    if (o->content)
        dataset_store_digest(d->store, d->content);
    return STATUS_OK;
}

enum status dataset_load(const char *name, const struct dataset_options *options,
                         struct dataset *out)
{
    enum status result = dataset_read(out, name, options);
    if (result == STATUS_OK)
        result = dataset_cut(out, options);
    if (result != STATUS_OK)
        dataset_free(out);
    return result;
}

void dataset_free(struct dataset *d)
{
    free(d->list);
    dataset_store_free(d->store);
    *d = (struct dataset){.kind = DATASET_OWN};
}

enum status dataset_digest(const struct dataset *d, char out[SHA256_HEX])
{
    return sha256_file(d->path, out);
}

enum status dataset_summarise(const struct dataset *d, struct score_summary *out)
{
    double *raw = malloc((size_t)d->count * sizeof *raw);
    if (raw == NULL)
        return status_fail(STATUS_MEMORY, "%s: no memory for %d returns", d->path, d->count);
    for (int i = 0; i < d->count; i++)
        raw[i] = d->list[i].raw_return;
    *out = score_summarise(d->score, raw, d->count);
    free(raw);
    return STATUS_OK;
}
