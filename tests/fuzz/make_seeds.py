"""Write the reader's seeds: a few rows of a real file in every layout that is read.

usage: make_seeds.py hopper-random-dev.hdf5 tests/data/fuzz/dataset     (needs h5py)
"""
import sys

import h5py
import numpy as np

source, folder = sys.argv[1:]
ROWS = 12
with h5py.File(source) as f:
    rows = {k: f[k][:ROWS] for k in
            ("observations", "actions", "rewards", "terminals", "timeouts", "next_observations")}
rows["terminals"][5] = True
rows["timeouts"][ROWS - 2] = True


def write(name, fields, **layout):
    with h5py.File(f"{folder}/{name}.hdf5", "w", libver="earliest") as out:
        for key, value in fields.items():
            out.create_dataset(key, data=value, **layout)


write("plain", rows)
write("gzip", rows, chunks=True, compression=4)
write("shuffled", rows, chunks=True, compression=4, shuffle=True)
write("wide", {k: v.astype("f8").reshape(ROWS, -1) for k, v in rows.items()})
write("bare", {k: rows[k] for k in ("observations", "actions", "rewards", "terminals")})
with h5py.File(f"{folder}/minari.hdf5", "w", libver="earliest") as out:
    for e, (first, end) in enumerate([(0, 3), (3, 8)]):
        g = out.create_group(f"episode_{e}")
        g["observations"] = rows["observations"][first:end + 1]
        g["actions"] = rows["actions"][first:end]
        g["rewards"] = rows["rewards"][first:end].astype("f8")
        g["terminations"] = np.arange(first, end) == end - 1
        g["truncations"] = np.zeros(end - first, bool)
    out.attrs["dataset_id"] = "mujoco/hopper/test-v0"
