/* Claims as a table and as a Markdown page. */
#include "engine/base/escape.h"
#include "engine/base/ledger.h"
#include "report/claims/claims.h"
#include "report/claims/selection.h"
#include "report/tables/table_table.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The words behind a placeholder of an assertion. */
static void fill_placeholder(const struct claim_part *p, char sign, char *out, size_t size)
{
    out[0] = '\0';
    switch (sign) {
    case 'a':
        selection_who_title(p->a, out, size);
        break;
    case 'b':
        selection_who_title(p->b, out, size);
        break;
    case '2':
        selection_where_title(p->on2, out, size);
        break;
    case 'v':
        snprintf(out, size, "%g", p->value);
        break;
    case 'n':
        snprintf(out, size, "%d", p->least);
        break;
    default:
        break;
    }
}

void claim_part_title(const struct claim_part *p, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    if (p->label != NULL) {
        snprintf(out, size, "%s", p->label);
        return;
    }
    selection_where_title(p->on, out, size);
    used = strlen(out);
    for (const char *at = claim_test_assertion(p->test), *sep = ": "; *at != '\0'; sep = "") {
        char words[160] = "";
        size_t n = strcspn(at, "%");
        if (at[n] == '%')
            fill_placeholder(p, at[n + 1], words, sizeof words);
        int length = snprintf(out + used, size - used, "%s%.*s%s", sep, (int)n, at, words);
        used = used + (size_t)length < size ? used + (size_t)length : size - 1;
        at += n + (at[n] == '%' ? 2 : 0);
    }
}

const char *claim_verdict_text(enum verdict v, bool reduced)
{
    static const char *const at_this_size[] = {
        [VERDICT_SUPPORTED] = "supported at this size",
        [VERDICT_CONTRADICTED] = "contradicted at this size",
        [VERDICT_INCONCLUSIVE] = "inconclusive at this size",
    };
    return reduced && v != VERDICT_UNTESTABLE ? at_this_size[v] : verdict_word(v);
}

void claim_estimate_text(const struct claim_outcome *o, char *out, size_t size)
{
    char x[48], y[48], z[48];
    double largest = fmax(fabs(o->estimate.point),
                          interval_known(o->estimate) ? fabs(o->estimate.high) : 0);
    int digits = largest < 2 ? 2 : 1;
    if (isnan(o->estimate.point)) {
        snprintf(out, size, "n/a");
        return;
    }
    table_number(o->estimate.point, digits, false, x, sizeof x);
    if (interval_known(o->estimate))
        snprintf(out, size, "%s [%s, %s]", x,
                 table_number(o->estimate.low, digits, false, y, sizeof y),
                 table_number(o->estimate.high, digits, false, z, sizeof z));
    else
        snprintf(out, size, "%s", x);
}

void claim_coverage_text(const struct claim_outcome *o, char *out, size_t size)
{
    if (o->wanted == 0)
        out[0] = '\0';
    else if (o->tasks == 0)
        snprintf(out, size, "0/%d", o->wanted);
    else
        snprintf(out, size, "%d/%d, %d seed%s", o->tasks, o->wanted, o->estimate.runs,
                 o->estimate.runs == 1 ? "" : "s");
}

int claim_deciding_part(const struct claim_result *r)
{
    int first = 0;
    while (first + 1 < r->parts &&
           (r->claim->part[first].aside || r->outcome[first].verdict != r->verdict))
        first++;
    return first;
}

static void published_text(const struct claim_outcome *o, char *out, size_t size)
{
    char x[48];
    if (isnan(o->published))
        snprintf(out, size, "\u2014");
    else
        snprintf(out, size, "%s%s", table_number(o->published, 1, false, x, sizeof x),
                 interval_known(o->estimate) && interval_holds(o->estimate, o->published) ? " (in)"
                                                                                          : "");
}

/* --- the table -------------------------------------------------------------------------------- */

static void csv_line(struct table *t, const struct claim_result *c, int part)
{
    const struct claim_part *p = &c->claim->part[part];
    const struct claim_outcome *o = &c->outcome[part];
    char title[1024];
    claim_part_title(p, title, sizeof title);
    text_csv(&t->csv, c->claim->id);
    text_csv(&t->csv, c->claim->claim);
    text_csv(&t->csv, verdict_word(c->verdict));
    text_csv_integer(&t->csv, part + 1);
    text_csv(&t->csv, p->aside ? "aside" : "vote");
    text_csv(&t->csv, claim_test_name(p->test));
    text_csv(&t->csv, title);
    text_csv(&t->csv, verdict_word(o->verdict));
    text_csv_number(&t->csv, o->estimate.point);
    text_csv_number(&t->csv, o->estimate.low);
    text_csv_number(&t->csv, o->estimate.high);
    text_csv_integer(&t->csv, o->estimate.runs);
    text_csv_integer(&t->csv, o->tasks);
    text_csv_integer(&t->csv, o->wanted);
    text_csv_number(&t->csv, o->published);
    text_csv(&t->csv, o->detail);
    text_csv(&t->csv, o->needed);
    text_csv(&t->csv, c->claim->ledger);
    text_csv_end(&t->csv);
}

