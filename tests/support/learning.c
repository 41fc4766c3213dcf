#include "tests/support/learning.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- names --- */

/* "q2.layer3.weight": net 2 (v is 0), layer 3, leaf "weight"; "output" is layer 0. */
static void split(const char *view, int *net, int *layer, const char **leaf)
{
    *net = view[0] == 'v' ? 0 : view[1] - '0';
    const char *dot = strchr(view, '.');
    cr_assert_not_null(dot, "%s is no critic's view", view);
    *layer = strncmp(dot + 1, "layer", 5) == 0 ? atoi(dot + 6) : 0;
    *leaf = strchr(dot + 1, '.') + 1;
}

void fixture_critic_name(const char *view, char *out)
{
    int net, layer;
    const char *leaf;
    split(view, &net, &layer, &leaf);
    snprintf(out, FIXTURE_NAME, "l%d.%s", layer + (net == 2 ? 3 : 0), leaf);
}

void fixture_iql_critic_name(const char *view, char *out)
{
    char plain[FIXTURE_NAME - 2];
    fixture_critic_name(view, plain);
    snprintf(out, FIXTURE_NAME, "%c_%s", view[0] == 'v' ? 'V' : 'Q', plain);
}

void fixture_recurrent_name(const char *view, char *out)
{
    int net, layer;
    const char *leaf;
    split(view, &net, &layer, &leaf);
    if (layer > 0)
        snprintf(out, FIXTURE_NAME, "Q_%d.%s_l%d", net, leaf, layer - 1);
    else
        snprintf(out, FIXTURE_NAME, "l%d.%s", net, leaf);
}

/* --- parameters --- */

static const char *member(const char *group, const struct view *v, fixture_naming *naming)
{
    char name[FIXTURE_NAME];
    naming(v->name, name);
    return at("%s/%s", group, name);
}

void fixture_theta(const struct h5 *f, const char *group, const struct layout *l,
                   fixture_naming *naming, float *theta)
{
    for (int i = 0; i < l->count; i++) {
        const struct view *v = &l->views[i];
        cr_assert_eq(h5_read_float(f, member(group, v, naming), view_size(v), theta + v->offset),
                     STATUS_OK, "%s", status_sentence());
    }
}

void expect_theta(const char *what, const float *got, const struct h5 *f, const char *group,
                  const struct layout *l, fixture_naming *naming, double relative, double absolute)
{
    int seen = 0;
    for (int i = 0; i < l->count; i++) {
        const struct view *v = &l->views[i];
        const char *name = member(group, v, naming);
        if (!h5_has(f, name))
            continue;
        size_t n;
        float *want = fixture_floats(f, name, &n);
        cr_assert_eq(n, view_size(v), "%s has %zu elements", name, n);
        expect_close(at("%s %s", what, v->name), got + v->offset, want, n, relative, absolute);
        free(want);
        seen++;
    }
    cr_assert_gt(seen, 0, "%s holds none of the layout's tensors", group);
}

void expect_change(const char *what, const float *got, const float *before, const struct h5 *f,
                   const char *group, const struct layout *l, fixture_naming *naming,
                   double relative)
{
    int seen = 0;
    for (int i = 0; i < l->count; i++) {
        const struct view *v = &l->views[i];
        const char *name = member(group, v, naming);
        if (!h5_has(f, name))
            continue;
        size_t n;
        float *want = fixture_floats(f, name, &n);
        cr_assert_eq(n, view_size(v), "%s has %zu elements", name, n);
        double *change = malloc(2 * n * sizeof *change), spacing = 0;
        for (size_t j = 0; j < n; j++) {
            spacing = fmax(spacing, fabs((double)before[v->offset + j]) * 0x1p-23);
            change[j] = (double)got[v->offset + j] - (double)before[v->offset + j];
            change[n + j] = (double)want[j] - (double)before[v->offset + j];
        }
        expect_close_double(at("change of %s %s", what, v->name), change, change + n, n, relative,
                            spacing);
        free(change);
        free(want);
        seen++;
    }
    cr_assert_gt(seen, 0, "%s holds none of the layout's tensors", group);
}

/* --- data --- */

