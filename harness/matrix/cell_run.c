#include "harness/matrix/cell_run.h"

#include "engine/base/log.h"
#include "harness/matrix/guide.h"
#include "harness/matrix/supply.h"

static enum status run_cell(const struct matrix *m, const struct matrix_cell *cell,
                            const char *results, const struct run_request *how,
                            struct cell_outcome *out)
{
    struct run_request r = *how;
    char folder[FILE_PATH];
    const struct matrix_source *source = supply_of(m, cell->dataset);
    TRY(guide_check(m, cell, results));
    matrix_request(cell, &r.config);
    r.seed = (uint64_t)cell->seed;
    r.folder = out->folder;
    r.matrix = cell->matrix;
    r.variant = cell->variant;
    r.results = results != NULL ? results : MATRIX_RESULTS;
    /* What failed before is tried again; were it killed now, it would be a stopped cell. */
    run_folder_forget_failure(out->folder);
    if (source != NULL && source->generated)
        TRY(supply_get(source, how->data_folder));
    if (source != NULL)
        TRY(supply_folder(source, how->data_folder, folder, &r.data_folder));
    return run_execute(&r, NULL);
}

/* A full disk may refuse this one too: then the log has it. */
static enum status record_failure(const char *folder, enum status failure)
{
    struct status_note note;
    status_save(&note, failure);
    if (run_folder_fail(folder, note.sentence) != STATUS_OK)
        log_error("cell", "%s; and this cannot be recorded: %s", note.sentence, status_sentence());
    return status_restore(&note);
}

enum status cell_run(const struct matrix *m, const struct matrix_cell *cell, const char *results,
                     const struct run_request *how, struct cell_outcome *out)
{
    char hash[SHA256_HEX];
    *out = (struct cell_outcome){.was_over = false};
    TRY(matrix_folder(cell, results, out->folder));
    run_folder_look(out->folder, &out->look, NULL);
    out->was_over = run_folder_is_over(out->look.state);
    if (out->was_over) {
        TRY(cell_config_hash(cell, hash));
        return cell_check(cell, hash, out->folder, &out->look);
    }
    enum status result = run_cell(m, cell, results, how, out);
    if (result == STATUS_INTERRUPTED || result == STATUS_BUSY || result == STATUS_WAITS)
        return result;
    if (result != STATUS_OK && result != STATUS_NONFINITE)
        return record_failure(out->folder, result);
    run_folder_look(out->folder, &out->look, NULL);
    return STATUS_OK;
}
