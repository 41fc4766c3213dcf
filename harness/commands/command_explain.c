#include "harness/commands/command_explain.h"

#include "harness/base/argument.h"
#include "harness/config/explain.h"
#include "harness/run/run.h"

#include <stdio.h>
#include <string.h>

static const char default_dataset[] = "hopper-medium-v2";

struct arguments {
    struct config_request config;
    bool dataset_given;
};

static enum status add_set(void *context, const char *assignment)
{
    return config_add_set(context, assignment);
}

static enum status parse(int argc, char **argv, struct arguments *a)
{
    struct config_request *c = &a->config;
    int rest;
    *a = (struct arguments){0};
    *c = (struct config_request){.preset = "paper", .size = "paper"};
    TRY(argument_read(argc, argv,
                      (const struct argument[]){{"dataset", .text = &c->dataset},
                                                {"preset", .text = &c->preset},
                                                {"set", .take = add_set, .context = c},
                                                {.name = NULL}},
                      &rest));
    a->dataset_given = c->dataset != NULL;
    if (!a->dataset_given)
        c->dataset = default_dataset;
    return argument_last(argc, argv, rest, &c->method);
}

/* Method, label and where it stands, one a line. */
static enum status list_methods(struct config_request *c)
{
    for (int i = 0; config_method(c->preset, i) != NULL; i++) {
        struct hyper h;
        char name[CONFIG_NAME];
        struct config_request own = *c;
        snprintf(name, sizeof name, "%s", config_method(c->preset, i));
        own.method = name;
        TRY(run_configure(&own, &h));
        printf("%-18s %-26s %s\n", name, h.label, h.source_note);
    }
    return STATUS_OK;
}

static enum status explain(int argc, char **argv)
{
    struct arguments a;
    struct hyper h;
    TRY(parse(argc, argv, &a));
    if (!config_is_preset(a.config.preset))
        return status_fail(STATUS_CONFIG, "unknown preset '%s'; there are paper and code",
                           a.config.preset);
    if (a.config.method == NULL)
        return list_methods(&a.config);
    TRY(run_configure(&a.config, &h));
    struct explain_request r = {.method = a.config.method,
                                .preset = a.config.preset,
                                .dataset = a.config.dataset,
                                .suite = a.config.suite,
                                .any_dataset = !a.dataset_given};
    return explain_write(stdout, &r, &h);
}

const struct command command_explain = {
    .name = "explain",
    .usage = "[METHOD] [--dataset ID] [--preset paper|code] [--set key=value ...]",
    .help = "print a method's recipe, its sources and the ledger entries that touch it",
    .run = explain,
};
