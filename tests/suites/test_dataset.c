#include "suites/dataset.h"
#include "suites/env.h"

#include "tests/support/fixture.h"
#include "tests/support/naive_dataset.h"
#include "tests/support/toy_dataset.h"

#include <criterion/criterion.h>
#include <glob.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char folder[FILE_PATH];

static void make_folder(void)
{
    toy_folder(folder);
}

static void remove_folder(void)
{
    toy_remove(folder);
}

TestSuite(dataset, .init = make_folder, .fini = remove_folder, .timeout = 60);

static struct dataset load(const char *path, const struct dataset_options *o)
{
    struct dataset d;
    cr_assert_eq(dataset_load(path, o, &d), STATUS_OK, "%s", status_sentence());
    return d;
}

static struct dataset_options as_it_is(const char *env)
{
    struct dataset_options o = dataset_defaults();
    o.env = env;
    return o;
}

/* --- real files ----------------------------------------------------------------------------------
 */

/* All files that look like datasets in the data folder beside the fixtures; skips without. */
static glob_t data_files(void)
{
    char pattern[FILE_PATH];
    fixture_shared("data", pattern);
    glob_t found;
    strncat(pattern, "/*.hdf5", sizeof pattern - strlen(pattern) - 1);
    if (glob(pattern, 0, NULL, &found) != 0)
        cr_skip_test("there is no %s", pattern);
    return found;
}

Test(dataset, equals_the_scripts_of_the_paper_on_every_real_file)
{
    glob_t files = data_files();
    for (size_t i = 0; i < files.gl_pathc; i++) {
        struct dataset_options o = dataset_defaults();
        struct dataset d = load(files.gl_pathv[i], &o);
        struct naive n = naive_convert(files.gl_pathv[i], d.env);
        naive_expect(&d, &n);
        naive_free(&n);
        dataset_free(&d);
    }
    globfree(&files);
}

Test(dataset, always_has_one_real_file_to_read)
{
    struct dataset_options o = dataset_defaults();
    struct dataset d = load("tests/data/hopper-random-dev.hdf5", &o);
    struct naive n = naive_convert(d.path, env_find("hopper"));
    naive_expect(&d, &n);
    naive_free(&n);
    cr_expect_str_eq(d.id, "hopper-random-dev");
    cr_expect_eq(d.kind, DATASET_DEV);
    cr_expect_eq(d.S, 11);
    cr_expect_eq(d.A, 3);
    cr_expect_eq(d.rows, 2000);
    cr_expect_eq(d.transitions + d.unused, d.rows);
    cr_expect(*d.note != '\0', "results on a stand-in must be labelled");
    dataset_free(&d);
}

/* A number of the README and half a unit of its last printed digit. */
struct printed {
    double value, half;
};

static bool parse_printed(const char **at, struct printed *out)
{
    const char *start = *at + strcspn(*at, "-0123456789|");
    char *end;
    if (*start == '|')
        return false;
    out->value = strtod(start, &end);
    const char *point = memchr(start, '.', (size_t)(end - start));
    out->half = 0.5 * pow(10, point == NULL ? 0 : -(double)(end - point - 1)) * (1 + 1e-9);
    *at = end;
    return true;
}

/* Cell k (0-based) of a line `| a | b | ...`. */
static const char *cell(const char *line, int k)
{
    for (; k >= 0 && line != NULL; k--) {
        line = strchr(line, '|');
        line = line == NULL ? NULL : line + 1;
    }
    return line;
}

/* Returns of all complete episodes: those of `d`, and Adroit's last one, which the paper's
 * conversion loses (its flag sits on the file's last row). */
static double *all_returns(const struct dataset *d, int *count)
{
    double *out = malloc((size_t)(d->count + 1) * sizeof *out);
    for (int i = 0; i < d->count; i++)
        out[i] = d->list[i].raw_return;
    *count = d->count;

    struct h5 f;
    size_t N = (size_t)d->rows;
    float *reward = malloc(N * sizeof *reward);
    uint8_t *timeout = malloc(N);
    cr_assert_eq(h5_open(&f, d->path), STATUS_OK);
    cr_assert_eq(h5_read_float(&f, "rewards", N, reward), STATUS_OK);
    cr_assert_eq(h5_read(&f, "timeouts", H5T_NATIVE_UCHAR, N, timeout), STATUS_OK);
    h5_close(&f);
    if (d->unused > 0 && timeout[N - 1]) {
        double sum = 0;
        for (size_t i = N - (size_t)d->unused; i < N; i++)
            sum += (double)reward[i];
        out[(*count)++] = sum;
    }
    free(reward);
    free(timeout);
    return out;
}

