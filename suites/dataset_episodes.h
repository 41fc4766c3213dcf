/* How long the episodes of a dataset are: what an estimate of costs needs, without loading it. */
#ifndef SUITES_DATASET_EPISODES_H
#define SUITES_DATASET_EPISODES_H

#include "engine/base/status.h"

/* Mean length in steps of the episodes of a file, from its flags alone (AntMaze: of the recorded
 * episodes, not of the pieces they are cut into). Names as in dataset_locate.
 * Errors  dataset_load's */
enum status dataset_read_episodes(const char *name, const char *folder, double *steps);

/* What is known of an id without its file (facts.def): the environment's time limit unless another
 * length is known. 0: no such dataset or environment. */
double dataset_known_episodes(const char *name);

#endif
