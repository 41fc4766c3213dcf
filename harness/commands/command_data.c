#include "harness/commands/command_data.h"

#include <stdio.h>
#include <string.h>

/* clang-format off */
const struct command *const data_table[] = {
    &data_list,
    &data_stats,
    &data_check,
    &data_fetch,
    &data_generate,
    &data_get,
    &data_convert,
};
/* clang-format on */

const int data_count = (int)(sizeof data_table / sizeof data_table[0]);

static const struct command *find(const char *name)
{
    for (int i = 0; i < data_count; i++) {
        if (strcmp(data_table[i]->name, name) == 0)
            return data_table[i];
    }
    return NULL;
}

static void print_usage(const struct command *c)
{
    if (c != NULL) {
        printf("usage: vitamin data %s %s\n\n%s\n", c->name, c->usage, c->help);
        return;
    }
    printf("usage: vitamin data COMMAND ...\n\n");
    for (int i = 0; i < data_count; i++)
        printf("  %-10s %s\n", data_table[i]->name, data_table[i]->help);
    printf("\nvitamin data help COMMAND shows a command's arguments.\n");
}

static enum status run(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "help";
    const struct command *c = find(name);
    if (strcmp(name, "help") == 0 || strcmp(name, "--help") == 0) {
        print_usage(argc > 2 ? find(argv[2]) : NULL);
        return STATUS_OK;
    }
    if (c == NULL)
        return status_fail(STATUS_CONFIG, "there is no command '%s'; `vitamin data` lists them",
                           name);
    if (argc > 2 && strcmp(argv[2], "--help") == 0) {
        print_usage(c);
        return STATUS_OK;
    }
    return c->run(argc - 1, argv + 1);
}

const struct command command_data = {
    .name = "data",
    .usage = "COMMAND ...    (`vitamin data` lists the commands)",
    .help = "list, compare, check, fetch, make and convert datasets",
    .own_help = true,
    .run = run,
};
