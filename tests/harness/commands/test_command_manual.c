/* Help, completion and manual pages come from one table: what one of them knows all know. */
#include "harness/commands/command.h"

#include "engine/base/file.h"
#include "tests/support/command_line.h"
#include "tests/support/program.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

TestSuite(manual, .fini = command_line_remove_folder, .timeout = 120);

/* What `vitamin WORDS` prints, for free(). */
static char *printed(const char *words)
{
    char *text;
    const char *out = command_line_path("out"), *err = command_line_path("err");
    (void)remove(out);
    cr_assert_eq(program_end(program_start(words, out, err)), 0, "vitamin %s", words);
    cr_assert_eq(file_read(out, 1 << 20, &text, NULL), STATUS_OK, "%s", status_sentence());
    return text;
}

/* A file of that text, and the status of a shell's command with its name behind it. */
static int shell_on(const char *command, const char *text)
{
    char line[8192];
    const char *path = command_line_path("text");
    cr_assert_eq(file_replace(path, text, strlen(text)), STATUS_OK);
    snprintf(line, sizeof line, "%s '%s'", command, path);
    int status = system(line);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool is_installed(const char *program)
{
    char line[64];
    snprintf(line, sizeof line, "command -v %s >/dev/null", program);
    return system(line) == 0;
}

/* `word` with no letter around it. */
static bool holds(const char *text, const char *word)
{
    size_t n = strlen(word);
    for (const char *at = text; (at = strstr(at, word)) != NULL; at += n) {
        if (!isalnum((unsigned char)at[n]) && at[n] != '-')
            return true;
    }
    return false;
}

struct texts {
    char *bash, *zsh, *fish, *page;
};

/* Every "--name" at the head of a line of a command's help. */
static int check_options(const char *path, const struct texts *t)
{
    char words[COMMAND_PATH + 16];
    int options = 0;
    snprintf(words, sizeof words, "%s --help", path);
    char *help = printed(words);
    for (char *line = strtok(help, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        char name[64], dashed[128], fish[80];
        if (sscanf(line, "  -%*c, --%63[a-z0-9-]", name) != 1 &&
            sscanf(line, "      --%63[a-z0-9-]", name) != 1)
            continue;
        options++;
        snprintf(dashed, sizeof dashed, "--%s", name);
        snprintf(fish, sizeof fish, "-l %s", name);
        cr_expect(holds(t->bash, dashed), "bash: %s %s", path, dashed);
        cr_expect(holds(t->zsh, dashed), "zsh: %s %s", path, dashed);
        cr_expect(holds(t->fish, fish), "fish: %s %s", path, dashed);
        int n = snprintf(dashed, sizeof dashed, "\\-\\-");
        for (const char *at = name; *at != '\0'; at++)
            n += snprintf(dashed + n, sizeof dashed - (size_t)n, *at == '-' ? "\\-" : "%c", *at);
        cr_expect(holds(t->page, dashed), "page: %s %s", path, dashed);
    }
    cr_expect_geq(options, 2, "%s has --help and --version at least", path);
    free(help);
    return options;
}

static int check_all(const struct command *c, const char *above, struct texts *t)
{
    char path[COMMAND_PATH];
    command_path(above, c, path);
    struct texts own = *t;
    if (c->hand_over != NULL)
        own.page = printed("report --man");
    int options = check_options(path, &own);
    if (c->hand_over != NULL)
        free(own.page);
    for (int i = 0; c->commands != NULL && c->commands[i] != NULL; i++)
        options += check_all(c->commands[i], path, t);
    return options;
}

Test(manual, every_option_of_every_help_is_in_the_completions_and_the_page)
{
    struct texts t = {printed("completion bash"), printed("completion zsh"),
                      printed("completion fish"), printed("man")};
    int options = 0;
    for (int i = 0; command_table[i] != NULL; i++)
        options += check_all(command_table[i], "", &t);
    cr_expect_gt(options, 130, "only %d options", options);
    free(t.bash);
    free(t.zsh);
    free(t.fish);
    free(t.page);
}

/* --- the tables themselves -------------------------------------------------------------------- */

static void check_option(const char *path, const struct command *c, int i)
{
    const struct option_row *o = command_option(c, i), *other;
    cr_expect_not_null(o->help, "%s --%s", path, o->name);
    cr_expect(o->help[0] != '\0' && o->help[strlen(o->help) - 1] != '.', "%s --%s", path, o->name);
    for (int k = 0; (other = command_option(c, k)) != NULL; k++) {
        cr_expect(k == i || strcmp(o->name, other->name) != 0, "%s --%s twice", path, o->name);
        cr_expect(k == i || o->letter == 0 || o->letter != other->letter, "%s -%c twice", path,
                  o->letter);
    }
    if (o->kind == OPTION_INT || o->kind == OPTION_LONG || o->kind == OPTION_NUMBER)
        cr_expect_lt(o->low, o->high, "%s --%s takes no number", path, o->name);
    if (o->late)
        cr_expect(o->kind == OPTION_TEXT && o->standard != NULL, "%s --%s", path, o->name);
}

/* An example up to its first sign of the shell is read as it stands. */
static void check_example(const struct command *c, const char *path, const char *line)
{
    char text[256], *argv[32], *rest;
    int argc = 0;
    const char *own = strstr(line, path);
    if (own == NULL || c->run == NULL)
        return;
    snprintf(text, sizeof text, "%s", own + strlen(path) - strlen(c->name));
    text[strcspn(text, "|<>)")] = '\0';
    for (char *at = strtok_r(text, " ", &rest); at != NULL; at = strtok_r(NULL, " ", &rest))
        argv[argc++] = at;
    argv[argc] = NULL;
    void *arguments = calloc(1, c->arguments + 1);
    cr_expect_eq(command_read(c, path, argc, argv, arguments), STATUS_OK, "%s: %s", line,
                 status_sentence());
    free(arguments);
}

static void check_command(const struct command *c, const char *above)
{
    char path[COMMAND_PATH];
    command_path(above, c, path);
    cr_expect_not_null(c->summary, "%s", path);
    cr_expect_neq(c->summary[strlen(c->summary) - 1], '.', "%s: no full stop", path);
    cr_expect_eq((c->run != NULL) + (c->hand_over != NULL) + (c->commands != NULL), 1, "%s", path);
    cr_expect((c->operands == NULL) == (c->operand_help == NULL), "%s", path);
    if (c->operands != NULL)
        cr_expect(c->operand_list == (strstr(c->operands, "...") != NULL), "%s", path);
    cr_expect_not_null(c->examples[0].line, "%s has no example", path);
    for (int i = 0; i < COMMAND_EXAMPLES && c->examples[i].line != NULL; i++) {
        cr_expect_not_null(c->examples[i].what, "%s", c->examples[i].line);
        check_example(c, path, c->examples[i].line);
    }
    for (int i = 0; command_option(c, i) != NULL; i++)
        check_option(path, c, i);
    for (int i = 0; c->commands != NULL && c->commands[i] != NULL; i++)
        check_command(c->commands[i], path);
}

Test(manual, every_command_has_an_example_that_is_understood_and_options_of_its_own)
{
    check_command(&vitamin, "");
}

Test(manual, another_shell_is_a_usage_error)
{
    cr_expect_eq(command_line(&command_completion, "fsh", NULL), STATUS_CONFIG);
    cr_expect_not_null(strstr(status_sentence(), "did you mean 'fish'?"), "%s", status_sentence());
    cr_expect_eq(command_line(&command_completion, "", NULL), STATUS_CONFIG);
    cr_expect_not_null(strstr(status_sentence(), "SHELL is missing: bash, zsh or fish"), "%s",
                       status_sentence());
}

/* --- where the programs are that read them ---------------------------------------------------- */

Test(manual, groff_has_nothing_to_say_about_the_pages)
{
    if (!is_installed("groff"))
        cr_skip_test("no groff");
    static const char *const pages[] = {"man", "report --man"};
    for (int i = 0; i < 2; i++) {
        char *text = printed(pages[i]);
        cr_expect_eq(shell_on("warned() { w=$(groff -ww -man -Tutf8 \"$1\" 2>&1 >/dev/null); "
                              "[ -z \"$w\" ] || { echo \"$w\"; return 1; }; }; warned",
                              text),
                     0, "%s", pages[i]);
        cr_expect_null(strpbrk(text, "\t\x80\xe2"), "ASCII only");
        free(text);
    }
}

/* The function itself, called as bash calls it. */
Test(manual, bash_completes_commands_options_and_choices)
{
    static const struct {
        const char *words, *reply; /* the last word is the one to complete, ^ an empty one */
    } cases[] = {{"vitamin sw", "sweep"},
                 {"vitamin data ge", "generate get"},
                 {"vitamin run --data", "--dataset --data"},
                 {"vitamin run --preset ^", "paper code"},
                 {"vitamin run --preset = c", "code"},
                 {"vitamin run -p p", "paper"},
                 {"vitamin run --size = ^", "paper small tiny"},
                 {"vitamin run --dataset ^", ""},
                 {"vitamin plan ^", ""},
                 {"vitamin data fetch --al", "--all"},
                 {"vitamin sweep run --ch", "--checkpoint-every"},
                 {"vitamin report --cel", "--cell"},
                 {"vitamin report --cell mean_", "mean_sd mean_ci"},
                 {"vitamin-report --fa", "--fast"}};
    char *script = printed("completion bash"), *text = malloc(strlen(script) + 8192);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool report = strncmp(cases[i].words, "vitamin-report", 14) == 0;
        sprintf(text,
                "%s\nCOMP_WORDS=(%s); [[ ${COMP_WORDS[-1]} != ^ ]] || COMP_WORDS[-1]=\n"
                "COMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n%s\n"
                "[[ \"${COMPREPLY[*]}\" == '%s' ]] || { echo \"%s: ${COMPREPLY[*]}\"; exit 1; }\n",
                script, cases[i].words, report ? "_vitamin_report" : "_vitamin", cases[i].reply,
                cases[i].words);
        cr_expect_eq(shell_on("bash -u", text), 0, "%s", cases[i].words);
    }
    free(text);
    free(script);
}

Test(manual, zsh_understands_its_script)
{
    if (!is_installed("zsh"))
        cr_skip_test("no zsh");
    char *text = printed("completion zsh");
    cr_expect_eq(shell_on("zsh --no-exec", text), 0);
    cr_expect_eq(strncmp(text, "#compdef vitamin\n", 17), 0, "%.40s", text);
    free(text);
}

Test(manual, fish_completes_commands_options_and_choices)
{
    static const struct {
        const char *words, *reply;
    } cases[] = {{"vitamin sw", "sweep"},
                 {"vitamin data ge", "generate get"},
                 {"vitamin run --dat", "--data --dataset"},
                 {"vitamin run --preset ", "code paper"},
                 {"vitamin run -p p", "paper"},
                 {"vitamin data fetch --al", "--all"},
                 {"vitamin report --cel", "--cell"},
                 {"vitamin report --cell mean_", "mean_ci mean_sd"},
                 {"vitamin-report --fa", "--fast"}};
    if (!is_installed("fish"))
        cr_skip_test("no fish");
    setenv("HOME", command_line_folder(), 1); /* where fish keeps files of its own */
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("XDG_DATA_HOME");
    char *script = printed("completion fish"), *text = malloc(strlen(script) + 8192);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sprintf(text,
                "%s\nset reply (complete -C '%s' | string replace -r '\\t.*' '' | sort)\n"
                "test \"$reply\" = '%s'; or begin; echo '%s:' $reply; exit 1; end\n",
                script, cases[i].words, cases[i].reply, cases[i].words);
        cr_expect_eq(shell_on("fish -N", text), 0, "%s", cases[i].words);
    }
    free(text);
    free(script);
}
