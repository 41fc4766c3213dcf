#include "engine/base/file.h"
#include "harness/commands/command.h"
#include "harness/curve/curve.h"
#include "tests/support/command_line.h"
#include "tests/support/fixture.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(command_export, .fini = command_line_remove_folder, .timeout = 60);

/* Two evaluations of two episodes, a block of pretraining and an iteration; what is not set in a
 * row is not known. */
static void write_run(const char *name, const char *variant)
{
    struct curve c = {.attributes = 0};
    const char *folder = command_line_path(name);
    double raw[2] = {10, 20}, score[2] = {1, 2};
    int32_t length[2] = {5, 7};
    uint8_t success[2] = {0, 1};
    curve_set(&c, "matrix", "m");
    curve_set(&c, "dataset", "hopper-random-v2");
    curve_set(&c, "method", "td3_odt");
    curve_set(&c, "variant", "%s", variant);
    curve_set(&c, "preset", "paper");
    curve_set(&c, "size", "tiny");
    curve_set(&c, "seed", "1");
    curve_set(&c, "status", "complete");
    curve_set(&c, "started", "2001-09-09T01:46:40Z"); /* 1,000,000,000 s */
    for (int i = 0; i < 2; i++) {
        struct curve_evaluation e = {i, 1000 * i, 300 * i, 2.5 * i, raw, score, length, success};
        struct curve_iteration row = curve_blank_iteration();
        row.value[CURVE_phase] = i;
        row.value[CURVE_iteration] = i;
        row.value[CURVE_transitions] = 1000 * i;
        row.value[CURVE_gradient_steps] = 300 + i;
        row.value[CURVE_seconds_actor] = 4;
        row.value[CURVE_replay_transitions] = 0.1;
        cr_assert_eq(curve_add_evaluation(&c, &e, 2), STATUS_OK);
        cr_assert_eq(curve_add_iteration(&c, &row), STATUS_OK);
    }
    cr_assert_eq(file_make_folder(folder), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(curve_write(&c, at("%s/curve.h5", folder)), STATUS_OK, "%s", status_sentence());
    curve_free(&c);
}

static enum status export_to(const char *options)
{
    return command_line(&command_export, at("%s/runs %s", command_line_folder(), options), NULL);
}

/* --- what TensorBoard reads ---------------------------------------------------------------------
 */

static uint64_t little(const unsigned char *at, int bytes)
{
    uint64_t x = 0;
    for (int i = bytes - 1; i >= 0; i--)
        x = x << 8 | at[i];
    return x;
}

static uint64_t varint(const unsigned char **at)
{
    uint64_t x = 0;
    for (int shift = 0;; shift += 7) {
        x |= (uint64_t)(**at & 0x7f) << shift;
        if ((*(*at)++ & 0x80) == 0)
            return x;
    }
}

struct event {
    double when, number;
    int64_t step;
    char tag[64];
};

/* A message's fields, and those of the messages within it: the numbers of fields differ. */
static void read_message(const unsigned char *at, const unsigned char *end, int depth,
                         struct event *e)
{
    while (at < end) {
        int key = (int)varint(&at), field = key >> 3;
        if ((key & 7) == 0) {
            e->step = (int64_t)varint(&at);
        } else if ((key & 7) == 1) {
            uint64_t bits = little(at, 8);
            memcpy(&e->when, &bits, 8);
            at += 8;
        } else if ((key & 7) == 5) {
            uint32_t bits = (uint32_t)little(at, 4);
            float x;
            memcpy(&x, &bits, 4);
            e->number = (double)x;
            at += 4;
        } else {
            size_t bytes = varint(&at);
            if (depth == 2 || field == 3) /* a tag, or the format's name */
                snprintf(e->tag, sizeof e->tag, "%.*s", (int)bytes, (const char *)at);
            else
                read_message(at, at + bytes, depth + 1, e);
            at += bytes;
        }
    }
}

static int read_events(const char *path, struct event *event, int most)
{
    char *data;
    size_t bytes;
    int n = 0;
    cr_assert_eq(file_read(path, 1 << 20, &data, &bytes), STATUS_OK, "%s", status_sentence());
    const unsigned char *at = (const unsigned char *)data, *end = at + bytes;
    for (; at < end && n < most; n++) {
        size_t size = little(at, 8);
        event[n] = (struct event){.number = NAN};
        read_message(at + 12, at + 12 + size, 0, &event[n]);
        at += 12 + size + 4;
    }
    cr_assert(at == end);
    free(data);
    return n;
}

static const struct event *find(const struct event *event, int n, const char *tag, int64_t step)
{
    for (int i = 0; i < n; i++) {
        if (strcmp(event[i].tag, tag) == 0 && event[i].step == step)
            return &event[i];
    }
    return NULL;
}

static const char events_file[] =
    "tb/m/hopper-random-v2/td3_odt/1/events.out.tfevents.1000000000.vitamin";

Test(command_export, writes_what_tensorboard_reads)
{
    struct event event[64];
    write_run("runs/m/hopper-random-v2/td3_odt/1", "");
    cr_assert_eq(export_to(at("--tensorboard %s", command_line_path("tb"))), STATUS_OK, "%s",
                 status_sentence());
    int n = read_events(command_line_path(events_file), event, 64);
    cr_assert_str_eq(event[0].tag, "brain.Event:2");
    cr_assert_eq(event[0].when, 1e9);
    const struct event *e = find(event, n, "evaluation/score", 1000);
    cr_assert_not_null(e);
    cr_expect_eq(e->number, 1.5);
    cr_expect_eq(e->when, 1e9 + 2.5);
    e = find(event, n, "evaluation/success", 0);
    cr_assert_not_null(e);
    cr_expect_eq(e->number, 0.5);
    e = find(event, n, "online/replay_transitions", 1000);
    cr_assert_not_null(e);
    cr_expect_float_eq(e->number, 0.1, 1e-8);
    cr_expect_eq(e->when, 1e9 + 8);
    cr_expect_not_null(find(event, n, "pretraining/replay_transitions", 300));
    /* Nothing that is not known: 2 x 4 of evaluations, 3 known metrics of each row, the version. */
    cr_expect_eq(n, 1 + 8 + 2 * 3, "%d", n);
}

/* The lengths' CRC, as every event file of TensorFlow has it at its beginning. */
Test(command_export, begins_as_event_files_do)
{
    static const unsigned char begin[] = {0x18, 0, 0, 0, 0, 0, 0, 0, 0xa3, 0x7f, 0x4b, 0x22, 0x09};
    char *data, *again;
    size_t bytes, more;
    write_run("runs/m/hopper-random-v2/td3_odt/1", "");
    cr_assert_eq(export_to(at("--tensorboard %s", command_line_path("tb"))), STATUS_OK);
    cr_assert_eq(file_read(command_line_path(events_file), 1 << 20, &data, &bytes), STATUS_OK);
    cr_assert_arr_eq(data, begin, sizeof begin);
    /* Once more: the same file, not another beside it. */
    cr_assert_eq(export_to(at("--tensorboard %s", command_line_path("tb"))), STATUS_OK);
    cr_assert_eq(file_read(command_line_path(events_file), 1 << 20, &again, &more), STATUS_OK);
    cr_assert_eq(bytes, more);
    cr_assert_arr_eq(data, again, bytes);
    free(data);
    free(again);
}

/* --- tables -------------------------------------------------------------------------------------
 */

static char *read_table(const char *name)
{
    char *text;
    cr_assert_eq(file_read(command_line_path(name), 1 << 20, &text, NULL), STATUS_OK, "%s",
                 status_sentence());
    return text;
}

Test(command_export, writes_a_row_an_episode_and_a_row_an_iteration)
{
    write_run("runs/m/hopper-random-v2/td3_odt/1", "");
    write_run("runs/m/hopper-random-v2/td3_odt@alpha_online=10,K=5/1", "alpha_online=10,K=5");
    cr_assert_eq(export_to(at("--csv %s", command_line_path("tables"))), STATUS_OK, "%s",
                 status_sentence());
    char *text = read_table("tables/evaluations.csv");
    int lines = 0;
    for (const char *c = text; *c != '\0'; c++)
        lines += *c == '\n';
    cr_expect_eq(lines, 1 + 2 * 2 * 2);
    cr_expect(strstr(text, "\nm,hopper-random-v2,td3_odt,,paper,tiny,1,1,1000,300,2.500,1,20,2,7,"
                           "1\n") != NULL,
              "%s", text);
    cr_expect(strstr(text, ",\"alpha_online=10,K=5\",") != NULL, "%s", text);
    free(text);
    text = read_table("tables/iterations.csv");
    cr_expect(strstr(text, "matrix,dataset,method,variant,preset,size,seed,phase,iteration,") ==
                  text,
              "%s", text);
    cr_expect(strstr(text, "0.10000000000000001") != NULL, "%s", text);
    cr_expect(strstr(text, "nan") == NULL, "what is not known is empty");
    free(text);
}

Test(command_export, chooses_runs_and_says_what_is_missing)
{
    write_run("runs/m/hopper-random-v2/td3_odt/1", "");
    cr_assert_eq(export_to(""), STATUS_CONFIG);
    cr_expect(strstr(status_sentence(), "--tensorboard FOLDER or --csv FOLDER") != NULL);
    cr_assert_eq(export_to(at("--csv %s --method nothing", command_line_path("tables"))),
                 STATUS_CONFIG);
    /* One that cannot be read: the others are written, and it is said. */
    write_run("runs/m/hopper-random-v2/td3_odt/2", "");
    cr_assert_eq(
        file_replace(command_line_path("runs/m/hopper-random-v2/td3_odt/2/curve.h5"), "no", 2),
        STATUS_OK);
    cr_assert_eq(export_to(at("--csv %s", command_line_path("tables"))), STATUS_FORMAT);
    char *text = read_table("tables/evaluations.csv");
    cr_expect(strstr(text, "\nm,hopper-random-v2,td3_odt,") != NULL, "%s", text);
    free(text);
    /* Where no file can be. */
    cr_assert_eq(export_to("--csv /dev/null/tables"), STATUS_IO);
}

/* The example in the documents reads what the program writes. */
Test(command_export, the_example_in_python_reads_curves)
{
    if (system("python3 -c 'import h5py, numpy' 2>/dev/null") != 0)
        cr_skip_test("python3-h5py is not installed");
    write_run("runs/m/hopper-random-v2/td3_odt/1", "");
    write_run("runs/m/hopper-random-v2/td3_odt@alpha_online=10/1", "alpha_online=10");
    char *text, *c;
    cr_assert_eq(system(at("python3 docs/examples/read_curves.py %s/runs > %s",
                           command_line_folder(), command_line_path("printed"))),
                 0);
    text = read_table("printed");
    c = strstr(text, "td3_odt@alpha_online=10");
    cr_assert_not_null(c, "%s", text);
    cr_expect(strstr(c, " 1.5 (1 runs)") != NULL, "%s", text);
    cr_expect(strstr(text, ": 1 online iterations, ") != NULL, "%s", text);
    free(text);
}
