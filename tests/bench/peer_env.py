"""Environment steps per second of Gymnasium and of EnvPool with random actions, one environment and
one thread, in processor time: what bench_env measures of ours.

Prints `<program> <environment> <steps/s>`, nothing for a program that is not installed.
"""
import statistics
import sys
import time

import numpy as np

ROBOTS = {"hopper": "Hopper", "walker2d": "Walker2d", "halfcheetah": "HalfCheetah", "ant": "Ant"}
STEPS, ROUNDS = 2000, 5


def rate(step, reset):
    """Median over rounds of the steps per processor second; `step` tells whether an episode ended."""
    rates = []
    for _ in range(ROUNDS + 1):
        reset()
        start = time.process_time()
        for _ in range(STEPS):
            if step():
                reset()
        rates.append(STEPS / (time.process_time() - start))
    return statistics.median(rates[1:])  # the first round warms up


def bench_gymnasium(name):
    import gymnasium
    env = gymnasium.make(f"{ROBOTS[name]}-v4").unwrapped
    actions = np.random.default_rng(0).uniform(-1, 1, (STEPS, *env.action_space.shape))
    turn = iter(())

    def step():
        nonlocal turn
        action = next(turn, None)
        if action is None:
            turn = iter(actions)
            action = next(turn)
        return env.step(action)[2]
    return rate(step, env.reset)


def bench_envpool(name):
    import envpool
    env = envpool.make(f"{ROBOTS[name]}-v4", env_type="gymnasium", num_envs=1, num_threads=1)
    actions = np.random.default_rng(0).uniform(-1, 1, (STEPS, 1, *env.action_space.shape))
    turn = iter(())

    def step():
        nonlocal turn
        action = next(turn, None)
        if action is None:
            turn = iter(actions)
            action = next(turn)
        env.step(action)
        return False  # it resets by itself
    return rate(step, env.reset)


for program, bench in (("gymnasium", bench_gymnasium), ("envpool", bench_envpool)):
    if program not in sys.argv[1:]:
        continue
    for robot in ROBOTS:
        print(f"{program} {robot} {bench(robot):.0f}", flush=True)
