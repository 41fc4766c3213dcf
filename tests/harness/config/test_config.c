#include "engine/base/sha256.h"
#include "harness/config/config.h"
#include "harness/curve/curve.h"

#include "engine/base/file.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COLUMNS = 96 };

/* Cut one CSV line in place; quoted cells may hold commas and doubled quotes. */
static int cut(char *line, char *cell[COLUMNS])
{
    int n = 0;
    for (char *at = line; n < COLUMNS;) {
        char *to = at;
        cell[n++] = to;
        bool quoted = *at == '"';
        at += quoted;
        for (; *at != '\0' && (quoted || *at != ','); at++) {
            if (quoted && *at == '"') {
                if (at[1] != '"') {
                    quoted = false;
                    continue;
                }
                at++;
            }
            *to++ = *at;
        }
        bool last = *at == '\0';
        *to = '\0';
        if (last)
            break;
        at++;
    }
    return n;
}

/* The table's columns that follow from others. */
static bool derived(const struct hyper *h, const char *column, int act_dim, char out[64])
{
    bool critic = hyper_applies(h, "critic_hidden");
    if (strcmp(column, "rtg_eval_raw") == 0 || strcmp(column, "rtg_online_raw") == 0) {
        const char *key = strcmp(column, "rtg_eval_raw") == 0 ? "rtg_eval" : "rtg_online";
        double value = strcmp(key, "rtg_eval") == 0 ? h->rtg_eval : h->rtg_online;
        snprintf(out, 64, "%.17g", value * h->reward_div);
        if (!hyper_applies(h, key))
            out[0] = '\0';
    } else if (strcmp(column, "target_entropy") == 0) {
        snprintf(out, 64, "%d", -act_dim);
        if (!hyper_applies(h, "lr_temperature"))
            out[0] = '\0';
    } else if (strcmp(column, "critic_updates_per_iter") == 0) {
        snprintf(out, 64, "%lld",
                 (long long)(h->actor_updates_per_iter * h->actor_update_interval));
        if (!critic || !hyper_applies(h, "actor_updates_per_iter"))
            out[0] = '\0';
    } else if (strcmp(column, "pretrain_critic_steps") == 0) {
        snprintf(out, 64, "%lld", (long long)(h->pretrain_actor_steps * h->actor_update_interval));
        if (!critic)
            out[0] = '\0';
    } else {
        return false;
    }
    return true;
}

static bool same_cell(const char *want, const char *got)
{
    char *a, *b;
    double x = strtod(want, &a), y = strtod(got, &b);
    if (a != want && *a == '\0' && b != got && *b == '\0')
        return x == y;
    return strcmp(want, got) == 0;
}

static int act_dim_of(const char *dataset)
{
    static const struct {
        const char *prefix;
        int A;
    } rows[] = {{"hopper-", 3},  {"halfcheetah-", 6}, {"walker2d-", 6}, {"ant-", 8},
                {"pen-", 24},    {"hammer-", 26},     {"door-", 28},    {"relocate-", 30},
                {"antmaze-", 8}, {"maze2d-", 2}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strncmp(dataset, rows[i].prefix, strlen(rows[i].prefix)) == 0)
            return rows[i].A;
    }
    return 0;
}

/* All 706 rows of the published settings, cell by cell, from the preset files. */
Test(config, presets_rebuild_every_row_of_the_table)
{
    char *text, *rest = NULL, *name[COLUMNS], *cell[COLUMNS];
    cr_assert_eq(file_read("tests/data/hyperparameters.csv", 1 << 22, &text, NULL), STATUS_OK);
    char *line = strtok_r(text, "\r\n", &rest);
    int columns = cut(line, name), rows = 0, wrong = 0;
    while ((line = strtok_r(NULL, "\r\n", &rest)) != NULL) {
        cr_assert_eq(cut(line, cell), columns, "row %d", rows);
        struct hyper h;
        struct config_request r = {.dataset = cell[0],
                                   .suite = cell[1],
                                   .method = cell[2],
                                   .preset = cell[3],
                                   .size = "paper"};
        cr_assert_eq(config_load(&r, &h), STATUS_OK, "%s", status_sentence());
        for (int c = 4; c < columns; c++) {
            char got[HYPER_TEXT_SIZE];
            int field = hyper_find(name[c]);
            if (field >= 0) {
                hyper_format(&h, field, got);
                if (!h.applies[field])
                    got[0] = '\0';
            } else {
                cr_assert(derived(&h, name[c], act_dim_of(cell[0]), got), "no key %s", name[c]);
            }
            if (!same_cell(cell[c], got)) {
                fprintf(stderr, "%s %s %s: %s is '%s', should be '%s'\n", cell[0], cell[2], cell[3],
                        name[c], got, cell[c]);
                wrong++;
            }
        }
        rows++;
    }
    cr_assert_eq(rows, 706);
    cr_assert_eq(wrong, 0);
    free(text);
}