static void expect_printed(const char *id, const char *what, double got, struct printed want)
{
    char label[128];
    snprintf(label, sizeof label, "%s: %s", id, what);
    expect_number(label, got, want.value, 0, want.half);
}

/* One line of the real files' own README: | file | made by | ... (terminals / timeouts) | mean +-
 * std | score | with the counts of complete episodes and their returns. False: not such a line. */
static bool check_line(const char *line, const char *data)
{
    char id[DATASET_ID], path[2 * FILE_PATH];
    int terminals, timeouts, count;
    const char *counts = cell(line, 2), *at = cell(line, 3);
    if (sscanf(line, "| %95[a-z0-9-] |", id) != 1 || counts == NULL || at == NULL)
        return false;
    counts = strchr(counts, '(');
    if (counts == NULL || sscanf(counts, "(%d / %d)", &terminals, &timeouts) != 2)
        return false;
    struct printed mean, std, score;
    const char *score_at = cell(line, 4);
    if (!parse_printed(&at, &mean) || !parse_printed(&at, &std) ||
        !parse_printed(&score_at, &score))
        return false;

    snprintf(path, sizeof path, "%s/%s.hdf5", data, id);
    struct dataset_options o = dataset_defaults();
    struct dataset d = load(path, &o);
    double *returns = all_returns(&d, &count);
    struct score_summary s = score_summarise(d.score, returns, count);
    cr_expect_eq(count, terminals + timeouts, "%s: %d complete episodes, README says %d", id, count,
                 terminals + timeouts);
    expect_printed(id, "mean return", s.mean / 100 * (d.score.max - d.score.min) + d.score.min,
                   mean);
    expect_printed(id, "std of returns", s.std / 100 * (d.score.max - d.score.min), std);
    expect_printed(id, "score", s.mean, score);
    free(returns);
    dataset_free(&d);
    return true;
}

Test(dataset, scores_the_real_files_as_their_readme_says)
{
    char data[FILE_PATH], readme[2 * FILE_PATH], *text;
    fixture_shared("data", data);
    snprintf(readme, sizeof readme, "%s/README.md", data);
    if (!file_exists(readme))
        cr_skip_test("there is no %s", readme);
    cr_assert_eq(file_read(readme, 1 << 20, &text, NULL), STATUS_OK);
    int lines = 0;
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
        lines += check_line(line, data);
    free(text);
    cr_expect_gt(lines, 0, "%s has no table that this test can read", readme);
}

/* The paper's own line on door-human (table 4: 6504 transitions, 28.35 +- 13.88) comes out of the
 * real demonstrations; its deviation is the printed form, with the lower reference subtracted. */
Test(dataset, gives_the_papers_line_for_the_human_door)
{
    char path[FILE_PATH];
    fixture_shared("data/door-human-dev.hdf5", path);
    const struct dataset_entry *entry = dataset_find("door-human-v1");
    struct dataset_options o = dataset_defaults();
    struct dataset d = load(path, &o);
    struct score_summary s;
    cr_assert_eq(dataset_summarise(&d, &s), STATUS_OK);
    if (d.rows != entry->rows)
        cr_skip_test("%s has other demonstrations", path);
    cr_expect_eq(d.transitions, entry->paper_transitions);
    expect_number("mean", s.mean, entry->paper_mean, 0, 0.005);
    expect_number("printed std", s.printed_std, entry->paper_std, 0, 0.005);
    dataset_free(&d);
}

/* --- the rules, on files made for them -----------------------------------------------------------
 */

/* Write `flags` as a file of `env`, load it, compare with the scripts. */
static struct dataset through(struct toy *t, const char *flags, const char *env,
                              const struct toy_style *style)
{
    char path[FILE_PATH];
    snprintf(path, sizeof path, "%.900s/toy.hdf5", folder);
    toy_flags(t, flags);
    toy_write(t, path, style);
    struct dataset_options o = as_it_is(env);
    struct dataset d = load(path, &o);
    struct naive n = naive_convert(path, d.env);
    naive_expect(&d, &n);
    naive_free(&n);
    return d;
}

