#include "engine/methods/network.h"

#include <stdlib.h>
#include <string.h>

static void copy_params(struct params *to, const struct params *from)
{
    memcpy(to->value, from->value, from->layout->size * sizeof *from->value);
}

static enum status new_params(const struct layout *l, struct params *p)
{
    p->layout = l;
    return params_new(l, &p->value);
}

enum status network_init(struct network *n, const struct layout *l, uint64_t run, uint64_t base,
                         bool target)
{
    *n = (struct network){.layout = l};
    TRY(new_params(l, &n->current));
    TRY(params_init(l, n->current.value, run, base));
    if (target) {
        TRY(new_params(l, &n->target));
        copy_params(&n->target, &n->current);
    }
    return moments_init(&n->moments, l);
}

void network_free(struct network *n)
{
    free(n->current.value);
    free(n->target.value);
    free(n->frozen.value);
    moments_free(&n->moments);
    lanes_free(&n->lanes);
    *n = (struct network){0};
}

enum status network_adam(struct network *n, const struct adam_rule *rule, double lr, int lanes,
                         const char *what, double tau, struct step_report *report)
{
    struct follow follow = {n->target.value, (float)tau};
    return adam_step(rule, &n->moments, lr, n->lanes.dtheta, lanes, what, n->current.value,
                     follow.tau != 0 && follow.target != NULL ? &follow : NULL, report);
}

enum status network_lamb(struct network *n, const struct lamb_rule *rule, double lr, int lanes,
                         const char *what, double tau, struct step_report *report)
{
    struct follow follow = {n->target.value, (float)tau};
    return lamb_step(rule, &n->moments, lr, n->lanes.dtheta, lanes, what, n->current.value,
                     follow.tau != 0 && follow.target != NULL ? &follow : NULL, report);
}

void network_follow(struct network *n, double tau)
{
    if (n->target.value != NULL)
        params_polyak(n->target.value, n->current.value, (float)tau, n->layout->size);
}

void network_renew_target(struct network *n)
{
    if (n->target.value != NULL)
        copy_params(&n->target, &n->current);
}

enum status network_freeze(struct network *n)
{
    if (n->frozen.value == NULL)
        TRY(new_params(n->layout, &n->frozen));
    copy_params(&n->frozen, &n->current);
    return STATUS_OK;
}

static enum status visit_params(struct visitor *v, const char *name, struct params *p)
{
    return visit_floats(v, name, p->value, p->layout->size);
}

enum status network_visit(struct network *n, const char *name, struct visitor *v)
{
    int32_t frozen = n->frozen.value != NULL;
    visitor_enter(v, name);
    TRY(visit_params(v, "theta", &n->current));
    if (n->target.value != NULL)
        TRY(visit_params(v, "target", &n->target));
    if (n->freezes)
        TRY(visit_int32s(v, "has_frozen", &frozen, 1));
    if (frozen && n->frozen.value == NULL)
        TRY(new_params(n->layout, &n->frozen));
    if (frozen)
        TRY(visit_params(v, "frozen", &n->frozen));
    TRY(moments_visit(&n->moments, v));
    visitor_leave(v);
    return STATUS_OK;
}

size_t network_memory(const struct network *n)
{
    size_t copies = (n->current.value != NULL) + (n->target.value != NULL) +
                    (n->frozen.value != NULL) + (n->moments.m != NULL) + (n->moments.v != NULL);
    size_t size = n->layout != NULL ? n->layout->size : 0;
    return copies * size * sizeof(float) + lanes_memory(&n->lanes);
}
