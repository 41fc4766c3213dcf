#include "harness/sweep/overview.h"

#include "engine/base/guard.h"
#include "engine/base/say.h"
#include "harness/base/progress.h"
#include "harness/base/terminal.h"
#include "harness/matrix/guide.h"
#include "harness/sweep/schedule.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { INDENT = 11 }; /* behind the names of lines, as in `vitamin plan` */

/* Kinds, and which seed of its kind each cell is. Cells of one kind mostly stand together. */
static void find_kinds(struct overview *o)
{
    const struct matrix *m = o->m;
    for (int i = 0; i < m->cells; i++) {
        int before = i - 1;
        while (before >= 0 && !matrix_same_kind(&m->cell[before], &m->cell[i]))
            before--;
        o->kind[i] = before >= 0 ? o->kind[before] : i;
        o->round[i] = before >= 0 ? o->round[before] + 1 : 0;
    }
}

static enum status allocate(struct overview *o)
{
    size_t cells = (size_t)o->m->cells;
    o->look = calloc(cells, sizeof *o->look);
    o->waits = calloc(cells, sizeof *o->waits);
    o->kind = calloc(cells, sizeof *o->kind);
    o->round = calloc(cells, sizeof *o->round);
    o->hash = calloc(cells, sizeof *o->hash);
    o->left = calloc(cells, sizeof *o->left);
    if (o->look == NULL || o->waits == NULL || o->kind == NULL || o->round == NULL ||
        o->hash == NULL || o->left == NULL)
        return status_fail(STATUS_MEMORY, "no memory for %d cells", o->m->cells);
    return STATUS_OK;
}

enum status overview_init(const struct matrix *m, const char *results, const char *data,
                          struct overview *out)
{
    TRY(file_check_folder(results != NULL ? results : MATRIX_RESULTS));
    /* The matrix `cost` itself is estimated from nothing but its own cells. */
    struct speed_table t;
    bool measured = strcmp(m->name, "cost") != 0 && speed_read(results, &t) == STATUS_OK;
    enum status result = overview_init_at(m, results, data, measured ? &t : NULL, out);
    if (measured)
        speed_free(&t);
    return result;
}

enum status overview_init_at(const struct matrix *m, const char *results, const char *data,
                             const struct speed_table *speed, struct overview *out)
{
    *out = (struct overview){.m = m, .results = results};
    enum status result = allocate(out);
    if (result == STATUS_OK)
        result = cost_init(m, speed, data, COST_OWN_PRECISION, &out->cost);
    if (result != STATUS_OK) {
        overview_free(out);
        return result;
    }
    find_kinds(out);
    out->count[FOLDER_WAITING] = m->cells; /* as calloc left them */
    guard_keep(true);
    for (int i = 0; i < m->cells; i++)
        overview_look(out, i);
    guard_keep(false);
    overview_measure(out);
    return STATUS_OK;
}

void overview_free(struct overview *o)
{
    free(o->look);
    free(o->waits);
    free(o->kind);
    free(o->round);
    free(o->hash);
    free(o->left);
    cost_free(&o->cost);
    *o = (struct overview){.m = NULL};
}

/* Is the result that stands there this cell's own? */
static enum status check_is_own(struct overview *o, int cell, const char *folder)
{
    char *hash = o->hash[o->kind[cell]];
    if (*hash == '\0')
        TRY(cell_config_hash(&o->m->cell[cell], hash));
    return cell_check(&o->m->cell[cell], hash, folder, &o->look[cell]);
}

void overview_look(struct overview *o, int cell)
{
    char folder[FILE_PATH];
    struct run_folder *look = &o->look[cell];
    o->count[look->state]--;
    o->waits[cell] = false;
    if (matrix_folder(&o->m->cell[cell], o->results, folder) != STATUS_OK) {
        *look = (struct run_folder){.state = FOLDER_FAILED, .threads = 1};
        snprintf(look->reason, sizeof look->reason, "%.500s", status_sentence());
        o->count[look->state]++;
        return;
    }
    run_folder_look(folder, look, NULL);
    if (run_folder_is_over(look->state) && check_is_own(o, cell, folder) != STATUS_OK) {
        look->state = FOLDER_FAILED;
        snprintf(look->reason, sizeof look->reason, "%.500s", status_sentence());
    } else if (!run_folder_is_over(look->state) && look->state != FOLDER_RUNNING) {
        o->waits[cell] = guide_check(o->m, &o->m->cell[cell], o->results) != STATUS_OK;
        if (o->waits[cell] && look->state != FOLDER_FAILED)
            snprintf(look->reason, sizeof look->reason, "%.500s", status_sentence());
    }
    o->count[look->state]++;
}

double overview_progress(const struct overview *o, int cell)
{
    const struct run_folder *look = &o->look[cell];
    if (run_folder_is_over(look->state))
        return 1;
    return look->budget > 0 ? fmin((double)look->transitions / (double)look->budget, 1) : 0;
}

