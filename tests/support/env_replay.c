#include "tests/support/env_replay.h"

#include "suites/env.h"
#include "tests/support/fixture.h"

#include <criterion/criterion.h>
#include <glob.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- which fixtures there are
 * ---------------------------------------------------------------------- */

static void list(const char *pattern, glob_t *found)
{
    const char *set = getenv("VITAMIN_FIXTURES");
    const char *folder = set != NULL && *set != '\0' ? set : "../shared/fixtures";
    if (glob(at("%s/%s.h5", folder, pattern), GLOB_BRACE, NULL, found) != 0)
        found->gl_pathc = 0;
}

int replay_count(const char *pattern)
{
    glob_t found = {0};
    list(pattern, &found);
    int count = (int)found.gl_pathc;
    globfree(&found);
    return count;
}

bool replay_name(const char *pattern, int i, char name[REPLAY_NAME])
{
    glob_t found = {0};
    list(pattern, &found);
    bool there = i < (int)found.gl_pathc;
    if (there) {
        const char *path = found.gl_pathv[i], *slash = strrchr(path, '/');
        const char *base = slash != NULL ? slash + 1 : path;
        snprintf(name, REPLAY_NAME, "%.*s", (int)(strlen(base) - strlen(".h5")), base);
    }
    globfree(&found);
    return there;
}

/* --- one recording
 * ----------------------------------------------------------------------------------- */

enum { MAX_FIELDS = 8 };

struct recording {
    struct h5 file;
    char env[64];
    int S, A, nq, nv, limit;
    struct env *world, *dense, *contact; /* the variants only where the file records them */
};

struct field { /* a task field of an episode */
    char name[64];
    double *data;
    int count;
    bool each_step; /* (T+1) rows; else one for the episode */
};

struct episode {
    int T;
    double *qpos, *qvel, *observations, *actions, *ctrl, *rewards, *terminals, *timeouts;
    double *reset_qpos, *reset_qvel, *qacc_warmstart;
    double *goal_achieved, *dense, *contact_forces, *contact_rewards; /* or NULL */
    double success; /* of the whole episode; -1: not recorded */
    struct field field[MAX_FIELDS];
    int fields;
};

static int whole(const struct h5 *f, const char *name)
{
    double value;
    cr_assert_eq(h5_get_number(f, ".", name, &value), STATUS_OK, "%s", status_sentence());
    return (int)value;
}

static struct env *open_env(const char *name, struct env_options options)
{
    struct env *e;
    cr_assert_eq(env_open(name, &options, &e), STATUS_OK, "%s", status_sentence());
    return e;
}

static struct recording open_recording(const char *name)
{
    struct recording r = {.file = fixture_open(name)};
    char stored[64];
    cr_assert_eq(h5_get_text(&r.file, ".", "env", stored, sizeof stored), STATUS_OK, "%s",
                 status_sentence());
    const char *prefix = "adroit_";
    bool has_prefix = strncmp(stored, prefix, strlen(prefix)) == 0;
    snprintf(r.env, sizeof r.env, "%s", stored + (has_prefix ? strlen(prefix) : 0));
    r.S = whole(&r.file, "obs_dim");
    r.A = whole(&r.file, "act_dim");
    r.nq = whole(&r.file, "nq");
    r.nv = whole(&r.file, "nv");
    r.limit = whole(&r.file, "max_episode_steps");

    struct env_options options = env_defaults();
    r.world = open_env(r.env, options);
    const struct env_kind *kind = env_kind(r.world);
    cr_assert_eq(kind->obs_dim, r.S);
    cr_assert_eq(kind->act_dim, r.A);
    cr_assert_eq(kind->time_limit, r.limit);
    cr_assert_eq(kind->frame_skip, whole(&r.file, "frame_skip"));
    if (h5_has_attribute(&r.file, ".", "success_steps"))
        cr_assert_eq(kind->success_steps, whole(&r.file, "success_steps"));
    if (h5_has(&r.file, "episode_000/dense_rewards")) {
        options.dense = true;
        r.dense = open_env(r.env, options);
        options.dense = false;
    }
    if (h5_has(&r.file, "episode_000/contact/rewards")) {
        options.contact_forces = true;
        r.contact = open_env(r.env, options);
    }
    return r;
}

