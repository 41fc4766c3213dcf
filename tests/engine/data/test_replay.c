#include "engine/data/normalizer.h"
#include "engine/data/replay.h"
#include "engine/data/transitions.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One number a state, all of the return on the first step, everything else 0. */
static struct trajectory plain(int length, float total)
{
    float state[64] = {0}, action[64] = {0}, reward[64] = {total};
    uint8_t terminal[64] = {0};
    cr_assert_leq(length, 64);
    for (int i = 0; i < length; i++)
        state[i] = total + (float)i;
    struct trajectory t;
    cr_assert_eq(trajectory_new(length, 1, 1, state, state, action, reward, terminal, NULL, 0, &t),
                 STATUS_OK);
    return t;
}

static void free_list(struct trajectory *list, int count)
{
    for (int i = 0; i < count; i++)
        trajectory_free(&list[i]);
}

static void expect_totals(const struct replay *r, const double *want, int count)
{
    cr_assert_eq(r->count, count);
    int64_t steps = 0;
    for (int i = 0; i < count; i++) {
        cr_assert_eq(r->item[i].total_reward, want[i], "slot %d has return %g, should be %g", i,
                     r->item[i].total_reward, want[i]);
        cr_assert_eq(r->first[i], steps);
        steps += r->item[i].length;
    }
    cr_assert_eq(r->steps, steps);
}

Test(replay, drops_the_worst_trajectory_and_sorts_the_rest)
{
    struct trajectory list[] = {plain(4, 8), plain(2, -2), plain(8, 16), plain(1, 3)};
    int kept;
    cr_assert_eq(replay_drop_worst(list, 4, &kept), STATUS_OK);
    cr_assert_eq(kept, 3);
    const double want[] = {3, 8, 16, -2}; /* the dropped one follows: somebody must free it */
    for (int i = 0; i < 4; i++)
        cr_assert_eq(list[i].total_reward, want[i]);
    free_list(list, 4);

    struct trajectory single = plain(5, 1);
    cr_assert_eq(replay_drop_worst(&single, 1, &kept), STATUS_OK);
    cr_assert_eq(kept, 1);
    cr_assert_eq(replay_drop_worst(&single, 0, &kept), STATUS_MISSING);
    trajectory_free(&single);
}

Test(replay, ties_keep_their_order)
{
    struct trajectory list[] = {plain(3, 6), plain(2, 6), plain(1, 6), plain(4, 0)};
    int kept;
    cr_assert_eq(replay_drop_worst(list, 4, &kept), STATUS_OK);
    cr_assert_eq(list[0].length, 3);
    cr_assert_eq(list[1].length, 2);
    cr_assert_eq(list[2].length, 1);
    free_list(list, 4);
}

Test(replay, starts_with_the_best_in_ascending_order)
{
    struct trajectory list[] = {plain(4, 8), plain(2, -2), plain(8, 16), plain(1, 3)};
    struct replay r;
    cr_assert_eq(replay_init(&r, 1, 1, 3), STATUS_OK);
    cr_assert_eq(replay_fill(&r, list, 4), STATUS_OK);
    expect_totals(&r, (const double[]){3, 8, 16}, 3);
    cr_assert_eq(r.origin[0], 3);
    cr_assert_eq(r.origin[2], 2);
    replay_free(&r); /* views: the list is still whole */
    cr_assert_eq(list[0].reward[0], 8);

    cr_assert_eq(replay_init(&r, 1, 1, 10), STATUS_OK);
    cr_assert_eq(replay_fill(&r, list, 4), STATUS_OK);
    expect_totals(&r, (const double[]){-2, 3, 8, 16}, 4);
    replay_free(&r);
    free_list(list, 4);
}

