/* The single-state MDP of Figs. 1 and 2: why predicting actions from returns does not improve the
 * policy but a critic's gradient does.
 *
 *   world  reward and data as told (suites/bandit.h): the best action is where there is no data
 *   nets   1-128-128-1 (the critic's input may be 2), ReLU, tanh on policies, in double; Adam 1e-3
 *   train  5 epochs on the data; Adam reset; 16 times: append 64 rollouts, one epoch. Batches of
 * 32, full ones only, in a new random order each epoch
 *
 *   odt       policy(r):  mean (policy(r_i) - a_i)^2;           rolled out at return 1
 *   ddpg      policy(1), critic(a): (critic(a_i) - r_i)^2;  -critic(policy(1))
 *   ddpg_odt  policy(r), critic(a) or critic(r,a):  w mean (policy(r_i) - a_i)^2 - mean critic
 *
 * Source: docs/methods.md 19; docs/ledger.md D1, D2. One thread; the same seed gives the same bits.
 */
#ifndef ENGINE_METHODS_BANDIT_H
#define ENGINE_METHODS_BANDIT_H

#include "engine/base/status.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    BANDIT_ROLLOUTS = 16, /* online epochs */
    BANDIT_ACTIONS = 64,  /* rollouts before each of these epochs */
    BANDIT_GRID = 201,    /* actions in [-1,1] at which the critic is recorded */
    BANDIT_RETURNS = 101  /* returns in [0,1] at which the policy is recorded */
};

enum bandit_method { BANDIT_ODT, BANDIT_DDPG, BANDIT_DDPG_ODT };

struct bandit_spec {
    enum bandit_method method;
    bool critic_sees_return; /* ddpg_odt: the `code` preset's critic (D2) */
    double sup_weight;       /* ddpg_odt: w, 0.02 */
    uint64_t run;            /* key of the random streams */
    double data[2][2]; /* the data's actions: 100 from the first interval, 28 from the second */
    double (*reward)(double action); /* the world's */
};

/* State before online epoch n+1 (n from 0). */
struct bandit_record {
    int gradient_steps; /* 20, 26, 34, ..., 320 */
    double action[BANDIT_ACTIONS], reward[BANDIT_ACTIONS];
    double critic[BANDIT_GRID];    /* NaN for odt */
    double policy[BANDIT_RETURNS]; /* NaN for ddpg */
};

struct bandit_result {
    struct bandit_record record[BANDIT_ROLLOUTS];
    int total_steps; /* 356 */
};

/* Action i of the grid, and return i of the policy's inputs. */
double bandit_grid_action(int i);
double bandit_grid_return(int i);

/* Run it. Errors STATUS_MEMORY, STATUS_NONFINITE. */
enum status bandit_run(const struct bandit_spec *spec, struct bandit_result *out);

/* For the gradient test: a network's parameters and one loss's derivative. */
enum { BANDIT_WIDTH = 128, BANDIT_PARAMETERS = 2 * 128 + 128 + 128 * 128 + 128 + 128 + 1 };
struct bandit_net {
    int in;    /* 1 or 2 */
    bool tanh; /* policies */
    double theta[BANDIT_PARAMETERS], gradient[BANDIT_PARAMETERS];
    double m[BANDIT_PARAMETERS], v[BANDIT_PARAMETERS];
    int step;
    double hidden[2][BANDIT_WIDTH]; /* of the last forward */
    double input[2], output;
};

double bandit_forward(struct bandit_net *n, const double *input);
/* gradient += doutput * d output / d theta; returns d output / d input[wanted] * doutput. */
double bandit_backward(struct bandit_net *n, double doutput, int wanted);

#endif
