#include "harness/sweep/cost.h"

#include "harness/matrix/supply.h"
#include "suites/dataset_episodes.h"
#include "suites/dataset_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of one core of 2023: only their ratio matters once something has been measured. */
static const double FLOPS = 5e10;

/* --- the data's episodes -----------------------------------------------------------------------
 */

/* The file that the matrix's runs take, or NULL in *folder when none lies there. */
static enum status read_episodes(const struct matrix *m, const struct matrix_cell *c,
                                 const char *data, double *steps)
{
    const struct matrix_source *s = supply_of(m, c->dataset);
    char buffer[FILE_PATH];
    const char *folder = data;
    if (s == NULL || !supply_is_there(s, data))
        return STATUS_MISSING;
    TRY(supply_folder(s, data, buffer, &folder));
    return dataset_read_episodes(c->dataset, folder, steps);
}

/* Uniform actions make episodes as short as those of the environment's random dataset. */
static double known_episodes(const struct matrix *m, const struct matrix_cell *c)
{
    const struct matrix_source *s = supply_of(m, c->dataset);
    const struct env_kind *kind = dataset_env(c->dataset);
    char id[2 * CONFIG_NAME];
    if (kind == NULL)
        return 0;
    snprintf(id, sizeof id, "%s-random-v2", kind->name);
    bool random = s != NULL && s->generated && strstr(s->args, "random") != NULL;
    return dataset_known_episodes(random && dataset_find(id) != NULL ? id : c->dataset);
}

static double episodes_of(const struct matrix *m, const struct matrix_cell *c, const char *data,
                          struct cost *out)
{
    double steps = 0;
    if (read_episodes(m, c, data, &steps) == STATUS_OK) {
        out->from_file++;
        return steps;
    }
    out->from_facts++;
    return known_episodes(m, c);
}

/* --- hints --------------------------------------------------------------------------------------
 */

static double nominal(const struct work *w, const struct env_kind *kind)
{
    double learning = (w->updates + w->before_online) * w->actor_flops +
                      w->updates * w->interval * w->critic_flops;
    double acted = w->steps + w->evaluated;
    return (learning + acted * w->act_flops) / FLOPS + acted * kind->suite->step_seconds + 0.1;
}

static enum status count_cell(struct cost *out, int i, const struct matrix_cell *c,
                              const struct speed_table *speed, double episode, int precision)
{
    struct hyper h;
    const struct env_kind *kind;
    TRY(work_configure(c, &h, &kind));
    if (precision != COST_OWN_PRECISION)
        h.precision = precision;
    if (kind->suite->run_seconds > 0) {
        out->hint[i] = kind->suite->run_seconds;
        return STATUS_OK;
    }
    struct work w = work_count(&h, kind, episode);
    if (speed != NULL && speed_estimate(speed, c->method, &h, kind, &w, &out->part[i]))
        out->hint[i] = speed_total(&out->part[i]);
    else
        out->hint[i] = nominal(&w, kind);
    return STATUS_OK;
}

/* Seeds differ in nothing that costs. */
static bool next_seed(const struct matrix_cell *before, const struct matrix_cell *c)
{
    return before->seed == c->seed - 1 && strcmp(before->method, c->method) == 0 &&
           strcmp(before->dataset, c->dataset) == 0;
}

/* The first cell on the same dataset, whose episodes are known by then. */
static int first_on(const struct matrix *m, int i)
{
    int first = 0;
    while (strcmp(m->cell[first].dataset, m->cell[i].dataset) != 0)
        first++;
    return first;
}

static void count_bases(struct cost *c, const struct matrix *m)
{
    for (int i = 0; i < m->cells; i++) {
        const struct env_kind *kind = dataset_env(m->cell[i].dataset);
        bool counted = kind == NULL || kind->suite->run_seconds <= 0;
        c->nominal += counted && !(speed_total(&c->part[i]) > 0);
        c->scaled += !c->part[i].exact && speed_total(&c->part[i]) > 0;
    }
}

enum status cost_init(const struct matrix *m, const struct speed_table *speed, const char *data,
                      int precision, struct cost *out)
{
    size_t cells = (size_t)m->cells;
    double *episode = calloc(cells, sizeof *episode);
    *out = (struct cost){.cells = m->cells,
                         .hint = calloc(cells, sizeof(double)),
                         .seconds = calloc(cells, sizeof(double)),
                         .part = calloc(cells, sizeof *out->part),
                         .has_speed = speed != NULL};
    enum status result = STATUS_OK;
    if (episode == NULL || out->hint == NULL || out->seconds == NULL || out->part == NULL)
        result = status_fail(STATUS_MEMORY, "no memory for %d cells", m->cells);
    for (int i = 0; i < m->cells && result == STATUS_OK; i++) {
        const struct matrix_cell *c = &m->cell[i];
        int first = first_on(m, i);
        episode[i] = first < i ? episode[first] : episodes_of(m, c, data, out);
        if (i > 0 && next_seed(&m->cell[i - 1], c)) {
            out->hint[i] = out->hint[i - 1];
            out->part[i] = out->part[i - 1];
        } else {
            result = count_cell(out, i, c, speed, episode[i], precision);
        }
    }
    free(episode);
    if (result != STATUS_OK) {
        cost_free(out);
        return result;
    }
    memcpy(out->seconds, out->hint, cells * sizeof(double));
    count_bases(out, m);
    return STATUS_OK;
}