static void close_recording(struct recording *r)
{
    env_close(r->world);
    env_close(r->dense);
    env_close(r->contact);
    cr_assert_eq(h5_close(&r->file), STATUS_OK);
}

static void add_field(const struct recording *r, struct episode *ep, const char *name,
                      const char *dataset, bool each_step)
{
    cr_assert_lt(ep->fields, MAX_FIELDS);
    struct field *f = &ep->field[ep->fields++];
    size_t n;
    snprintf(f->name, sizeof f->name, "%s", name);
    f->data = fixture_doubles(&r->file, dataset, &n);
    f->each_step = each_step;
    f->count = each_step ? (int)n / (ep->T + 1) : (int)n;
}

static double *optional(const struct h5 *f, const char *name)
{
    return h5_has(f, name) ? fixture_doubles(f, name, NULL) : NULL;
}

/* False: the file has no episode `i`. */
static bool load_episode(const struct recording *r, int i, struct episode *ep)
{
    char group[32];
    snprintf(group, sizeof group, "episode_%03d", i);
    const struct h5 *f = &r->file;
    if (!h5_has(f, group))
        return false;
    *ep = (struct episode){.T = fixture_dim(f, at("%s/actions", group), 0)};
    ep->qpos = fixture_doubles(f, at("%s/qpos", group), NULL);
    ep->qvel = fixture_doubles(f, at("%s/qvel", group), NULL);
    ep->observations = fixture_doubles(f, at("%s/observations", group), NULL);
    ep->actions = fixture_doubles(f, at("%s/actions", group), NULL);
    ep->ctrl = fixture_doubles(f, at("%s/ctrl", group), NULL);
    ep->rewards = fixture_doubles(f, at("%s/rewards", group), NULL);
    ep->terminals = fixture_doubles(f, at("%s/terminals", group), NULL);
    ep->timeouts = fixture_doubles(f, at("%s/timeouts", group), NULL);
    ep->reset_qpos = fixture_doubles(f, at("%s/reset_qpos", group), NULL);
    ep->reset_qvel = fixture_doubles(f, at("%s/reset_qvel", group), NULL);
    ep->qacc_warmstart = fixture_doubles(f, at("%s/qacc_warmstart", group), NULL);
    ep->goal_achieved = optional(f, at("%s/goal_achieved", group));
    ep->dense = optional(f, at("%s/dense_rewards", group));
    ep->contact_forces = optional(f, at("%s/contact/cfrc_clipped", group));
    ep->contact_rewards = optional(f, at("%s/contact/rewards", group));

    ep->success = -1;
    if (h5_has_attribute(f, group, "success"))
        cr_assert_eq(h5_get_number(f, group, "success", &ep->success), STATUS_OK, "%s",
                     status_sentence());

    if (h5_has(f, at("%s/goal", group)))
        add_field(r, ep, "goal", at("%s/goal", group), false);
    if (h5_has(f, at("%s/torso_x", group)))
        add_field(r, ep, "torso_x", at("%s/torso_x", group), true);
    char names[256];
    if (h5_has_attribute(f, ".", "fields") &&
        h5_get_text(f, ".", "fields", names, sizeof names) == STATUS_OK) {
        for (char *rest = names, *name; (name = strtok_r(rest, ", ", &rest)) != NULL;)
            add_field(r, ep, name, at("%s/reset_%s", group, name), false);
    }
    return true;
}

static void free_episode(struct episode *ep)
{
    double *const all[] = {ep->qpos,       ep->qvel,           ep->observations,
                           ep->actions,    ep->ctrl,           ep->rewards,
                           ep->terminals,  ep->timeouts,       ep->reset_qpos,
                           ep->reset_qvel, ep->qacc_warmstart, ep->goal_achieved,
                           ep->dense,      ep->contact_forces, ep->contact_rewards};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
    for (int i = 0; i < ep->fields; i++)
        free(ep->field[i].data);
}

/* --- comparing
 * --------------------------------------------------------------------------------------- */

