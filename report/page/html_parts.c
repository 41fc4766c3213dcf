#include "report/page/html_impl.h"

#include "engine/base/ledger.h"
#include "report/results/statistics.h"
#include "report/text/list.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- suites ----------------------------------------------------------------------------------- */

/* "On Adroit TD3+ODT has the highest IQM, 87.8 [84.1, 91.0]; next is IQL with 61.1 [..]." */
static enum status suite_sentence(struct text *out, const struct html_page *page, int suite)
{
    const struct results *r = &page->report->results;
    struct suite_statistics *s;
    TRY(statistics_suite(page->report, suite, RESULTS_FINAL, &s));
    TRY(statistics_aggregates(page->report, s));
    const struct suite_scores *g = &s->scores;
    int best = -1, second = -1;
    struct interval iqm[2] = {{0}};
    for (int i = 0; i < g->methods; i++) {
        struct interval mine = s->aggregate[i][AGGREGATE_IQM];
        if (best < 0 || mine.point > iqm[0].point) {
            second = best;
            iqm[1] = iqm[0];
            best = i;
            iqm[0] = mine;
        } else if (second < 0 || mine.point > iqm[1].point) {
            second = i;
            iqm[1] = mine;
        }
    }
    char first_is[32], second_is[32];
    snprintf(first_is, sizeof first_is, "%.1f", iqm[0].point);
    snprintf(second_is, sizeof second_is, "%.1f", iqm[1].point);
    if (second >= 0 && strcmp(first_is, second_is) == 0) {
        text_add(out, "<li>");
        html_put_format(out,
                        "On %s (%d dataset%s) no method leads: several share the highest "
                        "interquartile mean, %s.",
                        r->suite[suite].title, g->datasets, g->datasets == 1 ? "" : "s", first_is);
        text_add(out, "</li>\n");
    } else if (second >= 0) {
        text_add(out, "<li>");
        html_put_format(out, "On %s (%d dataset%s) %s has the highest interquartile mean, %.1f",
                        r->suite[suite].title, g->datasets, g->datasets == 1 ? "" : "s",
                        r->method[g->method[best]].label, iqm[0].point);
        if (interval_known(iqm[0]))
            html_put_format(out, " [%.1f, %.1f]", iqm[0].low, iqm[0].high);
        html_put_format(out, "; next is %s with %.1f", r->method[g->method[second]].label,
                        iqm[1].point);
        if (interval_known(iqm[1]))
            html_put_format(out, " [%.1f, %.1f]", iqm[1].low, iqm[1].high);
        html_put(out, ".");
        text_add(out, "</li>\n");
    }
    return STATUS_OK;
}

enum status html_suites(struct html *h)
{
    const struct results *r = &h->page->report->results;
    struct text list = {0};
    enum status status = STATUS_OK;
    for (int s = 0; s < r->suites && status == STATUS_OK; s++) {
        if (r->suite[s].scored)
            status = suite_sentence(&list, h->page, s);
    }
    if (list.length > 0)
        text_add(&h->out, "<ul>\n%s</ul>\n", list.at);
    h->out.broken |= list.broken;
    text_free(&list);
    return status;
}

/* --- claims ----------------------------------------------------------------------------------- */

static const char *const verdict_face[] = {
    [VERDICT_SUPPORTED] = "supported",
    [VERDICT_CONTRADICTED] = "contradicted",
    [VERDICT_INCONCLUSIVE] = "inconclusive",
    [VERDICT_UNTESTABLE] = "untestable",
};

static void put_verdict(struct text *out, enum verdict v, bool reduced)
{
    text_add(out, "<span class=\"verdict %s\">%s</span>", verdict_face[v],
             claim_verdict_text(v, reduced));
}

