#include "report/results/report.h"

#include "report/stats/contrast.h"

#include <math.h>
#include <stdio.h>

enum status report_interval(const struct report *r, int method, const int *datasets, int count,
                            enum results_what what, struct interval *out)
{
    *out = (struct interval){(double)NAN, (double)NAN, (double)NAN, 0};
    struct matrix x;
    TRY(results_matrix(&r->results, method, datasets, count, what, false, &x));
    enum status status = STATUS_OK;
    if (x.tasks > 0)
        status = contrast_interval(&(struct contrast_term){&x, 1}, 1, &r->bootstrap, NULL, out);
    matrix_free(&x);
    return status;
}

void report_describe_intervals(const struct report *r, char *out, size_t size)
{
    snprintf(out, size,
             "%g %% percentile intervals, stratified bootstrap over runs%s, %d "
             "replications, seed %llu",
             100 * r->bootstrap.size, r->bootstrap.tasks ? " and tasks" : "", r->bootstrap.reps,
             (unsigned long long)r->bootstrap.seed);
}
