#include "engine/base/file.h"
#include "engine/base/threads.h"
#include "harness/base/exit_status.h"
#include "harness/commands/command.h"

/* What scripts and the scheduler (schedule.c) tell apart. */
static int exit_status(enum status result)
{
    switch (result) {
    case STATUS_OK:
        return 0;
    case STATUS_CONFIG:
        return 2;
    case STATUS_INTERRUPTED:
        return EXIT_INTERRUPTED;
    case STATUS_BUSY:
        return EXIT_BUSY;
    case STATUS_WAITS:
        return EXIT_WAITS;
    default:
        return 1;
    }
}

int main(int argc, char **argv)
{
    file_settle_streams();
    threads_settle_libraries(argv);
    threads_set(0);
    return exit_status(command_main(&vitamin, argc, argv));
}