static const struct config_request hopper = {.dataset = "hopper-random-v2",
                                             .suite = "mujoco",
                                             .method = "td3_odt",
                                             .preset = "paper",
                                             .size = "paper"};

Test(config, sizes_and_overrides_come_last)
{
    struct hyper h;
    struct config_request r = hopper;
    r.size = "small";
    r.set[r.sets++] = "batch_size=7";
    cr_assert_eq(config_load(&r, &h), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(h.embed_dim, 128);
    cr_assert_eq(h.batch_size, 7);
    cr_assert_eq(h.min_transitions_per_iter, 1000);
    /* A size gives no method a part it does not have. */
    r.method = "td3bc";
    cr_assert_eq(config_load(&r, &h), STATUS_OK, "%s", status_sentence());
    cr_assert_not(hyper_applies(&h, "embed_dim"));
}

/* `small` is the size of the published reference curves: these values and no others. */
Test(config, small_is_exactly_the_size_of_the_reference_curves)
{
    static const struct {
        const char *key, *value;
    } small[] = {{"embed_dim", "128"},
                 {"n_layer", "2"},
                 {"n_head", "4"},
                 {"T_train", "10"},
                 {"T_eval", "5"},
                 {"batch_size", "64"},
                 {"lr_actor", "0.001"},
                 {"warmup_actor_steps", "2000"},
                 {"lr_critic", "0.001"},
                 {"pretrain_actor_steps", "2000"},
                 {"actor_updates_per_iter", "100"}};
    static const char *const methods[] = {"td3_odt", "odt", "td3", "ddpg_odt", "pdt"};
    for (size_t m = 0; m < sizeof methods / sizeof *methods; m++) {
        struct hyper want, got;
        struct config_request r = hopper;
        r.method = methods[m];
        r.preset = "code";
        cr_assert_eq(config_load(&r, &want), STATUS_OK, "%s", status_sentence());
        for (size_t i = 0; i < sizeof small / sizeof *small; i++) {
            if (hyper_applies(&want, small[i].key))
                cr_assert_eq(hyper_set(&want, small[i].key, small[i].value), STATUS_OK);
        }
        if (strcmp(methods[m], "pdt") == 0) /* a future as long as the segment */
            want.pdt_future = 10;
        r.size = "small";
        cr_assert_eq(config_load(&r, &got), STATUS_OK, "%s", status_sentence());
        char *a, *b;
        cr_assert_eq(config_text(&want, &a), STATUS_OK);
        cr_assert_eq(config_text(&got, &b), STATUS_OK);
        cr_expect_str_eq(a, b, "%s", methods[m]);
        free(a);
        free(b);
    }
}

/* The switches that are the same for all rows of a preset: presets.csv, line by line. */
Test(config, presets_hold_every_switch_of_their_table)
{
    static const struct {
        const char *line, *key, *dataset, *suite, *method;
    } rows[] = {
        {"hammer_reward_div", "reward_div", "hammer-human-v1", "adroit", "td3_odt"},
        {"sup_loss_dims", "sup_loss_dims", "pen-human-v1", "adroit", "td3_odt"},
        {"critic_loss_denominator", "critic_loss_denominator", "pen-human-v1", "adroit", "td3"},
        {"rollout_timeouts_terminal", "rollout_timeouts_terminal", "hopper-medium-v2", "mujoco",
         "odt"},
        {"target_padding_masked", "target_padding_masked", "hopper-medium-v2", "mujoco", "td3_odt"},
        {"online_reinit_targets", "online_reinit_targets", "hopper-medium-v2", "mujoco", "td3_odt"},
        {"antmaze_singles_kept", "antmaze_singles_kept", "antmaze-umaze-v2", "antmaze", "td3_odt"},
        {"drop_worst_trajectory", "drop_worst_trajectory", "hopper-medium-v2", "mujoco", "pdt"},
        {"adroit_maze_last_row_bootstrap", "last_row_bootstrap", "pen-human-v1", "adroit",
         "td3_odt"},
        {"maze2d_open_env_reward_div", "maze2d_open_env_reward_div", "maze2d-open-v0", "maze2d",
         "td3_odt"},
        {"env_seed_from_run", "env_seed_from_run", "hopper-medium-v2", "mujoco", "iql"},
        {"stop_mujoco", "stop_transitions", "ant-random-v2", "mujoco", "td3_odt"},
        {"stop_other", "stop_transitions", "pen-human-v1", "adroit", "td3_odt"},
        {"score_at_mujoco", "score_at", "ant-random-v2", "mujoco", "td3_odt"},
        {"score_at_other", "score_at", "antmaze-umaze-v2", "antmaze", "td3_odt"},
        {"critic_weight_decay", "wd_critic", "hopper-medium-v2", "mujoco", "td3_odt"},
        {"v_pretrain_td", "v_pretrain_td", "hopper-medium-v2", "mujoco", "awr"},
        {"unmasked_value_losses", "unmasked_value_losses", "hopper-medium-v2", "mujoco", "awr"},
        {"iql_online_reward_scaled", "iql_online_reward_scaled", "hopper-medium-v2", "mujoco",
         "iql"},
        {"pdt_count_warmup", "pdt_count_warmup", "hopper-medium-v2", "mujoco", "pdt"},
        {"awac_soft_target", "awac_soft", "hopper-medium-v2", "mujoco", "awac"},
        {"bandit_critic_input", "bandit_critic_input", "bandit", "bandit", "ddpg_odt"},
        {"bandit_sup_weight", "bandit_sup_weight", "bandit", "bandit", "ddpg_odt"},
        {"eval_episodes", "eval_episodes", "hopper-medium-v2", "mujoco", "td3_odt"},
        {"eval_every_iterations", "eval_every", "hopper-medium-v2", "mujoco", "td3_odt"},
    };
    char *text, *rest = NULL, *cell[COLUMNS];
    int lines = 0, found = 0;
    cr_assert_eq(file_read("tests/data/presets.csv", 1 << 20, &text, NULL), STATUS_OK);
    strtok_r(text, "\r\n", &rest);
    for (char *line; (line = strtok_r(NULL, "\r\n", &rest)) != NULL; lines++) {
        cr_assert_geq(cut(line, cell), 4);
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
            if (strcmp(rows[i].line, cell[0]) != 0)
                continue;
            found++;
            for (int p = 0; p < 2; p++) {
                struct hyper h;
                char got[HYPER_TEXT_SIZE];
                struct config_request r = {.preset = p == 0 ? "paper" : "code",
                                           .method = rows[i].method,
                                           .dataset = rows[i].dataset,
                                           .suite = rows[i].suite,
                                           .size = "paper"};
                cr_assert_eq(config_load(&r, &h), STATUS_OK, "%s", status_sentence());
                hyper_format(&h, hyper_find(rows[i].key), got);
                cr_expect(same_cell(cell[1 + p], got), "%s, %s: '%s', should be '%s'", cell[0],
                          r.preset, got, cell[1 + p]);
            }
        }
    }
    /* Rules rather than values: D4, D5 and D19 are rows of the large table. */
    cr_assert_eq(lines - found, 3);
    free(text);
}

