#include "harness/commands/command_version.h"

#include "engine/base/say.h"
#include "engine/base/threads.h"
#include "harness/base/argument.h"
#include "harness/curve/provenance.h"

#include <ctype.h>
#include <stdio.h>

/* The words that every curve carries too (provenance.h). */
static enum status run(int argc, char **argv)
{
    struct curve c = {.attributes = 0};
    int rest;
    TRY(argument_read(argc, argv, (const struct argument[]){{.name = NULL}}, &rest));
    TRY(argument_last(argc, argv, rest, NULL));
    enum status result = provenance_stamp(&c);
    /* gcc's own name of itself is a number alone. */
    const char *compiler = curve_get(&c, "compiler");
    const char *gcc = isdigit((unsigned char)*compiler) ? "gcc " : "";
    if (result == STATUS_OK)
        say("vitamin    revision %s, %s\ncompiler   %s%s\nflags      %s\nlibraries  %s, %s\n"
            "machine    %s, BLAS core %s\n",
            provenance_revision(),
            provenance_dirty() ? "with changes that no revision holds" : "clean", gcc, compiler,
            curve_get(&c, "flags"), curve_get(&c, "versions"), threads_blas_version(),
            curve_get(&c, "machine"), curve_get(&c, "blas_core"));
    curve_free(&c);
    return result;
}

const struct command command_version = {
    .name = "version",
    .usage = "",
    .help = "revision, clean or not, compiler and libraries",
    .run = run,
};
