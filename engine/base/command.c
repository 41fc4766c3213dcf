#include "engine/base/command.h"

#include "engine/base/file.h"
#include "engine/base/manual.h"
#include "engine/base/nearest.h"
#include "engine/base/say.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- values ----------------------------------------------------------------------------------- */

/* "1e6" is a whole number, too. */
static bool read_whole(const char *text, long *out)
{
    char *end;
    errno = 0;
    *out = strtol(text, &end, 10);
    if (end != text && *end == '\0')
        return errno == 0;
    double number = strtod(text, &end);
    if (end == text || *end != '\0' || !(fabs(number) < 0x1p53) || number != floor(number))
        return false;
    *out = (long)number;
    return true;
}

static enum status read_integer(const struct option_row *o, const char *text, long *out)
{
    if (read_whole(text, out) && (double)*out >= o->low && (double)*out <= o->high)
        return STATUS_OK;
    return status_fail(STATUS_CONFIG, "--%s is '%s', should be a whole number from %.0f to %.0f",
                       o->name, text, o->low, o->high);
}

static enum status read_number(const struct option_row *o, const char *text, double *out)
{
    char *end;
    *out = strtod(text, &end);
    if (end != text && *end == '\0' && *out >= o->low && *out <= o->high)
        return STATUS_OK;
    return status_fail(STATUS_CONFIG, "--%s is '%s', should be a number from %g to %g", o->name,
                       text, o->low, o->high);
}

/* "a, b or c" of "a|b|c". */
static void list_choices(const char *choices, char *out, size_t size)
{
    size_t used = 0;
    for (const char *at = choices; *at != '\0' && used + 64 < size;) {
        int n = (int)strcspn(at, "|");
        const char *next = at[n] == '\0' ? at + n : at + n + 1;
        const char *before = at == choices ? "" : *next == '\0' ? " or " : ", ";
        used += (size_t)snprintf(out + used, size - used, "%s%.*s", before, n, at);
        at = next;
    }
}

static enum status read_choice(const struct option_row *o, const char *word, unsigned *out)
{
    char list[256];
    *out = 0;
    for (const char *at = o->choices;; (*out)++) {
        size_t n = strcspn(at, "|");
        if (strlen(word) == n && strncmp(word, at, n) == 0)
            return STATUS_OK;
        if (at[n] == '\0')
            break;
        at += n + 1;
    }
    list_choices(o->choices, list, sizeof list);
    return status_fail(STATUS_CONFIG, "--%s is '%s', should be %s", o->name, word, list);
}

/* `value` is NULL only for an option that takes none. */
static enum status store_value(const struct option_row *o, void *arguments, const char *value)
{
    void *field = (char *)arguments + o->offset;
    unsigned choice = 0;
    long whole;
    if (o->choices != NULL)
        TRY(read_choice(o, value, &choice));
    switch (o->kind) {
    case OPTION_FLAG:
        *(bool *)field = o->choices == NULL || choice == 1;
        return STATUS_OK;
    case OPTION_TEXT:
        *(const char **)field = value;
        return STATUS_OK;
    case OPTION_INT:
        TRY(read_integer(o, value, &whole));
        *(int *)field = (int)whole;
        return STATUS_OK;
    case OPTION_LONG:
        return read_integer(o, value, field);
    case OPTION_NUMBER:
        return read_number(o, value, field);
    case OPTION_CHOICE:
        *(unsigned *)field = choice;
        return STATUS_OK;
    case OPTION_TAKE:
        break;
    }
    return o->take(arguments, value);
}

/* --- which option ----------------------------------------------------------------------------- */

static const struct option_row common_options[] = {
    {"help", 'h', .help = "show this help"},
    {"version", 'V', .help = "show the version"},
};

const struct option_row *command_option(const struct command *c, int i)
{
    const struct option_row *o = c->options;
    for (; o != NULL && o->name != NULL; o++) {
        if (i-- == 0)
            return o;
    }
    return i < 2 ? &common_options[i] : NULL;
}

bool option_takes_value(const struct option_row *o)
{
    return o->value != NULL || o->choices != NULL;
}

