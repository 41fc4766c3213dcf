#!/bin/bash
# `make bench-peer`: bench_learner and the same shapes in PyTorch, in turn (A B A B), one thread of
# processor time each. PYTHON: an interpreter with torch; QUICK=1: one repetition of each.
set -eu
ours=$1
python=${PYTHON:-python3}
if ! "$python" -c 'import torch' 2>/dev/null; then
    echo "bench-peer: $python has no torch; nothing to compare with (another one: PYTHON=...)"
    exit 0
fi
out=$(mktemp)
trap 'rm -f "$out"' EXIT
for _ in 1 2; do
    "$ours" one-thread ${QUICK:+quick} | sed -u 's/^/vitamin  /' | tee -a "$out"
    "$python" "$(dirname "$0")/peer.py" ${QUICK:+quick} | sed -u 's/^/pytorch  /' | tee -a "$out"
done
# Columns: program, shape (two words), threads, critic s, actor s.
awk '$1 == "vitamin" && $4 == 1 {n[$2" "$3]++; c[$2" "$3] += $5; a[$2" "$3] += $6}
     $1 == "pytorch" && $4 == 1 {pc[$2" "$3] += $5; pa[$2" "$3] += $6}
     END {for (s in n) if (s in pa) printf "%-12s pytorch / vitamin: critic %.2f, actor %.2f (%d rounds)\n",
          s, pc[s] / c[s], pa[s] / a[s], n[s]}' "$out"
