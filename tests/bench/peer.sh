#!/bin/bash
# `make bench-peer`: ours beside others, as far as they are installed: training steps in PyTorch
# (f32, and bf16 under autocast, the faster of plain and fused attention), environment steps in
# Gymnasium and EnvPool, statistics in rliable. In turn (A B A B), one thread, processor time.
# PYTHON: an interpreter that has them; QUICK=1: one repetition of each.
set -eu
bench=$1 # folder of our bench programs
here=$(dirname "$0")
python=${PYTHON:-python3}
out=$(mktemp)
trap 'rm -f "$out"' EXIT

has() {
    "$python" -c "import $1" 2>/dev/null && return
    echo "bench-peer: $python has no $1; nothing to compare with (another one: PYTHON=...)"
    return 1
}

# Lines `program shape | precision way critic actor`; the least of each precision counts.
steps() {
    for _ in 1 ${QUICK:-2}; do
        "$bench/bench_learner" products ${QUICK:+quick} | tee >(cat >&2) |
            sed -nE 's/^(.* K=[0-9]+) +(OpenBLAS|own) (f32|bf16|bf16_amx) +([0-9.]+) +([0-9.]+) .*/vitamin \1 | \3 \2 \4 \5/p' >> "$out"
        OMP_NUM_THREADS=1 "$python" "$here/peer.py" ${QUICK:+quick} | tee >(cat >&2) | sed 's/^/pytorch /' >> "$out"
    done
    awk '{p = $1; s = $2 " " $3; k = p s $5; shape[s]
          if (!(k in c) || $7 < c[k]) c[k] = $7
          if (!(k in a) || $8 < a[k]) a[k] = $8}
         END {for (s in shape) {
             printf "%-12s pytorch / vitamin: f32 critic %.2f, actor %.2f; bf16 critic %.2f, actor %.2f; pytorch bf16 / vitamin bf16_amx: critic %.2f, actor %.2f; pytorch bf16 / vitamin f32: critic %.2f, actor %.2f\n", s,
                 c["pytorch" s "f32"] / c["vitamin" s "f32"], a["pytorch" s "f32"] / a["vitamin" s "f32"],
                 c["pytorch" s "bf16"] / c["vitamin" s "bf16"], a["pytorch" s "bf16"] / a["vitamin" s "bf16"],
                 c["pytorch" s "bf16"] / c["vitamin" s "bf16_amx"], a["pytorch" s "bf16"] / a["vitamin" s "bf16_amx"],
                 c["pytorch" s "bf16"] / c["vitamin" s "f32"], a["pytorch" s "bf16"] / a["vitamin" s "f32"]}}' "$out"
}

# Lines `program environment steps/s`; means over the rounds.
environments() {
    : > "$out"
    for _ in 1 ${QUICK:-2}; do
        "$bench/bench_env" hopper walker2d halfcheetah ant | tee >(cat >&2) |
            awk '$1 ~ /^(hopper|walker2d|halfcheetah|ant)$/ {print "vitamin", $1, $2}' >> "$out"
        "$python" "$here/peer_env.py" "$@" | tee -a "$out"
    done
    awk '{sum[$1 " " $2] += $3; n[$1 " " $2]++; program[$1]; robot[$2]}
         END {for (r in robot) for (p in program) if (p != "vitamin")
             printf "%-12s vitamin / %s: %.2f times the steps per processor second\n", r, p,
                 sum["vitamin " r] / n["vitamin " r] / (sum[p " " r] / n[p " " r])}' "$out"
}

has torch && steps
installed=
for program in gymnasium envpool; do
    has $program && installed="$installed $program"
done
[ -z "$installed" ] || environments $installed
# bench_stats lets rliable do the same and prints both times.
has rliable && PYTHON="$python" "$bench/bench_stats"
exit 0
