#include "suites/camera.h"

#include "suites/env_impl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

double camera_step_seconds(const struct env *e)
{
    return e->physics.model != NULL ? e->physics.model->opt.timestep * e->kind->frame_skip : 1;
}

#ifdef VITAMIN_EGL

#include <EGL/egl.h>
#include <EGL/eglext.h>
#include <dlfcn.h>

enum { GEOMS = 2000, GRID = 12 };

/* The functions of the library, under their own names. X(name, result, arguments) */
#define EGL_FUNCTIONS(X)                                                                           \
    X(eglGetProcAddress, __eglMustCastToProperFunctionPointerType, (const char *))                 \
    X(eglGetDisplay, EGLDisplay, (EGLNativeDisplayType))                                           \
    X(eglInitialize, EGLBoolean, (EGLDisplay, EGLint *, EGLint *))                                 \
    X(eglBindAPI, EGLBoolean, (EGLenum))                                                           \
    X(eglChooseConfig, EGLBoolean, (EGLDisplay, const EGLint *, EGLConfig *, EGLint, EGLint *))    \
    X(eglCreateContext, EGLContext, (EGLDisplay, EGLConfig, EGLContext, const EGLint *))           \
    X(eglCreatePbufferSurface, EGLSurface, (EGLDisplay, EGLConfig, const EGLint *))                \
    X(eglMakeCurrent, EGLBoolean, (EGLDisplay, EGLSurface, EGLSurface, EGLContext))                \
    X(eglDestroySurface, EGLBoolean, (EGLDisplay, EGLSurface))                                     \
    X(eglDestroyContext, EGLBoolean, (EGLDisplay, EGLContext))

struct camera {
#define EGL_MEMBER(name, result, arguments) result(*name) arguments;
    EGL_FUNCTIONS(EGL_MEMBER)
#undef EGL_MEMBER
    EGLDisplay display;
    EGLSurface surface;
    EGLContext context;
    bool current, made; /* MuJoCo's parts below are there */
    mjvScene scene;
    mjvCamera view;
    mjvOption option;
    mjrContext renderer;
    /* of the picture being taken */
    const struct env *env;
    uint8_t *rgb;
    float depth[CAMERA_WIDTH * CAMERA_HEIGHT]; /* 1: nothing there */
};

static enum status no_egl(const char *why)
{
    return status_fail(STATUS_MISSING,
                       "pictures need EGL: %s; install the packages libegl1, libgl1 and "
                       "libgl1-mesa-dri",
                       why);
}

/* --- a context without a screen --------------------------------------------------------------- */

