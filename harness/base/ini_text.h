/* INI text line by line, whoever's it is; a refused line is named with its file and number. */
#ifndef HARNESS_INI_TEXT_H
#define HARNESS_INI_TEXT_H

#include "engine/base/status.h"

/* Take `key = value` of [section]. After a failure no further line is handed out. */
typedef enum status ini_text_line(void *context, const char *section, const char *key,
                                  const char *value);

/* `file` is what errors call the text. Errors STATUS_CONFIG: "FILE:LINE: " and what `line` said, or
 * that the line is none. */
enum status ini_text_read(const char *text, const char *file, ini_text_line *line, void *context);

#endif
