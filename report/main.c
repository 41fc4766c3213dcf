/* vitamin-report: from result files to tables, claims and provenance (`vitamin report` starts it).
 */
#include "engine/base/command.h"
#include "engine/base/completion.h"
#include "engine/base/escape.h"
#include "engine/base/file.h"
#include "engine/base/log.h"
#include "engine/base/manual.h"
#include "engine/base/nearest.h"
#include "engine/base/say.h"
#include "engine/base/threads.h"
#include "engine/base/version.h"
#include "report/claims/claims.h"
#include "report/export.h"
#include "report/figures/figures.h"
#include "report/options.h"
#include "report/page/html.h"
#include "report/page/report_md.h"
#include "report/page/summary.h"
#include "report/provenance.h"
#include "report/results/against.h"
#include "report/results/paper.h"
#include "report/results/published.h"
#include "report/results/statistics.h"
#include "report/results/suite_scores.h"
#include "report/sameness/sameness.h"
#include "report/tables/table_table.h"
#include "report/text/list.h"
#include "report/text/steps.h"
#include "report/text/zip.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Everything that is made, so that it can be freed in one place. */
struct made {
    struct report report;
    struct against against;
    struct published published;
    struct table *table; /* those with rows */
    int tables;
    struct claim_result *claim;
    bool claimed; /* the claims were evaluated */
    struct figures figures;
    char figures_folder[FILE_PATH];
    char *style; /* the user's gnuplot file, or NULL */
    char comment[128];
};

static void free_made(struct made *m)
{
    for (int i = 0; i < m->tables; i++)
        table_free(&m->table[i]);
    free(m->report.pair);
    published_free(&m->published);
    against_free(&m->against);
    free(m->table);
    free(m->claim);
    free(m->style);
    figures_free(&m->figures);
    report_free(&m->report);
}

static enum status read_inputs(const struct options *o, struct results *r)
{
    results_init(r, o->results);
    TRY(paper_load());
    for (int i = 0; o->folder[i] != NULL; i++)
        TRY(results_read_folder(r, o->folder[i]));
    for (int i = 0; i < o->score_files; i++)
        TRY(results_read_scores(r, o->scores[i]));
    for (int i = 0; i < r->notes; i++) { /* what was taken for what; the others come later */
        if (r->note[i].level == NOTE_INFO)
            log_info("report", "%s", r->note[i].text);
    }
    TRY(results_leave_speed(r));
    TRY(results_normalise(r));
    TRY(results_select(r, o->methods, o->datasets, o->suites));
    if (r->runs == 0 && (o->report.paper || r->theory != NULL))
        return STATUS_OK; /* the paper's own tables and the theory need no run */
    return results_finish(r);
}

/* "X,Y": names may have commas of their own, so every one is tried. */
static enum status name_pair(const struct results *r, const char *text, int out[2])
{
    char x[RESULTS_TITLE];
    enum status status = status_fail(STATUS_CONFIG, "--pairs %s: should be two methods, X,Y", text);
    for (const char *comma = strchr(text, ','); comma != NULL; comma = strchr(comma + 1, ',')) {
        snprintf(x, sizeof x, "%.*s", (int)(comma - text), text);
        status = results_name_method(r, "--pairs", x, &out[0]);
        if (status == STATUS_OK)
            status = results_name_method(r, "--pairs", comma + 1, &out[1]);
        if (status == STATUS_OK && out[0] == out[1])
            status = status_fail(STATUS_CONFIG, "--pairs %s: both are the same method", text);
        if (status == STATUS_OK)
            break;
    }
    return status;
}