static const struct toy_style plain = {0};

Test(dataset, takes_successors_from_the_file_for_gym_mujoco)
{
    struct toy t = toy_new(10, 11, 3);
    struct dataset d = through(&t, "..T...O..T", "hopper", &plain);
    cr_assert_eq(d.count, 3);
    cr_expect_eq(d.transitions, 10);
    cr_expect_eq(d.list[1].length, 4);
    cr_expect_eq(d.list[1].next_state[3 * 11], t.next_state[6 * 11], "the true successor");
    cr_expect_not(d.list[1].last_next_missing);
    dataset_free(&d);
    toy_free(&t);
}

Test(dataset, drops_an_unfinished_tail)
{
    struct toy t = toy_new(10, 11, 3);
    struct dataset d = through(&t, "..T...O...", "hopper", &plain);
    cr_expect_eq(d.count, 2);
    cr_expect_eq(d.transitions, 7);
    cr_expect_eq(d.unused, 3);
    dataset_free(&d);
    toy_free(&t);
}

Test(dataset, loses_adroits_last_trajectory_and_marks_missing_successors)
{
    struct toy t = toy_new(10, 39, 28);
    struct dataset d = through(&t, "..T...O..O", "door", &plain);
    cr_assert_eq(d.count, 2);
    cr_expect_not(d.list[0].last_next_missing, "a terminal needs no successor");
    cr_expect(d.list[1].last_next_missing, "the next row is another trajectory's");
    cr_expect_eq(d.list[1].next_state[3 * 39], t.state[7 * 39]);
    dataset_free(&d);
    toy_free(&t);
}

Test(dataset, cuts_at_the_time_limit_without_timeouts)
{
    static const char *const env[] = {"pen", "antmaze-umaze", "maze2d-open", "hopper"};
    for (int k = 0; k < 4; k++) {
        const struct env_kind *kind = env_find(env[k]);
        int rows = 2 * kind->time_limit + 20;
        struct toy t = toy_new(rows, kind->obs_dim, kind->act_dim);
        free(t.timeout);
        t.timeout = NULL;
        for (int i = 0; k == 2 && i <= rows; i++) /* in a free cell of the maze */
            t.state[4 * i] = t.state[4 * i + 1] = 1;
        char *flags = malloc((size_t)rows + 1);
        memset(flags, '.', (size_t)rows);
        flags[rows] = '\0';
        flags[10] = 'T';
        struct dataset d = through(&t, flags, env[k], &plain);
        cr_expect_geq(d.count, 2, "%s", env[k]);
        dataset_free(&d);
        toy_free(&t);
        free(flags);
    }
}

Test(dataset, takes_the_next_row_when_gym_mujoco_has_no_successors)
{
    struct toy t = toy_new(9, 11, 3);
    free(t.next_state);
    t.next_state = NULL;
    struct dataset d = through(&t, "..T...O.T", "hopper", &plain);
    cr_expect_eq(d.count, 2);
    cr_expect(d.list[1].last_next_missing);
    dataset_free(&d);
    toy_free(&t);
}

/* Timeout rows of antmaze are successors only; runs of terminals give trajectories of length 1. */
Test(dataset, cuts_antmaze_by_rewards_and_jumps)
{
    static const char *const flags[] = {
        "....O....TTTT...O..T.O.", ".......................", "O....OO...T..OOTO..B..T",
        "TTTTTTTTTTTTTTTTTTTTTTT", "..........O...........O", "..........T...........T",
    };
    for (size_t k = 0; k < sizeof flags / sizeof *flags; k++) {
        struct toy t = toy_new(23, 29, 8);
        struct dataset d = through(&t, flags[k], "antmaze-umaze", &plain);
        for (int i = 0; i < d.count; i++)
            cr_expect_eq(d.list[i].terminal[d.list[i].length - 1], 1, "every end is terminal");
        dataset_free(&d);
        toy_free(&t);
    }
}

