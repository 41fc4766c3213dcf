#include "engine/base/say.h"
#include "harness/commands/command.h"
#include "harness/matrix/supply.h"

#include <string.h>

struct arguments {
    const char *preset, *data;
    char **word; /* the matrix, and ids of its datasets; none: all */
};

static const struct option_row options[] = {
    OPTION_DATA(struct arguments, data),
    OPTION_PRESET(struct arguments, preset, ),
    {.name = NULL},
};

static bool is_asked_for(const struct arguments *a, const char *dataset)
{
    for (char **id = a->word + 1; *id != NULL; id++) {
        if (strcmp(*id, dataset) == 0)
            return true;
    }
    return a->word[1] == NULL;
}

/* All that can be got; the first failure is reported at the end. */
static enum status get_all(const struct arguments *a, const struct matrix *m)
{
    struct status_note note = {.code = STATUS_OK};
    int failed = 0;
    for (int i = 0; i < m->sources; i++) {
        const struct matrix_source *s = &m->source[i];
        if (!is_asked_for(a, s->dataset))
            continue;
        if (supply_is_there(s, a->data)) {
            say("%s: already present\n", s->dataset);
            continue;
        }
        enum status result = supply_get(s, a->data);
        if (result == STATUS_INTERRUPTED)
            return result;
        if (result != STATUS_OK && failed++ == 0)
            status_save(&note, result);
        else if (result != STATUS_OK)
            say("%s: %s\n", s->dataset, status_sentence());
    }
    return failed > 0 ? status_restore(&note) : STATUS_OK;
}

static enum status get_datasets(void *context)
{
    const struct arguments *a = context;
    struct matrix m;
    enum status result = STATUS_OK;
    TRY(matrix_load(a->word[0], a->preset, &m));
    for (char **id = a->word + 1; *id != NULL && result == STATUS_OK; id++) {
        if (supply_of(&m, *id) == NULL)
            result = status_fail(STATUS_CONFIG, "matrix %s has no dataset '%s'", m.name, *id);
    }
    if (result == STATUS_OK)
        result = get_all(a, &m);
    matrix_unload(&m);
    return result;
}

const struct command data_get = {
    .name = "get",
    .summary = "generate or fetch the missing datasets of a matrix, each once",
    .operands = "MATRIX [ID...]",
    .operand_help = "a matrix (`vitamin plan` lists them), and datasets of it; otherwise all",
    COMMAND_OPERAND(struct arguments, word),
    .examples = {{"vitamin data get lite", "before a sweep, on a machine with a connection"}},
    .options = options,
    .arguments = sizeof(struct arguments),
    .run = get_datasets,
};
