#include "tests/support/model_facts.h"

#include "engine/base/file.h"
#include "tests/support/fixture.h"
#include "tests/support/json.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ROWS = 256 };

struct facts {
    const struct json *file;
    const mjModel *m;
    const char *name;
    int body[MAX_ROWS]; /* our index of the file's i-th body, -1: we have none */
};

/* --- one array
 * --------------------------------------------------------------------------------------- */

enum kind { REAL, INT, BYTE, QUAT };

struct array {
    const char *key; /* "jnt.range" */
    enum kind kind;
    const void *data;
    int width; /* numbers a row of ours */
};

static double element(const struct array *a, int row, int column)
{
    size_t i = (size_t)row * (size_t)a->width + (size_t)column;
    return a->kind == INT    ? ((const int *)a->data)[i]
           : a->kind == BYTE ? ((const mjtByte *)a->data)[i]
                             : ((const mjtNum *)a->data)[i];
}

/* A row of the file (a number, or a list that may be shorter than ours) against our row. */
static void check_row(const struct facts *f, const struct array *a, const struct json *row, int i,
                      int ours)
{
    int n = row->type == JSON_ARRAY ? row->count : 1;
    cr_assert_leq(n, a->width, "%s: %s[%d] has %d entries, ours %d", f->name, a->key, i, n,
                  a->width);
    double sign = 1;
    if (a->kind == QUAT) {
        double dot = 0;
        for (int k = 0; k < 4; k++)
            dot += row->item[k].number * element(a, ours, k);
        sign = dot < 0 ? -1 : 1;
    }
    for (int k = 0; k < n; k++) {
        double want = row->type == JSON_ARRAY ? row->item[k].number : row->number;
        double got = sign * element(a, ours, k);
        cr_assert(fabs(got - want) <= 1e-10 * fabs(want) + 1e-14,
                  "%s: %s[%d][%d] is %.17g, should be %.17g", f->name, a->key, i, k, got, want);
    }
}

/* Rows in the order of `map` (NULL: the same order); -1 leaves a row out. */
static void check_array(const struct facts *f, struct array a, const int *map)
{
    const struct json *rows = json_get(f->file, a.key);
    if (rows == NULL)
        return; /* files of different suites list different arrays */
    for (int i = 0; i < rows->count; i++) {
        int ours = map != NULL ? map[i] : i;
        if (ours >= 0)
            check_row(f, &a, &rows->item[i], i, ours);
    }
}

static int rows_of(const struct facts *f, const char *key)
{
    const struct json *rows = json_get(f->file, key);
    return rows != NULL ? rows->count : 0;
}

static const char *text(const struct facts *f, const char *key, int i)
{
    const struct json *rows = json_get(f->file, key);
    cr_assert(rows != NULL && i < rows->count, "%s: no %s[%d]", f->name, key, i);
    return rows->item[i].string;
}

static void check_name(const struct facts *f, const char *key, int i, mjtObj type, int id)
{
    const char *ours = mj_id2name(f->m, (int)type, id);
    cr_assert_str_eq(ours != NULL ? ours : "", text(f, key, i), "%s: %s[%d]", f->name, key, i);
}

/* --- sections
 * ---------------------------------------------------------------------------------------- */