Test(config, names_what_is_unknown_and_what_is_near)
{
    struct hyper h;
    struct config_request r = hopper;
    r.method = "td3odt";
    cr_assert_eq(config_load(&r, &h), STATUS_CONFIG);
    cr_assert(strstr(status_sentence(), "did you mean 'td3_odt'") != NULL, "%s", status_sentence());
    r = hopper;
    r.preset = "papr";
    cr_assert_eq(config_load(&r, &h), STATUS_CONFIG);
    r = hopper;
    r.size = "huge";
    cr_assert_eq(config_load(&r, &h), STATUS_CONFIG);
    r = hopper;
    r.set[r.sets++] = "gamma=2";
    cr_assert_eq(config_load(&r, &h), STATUS_CONFIG);
    cr_assert(strstr(status_sentence(), "--set gamma=2") != NULL, "%s", status_sentence());
    r.set[0] = "gama=0.5";
    cr_assert_eq(config_load(&r, &h), STATUS_CONFIG);
    cr_assert(strstr(status_sentence(), "did you mean 'gamma'") != NULL, "%s", status_sentence());
    r.set[0] = "gamma";
    cr_assert_eq(config_load(&r, &h), STATUS_CONFIG);
}

#define TEXT(text) text, sizeof(text) - 1

static const struct {
    const char *text;
    size_t size;
    const char *where, *said;
} bad_files[] = {
    {TEXT("[method]\nlabel = Mine\nrl_gradient = td3\n[pen-*]\nalpha_onlin = 1\n"),
     ":5: ", "'alpha_online'"},
    {TEXT("[method]\nlabel = Mine\n\0gamma = 0.5\n"), ": ", "holds a zero byte"},
    {TEXT("[method]\nfamily = dt\nlabel = Mine\nfamily = mlp\n"),
     ":4: ", "`family` of this section is in line 2 already"},
    {TEXT("[method]\ngamma = 1\n[pen-*]\ngamma = 1\n[method]\n"),
     ":5: ", "[method] is in line 1 already"},
    {TEXT("[method]\ndoes_not_apply = tau\ndoes_not_apply = gamma\n"), ":3: ", "in line 2 already"},
    {TEXT("[method]\nlabel = Mine\n  and yours\n"), ":3: ", "an indented line goes on"},
    {TEXT("[method]\nlabel = Mine\n[hoper]\ngamma = 1\n"), ":4: ", "did you mean [hopper]?"},
    {TEXT("[metod]\nlabel = Mine\n"), ":2: ", "did you mean [method]?"},
    {TEXT("[mujocco]\ngamma = 1\n"), ":2: ", "did you mean [mujoco]?"},
    {TEXT("[method]\nlabel =\n"), ":2: ", "label is empty"},
    {TEXT("[method]\nlabel = na\xEFve\n"), ":2: ", "the line is not UTF-8"},
};

