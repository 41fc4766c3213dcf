#include "engine/methods/hyper.h"

#include <criterion/criterion.h>
#include <string.h>

Test(hyper, every_default_reads_back_and_names_are_unique)
{
    struct hyper h;
    hyper_defaults(&h);
    for (int i = 0; i < hyper_count; i++) {
        char text[HYPER_TEXT_SIZE];
        cr_assert_eq(hyper_find(hyper_table[i].name), i, "%s twice", hyper_table[i].name);
        hyper_format(&h, i, text);
        struct hyper other = h;
        cr_assert_eq(hyper_set(&other, hyper_table[i].name, text), STATUS_OK, "%s",
                     status_sentence());
        cr_assert(hyper_applies(&h, hyper_table[i].name));
        char again[HYPER_TEXT_SIZE];
        hyper_format(&other, i, again);
        cr_assert_str_eq(again, text);
        cr_assert_gt(strlen(hyper_table[i].help), 3);
    }
    cr_assert_eq(hyper_check(&h), STATUS_OK);
}

Test(hyper, says_what_is_wrong_with_a_setting)
{
    struct hyper h;
    hyper_defaults(&h);
    cr_assert_eq(hyper_set(&h, "lr_actr", "1"), STATUS_CONFIG);
    cr_assert(strstr(status_sentence(), "did you mean 'lr_actor'") != NULL, "%s",
              status_sentence());
    cr_assert_eq(hyper_set(&h, "gamma", "1.5"), STATUS_CONFIG);
    cr_assert(strstr(status_sentence(), "between 0 and 1") != NULL, "%s", status_sentence());
    static const char *const bad[][2] = {
        {"gamma", "x"},     {"gamma", ""},  {"gamma", "nan"},      {"T_train", "2.5"},
        {"policy", "tanh"}, {"policy", ""}, {"rl_gradient", "td"}, {"T_train", "1e99"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_assert_eq(hyper_set(&h, bad[i][0], bad[i][1]), STATUS_CONFIG, "%s = %s", bad[i][0],
                     bad[i][1]);
}

Test(hyper, a_dash_means_does_not_apply)
{
    struct hyper h;
    hyper_defaults(&h);
    cr_assert_eq(hyper_set(&h, "gamma", "0.5"), STATUS_OK);
    cr_assert(hyper_applies(&h, "gamma"));
    cr_assert_eq(hyper_set(&h, "gamma", "-"), STATUS_OK);
    cr_assert_not(hyper_applies(&h, "gamma"));
    cr_assert_eq(h.gamma, 0.99);
}

Test(hyper, checks_relations)
{
    struct hyper h;
    hyper_defaults(&h);
    h.T_eval = 21;
    cr_assert_eq(hyper_check(&h), STATUS_CONFIG);
    hyper_defaults(&h);
    h.n_head = 3;
    cr_assert_eq(hyper_check(&h), STATUS_CONFIG);
    hyper_defaults(&h);
    cr_assert_eq(hyper_set(&h, "rl_gradient", "sac"), STATUS_OK);
    cr_assert_eq(hyper_check(&h), STATUS_CONFIG);
    cr_assert_eq(hyper_set(&h, "policy", "squashed_gaussian"), STATUS_OK);
    cr_assert_eq(hyper_check(&h), STATUS_OK);
}
