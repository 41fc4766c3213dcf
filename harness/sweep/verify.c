#include "harness/sweep/verify.h"

#include "engine/base/sha256.h"
#include "harness/base/progress.h"
#include "harness/curve/checkpoint.h"
#include "harness/curve/provenance.h"
#include "harness/matrix/supply.h"
#include "harness/run/run.h"
#include "suites/dataset.h"

#include <errno.h>
#include <fts.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* One run under way to its verdict. */
struct verify {
    const struct record *record;
    const struct verify_options *options;
    struct verify_result *out;
    struct curve before, again; /* as recorded, as computed now */
    struct run_request request;
    char results[FILE_PATH]; /* request.results points here */
    bool more_keys;          /* this code has settings that the recorded configuration lacks */
    char *config_text;       /* the recorded one, cut up: request.config.set points into it */
    char dataset[FILE_PATH];
    char scratch[FILE_PATH];
};

const char *const verify_words[] = {
    [VERIFY_SAME] = "same", [VERIFY_DIFFERENT] = "DIFFERENT", [VERIFY_UNCHECKED] = "UNCHECKED"};

static enum status unchecked(struct verify *v)
{
    v->out->verdict = VERIFY_UNCHECKED;
    snprintf(v->out->text, sizeof v->out->text, "%.500s", status_sentence());
    return STATUS_OK;
}

static enum status different(struct verify *v)
{
    v->out->verdict = VERIFY_DIFFERENT;
    snprintf(v->out->text, sizeof v->out->text, "%.500s", status_sentence());
    return STATUS_OK;
}

/* --- the same configuration again ------------------------------------------------------------- */

/* Does the folder that `path` lies in lie in `folder`, links and ".." resolved? A file itself may
 * be a link: whoever may put one into a folder that was named decides about it anyway. */
static bool is_below(const char *folder, const char *path)
{
    char parent[FILE_PATH], in[PATH_MAX], of[PATH_MAX];
    if (folder == NULL || file_parent(path, parent) != STATUS_OK || realpath(parent, in) == NULL ||
        realpath(folder, of) == NULL)
        return false;
    size_t length = strcmp(of, "/") == 0 ? 0 : strlen(of);
    return strncmp(in, of, length) == 0 && (in[length] == '/' || in[length] == '\0');
}

/* Does `path` hold what the run used? Else STATUS_MISSING. What decides is the content; of runs
 * whose content is not known, the file. */
static enum status check_dataset(const struct verify *v, const char *path)
{
    const char *file = curve_get(&v->before, "dataset_sha256");
    const char *content = run_dataset_content(&v->before), *kind = "SHA-256", *recorded = file;
    char digest[SHA256_HEX] = "";
    enum status result = sha256_file(path, digest);
    /* A folder (Minari) is left to the run, whose curve holds the digests too. */
    if (result == STATUS_INTERRUPTED)
        return result;
    if (result != STATUS_OK || strcmp(digest, file) == 0)
        return STATUS_OK;
    if (*content != '\0') {
        struct dataset_options o = dataset_defaults();
        struct dataset d;
        o.env = dataset_env(curve_get(&v->before, "dataset")) != NULL
                    ? dataset_env(curve_get(&v->before, "dataset"))->name
                    : NULL;
        o.content = true;
        result = dataset_load(path, &o, &d);
        if (result == STATUS_INTERRUPTED)
            return result;
        if (result == STATUS_OK) {
            memcpy(digest, d.content, sizeof digest);
            dataset_free(&d);
            kind = "content";
            recorded = content;
        }
        if (result == STATUS_OK && strcmp(digest, content) == 0)
            return STATUS_OK;
    }
    return status_fail(STATUS_MISSING,
                       "%s: is not the dataset that the run used (%s %.12s, recorded %.12s); put "
                       "that one back, or name its folder with --data",
                       path, kind, digest, recorded);
}