struct worst {
    double off;
    char where[160];
};

static void compare(struct worst *w, const double *got, const double *want, int n, int episode,
                    int step)
{
    for (int i = 0; i < n; i++) {
        double off = fabs(got[i] - want[i]);
        if (off <= w->off)
            continue;
        w->off = isnan(off) ? HUGE_VAL : off;
        snprintf(w->where, sizeof w->where, "episode %d, step %d, element %d: %.17g, not %.17g",
                 episode, step, i, got[i], want[i]);
    }
}

struct residuals {
    struct worst observation, reward, control;
};

static void judge(const char *name, const char *how, const struct residuals *r,
                  struct replay_tolerance allowed)
{
    expect_number(at("%s, %s: observations (%s)", name, how, r->observation.where),
                  r->observation.off, 0, 0, allowed.observation);
    expect_number(at("%s, %s: rewards (%s)", name, how, r->reward.where), r->reward.off, 0, 0,
                  allowed.reward);
    expect_number(at("%s, %s: controls (%s)", name, how, r->control.where), r->control.off, 0, 0,
                  allowed.control);
}

/* Put `e` at row t of the episode; t < 0: at what reset wrote, before anything was derived. */
static void place(struct env *e, const struct recording *r, const struct episode *ep, int t,
                  bool warm)
{
    struct env_value v[4 + MAX_FIELDS];
    int n = 0;
    double steps = t < 0 ? 0 : t;
    size_t row = t < 0 ? 0 : (size_t)t;
    v[n++] = (struct env_value){"qpos", t < 0 ? ep->reset_qpos : ep->qpos + row * (size_t)r->nq,
                                r->nq};
    v[n++] = (struct env_value){"qvel", t < 0 ? ep->reset_qvel : ep->qvel + row * (size_t)r->nv,
                                r->nv};
    v[n++] = (struct env_value){"steps", &steps, 1};
    if (warm)
        v[n++] = (struct env_value){"qacc_warmstart", ep->qacc_warmstart + row * (size_t)r->nv,
                                    r->nv};
    for (int i = 0; i < ep->fields; i++) {
        const struct field *f = &ep->field[i];
        if (f->each_step && t < 0)
            continue; /* derived from the start, as the original did */
        size_t offset = f->each_step ? row * (size_t)f->count : 0;
        v[n++] = (struct env_value){f->name, f->data + offset, f->count};
    }
    cr_assert_eq(env_reset_to(e, v, n), STATUS_OK, "%s", status_sentence());
}

/* Act with row t and compare everything that the step gave. */
static struct env_step act(struct env *e, const struct recording *r, const struct episode *ep,
                           int i, int t, struct residuals *w)
{
    struct env_step out;
    cr_assert_eq(env_step(e, ep->actions + (size_t)t * (size_t)r->A, &out), STATUS_OK, "%s",
                 status_sentence());
    compare(&w->observation, env_observation(e), ep->observations + ((size_t)t + 1) * (size_t)r->S,
            r->S, i, t);
    compare(&w->reward, &out.raw_reward, ep->rewards + t, 1, i, t);
    int n;
    const double *ctrl = env_field(e, "ctrl", &n);
    compare(&w->control, ctrl, ep->ctrl + (size_t)t * (size_t)r->A, n, i, t);
    cr_assert_eq(out.terminated, ep->terminals[t] != 0, "%s: terminated is %d, episode %d step %d",
                 r->env, out.terminated, i, t);
    cr_assert_eq(out.truncated, ep->timeouts[t] != 0, "%s: truncated is %d, episode %d step %d",
                 r->env, out.truncated, i, t);
    if (ep->goal_achieved != NULL)
        cr_assert_eq(out.goal, ep->goal_achieved[t] != 0, "%s: goal is %d, episode %d step %d",
                     r->env, out.goal, i, t);
    return out;
}

