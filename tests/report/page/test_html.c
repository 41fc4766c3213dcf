/* The page: one file that asks the network for nothing, well formed whatever the names are. */
#include "report/page/html.h"

#include "report/results/statistics.h"

#include "engine/base/file.h"
#include "report/results/scores.h"
#include "report/tables/table_table.h"
#include "tests/support/fixture.h"
#include "tests/support/samples.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static char folder[] = "/tmp/vitamin-html-XXXXXX";

static void make_folder(void)
{
    cr_assert_not_null(mkdtemp(folder));
}

static void remove_folder(void)
{
    char command[64];
    snprintf(command, sizeof command, "/bin/rm -rf %s", folder);
    cr_assert_eq(system(command), 0);
}

TestSuite(html, .init = make_folder, .fini = remove_folder, .timeout = 120);

/* --- making a page
 * -------------------------------------------------------------------------------- */

static const struct theme plain;

/* All tables, claims and the figures asked for, with few replications. */
static char *make_page(const char *input, const char *only)
{
    struct report r = {
        .bootstrap = bootstrap_default(), .gamma = 100, .digits = 2, .hash = "0123456789abcdef"};
    r.bootstrap.reps = 200;
    results_init(&r.results, (struct results_options){.missing = MISSING_AVAILABLE});
    bool file = strstr(input, ".csv") != NULL || strstr(input, ".h5") != NULL;
    cr_assert_eq(file ? results_read_scores(&r.results, input)
                      : results_read_folder(&r.results, input),
                 STATUS_OK, "%s", status_sentence());
    cr_assert_eq(results_finish(&r.results), STATUS_OK, "%s", status_sentence());

    cr_assert_eq(statistics_new(&r), STATUS_OK);
    struct figures f = {.report = &r,
                        .theme = &plain,
                        .folder = at("%s/figures", folder),
                        .only = only,
                        .comment = "vitamin report 0123456789abcdef"};
    f.skip[PICTURE_PDF] = f.skip[PICTURE_PNG] = true;
    cr_assert_eq(figures_make(&f), STATUS_OK, "%s", status_sentence());

    struct table *table = calloc((size_t)table_count, sizeof *table);
    for (int i = 0; i < table_count; i++) {
        table_init(&table[i], table_table[i].id, table_table[i].title);
        cr_assert_eq(table_table[i].make(&r, table_table[i].argument, &table[i]), STATUS_OK, "%s",
                     status_sentence());
    }
    struct claim_result *claim = calloc((size_t)claim_count, sizeof *claim);
    cr_assert_eq(claims_evaluate(&r, claim), STATUS_OK, "%s", status_sentence());

    struct html_page page = {.report = &r,
                             .figures = &f,
                             .table = table,
                             .tables = table_count,
                             .claim = claim,
                             .claims = claim_count,
                             .provenance = "{\n  \"note\": \"<b> & 'q'\"\n}\n",
                             .figures_folder = "figures",
                             .table_files = {.latex = true, .csv = true}};
    const char *path = at("%s/index.html", folder);
    cr_assert_eq(html_write(&page, path), STATUS_OK, "%s", status_sentence());
    char *text;
    cr_assert_eq(file_read(path, 1 << 26, &text, NULL), STATUS_OK, "%s", status_sentence());

    for (int i = 0; i < table_count; i++)
        table_free(&table[i]);
    free(table);
    free(claim);
    figures_free(&f);
    report_free(&r);
    return text;
}

/* --- reading it
 * -------------------------------------------------------------------------------------- */

enum { DEEP = 64, MOST_IDS = 40000 };

static bool is_void(const char *name)
{
    return strcasecmp(name, "meta") == 0 || strcasecmp(name, "br") == 0 ||
           strcasecmp(name, "input") == 0;
}

