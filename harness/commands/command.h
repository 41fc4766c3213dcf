/* The commands of `vitamin`: one file and one row each (engine/base/command.h), and the options
 * that several of them share. */
#ifndef HARNESS_COMMAND_H
#define HARNESS_COMMAND_H

#include "engine/base/command.h"
#include "harness/config/config.h"

extern const struct command vitamin;                /* the program, above them all */
extern const struct command *const command_table[]; /* NULL ends it */
extern const struct command command_run, command_config, command_explain, command_env, command_plan,
    command_sweep, command_status, command_report, command_data, command_results, command_cost,
    command_verify, command_slurm, command_version, command_completion, command_man, command_export,
    command_watch, command_plot, command_sameness, command_theory;

/* Below `vitamin data`. */
extern const struct command *const data_table[];
extern const struct command data_list, data_stats, data_check, data_fetch, data_get, data_convert;

#define OPTION_DATA(type, member)                                                                  \
    {                                                                                              \
        "data", 'D', "FOLDER", NULL, "folder of datasets, instead of `$VITAMIN_DATA` or `data`",   \
            OPTION_FIELD(type, member)                                                             \
    }
#define OPTION_RESULTS(type, member)                                                               \
    {                                                                                              \
        "results", 'r', "FOLDER", "results/runs", "folder of the runs", OPTION_FIELD(type, member) \
    }
/* The paper's numbers or those of its code; NULL: the command's or matrix's own. */
#define OPTION_PRESET(type, member, ...)                                                           \
    {                                                                                              \
        "preset", 'p', NULL, .help = "hyperparameters as the paper or its code has them",          \
                             OPTION_FIELD(type, member), .choices = "paper|code", __VA_ARGS__      \
    }
#define OPTION_SET(add)                                                                            \
    {                                                                                              \
        "set", 'S', "KEY=VALUE...", NULL,                                                          \
            "override hyperparameters (`vitamin config` lists them); may be given several times",  \
            OPTION_BY(add), .pairs = true                                                          \
    }
#define OPTION_ENV(type, member)                                                                   \
    {                                                                                              \
        "env", 'e', "ENVIRONMENT", NULL, "the environment, where the file does not name it",       \
            OPTION_FIELD(type, member)                                                             \
    }
#define OPTION_DATA_OUT(type, member)                                                              \
    {                                                                                              \
        "out", 'o', "FOLDER|FILE", NULL, "where to write: a folder, or a file named *.hdf5",       \
            OPTION_FIELD(type, member)                                                             \
    }
#define OPTION_THREADS(type, member)                                                               \
    {                                                                                              \
        "threads", 'j', "N", NULL, "threads to compute with, instead of all cores",                \
            OPTION_FIELD(type, member), .low = 1, .high = 4096                                     \
    }

#endif
