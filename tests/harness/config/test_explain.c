#include "engine/base/embed.h"
#include "engine/base/file.h"
#include "engine/base/ledger.h"
#include "engine/methods/rl.h"
#include "harness/config/config.h"
#include "harness/config/explain.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct hyper configured(const char *dataset, const char *suite, const char *method,
                               const char *preset)
{
    struct hyper h;
    struct config_request r = {
        .dataset = dataset, .suite = suite, .method = method, .preset = preset, .size = "paper"};
    cr_assert_eq(config_load(&r, &h), STATUS_OK, "%s: %s", method, status_sentence());
    return h;
}

/* What `vitamin explain` prints; for free(). */
static char *explained(const char *dataset, const char *suite, const char *method,
                       const char *preset, bool any_dataset)
{
    char *text = NULL;
    size_t size;
    struct hyper h = configured(dataset, suite, method, preset);
    struct explain_request r = {method, preset, dataset, suite, any_dataset};
    FILE *out = open_memstream(&text, &size);
    cr_assert_not_null(out);
    cr_assert_eq(explain_write(out, &r, &h), STATUS_OK, "%s: %s", method, status_sentence());
    fclose(out);
    return text;
}

static const struct {
    const char *id, *suite;
} worlds[] = {{"hopper-random-v2", "mujoco"},
              {"hammer-cloned-v1", "adroit"},
              {"antmaze-umaze-v2", "antmaze"},
              {"maze2d-open-v0", "maze2d"}};

/* Data, an actor or a learner, an outer loop, an evaluation: nothing of a recipe is missing. */
Test(explain, every_method_of_both_presets_has_its_whole_recipe)
{
    static const char *const presets[] = {"paper", "code"};
    static const char *const wanted[] = {"\nData\n", "\nActor: ", "\nOuter loop\n",
                                         "\nEvaluation\n", "Where the sources disagree"};
    for (int p = 0; p < 2; p++) {
        for (int i = 0; config_method(presets[p], i) != NULL; i++) {
            char method[CONFIG_NAME];
            snprintf(method, sizeof method, "%s", config_method(presets[p], i));
            for (size_t w = 0; w < sizeof worlds / sizeof *worlds; w++) {
                char *text = explained(worlds[w].id, worlds[w].suite, method, presets[p], false);
                for (size_t k = 0; k < sizeof wanted / sizeof *wanted; k++)
                    cr_expect(strstr(text, wanted[k]) != NULL, "%s: no '%s'", method, wanted[k]);
                cr_expect(strstr(text, "L_") != NULL || strstr(text, "L = ") != NULL ||
                              strstr(text, "mean of") != NULL,
                          "%s: no loss", method);
                cr_expect(strchr(text, '{') == NULL, "%s: %s", method, strchr(text, '{'));
                free(text);
            }
        }
    }
}

Test(explain, fills_in_the_configured_values)
{
    char *text = explained("hammer-cloned-v1", "adroit", "td3_odt", "paper", false);
    cr_expect(strstr(text, "r = raw / 100 + 0") != NULL, "%s", text);
    cr_expect(strstr(text, "D3 ") != NULL, "Hammer's divisor is Hammer's: %s", text);
    cr_expect(strstr(text, "divisor 100, target 160") != NULL, "%s", text);
    cr_expect(strstr(text, "D8 ") == NULL, "the ant's targets are not: %s", text);
    free(text);
    text = explained("hammer-cloned-v1", "adroit", "td3_odt", "code", false);
    cr_expect(strstr(text, "r = raw / 1000 + 0") != NULL, "%s", text);
    cr_expect(strstr(text, "divisor 1000, target 160") != NULL, "%s", text);
    free(text);
    text = explained("bandit", "bandit", "odt", "code", false);
    cr_expect(strstr(text, "(a+1)^2") != NULL && strstr(text, "Outer loop") == NULL, "%s", text);
    free(text);
}

/* Each file has a head, an end to it, and belongs to some method somewhere. */
/* Switches are 0 and 1 in files only. */
Test(explain, says_on_and_off_of_switches)
{
    char *text = explained("hopper-random-v2", "mujoco", "td3_odt", "paper", false);
    cr_assert_not_null(strstr(text, "when the online phase starts: on."), "%s", text);
    free(text);
    for (int i = 0; config_method("code", i) != NULL; i++) {
        char method[CONFIG_NAME];
        snprintf(method, sizeof method, "%s", config_method("code", i));
        text = explained("hopper-random-v2", "mujoco", method, "code", false);
        cr_assert_null(strstr(text, "1 yes"), "%s", method);
        cr_assert_null(strstr(text, "normalised: 1"), "%s", method);
        free(text);
    }
}

