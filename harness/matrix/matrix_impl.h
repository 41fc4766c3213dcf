/* The parts of matrix.c: an INI file as it stands (matrix_read.c), the cells that it expands to
 * (matrix_expand.c), files, names and folders (matrix.c). */
#ifndef HARNESS_MATRIX_IMPL_H
#define HARNESS_MATRIX_IMPL_H

#include "harness/matrix/matrix.h"

#include <stdint.h>

enum {
    MATRIX_LIST = 1024, /* longest list of words, with its NUL */
    MATRIX_WORDS = 64,  /* words of one */
};

/* One [experiment NAME] as it stands in the file. */
struct experiment {
    char name[CONFIG_NAME];
    char methods[MATRIX_LIST], datasets[MATRIX_LIST], set[MATRIX_LIST], sweep[MATRIX_LIST],
        guide[MATRIX_LIST], seeds[CONFIG_NAME];
};

/* One [settings PATTERN]: overrides of the cells whose method or dataset it matches. */
struct settings {
    char pattern[CONFIG_NAME], set[MATRIX_LIST];
    bool matches; /* a cell that was made */
};

/* A file while it is being loaded. */
struct loading {
    struct matrix *m;
    const char *preset; /* asked for on the command line, or NULL */
    int depth;
    char file[FILE_PATH], home[CONFIG_NAME];
    char own_preset[CONFIG_NAME], size[CONFIG_NAME], set[MATRIX_LIST], include[MATRIX_LIST],
        reuse[MATRIX_LIST];
    struct matrix others; /* the cells of `reuse` */
    bool generates;
    struct experiment *experiment;
    int experiments;
    struct settings *settings;
    int settings_count;
    struct matrix_source *recipe; /* lines of [generate] */
    int recipes;
};

struct words {
    char text[4 * MATRIX_LIST];
    const char *word[MATRIX_WORDS];
    int count;
};

/* The words of a list, at blanks and commas. Errors STATUS_CONFIG: too many, too long */
enum status matrix_split(const char *text, struct words *w);

/* Put a word, or a list of them, behind a list in `size` bytes. Errors STATUS_CONFIG: too long */
enum status matrix_append(char *to, size_t size, const char *word);

/* A name of CONFIG_NAME bytes. Errors STATUS_CONFIG: too long */
enum status matrix_one_word(char *to, const char *value);

/* What names a variant that is too long for a name: FNV-1a, the commas apart. */
uint32_t matrix_variant_hash(const char *variant);

/* matrix_read.c: what stands in the file `l->file`. Errors STATUS_CONFIG with file and line. */
enum status matrix_read(struct loading *l, const char *text);

/* matrix_expand.c: the cells of an experiment, and where their data comes from, into l->m. Errors
 * STATUS_CONFIG, STATUS_MEMORY */
enum status matrix_expand(struct loading *l, const struct experiment *e);

#endif
