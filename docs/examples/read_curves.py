#!/usr/bin/env python3
"""Read recorded runs with h5py: the mean score of each method at its budget, and what
one run recorded.

usage: read_curves.py [RESULTS]
"""
import collections
import hashlib
import pathlib
import sys

import h5py
import numpy


def holds(path):
    """Does the seal at the file's end (docs/files.md) hold? None: it has none."""
    data = path.read_bytes()
    content, seal = data[:-87], data[-87:]
    if not seal.startswith(b"vitamin seal 1 sha256 "):
        return None
    return seal[22:86].decode() == hashlib.sha256(content).hexdigest()


def text(value):
    return value.decode() if isinstance(value, bytes) else str(value)


def score_at(curve, budget):
    """Mean score of the last evaluation at or before so many online transitions."""
    evaluation = curve["evaluation"]
    row = numpy.searchsorted(evaluation["transitions"][:], budget, side="right") - 1
    return evaluation["score"][row].mean()


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "results/runs")
    scores = collections.defaultdict(list)
    last = None
    for path in sorted(folder.rglob("curve.h5")):
        if holds(path) is False:
            print(f"{path}: its digest does not match, left out", file=sys.stderr)
            continue
        with h5py.File(path, "r") as curve:
            about = {key: text(value) for key, value in curve.attrs.items()}
            if "evaluation" not in curve or len(curve["evaluation/score"]) == 0:
                continue
            budget = float(about.get("budget", numpy.inf))
            method = "@".join(filter(None, (about["method"], about.get("variant"))))
            scores[about.get("matrix", ""), about["dataset"], method].append(score_at(curve, budget))
            last = path
    for (matrix, dataset, method), values in sorted(scores.items()):
        print(f"{matrix:10} {dataset:28} {method:24} {numpy.mean(values):7.1f} ({len(values)} runs)")
    if last is not None:
        with h5py.File(last, "r") as curve:
            rows = curve["iteration"]
            online = rows["phase"][:] == 1
            print(f"{last}: {online.sum()} online iterations, columns {', '.join(sorted(rows))}")


if __name__ == "__main__":
    main()