/* An ant that has not moved at all across a timeout row: the scripts see no jump there. */
Test(dataset, joins_antmaze_rows_where_nothing_jumps)
{
    struct toy t = toy_new(12, 29, 8);
    memcpy(t.state + 6 * 29, t.state + 5 * 29, 29 * sizeof(float));
    struct dataset d = through(&t, "..T..O....O.", "antmaze-umaze", &plain);
    cr_assert_eq(d.count, 2);
    cr_expect_eq(d.list[1].length, 6, "rows 3, 4 and 6 to 9");
    dataset_free(&d);
    toy_free(&t);

    t = toy_new(14, 29, 8); /* the same, three rows wide, and at the very beginning */
    for (int i = 1; i < 5; i++)
        memcpy(t.state + i * 29, t.state, 29 * sizeof(float));
    d = through(&t, ".OOO...T..O...", "antmaze-umaze", &plain);
    cr_expect_eq(d.list[0].length, 5);
    dataset_free(&d);
    toy_free(&t);
}

Test(dataset, keeps_the_first_singles_of_antmaze)
{
    char path[FILE_PATH];
    snprintf(path, sizeof path, "%.900s/toy.hdf5", folder);
    struct toy t = toy_new(30, 29, 8);
    toy_flags(&t, "...TTTTTT..TTTTTTTT.TTTTTT....");
    toy_write(&t, path, &plain);
    struct dataset_options o = as_it_is("antmaze-umaze");
    struct dataset all = load(path, &o);
    int singles = 0;
    for (int i = 0; i < all.count; i++)
        singles += all.list[i].length == 1;
    cr_assert_eq(singles, 17);
    for (int kept = 0; kept <= 18; kept++) {
        o.singles_kept = kept;
        struct dataset d = load(path, &o);
        int stay = kept < singles ? kept : singles, found = 0, at = 0;
        cr_expect_eq(d.count, all.count - singles + stay);
        cr_expect_eq(d.singles_dropped, singles - stay);
        cr_expect_eq(d.transitions, all.transitions - singles + stay);
        for (int i = 0; i < all.count; i++) { /* in the file's order */
            if (all.list[i].length == 1 && ++found > stay)
                continue;
            cr_assert_eq(d.list[at].length, all.list[i].length);
            cr_assert_eq(d.list[at].action[0], all.list[i].action[0]);
            at++;
        }
        dataset_free(&d);
    }
    dataset_free(&all);
    toy_free(&t);
}

/* d4rl.qlearning_dataset as its authors wrote it: rows 0..N-2, timeouts skipped, the next row is
 * the successor. What does not bootstrap needs none. */
static void expect_q_view(const struct toy *t, const struct dataset *d, const char *flags)
{
    int at = 0, step = 0;
    for (int i = 0; i + 1 < t->rows; i++) {
        if (t->timeout[i])
            continue;
        cr_assert_lt(at, d->count, "%s: row %d is missing", flags, i);
        const struct trajectory *x = &d->list[at];
        cr_expect_eq(x->state[step * t->S], t->state[i * t->S], "%s: row %d", flags, i);
        cr_expect_eq(x->action[step * t->A], t->action[i * t->A], "%s: row %d", flags, i);
        cr_expect_eq(x->reward[step], t->reward[i], "%s: row %d", flags, i);
        cr_expect_eq(x->terminal[step], t->terminal[i] != 0, "%s: row %d", flags, i);
        if (!t->terminal[i])
            cr_expect_eq(x->next_state[step * t->S], t->state[(i + 1) * t->S], "%s: row %d", flags,
                         i);
        cr_expect_not(x->last_next_missing);
        if (++step == x->length) {
            at++;
            step = 0;
        }
    }
    cr_expect(at == d->count && step == 0, "%s: more than the view has", flags);
}

