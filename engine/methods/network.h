/* A trained network with everything that belongs to it: parameters, their target and frozen copies,
 * the gradients of a step, and the optimiser's state.
 *
 *   TRY(network_init(&n, &layout, run, base, true));
 *   TRY(lanes_init(&n.lanes, layout.size, scratch));
 *   lanes_run(&n.lanes, lanes, ...);                       gradients of n.current
 *   TRY(network_adam(&n, &rule, lr, lanes, what, 0, NULL));
 *   network_follow(&n, tau);
 *
 * Passes read n.current, n.target and n.frozen through `const struct params *`; only the functions
 * below (and a visitor that fills) write them. */
#ifndef ENGINE_METHODS_NETWORK_H
#define ENGINE_METHODS_NETWORK_H

#include "engine/nn/lanes.h"
#include "engine/nn/params.h"
#include "engine/optim/adam.h"
#include "engine/optim/lamb.h"

struct network {
    const struct layout *layout; /* not owned; must outlive */
    struct params current;
    struct params target; /* the Polyak copy; value NULL: the method has none */
    struct params frozen; /* copy made by network_freeze; value NULL: not yet */
    bool freezes;         /* network_freeze may be called, so checkpoints record whether it was */
    struct moments moments;
    struct lanes lanes; /* its gradients; set up by the caller, who knows a pass's scratch */
};

/* Initial values as params_init draws them, zero moments, and with `target` a copy of the values.
 * Errors STATUS_MEMORY. */
enum status network_init(struct network *n, const struct layout *l, uint64_t run, uint64_t base,
                         bool target);
void network_free(struct network *n);

/* One step with the gradients of the first `lanes` lanes, by adam_step or lamb_step; in the same
 * pass the target moves with rate `tau` (0: it stays, or there is none). `report` may be NULL.
 * Errors STATUS_NONFINITE: refused; only the gradients have changed. */
enum status network_adam(struct network *n, const struct adam_rule *rule, double lr, int lanes,
                         const char *what, double tau, struct step_report *report);
enum status network_lamb(struct network *n, const struct lamb_rule *rule, double lr, int lanes,
                         const char *what, double tau, struct step_report *report);

/* The packed forms anew, after the current values were filled from elsewhere. */
void network_pack(struct network *n);

/* target = tau current + (1 - tau) target, or target = current; without a target nothing. */
void network_follow(struct network *n, double tau);
void network_renew_target(struct network *n);

/* frozen = current. Errors STATUS_MEMORY. */
enum status network_freeze(struct network *n);

/* Under `name`: theta, target (if any), has_frozen and frozen (if it freezes), m, v, step. A reader
 * makes the frozen copy if there was one. Errors STATUS_MEMORY. */
enum status network_visit(struct network *n, const char *name, struct visitor *v);

/* Bytes of parameters, copies, moments, gradients and scratch. */
size_t network_memory(const struct network *n);

#endif
