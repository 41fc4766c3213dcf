#include "engine/base/completion.h"

#include "engine/base/nearest.h"

#include <stdio.h>
#include <string.h>

enum completion_shell { COMPLETION_BASH, COMPLETION_ZSH, COMPLETION_FISH };

/* A walk over a program's commands; `path` is "" for the program, "data list" for what is below. */
typedef void visit_command(FILE *out, const struct command *program, const struct command *c,
                           const char *path);

static void walk_commands(FILE *out, const struct command *program, const struct command *c,
                          const char *path, visit_command *visit)
{
    visit(out, program, c, path);
    for (int i = 0; c->commands != NULL && c->commands[i] != NULL; i++) {
        char below[COMMAND_PATH];
        command_path(path, c->commands[i], below);
        walk_commands(out, program, c->commands[i], below, visit);
    }
}

/* "vitamin report" with another sign for the blanks: the name of the program, or of a function. */
static void joined(const char *name, char sign, char out[COMMAND_PATH])
{
    snprintf(out, COMMAND_PATH, "%s", name);
    for (char *at = out; *at != '\0'; at++)
        *at = *at == ' ' || *at == '-' ? sign : *at;
}

/* "a|b|c" as words. */
static void print_choices(FILE *out, const char *choices)
{
    for (; *choices != '\0'; choices++)
        fputc(*choices == '|' ? ' ' : *choices, out);
}

/* Within single quotes, which all three shells end in their own way; in zsh a colon ends a
 * description's first half. */
static void print_quoted(FILE *out, const char *text, enum completion_shell shell)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            fputs(shell == COMPLETION_FISH ? "\\'" : "'\\''", out);
        else if (shell == COMPLETION_ZSH && strchr(":[]\\", *text) != NULL)
            fprintf(out, "\\%c", *text);
        else
            fputc(*text, out);
    }
}

/* --- bash ------------------------------------------------------------------------------------- */

static void bash_path(FILE *out, const struct command *program, const struct command *c,
                      const char *path)
{
    (void)program;
    (void)c;
    if (*path != '\0')
        fprintf(out, " | '%s'", path);
}

static void bash_values(FILE *out, const struct command *program, const struct command *c,
                        const char *path)
{
    const struct option_row *o;
    (void)program;
    for (int i = 0; c->hand_over == NULL && (o = command_option(c, i)) != NULL; i++) {
        if (!option_takes_value(o))
            continue;
        fprintf(out, "    '%s:--%s'", path, o->name);
        if (o->letter != 0)
            fprintf(out, " | '%s:-%c'", path, o->letter);
        fprintf(out, ") known='");
        print_choices(out, o->choices != NULL ? o->choices : "");
        fprintf(out, "' ;;\n");
    }
}

static void bash_words(FILE *out, const struct command *program, const struct command *c,
                       const char *path)
{
    const struct option_row *o;
    char function[COMMAND_PATH];
    if (c->hand_over != NULL) {
        joined(program->name, '_', function);
        fprintf(out, "    '%s') _%s_%s; return ;;\n", path, function, c->name);
        return;
    }
    fprintf(out, "    '%s') known='", path);
    for (int i = 0; c->commands != NULL && c->commands[i] != NULL; i++)
        fprintf(out, "%s ", c->commands[i]->name);
    fprintf(out, "%s", c->commands != NULL ? "help " : "");
    for (int i = 0; (o = command_option(c, i)) != NULL; i++)
        fprintf(out, "%s--%s", i > 0 ? " " : "", o->name);
    fprintf(out, "'; [[ $word == -* ]] || operand=%s ;;\n", c->commands != NULL ? "" : "1");
}

