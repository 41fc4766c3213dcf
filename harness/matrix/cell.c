#include "harness/matrix/cell.h"

#include "harness/run/run.h"

#include <string.h>

enum status cell_config_hash(const struct matrix_cell *cell, char out[SHA256_HEX])
{
    struct config_request request;
    struct hyper h;
    matrix_request(cell, &request);
    TRY(run_configure(&request, &h));
    return run_config_hash(&h, out);
}

enum status cell_check(const char *config_hash, const char *folder, const struct run_folder *look)
{
    if (*look->config_hash == '\0' || strcmp(config_hash, look->config_hash) == 0)
        return STATUS_OK;
    return status_fail(STATUS_CONFIG,
                       "%s: holds a run of another configuration; remove the folder to run the "
                       "cell anew, or use another --results",
                       folder);
}
