#include "engine/theory/return_law.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

/* --- the laws ----------------------------------------------------------------------------------
 */

/* H steps, each of reward 1 with probability p. */
static void fill_binomial(double *mass, int H, double p)
{
    mass[0] = pow(1 - p, H);
    for (int k = 0; k < H; k++)
        mass[k + 1] = mass[k] * (H - k) / (k + 1) * p / (1 - p);
}

/* P(g) ~ g^power on 1..G; the cap keeps its moments finite. */
static void fill_zeta(double *mass, int G, double power)
{
    double total = 0;
    for (int g = G; g >= 1; g--) /* the small ones first */
        total += mass[g] = pow(g, power);
    for (int g = 1; g <= G; g++)
        mass[g] /= total;
}

static enum status init_discrete(enum theory_law law, struct return_law *out)
{
    const int largest = law == LAW_BERNOULLI ? 100 : law == LAW_ZETA ? 1000 : 1000000;
    out->returns = largest + 1;
    out->largest = largest;
    out->mass = calloc((size_t)out->returns, sizeof *out->mass);
    if (out->mass == NULL)
        return status_fail(STATUS_MEMORY, "no memory for a law of %d returns", out->returns);
    if (law == LAW_BERNOULLI)
        fill_binomial(out->mass, largest, 0.1);
    else
        fill_zeta(out->mass, largest, law == LAW_ZETA ? -3 : -1.5);
    return STATUS_OK;
}

/* c g^-2.5 on [1,G], and at both ends a line to zero as steep as it is at 1: Lipschitz everywhere.
 */
static void init_power(struct return_law *out)
{
    const double G = 1000, power = -2.5;
    double c = 1 / (0.2 + (1 - pow(G, power + 1)) / 1.5 + pow(G, 2 * power) / 5);
    double L = -power * c, last = c * pow(G, power);
    out->lipschitz = L;
    out->piece[0] = (struct return_piece){.from = 1 - c / L, .to = 1, .rise = L};
    out->piece[1] = (struct return_piece){.from = 1, .to = G, .value = c, .power = power};
    out->piece[2] = (struct return_piece){.from = G, .to = G + last / L, .value = last, .rise = -L};
    out->pieces = 3;
    out->largest = out->piece[2].to;
}

/* Triangles of height 1 at 1, 2, 4, ..., 1024 with masses 3/4 g^-2, the last with what is missing
 * to 1: ever narrower, hence ever steeper. Every number here is exact in binary. */
static void init_spikes(struct return_law *out)
{
    enum { SPIKES = RETURN_PIECES / 2 };
    for (int k = 0; k < SPIKES; k++) {
        /* half its base: mass over height */
        double at = pow(2, k), half = (k + 1 < SPIKES ? 0.75 : 1) * pow(4, -k);
        out->piece[2 * k] = (struct return_piece){.from = at - half, .to = at, .rise = 1 / half};
        out->piece[2 * k + 1] = (struct return_piece){
            .from = at, .to = at + half, .value = 1, .rise = -1 / half};
    }
    out->pieces = RETURN_PIECES;
    out->lipschitz = out->piece[0].rise;
    out->largest = out->piece[RETURN_PIECES - 1].to;
}

enum status return_law_init(enum theory_law law, struct return_law *out)
{
    *out = (struct return_law){.lipschitz = (double)NAN};
    if (law == LAW_POWER)
        init_power(out);
    else if (law == LAW_SPIKES)
        init_spikes(out);
    else
        return init_discrete(law, out);
    return STATUS_OK;
}

void return_law_free(struct return_law *l)
{
    free(l->mass);
    *l = (struct return_law){0};
}

/* --- what they say -----------------------------------------------------------------------------
 */

static double piece_at(const struct return_piece *p, double x)
{
    if (p->power != 0)
        return p->value * pow(x / p->from, p->power);
    return fmax(0, p->value + p->rise * (x - p->from));
}

double return_law_alpha(const struct return_law *l, double g)
{
    if (l->mass != NULL)
        return g >= 0 && g < l->returns && g == floor(g) ? l->mass[(int)g] : 0;
    double alpha = 0; /* where two pieces meet they agree */
    for (int i = 0; i < l->pieces; i++) {
        if (g >= l->piece[i].from && g <= l->piece[i].to)
            alpha = piece_at(&l->piece[i], g);
    }
    return alpha;
}

/* Integral of |x-centre|^power times the piece from a to b, where x-centre keeps its sign: Gauss's
 * rule of five points, exact for lines, on panels that grow with x for powers. */
static double integrate(const struct return_piece *p, double a, double b, double centre, int power)
{
    static const double node[5] = {-0.9061798459386640, -0.5384693101056831, 0, 0.5384693101056831,
                                   0.9061798459386640};
    static const double weight[5] = {0.2369268850561891, 0.4786286704993665, 0.5688888888888889,
                                     0.4786286704993665, 0.2369268850561891};
    int panels = p->power != 0 ? 200 : 1;
    double total = 0;
    for (int k = 0; k < panels && b > a; k++) {
        double low = k == 0 ? a : a * pow(b / a, (double)k / panels);
        double high = k + 1 == panels ? b : a * pow(b / a, (double)(k + 1) / panels);
        double half = (high - low) / 2;
        for (int i = 0; i < 5; i++) {
            double x = low + half * (1 + node[i]);
            total += half * weight[i] * piece_at(p, x) * pow(fabs(x - centre), power);
        }
    }
    return total;
}

double return_law_moment(const struct return_law *l, double centre, int power, double above)
{
    double total = 0;
    for (int g = l->returns - 1; l->mass != NULL && g >= 0 && g > above; g--)
        total += l->mass[g] * pow(fabs(g - centre), power);
    for (int i = l->pieces - 1; i >= 0; i--) {
        const struct return_piece *p = &l->piece[i];
        double from = fmax(p->from, above), middle = fmin(fmax(centre, from), p->to);
        total += integrate(p, middle, p->to, centre, power);
        total += integrate(p, from, middle, centre, power);
    }
    return total;
}

double return_law_mean(const struct return_law *l)
{
    return return_law_moment(l, 0, 1, -1); /* no return is negative */
}

double return_law_quantile(const struct return_law *l, double u)
{
    assert(u >= 0 && u <= 1);
    if (l->mass != NULL) {
        double below = 0;
        for (int g = 0; g < l->returns; g++) {
            below += l->mass[g];
            if (below >= u)
                return g;
        }
        return l->largest;
    }
    double low = 0, high = l->largest;
    for (int i = 0; i < 60; i++) {
        double middle = (low + high) / 2;
        if (1 - return_law_moment(l, 0, 0, middle) >= u)
            high = middle;
        else
            low = middle;
    }
    return high;
}
