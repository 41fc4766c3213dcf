#include "engine/base/manual.h"

#include "engine/base/say.h"
#include "engine/base/version.h"

#include <ctype.h>
#include <string.h>

enum { COLUMNS = 79, HELP_COLUMN = 26 };

/* "ID|FILE", "paper|code": what stands for an option's value; "" for a flag. */
static const char *value_of(const struct option_row *o)
{
    return o->value != NULL ? o->value : o->choices != NULL ? o->choices : "";
}

/* Calls `write` for each line behind `usage: PATH`. */
static void usage_lines(const struct command *c, const char *path, FILE *out,
                        void (*write)(FILE *out, const char *path, const char *line, bool first))
{
    char line[256];
    bool first = true;
    if (c->usage == NULL) {
        snprintf(line, sizeof line, "%s%s%s", c->commands != NULL ? "COMMAND ..." : "[OPTION]...",
                 c->operands != NULL ? " " : "", c->operands != NULL ? c->operands : "");
        write(out, path, line, first);
    }
    for (const char *at = c->usage; at != NULL && *at != '\0'; first = false) {
        int n = (int)strcspn(at, "\n");
        snprintf(line, sizeof line, "%.*s", n, at);
        write(out, path, line, first);
        at += n + (at[n] == '\n');
    }
}

/* --- help ------------------------------------------------------------------------------------- */

static void help_usage(FILE *out, const char *path, const char *line, bool first)
{
    fprintf(out, "%s %s %s\n", first ? "usage:" : "   or:", path, line);
}

/* A name and its text beside it, or below when the name is long. */
static void help_row(FILE *out, const char *name, const char *text)
{
    int column = fprintf(out, "  %s", name);
    if (column > HELP_COLUMN - 2)
        fprintf(out, "\n%*s", HELP_COLUMN, "");
    else
        fprintf(out, "%*s", HELP_COLUMN - column, "");
    say_wrapped(out, text, HELP_COLUMN, HELP_COLUMN, COLUMNS);
}

static void describe_operands(const struct command *c, char *out, size_t size)
{
    bool standard = c->operand_standard != NULL;
    snprintf(out, size, "%s%s%s%s", c->operands != NULL ? c->operand_help : "",
             standard ? " (default " : "", standard ? c->operand_standard : "",
             standard ? ")" : "");
}

/* What is said of an option: its sentence, the words it takes, its default. */
static void describe_option(const struct option_row *o, char *out, size_t size)
{
    size_t used = (size_t)snprintf(out, size, "%s", o->help);
    if (o->value != NULL && o->choices != NULL && used < size)
        used += (size_t)snprintf(out + used, size - used, ": %s", o->choices);
    if (o->standard != NULL && used < size)
        snprintf(out + used, size - used, " (default %s)", o->standard);
}

static void help_option(FILE *out, const struct option_row *o)
{
    char name[128], letter[8] = "    ", text[512];
    if (o->letter != 0)
        snprintf(letter, sizeof letter, "-%c, ", o->letter);
    snprintf(name, sizeof name, "%s--%s%s%s", letter, o->name, option_takes_value(o) ? " " : "",
             value_of(o));
    describe_option(o, text, sizeof text);
    help_row(out, name, text);
}

static void help_sentence(FILE *out, const char *text)
{
    fprintf(out, "\n%c", toupper((unsigned char)text[0]));
    char rest[1024];
    snprintf(rest, sizeof rest, "%s.", text + 1);
    say_wrapped(out, rest, 1, 0, COLUMNS);
}

void manual_help(FILE *out, const struct command *c, const char *path)
{
    usage_lines(c, path, out, help_usage);
    help_sentence(out, c->summary);
    if (c->description != NULL) {
        fputc('\n', out);
        say_wrapped(out, c->description, 0, 0, COLUMNS);
    }
    if (c->commands != NULL) {
        fprintf(out, "\nCommands:\n");
        for (int i = 0; c->commands[i] != NULL; i++)
            help_row(out, c->commands[i]->name, c->commands[i]->summary);
        help_row(out, "help [COMMAND]", "show a command's arguments, options and examples");
    }
    if (c->operands != NULL) {
        char text[512];
        describe_operands(c, text, sizeof text);
        fprintf(out, "\nArguments:\n");
        help_row(out, c->operands, text);
    }
    const struct option_row *o;
    fprintf(out, "\nOptions:\n");
    for (int i = 0; (o = command_option(c, i)) != NULL; i++)
        help_option(out, o);
    for (int i = 0; i < COMMAND_EXAMPLES && c->examples[i].line != NULL; i++) {
        fprintf(out, i == 0 ? "\nExamples:\n  %s\n      " : "  %s\n      ", c->examples[i].line);
        say_wrapped(out, c->examples[i].what, 6, 6, COLUMNS);
    }
}

/* --- the manual page -------------------------------------------------------------------------- */

