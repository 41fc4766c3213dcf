#include "report/stats/verdict.h"

const char *verdict_word(enum verdict v)
{
    static const char *const word[] = {"supported", "contradicted", "inconclusive", "not testable"};
    return word[v];
}

static bool testable(struct interval i)
{
    return i.runs >= VERDICT_RUNS && interval_known(i);
}

static enum verdict verdict_from(struct interval i, bool supported, bool contradicted)
{
    if (!testable(i))
        return VERDICT_UNTESTABLE;
    if (supported)
        return VERDICT_SUPPORTED;
    return contradicted ? VERDICT_CONTRADICTED : VERDICT_INCONCLUSIVE;
}

enum verdict verdict_above(struct interval i, double value)
{
    return verdict_from(i, i.low > value, i.high < value);
}

enum verdict verdict_below(struct interval i, double value)
{
    return verdict_from(i, i.high<value, i.low> value);
}

enum verdict verdict_within(struct interval i, double margin)
{
    return verdict_from(i, i.low > -margin && i.high < margin, i.high < -margin || i.low > margin);
}

enum verdict verdict_no_gain(struct interval i)
{
    return verdict_from(i, i.low <= 0, i.low > 0);
}

enum verdict verdict_includes(struct interval i, double value)
{
    return verdict_from(i, interval_holds(i, value), true);
}

enum verdict verdict_all(const enum verdict *v, int n)
{
    int seen[VERDICT_UNTESTABLE + 1] = {0};
    for (int i = 0; i < n; i++)
        seen[v[i]]++;
    if (seen[VERDICT_CONTRADICTED] > 0)
        return VERDICT_CONTRADICTED;
    if (n == 0 || seen[VERDICT_UNTESTABLE] > 0)
        return VERDICT_UNTESTABLE;
    return seen[VERDICT_INCONCLUSIVE] > 0 ? VERDICT_INCONCLUSIVE : VERDICT_SUPPORTED;
}
