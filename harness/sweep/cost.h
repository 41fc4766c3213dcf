/* How long a cell will take. There is one estimate, which `plan`, `status`, `cost`, `slurm` and the
 * sweep's order share: arithmetic counted from the cell's configuration and its data's episodes,
 * times this machine's measured speed (speed.h), or a nominal one where none is measured, times
 * what finished cells of the matrix took per second of that. */
#ifndef HARNESS_COST_H
#define HARNESS_COST_H

#include "harness/curve/run_folder.h"
#include "harness/matrix/matrix.h"
#include "harness/sweep/speed.h"

struct cost {
    double *hint;    /* core-seconds before any cell has finished, one a cell */
    double *seconds; /* expected core-seconds, one a cell; the measured ones where finished */
    struct speed_estimate *part; /* of `hint` by phase, one a cell; 0 where it is nominal */
    int cells, measured;         /* all, and the finished ones behind `seconds` */
    int nominal;                 /* cells without a measured speed: a guess */
    int scaled;                  /* cells estimated from another method's speed */
    int from_file, from_facts;   /* datasets whose episodes' length comes from there */
    bool has_speed;              /* some speed was measured */
};

enum { COST_OWN_PRECISION = -1 };

/* Costs of a matrix's cells. `speed`: measured by the matrix `cost`, or NULL. `data`: as --data.
 * `precision`: enum HYPER_precision_* of all cells, instead of their own.
 * Errors STATUS_CONFIG (a cell's configuration is refused: the sentence names it), STATUS_MEMORY */
enum status cost_init(const struct matrix *m, const struct speed_table *speed, const char *data,
                      int precision, struct cost *out);
void cost_free(struct cost *c);

/* Scale the hints by what finished cells took: those of the same method and environment if there
 * are any, else of the method, else all. */
void cost_measure(struct cost *c, const struct matrix *m, const struct run_folder *look);

/* What the estimate rests on, for people: "at the speed measured by `vitamin sweep cost`". */
enum { COST_BASIS = 256 };
void cost_basis(const struct cost *c, char out[COST_BASIS]);

/* Bytes that a run of this cell needs, roughly: the dataset in memory and the networks. */
size_t cost_memory(const struct matrix_cell *cell);

#endif
