#include "report/text/list.h"

#include "engine/base/escape.h"
#include "report/text/text.h"

#include <criterion/criterion.h>
#include <string.h>

Test(list, walks_words_and_skips_empty_ones)
{
    const char *at = ",fig7,,profiles, ranks,";
    char word[6];
    cr_assert(list_next(&at, ", ", word, sizeof word));
    cr_expect_str_eq(word, "fig7");
    cr_assert(list_next(&at, ", ", word, sizeof word));
    cr_expect_str_eq(word, "profi", "cut to the room");
    cr_assert(list_next(&at, ", ", word, sizeof word));
    cr_expect_str_eq(word, "ranks");
    cr_expect_not(list_next(&at, ", ", word, sizeof word));
    at = "";
    cr_expect_not(list_next(&at, ",", word, sizeof word));
}

Test(list, finds_whole_words_only)
{
    cr_expect_eq(list_find("odt td3 td3_odt", " ", "td3_odt"), 2);
    cr_expect_eq(list_find("odt td3 td3_odt", " ", "td3"), 1);
    cr_expect_eq(list_find("odt td3_odt", " ", "td3"), -1);
    cr_expect_eq(list_find("", " ", "td3"), -1);
}

Test(list, matches_shell_patterns)
{
    cr_expect(list_matches("fig7[ab],tab*", ",", "fig7b"));
    cr_expect(list_matches("fig7[ab],tab*", ",", "tab1"));
    cr_expect_not(list_matches("fig7[ab],tab*", ",", "fig7"));
    cr_expect_not(list_matches(NULL, ",", "fig7"));
}

/* The longest escapes of each kind, over and over: the room that is reserved suffices. */
Test(text, holds_the_longest_escapes_whole)
{
    static const struct {
        char *(*escape)(const char *, char *, size_t);
        const char *sign;
    } kinds[] = {{escape_latex, "\\"},  {escape_latex, "^"}, {escape_latex, "~"},
                 {escape_html, "\""},   {escape_html, "'"},  {escape_markdown, "|"},
                 {escape_json, "\x01"}, {escape_csv, "\""},  {escape_latex, "\xc3\xa9"},
                 {escape_gnuplot, "'"}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        char one[64], input[400] = "";
        struct text t = {0};
        kinds[i].escape(kinds[i].sign, one, sizeof one);
        for (int k = 0; k < 100; k++)
            strcat(input, kinds[i].sign);
        text_add(&t, "<");
        text_add_escaped(&t, kinds[i].escape, input);
        text_add(&t, ">");
        cr_assert_eq(text_check(&t), STATUS_OK);
        cr_expect_eq(t.length, strlen(text_get(&t)));
        cr_expect_eq(t.at[t.length - 1], '>');
        if (kinds[i].escape != escape_csv) /* one pair of quotes around all */
            cr_expect_eq(t.length, 2 + 100 * strlen(one), "%s", kinds[i].sign);
        text_free(&t);
    }
}
