#include "report/results/scores.h"

#include "engine/base/escape.h"
#include "engine/base/file.h"
#include "report/results/results_impl.h"
#include "report/text/csv.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum { TEXT_LIMIT = 1 << 28, CHUNK = 1 << 16 };

/* The whole text, unzipped when it is gzip. */
static enum status read_text(const char *path, char **out)
{
    int fd;
    TRY(file_open(path, &fd));
    gzFile file = gzdopen(fd, "rb");
    if (file == NULL) {
        close(fd);
        return status_fail(STATUS_MEMORY, "%s: no memory to read it", path);
    }
    enum status status = STATUS_OK;
    size_t used = 0, room = CHUNK + 1;
    char *text = malloc(room);
    if (text == NULL) {
        gzclose(file);
        return status_fail(STATUS_MEMORY, "%s: no memory to read it", path);
    }
    int got = 0;
    do {
        if (used + CHUNK + 1 > room) {
            room = 2 * room + CHUNK + 1;
            char *larger = room <= TEXT_LIMIT ? realloc(text, room) : NULL;
            if (larger == NULL) {
                status = status_fail(STATUS_MEMORY, "%s: too large to read", path);
                break;
            }
            text = larger;
        }
        got = gzread(file, text + used, CHUNK);
        if (got < 0) {
            int code;
            status = status_fail(STATUS_IO, "%s: %s", path, gzerror(file, &code));
            break;
        }
        used += (size_t)got;
    } while (got > 0);
    gzclose(file);
    if (status == STATUS_OK && memchr(text, '\0', used) != NULL)
        status = status_fail(STATUS_FORMAT,
                             "%s: holds zero bytes, so it is not CSV; expected text "
                             "with columns method,dataset,seed,step,score",
                             path);
    if (status != STATUS_OK) {
        free(text);
        return status;
    }
    text[used] = '\0';
    *out = text;
    return STATUS_OK;
}

struct columns {
    int method, dataset, seed, step, score, initial, status, budget, why;
};

/* The first of the names that the header has, or -1. */
static int any_of(const struct csv *c, const char *const names[])
{
    for (; *names != NULL; names++) {
        int i = csv_column(c, *names);
        if (i >= 0)
            return i;
    }
    return -1;
}

static enum status find_columns(const struct csv *c, struct columns *out)
{
    *out = (struct columns){
        .method = any_of(c, (const char *const[]){"method", "algorithm", "algo", NULL}),
        .dataset = any_of(c, (const char *const[]){"dataset", "task", "env", NULL}),
        .seed = any_of(c, (const char *const[]){"seed", "run", NULL}),
        .step = any_of(c, (const char *const[]){"step", "transitions", NULL}),
        .score = any_of(c, (const char *const[]){"score", "final", NULL}),
        .initial = any_of(c, (const char *const[]){"initial", NULL}),
        .status = any_of(c, (const char *const[]){"status", NULL}),
        .budget = any_of(c, (const char *const[]){"budget", NULL}),
        .why = any_of(c, (const char *const[]){"why", NULL})};
    const char *missing = out->method < 0    ? "method"
                          : out->dataset < 0 ? "dataset"
                          : out->seed < 0    ? "seed"
                          : out->score < 0   ? "score"
                                             : NULL;
    if (missing != NULL)
        return status_fail(STATUS_FORMAT,
                           "%s:%d: no column '%s'; expected "
                           "method,dataset,seed[,step],score (tidy, one line per evaluation)",
                           c->name, c->line[0], missing);
    return STATUS_OK;
}

/* Rows are sorted by run; those of one run stay in file order. */
struct key {
    int method, dataset, row;
    int64_t seed;
};

static int compare(const void *a, const void *b)
{
    const struct key *p = a, *q = b;
    if (p->method != q->method)
        return p->method < q->method ? -1 : 1;
    if (p->dataset != q->dataset)
        return p->dataset < q->dataset ? -1 : 1;
    if (p->seed != q->seed)
        return p->seed < q->seed ? -1 : 1;
    return (p->row > q->row) - (p->row < q->row);
}

static bool same_run(const struct key *p, const struct key *q)
{
    return p->method == q->method && p->dataset == q->dataset && p->seed == q->seed;
}

static enum status read_seed(const struct csv *c, int row, int column, int64_t *out)
{
    double value;
    TRY(csv_number(c, row, column, &value));
    if (!(fabs(value) < 9e15) || value != floor(value))
        return status_fail(STATUS_FORMAT, "%s:%d: seed '%s' is not a whole number", c->name,
                           c->line[row + 1], csv_cell(c, row, column));
    *out = (int64_t)value;
    return STATUS_OK;
}

/* The run's status and, of another than ok, the reason: the file's own words or where it says so.
 */
