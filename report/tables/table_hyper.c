/* Tables 8 and 9: the hyperparameters that were really used, from the runs' own configurations. */
#include "report/tables/table_table.h"
#include "report/text/list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VALUE = 96, MOST_SHOWN = 3, MOST_KEYS = 256 };

/* A run records every key, also those of parts that its method does not have. `keys` (patterns) are
 * read only where `setting` has one of `values`; "+": a number above 0; setting "": the key itself,
 * "dataset": the run's dataset. */
static const struct {
    const char *keys, *setting, *values;
} conditions[] = {
    {"pdt_*", "actor", "pdt"},
    {"bandit_*", "actor", "bandit"},
    {"awac_*", "rl_gradient", "awac"},
    {"iql_*", "rl_gradient", "iql"},
    {"unmasked_value_losses", "rl_gradient", "iql awr"},
    {"v_pretrain_td", "rl_gradient", "awr ppo"},
    {"bandit_critic_input", "rl_gradient", "td3 ddpg sac iql awac awr ppo"},
    {"gamma alpha_* critic_* target_padding_masked online_reinit_targets rl_normalized "
     "last_row_bootstrap rollout_timeouts_terminal",
     "rl_gradient", "td3 ddpg sac iql awac awr ppo"},
    {"mlp_* actor_cosine_steps updates_per_transition", "family", "mlp"},
    {"embed_* n_layer n_head T_* rtg_token", "family", "dt"},
    {"jsrl_*", "jsrl_n0", "+"},
    {"expl_noise", "expl_noise_type", "gaussian_std"},
    {"state_std_eps", "normalize_states", "1"},
    {"score_min", "score_max", "+"},
    {"delayed_reward horizon score_max", "", "+"},
    {"antmaze_*", "dataset", "antmaze*"},
    {"maze2d_open_*", "dataset", "maze2d-open*"},
};

/* Does a run with this configuration read the key? A setting that an older program did not know
 * rules nothing out. */
static bool is_read(const char *config, const char *dataset, const char *key)
{
    for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++) {
        char value[VALUE];
        if (!list_matches(conditions[i].keys, " ", key))
            continue;
        const char *setting = conditions[i].setting[0] != '\0' ? conditions[i].setting : key;
        if (strcmp(setting, "dataset") == 0)
            snprintf(value, sizeof value, "%s", dataset);
        else
            curve_config_value(config, setting, value, sizeof value);
        bool holds = strcmp(conditions[i].values, "+") == 0
                         ? strtod(value, NULL) > 0
                         : list_matches(conditions[i].values, " ", value);
        if (value[0] != '\0' && !holds)
            return false;
    }
    return true;
}

/* A value as people write it: 3600, not 3.6e+03. */
static void write_plainly(char *value, size_t size)
{
    char *end;
    double number = strtod(value, &end);
    if (end != value && *end == '\0')
        snprintf(value, size, "%.10g", number);
}

/* The configuration of some run of this cell, or NULL. */
static const char *config_of(const struct results *x, int method, int dataset)
{
    int n;
    const struct results_run *run = results_cell(x, method, dataset, &n);
    for (int i = 0; i < n; i++) {
        if (run[i].curve != NULL && run[i].curve->config != NULL)
            return run[i].curve->config;
    }
    return NULL;
}

/* Keys in the order of the first configuration that has them. */
static int keys_of(const struct results *x, char key[MOST_KEYS][VALUE])
{
    int count = 0;
    for (int i = 0; i < x->runs; i++) {
        const char *config = x->run[i].curve != NULL ? x->run[i].curve->config : NULL;
        /* A run has every key of its version: the first one nearly always knows them all. */
        for (const char *line = config; line != NULL && *line != '\0';) {
            size_t n = strcspn(line, " =\n");
            char name[VALUE];
            snprintf(name, sizeof name, "%.*s", (int)n, line);
            int k = 0;
            while (k < count && strcmp(key[k], name) != 0)
                k++;
            if (k == count && count < MOST_KEYS && n > 0 && strcmp(name, "label") != 0 &&
                strcmp(name, "source_note") != 0)
                memcpy(key[count++], name, sizeof name);
            line += strcspn(line, "\n");
            line += *line == '\n';
        }
    }
    return count;
}

/* The different values of a key over the method's datasets: "0.1", "1 / 5 / 20", "6 values". */
static int values_of(const struct results *x, int method, const char *key, char *out, size_t size)
{
    char seen[64][VALUE];
    int count = 0;
    out[0] = '\0';
    for (int d = 0; d < x->datasets; d++) {
        const char *config = config_of(x, method, d);
        char value[VALUE];
        if (config == NULL)
            continue;
        curve_config_value(config, key, value, sizeof value);
        if (value[0] == '\0' || !is_read(config, x->dataset[d].base, key))
            snprintf(value, sizeof value, "-");
        write_plainly(value, sizeof value);
        int k = 0;
        while (k < count && strcmp(seen[k], value) != 0)
            k++;
        if (k == count && count < 64)
            memcpy(seen[count++], value, sizeof value);
    }
    size_t used = 0;
    for (int k = 0; k < count && k < MOST_SHOWN && used < size; k++)
        used += (size_t)snprintf(out + used, size - used, "%s%s", k > 0 ? " / " : "", seen[k]);
    if (count > MOST_SHOWN)
        snprintf(out, size, "%d values", count);
    return count;
}

