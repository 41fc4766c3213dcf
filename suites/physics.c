/* MuJoCo versions, all in this file:
 *   - the virtual file system was rewritten in 3.2.0 (add_file);
 *   - quaternions in qpos are normalised by mj_forward only up to 3.1.x (physics_forward);
 *   - a contact's margin is the larger of its geoms' up to 3.4, their sum since 3.5
 * (share_margins);
 *   - capsules are weighed exactly since 2.1.1: our models carry explicit <inertial>. */
#include "suites/physics.h"

#include "engine/base/embed.h"

#include <assert.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct physics_world {
    mjModel *model;
    atomic_int references;
};

/* --- MuJoCo's error handler ------------------------------------------------------------------ */

/* MuJoCo reports what it thinks fatal through mju_user_error and must not be returned to: by
 * default it ends the process. So every call that can fail runs inside guarded(), and the handler
 * jumps back there. */
static _Thread_local jmp_buf *escape;
static _Thread_local char fatal_message[256];

static void on_error(const char *message)
{
    snprintf(fatal_message, sizeof fatal_message, "%s", message);
    assert(escape != NULL && "a MuJoCo call outside guarded()");
    longjmp(*escape, 1); // NOLINT: the only way out that does not end the process
}

/* By default a warning is printed and appended to MUJOCO_LOG.TXT in the current folder. Those that
 * matter are counted in mjData and read by physics_step. */
static void on_warning(const char *message)
{
    (void)message;
}

static void install_handlers(void)
{
    mju_user_error = on_error;
    mju_user_warning = on_warning;
}

/* Run work(context); false when MuJoCo gave up in it. Leaks of a failed compile are accepted. */
static bool guarded(void (*work)(void *context), void *context)
{
    jmp_buf here;
    if (setjmp(here) != 0) { // NOLINT
        escape = NULL;
        return false;
    }
    escape = &here;
    work(context);
    escape = NULL;
    return true;
}

/* --- files -------------------------------------------------------------------------------------
 */

void physics_add_file(struct physics_files *files, const char *name, char *text)
{
    assert(files->count < PHYSICS_FILES);
    files->file[files->count].name = name;
    files->file[files->count].text = text;
    files->count++;
}

void physics_free_files(struct physics_files *files)
{
    for (int i = 0; i < files->count; i++)
        free(files->file[i].text);
    files->count = 0;
}

/* An embedded file, NULL when there is none of that name. */
static const char *find_embedded(const char *name)
{
    const struct embed_file *f = embed_find(embed_suites, name);
    return f != NULL ? f->text : NULL;
}

/* Blank every <inertial .../> out; line numbers in messages stay right. */
static void blank_inertials(char *text)
{
    for (char *from = strstr(text, "<inertial"); from != NULL; from = strstr(from, "<inertial")) {
        char *to = strstr(from, "/>");
        if (to == NULL)
            return; /* malformed: MuJoCo will say so */
        memset(from, ' ', (size_t)(to - from) + 2);
    }
}

static int add_file(mjVFS *vfs, const char *name, const char *text, size_t size)
{
#if mjVERSION_HEADER < 320
    /* With room for the NUL: the parser of old versions reads the buffer as a string. */
    int failed = mj_makeEmptyFileVFS(vfs, name, (int)size + 1);
    int index = mj_findFileVFS(vfs, name);
    if (failed == 0 && index >= 0)
        memcpy(vfs->filedata[index], text, size + 1);
    return failed;
#else
    return mj_addBufferVFS(vfs, name, text, (int)size);
#endif
}

/* --- compiling ---------------------------------------------------------------------------------
 */

struct compile {
    const struct physics_files *files;
    bool exact_inertia;
    mjVFS *vfs;
    char *copy; /* of the text being added */
    mjModel *model;
    char message[512];
};