static enum status name_pairs(const struct options *o, struct report *r)
{
    r->pair = calloc((size_t)o->pairs + 1, sizeof *r->pair);
    if (r->pair == NULL)
        return status_fail(STATUS_MEMORY, "no memory for the pairs");
    for (; r->pairs < o->pairs; r->pairs++) {
        int *pair = r->pair[r->pairs];
        TRY(name_pair(&r->results, o->pair[r->pairs], pair));
        for (int k = 0; k < 2; k++) {
            if (!suite_scores_standard(&r->results, pair[k]))
                return status_fail(STATUS_CONFIG,
                                   "--pairs %s: %s is an ablation or a variant, which stands in no "
                                   "suite's comparison unless --ours names it",
                                   o->pair[r->pairs], r->results.method[pair[k]].label);
        }
    }
    return STATUS_OK;
}

static enum status read_against(const struct options *o, struct made *m)
{
    TRY(against_read(&m->against, o->against, o->results));
    m->report.against = &m->against;
    return against_compare(&m->against, &m->report);
}

static enum status read_published(const struct options *o, struct made *m)
{
    TRY(published_read(&m->published, o->published));
    m->report.published = &m->published;
    return published_settle(&m->published, &m->report.results);
}

/* Tables: each of table_table once, once more for each suite that is read elsewhere, the claims. */
static size_t most_tables(const struct results *r)
{
    return (size_t)table_count * (size_t)(r->suites + r->own_suites + 1) + 1;
}

static bool has_table(const struct made *m, const char *id)
{
    for (int i = 0; i < m->tables; i++) {
        if (strcmp(m->table[i].id, id) == 0)
            return true;
    }
    return false;
}

static enum status make_table(struct made *m, const struct table_entry *e, const char *id,
                              const char *title, const char *argument)
{
    struct table *t = &m->table[m->tables];
    table_init(t, id, title);
    for (int n = 2; has_table(m, t->id); n++) { /* two suites may have one name of a file */
        char first[TABLE_ID];
        escape_file(id, first, sizeof first);
        snprintf(t->id, sizeof t->id, "%.48s_%d", first, n);
    }
    enum status status = e->make(&m->report, argument, t);
    if (status == STATUS_OK)
        status = table_check(t);
    if (status != STATUS_OK || t->rows == 0)
        table_free(t);
    else
        m->tables++;
    return status;
}

/* The same table of runs that are read at another budget than most: "tab1+at500000". */
static enum status make_apart(struct made *m, const struct table_entry *e)
{
    const struct results *r = &m->report.results;
    if (e->make != table_main && e->make != table_ablation)
        return STATUS_OK;
    for (int s = 0; s < r->suites; s++) {
        char id[64], suite[RESULTS_ID], title[2 * RESULTS_TITLE];
        int rows[1], own;
        bool before = false;
        for (int k = 0; k < s; k++)
            before |= r->suite[k].at == r->suite[s].at;
        if (!(r->suite[s].at > 0) || before)
            continue;
        snprintf(id, sizeof id, "%.24s+at%.0f", e->id, r->suite[s].at);
        snprintf(suite, sizeof suite, "%.70s+at%.0f", e->argument, r->suite[s].at);
        snprintf(title, sizeof title, "%.128s, read at %.0f", e->title, r->suite[s].at);
        if (table_rows_of(&m->report, suite, 1, rows, &own) > 0)
            TRY(make_table(m, e, id, title, suite));
    }
    return STATUS_OK;
}

/* Suites of --suite-of have the table of the others: "tab-DMC". */
static enum status make_own(struct made *m, const struct options *o, bool *found)
{
    for (int k = 0; k < m->report.results.own_suites; k++) {
        const char *suite = m->report.results.own_suite[k];
        char id[TABLE_ID], title[RESULTS_TITLE];
        snprintf(id, sizeof id, "tab-%.56s", suite);
        snprintf(title, sizeof title, "%.96s: final(increase)", suite);
        bool asked = o->table != NULL && list_matches(o->table, ",", id);
        *found |= asked;
        if (!asked && o->table != NULL)
            continue;
        const struct table_entry e = {id, title, suite, table_main, false};
        TRY(make_table(m, &e, id, title, suite));
        TRY(make_apart(m, &e));
    }
    return STATUS_OK;
}