static void check_sizes(const struct facts *f)
{
    const mjModel *m = f->m;
    const struct {
        const char *key;
        int ours;
    } sizes[] = {{"nq", (int)m->nq},   {"nv", (int)m->nv},       {"nu", (int)m->nu},
                 {"na", (int)m->na},   {"njnt", (int)m->njnt},   {"ntendon", (int)m->ntendon},
                 {"neq", (int)m->neq}, {"npair", (int)m->npair}, {"nexclude", (int)m->nexclude}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        cr_assert_eq(sizes[i].ours, (int)json_get(f->file, sizes[i].key)->number, "%s: %s is %d",
                     f->name, sizes[i].key, sizes[i].ours);
}

static void check_option(const struct facts *f)
{
    const mjOption *o = &f->m->opt;
    const struct {
        const char *key;
        double ours;
    } options[] = {{"option.timestep", o->timestep},
                   {"option.tolerance", o->tolerance},
                   {"option.noslip_tolerance", o->noslip_tolerance},
                   {"option.impratio", o->impratio},
                   {"option.density", o->density},
                   {"option.viscosity", o->viscosity},
                   {"option.o_margin", o->o_margin},
                   {"option.integrator", o->integrator},
                   {"option.cone", o->cone},
                   {"option.jacobian", o->jacobian},
                   {"option.solver", o->solver},
                   {"option.iterations", o->iterations},
                   {"option.noslip_iterations", o->noslip_iterations},
                   {"option.disableflags", o->disableflags},
                   {"option.enableflags", o->enableflags}};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        const struct json *want = json_get(f->file, options[i].key);
        if (want != NULL)
            expect_number(at("%s: %s", f->name, options[i].key), options[i].ours, want->number,
                          1e-10, 0);
    }
    const struct json *gravity = json_get(f->file, "option.gravity");
    for (int k = 0; k < 3; k++)
        expect_number(at("%s: gravity[%d]", f->name, k), o->gravity[k], gravity->item[k].number,
                      1e-10, 0);
}

/* Find each of the file's bodies in our model and check its name and parent. */
static void match_bodies(struct facts *f)
{
    const mjModel *m = f->m;
    int n = rows_of(f, "body.name");
    cr_assert_lt(n, MAX_ROWS);
    bool by_name = json_get(f->file, "body.parent") != NULL;
    if (!by_name)
        cr_assert_eq(n, (int)m->nbody, "%s: nbody is %d", f->name, (int)m->nbody);
    for (int i = 0; i < n; i++) {
        f->body[i] = by_name ? mj_name2id(m, mjOBJ_BODY, text(f, "body.name", i)) : i;
        bool tracker = json_get(f->file, "body.mocapid") != NULL &&
                       json_get(f->file, "body.mocapid")->item[i].number >= 0;
        if (tracker)
            continue; /* moves nothing and touches nothing: may be left out */
        cr_assert_geq(f->body[i], 0, "%s: no body '%s'", f->name, text(f, "body.name", i));
        check_name(f, "body.name", i, mjOBJ_BODY, f->body[i]);
        int parent = (int)json_get(f->file, "body.parentid")->item[i].number;
        cr_assert_eq(m->body_parentid[f->body[i]], f->body[parent], "%s: parent of body '%s'",
                     f->name, text(f, "body.name", i));
    }
}

static void check_bodies(const struct facts *f)
{
    const mjModel *m = f->m;
    int moving[MAX_ROWS];
    for (int i = 0; i < rows_of(f, "body.name"); i++) {
        bool moves = f->body[i] >= 0 && m->body_weldid[f->body[i]] != 0;
        moving[i] = moves ? f->body[i] : -1;
    }
    check_array(f, (struct array){"body.pos", REAL, m->body_pos, 3}, f->body);
    check_array(f, (struct array){"body.quat", QUAT, m->body_quat, 4}, f->body);
    check_array(f, (struct array){"body.mass", REAL, m->body_mass, 1}, moving);
    check_array(f, (struct array){"body.inertia", REAL, m->body_inertia, 3}, moving);
    check_array(f, (struct array){"body.ipos", REAL, m->body_ipos, 3}, moving);
    check_array(f, (struct array){"body.iquat", QUAT, m->body_iquat, 4}, moving);
    check_array(f, (struct array){"body.subtreemass", REAL, m->body_subtreemass, 1}, moving);
}

