/* What the columns of a table are: by the user's word, by their names, by what they hold. */
#include "report/results/registry.h"
#include "report/results/scores_impl.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* --- names of columns ------------------------------------------------------------------------- */

/* What other projects call them, the first that a file has is taken. Letters in lower case, all
 * else as '_'. */
static const char *const method_words[] = {
    "method",         "algorithm", "algo",        "agent",      "alg",
    "algorithm_name", "algo_name", "method_name", "agent_name", "exp_name",
    "learner",        "approach",  "policy",      "model",      NULL};
static const char *const dataset_words[] = {
    "dataset",  "dataset_id",  "dataset_name",     "task", "task_name", "task_id",  "env", "env_id",
    "env_name", "environment", "environment_name", "game", "domain",    "scenario", NULL};
static const char *const seed_words[] = {
    "seed",      "run",    "trial",   "seed_id", "run_id",   "random_seed", "rng_seed",   "rep",
    "replicate", "repeat", "replica", "run_idx", "trial_id", "run_number",  "repetition", NULL};
static const char *const step_words[] = {"step",
                                         "steps",
                                         "transitions",
                                         "global_step",
                                         "env_step",
                                         "env_steps",
                                         "environment_steps",
                                         "environment_step",
                                         "timestep",
                                         "timesteps",
                                         "time_steps",
                                         "total_timesteps",
                                         "time_total_timesteps",
                                         "num_timesteps",
                                         "total_steps",
                                         "num_steps",
                                         "total_env_steps",
                                         "totalenvinteracts",
                                         "interactions",
                                         "frames",
                                         "frame",
                                         "num_frames",
                                         "env_frames",
                                         "total_num_steps",
                                         "gradient_steps",
                                         "gradient_step",
                                         "grad_steps",
                                         "train_steps",
                                         "training_steps",
                                         "training_step",
                                         "train_step",
                                         "updates",
                                         "update",
                                         "iterations",
                                         "iteration",
                                         "iter",
                                         "itr",
                                         "epochs",
                                         "epoch",
                                         "_step",
                                         "step_count",
                                         "samples",
                                         NULL};
static const char *const score_words[] = {"score",
                                          "final",
                                          "normalized_score",
                                          "normalised_score",
                                          "d4rl_normalized_score",
                                          "eval_d4rl_normalized_score",
                                          "evaluation_d4rl_normalized_score",
                                          "eval_normalized_score",
                                          "eval_score",
                                          "evaluation_score",
                                          "test_score",
                                          "final_score",
                                          "mean_score",
                                          "human_normalized_score",
                                          "score_mean",
                                          "eval_return",
                                          "evaluation_return",
                                          "eval_mean_reward",
                                          "eval_episode_reward",
                                          "eval_episode_return",
                                          "eval_avg_return",
                                          "averagetestepret",
                                          "test_return",
                                          "test_reward",
                                          "eval_reward",
                                          "evaluation_reward",
                                          "episodic_return",
                                          "charts_episodic_return",
                                          "episode_return",
                                          "episode_returns",
                                          "return",
                                          "returns",
                                          "avg_return",
                                          "average_return",
                                          "mean_return",
                                          "return_mean",
                                          "rollout_ep_rew_mean",
                                          "ep_rew_mean",
                                          "averageepret",
                                          "episode_reward",
                                          "mean_reward",
                                          "avg_reward",
                                          "average_reward",
                                          "reward_mean",
                                          "reward",
                                          "rewards",
                                          "ep_return",
                                          "ep_ret",
                                          "success_rate",
                                          "eval_success",
                                          "success",
                                          "performance",
                                          "value",
                                          NULL};
static const char *const length_words[] = {"episode_length", "episodic_length", "ep_length",
                                           "ep_len",         "length",          NULL};
static const char *const episode_words[] = {
    "episode", "eval_episode", "episode_id", "episode_index", "ep", "trajectory", NULL};
static const char *const metric_words[] = {"metric", "metric_name", "tag", "variable", NULL};

static const char *const *const words_of[READ_ROLES] = {
    [READ_METHOD] = method_words,   [READ_DATASET] = dataset_words, [READ_SEED] = seed_words,
    [READ_STEP] = step_words,       [READ_SCORE] = score_words,     [READ_LENGTH] = length_words,
    [READ_EPISODE] = episode_words, [READ_METRIC] = metric_words};

