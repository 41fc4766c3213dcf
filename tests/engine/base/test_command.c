/* Command lines from tables: every form of an option, and a sentence for whatever cannot be read.
 */
#include "engine/base/command.h"
#include "engine/base/manual.h"
#include "engine/base/nearest.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum flavour { SWEET, SOUR, BITTER };

struct words {
    bool loud, exact;
    const char *name, *late, *one;
    int count;
    long seed;
    double rate;
    enum flavour flavour;
    char taken[64];
    char **list;
    int begun;
};

static enum status take(void *arguments, const char *value)
{
    struct words *w = arguments;
    strcat(w->taken, value);
    strcat(w->taken, ";");
    return *value == 'x' ? status_fail(STATUS_CONFIG, "--take: no x") : STATUS_OK;
}

#define FIELD(member) OPTION_FIELD(struct words, member)
static const struct option_row options[] = {
    {"loud", 'l', NULL, NULL, "a flag", FIELD(loud)},
    {"exact", 'e', NULL, "no", "two words for a flag", FIELD(exact), .choices = "no|yes"},
    {"name", 'n', "NAME", "none", "a word", FIELD(name)},
    {"late", 0, "NAME", "later", "a word", FIELD(late), .late = true},
    {"count", 'c', "N", "7", "a number", FIELD(count), .low = 1, .high = 9},
    {"seed", 's', "N", NULL, "a number", FIELD(seed), .high = 1e18},
    {"rate", 'r', "X", NULL, "a number", FIELD(rate), .low = -1, .high = 1},
    {"flavour", 'f', NULL, "sour", "a choice", FIELD(flavour), .choices = "sweet|sour|bitter"},
    {"set", 0, "KEY=VALUE...", NULL, "pairs", OPTION_BY(take), .pairs = true},
    {"take", 't', "X", NULL, "what a function makes of it", OPTION_BY(take)},
    {.name = NULL},
};

static void begin_words(void *arguments)
{
    ((struct words *)arguments)->begun = 1;
}

static struct words last; /* what `run` got; `list` is gone by then */

static enum status run_words(void *arguments)
{
    last = *(struct words *)arguments;
    return STATUS_OK;
}

static const struct command one_operand = {.name = "one",
                                           .summary = "take one word",
                                           .operands = "[WORD]",
                                           .operand_help = "a word",
                                           .operand_standard = "nothing",
                                           COMMAND_OPERAND(struct words, one),
                                           .examples = {{"try one", "no word"}},
                                           .options = options,
                                           .arguments = sizeof(struct words),
                                           .begin = begin_words,
                                           .run = run_words};
static const struct command some_operands = {.name = "some",
                                             .summary = "take some words",
                                             .operands = "WORD [MORE...]",
                                             .operand_help = "any word will do",
                                             COMMAND_OPERAND(struct words, list),
                                             .options = options,
                                             .arguments = sizeof(struct words),
                                             .run = run_words};
static const struct command no_operands = {
    .name = "none", .summary = "take no word", .run = run_words};
static const struct command *const below[] = {&one_operand, NULL};
static const struct command nested = {.name = "nested", .summary = "lead on", .commands = below};
static const struct command *const table[] = {&one_operand, &some_operands, &no_operands, &nested,
                                              NULL};
static int versions;

static enum status count_version(void)
{
    versions++;
    return STATUS_OK;
}

static const struct command program = {
    .name = "try", .summary = "try words", .commands = table, .version = count_version};

static char line_text[512], *line_word[32];
static int line_words;

static void split(const char *line)
{
    line_words = 0;
    snprintf(line_text, sizeof line_text, "%s", line);
    for (char *at = strtok(line_text, " "); at != NULL; at = strtok(NULL, " "))
        line_word[line_words++] = at;
    line_word[line_words] = NULL;
}

static enum status read_line(const struct command *c, const char *line, struct words *w)
{
    split(line);
    *w = (struct words){.loud = false};
    return command_read(c, "try one", line_words, line_word, w);
}

static enum status call_line(const char *line)
{
    char path[COMMAND_PATH] = "try";
    split(line);
    return command_call(&program, path, line_words, line_word);
}

Test(command, every_form_of_an_option_is_read)
{
    static const char *const lines[] = {
        "one --loud --name=a --count 9 --seed=123456789012 --rate -0.5 --flavour bitter here",
        "one here -l -n a -c9 -s 123456789012 -r=-0.5 -f bitter",
        "one -lna -c=9 here -s123456789012 -r-0.5 -fbitter",
        "one --lo --na a --cou=9 --see 123456789012 --ra=-.5 --fl=bitter -- here",
        "one --name b --count 3 --name a --count 9 -l -l --seed 123456789012 --rate -0.5 --flavour "
        "sweet --flavour bitter here"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct words w;
        cr_assert_eq(read_line(&one_operand, lines[i], &w), STATUS_OK, "%s: %s", lines[i],
                     status_sentence());
        cr_expect(w.loud && w.begun == 1, "%s", lines[i]);
        cr_expect_str_eq(w.name, "a", "%s", lines[i]);
        cr_expect_str_eq(w.one, "here", "%s", lines[i]);
        cr_expect(w.count == 9 && w.seed == 123456789012 && w.rate == -0.5, "%s", lines[i]);
        cr_expect_eq(w.flavour, BITTER, "%s", lines[i]);
    }
}

