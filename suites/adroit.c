#include "suites/adroit.h"

#include <float.h>
#include <math.h>

enum status adroit_model(const struct env_kind *kind, struct physics_files *files)
{
    physics_add_file(files, kind->variant, NULL);
    return STATUS_OK;
}

enum status adroit_find(struct env *e, const struct adroit_object *objects, int count)
{
    for (int i = 0; i < count; i++)
        TRY(physics_find(&e->physics, objects[i].type, objects[i].name, &e->id[i]));
    return STATUS_OK;
}

enum status adroit_act(struct env *e, const double *action)
{
    const mjModel *m = e->physics.model;
    for (int i = 0; i < m->nu; i++) {
        double low = m->actuator_ctrlrange[2 * i], high = m->actuator_ctrlrange[2 * i + 1];
        e->physics.data->ctrl[i] = (low + high) / 2 + clip(action[i], -1, 1) * (0.5 * (high - low));
    }
    return physics_step(&e->physics, e->kind->frame_skip);
}

const double *adroit_body(const struct env *e, int i)
{
    return e->physics.data->xpos + (size_t)3 * (size_t)e->id[i];
}

const double *adroit_site(const struct env *e, int i)
{
    return e->physics.data->site_xpos + (size_t)3 * (size_t)e->id[i];
}

void adroit_subtract(const double a[3], const double b[3], double out[3])
{
    for (int k = 0; k < 3; k++)
        out[k] = a[k] - b[k];
}

double adroit_distance(const double a[3], const double b[3])
{
    double d[3];
    adroit_subtract(a, b, d);
    return sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
}

double adroit_speed_squared(const struct env *e)
{
    double sum = 0;
    for (int i = 0; i < e->physics.model->nv; i++)
        sum += e->physics.data->qvel[i] * e->physics.data->qvel[i];
    return sum;
}

double adroit_uniform(struct rng *rng, double low, double high)
{
    return low + (high - low) * rng_uniform_double(rng);
}

void adroit_quat_to_euler(const double quat[4], double euler[3])
{
    /* The entries of the rotation matrix that are needed; s makes the quaternion a unit. */
    const double w = quat[0], x = quat[1], y = quat[2], z = quat[3];
    const double s = 2 / (w * w + x * x + y * y + z * z);
    const double r00 = 1 - s * (y * y + z * z), r01 = s * (x * y - w * z);
    const double r02 = s * (x * z + w * y), r12 = s * (y * z - w * x);
    const double r22 = 1 - s * (x * x + y * y);

    const double cy = sqrt(r22 * r22 + r12 * r12);
    euler[1] = atan2(r02, cy);
    if (cy > 4 * DBL_EPSILON) {
        euler[0] = -atan2(r12, r22);
        euler[2] = -atan2(r01, r00);
    } else {
        euler[0] = 0;
        euler[2] = atan2(s * (x * y + w * z), 1 - s * (x * x + z * z));
    }
}

void adroit_euler_to_quat(const double euler[3], double quat[4])
{
    const double cx = cos(euler[0] / 2), sx = sin(euler[0] / 2);
    const double cy = cos(euler[1] / 2), sy = sin(euler[1] / 2);
    const double cz = cos(euler[2] / 2), sz = sin(euler[2] / 2);
    quat[0] = cx * cy * cz - sx * sy * sz;
    quat[1] = sx * cy * cz + cx * sy * sz;
    quat[2] = cx * sy * cz - sx * cy * sz;
    quat[3] = cx * cy * sz + sx * sy * cz;
}