/* A line of text: nothing in it is a request or a typographer's dash or quote; `code` is bold. */
static void roff(FILE *out, const char *text)
{
    bool bold = false, begins = true;
    for (; *text != '\0'; text++) {
        if (begins && (*text == '.' || *text == '\''))
            fputs("\\&", out);
        begins = *text == '\n';
        if (*text == '`')
            fputs((bold = !bold) ? "\\fB" : "\\fR", out);
        else if (*text == '\n' && text[1] == '\n')
            fputs("\n.PP", out);
        else if (*text == '\\')
            fputs("\\e", out);
        else if (*text == '-')
            fputs("\\-", out);
        else if (*text == '\'')
            fputs("\\(aq", out);
        else if (*text == '~' || *text == '^')
            fputs(*text == '~' ? "\\(ti" : "\\(ha", out);
        else
            fputc(*text, out);
    }
}

/* One line in a font: "B" bold, "I" italic, "R" roman. */
static void roff_line(FILE *out, const char *before, const char *text, const char *after)
{
    fputs(before, out);
    roff(out, text);
    fputs(after, out);
    fputc('\n', out);
}

static void page_usage(FILE *out, const char *path, const char *line, bool first)
{
    if (!first)
        fputs(".br\n", out);
    roff_line(out, "\\fB", path, "\\fR");
    roff_line(out, "", line, "");
}

static void page_row(FILE *out, const char *name, const char *text)
{
    fputs(".TP\n", out);
    roff_line(out, "\\fI", name, "\\fR");
    roff_line(out, "", text, "");
}

static void page_option(FILE *out, const struct option_row *o)
{
    char text[512];
    fputs(".TP\n", out);
    if (o->letter != 0)
        fprintf(out, "\\fB\\-%c\\fR, ", o->letter);
    fputs("\\fB\\-\\-", out);
    roff(out, o->name);
    fputs("\\fR", out);
    if (option_takes_value(o)) {
        fputs(" \\fI", out);
        roff(out, value_of(o));
        fputs("\\fR", out);
    }
    describe_option(o, text, sizeof text);
    fputc('\n', out);
    roff_line(out, "", text, "");
}

static void page_options(FILE *out, const struct command *c)
{
    const struct option_row *o;
    char text[512];
    describe_operands(c, text, sizeof text);
    if (c->operands != NULL)
        page_row(out, c->operands, text);
    for (int i = 0; (o = command_option(c, i)) != NULL; i++)
        page_option(out, o);
}

static void page_examples(FILE *out, const struct command *c)
{
    for (int i = 0; i < COMMAND_EXAMPLES && c->examples[i].line != NULL; i++) {
        fputs(".TP\n", out);
        roff_line(out, "\\fB", c->examples[i].line, "\\fR");
        roff_line(out, "", c->examples[i].what, "");
    }
}

static void page_sentence(FILE *out, const char *text)
{
    fputc(toupper((unsigned char)text[0]), out);
    roff_line(out, "", text + 1, ".");
}

/* A command, and those below it, as subsections. */
static void page_command(FILE *out, const struct command *c, const char *path)
{
    char own[COMMAND_PATH];
    command_path(path, c, own);
    roff_line(out, ".SS ", own, "");
    if (c->hand_over == NULL) {
        usage_lines(c, own, out, page_usage);
        fputs(".PP\n", out);
    }
    page_sentence(out, c->summary);
    if (c->description != NULL) {
        fputs(".PP\n", out);
        roff_line(out, "", c->description, "");
    }
    if (c->hand_over == NULL)
        page_options(out, c);
    if (c->examples[0].line != NULL) {
        fputs(".PP\nExamples:\n", out);
        page_examples(out, c);
    }
    for (int i = 0; c->commands != NULL && c->commands[i] != NULL; i++)
        page_command(out, c->commands[i], own);
}

/* "VITAMIN-REPORT": pages have no blanks in their names. */
static void page_name(const struct command *program, bool capitals, char out[COMMAND_PATH])
{
    snprintf(out, COMMAND_PATH, "%s", program->name);
    for (char *at = out; *at != '\0'; at++)
        *at = *at == ' ' ? '-' : capitals ? (char)toupper((unsigned char)*at) : *at;
}

void manual_page(FILE *out, const struct command *program)
{
    char name[COMMAND_PATH], title[COMMAND_PATH];
    page_name(program, false, name);
    page_name(program, true, title);
    fprintf(out,
            ".\\\" from the table of commands and options\n.TH %s 1 \"\" \"vitamin %s\" \"User "
            "Commands\"\n.SH NAME\n",
            title, version_number());
    roff(out, name);
    fputs(" \\- ", out);
    roff_line(out, "", program->summary, "");
    fputs(".SH SYNOPSIS\n", out);
    usage_lines(program, program->name, out, page_usage);
    fputs(".SH DESCRIPTION\n", out);
    page_sentence(out, program->summary);
    if (program->description != NULL) {
        fputs(".PP\n", out);
        roff_line(out, "", program->description, "");
    }
    fputs(".SH OPTIONS\n", out);
    page_options(out, program);
    if (program->commands != NULL)
        fputs(".SH COMMANDS\n", out);
    for (int i = 0; program->commands != NULL && program->commands[i] != NULL; i++)
        page_command(out, program->commands[i], program->name);
    if (program->examples[0].line != NULL)
        fputs(".SH EXAMPLES\n", out);
    page_examples(out, program);
}
