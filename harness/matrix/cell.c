#include "harness/matrix/cell.h"

#include "engine/base/lock.h"
#include "harness/curve/curve.h"
#include "harness/run/run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *cell_state_word(enum cell_state state)
{
    static const char *const words[] = {
#define CELL_WORD(state, word) [state] = (word),
        CELL_STATES(CELL_WORD)
#undef CELL_WORD
    };
    return words[state];
}

bool cell_is_over(enum cell_state state)
{
    return state == CELL_DONE || state == CELL_DIVERGED;
}

static void take_curve(const struct curve *c, struct cell_look *out)
{
    const char *status = curve_get(c, "status");
    out->state = strcmp(status, "complete") == 0   ? CELL_DONE
                 : strcmp(status, "diverged") == 0 ? CELL_DIVERGED
                                                   : CELL_STOPPED;
    out->threads = (int)curve_get_integer(c, "threads", 1);
    out->budget = curve_get_integer(c, "budget", 0);
    snprintf(out->config_hash, sizeof out->config_hash, "%.79s", curve_get(c, "config_hash"));
    snprintf(out->reason, sizeof out->reason, "%.500s", curve_get(c, "failure"));
    if (c->evaluations == 0)
        return;
    const struct curve_evaluation *last = &c->evaluation[c->evaluations - 1];
    out->first_score = curve_mean_score(c, 0);
    out->last_score = curve_mean_score(c, c->evaluations - 1);
    out->transitions = last->transitions;
    out->seconds = last->seconds;
}

static void take_failure(const char *folder, struct cell_look *out)
{
    char path[FILE_PATH], *text;
    struct stat info;
    if (file_path(path, "%s/failed", folder) != STATUS_OK || stat(path, &info) != 0)
        return;
    out->state = CELL_FAILED;
    out->failed_at = info.st_mtime;
    if (file_read(path, 4096, &text, NULL) == STATUS_OK) {
        snprintf(out->reason, sizeof out->reason, "%.*s", (int)strcspn(text, "\n"), text);
        free(text);
    }
}

void cell_look(const char *folder, struct cell_look *out)
{
    char path[FILE_PATH];
    struct curve c;
    *out = (struct cell_look){.first_score = (double)NAN, .last_score = (double)NAN, .threads = 1};
    /* Before the curve: a run that ends in between is then seen as running, not as stopped. */
    bool locked = false;
    struct status_note lock;
    enum status looked = file_path(path, "%s/lock", folder);
    status_save(&lock, looked == STATUS_OK ? lock_look(path, &locked) : looked);
    enum status result = file_path(path, "%s/curve.h5", folder);
    if (result == STATUS_OK)
        result = curve_read(path, &c);
    if (result == STATUS_OK) {
        take_curve(&c, out);
        curve_free(&c);
    } else if (result != STATUS_MISSING) {
        /* A damaged one is made again by the next to run the cell; others may be readable later. */
        out->trouble = result;
        out->state = result == STATUS_DAMAGED ? CELL_STOPPED : CELL_FAILED;
        snprintf(out->reason, sizeof out->reason, "%.500s", status_sentence());
    }
    if (cell_is_over(out->state))
        return;
    if (locked) {
        out->state = CELL_RUNNING;
        return;
    }
    if (lock.code != STATUS_OK) {
        out->state = CELL_FAILED;
        snprintf(out->reason, sizeof out->reason, "%.500s", lock.sentence);
        return;
    }
    if (out->state != CELL_FAILED)
        take_failure(folder, out);
}

enum status cell_config_hash(const struct matrix_cell *cell, char out[SHA256_HEX])
{
    struct config_request request;
    struct hyper h;
    matrix_request(cell, &request);
    TRY(run_configure(&request, &h));
    return run_config_hash(&h, out);
}

enum status cell_check(const char *config_hash, const char *folder, const struct cell_look *look)
{
    if (*look->config_hash == '\0' || strcmp(config_hash, look->config_hash) == 0)
        return STATUS_OK;
    return status_fail(STATUS_CONFIG,
                       "%s: holds a run of another configuration; remove the folder to run the "
                       "cell anew, or use another --results",
                       folder);
}

enum status cell_fail(const char *folder, const char *reason)
{
    char path[FILE_PATH], text[600];
    TRY(file_path(path, "%s/failed", folder));
    int length = snprintf(text, sizeof text, "%.590s\n", reason);
    TRY(file_make_folder(folder));
    return file_replace(path, text, (size_t)length);
}

void cell_forget_failure(const char *folder)
{
    char path[FILE_PATH];
    if (file_path(path, "%s/failed", folder) == STATUS_OK)
        unlink(path);
}