static enum status read_status(const struct csv *c, int row, const struct columns *at,
                               struct results_run *run)
{
    if (at->status < 0)
        return STATUS_OK;
    const char *word = csv_cell(c, row, at->status);
    int i = 0;
    while (i < RUN_STATUS_COUNT && strcmp(word, run_status_word((enum run_status)i)) != 0)
        i++;
    if (i == RUN_STATUS_COUNT)
        return status_fail(
            STATUS_FORMAT,
            "%s:%d: status '%s' is unknown; expected ok, diverged, incomplete, failed or missing",
            c->name, c->line[row + 1], word);
    run->status = (enum run_status)i;
    if (run->status == RUN_OK)
        return STATUS_OK;
    const char *why = at->why >= 0 ? csv_cell(c, row, at->why) : "";
    if (*why != '\0')
        escape_line(why, run->why, sizeof run->why);
    else
        snprintf(run->why, sizeof run->why, "%s:%d: the file says so", c->name, c->line[row + 1]);
    return STATUS_OK;
}

/* Final score, and initial when there is a column, without a curve. */
static enum status read_final(const struct csv *c, const struct columns *at, int row,
                              struct results_run *run)
{
    TRY(csv_number(c, row, at->score, &run->at_budget));
    if (at->initial >= 0)
        TRY(csv_number(c, row, at->initial, &run->initial));
    run->last = run->at_budget;
    if (run->status == RUN_OK && !isfinite(run->at_budget)) {
        run->status = RUN_DIVERGED;
        snprintf(run->why, sizeof run->why, "%s:%d: the score is not finite", c->name,
                 c->line[row + 1]);
    }
    return STATUS_OK;
}

/* The rows [first, last) are one run. */
static enum status read_run(struct results *r, const struct csv *c, const struct columns *at,
                            const struct key *key, int first, int last)
{
    struct results_run *run;
    int top = key[first].row;
    TRY(results_add(r, key[first].method, key[first].dataset, key[first].seed, &run));
    TRY(file_path(run->origin.path, "%s", c->name));
    run->origin.foreign = true;
    TRY(read_status(c, top, at, run));
    if (at->budget >= 0)
        TRY(csv_number(c, top, at->budget, &run->budget));
    if (!(run->budget > 0 && isfinite(run->budget)))
        run->budget = (double)NAN;
    if (at->step < 0) {
        if (last - first > 1)
            return status_fail(STATUS_FORMAT,
                               "%s:%d: a second score of %s, %s, seed %" PRId64
                               "; without a column 'step' a run has one line",
                               c->name, c->line[key[first + 1].row + 1],
                               csv_cell(c, top, at->method), csv_cell(c, top, at->dataset),
                               key[first].seed);
        return read_final(c, at, top, run);
    }
    TRY(results_set_points(run, last - first));
    for (int i = first; i < last; i++) {
        TRY(csv_number(c, key[i].row, at->step, &run->x[i - first]));
        TRY(csv_number(c, key[i].row, at->score, &run->y[i - first]));
    }
    enum status status = results_settle(run, false);
    return status == STATUS_OK ? status : status_prefix(status, "%s:%d", c->name, c->line[top + 1]);
}

static enum status read_rows(struct results *r, const struct csv *c, struct key *key)
{
    struct columns at;
    TRY(find_columns(c, &at));
    for (int i = 0; i < c->rows; i++) {
        key[i] = (struct key){.row = i};
        TRY(read_seed(c, i, at.seed, &key[i].seed));
        enum status status = results_declare(r, csv_cell(c, i, at.method), "",
                                             csv_cell(c, i, at.dataset), &key[i].method,
                                             &key[i].dataset);
        if (status != STATUS_OK)
            return status_prefix(status, "%s:%d", c->name, c->line[i + 1]);
    }
    qsort(key, (size_t)c->rows, sizeof *key, compare);
    for (int first = 0, last; first < c->rows; first = last) {
        for (last = first + 1; last < c->rows && same_run(&key[first], &key[last]);)
            last++;
        TRY(read_run(r, c, &at, key, first, last));
    }
    return STATUS_OK;
}

enum status scores_read_csv(struct results *r, const char *path)
{
    char *text = NULL;
    TRY(read_text(path, &text));
    struct csv c;
    enum status status = csv_parse(&c, path, text);
    free(text);
    if (status != STATUS_OK)
        return status;
    struct key *key = malloc((size_t)(c.rows > 0 ? c.rows : 1) * sizeof *key);
    if (c.rows == 0)
        status = status_fail(STATUS_FORMAT, "%s: a header line and no scores", path);
    else if (key == NULL)
        status = status_fail(STATUS_MEMORY, "%s: no memory for its rows", path);
    else
        status = read_rows(r, &c, key);
    free(key);
    csv_free(&c);
    return status;
}
