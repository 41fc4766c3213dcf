/* What a run finds in its folder: nothing, a finished curve, or checkpoints to go on from. */
#include "harness/run/run_impl.h"

#include "engine/base/log.h"
#include "harness/curve/provenance.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum status run_set_aside(const struct run *r, const char *name)
{
    char path[FILE_PATH], aside[FILE_PATH];
    TRY(run_path(r, name, path));
    TRY(file_set_aside(path, aside));
    log_warn("run", "%s: was damaged after it was written; it is now %s", path, aside);
    return STATUS_OK;
}

void run_remove_checkpoints(const struct run *r)
{
    for (int i = 0; i < 2; i++) {
        char path[FILE_PATH];
        if (run_path(r, run_folder_checkpoints[i], path) == STATUS_OK)
            unlink(path);
    }
    char extend[FILE_PATH];
    if (!r->request->keep_checkpoint && run_path(r, RUN_EXTEND, extend) == STATUS_OK)
        unlink(extend);
}

/* --- a finished run --------------------------------------------------------------------------- */

static void summarise(const struct curve *c, struct run_summary *summary)
{
    summary->already_complete = true;
    if (c->evaluations == 0)
        return;
    const struct curve_evaluation *last = &c->evaluation[c->evaluations - 1];
    summary->first_score = curve_mean_score(c, 0);
    summary->last_score = curve_mean_score(c, c->evaluations - 1);
    summary->transitions = last->transitions;
    summary->seconds = last->seconds;
}

static enum status check_seed(const struct run *r, const struct curve *c)
{
    char seed[32];
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)r->request->seed);
    if (strcmp(curve_get(c, "seed"), seed) == 0)
        return STATUS_OK;
    return status_fail(STATUS_CONFIG,
                       "%s: holds a run with seed %.40s, not %s; use another output folder, or "
                       "remove it to start anew",
                       r->request->folder, curve_get(c, "seed"), seed);
}

/* The folder's run differs from this one in its budget alone. */
static enum status check_extension(struct run *r, const char *path, const struct curve *c)
{
    char recorded[64], extend[FILE_PATH];
    bool there;
    (void)curve_config_value(c->config, "stop_transitions", recorded, sizeof recorded);
    long long before = strtoll(recorded, NULL, 10), now = r->hyper.stop_transitions;
    TRY(run_path(r, RUN_EXTEND, extend));
    TRY(file_look(extend, &there));
    if (strcmp(curve_get(c, "status"), "complete") != 0)
        return status_fail(STATUS_CONFIG,
                           "%s: holds a run to %lld transitions that is not complete; finish it "
                           "before it is extended, or use another output folder",
                           path, before);
    if (now <= before)
        return status_fail(STATUS_CONFIG,
                           "%s: holds a run to %lld transitions, this one ends after %lld; a run "
                           "can only be extended, so use another output folder",
                           path, before, now);
    if (!there)
        return status_fail(STATUS_CONFIG,
                           "%s: holds a run to %lld transitions that kept no state to extend it "
                           "from (--keep-checkpoint); use another output folder",
                           path, before);
    r->extends = true;
    return STATUS_OK;
}

static enum status check_config(struct run *r, const char *path, const struct curve *c)
{
    char own[SHA256_HEX], other[SHA256_HEX], keys[STATUS_SENTENCE / 2];
    const char *config = c->config != NULL ? c->config : "";
    if (strcmp(curve_get(c, "config_hash"), r->config_hash) == 0)
        return STATUS_OK;
    TRY(run_hash_but_budget(r->config_text, own));
    TRY(run_hash_but_budget(config, other));
    if (strcmp(own, other) == 0)
        return check_extension(r, path, c);
    int count = curve_config_differences(config, r->config_text, keys, sizeof keys);
    return status_fail(STATUS_CONFIG,
                       "%s: holds a run of another configuration: %s; use another output folder or "
                       "remove it",
                       path, count > 0 ? keys : "its keys are those of another version");
}

enum status run_look_for_complete(struct run *r, bool *complete, struct run_summary *summary)
{
    char path[FILE_PATH];
    struct curve c;
    *complete = false;
    TRY(run_path(r, "curve.h5", path));
    enum status result = curve_read(path, &c);
    if (result == STATUS_MISSING)
        return STATUS_OK;
    if (result == STATUS_DAMAGED) {
        r->curve_lost = true;
        return STATUS_OK;
    }
    TRY(result);
    result = check_config(r, path, &c);
    if (result == STATUS_OK)
        result = check_seed(r, &c);
    *complete = result == STATUS_OK && !r->extends &&
                strcmp(curve_get(&c, "status"), "complete") == 0;
    if (*complete)
        summarise(&c, summary);
    curve_free(&c);
    return result;
}

/* --- a run that was stopped ------------------------------------------------------------------- */

