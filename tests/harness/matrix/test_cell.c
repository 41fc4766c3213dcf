#include "harness/matrix/cell_run.h"

#include "engine/base/threads.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static char folder[] = "/tmp/vitamin-cell-XXXXXX";
static struct matrix m;

static const char text[] = "[matrix]\n"
                           "size = tiny\n"
                           "set = stop_transitions=300 score_at=300 pretrain_actor_steps=20\n"
                           "set = min_transitions_per_iter=50\n"
                           "[experiment one]\n"
                           "methods = odt td3_odt\n"
                           "datasets = hopper-random-dev\n"
                           "seeds = 1-2\n"
                           "set = gamma=0.9\n";

/* The matrix above, with `from` in it replaced by `to`. */
static void load(const char *from, const char *to)
{
    char path[FILE_PATH], edited[1024];
    const char *at = strstr(text, from);
    cr_assert_not_null(at);
    int length = snprintf(edited, sizeof edited, "%.*s%s%s", (int)(at - text), text, to,
                          at + strlen(from));
    snprintf(path, sizeof path, "%s/mine.ini", folder);
    cr_assert_eq(file_replace(path, edited, (size_t)length), STATUS_OK);
    matrix_unload(&m);
    cr_assert_eq(matrix_load(path, NULL, &m), STATUS_OK, "%s", status_sentence());
}

static void make_folder(void)
{
    cr_assert_not_null(mkdtemp(folder));
    threads_set(1);
    load("", "");
}

static void remove_folder(void)
{
    char command[64];
    matrix_unload(&m);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    cr_assert_eq(system(command), 0);
}

TestSuite(cell, .init = make_folder, .fini = remove_folder, .timeout = 120);

static enum status run(int number, struct cell_outcome *o, int64_t stop_after)
{
    const struct matrix_cell *cell;
    struct run_request how = {.data_folder = "tests/data",
                              .checkpoint_every = 600,
                              .stop_after = stop_after,
                              .quiet = true};
    cr_assert_eq(matrix_cell(&m, number, &cell), STATUS_OK, "%s", status_sentence());
    return cell_run(&m, cell, folder, &how, o);
}

static struct run_folder look(const struct cell_outcome *o)
{
    struct run_folder l;
    run_folder_look(o->folder, &l, NULL);
    return l;
}

