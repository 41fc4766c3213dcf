#!/bin/bash
# What commands print: on a terminal of 80 columns no table is wider and no progress is left; in a pipe, and
# with TERM=dumb, no control character; what is refused leaves nothing. Needs script(1). usage: tests/e2e/terminal.sh
#
# Run by `make test`, which has built the programs in $BUILD.
set -u
cd "$(dirname "$0")/../.." || exit 1
command -v script >/dev/null || {
    echo "terminal: there is no script(1) here: not tested"
    exit 0
}
PATH=$(realpath "${BUILD:-build/gcc}"):$PATH
folder=$(mktemp -d "${TMPDIR:-/tmp}/vitamin-terminal-XXXXXX")
trap 'rm -rf "$folder"' EXIT
export HOME=$folder LC_ALL=C.UTF-8 TERM=xterm
unset VITAMIN_DATA
cd "$folder" || exit 1
failed=0

fail() {
    echo "terminal: FAILED: $1"
    failed=1
}

on_terminal() { # COMMAND: everything that it writes there, in $raw
    script -qec "stty cols 80 rows 40; $1" /dev/null </dev/null >raw 2>&1
    status=$?
    tr -d '\r' <raw | sed 's/.*\x1b\[K//; s/\x1b\[[0-9]*A\x1b\[J//g' >shown # what stands in the end, nearly
}

fits() { # COMMAND
    on_terminal "$1"
    local line
    line=$(awk 'length > 80' shown | head -n 1)
    [ -z "$line" ] || fail "$1: wider than 80 columns: $line"
}

plain() { # COMMAND: neither in a pipe nor on a terminal that cannot
    local control=$'[\x01-\x08\x0b-\x1f]'
    bash -c "$1" 2>&1 </dev/null | grep -aq "$control" && fail "$1: a control character in a pipe"
    TERM=dumb on_terminal "$1"
    tr -d '\r' <raw | grep -aq "$control" && fail "$1: a control character with TERM=dumb"
}

vitamin data generate hopper-random-v2 --policy random --rows 3000 >/dev/null || fail "no data"
cat >mine.ini <<'END'
[matrix]
title = Two methods
size = tiny
[experiment both]
methods = td3_odt td3bc
datasets = hopper-random-v2
seeds = 1-2
END

on_terminal "vitamin run --dataset hopper-random-v2 --size tiny --set pretrain_actor_steps=2000"
[ "$status" = 0 ] || fail "run on a terminal: $(tail -n 1 shown)"
grep -aq $'\r\x1b\\[K' raw || fail "run shows no progress on a terminal"
grep -aq '%' shown && fail "run leaves its progress: $(grep -a '%' shown | head -n 1)"

# Stopped: the cursor goes to the line's beginning before it goes up.
on_terminal "timeout -s INT 4 vitamin sweep mine.ini"
grep -aP '(?<!\r)\x1b\[[0-9]+A' raw >/dev/null && fail "sweep moves up from the middle of a line"
fits "vitamin sweep mine.ini"
tail -n 1 shown | grep -q '4 of 4 done' || fail "sweep ends with $(tail -n 1 shown)"

for command in "vitamin" "vitamin plan" "vitamin plan paper" "vitamin plan mine.ini --cells" "vitamin status mine.ini" \
    "vitamin results" "vitamin watch --once" "vitamin data list" "vitamin data stats" "vitamin verify --all results/runs/mine" \
    "vitamin explain" "vitamin report --reps 300 --format none"; do
    fits "$command"
done
for command in "vitamin run --dataset hopper-random-v2 --size tiny --seed 2" "vitamin plan paper" "vitamin results" \
    "vitamin data list" "vitamin verify results/runs" "vitamin watch" "vitamin report --reps 300 --format none" \
    "vitamin sweep mine.ini"; do
    plain "$command"
done
# What is refused leaves nothing, and the error comes last and alone.
mkdir "$folder/refused" && cd "$folder/refused" || exit 1
while read -r line; do
    # shellcheck disable=SC2086 # words
    vitamin $line >../log 2>&1 && fail "vitamin $line succeeded"
    [ "$(wc -l <../log)" = 1 ] || fail "vitamin $line: more than its error: $(head -n 3 ../log)"
    grep -q '^vitamin' ../log || fail "vitamin $line: $(cat ../log)"
    [ -z "$(ls -A)" ] || fail "vitamin $line left $(ls -A)"
done <<'END'
rum
run
run -dataset hopper-random-v2
run --dataset hoper-random-v2
run --dataset hopper-random-v2 --out mine
run --dataset hopper-random-v2 --set gama=1 --out mine
run --dataset hopper-random-v2 --set gamma --out mine
run --dataset hopper-random-v2 --method mine.ini --out mine
run --dataset hopper-random-v2 --seed x
run --dataset hopper-random-v2 --threads 0
run --dataset hopper-random-v2 --size huge
run --dataset hopper-random-v2 extra
sweep
sweep smok
sweep ./mine.ini
sweep smoke --cores 0
plan smok
status
cost nomatrix
slurm smok
results nowhere
verify nowhere
report nowhere
plot nowhere
watch nowhere
export nowhere
data lis
data fetch hoper
data generate hoppr
data check nofile
data convert nofile
env hoper
env hopper --policy nofile.h5
explain nomethod
config
END
vitamin data check ../data/hopper-random-v2.hdf5 nofile >../log 2>&1
tail -n 1 ../log | grep -q '^vitamin data check: nofile' || fail "the error is not last: $(tail -n 1 ../log)"

[ $failed = 0 ] && echo "terminal: everything fits and nothing is left"
exit $failed
