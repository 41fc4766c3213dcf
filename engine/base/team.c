#include "engine/base/team.h"

#include <assert.h>
#include <omp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <time.h>

/* A leader's section. All but `next` changes under the lock, and only while no helper is inside. */
struct section {
    team_task *task;
    void *context;
    int tasks;
    atomic_int next;     /* the task to take; from `tasks` on there is none */
    int inside;          /* helpers that take tasks */
    pthread_cond_t left; /* no helper is inside any more */
};

struct team {
    int size, leads;
    atomic_int next_lead;
    int leading; /* leaders not done yet, under the lock */
    pthread_mutex_t lock;
    pthread_cond_t work; /* a section began, or all leaders are done */
    int sleeping;        /* helpers that wait for it */
    struct section section[TEAM_LEADERS];
};

/* What the calling thread leads; team NULL: nothing. */
static _Thread_local struct {
    struct team *team;
    struct section *section;
} mine;

static struct team_count *counting; /* set only outside of regions */

int team_size(void)
{
    return mine.team != NULL ? mine.team->size : 1;
}

static bool cut_all;

void team_cut_all(bool all)
{
    cut_all = all;
}

int team_parts(double work, double least)
{
    int size = team_size();
    double parts = cut_all ? size : work / least;
    return parts >= size ? size : parts >= 1 ? (int)parts : 1;
}

struct team_range team_range(int n, int unit, int parts, int part)
{
    long units = n > unit ? n / unit : 1;
    int first = (int)(units * part / parts) * unit, end = (int)(units * (part + 1) / parts) * unit;
    return (struct team_range){first, (part == parts - 1 ? n : end) - first};
}

/* --- counting -------------------------------------------------------------------------------- */

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Seconds that are given in order to whichever worker is free first. */
struct workers {
    int count;
    double busy[TEAM_MOST];
};

static void work(struct workers *w, double seconds)
{
    int first = 0;
    for (int i = 1; i < w->count; i++)
        first = w->busy[i] < w->busy[first] ? i : first;
    w->busy[first] += seconds;
}

static double longest(const struct workers *w)
{
    double most = 0;
    for (int i = 0; i < w->count; i++)
        most = w->busy[i] > most ? w->busy[i] : most;
    return most;
}

/* Of the leader being counted: seconds that its helpers save it, and its sections. */
static double saved;
static long sections;

static void count_section(int size, int tasks, team_task *task, void *context,
                          struct arena *scratch)
{
    struct workers w = {.count = size};
    double begin = now(), from = begin;
    for (int i = 0; i < tasks; i++) {
        task(context, i, scratch);
        double to = now();
        work(&w, to - from);
        from = to;
    }
    counting->shared += from - begin;
    saved += from - begin - longest(&w);
    sections++;
}

static void count_leads(int leads, struct arena scratch[], team_lead *lead, void *context)
{
    int threads = counting->threads;
    struct team team = {.size = (threads + leads - 1) / leads};
    struct workers w = {.count = threads < leads ? threads : leads};
    long most = 0;
    for (int i = 0; i < leads; i++) {
        double begin = now();
        saved = 0, sections = 0, mine.team = &team;
        lead(context, i, scratch);
        mine.team = NULL;
        double seconds = now() - begin;
        counting->alone += seconds;
        work(&w, seconds - saved);
        most = sections > most ? sections : most;
    }
    counting->predicted += longest(&w);
    counting->sections += most;
}

void team_count(struct team_count *c)
{
    assert(mine.team == NULL);
    counting = c;
}

/* --- sections -------------------------------------------------------------------------------- */

static void take_tasks(struct section *s, struct arena *scratch)
{
    for (int i; (i = atomic_fetch_add(&s->next, 1)) < s->tasks;)
        s->task(s->context, i, scratch);
}

static void share_section(struct team *t, struct section *s, int tasks, team_task *task,
                          void *context, struct arena *scratch)
{
    pthread_mutex_lock(&t->lock);
    s->task = task, s->context = context, s->tasks = tasks;
    atomic_store(&s->next, 0);
    int wake = tasks - 1 < t->sleeping ? tasks - 1 : t->sleeping;
    pthread_mutex_unlock(&t->lock);
    for (int i = 0; i < wake; i++)
        pthread_cond_signal(&t->work);
    take_tasks(s, scratch);
    pthread_mutex_lock(&t->lock);
    while (s->inside > 0)
        pthread_cond_wait(&s->left, &t->lock);
    pthread_mutex_unlock(&t->lock);
}

void team_share(int tasks, team_task *task, void *context, struct arena *scratch)
{
    struct team *team = mine.team;
    mine.team = NULL; /* nobody can help with a task: inside it a section is a loop */
    if (tasks > 1 && team != NULL && counting != NULL)
        count_section(team->size, tasks, task, context, scratch);
    else if (tasks > 1 && team != NULL && team->size > 1)
        share_section(team, mine.section, tasks, task, context, scratch);
    else
        for (int i = 0; i < tasks; i++)
            task(context, i, scratch);
    mine.team = team;
}

/* --- the region ------------------------------------------------------------------------------ */

static void lead_some(struct team *t, struct arena *scratch, team_lead *lead, void *context)
{
    for (int i; (i = atomic_fetch_add(&t->next_lead, 1)) < t->leads;) {
        mine.team = t, mine.section = &t->section[i];
        lead(context, i, scratch);
        mine.team = NULL;
        pthread_mutex_lock(&t->lock);
        if (--t->leading == 0)
            pthread_cond_broadcast(&t->work);
        pthread_mutex_unlock(&t->lock);
    }
}

/* A section with tasks to take; each thread looks first at another one. */
static struct section *open_section(struct team *t, int thread)
{
    for (int i = 0; i < t->leads; i++) {
        struct section *s = &t->section[(thread + i) % t->leads];
        if (atomic_load(&s->next) < s->tasks)
            return s;
    }
    return NULL;
}

static void help(struct team *t, int thread, struct arena *scratch)
{
    pthread_mutex_lock(&t->lock);
    while (t->leading > 0) {
        struct section *s = open_section(t, thread);
        if (s == NULL) {
            t->sleeping++;
            pthread_cond_wait(&t->work, &t->lock);
            t->sleeping--;
            continue;
        }
        s->inside++;
        pthread_mutex_unlock(&t->lock);
        take_tasks(s, scratch);
        pthread_mutex_lock(&t->lock);
        if (--s->inside == 0)
            pthread_cond_signal(&s->left);
    }
    pthread_mutex_unlock(&t->lock);
}

void team_run(int threads, int leads, struct arena scratch[], team_lead *lead, void *context)
{
    assert(leads <= TEAM_LEADERS && threads <= TEAM_MOST && mine.team == NULL);
    if (counting != NULL) {
        count_leads(leads, scratch, lead, context);
        return;
    }
    struct team t = {.size = (threads + leads - 1) / leads,
                     .leads = leads,
                     .leading = leads,
                     .lock = PTHREAD_MUTEX_INITIALIZER,
                     .work = PTHREAD_COND_INITIALIZER};
    for (int i = 0; i < leads; i++)
        pthread_cond_init(&t.section[i].left, NULL);
    if (threads == 1) { /* a region of one thread would call malloc */
        lead_some(&t, &scratch[0], lead, context);
        return;
    }
#pragma omp parallel num_threads(threads)
    {
        int thread = omp_get_thread_num();
        if (thread < TEAM_LEADERS)
            lead_some(&t, &scratch[thread], lead, context);
        help(&t, thread, &scratch[thread]);
    }
}
