#include "harness/commands/command_data.h"
#include "harness/matrix/generate.h"

static enum status run(int argc, char **argv)
{
    struct generate_request request;
    TRY(generate_read(argc, argv, &request));
    return generate_dataset(&request);
}

const struct command data_generate = {
    .name = "generate",
    .usage = "ID|ENVIRONMENT [--policy random|waypoint|FILE [--stochastic]] [--noise X]\n"
             "                    [--rows N] [--seed S] [--out FOLDER|FILE.hdf5] [--threads T]\n"
             "                    [--missing]",
    .help = "make a stand-in: D4RL's layout, by random actions, waypoints or a policy file "
            "(--missing: unless it is there)",
    .run = run,
};
