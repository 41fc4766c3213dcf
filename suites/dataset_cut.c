/* From rows to trajectories, suite by suite (docs/methods.md 1.1, 1.2, 1.4). */
#include "engine/base/memory.h"
#include "suites/dataset_impl.h"
#include "suites/reward.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct cutter {
    struct dataset *d;
    struct dataset_store *s;
    const struct dataset_options *o;
    int singles_left; /* trajectories of length 1 that may still be kept */
};

/* Modify the rewards of rows [first, end) in place; returns the raw sum. */
static double modify_rewards(const struct cutter *c, int64_t first, int64_t end)
{
    struct reward rule = {c->o->reward_div, c->o->reward_shift, c->o->delay, 0};
    bool as_is = rule.div == 1 && rule.shift == 0 && rule.delay < 2;
    double raw = 0;
    for (int64_t i = first; i < end; i++) {
        float *r = &c->s->reward[i];
        raw += (double)*r;
        if (!as_is)
            *r = (float)reward_modify(&rule, (double)*r, (int)(i - first), i + 1 == end);
    }
    return raw;
}

/* Rows [first, end) are a trajectory; `shift`: how much further its states lie than its rows. */
static enum status add_trajectory(struct cutter *c, int64_t first, int64_t end, int64_t shift,
                                  bool last_next_missing)
{
    struct dataset *d = c->d;
    struct dataset_store *s = c->s;
    if (end - first == 1 && c->singles_left-- <= 0) {
        c->singles_left = 0;
        d->singles_dropped++;
        return STATUS_OK;
    }
    TRY(memory_grow((void **)&d->list, d->count, sizeof *d->list, d->path));

    double raw = modify_rewards(c, first, end), total = 0;
    trajectory_return_to_go(s->reward + first, (int)(end - first), s->return_to_go + first);
    for (int64_t i = first; i < end; i++)
        total += (double)s->reward[i];
    d->list[d->count++] = (struct trajectory){
        .length = (int)(end - first),
        .state = s->state + (first + shift) * s->S,
        .next_state = s->next_state != NULL ? s->next_state + first * s->S
                                            : s->state + (first + shift + 1) * s->S,
        .action = s->action + first * s->A,
        .reward = s->reward + first,
        .return_to_go = s->return_to_go + first,
        .terminal = s->terminal + first,
        .last_next_missing = last_next_missing,
        .total_reward = total,
        .raw_return = raw,
    };
    d->transitions += end - first;
    return STATUS_OK;
}

static bool is_timeout(const struct cutter *c, int64_t row, int64_t start)
{
    const struct dataset_store *s = c->s;
    return s->timeout != NULL ? s->timeout[row] != 0 : row + 1 - start >= c->d->env->time_limit;
}

/* gym-mujoco (rows 0..N-1), adroit and maze2d (0..N-2): a trajectory ends after a flagged row, the
 * unfinished tail is dropped. Without timeouts the step limit takes their place. */
static enum status cut_walk(struct cutter *c, int64_t rows, bool next_row)
{
    const struct dataset_store *s = c->s;
    int64_t start = 0;
    for (int64_t i = 0; i < rows; i++) {
        if (s->terminal[i] || is_timeout(c, i, start)) {
            TRY(add_trajectory(c, start, i + 1, 0, next_row && !s->terminal[i]));
            start = i + 1;
        }
    }
    return STATUS_OK;
}

/* The Q-learning view of the same suites: rows 0..N-2 but those of timeouts, the tail as well. */
static enum status cut_q_view(struct cutter *c)
{
    const struct dataset_store *s = c->s;
    int64_t start = 0, rows = s->rows - 1;
    for (int64_t i = 0; i < rows; i++) {
        bool timeout = is_timeout(c, i, start);
        if (!s->terminal[i] && !timeout)
            continue;
        if (i + !timeout > start)
            TRY(add_trajectory(c, start, i + !timeout, 0, false));
        start = i + 1;
    }
    return rows > start ? add_trajectory(c, start, rows, 0, false) : STATUS_OK;
}

static bool is_jump(const struct dataset_store *s, int64_t a, int64_t b)
{
    double squares = 0;
    for (int64_t i = 0; i < s->S; i++) {
        double x = (double)s->state[a * s->S + i] - (double)s->state[b * s->S + i];
        squares += x * x;
    }
    return sqrt(squares) > 1e-6;
}

/* Move rows [first, end) up by n rows, over rows that only were successors. Row `first` itself
 * keeps its old state: the trajectory before may need it as its last successor. */