/* The dataset where the run had it, if that is below a folder that was named. */
static enum status try_recorded_path(struct verify *v)
{
    const char *path = curve_get(&v->before, "dataset_path");
    bool there = false;
    if (is_below(dataset_folder(v->options->data), path) || is_below(v->options->results, path))
        TRY(file_look(path, &there));
    if (!there)
        return status_fail(STATUS_MISSING,
                           "its dataset, %s (%.300s), is not below '%s'; name the folder it is in "
                           "with --data",
                           curve_get(&v->before, "dataset"), path,
                           dataset_folder(v->options->data));
    TRY(file_path(v->dataset, "%s", path));
    return check_dataset(v, path);
}

/* By its name, in the data folder. */
static enum status try_name(struct verify *v, const char *folder)
{
    const char *name = curve_get(&v->before, "dataset");
    char path[FILE_PATH];
    TRY(file_check_name("the dataset's name in the curve", name));
    TRY(dataset_locate(name, folder, path));
    /* Last of all that takes a file of this name from the working folder, which nobody named. */
    if (strcmp(path, name) == 0)
        return status_fail(STATUS_MISSING, "%s is not in the data folder", name);
    TRY(file_path(v->dataset, "%s", path));
    return check_dataset(v, path);
}

/* The built-in matrix whose cell the run is ("lite", or "lite-code" with that preset); NULL: none.
 */
static const char *built_in_matrix(const char *recorded)
{
    for (int i = 0; matrix_name(i) != NULL; i++) {
        const char *name = matrix_name(i);
        size_t n = strlen(name);
        if (strncmp(recorded, name, n) == 0 &&
            (recorded[n] == '\0' || (recorded[n] == '-' && config_is_preset(recorded + n + 1))))
            return name;
    }
    return NULL;
}

/* As the run's matrix says how to make it: once, where a sweep would make it too (supply.h). */
static enum status try_recipe(struct verify *v, bool *exists)
{
    const char *name = built_in_matrix(curve_get(&v->before, "matrix"));
    const char *data = v->options->data, *folder;
    char buffer[FILE_PATH];
    struct matrix m;
    *exists = false;
    if (name == NULL)
        return STATUS_OK;
    TRY(matrix_load(name, NULL, &m));
    const struct matrix_source *s = supply_of(&m, curve_get(&v->before, "dataset"));
    *exists = s != NULL && s->generated;
    enum status result = STATUS_OK;
    if (*exists)
        result = supply_get(s, data);
    if (*exists && result == STATUS_OK)
        result = supply_folder(s, data, buffer, &folder);
    if (*exists && result == STATUS_OK)
        result = try_name(v, folder);
    matrix_unload(&m);
    return result;
}

/* Where the dataset is now, or can be made. One of other content cannot give the same curve. */
static enum status find_dataset(struct verify *v)
{
    const struct suite *suite = suite_find(curve_get(&v->before, "suite"));
    struct status_note first;
    bool recipe;
    if (suite != NULL && suite->run_seconds > 0) /* no file */
        return file_path(v->dataset, "%s", curve_get(&v->before, "dataset"));
    enum status result = try_recorded_path(v);
    if (result != STATUS_MISSING)
        return result;
    status_save(&first, result);
    bool was_there = *v->dataset != '\0';
    enum status named = try_name(v, v->options->data);
    if (named == STATUS_OK || named == STATUS_INTERRUPTED || named == STATUS_CONFIG)
        return named;
    if (!was_there && *v->dataset != '\0')
        status_save(&first, named);
    result = try_recipe(v, &recipe);
    return recipe || result != STATUS_OK ? result : status_restore(&first);
}

/* Turn the lines `key = value` of the recorded text that differ from the preset's into overrides.
 * Both texts list the same keys in the same order when the same code wrote them. */
