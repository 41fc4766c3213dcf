/* Every reader of a file, and what it must not follow or wait for. */
#include "harness/config/config.h"
#include "harness/curve/checkpoint.h"
#include "harness/curve/curve.h"
#include "harness/run/run_impl.h"
#include "suites/dataset.h"
#include "suites/policy.h"
#include "tests/support/odd_files.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { S = 11, A = 3 }; /* hopper's */

static void write_curve(const char *path)
{
    struct curve c = {0};
    double x[1] = {5};
    int32_t length[1] = {5};
    uint8_t success[1] = {0};
    struct curve_evaluation row = {0, 0, 0, 0, x, x, length, success};
    cr_assert_eq(curve_set_config(&c, "gamma = 0.99\n"), STATUS_OK);
    cr_assert_eq(curve_add_evaluation(&c, &row, 1), STATUS_OK);
    cr_assert_eq(curve_write(&c, path), STATUS_OK, "%s", status_sentence());
    curve_free(&c);
}

static enum status read_curve(const char *path)
{
    struct curve c;
    TRY(curve_read(path, &c));
    curve_free(&c);
    return STATUS_OK;
}

static enum status visit(void *context, struct visitor *v)
{
    return visit_int64s(v, "done", context, 4);
}

static void write_checkpoint(const char *path)
{
    const struct checkpoint_info info = {.config_hash = "1"};
    int64_t done[4] = {1, 2, 3, 4};
    char previous[FILE_PATH];
    snprintf(previous, sizeof previous, "%.4000s.previous", path);
    cr_assert_eq(checkpoint_write(path, previous, &info, visit, done), STATUS_OK, "%s",
                 status_sentence());
}

static enum status read_checkpoint(const char *path)
{
    struct checkpoint_info info;
    int64_t done[4];
    return checkpoint_read(path, "1", &info, visit, done);
}

static void write_policy(const char *path)
{
    static const float numbers[S * A] = {0.5f};
    const struct policy_layer layer = {S, A, numbers, numbers};
    const struct policy_parts parts = {.env = "hopper", .source = "", .layers = 1, .layer = &layer};
    cr_assert_eq(policy_write(&parts, path), STATUS_OK, "%s", status_sentence());
}

static enum status read_policy(const char *path)
{
    struct policy *p;
    TRY(policy_read(path, &p));
    policy_free(p);
    return STATUS_OK;
}

static enum status read_guide(const char *path)
{
    static char file[FILE_PATH + 32];
    static struct run r;
    snprintf(file, sizeof file, "jsrl_guide_file=%s", path);
    const struct config_request request = {.preset = "paper",
                                           .method = "odt_jsrl_oracle",
                                           .dataset = "hopper-medium-v2",
                                           .suite = "mujoco",
                                           .size = "tiny",
                                           .set = {file},
                                           .sets = 1};
    const struct run_request run = {.results = ""};
    cr_assert_eq(config_load(&request, &r.hyper), STATUS_OK, "%s", status_sentence());
    r.request = &run;
    r.dataset.env = env_find("hopper");
    r.dataset.S = S;
    r.dataset.A = A;
    enum status result = run_open_guide(&r);
    cr_expect(r.guide != NULL, "the guide was not asked for");
    run_close_guide(&r);
    return result;
}

static void write_dataset(const char *path)
{
    char *bytes;
    size_t size;
    cr_assert_eq(file_read("tests/data/fuzz/dataset/plain.hdf5", 1 << 20, &bytes, &size),
                 STATUS_OK);
    cr_assert_eq(file_replace(path, bytes, size), STATUS_OK);
    free(bytes);
}

static enum status read_dataset(const char *path)
{
    struct dataset d;
    struct dataset_options o = dataset_defaults();
    o.env = "hopper";
    TRY(dataset_load(path, &o, &d));
    dataset_free(&d);
    return STATUS_OK;
}

static const struct odd_reader readers[] = {
    {"curve", "evaluation/score", write_curve, read_curve},
    {"checkpoint", "done", write_checkpoint, read_checkpoint},
    {"policy", "layer0/weight", write_policy, read_policy},
    {"guide", "layer0/weight", write_policy, read_guide},
    {"dataset", "observations", write_dataset, read_dataset},
};
static int numbers[] = {0, 1, 2, 3, 4};

ParameterizedTestParameters(readers, refuse_what_leads_elsewhere_at_once)
{
    return cr_make_param_array(int, numbers, sizeof numbers / sizeof *numbers);
}

ParameterizedTest(int *number, readers, refuse_what_leads_elsewhere_at_once, .timeout = 240)
{
    odd_files_are_refused(&readers[*number]);
}
