/* Resamples of a matrix, 64 replicates at a time.
 *
 * A block is REPLICATE_LANES consecutive replicates. What a resample did is kept as counts: how
 * often each score was drawn. Scores are sorted once, outside; per replicate nothing is sorted,
 * every statistic is a pass over counts in lanes that the compiler vectorises. A block's bits
 * depend on the stream and the block alone, so threads may take blocks in any order.
 *
 * For the files that implement statistics; users want aggregate.h, compare.h, profile.h. */
#ifndef REPORT_REPLICATE_H
#define REPORT_REPLICATE_H

#include "report/stats/bootstrap.h"

enum { REPLICATE_LANES = 64 };

struct replicate {
    const struct matrix *x; /* not owned */
    uint64_t *key;          /* (M) stream of each task */
};

/* The streams of one matrix. Errors STATUS_CONFIG (b, or matrix_check), STATUS_MEMORY. */
enum status replicate_init(struct replicate *r, const struct bootstrap *b,
                           enum bootstrap_family family, const struct matrix *x);
void replicate_free(struct replicate *r);

/* Blocks that hold `reps` replicates, and how many of block i's lanes are among them. */
int replicate_blocks(int reps);
int replicate_lanes(int reps, int block);

/* Bytes of scratch that the two draws need: `scratch` below. */
size_t replicate_scratch(const struct matrix *x);

/* index[lane*N + n], N = runs[m]: the runs of task m drawn by each replicate of the block. */
void replicate_index(const struct replicate *r, int m, int block, void *scratch, uint16_t *index);

/* count (L, LANES): how often score l was drawn. */
void replicate_counts(const struct replicate *r, int block, void *scratch, uint16_t *count);

/* mean (M, LANES): task means of `score` (L, in the matrix's order; its own or another quantity of
 * the same runs). A task whose scores are all equal gives exactly that score. */
void replicate_means(const struct matrix *x, const double *score, const uint16_t *count,
                     double *mean);

/* out (LANES): mean over the M rows of `row` (M, LANES). */
void replicate_average(const double *row, int rows, double *out);
/* out (LANES): median over the rows, which are reordered. */
void replicate_median(double *row, int rows, double *out);

/* Copy the valid lanes of a block to values (reps). */
void replicate_store(const double *lane, int reps, int block, double *values);

/* One thread's buffers for the draws of one matrix. */
struct replicate_work {
    uint16_t *count; /* (L, LANES) of the block at hand */
    double *mean;    /* (M, LANES) for the statistic */
    double *drawn;   /* (L+1, LANES) likewise: trim_weigh */
    void *draw;      /* replicate_scratch */
};

/* Draw all blocks of `reps` replicates and let `of` compute its statistic from each block's counts.
 * It is called by several threads, blocks in any order. Threads: OpenMP inside. False without
 * memory. */
bool replicate_each(const struct replicate *r, int reps,
                    void (*of)(const void *job, int block, struct replicate_work *w),
                    const void *job);

#endif
