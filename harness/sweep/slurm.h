/* A matrix as Slurm job arrays: the text of one bash script that submits itself.
 *
 *   bash FILE    sbatch --array=... FILE cell OFFSET           in as many arrays as MaxArraySize
 *                sbatch --dependency=afterany:... FILE report   asks for, and behind all of them
 *
 *                --dependency=afterany:ARRAY_INDEX for the cells which that task's policy guides
 *
 *   a task       vitamin run --matrix M --cell (OFFSET + its index)
 *
 *   Slurm: USR1, `grace` seconds before the limit -> the task's shell -> vitamin
 *       it saves and leaves with exit status 3    -> scontrol requeue ARRAY_INDEX, goes on there
 *       it has not saved when the limit comes     -> likewise, from its last checkpoint
 *       it was preempted, or its node was lost    -> --requeue, likewise
 *       it was cancelled                          -> it saves and stays away
 *
 * A task's index is its cell's number (past the first thousand: less the offset), so that squeue
 * shows cells; where a task has several cells, which it runs one after another, it is the task's.
 * What was submitted is noted in FILE.submitted until all is: where a limit of jobs ends the
 * script, the next call, or a job behind the first array of this one, goes on there. Cells are
 * independent files: any shared folder does for results and datasets. Source  sbatch(1),
 * scontrol(1) of Slurm 22.05 */
#ifndef HARNESS_SLURM_H
#define HARNESS_SLURM_H

#include "engine/base/status.h"

enum { SLURM_ARRAY_MOST = 1000 }; /* Slurm's default MaxArraySize is 1001 */
enum { SLURM_QUEUE_LEAST = 3 };   /* a task, the job that goes on, the report */

struct slurm_job {
    const char *matrix;                  /* a name, or the absolute path of a file */
    const char *name;                    /* of the job */
    const char *program;                 /* absolute paths, the same on every node */
    const char *folder;                  /* where jobs run; NULL: where they are submitted */
    const char *results, *report, *data; /* data NULL: where vitamin looks by itself */
    const char *preset;                  /* NULL: the matrix's */
    const char *const *home;             /* first folders of the cells, for the report */
    int homes;
    const char *time;                /* limit of one go, as Slurm writes it */
    long grace;                      /* seconds before it, for the checkpoint */
    int cpus;                        /* of one task */
    const char *memory;              /* of one task: "2300M" */
    const char *partition, *account; /* or NULL */
    const char *const *extra;        /* further options of sbatch, one word each */
    int extras;
    int array_limit; /* tasks at a time, over all arrays; 0: as many as Slurm likes */
    int pack;        /* cells of a task; 0: one */
    int queue_limit; /* jobs of the user that may be queued at a time, at least SLURM_QUEUE_LEAST;
                      * 0: any number */
    const char *script; /* absolute path of the script; NULL: it is called by its name */
    int array_most;     /* largest index, SLURM_ARRAY_MOST unless told */
};

struct slurm_cell {
    int number;
    int after; /* number of the cell among them that must have ended before; 0: none */
};

/* The script for these cells (by number, ascending; one to come after is after none itself), for
 * free(). Errors STATUS_CONFIG (a path that Slurm's file name patterns cannot hold), STATUS_MEMORY
 */
enum status slurm_script(const struct slurm_job *job, const struct slurm_cell *cell, int cells,
                         char **out);

/* How many arrays that makes; -1: no memory. */
int slurm_arrays(const struct slurm_job *job, const struct slurm_cell *cell, int cells);

/* Bytes of a size as Slurm takes it for --mem: a number of MB, or with K, M, G or T behind it.
 * Errors STATUS_CONFIG. */
enum status slurm_bytes(const char *size, double *bytes);

/* `text` as one word of a shell's command line, between single quotes where something in it is
 * special; for free(). NULL: no memory. */
char *slurm_word(const char *text);

/* Seconds of a time limit: minutes, minutes:seconds, hours:minutes:seconds, days-hours,
 * days-hours:minutes, days-hours:minutes:seconds. Errors STATUS_CONFIG. */
enum status slurm_seconds(const char *time, long *seconds);

#endif
