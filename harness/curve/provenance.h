/* Where a result comes from: code, compiler, libraries, machine. Written into every curve. */
#ifndef HARNESS_PROVENANCE_H
#define HARNESS_PROVENANCE_H

#include "harness/curve/curve.h"

/* Set revision, dirty, program, compiler, flags, versions, blas_core, kernel, machine, host,
 * threads. Errors STATUS_IO, STATUS_INTERRUPTED, STATUS_MEMORY. */
enum status provenance_stamp(struct curve *c);

/* At a resume: begin a further segment when the code, its build, the libraries, the BLAS kernels or
 * the machine are not those of the last one. Of programs built from a tree with changes only the
 * same bytes count as the same code. Errors those of provenance_stamp. */
enum status provenance_resume(struct curve *c);

/* The revision that this program was built from ("unknown" outside of a repository), and whether
 * its sources had changes that no revision holds. */
const char *provenance_revision(void);
bool provenance_dirty(void);

/* Now, ISO 8601 in UTC. */
void provenance_now(char out[32]);

#endif
