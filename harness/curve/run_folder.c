#include "harness/curve/run_folder.h"

#include "engine/base/lock.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *const run_folder_checkpoints[2] = {"checkpoint.h5", "checkpoint.previous.h5"};

const char *run_folder_word(enum folder_state state)
{
    static const char *const words[] = {
#define FOLDER_WORD(state, word) [state] = (word),
        FOLDER_STATES(FOLDER_WORD)
#undef FOLDER_WORD
    };
    return words[state];
}

bool run_folder_is_over(enum folder_state state)
{
    return state == FOLDER_DONE || state == FOLDER_DIVERGED;
}

/* --- what the path says ------------------------------------------------------------------------
 */

/* Names of folders from the run's upwards: SEED, METHOD, DATASET, MATRIX; "" beyond the path. */
enum { PART_SEED, PART_METHOD, PART_DATASET, PART_MATRIX, PARTS };

static void split_path(const char *folder, char part[PARTS][FILE_NAME + 1])
{
    size_t end = strlen(folder);
    while (end > 1 && folder[end - 1] == '/')
        end--;
    for (int i = 0; i < PARTS; i++) {
        size_t start = end;
        while (start > 0 && folder[start - 1] != '/')
            start--;
        snprintf(part[i], FILE_NAME + 1, "%.*s", (int)(end - start), folder + start);
        end = start > 0 ? start - 1 : 0;
    }
}

static bool is_number(const char *text, double *out)
{
    char *end;
    *out = strtod(text, &end);
    return end != text && *end == '\0';
}

/* Does the configuration say another thing than "key=value"? Keys that it has not, or that do not
 * apply to the method ("-"), contradict nothing. */
static bool is_contradicted(const char *word, const char *config)
{
    char key[CURVE_VALUE], value[CURVE_VALUE];
    double says, holds;
    const char *equals = strchr(word, '=');
    if (equals == NULL || config == NULL)
        return false;
    snprintf(key, sizeof key, "%.*s", (int)(equals - word), word);
    curve_config_value(config, key, value, sizeof value);
    if (value[0] == '\0' || strcmp(value, "-") == 0 || strcmp(value, equals + 1) == 0)
        return false;
    return !is_number(equals + 1, &says) || !is_number(value, &holds) || says != holds;
}

/* Those words of "key=value,..." that `drops` does not want to go. */
static void filter_words(const char *list, bool (*drops)(const char *word, const char *context),
                         const char *context, char out[CURVE_VALUE])
{
    size_t used = 0;
    out[0] = '\0';
    for (const char *at = list; *at != '\0';) {
        char word[CURVE_VALUE];
        size_t n = strcspn(at, ",");
        snprintf(word, sizeof word, "%.*s", (int)n, at);
        if (!drops(word, context) && used + n + 2 < CURVE_VALUE)
            used += (size_t)snprintf(out + used, CURVE_VALUE - used, "%s%s", used > 0 ? "," : "",
                                     word);
        at += n + (at[n] == ',');
    }
}

static bool is_delay(const char *word, const char *context)
{
    (void)context;
    return strncmp(word, "delayed_reward=", 15) == 0;
}

void run_folder_method_variant(const char *variant, char out[CURVE_VALUE])
{
    filter_words(variant, is_delay, NULL, out);
}

enum status run_folder_set_title(struct curve *c)
{
    char variant[CURVE_VALUE];
    const char *label = curve_get(c, "label");
    run_folder_method_variant(curve_get(c, "variant"), variant);
    return curve_set(c, "title", "%s%s%s", label[0] != '\0' ? label : curve_get(c, "method"),
                     variant[0] != '\0' ? ", " : "", variant);
}

static enum status set_if_lacking(struct curve *c, const char *key, const char *value)
{
    return curve_has(c, key) ? STATUS_OK : curve_set(c, key, "%s", value);
}

/* The attributes that a curve lacks. Curves from before `variant` was one are named by their
 * folder, but for what contradicts their own configuration. */
