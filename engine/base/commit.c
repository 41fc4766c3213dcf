#include "engine/base/commit.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>

static void *work(void *context)
{
    struct commit *c = context;
    status_save(&c->note, file_commit(c->temporary, c->path));
    return NULL;
}

void commit_begin(struct commit *c, const char *temporary, const char *path)
{
    sigset_t all, before;
    assert(!c->under_way);
    snprintf(c->temporary, sizeof c->temporary, "%s", temporary);
    snprintf(c->path, sizeof c->path, "%s", path);
    /* Signals are for the thread that works. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    c->under_way = pthread_create(&c->thread, NULL, work, c) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!c->under_way)
        work(c); /* no thread: then it takes as long as it takes */
}

enum status commit_end(struct commit *c)
{
    struct status_note note = c->note;
    if (c->under_way) {
        pthread_join(c->thread, NULL);
        note = c->note;
    }
    c->under_way = false;
    c->note = (struct status_note){.code = STATUS_OK};
    return note.code == STATUS_OK ? STATUS_OK : status_restore(&note);
}
