#include "harness/sweep/slurm.h"

#include "engine/base/embed.h"
#include "engine/base/file.h"
#include "harness/base/exit_status.h"
#include "harness/curve/provenance.h"

#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- words ------------------------------------------------------------------------------------ */

/* What stands between single quotes, where nothing is special to the shell, whatever bytes it has.
 */
static void quoted(FILE *f, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            fputs("'\\''", f);
        else
            fputc(*text, f);
    }
}

static void quote(FILE *f, const char *text)
{
    fputc('\'', f);
    quoted(f, text);
    fputc('\'', f);
}

char *slurm_word(const char *text)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.,+-/@%:=";
    char *word = NULL;
    size_t size;
    if (text[strspn(text, plain)] == '\0')
        return strdup(text);
    FILE *f = open_memstream(&word, &size);
    if (f == NULL)
        return NULL;
    quote(f, text);
    fclose(f);
    return word;
}

static void assign(FILE *f, const char *name, const char *value)
{
    fprintf(f, "%s=", name);
    quote(f, value != NULL ? value : "");
    fputc('\n', f);
}

/* A line of an array of words: '--name=value'. */
static void option(FILE *f, const char *name, const char *value)
{
    if (value == NULL)
        return;
    fprintf(f, "    '--%s=", name);
    quoted(f, value);
    fputs("'\n", f);
}

static void option_number(FILE *f, const char *name, long value)
{
    char text[32];
    snprintf(text, sizeof text, "%ld", value);
    option(f, name, text);
}

enum status slurm_seconds(const char *time, long *seconds)
{
    long days = 0, part[3] = {0, 0, 0};
    int parts = 0, used = 0;
    const char *at = time;
    bool with_days = false, good = true;
    if (sscanf(at, "%6ld-%n", &days, &used) == 1 && used > 0) {
        with_days = true;
        at += used;
    }
    while (good) {
        used = 0;
        good = parts < 3 && *at >= '0' && *at <= '9' &&
               sscanf(at, "%6ld%n", &part[parts], &used) == 1;
        parts++;
        at += used;
        if (*at != ':')
            break;
        at++;
    }
    if (with_days)
        *seconds = 86400 * days + 3600 * part[0] + 60 * part[1] + part[2];
    else if (parts == 3)
        *seconds = 3600 * part[0] + 60 * part[1] + part[2];
    else
        *seconds = 60 * part[0] + part[1];
    if (!good || *at != '\0' || days < 0 || *seconds < 60)
        return status_fail(STATUS_CONFIG,
                           "--time is '%s', should be a minute or more, written as Slurm does: "
                           "minutes, hours:minutes:seconds or days-hours:minutes:seconds",
                           time);
    return STATUS_OK;
}

enum status slurm_bytes(const char *size, double *bytes)
{
    static const char units[] = "KMGT";
    char *end;
    double number = strtod(size, &end), unit = 0x1p20;
    const char *at = *end != '\0' ? strchr(units, toupper((unsigned char)*end)) : NULL;
    if (at != NULL) {
        unit = ldexp(1, 10 * (int)(at - units + 1));
        end += end[1] == 'B' || end[1] == 'b' ? 2 : 1;
    }
    if (end == size || *end != '\0' || !(number > 0) || !isdigit((unsigned char)size[0]))
        return status_fail(STATUS_CONFIG,
                           "--mem is '%s', should be a size as Slurm writes it: 2300M, 8G", size);
    *bytes = number * unit;
    return STATUS_OK;
}

/* --- tasks and arrays --------------------------------------------------------------------------
 */

/* One task: its cells come one after another in `list.cell`. Its array: tasks that have nothing or
 * the same task to wait for, of one block of numbers, no more than fit into the queue. */
struct task {
    int number, after; /* `after`: number of the task that must have ended before; 0: none */
    int first, cells;
    int array; /* from 1 on */
};

struct task_list {
    struct task *task;
    int *cell; /* numbers */
    int tasks, arrays;
};