void cost_basis(const struct cost *c, char out[COST_BASIS])
{
    const char *episodes = c->from_file == 0    ? "published lengths of episodes"
                           : c->from_facts == 0 ? "the lengths of the data's episodes"
                                                : "the lengths of the data's episodes, published "
                                                  "ones where it is not here";
    if (c->measured > 0)
        snprintf(out, COST_BASIS, "from the times of %d finished cell%s%s", c->measured,
                 c->measured == 1 ? "" : "s",
                 c->measured == c->cells ? ""
                 : c->has_speed ? ", for the others scaled by the speed that `vitamin sweep cost` "
                                  "measured"
                                : ", for the others scaled by their arithmetic");
    else if (!c->has_speed)
        snprintf(out, COST_BASIS,
                 "a guess: nothing was measured; `vitamin sweep cost` measures, in about an hour");
    else
        snprintf(out, COST_BASIS, "at the speed measured by `vitamin sweep cost`%s, with %s",
                 c->nominal > 0  ? " (a part is guessed: not measured)"
                 : c->scaled > 0 ? " (methods not measured: from TD3+ODT or TD3+BC)"
                                 : "",
                 episodes);
}

void cost_free(struct cost *c)
{
    free(c->hint);
    free(c->seconds);
    free(c->part);
    *c = (struct cost){.measured = 0};
}

/* Finished cells like one of ours: what they took and what had been counted for them. */
struct group {
    double seconds, hint;
};

static void add_to(struct group *g, double seconds, double hint)
{
    g->seconds += seconds;
    g->hint += hint;
}

static bool is_measured(const struct run_folder *look)
{
    return look->state == FOLDER_DONE && look->seconds > 0;
}

/* A run whose time is known beforehand (the single-state MDP's second) says nothing of others. */
static bool has_fixed_time(const struct matrix_cell *c)
{
    const struct env_kind *kind = dataset_env(c->dataset);
    return kind != NULL && kind->suite->run_seconds > 0;
}

void cost_measure(struct cost *c, const struct matrix *m, const struct run_folder *look)
{
    c->measured = 0;
    for (int i = 0; i < m->cells; i++)
        c->measured += is_measured(&look[i]);
    for (int i = 0; i < m->cells; i++) {
        struct group same = {0, 0}, method = {0, 0}, all = {0, 0};
        if (is_measured(&look[i])) {
            c->seconds[i] = look[i].seconds * look[i].threads;
            continue;
        }
        /* All seeds of a cell are scaled alike. */
        if (i > 0 && !is_measured(&look[i - 1]) && c->hint[i] == c->hint[i - 1] &&
            strcmp(m->cell[i].method, m->cell[i - 1].method) == 0 &&
            strcmp(m->cell[i].dataset, m->cell[i - 1].dataset) == 0) {
            c->seconds[i] = c->seconds[i - 1];
            continue;
        }
        for (int k = 0; k < m->cells && c->measured > 0; k++) {
            if (!is_measured(&look[k]) ||
                has_fixed_time(&m->cell[k]) != has_fixed_time(&m->cell[i]))
                continue;
            double seconds = look[k].seconds * look[k].threads;
            add_to(&all, seconds, c->hint[k]);
            if (strcmp(m->cell[k].method, m->cell[i].method) != 0)
                continue;
            add_to(&method, seconds, c->hint[k]);
            if (dataset_env(m->cell[k].dataset) == dataset_env(m->cell[i].dataset))
                add_to(&same, seconds, c->hint[k]);
        }
        const struct group *g = same.hint > 0 ? &same : method.hint > 0 ? &method : &all;
        c->seconds[i] = c->hint[i] * (g->hint > 0 ? g->seconds / g->hint : 1);
    }
}

size_t cost_memory(const struct matrix_cell *cell)
{
    const struct dataset_entry *entry = dataset_find(cell->dataset);
    const struct env_kind *kind = dataset_env(cell->dataset);
    double rows = 0;
    /* Tiny runs use generated data, of thousands of rows. */
    if (entry != NULL && strcmp(cell->size, "tiny") != 0)
        rows = (double)(entry->rows > entry->paper_transitions ? entry->rows
                                                               : entry->paper_transitions);
    double columns = kind != NULL ? 2.0 * kind->obs_dim + kind->act_dim + 8 : 0;
    return (size_t)(3e8 + rows * columns * sizeof(float));
}