Test(command, defaults_come_from_the_table)
{
    struct words w;
    cr_assert_eq(read_line(&one_operand, "one", &w), STATUS_OK, "%s", status_sentence());
    cr_expect(!w.loud && !w.exact && w.count == 7 && w.flavour == SOUR);
    cr_expect_str_eq(w.name, "none");
    cr_expect_str_eq(w.one, "nothing");
    cr_expect_null(w.late, "not given");
    command_settle(&one_operand, &w);
    cr_expect_str_eq(w.late, "later");
    cr_assert_eq(read_line(&one_operand, "one --late now --exact yes --count 8e0", &w), STATUS_OK);
    command_settle(&one_operand, &w);
    cr_expect_str_eq(w.late, "now");
    cr_expect(w.exact && w.count == 8);
}

Test(command, several_pairs_belong_to_one_set)
{
    struct words w;
    cr_assert_eq(
        read_line(&some_operands, "some --set a=1 b_2=x=y here --set=c=3 ./d=4 -t e=5 f=6", &w),
        STATUS_OK, "%s", status_sentence());
    cr_expect_str_eq(w.taken, "a=1;b_2=x=y;c=3;e=5;");
    cr_expect_str_eq(w.list[0], "here");
    cr_expect_str_eq(w.list[1], "./d=4", "a path is none");
    cr_expect_str_eq(w.list[2], "f=6", "--take takes one word");
    cr_expect_null(w.list[3]);
}

Test(command, nothing_behind_two_dashes_is_an_option)
{
    struct words w;
    cr_assert_eq(read_line(&some_operands, "some a -l -- -l --name -- - -h", &w), STATUS_OK, "%s",
                 status_sentence());
    static const char *const rest[] = {"a", "-l", "--name", "--", "-", "-h"};
    for (int i = 0; i < 6; i++)
        cr_expect_str_eq(w.list[i], rest[i]);
    cr_expect_null(w.list[6]);
    cr_expect(w.loud);
    cr_expect_str_eq(w.name, "none");
    cr_assert_eq(read_line(&some_operands, "some -", &w), STATUS_OK, "a dash alone is a word");
    cr_expect_str_eq(w.list[0], "-");
    char *empty[] = {(char *)"some", (char *)"a", (char *)"", NULL};
    cr_assert_eq(command_read(&some_operands, "try some", 3, empty, &w), STATUS_CONFIG);
    cr_expect_str_eq(status_sentence(),
                     "an argument is empty (''); `try some --help` shows what it takes");
}