static int pack_of(const struct slurm_job *job)
{
    return job->pack > 1 ? job->pack : 1;
}

/* An index is a task's number less its block's offset. */
static int offset_of(const struct slurm_job *job, int number)
{
    return (number - 1) / job->array_most * job->array_most;
}

/* A quarter of the queue, so that the next ones can follow before the last of these is done. */
static int longest_array(const struct slurm_job *job)
{
    int share = (job->queue_limit - SLURM_QUEUE_LEAST + 1) / 4;
    return job->queue_limit == 0 ? job->array_most : share > 1 ? share : 1;
}

/* The cells of one guide, or of none, in packs; numbers are the cells' where a pack is one. */
static void make_tasks(const struct slurm_job *job, const struct slurm_cell *cell, int cells,
                       int after, struct task_list *list)
{
    int used = list->tasks > 0
                   ? list->task[list->tasks - 1].first + list->task[list->tasks - 1].cells
                   : 0;
    struct task *last = NULL;
    for (int i = 0; i < cells; i++) {
        if (cell[i].after != after)
            continue;
        if (last == NULL || last->cells == pack_of(job)) {
            last = &list->task[list->tasks++];
            *last = (struct task){.number = pack_of(job) > 1 ? list->tasks : cell[i].number,
                                  .after = after,
                                  .first = used};
        }
        list->cell[used++] = cell[i].number;
        last->cells++;
    }
}

/* The task with this cell. */
static int task_of(const struct task_list *list, int cell)
{
    for (int i = 0; i < list->tasks; i++) {
        for (int k = 0; k < list->task[i].cells; k++) {
            if (list->cell[list->task[i].first + k] == cell)
                return list->task[i].number;
        }
    }
    return 0;
}

static void make_arrays(const struct slurm_job *job, struct task_list *list)
{
    int count = 0;
    for (int i = 0; i < list->tasks; i++) {
        struct task *t = &list->task[i], *before = t - 1;
        bool same = i > 0 && before->after == t->after && count < longest_array(job) &&
                    offset_of(job, before->number) == offset_of(job, t->number);
        t->array = same ? before->array : ++list->arrays;
        count = same ? count + 1 : 1;
    }
}

static void free_tasks(struct task_list *list)
{
    free(list->task);
    free(list->cell);
}

/* First the cells that wait for none. */
static enum status list_tasks(const struct slurm_job *job, const struct slurm_cell *cell, int cells,
                              struct task_list *list)
{
    *list = (struct task_list){.task = calloc((size_t)cells + 1, sizeof *list->task),
                               .cell = calloc((size_t)cells + 1, sizeof *list->cell)};
    if (list->task == NULL || list->cell == NULL) {
        free_tasks(list);
        return status_fail(STATUS_MEMORY, "no memory for the tasks of a script");
    }
    make_tasks(job, cell, cells, 0, list);
    int unguided = list->tasks;
    for (int i = 0; i < cells; i++) {
        bool first = cell[i].after > 0;
        for (int before = 0; before < i && first; before++)
            first = cell[before].after != cell[i].after;
        if (first)
            make_tasks(job, cell, cells, cell[i].after, list);
    }
    for (int i = unguided; i < list->tasks; i++)
        list->task[i].after = task_of(list, list->task[i].after);
    make_arrays(job, list);
    return STATUS_OK;
}

int slurm_arrays(const struct slurm_job *job, const struct slurm_cell *cell, int cells)
{
    struct task_list list;
    if (list_tasks(job, cell, cells, &list) != STATUS_OK)
        return -1;
    free_tasks(&list);
    return list.arrays;
}

/* "1-7,9,12-20": the indices of the tasks from..to. */
static void print_indices(FILE *f, const struct slurm_job *job, const struct task *from,
                          const struct task *to)
{
    int offset = offset_of(job, from->number);
    for (const struct task *t = from; t < to; t++) {
        const struct task *last = t;
        while (last + 1 < to && last[1].number == last->number + 1)
            last++;
        fprintf(f, "%s%d", t > from ? "," : "", t->number - offset);
        if (last > t)
            fprintf(f, "-%d", last->number - offset);
        t = last;
    }
}