static bool has_config(const struct results *x, int method)
{
    for (int d = 0; d < x->datasets; d++) {
        if (config_of(x, method, d) != NULL)
            return true;
    }
    return false;
}

/* Has any method a use for this key? */
static bool setting_applies(const struct results *x, const char *key)
{
    for (int m = 0; m < x->methods; m++) {
        char values[TABLE_CELL];
        if (values_of(x, m, key, values, sizeof values) > 0 && strcmp(values, "-") != 0)
            return true;
    }
    return false;
}

/* The CSV has every key as it was recorded. */
static void put_recorded(struct table *t, const struct results *x, const char *key)
{
    for (int i = 0; i < x->methods * x->datasets; i++) {
        int m = i / x->datasets, d = i % x->datasets;
        const char *config = config_of(x, m, d);
        char value[VALUE];
        if (config == NULL)
            continue;
        text_csv(&t->csv, key);
        text_csv(&t->csv, x->method[m].id);
        text_csv(&t->csv, x->dataset[d].id);
        text_csv(&t->csv, curve_config_value(config, key, value, sizeof value));
        text_csv_end(&t->csv);
    }
}

enum status table_hyper_common(const struct report *r, const char *none, struct table *t)
{
    const struct results *x = &r->results;
    (void)none;
    char(*key)[VALUE] = calloc(MOST_KEYS, sizeof *key);
    if (key == NULL)
        return status_fail(STATUS_MEMORY, "no memory for table %s", t->id);
    int keys = keys_of(x, key);
    table_column(t, "Hyperparameter", true, 0);
    text_add(&t->csv, "key,method,dataset,value\n");
    for (int m = 0; m < x->methods && keys > 0; m++) {
        if (has_config(x, m))
            table_column(t, x->method[m].label, true, 0);
    }
    for (int k = 0; k < keys; k++) {
        put_recorded(t, x, key[k]);
        if (!setting_applies(x, key[k]))
            continue;
        int row = table_row(t, false), column = 1;
        table_put(t, row, 0, "%s", key[k]);
        for (int m = 0; m < x->methods; m++) {
            char values[TABLE_CELL];
            if (!has_config(x, m))
                continue;
            values_of(x, m, key[k], values, sizeof values);
            table_put(t, row, column++, "%s", values);
        }
    }
    free(key);
    text_add(&t->caption,
             "As recorded by the runs; \"-\": the method does not read it; keys that none "
             "of these methods reads are left out (the CSV has all); several values: "
             "they depend on the dataset (table 9).");
    return STATUS_OK;
}

/* The method whose settings by dataset are shown: the emphasised one, or the last one with any. */
static int shown_method(const struct results *x)
{
    int m = x->ours;
    if (m >= 0 && has_config(x, m))
        return m;
    for (m = x->methods - 1; m >= 0 && !has_config(x, m);)
        m--;
    return m;
}

enum status table_hyper_by_dataset(const struct report *r, const char *none, struct table *t)
{
    const struct results *x = &r->results;
    (void)none;
    int m = shown_method(x);
    if (m < 0)
        return STATUS_OK;
    char(*key)[VALUE] = calloc(MOST_KEYS, sizeof *key);
    if (key == NULL)
        return status_fail(STATUS_MEMORY, "no memory for table %s", t->id);
    int keys = keys_of(x, key), kept = 0;
    table_column(t, "Dataset", true, 0);
    text_add(&t->csv, "dataset");
    for (int k = 0; k < keys; k++) {
        char values[TABLE_CELL];
        if (values_of(x, m, key[k], values, sizeof values) < 2)
            continue;
        table_column(t, key[k], false, 0);
        text_add(&t->csv, ",%s", key[k]);
        memmove(key[kept++], key[k], sizeof key[k]);
    }
    text_csv_end(&t->csv);
    for (int d = 0; d < x->datasets && kept > 0; d++) {
        const char *config = config_of(x, m, d);
        if (config == NULL)
            continue;
        int row = table_row(t, false);
        table_put(t, row, 0, "%s", x->dataset[d].id);
        text_csv(&t->csv, x->dataset[d].id);
        for (int k = 0; k < kept; k++) {
            char value[VALUE];
            curve_config_value(config, key[k], value, sizeof value);
            write_plainly(value, sizeof value);
            table_put(t, row, k + 1, "%s", value);
            text_csv(&t->csv, value);
        }
        text_csv_end(&t->csv);
    }
    free(key);
    text_add(&t->caption, "Settings of %s that depend on the dataset, as recorded by the runs.",
             x->method[m].label);
    return STATUS_OK;
}