Test(dataset, gives_d4rls_q_learning_view_when_asked)
{
    static const struct {
        const char *env;
        int S, A;
    } worlds[] = {{"hopper", 11, 3}, {"door", 39, 28}, {"antmaze-umaze", 29, 8}};
    static const char *const flags[] = {"..T...O..T...", "O..OO.TTT..BO", "..........T.O",
                                        ".............", "..O......O..O"};
    char path[FILE_PATH];
    snprintf(path, sizeof path, "%.900s/toy.hdf5", folder);
    for (size_t w = 0; w < sizeof worlds / sizeof *worlds; w++) {
        for (size_t k = 0; k < sizeof flags / sizeof *flags; k++) {
            struct toy t = toy_new(13, worlds[w].S, worlds[w].A);
            toy_flags(&t, flags[k]);
            for (int i = 0; i < 13; i++) /* successors of the file are the next rows */
                memcpy(t.next_state + i * t.S, t.state + (i + 1) * t.S,
                       (size_t)t.S * sizeof(float));
            toy_write(&t, path, &plain);
            struct dataset_options o = as_it_is(worlds[w].env);
            o.q_view = true;
            struct dataset d = load(path, &o);
            expect_q_view(&t, &d, flags[k]);
            dataset_free(&d);
            toy_free(&t);
        }
    }
}

Test(dataset, modifies_rewards_in_the_published_order)
{
    char path[FILE_PATH];
    snprintf(path, sizeof path, "%.900s/toy.hdf5", folder);
    struct toy t = toy_new(15, 11, 3);
    toy_flags(&t, "......T.......O");
    toy_write(&t, path, &plain);
    struct dataset_options o = as_it_is("hopper");
    o.reward_div = 8;
    o.reward_shift = -1;
    o.delay = 5;
    struct dataset d = load(path, &o);
    cr_assert_eq(d.count, 2);
    for (int i = 0, first = 0; i < d.count; first += d.list[i++].length) {
        const struct trajectory *got = &d.list[i];
        double raw = 0, pending = 0, total = 0;
        for (int j = 0; j < got->length; j++) {
            raw += (double)t.reward[first + j];
            pending += (double)t.reward[first + j];
            bool pays = j % 5 == 4 || j + 1 == got->length;
            float want = (float)((pays ? pending : 0) / 8 - 1);
            cr_expect_eq(got->reward[j], want, "trajectory %d, step %d", i, j);
            if (pays)
                pending = 0;
            total += (double)want;
        }
        cr_expect_eq(got->raw_return, raw);
        cr_expect_eq(got->total_reward, total);
        float rtg = 0;
        for (int j = got->length - 1; j >= 0; j--)
            cr_expect_eq(got->return_to_go[j], rtg = got->reward[j] + rtg);
    }
    dataset_free(&d);
    toy_free(&t);
}

/* An episode with these modified rewards, written as a dataset and loaded with the same options:
 * the learner sees the same rewards. Until it ends; `start` (or NULL) is where it begins. */
static void compare_with_environment(const char *env, const struct env_value *start, int values,
                                     int delay)
{
    enum { MOST = 300, ROOM = 46 };
    struct env_options options = env_defaults();
    struct dataset_options o = as_it_is(env);
    o.reward_div = options.reward_div = 8;
    o.reward_shift = options.reward_shift = -1;
    o.delay = options.delay = delay;
    struct env *e;
    struct env_step step = {0};
    double action[ROOM] = {0}, paid[MOST];
    float raw[MOST];
    int steps = 0;
    cr_assert_eq(env_open(env, &options, &e), STATUS_OK, "%s", status_sentence());
    enum status begun = start != NULL ? env_reset_to(e, start, values)
                                      : env_reset(e, rng_at(3, RNG_TEST, 0));
    cr_assert_eq(begun, STATUS_OK, "%s", status_sentence());
    for (; steps < MOST && !step.terminated; steps++) {
        cr_assert_eq(env_step(e, action, &step), STATUS_OK, "%s", status_sentence());
        paid[steps] = step.reward;
        raw[steps] = (float)step.raw_reward;
    }
    cr_assert(step.terminated && steps > delay && steps % delay != 0, "%s: %d steps", env, steps);

    char path[FILE_PATH];
    snprintf(path, sizeof path, "%.900s/%s.hdf5", folder, env);
    struct toy t = toy_new(steps + 2, env_kind(e)->obs_dim, env_kind(e)->act_dim);
    memcpy(t.reward, raw, (size_t)steps * sizeof *raw);
    t.terminal[steps - 1] = 1;
    toy_write(&t, path, &plain);
    struct dataset d = load(path, &o);
    cr_assert_eq(d.list[0].length, steps, "%s", env);
    for (int j = 0; j < steps; j++)
        expect_number(at("%s, step %d of %d", env, j, steps), (double)d.list[0].reward[j], paid[j],
                      0, 1e-6 * (1 + fabs(paid[j])));
    dataset_free(&d);
    toy_free(&t);
    env_close(e);
}

