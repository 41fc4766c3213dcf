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
    local now words=(run --matrix "$matrix" --cell "$number"
        --results "$results" --threads "${SLURM_CPUS_PER_TASK:-0}")
    [ -z "$preset" ] || words+=(--preset "$preset")
    [ -z "$data" ] || words+=(--data "$data")
    status=127
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
    child=''
}

# The cells of a task, one after another: one that fails keeps no other from its turn.
run_task() {
    local task=$(($1 + ${SLURM_ARRAY_TASK_ID:-0})) worst=0 left cells
    read -ra cells <<<"${packs[task]:-$task}"
    left=${#cells[@]} asked='' child=''
    trap 'pass_on USR1' USR1
    trap 'pass_on TERM' TERM
    for number in "${cells[@]}"; do
        run_cell
        left=$((left - 1))
        # Stopped with its work saved, or before it had begun (138), or others wait: on with it later.
        case $asked/$status in
        "/$interrupted" | "USR1/$interrupted" | USR1/138)
            echo "cell $number: out of time, resuming later"
            requeue
            exit "$status"
            ;;
        USR1/*)
            [ "$left" = 0 ] || echo "out of time, $left more cells later"
            [ "$left" = 0 ] || requeue
            ;;
        esac
        [ "$worst" != 0 ] || worst=$status
        [ -z "$asked" ] || break
    done
    exit "$worst"
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

# How many tasks "1-3,7%2" are.
count_of() {
    local part count=0 parts
    IFS=, read -ra parts <<<"${1%\%*}"
    for part in "${parts[@]}"; do
        count=$((count + ${part#*-} - ${part%-*} + 1))
    done
    echo "$count"
}

# Jobs and tasks of the user that Slurm has.
queued() {
    local lines
    lines=$(squeue -h -r -u "$(id -un)" -o %i) || return 1
    if [ -n "$lines" ]; then wc -l <<<"$lines"; else echo 0; fi
}

# Of jobs (":71:72_3") those that are not over: Slurm forgets the others.
still_there() {
    local job jobs
    read -ra jobs <<<"${1//:/ }"
    for job in "${jobs[@]}"; do
        [ -z "$(squeue -h -j "$job" -o %i 2>/dev/null)" ] || printf ':%s' "$job"
    done
}

# A job that submits the rest as soon as the first of these arrays is over.
go_on_later() { # ID OF THE FIRST
    if [ -z "$1" ]; then
        echo "$self: the queue is full with other jobs of yours ($queue); run it again later" >&2
        exit 75
    fi
    if [ -z "$(sbatch --parsable "${options[@]}" "${last[@]}" "--dependency=afterany:$1" "$self" submit)" ]; then
        echo "$self: run it again when there is room: it goes on where it stopped" >&2
        exit 75
    fi
    echo "the queue holds $queue jobs of yours: when array $1 is over, a job submits more"
    exit 0
}

not_all() { # IDS
    echo "$self: not all was submitted${1:+ (jobs ${1#:} were)}; the next call goes on there." \
        "If a limit of jobs is the reason: vitamin slurm --queue-limit N, or --pack N" >&2
    exit 1
}

submit() {
    local self=${script:-$1} offset indices after id ids='' now='' most ids_of=() words line room=0
    local -A before=()
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
    if [ -e "$self.submitted" ]; then
        while IFS='|' read -r line id; do
            before[$line]=$id
        done <"$self.submitted"
    fi
    if [ "$queue" -gt 0 ]; then # two are left for the job that goes on, and the report
        room=$(queued) || exit 1
        room=$((queue - 2 - room))
    fi
    for line in "${arrays[@]}"; do
        read -r offset indices after <<<"$line"
        id=${before[$line]:-}
        if [ -z "$id" ]; then
            if [ "$queue" -gt 0 ]; then
                room=$((room - $(count_of "$indices")))
                [ "$room" -ge 0 ] || go_on_later "$now"
            fi
            words=("--array=$indices")
            [ -z "$after" ] || after=":${ids_of[${after%_*} - 1]}_${after#*_}"
            if [ -n "$after" ] && { [ ${#before[@]} = 0 ] || [ -n "$(still_there "$after")" ]; }; then
                words+=("--dependency=afterany$after")
            fi
            id=$(sbatch --parsable "${options[@]}" "${task[@]}" "${words[@]}" "$self" cell "$offset")
            [ -n "$id" ] || not_all "$ids"
            id=${id%%;*}
            now=${now:-$id}
            echo "$line|$id" >>"$self.submitted" || exit 1
            echo "array $id: cells $indices above $offset${after:+, after ${after#:}}"
        fi
        ids+=":$id"
        ids_of+=("$id")
    done
    words=()
    [ ${#before[@]} = 0 ] || ids=$(still_there "$ids")
    [ -z "$ids" ] || words=("--dependency=afterany$ids")
    id=$(sbatch --parsable "${options[@]}" "${last[@]}" "${words[@]}" "$self" report)
    if [ -z "$id" ]; then
        echo "$self: the tasks are submitted, the report is not; make it by hand:" \
            "bash $self report" >&2
        exit 1
    fi
    rm -f "$self.submitted"
    echo "report ${id%%;*}: after all of them, into $report"
}

case ${1:-submit} in
cell) run_task "$2" ;;
report) run_report ;;
submit) submit "$0" ;;
*)
    echo "usage: bash $0 [cell N | report]" >&2
    exit 2
    ;;
esac