/* "charts/Episodic Return" -> "charts_episodic_return" */
static void normal_name(const char *name, char out[SCORES_NAME])
{
    size_t n = 0;
    for (; *name != '\0' && n + 1 < SCORES_NAME; name++) {
        char c = isalnum((unsigned char)*name) ? (char)tolower((unsigned char)*name) : '_';
        if (c != '_' || n == 0 || out[n - 1] != '_')
            out[n++] = c;
    }
    while (n > 1 && out[n - 1] == '_')
        n--;
    out[n] = '\0';
}

static bool is_in(const char *word, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (strcmp(word, *words) == 0)
            return true;
    }
    return false;
}

/* What stands behind the last '/' or '.'; NULL: neither is there. */
static const char *last_part(const char *name)
{
    const char *slash = strrchr(name, '/'), *dot = strrchr(name, '.');
    return slash != NULL ? slash + 1 : dot != NULL ? dot + 1 : NULL;
}

bool scores_column_is(const char *name, enum reading_role role)
{
    char normal[SCORES_NAME];
    normal_name(name, normal);
    return is_in(normal, words_of[role]);
}

/* The place of a metric among the words for scores; large for others. */
static int score_rank(const char *metric)
{
    char name[SCORES_NAME];
    const char *part = last_part(metric);
    for (int last = 0; last < 2; last++) {
        normal_name(last && part != NULL ? part : metric, name);
        for (int i = 0; score_words[i] != NULL; i++) {
            if (strcmp(score_words[i], name) == 0)
                return i;
        }
    }
    bool score = strstr(name, "score") != NULL || strstr(name, "return") != NULL ||
                 strstr(name, "reward") != NULL || strstr(name, "success") != NULL;
    bool spread = strstr(name, "std") != NULL || strstr(name, "_sd") != NULL ||
                  strstr(name, "stderr") != NULL;
    return score && !spread ? 1000 : INT32_MAX;
}

/* --- finding ---------------------------------------------------------------------------------- */

/* All that one table takes to be understood. */
struct search {
    const struct csv *csv;
    struct scores_source *source;
    struct scores_columns *out;
    bool *taken; /* per column */
};

static const char *header(const struct csv *c, int column)
{
    return c->cell[column];
}

/* A list for a sentence, with "..." where it does not fit. */
static void list_columns(const struct csv *c, const bool *skip, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (int i = 0; i < c->columns; i++) {
        const char *name = header(c, i);
        if (skip != NULL && skip[i])
            continue;
        size_t n = strlen(name) + 3;
        if (used + n + 4 >= size) {
            snprintf(out + used, size - used, "%s...", used > 0 ? ", " : "");
            return;
        }
        used += (size_t)snprintf(out + used, size - used, "%s%s", used > 0 ? ", " : "",
                                 name[0] != '\0' ? name : "(no name)");
    }
}

static enum status fail_column(const struct search *f, const char *what)
{
    char list[256];
    list_columns(f->csv, NULL, list, sizeof list);
    return status_fail(STATUS_FORMAT, "%s:%d: no column '%s' among: %s", f->source->path,
                       f->csv->line[0], what, list);
}

static int exact_column(const struct csv *c, const char *name)
{
    int found = csv_column(c, name);
    for (int i = 0; found < 0 && i < c->columns; i++) {
        if (strcasecmp(header(c, i), name) == 0)
            found = i;
    }
    return found;
}

/* The first of the words that a header has which is not taken. */
static int column_of(const struct search *f, enum reading_role role)
{
    char name[SCORES_NAME];
    for (const char *const *word = words_of[role]; *word != NULL; word++) {
        for (int i = 0; i < f->csv->columns; i++) {
            normal_name(header(f->csv, i), name);
            if (!f->taken[i] && strcmp(name, *word) == 0)
                return i;
        }
    }
    /* "eval/return" and JSON's "config.env" go by their last part, once nothing goes by its whole
     * name. */
    for (const char *const *word = words_of[role]; *word != NULL; word++) {
        for (int i = 0; i < f->csv->columns; i++) {
            const char *slash = last_part(header(f->csv, i));
            if (slash == NULL || f->taken[i] || strstr(header(f->csv, i), " - ") != NULL)
                continue; /* taken, or wandb's RUN - METRIC */
            normal_name(slash, name);
            if (strcmp(name, *word) == 0)
                return i;
        }
    }
    return -1;
}