static bool add_text(struct compile *c, const char *name, const char *text)
{
    size_t size = strlen(text);
    c->copy = malloc(size + 1);
    if (c->copy == NULL)
        return false;
    memcpy(c->copy, text, size + 1);
    if (c->exact_inertia)
        blank_inertials(c->copy);
    int failed = add_file(c->vfs, name, c->copy, size);
    free(c->copy);
    c->copy = NULL;
    return failed == 0;
}

static bool is_listed(const struct physics_files *files, const char *name)
{
    for (int i = 0; i < files->count; i++) {
        if (files->file[i].text != NULL && strcmp(files->file[i].name, name) == 0)
            return true;
    }
    return false;
}

static void compile(void *context)
{
    struct compile *c = context;
    bool added = true;
    for (const struct embed_file *f = embed_suites; f->name != NULL; f++) {
        if (!is_listed(c->files, f->name))
            added = added && add_text(c, f->name, f->text);
    }
    for (int i = 0; i < c->files->count; i++) {
        if (c->files->file[i].text != NULL)
            added = added && add_text(c, c->files->file[i].name, c->files->file[i].text);
    }
    if (!added) {
        snprintf(c->message, sizeof c->message, "cannot hold the model's files in memory");
        return;
    }
    c->model = mj_loadXML(c->files->file[0].name, c->vfs, c->message, sizeof c->message);
}

/* Contacts see the larger of two margins up to 3.4 and the sum since 3.5. Halving all margins keeps
 * the contacts of models whose geoms all have the same margin: hopper, ant, the mazes. */
static void share_margins(mjModel *m)
{
#if mjVERSION_HEADER >= 350
    for (int i = 0; i < m->ngeom; i++)
        m->geom_margin[i] *= 0.5;
#else
    (void)m;
#endif
}

enum status physics_compile(const struct physics_files *files, bool exact_inertia,
                            struct physics_world **out)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
    pthread_once(&once, install_handlers);

    if (mj_version() != mjVERSION_HEADER)
        return status_fail(
            STATUS_CONFIG,
            "MuJoCo's library is version %d, vitamin was compiled for %d; build again "
            "with MUJOCO_PREFIX of the one you run with",
            mj_version(), mjVERSION_HEADER);
    for (int i = 0; i < files->count; i++) {
        if (files->file[i].text == NULL && find_embedded(files->file[i].name) == NULL)
            return status_fail(STATUS_MISSING, "model '%s' is not among suites/models",
                               files->file[i].name);
    }

    struct physics_world *w = calloc(1, sizeof *w);
    mjVFS *vfs = malloc(sizeof *vfs); /* megabytes in old versions: not for the stack */
    if (w == NULL || vfs == NULL) {
        free(w);
        free(vfs);
        return status_fail(STATUS_MEMORY, "no memory to compile model '%s'", files->file[0].name);
    }
    struct compile c = {.files = files, .exact_inertia = exact_inertia, .vfs = vfs};
    mj_defaultVFS(vfs);
    pthread_mutex_lock(&one_at_a_time); /* the compiler keeps the last XML in a global */
    bool finished = guarded(compile, &c);
    pthread_mutex_unlock(&one_at_a_time);
    mj_deleteVFS(vfs);
    free(vfs);
    free(c.copy);
    if (!finished || c.model == NULL) {
        free(w);
        return status_fail(STATUS_FORMAT, "model '%s' does not compile: %s", files->file[0].name,
                           finished ? c.message : fatal_message);
    }
    share_margins(c.model);
    w->model = c.model;
    atomic_init(&w->references, 1);
    *out = w;
    return STATUS_OK;
}

void physics_world_release(struct physics_world *w)
{
    if (w == NULL || atomic_fetch_sub(&w->references, 1) > 1)
        return;
    mj_deleteModel(w->model);
    free(w);
}

/* --- instances ---------------------------------------------------------------------------------
 */

static void make_instance(void *context)
{
    struct physics *p = context;
    p->model = p->own_model ? mj_copyModel(NULL, p->world->model) : p->world->model;
    if (p->model != NULL)
        p->data = mj_makeData(p->model);
}

