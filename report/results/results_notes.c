/* What a reader must know before the numbers: banners and warnings about the runs. */
#include "report/results/results_impl.h"
#include "report/text/list.h"

#include <stdio.h>
#include <string.h>

/* One text per run, "" for runs that do not say. */
typedef const char *text_of(const struct results_run *run);

/* The different texts of the runs, "a (12 runs), b (3 runs)"; returns how many there are. */
static int list_different(const struct results *r, text_of *text, char *out, size_t size)
{
    int found = 0;
    size_t used = 0;
    out[0] = '\0';
    for (int i = 0; i < r->runs; i++) {
        const char *mine = text(&r->run[i]);
        int same = 0;
        for (int k = 0; k < r->runs && mine[0] != '\0'; k++)
            same += strcmp(text(&r->run[k]), mine) == 0 ? (k < i ? -r->runs : 1) : 0;
        if (mine[0] == '\0' || same <= 0)
            continue; /* silent, or counted before */
        int n = snprintf(out + used, size - used, "%s%s (%d run%s)", found > 0 ? ", " : "", mine,
                         same, same == 1 ? "" : "s");
        used = used + (size_t)n < size ? used + (size_t)n : size - 1;
        found++;
    }
    return found;
}

static const char *revision_of(const struct results_run *run)
{
    return run->origin.revision;
}

enum { REDUCTIONS = 64, REDUCTION = 128 };

/* "T_train 4 (paper 20)" -> "T_train 4"; false: of another form. */
static bool split_reduction(const char *item, char key[REDUCTION], char full[REDUCTION])
{
    const char *open = strstr(item, " (paper "), *close = strrchr(item, ')');
    if (open == NULL || close == NULL)
        return false;
    const char *value = open + strlen(" (paper ");
    snprintf(key, REDUCTION, "%.*s", (int)(open - item), item);
    snprintf(full, REDUCTION, "%.*s", (int)(close - value), value);
    return true;
}

/* The different items of the runs' lists, in order of appearance. */
static int collect_reductions(const struct results *r, char item[REDUCTIONS][REDUCTION])
{
    int found = 0;
    for (int i = 0; i < r->runs; i++) {
        const char *list = r->run[i].origin.reduced;
        char word[REDUCTION];
        while (list_next(&list, ",", word, sizeof word)) {
            const char *mine = word + strspn(word, " ");
            bool known = false;
            for (int k = 0; k < found; k++)
                known = known || strcmp(item[k], mine) == 0;
            if (!known && found < REDUCTIONS)
                snprintf(item[found++], REDUCTION, "%s", mine);
        }
    }
    return found;
}

/* Each reduction that any run names, once, the paper's values of one key together:
 * "embed_dim 32 (paper 512), T_train 4 (paper 20, 5), ...". */
static int note_reductions(const struct results *r, char *out, size_t size)
{
    static char item[REDUCTIONS][REDUCTION];
    int found = collect_reductions(r, item), said = 0;
    size_t used = 0;
    out[0] = '\0';
    for (int i = 0; i < found; i++) {
        char key[REDUCTION], full[REDUCTION], text[REDUCTIONS * 16];
        size_t length;
        if (item[i][0] == '\0')
            continue; /* said with an earlier one */
        bool pair = split_reduction(item[i], key, full);
        length = (size_t)snprintf(text, sizeof text, "%s", item[i]);
        for (int k = i + 1; pair && k < found; k++) {
            char other[REDUCTION], value[REDUCTION];
            if (!split_reduction(item[k], other, value) || strcmp(key, other) != 0 ||
                length + strlen(value) + 4 > sizeof text)
                continue;
            length += (size_t)snprintf(text + length - 1, sizeof text - length, ", %s)", value) - 1;
            item[k][0] = '\0';
        }
        if (used + length + 8 < size)
            used += (size_t)snprintf(out + used, size - used, "%s%s", said++ > 0 ? ", " : "", text);
    }
    return said;
}

static const char *size_of(const struct results_run *run)
{
    return run->origin.size;
}

static const char *preset_of(const struct results_run *run)
{
    return run->origin.preset;
}

static const char *kind_of(const struct results_run *run)
{
    const char *kind = run->origin.kind;
    return strcmp(kind, "d4rl") == 0 || strcmp(kind, "none") == 0 ? "" : kind;
}

static const char *dirty_of(const struct results_run *run)
{
    return run->origin.dirty ? run->origin.revision : "";
}

static bool all_generated(const struct results *r)
{
    for (int i = 0; i < r->runs; i++) {
        const char *kind = kind_of(&r->run[i]);
        if (kind[0] != '\0' && strcmp(kind, "generated") != 0)
            return false;
    }
    return true;
}