void overview_measure(struct overview *o)
{
    cost_measure(&o->cost, o->m, o->look);
    for (int i = 0; i < o->m->cells; i++) {
        const struct run_folder *look = &o->look[i];
        double done = overview_progress(o, i), spent = look->seconds * look->threads;
        o->left[i] = (1 - done) * o->cost.seconds[i];
        /* Well under way it is its own best measure. */
        if (done > 0.1 && done < 1 && spent > 0)
            o->left[i] = spent / done * (1 - done);
    }
}

/* Over all cells. */
static double sum_of(const struct overview *o, const double *seconds)
{
    double sum = 0;
    for (int i = 0; i < o->m->cells; i++)
        sum += seconds[i];
    return sum;
}

void overview_hours(const struct overview *o, char out[OVERVIEW_HOURS])
{
    char left[48], total[48];
    progress_core_hours(sum_of(o, o->left), left);
    progress_core_hours(sum_of(o, o->cost.seconds), total);
    if (o->count[FOLDER_WAITING] == o->m->cells)
        snprintf(out, OVERVIEW_HOURS, "%s", total);
    else
        snprintf(out, OVERVIEW_HOURS, "%s of %s in all", left, total);
}

enum status overview_wall(const struct overview *o, int cores, bool all, double *seconds)
{
    struct schedule s;
    TRY(schedule_init(o->m->cells, cores, 0, &s));
    for (int i = 0; i < s.jobs; i++) {
        s.job[i].left = all ? o->cost.seconds[i] : o->left[i];
        s.job[i].round = o->round[i];
        if (!all && run_folder_is_over(o->look[i].state))
            schedule_found(&s, i, SCHEDULE_OVER);
    }
    schedule_sort(&s);
    *seconds = schedule_wall(&s);
    schedule_free(&s);
    return STATUS_OK;
}

void overview_counts(const struct overview *o, char *out, size_t size)
{
    size_t used = (size_t)snprintf(out, size, "%d of %d done", o->count[FOLDER_DONE], o->m->cells);
    static const enum folder_state order[] = {FOLDER_DIVERGED, FOLDER_RUNNING, FOLDER_STOPPED,
                                              FOLDER_WAITING, FOLDER_FAILED};
    for (size_t i = 0; i < sizeof order / sizeof *order && used < size; i++) {
        if (o->count[order[i]] > 0)
            used += (size_t)snprintf(out + used, size - used, ", %d %s", o->count[order[i]],
                                     run_folder_word(order[i]));
    }
}

void overview_list_guides(const struct overview *o, FILE *to)
{
    for (int g = 0; g < o->m->cells; g++) {
        int waiting = 0, first = 0;
        for (int i = 0; i < o->m->cells; i++) {
            if (o->m->cell[i].guide != o->m->cell[g].number || !o->waits[i])
                continue;
            first = waiting++ == 0 ? i : first;
        }
        if (waiting > 0 && guide_check(o->m, &o->m->cell[first], o->results) != STATUS_OK)
            terminal_say(to, INDENT, "guides", "%d x %s", waiting, status_sentence());
    }
}

/* Names are as wide as the longest of those shown. */
static void print_cell(const struct overview *o, int i, int width, FILE *to)
{
    const struct matrix_cell *c = &o->m->cell[i];
    const struct run_folder *look = &o->look[i];
    char name[4 * CONFIG_NAME], time[32];
    matrix_describe(c, name, sizeof name);
    say_to(to, "%5d  %-8s  %-*s %3.0f %%", c->number, run_folder_word(look->state), width, name,
           100 * overview_progress(o, i));
    if (isfinite(look->last_score))
        say_to(to, "  score %.1f", look->last_score);
    progress_duration(o->left[i] / look->threads, time);
    if (!run_folder_is_over(look->state))
        say_to(to, "  %s %s", look->state == FOLDER_RUNNING ? "left" : "takes", time);
    say_to(to, "%s%s\n", *look->reason != '\0' ? "  " : "", look->reason);
}

void overview_list(const struct overview *o, enum folder_state only, int most, FILE *to)
{
    int found = 0, width = 0;
    for (int pass = 0; pass < 2; pass++) {
        found = 0;
        for (int i = 0; i < o->m->cells; i++) {
            char name[4 * CONFIG_NAME];
            if ((only != FOLDER_STATE_COUNT && o->look[i].state != only) || found++ >= most)
                continue;
            matrix_describe(&o->m->cell[i], name, sizeof name);
            if (pass == 0)
                width = (int)strlen(name) > width ? (int)strlen(name) : width;
            else
                print_cell(o, i, width, to);
        }
    }
    if (found > most)
        fprintf(to, "       and %d more; --cells lists all\n", found - most);
}