static const struct option_row *find_letter(const struct command *c, char letter)
{
    const struct option_row *o;
    for (int i = 0; (o = command_option(c, i)) != NULL && o->letter != letter; i++)
        continue;
    return o;
}

/* By its whole name, or by the beginning of one name only. */
static const struct option_row *find_name(const struct command *c, const char *name, size_t length)
{
    const struct option_row *o, *found = NULL;
    int begin_so = 0;
    for (int i = 0; (o = command_option(c, i)) != NULL; i++) {
        if (strncmp(o->name, name, length) != 0)
            continue;
        if (o->name[length] == '\0')
            return o;
        found = o;
        begin_so++;
    }
    return begin_so == 1 ? found : NULL;
}

static struct nearest nearest_option(const struct command *c, const char *name)
{
    struct nearest n = {.to = name};
    const struct option_row *o;
    for (int i = 0; (o = command_option(c, i)) != NULL; i++)
        nearest_offer(&n, o->name);
    return n;
}

/* --- reading words ---------------------------------------------------------------------------- */

struct reading {
    const struct command *command;
    const char *path;
    void *arguments;
    int argc;
    char **argv;
    int at; /* the word that is read */
};

/* The name within "--name=value" or "-name". */
static void name_of(const char *word, char name[NEAREST_WORD])
{
    word += strspn(word, "-");
    snprintf(name, NEAREST_WORD, "%.*s", (int)strcspn(word, "="), word);
}

static enum status unknown_option(const struct reading *r, const char *word)
{
    char name[NEAREST_WORD];
    name_of(word, name);
    if (word[1] != '-' && strlen(name) < 2) /* nothing is like one letter */
        return status_fail(STATUS_CONFIG, "unknown option '%.*s'; `%s --help` lists them",
                           (int)strcspn(word, "="), word, r->path);
    return status_fail(
        STATUS_CONFIG, "unknown option '%.*s'; did you mean '--%s'? (`%s --help` lists them)",
        (int)strcspn(word, "="), word, nearest_option(r->command, name).word, r->path);
}

/* What follows an option is its value, even with a dash (--gamma -1), but not another of the
 * command's options: then the value was forgotten. */
static bool is_forgotten(const struct reading *r, const struct option_row *o, const char *next)
{
    return o->kind != OPTION_TAKE && strncmp(next, "--", 2) == 0 &&
           (next[2] == '\0' || find_name(r->command, next + 2, strcspn(next + 2, "=")) != NULL);
}

static bool is_pair(const char *word)
{
    size_t key = 0;
    while (isalnum((unsigned char)word[key]) || word[key] == '_')
        key++;
    return key > 0 && word[key] == '=';
}

/* `value` as it stands in the option's own word, or NULL: the next word. */
static enum status read_value(struct reading *r, const struct option_row *o, const char *value)
{
    if (value == NULL && r->at + 1 < r->argc && !is_forgotten(r, o, r->argv[r->at + 1]))
        value = r->argv[++r->at];
    if (value == NULL || *value == '\0')
        return status_fail(STATUS_CONFIG, "--%s needs a value: --%s %s", o->name, o->name,
                           o->value != NULL ? o->value : o->choices);
    TRY(store_value(o, r->arguments, value));
    while (o->pairs && r->at + 1 < r->argc && is_pair(r->argv[r->at + 1]))
        TRY(store_value(o, r->arguments, r->argv[++r->at]));
    return STATUS_OK;
}

static enum status read_long(struct reading *r, const char *word)
{
    size_t length = strcspn(word + 2, "=");
    const struct option_row *o = find_name(r->command, word + 2, length);
    const char *value = word[2 + length] == '=' ? word + 2 + length + 1 : NULL;
    if (o == NULL)
        return unknown_option(r, word);
    if (option_takes_value(o))
        return read_value(r, o, value);
    if (value != NULL)
        return status_fail(STATUS_CONFIG, "--%s takes no value, but '%s' gives it one", o->name,
                           word);
    return store_value(o, r->arguments, NULL);
}