static char *ids[MOST_IDS];
static int id_count;

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The value of an attribute inside a tag, or NULL; for free(). */
static char *attribute(const char *tag, const char *end, const char *name)
{
    size_t n = strlen(name);
    char inside = 0;
    for (const char *s = tag; s + n + 2 < end; s++) {
        if (inside != 0 || *s == '"' || *s == '\'') {
            inside = inside == 0 ? *s : *s == inside ? 0 : inside; /* a value may say anything */
            continue;
        }
        if (!isspace((unsigned char)s[0]) || strncmp(s + 1, name, n) != 0 || s[n + 1] != '=')
            continue;
        char quote = s[n + 2];
        cr_assert(quote == '"' || quote == '\'', "an attribute without quotes: %.60s", tag);
        const char *value = s + n + 3, *close = memchr(value, quote, (size_t)(end - value));
        cr_assert_not_null(close, "%.60s", tag);
        return strndup(value, (size_t)(close - value));
    }
    return NULL;
}

/* The end of a tag, quotes honoured. */
static const char *tag_end(const char *tag)
{
    char quote = 0;
    for (const char *s = tag; *s != '\0'; s++) {
        if (quote != 0)
            quote = *s == quote ? 0 : quote;
        else if (*s == '"' || *s == '\'')
            quote = *s;
        else if (*s == '>')
            return s + 1;
    }
    cr_assert_fail("a tag does not end: %.80s", tag);
    return NULL;
}

/* Every tag closes, ids are there once, links lead somewhere, nothing comes from the network.
 * Returns how many scripts there are. */
static int check_page(const char *page)
{
    char open[DEEP][32];
    char **goal = calloc(MOST_IDS, sizeof *goal);
    int depth = 0, scripts = 0, goals = 0;
    cr_assert_eq(strncmp(page, "<!DOCTYPE html>", 15), 0);
    for (const char *s = strchr(page + 1, '<'); s != NULL; s = strchr(s, '<')) {
        if (strncmp(s, "<!--", 4) == 0) {
            s = strstr(s, "-->");
            cr_assert_not_null(s);
            continue;
        }
        const char *end = tag_end(s);
        char name[32] = "";
        bool closing = s[1] == '/';
        sscanf(s + 1 + closing, "%31[A-Za-z0-9:]", name);
        cr_assert(name[0] != '\0', "not a tag: %.60s", s);
        char *id = attribute(s, end, "id"), *href = attribute(s, end, "href");
        char *xlink = attribute(s, end, "xlink:href"), *src = attribute(s, end, "src");
        char *onclick = attribute(s, end, "onmousemove");
        cr_assert_null(src, "%.80s", s);
        cr_assert_null(onclick, "%.80s", s);
        if (id != NULL && id_count < MOST_IDS)
            ids[id_count++] = id;
        for (int k = 0; k < 2; k++) {
            char *link = k == 0 ? href : xlink;
            if (link == NULL)
                continue;
            cr_assert(strncmp(link, "http", 4) != 0 && strncmp(link, "//", 2) != 0 &&
                          strncmp(link, "javascript", 10) != 0 && strncmp(link, "/", 1) != 0,
                      "%s", link);
            if (link[0] == '#' && goals < MOST_IDS)
                goal[goals++] = strdup(link + 1);
            free(link);
        }
        if (closing) {
            cr_assert(depth > 0 && strcmp(open[depth - 1], name) == 0, "</%s> closes <%s>: %.80s",
                      name, depth > 0 ? open[depth - 1] : "", s);
            depth--;
        } else if (end[-2] != '/' && !is_void(name)) {
            cr_assert_lt(depth, DEEP);
            snprintf(open[depth++], sizeof open[0], "%s", name);
        }
        scripts += !closing && strcmp(name, "script") == 0;
        /* What is inside a script or a style is not markup. */
        if (!closing && (strcmp(name, "script") == 0 || strcmp(name, "style") == 0)) {
            end = strstr(end, name[1] == 'c' ? "</script>" : "</style>");
            cr_assert_not_null(end);
        }
        s = end;
    }
    cr_assert_eq(depth, 0, "<%s> is never closed", depth > 0 ? open[depth - 1] : "");

    qsort(ids, (size_t)id_count, sizeof *ids, by_text);
    for (int i = 1; i < id_count; i++)
        cr_assert_str_neq(ids[i - 1], ids[i], "an id stands twice");
    for (int i = 0; i < goals; i++) {
        cr_assert_not_null(bsearch(&goal[i], ids, (size_t)id_count, sizeof *ids, by_text),
                           "#%s leads nowhere", goal[i]);
        free(goal[i]);
    }
    free(goal);
    for (int i = 0; i < id_count; i++)
        free(ids[i]);
    id_count = 0;
    return scripts;
}

