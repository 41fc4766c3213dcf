/* A curve as an event file of TensorBoard: https://github.com/tensorflow/tensorboard, records of
 * the protocol buffer Event, each with its length and their CRC-32C.
 *
 *   evaluation/score, raw_return, length, success   means over the episodes; step: online
 * transitions online/METRIC                                   of each iteration; step: online
 * transitions pretraining/METRIC                              of each block; step: gradient steps
 *
 * METRIC is a column of CURVE_METRICS. What is not known is left out. Times are those of the run.
 */
#ifndef HARNESS_TENSORBOARD_H
#define HARNESS_TENSORBOARD_H

#include "harness/curve/curve.h"

/* Write atomically. The same curve gives the same bytes. Errors STATUS_IO */
enum status tensorboard_write(const struct curve *c, const char *path);

/* Where TensorBoard looks for it: the name of an event file begins so and with the run's start. */
enum { TENSORBOARD_NAME = 64 };
void tensorboard_name(const struct curve *c, char out[TENSORBOARD_NAME]);

#endif
