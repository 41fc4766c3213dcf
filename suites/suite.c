#include "suites/suite.h"

#include <stddef.h>
#include <string.h>

const struct suite suite_table[SUITES] = {
#define SUITE(id, ...) [SUITE_##id] = {__VA_ARGS__},
#include "suites/facts.def"
};

const struct suite *suite_find(const char *name)
{
    for (int i = 0; i < SUITES; i++) {
        if (strcmp(suite_table[i].name, name) == 0)
            return &suite_table[i];
    }
    return NULL;
}
