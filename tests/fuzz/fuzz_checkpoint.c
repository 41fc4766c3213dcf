/* The checkpoint reader on any bytes, into what a run keeps: a replay, a buffer of transitions, a
 * normaliser and a small learner. It may refuse the file, with a sentence, and nothing else. What
 * it accepts can be gone on with: sampled from, added to, trained on and written again.
 * tests/harness/curve/test_fuzz_checkpoint.c replays the corpus. */
#include "engine/data/normalizer.h"
#include "engine/data/replay.h"
#include "engine/data/transitions.h"
#include "engine/methods/learner.h"
#include "harness/config/config.h"
#include "harness/curve/checkpoint.h"
#include "tests/fuzz/taster.h"
#include "tests/support/reseal.h"

#include <math.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { S = 2, A = 1, LENGTH = 4, OFFLINE = 2, CAPACITY = 3, RING = 5 };

#define HASH "0123456789abcdef"

/* What one reading is about. */
struct state {
    int32_t online;
    int64_t done;
    struct trajectory offline[OFFLINE];
    struct normalizer normalizer;
    struct replay slots, grown; /* of a capacity, and unbounded */
    struct transitions ring, list;
    struct learner *learner;
};

static struct trajectory make_trajectory(int length, float first)
{
    float state[LENGTH * S], next[LENGTH * S], action[LENGTH * A], reward[LENGTH];
    uint8_t terminal[LENGTH] = {0};
    struct trajectory t;
    for (int i = 0; i < LENGTH * S; i++) {
        state[i] = first + 0.1f * (float)i;
        next[i] = state[i] + 0.05f;
    }
    for (int i = 0; i < LENGTH; i++) {
        action[i] = 0.2f * (float)i - 0.3f;
        reward[i] = first + 1;
    }
    expect(trajectory_new(length, S, A, state, next, action, reward, terminal, NULL,
                          (double)(first + 1) * length, &t) == STATUS_OK);
    return t;
}

static void make_learner(struct state *s)
{
    struct config_request request = {.preset = "paper",
                                     .method = "td3bc",
                                     .dataset = "hopper-medium-v2",
                                     .suite = "mujoco",
                                     .size = "tiny",
                                     .set = {"mlp_hidden=2", "critic_hidden=2", "batch_size=2"},
                                     .sets = 3};
    static struct hyper h;
    static bool loaded;
    if (!loaded)
        expect(config_load(&request, &h) == STATUS_OK);
    loaded = true;
    struct learner_spec spec = {.hyper = &h, .S = S, .A = A, .run = 1};
    expect(learner_new(&spec, &s->learner) == STATUS_OK);
    expect(learner_begin(s->learner, LEARNER_ONLINE) == STATUS_OK);
}

static void state_init(struct state *s)
{
    *s = (struct state){.online = 1, .done = 7};
    for (int i = 0; i < OFFLINE; i++)
        s->offline[i] = make_trajectory(LENGTH - i, (float)i);
    expect(normalizer_fit(s->offline, OFFLINE, S, 1e-3, &s->normalizer) == STATUS_OK);
    expect(replay_init(&s->slots, S, A, CAPACITY) == STATUS_OK);
    expect(replay_fill(&s->slots, s->offline, OFFLINE) == STATUS_OK);
    expect(replay_init(&s->grown, S, A, REPLAY_UNBOUNDED) == STATUS_OK);
    expect(transitions_init(&s->ring, S, A, RING, s->offline, OFFLINE, false) == STATUS_OK);
    expect(transitions_init(&s->list, S, A, -1, s->offline, OFFLINE, false) == STATUS_OK);
    make_learner(s);
}

static void state_free(struct state *s)
{
    learner_delete(s->learner);
    transitions_free(&s->ring);
    transitions_free(&s->list);
    replay_free(&s->slots);
    replay_free(&s->grown);
    normalizer_free(&s->normalizer);
    for (int i = 0; i < OFFLINE; i++)
        trajectory_free(&s->offline[i]);
}

static enum status visit_part(struct visitor *v, const char *name, void *part,
                              enum status (*visit)(void *part, struct visitor *v))
{
    visitor_enter(v, name);
    TRY(visit(part, v));
    visitor_leave(v);
    return STATUS_OK;
}

/* clang-format off */
static enum status of_normalizer(void *x, struct visitor *v)  { return normalizer_visit(x, v); }
static enum status of_replay(void *x, struct visitor *v)      { return replay_visit(x, v); }
static enum status of_transitions(void *x, struct visitor *v) { return transitions_visit(x, v); }
static enum status of_learner(void *x, struct visitor *v)     { return learner_visit(x, v); }
/* clang-format on */

