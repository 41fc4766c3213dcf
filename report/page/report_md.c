#include "report/page/report_md.h"

#include "engine/base/escape.h"
#include "report/page/headline.h"
#include "report/page/theory_text.h"

static void add_notes(const struct results *x, enum note_level level, const char *before,
                      struct text *out)
{
    for (int i = 0; i < x->notes; i++) {
        if (x->note[i].level != level)
            continue;
        text_add(out, "%s", before);
        text_add_escaped(out, escape_markdown, x->note[i].text);
        text_add(out, "\n\n");
    }
}

/* A claim with a verdict: the numbers of the test that decided it. */
static void add_verdict(const struct claim_result *c, struct text *out)
{
    const struct claim_outcome *o = &c->outcome[claim_deciding_part(c)];
    char estimate[128], coverage[64];
    claim_estimate_text(o, estimate, sizeof estimate);
    claim_coverage_text(o, coverage, sizeof coverage);
    text_add(out, "| %s | %s | %s | %s | ", c->claim->id,
             claim_verdict_text(c->verdict, c->reduced), estimate, coverage);
    text_add_escaped(out, escape_markdown, c->claim->claim);
    text_add(out, " |\n");
}

static void add_claims(const struct claim_result *result, struct text *out)
{
    int of[VERDICT_UNTESTABLE + 1] = {0};
    for (int i = 0; i < claim_count; i++)
        of[result[i].verdict]++;
    int tested = claim_count - of[VERDICT_UNTESTABLE];
    text_add(out,
             "## Claims\n\nOf %d claims of the paper %d can be tested with these runs: %d "
             "supported, %d contradicted, %d inconclusive.\n\n",
             claim_count, tested, of[VERDICT_SUPPORTED], of[VERDICT_CONTRADICTED],
             of[VERDICT_INCONCLUSIVE]);
    if (tested > 0)
        text_add(out, "| Claim | Verdict | Estimate of the test that decides | Datasets, seeds | "
                      "|\n| --- | --- | ---: | --- | --- |\n");
    for (int i = 0; i < claim_count; i++) {
        if (result[i].verdict != VERDICT_UNTESTABLE)
            add_verdict(&result[i], out);
    }
    text_add(out, "%sNot testable with these results:", tested > 0 ? "\n" : "");
    for (int i = 0; i < claim_count; i++) {
        if (result[i].verdict == VERDICT_UNTESTABLE)
            text_add(out, " %s", result[i].claim->id);
    }
    text_add(out,
             "%s. All tests of each claim, and what is missing for the others, are in "
             "[claims.md](claims.md).\n\n",
             tested == claim_count ? " none" : "");
}

static void add_theory(const struct report *r, struct text *out)
{
    struct text words = {0};
    theory_text(r, &words);
    text_add(out, "## Theory\n\n");
    text_add_escaped(out, escape_markdown, text_get(&words));
    text_add(out, "\n\n");
    out->broken |= words.broken;
    text_free(&words);
}

static void add_reading(const struct report *r, struct text *out)
{
    char words[RESULTS_NOTE];
    results_describe(&r->results, words, sizeof words);
    text_add(out, "## How to read this\n\n%c%s.\n\n", words[0] - 'a' + 'A', words + 1);
    report_describe_intervals(r, words, sizeof words);
    text_add(out,
             "Intervals: %s. They show how much the number would change with other seeds. With "
             "five seeds such an interval of a mean is about 11 %% too narrow, and it "
             "cannot see what no seed showed: a method that fails once in ten trainings looks "
             "reliable after five good ones. Runs are never pooled with their evaluation episodes. "
             "Per-dataset differences are not marked as significant: with %s; conclusions are "
             "drawn on suites.\n\n",
             words,
             r->results.foreign ? "few seeds hardly any survives a correction over many datasets"
                                : "5 + 5 seeds nothing survives a correction over 34 datasets");
}

enum status report_md_write(const struct report *r, const struct table *table, int tables,
                            const struct claim_result *result,
                            const struct report_md_figure *figure, int figures,
                            const char *extension, const char *path)
{
    struct text out = {0};
    text_add(&out, "# ");
    text_add_escaped(&out, escape_markdown, r->title != NULL ? r->title : "Report");
    text_add(&out, "\n\n");
    struct text line = {0};
    enum status status = headline_write(r, &line);
    text_add_escaped(&out, escape_markdown, text_get(&line));
    text_add(&out, "\n\n");
    text_free(&line);
    if (status != STATUS_OK) {
        text_free(&out);
        return status;
    }
    headline_counts(r, &out);
    text_add(&out,
             " Report `%s`; where everything comes from is in "
             "[provenance.json](provenance.json).\n\n",
             r->hash);
    add_notes(&r->results, NOTE_BANNER, "> **Warning.** ", &out);
    add_notes(&r->results, NOTE_WARNING, "> ", &out);
    add_notes(&r->results, NOTE_INFO, "", &out);
    if (result != NULL)
        add_claims(result, &out);
    if (r->results.theory != NULL)
        add_theory(r, &out);
    if (tables > 0)
        text_add(&out, "## Tables\n\n");
    for (int i = 0; i < tables; i++) {
        table_markdown(&table[i], &out);
        text_add(&out, "\n");
    }
    if (figures > 0)
        text_add(&out, "## Figures\n\n");
    for (int i = 0; i < figures; i++) {
        text_add(&out, "![%s](figures/%s.%s)\n\n", figure[i].id, figure[i].id, extension);
        text_add_escaped(&out, escape_markdown, figure[i].title);
        text_add(&out, ". ");
        text_add_escaped(&out, escape_markdown, figure[i].caption);
        text_add(&out, "\n\n");
    }
    add_reading(r, &out);
    return text_write(&out, path);
}
