/* Runs of the single-state MDP: a fraction of a second, so no checkpoints. */
#include "harness/run/run_impl.h"

#include "engine/base/log.h"
#include "engine/methods/bandit.h"
#include "suites/bandit.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static enum status method_of(const struct run *r, enum bandit_method *method)
{
    static const char *const names[] = {
        [BANDIT_ODT] = "odt", [BANDIT_DDPG] = "ddpg", [BANDIT_DDPG_ODT] = "ddpg_odt"};
    for (int i = 0; i < (int)(sizeof names / sizeof *names); i++) {
        if (strcmp(r->request->config.method, names[i]) == 0) {
            *method = (enum bandit_method)i;
            return STATUS_OK;
        }
    }
    return status_fail(STATUS_CONFIG,
                       "method %s does not exist on the single-state MDP; there are "
                       "odt, ddpg and ddpg_odt",
                       r->request->config.method);
}

static enum status stamp_bandit(struct run *r)
{
    const char *label = strcmp(r->hyper.label, "DDPG+ODT") == 0 ? "ODT+DDPG" : r->hyper.label;
    TRY(run_stamp_names(r, label, r->dataset.id, BANDIT_ROLLOUTS * BANDIT_ACTIONS));
    TRY(curve_set(&r->curve, "dataset_kind", "none"));
    return curve_set(&r->curve, "reduced", "%s", "");
}

/* One evaluation row a rollout, so that lists and tables need no special case: the 64 rewards are
 * its episodes, the score is 100 times the reward. */
static enum status add_rows(struct run *r, const struct bandit_result *result)
{
    double raw[BANDIT_ACTIONS], score[BANDIT_ACTIONS];
    int32_t length[BANDIT_ACTIONS];
    uint8_t success[BANDIT_ACTIONS];
    for (int n = 0; n < BANDIT_ROLLOUTS; n++) {
        const struct bandit_record *x = &result->record[n];
        for (int i = 0; i < BANDIT_ACTIONS; i++) {
            raw[i] = x->reward[i];
            score[i] = 100 * raw[i];
            length[i] = 1;
            success[i] = raw[i] > 0.9;
        }
        struct curve_evaluation row = {.iteration = n,
                                       .transitions = (int64_t)n * BANDIT_ACTIONS,
                                       .gradient_steps = x->gradient_steps,
                                       .seconds = progress_since(&r->started),
                                       .raw_return = raw,
                                       .score = score,
                                       .length = length,
                                       .success = success};
        TRY(curve_add_evaluation(&r->curve, &row, BANDIT_ACTIONS));
    }
    return STATUS_OK;
}

static enum status add_panels(struct curve *c, const struct bandit_result *result)
{
    TRY(curve_init_bandit(c, BANDIT_ROLLOUTS, BANDIT_ACTIONS, BANDIT_GRID, BANDIT_RETURNS));
    struct curve_bandit *b = &c->bandit;
    for (int i = 0; i < BANDIT_GRID; i++)
        b->grid[i] = bandit_grid_action(i);
    for (int i = 0; i < BANDIT_RETURNS; i++)
        b->return_to_go[i] = bandit_grid_return(i);
    for (int n = 0; n < BANDIT_ROLLOUTS; n++) {
        const struct bandit_record *x = &result->record[n];
        b->gradient_steps[n] = x->gradient_steps;
        memcpy(b->action + n * BANDIT_ACTIONS, x->action, sizeof x->action);
        memcpy(b->reward + n * BANDIT_ACTIONS, x->reward, sizeof x->reward);
        memcpy(b->critic + n * BANDIT_GRID, x->critic, sizeof x->critic);
        memcpy(b->policy + n * BANDIT_RETURNS, x->policy, sizeof x->policy);
    }
    return STATUS_OK;
}

enum status run_bandit(struct run *r)
{
    struct bandit_spec spec = {.critic_sees_return = r->hyper.bandit_critic_input ==
                                                     HYPER_bandit_critic_input_rtg_action,
                               .sup_weight = r->hyper.bandit_sup_weight,
                               .reward = bandit_reward};
    struct bandit_result result;
    memcpy(spec.data, bandit_data, sizeof spec.data);
    snprintf(r->dataset.id, sizeof r->dataset.id, "%s", r->request->config.dataset);
    spec.run = run_key(r->dataset.id, r->request->seed);
    TRY(method_of(r, &spec.method));
    TRY(stamp_bandit(r));
    log_info("run", "starts");
    TRY(bandit_run(&spec, &result));
    TRY(add_rows(r, &result));
    TRY(add_panels(&r->curve, &result));
    r->transitions_done = r->curve.evaluation[r->curve.evaluations - 1].transitions;
    return run_save_curve(r, "complete");
}
