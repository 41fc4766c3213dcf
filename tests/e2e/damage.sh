#!/bin/bash
# Damage and failing calls against the programs themselves.
#
#   tests/e2e/damage.sh BUILD flips [COUNT]     COUNT bit flips (20000) over all files that are read
#   tests/e2e/damage.sh BUILD failures [STEP]   the n-th open, write, fsync, rename, read and malloc
#                                               fails, n = 1, 1 + STEP, ...: run, scheduler, report
#
# After each failure a resume must give the quiet run's bits. Ends with `damage: N wrong`.
set -u
cd "$(dirname "$0")/../.." || exit 2
build=$(realpath "$1")
vitamin=$build/vitamin
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 LC_ALL=C.UTF-8
folder=$(mktemp -d "${TMPDIR:-/tmp}/vitamin-damage-XXXXXX")
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' INT TERM
wrong=0

cc() { ${CC:-gcc} -std=c17 -D_GNU_SOURCE -O1 "$@"; }
cc tests/e2e/flip.c -o "$folder/flip" || exit 2
cc -shared -fPIC tests/e2e/failing.c -ldl -o "$folder/failing.so" || exit 2

"$vitamin" data generate hopper-random-v2 --policy random --rows 300 --seed 1 \
    --out "$folder/hopper-random-v2.hdf5" >"$folder/log" 2>&1 || { cat "$folder/log"; exit 2; }
settings="--set stop_transitions=200 --set score_at=200 --set pretrain_actor_steps=6"
settings="$settings --set min_transitions_per_iter=50"
run() { # method, folder, more
    local method=$1 out=$2
    shift 2
    # shellcheck disable=SC2086 # words on purpose
    "$vitamin" run --dataset "$folder/hopper-random-v2.hdf5" --method "$method" --size tiny $settings \
        --threads 1 --quiet --checkpoint-every 0 --out "$out" "$@"
}

flips() {
    local count=${1:-20000} runs=$folder/runs
    local each=$((count / 8))
    run td3_odt "$runs/whole" && run td3bc "$runs/policy" || exit 2
    run td3_odt "$folder/begun" --stop-after 2 >/dev/null 2>&1
    "$vitamin" report "$runs" --out "$folder/report" --format none --fast >/dev/null 2>&1
    cp "$folder/report/scores.csv" "$folder/scores.csv"
    gzip -dc "$folder/report/curves.csv.gz" >"$folder/curves.csv"
    cp harness/matrices/small.ini "$folder/small.ini"

    FLIP_REFUSE=1 "$folder/flip" "$runs/whole/curve.h5" "$each" 1 "$vitamin" results "$runs" || ((wrong++))
    FLIP_REFUSE=1 "$folder/flip" "$runs/whole/curve.h5" "$each" 2 "$vitamin" report "$runs" \
        --out "$folder/r2" --format none --fast || ((wrong++))
    FLIP_REFUSE=1 "$folder/flip" "$runs/policy/policy.h5" "$each" 3 "$vitamin" env hopper \
        --policy "$runs/policy/policy.h5" --episodes 1 || ((wrong++))
    "$folder/flip" "$folder/scores.csv" "$each" 4 "$vitamin" report --scores "$folder/scores.csv" \
        --out "$folder/r4" --format none --fast || ((wrong++))
    "$folder/flip" "$folder/curves.csv" "$each" 5 "$vitamin" report --scores "$folder/curves.csv" \
        --out "$folder/r5" --format none --fast || ((wrong++))
    "$folder/flip" "$folder/small.ini" "$each" 6 "$vitamin" plan "$folder/small.ini" || ((wrong++))
    [ ! -f "$folder/scores.h5" ] || "$folder/flip" "$folder/scores.h5" "$each" 7 "$vitamin" report \
        --scores "$folder/scores.h5" --out "$folder/r7" --format none --fast || ((wrong++))
    cp "$folder/begun/checkpoint.h5" "$folder/checkpoint.h5"
    # shellcheck disable=SC2086
    FLIP_REFUSE=1 FLIP_PREPARE="rm -rf '$folder/again' && cp -r '$folder/begun' '$folder/again'" \
        "$folder/flip" "$folder/again/checkpoint.h5" "$each" 8 "$vitamin" run \
        --dataset "$folder/hopper-random-v2.hdf5" --method td3_odt --size tiny $settings --threads 1 \
        --quiet --checkpoint-every 0 --out "$folder/again" || ((wrong++))
}

failures() {
    local step=${1:-1} kind calls status
    run td3_odt "$folder/quiet/m/hopper-random-v2/td3_odt/1" || exit 2
    for kind in open write fsync rename read malloc; do
        for what in run report; do
            local tried=0 bad=0 n=1
            while :; do
                rm -rf "$folder/again" "$folder/out"
                head -c 8 /dev/zero >"$folder/calls"
                local cell=$folder/again/m/hopper-random-v2/td3_odt/1
                if [ $what = run ]; then
                    LD_PRELOAD=$folder/failing.so FAILING=$kind FAILING_AT=$n FAILING_COUNT=$folder/calls \
                        timeout 60 "$vitamin" run --dataset "$folder/hopper-random-v2.hdf5" \
                        --method td3_odt --size tiny $settings --threads 1 --quiet --checkpoint-every 0 \
                        --out "$cell" >"$folder/log" 2>&1
                    status=$?
                else
                    LD_PRELOAD=$folder/failing.so FAILING=$kind FAILING_AT=$n FAILING_COUNT=$folder/calls \
                        timeout 60 "$vitamin" report "$folder/quiet" --format none --fast \
                        --out "$folder/out" >"$folder/log" 2>&1
                    status=$?
                fi
                calls=$(od -An -t d8 "$folder/calls" | tr -d ' ')
                ((tried++))
                # A sentence, or the work was done; never a signal, a hang, or silence.
                if [ "$status" -ge 124 ] || { [ "$status" -ne 0 ] && [ ! -s "$folder/log" ]; }; then
                    echo "damage: $what, $kind $n: status $status: $(tail -n 1 "$folder/log")"
                    ((bad++))
                fi
                if [ $what = run ]; then
                    run td3_odt "$cell" >"$folder/log" 2>&1 ||
                        { echo "damage: $kind $n: no resume: $(tail -n 1 "$folder/log")"; ((bad++)); }
                    "$vitamin" results "$folder/quiet" --compare "$folder/again" >"$folder/log" 2>&1 ||
                        { echo "damage: $kind $n: other bits: $(head -n 2 "$folder/log")"; ((bad++)); }
                fi
                [ "$calls" -ge "$n" ] || break
                n=$((n + step))
            done
            echo "damage: $what, $kind: $tried points, $bad wrong"
            wrong=$((wrong + bad))
        done
    done
}

case "${2:-}" in
flips | failures) "$2" "${3:-}" ;;
*) echo "usage: tests/e2e/damage.sh BUILD flips|failures [NUMBER]"; exit 2 ;;
esac
echo "damage: $wrong wrong"
[ "$wrong" = 0 ]
