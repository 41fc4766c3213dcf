#include "harness/base/progress.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

Test(progress, says_phase_score_seconds_by_stage_and_time_left)
{
    char line[512];
    struct progress p = {.method = "td3_odt",
                         .dataset = "hopper-random-v2",
                         .seed = 7,
                         .done = 2500,
                         .total = 10000,
                         .first = 500,
                         .seconds = 1000,
                         .score = (double)NAN,
                         .stage = {[1] = 2, [2] = 700, [3] = 250},
                         .units = 2000};
    progress_line(&p, line, sizeof line);
    cr_assert_str_eq(line, "td3_odt hopper-random-v2 seed 7: pretraining, 2500 of 10000 batches, "
                           "score -, seconds per batch: sample 0.00100 critic 0.350 actor 0.125, "
                           "left 63 min of pretraining");
    p.online = true;
    p.iteration = 12;
    p.done = 13000;
    p.total = 500000;
    p.first = 1000;
    p.seconds = 600;
    p.score = 4.25;
    p.stage[0] = 25;
    p.units = 10;
    progress_line(&p, line, sizeof line);
    cr_assert_str_eq(line,
                     "td3_odt hopper-random-v2 seed 7: iteration 12, 13000 of 500000 "
                     "transitions, score 4.2, seconds per iteration: rollout 2.50 sample 0.200 "
                     "critic 70.0 actor 25.0, left 6 h 45");
}

Test(progress, guesses_nothing_before_there_is_a_pace)
{
    char line[512];
    struct progress p = {.method = "iql", .dataset = "d", .total = 10, .score = (double)NAN};
    progress_line(&p, line, sizeof line);
    cr_assert(strstr(line, "left ?") != NULL, "%s", line);
    cr_assert(strstr(line, "so far: none yet") != NULL, "%s", line);
    p.online = true;
    p.done = 10;
    p.first = 5;
    p.seconds = 50;
    p.stage[0] = 3;
    progress_line(&p, line, sizeof line);
    cr_assert(strstr(line, "seconds so far: rollout 3.00, left 0 s") != NULL, "%s", line);
}

Test(progress, durations_are_short)
{
    char out[32];
    static const struct {
        double seconds;
        const char *text;
    } cases[] = {{0, "0 s"},        {119.4, "119 s"},     {119.6, "2 min"}, {7200, "2 h 00"},
                 {18420, "5 h 07"}, {293760, "3.4 days"}, {-1, "?"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        progress_duration(cases[i].seconds, out);
        cr_expect_str_eq(out, cases[i].text);
    }
    progress_duration((double)NAN, out);
    cr_expect_str_eq(out, "?");
}

Test(progress, core_hours_have_three_digits_and_a_unit_that_people_read)
{
    char out[48];
    static const struct {
        double hours;
        const char *text;
    } cases[] = {{0, "0 core-seconds"},
                 {1 / 3600.0, "1 core-second"},
                 {0.02, "0.02 core-hours"},
                 {9.99, "9.99 core-hours"},
                 {62.6, "62.6 core-hours"},
                 {954, "954 core-hours"},
                 {1476.4, "1.48 thousand core-hours"},
                 {313e3, "313 thousand core-hours"},
                 {1.476e6, "1.48 million core-hours"},
                 {-1, "? core-hours"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        progress_core_hours(3600 * cases[i].hours, out);
        cr_expect_str_eq(out, cases[i].text);
    }
}

Test(progress, fits_a_terminals_line)
{
    char line[512];
    struct progress p = {.method = "td3_odt",
                         .dataset = "hopper-random-v2",
                         .seed = 7,
                         .online = true,
                         .done = 130000,
                         .total = 500000,
                         .first = 1000,
                         .seconds = 600,
                         .score = 4.25};
    progress_run(&p, 79, false, line, sizeof line);
    cr_assert_str_eq(line, "td3_odt hopper-random-v2 seed 7 ####-------------  26 %  score 4.2, "
                           "29 min left");
    cr_assert_leq(strlen(line), 79);
    progress_run(&p, 79, true, line, sizeof line);
    cr_assert_not_null(strstr(line, "7 ████░░"), "%s", line);
    /* No room for a bar; then the name gives way. */
    progress_run(&p, 60, false, line, sizeof line);
    cr_assert_str_eq(line, "td3_odt hopper-random-v2 seed   26 %  score 4.2, 29 min left");
    for (int columns = 20; columns < 200; columns++) {
        progress_run(&p, columns, false, line, sizeof line);
        cr_assert_leq((int)strlen(line), columns, "%d: %s", columns, line);
    }
    p.online = false;
    p.score = (double)NAN;
    progress_run(&p, 79, false, line, sizeof line);
    cr_assert_not_null(strstr(line, "26 %  pretraining, 29 min left"), "%s", line);
    p.total = 0;
    progress_run(&p, 79, false, line, sizeof line);
    cr_assert_not_null(strstr(line, "  0 %"), "%s", line);
}