Test(command, what_cannot_be_read_is_said)
{
    static const struct {
        const char *line, *said;
    } cases[] = {
        {"one --lout",
         "unknown option '--lout'; did you mean '--loud'? (`try one --help` lists them)"},
        {"one --nmae=b", "unknown option '--nmae'; did you mean '--name'?"},
        {"one -name b", "unknown option '-name'; did you mean '--name'?"},
        {"one -flavor=sweet", "unknown option '-flavor'; did you mean '--flavour'?"},
        {"one -z", "unknown option '-z'; `try one --help` lists them"},
        {"one -seed 3", "did you mean '--seed'?"},
        {"one -z", "unknown option '-z'"},
        {"one --l", "unknown option '--l'; did you mean"}, /* loud or late */
        {"one --name", "--name needs a value: --name NAME"},
        {"one -n", "--name needs a value"},
        {"one --name=", "--name needs a value"},
        {"one --name --loud", "--name needs a value"},
        {"one --flavour", "--flavour needs a value: --flavour sweet|sour|bitter"},
        {"one --loud=1", "--loud takes no value, but '--loud=1' gives it one"},
        {"one --count 0", "--count is '0', should be a whole number from 1 to 9"},
        {"one --count 1.5", "--count is '1.5'"},
        {"one --count 10", "from 1 to 9"},
        {"one --count=nan", "--count is 'nan'"},
        {"one --seed 99999999999999999999", "--seed is '99999999999999999999'"},
        {"one --seed -1", "from 0 to 1000000000000000000"},
        {"one --rate 2", "--rate is '2', should be a number from -1 to 1"},
        {"one --rate nan", "--rate is 'nan'"},
        {"one --rate 0.5x", "--rate is '0.5x'"},
        {"one --flavour salty", "--flavour is 'salty', should be sweet, sour or bitter"},
        {"one --flavour swee", "--flavour is 'swee'"},
        {"one --take x", "--take: no x"},
        {"one one two", "unexpected argument 'two'"},
        {"none word", "unexpected argument 'word'"},
        {"none --loud", "unknown option '--loud'"},
        {"some", "WORD is missing: any word will do"},
        {"some --loud", "WORD is missing"},
        {"sone", "unknown command 'sone'; did you mean 'one'? (`try help` lists them)"},
        {"-x", "unknown option '-x'; `try help` lists them"},
        {"--some", "unknown option '--some'; did you mean 'some'?"},
        {"nested ome", "unknown command 'ome'; did you mean 'one'? (`try nested help` lists them)"},
        {"nested one --lout", "(`try nested one --help` lists them)"},
        {"help nestde", "unknown command 'nestde'; did you mean 'nested'?"},
        {"help nested two", "unknown command 'two'; did you mean 'one'?"},
        {"help one more", "there are no commands below `try one`"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char line[256];
        snprintf(line, sizeof line, "try %s", cases[i].line);
        cr_assert_eq(call_line(line), STATUS_CONFIG, "%s", cases[i].line);
        cr_expect_not_null(strstr(status_sentence(), cases[i].said), "%s: %s", cases[i].line,
                           status_sentence());
    }
}

Test(command, commands_are_found_at_any_level_and_help_and_version_anywhere)
{
    cr_assert_eq(call_line("try nested one --loud word"), STATUS_OK, "%s", status_sentence());
    cr_expect(last.loud);
    last.loud = false;
    static const char *const version[] = {"try -V", "try --version", "try one --loud -V",
                                          "try nested -V", "try nested one --version x y z"};
    for (int i = 0; i < 5; i++) {
        cr_assert_eq(call_line(version[i]), STATUS_OK, "%s", version[i]);
        cr_expect_eq(versions, i + 1, "%s", version[i]);
        cr_expect_not(last.loud, "it is not run");
    }
    static const char *const help[] = {"try",
                                       "try help",
                                       "try -h",
                                       "try --help",
                                       "try one -h",
                                       "try one x y --help --lout",
                                       "try help nested one",
                                       "try nested help one",
                                       "try nested",
                                       "try nested --help"};
    cr_assert_not_null(freopen("/dev/null", "w", stdout));
    for (int i = 0; i < 10; i++) {
        cr_assert_eq(call_line(help[i]), STATUS_OK, "%s: %s", help[i], status_sentence());
        cr_expect_not(last.loud, "it is not run");
    }
}

/* Within 80 columns, nothing lost; and the page protects what roff would take for its own. */
Test(command, help_and_page_hold_what_the_table_holds)
{
    static const struct option_row odd[] = {
        {"odd-one", 'o', "A'B", "c\\d",
         ".begins with a dot, and is long enough to be wrapped into a "
         "second line or more, `code` and all",
         FIELD(name)},
        {.name = NULL}};
    const struct command c = {.name = "odd",
                              .summary = "try odd signs",
                              .description = "One.\n\n'Two' and \\three.",
                              .examples = {{"odd -o 'x'", "an example"}},
                              .options = odd,
                              .arguments = sizeof(struct words),
                              .run = run_words};
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    manual_help(out, &c, "odd");
    fclose(out);
    for (const char *at = text; *at != '\0'; at += strcspn(at, "\n") + 1)
        cr_expect_lt(strcspn(at, "\n"), (size_t)80, "%.100s", at);
    static const char *const help[] = {"usage: odd [OPTION]...\n\nTry odd signs.\n",
                                       "One.\n\n'Two'",
                                       "-o, --odd-one A'B",
                                       "c\\d)\n",
                                       "-V, --version",
                                       "Examples:\n  odd -o 'x'\n      an example\n"};
    for (size_t i = 0; i < sizeof help / sizeof *help; i++)
        cr_expect_not_null(strstr(text, help[i]), "%s is not in:\n%s", help[i], text);
    free(text);
    out = open_memstream(&text, &size);
    manual_page(out, &c);
    fclose(out);
    static const char *const page[] = {".TH ODD 1",
                                       "odd \\- try odd signs",
                                       "\\fB\\-\\-odd\\-one\\fR",
                                       "A\\(aqB",
                                       "c\\ed",
                                       "\n\\&.begins",
                                       "\\fBcode\\fR",
                                       "\n.PP\n\\&\\(aqTwo\\(aq and \\ethree."};
    for (size_t i = 0; i < sizeof page / sizeof *page; i++)
        cr_expect_not_null(strstr(text, page[i]), "%s is not in:\n%s", page[i], text);
    free(text);
}

Test(nearest, most_common_letters_win_and_the_first_of_equals)
{
    static const struct {
        const char *word, *nearest;
    } cases[] = {{"swep", "sweep"},    {"SWEEP", "sweep"},   {"rn", "run"},
                 {"statsu", "status"}, {"stat", "status"},   {"", "run"},
                 {"zzz", "run"},       {"reprot", "report"}, {"resutls", "results"}};
    static const char *const known[] = {"run", "sweep", "status", "report", "results", NULL};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct nearest n = {.to = cases[i].word};
        for (int k = 0; known[k] != NULL; k++)
            nearest_offer(&n, known[k]);
        cr_expect_str_eq(n.word, cases[i].nearest, "'%s': '%s'", cases[i].word, n.word);
    }
    char longest[2 * NEAREST_WORD];
    memset(longest, 'a', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    struct nearest n = {.to = longest};
    nearest_offer(&n, longest);
    cr_expect_str_eq(n.word, "", "too long to be shown");
    nearest_offer(&n, "aaa");
    cr_expect_str_eq(n.word, "aaa");
}