static enum status add_overrides(struct verify *v, const struct hyper *preset)
{
    struct config_request *c = &v->request.config;
    char *rest = NULL;
    for (char *line = strtok_r(v->config_text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        char value[HYPER_TEXT_SIZE];
        char *equals = strstr(line, " = ");
        if (equals == NULL)
            return status_fail(STATUS_FORMAT, "its configuration has the line '%.60s'", line);
        *equals = '\0';
        int field = hyper_find(line);
        if (field < 0)
            return status_fail(STATUS_CONFIG,
                               "its configuration has the key '%.60s', which this "
                               "code does not know",
                               line);
        hyper_format(preset, field, value);
        if (strcmp(equals + 3, preset->applies[field] ? value : "-") == 0)
            continue;
        if (c->sets == CONFIG_OVERRIDES)
            return status_fail(STATUS_CONFIG,
                               "its configuration differs from the preset in more "
                               "than %d keys",
                               CONFIG_OVERRIDES);
        /* "key = value" becomes "key=value" where it stands. */
        size_t key = (size_t)(equals - line);
        memmove(line + 2, line, key);
        line[2 + key] = '=';
        c->set[c->sets++] = line + 2;
    }
    return STATUS_OK;
}

/* Does every line of the recorded text hold in `h`? */
static enum status check_lines(const char *text, const struct hyper *h)
{
    while (*text != '\0') {
        char line[HYPER_TEXT_SIZE + 128], value[HYPER_TEXT_SIZE];
        size_t length = strcspn(text, "\n");
        snprintf(line, sizeof line, "%.*s", (int)length, text);
        text += length + (text[length] == '\n');
        char *equals = strstr(line, " = ");
        int field = -1;
        if (equals != NULL) {
            *equals = '\0';
            field = hyper_find(line);
        }
        if (field < 0)
            return status_fail(STATUS_FORMAT, "its configuration has the line '%.60s'", line);
        hyper_format(h, field, value);
        if (strcmp(equals + 3, h->applies[field] ? value : "-") != 0)
            return status_fail(STATUS_CONFIG,
                               "its configuration cannot be reproduced: %.60s would be '%.100s', "
                               "recorded is '%.100s'",
                               line, h->applies[field] ? value : "-", equals + 3);
    }
    return STATUS_OK;
}

/* The guide's policy is a file too. */
static enum status check_guide(struct verify *v, const struct hyper *h)
{
    char path[FILE_PATH];
    const struct env_kind *kind = dataset_env(v->dataset);
    if (kind == NULL)
        kind = env_find(curve_get(&v->before, "dataset"));
    if (kind == NULL)
        return status_fail(STATUS_CONFIG, "its dataset is of no known environment");
    /* RESULTS/MATRIX/DATASET/METHOD/SEED (matrix_folder): where the guide of such a run lies. */
    TRY(file_path(v->results, "%s/../../../..", v->record->folder));
    TRY(run_guide_path(h, v->results, kind->name, path));
    if (*path == '\0' || is_below(v->options->results, path) || is_below(v->options->data, path))
        return STATUS_OK;
    return status_fail(STATUS_CONFIG,
                       "its guide, %.300s, is not below '%s'; give the results folder that holds "
                       "both",
                       path, v->options->results);
}

static enum status rebuild_config(struct verify *v)
{
    struct config_request *c = &v->request.config;
    struct hyper h;
    char hash[SHA256_HEX];
    const char *recorded = curve_get(&v->before, "config_hash");
    *c = (struct config_request){.preset = curve_get(&v->before, "preset"),
                                 .method = curve_get(&v->before, "method"),
                                 .size = curve_get(&v->before, "size"),
                                 .dataset = v->dataset};
    /* Own data is recorded under a name that begins with its environment. */
    const struct env_kind *kind = dataset_env(curve_get(&v->before, "dataset"));
    if (kind != NULL && dataset_env(v->dataset) != kind)
        c->env = kind->name;
    if ((strchr(c->method, '/') != NULL || strstr(c->method, ".ini") != NULL) &&
        (v->options->method == NULL || strcmp(v->options->method, c->method) != 0))
        return status_fail(
            STATUS_CONFIG,
            "its method is the file '%.200s'; name it (--method FILE) to have it read", c->method);
    struct config_request plain = *c;
    TRY(run_configure(&plain, &h));
    v->config_text = strdup(v->before.config);
    if (v->config_text == NULL)
        return status_fail(STATUS_MEMORY, "no memory for a configuration");
    TRY(add_overrides(v, &h));
    struct config_request whole = *c;
    TRY(run_configure(&whole, &h));
    TRY(check_guide(v, &h));
    TRY(run_config_hash(&h, hash));
    if (strcmp(hash, recorded) != 0) {
        size_t used = strlen(v->out->circumstances);
        TRY(check_lines(v->before.config, &h));
        v->more_keys = true;
        snprintf(v->out->circumstances + used, sizeof v->out->circumstances - used,
                 "%sthis code has settings that the recorded configuration lacks",
                 used > 0 ? "; " : "");
    }
    return STATUS_OK;
}

/* --- a scratch folder ------------------------------------------------------------------------- */

static enum status make_scratch(struct verify *v)
{
    const char *parent = getenv("TMPDIR");
    TRY(file_path(v->scratch, "%s/vitamin-verify-XXXXXX",
                  parent != NULL && parent[0] != '\0' ? parent : "/tmp"));
    if (mkdtemp(v->scratch) != NULL)
        return STATUS_OK;
    const int error = errno;
    enum status result = status_fail(STATUS_IO, "%s: cannot be created: %s", v->scratch,
                                     strerror(error));
    v->scratch[0] = '\0';
    return result;
}

static void remove_scratch(struct verify *v)
{
    char *roots[] = {v->scratch, NULL};
    FTS *tree = v->scratch[0] != '\0' ? fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL) : NULL;
    for (FTSENT *e; tree != NULL && (e = fts_read(tree)) != NULL;) {
        if (e->fts_info == FTS_DP)
            rmdir(e->fts_accpath);
        else if (e->fts_info != FTS_D)
            unlink(e->fts_accpath);
    }
    if (tree != NULL)
        fts_close(tree);
}

