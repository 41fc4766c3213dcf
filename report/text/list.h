/* Lists written in one text: "odt td3 sac", "fig7,profiles". Several separators in a row are one.
 */
#ifndef REPORT_LIST_H
#define REPORT_LIST_H

#include <stdbool.h>
#include <stddef.h>

/* Copy the word at *at, cut to `size` bytes, and move *at behind it and the separators that follow;
 * false at the end of the list. `separators`: any of these characters. */
bool list_next(const char **at, const char *separators, char *word, size_t size);

/* The position of exactly this word, or -1. */
int list_find(const char *list, const char *separators, const char *word);

/* Does a shell pattern of the list match? NULL and "" match nothing. */
bool list_matches(const char *list, const char *separators, const char *text);

#endif