/* Read a member of a group as floats into `out`, which holds n. */
static void read_into(const struct h5 *f, const char *group, const char *name, size_t n, float *out)
{
    cr_assert_eq(h5_read_float(f, at("%s/%s", group, name), n, out), STATUS_OK, "%s",
                 status_sentence());
}

static void read_numbers(const struct h5 *f, const char *group, const char *name, int n, int *out)
{
    if (h5_has(f, at("%s/%s", group, name)))
        cr_assert_eq(h5_read(f, at("%s/%s", group, name), H5T_NATIVE_INT, (size_t)n, out),
                     STATUS_OK, "%s", status_sentence());
}

struct batch fixture_batch(const struct h5 *f, const char *group)
{
    const char *states = at("%s/states", group), *actions = at("%s/actions", group);
    int B = fixture_dim(f, states, 0), K = fixture_dim(f, states, 1);
    int S = fixture_dim(f, states, 2), A = fixture_dim(f, actions, 2);
    bool log_prob = h5_has(f, at("%s/old_logprob", group));
    struct batch b;
    cr_assert_eq(batch_init(&b, B, K, S, A, log_prob), STATUS_OK);
    size_t rows = (size_t)B * (size_t)K;
    read_into(f, group, "states", rows * (size_t)S, b.state);
    if (h5_has(f, at("%s/next_states", group)))
        read_into(f, group, "next_states", rows * (size_t)S, b.next_state);
    read_into(f, group, "actions", rows * (size_t)A, b.action);
    read_into(f, group, "rewards", rows, b.reward);
    read_into(f, group, "dones", rows, b.done);
    read_into(f, group, "rtg", rows + (size_t)B, b.return_to_go);
    read_into(f, group, "padding_mask", rows, b.mask);
    if (log_prob)
        read_into(f, group, "old_logprob", rows, b.log_prob);
    read_numbers(f, group, "traj_index", B, b.trajectory);
    read_numbers(f, group, "start_index", B, b.start);
    for (int i = 0; i < B; i++) {
        for (int k = 0; k < K; k++)
            b.length[i] += b.mask[i * K + k] > 0;
        b.valid += b.length[i];
    }
    memcpy(b.weight, b.mask, rows * sizeof *b.weight);
    b.weight_sum = b.valid;
    return b;
}

struct trajectory *fixture_trajectories(const struct h5 *f, const char *group, int *count)
{
    *count = 0;
    while (h5_has(f, at("%s/%d", group, *count)))
        (*count)++;
    cr_assert_gt(*count, 0, "no trajectory in %s", group);
    struct trajectory *list = calloc((size_t)*count, sizeof *list);
    for (int i = 0; i < *count; i++) {
        int L = fixture_dim(f, at("%s/%d/observations", group, i), 0);
        int S = fixture_dim(f, at("%s/%d/observations", group, i), 1);
        int A = fixture_dim(f, at("%s/%d/actions", group, i), 1);
        float *state = fixture_floats(f, at("%s/%d/observations", group, i), NULL);
        float *next = fixture_floats(f, at("%s/%d/next_observations", group, i), NULL);
        float *action = fixture_floats(f, at("%s/%d/actions", group, i), NULL);
        float *reward = fixture_floats(f, at("%s/%d/rewards", group, i), NULL);
        int *flag = fixture_ints(f, at("%s/%d/terminals", group, i), NULL);
        const char *name = at("%s/%d/action_log_probs", group, i);
        float *log_prob = h5_has(f, name) ? fixture_floats(f, name, NULL) : NULL;
        uint8_t *terminal = malloc((size_t)L);
        for (int k = 0; k < L; k++)
            terminal[k] = flag[k] != 0;
        cr_assert_eq(
            trajectory_new(L, S, A, state, next, action, reward, terminal, log_prob, 0, &list[i]),
            STATUS_OK, "%s", status_sentence());
        free(state);
        free(next);
        free(action);
        free(reward);
        free(flag);
        free(log_prob);
        free(terminal);
    }
    return list;
}

struct normalizer fixture_normalizer(const struct h5 *f)
{
    size_t S;
    float *mean = fixture_floats(f, "norm/state_mean", &S);
    float *std = fixture_floats(f, "norm/state_std", NULL);
    struct normalizer n;
    cr_assert_eq(normalizer_set((int)S, mean, std, &n), STATUS_OK, "%s", status_sentence());
    free(mean);
    free(std);
    return n;
}
