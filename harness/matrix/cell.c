#include "harness/matrix/cell.h"

#include "harness/run/run.h"

#include <stdlib.h>
#include <string.h>

enum status cell_config_hash(const struct matrix_cell *cell, char out[SHA256_HEX])
{
    struct config_request request;
    struct hyper h;
    matrix_request(cell, &request);
    TRY(run_configure(&request, &h));
    return run_config_hash(&h, out);
}

/* "" where either cannot be told. */
static void describe_differences(const struct matrix_cell *cell, const char *folder, char *out,
                                 size_t size)
{
    struct config_request request;
    struct run_folder look;
    struct curve c;
    struct hyper h;
    char *text = NULL;
    *out = '\0';
    matrix_request(cell, &request);
    run_folder_look(folder, &look, &c);
    if (c.config != NULL && run_configure(&request, &h) == STATUS_OK &&
        config_identity(&h, &text) == STATUS_OK)
        curve_config_differences(c.config, text, out, size);
    free(text);
    curve_free(&c);
}

enum status cell_check(const struct matrix_cell *cell, const char *config_hash, const char *folder,
                       const struct run_folder *look)
{
    char keys[STATUS_SENTENCE / 2];
    if (*look->config_hash == '\0' || strcmp(config_hash, look->config_hash) == 0)
        return STATUS_OK;
    describe_differences(cell, folder, keys, sizeof keys);
    return status_fail(STATUS_CONFIG,
                       "%s: holds a run of another configuration%s%s; remove the folder to run the "
                       "cell anew, or use another --results",
                       folder, *keys != '\0' ? ": " : "", keys);
}
