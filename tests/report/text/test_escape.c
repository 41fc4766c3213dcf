#include "engine/base/escape.h"

#include "report/text/csv.h"
#include "report/text/text.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char hostile[] = "_ & % ' \" \\ < ~ ^ # $ { } | ` [ ] * >";

typedef char *escape(const char *text, char *out, size_t size);

/* clang-format off */
static const struct {
    const char *name;
    escape *function;
    const char *want; /* of `hostile` */
} formats[] = {
    {"latex", escape_latex,
     "\\_ \\& \\% ' {\\char34} \\textbackslash{} \\textless{} \\textasciitilde{} \\textasciicircum{} "
     "\\# \\$ \\{ \\} \\textbar{} {`} {[} {]} {*} \\textgreater{}"},
    {"markdown", escape_markdown,
     "\\_ &amp; % ' \" \\\\ &lt; \\~ ^ \\# \\$ \\{ \\} \\| \\` \\[ \\] \\* &gt;"},
    {"csv", escape_csv, "\"_ & % ' \"\" \\ < ~ ^ # $ { } | ` [ ] * >\""},
    {"html", escape_html,
     "_ &amp; % &#39; &quot; \\ &lt; ~ ^ # $ { } | ` [ ] * &gt;"},
    {"gnuplot", escape_gnuplot, "_ & % '' \" \\ < ~ ^ # $ { } | '' [ ] * >"},
    {"json", escape_json, "_ & % ' \\\" \\\\ < ~ ^ # $ { } | ` [ ] * >"},
    {"file", escape_file, "_____________________________________"},
};
/* clang-format on */
enum { FORMATS = sizeof formats / sizeof formats[0] };

Test(escape, makes_hostile_names_safe_in_every_format)
{
    for (int i = 0; i < FORMATS; i++) {
        char out[ESCAPE_SIZE];
        cr_expect_str_eq(formats[i].function(hostile, out, sizeof out), formats[i].want, "%s: %s",
                         formats[i].name, out);
    }
}

Test(escape, cuts_before_the_sign_that_does_not_fit)
{
    for (int i = 0; i < FORMATS; i++) {
        char whole[ESCAPE_SIZE], out[ESCAPE_SIZE];
        formats[i].function(hostile, whole, sizeof whole);
        for (size_t size = 1; size <= strlen(whole) + 1; size++) {
            memset(out, 'x', sizeof out);
            formats[i].function(hostile, out, size);
            cr_assert_lt(strlen(out), size, "%s at %zu", formats[i].name, size);
            cr_assert_eq(out[size], 'x', "%s wrote beyond %zu", formats[i].name, size);
        }
        /* No piece of an escape is left: LaTeX ends balanced, HTML without an open entity. */
        int depth = 0;
        formats[i].function(hostile, out, strlen(whole) - 3);
        for (const char *c = out; i == 0 && *c != '\0'; c++) {
            bool quoted = c > out && c[-1] == '\\';
            depth += !quoted && *c == '{' ? 1 : !quoted && *c == '}' ? -1 : 0;
        }
        cr_expect_eq(depth, 0, "%s: %s", formats[i].name, out);
    }
}

Test(escape, turns_control_characters_into_blanks_and_broken_utf8_into_question_marks)
{
    char out[64];
    cr_expect_str_eq(escape_html("a\nb\tc\x7f", out, sizeof out), "a b c ");
    cr_expect_str_eq(escape_html("\xc3\xa9 \xff\xc3 \xe2\x82", out, sizeof out), "\xc3\xa9 ?? ??");
    cr_expect_str_eq(escape_html("\xc0\xaf\xed\xa0\x80", out, sizeof out), "?????");
    cr_expect_str_eq(escape_json("a\x01\x1f", out, sizeof out), "a\\u0001\\u001f");
}

