#!/bin/bash
# Test the programs against damaged files and failing system calls.
#
#   tests/e2e/damage.sh BUILD flips [COUNT [SEED]]  flip COUNT bits (20000) in the files that are
#                                                   read, at places chosen by SEED
#   tests/e2e/damage.sh BUILD failures [POINTS [WHAT [KIND]]]   make the n-th call of a kind fail (open,
#                                                   write, malloc ...: tests/e2e/failing.c), at POINTS
#                                                   places (0: all) of what is done: run, resume, sweep,
#                                                   report ... WHAT and KIND choose ("run sweep").
#                                                   FAILING_STAYS=1, FAILING_SHORT=1, FAILING_ERROR=N
#                                                   decide how
#
# After each failure the same call again must give the bits of an undisturbed one. The last line is
# `damage: N wrong`.
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
# Seconds of the processor: other work must not look like a hang.
call() { (ulimit -t 60 && exec timeout 600 "$vitamin" "$@"); }
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

# What is tried, into $folder/again; the same call again must put right what a failure left.
cell=m/hopper-random-v2/td3_odt/1
try_run() { run td3_odt "$folder/again/$cell"; }
try_sweep() {
    call sweep "$folder/m.ini" --results "$folder/again" --data "$folder/again-data" --cores 1
}
try_resume() { try_run; }
try_finished() { try_run; }
try_report() { call report "$folder/quiet-sweep" --format none --fast --out "$folder/again"; }
try_figures() { call report "$folder/quiet-sweep" --format svg --fast --fig phases --out "$folder/again"; }
try_results() { call results "$folder/quiet-sweep"; }
try_status() { call status "$folder/m.ini" --results "$folder/quiet-sweep"; }
try_verify() { call verify "$folder/quiet-sweep" --data "$folder/again-data"; }
try_generate() {
    call data generate hopper-random-v2 --policy random --rows 300 --out "$folder/again/it.hdf5"
}

# What a call of that kind finds.
prepare() {
    rm -rf "$folder/again" "$folder/again-data"
    case "$1" in
    resume) mkdir -p "$folder/again/${cell%/*}" && cp -r "$folder/begun" "$folder/again/$cell" ;;
    finished) cp -r "$folder/quiet-run" "$folder/again" ;;
    verify) cp -r "$folder/quiet-data" "$folder/again-data" ;;
    generate) mkdir -p "$folder/again" ;;
    esac
}

# What decides whether it was done right: the bits of a curve, a report's numbers, what was said.
outcome() {
    local file
    case "$1" in
    run | resume | sweep)
        file=run
        [ "$1" = sweep ] && file=sweep
        call results "$folder/quiet-$file" --compare "$folder/again" >"$folder/compared" 2>&1 ||
            head -n 2 "$folder/compared"
        ;;
    finished) sha256sum <"$folder/again/$cell/curve.h5" ;;
    generate) sha256sum <"$folder/again/it.hdf5" ;;
    report | figures)
        # All of it but gnuplot's version, which may be unknown.
        (cd "$folder/again" && find . -type f | sort | while IFS= read -r file; do
            echo "$file $(sed '/gnuplot.*: .*gnuplot [0-9]/d; /gnuplot.*: .*unknown/d' "$file" | sha256sum)"
        done)
        ;;
    *) sed 's/ ([0-9.]* s)$//' "$folder/said" ;;
    esac 2>&1
}

# Say what is wrong with a call, with the last of what it said.
complain() { echo "damage: $*: $(tail -n 1 "$folder/log" | cut -c 1-300)"; }

# Do `try_$1`; the n-th call of one kind fails (0: none, they are counted).
try_with_failure() { # what, kind, n
    prepare "$1"
    head -c 8 /dev/zero >"$folder/calls"
    # A shell of its own: the variables are for the program only.
    (
        export LD_PRELOAD=$folder/failing.so FAILING=$2 FAILING_AT=$3 FAILING_COUNT=$folder/calls
        "try_$1"
    ) >"$folder/said" 2>"$folder/log"
}

# Prints what is wrong with a failure.
fail_once() { # what, kind, n
    local what=$1 kind=$2 n=$3 status bad=0
    try_with_failure "$@"
    status=$?
    # A sentence, or the work was done; never a signal, a hang, or silence.
    if [ "$status" -ge 124 ] || { [ "$status" -ne 0 ] && [ ! -s "$folder/log" ]; }; then
        complain "$what, $kind $n: status $status"
        bad=1
    fi
    if [ "$status" = 0 ] && [ "$(outcome "$what")" != "$(cat "$folder/outcome-$what")" ]; then
        outcome "$what" | diff "$folder/outcome-$what" - | head -n 4
        complain "$what, $kind $n: status 0, another result"
        bad=1
    fi
    "try_$what" >"$folder/said" 2>"$folder/log" || { complain "$what, $kind $n: no resume"; bad=1; }
    if [ "$(outcome "$what")" != "$(cat "$folder/outcome-$what")" ]; then
        outcome "$what" | diff "$folder/outcome-$what" - | head -n 4
        complain "$what, $kind $n: another result after a resume"
        bad=1
    fi
    return "$bad"
}

kinds="open write read stream fsync rename malloc mkdir unlink flock fork pipe trunc falloc mmap"
kinds="$kinds close thread memfd stat list seek message"

failures() {
    local points=${1:-} what kind tried bad n count step
    write_matrix m '' td3_odt
    run td3_odt "$folder/begun" --stop-after 2 >/dev/null 2>&1
    for what in run sweep; do
        prepare "$what"
        "try_$what" >"$folder/log" 2>&1 || { cat "$folder/log"; exit 2; }
        mv "$folder/again" "$folder/quiet-$what"
    done
    mv "$folder/again-data" "$folder/quiet-data"
    for what in ${2:-run sweep resume finished report figures results status verify generate}; do
        prepare "$what"
        "try_$what" >"$folder/said" 2>"$folder/log" || { cat "$folder/log"; exit 2; }
        outcome "$what" >"$folder/outcome-$what"
        for kind in ${3:-$kinds}; do
            tried=0 bad=0 n=1
            try_with_failure "$what" "$kind" 0
            count=$(od -An -t d8 "$folder/calls" | tr -d ' ')
            step=$((points > 0 && count > points ? (count + points - 1) / points : 1))
            while [ "$n" -le "$count" ]; do
                fail_once "$what" "$kind" "$n" || ((bad++))
                ((tried++))
                n=$((n + step))
            done
            echo "damage: $what, $kind: $tried of $count points, $bad wrong"
            wrong=$((wrong + bad))
        done
    done
}

case "${2:-}" in
flips | failures) "$2" "${@:3}" ;;
*) echo "usage: tests/e2e/damage.sh BUILD flips|failures [NUMBER [...]]"; exit 2 ;;
esac
echo "damage: $wrong wrong"
[ "$wrong" = 0 ]
