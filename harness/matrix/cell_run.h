/* Do one cell of a matrix: what `vitamin run --matrix M --cell N` does, for whatever scheduler.
 *
 * The cell's folder says what became of it (run_folder.h): a run that ends or diverges leaves a
 * curve, a failure leaves the file `failed` with its sentence. */
#ifndef HARNESS_CELL_RUN_H
#define HARNESS_CELL_RUN_H

#include "harness/matrix/cell.h"
#include "harness/run/run.h"

struct cell_outcome {
    char folder[FILE_PATH];
    bool was_over;
    struct run_folder look; /* of the cell that is over */
};

/* `how` gives data_folder, keep, checkpoint_every, stop_after, quiet and stop; the rest of it is
 * filled in from the cell. A dataset that the matrix says how to generate is made if it is missing.
 * A cell that is over already, and one that diverges, are STATUS_OK: there is no more work to do.
 *
 * Errors  those of run_execute and of guide_check (STATUS_WAITS: another cell comes first). All but
 *         STATUS_WAITS, STATUS_INTERRUPTED and STATUS_BUSY are recorded in the cell's folder;
 *         STATUS_CONFIG also when the folder holds a run of another configuration */
enum status cell_run(const struct matrix *m, const struct matrix_cell *cell, const char *results,
                     const struct run_request *how, struct cell_outcome *out);

#endif