static enum status check_once(const struct search *f, int column)
{
    for (int i = 0; i < f->csv->columns; i++) {
        if (i != column && strcmp(header(f->csv, i), header(f->csv, column)) == 0)
            return status_fail(STATUS_FORMAT,
                               "%s:%d: two columns are called '%s'; rename the one that is not to "
                               "be read",
                               f->source->path, f->csv->line[0], header(f->csv, i));
    }
    return STATUS_OK;
}

static enum status take(struct search *f, enum reading_role role, int column)
{
    f->out->at[role] = column;
    if (column < 0)
        return STATUS_OK;
    f->taken[column] = true;
    return check_once(f, column);
}

/* The only column that can be meant when no name is known: "my_score". */
static int column_like_score(const struct search *f)
{
    int found = -1, count = 0;
    for (int i = 0; i < f->csv->columns; i++) {
        if (!f->taken[i] && strstr(header(f->csv, i), " - ") == NULL &&
            score_rank(header(f->csv, i)) == 1000) {
            found = i;
            count++;
        }
    }
    return count == 1 ? found : -1;
}

/* Rows of several metrics: "metric,value". Which of them is the score? */
static enum status choose_metric(struct search *f)
{
    const struct csv *c = f->csv;
    const char *wanted = f->source->reading.column[READ_SCORE], *best = NULL;
    int column = f->out->at[READ_METRIC], rank = INT32_MAX;
    for (int i = 0; column >= 0 && i < c->rows; i++) {
        const char *metric = csv_cell(c, i, column);
        int mine = wanted != NULL && strcasecmp(metric, wanted) == 0 ? -1 : score_rank(metric);
        if (best == NULL || mine < rank) {
            best = metric;
            rank = mine;
        }
    }
    bool several = false;
    for (int i = 0; best != NULL && i < c->rows && !several; i++)
        several = strcmp(csv_cell(c, i, column), best) != 0;
    if (several && rank == INT32_MAX)
        return status_fail(STATUS_FORMAT,
                           "%s: column '%s' names several metrics, and none looks like a score; "
                           "say which: --column score=METRIC",
                           f->source->path, header(c, column));
    f->out->metric = several ? best : NULL;
    return STATUS_OK;
}

/* What the user says, else what the header says. */
static enum status find_roles(struct search *f)
{
    const struct reading *reading = &f->source->reading;
    for (int i = 0; i < READ_ROLES; i++)
        f->out->at[i] = -1;
    for (int i = 0; i < READ_ROLES; i++) {
        const char *name = reading->column[i];
        if (name == NULL || strcmp(name, READING_REST) == 0)
            continue;
        int column = exact_column(f->csv, name);
        if (column < 0 && i == READ_SCORE)
            continue; /* a metric, or a part of wide columns: seen later */
        if (column < 0)
            return fail_column(f, name);
        TRY(take(f, (enum reading_role)i, column));
    }
    for (int i = 0; i < READ_ROLES; i++) {
        bool rest = false;
        for (int k = 0; k < READ_NAMES; k++)
            rest = rest || (reading->column[k] != NULL && *reading->column[k] == '*');
        bool said = f->out->at[i] >= 0 || (i < READ_NAMES && reading->column[i] != NULL);
        if (said || (i == READ_SCORE && (rest || reading->column[i] != NULL)) ||
            (i == READ_LENGTH && f->out->at[READ_STEP] >= 0))
            continue;
        TRY(take(f, (enum reading_role)i, column_of(f, (enum reading_role)i)));
    }
    if (f->out->at[READ_METRIC] >= 0 && f->out->at[READ_SCORE] < 0)
        TRY(take(f, READ_SCORE, column_of(f, READ_SCORE)));
    return choose_metric(f);
}

static void find_extras(struct search *f)
{
    static const char *const names[] = {
#define SCORES_EXTRA_NAME(code, name) name,
        SCORES_EXTRAS(SCORES_EXTRA_NAME)
#undef SCORES_EXTRA_NAME
    };
    const struct csv *c = f->csv;
    f->out->own = (csv_column(c, "score_sd") >= 0 || csv_column(c, "at_budget") >= 0) &&
                  csv_column(c, "gradient_steps") >= 0 && csv_column(c, "why") >= 0;
    for (int i = 0; i < EXTRAS; i++) {
        int column = csv_column(c, names[i]);
        bool always = i <= EXTRA_BUDGET; /* other people's words may mean something else */
        f->out->extra[i] = always || f->out->own ? column : -1;
        if (f->out->extra[i] >= 0)
            f->taken[column] = true;
    }
    if (f->out->own)
        f->source->layout = "this report";
}