static int array_of(const struct task_list *list, int task)
{
    const struct task *t = list->task;
    while (t->number != task)
        t++;
    return t->array;
}

/* One line an array: its offset, its indices and what it comes after. The limit is shared out by
 * their tasks. */
static void print_arrays(FILE *f, const struct slurm_job *job, const struct task_list *list)
{
    const struct task *end = list->task + list->tasks;
    for (const struct task *from = list->task, *to; from < end; from = to) {
        for (to = from; to < end && to->array == from->array; to++)
            continue;
        fprintf(f, "    '%d ", offset_of(job, from->number));
        print_indices(f, job, from, to);
        long done = from - list->task, with = to - list->task, most = job->array_limit;
        long limit = most * with / list->tasks - most * done / list->tasks;
        if (most > 0)
            fprintf(f, "%%%ld", limit > 0 ? limit : 1);
        if (from->after > 0)
            fprintf(f, " %d_%d", array_of(list, from->after),
                    from->after - offset_of(job, from->after));
        fputs("'\n", f);
    }
}

/* The cells of each task, where there are several. */
static void print_packs(FILE *f, const struct slurm_job *job, const struct task_list *list)
{
    fputs("packs=(", f);
    for (int i = 0; i < list->tasks && pack_of(job) > 1; i++) {
        fprintf(f, "%s[%d]='", i % 4 == 0 ? "\n    " : " ", list->task[i].number);
        for (int k = 0; k < list->task[i].cells; k++)
            fprintf(f, "%s%d", k > 0 ? " " : "", list->cell[list->task[i].first + k]);
        fputc('\'', f);
    }
    fputs(pack_of(job) > 1 ? "\n)\n" : ")\n", f);
}

/* --- the script ------------------------------------------------------------------------------- */

/* How logs' names begin. In such a pattern a percent sign is written twice; a backslash switches
 * patterns off and cannot be written at all. */
static enum status log_pattern(const struct slurm_job *job, char out[FILE_PATH])
{
    char escaped[2 * FILE_PATH];
    size_t used = 0;
    for (const char *at = job->results; *at != '\0' && used + 2 < sizeof escaped; at++) {
        if (*at == '\\')
            return status_fail(STATUS_CONFIG,
                               "%s: Slurm cannot write logs below a folder with a backslash in "
                               "its name; use other --results",
                               job->results);
        escaped[used++] = *at;
        if (*at == '%')
            escaped[used++] = '%';
    }
    escaped[used] = '\0';
    return file_path(out, "%s/slurm/%%x-", escaped);
}

static void print_head(FILE *f, const struct slurm_job *job, int cells, int tasks)
{
    fprintf(f,
            "#!/bin/bash\n"
            "# Written by `vitamin slurm` of revision %s: %d cells in %d tasks.\n"
            "#\n"
            "#   bash FILE             submit the tasks, and a report job after them\n"
            "#   bash FILE cell N      what a task does: the Nth, or N more than its array index\n"
            "#   bash FILE report      what the report job does\n"
            "#\n"
            "# Submitting twice does no harm: a running cell is locked, and one that is\n"
            "# done ends at once. Where not all was submitted, the next call goes on there.\n"
            "# A script written later leaves out what is done by then.\n"
            "set -u\n\n",
            provenance_revision(), cells, tasks);
    assign(f, "script", job->script);
    assign(f, "vitamin", job->program);
    assign(f, "matrix", job->matrix);
    assign(f, "preset", job->preset);
    assign(f, "results", job->results);
    assign(f, "data", job->data);
    assign(f, "report", job->report);
    fputs("homes=(", f);
    for (int i = 0; i < job->homes; i++) {
        fputs(i > 0 ? " " : "", f);
        quote(f, job->home[i]);
    }
    fputs(")\n", f);
}