static void put_part(struct text *out, const struct claim_part *part, const struct claim_outcome *o)
{
    char title[CLAIM_TEXT], estimate[128];
    claim_part_title(part, title, sizeof title);
    claim_estimate_text(o, estimate, sizeof estimate);
    text_add(out, "<li>");
    html_put_format(out, "%s: %s", title, estimate);
    if (o->wanted > 0)
        html_put_format(out, ", %d of %d datasets", o->tasks, o->wanted);
    if (o->tasks > 0 && o->estimate.runs > 0)
        html_put_format(out, ", %d seed%s", o->estimate.runs, o->estimate.runs == 1 ? "" : "s");
    if (isfinite(o->published))
        html_put_format(out, "; the paper %+.2f", o->published);
    text_add(out, " ");
    put_verdict(out, o->verdict, o->reduced);
    if (part->aside)
        html_put(out, " (aside)");
    if (o->detail[0] != '\0')
        html_put_format(out, ". %s", o->detail);
    if (o->needed[0] != '\0')
        html_put_format(out, ". Needed: %s", o->needed);
    text_add(out, "</li>\n");
}

/* "D30, D46" as links to their sentences. */
static void put_ledger_ids(struct text *out, const char *list)
{
    char id[16];
    for (int i = 0; list_next(&list, ", ", id, sizeof id); i++) {
        struct ledger_entry e;
        text_add(out, i == 0 ? " See ledger " : ", ");
        if (ledger_find(embed_report, id, &e)) {
            text_add(out, "<a href=\"#ledger-%s\" title=\"", e.id);
            html_put(out, e.sentence);
            text_add(out, "\">%s</a>", e.id);
        } else {
            html_put(out, id);
        }
        if (*list == '\0')
            text_add(out, ".");
    }
}

static void claims_sentence(struct text *out, const struct html_page *page)
{
    int of[VERDICT_UNTESTABLE + 1] = {0};
    for (int i = 0; i < page->claims; i++)
        of[page->claim[i].verdict]++;
    html_put_format(out,
                    "Of %d claims of the paper these runs support %d, contradict %d, leave %d "
                    "open and cannot test %d.",
                    page->claims, of[VERDICT_SUPPORTED], of[VERDICT_CONTRADICTED],
                    of[VERDICT_INCONCLUSIVE], of[VERDICT_UNTESTABLE]);
}

static void put_ledger(struct text *out)
{
    struct ledger_entry e = {.id = ""};
    text_add(out, "<details><summary>The ledger: where the paper's text, its tables and the "
                  "released code disagree</summary>\n<ul>\n");
    while (ledger_next_sentence(embed_report, e.id, &e)) {
        text_add(out, "<li id=\"ledger-%s\"><b>%s</b> ", e.id, e.id);
        html_put(out, e.sentence);
        text_add(out, "</li>\n");
    }
    text_add(out, "</ul></details>\n");
}

enum { CLAIM_SHOWN = 2 }; /* tests of a claim that are not folded, when there are more */

static void put_claim(struct text *out, const struct html_page *page, const struct claim_result *c)
{
    text_add(out, "<div class=\"claim\" id=\"claim-");
    html_put(out, c->claim->id);
    text_add(out, "\">\n<p><b>");
    html_put(out, c->claim->id);
    text_add(out, "</b> ");
    html_put(out, c->claim->claim);
    text_add(out, " ");
    put_verdict(out, c->verdict, c->reduced);
    text_add(out, "</p>\n<ul>\n");
    int shown = c->parts > CLAIM_SHOWN + 1 ? CLAIM_SHOWN : c->parts;
    for (int k = 0; k < shown; k++)
        put_part(out, &c->claim->part[k], &c->outcome[k]);
    text_add(out, "</ul>\n");
    if (shown < c->parts) {
        text_add(out, "<details><summary>%d more tests</summary>\n<ul>\n", c->parts - shown);
        for (int k = shown; k < c->parts; k++)
            put_part(out, &c->claim->part[k], &c->outcome[k]);
        text_add(out, "</ul></details>\n");
    }
    text_add(out, "<p class=\"soft\">");
    html_put_format(out, "%s.", c->claim->where);
    if (c->claim->expect[0] != '\0')
        html_put_format(out, " Expected before any run: %s", c->claim->expect);
    put_ledger_ids(out, c->claim->ledger);
    if (figures_find(page->figures, c->claim->figure) != NULL)
        text_add(out, " <a href=\"#%s\">Figure</a>", c->claim->figure);
    text_add(out, "</p>\n</div>\n");
}