/* The variants that the recording has beside the main one. */
static void act_variants(const struct recording *r, const struct episode *ep, int i, int t,
                         struct residuals *w)
{
    struct env_step out;
    const double *action = ep->actions + (size_t)t * (size_t)r->A;
    if (ep->dense != NULL) {
        place(r->dense, r, ep, t, false);
        cr_assert_eq(env_step(r->dense, action, &out), STATUS_OK, "%s", status_sentence());
        compare(&w->reward, &out.raw_reward, ep->dense + t, 1, i, t);
    }
    if (ep->contact_rewards != NULL) {
        int forces = 84;
        place(r->contact, r, ep, t, false);
        cr_assert_eq(env_step(r->contact, action, &out), STATUS_OK, "%s", status_sentence());
        compare(&w->reward, &out.raw_reward, ep->contact_rewards + t, 1, i, t);
        compare(&w->observation, env_observation(r->contact) + r->S - forces,
                ep->contact_forces + (size_t)(t + 1) * (size_t)forces, forces, i, t);
    }
}

/* Keep the worse of the two. */
static void merge(struct worst *into, const struct worst *w)
{
    if (w->off > into->off)
        *into = *w;
}

static bool within(const struct residuals *w, struct replay_tolerance allowed)
{
    return w->observation.off <= allowed.observation && w->reward.off <= allowed.reward;
}

/* The proof that only the solver's start made a step stray. */
static bool agrees_when_warm(const struct recording *r, const struct episode *ep, int episode,
                             int t, struct replay_tolerance allowed)
{
    struct residuals again = {0};
    place(r->world, r, ep, t, true);
    act(r->world, r, ep, episode, t, &again);
    return within(&again, allowed);
}

static void single_steps(const char *name, bool warm, struct replay_tolerance allowed)
{
    struct recording r = open_recording(name);
    struct residuals w = {0}, variants = {0};
    struct worst stray = {0};
    struct episode ep;
    int episodes = 0, steps = 0, strays = 0;
    for (; load_episode(&r, episodes, &ep); episodes++) {
        for (int t = 0; t < ep.T; t++, steps++) {
            struct residuals one = {0};
            place(r.world, &r, &ep, t, warm);
            act(r.world, &r, &ep, episodes, t, &one);
            if (!warm)
                act_variants(&r, &ep, episodes, t, &variants);

            bool off = !within(&one, allowed);
            if (off && fmax(one.observation.off, one.reward.off) <= allowed.stray &&
                agrees_when_warm(&r, &ep, episodes, t, allowed)) {
                strays++;
                merge(&stray,
                      one.observation.off > one.reward.off ? &one.observation : &one.reward);
                continue;
            }
            merge(&w.observation, &one.observation);
            merge(&w.reward, &one.reward);
            merge(&w.control, &one.control);
        }
        free_episode(&ep);
    }
    cr_assert_gt(episodes, 0, "%s holds no episode_000", name);
    judge(name, warm ? "single steps, warm" : "single steps", &w, allowed);
    if (r.dense != NULL || r.contact != NULL)
        judge(name, "single steps, variants", &variants, allowed);
    expect_number(at("%s: share of stray steps (worst %g: %s)", name, stray.off, stray.where),
                  (double)strays / steps, 0, 0, allowed.stray_share);
    close_recording(&r);
}

void replay_single_steps(const char *name, struct replay_tolerance allowed)
{
    single_steps(name, false, allowed);
}

void replay_warm_steps(const char *name, struct replay_tolerance allowed)
{
    single_steps(name, true, allowed);
}

void replay_open_loop(const char *name, int steps, struct replay_tolerance allowed)
{
    struct recording r = open_recording(name);
    struct residuals w = {0};
    struct episode ep;
    for (int i = 0; load_episode(&r, i, &ep); i++) {
        place(r.world, &r, &ep, -1, false);
        compare(&w.observation, env_observation(r.world), ep.observations, r.S, i, -1);
        struct env_step last = {0};
        for (int t = 0; t < ep.T && (steps == 0 || t < steps); t++)
            last = act(r.world, &r, &ep, i, t, &w);
        if (steps == 0 && ep.success >= 0)
            cr_assert_eq(last.success, ep.success != 0, "%s: success is %d, episode %d", r.env,
                         last.success, i);
        free_episode(&ep);
    }
    judge(name, "open loop", &w, allowed);
    close_recording(&r);
}
