#include "report/text/list.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

enum { LONGEST_WORD = 512 };

bool list_next(const char **at, const char *separators, char *word, size_t size)
{
    *at += strspn(*at, separators);
    size_t n = strcspn(*at, separators);
    if (n == 0)
        return false;
    snprintf(word, size, "%.*s", (int)n, *at);
    *at += n;
    *at += strspn(*at, separators);
    return true;
}

int list_find(const char *list, const char *separators, const char *word)
{
    char next[LONGEST_WORD];
    for (int i = 0; list_next(&list, separators, next, sizeof next); i++) {
        if (strcmp(next, word) == 0)
            return i;
    }
    return -1;
}

bool list_matches(const char *list, const char *separators, const char *text)
{
    char pattern[LONGEST_WORD];
    while (list != NULL && list_next(&list, separators, pattern, sizeof pattern)) {
        if (fnmatch(pattern, text, 0) == 0)
            return true;
    }
    return false;
}