/* What each of these becomes was set by pdfLaTeX, OT1 and T1, before it was written down here. */
Test(escape, gives_latex_a_command_for_every_letter_that_has_one)
{
    static const char *const pairs[][2] = {
        {"\u00e9\u00df \u00b1\u2192\u2212\u2014", "\u00e9\u00df $\\pm$$\\to$$-$---"},
        {"\u03bb=0.1", "$\\lambda$=0.1"},
        {"\u03b2-VAE \u03b5-greedy", "$\\beta$-VAE $\\varepsilon$-greedy"},
        {"\u03c0\u2080 \u03c3\u00b2 Q\u221e", "$\\pi$$_{0}$ $\\sigma$\u00b2 Q$\\infty$"},
        {"\u0391\u03a9", "$\\mathrm{A}$$\\Omega$"},
        {"\u201cours\u201d it\u2019s", "{``}ours{''} it{'}s"},
        {"\u00abx\u00bb", "{\\fontencoding{T1}\\selectfont\\guillemotleft}x"
                          "{\\fontencoding{T1}\\selectfont\\guillemotright}"},
        {"\u0142\u0159\u0151", "\u0142\u0159\u0151"}, /* composed by pdfTeX itself */
        {"e\u0301 n\u0303", "\\'{e} \\~{n}"},         /* decomposed, as macOS writes names */
        {"\U0001d4ac\U0001d6c3 \uff34\uff24\uff13", "$Q$$\\beta$ TD3"},
        {"a\u200bb\ufe0f", "ab"},
        {"x\u00a0y\u2026", "x~y\\ldots{}"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        char out[256];
        cr_expect_str_eq(escape_latex(pairs[i][0], out, sizeof out), pairs[i][1], "%s: %s",
                         pairs[i][0], out);
    }
}

Test(escape, keeps_for_latex_the_letters_that_only_a_unicode_engine_has)
{
    char out[256];
    cr_expect_str_eq(escape_latex("\u57fa\u7ebf-1", out, sizeof out),
                     "\\unicodetext{57FA}{U+57FA 7EBF}{\u57fa\u7ebf}-1");
    cr_expect_str_eq(escape_latex("\u0434\U0001f600", out, sizeof out),
                     "\\unicodetext{0434}{U+0434 1F600}{\u0434\U0001f600}");
    /* Long names come in several pieces; nothing is lost and no question mark appears. */
    char name[300] = "", whole[2048];
    for (int i = 0; i < 60; i++)
        strcat(name, "\u6211");
    escape_latex(name, whole, sizeof whole);
    int letters = 0;
    for (const char *c = whole; (c = strstr(c, "\u6211")) != NULL; c += 3)
        letters++;
    cr_expect_eq(letters, 60);
    cr_expect_null(strchr(whole, '?'));
}

Test(escape, has_room_in_a_report_for_the_longest_escape_of_any_letter)
{
    for (unsigned code = 0x80; code < 0x11000; code += code < 0x3000 ? 1 : 257) {
        char name[8] = "";
        size_t n = 0;
        if (code >= 0xD800 && code < 0xE000)
            continue;
        if (code >= 0x10000)
            name[n++] = (char)(0xF0 | code >> 18);
        if (code >= 0x800)
            name[n++] = (char)(code >= 0x10000 ? 0x80 | (code >> 12 & 0x3F) : 0xE0 | code >> 12);
        name[n++] = (char)(code >= 0x800 ? 0x80 | (code >> 6 & 0x3F) : 0xC0 | code >> 6);
        name[n++] = (char)(0x80 | (code & 0x3F));
        char out[256];
        struct text t = {0};
        text_add_escaped(&t, escape_latex, name);
        cr_expect_str_eq(text_get(&t), escape_latex(name, out, sizeof out), "U+%04X", code);
        cr_expect_null(strchr(out, '?'), "U+%04X: %s", code, out);
        text_free(&t);
    }
}

Test(escape, quotes_csv_only_where_needed_and_reads_it_back)
{
    static const char *const names[] = {"plain", "a,b", "say \"hi\"", " lead", "trail ",
                                        "-3.5",  ""};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char out[64], line[128];
        struct csv c;
        snprintf(line, sizeof line, "name,other\n%s,x\n", escape_csv(names[i], out, sizeof out));
        cr_assert_eq(csv_parse(&c, "test", line), STATUS_OK);
        cr_expect_str_eq(csv_cell(&c, 0, 0), names[i]);
        csv_free(&c);
    }
    char out[16];
    cr_expect_str_eq(escape_csv("-3.5", out, sizeof out), "-3.5");
}

Test(escape, keeps_file_names_inside_their_folder)
{
    char out[64];
    cr_expect_str_eq(escape_file("../../etc/passwd", out, sizeof out), "___.._etc_passwd");
    cr_expect_str_eq(escape_file("", out, sizeof out), "_");
    cr_expect_str_eq(escape_file("TD3+ODT", out, sizeof out), "TD3+ODT");
}

Test(escape, shows_a_terminal_nothing_that_it_obeys)
{
    static const char *const texts[][2] = {
        {"plain \u00e9\u4e2d", "plain \u00e9\u4e2d"},
        {"\x1b]0;title\x07", "\\x1b]0;title\\x07"},
        {"a\nb\tc\rd\x7f", "a\\nb\\tc\\rd\\x7f"},
        {"\x9b[2J \xff", "\\x9b[2J \\xff"},
        {"\xc2\x9b[2J\xc2\x80", "\\u009b[2J\\u0080"},
        {"\u202eabc\u2066\u2069\u2028\u2029", "\\u202eabc\\u2066\\u2069\\u2028\\u2029"},
        {"\u200f\u061c", "\\u200f\\u061c"},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char out[128], again[128];
        cr_expect_str_eq(escape_terminal(texts[i][0], out, sizeof out), texts[i][1]);
        cr_expect_str_eq(escape_terminal(out, again, sizeof again), out, "clean stays as it is");
    }
    char out[8];
    cr_expect_str_eq(escape_html("\u202e\xc2\x9b", out, sizeof out), "  ");
    cr_expect_str_eq(escape_latex("\u202e\xc2\x9b", out, sizeof out), "  ");
}

Test(escape, defuses_formulas_in_csv_and_gives_the_text_back)
{
    static const char *const texts[] = {"=1+1",     "+1+1",       "-1+cmd|' /C calc'!A0",
                                        "@SUM(A1)", "'=1",        "''-x",
                                        "'quoted'", "-",          "=\"a\",b",
                                        " =1",      "--help",     "-2.5",
                                        "+3e-2",    "-inf",       "'-2.5",
                                        "plain",    "a\"b, =c\"", "'",
                                        "-rf"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char cell[64], line[128];
        struct csv c;
        escape_csv(texts[i], cell, sizeof cell);
        const char *shown = cell + (cell[0] == '"');
        char *end;
        (void)strtod(shown, &end);
        cr_expect(strchr("=+-@", shown[strspn(shown, " ")]) == NULL || *end == '\0', "%s", cell);
        snprintf(line, sizeof line, "name,other\n%s,x\n", cell);
        cr_assert_eq(csv_parse(&c, "test", line), STATUS_OK);
        cr_expect_str_eq(csv_cell(&c, 0, 0), texts[i]);
        csv_free(&c);
    }
    char cell[64];
    cr_expect_str_eq(escape_csv("\t=1", cell, sizeof cell), "' =1");
    cr_expect_str_eq(escape_csv("-2.5", cell, sizeof cell), "-2.5");
    cr_expect_str_eq(escape_csv("=1", cell, sizeof cell), "'=1");
}