static void write_bash(FILE *out, const struct command *program)
{
    char function[COMMAND_PATH], name[COMMAND_PATH];
    joined(program->name, '_', function);
    joined(program->name, '-', name);
    fprintf(
        out,
        "# bash completion for %s\n_%s() {\n"
        "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command= "
        "known= operand= i\n"
        "    COMPREPLY=()\n"
        "    if [[ $word == '=' ]]; then word=\n"
        "    elif [[ $before == '=' ]]; then before=${COMP_WORDS[COMP_CWORD - 2]}; fi\n"
        "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
        "        case \"${command:+$command }${COMP_WORDS[i]}\" in\n"
        "        ''",
        name, function);
    walk_commands(out, program, program, "", bash_path);
    fprintf(out, ") command=\"${command:+$command }${COMP_WORDS[i]}\" ;;\n"
                 "        *) break ;;\n        esac\n    done\n"
                 "    case \"$command:$before\" in\n");
    walk_commands(out, program, program, "", bash_values);
    fprintf(out, "    *)\n    case \"$command\" in\n");
    walk_commands(out, program, program, "", bash_words);
    fprintf(
        out,
        "    esac ;;\n    esac\n"
        "    [[ -n $operand ]] || mapfile -t COMPREPLY < <(compgen -W \"$known\" -- \"$word\")\n"
        "}\ncomplete -o default -F _%s %s\n",
        function, name);
}

/* --- zsh -------------------------------------------------------------------------------------- */

static void zsh_path(FILE *out, const struct command *program, const struct command *c,
                     const char *path)
{
    (void)program;
    (void)c;
    if (*path != '\0')
        fprintf(out, "%s'%s'", strchr(path, ' ') == NULL && c == program->commands[0] ? "" : "|",
                path);
}

static void zsh_option(FILE *out, const struct option_row *o)
{
    if (o->letter != 0)
        fprintf(out, " \\\n            '(-%c --%s)'{-%c,--%s%s}'[", o->letter, o->name, o->letter,
                o->name, option_takes_value(o) ? "=" : "");
    else
        fprintf(out, " \\\n            '--%s%s[", o->name, option_takes_value(o) ? "=" : "");
    print_quoted(out, o->help, COMPLETION_ZSH);
    fputs("]", out);
    if (option_takes_value(o)) {
        fputs(":", out);
        print_quoted(out, o->value != NULL ? o->value : o->name, COMPLETION_ZSH);
        fputs(o->choices != NULL ? ":(" : ":_files", out);
        if (o->choices != NULL) {
            print_choices(out, o->choices);
            fputs(")", out);
        }
    }
    fputs("'", out);
}

static void zsh_words(FILE *out, const struct command *program, const struct command *c,
                      const char *path)
{
    const struct option_row *o;
    char function[COMMAND_PATH];
    joined(program->name, '_', function);
    fprintf(out, "    ('%s')\n", path);
    if (c->hand_over != NULL) {
        fprintf(out,
                "        (($+functions[_%s_%s])) || eval \"$(${words[1]} %s --completion zsh)\"\n"
                "        _%s_%s ;;\n",
                function, c->name, c->name, function, c->name);
        return;
    }
    if (c->commands != NULL) {
        fprintf(out, "        known=(");
        for (int i = 0; c->commands[i] != NULL; i++) {
            fprintf(out, "'%s:", c->commands[i]->name);
            print_quoted(out, c->commands[i]->summary, COMPLETION_ZSH);
            fputs("' ", out);
        }
        fprintf(out, "'help:show help')\n        _describe command known\n");
    }
    fprintf(out, "        _arguments -s");
    for (int i = 0; (o = command_option(c, i)) != NULL; i++)
        zsh_option(out, o);
    fprintf(out, "%s ;;\n", c->commands != NULL ? "" : " \\\n            '*:file:_files'");
}

