/* Where the numbers come from: provenance.json, and a short hash of it for every other output.
 *
 * No clock, no absolute paths of the report's own, no output folder: equal inputs give equal
 * bytes. */
#ifndef REPORT_PROVENANCE_H
#define REPORT_PROVENANCE_H

#include "report/options.h"

/* 16 hexadecimal digits of the SHA-256 over choices, runs and scores, also those compared with. */
void provenance_hash(const struct options *o, const struct report *r, char out[17]);

/* One line for the top of .tex, .gp, .svg: "vitamin report <hash>: 35 runs, 50000 replications". */
void provenance_comment(const struct report *r, char *out, size_t size);

/* provenance.json: choices, library versions, every run with all it says about itself, runs left
 * out with the reason. Errors STATUS_IO, STATUS_MEMORY. */
enum status provenance_write(const struct options *o, const struct report *r, const char *path);

#endif
