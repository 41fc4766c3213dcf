#include "harness/commands/command.h"
#include "tests/support/command_line.h"
#include "tests/support/fixture.h"
#include "tests/support/json.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum status run_line(const char *line, char **printed)
{
    return command_line(&command_env, line, printed);
}

static struct json *run_json(const char *line)
{
    char *printed;
    cr_assert_eq(run_line(line, &printed), STATUS_OK, "%s: %s", line, status_sentence());
    struct json *value = json_parse(printed);
    cr_assert_not_null(value, "not JSON: %s", printed);
    free(printed);
    return value;
}

Test(command_env, prints_one_json_object_with_the_promised_keys)
{
    const char *const keys[] = {"episodes",     "return_mean",     "return_std",
                                "return_sem",   "normalized_mean", "length_mean",
                                "success_rate", "steps_per_second"};
    struct json *v = run_json("maze2d-open-v0 --random --episodes 4 --json");
    cr_assert_str_eq(json_get(v, "env")->string, "maze2d-open-v0");
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const struct json *number = json_get(v, keys[i]);
        cr_assert(number != NULL && number->type == JSON_NUMBER, "%s", keys[i]);
    }
    expect_number("episodes", json_get(v, "episodes")->number, 4, 0, 0);
    expect_number("length", json_get(v, "length_mean")->number, 150, 0, 0);
    double mean = json_get(v, "return_mean")->number;
    expect_number("score", json_get(v, "normalized_mean")->number,
                  100 * (mean - 0.01) / (20.66 - 0.01), 1e-12, 1e-12);
    expect_number("sem", json_get(v, "return_sem")->number, json_get(v, "return_std")->number / 2,
                  1e-12, 0);
    json_free(v);

    /* What is not defined is null: the bandit has neither score nor success. */
    v = run_json("bandit --episodes 1 --json");
    cr_assert_eq(json_get(v, "normalized_mean")->type, JSON_NULL);
    cr_assert_eq(json_get(v, "success_rate")->type, JSON_NULL);
    cr_assert_eq(json_get(v, "return_std")->type, JSON_NULL);
    json_free(v);
}

Test(command_env, prints_the_same_for_any_number_of_threads_and_others_for_other_seeds)
{
    struct json *one = run_json("hopper --episodes 9 --seed 3 --threads 1 --json");
    struct json *three = run_json("hopper --episodes 9 --seed 3 --threads 3 --json");
    struct json *other = run_json("hopper --episodes 9 --seed 4 --threads 3 --json");
    cr_assert_eq(json_get(one, "return_mean")->number, json_get(three, "return_mean")->number);
    cr_assert_eq(json_get(one, "return_std")->number, json_get(three, "return_std")->number);
    cr_assert_neq(json_get(one, "return_mean")->number, json_get(other, "return_mean")->number);
    json_free(one);
    json_free(three);
    json_free(other);
}

Test(command_env, acts_with_a_policy_file)
{
    char path[FILE_PATH], line[FILE_PATH + 64];
    fixture_shared("policies/hopper_a2c.h5", path);
    snprintf(line, sizeof line, "hopper --policy %s --episodes 3 --json", path);
    struct json *mean = run_json(line);
    snprintf(line, sizeof line, "hopper --policy %s --episodes 3 --stochastic --json", path);
    struct json *sampled = run_json(line);
    cr_assert(json_get(mean, "return_mean")->number > 200, "far above a random policy's 19");
    cr_assert_neq(json_get(mean, "return_mean")->number, json_get(sampled, "return_mean")->number);
    json_free(mean);
    json_free(sampled);

    char *printed;
    snprintf(line, sizeof line, "walker2d --policy %s", path);
    cr_assert_eq(run_line(line, &printed), STATUS_SHAPE);
    cr_assert(strstr(status_sentence(), "hopper") != NULL, "%s", status_sentence());
    free(printed);
}

Test(command_env, shows_the_difference_exact_capsules_make)
{
    struct json *d4rl = run_json("hopper --episodes 5 --json");
    struct json *exact = run_json("hopper --episodes 5 --inertia exact --json");
    cr_assert_neq(json_get(d4rl, "return_mean")->number, json_get(exact, "return_mean")->number);
    json_free(d4rl);
    json_free(exact);
}

Test(command_env, lists_the_environments)
{
    char *printed;
    cr_assert_eq(run_line("", &printed), STATUS_OK);
    cr_assert(strstr(printed, "antmaze-large") != NULL && strstr(printed, "relocate") != NULL);
    free(printed);
}

Test(command_env, refuses_wrong_arguments)
{
    const struct {
        const char *line, *word; /* of the sentence */
    } bad[] = {{"swimmer", "swimmer"},
               {"hopper --episodes 0", "--episodes"},
               {"hopper --episodes many", "many"},
               {"hopper --threads -1", "--threads"},
               {"hopper --seed 99999999999999999999", "--seed"},
               {"hopper --inertia heavy", "heavy"},
               {"hopper --fast", "--fast"},
               {"hopper --policy", "--policy"},
               {"hopper walker2d", "walker2d"},
               {"hopper --dense", "dense"},
               {"hopper --waypoint", "maze2d"},
               {"hopper --random --stochastic", "--stochastic"},
               {"hopper --policy a.h5 --random", "--random"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char *printed;
        cr_assert_eq(run_line(bad[i].line, &printed), STATUS_CONFIG, "%s: %s", bad[i].line,
                     status_sentence());
        cr_assert(strstr(status_sentence(), bad[i].word) != NULL, "%s: %s", bad[i].line,
                  status_sentence());
        free(printed);
    }
}
