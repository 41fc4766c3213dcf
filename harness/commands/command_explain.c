#include "harness/commands/command.h"

#include "harness/config/explain.h"
#include "harness/run/run.h"
#include "suites/dataset_table.h"

#include <stdio.h>

static enum status add_set(void *arguments, const char *assignment)
{
    return config_add_set(arguments, assignment);
}

#define FIELD(member) OPTION_FIELD(struct config_request, member)
static const struct option_row options[] = {
    {"dataset", 'd', "ID", "hopper-medium-v2", "show the values for this dataset", FIELD(dataset),
     .late = true},
    OPTION_PRESET(struct config_request, preset, .standard = "paper"),
    OPTION_SET(add_set),
    {.name = NULL},
};

/* Method and label, one a line: of some that need no dataset too. */
static enum status list_methods(const struct config_request *c)
{
    const struct env_kind *kind = dataset_env(c->dataset);
    for (int i = 0; config_method(c->preset, i) != NULL; i++) {
        struct hyper h;
        char name[CONFIG_NAME];
        struct config_request own = *c;
        snprintf(name, sizeof name, "%s", config_method(c->preset, i));
        own.method = name;
        own.suite = kind != NULL ? kind->suite->name : "";
        TRY(config_load(&own, &h));
        printf("%-18s %s\n", name, h.label);
    }
    printf("\n`vitamin explain METHOD` prints a method's recipe, its sources and its settings.\n");
    return STATUS_OK;
}

static enum status explain_method(void *context)
{
    struct config_request *c = context;
    struct hyper h;
    bool any_dataset = c->dataset == NULL;
    command_settle(&command_explain, c);
    c->size = "paper";
    if (c->method == NULL)
        return list_methods(c);
    TRY(run_configure(c, &h));
    struct explain_request r = {.method = c->method,
                                .preset = c->preset,
                                .dataset = c->dataset,
                                .suite = c->suite,
                                .any_dataset = any_dataset};
    return explain_write(stdout, &r, &h);
}

const struct command command_explain = {
    .name = "explain",
    .summary = "print a method's recipe, its sources and the ledger entries that concern it",
    .operands = "[METHOD]",
    .operand_help = "a method, or the path of a preset file; without one, list the methods",
    COMMAND_OPERAND(struct config_request, method),
    .examples = {{"vitamin explain", "list the methods"},
                 {"vitamin explain td3_odt --dataset antmaze-umaze-v2", "one of them, in full"}},
    .options = options,
    .arguments = sizeof(struct config_request),
    .run = explain_method,
};
