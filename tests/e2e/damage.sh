#!/bin/bash
# Test the programs against damaged files and failing system calls.
#
#   tests/e2e/damage.sh BUILD flips [COUNT [SEED]]  flip COUNT bits (20000) in the files that are
#                                                   read, at places chosen by SEED
#   tests/e2e/damage.sh BUILD failures [STEP [WHAT]]    make the n-th open, write, fsync, rename, read
#                                                   or malloc fail, n = 1, 1 + STEP, ...; WHAT: run,
#                                                   sweep or report (default: all three)
#
# After each failure a resume must give the bits of an undisturbed run. The last line is `damage: N wrong`.
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
call() { timeout 120 "$vitamin" "$@"; }
run() { # method, folder, more
    local method=$1 out=$2
    shift 2
    # shellcheck disable=SC2086 # split into words on purpose
    call run --dataset "$folder/hopper-random-v2.hdf5" --method "$method" --size tiny $settings \
        --threads 1 --quiet --checkpoint-every 0 --out "$out" "$@"
}

write_matrix() { # name, further setting, methods beside iql
    cat >"$folder/$1.ini" <<END
[matrix]
title = two cells
size = tiny
data = generate
set = ${settings//--set /}
[experiment first]
methods = iql
datasets = hopper-random-v2
seeds = 1
[experiment second]
methods = $3
datasets = hopper-random-v2
seeds = 1
$2
[generate]
hopper-random-v2 = --policy random --rows 300
END
}

# A flip in a sealed file must be refused, or said to be damaged; in a text or in somebody else's
# file it may pass, but never crash, hang or take all memory.
flip() { # seed, file, command ...
    local at=$1 file=$2
    shift 2
    "$folder/flip" "$file" "$each" $((8 * seed + at)) "$@" || ((wrong++))
}

flips() {
    local count=${1:-20000} seed=${2:-1} runs=$folder/runs name
    local each=$((count / 10)) plain=(--format none --fast)
    run td3_odt "$runs/whole" && run td3bc "$runs/policy" || exit 2
    run td3_odt "$folder/begun" --stop-after 2 >/dev/null 2>&1
    "$vitamin" report "$runs" --out "$folder/report" "${plain[@]}" >/dev/null 2>&1
    cp "$folder/report/scores.csv" "$folder/scores.csv"
    gzip -dc "$folder/report/curves.csv.gz" >"$folder/curves.csv"
    cp harness/matrices/small.ini tests/data/fuzz/scores_h5/{curves,finals}.h5 "$folder"

    export FLIP_REFUSE=1
    flip 0 "$runs/whole/curve.h5" "$vitamin" results "$runs"
    flip 1 "$runs/whole/curve.h5" "$vitamin" report "$runs" --out "$folder/out" "${plain[@]}"
    flip 2 "$runs/policy/policy.h5" "$vitamin" env hopper --policy "$runs/policy/policy.h5" --episodes 1
    # shellcheck disable=SC2086 # split into words on purpose
    FLIP_PREPARE="rm -rf '$folder/again' && cp -r '$folder/begun' '$folder/again'" \
        flip 3 "$folder/again/checkpoint.h5" "$vitamin" run \
        --dataset "$folder/hopper-random-v2.hdf5" --method td3_odt --size tiny $settings --threads 1 \
        --quiet --checkpoint-every 0 --out "$folder/again"
    write_matrix guided 'guide = iql hopper-random-v2 1' odt_jsrl_oracle
    local guided=(run --matrix "$folder/guided.ini" --results "$folder/guided" --data "$folder/data" --threads 1)
    "$vitamin" sweep "$folder/guided.ini" --results "$folder/guided" --data "$folder/data" --cores 1 \
        >"$folder/log" 2>&1 || { cat "$folder/log"; exit 2; }
    local guide
    guide=$(ls "$folder"/guided/*/*/iql*/1/policy_offline.h5)
    cp "$guide" "$folder/guide.h5"
    FLIP_PREPARE="rm -rf '$folder'/guided/*/*/odt_jsrl_oracle* && cp '$folder/guide.h5' '$guide'" \
        flip 4 "$guide" "$vitamin" "${guided[@]}" --cell 2 --quiet
    unset FLIP_REFUSE
    for name in scores.csv curves.csv curves.h5 finals.h5; do
        flip 5 "$folder/$name" "$vitamin" report --scores "$folder/$name" --out "$folder/out" "${plain[@]}"
    done
    flip 6 "$folder/small.ini" "$vitamin" plan "$folder/small.ini"
}

# What is tried, into $folder/again; the same call again resumes it.
cell=m/hopper-random-v2/td3_odt/1
try_run() { run td3_odt "$folder/again/$cell" "$@"; }
try_sweep() {
    call sweep "$folder/m.ini" --results "$folder/again" --data "$folder/again-data" --cores 1
}
try_report() { call report "$folder/quiet-run" --format none --fast --out "$folder/out"; }

# The n-th call of one kind fails in what `try_$1` does; prints what is wrong with that.
fail_once() { # what, kind, n
    local what=$1 kind=$2 n=$3 status bad=0
    rm -rf "$folder/again" "$folder/again-data" "$folder/out"
    head -c 8 /dev/zero >"$folder/calls"
    # A shell of its own: the variables are for the program only.
    (
        export LD_PRELOAD=$folder/failing.so FAILING=$kind FAILING_AT=$n FAILING_COUNT=$folder/calls
        "try_$what"
    ) >"$folder/log" 2>&1
    status=$?
    # A sentence, or the work was done; never a signal, a hang, or silence.
    if [ "$status" -ge 124 ] || { [ "$status" -ne 0 ] && [ ! -s "$folder/log" ]; }; then
        echo "damage: $what, $kind $n: status $status: $(tail -n 1 "$folder/log")"
        bad=1
    fi
    [ "$what" != report ] || return "$bad"
    "try_$what" >"$folder/log" 2>&1 ||
        { echo "damage: $what, $kind $n: no resume: $(tail -n 1 "$folder/log")"; bad=1; }
    call results "$folder/quiet-$what" --compare "$folder/again" >"$folder/log" 2>&1 ||
        { echo "damage: $what, $kind $n: other bits: $(head -n 2 "$folder/log")"; bad=1; }
    return "$bad"
}

failures() {
    local step=${1:-1} what kind tried bad n
    write_matrix m '' td3_odt
    for what in run sweep; do
        "try_$what" >"$folder/log" 2>&1 || { cat "$folder/log"; exit 2; }
        mv "$folder/again" "$folder/quiet-$what"
    done
    for what in ${2:-run sweep report}; do
        for kind in open write fsync rename read malloc; do
            tried=0 bad=0 n=1
            while :; do
                fail_once "$what" "$kind" "$n" || ((bad++))
                ((tried++))
                [ "$(od -An -t d8 "$folder/calls" | tr -d ' ')" -ge "$n" ] || break
                n=$((n + step))
            done
            echo "damage: $what, $kind: $tried points, $bad wrong"
            wrong=$((wrong + bad))
        done
    done
}

case "${2:-}" in
flips | failures) "$2" "${3:-}" "${4:-}" ;;
*) echo "usage: tests/e2e/damage.sh BUILD flips|failures [NUMBER [WHAT]]"; exit 2 ;;
esac
echo "damage: $wrong wrong"
[ "$wrong" = 0 ]