Test(config, own_method_file_that_is_refused_is_named_with_its_line)
{
    char path[] = "/tmp/vitamin-config-XXXXXX.ini", where[64];
    int fd = mkstemps(path, 4);
    cr_assert_geq(fd, 0);
    struct hyper h;
    struct config_request r = hopper;
    r.method = path;
    for (size_t i = 0; i < sizeof bad_files / sizeof *bad_files; i++) {
        cr_assert_eq(file_replace(path, bad_files[i].text, bad_files[i].size), STATUS_OK);
        cr_expect_eq(config_load(&r, &h), STATUS_CONFIG, "%s", bad_files[i].said);
        snprintf(where, sizeof where, "%s%s", path, bad_files[i].where);
        cr_expect(strstr(status_sentence(), where) != NULL, "%s", status_sentence());
        cr_expect(strstr(status_sentence(), bad_files[i].said) != NULL, "%s", status_sentence());
    }
    static const char known[] = "[method]\ngamma = 0.5\n[adroit]\ngamma = 0.6\n[pen]\ngamma = 0.6\n"
                                "[bandit]\ngamma = 0.6\n[pen-human-v1]\ngamma = 0.6\n"
                                "[mine-*]\ngamma = 0.6\n[hopper-mine]\ngamma = 0.6\n";
    cr_assert_eq(file_replace(path, TEXT(known)), STATUS_OK);
    cr_expect_eq(config_load(&r, &h), STATUS_OK, "%s", status_sentence());
    cr_expect_eq(h.gamma, 0.5);
    close(fd);
    remove(path);
}

