/* `vitamin sameness`, as the program of the report runs it (--sameness first). */
#include "report/sameness/sameness.h"

#include "engine/base/file.h"
#include "engine/base/log.h"
#include "engine/base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arguments {
    char **folder;
    const char *seeds;
    struct sameness_options how;
    struct sameness_settings *settings; /* how.settings, to be filled */
};

enum status sameness_read_seeds(const char *text, struct sameness_options *out)
{
    char *end;
    out->first_seed = out->last_seed = strtol(text, &end, 10);
    if (end != text && *end == '-')
        out->last_seed = strtol(end + 1, &end, 10);
    if (end == text || *end != '\0' || out->first_seed < 1 || out->last_seed < out->first_seed ||
        out->last_seed - out->first_seed >= SAMENESS_SEEDS)
        return status_fail(STATUS_CONFIG,
                           "--seeds is '%.40s', should be a number or a range like 1-8", text);
    return STATUS_OK;
}

/* Every file that cannot be read is an error, whatever it is of. */
static enum status read_ours(char *const *folders, struct results *r)
{
    bool there;
    for (; *folders != NULL; folders++) {
        TRY(file_look(*folders, &there));
        if (!there)
            return status_fail(STATUS_MISSING,
                               "%s: no such folder; `make test-sameness` makes the runs and names "
                               "theirs",
                               *folders);
        TRY(results_read_folder(r, *folders));
    }
    for (int i = 0; i < r->notes; i++) {
        if (r->note[i].level != NOTE_INFO)
            log_warn("sameness", "%s", r->note[i].text);
    }
    for (int i = 0; i < r->runs; i++) {
        if (r->run[i].unreadable)
            return status_fail(STATUS_FORMAT, "%s", r->run[i].why);
    }
    return results_all_read(r, " (named above)");
}

enum status sameness_run(char *const *folders, const struct sameness_options *options)
{
    struct results r;
    struct sameness s = {.groups = 0};
    struct run_log *recorded = NULL;
    int count = 0;
    results_init(&r, (struct results_options){0});
    enum status status = run_log_read("results/reference/tiny.csv", NULL, &recorded, &count);
    if (status == STATUS_OK)
        status = sameness_check_words(recorded, count, options);
    if (status == STATUS_OK)
        status = read_ours(folders, &r);
    if (status == STATUS_OK)
        status = sameness_compare(&r, recorded, count, options, &s);
    if (status == STATUS_OK) {
        sameness_say(&s);
        status = sameness_verdict(&s);
    }
    sameness_free(&s);
    for (int i = 0; i < count; i++)
        run_log_free(&recorded[i]);
    free(recorded);
    results_free(&r);
    return status;
}

/* "METHOD DATASET", and the lines of the configuration below it. */
static enum status add_settings(void *arguments, const char *value)
{
    struct arguments *a = arguments;
    size_t method = strcspn(value, " "), line = strcspn(value, "\n");
    if (value[line] == '\0' || method >= line)
        return status_fail(STATUS_CONFIG,
                           "--settings is '%.*s', should be METHOD DATASET and a "
                           "configuration below it",
                           (int)line, value);
    TRY(memory_grow((void **)&a->settings, a->how.settings_count, sizeof *a->settings,
                    "the settings"));
    struct sameness_settings *s = &a->settings[a->how.settings_count++];
    snprintf(s->method, sizeof s->method, "%.*s", (int)method, value);
    snprintf(s->dataset, sizeof s->dataset, "%.*s", (int)(line - method - 1), value + method + 1);
    s->config = value + line + 1;
    return STATUS_OK;
}

static enum status compare_released(void *arguments)
{
    struct arguments *a = arguments;
    enum status status = STATUS_OK;
    a->how.settings = a->settings;
    if (a->seeds != NULL)
        status = sameness_read_seeds(a->seeds, &a->how);
    if (status == STATUS_OK)
        status = sameness_run(a->folder, &a->how);
    free(a->settings);
    return status;
}

#define FIELD(member) OPTION_FIELD(struct arguments, member)
static const struct option_row options[] = {
    {"seeds", 's', "N|A-B", NULL, "only these seeds", FIELD(seeds)},
    {"datasets", 'd', "LIST", NULL, "only these datasets", FIELD(how.datasets)},
    {"methods", 'm', "LIST", NULL, "only these methods", FIELD(how.methods)},
    {"settings", 0, "TEXT", NULL,
     "METHOD DATASET and, below it, the configuration that its runs must have; may be given "
     "several times",
     OPTION_BY(add_settings)},
    {.name = NULL},
};

const struct command sameness_command = {
    .name = "vitamin sameness",
    .summary = "compare runs with runs of the released program, as distributions",
    .description = "What `vitamin sameness` starts. Without --settings the runs' configurations "
                   "are only held against each other.",
    .operands = "RESULTS...",
    .operand_help = "folders of runs",
    COMMAND_OPERAND(struct arguments, folder),
    .options = options,
    .arguments = sizeof(struct arguments),
    .run = compare_released,
};
