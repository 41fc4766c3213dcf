#include "harness/config/config.h"
#include "harness/run/run_rules.h"

#include <criterion/criterion.h>
#include <math.h>

static struct hyper configured(const char *dataset, const char *suite, const char *method,
                               const char *preset)
{
    struct hyper h;
    struct config_request r = {
        .dataset = dataset, .suite = suite, .method = method, .preset = preset, .size = "paper"};
    cr_assert_eq(config_load(&r, &h), STATUS_OK, "%s", status_sentence());
    return h;
}

Test(run_rules, target_return_is_the_online_one_unless_a_curriculum_says_otherwise)
{
    struct hyper h = configured("hopper-medium-v2", "mujoco", "td3_odt", "paper");
    cr_expect_eq(rules_online_target(&h, 100, 0), 7200);
    cr_expect_eq(rules_online_target(&h, 100, 1000), 7200);
    /* Fig. 24: rtg_eval - 0.99^N (rtg_eval - data); rtg_eval also where rtg_online is twice that.
     */
    h = configured("hopper-medium-v2", "mujoco", "odt_curriculum", "paper");
    cr_expect_eq(rules_online_target(&h, 100, 0), 100);
    cr_expect_float_eq(rules_online_target(&h, 100, 1), 3600 - 0.99 * 3500, 1e-9);
    cr_expect_float_eq(rules_online_target(&h, 100, 5000), 3600, 1e-9);
}

/* docs/methods.md 18: after 69 episodes the guide's length is below 50, after 459 below 1. */
Test(run_rules, jsrls_guide_withdraws_by_a_hundredth_an_episode)
{
    struct hyper h = configured("pen-cloned-v1", "adroit", "td3_jsrl_pretrain", "paper");
    cr_expect_eq(rules_guide_steps(&h, 0), 100);
    cr_expect_eq(rules_guide_steps(&h, 1), 99);
    cr_expect_eq(rules_guide_steps(&h, 2), 98);
    cr_expect_geq(rules_guide_steps(&h, 68), 50);
    cr_expect_lt(rules_guide_steps(&h, 69), 50);
    cr_expect_eq(rules_guide_steps(&h, 458), 1);
    cr_expect_eq(rules_guide_steps(&h, 459), 0);
    h = configured("pen-cloned-v1", "adroit", "td3", "paper");
    cr_expect_eq(rules_guide_steps(&h, 0), 0);
}

Test(run_rules, budget_ends_at_the_first_reach_of_transitions_or_iterations)
{
    struct hyper h = configured("hopper-medium-v2", "mujoco", "td3_odt", "paper");
    cr_expect_not(rules_budget_spent(&h, 499999, 100000), "paper: no limit on iterations");
    cr_expect(rules_budget_spent(&h, 500000, 0));
    h = configured("hopper-medium-v2", "mujoco", "td3_odt", "code");
    cr_expect_not(rules_budget_spent(&h, 599999, 1499));
    cr_expect(rules_budget_spent(&h, 0, 1500));
    h = configured("pen-cloned-v1", "adroit", "td3_odt", "code");
    cr_expect_not(rules_budget_spent(&h, 1049999, 9999));
    cr_expect(rules_budget_spent(&h, 1050000, 0));
}

Test(run_rules, evaluates_after_pretraining_and_then_every_tenth_iteration)
{
    struct hyper h = configured("hopper-medium-v2", "mujoco", "pdt", "paper");
    cr_expect(rules_evaluation_due(&h, -1, 0, 0));
    cr_expect_not(rules_evaluation_due(&h, 0, 9000, 9));
    cr_expect(rules_evaluation_due(&h, 0, 10000, 10));
    cr_expect_not(rules_evaluation_due(&h, 10, 19000, 19));
    h = configured("hopper-medium-v2", "mujoco", "td3bc", "paper");
    cr_expect_not(rules_evaluation_due(&h, 0, 4999, 1000));
    cr_expect(rules_evaluation_due(&h, 0, 5000, 5));
    h = configured("hopper-medium-v2", "mujoco", "iql", "code");
    cr_expect_not(rules_evaluation_due(&h, 0, 99999, 99));
    cr_expect(rules_evaluation_due(&h, 0, 100000, 100));
}

Test(run_rules, one_batch_a_transition_for_td3bc_and_iql)
{
    struct hyper h = configured("hopper-medium-v2", "mujoco", "iql", "paper");
    cr_expect_eq(rules_batches_due(&h, 12345), 12345);
    h.updates_per_transition = 0.1;
    cr_expect_eq(rules_batches_due(&h, 9), 0);
    cr_expect_eq(rules_batches_due(&h, 10), 1);
}