/* Those with a verdict first; what these runs cannot test is folded. */
void html_claims(struct html *h)
{
    const struct html_page *page = h->page;
    struct text *out = &h->out;
    int untestable = 0;
    text_add(out, "<p>");
    claims_sentence(out, page);
    text_add(out, "</p>\n");
    for (int i = 0; i < page->claims; i++) {
        if (page->claim[i].verdict == VERDICT_UNTESTABLE)
            untestable++;
        else
            put_claim(out, page, &page->claim[i]);
    }
    if (untestable == 0) {
        put_ledger(out);
        return;
    }
    text_add(out,
             "<details><summary>%d claim%s that these runs cannot test, and what would be "
             "needed</summary>\n",
             untestable, untestable == 1 ? "" : "s");
    for (int i = 0; i < page->claims; i++) {
        if (page->claim[i].verdict == VERDICT_UNTESTABLE)
            put_claim(out, page, &page->claim[i]);
    }
    text_add(out, "</details>\n");
    put_ledger(out);
}

/* --- how to read this --------------------------------------------------------------------------
 */

/* The different presets of the runs: "paper", "paper and code". */
static void list_presets(const struct results *r, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (int i = 0; i < r->runs; i++) {
        const char *mine = r->run[i].origin.preset;
        bool first = mine[0] != '\0';
        for (int k = 0; k < i && first; k++)
            first = strcmp(r->run[k].origin.preset, mine) != 0;
        if (!first)
            continue;
        int n = snprintf(out + used, size - used, "%s%s", used > 0 ? ", " : "", mine);
        used += n > 0 && (size_t)n < size - used ? (size_t)n : 0;
    }
}

/* The choices of this report. */
static void put_rules(struct html *h)
{
    char rules[2048], presets[256];
    results_describe(&h->page->report->results, rules, sizeof rules);
    rules[0] = (char)toupper((unsigned char)rules[0]);
    text_add(&h->out, "<p><b>This report.</b> ");
    html_put_format(&h->out, "%s. In brackets: ", rules);
    report_describe_intervals(h->page->report, rules, sizeof rules);
    html_put_format(&h->out, "%s.", rules);
    list_presets(&h->page->report->results, presets, sizeof presets);
    if (presets[0] != '\0')
        html_put_format(&h->out, " Preset: %s.", presets);
    text_add(&h->out, "</p>\n");
}

void html_reading(struct html *h)
{
    struct text *out = &h->out;
    bool foreign = h->page->report->results.foreign,
         finetuning = h->page->report->results.finetuning;
    const char *const paragraph[][2] = {
        {"Scores.",
         foreign ? "As the files give them: nothing is normalised or clipped here. A run is one "
                   "training with its own seed."
                 : "D4RL-normalised: 0 is a random policy, 100 the benchmark's reference. Values "
                   "below 0 and above 100 are possible and are not clipped. A run is one training "
                   "with its own seed; the evaluation episodes of one policy are averaged first "
                   "and never counted as independent."},
        {"Methods.", finetuning
                         ? "Each is pretrained on a fixed dataset and then continues to learn "
                           "from its own episodes."
                         : ""},
        {"Final, increase.", "The final score is the learning curve read at the budget; the "
                             "increase is final minus initial of the same run, then averaged."},
        {"Spread.", "\"±\" and the bands of learning curves are one standard deviation over seeds. "
                    "They show how much trainings differ, not how well the mean is known."},
        {"Intervals.", "Brackets and bars are percentile intervals of a bootstrap that resamples "
                       "runs within each dataset. With five seeds such an interval is about a "
                       "tenth too narrow, and it cannot show what no seed showed: a method that "
                       "fails once in ten trainings looks reliable after five good ones."},
        {"Median, IQM, mean, optimality gap.",
         "The median is taken over the datasets' means. The interquartile mean drops the lowest "
         "and "
         "the highest quarter of all runs, so the middle datasets decide it. A single dataset can "
         "dominate the mean. The gap is how far runs fall short of a good score (--gamma, "
         "usually 100) on average; it is near 0 where most exceed it."},
        {"Probability of improvement.",
         "How often a run of one method beats a run of the other on the same dataset. It says how "
         "often, not by how much."},
        {"Score distributions.", "The share of runs above each score. A curve that lies above "
                                 "another everywhere is better at every level."},
        {"Verdicts.",
         foreign ? "A method is called better or worse only when the whole interval lies on one "
                   "side, and not with fewer than three seeds. About one interval in twenty misses "
                   "by chance."
                 : "A claim is supported or contradicted only when the whole interval lies on one "
                   "side, and is not tested with fewer than three seeds. About one interval in "
                   "twenty misses by chance."},
        {"Failed runs.", "A diverged run (its numbers became infinite) is a result and counts with "
                         "its last finite score, at most 0. Incomplete, missing and failed runs "
                         "are not results and never count as 0."},
    };
    put_rules(h);
    for (size_t i = 0; i < sizeof paragraph / sizeof *paragraph; i++) {
        if (paragraph[i][1][0] == '\0')
            continue;
        text_add(out, "<p><b>");
        html_put(out, paragraph[i][0]);
        text_add(out, "</b> ");
        html_put(out, paragraph[i][1]);
        text_add(out, "</p>\n");
    }
    html_conventions(h);
}