/* "-dataset" is --dataset with a dash too few, not -d with the value "ataset". */
static bool lacks_a_dash(const struct reading *r, const char *word)
{
    char name[NEAREST_WORD];
    name_of(word, name);
    return strlen(name) > 2 && (find_name(r->command, name, strlen(name)) != NULL ||
                                nearest_option(r->command, name).score >= 0.8);
}

static enum status read_letters(struct reading *r, const char *word)
{
    if (lacks_a_dash(r, word))
        return unknown_option(r, word);
    for (const char *at = word + 1; *at != '\0'; at++) {
        const struct option_row *o = find_letter(r->command, *at);
        if (o == NULL)
            return unknown_option(r, word);
        if (option_takes_value(o))
            return read_value(r, o, at[1] == '\0' ? NULL : at[1] == '=' ? at + 2 : at + 1);
        TRY(store_value(o, r->arguments, NULL));
    }
    return STATUS_OK;
}

/* They have been moved to argv[1] and on. */
static enum status take_operands(const struct reading *r, int count)
{
    const struct command *c = r->command;
    void *field = (char *)r->arguments + c->operand;
    int most = c->operands == NULL ? 0 : c->operand_list ? count : 1;
    if (count > most)
        return status_fail(STATUS_CONFIG,
                           "unexpected argument '%s'; `%s --help` shows what it takes",
                           r->argv[1 + most], r->path);
    if (c->operands != NULL && c->operands[0] != '[' && count == 0)
        return status_fail(STATUS_CONFIG, "%.*s is missing: %s", (int)strcspn(c->operands, " "),
                           c->operands, c->operand_help);
    for (int i = 1; i <= count; i++) {
        if (*r->argv[i] == '\0')
            return status_fail(STATUS_CONFIG,
                               "an argument is empty (''); `%s --help` shows what it takes",
                               r->path);
    }
    r->argv[1 + count] = NULL;
    if (c->operand_list)
        *(char ***)field = r->argv + 1;
    else if (c->operands != NULL)
        *(const char **)field = count > 0 ? r->argv[1] : c->operand_standard;
    return STATUS_OK;
}

enum status command_read(const struct command *c, const char *path, int argc, char **argv,
                         void *arguments)
{
    struct reading r = {c, path, arguments, argc, argv, 1};
    int operands = 0;
    bool options_end = false;
    if (c->begin != NULL)
        c->begin(arguments);
    for (const struct option_row *o = c->options; o != NULL && o->name != NULL; o++) {
        if (o->standard != NULL && !o->late)
            TRY(store_value(o, arguments, o->standard));
    }
    for (; r.at < argc; r.at++) {
        char *word = argv[r.at];
        if (options_end || word[0] != '-' || word[1] == '\0')
            argv[1 + operands++] = word;
        else if (strcmp(word, "--") == 0)
            options_end = true;
        else
            TRY(word[1] == '-' ? read_long(&r, word) : read_letters(&r, word));
    }
    return take_operands(&r, operands);
}

void command_settle(const struct command *c, void *arguments)
{
    for (const struct option_row *o = c->options; o->name != NULL; o++) {
        const char **field = (const char **)(void *)((char *)arguments + o->offset);
        if (o->late && *field == NULL)
            *field = o->standard;
    }
}

/* --- commands --------------------------------------------------------------------------------- */

static bool is_option(const char *word, const struct option_row *o)
{
    return (word[0] == '-' && word[1] == o->letter && word[2] == '\0') ||
           (strncmp(word, "--", 2) == 0 && strcmp(word + 2, o->name) == 0);
}

/* Wherever it stands: people append it to what they have already typed. */
static bool asks_for(const struct option_row *o, int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (is_option(argv[i], o))
            return true;
    }
    return false;
}

void command_path(const char *above, const struct command *c, char out[COMMAND_PATH])
{
    size_t used = strlen(above);
    assert(used + strlen(c->name) + 2 <= COMMAND_PATH);
    memmove(out, above, used + 1);
    if (used > 0)
        out[used++] = ' ';
    memcpy(out + used, c->name, strlen(c->name) + 1);
}