Test(dataset, pays_rewards_as_the_environment_does)
{
    compare_with_environment("hopper", NULL, 0, 7);
    /* The ant flies into its goal. */
    double qpos[15] = {0, 0, 0.75, 1}, qvel[14] = {2}, goal[2] = {1.5, 0};
    const struct env_value start[] = {{"qpos", qpos, 15}, {"qvel", qvel, 14}, {"goal", goal, 2}};
    compare_with_environment("antmaze-umaze", start, 3, 3);
}

Test(dataset, reads_the_same_from_every_way_of_storing)
{
    struct toy t = toy_new(300, 11, 3);
    char flags[301];
    for (int i = 0; i < 300; i++)
        flags[i] = i % 17 == 16 ? 'T' : i % 50 == 49 ? 'O' : '.';
    flags[300] = '\0';
    for (int i = 0; i < 300 * 11; i++) /* exact in half precision */
        t.state[i] = (float)(int)(t.state[i] * 64) / 64;
    const struct toy_style style[] = {
        {.gzip = 4},
        {.number = H5T_IEEE_F64LE},
        {.number = H5T_IEEE_F64BE, .gzip = 1},
        {.flag = H5T_STD_I64LE},
        {.flag = H5T_STD_U8LE, .gzip = 9},
        {.flag = H5T_IEEE_F64LE, .columns = true},
        {.flag = H5T_IEEE_F32LE, .extras = true},
        {.columns = true, .extras = true, .gzip = 4},
    };
    for (size_t k = 0; k < sizeof style / sizeof *style; k++) {
        struct dataset d = through(&t, flags, "hopper", &style[k]);
        cr_expect_eq(d.transitions + d.unused, 300, "style %zu", k);
        cr_expect_eq(d.list[0].state[5], t.state[5], "style %zu", k);
        cr_expect_eq(d.list[0].reward[5], t.reward[5], "style %zu", k);
        dataset_free(&d);
    }
    toy_free(&t);
}

/* --- Minari --------------------------------------------------------------------------------------
 */

/* Twelve episodes, so that the order of names (episode_10 before episode_2) is not that of numbers.
 */
static const int episode_end[] = {3, 4, 9, 12, 20, 21, 25, 30, 31, 40, 44, 50};

static void write_minari(const char *path, const struct toy *t)
{
    struct h5 f;
    cr_assert_eq(h5_create(&f, path), STATUS_OK);
    for (int e = 0; e < 12; e++)
        toy_write_episode(&f, e, t, e == 0 ? 0 : episode_end[e - 1], episode_end[e]);
    h5_set_text(&f, ".", "dataset_id", "D4RL/door/human-v2");
    cr_assert_eq(h5_close(&f), STATUS_OK);
}

Test(dataset, reads_minaris_folders_by_episode_number)
{
    char path[FILE_PATH];
    struct toy t = toy_new(50, 39, 28);
    for (int e = 0; e < 12; e++)
        (e % 3 == 0 ? t.terminal : t.timeout)[episode_end[e] - 1] = 1;
    snprintf(path, sizeof path, "%.900s/human-v2/data", folder);
    cr_assert_eq(file_make_folder(path), STATUS_OK);
    strcat(path, "/main_data.hdf5");
    write_minari(path, &t);

    struct dataset_options o = dataset_defaults();
    snprintf(path, sizeof path, "%.900s/human-v2", folder);
    struct dataset d = load(path, &o);
    cr_expect_str_eq(d.id, "human-v2");
    cr_expect_eq(d.kind, DATASET_MINARI);
    cr_expect_str_eq(d.env->name, "door");
    cr_assert_eq(d.count, 12);
    cr_expect_eq(d.transitions, 50);
    for (int e = 0, first = 0; e < 12; first = episode_end[e++]) {
        const struct trajectory *got = &d.list[e];
        size_t L = (size_t)(episode_end[e] - first);
        cr_assert_eq((size_t)got->length, L);
        cr_expect_arr_eq(got->state, t.state + first * 39, L * 39 * sizeof(float));
        cr_expect_arr_eq(got->next_state, t.state + (first + 1) * 39, L * 39 * sizeof(float));
        cr_expect_arr_eq(got->action, t.action + first * 28, L * 28 * sizeof(float));
        cr_expect_arr_eq(got->reward, t.reward + first, L * sizeof(float));
        cr_expect_eq(got->terminal[L - 1], e % 3 == 0);
        cr_expect_not(got->last_next_missing);
    }
    dataset_free(&d);
    toy_free(&t);
}