static enum status copy(const struct verify *v, const char *name)
{
    char from[FILE_PATH], to[FILE_PATH], *bytes;
    size_t size;
    TRY(file_path(from, "%s/%s", v->record->folder, name));
    TRY(file_path(to, "%s/%s", v->scratch, name));
    TRY(file_read(from, (size_t)1 << 36, &bytes, &size));
    enum status result = file_replace(to, bytes, size);
    free(bytes);
    return result;
}

static enum status visit_nothing(void *context, struct visitor *visitor)
{
    (void)context;
    (void)visitor;
    return STATUS_OK;
}

/* Copy the checkpoint, if there is one with recorded rows beyond it. */
static enum status take_checkpoint(struct verify *v)
{
    struct checkpoint_info info;
    char path[FILE_PATH];
    bool there;
    TRY(file_path(path, "%s/checkpoint.h5", v->record->folder));
    if (!v->options->from_checkpoint)
        return STATUS_OK;
    TRY(file_look(path, &there));
    if (!there)
        return STATUS_OK;
    TRY(copy(v, "checkpoint.h5"));
    TRY(file_path(path, "%s/checkpoint.h5", v->scratch));
    TRY(checkpoint_read(path, curve_get(&v->before, "config_hash"), &info, visit_nothing, NULL));
    if (info.iterations >= v->before.iterations) {
        unlink(path);
        return STATUS_OK;
    }
    v->out->first_row = info.iterations;
    return STATUS_OK;
}

/* --- circumstances ---------------------------------------------------------------------------- */