/* docs/methods.md 21.8 */
Test(replay, loses_the_lowest_offline_returns_first_then_the_oldest_rollouts)
{
    enum { C = 5 };
    struct trajectory list[] = {plain(2, 2), plain(2, 10), plain(2, 6),
                                plain(2, 4), plain(2, 8),  plain(2, 0)};
    struct replay r;
    cr_assert_eq(replay_init(&r, 1, 1, C), STATUS_OK);
    cr_assert_eq(replay_fill(&r, list, 6), STATUS_OK);
    for (int n = 1; n <= 12; n++) {
        struct trajectory t = plain(1 + n % 3, (float)(100 * n));
        cr_assert_eq(replay_add(&r, &t), STATUS_OK);
        cr_assert_null(t.storage, "the replay owns it now");
        double want[C];
        for (int slot = 0; slot < C; slot++) {
            int last = n - (n - 1 - slot + 10 * C) % C; /* newest rollout in this slot */
            want[slot] = last >= 1 ? 100.0 * last : 2.0 * (slot + 1);
        }
        expect_totals(&r, want, C);
        cr_assert_eq(r.cursor, n % C);
    }
    replay_free(&r);
    free_list(list, 6);
}

Test(replay, appends_until_it_is_full)
{
    struct trajectory list[] = {plain(2, 2), plain(2, 4)};
    struct replay r;
    cr_assert_eq(replay_init(&r, 1, 1, 3), STATUS_OK);
    cr_assert_eq(replay_fill(&r, list, 2), STATUS_OK);
    struct trajectory t = plain(1, 50);
    cr_assert_eq(replay_add(&r, &t), STATUS_OK);
    expect_totals(&r, (const double[]){2, 4, 50}, 3);
    cr_assert_eq(r.cursor, 0);
    t = plain(1, 60);
    cr_assert_eq(replay_add(&r, &t), STATUS_OK);
    expect_totals(&r, (const double[]){60, 4, 50}, 3);
    replay_free(&r);
    free_list(list, 2);
}

Test(replay, prunes_from_the_old_end_until_the_steps_are_reached)
{
    struct trajectory list[] = {plain(10, 1), plain(10, 2)};
    struct replay r;
    cr_assert_eq(replay_init(&r, 1, 1, REPLAY_UNBOUNDED), STATUS_OK);
    cr_assert_eq(replay_fill(&r, list, 2), STATUS_OK);
    for (int i = 1; i <= 30; i++) {
        struct trajectory t = plain(5, (float)(10 * i));
        cr_assert_eq(replay_add(&r, &t), STATUS_OK);
    }
    replay_prune(&r, 1000); /* more than there is: all stays */
    cr_assert_eq(r.count, 32);
    replay_prune(&r, 11); /* two of five are 10 < 11: a third is needed */
    expect_totals(&r, (const double[]){280, 290, 300}, 3);
    cr_assert_eq(replay_find_step(&r, 14), 2);
    replay_clear(&r);
    cr_assert_eq(r.count, 0);
    cr_assert_eq(r.steps, 0);
    struct trajectory t = plain(2, 7);
    cr_assert_eq(replay_add(&r, &t), STATUS_OK);
    expect_totals(&r, (const double[]){7}, 1);
    replay_free(&r);
    free_list(list, 2);
}

Test(replay, finds_the_slot_of_every_step)
{
    struct replay r;
    cr_assert_eq(replay_init(&r, 1, 1, REPLAY_UNBOUNDED), STATUS_OK);
    for (int i = 0; i < 7; i++) {
        struct trajectory t = plain(1 + (i * 5) % 4, (float)i);
        cr_assert_eq(replay_add(&r, &t), STATUS_OK);
    }
    int64_t x = 0;
    for (int i = 0; i < 7; i++) {
        for (int k = 0; k < r.item[i].length; k++)
            cr_assert_eq(replay_find_step(&r, x++), i);
    }
    cr_assert_eq(x, r.steps);
    /* Weights 1e-6, 1, 2, ...: just below the total is the last slot, 0 the first. */
    cr_assert_eq(replay_find_weight(&r, 0), 0);
    cr_assert_eq(replay_find_weight(&r, 0x1.fffffffffffffp-1), 6);
    cr_assert_eq(replay_find_weight(&r, (1 + 2 + 1.5) / 21), 3);
    replay_free(&r);
}

