/* The second half of Adroit's `cloned`: the demonstrations, repeated until the file is full. */
#include "suites/generate_impl.h"

#include "suites/dataset_impl.h"

static enum status put_row(struct generate_worker *w, const struct dataset_store *s, int64_t i)
{
    if (generate_begin_row(&w->rows) < 0)
        return generate_no_memory(w->rows.plan);
    generate_put_floats(&w->rows, OBSERVATION, s->state + i * s->S, s->S);
    generate_put_floats(&w->rows, ACTION, s->action + i * s->A, s->A);
    generate_put_floats(&w->rows, REWARD, s->reward + i, 1);
    generate_flag(&w->rows, TERMINAL, s->terminal[i] != 0);
    generate_flag(&w->rows, TIMEOUT, s->timeout != NULL && s->timeout[i] != 0);
    return STATUS_OK;
}

/* Copies of all rows; the last copy is cut where the file is full, without a flag. */
static enum status repeat(const struct generate_plan *p, struct generate_worker *w,
                          const struct dataset_store *s, struct dataset_writer *file,
                          struct dataset_made *made)
{
    int64_t room;
    (void)p;
    w->rows.count = 0;
    for (int64_t i = 0; i < s->rows; i++)
        TRY(put_row(w, s, i));
    while ((room = dataset_writer_room(file)) > 0) {
        for (int64_t i = 0; i < s->rows && i < room; i++) {
            made->terminals += s->terminal[i] != 0;
            made->timeouts += s->timeout != NULL && s->timeout[i] != 0;
            made->episodes += s->terminal[i] != 0 || (s->timeout != NULL && s->timeout[i] != 0);
        }
        TRY(dataset_writer_add(file, w->rows.count, (const void *const *)w->rows.data));
    }
    return STATUS_OK;
}

enum status generate_demonstrations(const struct generate_plan *p, struct generate_worker *w,
                                    struct dataset_writer *file, struct dataset_made *made)
{
    struct dataset d = {.rows = 0};
    struct dataset_options o = dataset_defaults();
    o.env = p->kind->name;
    enum status result = dataset_read(&d, p->recipe->demonstrations, &o);
    if (result == STATUS_OK && d.store->segment != NULL)
        result = status_fail(STATUS_CONFIG,
                             "%s: demonstrations in Minari's layout; convert them first: vitamin "
                             "data convert",
                             d.path);
    if (result == STATUS_OK)
        result = repeat(p, w, d.store, file, made);
    dataset_free(&d);
    return result;
}
