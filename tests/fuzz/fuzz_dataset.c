/* The dataset reader on any bytes: it may refuse them, with a sentence, and nothing else. What it
 * accepts must be whole: finite numbers, lengths that add up.
 *
 * HDF5 itself may fail on a damaged file; the reader has it do so in a child process
 * (engine/base/guard.h). Here a taster goes before (tests/fuzz/taster.h). */
#include "engine/base/guard.h"
#include "suites/dataset.h"
#include "tests/fuzz/taster.h"

#include <math.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char path[FILE_PATH];

static void look_at(const struct dataset *d)
{
    int64_t transitions = 0;
    double sum = 0;
    expect(d->count > 0 && d->transitions + d->unused == d->rows);
    for (int i = 0; i < d->count; i++) {
        const struct trajectory *t = &d->list[i];
        expect(t->length > 0);
        transitions += t->length;
        for (int64_t k = 0; k < (int64_t)t->length * d->S; k++)
            sum += (double)(t->state[k] + t->next_state[k]) * 0;
        for (int64_t k = 0; k < (int64_t)t->length * d->A; k++)
            sum += (double)t->action[k] * 0;
        for (int k = 0; k < t->length; k++)
            sum += (double)t->reward[k] * 0 + (t->terminal[k] > 1);
    }
    expect(transitions == d->transitions && sum == 0);
}

static enum status load(struct dataset *d)
{
    struct dataset_options o = dataset_defaults();
    o.env = "hopper";
    return dataset_load(path, &o, d);
}

static void eat(void)
{
    struct dataset d;
    if (load(&d) == STATUS_OK)
        dataset_free(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (path[0] == '\0') {
        snprintf(path, sizeof path, "%.900s/hopper.hdf5", scratch_folder());
        guard_disarm();
    }
    write_input(path, data, size);
    if (!taste(eat))
        return 0;
    struct dataset d;
    if (load(&d) == STATUS_OK) {
        look_at(&d);
        dataset_free(&d);
    } else {
        expect(*status_sentence() != '\0');
    }
    return 0;
}
