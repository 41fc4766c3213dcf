/* Cells that another's policy guides: when they start, what they say until then, and that the order
 * does not matter. */
#include "harness/base/exit_status.h"
#include "harness/matrix/guide.h"

#include "harness/commands/command.h"
#include "harness/curve/curve.h"
#include "harness/matrix/cell_run.h"
#include "harness/matrix/supply.h"
#include "tests/support/command_line.h"
#include "tests/support/program.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GUIDE, ONE, TWO, CELLS };

static struct matrix m;

/* One run of IQL on other data guides two of ODT for the first steps of their rollouts. */
static const char text[] =
    "[matrix]\n"
    "title = Test of guides\n"
    "size = tiny\n"
    "data = generate\n"
    "set = stop_transitions=600 score_at=600 pretrain_actor_steps=20 min_transitions_per_iter=50\n"
    "[settings iql]\n"
    "set = eval_every=200 eval_every_unit=transitions\n"
    "[experiment guided]\n"
    "methods = odt_jsrl_oracle\n"
    "datasets = hopper-random-v2\n"
    "seeds = 1-2\n"
    "guide = iql *-medium-v2 1\n"
    "[generate]\n"
    "hopper-random-v2 = --policy random --rows 2000\n"
    "hopper-medium-v2 = --policy random --rows 1500\n";

static void load(void)
{
    cr_assert_eq(file_replace(command_line_path("tiny.ini"), text, strlen(text)), STATUS_OK);
    cr_assert_eq(matrix_load(command_line_path("tiny.ini"), NULL, &m), STATUS_OK, "%s",
                 status_sentence());
    cr_assert_eq(m.cells, CELLS);
}

static void forget(void)
{
    matrix_unload(&m);
    command_line_remove_folder();
}

TestSuite(guide, .init = load, .fini = forget, .timeout = 600);

static const char *cell_path(int cell, const char *results, const char *file)
{
    static char path[8][2 * FILE_PATH];
    static int next;
    char folder[FILE_PATH], *out = path[next++ % 8];
    cr_assert_eq(matrix_folder(&m.cell[cell], command_line_path(results), folder), STATUS_OK);
    snprintf(out, sizeof path[0], "%s/%s", folder, file);
    return out;
}

/* Do a cell, or the first `iterations` of it; 0: all. */
static enum status run(int cell, const char *results, int iterations)
{
    struct run_request how = {.data_folder = command_line_path("data"),
                              .checkpoint_every = 1e9,
                              .stop_after = iterations,
                              .quiet = true};
    struct cell_outcome o;
    return cell_run(&m, &m.cell[cell], command_line_path(results), &how, &o);
}

static void expect_done(int cell, const char *results)
{
    cr_assert_eq(run(cell, results, 0), STATUS_OK, "%s", status_sentence());
}

/* `vitamin WORDS MATRIX --results ... --data ...` as a process; what it says is left in said(). */
static int program(const char *words, const char *results)
{
    char line[4 * FILE_PATH];
    snprintf(line, sizeof line, "%s %s --results %s --data %s", words,
             command_line_path("tiny.ini"), command_line_path(results), command_line_path("data"));
    (void)remove(command_line_path("said"));
    return program_end(program_start(line, command_line_path("said"), command_line_path("said")));
}

static const char *said(void)
{
    static char *all;
    free(all);
    cr_assert_eq(file_read(command_line_path("said"), 1 << 22, &all, NULL), STATUS_OK);
    return all;
}

static void expect_said(const char *words)
{
    cr_assert_not_null(strstr(said(), words), "'%s' is not in:\n%s", words, said());
}

static void expect_same_curves(const char *a, const char *b)
{
    for (int i = 0; i < CELLS; i++) {
        struct curve c[2];
        cr_assert_eq(curve_read(cell_path(i, a, "curve.h5"), &c[0]), STATUS_OK);
        cr_assert_eq(curve_read(cell_path(i, b, "curve.h5"), &c[1]), STATUS_OK);
        cr_assert_str_eq(curve_get(&c[0], "status"), "complete");
        cr_expect_eq(curve_compare(&c[0], &c[1], false), STATUS_OK, "cell %d: %s", i + 1,
                     status_sentence());
        cr_expect_eq(strlen(curve_get(&c[0], "guide_sha256")), i == GUIDE ? 0 : 64);
        curve_free(&c[0]);
        curve_free(&c[1]);
    }
}

