#include "harness/base/argument.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

struct options {
    bool loud;
    const char *name, *last;
    int count;
    long seed;
    double rate;
    char taken[16];
    int rest;
};

static enum status take(void *context, const char *value)
{
    char *taken = context;
    strcat(taken, value);
    return *value == 'x' ? status_fail(STATUS_CONFIG, "--take: no x") : STATUS_OK;
}

/* The words of one line; those that are no options stay in `argv`. */
static enum status parse(const char *line, struct options *o)
{
    static char text[256];
    static char *argv[24];
    int argc = 0;
    snprintf(text, sizeof text, "%s", line);
    for (char *at = strtok(text, " "); at != NULL; at = strtok(NULL, " "))
        argv[argc++] = at;
    argv[argc] = NULL;
    *o = (struct options){.count = 7, .last = "none"};
    TRY(argument_read(argc, argv,
                      (const struct argument[]){{"loud", .flag = &o->loud},
                                                {"name", .text = &o->name},
                                                {"count", .whole = &o->count, .low = 1, .high = 9},
                                                {"seed", .integer = &o->seed, .high = 1e18},
                                                {"rate", .number = &o->rate, .low = -1, .high = 1},
                                                {"take", .take = take, .context = o->taken},
                                                {.name = NULL}},
                      &o->rest));
    return argument_last(argc, argv, o->rest, &o->last);
}

Test(argument, options_go_where_they_point_and_the_rest_stays)
{
    struct options o;
    cr_assert_eq(parse("c --loud here --name=a --count 9 --seed 123456789012 --rate -0.5 --take p "
                       "--name b --take q",
                       &o),
                 STATUS_OK, "%s", status_sentence());
    cr_expect(o.loud);
    cr_expect_str_eq(o.name, "b");
    cr_expect_eq(o.count, 9);
    cr_expect_eq(o.seed, 123456789012);
    cr_expect_eq(o.rate, -0.5);
    cr_expect_str_eq(o.taken, "pq");
    cr_expect_str_eq(o.last, "here");
    cr_assert_eq(parse("c", &o), STATUS_OK, "%s",
                 status_sentence()); /* once more, from the start */
    cr_expect_eq(o.count, 7);
    cr_expect_eq(o.rest, 1);
    cr_expect_str_eq(o.last, "none");
}

Test(argument, what_cannot_be_read_is_said)
{
    static const struct {
        const char *line, *said;
    } cases[] = {
        {"c --lout", "there is no option '--lout'"},
        {"c --name", "there is no option '--name', or it lacks its value"},
        {"c --loud=1", "there is no option '--loud=1'"},
        {"c --count 0", "--count is '0', should be a whole number from 1 to 9"},
        {"c --count 1.5", "--count is '1.5'"},
        {"c --count 10", "from 1 to 9"},
        {"c --seed 99999999999999999999", "--seed is '99999999999999999999'"},
        {"c --seed -1", "from 0 to 1000000000000000000"},
        {"c --rate 2", "--rate is '2', should be a number from -1 to 1"},
        {"c --rate nan", "--rate is 'nan'"},
        {"c --rate 0.5x", "--rate is '0.5x'"},
        {"c --take x", "--take: no x"},
        {"c one two", "'two' is one argument too many"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct options o;
        cr_assert_eq(parse(cases[i].line, &o), STATUS_CONFIG, "%s", cases[i].line);
        cr_expect_not_null(strstr(status_sentence(), cases[i].said), "%s: %s", cases[i].line,
                           status_sentence());
    }
}