/* Ants in Minari's mazes: a dict whose parts together are D4RL's state. */
Test(dataset, joins_minaris_position_and_observation)
{
    char path[FILE_PATH];
    snprintf(path, sizeof path, "%.900s/antmaze-umaze-minari.hdf5", folder);
    struct toy t = toy_new(6, 27, 8), xy = toy_new(6, 2, 1);
    struct h5 f;
    cr_assert_eq(h5_create(&f, path), STATUS_OK);
    toy_write_episode(&f, 0, &t, 0, 6);
    cr_assert_geq(H5Ldelete(f.file, "episode_0/observations", H5P_DEFAULT), 0);
    toy_write_numbers(&f, "episode_0/observations/observation", 7, 27, t.state, &plain);
    toy_write_numbers(&f, "episode_0/observations/achieved_goal", 7, 2, xy.state, &plain);
    cr_assert_eq(h5_close(&f), STATUS_OK);
    struct dataset_options o = dataset_defaults();
    struct dataset d = load(path, &o);
    cr_assert_eq(d.count, 1);
    for (int i = 0; i < 6; i++) {
        cr_expect_arr_eq(d.list[0].state + i * 29, xy.state + i * 2, 2 * sizeof(float));
        cr_expect_arr_eq(d.list[0].state + i * 29 + 2, t.state + i * 27, 27 * sizeof(float));
    }
    dataset_free(&d);
    toy_free(&t);
    toy_free(&xy);
}

Test(dataset, follows_minaris_links_within_the_folder_only)
{
    char path[FILE_PATH], other[FILE_PATH];
    struct toy t = toy_new(50, 39, 28);
    snprintf(path, sizeof path, "%.900s/main_data.hdf5", folder);
    snprintf(other, sizeof other, "%.900s/additional_data_0.hdf5", folder);
    write_minari(other, &t);
    struct h5 f;
    cr_assert_eq(h5_create(&f, path), STATUS_OK);
    H5Lcreate_external("additional_data_0.hdf5", "episode_4", f.file, "episode_0", H5P_DEFAULT,
                       H5P_DEFAULT);
    cr_assert_eq(h5_close(&f), STATUS_OK);
    struct dataset_options o = as_it_is("door");
    struct dataset d = load(path, &o);
    cr_expect_eq(d.transitions, 8, "episode 4 has rows 12 to 19");
    dataset_free(&d);

    cr_assert_eq(h5_create(&f, path), STATUS_OK);
    H5Lcreate_external(other, "episode_4", f.file, "episode_0", H5P_DEFAULT, H5P_DEFAULT);
    cr_assert_eq(h5_close(&f), STATUS_OK);
    cr_expect_eq(dataset_load(path, &o, &d), STATUS_FORMAT, "a path leads out of the folder");
    cr_expect_not_null(strstr(status_sentence(), "link"), "%s", status_sentence());
    toy_free(&t);
}

/* --- names ---------------------------------------------------------------------------------------
 */

