/* The table of RL gradients as a whole. */
#include "tests/support/rl_gradcheck.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Does the page have a heading "## NUMBER. ..."? */
static bool has_section(const char *page, const char *number)
{
    char line[512], heading[64];
    FILE *f = fopen(page, "r");
    cr_assert_not_null(f, "%s cannot be opened", page);
    snprintf(heading, sizeof heading, "## %s. ", number);
    bool found = false;
    while (!found && fgets(line, sizeof line, f) != NULL)
        found = strncmp(line, heading, strlen(heading)) == 0;
    fclose(f);
    return found;
}

Test(rl_table, every_gradient_cites_a_section_that_exists)
{
    cr_assert(rl_count > 0);
    for (int i = 0; i < rl_count; i++) {
        char page[64], number[16];
        int read = sscanf(rl_table[i]->source, "%63s %15s", page, number);
        cr_assert_eq(read, 2, "%s: source is '%s'", rl_table[i]->name, rl_table[i]->source);
        cr_expect(has_section(page, number), "%s: there is no section '%s'", rl_table[i]->name,
                  rl_table[i]->source);
    }
    cr_expect_not(has_section("docs/methods.md", "99"));
}

/* Keys that make constant what a gradient treats as a constant. A new gradient needs a line only if
 * it has such a thing. */
static const struct {
    const char *rl, *key, *value;
} constants[] = {
    {"awac", "inv_temp_beta", "1e6"},        /* weights of the current policy become 1 */
    {"ppo", "v_pretrain_td", "as_released"}, /* otherwise V(s') is a constant */
    {"awr", "v_pretrain_td", "as_released"},
};

static struct rl_gradcheck *checked(const struct rl_ops *rl)
{
    struct hyper h = rl_hyper(rl);
    for (size_t i = 0; i < sizeof constants / sizeof constants[0]; i++) {
        if (strcmp(constants[i].rl, rl->name) == 0)
            cr_assert_eq(hyper_set(&h, constants[i].key, constants[i].value), STATUS_OK, "%s",
                         status_sentence());
    }
    return rl_gradcheck_new(&h);
}

Test(rl_table, every_gradient_agrees_with_finite_differences_of_its_losses, .timeout = 120)
{
    int losses = 0;
    for (int i = 0; i < rl_count; i++) {
        struct rl_gradcheck *g = checked(rl_table[i]);
        for (enum rl_loss which = RL_CRITIC_LOSS; which <= RL_AFTER_ACTOR_LOSS; which++) {
            if (!rl_gradcheck_has(g, which))
                continue;
            struct gradcheck_count c = rl_gradcheck_run(g, which, NULL);
            if (getenv("VITAMIN_TOL") != NULL)
                printf("%-6s %-32s %zu checked, %zu at kinks, worst %.3f of what it may be, "
                       "largest %g\n",
                       rl_table[i]->name, rl_loss_names[which], c.checked, c.kinks, c.worst,
                       c.largest);
            cr_expect_eq(c.wrong, 0, "%s, %s: %zu of %zu derivatives are wrong", rl_table[i]->name,
                         rl_loss_names[which], c.wrong, c.checked);
            cr_expect_leq(c.kinks, c.checked / 20, "%s, %s: %zu of %zu at kinks", rl_table[i]->name,
                          rl_loss_names[which], c.kinks, c.checked);
            cr_expect_gt(c.largest, 1e-2, "%s, %s: no gradient", rl_table[i]->name,
                         rl_loss_names[which]);
            losses++;
        }
        rl_gradcheck_free(g);
    }
    cr_expect_geq(losses, 2 * (rl_count - 1));
}

/* Were a tenth of one derivative missing, the check would say so. */
Test(rl_table, finite_differences_notice_a_wrong_derivative)
{
    struct rl_gradcheck *g = checked(rl_find("td3"));
    for (enum rl_loss which = RL_CRITIC_LOSS; which <= RL_ACTOR_LOSS; which++) {
        size_t n, most = 0;
        rl_gradcheck_theta(g, which, &n);
        rl_gradcheck_loss(g, which);
        float *wrong = malloc(n * sizeof *wrong);
        memcpy(wrong, rl_gradcheck_gradient(g, which), n * sizeof *wrong);
        for (size_t i = 0; i < n; i++)
            most = fabsf(wrong[i]) > fabsf(wrong[most]) ? i : most;
        for (size_t i = 0; i < n; i++)
            wrong[i] *= i == most ? 1 : 0.9f;
        cr_expect_gt(rl_gradcheck_run(g, which, wrong).wrong, 0, "%s", rl_loss_names[which]);
        free(wrong);
    }
    rl_gradcheck_free(g);
}