static enum status state_visit(void *context, struct visitor *v)
{
    struct state *s = context;
    TRY(visit_int32s(v, "online", &s->online, 1));
    TRY(visit_int64s(v, "done", &s->done, 1));
    TRY(visit_part(v, "normalizer", &s->normalizer, of_normalizer));
    TRY(visit_part(v, "slots", &s->slots, of_replay));
    TRY(visit_part(v, "grown", &s->grown, of_replay));
    TRY(visit_part(v, "ring", &s->ring, of_transitions));
    TRY(visit_part(v, "list", &s->list, of_transitions));
    return visit_part(v, "learner", s->learner, of_learner);
}

static void use_replay(struct replay *r)
{
    int64_t steps = 0;
    double sum = 0;
    for (int i = 0; i < r->count; i++) {
        const struct trajectory *t = &r->item[i];
        expect(t->length > 0);
        steps += t->length;
        for (int k = 0; k < t->length * S; k++)
            sum += (double)(t->state[k] + t->next_state[k]);
        for (int k = 0; k < t->length * A; k++)
            sum += (double)t->action[k];
        for (int k = 0; k < t->length; k++)
            sum += (double)t->reward[k] + t->terminal[k];
    }
    (void)sum;
    expect(steps == r->steps);
    if (r->count > 0) {
        expect(replay_find_step(r, 0) == 0 && replay_find_step(r, steps - 1) == r->count - 1);
        int slot = replay_find_weight(r, 0.5);
        expect(slot >= 0 && slot < r->count);
    }
    struct trajectory t = make_trajectory(LENGTH, 2);
    expect(replay_add(r, &t) == STATUS_OK);
    if (r->capacity == REPLAY_UNBOUNDED)
        replay_prune(r, 1);
}

static void use_transitions(struct transitions *t)
{
    float x[S] = {0}, a[A] = {0};
    struct transition one = {.state = x, .next_state = x, .action = a};
    expect(transitions_add(t, &one) == STATUS_OK);
    int64_t size = transitions_size(t);
    double sum = 0;
    expect(size > 0);
    for (int64_t i = 0; i < size; i++) {
        struct transition at = transitions_at(t, i);
        sum += (double)(at.state[S - 1] + at.next_state[S - 1] + at.action[A - 1] + at.reward);
    }
    (void)sum;
}

static void use_learner(struct state *s)
{
    const float x[S] = {0.1f, 0.2f};
    float action[A];
    struct learner_data data = {.transitions = &s->ring};
    struct act_context context = {.steps = 1, .state = x};
    enum status acted = learner_act(s->learner, &context, 1, ACT_MEAN, false, NULL, action, NULL);
    expect(acted == STATUS_OK || acted == STATUS_NONFINITE);
    expect(acted != STATUS_OK || isfinite(action[0]));
    enum status trained = learner_train(s->learner, &data, 2, NULL);
    expect(trained == STATUS_OK || trained == STATUS_NONFINITE);
    expect(trained == STATUS_OK || *status_sentence() != '\0');
}

static const char *checkpoint_path(void)
{
    static char path[FILE_PATH];
    snprintf(path, sizeof path, "%.900s/checkpoint.h5", scratch_folder());
    return path;
}

static const char *previous_path(void)
{
    static char path[FILE_PATH];
    snprintf(path, sizeof path, "%.900s/checkpoint.previous.h5", scratch_folder());
    return path;
}

static void eat(void)
{
    look_through(checkpoint_path());
}

static void try_checkpoint(void)
{
    struct state s;
    struct checkpoint_info info;
    state_init(&s);
    /* Behind the seal is where faults may hide: what was changed is sealed again. */
    expect(reseal(checkpoint_path()) == STATUS_OK);
    if (checkpoint_read(checkpoint_path(), HASH, &info, state_visit, &s) != STATUS_OK) {
        expect(*status_sentence() != '\0');
    } else {
        expect(info.evaluations >= 0 && info.iterations >= 0);
        expect(checkpoint_write(checkpoint_path(), previous_path(), &info, state_visit, &s) ==
               STATUS_OK);
        expect(checkpoint_read(checkpoint_path(), HASH, &info, state_visit, &s) == STATUS_OK);
        use_replay(&s.slots);
        use_replay(&s.grown);
        use_transitions(&s.ring);
        use_transitions(&s.list);
        use_learner(&s);
    }
    state_free(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    guard_disarm(); /* what has been tasted is read in place */
    write_input(checkpoint_path(), data, size);
    if (taste(eat))
        try_checkpoint();
    return 0;
}
