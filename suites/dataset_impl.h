/* What the parts of the reader share: dataset_read.c and dataset_minari.c fill the arrays,
 * dataset_cut.c makes trajectories of them, dataset.c is the front. */
#ifndef SUITES_DATASET_IMPL_H
#define SUITES_DATASET_IMPL_H

#include "suites/dataset.h"
#include "suites/source.h"

/* The steps of a file, one after another. R is `rows`; with Minari's final observations `state` has
 * further rows in between, and `segments` says where each episode lies. */
struct dataset_store {
    int S, A;
    int64_t rows;
    float *state;      /* (R,S); Minari (R+E,S) */
    float *next_state; /* (R,S) where the file's successors are used, else NULL */
    float *action;     /* (R,A) */
    float *reward;     /* (R) modified in place by the cut */
    float *return_to_go;
    uint8_t *terminal;
    uint8_t *timeout; /* NULL: the file has none */

    int64_t *segment; /* (E+1) first row of each Minari episode; NULL: one walk */
    int segments;
};

enum dataset_rule {
    RULE_SUCCESSORS, /* gym-mujoco */
    RULE_NEXT_ROW,   /* adroit, maze2d; gym-mujoco without next_observations */
    RULE_ANTMAZE,
    RULE_SEGMENTS, /* Minari */
};

/* All arrays of R rows (state: R + more), uninitialised. Errors STATUS_MEMORY. */
enum status dataset_store_new(int S, int A, int64_t rows, int64_t more, bool successors,
                              const char *path, struct dataset_store **out);
void dataset_store_free(struct dataset_store *s);

/* The fields of D4RL's layout. */
enum dataset_field_kind { FIELD_STATE, FIELD_ACTION, FIELD_NUMBER, FIELD_FLAG };
struct dataset_field {
    const char *name;
    enum dataset_field_kind kind;
    bool required;
};
enum { DATASET_FIELDS = 6 };
enum { AT_STATE, AT_ACTION, AT_REWARD, AT_TERMINAL, AT_TIMEOUT, AT_NEXT };
extern const struct dataset_field dataset_fields[DATASET_FIELDS];

/* Is this file Minari's (groups episode_0, episode_1 ...)? */
bool dataset_is_minari(struct source *s);

/* Open field i and compare its shape with `env` and with `rows` (0: any). */
enum status dataset_find_field(struct source *s, int i, const struct env_kind *env, int64_t rows,
                               struct field *out);

/* Read the whole file into arrays; sizes are checked before they are allocated. */
enum status dataset_read_d4rl(struct source *s, const struct env_kind *env,
                              struct dataset_store **out);
enum status dataset_read_minari(struct source *s, const struct env_kind *env,
                                struct dataset_store **out);

/* The same, but for the numbers and their memory: everything in which HDF5 itself may fail on a
 * damaged file. For a process of its own (guard.h). */
enum status dataset_probe_d4rl(struct source *s, const struct env_kind *env);
enum status dataset_probe_minari(struct source *s, const struct env_kind *env);

/* Which rule applies to what was read. */
enum dataset_rule dataset_rule_of(const struct env_kind *env, const struct dataset_store *store);

/* d->store into d->list, count, transitions, unused, singles_dropped; rewards are modified.
 * Errors STATUS_MISSING (no complete trajectory), STATUS_MEMORY. */
enum status dataset_cut(struct dataset *d, const struct dataset_options *o);

/* The file that `name` means: dataset_locate, and a Minari folder stands for its main file. */
enum status dataset_resolve(const char *name, const char *folder, char path[FILE_PATH]);

/* id, kind, note and environment of an open file; `d->path` is set. */
enum status dataset_identify(struct dataset *d, struct source *s, const char *name,
                             const char *env);

/* All of the file, not yet cut: everything but the list. On failure dataset_free() it. */
enum status dataset_read(struct dataset *d, const char *name, const struct dataset_options *o);

#endif