/* [settings] hold for a method or dataset in every experiment and do not name a variant. */
Test(cell, settings_of_a_method_are_no_variant_of_it)
{
    load("[experiment one]\n", "[settings td3*]\nset = tau=0.01 gamma=0.8\n[settings *-dev]\n"
                               "set = batch_size=8\n[experiment one]\n");
    cr_assert_eq(m.cells, 4);
    const struct matrix_cell *odt = &m.cell[0], *td3_odt = &m.cell[2];
    cr_assert_str_eq(td3_odt->method, "td3_odt");
    cr_assert_str_eq(td3_odt->variant, "gamma=0.9", "%s", td3_odt->variant);
    cr_assert_str_eq(odt->variant, "gamma=0.9", "%s", odt->variant);
    cr_assert_eq(td3_odt->sets, odt->sets + 2);
    struct config_request request;
    struct hyper h;
    matrix_request(td3_odt, &request);
    cr_assert_eq(run_configure(&request, &h), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(h.tau, 0.01);
    cr_assert_eq(h.gamma, 0.9, "the experiment's own word comes last");
    cr_assert_eq(h.batch_size, 8);
    cr_assert_eq(matrix_load("./nowhere.ini", NULL, &m), STATUS_IO);
}

Test(cell, lives_in_a_folder_of_its_matrix_and_is_not_run_twice)
{
    struct cell_outcome first, again;
    char expected[FILE_PATH];
    cr_assert_eq(m.cells, 4);
    cr_assert_eq(run(4, &first, 0), STATUS_OK, "%s", status_sentence());
    cr_assert_not(first.was_over || first.look.state != FOLDER_DONE);
    snprintf(expected, sizeof expected, "%s/mine/hopper-random-dev/td3_odt@gamma=0.9/2", folder);
    cr_assert_str_eq(first.folder, expected);
    cr_assert_eq(look(&first).state, FOLDER_DONE);
    cr_assert_geq(first.look.transitions, 300);
    struct curve c;
    cr_assert_eq(file_path(expected, "%s/curve.h5", first.folder), STATUS_OK);
    cr_assert_eq(curve_read(expected, &c), STATUS_OK, "%s", status_sentence());
    cr_expect_str_eq(curve_get(&c, "variant"), "gamma=0.9", "the curve says itself what it is");
    cr_expect_str_eq(curve_get(&c, "title"), "TD3+ODT, gamma=0.9");
    cr_expect_str_eq(curve_get(&c, "suite"), "mujoco");
    char score_at[32];
    cr_expect_str_eq(curve_get(&c, "budget"),
                     curve_config_value(c.config, "score_at", score_at, sizeof score_at));
    curve_free(&c);

    cr_assert_eq(run(4, &again, 0), STATUS_OK, "%s", status_sentence());
    cr_assert(again.was_over);
    cr_assert_eq(again.look.last_score, first.look.last_score);
}

/* Long lists of settings are whole in the curve, hashed in the folder's name. */
Test(cell, folder_of_a_long_variant_is_named_by_its_hash)
{
    char where[FILE_PATH];
    struct matrix_cell c = m.cell[0];
    snprintf(c.variant, sizeof c.variant,
             "gamma=0.9,tau=0.01,batch_size=8,alpha_online=0.125,alpha_pretrain=0.25,"
             "pretrain_actor_steps=20,T_train=5");
    cr_assert_eq(matrix_folder(&c, "r", where), STATUS_OK);
    char *at = strchr(where, '@');
    cr_assert_not_null(at, "%s", where);
    cr_expect_eq(strcspn(at + 1, "/"), 8, "%s", where);
    snprintf(c.variant, sizeof c.variant, "a=x/y");
    cr_assert_eq(matrix_folder(&c, "r", where), STATUS_OK);
    cr_expect_eq(strcspn(strchr(where, '@') + 1, "/"), 8, "%s", where);
}

Test(cell, number_out_of_range_says_the_range)
{
    const struct matrix_cell *cell;
    cr_assert_eq(matrix_cell(&m, 5, &cell), STATUS_CONFIG);
    cr_assert(strstr(status_sentence(), "1 to 4") != NULL, "%s", status_sentence());
    cr_assert_eq(matrix_cell(&m, 0, &cell), STATUS_CONFIG);
}

Test(cell, failure_is_recorded_and_forgotten_when_it_runs)
{
    struct cell_outcome o;
    load("hopper-random-dev", "hopper-nowhere");
    cr_assert_eq(run(1, &o, 0), STATUS_MISSING);
    struct run_folder l = look(&o);
    cr_assert_eq(l.state, FOLDER_FAILED);
    cr_assert(strstr(l.reason, "hopper-nowhere") != NULL, "%s", l.reason);

    load("", "");
    cr_assert_eq(run(1, &o, 0), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(run_folder_fail(o.folder, "as if it had failed once"), STATUS_OK);
    cr_assert_eq(look(&o).state, FOLDER_DONE, "a finished run outweighs an old failure");
}

Test(cell, stopped_one_is_no_failure_and_goes_on)
{
    struct cell_outcome o;
    cr_assert_eq(run(3, &o, 1), STATUS_INTERRUPTED);
    cr_assert_eq(look(&o).state, FOLDER_STOPPED);
    cr_assert_eq(run_folder_fail(o.folder, "killed"), STATUS_OK);
    cr_assert_eq(look(&o).state, FOLDER_FAILED);
    cr_assert_eq(run(3, &o, 1), STATUS_INTERRUPTED);
    cr_assert_eq(look(&o).state, FOLDER_STOPPED, "tried again, the failure is history");
    cr_assert_eq(run(3, &o, 0), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(look(&o).state, FOLDER_DONE);
}

Test(cell, busy_one_is_left_alone)
{
    struct cell_outcome o;
    char lock[FILE_PATH + 8];
    cr_assert_eq(run(1, &o, 1), STATUS_INTERRUPTED);
    snprintf(lock, sizeof lock, "%s/lock", o.folder);
    int fd = open(lock, O_RDWR);
    cr_assert_eq(flock(fd, LOCK_EX), 0);
    cr_assert_eq(look(&o).state, FOLDER_RUNNING);
    cr_assert_eq(run(1, &o, 0), STATUS_BUSY);
    close(fd);
    cr_assert_eq(look(&o).state, FOLDER_STOPPED, "not recorded as a failure");
}

/* `set` of [matrix] is in no folder's name. */
Test(cell, results_of_another_configuration_are_not_taken_for_its_own)
{
    struct cell_outcome o;
    cr_assert_eq(run(1, &o, 0), STATUS_OK, "%s", status_sentence());
    load("pretrain_actor_steps=20", "pretrain_actor_steps=21");
    cr_assert_eq(run(1, &o, 0), STATUS_CONFIG);
    cr_assert(strstr(status_sentence(),
                     "another configuration: pretrain_actor_steps (20 there, 21 here)") != NULL,
              "%s", status_sentence());
    struct run_folder l = look(&o);
    cr_assert_eq(l.state, FOLDER_DONE, "what is there stays");
    load("", "");
    char hash[SHA256_HEX];
    cr_assert_eq(cell_config_hash(&m.cell[0], hash), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(cell_check(&m.cell[0], hash, o.folder, &l), STATUS_OK, "%s", status_sentence());
}