Test(explain, every_part_is_used_and_complete)
{
    struct explain_part p;
    int parts = 0;
    static const struct {
        const char *key, *value;
    } variants[] = {{"delayed_reward", "5"},
                    {"critic_arch", "lstm"},
                    {"precision", "bf16"},
                    {"precision", "bf16_amx"}};
    for (; explain_part_at(parts, &p); parts++) {
        bool used = false, applies;
        cr_expect(p.title[0] != '\0' && p.when[0] != '\0' && p.source[0] != '\0' &&
                      strlen(p.text) > 20,
                  "%s", p.file);
        for (int i = 0; config_method("paper", i / 2) != NULL && !used; i++) {
            char method[CONFIG_NAME];
            snprintf(method, sizeof method, "%s", config_method("paper", i / 2));
            struct hyper h = configured("hopper-random-v2", "mujoco", method, "paper");
            for (size_t v = 0; i % 2 == 1 && v < sizeof variants / sizeof *variants; v++)
                (void)hyper_set(&h, variants[v].key, variants[v].value);
            cr_assert_eq(explain_applies(&p, &h, &applies), STATUS_OK, "%s", status_sentence());
            used = applies;
            h = configured("bandit", "bandit", method, "paper");
            cr_assert_eq(explain_applies(&p, &h, &applies), STATUS_OK, "%s", status_sentence());
            used = used || applies;
        }
        cr_expect(used, "%s: belongs to no method", p.file);
    }
    cr_assert_gt(parts, 20);
}

/* With a gradient's own text the recipe of a transformer is whole: no other text names gradients.
 */
Test(explain, every_gradient_on_a_transformer_has_its_recipe)
{
    for (int i = 0; i < rl_count; i++) {
        struct hyper h = configured("hopper-random-v2", "mujoco", "td3_odt", "paper");
        struct explain_part p;
        int own = 0, supervised = 0;
        cr_assert_eq(hyper_set(&h, "rl_gradient", rl_table[i]->name), STATUS_OK);
        if (rl_table[i]->needs_log_prob)
            h.policy = HYPER_policy_squashed_gaussian;
        for (int k = 0; explain_part_at(k, &p); k++) {
            bool applies;
            cr_assert_eq(explain_applies(&p, &h, &applies), STATUS_OK, "%s", status_sentence());
            own += applies && strncmp(p.title, "RL gradient", 11) == 0;
            supervised += applies && strcmp(p.title, "Supervised gradient") == 0;
        }
        cr_expect_eq(own, 1, "%s: %d texts 'RL gradient' in harness/explain", rl_table[i]->name,
                     own);
        cr_expect_eq(supervised, 1, "%s: %d supervised gradients", rl_table[i]->name, supervised);
    }
}

/* --- the ledger ------------------------------------------------------------------------------- */

static void expect_keys(const struct ledger_entry *e)
{
    char copy[sizeof e->keys], *rest;
    snprintf(copy, sizeof copy, "%s", e->keys);
    for (char *key = strtok_r(copy, " ", &rest); key != NULL; key = strtok_r(NULL, " ", &rest))
        cr_expect_geq(hyper_find(key), 0, "%s: '%s' is no key", e->id, key);
}

Test(ledger, entries_are_whole_and_name_keys_that_exist)
{
    struct ledger_entry e, other;
    char choice[512];
    int n = 0;
    for (; ledger_at(embed_harness, n, &e); n++) {
        cr_expect(e.id[0] == 'D' && isdigit((unsigned char)e.id[1]), "'%s'", e.id);
        cr_expect(e.title[0] != '\0' && e.size > 30, "%s", e.id);
        cr_expect(strcmp(e.severity, "high") == 0 || strcmp(e.severity, "medium") == 0 ||
                      strcmp(e.severity, "low") == 0,
                  "%s: severity '%s'", e.id, e.severity);
        cr_expect(ledger_choice(&e, "paper", choice, sizeof choice), "%s: what does paper do?",
                  e.id);
        cr_expect(ledger_choice(&e, "code", choice, sizeof choice), "%s: what does code do?", e.id);
        expect_keys(&e);
        cr_assert(ledger_find(embed_harness, e.id, &other) && other.text == e.text, "%s twice",
                  e.id);
        /* Values given as `key=value` within the text can be set. */
        for (const char *at = e.text; (at = memchr(at, '`', (size_t)(e.text + e.size - at)));) {
            char word[64] = "";
            const char *end = strchr(++at, '`');
            snprintf(word, sizeof word, "%.*s", (int)(end - at), at);
            struct hyper h;
            hyper_defaults(&h);
            if (strchr(word, '=') != NULL && strchr(word, ' ') == NULL)
                cr_expect_eq(config_override(&h, word), STATUS_OK, "%s: %s", e.id,
                             status_sentence());
            at = end + 1;
        }
    }
    cr_assert_geq(n, 70);
}

