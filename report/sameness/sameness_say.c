/* The comparison as text: a table for each family, and what all of it comes to. */
#include "report/sameness/sameness.h"

#include "engine/base/say.h"
#include "report/stats/permutation.h"
#include "report/stats/sum.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { WORD = 24 };

/* Four digits, or "-". */
static const char *number(double x, char out[WORD])
{
    if (!isfinite(x))
        snprintf(out, WORD, "-");
    else
        snprintf(out, WORD, fabs(x) >= 1000 && fabs(x) < 1e6 ? "%.0f" : "%.4g", x);
    return out;
}

static const char *probability(double p, char out[WORD])
{
    snprintf(out, WORD, isnan(p) ? "-" : p < 1e-4 ? "%.0e" : p < 0.01 ? "%.4f" : "%.2f", p);
    return out;
}

/* Standard deviations of one run, with sign. */
static const char *in_deviations(const struct sameness_test *t, char out[WORD])
{
    double difference = t->mean[0] - t->mean[1];
    if (isnan(t->p))
        snprintf(out, WORD, "-");
    else if (t->deviation > 0)
        snprintf(out, WORD, "%+.1f", difference / t->deviation);
    else
        snprintf(out, WORD, "%+.0f", copysign((double)INFINITY, difference));
    return out;
}

/* The least difference seen: as a share of the released program's mean; NaN: none that can be told
 * in per cent. */
static double detectable_share(const struct sameness_test *t)
{
    return t->mean[1] != 0 ? 100 * t->detectable * t->deviation / fabs(t->mean[1]) : (double)NAN;
}

static const char *per_cent(double share, char out[WORD])
{
    snprintf(out, WORD, isnan(share) ? "-" : share < 9.95 ? "%.1f%%" : "%.0f%%", share);
    return out;
}

static void say_test(const struct sameness_test *t)
{
    char ours[WORD], theirs[WORD], apart[WORD], p[WORD], holm[WORD], sd[WORD], share[WORD];
    bool sees = !isnan(t->p) && isfinite(t->detectable);
    snprintf(sd, WORD, sees ? "%.1f" : "-", t->detectable);
    per_cent(sees ? detectable_share(t) : (double)NAN, share);
    say("%c %-24s%10s%10s%8s%8s%7s%5s%6s\n", t->differs ? '*' : ' ', t->what->name,
        number(t->mean[0], ours), number(t->mean[1], theirs), in_deviations(t, apart),
        probability(t->p, p), probability(t->holm, holm), sd, share);
}

static void say_group(const struct sameness_group *g)
{
    say("%s on %s\n", g->method, g->dataset);
}

static void say_family(const struct sameness *s, enum sameness_family family)
{
    int group = -1;
    for (int i = 0; i < s->tests; i++) {
        const struct sameness_test *t = &s->test[i];
        if (t->what->family != family)
            continue;
        if (group < 0)
            say("\n%-26s%10s%10s%8s%8s%7s%11s\n", sameness_family_title(family), "ours", "released",
                "apart", "p", "Holm", "sees from");
        if (t->group != group)
            say_group(&s->group[t->group]);
        group = t->group;
        say_test(t);
    }
}

static void say_sizes(const struct sameness *s)
{
    for (int i = 0; i < s->groups; i++) {
        const struct sameness_group *g = &s->group[i];
        double splits = permutation_splits(g->runs[0], g->runs[1]);
        say("%s on %s:\n  %d runs of ours, %d of the released program's; ", g->method, g->dataset,
            g->runs[0], g->runs[1]);
        if (permutation_is_exact(g->runs[0], g->runs[1]))
            say("exact, all %.0f splits\n", splits);
        else
            say("%d random ones of %.3g splits\n", PERMUTATION_DRAWS, splits);
        if (g->old_metrics)
            say("  the largest |Q1| had another meaning in our runs and is not compared\n");
    }
}

/* The median over a family's tests of what they could have seen. */
static void say_detectable(const struct sameness *s, enum sameness_family family, double *sd,
                           double *share)
{
    char word[WORD];
    size_t n = 0, blind = 0, shares = 0;
    for (int i = 0; i < s->tests; i++) {
        const struct sameness_test *t = &s->test[i];
        if (t->what->family != family || isnan(t->p))
            continue;
        if (!isfinite(t->detectable)) {
            blind++;
            continue;
        }
        sd[n++] = t->detectable;
        if (!isnan(detectable_share(t)))
            share[shares++] = detectable_share(t);
    }
    if (n + blind == 0)
        return;
    say("  %-16s", sameness_family_title(family));
    if (n > 0)
        say("%.1f standard deviations, %s", sum_median(sd, n),
            per_cent(shares > 0 ? sum_median(share, shares) : (double)NAN, word));
    if (blind > 0)
        say("%s%zu of %zu see nothing", n > 0 ? "; " : "", blind, n + blind);
    say("\n");
}

static void say_power(const struct sameness *s)
{
    double *sd = calloc(2 * (size_t)s->tests + 1, sizeof *sd);
    if (sd == NULL)
        return;
    say("Smallest difference seen in %.0f of 100 cases, median of each family's tests:\n",
        100 * SAMENESS_POWER);
    for (int k = 0; k < SAMENESS_FAMILY_COUNT; k++)
        say_detectable(s, (enum sameness_family)k, sd, sd + s->tests);
    free(sd);
}

void sameness_say(const struct sameness *s)
{
    if (s->any_settings)
        say("The runs' settings were not held against matrix tiny's (any settings).\n");
    say_sizes(s);
    for (int k = 0; k < SAMENESS_FAMILY_COUNT; k++)
        say_family(s, (enum sameness_family)k);
    say("\napart: in standard deviations of one run; p: two-sided, by permutation; Holm:\n"
        "corrected over all %d tests, * at most %.2f; sees from: smallest difference\n"
        "seen in %.0f of 100 cases, in standard deviations and in per cent of the mean,\n"
        "-: too few runs to see any, or the same number in all runs.\n\n",
        s->tested, SAMENESS_LEVEL, 100 * SAMENESS_POWER);
    say_power(s);
    say("%d of %d statistics differ.\n", s->differing, s->tested);
}

enum status sameness_verdict(const struct sameness *s)
{
    const struct sameness_test *most = NULL;
    bool sees = false;
    for (int i = 0; i < s->tests; i++) {
        sees |= !isnan(s->test[i].p) && isfinite(s->test[i].detectable);
        if (s->test[i].differs && (most == NULL || s->test[i].p < most->p))
            most = &s->test[i];
    }
    if (!sees)
        return status_fail(STATUS_MISSING, "with so few runs even the largest difference is no "
                                           "alarm: nothing was compared; run more seeds");
    if (most == NULL)
        return STATUS_OK;
    const struct sameness_group *g = &s->group[most->group];
    return status_fail(STATUS_FORMAT,
                       "%d of %d statistics differ from the released program's, most clearly of "
                       "%s on %s: %s, %s is %.4g there and %.4g here (p %.2g, by Holm %.2g)",
                       s->differing, s->tested, g->method, g->dataset,
                       sameness_family_title(most->what->family), most->what->name, most->mean[1],
                       most->mean[0], most->p, most->holm);
}
