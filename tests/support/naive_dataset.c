#include "tests/support/naive_dataset.h"

#include "engine/base/h5.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Rows of transitions while they are collected. */
struct rows {
    int S, A, count;
    float *state, *next, *action, *reward;
    uint8_t *done;
};

static struct rows rows_new(int S, int A, size_t most)
{
    return (struct rows){S,
                         A,
                         0,
                         calloc(most * (size_t)S, sizeof(float)),
                         calloc(most * (size_t)S, sizeof(float)),
                         calloc(most * (size_t)A, sizeof(float)),
                         calloc(most, sizeof(float)),
                         calloc(most, 1)};
}

static void rows_free(struct rows *r)
{
    free(r->state);
    free(r->next);
    free(r->action);
    free(r->reward);
    free(r->done);
}

static void append(struct rows *r, const float *state, const float *next, const float *action,
                   float reward, uint8_t done)
{
    size_t i = (size_t)r->count++;
    memcpy(r->state + i * (size_t)r->S, state, (size_t)r->S * sizeof(float));
    memcpy(r->next + i * (size_t)r->S, next, (size_t)r->S * sizeof(float));
    memcpy(r->action + i * (size_t)r->A, action, (size_t)r->A * sizeof(float));
    r->reward[i] = reward;
    r->done[i] = done;
}

/* The collected rows become a trajectory; the collection starts anew. */
static void finish(struct naive *n, struct rows *r)
{
    n->list = realloc(n->list, (size_t)(n->count + 1) * sizeof *n->list);
    struct rows copy = rows_new(r->S, r->A, (size_t)r->count);
    for (int i = 0; i < r->count; i++)
        append(&copy, r->state + (size_t)i * (size_t)r->S, r->next + (size_t)i * (size_t)r->S,
               r->action + (size_t)i * (size_t)r->A, r->reward[i], r->done[i]);
    n->list[n->count++] = (struct naive_trajectory){copy.count,  copy.state,  copy.next,
                                                    copy.action, copy.reward, copy.done};
    r->count = 0;
}

struct raw {
    size_t N;
    float *observations, *next, *actions, *rewards;
    uint8_t *terminals, *timeouts;
};

static float *floats(const struct h5 *f, const char *name)
{
    size_t n;
    cr_assert_eq(h5_count(f, name, &n), STATUS_OK, "%s", status_sentence());
    float *x = malloc(n * sizeof *x);
    cr_assert_eq(h5_read_float(f, name, n, x), STATUS_OK, "%s", status_sentence());
    return x;
}

static uint8_t *flags(const struct h5 *f, const char *name, size_t n)
{
    uint8_t *x = malloc(n);
    cr_assert_eq(h5_read(f, name, H5T_NATIVE_UCHAR, n, x), STATUS_OK, "%s", status_sentence());
    return x;
}

