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

/* What is to be known of a file before its numbers are read. */
struct dataset_outline {
    int env; /* row of env_table */
    enum dataset_kind kind;
    bool marked; /* it says itself where it comes from */
    char note[DATASET_NOTE];
    int64_t rows;
    bool minari, successors, timeouts; /* the file has them, and they are used */
    int segments;                      /* Minari's episodes */
};

/* All arrays that a file of this outline needs: zeros, in memory that a child process can fill
 * (guard.h). Errors STATUS_MEMORY. */
enum status dataset_store_new(const struct env_kind *env, const struct dataset_outline *o,
                              const char *path, struct dataset_store **out);
void dataset_store_free(struct dataset_store *s);

/* SHA-256 over what was read, before it is cut (dataset_identity.h). */
void dataset_store_digest(const struct dataset_store *s, char out[SHA256_HEX]);

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

/* Everything but the numbers: rows and what the file has, into `out`. HDF5 itself may fail on a
 * damaged file, here and below: for a process of its own (guard.h). */
enum status dataset_measure_d4rl(struct source *s, const struct env_kind *env,
                                 struct dataset_outline *out);
enum status dataset_measure_minari(struct source *s, const struct env_kind *env,
                                   struct dataset_outline *out);

/* Read the whole file into the arrays, if it still is as it was measured. */
enum status dataset_read_d4rl(struct source *s, const struct env_kind *env,
                              struct dataset_store *store);
enum status dataset_read_minari(struct source *s, const struct env_kind *env,
                                struct dataset_store *store);
/* It is not: STATUS_IO. */
enum status dataset_has_changed(const struct source *s);

/* d->store into d->list, count, transitions, unused, singles_dropped; rewards are modified.
 * Errors STATUS_FORMAT (no complete trajectory), STATUS_MEMORY. */
enum status dataset_cut(struct dataset *d, const struct dataset_options *o);

/* The file that `name` means: dataset_locate, and a Minari folder stands for its main file. */
enum status dataset_resolve(const char *name, const char *folder, char path[FILE_PATH]);

/* Path, entry and id of what `name` means. */
enum status dataset_name(struct dataset *d, const char *name, const char *folder);

/* Kind, note and environment of the open file of a dataset that has a name. `marked` (may be NULL):
 * does it say itself where it comes from? */
enum status dataset_identify(struct dataset *d, struct source *s, const char *env, bool *marked);

/* All that a child process finds out of a file: of its numbers, if it is to be `measured`, how many
 * there are. */
enum status dataset_look(struct dataset *d, const char *name, const struct dataset_options *o,
                         bool measured, struct dataset_outline *out);

/* All of the file, not yet cut: everything but the list. On failure dataset_free() it. */
enum status dataset_read(struct dataset *d, const char *name, const struct dataset_options *o);

#endif