static void check_joints(const struct facts *f)
{
    const mjModel *m = f->m;
    int turning[MAX_ROWS];
    for (int i = 0; i < m->njnt; i++) {
        check_name(f, "jnt.name", i, mjOBJ_JOINT, i);
        int body = (int)json_get(f->file, "jnt.bodyid")->item[i].number;
        cr_assert_eq(m->jnt_bodyid[i], f->body[body], "%s: body of joint %d", f->name, i);
        turning[i] = m->jnt_type[i] == mjJNT_SLIDE ? -1 : i;
    }
    const struct array joint[] = {{"jnt.type", INT, m->jnt_type, 1},
                                  {"jnt.qposadr", INT, m->jnt_qposadr, 1},
                                  {"jnt.dofadr", INT, m->jnt_dofadr, 1},
                                  {"jnt.axis", REAL, m->jnt_axis, 3},
                                  {"jnt.limited", BYTE, m->jnt_limited, 1},
                                  {"jnt.range", REAL, m->jnt_range, 2},
                                  {"jnt.stiffness", REAL, m->jnt_stiffness, 1},
                                  {"jnt.margin", REAL, m->jnt_margin, 1},
                                  {"jnt.solref", REAL, m->jnt_solref, mjNREF},
                                  {"jnt.solimp", REAL, m->jnt_solimp, mjNIMP}};
    for (size_t i = 0; i < sizeof joint / sizeof *joint; i++)
        check_array(f, joint[i], NULL);
    check_array(f, (struct array){"jnt.pos", REAL, m->jnt_pos, 3}, turning);

    /* M0 and invweight0 are computed from everything else: an end-to-end check of the masses. */
    const struct array dof[] = {{"dof.damping", REAL, m->dof_damping, 1},
                                {"dof.armature", REAL, m->dof_armature, 1},
                                {"dof.frictionloss", REAL, m->dof_frictionloss, 1},
                                {"dof.solref", REAL, m->dof_solref, mjNREF},
                                {"dof.solimp", REAL, m->dof_solimp, mjNIMP},
                                {"dof.M0", REAL, m->dof_M0, 1},
                                {"dof.invweight0", REAL, m->dof_invweight0, 1},
                                {"qpos0", REAL, m->qpos0, 1},
                                {"qpos_spring", REAL, m->qpos_spring, 1}};
    for (size_t i = 0; i < sizeof dof / sizeof *dof; i++)
        check_array(f, dof[i], NULL);
}

/* The file lists geoms that can collide, in model order. */
static void check_geoms(const struct facts *f)
{
    const mjModel *m = f->m;
    int ours[MAX_ROWS], n = 0;
    for (int i = 0; i < m->ngeom; i++) {
        if (m->geom_contype[i] != 0 || m->geom_conaffinity[i] != 0) {
            cr_assert_lt(n, MAX_ROWS);
            ours[n++] = i;
        }
    }
    cr_assert_eq(n, rows_of(f, "geom.name"), "%s: %d colliding geoms", f->name, n);
    for (int i = 0; i < n; i++) {
        check_name(f, "geom.name", i, mjOBJ_GEOM, ours[i]);
        int body = (int)json_get(f->file, "geom.bodyid")->item[i].number;
        cr_assert_eq(m->geom_bodyid[ours[i]], f->body[body], "%s: body of geom %d", f->name, i);
    }
    /* What a pair of such geoms has: the larger of both up to 3.4, the sum since 3.5 (where
     * physics.c halves them). */
    double margin[MAX_ROWS * 2];
    cr_assert_leq((int)m->ngeom, MAX_ROWS * 2);
    for (int i = 0; i < m->ngeom; i++)
        margin[i] = m->geom_margin[i] * (mjVERSION_HEADER >= 350 ? 2 : 1);
    const struct array geom[] = {{"geom.type", INT, m->geom_type, 1},
                                 {"geom.size", REAL, m->geom_size, 3},
                                 {"geom.pos", REAL, m->geom_pos, 3},
                                 {"geom.quat", QUAT, m->geom_quat, 4},
                                 {"geom.friction", REAL, m->geom_friction, 3},
                                 {"geom.condim", INT, m->geom_condim, 1},
                                 {"geom.contype", INT, m->geom_contype, 1},
                                 {"geom.conaffinity", INT, m->geom_conaffinity, 1},
                                 {"geom.margin", REAL, margin, 1},
                                 {"geom.gap", REAL, m->geom_gap, 1},
                                 {"geom.solref", REAL, m->geom_solref, mjNREF},
                                 {"geom.solimp", REAL, m->geom_solimp, mjNIMP},
                                 {"geom.solmix", REAL, m->geom_solmix, 1},
                                 {"geom.priority", INT, m->geom_priority, 1}};
    for (size_t i = 0; i < sizeof geom / sizeof *geom; i++)
        check_array(f, geom[i], ours);
}