Test(config, text_reads_back_to_the_same_configuration)
{
    struct hyper h, again;
    cr_assert_eq(config_load(&hopper, &h), STATUS_OK);
    char *text, *rest = NULL;
    cr_assert_eq(config_text(&h, &text), STATUS_OK);
    hyper_defaults(&again);
    char *copy = strdup(text);
    for (char *line = strtok_r(copy, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        char *equals = strstr(line, " = ");
        *equals = '\0';
        cr_assert_eq(hyper_set(&again, line, equals + 3), STATUS_OK, "%s", status_sentence());
    }
    char *second;
    cr_assert_eq(config_text(&again, &second), STATUS_OK);
    cr_assert_str_eq(second, text);
    free(second);
    free(copy);
    free(text);
}

/* --- configurations of before there were further keys ----------------------------------------- */

/* SHA-256 of what an earlier version recorded: runs of then must be found again. */
static const struct {
    const char *method, *dataset, *suite, *preset, *set, *sha256;
} recorded[] = {
    {"td3_odt", "hopper-medium-v2", "mujoco", "paper", NULL,
     "76c0ae00386952a1b57582de7a0a5a78e04639485674135ed8e5aa2159ad11e4"},
    {"td3_odt", "hopper-medium-v2", "mujoco", "paper", "precision=f32",
     "76c0ae00386952a1b57582de7a0a5a78e04639485674135ed8e5aa2159ad11e4"},
    {"pdt", "pen-cloned-v1", "adroit", "code", "product=openblas",
     "9ba60b324cbcd2824147eee6bb633cfbee2b090e8485c5f21d80faa645d4a3fd"},
    {"iql", "antmaze-umaze-v2", "antmaze", "paper", "product=-",
     "f20f1d0d279efe03062560cb0a8be6df5cefac45476aa489c93e2dcce65c5c39"},
    {"td3bc", "maze2d-umaze-v1", "maze2d", "code", NULL,
     "cac3b26a9cb1d43c0ee430ce6431ec88a7291126fce53896eb059d2a263aa351"},
    {"odt", "hopper-random-v2", "mujoco", "paper", NULL,
     "303c71a9d48decd8dd0e53bd438e6ec8241379b8cf73e708ddec13f2477067d4"},
};

Test(config, identity_of_recorded_configurations_stays)
{
    for (size_t i = 0; i < sizeof recorded / sizeof recorded[0]; i++) {
        struct config_request r = {.method = recorded[i].method,
                                   .dataset = recorded[i].dataset,
                                   .suite = recorded[i].suite,
                                   .preset = recorded[i].preset,
                                   .size = "paper"};
        struct hyper h;
        char *text, digest[SHA256_HEX];
        if (recorded[i].set != NULL)
            r.set[r.sets++] = recorded[i].set;
        cr_assert_eq(config_load(&r, &h), STATUS_OK, "%s", status_sentence());
        cr_assert_eq(config_identity(&h, &text), STATUS_OK);
        sha256_of(text, strlen(text), digest);
        cr_assert_str_eq(digest, recorded[i].sha256, "%s on %s", recorded[i].method,
                         recorded[i].dataset);
        free(text);
    }
}

Test(config, identity_names_a_later_key_that_was_set)
{
    struct hyper h;
    struct config_request r = hopper;
    char *text;
    r.set[r.sets++] = "precision=bf16";
    cr_assert_eq(config_load(&r, &h), STATUS_OK);
    cr_assert_eq(config_identity(&h, &text), STATUS_OK);
    cr_assert(strstr(text, "precision = bf16\n") != NULL);
    cr_assert(strstr(text, "product = ") == NULL);
    free(text);
    cr_assert_eq(config_text(&h, &text), STATUS_OK);
    cr_assert(strstr(text, "product = openblas\n") != NULL);
    free(text);
}

/* A reader that does not know hyper.def (the report) takes the same defaults. */
Test(config, later_keys_have_their_defaults_in_recorded_configurations)
{
    struct hyper h;
    int found = 0;
    hyper_defaults(&h);
    for (int i = 0; i < hyper_count; i++) {
        char value[HYPER_TEXT_SIZE], read[HYPER_TEXT_SIZE];
        hyper_format(&h, i, value);
        curve_config_value("gamma = 0.5\n", hyper_table[i].name, read, sizeof read);
        if (strcmp(hyper_table[i].name, "gamma") != 0)
            cr_expect_str_eq(read, hyper_is_later(i) ? value : "", "%s", hyper_table[i].name);
        found += hyper_is_later(i);
    }
    cr_expect_eq(found, 9);
}