static bool reduces_networks(const char *list)
{
    static const char *const sizes[] = {"embed_dim", "n_layer", "critic_hidden", "mlp_hidden"};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        if (strstr(list, sizes[i]) != NULL)
            return true;
    }
    return false;
}

static enum status note_origins(struct results *r)
{
    char list[RESULTS_NOTE - 128]; /* the sentence around it fits too */
    if (list_different(r, kind_of, list, sizeof list) > 0)
        TRY(results_note_on(r, NOTE_BANNER, all_generated(r) ? "generated data" : "not D4RL's data",
                            "Not D4RL's data: %s. Scores cannot be compared with the paper's.",
                            list));
    if (note_reductions(r, list, sizeof list) > 0)
        TRY(results_note_on(r, NOTE_BANNER,
                            reduces_networks(list) ? "smaller networks" : "reduced settings",
                            "Smaller than in the paper: %s.", list));
    if (list_different(r, revision_of, list, sizeof list) > 1)
        TRY(results_note_on(r, NOTE_BANNER, "several revisions",
                            "Runs from several revisions of the code: %s.", list));
    if (list_different(r, preset_of, list, sizeof list) > 1)
        TRY(results_note_on(r, NOTE_WARNING, "several presets", "Presets: %s.", list));
    if (list_different(r, size_of, list, sizeof list) > 1)
        TRY(results_note_on(r, NOTE_WARNING, "several sizes", "Sizes: %s.", list));
    if (list_different(r, dirty_of, list, sizeof list) > 0)
        TRY(results_note_on(r, NOTE_WARNING, "uncommitted changes",
                            "Made with uncommitted changes: %s.", list));
    return STATUS_OK;
}

static enum status note_unfinished(struct results *r, const int of[RUN_STATUS_COUNT])
{
    static const enum run_status kind[] = {RUN_INCOMPLETE, RUN_FAILED, RUN_MISSING};
    static const char *const name[] = {"incomplete", "failed", "missing"};
    char list[96] = "";
    size_t used = 0;
    for (int i = 0; i < 3; i++) {
        if (of[kind[i]] > 0)
            used += (size_t)snprintf(list + used, sizeof list - used, "%s%d %s",
                                     used > 0 ? ", " : "", of[kind[i]], name[i]);
    }
    int left = of[RUN_INCOMPLETE] + of[RUN_FAILED] + of[RUN_MISSING];
    if (10 * left > r->runs)
        return results_note_on(r, NOTE_BANNER, "unfinished runs",
                               "Not finished: %s; these runs are left out, %.0f %% of all.", list,
                               100.0 * left / r->runs);
    return results_note_on(r, NOTE_BANNER, "unfinished runs",
                           "Not finished: %s; these runs are left out.", list);
}

/* Runs of others that are left out, with the reason and what would keep them. */
static enum status note_left_out(struct results *r)
{
    enum { MOST = 5 };
    int left = 0;
    for (int i = 0; i < r->runs; i++) {
        const struct results_run *run = &r->run[i];
        bool out = run->status == RUN_INCOMPLETE || run->status == RUN_MISSING;
        char remedy[96] = "";
        if (!run->origin.foreign || !out || left++ >= MOST)
            continue;
        if (run->points > 0 && run->x[run->points - 1] > 0)
            snprintf(remedy, sizeof remedy, " (--budget %.0f keeps it)", run->x[run->points - 1]);
        TRY(results_note_on(r, NOTE_WARNING, "runs left out",
                            "Left out: %.96s on %.96s, seed %lld: %.400s%s.",
                            r->method[run->method].label, r->dataset[run->dataset].id,
                            (long long)run->seed, run->why, remedy));
    }
    if (left > MOST)
        TRY(results_note_on(r, NOTE_WARNING, "runs left out",
                            "And %d further runs that are left out: see scores.csv.", left - MOST));
    return STATUS_OK;
}