static void check_actuators(const struct facts *f)
{
    const mjModel *m = f->m;
    for (int i = 0; i < m->nu; i++) {
        check_name(f, "actuator.name", i, mjOBJ_ACTUATOR, i);
        check_name(f, "actuator.joint", i, mjOBJ_JOINT, m->actuator_trnid[2 * i]);
    }
    const struct array actuator[] = {{"actuator.trntype", INT, m->actuator_trntype, 1},
                                     {"actuator.gear", REAL, m->actuator_gear, 6},
                                     {"actuator.ctrllimited", BYTE, m->actuator_ctrllimited, 1},
                                     {"actuator.ctrlrange", REAL, m->actuator_ctrlrange, 2},
                                     {"actuator.forcelimited", BYTE, m->actuator_forcelimited, 1},
                                     {"actuator.forcerange", REAL, m->actuator_forcerange, 2},
                                     {"actuator.dyntype", INT, m->actuator_dyntype, 1},
                                     {"actuator.gaintype", INT, m->actuator_gaintype, 1},
                                     {"actuator.biastype", INT, m->actuator_biastype, 1},
                                     {"actuator.gainprm", REAL, m->actuator_gainprm, mjNGAIN},
                                     {"actuator.biasprm", REAL, m->actuator_biasprm, mjNBIAS}};
    for (size_t i = 0; i < sizeof actuator / sizeof *actuator; i++)
        check_array(f, actuator[i], NULL);
}

/* --- what only Adroit has
 * ------------------------------------------------------------------------------ */

static void check_tendons(const struct facts *f)
{
    const mjModel *m = f->m;
    for (int i = 0; i < rows_of(f, "tendon.name"); i++) {
        check_name(f, "tendon.name", i, mjOBJ_TENDON, i);
        const struct json *joint = &json_get(f->file, "tendon.joint")->item[i];
        const struct json *coef = &json_get(f->file, "tendon.coef")->item[i];
        cr_assert_eq(m->tendon_num[i], joint->count, "%s: joints of tendon %d", f->name, i);
        for (int k = 0; k < joint->count; k++) {
            int wrap = m->tendon_adr[i] + k;
            cr_assert_eq(m->wrap_type[wrap], mjWRAP_JOINT);
            cr_assert_str_eq(mj_id2name(m, mjOBJ_JOINT, m->wrap_objid[wrap]), joint->item[k].string,
                             "%s: tendon %d", f->name, i);
            expect_number(at("%s: tendon %d coef %d", f->name, i, k), m->wrap_prm[wrap],
                          coef->item[k].number, 1e-10, 0);
        }
    }
    const struct array tendon[] = {{"tendon.limited", BYTE, m->tendon_limited, 1},
                                   {"tendon.range", REAL, m->tendon_range, 2},
                                   {"tendon.margin", REAL, m->tendon_margin, 1},
                                   {"tendon.solref_lim", REAL, m->tendon_solref_lim, mjNREF},
                                   {"tendon.solimp_lim", REAL, m->tendon_solimp_lim, mjNIMP},
                                   {"tendon.stiffness", REAL, m->tendon_stiffness, 1},
                                   {"tendon.damping", REAL, m->tendon_damping, 1},
                                   {"tendon.frictionloss", REAL, m->tendon_frictionloss, 1}};
    for (size_t i = 0; i < sizeof tendon / sizeof *tendon; i++)
        check_array(f, tendon[i], NULL);
}

