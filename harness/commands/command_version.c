#include "harness/commands/command.h"

#include "engine/base/say.h"
#include "engine/base/threads.h"
#include "engine/base/version.h"
#include "harness/curve/provenance.h"

#include <ctype.h>

/* The words that every curve carries too (provenance.h). */
static enum status print_version(void *unused)
{
    (void)unused;
    struct curve c = {.attributes = 0};
    enum status result = provenance_stamp(&c);
    /* gcc's own name of itself is a number alone. */
    const char *compiler = curve_get(&c, "compiler");
    const char *gcc = isdigit((unsigned char)*compiler) ? "gcc " : "";
    if (result == STATUS_OK)
        say("vitamin    %s, revision %s, %s\ncompiler   %s%s\nflags      %s\nlibraries  %s, %s\n"
            "machine    %s, BLAS core %s\n",
            version_number(), provenance_revision(),
            provenance_dirty() ? "with uncommitted changes" : "clean", gcc, compiler,
            curve_get(&c, "flags"), curve_get(&c, "versions"), threads_blas_version(),
            curve_get(&c, "machine"), curve_get(&c, "blas_core"));
    curve_free(&c);
    return result;
}

const struct command command_version = {
    .name = "version",
    .summary = "show version, revision, compiler, libraries and machine",
    .examples = {{"vitamin version", "what every curve records too"}},
    .run = print_version,
};