static void print_options(FILE *f, const struct slurm_job *job, const char *pattern, long seconds)
{
    char signal[48], log[FILE_PATH + 32];
    snprintf(signal, sizeof signal, "B:USR1@%ld", job->grace);
    fputs("\n# Options of sbatch: of every job, of a task, of the report job.\noptions=(\n", f);
    option(f, "job-name", job->name);
    option(f, "chdir", job->folder);
    fputs("    '--open-mode=append'\n    '--nodes=1'\n    '--ntasks=1'\n    '--requeue'\n", f);
    option(f, "partition", job->partition);
    option(f, "account", job->account);
    for (int i = 0; i < job->extras; i++) {
        fputs("    ", f);
        quote(f, job->extra[i]);
        fputc('\n', f);
    }
    fputs(")\ntask=(\n", f);
    option(f, "time", job->time);
    option(f, "signal", signal);
    option_number(f, "cpus-per-task", job->cpus);
    option(f, "mem", job->memory);
    snprintf(log, sizeof log, "%s%%A_%%a.log", pattern);
    option(f, "output", log);
    /* It takes minutes; a partition may allow less than an hour. */
    fputs(")\nlast=(\n", f);
    option_number(f, "time", seconds < 3600 ? (seconds + 59) / 60 : 60);
    fputs("    '--cpus-per-task=1'\n    '--mem=2G'\n", f);
    snprintf(log, sizeof log, "%sreport-%%j.log", pattern);
    option(f, "output", log);
    fputs(")\n", f);
}

/* slurm.sh without what it says to shellcheck and to readers of it. */
static void print_rest(FILE *f)
{
    const struct embed_file *file = embed_find(embed_harness, "sweep/slurm.sh");
    assert(file != NULL);
    const char *body = strstr(file->text, "\n\n");
    fputs(body + 2, f);
}

static int largest_index(const struct slurm_job *job, const struct task_list *list)
{
    int most = 0;
    for (int i = 0; i < list->tasks; i++) {
        int index = list->task[i].number - offset_of(job, list->task[i].number);
        most = index > most ? index : most;
    }
    return most;
}

static void print_script(FILE *f, const struct slurm_job *job, const struct task_list *list,
                         int cells, const char *pattern, long seconds)
{
    print_head(f, job, cells, list->tasks);
    print_options(f, job, pattern, seconds);
    fputs("# Still to be done: an offset, indices above it, and ARRAY_INDEX of the task that must "
          "end\n"
          "# first (arrays count from 1).\narrays=(\n",
          f);
    print_arrays(f, job, list);
    fputs(")\n# The cells of a task that has several.\n", f);
    print_packs(f, job, list);
    fprintf(f, "limit=%ld # seconds per attempt\n", seconds);
    fprintf(f, "interrupted=%d # exit status of a run that saved and left\n", EXIT_INTERRUPTED);
    fprintf(f, "largest=%d # index of an array\n", largest_index(job, list));
    fprintf(f, "queue=%d # jobs of the user at a time; 0: any number\n\n", job->queue_limit);
    print_rest(f);
}

enum status slurm_script(const struct slurm_job *job, const struct slurm_cell *cell, int cells,
                         char **out)
{
    char pattern[FILE_PATH];
    struct task_list list;
    long seconds;
    size_t size;
    *out = NULL;
    TRY(log_pattern(job, pattern));
    TRY(slurm_seconds(job->time, &seconds));
    TRY(list_tasks(job, cell, cells, &list));
    FILE *f = open_memstream(out, &size);
    bool failed = f == NULL;
    if (f != NULL) {
        print_script(f, job, &list, cells, pattern, seconds);
        failed = ferror(f) != 0;
        failed = fclose(f) != 0 || failed;
    }
    free_tasks(&list);
    if (!failed)
        return STATUS_OK;
    free(*out);
    *out = NULL;
    return status_fail(STATUS_MEMORY, "no memory for a script");
}
