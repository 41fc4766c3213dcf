#include "harness/sweep/slurm.h"

#include "engine/base/embed.h"
#include "engine/base/file.h"
#include "harness/base/exit_status.h"
#include "harness/curve/provenance.h"

#include <assert.h>
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

/* --- arrays ----------------------------------------------------------------------------------- */

/* One array: cells that have nothing or the same cell to wait for, of one block of numbers. An
 * index is a cell's number less the block's offset. */
static int offset_of(const struct slurm_job *job, int number)
{
    return (number - 1) / job->array_most * job->array_most;
}

static bool same_array(const struct slurm_job *job, const struct slurm_cell *a,
                       const struct slurm_cell *b)
{
    return a->after == b->after && offset_of(job, a->number) == offset_of(job, b->number);
}

static bool begins_array(const struct slurm_job *job, const struct slurm_cell *cell, int i)
{
    for (int before = 0; before < i; before++) {
        if (same_array(job, &cell[before], &cell[i]))
            return false;
    }
    return true;
}

int slurm_arrays(const struct slurm_job *job, const struct slurm_cell *cell, int cells)
{
    int arrays = 0;
    for (int i = 0; i < cells; i++)
        arrays += begins_array(job, cell, i);
    return arrays;
}

/* "1-7,9,12-20" of the array that `first` begins; how many cells that are. */
static int print_indices(FILE *f, const struct slurm_job *job, const struct slurm_cell *cell,
                         int cells, int first)
{
    int offset = offset_of(job, cell[first].number), count = 0, last = 0, from = 0;
    for (int i = first; i <= cells; i++) {
        if (i < cells && !same_array(job, &cell[first], &cell[i]))
            continue;
        int index = i < cells ? cell[i].number - offset : 0;
        if (index != last + 1 || from == 0) {
            if (from > 0 && last > from)
                fprintf(f, "-%d", last);
            if (i < cells)
                fprintf(f, "%s%d", count > 0 ? "," : "", index);
            from = index;
        }
        last = index;
        count += i < cells;
    }
    return count;
}

/* One line an array: its offset, its indices and what it comes after. The limit is shared out by
 * their cells. */
static void print_arrays(FILE *f, const struct slurm_job *job, const struct slurm_cell *cell,
                         int cells, bool guided, long *done)
{
    for (int i = 0; i < cells; i++) {
        if ((cell[i].after > 0) != guided || !begins_array(job, cell, i))
            continue;
        fprintf(f, "    '%d ", offset_of(job, cell[i].number));
        long count = print_indices(f, job, cell, cells, i);
        long limit = job->array_limit * (*done + count) / cells - job->array_limit * *done / cells;
        if (job->array_limit > 0)
            fprintf(f, "%%%ld", limit > 0 ? limit : 1);
        if (guided) {
            int offset = offset_of(job, cell[i].after);
            fprintf(f, " %d_%d", offset, cell[i].after - offset);
        }
        fputs("'\n", f);
        *done += count;
    }
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

static void print_head(FILE *f, const struct slurm_job *job, int cells)
{
    fprintf(f,
            "#!/bin/bash\n"
            "# Written by `vitamin slurm` of revision %s: %d cells, one per task.\n"
            "#\n"
            "#   bash FILE             submit the tasks, and a report job after them\n"
            "#   bash FILE cell N      what a task does: cell N, or N more than its array index\n"
            "#   bash FILE report      what the report job does\n"
            "#\n"
            "# Submitting twice does no harm: a running cell is locked, and one that is\n"
            "# done ends at once. A script written later leaves out what is done by then.\n"
            "set -u\n\n",
            provenance_revision(), cells);
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

static int largest_index(const struct slurm_job *job, const struct slurm_cell *cell, int cells)
{
    int most = 0;
    for (int i = 0; i < cells; i++) {
        int index = cell[i].number - offset_of(job, cell[i].number);
        most = index > most ? index : most;
    }
    return most;
}

enum status slurm_script(const struct slurm_job *job, const struct slurm_cell *cell, int cells,
                         char **out)
{
    char pattern[FILE_PATH];
    long seconds, done = 0;
    size_t size;
    *out = NULL;
    TRY(log_pattern(job, pattern));
    TRY(slurm_seconds(job->time, &seconds));
    FILE *f = open_memstream(out, &size);
    if (f == NULL)
        return status_fail(STATUS_MEMORY, "no memory for a script");
    print_head(f, job, cells);
    print_options(f, job, pattern, seconds);
    fputs("# Cells still to be done: an offset, indices above it, and OFFSET_INDEX of the cell\n"
          "# that must end first.\narrays=(\n",
          f);
    print_arrays(f, job, cell, cells, false, &done); /* first: the others come after them */
    print_arrays(f, job, cell, cells, true, &done);
    fputs(")\n", f);
    fprintf(f, "limit=%ld # seconds per attempt\n", seconds);
    fprintf(f, "interrupted=%d # exit status of a run that saved and left\n", EXIT_INTERRUPTED);
    fprintf(f, "largest=%d # index of an array\n\n", largest_index(job, cell, cells));
    print_rest(f);
    bool failed = ferror(f) != 0;
    if (fclose(f) != 0 || failed) {
        free(*out);
        *out = NULL;
        return status_fail(STATUS_MEMORY, "no memory for a script");
    }
    return STATUS_OK;
}