/* --- provenance ---------------------------------------------------------------------------------
 */

/* An attribute's different values with their numbers of runs; "" for runs that do not say. */
static void put_attribute(struct text *out, const struct results *r, const char *key,
                          const char *title)
{
    enum { MOST = 8 };
    int found = 0;
    for (int i = 0; i < r->runs; i++) {
        const char *mine = r->run[i].curve != NULL ? curve_get(r->run[i].curve, key) : "";
        int same = 0;
        for (int k = 0; k < r->runs; k++) {
            const char *other = r->run[k].curve != NULL ? curve_get(r->run[k].curve, key) : "";
            bool equal = strcmp(mine, other) == 0;
            if (equal && k < i)
                same = -r->runs; /* counted before */
            same += equal;
        }
        if (mine[0] == '\0' || same <= 0)
            continue;
        if (found == 0)
            text_add(out, "<tr><th scope=\"row\">%s</th><td class=\"words\">", title);
        if (found++ < MOST)
            html_put_format(out, "%s%s (%d run%s)", found > 1 ? "; " : "", mine, same,
                            same == 1 ? "" : "s");
    }
    if (found > MOST)
        html_put_format(out, "; and %d more", found - MOST);
    if (found > 0)
        text_add(out, "</td></tr>\n");
}

static void put_attributes(struct text *out, const struct results *r)
{
    static const char *const key[][2] = {
        {"revision", "Revision"}, {"preset", "Preset"},
        {"size", "Size"},         {"reduced", "Reduced"},
        {"dataset_kind", "Data"}, {"dataset_note", "Notes on the data"},
        {"machine", "Machine"},   {"compiler", "Compiler"},
        {"versions", "Versions"}, {"blas_core", "OpenBLAS kernels"},
        {"threads", "Threads"},   {"precision", "Precision of the products"},
    };
    size_t before = out->length;
    text_add(out, "<div class=\"scroll\" tabindex=\"0\"><table>\n<caption>What the runs record"
                  "</caption>\n<thead><tr><th scope=\"col\" class=\"words\">What</th>"
                  "<th scope=\"col\" class=\"words\">Values</th></tr></thead>\n<tbody>\n");
    size_t empty = out->length;
    for (size_t i = 0; i < sizeof key / sizeof *key; i++)
        put_attribute(out, r, key[i][0], key[i][1]);
    if (out->length > empty)
        text_add(out, "</tbody></table></div>\n");
    else if (!out->broken)
        out->at[out->length = before] = '\0'; /* foreign files say nothing */
}

void html_provenance(struct html *h)
{
    const struct html_page *page = h->page;
    struct text *out = &h->out;
    const char *command = page->report->command;
    text_add(out, "<p>");
    html_put_format(out, "Report %s", page->report->hash);
    if (command != NULL && command[0] != '\0') {
        text_add(out, ", made by <code>");
        html_put(out, command);
        text_add(out, "</code>");
    }
    text_add(out, ".</p>\n");
    put_attributes(out, &page->report->results);
    if (page->provenance != NULL) {
        text_add(out, "<details><summary>Choices, versions, and every run with its revision, "
                      "configuration, data and machine</summary>\n<pre>");
        html_put_lines(out, page->provenance);
        text_add(out, "</pre></details>\n");
    }
}
