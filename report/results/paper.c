#include "report/results/paper.h"

#include "engine/base/embed.h"
#include "report/results/registry.h"
#include "report/text/csv.h"

#include <assert.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

/* clang-format off */
static struct paper_table tables[PAPER_TABLES] = {
    {.id = "tab1",  .file = "results/paper/table1_mujoco.csv",          .suite = "mujoco",         .delayed = "",        .title = "Gym-MuJoCo"},
    {.id = "tab2",  .file = "results/paper/table2_adroit.csv",          .suite = "adroit",         .delayed = "",        .title = "Adroit"},
    {.id = "tab3",  .file = "results/paper/table3_antmaze.csv",         .suite = "antmaze",        .delayed = "",        .title = "AntMaze"},
    {.id = "tab10", .file = "results/paper/table10_mujoco_delayed.csv", .suite = "mujoco-delayed", .delayed = "+delay5", .title = "Gym-MuJoCo, reward delayed by 5 steps"},
    {.id = "tab11", .file = "results/paper/table11_maze2d.csv",         .suite = "maze2d",         .delayed = "",        .title = "Maze2D"},
};
/* clang-format on */

static const struct paper_cell none = {(double)NAN, (double)NAN};

/* The row of a dataset, made when new. */
static int row_of(struct paper_table *t, const char *dataset)
{
    for (int i = 0; i < t->rows; i++) {
        if (strcmp(t->dataset[i], dataset) == 0)
            return i;
    }
    assert(t->rows < PAPER_ROWS);
    snprintf(t->dataset[t->rows], sizeof t->dataset[0], "%s", dataset);
    for (int m = 0; m < PAPER_METHODS; m++)
        t->cell[t->rows][m] = none;
    return t->rows++;
}

static enum status read_table(struct paper_table *t)
{
    for (int m = 0; m < PAPER_METHODS; m++)
        t->average[m] = t->average_too[m] = none;
    struct csv c;
    TRY(csv_parse(&c, t->file, embed_find(embed_report, t->file)->text));
    int dataset = csv_column(&c, "dataset"), method = csv_column(&c, "method");
    int final = csv_column(&c, "final"), increase = csv_column(&c, "increase");
    for (int i = 0; i < c.rows; i++) {
        struct paper_cell cell = none;
        const char *name = csv_cell(&c, i, dataset);
        int m = registry_find_method(csv_cell(&c, i, method));
        assert(m >= 0 && m < PAPER_METHODS);
        enum status status = csv_number(&c, i, final, &cell.final);
        assert(status == STATUS_OK); /* our own file, which a test reads */
        status = csv_number(&c, i, increase, &cell.increase);
        assert(status == STATUS_OK);
        (void)status;
        if (strcmp(name, "average") == 0) {
            t->average[m] = cell;
        } else if (strcmp(name, "average-umaze-medium") == 0) {
            t->average_too[m] = cell;
            t->rows_too = 4;
        } else {
            t->cell[row_of(t, name)][m] = cell;
        }
    }
    csv_free(&c);
    return STATUS_OK;
}

static struct status_note loaded;

static void read_tables(void)
{
    enum status result = STATUS_OK;
    for (int i = 0; i < PAPER_TABLES && result == STATUS_OK; i++)
        result = read_table(&tables[i]);
    status_save(&loaded, result);
}

enum status paper_load(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, read_tables);
    return loaded.code == STATUS_OK ? STATUS_OK : status_restore(&loaded);
}

const struct paper_table *paper_tables(void)
{
    enum status result = paper_load();
    assert(result == STATUS_OK); /* main has loaded them */
    (void)result;
    return tables;
}

const struct paper_table *paper_find(const char *id)
{
    const struct paper_table *t = paper_tables();
    for (int i = 0; i < PAPER_TABLES; i++) {
        if (strcmp(t[i].id, id) == 0)
            return &t[i];
    }
    return NULL;
}

/* Does `dataset` name row `row` of the table? */
static bool is_row(const struct paper_table *t, int row, const char *dataset)
{
    size_t n = strlen(t->dataset[row]);
    return strncmp(t->dataset[row], dataset, n) == 0 && strcmp(dataset + n, t->delayed) == 0;
}

struct paper_cell paper_cell(const char *dataset, const char *method)
{
    int m = registry_find_method(method);
    const struct paper_table *t = paper_tables();
    for (int i = 0; m >= 0 && m < PAPER_METHODS && i < PAPER_TABLES; i++) {
        for (int row = 0; row < t[i].rows; row++) {
            if (is_row(&t[i], row, dataset))
                return t[i].cell[row][m];
        }
    }
    return none;
}

static double row_mean(const struct paper_table *t, int rows, int method, bool increase)
{
    double sum = 0;
    for (int i = 0; i < rows; i++)
        sum += increase ? t->cell[i][method].increase : t->cell[i][method].final;
    return sum / rows;
}

int paper_audit(struct paper_audit *out, int room)
{
    int count = 0;
    for (int i = 0; i < PAPER_TABLES; i++) {
        const struct paper_table *t = &paper_tables()[i];
        for (int k = 0; k < 4 * PAPER_METHODS; k++) {
            bool too = k / (2 * PAPER_METHODS) == 1, increase = k % 2 == 1;
            int method = k / 2 % PAPER_METHODS;
            const struct paper_cell *p = too ? &t->average_too[method] : &t->average[method];
            double printed = increase ? p->increase : p->final;
            if (isnan(printed))
                continue;
            double recomputed = row_mean(t, too ? t->rows_too : t->rows, method, increase);
            /* Rounding rows and average explains 0.01, twice that for differences of rounded
             * numbers; the tables agree among themselves to about 0.02. */
            const double most = 0.025;
            if (count < room)
                out[count] = (struct paper_audit){t,
                                                  method,
                                                  too,
                                                  increase,
                                                  printed,
                                                  recomputed,
                                                  fabs(printed - recomputed) <= most};
            count++;
        }
    }
    return count;
}
