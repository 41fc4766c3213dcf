#include "engine/methods/network.h"

#include <stdlib.h>
#include <string.h>

static void copy_params(struct params *to, const struct params *from)
{
    memcpy(to->value, from->value, from->layout->size * sizeof *from->value);
    params_pack(to, false);
}

enum status network_init(struct network *n, const struct layout *l, uint64_t run, uint64_t base,
                         bool target)
{
    *n = (struct network){.layout = l};
    TRY(params_make(l, &n->current));
    TRY(params_init(l, n->current.value, run, base));
    params_pack(&n->current, true);
    if (target) {
        TRY(params_make(l, &n->target));
        copy_params(&n->target, &n->current);
    }
    return moments_init(&n->moments, l);
}

void network_free(struct network *n)
{
    params_free(&n->current);
    params_free(&n->target);
    params_free(&n->frozen);
    moments_free(&n->moments);
    lanes_free(&n->lanes);
    *n = (struct network){0};
}

/* How the target follows a step; NULL: it stays, or there is none. */
static const struct follow *follow_by(const struct network *n, double tau, struct follow *values)
{
    *values = (struct follow){n->target.value, (float)tau};
    return values->tau != 0 && values->target != NULL ? values : NULL;
}

/* The packed forms after a step, of the target too if it has followed. */
static void pack_stepped(struct network *n, const struct follow *follow)
{
    params_pack(&n->current, true);
    if (follow != NULL)
        params_pack(&n->target, false);
}

enum status network_adam(struct network *n, const struct adam_rule *rule, double lr, int lanes,
                         const char *what, double tau, struct step_report *report)
{
    struct follow values;
    const struct follow *follow = follow_by(n, tau, &values);
    TRY(adam_step(rule, &n->moments, lr, n->lanes.dtheta, lanes, what, n->current.value, follow,
                  report));
    pack_stepped(n, follow);
    return STATUS_OK;
}

enum status network_lamb(struct network *n, const struct lamb_rule *rule, double lr, int lanes,
                         const char *what, double tau, struct step_report *report)
{
    struct follow values;
    const struct follow *follow = follow_by(n, tau, &values);
    TRY(lamb_step(rule, &n->moments, lr, n->lanes.dtheta, lanes, what, n->current.value, follow,
                  report));
    pack_stepped(n, follow);
    return STATUS_OK;
}

void network_pack(struct network *n)
{
    params_pack(&n->current, true);
}

void network_follow(struct network *n, double tau)
{
    if (n->target.value == NULL)
        return;
    params_polyak(n->target.value, n->current.value, (float)tau, n->layout->size);
    params_pack(&n->target, false);
}

void network_renew_target(struct network *n)
{
    if (n->target.value != NULL)
        copy_params(&n->target, &n->current);
}

enum status network_freeze(struct network *n)
{
    if (n->frozen.value == NULL)
        TRY(params_make(n->layout, &n->frozen));
    copy_params(&n->frozen, &n->current);
    return STATUS_OK;
}

static enum status visit_params(struct visitor *v, const char *name, struct params *p,
                                bool backward)
{
    TRY(visit_floats(v, name, p->value, p->layout->size));
    if (v->fills)
        params_pack(p, backward);
    return STATUS_OK;
}

enum status network_visit(struct network *n, const char *name, struct visitor *v)
{
    int32_t frozen = n->frozen.value != NULL;
    visitor_enter(v, name);
    TRY(visit_params(v, "theta", &n->current, true));
    if (n->target.value != NULL)
        TRY(visit_params(v, "target", &n->target, false));
    if (n->freezes)
        TRY(visit_int32s(v, "has_frozen", &frozen, 1));
    if (frozen && n->frozen.value == NULL)
        TRY(params_make(n->layout, &n->frozen));
    if (frozen)
        TRY(visit_params(v, "frozen", &n->frozen, false));
    TRY(moments_visit(&n->moments, v));
    visitor_leave(v);
    return STATUS_OK;
}

size_t network_memory(const struct network *n)
{
    size_t copies = (n->current.value != NULL) + (n->target.value != NULL) +
                    (n->frozen.value != NULL) + (n->moments.m != NULL) + (n->moments.v != NULL);
    size_t size = n->layout != NULL ? n->layout->size : 0;
    size_t packs = (n->current.value != NULL) + (n->target.value != NULL) +
                   (n->frozen.value != NULL);
    size_t packed = n->layout != NULL ? n->layout->packed : 0;
    return (copies * size + packs * packed) * sizeof(float) + lanes_memory(&n->lanes);
}