Test(replay, refuses_a_capacity_that_makes_no_sense)
{
    struct replay r;
    cr_assert_eq(replay_init(&r, 1, 1, 0), STATUS_CONFIG);
    cr_assert_eq(replay_init(&r, 1, 1, -2), STATUS_CONFIG);
    struct transitions t;
    cr_assert_eq(transitions_init(&t, 1, 1, 0, NULL, 0, false), STATUS_CONFIG);
}

/* --- a visitor that remembers arrays by name, as a checkpoint does --- */

enum { ENTRIES = 32 };

struct memory {
    struct {
        char path[VISITOR_PATH];
        void *data;
        size_t count;
    } entry[ENTRIES];
    int count;
};

static enum status remember(struct visitor *v, const char *path, enum visit_kind kind, void *data,
                            size_t count)
{
    struct memory *m = v->context;
    size_t bytes = count * visit_width(kind);
    for (int i = 0; v->fills && i < m->count; i++) {
        if (strcmp(m->entry[i].path, path) != 0)
            continue;
        if (m->entry[i].count != count)
            return status_fail(STATUS_SHAPE, "%s has %zu elements, not %zu", path,
                               m->entry[i].count, count);
        memcpy(data, m->entry[i].data, bytes);
        return STATUS_OK;
    }
    if (v->fills)
        return status_fail(STATUS_MISSING, "%s is not there", path);
    cr_assert_lt(m->count, ENTRIES);
    snprintf(m->entry[m->count].path, VISITOR_PATH, "%s", path);
    m->entry[m->count].data = malloc(bytes + 1);
    memcpy(m->entry[m->count].data, data, bytes);
    m->entry[m->count++].count = count;
    return STATUS_OK;
}

static void *recall(struct memory *m, const char *path)
{
    for (int i = 0; i < m->count; i++) {
        if (strcmp(m->entry[i].path, path) == 0)
            return m->entry[i].data;
    }
    cr_assert_fail("%s was not visited", path);
    return NULL;
}

static void forget(struct memory *m)
{
    for (int i = 0; i < m->count; i++)
        free(m->entry[i].data);
    m->count = 0;
}

/* Offline views, an owned rollout with and one without log-probabilities. */
static void fill_some(struct replay *r, const struct trajectory *list, int count, int rollouts)
{
    cr_assert_eq(replay_init(r, 1, 1, 3), STATUS_OK);
    cr_assert_eq(replay_fill(r, list, count), STATUS_OK);
    for (int i = 0; i < rollouts; i++) {
        float x[] = {1, 2, (float)i}, log_prob[] = {-1, -2, -3};
        uint8_t terminal[] = {0, 0, 1};
        struct trajectory t;
        cr_assert_eq(
            trajectory_new(3, 1, 1, x, x, x, x, terminal, i > 0 ? log_prob : NULL, 42.5 + i, &t),
            STATUS_OK);
        t.last_next_missing = i > 0;
        cr_assert_eq(replay_add(r, &t), STATUS_OK);
    }
}

