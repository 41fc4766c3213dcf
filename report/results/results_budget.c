/* Scores that are read at different budgets must not be compared: each dataset of
 * the results has one budget, and runs that state another one are moved to a dataset of their own.
 */
#include "report/results/results_impl.h"

#include <math.h>
#include <stdio.h>

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

/* --- files of others -------------------------------------------------------------------------- */

/* A curve that counts for where scores are read: whole, as far as its file says. */
static bool counts(const struct results_run *run, int dataset)
{
    return run->dataset == dataset && run->status == RUN_OK && run->points > 0;
}

/* Rules that take a run at its own end, so that it need not reach the budget. */
static bool reads_ends(const struct results *r)
{
    enum final_rule rule = r->options.final;
    return rule == FINAL_LAST || rule == FINAL_MEAN_LAST_K || rule == FINAL_BEST;
}

void results_set_common_budget(struct results *r, int dataset)
{
    struct results_dataset *set = &r->dataset[dataset];
    double least = (double)NAN, most = (double)NAN;
    for (int i = 0; i < r->runs; i++) {
        const struct results_run *run = &r->run[i];
        if (run->dataset == dataset && !run->origin.foreign)
            return;
        if (!counts(run, dataset))
            continue;
        least = fmin(least, run->x[run->points - 1]);
        most = fmax(most, run->x[run->points - 1]);
    }
    if (isnan(least))
        return;
    set->ends = reads_ends(r);
    set->common = !set->ends && least < most;
    set->budget = set->ends ? most : least;
}

/* The run that ends first sets the budget, so one short run among long ones is worth a note. */
static enum status note_shortest(struct results *r, int dataset)
{
    const struct results_run *first = NULL;
    double most = 0;
    for (int i = 0; i < r->runs; i++) {
        const struct results_run *run = &r->run[i];
        if (!counts(run, dataset))
            continue;
        most = fmax(most, run->x[run->points - 1]);
        if (first == NULL || run->x[run->points - 1] < first->x[first->points - 1])
            first = run;
    }
    if (first == NULL || !(r->dataset[dataset].budget < most / 2))
        return STATUS_OK;
    return results_note(r, NOTE_BANNER,
                        "%.96s is read at %.0f, where %.96s, seed %lld, ends; others reach %.0f. "
                        "--budget %.0f leaves out what is shorter, --final last takes each run at "
                        "its own end.",
                        r->dataset[dataset].title, r->dataset[dataset].budget,
                        r->method[first->method].label, (long long)first->seed, most, most);
}

enum status results_note_budgets(struct results *r)
{
    bool common = false;
    for (int d = 0; d < r->datasets; d++) {
        common = common || r->dataset[d].common;
        if (r->dataset[d].common)
            TRY(note_shortest(r, d));
    }
    return common ? results_note(r, NOTE_INFO,
                                 "Curves end at different steps; each dataset is read at the "
                                 "largest one that all its runs reach (or --budget N, --final "
                                 "last).")
                  : STATUS_OK;
}
