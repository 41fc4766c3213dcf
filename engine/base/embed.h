/* Text files inside the program: tables made by embed.sh at build time. */
#ifndef ENGINE_BASE_EMBED_H
#define ENGINE_BASE_EMBED_H

#include <stddef.h>
#include <string.h>

struct embed_file {
    const char *name; /* path without the table's prefix; NULL ends the table */
    const char *text; /* NUL-terminated */
    size_t size;      /* without the NUL */
};

/* Presets, matrices, the text of `vitamin explain`, the ledger, the script of Slurm's tasks:
 * "presets/paper/td3_odt.ini", "explain/41_rl_td3.txt", "docs/ledger.md", "slurm.sh". */
extern const struct embed_file embed_harness[];

/* Models: "hopper.xml". */
extern const struct embed_file embed_suites[];

/* The style of figures and page: "style.gp", "page.css"; the paper's numbers:
 * "results/paper/table1_mujoco.csv"; the ledger again. */
extern const struct embed_file embed_report[];

static inline const struct embed_file *embed_find(const struct embed_file *table, const char *name)
{
    for (; table->name != NULL; table++) {
        if (strcmp(table->name, name) == 0)
            return table;
    }
    return NULL;
}

#endif
