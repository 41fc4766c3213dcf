/* The table of RL gradients as a whole. */
#include "engine/methods/rl.h"

#include <criterion/criterion.h>
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