static enum status check_dataset(const struct run *r)
{
    const struct curve *c = &r->curve;
    const char *path = curve_get(c, "dataset_path"), *kind = curve_get(c, "dataset_kind"),
               *recorded = run_dataset_content(c), *what = "content";
    char digest[SHA256_HEX];
    if (run_takes_no_data(&r->hyper))
        return STATUS_OK; /* the environment is the folder's: its run's key and curve say so */
    memcpy(digest, r->dataset.content, sizeof digest);
    if (*recorded == '\0') { /* of a program that knew no content digests */
        recorded = curve_get(c, "dataset_sha256");
        what = "SHA-256";
        TRY(dataset_digest(&r->dataset, digest));
    }
    if (strcmp(recorded, digest) != 0)
        return status_fail(STATUS_CONFIG,
                           "%.200s: began with the dataset %.200s (%s %.12s), now given is "
                           "%.200s (%s %.12s); put the first one back, or use another output "
                           "folder",
                           r->request->folder, path, what, recorded, r->dataset.path, what, digest);
    if (strcmp(kind, dataset_kind_name(r->dataset.kind)) != 0 ||
        strcmp(curve_get(c, "dataset"), r->dataset.id) != 0)
        return status_fail(
            STATUS_CONFIG,
            "%.200s: began with %.200s as %.60s (%.20s), now %.200s is %.60s (%.20s); "
            "give it the first name, or use another output folder",
            r->request->folder, path, curve_get(c, "dataset"), kind, r->dataset.path, r->dataset.id,
            dataset_kind_name(r->dataset.kind));
    return STATUS_OK;
}

/* Both may be "": a run without one. */
static enum status check_guide(const struct run *r)
{
    const char *recorded = curve_get(&r->curve, "guide_sha256"), *now = run_guide_digest(r);
    if (strcmp(recorded, now) == 0)
        return STATUS_OK;
    return status_fail(STATUS_CONFIG,
                       "%.200s: began with another guide (%.200s, SHA-256 %.12s) than "
                       "jsrl_guide_file is now (%.200s, SHA-256 %.12s); put the first one back, or "
                       "remove the folder to start anew",
                       r->request->folder, curve_get(&r->curve, "guide_path"), recorded,
                       run_guide_file(r), now);
}

/* The configuration was compared before anything was read. What only decides the last bits is not
 * refused: the curve tells from which row it holds. */
static enum status check_start(struct run *r)
{
    char segments[2 * CURVE_VALUE];
    int before = r->curve.segments;
    TRY(check_seed(r, &r->curve));
    TRY(check_dataset(r));
    TRY(check_guide(r));
    TRY(provenance_resume(&r->curve));
    if (r->curve.segments == before)
        return STATUS_OK;
    curve_describe_segments(&r->curve, segments, sizeof segments);
    log_warn("run", "another program or machine than before: the curve is now of %d segments (%s)",
             r->curve.segments + 1, segments);
    return STATUS_OK;
}

static enum status go_on(struct run *r)
{
    TRY(check_start(r));
    TRY(run_stamp_older(r));
    log_info("run", "resumes after %lld transitions", (long long)r->transitions_done);
    int resumes = (int)curve_get_integer(&r->curve, "resumes", 0);
    TRY(curve_set(&r->curve, "resumes", "%d", resumes + 1));
    return r->curve_lost ? run_save_curve(r, "running") : STATUS_OK;
}

/* From the state that a run with a smaller budget has kept. */
static enum status extend(struct run *r)
{
    enum status result = run_read_state(r);
    if (result != STATUS_OK)
        return status_prefix(result, "the run cannot be extended");
    TRY(run_stamp_budget(r));
    log_info("run", "extends to %lld transitions", (long long)r->hyper.stop_transitions);
    return go_on(r);
}

/* A run that was extending and was killed before its first own checkpoint. A damaged state is set
 * aside: then there is nothing to go on from. */
static enum status extend_again(struct run *r, bool *extended, bool *damaged)
{
    char path[FILE_PATH];
    TRY(run_path(r, RUN_EXTEND, path));
    TRY(file_look(path, extended));
    if (!*extended)
        return STATUS_OK;
    enum status result = extend(r);
    if (result != STATUS_DAMAGED)
        return result;
    *extended = false;
    *damaged = true;
    return run_set_aside(r, RUN_EXTEND);
}

enum status run_resume(struct run *r)
{
    bool damaged = r->curve_lost, extended;
    if (r->extends)
        return extend(r);
    for (int i = 0; i < 2; i++) {
        char path[FILE_PATH];
        struct checkpoint_info info;
        bool there;
        TRY(run_path(r, run_folder_checkpoints[i], path));
        TRY(file_look(path, &there));
        if (!there)
            continue;
        enum status result = checkpoint_read(path, r->config_hash, &info, run_visit, r);
        if (result == STATUS_OK)
            return go_on(r);
        if (result != STATUS_DAMAGED)
            return result;
        TRY(run_set_aside(r, run_folder_checkpoints[i]));
        damaged = true;
    }
    TRY(extend_again(r, &extended, &damaged));
    if (extended)
        return STATUS_OK;
    if (damaged)
        log_warn("run", "starts from zero: no checkpoint is left to resume from");
    else
        log_info("run", "starts");
    return run_stamp(r);
}
