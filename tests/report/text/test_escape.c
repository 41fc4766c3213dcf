#include "engine/base/escape.h"

#include "report/text/csv.h"

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

Test(escape, gives_pdftex_only_letters_that_it_has)
{
    char out[128];
    cr_expect_str_eq(escape_latex("\u00e9\u00df \u00b1\u2192\u2212\u2014 \u4e2d\u03b2\u0111\u00f0",
                                  out, sizeof out),
                     "\u00e9\u00df $\\pm$$\\to$$-$--- ????");
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
