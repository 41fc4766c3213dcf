#include "report/export.h"

#include "report/text/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

static void start_row(struct text *t, const struct results *r, const struct results_run *run)
{
    text_csv(t, r->method[run->method].id);
    text_csv(t, r->dataset[run->dataset].id);
    text_csv_integer(t, run->seed);
}

enum status export_scores(const struct results *r, const char *path)
{
    struct text t = {0};
    text_add(
        &t,
        "method,dataset,seed,status,initial,final,increase,last,mean_last_%d,best,area,"
        "runtime_s,gradient_steps,used,at_budget,budget,preset,size,kind,matrix,why,suite,axis\n",
        r->options.last_k);
    for (int i = 0; i < r->runs; i++) {
        const struct results_run *run = &r->run[i];
        start_row(&t, r, run);
        text_csv(&t, run_status_word(run->status));
        text_csv_number(&t, run->initial);
        text_csv_number(&t, run->final);
        text_csv_number(&t, run->increase);
        text_csv_number(&t, run->last);
        text_csv_number(&t, run->mean_last_k);
        text_csv_number(&t, run->best);
        text_csv_number(&t, run->area);
        text_csv_number(&t, run->runtime);
        text_csv_number(&t, run->updates);
        text_csv_integer(&t, run->used);
        text_csv_number(&t, run->at_budget);
        text_csv_number(&t, r->dataset[run->dataset].budget);
        text_csv(&t, run->origin.preset);
        text_csv(&t, run->origin.size);
        text_csv(&t, run->origin.kind);
        text_csv(&t, run->origin.matrix);
        text_csv(&t, run->why);
        text_csv(&t, r->suite[r->dataset[run->dataset].suite].id);
        text_csv(&t, r->x_title);
        text_csv_end(&t);
    }
    return text_write(&t, path);
}

/* What a curve does not tell: without it the run would not be read back as what it is. */
static void end_row(struct text *t, const struct results *r, const struct results_run *run)
{
    text_csv(t, run_status_word(run->status));
    text_csv_number(t, r->dataset[run->dataset].budget);
    text_csv(t, run->origin.preset);
    text_csv(t, run->origin.size);
    text_csv(t, run->origin.kind);
    text_csv(t, run->origin.matrix);
    text_csv(t, run->why);
    text_csv(t, r->suite[r->dataset[run->dataset].suite].id);
    text_csv(t, r->x_title);
    text_csv_end(t);
}

static void curves_text(const struct results *r, struct text *t)
{
    text_add(t,
             "method,dataset,seed,step,score,score_sd,hours,gradient_steps,initial,status,budget,"
             "preset,size,kind,matrix,why,suite,axis\n");
    for (int i = 0; i < r->runs; i++) {
        const struct results_run *run = &r->run[i];
        for (int k = 0; k < run->points; k++) {
            start_row(t, r, run);
            text_csv_number(t, run->x[k]);
            text_csv_number(t, run->y[k]);
            text_csv_number(t, run->spread[k]);
            text_csv_number(t, run->hours[k]);
            text_csv_number(t, run->steps[k]);
            text_csv(t, "");
            end_row(t, r, run);
        }
        if (run->points > 0)
            continue;
        start_row(t, r, run); /* a run without a curve: its score at no step, if it has one */
        text_csv(t, "");
        text_csv_number(t, run->final);
        text_csv(t, "");
        text_csv(t, "");
        text_csv(t, "");
        text_csv_number(t, run->initial);
        end_row(t, r, run);
    }
}

/* gzip has no time stamp here: zlib writes 0. */
static enum status write_gzip(const struct text *t, const char *path)
{
    char temporary[FILE_PATH], folder[FILE_PATH];
    TRY(file_parent(path, folder));
    TRY(file_make_folder(folder));
    TRY(file_temporary(path, temporary));
    gzFile file = gzopen(temporary, "wb9");
    if (file == NULL) {
        enum status failed = status_fail(STATUS_IO, "%s: cannot be written: %s", path,
                                         strerror(errno));
        remove(temporary);
        return failed;
    }
    bool good = t->length == 0 || gzwrite(file, t->at, (unsigned)t->length) == (int)t->length;
    good = gzclose(file) == Z_OK && good;
    if (!good) {
        remove(temporary);
        return status_fail(STATUS_IO, "%s: cannot be written (is the disk full?)", path);
    }
    return file_commit(temporary, path);
}

enum status export_curves(const struct results *r, const char *path)
{
    struct text t = {0};
    curves_text(r, &t);
    enum status status = text_check(&t);
    if (status == STATUS_OK && t.length > INT32_MAX)
        status = status_fail(STATUS_MEMORY, "%s: more than 2 GB of curves", path);
    if (status == STATUS_OK)
        status = write_gzip(&t, path);
    text_free(&t);
    return status;
}
