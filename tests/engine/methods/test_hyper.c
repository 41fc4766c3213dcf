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
        cr_assert(hyper_applies(&other, hyper_table[i].name));
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

/* Up to sixteen words of a choice. */
#define JOIN(key, word) #key "_" #word " "

Test(hyper, choices_may_have_sixteen_words)
{
    cr_expect_str_eq(HYPER_EACH(JOIN, x, a), "x_a ");
    cr_expect_str_eq(HYPER_EACH(JOIN, x, a, b, c, d, e, f, g, h, i),
                     "x_a x_b x_c x_d x_e x_f x_g x_h x_i ");
    cr_expect_str_eq(HYPER_EACH(JOIN, x, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p),
                     "x_a x_b x_c x_d x_e x_f x_g x_h x_i x_j x_k x_l x_m x_n x_o x_p ");
}

/* HYPER_PART: the key of a part that most methods lack. */
Test(hyper, a_key_of_one_part_applies_only_where_it_is_set)
{
    struct hyper h;
    hyper_defaults(&h);
    cr_expect_not(hyper_applies(&h, "collect_transitions"));
    cr_expect(hyper_is_later(hyper_find("collect_transitions")));
    cr_expect(hyper_applies(&h, "precision") && hyper_is_later(hyper_find("precision")));
    cr_assert_eq(hyper_set(&h, "precision", "bf16_amx"), STATUS_OK);
    cr_expect(!hyper_is_default(&h, hyper_find("precision")));
    cr_expect_str_eq(hyper_word(&h, "precision"), "bf16_amx");
    cr_expect_not(hyper_is_later(hyper_find("gamma")));
    cr_assert_eq(hyper_set(&h, "collect_transitions", "7"), STATUS_OK);
    cr_expect(hyper_applies(&h, "collect_transitions"));
}

Test(hyper, a_gradient_with_a_state_value_needs_its_net)
{
    static const char *const names[] = {"iql", "ppo", "awr"};
    for (int i = 0; i < 3; i++) {
        struct hyper h;
        hyper_defaults(&h);
        h.policy = HYPER_policy_squashed_gaussian;
        cr_assert_eq(hyper_set(&h, "rl_gradient", names[i]), STATUS_OK);
        cr_expect_eq(hyper_check(&h), STATUS_CONFIG);
        cr_expect(strstr(status_sentence(), "n_value_nets = 1") != NULL, "%s", status_sentence());
        h.n_value_nets = 1;
        cr_expect_eq(hyper_check(&h), STATUS_OK, "%s", status_sentence());
    }
}