static void write_zsh(FILE *out, const struct command *program)
{
    char function[COMMAND_PATH], name[COMMAND_PATH];
    joined(program->name, '_', function);
    joined(program->name, '-', name);
    fprintf(out, "#compdef %s\n_%s() {\n    local command= i=2\n    local -a known\n", name,
            function);
    if (program->commands != NULL) {
        fprintf(out, "    while ((i < CURRENT)); do\n"
                     "        case \"${command:+$command }${words[i]}\" in\n        (");
        walk_commands(out, program, program, "", zsh_path);
        fprintf(out, ") command=\"${command:+$command }${words[i]}\"; ((i++)) ;;\n"
                     "        (*) break ;;\n        esac\n    done\n"
                     "    words=(\"${words[1]}\" \"${(@)words[i,-1]}\")\n"
                     "    ((CURRENT -= i - 2))\n");
    }
    fprintf(out, "    case \"$command\" in\n");
    walk_commands(out, program, program, "", zsh_words);
    /* As a file of fpath it is the body of the function at its first call. */
    fprintf(out, "    esac\n}\ncompdef _%s %s\n[[ $funcstack[1] != _%s ]] || _%s \"$@\"\n",
            function, name, function, function);
}

/* --- fish ------------------------------------------------------------------------------------- */

/* When a completion is offered: behind the words of the path, and before another command. */
static void fish_condition(FILE *out, const struct command *program, const struct command *c,
                           const char *path)
{
    if (program->commands == NULL)
        return;
    if (*path == '\0') {
        fputs(" -n __fish_use_subcommand", out);
        return;
    }
    const char *blank = strchr(path, ' ');
    int first = blank != NULL ? (int)(blank - path) : (int)strlen(path);
    fprintf(out, " -n '__fish_seen_subcommand_from %.*s", first, path);
    if (blank != NULL)
        fprintf(out, "; and __fish_seen_subcommand_from%s", blank);
    if (c->commands != NULL) {
        fputs("; and not __fish_seen_subcommand_from", out);
        for (int i = 0; c->commands[i] != NULL; i++)
            fprintf(out, " %s", c->commands[i]->name);
    }
    fputs("'", out);
}

static void fish_words(FILE *out, const struct command *program, const struct command *c,
                       const char *path)
{
    const struct option_row *o;
    char name[COMMAND_PATH];
    joined(program->name, '-', name);
    for (int i = 0; c->commands != NULL && c->commands[i] != NULL; i++) {
        fprintf(out, "complete -c %s -f", name);
        fish_condition(out, program, c, path);
        fprintf(out, " -a %s -d '", c->commands[i]->name);
        print_quoted(out, c->commands[i]->summary, COMPLETION_FISH);
        fputs("'\n", out);
    }
    if (c->hand_over != NULL) {
        fprintf(out, "complete -c %s", name);
        fish_condition(out, program, c, path);
        fprintf(out,
                " -f -a '(complete -C (commandline -cp | string replace -r \"^.*? %s\" %s-%s))'\n",
                c->name, name, c->name);
        return;
    }
    for (int i = 0; (o = command_option(c, i)) != NULL; i++) {
        fprintf(out, "complete -c %s", name);
        fish_condition(out, program, c, path);
        fprintf(out, " -l %s", o->name);
        if (o->letter != 0)
            fprintf(out, " -s %c", o->letter);
        if (o->choices != NULL) {
            fputs(" -x -a '", out);
            print_choices(out, o->choices);
            fputs("'", out);
        } else if (o->value != NULL) {
            fputs(" -r", out);
        }
        fputs(" -d '", out);
        print_quoted(out, o->help, COMPLETION_FISH);
        fputs("'\n", out);
    }
}

static void write_fish(FILE *out, const struct command *program)
{
    walk_commands(out, program, program, "", fish_words);
}

enum status completion_print(const struct command *program, const char *shell)
{
    static const struct {
        const char *name;
        void (*write)(FILE *out, const struct command *program);
    } shells[] = {{"bash", write_bash}, {"zsh", write_zsh}, {"fish", write_fish}};
    struct nearest n = {.to = shell};
    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++) {
        if (strcmp(shells[i].name, shell) == 0) {
            shells[i].write(stdout, program);
            return STATUS_OK;
        }
        nearest_offer(&n, shells[i].name);
    }
    return status_fail(STATUS_CONFIG,
                       "unknown shell '%s'; did you mean '%s'? There is completion "
                       "for bash, zsh and fish",
                       shell, n.word);
}