static enum status make_tables(const struct options *o, struct made *m)
{
    bool found = false;
    m->table = calloc(most_tables(&m->report.results), sizeof *m->table);
    if (m->table == NULL)
        return status_fail(STATUS_MEMORY, "no memory for the tables");
    steps_expect(table_count);
    for (int i = 0; i < table_count; i++) {
        const struct table_entry *e = &table_table[i];
        steps_begin("table", e->id);
        bool asked = o->table != NULL && list_matches(o->table, ",", e->id);
        found = found || asked;
        if (!asked && (o->table != NULL || (e->on_request && !o->report.paper)))
            continue;
        TRY(make_table(m, e, e->id, e->title, e->argument));
        TRY(make_apart(m, e));
    }
    TRY(make_own(m, o, &found));
    if (o->table != NULL && !found) {
        struct nearest n = {.to = o->table};
        for (int i = 0; i < table_count; i++)
            nearest_offer(&n, table_table[i].id);
        return status_fail(STATUS_CONFIG, "no table is called '%s'; the nearest is '%s'", o->table,
                           n.word);
    }
    return STATUS_OK;
}

static enum status write_tables(const struct options *o, const struct made *m)
{
    char folder[FILE_PATH];
    TRY(file_path(folder, "%s/tables", o->out));
    struct table_files files = o->tables;
    files.comment = m->comment;
    for (int i = 0; i < m->tables; i++)
        TRY(table_write(&m->table[i], folder, files));
    return STATUS_OK;
}

static enum status write_claims(const struct options *o, struct made *m)
{
    char path[FILE_PATH];
    struct text page = {0};
    TRY(claims_evaluate(&m->report, m->claim));
    m->claimed = true;
    claims_markdown(&m->report, m->claim, &page);
    TRY(file_path(path, "%s/claims.md", o->out));
    TRY(text_write(&page, path));

    struct table *t = &m->table[m->tables++]; /* the place after the last of table_table */
    table_init(t, "claims", "The paper's claims");
    return claims_tabulate(&m->report, m->claim, t);
}

static enum status make_figures(const struct options *o, struct made *m)
{
    size_t bytes;
    TRY(file_path(m->figures_folder, "%s/figures", o->out));
    if (o->style != NULL)
        TRY(file_read(o->style, 1 << 20, &m->style, &bytes));
    m->figures = (struct figures){.report = &m->report,
                                  .theme = &o->theme,
                                  .folder = m->figures_folder,
                                  .only = o->figure,
                                  .style = m->style,
                                  .comment = m->comment,
                                  .no_page = o->figure != NULL || !o->format[PICTURE_SVG]};
    for (int i = 0; i < PICTURE_FORMATS; i++)
        m->figures.skip[i] = !o->format[i];
    return figures_make(&m->figures); /* logs what could not be drawn */
}

/* report.md names figures that people see: not those of the page only. */
static enum status write_markdown(const struct options *o, const struct made *m, const char *path)
{
    int tables = m->tables - m->claimed, figures = 0; /* the claims have a page of their own */
    struct report_md_figure *list = calloc((size_t)m->figures.count + 1, sizeof *list);
    if (list == NULL)
        return status_fail(STATUS_MEMORY, "no memory for the list of figures");
    for (int i = 0; i < m->figures.count; i++) {
        const struct figure *f = &m->figures.figure[i];
        if (!f->page_only)
            list[figures++] = (struct report_md_figure){f->id, f->title, f->caption};
    }
    const char *extension = o->format[PICTURE_PNG] ? "png" : "svg";
    enum status status = report_md_write(&m->report, m->table, tables, m->claimed ? m->claim : NULL,
                                         list, figures, extension, path);
    free(list);
    return status;
}

