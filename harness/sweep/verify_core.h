/* OpenBLAS chooses its kernels by processor when it is loaded, and they decide last bits. A run
 * that other kernels computed is therefore verified by another `vitamin`, started with those. */
#ifndef HARNESS_VERIFY_CORE_H
#define HARNESS_VERIFY_CORE_H

#include "harness/sweep/verify.h"

/* Was the run computed with other kernels than this process has, and can this processor run them?
 */
bool verify_wants_core(const struct record *r);

/* As `vitamin verify RESULTS --run NAME` says with those kernels: its lines are printed, its
 * verdict returned. Errors STATUS_INTERRUPTED, STATUS_IO */
enum status verify_with_core(const struct record *r, const struct verify_options *options,
                             enum verify_verdict *out);

#endif
