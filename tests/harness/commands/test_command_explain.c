#include "harness/config/config.h"
#include "tests/support/command_line.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of a method that needs no dataset as of the others. */
Test(command_explain, lists_every_method_of_both_presets)
{
    static const char *const presets[] = {"paper", "code"};
    for (int p = 0; p < 2; p++) {
        char *printed, words[64];
        snprintf(words, sizeof words, "--preset %s", presets[p]);
        cr_assert_eq(command_line(&command_explain, words, &printed), STATUS_OK, "%s",
                     status_sentence());
        int count = 0;
        for (const char *name; (name = config_method(presets[p], count)) != NULL; count++) {
            char line[CONFIG_NAME + 2];
            snprintf(line, sizeof line, "%s%s ", count > 0 ? "\n" : "", name);
            cr_expect(strstr(printed, line) != NULL, "%s, preset %s", name, presets[p]);
        }
        cr_expect(count > 20);
        free(printed);
    }
}
