#include "engine/base/say.h"
#include "harness/base/argument.h"
#include "harness/commands/command_data.h"
#include "harness/matrix/supply.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

struct arguments {
    const char *matrix, *preset, *data;
    char **id; /* NULL ends it; none: all */
};

static enum status parse(int argc, char **argv, struct arguments *a)
{
    int rest;
    *a = (struct arguments){.matrix = NULL};
    TRY(argument_read(argc, argv,
                      (const struct argument[]){{"data", .text = &a->data},
                                                {"preset", .text = &a->preset},
                                                {.name = NULL}},
                      &rest));
    if (rest == argc)
        return status_fail(STATUS_CONFIG, "a matrix is expected; `vitamin plan` lists them");
    a->matrix = argv[rest];
    a->id = argv + rest + 1;
    return STATUS_OK;
}

static bool is_asked_for(const struct arguments *a, const char *dataset)
{
    for (char **id = a->id; *id != NULL; id++) {
        if (strcmp(*id, dataset) == 0)
            return true;
    }
    return *a->id == NULL;
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
            say("%s: is there\n", s->dataset);
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

static enum status run(int argc, char **argv)
{
    struct arguments a;
    struct matrix m;
    TRY(parse(argc, argv, &a));
    TRY(matrix_load(a.matrix, a.preset, &m));
    assert(a.id != NULL); /* parse() saw to it */
    for (char **id = a.id; *id != NULL; id++) {
        if (supply_of(&m, *id) != NULL)
            continue;
        enum status result = status_fail(STATUS_CONFIG, "matrix %s has no dataset '%s'", m.name,
                                         *id);
        matrix_unload(&m);
        return result;
    }
    enum status result = get_all(&a, &m);
    matrix_unload(&m);
    return result;
}

const struct command data_get = {
    .name = "get",
    .usage = "MATRIX [ID ...] [--data FOLDER] [--preset paper|code]",
    .help = "the datasets of a matrix: makes or fetches what is missing, each once",
    .run = run,
};