static enum status derive_attributes(const char *folder, struct curve *c)
{
    char part[PARTS][FILE_NAME + 1], text[CURVE_VALUE], rest;
    int64_t seed;
    if (!curve_has(c, "budget") && c->config != NULL)
        TRY(set_if_lacking(c, "budget",
                           curve_config_value(c->config, "score_at", text, sizeof text)));
    split_path(folder, part);
    if (part[PART_MATRIX][0] == '\0' ||
        (sscanf(part[PART_SEED], "%" SCNd64 "%c", &seed, &rest) != 1 &&
         sscanf(part[PART_SEED], "seed%" SCNd64 "%c", &seed, &rest) != 1))
        return curve_has(c, "title") ? STATUS_OK : run_folder_set_title(c);
    char *method = part[PART_METHOD], *at = strchr(method, '@');
    if (at != NULL)
        *at = '\0';
    for (int i = 0; i < 2; i++) {
        char *tail = strstr(method, i == 0 ? "-paper-" : "-code-");
        if (tail != NULL)
            *tail = '\0';
    }
    filter_words(at != NULL ? at + 1 : "", is_contradicted, c->config, text);
    TRY(set_if_lacking(c, "variant", text));
    TRY(set_if_lacking(c, "method", method));
    TRY(set_if_lacking(c, "dataset", part[PART_DATASET]));
    TRY(set_if_lacking(c, "matrix", part[PART_MATRIX]));
    snprintf(text, sizeof text, "%" PRId64, seed);
    TRY(set_if_lacking(c, "seed", text));
    return curve_has(c, "title") ? STATUS_OK : run_folder_set_title(c);
}

/* --- what the files say ------------------------------------------------------------------------
 */

static void keep_sentence(struct run_folder *out)
{
    snprintf(out->reason, sizeof out->reason, "%s", status_sentence());
}

static void take_curve(const struct curve *c, struct run_folder *out)
{
    const char *status = curve_get(c, "status");
    out->readable = out->begun = true;
    out->state = strcmp(status, "complete") == 0   ? FOLDER_DONE
                 : strcmp(status, "diverged") == 0 ? FOLDER_DIVERGED
                                                   : FOLDER_STOPPED;
    out->threads = (int)curve_get_integer(c, "threads", 1);
    out->budget = curve_get_integer(c, "budget", 0);
    out->rows = c->iterations;
    out->evaluations = c->evaluations;
    out->episodes = c->episodes;
    snprintf(out->config_hash, sizeof out->config_hash, "%.79s", curve_get(c, "config_hash"));
    snprintf(out->reason, sizeof out->reason, "%s", curve_get(c, "failure"));
    for (int i = 0; i < c->evaluations; i++) {
        double score = curve_mean_score(c, i);
        out->first_score = i == 0 ? score : out->first_score;
        out->last_score = score;
        out->best_score = fmax(out->best_score, score); /* of NaN and a number: the number */
    }
    if (c->evaluations == 0)
        return;
    const struct curve_evaluation *last = &c->evaluation[c->evaluations - 1];
    out->transitions = last->transitions;
    out->gradient_steps = last->gradient_steps;
    out->seconds = last->seconds;
}

static void read_curve(const char *path, struct run_folder *out, struct curve *c)
{
    enum status result = curve_read(path, c);
    if (result == STATUS_OK) {
        take_curve(c, out);
    } else if (result != STATUS_MISSING) {
        /* A damaged one is made again by the next to run it; others may be readable later. */
        out->trouble = result;
        out->state = result == STATUS_DAMAGED ? FOLDER_STOPPED : FOLDER_FAILED;
        out->begun = true;
        keep_sentence(out);
    }
}

