/* INI text line by line, whoever's it is; a refused line is named with its file and number. */
#ifndef HARNESS_INI_TEXT_H
#define HARNESS_INI_TEXT_H

#include "engine/base/status.h"

/* Which keys take more than one line. Names parted by blanks,
 * with a blank before the first and after the last. */
struct ini_form {
    const char *lists; /* indented lines below the key's go on with its value */
    const char *again; /* may stand in a section more than once */
};

/* Take `key = value` of [section], the value may be empty; once more for each line that goes on
 * with a list. After a failure no further line is handed out. */
typedef enum status ini_text_line(void *context, const char *section, const char *key,
                                  const char *value);

/* The text of a file, to be freed. Errors as file_read; STATUS_CONFIG: it holds a zero byte */
enum status ini_text_load(const char *path, char **text);

/* `file` is what errors call the text. Errors STATUS_CONFIG: "FILE:LINE: " and what `line` said, or
 * that the line is none, is too long, is not UTF-8, or repeats a section or key. STATUS_MEMORY */
enum status ini_text_read(const char *text, const char *file, const struct ini_form *form,
                          ini_text_line *line, void *context);

#endif