/* `name` below a command; NULL: there is none. */
static const struct command *find_below(const struct command *c, const char *name)
{
    for (int i = 0; c->commands != NULL && c->commands[i] != NULL; i++) {
        if (strcmp(c->commands[i]->name, name) == 0)
            return c->commands[i];
    }
    return NULL;
}

static enum status unknown_command(const struct command *c, const char *path, const char *word)
{
    struct nearest n = {.to = word + strspn(word, "-")};
    for (int i = 0; c->commands != NULL && c->commands[i] != NULL; i++)
        nearest_offer(&n, c->commands[i]->name);
    if (n.word[0] == '\0')
        return status_fail(STATUS_CONFIG, "there are no commands below `%s`; `%s --help` shows it",
                           path, path);
    const char *kind = word[0] == '-' ? "option" : "command";
    if (strlen(n.to) < 2)
        return status_fail(STATUS_CONFIG, "unknown %s '%s'; `%s help` lists them", kind, word,
                           path);
    return status_fail(STATUS_CONFIG, "unknown %s '%s'; did you mean '%s'? (`%s help` lists them)",
                       kind, word, n.word, path);
}

static enum status show_help(const struct command *c, char path[COMMAND_PATH], char **words)
{
    for (; *words != NULL; words++) {
        const struct command *below = find_below(c, *words);
        if (below == NULL && is_option(*words, &common_options[0]))
            continue;
        if (below == NULL)
            return unknown_command(c, path, *words);
        c = below;
        command_path(path, c, path);
    }
    if (c->hand_over != NULL)
        return c->hand_over((char *[]){(char *)c->name, (char *)"--help", NULL});
    manual_help(stdout, c, path);
    return STATUS_OK;
}

static enum status read_and_run(const struct command *c, const char *path, int argc, char **argv)
{
    void *arguments = calloc(1, c->arguments > 0 ? c->arguments : 1);
    if (arguments == NULL)
        return status_fail(STATUS_MEMORY, "no memory for the arguments");
    enum status result = command_read(c, path, argc, argv, arguments);
    if (result == STATUS_OK)
        result = c->run(arguments);
    free(arguments);
    return result;
}

/* By the program's own function, or its command of that name. */
static enum status show_version(const struct command *program)
{
    const struct command *c = find_below(program, "version");
    return program->version != NULL ? program->version() : c != NULL ? c->run(NULL) : STATUS_OK;
}

static enum status dispatch(const struct command *program, const struct command *c,
                            char path[COMMAND_PATH], int argc, char **argv)
{
    if (c->hand_over != NULL)
        return c->hand_over(argv);
    if (c->commands == NULL) {
        if (asks_for(&common_options[0], argc, argv))
            return show_help(c, path, argv + argc);
        if (asks_for(&common_options[1], argc, argv))
            return show_version(program);
        return read_and_run(c, path, argc, argv);
    }
    if (argc < 2 || strcmp(argv[1], "help") == 0 || is_option(argv[1], &common_options[0]))
        return show_help(c, path, argc < 2 ? argv + argc : argv + 2);
    if (is_option(argv[1], &common_options[1]))
        return show_version(program);
    const struct command *below = find_below(c, argv[1]);
    if (below == NULL)
        return unknown_command(c, path, argv[1]);
    command_path(path, below, path);
    return dispatch(program, below, path, argc - 1, argv + 1);
}

enum status command_call(const struct command *c, char path[COMMAND_PATH], int argc, char **argv)
{
    return dispatch(c, c, path, argc, argv);
}

enum status command_main(const struct command *program, int argc, char **argv)
{
    char path[COMMAND_PATH];
    snprintf(path, sizeof path, "%s", program->name);
    enum status result = dispatch(program, program, path, argc, argv);
    if (result != STATUS_OK) {
        (void)fflush(stdout); /* the error comes last, in a log of both too */
        say_to(stderr, "%s: %s\n", path, status_sentence());
    }
    if (file_close_output() != STATUS_OK && result == STATUS_OK) {
        result = STATUS_IO;
        if (*status_sentence() != '\0')
            say_to(stderr, "%s: %s\n", path, status_sentence());
    }
    return result;
}
