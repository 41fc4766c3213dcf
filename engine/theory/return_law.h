/* Laws of a behaviour policy's return that can be written down: probabilities, moments, draws. */
#ifndef ENGINE_RETURN_LAW_H
#define ENGINE_RETURN_LAW_H

#include "engine/theory/theory.h"

enum { RETURN_PIECES = 22 };

/* A piece of a density: value + rise (x - from), or value (x/from)^power where power is not 0. */
struct return_piece {
    double from, to, value, rise, power;
};

struct return_law {
    double largest;   /* R_max T */
    double lipschitz; /* NaN: discrete */
    /* discrete: mass[i] at return i */
    int returns;
    double *mass; /* (returns), owned */
    /* density: pieces in ascending order */
    int pieces;
    struct return_piece piece[RETURN_PIECES];
};

/* Errors STATUS_MEMORY. */
enum status return_law_init(enum theory_law law, struct return_law *out);
void return_law_free(struct return_law *l);

/* alpha_f(g): the mass of an integer g, or the density at g. */
double return_law_alpha(const struct return_law *l, double g);
/* E|X-centre|^power of the part with X > above. */
double return_law_moment(const struct return_law *l, double centre, int power, double above);
double return_law_mean(const struct return_law *l);
/* The smallest return x (of a density to machine precision) with P(X <= x) >= u. */
double return_law_quantile(const struct return_law *l, double u);

#endif