static void add_part(struct table *t, const struct claim_result *c, int part)
{
    const struct claim_part *p = &c->claim->part[part];
    const struct claim_outcome *o = &c->outcome[part];
    char text[1024];
    int row = table_row(t, part == 0 && t->rows > 0);
    table_put(t, row, 0, "%s", part == 0 ? c->claim->id : "");
    claim_part_title(p, text, sizeof text);
    table_put(t, row, 1, "%s%s", p->aside ? "aside: " : "", text);
    claim_estimate_text(o, text, sizeof text);
    table_put(t, row, 2, "%s", text);
    published_text(o, text, sizeof text);
    table_put(t, row, 3, "%s", text);
    claim_coverage_text(o, text, sizeof text);
    table_put(t, row, 4, "%s", text);
    table_put(t, row, 5, "%s", claim_verdict_text(o->verdict, o->reduced));
    csv_line(t, c, part);
}

enum status claims_tabulate(const struct report *r, const struct claim_result *result,
                            struct table *t)
{
    static const struct {
        const char *title;
        bool words;
        double width;
    } columns[] = {{"Claim", true, 0},  {"Test", true, 0.36},  {"Estimate", false, 0},
                   {"Paper", false, 0}, {"Datasets", true, 0}, {"Verdict", true, 0}};
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
        table_column(t, columns[i].title, columns[i].words, columns[i].width);
    text_add(&t->csv, "id,claim,claim_verdict,part,role,test,what,verdict,estimate,low,high,runs,"
                      "tasks,wanted,published,detail,needed,ledger\n");
    for (int i = 0; i < claim_count; i++) {
        for (int k = 0; k < result[i].parts; k++)
            add_part(t, &result[i], k);
    }
    char words[256];
    report_describe_intervals(r, words, sizeof words);
    text_add(&t->caption,
             "%s. Paper: the same quantity from the printed tables, over the datasets "
             "that were run; (in): inside our interval. Asides do not count towards the verdict. ",
             words);
    table_caption_rules(r, &t->caption);
    return table_check(t);
}

/* --- the page --------------------------------------------------------------------------------- */

static void part_line(const struct claim_part *p, const struct claim_outcome *o, struct text *out)
{
    char text[1024];
    text_add(out, "- %s", p->aside ? "aside: " : "");
    claim_part_title(p, text, sizeof text);
    text_add_escaped(out, escape_markdown, text);
    text_add(out, " \u2014 **%s**", claim_verdict_text(o->verdict, o->reduced));
    if (!isnan(o->estimate.point)) {
        claim_estimate_text(o, text, sizeof text);
        text_add(out, ", ");
        text_add_escaped(out, escape_markdown, text);
    }
    if (!isnan(o->published))
        text_add(out, ", paper %.1f", o->published);
    if (o->tasks > 0) {
        claim_coverage_text(o, text, sizeof text);
        text_add(out, " (%s)", text);
    }
    if (o->detail[0] != '\0') {
        text_add(out, "; ");
        text_add_escaped(out, escape_markdown, o->detail);
    }
    if (o->needed[0] != '\0') {
        text_add(out, ". Needed: ");
        text_add_escaped(out, escape_markdown, o->needed);
    }
    text_add(out, "\n");
}

void claims_markdown(const struct report *r, const struct claim_result *result, struct text *out)
{
    int of[4] = {0};
    for (int i = 0; i < claim_count; i++)
        of[result[i].verdict]++;
    text_add(out,
             "# The paper's claims\n\n%d supported, %d contradicted, %d inconclusive, %d not "
             "testable. A verdict covers the datasets that were run, given as n/m (n of m).\n\n",
             of[VERDICT_SUPPORTED], of[VERDICT_CONTRADICTED], of[VERDICT_INCONCLUSIVE],
             of[VERDICT_UNTESTABLE]);
    for (int i = 0; i < r->results.notes; i++) {
        if (r->results.note[i].level == NOTE_BANNER) {
            text_add(out, "> ");
            text_add_escaped(out, escape_markdown, r->results.note[i].text);
            text_add(out, "\n\n");
        }
    }
    for (int i = 0; i < claim_count; i++) {
        const struct claim *c = result[i].claim;
        text_add(out, "## %s: %s\n\n%s (%s)\n\n", c->id,
                 claim_verdict_text(result[i].verdict, result[i].reduced), c->claim, c->where);
        for (int k = 0; k < result[i].parts; k++)
            part_line(&c->part[k], &result[i].outcome[k], out);
        text_add(out, "\n");
        if (c->expect[0] != '\0')
            text_add(out, "Expected before any run: %s\n\n", c->expect);
        if (c->ledger[0] != '\0')
            text_add(out, "See ledger entries %s.\n\n", c->ledger);
    }
    text_add(out, "## Ledger\n\nWhere the paper's text, its tables and the released code "
                  "disagree, as far as a claim depends on it.\n\n");
    struct ledger_entry e = {.id = ""};
    while (ledger_next_sentence(embed_report, e.id, &e)) {
        text_add(out, "- %s: ", e.id);
        text_add_escaped(out, escape_markdown, e.sentence);
        text_add(out, "\n");
    }
}
