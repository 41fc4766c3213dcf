#include "harness/curve/tensorboard.h"

#include "engine/base/file.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { RECORD = 512 };

/* Fields of the protocol buffers. */
enum { EVENT_TIME = 1, EVENT_STEP = 2, EVENT_VERSION = 3, EVENT_SUMMARY = 5 };
enum { SUMMARY_VALUE = 1, VALUE_TAG = 1, VALUE_NUMBER = 2 };
enum wire { WIRE_VARINT = 0, WIRE_EIGHT = 1, WIRE_BYTES = 2, WIRE_FOUR = 5 };

struct message {
    unsigned char data[RECORD];
    size_t used;
};

static void put(struct message *m, const void *data, size_t bytes)
{
    if (bytes > sizeof m->data - m->used) /* not with the names of CURVE_METRICS */
        bytes = sizeof m->data - m->used;
    memcpy(m->data + m->used, data, bytes);
    m->used += bytes;
}

/* Least significant byte first, as all numbers of the format are. */
static void put_little(struct message *m, uint64_t x, int bytes)
{
    unsigned char little[8];
    for (int i = 0; i < bytes; i++)
        little[i] = (unsigned char)(x >> (8 * i));
    put(m, little, (size_t)bytes);
}

static void put_varint(struct message *m, uint64_t x)
{
    for (; x >= 0x80; x >>= 7)
        put_little(m, (x & 0x7f) | 0x80, 1);
    put_little(m, x, 1);
}

static void put_field(struct message *m, int field, enum wire wire)
{
    put_varint(m, (uint64_t)field << 3 | (uint64_t)wire);
}

static void put_bytes(struct message *m, int field, const void *data, size_t bytes)
{
    put_field(m, field, WIRE_BYTES);
    put_varint(m, bytes);
    put(m, data, bytes);
}

static void put_double(struct message *m, int field, double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    put_field(m, field, WIRE_EIGHT);
    put_little(m, bits, 8);
}

static void put_float(struct message *m, int field, float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    put_field(m, field, WIRE_FOUR);
    put_little(m, bits, 4);
}

/* CRC-32C (Castagnoli), turned and shifted as the format has it. */
static uint32_t masked_crc(const unsigned char *data, size_t bytes)
{
    uint32_t crc = 0xffffffffu;
    for (size_t i = 0; i < bytes; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ (crc & 1 ? 0x82f63b78u : 0);
    }
    crc = ~crc;
    return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
}

static void write_record(FILE *f, const struct message *event)
{
    struct message head = {.used = 0}, tail = {.used = 0};
    put_little(&head, event->used, 8);
    put_little(&head, masked_crc(head.data, 8), 4);
    put_little(&tail, masked_crc(event->data, event->used), 4);
    fwrite(head.data, 1, head.used, f);
    fwrite(event->data, 1, event->used, f);
    fwrite(tail.data, 1, tail.used, f);
}

static void write_number(FILE *f, double when, int64_t step, const char *group, const char *name,
                         double x)
{
    char tag[128];
    struct message value = {.used = 0}, summary = {.used = 0}, event = {.used = 0};
    if (isnan(x))
        return;
    int n = snprintf(tag, sizeof tag, "%s/%s", group, name);
    put_bytes(&value, VALUE_TAG, tag, (size_t)n);
    put_float(&value, VALUE_NUMBER, (float)x);
    put_bytes(&summary, SUMMARY_VALUE, value.data, value.used);
    put_double(&event, EVENT_TIME, when);
    put_field(&event, EVENT_STEP, WIRE_VARINT);
    put_varint(&event, (uint64_t)step);
    put_bytes(&event, EVENT_SUMMARY, summary.data, summary.used);
    write_record(f, &event);
}

/* Seconds since 1970; 0 when the curve does not say. */
static double start_of(const struct curve *c)
{
    struct tm utc = {.tm_year = 0};
    const char *end = strptime(curve_get(c, "started"), "%Y-%m-%dT%H:%M:%S", &utc);
    return end != NULL ? (double)timegm(&utc) : 0;
}

static void write_evaluation(FILE *f, double start, const struct curve_evaluation *e, int episodes)
{
    double raw = 0, score = 0, length = 0, success = 0, when = start + e->seconds;
    for (int i = 0; i < episodes; i++) {
        raw += e->raw_return[i] / episodes;
        score += e->score[i] / episodes;
        length += (double)e->length[i] / episodes;
        success += (double)e->success[i] / episodes;
    }
    write_number(f, when, e->transitions, "evaluation", "score", score);
    write_number(f, when, e->transitions, "evaluation", "raw_return", raw);
    write_number(f, when, e->transitions, "evaluation", "length", length);
    write_number(f, when, e->transitions, "evaluation", "success", success);
}

/* The step itself, and what places a row. */
static bool is_place(int metric)
{
    return metric == CURVE_phase || metric == CURVE_iteration || metric == CURVE_transitions;
}

static void write_iteration(FILE *f, double when, const double value[CURVE_METRIC_COUNT])
{
    bool online = value[CURVE_phase] > 0;
    double step = value[online ? CURVE_transitions : CURVE_gradient_steps];
    for (int m = 0; m < CURVE_METRIC_COUNT; m++) {
        if (!is_place(m) && step >= 0)
            write_number(f, when, (int64_t)step, online ? "online" : "pretraining",
                         curve_metric_names[m], value[m]);
    }
}

static double seconds_of(const double value[CURVE_METRIC_COUNT])
{
    double sum = 0;
    for (int m = CURVE_seconds_rollout; m <= CURVE_seconds_store; m++)
        sum += isnan(value[m]) ? 0 : value[m];
    return sum;
}

static void write_events(FILE *f, const struct curve *c)
{
    static const char version[] = "brain.Event:2";
    struct message first = {.used = 0};
    double start = start_of(c), when = start;
    put_double(&first, EVENT_TIME, start);
    put_bytes(&first, EVENT_VERSION, version, sizeof version - 1);
    write_record(f, &first);
    for (int i = 0; i < c->iterations; i++) {
        when += seconds_of(c->iteration[i].value);
        write_iteration(f, when, c->iteration[i].value);
    }
    for (int i = 0; i < c->evaluations; i++)
        write_evaluation(f, start, &c->evaluation[i], c->episodes);
}

enum status tensorboard_write(const struct curve *c, const char *path)
{
    struct file_stream file;
    TRY(file_stream_open(&file, path));
    write_events(file.stream, c);
    return file_stream_close(&file, STATUS_OK);
}

void tensorboard_name(const struct curve *c, char out[TENSORBOARD_NAME])
{
    snprintf(out, TENSORBOARD_NAME, "events.out.tfevents.%.0f.vitamin", start_of(c));
}