static enum status tell_circumstances(struct verify *v)
{
    struct curve now = {.attributes = 0};
    char *text = v->out->circumstances;
    size_t room = sizeof v->out->circumstances, used = 0;
    enum status result = provenance_stamp(&now);
    if (!v->before.sealed)
        used += (size_t)snprintf(text, room, "its curve carries no digest (an older format)");
    for (int i = 0; i < CURVE_ORIGIN_COUNT && result == STATUS_OK; i++) {
        const char *name = curve_origin_names[i];
        const char *then = curve_get(&v->before, name), *here = curve_get(&now, name);
        bool dirty = i == CURVE_ORIGIN_dirty;
        if (used + 300 > room || i == CURVE_ORIGIN_program ||
            (dirty ? strcmp(then, "0") == 0 && strcmp(here, "0") == 0 : strcmp(then, here) == 0))
            continue;
        const char *comma = used > 0 ? "; " : "";
        if (dirty)
            used += (size_t)snprintf(text + used, room - used,
                                     "%s%s built from code with uncommitted changes", comma,
                                     strcmp(then, "0") == 0   ? "this program was"
                                     : strcmp(here, "0") == 0 ? "its program was"
                                                              : "both programs were");
        else
            used += (size_t)snprintf(text + used, room - used, "%s%s was '%.100s', here '%.100s'",
                                     comma, i == CURVE_ORIGIN_blas_core ? "BLAS core" : name, then,
                                     here);
    }
    curve_free(&now);
    return result;
}

/* --- doing it again --------------------------------------------------------------------------- */

static bool is_over(const struct curve *c)
{
    const char *status = curve_get(c, "status");
    return strcmp(status, "complete") == 0 || strcmp(status, "diverged") == 0;
}

/* After how many rows to leave; 0: never. Where all rows of a finished run are asked for, its end
 * is repeated too (a last evaluation, a sweep of target returns): one that would not end there goes
 * on by a row. */
static int last_row(const struct verify *v)
{
    int rows = v->out->first_row + v->options->rows;
    if (v->options->rows <= 0)
        return 0;
    return is_over(&v->before) && rows >= v->before.iterations ? v->before.iterations + 1 : rows;
}

/* STATUS_OK also for a run that was left on purpose or that diverged: there is a curve then. */
static enum status execute(struct verify *v)
{
    struct timespec start;
    const char *matrix = curve_get(&v->before, "matrix");
    v->request.seed = strtoull(curve_get(&v->before, "seed"), NULL, 10);
    v->request.folder = v->scratch;
    v->request.matrix = matrix[0] != '\0' ? matrix : NULL;
    v->request.results = v->results;
    v->request.checkpoint_every = 1e9;
    v->request.stop_rows = last_row(v);
    v->request.quiet = true;
    v->request.spare_threads = true;
    v->request.stop = v->options->stop;
    clock_gettime(CLOCK_MONOTONIC, &start);
    enum status result = run_execute(&v->request, NULL);
    v->out->seconds = progress_since(&start);
    if (result == STATUS_INTERRUPTED && v->options->stop != NULL && *v->options->stop)
        return result;
    return result == STATUS_INTERRUPTED || result == STATUS_NONFINITE ? STATUS_OK : result;
}

/* A column of another meaning cannot be compared (curve.h, attribute `metrics`). */
static enum status keep_older_metrics(struct verify *v)
{
    struct curve *a = &v->again, *b = &v->before;
    if (strcmp(curve_get(b, "metrics"), CURVE_METRICS_VERSION) == 0)
        return STATUS_OK;
    for (int i = 0; i < a->iterations && i < b->iterations; i++)
        a->iteration[i].value[CURVE_q_abs_max] = b->iteration[i].value[CURVE_q_abs_max];
    size_t used = strlen(v->out->circumstances);
    snprintf(v->out->circumstances + used, sizeof v->out->circumstances - used,
             "%sq_abs_max had another meaning and is not compared", used > 0 ? "; " : "");
    return curve_set(a, "metrics", "%s", curve_get(b, "metrics"));
}