/* --- layouts ---------------------------------------------------------------------------------- */

static bool has(const struct search *f, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (csv_column(f->csv, *names) < 0)
            return false;
    }
    return true;
}

static bool ends_in(const char *text, const char *ending)
{
    size_t n = strlen(text), m = strlen(ending);
    return n >= m && strcmp(text + n - m, ending) == 0;
}

/* Whose files have such a header? Only what that changes, or people would want to know. */
static void find_layout(struct search *f)
{
    static const struct {
        const char *layout, *names[4];
        int columns; /* exactly so many; 0: any */
        bool episodes;
    } known[] = {
        {"tdmpc2", {"step", "reward", "seed"}, 3, false},
        {"CleanRL", {"global_step", "episodic_return"}, 0, true},
        {"CleanRL", {"global_step", "charts/episodic_return"}, 0, true},
        {"Stable-Baselines3", {"time/total_timesteps"}, 0, false},
        {"TensorBoard", {"Wall time", "Step", "Value"}, 3, false},
        {"Spinning Up", {"TotalEnvInteracts"}, 0, false},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known && f->source->layout == NULL; i++) {
        if (has(f, known[i].names) &&
            (known[i].columns == 0 || known[i].columns == f->csv->columns)) {
            f->source->layout = known[i].layout;
            f->source->episodes = known[i].episodes;
        }
    }
    for (int i = 0; i < f->csv->columns && f->source->layout == NULL; i++) {
        if (ends_in(header(f->csv, i), "d4rl_normalized_score"))
            f->source->layout = "CORL";
    }
}

/* --- wide tables ------------------------------------------------------------------------------ */

static bool is_extreme(const char *name)
{
    return ends_in(name, "__MIN") || ends_in(name, "__MAX");
}

static enum status add_value(struct search *f, int column, struct scores_value **out)
{
    if (f->out->value == NULL)
        f->out->value = calloc((size_t)f->csv->columns, sizeof *f->out->value);
    if (f->out->value == NULL)
        return status_fail(STATUS_MEMORY, "%s: no memory for its columns", f->source->path);
    f->taken[column] = true;
    *out = &f->out->value[f->out->values++];
    (*out)->column = column;
    return STATUS_OK;
}

/* "iql-s1 - eval/score": wandb's export has a column per run and metric. */
static enum status take_wandb(struct search *f)
{
    const struct csv *c = f->csv;
    const char *wanted = f->source->reading.column[READ_SCORE], *best = NULL;
    int rank = INT32_MAX;
    for (int i = 0; i < c->columns; i++) {
        const char *name = header(c, i), *dash = strstr(name, " - ");
        if (f->taken[i] || dash == NULL || is_extreme(name))
            continue;
        int mine = wanted == NULL                      ? score_rank(dash + 3)
                   : strcasecmp(dash + 3, wanted) == 0 ? -1
                                                       : INT32_MAX;
        if (mine < rank) {
            rank = mine;
            best = dash + 3;
        }
    }
    if (best == NULL)
        return STATUS_OK;
    for (int i = 0; i < c->columns; i++) {
        const char *name = header(c, i), *dash = strstr(name, " - ");
        char run[SCORES_NAME];
        struct scores_value *value;
        if (f->taken[i] || dash == NULL || strcmp(dash + 3, best) != 0)
            continue;
        TRY(add_value(f, i, &value));
        const char *group = strstr(name, ": "); /* "algo: iql", of runs that wandb has grouped */
        if (group != NULL && group < dash)
            name = group + 2;
        snprintf(run, sizeof run, "%.*s", (int)(dash - name), name);
        if (!scores_names_of_run(run, value->name))
            snprintf(value->name[READ_SEED], SCORES_NAME, "%s", run);
    }
    if (f->source->layout == NULL || strcmp(f->source->layout, "CORL") != 0)
        f->source->layout = ends_in(best, "d4rl_normalized_score") ? "CORL, exported by wandb"
                                                                   : "wandb's export";
    else
        f->source->layout = "CORL, exported by wandb";
    return STATUS_OK;
}