static void check_pairs(const struct facts *f)
{
    const mjModel *m = f->m;
    for (int i = 0; i < rows_of(f, "pair.geom1"); i++) {
        check_name(f, "pair.geom1", i, mjOBJ_GEOM, m->pair_geom1[i]);
        check_name(f, "pair.geom2", i, mjOBJ_GEOM, m->pair_geom2[i]);
    }
    const struct array pair[] = {{"pair.dim", INT, m->pair_dim, 1},
                                 {"pair.friction", REAL, m->pair_friction, 5},
                                 {"pair.margin", REAL, m->pair_margin, 1},
                                 {"pair.gap", REAL, m->pair_gap, 1},
                                 {"pair.solref", REAL, m->pair_solref, mjNREF},
                                 {"pair.solimp", REAL, m->pair_solimp, mjNIMP}};
    for (size_t i = 0; i < sizeof pair / sizeof *pair; i++)
        check_array(f, pair[i], NULL);

    for (int i = 0; i < rows_of(f, "exclude"); i++) {
        const struct json *bodies = &json_get(f->file, "exclude")->item[i];
        int one = mj_name2id(m, mjOBJ_BODY, bodies->item[0].string);
        int other = mj_name2id(m, mjOBJ_BODY, bodies->item[1].string);
        /* The two indices in either order; old versions count bodies from 1 here. */
        int signature = m->exclude_signature[i], found = 0;
        for (int base = 0; base < 2; base++)
            found |= signature == ((one + base) << 16) + other + base ||
                     signature == ((other + base) << 16) + one + base;
        cr_assert(found != 0, "%s: exclude %d", f->name, i);
    }
}

static void check_sites_and_sensors(const struct facts *f)
{
    const mjModel *m = f->m;
    int ours[MAX_ROWS];
    for (int i = 0; i < rows_of(f, "site.name"); i++) {
        ours[i] = mj_name2id(m, mjOBJ_SITE, text(f, "site.name", i));
        cr_assert_geq(ours[i], 0, "%s: no site '%s'", f->name, text(f, "site.name", i));
        check_name(f, "site.body", i, mjOBJ_BODY, m->site_bodyid[ours[i]]);
    }
    const struct array site[] = {{"site.type", INT, m->site_type, 1},
                                 {"site.pos", REAL, m->site_pos, 3},
                                 {"site.quat", QUAT, m->site_quat, 4},
                                 {"site.size", REAL, m->site_size, 3}};
    for (size_t i = 0; i < sizeof site / sizeof *site; i++)
        check_array(f, site[i], ours);

    for (int i = 0; i < rows_of(f, "sensor.name"); i++) {
        check_name(f, "sensor.name", i, mjOBJ_SENSOR, i);
        cr_assert_str_eq(mj_id2name(m, m->sensor_objtype[i], m->sensor_objid[i]),
                         json_get(f->file, "sensor.site")->string, "%s: sensor %d", f->name, i);
        cr_assert_eq(m->sensor_type[i], (int)json_get(f->file, "sensor.type")->number);
        cr_assert_eq(m->sensor_adr[i], (int)json_get(f->file, "sensor.adr")->number);
    }
}

/* --- all of it
 * ----------------------------------------------------------------------------------------- */

static struct json *read_facts(const char *name)
{
    char path[FILE_PATH], *content;
    size_t size;
    fixture_shared(at("models/%s.json", name), path);
    cr_assert_eq(file_read(path, 1 << 20, &content, &size), STATUS_OK, "%s", status_sentence());
    struct json *file = json_parse(content);
    free(content);
    cr_assert_not_null(file, "%s is not JSON", path);
    return file;
}

void model_facts_check(const mjModel *m, const char *name)
{
    struct json *file = read_facts(name);
    struct facts f = {.file = file, .m = m, .name = name};
    check_sizes(&f);
    check_option(&f);
    match_bodies(&f);
    check_bodies(&f);
    check_joints(&f);
    check_geoms(&f);
    check_actuators(&f);
    check_tendons(&f);
    check_pairs(&f);
    check_sites_and_sensors(&f);
    json_free(file);
}

void model_facts_check_exact_inertia(const mjModel *m, const char *name)
{
    struct json *file = read_facts(name);
    const struct json *exact = json_get(file, "body_exact_capsule");
    cr_assert_not_null(exact, "%s: no body_exact_capsule", name);
    struct facts f = {.file = exact, .m = m, .name = name};
    check_array(&f, (struct array){"mass", REAL, m->body_mass, 1}, NULL);
    check_array(&f, (struct array){"inertia", REAL, m->body_inertia, 3}, NULL);
    check_array(&f, (struct array){"ipos", REAL, m->body_ipos, 3}, NULL);
    check_array(&f, (struct array){"iquat", QUAT, m->body_iquat, 4}, NULL);
    json_free(file);
}
