#include "suites/generate_impl.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add_column(struct generate_plan *p, const char *name, int cols,
                       enum generate_content content)
{
    struct dataset_column *c = &p->column[p->count];
    snprintf(c->name, sizeof c->name, "%s", name);
    c->cols = cols;
    c->flag = content == TERMINAL || content == TIMEOUT;
    p->content[p->count++] = content;
}

/* D4RL's keys of the suite; antmaze's states were read after the step. */
void generate_plan_columns(struct generate_plan *p, const struct env *e)
{
    const struct env_kind *k = p->kind;
    char name[64];
    add_column(p, "observations", k->obs_dim, OBSERVATION);
    add_column(p, "actions", k->act_dim, ACTION);
    add_column(p, "rewards", 1, REWARD);
    add_column(p, "terminals", 1, TERMINAL);
    add_column(p, "timeouts", 1, TIMEOUT);
    if (k->suite->successors)
        add_column(p, "next_observations", k->obs_dim, NEXT_OBSERVATION);
    bool sampled = p->recipe->actor == ACT_POLICY && p->recipe->stochastic && p->recipe->noise == 0;
    if (p->recipe->actor == ACT_BUFFER || p->recipe->demonstrations != NULL)
        return; /* which do not hold the simulator's states, or not all of them */
    if (k->suite->gym_files && (sampled || p->recipe->actor == ACT_RANDOM))
        add_column(p, "infos/action_log_probs", 1, LOG_PROB);
    if (k->suite == &suite_table[SUITE_ADROIT] && sampled) {
        add_column(p, "infos/action_mean", k->act_dim, DRAW_MEAN);
        add_column(p, "infos/action_log_std", k->act_dim, DRAW_LOG_STD);
    }
    enum generate_content when = k->suite->goal_cut ? STATE_AFTER : STATE_BEFORE;
    static const char *const state[] = {"qpos", "qvel"};
    for (int i = 0, n; i < 2; i++) {
        snprintf(name, sizeof name, "infos/%s", state[i]);
        if (env_field(e, state[i], &n) != NULL)
            add_column(p, name, n, when);
    }
    const struct env_field *f = k->ops->fields;
    for (; !k->suite->gym_files && f != NULL && f->name != NULL; f++) {
        snprintf(name, sizeof name, "infos/%.50s", f->name);
        bool target = p->recipe->actor != ACT_RANDOM && p->recipe->actor != ACT_POLICY &&
                      strcmp(f->name, "goal") == 0;
        if (p->count < GENERATE_COLUMNS)
            add_column(p, name, f->count, target ? TARGET : STATE_BEFORE);
    }
}

void generate_free_rows(struct generate_rows *r)
{
    for (int i = 0; i < GENERATE_COLUMNS; i++)
        free(r->data[i]);
    *r = (struct generate_rows){0};
}

/* Room for one more row, whose index is returned; negative without memory. */
int64_t generate_begin_row(struct generate_rows *r)
{
    if (r->count == r->room) {
        int64_t room = r->room > 0 ? 2 * r->room : 1024;
        for (int i = 0; i < r->plan->count; i++) {
            const struct dataset_column *c = &r->plan->column[i];
            size_t bytes = (size_t)room * (size_t)c->cols * (c->flag ? 1 : sizeof(float));
            void *data = realloc(r->data[i], bytes);
            if (data == NULL)
                return -1;
            r->data[i] = data;
        }
        r->room = room;
    }
    return r->count++;
}

/* Write `x` into all columns of that content in the last row. */
void generate_put(struct generate_rows *r, enum generate_content content, const double *x)
{
    for (int i = 0; i < r->plan->count; i++) {
        if (r->plan->content[i] != content)
            continue;
        const struct dataset_column *c = &r->plan->column[i];
        int64_t at = (r->count - 1) * c->cols;
        for (int k = 0; k < c->cols; k++) {
            if (c->flag)
                ((uint8_t *)r->data[i])[at + k] = x[k] != 0;
            else
                ((float *)r->data[i])[at + k] = (float)x[k];
        }
    }
}

void generate_put_floats(struct generate_rows *r, enum generate_content content, const float *x,
                         int n)
{
    double wide[256];
    assert(n <= (int)(sizeof wide / sizeof *wide));
    for (int i = 0; i < n; i++)
        wide[i] = (double)x[i];
    generate_put(r, content, wide);
}

/* The state's fields, before or after the step. */
void generate_put_state(struct generate_rows *r, enum generate_content content, const struct env *e)
{
    for (int i = 0; i < r->plan->count; i++) {
        if (r->plan->content[i] != content)
            continue;
        const struct dataset_column *c = &r->plan->column[i];
        const double *x = env_field(e, c->name + sizeof "infos/" - 1, NULL);
        float *out = (float *)r->data[i] + (r->count - 1) * c->cols;
        for (int k = 0; k < c->cols; k++)
            out[k] = (float)x[k];
    }
}

void generate_flag(struct generate_rows *r, enum generate_content content, bool value)
{
    double x = value;
    generate_put(r, content, &x);
}

enum status generate_no_memory(const struct generate_plan *p)
{
    return status_fail(STATUS_MEMORY, "%s: no memory for an episode", p->kind->name);
}

/* To the float32 that the file will hold, so that it can be replayed. */
void generate_round(double *action, int A)
{
    for (int i = 0; i < A; i++)
        action[i] = (double)(float)clip(action[i], -1, 1);
}