static struct raw read_raw(const char *path)
{
    struct h5 f;
    struct raw r = {0};
    cr_assert_eq(h5_open(&f, path), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(h5_count(&f, "terminals", &r.N), STATUS_OK);
    r.observations = floats(&f, "observations");
    r.actions = floats(&f, "actions");
    r.rewards = floats(&f, "rewards");
    r.terminals = flags(&f, "terminals", r.N);
    r.timeouts = h5_has(&f, "timeouts") ? flags(&f, "timeouts", r.N) : NULL;
    r.next = h5_has(&f, "next_observations") ? floats(&f, "next_observations") : NULL;
    h5_close(&f);
    return r;
}

/* gym-mujoco, Adroit, maze2d: rows up to `end`, the successor from the file or the next row. */
static void convert_walk(struct naive *n, const struct raw *r, const struct env_kind *env,
                         size_t end, const float *next)
{
    size_t S = (size_t)env->obs_dim, A = (size_t)env->act_dim;
    struct rows rows = rows_new((int)S, (int)A, r->N);
    for (size_t i = 0; i < end; i++) {
        append(&rows, r->observations + i * S, next + i * S, r->actions + i * A, r->rewards[i],
               r->terminals[i]);
        bool timeout = r->timeouts != NULL ? r->timeouts[i] : rows.count == env->time_limit;
        if (r->terminals[i] || timeout)
            finish(n, &rows);
    }
    rows_free(&rows);
}

/* D4RL's qlearning_dataset, then a split wherever consecutive transitions do not join. */
static void convert_antmaze(struct naive *n, const struct raw *r, const struct env_kind *env)
{
    size_t S = (size_t)env->obs_dim, A = (size_t)env->act_dim;
    struct rows all = rows_new((int)S, (int)A, r->N), one = rows_new((int)S, (int)A, r->N);
    int step = 0;
    for (size_t i = 0; i + 1 < r->N; i++) {
        bool timeout = r->timeouts != NULL ? r->timeouts[i] : step == env->time_limit - 1;
        step = timeout || r->terminals[i] ? 0 : step + 1;
        if (!timeout)
            append(&all, r->observations + i * S, r->observations + (i + 1) * S, r->actions + i * A,
                   r->rewards[i], r->terminals[i]);
    }
    for (int i = 0; i < all.count; i++) {
        const float *next = all.next + (size_t)i * S, *following = next + 0;
        bool end = all.done[i] || i + 1 == all.count;
        if (!end) {
            double squares = 0;
            following = all.state + (size_t)(i + 1) * S;
            for (size_t k = 0; k < S; k++)
                squares += ((double)following[k] - (double)next[k]) *
                           ((double)following[k] - (double)next[k]);
            end = sqrt(squares) > 1e-6;
        }
        append(&one, all.state + (size_t)i * S, next, all.action + (size_t)i * A, all.reward[i],
               end);
        if (end)
            finish(n, &one);
    }
    rows_free(&all);
    rows_free(&one);
}

struct naive naive_convert(const char *path, const struct env_kind *env)
{
    struct naive n = {0};
    struct raw r = read_raw(path);
    if (env->suite->goal_cut)
        convert_antmaze(&n, &r, env);
    else if (env->suite->gym_files && r.next != NULL)
        convert_walk(&n, &r, env, r.N, r.next);
    else
        convert_walk(&n, &r, env, r.N - 1, r.observations + env->obs_dim);
    free(r.observations);
    free(r.next);
    free(r.actions);
    free(r.rewards);
    free(r.terminals);
    free(r.timeouts);
    return n;
}

void naive_free(struct naive *n)
{
    for (int i = 0; i < n->count; i++) {
        free(n->list[i].state);
        free(n->list[i].next_state);
        free(n->list[i].action);
        free(n->list[i].reward);
        free(n->list[i].terminal);
    }
    free(n->list);
}

static void expect_equal(const char *id, int i, const char *field, const float *got,
                         const float *want, size_t count)
{
    cr_assert(memcmp(got, want, count * sizeof *got) == 0, "%s: trajectory %d has another %s", id,
              i, field);
}

void naive_expect(const struct dataset *d, const struct naive *n)
{
    cr_assert_eq(d->count, n->count, "%s: %d trajectories, should be %d", d->id, d->count,
                 n->count);
    for (int i = 0; i < n->count; i++) {
        const struct trajectory *t = &d->list[i];
        const struct naive_trajectory *w = &n->list[i];
        cr_assert_eq(t->length, w->length, "%s: trajectory %d has %d steps, should have %d", d->id,
                     i, t->length, w->length);
        size_t L = (size_t)w->length;
        expect_equal(d->id, i, "states", t->state, w->state, L * (size_t)d->S);
        expect_equal(d->id, i, "next states", t->next_state, w->next_state, L * (size_t)d->S);
        expect_equal(d->id, i, "actions", t->action, w->action, L * (size_t)d->A);
        expect_equal(d->id, i, "rewards", t->reward, w->reward, L);
        cr_assert(memcmp(t->terminal, w->terminal, L) == 0, "%s: trajectory %d: other terminals",
                  d->id, i);
        double sum = 0;
        for (size_t k = 0; k < L; k++)
            sum += (double)w->reward[k];
        cr_assert_eq(t->raw_return, sum, "%s: trajectory %d", d->id, i);
        cr_assert_eq(t->total_reward, sum, "%s: trajectory %d", d->id, i);
    }
}