Test(dataset, says_what_kind_of_data_it_is)
{
    char path[FILE_PATH];
    struct toy t = toy_new(20, 39, 30);
    t.timeout[9] = 1;
    struct dataset_options o = dataset_defaults();
    o.folder = folder;

    snprintf(path, sizeof path, "%.900s/relocate-human-v1.hdf5", folder);
    toy_write(&t, path, &plain);
    struct dataset d = load("relocate-human-v1", &o);
    cr_expect_eq(d.kind, DATASET_OWN, "twenty rows are not D4RL's file, whatever its name");
    cr_expect_not_null(strstr(d.note, "9942"), "%s", d.note);
    cr_expect_eq(d.score.max, d.env->score.max);
    dataset_free(&d);

    struct toy full = toy_new(9942, 39, 30);
    full.timeout[9] = 1;
    toy_write(&full, path, &plain);
    d = load(path, &o);
    cr_expect_eq(d.kind, DATASET_D4RL, "no digest is known of this one");
    dataset_free(&d);

    struct h5 f;
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    f.file = file;
    h5_set_text(&f, ".", "generator", "vitamin");
    h5_set_text(&f, ".", "note", "uniform\nrandom");
    H5Fclose(file);
    d = load(path, &o);
    cr_expect_eq(d.kind, DATASET_GENERATED, "the file's own word counts, not its name");
    cr_expect_str_eq(d.note, "uniform random", "one line");
    dataset_free(&d);
    toy_free(&t);
    toy_free(&full);
}

Test(dataset, finds_files_by_id_and_by_d4rls_name)
{
    char path[FILE_PATH], found[FILE_PATH];
    snprintf(path, sizeof path, "%.900s/hopper_medium_replay-v2.hdf5", folder);
    cr_assert_eq(file_replace(path, "x", 1), STATUS_OK);
    cr_assert_eq(dataset_locate("hopper-medium-replay-v2", folder, found), STATUS_OK);
    cr_expect_str_eq(found, path);
    setenv("VITAMIN_DATA", folder, 1);
    cr_assert_eq(dataset_locate("hopper-medium-replay-v2", NULL, found), STATUS_OK);
    cr_expect_str_eq(found, path);
    unsetenv("VITAMIN_DATA");
    setenv("D4RL_DATASET_DIR", folder, 1);
    cr_assert_eq(dataset_locate("hopper-medium-replay-v2", NULL, found), STATUS_OK);
    cr_expect_str_eq(found, path);
    cr_expect_eq(dataset_locate("hopper-medium-v2", folder, found), STATUS_MISSING);
    cr_expect_not_null(strstr(status_sentence(), "vitamin data fetch hopper-medium-v2"));
    cr_expect_eq(dataset_locate("no-such-thing", folder, found), STATUS_MISSING);
    cr_expect_not_null(strstr(status_sentence(), "~/.minari/datasets"), "%s", status_sentence());
    /* What stands for a development file, and how to get it. */
    cr_expect_eq(dataset_locate("door-human-dev", folder, found), STATUS_MISSING);
    cr_expect_not_null(strstr(status_sentence(), "vitamin data fetch door-human-v1"), "%s",
                       status_sentence());
    snprintf(path, sizeof path, "%.900s/door-human-v1.hdf5", folder);
    cr_assert_eq(file_replace(path, "x", 1), STATUS_OK);
    cr_assert_eq(dataset_locate("door-human-dev", folder, found), STATUS_OK);
    cr_expect_str_eq(found, path);
    cr_expect_eq(dataset_locate("", folder, found), STATUS_MISSING);
}

Test(dataset, digests_its_file)
{
    char digest[SHA256_HEX], want[SHA256_HEX];
    struct dataset_options o = dataset_defaults();
    struct dataset d = load("tests/data/hopper-random-dev.hdf5", &o);
    cr_assert_eq(dataset_digest(&d, digest), STATUS_OK);
    cr_assert_eq(sha256_file(d.path, want), STATUS_OK);
    cr_expect_str_eq(digest, want);
    dataset_free(&d);
}

/* The command that the sentence names works: what a recipe makes alone needs no option. */
Test(dataset, that_is_missing_names_the_command_that_makes_it)
{
    static const struct {
        const char *id;
        bool people;
    } rows[] = {{"hopper-medium-v2", false},   {"ant-medium-replay-v2", false},
                {"walker2d-random-v2", false}, {"antmaze-large-diverse-v2", false},
                {"maze2d-open-v0", false},     {"door-human-v1", true},
                {"hammer-cloned-v1", true},    {"relocate-expert-v1", true}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char path[FILE_PATH], want[128];
        cr_assert_eq(dataset_locate(rows[i].id, "/nowhere", path), STATUS_MISSING);
        snprintf(want, sizeof want, "`vitamin data generate %s%s`", rows[i].id,
                 rows[i].people ? " --policy random" : "");
        cr_expect(strstr(status_sentence(), want) != NULL, "%s", status_sentence());
    }
}