/* The page shows what was made before it. */
static enum status write_page(const struct options *o, const struct made *m)
{
    char path[FILE_PATH], *provenance = NULL;
    TRY(file_path(path, "%s/provenance.json", o->out));
    TRY(file_read(path, 1 << 28, &provenance, NULL));
    TRY(file_path(path, "%s/index.html", o->out));
    const struct html_page page = {.report = &m->report,
                                   .figures = &m->figures,
                                   .table = m->table,
                                   .tables = m->tables - m->claimed,
                                   .claim = m->claimed ? m->claim : NULL,
                                   .claims = m->claimed ? claim_count : 0,
                                   .provenance = provenance,
                                   .figures_folder = "figures",
                                   .table_files = o->tables};
    enum status status = html_write(&page, path);
    free(provenance);
    return status;
}

/* One file of the report, if this report has written it. */
static enum status pack_file(struct zip *z, const struct options *o, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static enum status pack_file(struct zip *z, const struct options *o, const char *format, ...)
{
    char name[FILE_PATH], path[FILE_PATH];
    bool there = false;
    va_list args;
    va_start(args, format);
    vsnprintf(name, sizeof name, format, args);
    va_end(args);
    TRY(file_path(path, "%s/%s", o->out, name));
    TRY(file_look(path, &there));
    return there ? zip_add_file(z, name, path) : STATUS_OK;
}

static enum status pack_all(struct zip *z, const struct options *o, const struct made *m)
{
    static const char *const plain[] = {"index.html",      "report.md",     "claims.md",
                                        "scores.csv",      "curves.csv.gz", "provenance.json",
                                        "figures/style.gp"};
    static const char *const table_kind[] = {"tex", "md", "csv"};
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        TRY(pack_file(z, o, "%s", plain[i]));
    for (int i = 0; i < m->figures.count; i++) {
        const char *id = m->figures.figure[i].id;
        for (int k = 0; k < PICTURE_FORMATS; k++) {
            if (!m->figures.skip[k])
                TRY(pack_file(z, o, "figures/%s.%s", id, picture_extension[k]));
        }
        TRY(pack_file(z, o, "figures/%s.gp", id));
        TRY(pack_file(z, o, "figures/%s.dat", id));
    }
    for (int i = 0; i < m->tables; i++) {
        const bool written[] = {o->tables.latex, o->tables.markdown, o->tables.csv};
        for (int k = 0; k < 3; k++) {
            if (written[k])
                TRY(pack_file(z, o, "tables/%s.%s", m->table[i].id, table_kind[k]));
        }
    }
    return STATUS_OK;
}

/* Everything that the page links to, to send in one piece. */
static enum status write_zip(const struct options *o, const struct made *m)
{
    char path[FILE_PATH];
    struct zip z = {0};
    TRY(file_path(path, "%s/report.zip", o->out));
    enum status status = pack_all(&z, o, m);
    if (status == STATUS_OK)
        return zip_write(&z, path);
    zip_free(&z);
    return status;
}

/* With --fig or --table only those; else the whole folder. */
static enum status write_report(const struct options *o, struct made *m)
{
    bool whole = o->figure == NULL && o->table == NULL;
    bool any = m->report.results.runs > 0 || m->report.results.theory != NULL;
    char path[FILE_PATH];
    if (whole || o->table != NULL)
        TRY(make_tables(o, m));
    if (whole && any && !m->report.results.foreign)
        TRY(write_claims(o, m));
    TRY(write_tables(o, m));
    if ((whole || o->figure != NULL) && any)
        TRY(make_figures(o, m));
    if (!whole)
        return STATUS_OK;
    TRY(file_path(path, "%s/scores.csv", o->out));
    TRY(export_scores(&m->report.results, path));
    TRY(file_path(path, "%s/curves.csv.gz", o->out));
    TRY(export_curves(&m->report.results, path));
    TRY(file_path(path, "%s/provenance.json", o->out));
    TRY(provenance_write(o, &m->report, path));
    TRY(write_page(o, m));
    TRY(file_path(path, "%s/report.md", o->out));
    TRY(write_markdown(o, m, path));
    return o->zip ? write_zip(o, m) : STATUS_OK;
}

static bool draws_figures(const struct options *o)
{
    bool any = false;
    for (int i = 0; i < PICTURE_FORMATS; i++)
        any |= o->format[i];
    return any && (o->figure != NULL || o->table == NULL);
}

static enum status make_report(const struct options *o)
{
    struct made m = {.report = o->report};
    bool whole = o->figure == NULL && o->table == NULL, brief = whole && isatty(STDOUT_FILENO);
    m.claim = calloc((size_t)claim_count, sizeof *m.claim);
    if (m.claim == NULL)
        return status_fail(STATUS_MEMORY, "no memory for the claims");
    enum status status = read_inputs(o, &m.report.results);
    if (status == STATUS_OK)
        status = name_pairs(o, &m.report);
    if (status == STATUS_OK && o->against != NULL)
        status = read_against(o, &m);
    if (status == STATUS_OK && o->published != NULL)
        status = read_published(o, &m);
    if (status == STATUS_OK)
        status = statistics_new(&m.report);
    if (status == STATUS_OK && draws_figures(o))
        status = figures_note_letters(&m.report.results);
    if (status == STATUS_OK) {
        provenance_hash(o, &m.report, m.report.hash);
        provenance_comment(&m.report, m.comment, sizeof m.comment);
        if (!brief)
            summary_log_notes(&m.report.results);
        status = write_report(o, &m);
    }
    steps_end();
    if (status == STATUS_OK && brief)
        status = summary_say(&m.report, o->out);
    else if (status == STATUS_OK)
        say("%s\n", o->out);
    if (status == STATUS_OK) {
        const char *rest =
            " (named above, in the report and in provenance.json); the report covers "
            "the rest";
        status = results_all_read(&m.report.results, rest);
        if (status == STATUS_OK)
            status = results_all_read(&m.against.results, rest);
        if (status == STATUS_OK)
            status = figures_all_drawn(&m.figures);
    }
    free_made(&m);
    return status;
}

static enum status run_report(void *arguments);

static enum status print_version(void)
{
    say("vitamin-report %s, revision %s, %s\n", version_number(), version_revision(),
        version_dirty() ? "with uncommitted changes" : "clean");
    return STATUS_OK;
}

static const struct command vitamin_report = {
    .name = "vitamin report",
    .summary = "make tables, figures, verdicts and a page from result files",
    .description =
        "Reads folders of curve.h5 files and the score files of others; writes index.html (a "
        "self-contained page), report.md, claims.md, scores.csv, curves.csv.gz, provenance.json, "
        "tables and figures.\n\n"
        "Exit status: 0 done, 1 failed, also when a curve cannot be read or a picture cannot be "
        "drawn (the report is made without it), 2 usage error.",
    .operands = "[RESULTS...]",
    .operand_help = "folders of runs, or single curve.h5 files (default results/runs)",
    COMMAND_OPERAND(struct options, folder),
    .examples = {{"vitamin report", "report on results/runs into out/report"},
                 {"vitamin report results/runs/lite --fast --format svg --out /tmp/lite",
                  "a quick look at one matrix"},
                 {"vitamin report --scores theirs.csv --methods td3_odt,theirs",
                  "against somebody else's scores"},
                 {"vitamin report results/new --against results/old",
                  "score differences between two folders"}},
    .options = options_table,
    .arguments = sizeof(struct options),
    .begin = options_begin,
    .run = run_report,
    .version = print_version,
};

static enum status run_report(void *arguments)
{
    struct options *o = arguments;
    if (o->man)
        manual_page(stdout, &vitamin_report);
    if (o->completion != NULL)
        TRY(completion_print(&vitamin_report, o->completion));
    if (o->man || o->completion != NULL)
        return STATUS_OK;
    TRY(options_settle(o));
    return make_report(o);
}

int main(int argc, char **argv)
{
    file_settle_streams();
    threads_set(0);
    bool sameness = argc > 1 && strcmp(argv[1], "--sameness") == 0;
    enum status status = sameness ? command_main(&sameness_command, argc - 1, argv + 1)
                                  : command_main(&vitamin_report, argc, argv);
    return status == STATUS_OK ? 0 : status == STATUS_CONFIG ? 2 : 1;
}
