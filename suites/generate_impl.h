/* What the parts of the generator share: dataset_generate.c makes files of episodes,
 * generate_rows.c collects rows, generate_maze.c has the recipes of the mazes. */
#ifndef SUITES_GENERATE_IMPL_H
#define SUITES_GENERATE_IMPL_H

#include "suites/dataset_generate.h"
#include "suites/dataset_write.h"
#include "suites/env_impl.h"
#include "suites/policy.h"

struct walker;

enum { GENERATE_COLUMNS = 16 };

/* What a column is filled with. */
enum generate_content {
    OBSERVATION,
    ACTION,
    REWARD,
    TERMINAL,
    TIMEOUT,
    NEXT_OBSERVATION,
    LOG_PROB,
    DRAW_MEAN, /* of the action's distribution */
    DRAW_LOG_STD,
    STATE_BEFORE, /* a field of the state before the step */
    STATE_AFTER,
    TARGET, /* where the controller of a maze goes */
};

struct generate_plan {
    const struct dataset_recipe *recipe;
    const struct env_kind *kind;
    const struct policy *policy;
    double goal[2]; /* ACT_WALKER: the evaluation goal that rewards are for */
    int count;
    struct dataset_column column[GENERATE_COLUMNS];
    enum generate_content content[GENERATE_COLUMNS];
};

/* Rows while they are collected. */
struct generate_rows {
    const struct generate_plan *plan;
    int64_t count, room;
    void *data[GENERATE_COLUMNS];
};

struct generate_worker {
    struct env *env;
    struct generate_rows rows;
    double *scratch, *action;
    struct policy_draw draw;                        /* (A) of the last action of a sampled policy */
    struct walker *walker;                          /* ACT_WALKER */
    int64_t terminals, timeouts, diverged, reached; /* of the last episode */
};

/* Columns as in D4RL's file of the suite. */
void generate_plan_columns(struct generate_plan *p, const struct env *e);

/* Room for one more row, whose index is returned; negative without memory. */
int64_t generate_begin_row(struct generate_rows *r);
/* Write `x` into all columns of that content in the last row; the state's fields; a flag. */
void generate_put(struct generate_rows *r, enum generate_content content, const double *x);
void generate_put_state(struct generate_rows *r, enum generate_content content,
                        const struct env *e);
void generate_flag(struct generate_rows *r, enum generate_content content, bool value);
void generate_free_rows(struct generate_rows *r);

/* To the float32 that the file will hold, so that it can be replayed. */
void generate_round(double *action, int A);

enum status generate_no_memory(const struct generate_plan *p);

/* `n` floats, at most 256, into the columns of that content in the last row. */
void generate_put_floats(struct generate_rows *r, enum generate_content content, const float *x,
                         int n);

/* The recipe's demonstrations, repeated until the file is full. Errors as dataset_load. */
enum status generate_demonstrations(const struct generate_plan *p, struct generate_worker *w,
                                    struct dataset_writer *file, struct dataset_made *made);

/* A learner's buffer into the file. */
enum status generate_buffer(const struct generate_plan *p, struct generate_worker *w,
                            struct dataset_writer *file, struct dataset_made *made);

/* Report progress to the caller: how many rows are in the file. */
void generate_tell(const struct generate_plan *p, const struct dataset_writer *file);

/* maze2d's walk into the file. */
enum status generate_walk(const struct generate_plan *p, struct generate_worker *w,
                          struct dataset_writer *file, struct dataset_made *made);

/* antmaze: the goal that the file's rewards are for, as evaluation draws it; and episode e into
 * w->rows. */
enum status generate_ant_goal(struct generate_plan *p, struct env *e);
enum status generate_ant_episode(const struct generate_plan *p, struct generate_worker *w,
                                 int64_t e);

#endif