static void expect_same_bytes(const char *a, const char *b)
{
    char *bytes[2];
    size_t size[2];
    cr_assert_eq(file_read(a, 1 << 24, &bytes[0], &size[0]), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(file_read(b, 1 << 24, &bytes[1], &size[1]), STATUS_OK, "%s", status_sentence());
    cr_expect(size[0] == size[1] && memcmp(bytes[0], bytes[1], size[0]) == 0, "%s and %s differ", a,
              b);
    free(bytes[0]);
    free(bytes[1]);
}

/* --- order ------------------------------------------------------------------------------------ */

Test(guide, wrong_order_is_said_and_leaves_nothing_behind)
{
    cr_assert_eq(run(ONE, "wrong", 0), STATUS_WAITS);
    cr_assert_str_eq(status_sentence(), "waits for cell 1, iql on hopper-medium-v2 seed 1, to "
                                        "leave its policy (waiting)");
    cr_assert_not(file_exists(command_line_path("wrong")));
    cr_assert_eq(program("run --cell 2 --matrix", "wrong"), EXIT_WAITS, "%s", said());
    expect_said("waits for cell 1, iql on hopper-medium-v2 seed 1");
    cr_assert_not(file_exists(cell_path(ONE, "wrong", "failed")));
    cr_assert_eq(program("plan", "wrong"), 0, "%s", said());
    expect_said("guides     2 x waits for cell 1, iql on hopper-medium-v2 seed 1");
    cr_assert_eq(program("status --cells", "wrong"), 0, "%s", said());
    expect_said("waits for cell 1, iql on hopper-medium-v2 seed 1");
}

/* The guide has pretrained and is stopped; those behind it run, then it goes on: as a sweep with
 * two runs at a time gives, and one with one. */
Test(guide, order_does_not_matter_once_the_policy_is_there)
{
    cr_assert_eq(run(GUIDE, "pieces", 1), STATUS_INTERRUPTED);
    cr_assert_not(file_exists(cell_path(GUIDE, "pieces", "policy.h5")));
    expect_done(TWO, "pieces");
    cr_assert_eq(run(GUIDE, "pieces", 2), STATUS_INTERRUPTED);
    cr_assert_eq(run(ONE, "pieces", 1), STATUS_INTERRUPTED);
    expect_done(GUIDE, "pieces");
    expect_done(ONE, "pieces");
    cr_assert_eq(program("sweep --cores 2", "two"), 0, "%s", said());
    expect_said("3 of 3 done");
    cr_assert_eq(program("sweep --cores 1", "one"), 0, "%s", said());
    expect_same_curves("pieces", "two");
    expect_same_curves("pieces", "one");
    expect_same_bytes(cell_path(GUIDE, "pieces", "policy_offline.h5"),
                      cell_path(GUIDE, "two", "policy_offline.h5"));
    cr_assert_eq(program("status --cells", "two"), 0, "%s", said());
    cr_assert_null(strstr(said(), "waits"), "%s", said());

    /* Done again elsewhere, it finds its guide where the results are. */
    char words[4 * FILE_PATH], *printed;
    snprintf(words, sizeof words, "%s --all --iterations 0 --data %s",
             command_line_path("two/tiny"), command_line_path("data"));
    cr_assert_eq(command_line(&command_verify, words, &printed), STATUS_OK, "%s\n%s", printed,
                 status_sentence());
    free(printed);
}

/* The policy after pretraining is no later one. */
Test(guide, policy_is_that_of_the_end_of_pretraining)
{
    expect_done(GUIDE, "long");
    cr_assert_eq(run(GUIDE, "short", 1), STATUS_INTERRUPTED);
    expect_same_bytes(cell_path(GUIDE, "long", "policy_offline.h5"),
                      cell_path(GUIDE, "short", "policy_offline.h5"));
    char *bytes[2];
    size_t size[2];
    cr_assert_eq(file_read(cell_path(GUIDE, "long", "policy.h5"), 1 << 24, &bytes[0], &size[0]),
                 STATUS_OK);
    cr_assert_eq(
        file_read(cell_path(GUIDE, "long", "policy_offline.h5"), 1 << 24, &bytes[1], &size[1]),
        STATUS_OK);
    cr_expect(size[0] != size[1] || memcmp(bytes[0], bytes[1], size[0]) != 0,
              "nothing was learned online");
    free(bytes[0]);
    free(bytes[1]);
}

/* --- guides that do not come ------------------------------------------------------------------ */

Test(guide, sweep_ends_when_the_guide_fails_and_goes_on_when_it_does_not)
{
    cr_assert_eq(file_make_folder(cell_path(GUIDE, "broken", "")), STATUS_OK);
    cr_assert_eq(file_make_folder(cell_path(GUIDE, "broken", "checkpoint.h5")), STATUS_OK);
    cr_assert_eq(program("sweep --cores 2", "broken"), 1, "%s", said());
    expect_said("0 of 3 done, 2 waiting, 1 failed");
    expect_said("guides     2 x waits for cell 1, iql on hopper-medium-v2 seed 1, to leave its "
                "policy (failed)");
    cr_assert_eq(remove(cell_path(GUIDE, "broken", "checkpoint.h5")), 0);
    cr_assert_eq(program("sweep --cores 2", "broken"), 0, "%s", said());
    expect_said("3 of 3 done");
}

Test(guide, one_that_is_over_without_a_policy_is_named_with_the_remedy)
{
    expect_done(GUIDE, "bare");
    cr_assert_eq(remove(cell_path(GUIDE, "bare", "policy_offline.h5")), 0);
    cr_assert_eq(guide_check(&m, &m.cell[ONE], command_line_path("bare")), STATUS_MISSING);
    cr_assert_eq(program("sweep --cores 2", "bare"), 1, "%s", said());
    expect_said("1 of 3 done, 2 waiting");
    expect_said("is done and has left no policy that could guide; remove ");
    expect_said("2 of 3 cells wait for a policy that does not exist yet");
}

Test(guide, one_of_another_configuration_is_refused)
{
    struct matrix_cell other = m.cell[GUIDE];
    expect_done(GUIDE, "edited");
    snprintf(m.cell[GUIDE].set[0], MATRIX_SET, "stop_transitions=601");
    cr_assert_eq(guide_check(&m, &m.cell[ONE], command_line_path("edited")), STATUS_CONFIG);
    cr_assert_not_null(strstr(status_sentence(), "another configuration"), "%s", status_sentence());
    m.cell[GUIDE] = other;
    cr_assert_eq(guide_check(&m, &m.cell[ONE], command_line_path("edited")), STATUS_OK);
}

/* A run that has begun does not go on with another guide. */
Test(guide, another_policy_in_its_place_is_noticed)
{
    expect_done(GUIDE, "changed");
    cr_assert_eq(run(ONE, "changed", 1), STATUS_INTERRUPTED);
    cr_assert_eq(rename(cell_path(GUIDE, "changed", "policy.h5"),
                        cell_path(GUIDE, "changed", "policy_offline.h5")),
                 0);
    cr_assert_eq(run(ONE, "changed", 0), STATUS_CONFIG);
    cr_assert_not_null(strstr(status_sentence(), "another guide"), "%s", status_sentence());
}

/* Outside of a matrix {results} means nothing. */
Test(guide, single_run_is_told_to_write_a_path)
{
    struct run_request r = {.seed = 1, .folder = command_line_path("single"), .quiet = true};
    char buffer[FILE_PATH];
    expect_done(GUIDE, "plain"); /* makes one dataset; the other: */
    cr_assert_eq(supply_get(supply_of(&m, "hopper-random-v2"), command_line_path("data")),
                 STATUS_OK);
    matrix_request(&m.cell[ONE], &r.config);
    cr_assert_eq(supply_folder(supply_of(&m, "hopper-random-v2"), command_line_path("data"), buffer,
                               &r.data_folder),
                 STATUS_OK);
    cr_assert_eq(run_execute(&r, NULL), STATUS_CONFIG);
    cr_assert_not_null(strstr(status_sentence(), "write a path"), "%s", status_sentence());
}
