/* What a curve says of its run, written when the run begins: what it is, its data, its origin. */
#include "harness/run/run_impl.h"

#include "harness/curve/provenance.h"

#include <stdio.h>
#include <string.h>

/* What is smaller than in the paper, in words for a banner; "" at full size. */
static enum status stamp_reduced(struct run *r)
{
    struct config_request request = r->request->config;
    struct hyper full;
    request.size = "paper";
    request.sets = 0;
    request.dataset = r->dataset.id;
    TRY(config_load(&request, &full));
    static const char *const watched[] = {"embed_dim",
                                          "n_layer",
                                          "T_train",
                                          "batch_size",
                                          "critic_hidden",
                                          "mlp_hidden",
                                          "pretrain_actor_steps",
                                          "actor_updates_per_iter",
                                          "updates_per_transition",
                                          "stop_transitions",
                                          "eval_episodes",
                                          "pdt_samples",
                                          "pdt_warmup_transitions"};
    char text[CURVE_VALUE] = "";
    size_t used = 0;
    for (size_t i = 0; i < sizeof watched / sizeof *watched; i++) {
        char here[HYPER_TEXT_SIZE], there[HYPER_TEXT_SIZE];
        int field = hyper_find(watched[i]);
        hyper_format(&r->hyper, field, here);
        hyper_format(&full, field, there);
        if (hyper_applies(&r->hyper, watched[i]) && strcmp(here, there) != 0 &&
            used + 96 < sizeof text)
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%s %.40s (paper %.40s)",
                                     used > 0 ? ", " : "", watched[i], here, there);
    }
    return curve_set(&r->curve, "reduced", "%s", text);
}

const char *run_dataset_content(const struct curve *c)
{
    const char *recorded = curve_get(c, "dataset_content");
    return *recorded != '\0' ? recorded : dataset_known_content(curve_get(c, "dataset_sha256"));
}

/* Which data; its size and returns, for the report's Tables 4-7. */
static enum status stamp_dataset(struct run *r)
{
    struct curve *c = &r->curve;
    struct score_summary s = r->file_summary;
    char digest[SHA256_HEX];
    TRY(curve_set(c, "dataset_kind", "%s", dataset_kind_name(r->dataset.kind)));
    TRY(curve_set(c, "dataset_path", "%s", r->dataset.path));
    TRY(curve_set(c, "dataset_note", "%s", r->dataset.note));
    TRY(dataset_digest(&r->dataset, digest));
    TRY(curve_set(c, "dataset_sha256", "%s", digest));
    TRY(curve_set(c, "dataset_content", "%s", r->dataset.content));
    TRY(curve_set(c, "dataset_transitions", "%lld", (long long)r->file_transitions));
    TRY(curve_set(c, "dataset_trajectories", "%d", r->file_trajectories));
    TRY(curve_set(c, "dataset_mean", "%.10g", s.mean));
    TRY(curve_set(c, "dataset_sd", "%.10g", s.std));
    return curve_set(c, "dataset_sd_printed", "%.10g", s.printed_std);
}

enum status run_stamp_names(struct run *r, const char *label, const char *dataset, int64_t budget)
{
    struct curve *c = &r->curve;
    const struct run_request *q = r->request;
    char now[32];
    provenance_now(now);
    TRY(curve_set(c, "method", "%s", q->config.method));
    TRY(curve_set(c, "label", "%s", label));
    TRY(curve_set(c, "variant", "%s", q->variant != NULL ? q->variant : ""));
    TRY(run_folder_set_title(c));
    TRY(curve_set(c, "dataset", "%s", dataset));
    TRY(curve_set(c, "suite", "%s", q->config.suite));
    TRY(curve_set(c, "preset", "%s", q->config.preset));
    TRY(curve_set(c, "size", "%s", q->config.size));
    TRY(curve_set(c, "seed", "%llu", (unsigned long long)q->seed));
    TRY(curve_set(c, "matrix", "%s", q->matrix != NULL ? q->matrix : ""));
    TRY(curve_set(c, "budget", "%lld", (long long)budget));
    TRY(curve_set(c, "config_hash", "%s", r->config_hash));
    TRY(curve_set(c, "precision", "%s", hyper_word(&r->hyper, "precision")));
    TRY(curve_set(c, "started", "%s", now));
    TRY(curve_set(c, "resumes", "0"));
    TRY(provenance_stamp(c));
    return curve_set_config(c, r->config_text);
}

enum status run_stamp_older(struct run *r)
{
    struct curve *c = &r->curve;
    if (curve_has(c, "variant") || r->request->variant == NULL)
        return STATUS_OK;
    TRY(curve_set(c, "variant", "%s", r->request->variant));
    return run_folder_set_title(c);
}

enum status run_stamp_budget(struct run *r)
{
    TRY(curve_set(&r->curve, "budget", "%lld", (long long)r->hyper.score_at));
    TRY(curve_set(&r->curve, "config_hash", "%s", r->config_hash));
    TRY(curve_set_config(&r->curve, r->config_text));
    return stamp_reduced(r);
}

enum status run_stamp(struct run *r)
{
    struct curve *c = &r->curve;
    TRY(run_stamp_names(r, r->hyper.label, r->dataset.id, r->hyper.score_at));
    TRY(run_takes_no_data(&r->hyper) ? curve_set(c, "dataset_kind", "none") : stamp_dataset(r));
    TRY(curve_set(c, "metrics", CURVE_METRICS_VERSION));
    if (r->guide != NULL) {
        TRY(curve_set(c, "guide_path", "%s", run_guide_file(r)));
        TRY(curve_set(c, "guide_sha256", "%s", run_guide_digest(r)));
    }
    return stamp_reduced(r);
}
