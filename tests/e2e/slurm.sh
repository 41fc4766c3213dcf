#!/bin/bash
# Run a matrix on a real Slurm of one node: private controller, node and munge, on loopback, in a private
# folder, as root. usage: tests/e2e/slurm.sh BUILD
#
# Long cells reach their time limit several times, one is preempted, and there are enough short bandit
# cells that MaxArraySize requires two arrays. All must complete, bit-identical to undisturbed runs, and the
# report must come last.
#
# A skipped test also exits with 0; its last line says why.
set -u
cd "$(dirname "$0")/../.." || exit 1
build=$(realpath "${1:-build/gcc}")
vitamin=$build/vitamin
patience=${SLURM_TEST_PATIENCE:-200} # seconds for all jobs

skip() {
    echo "slurm: skipped: $1"
    exit 0
}

fail() {
    echo "slurm: FAILED: $1"
    for log in "$folder"/log/*.log "$folder"/runs/slurm/*.log; do
        [ -s "$log" ] && echo "--- ${log#"$folder"/}" && tail -n 12 "$log"
    done
    exit 1
}

[ -x "$vitamin" ] || skip "$vitamin is not built"
for program in munged slurmctld slurmd sbatch squeue scontrol scancel; do
    command -v "$program" >/dev/null || PATH=$PATH:/usr/sbin:/sbin
    command -v "$program" >/dev/null || skip "there is no $program (./deps.sh slurm installs it)"
done
[ "$(id -u)" = 0 ] || skip "the daemons want root"

folder=$(mktemp -d "${TMPDIR:-/tmp}/vitamin-slurm-XXXXXX")
daemons=()
clean_up() {
    if [ ${#daemons[@]} -gt 1 ]; then
        scancel --quiet --state=PENDING --user=root 2>/dev/null
        scancel --quiet --user=root 2>/dev/null
        for _ in $(seq 20); do
            [ -n "$(squeue -h 2>/dev/null)" ] || break
            sleep 0.5
        done
    fi
    for ((i = ${#daemons[@]} - 1; i >= 0; i--)); do
        kill "${daemons[i]}" 2>/dev/null
        wait "${daemons[i]}" 2>/dev/null
    done
    rm -rf "$folder"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

# --- the cluster ------------------------------------------------------------------------------

mkdir -m 700 "$folder/munge"
mkdir "$folder/log" "$folder/state" "$folder/spool"
(umask 077 && head -c 128 /dev/urandom >"$folder/munge/key")
munged --foreground --force --key-file="$folder/munge/key" --socket="$folder/munge/socket" \
    --pid-file="$folder/munge/pid" --seed-file="$folder/munge/seed" --num-threads=1 \
    >"$folder/log/munged.log" 2>&1 &
daemons+=($!)

host=$(hostname -s)
cpus=$(nproc)
# A pair of free ports.
port=$((20000 + $$ % 20000))
while (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null || (: <"/dev/tcp/127.0.0.1/$((port + 1))") 2>/dev/null; do
    port=$((port + 2))
done
cat >"$folder/slurm.conf" <<CONF
ClusterName=vitamin
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmdPort=$((port + 1))
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
# A requeued job waits until its old credential expires: seconds here, minutes by default.
AuthInfo=socket=$folder/munge/socket,cred_expire=5
CredType=cred/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
MaxArraySize=9
KillWait=5
# The report has the tasks' time limit, a minute here, and no checkpoints.
OverTimeLimit=3
ReturnToService=2
SchedulerParameters=sched_interval=2
NodeName=$host NodeAddr=127.0.0.1 CPUs=$cpus RealMemory=4000 State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=INFINITE State=UP
CONF
export SLURM_CONF=$folder/slurm.conf
unset "${!SLURM_JOB@}" "${!SLURM_ARRAY@}" "${!SBATCH_@}"
for _ in $(seq 20); do
    [ -S "$folder/munge/socket" ] && break
    sleep 0.1
done
slurmctld -D -i >"$folder/log/slurmctld.log" 2>&1 &
daemons+=($!)
slurmd -D >"$folder/log/slurmd.log" 2>&1 &
daemons+=($!)
for _ in $(seq 60); do
    state=$(sinfo -h -o %T 2>/dev/null)
    [ "$state" = idle ] && break
    sleep 0.5
done
if [ "$state" != idle ]; then
    tail -n 5 "$folder"/log/*.log
    skip "Slurm does not start here (node ${state:-unknown}; its last words are above)"
fi
echo "slurm: $(sinfo --version), one node of $cpus, ${SECONDS} s to start"

# --- the matrix -------------------------------------------------------------------------------

write_matrix() { # FILE TRANSITIONS
    cat >"$1" <<INI
[matrix]
title = A matrix on Slurm
size = tiny
set = stop_transitions=$2 score_at=$2 eval_every=20 min_transitions_per_iter=100
[settings iql]
set = stop_transitions=400 score_at=400 eval_every=200 pretrain_actor_steps=100
[settings odt_jsrl_oracle]
set = stop_transitions=600 score_at=600
[experiment long]
methods = td3_odt
datasets = hopper-random-dev
seeds = 1-2
[experiment short]
methods = odt ddpg ddpg_odt
datasets = bandit
seeds = 1-3
[experiment guided]
methods = odt_jsrl_oracle
datasets = hopper-random-dev
seeds = 1-2
guide = iql hopper-random-dev 1
INI
}
cells=14
export OMP_WAIT_POLICY=passive

quiet() { # RESULTS MATRIX CELL...
    local results=$1 matrix=$2
    shift 2
    for cell; do
        "$vitamin" run --matrix "$matrix" --cell "$cell" --results "$results" --data tests/data \
            --threads 1 --quiet >>"$folder/log/quiet.log" 2>&1 || fail "a quiet run of cell $cell"
    done
}

# Scale a long cell to the machine's speed, so that it takes about four tasks of ten seconds each.
write_matrix "$folder/probe.ini" 4000
began=$(date +%s%N)
quiet "$folder/probe" "$folder/probe.ini" 1
probe=$((($(date +%s%N) - began) / 1000000 + 1))
transitions=$((4000 * 40000 / probe))
write_matrix "$folder/e2e.ini" "$transitions"

# A limit of a minute and a warning 50 seconds before: each task runs for ten seconds.
"$vitamin" slurm "$folder/e2e.ini" --submit --results "$folder/runs" --report "$folder/report" \
    --data tests/data --cpus 1 --mem 400M --time 1 --grace 50 --array-most 8 >"$folder/log/submit.log" 2>&1 ||
    fail "not submitted"
cat "$folder/log/submit.log"
[ "$(grep -c '^array ' "$folder/log/submit.log")" = 3 ] || fail "these should be three arrays"
array=$(sed -n 's/^array \([0-9]*\):.*/\1/p' "$folder/log/submit.log" | head -n 1)

# Like a preemption: kill the task and requeue it.
for _ in $(seq 100); do
    [ -e "$folder/runs/e2e/hopper-random-dev/td3_odt/2/curve.h5" ] && break
    sleep 0.2
done
scontrol requeue "${array}_2" || fail "cell 2 cannot be taken away"

# The undisturbed runs for comparison, meanwhile.
quiet "$folder/quiet" "$folder/e2e.ini" $(seq "$cells")

while [ -n "$(squeue -h)" ]; do
    [ "$SECONDS" -lt "$patience" ] || fail "after $SECONDS s there still is: $(squeue -h -o '%i %T %r' | tr '\n' ';')"
    sleep 1
done

# --- results ----------------------------------------------------------------------------------

requeued=$(grep -h 'resuming later' "$folder"/runs/slurm/*.log | wc -l)
[ "$requeued" -ge 1 ] || fail "no cell ran out of its time"
"$vitamin" results "$folder/runs/e2e" --csv >"$folder/runs.csv" || fail "the runs cannot be listed"
done=$(cut -d, -f8 "$folder/runs.csv" | grep -c '^done$')
[ "$done" = "$cells" ] || fail "$done of $cells cells are done"
"$vitamin" results "$folder/runs/e2e" --compare "$folder/quiet/e2e" || fail "not what quiet runs give"
[ -s "$folder/report/index.html" ] || fail "the report was not made"
grep -q "^array .*: cells 5-6 above 8, after [0-9]*_4" "$folder/log/submit.log" || fail "the guided come too early"
report=$(echo "$folder"/runs/slurm/*report*.log)
grep -q "$cells runs: $cells done" "$report" || fail "the report job did not come last"
echo "slurm: $cells cells, $requeued requeued at their time limit, one preempted, report at the end"

# A queue that holds five jobs: all are run nevertheless, two cells a task.
"$vitamin" slurm "$folder/e2e.ini" --submit --results "$folder/few" --report "$folder/few-report" --data tests/data \
    --cpus 1 --time 60 --pack 2 --queue-limit 5 >"$folder/log/few.log" 2>&1 || fail "not submitted with a limit"
grep -q "a job submits more" "$folder/log/few.log" || fail "the limit of jobs was not kept"
most=0
while [ -n "$(squeue -h)" ] || ! grep -qs "report .*: after all" "$folder"/few/slurm/report-*.log "$folder"/few/slurm/*report*.log; do
    now=$(squeue -h -r | wc -l)
    most=$((now > most ? now : most))
    [ "$SECONDS" -lt $((2 * patience)) ] || fail "after $SECONDS s there still is: $(squeue -h -o '%i %T %r' | tr '\n' ';')"
    sleep 1
done
[ "$most" -le 5 ] || fail "$most jobs were queued, five are allowed"
"$vitamin" results "$folder/few/e2e" --compare "$folder/quiet/e2e" || fail "packed cells give other curves"
echo "slurm: two cells a task, at most $most jobs queued"

# Submitting again must find nothing left to do.
"$vitamin" slurm "$folder/e2e.ini" --submit --results "$folder/runs" --report "$folder/report" \
    --data tests/data >"$folder/log/again.log" 2>&1 || fail "submitting again"
grep -q "all $cells cells of e2e are done" "$folder/log/again.log" || fail "cells are done a second time"

# --- GNU parallel: the other way to distribute cells, from docs/cluster.md --------------------

if command -v parallel >/dev/null && parallel --version 2>/dev/null | grep -q 'GNU parallel'; then
    spread() {
        parallel --will-cite -j2 "$vitamin" run --matrix "$folder/e2e.ini" --cell {} \
            --results "$folder/parallel" --data tests/data --threads 1 --quiet ::: $(seq 3 "$cells") \
            >>"$folder/log/parallel.log" 2>&1
    }
    # Once more for cells that came before their guide.
    spread || spread || fail "GNU parallel"
    "$vitamin" results "$folder/parallel" --method odt,ddpg,ddpg_odt,iql,odt_jsrl_oracle --compare "$folder/quiet" ||
        fail "GNU parallel gives other curves"
    echo "slurm: GNU parallel gives the same bits"
else
    echo "slurm: GNU parallel is not installed; its line was not tested"
fi
echo "slurm: passed in $SECONDS s"
