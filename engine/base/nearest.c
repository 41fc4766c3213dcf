#include "engine/base/nearest.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Length of the longest common subsequence: forgiving about what is left out or added. */
static int common_letters(const char *a, const char *b)
{
    int row[NEAREST_WORD] = {0}, n = (int)strlen(b);
    for (; *a != '\0'; a++) {
        int diagonal = 0;
        for (int j = 1; j <= n; j++) {
            int up = row[j];
            if (strncasecmp(a, &b[j - 1], 1) == 0)
                row[j] = diagonal + 1;
            else if (row[j - 1] > row[j])
                row[j] = row[j - 1];
            diagonal = up;
        }
    }
    return row[n];
}

void nearest_offer(struct nearest *n, const char *known)
{
    size_t length = strlen(known);
    if (length >= NEAREST_WORD)
        return;
    double letters = (double)(strlen(n->to) + length);
    double score = letters > 0 ? 2 * common_letters(n->to, known) / letters : 1;
    if (n->word[0] != '\0' && score <= n->score)
        return;
    snprintf(n->word, sizeof n->word, "%s", known);
    n->score = score;
}