static void expect(const char *page, const char *part)
{
    cr_assert_not_null(strstr(page, part), "the page does not hold: %s", part);
}

/* The parts stand on the page in this order. */
static void expect_order(const char *page, const char *const *part, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *found = strstr(page, part[i]);
        cr_assert_not_null(found, "missing, or before its turn: %s", part[i]);
        page = found + 1;
    }
}

static void expect_none(const char *page, const char *part)
{
    cr_assert_null(strstr(page, part), "the page holds: %s", part);
}

/* --- tests ---------------------------------------------------------------------------------------
 */

Test(html, of_the_papers_layout_is_one_whole_file)
{
    sample_paper_csv(at("%s/in.csv", folder), 3, 5);
    char *page = make_page(at("%s/in.csv", folder), "fig6,fig7,gain,status,dataset_pen*");
    cr_assert_eq(check_page(page), 1, "one script, ours");
    cr_assert_lt(strlen(page), 10u * 1000 * 1000);
    static const char *const parts[] = {"name=\"viewport\"",
                                        "prefers-color-scheme: dark",
                                        "@media print",
                                        "id=\"claims\"",
                                        "id=\"learning-curves\"",
                                        "id=\"tables\"",
                                        "tables/tab1.tex",
                                        "tables/tab1.csv",
                                        "id=\"datasets\"",
                                        "id=\"runs\"",
                                        "id=\"reading\"",
                                        "id=\"provenance\"",
                                        "id=\"table-tab1\"",
                                        "Compared with the paper",
                                        "scope=\"row\"",
                                        "scope=\"col\"",
                                        "<caption>",
                                        "<figcaption>",
                                        "standard deviation over seeds",
                                        "200 replications",
                                        "supported</span>",
                                        "highest interquartile mean",
                                        "&lt;b&gt; &amp; &#39;q&#39;"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        expect(page, parts[i]);
    if (system("command -v gnuplot >/dev/null") == 0) {
        expect(page, "role=\"img\" aria-labelledby=\"fig6-title fig6-text\"");
        expect(page, "Last mean. Hopper-medium:");
        expect(page, "<circle cx=");
        expect(page, "figures/fig6.gp");
    }
    free(page);
}

Test(html, lets_no_name_become_markup)
{
    static const char csv[] =
        "method,dataset,seed,step,score,status\n"
        "\"<script>alert(1)</script>\",\"<img src=x onerror=alert(1)>\",0,0,1,ok\n"
        "\"<script>alert(1)</script>\",\"<img src=x onerror=alert(1)>\",0,10,5,ok\n"
        "\"a_b & % '\"\"\\`</td>\",\"<img src=x onerror=alert(1)>\",0,0,1,ok\n"
        "\"a_b & % '\"\"\\`</td>\",\"<img src=x onerror=alert(1)>\",0,10,9,ok\n"
        "\"a_b & % '\"\"\\`</td>\",\"a/b\",0,10,9,ok\n"
        "\"a_b & % '\"\"\\`</td>\",\"never\",0,5,9,failed\n"
        "\"a_b & % '\"\"\\`</td>\",\"a?b\",0,10,9,ok\n";
    cr_assert_eq(file_replace(at("%s/in.csv", folder), csv, sizeof csv - 1), STATUS_OK);
    char *page = make_page(at("%s/in.csv", folder), NULL);
    cr_assert_eq(check_page(page), 1, "one script, ours");
    expect_none(page, "<script>alert");
    expect_none(page, "<img");
    expect(page, "&lt;script&gt;alert(1)&lt;/script&gt;");
    expect(page, "figures/dataset_a_b.svg");
    expect(page, "figures/dataset_a_b_2.svg");
    free(page);
}

Test(html, warns_of_generated_data_reduced_sizes_and_mixed_revisions)
{
    const char *runs = at("%s/runs", folder);
    for (int seed = 0; seed < 3; seed++)
        sample_run(runs, "odt", "hopper-medium-v2", seed, 500000, 50, "a = 1\n");
    sample_run(runs, "td3_odt", "hopper-medium-v2", 0, 500000, 70, "a = 1\n");
    /* One of them is of another kind and revision, another failed with words in its log. */
    struct curve c;
    const char *path = at("%s/m/hopper-medium-v2/odt-%08x/0", runs, sample_hash("a = 1\n"));
    cr_assert_eq(curve_read(at("%s/curve.h5", path), &c), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(curve_set(&c, "dataset_kind", "generated"), STATUS_OK);
    cr_assert_eq(curve_set(&c, "revision", "fedcba9"), STATUS_OK);
    cr_assert_eq(curve_set(&c, "reduced", "embedding 128 instead of 512"), STATUS_OK);
    cr_assert_eq(curve_write(&c, at("%s/curve.h5", path)), STATUS_OK);
    curve_free(&c);
    path = at("%s/m/hopper-medium-v2/odt-%08x/1", runs, sample_hash("a = 1\n"));
    cr_assert_eq(curve_read(at("%s/curve.h5", path), &c), STATUS_OK);
    cr_assert_eq(curve_set(&c, "status", "failed"), STATUS_OK);
    curve_truncate(&c, 4, 4);
    cr_assert_eq(curve_write(&c, at("%s/curve.h5", path)), STATUS_OK);
    curve_free(&c);
    static const char log[] = "one\ntwo\nthe last <words>\n";
    cr_assert_eq(file_replace(at("%s/run.log", path), log, sizeof log - 1), STATUS_OK);

    char *page = make_page(runs, "status,cost,phases");
    cr_assert_eq(check_page(page), 1);
    expect(page, "7 notes; 5 of them matter: generated data, reduced settings, several revisions, "
                 "unfinished runs, fewer seeds</summary>");
    expect(page, "class=\"note banner\"");
    expect(page, "generated");
    expect(page, "embedding 128 instead of 512");
    expect(page, "Runs from several revisions");
    expect(page, "Missing seeds");
    expect(page, "the last &lt;words&gt;");
    expect(page, "What the runs record");
    expect(page, "fedcba9 (1 run)");
    free(page);
}

Test(html, says_first_what_the_runs_show_and_folds_what_explains_it)
{
    sample_paper_csv(at("%s/in.csv", folder), 3, 5);
    char *page = make_page(at("%s/in.csv", folder),
                           "fig2,fig6,fig7,profiles,improvement,gain,seeds,status,dataset_pen*");
    static const char *const order[] = {"class=\"headline\"",   "id=\"learning-curves\"",
                                        "id=\"fig6\"",          "id=\"tables\"",
                                        "id=\"table-tab1\"",    "id=\"aggregates\"",
                                        "id=\"fig7\"",          "id=\"table-aggregates\"",
                                        "id=\"distributions\"", "id=\"comparisons\"",
                                        "id=\"claims\"",        "id=\"datasets\"",
                                        "id=\"provenance\"",    "id=\"runs\"",
                                        "id=\"further\"",       "id=\"reading\"",
                                        "id=\"conventions\"",   "</main>"};
    expect_order(page, order, sizeof order / sizeof *order);
    expect(page, "<details class=\"section\" id=\"further\">");
    expect(page, "<details class=\"section\" id=\"reading\">");
    /* Every section of the list is there, and no other. */
    const char *nav = strstr(page, "<nav");
    expect(nav, "<a href=\"#comparisons\">Probability of improvement</a>");
    cr_assert_null(strstr(nav, "#cost-section"), "these files record no cost");
    free(page);
}

Test(html, offers_search_and_a_switch_for_every_method)
{
    static const char csv[] = "method,dataset,seed,step,score\n"
                              "\"<b>x & y\",pen-human-v1,0,0,1\n\"<b>x & y\",pen-human-v1,0,9,5\n"
                              "plain,pen-human-v1,0,0,1\nplain,pen-human-v1,0,9,7\n";
    cr_assert_eq(file_replace(at("%s/in.csv", folder), csv, sizeof csv - 1), STATUS_OK);
    char *page = make_page(at("%s/in.csv", folder), "fig3,curves*");
    check_page(page);
    expect(page, "<div class=\"toolbar\" hidden>"); /* shown by the script */
    expect(page, "type=\"search\"");
    expect(page, "<input type=\"checkbox\" checked data-method=\"&lt;b&gt;x &amp; y\">");
    expect(page, "<input type=\"checkbox\" checked data-method=\"plain\">");
    if (system("command -v gnuplot >/dev/null") == 0) {
        /* What the switches look for: line and band of each method by its name. */
        int lines = 0;
        for (const char *s = page; (s = strstr(s, "<title>plain</title>")) != NULL; s++)
            lines++;
        cr_assert_geq(lines, 1);
    }
    free(page);
}

Test(html, takes_the_pictures_colours_from_variables_that_dark_mode_sets)
{
    if (system("command -v gnuplot >/dev/null") != 0)
        cr_skip_test("no gnuplot");
    sample_paper_csv(at("%s/in.csv", folder), 3, 5);
    char *page = make_page(at("%s/in.csv", folder), "fig6");
    const char *svg = strstr(page, "<svg");
    cr_assert_not_null(svg);
    expect(svg, "fill=\"var(--cffffff,#ffffff)\"");
    expect(svg, "var(--cd55e00,#d55e00)");
    char *picture = strndup(svg, (size_t)(strstr(svg, "</svg>") - svg));
    cr_assert_null(strstr(picture, "rgb("), "a colour that dark mode does not know");
    free(picture);
    expect(page, "--cffffff: #212121;");
    free(page);
}

Test(html, says_a_sentence_of_several_captions_once)
{
    sample_paper_csv(at("%s/in.csv", folder), 2, 3);
    char *page = make_page(at("%s/in.csv", folder), "fig6,fig19");
    const char *sentence = "band: ± one standard deviation";
    int said = 0;
    for (const char *s = page; (s = strstr(s, sentence)) != NULL; s++)
        said++;
    cr_assert_eq(said, 2, "in the first caption and among the conventions, not %d times", said);
    expect(page, "<a class=\"more\" href=\"#conventions\">");
    free(page);
}

Test(html, without_gnuplot_says_in_words_what_the_pictures_show)
{
    sample_paper_csv(at("%s/in.csv", folder), 2, 3);
    cr_assert_eq(setenv("PATH", folder, 1), 0);
    char *page = make_page(at("%s/in.csv", folder), "fig6,fig7b");
    cr_assert_eq(check_page(page), 1);
    expect(page, "Not drawn.");
    expect(page, "gnuplot is not on PATH");
    expect(page, "Gym-MuJoCo, IQM:");
    expect_none(page, "<svg");
    free(page);
}

Test(html, is_the_same_bytes_for_the_same_results)
{
    sample_paper_csv(at("%s/in.csv", folder), 2, 3);
    char *first = make_page(at("%s/in.csv", folder), "fig19,ranks");
    char *second = make_page(at("%s/in.csv", folder), "fig19,ranks");
    cr_assert_str_eq(first, second);
    free(first);
    free(second);
}

Test(html, in_a_folder_that_cannot_be_written_is_an_error)
{
    struct report r = {.bootstrap = bootstrap_default(), .gamma = 100};
    struct figures f = {.folder = folder};
    struct html_page page = {.report = &r, .figures = &f, .figures_folder = "figures"};
    cr_assert_eq(html_write(&page, "/proc/none/index.html"), STATUS_IO);
}