enum status physics_open(struct physics_world *w, bool own_model, struct physics *out)
{
    struct physics p = {.world = w, .own_model = own_model};
    atomic_fetch_add(&w->references, 1);
    if (!guarded(make_instance, &p) || p.data == NULL) {
        physics_close(&p);
        return status_fail(STATUS_MEMORY, "no memory for another instance of a model");
    }
    *out = p;
    return STATUS_OK;
}

void physics_close(struct physics *p)
{
    if (p->data != NULL)
        mj_deleteData(p->data);
    if (p->own_model && p->model != NULL)
        mj_deleteModel(p->model);
    physics_world_release(p->world);
    memset(p, 0, sizeof *p);
}

const mjModel *physics_original(const struct physics *p)
{
    return p->world->model;
}

enum status physics_find(const struct physics *p, mjtObj type, const char *name, int *id)
{
    *id = mj_name2id(p->model, (int)type, name);
    if (*id < 0)
        return status_fail(STATUS_MISSING, "the compiled model has no %s named '%s'",
                           mju_type2Str((int)type), name);
    return STATUS_OK;
}

/* --- simulating --------------------------------------------------------------------------------
 */

void physics_reset(struct physics *p)
{
    mj_resetData(p->model, p->data);
}

static void forward(void *context)
{
    struct physics *p = context;
    mj_normalizeQuat(p->model, p->data->qpos);
    mj_forward(p->model, p->data);
}

static bool diverged(const mjData *d)
{
    return d->warning[mjWARN_BADQACC].number + d->warning[mjWARN_BADQPOS].number +
               d->warning[mjWARN_BADQVEL].number >
           0;
}

/* MuJoCo has put the state back to qpos0 by now; say what it saw first. */
static enum status divergence(const mjData *d)
{
    const char *what = d->warning[mjWARN_BADQPOS].number > 0   ? "position"
                       : d->warning[mjWARN_BADQVEL].number > 0 ? "velocity"
                                                               : "acceleration";
    int where = d->warning[mjWARN_BADQPOS].number > 0   ? d->warning[mjWARN_BADQPOS].lastinfo
                : d->warning[mjWARN_BADQVEL].number > 0 ? d->warning[mjWARN_BADQVEL].lastinfo
                                                        : d->warning[mjWARN_BADQACC].lastinfo;
    return status_fail(STATUS_PHYSICS, "the simulation diverged (%s %d is infinite or too large)",
                       what, where);
}

enum status physics_forward(struct physics *p)
{
    if (!guarded(forward, p))
        return status_fail(STATUS_PHYSICS, "MuJoCo gave up: %s", fatal_message);
    return diverged(p->data) ? divergence(p->data) : STATUS_OK;
}

struct steps {
    struct physics *p;
    int count;
};

static void step_physics(void *context)
{
    const struct steps *s = context;
    for (int i = 0; i < s->count && !diverged(s->p->data); i++)
        mj_step(s->p->model, s->p->data);
}

enum status physics_step(struct physics *p, int substeps)
{
    struct steps s = {p, substeps};
    if (!guarded(step_physics, &s))
        return status_fail(STATUS_PHYSICS, "MuJoCo gave up: %s", fatal_message);
    return diverged(p->data) ? divergence(p->data) : STATUS_OK;
}

static void contact_forces(void *context)
{
    struct physics *p = context;
    mj_rnePostConstraint(p->model, p->data);
}

enum status physics_contact_forces(struct physics *p)
{
    if (!guarded(contact_forces, p))
        return status_fail(STATUS_PHYSICS, "MuJoCo gave up: %s", fatal_message);
    return STATUS_OK;
}

enum status physics_guarded(void (*work)(void *context), void *context, const char *what)
{
    install_handlers();
    if (guarded(work, context))
        return STATUS_OK;
    return status_fail(STATUS_PHYSICS, "%s: MuJoCo says: %s", what, fatal_message);
}

const char *physics_version(void)
{
    return mj_versionString();
}
