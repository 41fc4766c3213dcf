#!/bin/bash
# `make bench-peer`: bench_learner and the same shapes in PyTorch, in turn (A B A B), one thread.
set -eu
ours=$1
if ! python3 -c 'import torch' 2>/dev/null; then
    echo "bench-peer: python3 with torch is not on this machine; nothing to compare with"
    exit 0
fi
out=$(mktemp)
trap 'rm -f "$out"' EXIT
for _ in 1 2; do
    "$ours" one-thread | sed 's/^/vitamin  /' | tee -a "$out"
    python3 "$(dirname "$0")/peer.py" 1 | sed 's/^/pytorch  /' | tee -a "$out"
done
awk '$1 == "vitamin" && $4 == 1 {n[$2" "$3]++; c[$2" "$3] += $5; a[$2" "$3] += $6}
     $1 == "pytorch" && $4 == 1 {pc[$2" "$3] += $5; pa[$2" "$3] += $6}
     END {for (s in n) if (s in pa) printf "%-12s pytorch / vitamin: critic %.2f, actor %.2f (%d rounds)\n",
          s, pc[s] / c[s], pa[s] / a[s], n[s]}' "$out"
