/* `vitamin slurm`: a matrix as Slurm job arrays. */
#ifndef HARNESS_COMMAND_SLURM_H
#define HARNESS_COMMAND_SLURM_H

#include "harness/commands/command.h"

extern const struct command command_slurm;

#endif