/* Numbers throughout, and at least one; not a count of rows. */
static bool holds_numbers(const struct search *f, int column)
{
    const char *name = header(f->csv, column);
    int found = 0;
    if (*name == '\0' || strncasecmp(name, "unnamed", 7) == 0 || strcasecmp(name, "index") == 0)
        return false;
    for (int i = 0; i < f->csv->rows; i++) {
        double value;
        bool measured;
        if (!scores_number(csv_cell(f->csv, i, column), f->source->separator, &value, &measured))
            return false;
        found += measured;
    }
    return found > 0;
}

static bool looks_like(enum reading_role role, const char *name)
{
    int64_t number;
    if (role == READ_SEED)
        return scores_seed_number(name, &number);
    if (role == READ_METHOD)
        return registry_find_method(name) >= 0;
    const char *version = strrchr(name, '-');
    return registry_find_dataset(name) >= 0 ||
           (version != NULL && version[1] == 'v' && isdigit((unsigned char)version[2]));
}

/* Seeds, methods or datasets as columns: what the user says, or what all names look like. */
static enum status take_rest(struct search *f)
{
    static const enum reading_role order[] = {READ_SEED, READ_DATASET, READ_METHOD};
    const struct reading *reading = &f->source->reading;
    for (int k = 0; k < 3; k++) {
        enum reading_role role = order[k];
        bool said = reading->column[role] != NULL && strcmp(reading->column[role], "*") == 0;
        int columns = 0, alike = 0;
        for (int i = 0; i < f->csv->columns; i++) {
            if (f->taken[i] || is_extreme(header(f->csv, i)) || !holds_numbers(f, i))
                continue;
            columns++;
            alike += looks_like(role, header(f->csv, i));
        }
        if (columns == 0 || (!said && (f->out->at[role] >= 0 || alike < columns)))
            continue;
        for (int i = 0; i < f->csv->columns; i++) {
            struct scores_value *value;
            if (f->taken[i] || is_extreme(header(f->csv, i)) || !holds_numbers(f, i))
                continue;
            TRY(add_value(f, i, &value));
            snprintf(value->name[role], SCORES_NAME, "%s", header(f->csv, i));
        }
        return STATUS_OK;
    }
    return STATUS_OK;
}

static enum status find_values(struct search *f)
{
    struct scores_value *value;
    if (f->out->at[READ_SCORE] < 0)
        TRY(take_wandb(f));
    if (f->out->values == 0 && f->out->at[READ_SCORE] < 0 &&
        f->source->reading.column[READ_SCORE] == NULL) {
        TRY(take_rest(f));
        if (f->out->values == 0)
            TRY(take(f, READ_SCORE, column_like_score(f)));
    }
    if (f->out->at[READ_SCORE] >= 0)
        return add_value(f, f->out->at[READ_SCORE], &value);
    return STATUS_OK;
}

/* --- what is missing, what was taken ---------------------------------------------------------- */

static enum status fail_score(const struct search *f)
{
    char list[300];
    const char *asked = f->source->reading.column[READ_SCORE];
    if (asked != NULL)
        return fail_column(f, asked);
    list_columns(f->csv, f->taken, list, sizeof list);
    if (exact_column(f->csv, "mean") >= 0)
        return status_fail(STATUS_FORMAT,
                           "%s:%d: no column 'score'; means and spreads without the runs are "
                           "compared with runs: --published FILE",
                           f->source->path, f->csv->line[0]);
    return status_fail(STATUS_FORMAT,
                       "%s:%d: no column 'score'%s%s; name it: --column score=NAME, or where each "
                       "column is a seed, a method or a dataset: --column seed=*",
                       f->source->path, f->csv->line[0], *list != '\0' ? "; not understood: " : "",
                       list);
}

static bool has_name(const struct search *f, enum reading_role role)
{
    if (f->out->at[role] >= 0 || f->source->name[role][0] != '\0')
        return true;
    for (int i = 0; i < f->out->values; i++) {
        if (f->out->value[i].name[role][0] == '\0')
            return false;
    }
    return true;
}

