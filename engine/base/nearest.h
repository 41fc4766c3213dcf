/* The known word that is most like one which is not known: "did you mean ...?". */
#ifndef ENGINE_BASE_NEAREST_H
#define ENGINE_BASE_NEAREST_H

enum { NEAREST_WORD = 128 }; /* longest word that is compared, with its NUL */

/* Begins as {.to = word}; each known word is offered to it. */
struct nearest {
    const char *to;
    char word[NEAREST_WORD]; /* the best so far, the first of equals; "" when none was offered */
    double score;            /* 0: no letter in common; 1: equal but for upper and lower case */
};

void nearest_offer(struct nearest *n, const char *known);

#endif
