#include "engine/methods/network.h"

#include <criterion/criterion.h>
#include <string.h>

enum { SIZE = 64 };

/* One tensor of 40 numbers: 48 with the padding. */
static void make(struct layout *l, struct network *n, bool target)
{
    *l = (struct layout){0};
    layout_add(l, "net", "weight", 5, 8, INIT_NORMAL, 1);
    cr_assert_eq(network_init(n, l, 7, 0, target), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(lanes_init(&n->lanes, l->size, 0), STATUS_OK, "%s", status_sentence());
    for (size_t i = 0; i < l->size; i++)
        n->lanes.dtheta[0][i] = i < 40 ? 0.01f * (float)(i + 1) : 0;
}

Test(network, starts_with_its_target_a_copy)
{
    struct layout l;
    struct network n;
    make(&l, &n, true);
    float drawn[SIZE] = {0};
    cr_assert_eq(params_init(&l, drawn, 7, 0), STATUS_OK);
    cr_assert_arr_eq(n.current.value, drawn, l.size * sizeof(float));
    cr_assert_arr_eq(n.target.value, drawn, l.size * sizeof(float));
    cr_assert_eq(n.current.layout, &l);
    cr_assert_eq(n.target.layout, &l);
    cr_assert_null(n.frozen.value);
    network_free(&n);
}

/* Both optimisers move the target in their own pass; network_follow has the same bits. */
Test(network, target_follows_within_a_step_as_after_it)
{
    for (int lamb = 0; lamb < 2; lamb++) {
        struct layout l[2];
        struct network n[2];
        for (int i = 0; i < 2; i++) {
            make(&l[i], &n[i], true);
            struct adam_rule adam = adam_rule_default(0.01);
            struct lamb_rule rule = lamb_rule_default(0.01);
            double tau = i == 0 ? 0.25 : 0;
            cr_assert_eq(lamb ? network_lamb(&n[i], &rule, 0.1, 1, "gradient", tau, NULL)
                              : network_adam(&n[i], &adam, 0.1, 1, "gradient", tau, NULL),
                         STATUS_OK, "%s", status_sentence());
        }
        size_t bytes = l[0].size * sizeof(float);
        cr_assert_arr_neq(n[0].target.value, n[1].target.value, bytes);
        network_follow(&n[1], 0.25);
        cr_assert_arr_eq(n[0].current.value, n[1].current.value, bytes);
        cr_assert_arr_eq(n[0].target.value, n[1].target.value, bytes);
        network_renew_target(&n[1]);
        cr_assert_arr_eq(n[1].target.value, n[1].current.value, bytes);
        network_free(&n[0]);
        network_free(&n[1]);
    }
}

/* A method without a target asks for the same things. */
Test(network, without_a_target_only_the_parameters_move)
{
    struct layout l;
    struct network n;
    make(&l, &n, false);
    struct adam_rule rule = adam_rule_default(0);
    cr_assert_eq(network_adam(&n, &rule, 0.1, 1, "gradient", 0.25, NULL), STATUS_OK, "%s",
                 status_sentence());
    network_follow(&n, 0.25);
    network_renew_target(&n);
    cr_assert_null(n.target.value);
    network_free(&n);
}

/* Names that were shown, and what stood under them. */
struct seen {
    char names[512];
    float data[8][SIZE];
    int arrays, at;
    int32_t has_frozen;
};

static enum status keep(struct visitor *v, const char *path, enum visit_kind kind, void *data,
                        size_t count)
{
    struct seen *seen = v->context;
    strcat(strcat(seen->names, path), " ");
    if (kind == VISIT_INT32)
        seen->has_frozen = *(int32_t *)data;
    if (kind == VISIT_FLOAT)
        memcpy(seen->data[seen->arrays++], data, count * sizeof(float));
    return STATUS_OK;
}

static enum status fill(struct visitor *v, const char *path, enum visit_kind kind, void *data,
                        size_t count)
{
    (void)path;
    struct seen *seen = v->context;
    if (kind == VISIT_INT32)
        *(int32_t *)data = seen->has_frozen;
    if (kind == VISIT_FLOAT)
        memcpy(data, seen->data[seen->at++], count * sizeof(float));
    return STATUS_OK;
}

Test(network, is_kept_under_the_names_of_older_checkpoints)
{
    struct layout l;
    struct network n;
    struct seen seen = {.arrays = 0};
    struct visitor v = {.array = keep, .context = &seen};
    make(&l, &n, false);
    cr_assert_eq(network_visit(&n, "return_head", &v), STATUS_OK);
    cr_assert_str_eq(seen.names, "return_head/theta return_head/m return_head/v return_head/step ");
    network_free(&n);

    make(&l, &n, true);
    n.freezes = true;
    cr_assert_eq(network_freeze(&n), STATUS_OK);
    seen = (struct seen){.arrays = 0};
    cr_assert_eq(network_visit(&n, "actor", &v), STATUS_OK);
    cr_assert_str_eq(seen.names, "actor/theta actor/target actor/has_frozen actor/frozen actor/m "
                                 "actor/v actor/step ");
    network_free(&n);
}

Test(network, frozen_copy_comes_back_from_a_checkpoint)
{
    struct layout l[2];
    struct network n[2];
    struct seen seen = {.arrays = 0};
    struct visitor writer = {.array = keep, .context = &seen};
    struct visitor reader = {.array = fill, .context = &seen, .fills = true};
    for (int i = 0; i < 2; i++) {
        make(&l[i], &n[i], true);
        n[i].freezes = true;
    }
    cr_assert_eq(network_freeze(&n[0]), STATUS_OK);
    struct adam_rule rule = adam_rule_default(0);
    cr_assert_eq(network_adam(&n[0], &rule, 0.1, 1, "gradient", 0.5, NULL), STATUS_OK);
    cr_assert_eq(network_visit(&n[0], "actor", &writer), STATUS_OK);
    cr_assert_eq(network_visit(&n[1], "actor", &reader), STATUS_OK);
    size_t bytes = l[0].size * sizeof(float);
    cr_assert_arr_eq(n[1].current.value, n[0].current.value, bytes);
    cr_assert_arr_eq(n[1].target.value, n[0].target.value, bytes);
    cr_assert_not_null(n[1].frozen.value);
    cr_assert_arr_eq(n[1].frozen.value, n[0].frozen.value, bytes);
    cr_assert_arr_neq(n[1].frozen.value, n[1].current.value, bytes);
    network_free(&n[0]);
    network_free(&n[1]);
}

Test(network, memory_counts_copies_moments_and_gradients)
{
    struct layout l;
    struct network n;
    make(&l, &n, false);
    size_t vector = l.size * sizeof(float), base = (3 + LANES_MAX) * vector;
    cr_assert_eq(network_memory(&n), base);
    cr_assert_eq(network_freeze(&n), STATUS_OK);
    cr_assert_eq(network_memory(&n), base + vector);
    network_free(&n);
    cr_assert_eq(network_memory(&n), 0);

    make(&l, &n, true);
    cr_assert_eq(network_memory(&n), base + vector);
    network_free(&n);
}