static void close_gap(struct dataset_store *s, int64_t first, int64_t end, int64_t n)
{
    size_t rows = (size_t)(end - first), S = (size_t)s->S, A = (size_t)s->A;
    memmove(s->state + (first + n) * s->S, s->state + first * s->S, rows * S * sizeof(float));
    memmove(s->action + (first + n) * s->A, s->action + first * s->A, rows * A * sizeof(float));
    memmove(s->reward + first + n, s->reward + first, rows * sizeof(float));
    memmove(s->terminal + first + n, s->terminal + first, rows);
}

/* A trajectory of antmaze: its end stops bootstrapping, whatever it was (unless told otherwise). */
static enum status add_antmaze(struct cutter *c, int64_t first, int64_t end)
{
    if (end <= first)
        return STATUS_OK;
    if (!c->o->q_view)
        c->s->terminal[end - 1] = 1;
    return add_trajectory(c, first, end, 0, false);
}

/* The Q-learning view skips timeout rows and the file's last row. Between the rows it keeps,
 * successors are the next rows, so the only places where the walk can jump are the skipped ones;
 * there the trajectory ends, unless (an ant that did not move at all) there is no jump. */
static enum status cut_antmaze(struct cutter *c)
{
    struct dataset_store *s = c->s;
    int64_t start = 0, episode = 0, last = s->rows - 1, limit = c->d->env->time_limit;
    for (int64_t i = 0; i < last; i++) {
        bool timeout = s->timeout != NULL ? s->timeout[i] != 0 : i - episode == limit - 1;
        if (!timeout && s->terminal[i]) {
            TRY(add_antmaze(c, start, i + 1));
            start = episode = i + 1;
        }
        if (!timeout)
            continue;
        episode = i + 1;
        int64_t next = episode; /* the next row that is kept */
        while (s->timeout != NULL && next < last && s->timeout[next])
            next++;
        if (i == start || next == last || is_jump(s, i, next)) {
            TRY(add_antmaze(c, start, i));
            start = next;
        } else {
            close_gap(s, start, i, next - i);
            start += next - i;
        }
        i = next - 1;
    }
    return add_antmaze(c, start, last);
}

/* Minari: every episode is a walk of its own with its final observation. */
static enum status cut_segments(struct cutter *c)
{
    struct dataset_store *s = c->s;
    bool antmaze = c->d->env->suite->goal_cut;
    for (int e = 0; e < s->segments; e++) {
        int64_t start = s->segment[e], end = s->segment[e + 1];
        for (int64_t i = start; i < end; i++) {
            if (!s->terminal[i] && !s->timeout[i] && i + 1 < end)
                continue;
            if (antmaze && !c->o->q_view)
                s->terminal[i] = 1;
            TRY(add_trajectory(c, start, i + 1, e, false));
            start = i + 1;
        }
    }
    return STATUS_OK;
}

/* Which rule applies to what was read. */
static enum dataset_rule rule_of(const struct env_kind *env, const struct dataset_store *store)
{
    if (store->segment != NULL)
        return RULE_SEGMENTS;
    if (env->suite->goal_cut)
        return RULE_ANTMAZE;
    return store->next_state != NULL ? RULE_SUCCESSORS : RULE_NEXT_ROW;
}

enum status dataset_cut(struct dataset *d, const struct dataset_options *o)
{
    struct dataset_store *s = d->store;
    bool keep_all = !d->env->suite->goal_cut || o->singles_kept == DATASET_ALL_SINGLES;
    struct cutter c = {d, s, o, keep_all ? INT_MAX : o->singles_kept};
    if (s->rows >= INT_MAX)
        return status_fail(STATUS_SHAPE, "%s: has %lld rows, at most %d are supported", d->path,
                           (long long)s->rows, INT_MAX - 1);
    switch (rule_of(d->env, s)) {
    case RULE_SUCCESSORS:
        TRY(o->q_view ? cut_q_view(&c) : cut_walk(&c, s->rows, false));
        break;
    case RULE_NEXT_ROW:
        TRY(o->q_view ? cut_q_view(&c) : cut_walk(&c, s->rows - 1, true));
        break;
    case RULE_ANTMAZE:
        TRY(cut_antmaze(&c));
        break;
    case RULE_SEGMENTS:
        TRY(cut_segments(&c));
        break;
    }
    d->rows = s->rows;
    d->unused = s->rows - d->transitions;
    if (d->count == 0)
        return status_fail(
            STATUS_FORMAT,
            "%s: no trajectory is complete: of %lld rows, no usable one has 'terminals' "
            "or 'timeouts' set; use a longer file",
            d->path, (long long)s->rows);
    return STATUS_OK;
}
