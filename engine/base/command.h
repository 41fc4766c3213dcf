/* Command lines from tables. A program is a tree of commands; a command is a row with its operands,
 * options and texts. From that come parsing and errors (here), `--help` and the man page
 * (manual.h), and the shells' completion (completion.h).
 *
 * Understood: --name VALUE, --name=VALUE, -n VALUE, -nVALUE, several letters behind one dash, names
 * cut short as long as they are unambiguous, and -- before words that are no options although they
 * begin with a dash. Options and operands may stand in any order; of an option that is given twice
 * the last counts. --help (-h) and --version (-V) work wherever they stand, `help COMMAND` at any
 * level. */
#ifndef ENGINE_BASE_COMMAND_H
#define ENGINE_BASE_COMMAND_H

#include "engine/base/status.h"

#include <stdbool.h>
#include <stddef.h>

enum option_kind {
    OPTION_FLAG, /* bool: set to true, or with `choices` to whether it is the second of two */
    OPTION_TEXT, /* const char *: the word itself, one of `choices` if there are any */
    OPTION_INT,  /* int, long, double: from low to high, both included */
    OPTION_LONG,
    OPTION_NUMBER,
    OPTION_CHOICE, /* an enum: the position in `choices` */
    OPTION_TAKE,   /* whatever `take` makes of the word */
};

/* One option; a table of them ends with a row without a name. */
struct option_row {
    const char *name;     /* without its dashes */
    char letter;          /* -x, or 0 */
    const char *value;    /* "FOLDER"; NULL: it takes none, or one of `choices` */
    const char *standard; /* its default, read as if it had been given; NULL: none */
    const char *help;     /* a sentence without capital and full stop; `code` in backticks */
    enum option_kind kind;
    size_t offset;       /* in the command's arguments; both by OPTION_FIELD */
    const char *choices; /* "paper|code" */
    double low, high;
    bool pairs; /* further KEY=VALUE words that follow belong to it too */
    bool late;  /* the default waits for command_settle(): until then NULL means "not given" */
    /* Errors: a sentence that names the option. */
    enum status (*take)(void *arguments, const char *value);
};

/* Where a value goes; the member's type decides what can be read into it. */
#define OPTION_FIELD(type, member)                                                                 \
    .kind = _Generic(((type *)0)->member,                                                          \
        bool: OPTION_FLAG,                                                                         \
        const char *: OPTION_TEXT,                                                                 \
        int: OPTION_INT,                                                                           \
        long: OPTION_LONG,                                                                         \
        unsigned long: OPTION_LONG,                                                                \
        double: OPTION_NUMBER,                                                                     \
        unsigned: OPTION_CHOICE),                                                                  \
    .offset = offsetof(type, member)
#define OPTION_BY(function) .kind = OPTION_TAKE, .take = (function)

struct command_example {
    const char *line, *what; /* what to type, and what it does */
};

enum { COMMAND_EXAMPLES = 4, COMMAND_PATH = 64 };

struct command {
    const char *name;    /* of a program its own: "vitamin" */
    const char *summary; /* one line without capital and full stop */
    /* The operands as the usage line shows them, "MATRIX [ID...]": in brackets what may be left
     * out, dots where there may be several. NULL: there are none. */
    const char *operands;
    const char *operand_help;
    const char *operand_standard; /* the one operand's default; NULL: none */
    const char *usage;       /* lines instead of "[OPTION]... OPERANDS", each behind the name */
    const char *description; /* paragraphs between blank lines, `code` in backticks; NULL: none */
    struct command_example examples[COMMAND_EXAMPLES];
    const struct option_row *options; /* NULL: none of its own */
    size_t arguments;                 /* size of the struct that `run` gets, zeroed at first */
    size_t operand;                   /* in it: one word, or a NULL-terminated list of them */
    bool operand_list;
    void (*begin)(void *arguments); /* before reading: what is not zero and no option; or NULL */
    enum status (*run)(void *arguments);
    /* Instead of `run`: another program, which gets the words as they are (argv[0] is the name). */
    enum status (*hand_over)(char **argv);
    /* Instead of both: commands below it, NULL ends the table. */
    const struct command *const *commands;
    /* Of a program: print what it is; NULL: its command `version` does. */
    enum status (*version)(void);
};

#define COMMAND_OPERAND(type, member)                                                              \
    .operand_list = _Generic(((type *)0)->member, char **: true, const char *: false),             \
    .operand = offsetof(type, member)

/* The i-th option of a command, --help and --version last; NULL: no more. */
const struct option_row *command_option(const struct command *c, int i);
bool option_takes_value(const struct option_row *o);

/* Run what the words of a program ask for, write its output out, and say in one sentence on stderr
 * what failed. Errors STATUS_CONFIG: the command line; STATUS_IO: stdout cannot be written; else
 * the command's own. */
enum status command_main(const struct command *program, int argc, char **argv);

/* The same for one command, without the last two: argv[0] is its name, `path` what stands before
 * its arguments on the command line ("vitamin data"), extended by the names of commands below. */
enum status command_call(const struct command *c, char path[COMMAND_PATH], int argc, char **argv);

/* Read a command's words into its arguments; argv is reordered and must be NULL-terminated.
 * Errors STATUS_CONFIG */
enum status command_read(const struct command *c, const char *path, int argc, char **argv,
                         void *arguments);

/* Give the options that are `late` and still NULL their defaults. */
void command_settle(const struct command *c, void *arguments);

/* "vitamin data" and its command `list`: "vitamin data list"; the first may be "", or `out`. */
void command_path(const char *above, const struct command *c, char out[COMMAND_PATH]);

#endif