/* The sentence that a scheduler left. */
static enum status read_failure(const char *folder, struct run_folder *out)
{
    char path[FILE_PATH], *text;
    struct stat info;
    bool there;
    TRY(file_path(path, "%s/failed", folder));
    TRY(file_look(path, &there));
    if (!there)
        return STATUS_OK;
    out->state = FOLDER_FAILED;
    out->begun = true;
    if (stat(path, &info) == 0)
        out->failed_at = info.st_mtime;
    TRY(file_read(path, 1 << 16, &text, NULL));
    snprintf(out->reason, sizeof out->reason, "%.*s", (int)strcspn(text, "\n"), text);
    free(text);
    return STATUS_OK;
}

/* Did a run leave anything here but a curve? */
static enum status look_for_traces(const char *folder, struct run_folder *out)
{
    char path[FILE_PATH];
    bool there;
    for (int i = 0; i < 2; i++) {
        TRY(file_path(path, "%s/%s", folder, run_folder_checkpoints[i]));
        TRY(file_look(path, &there));
        out->state = there ? FOLDER_STOPPED : out->state;
        out->begun = out->begun || there;
        TRY(file_path(path, "%s/%s", folder, i == 0 ? "config.ini" : "run.log"));
        TRY(file_look(path, &there));
        out->begun = out->begun || there;
    }
    return STATUS_OK;
}

static void look_at_files(const char *folder, const char *path, struct run_folder *out,
                          struct curve *c)
{
    char lock[FILE_PATH];
    struct status_note note;
    bool locked = false;
    /* Before the curve: a run that ends in between is then seen as running, not as stopped. */
    enum status looked = file_path(lock, "%s/lock", folder);
    status_save(&note, looked == STATUS_OK ? lock_look(lock, &locked) : looked);
    read_curve(path, out, c);
    if (run_folder_is_over(out->state))
        return;
    if (locked) {
        out->state = FOLDER_RUNNING;
        out->begun = true;
        return;
    }
    bool failed = out->state == FOLDER_FAILED;
    enum status result = status_restore(&note);
    if (result == STATUS_OK && !failed)
        result = read_failure(folder, out);
    if (result == STATUS_OK && !out->begun)
        result = look_for_traces(folder, out);
    if (result == STATUS_OK)
        return;
    out->state = FOLDER_FAILED;
    if (!failed || note.code != STATUS_OK)
        keep_sentence(out);
}

/* `named`: what became of putting the path together. */
static void look_and_name(enum status named, const char *folder, const char *path,
                          struct run_folder *out, struct curve *curve)
{
    struct curve c = {.attributes = 0};
    *out = (struct run_folder){.first_score = (double)NAN,
                               .last_score = (double)NAN,
                               .best_score = (double)NAN,
                               .threads = 1};
    if (named == STATUS_OK) {
        look_at_files(folder, path, out, &c);
        named = derive_attributes(folder, &c);
    }
    if (named != STATUS_OK) {
        out->trouble = named;
        out->readable = false;
        out->state = FOLDER_FAILED;
        keep_sentence(out);
    }
    if (curve != NULL)
        *curve = c;
    else
        curve_free(&c);
}

void run_folder_look(const char *folder, struct run_folder *out, struct curve *curve)
{
    char path[FILE_PATH];
    look_and_name(file_path(path, "%s/curve.h5", folder), folder, path, out, curve);
}

void run_folder_look_at_file(const char *path, struct run_folder *out, struct curve *curve)
{
    char folder[FILE_PATH];
    look_and_name(file_parent(path, folder), folder, path, out, curve);
}

/* --- failures ----------------------------------------------------------------------------------
 */

enum status run_folder_fail(const char *folder, const char *reason)
{
    char path[FILE_PATH], text[600];
    TRY(file_path(path, "%s/failed", folder));
    int length = snprintf(text, sizeof text, "%.590s\n", reason);
    TRY(file_make_folder(folder));
    return file_replace(path, text, (size_t)length);
}

void run_folder_forget_failure(const char *folder)
{
    char path[FILE_PATH];
    if (file_path(path, "%s/failed", folder) == STATUS_OK)
        unlink(path);
}
