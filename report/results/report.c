#include "report/results/report.h"

#include "report/stats/contrast.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>

enum status report_interval(const struct report *r, int method, const int *datasets, int count,
                            struct interval *out)
{
    *out = (struct interval){(double)NAN, (double)NAN, (double)NAN, 0};
    struct matrix x;
    TRY(results_matrix(&r->results, method, datasets, count, RESULTS_FINAL, &x));
    enum status status = STATUS_OK;
    if (x.tasks > 0)
        status = contrast_interval(&(struct contrast_term){&x, 1}, 1, &r->bootstrap, NULL, out);
    matrix_free(&x);
    return status;
}

const char *report_score(const struct report *r)
{
    if (r->score_label == NULL && r->results.foreign &&
        r->results.options.reading.reference != NULL)
        return "Normalised score";
    return r->score_label != NULL ? r->score_label
           : r->results.foreign   ? "Score"
                                  : "D4RL-normalised score";
}

const char *report_score_axis(const struct report *r)
{
    return r->score_label == NULL && !r->results.foreign ? "Normalised score" : report_score(r);
}

const char *report_score_of(const struct report *r, const char *aggregate, char *out, size_t size)
{
    const char *name = report_score_axis(r);
    /* A word, no abbreviation: "Return", not "SPL". */
    bool word = name[0] != '\0' && !isupper((unsigned char)name[1]);
    snprintf(out, size, "%s %c%s", aggregate, word ? tolower((unsigned char)name[0]) : name[0],
             name[0] != '\0' ? name + 1 : "");
    return out;
}

const char *report_title(const struct report *r)
{
    return r->title != NULL     ? r->title
           : r->results.foreign ? "Scores"
                                : "Offline to online: the report";
}

void report_describe_intervals(const struct report *r, char *out, size_t size)
{
    snprintf(out, size,
             "%g %% percentile intervals, stratified bootstrap over runs%s, %d "
             "replications, seed %llu",
             100 * r->bootstrap.size, r->bootstrap.tasks ? " and tasks" : "", r->bootstrap.reps,
             (unsigned long long)r->bootstrap.seed);
}