Test(replay, survives_a_restart)
{
    struct trajectory list[] = {plain(4, 8), plain(2, -2), plain(8, 16)};
    struct replay r, fresh;
    fill_some(&r, list, 3, 2);
    struct memory m = {0};
    struct visitor v = {.array = remember, .context = &m};
    visitor_enter(&v, "run");
    visitor_enter(&v, "replay");
    cr_assert_eq(replay_visit(&r, &v), STATUS_OK);
    visitor_leave(&v);
    visitor_leave(&v);
    cr_assert_str_eq(v.path, "");
    cr_assert_str_eq(m.entry[0].path, "run/replay/count");

    fill_some(&fresh, list, 3, 0); /* as a new process starts */
    v.fills = true;
    visitor_enter(&v, "run/replay");
    cr_assert_eq(replay_visit(&fresh, &v), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(fresh.count, r.count);
    cr_assert_eq(fresh.cursor, r.cursor);
    cr_assert_eq(fresh.steps, r.steps);
    for (int i = 0; i < r.count; i++) {
        const struct trajectory *a = &r.item[i], *b = &fresh.item[i];
        size_t bytes = (size_t)a->length * sizeof(float);
        cr_assert_eq(b->length, a->length);
        cr_assert_arr_eq(b->state, a->state, bytes);
        cr_assert_arr_eq(b->reward, a->reward, bytes);
        cr_assert_arr_eq(b->return_to_go, a->return_to_go, bytes);
        cr_assert_arr_eq(b->terminal, a->terminal, (size_t)a->length);
        cr_assert_eq(b->raw_return, a->raw_return);
        cr_assert_eq(b->total_reward, a->total_reward);
        cr_assert_eq(b->last_next_missing, a->last_next_missing);
        cr_assert_eq(b->log_prob == NULL, a->log_prob == NULL);
        if (a->log_prob != NULL)
            cr_assert_arr_eq(b->log_prob, a->log_prob, bytes);
    }
    /* It goes on as the other one would. */
    struct trajectory t = plain(1, 70), u = plain(1, 70);
    cr_assert_eq(replay_add(&r, &t), STATUS_OK);
    cr_assert_eq(replay_add(&fresh, &u), STATUS_OK);
    for (int i = 0; i < r.count; i++)
        cr_assert_eq(fresh.item[i].total_reward, r.item[i].total_reward);
    forget(&m);
    replay_free(&r);
    replay_free(&fresh);
    free_list(list, 3);
}

Test(replay, a_damaged_checkpoint_leaves_it_as_it_was)
{
    struct trajectory list[] = {plain(4, 8), plain(2, -2), plain(8, 16)};
    static const struct {
        const char *path;
        int64_t value; /* of the first element */
        int width;
    } damages[] = {{"count", 4, 8},        {"count", -1, 8},        {"count", 2, 8},
                   {"origin", 3, 4},       {"origin", -2, 4},       {"cursor", 3, 4},
                   {"cursor", -1, 4},      {"length", 0, 4},        {"length", -5, 4},
                   {"length", 1 << 30, 4}, {"state", 0x7fc00000, 4}};
    for (size_t k = 0; k < sizeof damages / sizeof damages[0]; k++) {
        struct replay r, fresh;
        fill_some(&r, list, 3, 2);
        fill_some(&fresh, list, 3, 0);
        struct memory m = {0};
        struct visitor v = {.array = remember, .context = &m};
        cr_assert_eq(replay_visit(&r, &v), STATUS_OK);
        memcpy(recall(&m, damages[k].path), &damages[k].value, (size_t)damages[k].width);
        v.fills = true;
        cr_assert_neq(replay_visit(&fresh, &v), STATUS_OK, "damage %zu to %s went unseen", k,
                      damages[k].path);
        expect_totals(&fresh, (const double[]){-2, 8, 16}, 3);
        forget(&m);
        replay_free(&r);
        replay_free(&fresh);
    }
    free_list(list, 3);
}

/* --- transitions --- */

static void add_number(struct transitions *t, float number)
{
    float state[] = {number}, next[] = {number + 0.5f}, action[] = {-number};
    struct transition x = {.state = state,
                           .next_state = next,
                           .action = action,
                           .reward = 10 * number,
                           .done = number > 5};
    cr_assert_eq(transitions_add(t, &x), STATUS_OK);
}

Test(transitions, hold_the_newest_and_drop_the_oldest)
{
    /* States 8..11, then 16..18 of a trajectory that timed out: its last row has no successor. */
    struct trajectory list[] = {plain(4, 8), plain(3, 16)};
    ((uint8_t *)list[0].terminal)[3] = 1;
    struct transitions t;
    cr_assert_eq(transitions_init(&t, 1, 1, 8, list, 2, true), STATUS_OK);
    cr_assert_eq(transitions_size(&t), 6);
    const float offline[] = {8, 9, 10, 11, 16, 17};
    for (int i = 0; i < 6; i++)
        cr_assert_eq(transitions_at(&t, i).state[0], offline[i]);
    cr_assert_eq(transitions_at(&t, 3).done, 1);
    cr_assert_eq(transitions_at(&t, 4).done, 0);

    for (int n = 1; n <= 30; n++) {
        add_number(&t, (float)n);
        int64_t size = transitions_size(&t), all = 6 + n;
        cr_assert_eq(size, all < 8 ? all : 8);
        for (int64_t i = 0; i < size; i++) {
            int64_t position = all - size + i;
            float want = position < 6 ? offline[position] : (float)(position - 5);
            struct transition x = transitions_at(&t, i);
            cr_assert_eq(x.state[0], want);
            if (position >= 6) {
                cr_assert_eq(x.next_state[0], want + 0.5f);
                cr_assert_eq(x.action[0], -want);
                cr_assert_eq(x.reward, 10 * want);
                cr_assert_eq(x.done, want > 5);
            }
        }
    }
    transitions_free(&t);
    free_list(list, 2);
}

Test(transitions, refuse_what_is_not_finite_and_survive_a_restart)
{
    struct trajectory list[] = {plain(4, 8)};
    struct transitions t, fresh;
    for (int capacity = -1; capacity <= 6; capacity += 7) {
        cr_assert_eq(transitions_init(&t, 1, 1, capacity, list, 1, false), STATUS_OK);
        for (int n = 0; n < 2000; n++)
            add_number(&t, (float)n);
        float bad[] = {NAN}, good[] = {1};
        struct transition x = {.state = good, .next_state = good, .action = bad};
        struct transition oldest = transitions_at(&t, 0);
        cr_assert_eq(transitions_add(&t, &x), STATUS_NONFINITE);
        cr_assert_not_null(strstr(status_sentence(), "action"), "%s", status_sentence());
        cr_assert_eq(transitions_at(&t, 0).state[0], oldest.state[0]);

        struct memory m = {0};
        struct visitor v = {.array = remember, .context = &m};
        cr_assert_eq(transitions_visit(&t, &v), STATUS_OK);
        cr_assert_eq(transitions_init(&fresh, 1, 1, capacity, list, 1, false), STATUS_OK);
        v.fills = true;
        cr_assert_eq(transitions_visit(&fresh, &v), STATUS_OK, "%s", status_sentence());
        cr_assert_eq(transitions_size(&fresh), transitions_size(&t));
        add_number(&t, 7);
        add_number(&fresh, 7);
        for (int64_t i = 0; i < transitions_size(&t); i++)
            cr_assert_eq(transitions_at(&fresh, i).state[0], transitions_at(&t, i).state[0]);
        forget(&m);
        transitions_free(&t);
        transitions_free(&fresh);
    }
    free_list(list, 1);
}

/* --- normaliser --- */

Test(normalizer, takes_mean_and_population_deviation_of_all_observations)
{
    struct trajectory list[] = {plain(3, 1), plain(1, 10)}; /* 1 2 3 10 */
    struct normalizer n;
    cr_assert_eq(normalizer_fit(list, 2, 1, 1e-3, &n), STATUS_OK);
    cr_assert_eq(n.mean[0], 4);
    cr_assert_float_eq(n.std[0], sqrt(12.5) + 1e-3, 1e-6);
    float x[40], y[40];
    for (int i = 0; i < 40; i++)
        x[i] = (float)i;
    normalizer_apply(&n, x, 40, y);
    for (int i = 0; i < 40; i++)
        cr_assert_eq(y[i], (float)(((double)x[i] - (double)n.mean[0]) / (double)n.std[0]));
    normalizer_apply(&n, x, 40, x);
    cr_assert_arr_eq(x, y, sizeof x);
    normalizer_free(&n);
    cr_assert_eq(normalizer_fit(list, 0, 1, 1e-3, &n), STATUS_MISSING);
    const float zero[] = {0}, nan[] = {NAN};
    cr_assert_eq(normalizer_set(1, zero, zero, &n), STATUS_NONFINITE);
    cr_assert_eq(normalizer_set(1, nan, nan, &n), STATUS_NONFINITE);
    free_list(list, 2);
}