/* What a key switches is explained where the key's part is. */
Test(ledger, entries_with_keys_are_mentioned_by_some_part)
{
    struct ledger_entry e;
    for (int i = 0; ledger_at(embed_harness, i, &e); i++) {
        struct explain_part p;
        bool found = false;
        for (int k = 0; explain_part_at(k, &p) && !found; k++) {
            char list[sizeof p.ledger + 2], id[16];
            snprintf(list, sizeof list, " %s ", p.ledger);
            snprintf(id, sizeof id, " %s ", e.id);
            found = strstr(list, id) != NULL;
        }
        cr_expect(found || e.keys[0] == '\0', "%s: no part of a method mentions it", e.id);
    }
}

/* D12, D2b ... in a text. */
static void expect_known_ids(const char *where, const char *text)
{
    for (const char *at = text; (at = strchr(at, 'D')) != NULL; at++) {
        size_t n = 1;
        bool begins = at == text || (!isalnum((unsigned char)at[-1]) && at[-1] != '_');
        while (isdigit((unsigned char)at[n]))
            n++;
        if (!begins || n == 1 || n > 3 || at[1] == '0')
            continue;
        n += at[n] >= 'a' && at[n] <= 'c' && !isalnum((unsigned char)at[n + 1]);
        if (isalnum((unsigned char)at[n]) || at[n] == '_')
            continue; /* D4RL, D16f ... */
        char id[8];
        struct ledger_entry e;
        snprintf(id, sizeof id, "%.*s", (int)n, at);
        cr_expect(ledger_find(embed_harness, id, &e), "%s: mentions %s, which the ledger lacks",
                  where, id);
    }
}

Test(ledger, has_every_entry_that_keys_parts_presets_and_claims_mention)
{
    for (int i = 0; i < hyper_count; i++) {
        expect_known_ids(hyper_table[i].name, hyper_table[i].source);
        expect_known_ids(hyper_table[i].name, hyper_table[i].help);
    }
    for (const struct embed_file *f = embed_harness; f->name != NULL; f++)
        expect_known_ids(f->name, f->text);
    static const char *const files[] = {"report/claims/claim_table.c", "report/claims/claim_runs.c",
                                        "report/claims/claim_means.c",
                                        "report/claims/claim_bandit.c"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char *text;
        cr_assert_eq(file_read(files[i], 1 << 22, &text, NULL), STATUS_OK, "%s", status_sentence());
        expect_known_ids(files[i], text);
        free(text);
    }
}

/* Where the presets differ, a key of the entry differs between them on a dataset it concerns. */
Test(ledger, entries_of_differing_presets_are_true_of_the_presets)
{
    static const char *const ids[] = {"D3",  "D4",  "D5",   "D6",  "D7",  "D8",   "D9",  "D10",
                                      "D16", "D18", "D18b", "D19", "D20", "D20b", "D34", "D36",
                                      "D37", "D39", "D40",  "D60", "D32", "D44"};
    static const struct {
        const char *id, *suite;
    } more[] = {{"ant-medium-v2", "mujoco"}, {"pen-human-v1", "adroit"}};
    static const char *const methods[] = {"td3_odt", "td3", "iql_odt", "pdt", "awac"};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        struct ledger_entry e;
        bool differ = false;
        cr_assert(ledger_find(embed_harness, ids[i], &e), "%s", ids[i]);
        for (size_t w = 0; w < 6; w++) {
            const char *id = w < 4 ? worlds[w].id : more[w - 4].id;
            const char *suite = w < 4 ? worlds[w].suite : more[w - 4].suite;
            for (size_t m = 0; ledger_concerns(&e, id, suite) && m < 5; m++) {
                struct hyper a = configured(id, suite, methods[m], "paper");
                struct hyper b = configured(id, suite, methods[m], "code");
                char copy[sizeof e.keys], *rest, x[HYPER_TEXT_SIZE], y[HYPER_TEXT_SIZE];
                snprintf(copy, sizeof copy, "%s", e.keys);
                for (char *key = strtok_r(copy, " ", &rest); key != NULL;
                     key = strtok_r(NULL, " ", &rest)) {
                    hyper_format(&a, hyper_find(key), x);
                    hyper_format(&b, hyper_find(key), y);
                    differ = differ || strcmp(x, y) != 0;
                }
            }
        }
        cr_expect(differ, "%s: no key differs between the presets", ids[i]);
    }
}