static enum status compare(struct verify *v)
{
    struct curve *a = &v->again, *b = &v->before;
    for (int i = 0; i < CURVE_ORIGIN_COUNT; i++)
        TRY(curve_set(a, curve_origin_names[i], "%s", curve_get(b, curve_origin_names[i])));
    TRY(curve_set(a, "dataset_path", "%s", curve_get(b, "dataset_path")));
    /* Of a folder it was not compared before: find_dataset(). */
    if (curve_has(a, "dataset_content") && *run_dataset_content(b) != '\0') {
        TRY(curve_set(a, "dataset_sha256", "%s", curve_get(b, "dataset_sha256")));
        if (!curve_has(b, "dataset_content"))
            TRY(curve_set(b, "dataset_content", "%s", run_dataset_content(b)));
    }
    if (v->more_keys) {
        TRY(curve_set(a, "config_hash", "%s", curve_get(b, "config_hash")));
        TRY(curve_set_config(a, b->config));
    }
    TRY(keep_older_metrics(v));
    if (is_over(a) && is_over(b))
        TRY(curve_compare(a, b, false));
    if (is_over(b) && a->iterations > b->iterations)
        return status_fail(STATUS_FORMAT, "it was recorded as %s after %d iterations, but goes on",
                           curve_get(b, "status"), b->iterations);
    if (is_over(a) && !is_over(b) && b->iterations > a->iterations)
        return status_fail(STATUS_FORMAT, "%d iterations were recorded, but it is %s after %d",
                           b->iterations, curve_get(a, "status"), a->iterations);
    curve_truncate(a, b->evaluations, b->iterations);
    TRY(curve_compare(a, b, true));
    v->out->rows = a->iterations - v->out->first_row;
    v->out->evaluations = a->evaluations;
    return STATUS_OK;
}

/* No program on one machine computes such a curve, whatever its rows are. */
static enum status several_segments(struct verify *v)
{
    char text[CURVE_VALUE];
    int segments = curve_describe_segments(&v->before, text, sizeof text);
    status_fail(STATUS_MISSING, "several segments: %d, %.400s", segments, text);
    return unchecked(v);
}

static enum status work(struct verify *v)
{
    char path[FILE_PATH], hash[SHA256_HEX];
    struct verify_result *out = v->out;
    if (file_path(path, "%s/curve.h5", v->record->folder) != STATUS_OK ||
        curve_read(path, &v->before) != STATUS_OK)
        return unchecked(v);
    if (v->before.segments > 0)
        return several_segments(v);
    if (tell_circumstances(v) != STATUS_OK)
        return unchecked(v);
    sha256_of(v->before.config != NULL ? v->before.config : "",
              v->before.config != NULL ? strlen(v->before.config) : 0, hash);
    if (strcmp(hash, curve_get(&v->before, "config_hash")) != 0) {
        status_fail(STATUS_FORMAT, "its configuration does not match its config_hash");
        return different(v);
    }
    if (v->before.iterations == 0 && v->before.evaluations == 0) {
        status_fail(STATUS_MISSING, "nothing is recorded yet");
        return unchecked(v);
    }
    enum status found = find_dataset(v);
    if (found == STATUS_INTERRUPTED)
        return found;
    if (found != STATUS_OK || rebuild_config(v) != STATUS_OK)
        return unchecked(v);
    TRY(make_scratch(v));
    if (take_checkpoint(v) != STATUS_OK)
        return unchecked(v);
    enum status result = execute(v);
    if (result == STATUS_INTERRUPTED)
        return result;
    if (result != STATUS_OK || file_path(path, "%s/curve.h5", v->scratch) != STATUS_OK ||
        curve_read(path, &v->again) != STATUS_OK)
        return unchecked(v);
    out->verdict = VERIFY_SAME;
    return compare(v) == STATUS_OK ? STATUS_OK : different(v);
}

enum status verify_record(const struct record *r, const struct verify_options *options,
                          struct verify_result *out)
{
    struct verify *v = calloc(1, sizeof *v);
    if (v == NULL)
        return status_fail(STATUS_MEMORY, "no memory to verify a run");
    *out = (struct verify_result){.verdict = VERIFY_UNCHECKED};
    v->record = r;
    v->options = options;
    v->out = out;
    enum status result = work(v);
    struct status_note note;
    status_save(&note, result);
    remove_scratch(v);
    curve_free(&v->before);
    curve_free(&v->again);
    free(v->config_text);
    free(v);
    return result == STATUS_OK ? STATUS_OK : status_restore(&note);
}
