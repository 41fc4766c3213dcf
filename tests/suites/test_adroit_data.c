/* D4RL-layout files of the Adroit tasks, run again: what a stored row says must follow from it. */
#include "suites/env.h"
#include "suites/physics.h"
#include "tests/support/fixture.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_VALUES = 4, EVERY = 50 };

/* Where each task field is stored. A relocate file stores world positions instead, one substep old,
 * from which its model fields follow only nearly. */
static const struct {
    const char *file, *env, *field, *stored;
} files[] = {{"door-human-dev", "door", "door_body_pos", "infos/door_body_pos"},
             {"door-expert-dev", "door", "door_body_pos", "infos/door_body_pos"},
             {"hammer-expert-dev", "hammer", "board_pos", "infos/board_pos"},
             {"pen-expert-dev", "pen", "desired_orien", "infos/desired_orien"}};

enum { FILES = sizeof files / sizeof *files };

struct data {
    struct h5 file;
    struct env *e;
    int rows, S, A, nq, nv, width; /* width: of the task field */
    double *qpos, *qvel, *field, *observations, *actions, *rewards, *terminals, *timeouts;
    const char *name;
};

static struct data open_data(int row)
{
    if (strcmp(physics_version(), "2.2.2") != 0)
        cr_skip_test("made with MuJoCo 2.2.2, this is %s", physics_version());
    struct data d = {.name = files[row].field};
    char path[FILE_PATH];
    fixture_shared(at("data/%s.hdf5", files[row].file), path);
    cr_assert_eq(h5_open(&d.file, path), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(env_open(files[row].env, NULL, &d.e), STATUS_OK, "%s", status_sentence());
    d.rows = fixture_dim(&d.file, "observations", 0);
    d.S = fixture_dim(&d.file, "observations", 1);
    d.A = fixture_dim(&d.file, "actions", 1);
    d.nq = fixture_dim(&d.file, "infos/qpos", 1);
    d.nv = fixture_dim(&d.file, "infos/qvel", 1);
    d.width = fixture_dim(&d.file, files[row].stored, 1);
    d.qpos = fixture_doubles(&d.file, "infos/qpos", NULL);
    d.qvel = fixture_doubles(&d.file, "infos/qvel", NULL);
    d.field = fixture_doubles(&d.file, files[row].stored, NULL);
    d.observations = fixture_doubles(&d.file, "observations", NULL);
    d.actions = fixture_doubles(&d.file, "actions", NULL);
    d.rewards = fixture_doubles(&d.file, "rewards", NULL);
    d.terminals = fixture_doubles(&d.file, "terminals", NULL);
    d.timeouts = fixture_doubles(&d.file, "timeouts", NULL);
    return d;
}

static void close_data(struct data *d)
{
    double *const all[] = {d->qpos,    d->qvel,    d->field,     d->observations,
                           d->actions, d->rewards, d->terminals, d->timeouts};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
    env_close(d->e);
    h5_close(&d->file);
}

static void place(struct data *d, int row)
{
    const struct env_value v[] = {{"qpos", d->qpos + (size_t)row * (size_t)d->nq, d->nq},
                                  {"qvel", d->qvel + (size_t)row * (size_t)d->nv, d->nv},
                                  {d->name, d->field + (size_t)row * (size_t)d->width, d->width}};
    cr_assert_eq(env_reset_to(d->e, v, 3), STATUS_OK, "%s", status_sentence());
}

static struct env_step act(struct data *d, int row)
{
    struct env_step out;
    cr_assert_eq(env_step(d->e, d->actions + (size_t)row * (size_t)d->A, &out), STATUS_OK, "%s",
                 status_sentence());
    return out;
}

ParameterizedTestParameters(adroit_data, a_row_leads_to_the_next)
{
    static int index[FILES];
    for (int i = 0; i < FILES; i++)
        index[i] = i;
    return cr_make_param_array(int, index, FILES);
}

/* The state is stored as float32. Measured: 3e-6 for observations, 7e-8 for rewards (relative to
 * the larger of 1 and the reward). */
ParameterizedTest(int *row, adroit_data, a_row_leads_to_the_next)
{
    struct data d = open_data(*row);
    double worst = 0, worst_reward = 0;
    int checked = 0;
    for (int t = 0; t + 1 < d.rows; t += EVERY) {
        if (d.terminals[t] != 0 || d.timeouts[t] != 0)
            continue;
        place(&d, t);
        struct env_step s = act(&d, t);
        const double *want = d.observations + ((size_t)t + 1) * (size_t)d.S;
        for (int k = 0; k < d.S; k++)
            worst = fmax(worst, fabs(env_observation(d.e)[k] - want[k]));
        worst_reward = fmax(worst_reward,
                            fabs(s.raw_reward - d.rewards[t]) / fmax(1, fabs(d.rewards[t])));
        checked++;
    }
    cr_assert_gt(checked, d.rows / EVERY / 2);
    expect_number(at("%s: next observation", files[*row].file), worst, 0, 0, 2e-5);
    expect_number(at("%s: reward", files[*row].file), worst_reward, 0, 0, 4e-6);
    close_data(&d);
}

/* Demonstrations are longer than the time limit: go on from where the clock ran out. */
static void continue_episode(struct env *e)
{
    const char *const names[MAX_VALUES] = {"qpos", "qvel", "qacc_warmstart", "door_body_pos"};
    struct env_value v[MAX_VALUES];
    double copy[MAX_VALUES][64];
    for (int i = 0; i < MAX_VALUES; i++) {
        int n;
        const double *field = env_field(e, names[i], &n);
        cr_assert(n <= 64);
        memcpy(copy[i], field, (size_t)n * sizeof *field);
        v[i] = (struct env_value){names[i], copy[i], n};
    }
    cr_assert_eq(env_reset_to(e, v, MAX_VALUES), STATUS_OK, "%s", status_sentence());
}

/* Real people opened 25 doors. Each is played again from its first row with its actions alone.
 * Measured: returns of about 800 agree to 8e-6. */
Test(adroit_data, human_demonstrations_play_again, .timeout = 60)
{
    struct data d = open_data(0);
    double worst = 0, mean = 0;
    int demonstrations = 0;
    for (int t = 0; t < d.rows; demonstrations++) {
        double stored = 0, played = 0;
        place(&d, t);
        for (bool last = false; !last && t < d.rows; t++) {
            struct env_step s = act(&d, t);
            played += s.raw_reward;
            stored += d.rewards[t];
            last = d.timeouts[t] != 0;
            if (s.truncated && !last)
                continue_episode(d.e);
        }
        worst = fmax(worst, fabs(played - stored));
        mean += score_normalise(env_kind(d.e)->score, played);
    }
    expect_number("human demonstrations: return", worst, 0, 0, 1e-3);
    cr_assert_eq(demonstrations, 25);
    expect_number("human demonstrations: score", mean / demonstrations, 29.0, 0, 0.05);
    close_data(&d);
}
