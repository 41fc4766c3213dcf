"""Times of the reference library for the shapes of bench_stats.c, at replications it can do in
seconds; `x 50000` is the time extrapolated to ours."""
import time

import numpy as np
from rliable import library, metrics

METHODS, TASKS, RUNS = 7, 34, 5
rng = np.random.default_rng(0)
scores = {
    f"method {k}": 15 + 2.5 * np.arange(TASKS) + 3 * k + 12 * rng.standard_normal((RUNS, TASKS))
    for k in range(METHODS)
}


def report(what, seconds, reps, share=1):
    print(f"rliable, {what:41s} {seconds:8.2f} s at {reps} replications, "
          f"{seconds * 50000 / reps / share:10.1f} s for all at 50000", flush=True)


def aggregates(x):
    return np.array([metrics.aggregate_mean(x), metrics.aggregate_median(x),
                     metrics.aggregate_iqm(x), metrics.aggregate_optimality_gap(x, 100)])


start = time.time()
library.get_interval_estimates(scores, aggregates, reps=2000)
report("four aggregates, 7 methods", time.time() - start, 2000)

start = time.time()
library.create_performance_profile(scores, np.arange(151.0), reps=100)
report("run-score profiles of 151 thresholds", time.time() - start, 100)

start = time.time()
pair = {"pair": (scores["method 0"], scores["method 1"])}
library.get_interval_estimates(pair, metrics.probability_of_improvement, reps=50)
report("21 pairs (one measured)", time.time() - start, 50, 1 / 21)
