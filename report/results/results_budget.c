/* Scores that are read at different budgets must not be compared: each dataset of
 * the results has one budget, and runs that state another one are moved to a dataset of their own.
 */
#include "report/results/results_impl.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

double results_usual(const struct results *r, int dataset,
                     double (*value)(const struct results_run *run))
{
    double best = (double)NAN;
    int most = 0;
    for (int i = 0; i < r->runs; i++) {
        double mine = r->run[i].dataset == dataset ? value(&r->run[i]) : (double)NAN;
        int same = 0;
        for (int k = 0; k < r->runs && !isnan(mine); k++)
            same += r->run[k].dataset == dataset && value(&r->run[k]) == mine;
        if (same > most || (same == most && same > 0 && mine > best)) {
            most = same;
            best = mine;
        }
    }
    return best;
}

/* Runs that cannot have a score do not decide where scores are read. */
static double scored_budget(const struct results_run *run)
{
    bool scored = run->status != RUN_FAILED && run->status != RUN_MISSING;
    return scored ? run->budget : (double)NAN;
}

double results_usual_budget(const struct results *r, int dataset)
{
    return results_usual(r, dataset, scored_budget);
}

/* Has a run that may have a score this budget? */
static bool is_read_at(const struct results *r, int dataset, double budget)
{
    for (int i = 0; i < r->runs; i++) {
        if (r->run[i].dataset == dataset && scored_budget(&r->run[i]) == budget)
            return true;
    }
    return false;
}

static enum status move_run(struct results *r, int run, double usual)
{
    int from = r->run[run].dataset, to;
    double budget = r->run[run].budget;
    char id[2 * RESULTS_ID];
    snprintf(id, sizeof id, "%s+at%.0f", r->dataset[from].task, budget);
    TRY(results_make_dataset(r, id, &to));
    r->run[run].dataset = to;
    const char *matrix = r->run[run].origin.matrix;
    return results_note(r, NOTE_BANNER,
                        "%s: runs of %s are to be read at %.0f, most others at %.0f; they have "
                        "tables and figures of their own.",
                        r->dataset[from].title, matrix[0] != '\0' ? matrix : "some origin", budget,
                        usual);
}

enum status results_split_budgets(struct results *r)
{
    int datasets = r->datasets;
    for (int d = 0; d < datasets; d++) {
        double usual = results_usual_budget(r, d);
        for (int i = 0; i < r->runs && !isnan(usual); i++) {
            double mine = r->run[i].dataset == d ? r->run[i].budget : (double)NAN;
            if (!isnan(mine) && mine != usual && is_read_at(r, d, mine))
                TRY(move_run(r, i, usual));
        }
    }
    return STATUS_OK;
}