static enum status check_names(const struct search *f)
{
    static const enum reading_role needed[] = {READ_METHOD, READ_DATASET};
    for (int i = 0; i < 2; i++) {
        char list[256];
        const char *name = reading_role_name(needed[i]);
        if (has_name(f, needed[i]))
            continue;
        list_columns(f->csv, NULL, list, sizeof list);
        return status_fail(STATUS_FORMAT,
                           "%s:%d: no column '%s' among: %s; name it: --column %s=NAME, or of the "
                           "whole file: --%s NAME%s",
                           f->source->path, f->csv->line[0], name, list, name, name,
                           f->source->from[READ_METHOD] == NULL &&
                                   f->source->from[READ_DATASET] == NULL
                               ? ", or by the names of files: --pattern "
                                 "'{dataset}/{method}/{seed}.csv'"
                               : "");
    }
    return STATUS_OK;
}

/* Append, cut at `size`. */
__attribute__((format(printf, 3, 4))) static void append(char *out, size_t size, const char *format,
                                                         ...)
{
    size_t used = strlen(out);
    va_list args;
    va_start(args, format);
    vsnprintf(out + used, size - used, format, args);
    va_end(args);
}

static const char *comma(const char *text)
{
    return *text != '\0' ? ", " : "";
}

static void describe_role(const struct search *f, enum reading_role role, char *out, size_t size)
{
    const char *name = reading_role_name(role);
    const struct scores_value *first = f->out->value;
    bool wide = role < READ_NAMES && f->out->values > 0 && first->name[role][0] != '\0';
    int column = f->out->at[role];
    if (column >= 0 && strcmp(header(f->csv, column), name) == 0)
        append(out, size, "%s%s", comma(out), name);
    else if (column >= 0)
        append(out, size, "%s%s = %s", comma(out), name, header(f->csv, column));
    else if (wide)
        append(out, size, "%s%s = %s%s (name of a column)", comma(out), name, first->name[role],
               f->out->values > 1 ? ", ..." : "");
    else if (role == READ_SCORE)
        append(out, size, "%s%s = %d column%s (%s%s)", comma(out), name, f->out->values,
               f->out->values == 1 ? "" : "s", header(f->csv, first->column),
               f->out->values > 1 ? ", ..." : "");
    else if (role < READ_NAMES && f->source->name[role][0] != '\0') {
        /* In a folder each file has its own: it is said once. */
        bool folder = strcmp(f->source->shown, f->source->path) != 0;
        append(out, size, "%s%s = %s%s%s%s", comma(out), name, folder ? "" : f->source->name[role],
               folder ? "" : " (", f->source->from[role], folder ? "" : ")");
    } else if (role == READ_SEED)
        append(out, size, "%sno seed%s", comma(out), f->out->at[READ_STEP] >= 0 ? " (0)" : "");
}

static enum status note_columns(struct results *r, const struct search *f)
{
    char text[600] = "", rest[240];
    for (int i = 0; i < READ_ROLES; i++)
        describe_role(f, (enum reading_role)i, text, sizeof text);
    list_columns(f->csv, f->taken, rest, sizeof rest);
    if (f->out->metric != NULL)
        append(text, sizeof text, "; rows of %s only", f->out->metric);
    if (*rest != '\0')
        append(text, sizeof text, "; not used: %s", rest);
    if (f->source->layout != NULL)
        append(text, sizeof text, "; layout: %s", f->source->layout);
    return results_note(r, NOTE_INFO, "%s: columns: %s.", f->source->shown, text);
}

static enum status search_columns(struct results *r, struct search *f)
{
    find_extras(f);
    TRY(find_roles(f));
    find_layout(f);
    TRY(find_values(f));
    if (f->out->values == 0)
        return fail_score(f);
    scores_names_of_path(f->source);
    TRY(check_names(f));
    return note_columns(r, f);
}

enum status scores_columns_find(struct results *r, const struct csv *c, struct scores_source *s,
                                struct scores_columns *out)
{
    *out = (struct scores_columns){0};
    struct search f = {.csv = c, .source = s, .out = out};
    f.taken = calloc((size_t)c->columns + 1, sizeof *f.taken);
    if (f.taken == NULL)
        return status_fail(STATUS_MEMORY, "%s: no memory for its columns", s->path);
    enum status status = c->columns > SCORES_NAMES
                             ? status_fail(STATUS_FORMAT, "%s: %d columns, more than %d", s->path,
                                           c->columns, SCORES_NAMES)
                             : search_columns(r, &f);
    free(f.taken);
    if (status != STATUS_OK)
        scores_columns_free(out);
    return status;
}

void scores_columns_free(struct scores_columns *at)
{
    free(at->value);
    *at = (struct scores_columns){0};
}