static enum status note_statuses(struct results *r)
{
    int of[RUN_STATUS_COUNT] = {0}, cells = 0, short_cells = 0, few = 0;
    for (int i = 0; i < r->runs; i++)
        of[r->run[i].status]++;
    for (int m = 0; m < r->methods; m++) {
        for (int d = 0; d < r->datasets; d++) {
            struct results_count c = results_count(r, m, d);
            cells += c.used > 0;
            short_cells += c.used > 0 && c.used < r->suite[r->dataset[d].suite].seeds;
            few += c.used > 0 && c.used < 3;
        }
    }
    int empty = r->methods * r->datasets - cells;
    if (of[RUN_INCOMPLETE] + of[RUN_FAILED] + of[RUN_MISSING] > 0)
        TRY(note_unfinished(r, of));
    if (of[RUN_DIVERGED] > 0)
        TRY(results_note_on(r, NOTE_WARNING, "diverged runs",
                            "%d run%s diverged; a dagger marks the cells.", of[RUN_DIVERGED],
                            of[RUN_DIVERGED] == 1 ? "" : "s"));
    if (short_cells > 0)
        TRY(results_note_on(r, NOTE_BANNER, "fewer seeds",
                            "Missing seeds: %d of %d cells have fewer than others of "
                            "their suite.",
                            short_cells, cells));
    if (few > 0)
        TRY(results_note_on(r, NOTE_WARNING, "fewer than 3 seeds",
                            "%d cell%s fewer than 3 seeds: no verdict is given "
                            "on those.",
                            few, few == 1 ? " has" : "s have"));
    if (empty > 0)
        TRY(results_note_on(r, NOTE_INFO, "empty cells",
                            "%d of %d combinations of method and dataset have no result.", empty,
                            r->methods * r->datasets));
    return STATUS_OK;
}

/* The first few failures with their reasons; the status table and provenance.json have them all. */
static enum status note_failures(struct results *r)
{
    enum { MOST = 5 };
    int failures = 0;
    for (int i = 0; i < r->runs; i++) {
        const struct results_run *run = &r->run[i];
        if (run->status != RUN_FAILED || failures++ >= MOST)
            continue;
        TRY(results_note_on(r, NOTE_WARNING, "failed runs",
                            "Failed: %.96s on %.96s, seed %lld: %.400s",
                            r->method[run->method].label, r->dataset[run->dataset].id,
                            (long long)run->seed, run->why));
    }
    if (failures > MOST)
        TRY(results_note_on(r, NOTE_WARNING, "failed runs",
                            "And %d further failed runs: see provenance.json.", failures - MOST));
    return STATUS_OK;
}

/* Runs that another program or machine resumed: their curves are of several kinds. */
static enum status note_segments(struct results *r)
{
    enum { MOST = 5 };
    int mixed = 0;
    for (int i = 0; i < r->runs; i++) {
        const struct results_run *run = &r->run[i];
        char text[CURVE_VALUE];
        if (run->curve == NULL || run->curve->segments == 0 || mixed++ >= MOST)
            continue;
        int segments = curve_describe_segments(run->curve, text, sizeof text);
        TRY(results_note_on(
            r, NOTE_BANNER, "curves of several segments",
            "A curve of %d segments, made by different programs or machines: %.96s on "
            "%.96s, seed %lld, %.400s.",
            segments, r->method[run->method].label, r->dataset[run->dataset].id,
            (long long)run->seed, text));
    }
    if (mixed > MOST)
        TRY(results_note_on(r, NOTE_BANNER, "curves of several segments",
                            "And %d further runs of several segments.", mixed - MOST));
    return STATUS_OK;
}

/* D4RL's own function returns 0..1; this report works on 0..100. */
static enum status note_scale(struct results *r)
{
    static const char why[] = "No score exceeds 2: are these on a 0-1 scale? This report expects "
                              "D4RL's normalised scores times 100.";
    int results = 0;
    double largest = 0;
    bool foreign = false;
    for (int i = 0; i < r->runs; i++) {
        foreign = foreign || r->run[i].origin.foreign;
        if (!r->run[i].used || !r->suite[r->dataset[r->run[i].dataset].suite].scored)
            continue;
        results++;
        largest = r->run[i].final > largest ? r->run[i].final : largest;
    }
    if (results == 0 || largest > 2 || r->doubt[0] != '\0')
        return STATUS_OK;
    if (r->foreign)
        return results_note(r, NOTE_WARNING,
                            "No score exceeds 2: are these on a 0-1 scale? The optimality gap is "
                            "the distance to 100, unless --gamma 1 says otherwise.");
    if (foreign) /* ours are on that scale, however small */
        snprintf(r->doubt, sizeof r->doubt, "%s", why);
    return results_note_on(r, NOTE_BANNER, "a 0-1 scale?", "%s%s", why,
                           foreign ? " No claim gets a verdict." : "");
}

enum status results_collect_notes(struct results *r)
{
    TRY(note_origins(r));
    TRY(note_statuses(r));
    TRY(note_segments(r));
    TRY(note_failures(r));
    TRY(note_left_out(r));
    TRY(note_scale(r));
    if (r->excluded_by[0] != '\0')
        TRY(results_note_on(r, NOTE_INFO, "a selection", "Selected: %s.", r->excluded_by));
    return STATUS_OK;
}
