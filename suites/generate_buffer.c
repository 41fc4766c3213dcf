/* medium-replay: the rows of a learner's buffer as a file. */
#include "suites/generate_impl.h"

#include "engine/base/stop.h"

#include <string.h>

enum { AT_ONCE = 4096 };

static enum status put_row(const struct generate_plan *p, struct generate_worker *w, int64_t i)
{
    const struct dataset_buffer *b = p->recipe->buffer;
    int S = p->kind->obs_dim, A = p->kind->act_dim;
    size_t width = 2 * (size_t)S + (size_t)A + 2;
    const float *row = b->row + (size_t)i * width, *next = row + S, *action = next + S;
    bool done = action[A + 1] != 0, last = i + 1 == b->rows;
    bool cut = last || memcmp(next, row + width, (size_t)S * sizeof *row) != 0;
    if (generate_begin_row(&w->rows) < 0)
        return generate_no_memory(p);
    generate_put_floats(&w->rows, OBSERVATION, row, S);
    generate_put_floats(&w->rows, NEXT_OBSERVATION, next, S);
    generate_put_floats(&w->rows, ACTION, action, A);
    generate_put_floats(&w->rows, REWARD, action + A, 1);
    generate_flag(&w->rows, TERMINAL, done);
    generate_flag(&w->rows, TIMEOUT, cut && !done);
    w->terminals += done;
    w->timeouts += cut && !done;
    return STATUS_OK;
}

enum status generate_buffer(const struct generate_plan *p, struct generate_worker *w,
                            struct dataset_writer *file, struct dataset_made *made)
{
    const struct dataset_buffer *b = p->recipe->buffer;
    for (int64_t i = 0; i < b->rows;) {
        TRY(stop_check(p->kind->name));
        w->rows.count = 0;
        for (int k = 0; k < AT_ONCE && i < b->rows; k++, i++)
            TRY(put_row(p, w, i));
        TRY(dataset_writer_add(file, w->rows.count, (const void *const *)w->rows.data));
    }
    made->terminals = w->terminals;
    made->timeouts = w->timeouts;
    made->episodes = w->terminals + w->timeouts;
    return STATUS_OK;
}