/* MuJoCo looks for OpenGL among the symbols of libraries that are loaded for all. They stay. */
static enum status load_egl(struct camera *c)
{
    void *library = dlopen("libEGL.so.1", RTLD_NOW | RTLD_GLOBAL);
    if (library == NULL)
        return no_egl("libEGL.so.1 cannot be loaded");
    (void)dlopen("libOpenGL.so.0", RTLD_NOW | RTLD_GLOBAL);
    /* POSIX's way from an object to a function. */
#define EGL_LOAD(name, result, arguments)                                                          \
    *(void **)&c->name = dlsym(library, #name);                                                    \
    if (c->name == NULL)                                                                           \
        return no_egl("libEGL.so.1 has no " #name);
    EGL_FUNCTIONS(EGL_LOAD)
#undef EGL_LOAD
    return STATUS_OK;
}

/* Mesa draws without any device; other drivers have a default one. */
static bool open_display(struct camera *c)
{
    PFNEGLGETPLATFORMDISPLAYEXTPROC platform = (PFNEGLGETPLATFORMDISPLAYEXTPROC)
                                                   c->eglGetProcAddress("eglGetPlatformDisplayEXT");
    if (platform != NULL)
        c->display = platform(EGL_PLATFORM_SURFACELESS_MESA, EGL_DEFAULT_DISPLAY, NULL);
    if (c->display != EGL_NO_DISPLAY && c->eglInitialize(c->display, NULL, NULL))
        return true;
    c->display = c->eglGetDisplay(EGL_DEFAULT_DISPLAY);
    return c->display != EGL_NO_DISPLAY && c->eglInitialize(c->display, NULL, NULL);
}

static enum status open_context(struct camera *c)
{
    static const EGLint wanted[] = {EGL_SURFACE_TYPE,
                                    EGL_PBUFFER_BIT,
                                    EGL_RED_SIZE,
                                    8,
                                    EGL_GREEN_SIZE,
                                    8,
                                    EGL_BLUE_SIZE,
                                    8,
                                    EGL_DEPTH_SIZE,
                                    24,
                                    EGL_RENDERABLE_TYPE,
                                    EGL_OPENGL_BIT,
                                    EGL_NONE};
    static const EGLint size[] = {EGL_WIDTH, 8, EGL_HEIGHT, 8, EGL_NONE};
    EGLConfig config;
    EGLint count = 0;
    TRY(load_egl(c));
    if (!open_display(c))
        return no_egl("it finds no driver");
    if (!c->eglChooseConfig(c->display, wanted, &config, 1, &count) || count < 1 ||
        !c->eglBindAPI(EGL_OPENGL_API))
        return no_egl("its driver has no OpenGL");
    c->context = c->eglCreateContext(c->display, config, EGL_NO_CONTEXT, NULL);
    c->surface = c->eglCreatePbufferSurface(c->display, config, size);
    if (c->context == EGL_NO_CONTEXT || c->surface == EGL_NO_SURFACE)
        return no_egl("its driver draws nothing off screen");
    c->current = c->eglMakeCurrent(c->display, c->surface, c->surface, c->context);
    return c->current ? STATUS_OK : no_egl("its driver draws nothing off screen");
}

/* --- where the camera stands ------------------------------------------------------------------ */

static bool is_suite(const struct env *e, const char *name)
{
    return strcmp(e->kind->suite->name, name) == 0;
}

/* Above the middle of the maze's walls, as high as shows all of them. */
static void look_down(struct camera *c, const struct env *e)
{
    const mjModel *m = e->physics.model;
    const mjData *d = e->physics.data;
    double low[2] = {INFINITY, INFINITY}, high[2] = {-INFINITY, -INFINITY};
    for (int g = 0; g < m->ngeom; g++) {
        for (int i = 0; i < 2 && m->geom_type[g] == mjGEOM_BOX; i++) {
            low[i] = fmin(low[i], d->geom_xpos[3 * g + i] - m->geom_size[3 * g + i]);
            high[i] = fmax(high[i], d->geom_xpos[3 * g + i] + m->geom_size[3 * g + i]);
        }
    }
    double width = high[0] - low[0], depth = high[1] - low[1];
    for (int i = 0; i < 2 && width > 0; i++)
        c->view.lookat[i] = (low[i] + high[i]) / 2;
    c->view.distance = width > 0 ? 1.3 * fmax(0.75 * width, depth) : 1.6 * m->stat.extent;
    c->view.azimuth = 90;
    c->view.elevation = -89.9;
}

static void place(struct camera *c, const struct env *e)
{
    const mjModel *m = e->physics.model;
    mjv_defaultCamera(&c->view);
    memcpy(c->view.lookat, m->stat.center, sizeof c->view.lookat);
    if (is_suite(e, "mujoco")) {
        c->view.type = mjCAMERA_TRACKING;
        c->view.trackbodyid = 1;
        c->view.distance = e->kind->obs_dim > 20 ? 6 : 4;
        c->view.azimuth = 90;
        c->view.elevation = -15;
    } else if (is_suite(e, "adroit")) {
        c->view.distance = 1.1 * m->stat.extent;
        c->view.azimuth = 45;
        c->view.elevation = -35;
    } else {
        look_down(c, e);
    }
}

static void make(void *context)
{
    struct camera *c = context;
    mjModel *m = c->env->physics.model;
    mjv_defaultScene(&c->scene);
    mjr_defaultContext(&c->renderer);
    mjv_makeScene(m, &c->scene, GEOMS);
    mjr_makeContext(m, &c->renderer, mjFONTSCALE_100);
    c->made = true;
    mjr_setBuffer(mjFB_OFFSCREEN, &c->renderer);
}

enum status camera_open(const struct env *e, struct camera **out)
{
    if (e->physics.model == NULL)
        return status_fail(STATUS_CONFIG, "%s: there is nothing to be seen", e->kind->name);
    struct camera *c = calloc(1, sizeof *c);
    if (c == NULL)
        return status_fail(STATUS_MEMORY, "no memory for a camera");
    c->env = e;
    enum status result = open_context(c);
    if (result == STATUS_OK)
        result = physics_guarded(make, c, "the camera");
    if (result == STATUS_OK &&
        (c->renderer.offWidth < CAMERA_WIDTH || c->renderer.offHeight < CAMERA_HEIGHT))
        result = status_fail(STATUS_PHYSICS,
                             "the camera: MuJoCo's renderer makes pictures of %dx%d",
                             c->renderer.offWidth, c->renderer.offHeight);
    if (result != STATUS_OK) {
        camera_close(c);
        return result;
    }
    mjv_defaultOption(&c->option);
    place(c, e);
    *out = c;
    return STATUS_OK;
}

void camera_close(struct camera *c)
{
    if (c == NULL)
        return;
    if (c->made) {
        mjv_freeScene(&c->scene);
        mjr_freeContext(&c->renderer);
    }
    if (c->current)
        c->eglMakeCurrent(c->display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
    if (c->surface != EGL_NO_SURFACE)
        c->eglDestroySurface(c->display, c->surface);
    if (c->context != EGL_NO_CONTEXT)
        c->eglDestroyContext(c->display, c->context);
    free(c);
}

/* --- a picture -------------------------------------------------------------------------------- */

static void add_geom(mjvScene *s, mjtGeom type, const double size[3], const double position[3],
                     const float colour[4])
{
    if (s->ngeom < s->maxgeom)
        mjv_initGeom(&s->geoms[s->ngeom++], type, size, position, NULL, colour);
}

/* Lines every metre on the ground, so that one sees the robot move. */
static void add_grid(struct camera *c, const struct env *e)
{
    static const float grey[4] = {0.35f, 0.4f, 0.45f, 1};
    const double *at = e->physics.data->xpos + (ptrdiff_t)3 * c->view.trackbodyid;
    for (int i = -GRID; i <= GRID; i++) {
        double x[3] = {floor(at[0]) + i, floor(at[1]), 0},
               y[3] = {floor(at[0]), floor(at[1]) + i, 0};
        add_geom(&c->scene, mjGEOM_BOX, (const double[3]){0.01, GRID, 0.002}, x, grey);
        add_geom(&c->scene, mjGEOM_BOX, (const double[3]){GRID, 0.01, 0.002}, y, grey);
    }
}

static void add_goal(struct camera *c, const struct env *e)
{
    static const float red[4] = {0.9f, 0.2f, 0.15f, 1};
    int count = 0;
    const double *goal = env_field(e, "goal", &count), radius = is_suite(e, "antmaze") ? 0.5 : 0.15;
    if (goal == NULL || count < 2)
        return;
    /* The goal is in the robot's coordinates, which may begin elsewhere than the world's. */
    const double *at = e->physics.data->xpos + 3, *q = e->physics.data->qpos;
    add_geom(&c->scene, mjGEOM_SPHERE, (const double[3]){radius, radius, radius},
             (const double[3]){goal[0] + at[0] - q[0], goal[1] + at[1] - q[1], radius}, red);
}

/* The models carry neither colours nor lights: both are added here. */
static void paint(mjvScene *s)
{
    static const float ground[3] = {0.72f, 0.76f, 0.8f}, wall[3] = {0.45f, 0.5f, 0.58f},
                       body[3] = {0.85f, 0.55f, 0.25f}, light[3] = {0.45f, 0.45f, 0.45f},
                       bright[3] = {0.6f, 0.6f, 0.6f}, shine[3] = {0.15f, 0.15f, 0.15f};
    for (int i = 0; i < s->ngeom; i++) {
        mjvGeom *g = &s->geoms[i];
        bool plain = g->rgba[0] == g->rgba[1] && g->rgba[1] == g->rgba[2];
        if (plain)
            memcpy(g->rgba,
                   g->type == mjGEOM_PLANE       ? ground
                   : g->category == mjCAT_STATIC ? wall
                                                 : body,
                   sizeof ground);
    }
    for (int i = 0; i < s->nlight; i++) {
        memcpy(s->lights[i].ambient, light, sizeof light);
        memcpy(s->lights[i].diffuse, bright, sizeof bright);
        memcpy(s->lights[i].specular, shine, sizeof shine);
    }
}

static void draw(void *context)
{
    struct camera *c = context;
    const struct env *e = c->env;
    const mjrRect whole = {0, 0, CAMERA_WIDTH, CAMERA_HEIGHT};
    mjv_updateScene(e->physics.model, e->physics.data, &c->option, NULL, &c->view, mjCAT_ALL,
                    &c->scene);
    paint(&c->scene);
    if (is_suite(e, "mujoco"))
        add_grid(c, e);
    else if (!is_suite(e, "adroit"))
        add_goal(c, e);
    mjr_render(whole, &c->scene, &c->renderer);
    mjr_readPixels(c->rgb, c->depth, whole, &c->renderer);
}

enum status camera_look(struct camera *c, const struct env *e, uint8_t *rgb)
{
    enum { ROW = CAMERA_WIDTH * 3 };
    static const uint8_t sky[3] = {225, 233, 242};
    uint8_t row[ROW];
    c->env = e;
    c->rgb = rgb;
    TRY(physics_guarded(draw, c, "the camera"));
    for (size_t i = 0; i < sizeof c->depth / sizeof *c->depth; i++) {
        if (c->depth[i] >= 1)
            memcpy(rgb + 3 * i, sky, sizeof sky);
    }
    /* OpenGL's first row is the lowest. */
    for (int i = 0; i < CAMERA_HEIGHT / 2; i++) {
        uint8_t *top = rgb + (ptrdiff_t)i * ROW;
        uint8_t *bottom = rgb + (ptrdiff_t)(CAMERA_HEIGHT - 1 - i) * ROW;
        memcpy(row, top, ROW);
        memcpy(top, bottom, ROW);
        memcpy(bottom, row, ROW);
    }
    return STATUS_OK;
}

#else

enum status camera_open(const struct env *e, struct camera **out)
{
    (void)e;
    *out = NULL;
    return status_fail(STATUS_MISSING, "this program was built without pictures; install the "
                                       "package libegl-dev and build it again");
}

void camera_close(struct camera *c)
{
    (void)c;
}

enum status camera_look(struct camera *c, const struct env *e, uint8_t *rgb)
{
    (void)c;
    (void)e;
    (void)rgb;
    return STATUS_OK;
}

#endif
