# shellcheck shell=bash disable=SC2154
# The second half of the script that `vitamin slurm` writes; slurm.c assigns what it uses.

# One cell. This shell is told by USR1 when the time is nearly up, by TERM when the job is
# cancelled, preempted or past its limit, and tells the run, which saves and leaves. Once, and not by
# TERM, which Slurm may have sent to the run itself: a second signal of a kind kills it.
pass_on() {
    # The limit is there and nothing is saved yet: on with it from the last checkpoint.
    if [ "$1" = TERM ] && [ "$asked" = USR1 ] && [ $((SECONDS + 5)) -ge "$limit" ]; then
        echo "cell $number: out of time and not saved, resuming from its checkpoint"
        requeue
    fi
    [ -n "$asked" ] || [ -z "$child" ] || kill -s USR1 "$child" 2>/dev/null
    asked=$1 signalled=1
}

# The task, not the array: a bare job number may be that of the whole.
requeue() {
    if [ -n "${SLURM_ARRAY_TASK_ID:-}" ]; then
        scontrol requeue "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID" && exit 0
        echo "cell $number: Slurm would not requeue it; submit again to resume" >&2
    fi
}

run_cell() {
    number=$(($1 + ${SLURM_ARRAY_TASK_ID:-0})) asked='' child=''
    local status=127 now words=(run --matrix "$matrix" --cell "$number"
        --results "$results" --threads "${SLURM_CPUS_PER_TASK:-0}")
    [ -z "$preset" ] || words+=(--preset "$preset")
    [ -z "$data" ] || words+=(--data "$data")
    trap 'pass_on USR1' USR1
    trap 'pass_on TERM' TERM
    "$vitamin" "${words[@]}" &
    child=$!
    [ -z "$asked" ] || kill -s USR1 "$child"
    # A signal ends `wait` early; 127 is what a second wait for the same child gives.
    while :; do
        signalled=0
        wait "$child"
        now=$?
        [ "$now" = 127 ] || status=$now
        [ "$signalled" = 1 ] || break
    done
    # Stopped with its work saved, or before it had begun (138): on with it later.
    case $asked/$status in
    "/$interrupted" | "USR1/$interrupted" | USR1/138)
        echo "cell $number: out of time, resuming later"
        requeue
        ;;
    esac
    exit "$status"
}

run_report() {
    local folders=() home
    for home in "${homes[@]}"; do
        [ ! -d "$results/$home" ] || folders+=("$results/$home")
    done
    if [ ${#folders[@]} = 0 ]; then
        echo "no cell has left a result below $results" >&2
        exit 1
    fi
    for home in "${folders[@]}"; do
        "$vitamin" results "$home"
    done
    exec "$vitamin" report "${folders[@]}" --out "$report"
}

submit() {
    local self=$1 offset indices after id ids='' most ids_of=() words
    if ! command -v sbatch >/dev/null; then
        echo "$self: there is no sbatch on this machine" >&2
        exit 1
    fi
    most=$(scontrol show config 2>/dev/null | sed -n 's/^MaxArraySize *= *//p')
    if [ -n "$most" ] && [ "$most" -le "$largest" ]; then
        echo "$self: this cluster's arrays end at $((most - 1)), not $largest: write the script again with" \
            "--array-most $((most - 1))" >&2
        exit 1
    fi
    mkdir -p "$results/slurm" || exit 1
    while read -r offset indices after; do
        words=("--array=$indices")
        [ -z "$after" ] || words+=("--dependency=afterany:${ids_of[${after%_*}]}_${after#*_}")
        id=$(sbatch --parsable "${options[@]}" "${task[@]}" "${words[@]}" "$self" cell "$offset")
        if [ -z "$id" ]; then
            echo "$self: not all was submitted${ids:+ (jobs ${ids#:} were)}" >&2
            exit 1
        fi
        id=${id%%;*}
        ids+=":$id"
        [ -n "$after" ] || ids_of[offset]=$id
        echo "array $id: cells $indices above $offset${after:+, after ${words[1]##*:}}"
    done < <(printf '%s\n' "${arrays[@]}")
    id=$(sbatch --parsable "${options[@]}" "${last[@]}" \
        --dependency="afterany$ids" "$self" report)
    if [ -z "$id" ]; then
        echo "$self: the tasks are submitted, the report is not; make it by hand:" \
            "bash $self report" >&2
        exit 1
    fi
    echo "report ${id%%;*}: after all of them, into $report"
}

case ${1:-submit} in
cell) run_cell "$2" ;;
report) run_report ;;
submit) submit "$0" ;;
*)
    echo "usage: bash $0 [cell N | report]" >&2
    exit 2
    ;;
esac
