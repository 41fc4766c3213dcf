#!/bin/bash
# The test of the house: a gradient, an environment, a figure or a command is one file and its row (and
# declaration). Each is left out in turn: its table is compiled without the rows that name what the file
# defines, and the program linked without the file. Whatever else needs the file shows as an undefined
# reference. `delete.sh --self-test` tries a file that others need and expects to be told.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

make build >"$work/make" 2>&1 || { tail -n 20 "$work/make"; exit 1; }
build=$(sed -n 's/^BUILD := *//p' <<<"$(make -pn help 2>/dev/null)" | head -n 1)
commands=$(make -nB build)

# The command that make has for an output, for another output and with inputs changed by sed.
command_for() { # OUTPUT NEW SED
    grep -E -- " -o $1\$" <<<"$commands" | sed -e "s| -o $1\$| -o $2|" -e "$3"
}

# What a file's object defines and the table's rows name.
names_in() { # OBJECT TABLE
    nm --defined-only -g "$1" | awk '{print $3}' | while read -r name; do
        ! grep -qE -- "(&|= )$name *[,})]" "$2" suites/facts.def || echo "$name"
    done
}

# A table without the rows {...}, ROW(...) or &name that hold one of the names. Rows that a table takes
# from suites/facts.def are looked for there.
without() { # TABLE NAMES
    NAMES=$(tr '\n' '|' <<<"$2" | sed 's/|*$//') perl -0777 -pe '
        my $n = qr/\b(?:$ENV{NAMES})\b/;
        s{^#include "(suites/facts.def)"\n}{ local (@ARGV, $/) = $1; <> }gme;
        s/^[A-Z]+\([^\n]*$n[^\n]*\n//mg;
        s/^[ \t]*\{(?:[^{};]*?)$n[^{};]*\},?\n//mg;
        s/&$n,?\s*//g' "$1"
}

left_out=0 bad=0
leave_out() { # PROGRAM TABLE FILE
    local program=$build/$1 table=$2 object=$build/${3%.c}.o names
    [ "$3" != "$table" ] || return 0
    names=$(names_in "$object" "$table")
    [ -n "$names" ] || return 0 # no part of its own: what several share
    without "$table" "$names" >"$work/table.c"
    if ! sh -c "$(command_for "$build/${table%.c}.o" "$work/table.o" "s| -c $table| -c $work/table.c|")" >"$work/out" 2>&1 ||
        ! sh -c "$(command_for "$program" "$work/program" \
            "s| $object | |; s| $build/${table%.c}.o | $work/table.o |")" >"$work/out" 2>&1; then
        echo "delete: $1 cannot do without $3 (${names//$'\n'/, }):"
        grep -E 'error|undefined reference' "$work/out" | sed 's/^/    /' | sort -u | sed -n 1,10p
        bad=1
    fi
    left_out=$((left_out + 1))
}

if [ "${1:-}" = --self-test ]; then
    # The table of gradients is another's, too: without the file that defines it nothing links.
    leave_out vitamin engine/methods/rl.c engine/methods/rl_shared.c
    [ $left_out = 0 ] || { echo "delete: rl_shared.c is taken for a gradient"; exit 1; }
    leave_out vitamin engine/methods/learner.c engine/methods/learner_dt.c >"$work/told"
    if [ $bad = 0 ] || ! grep -q dt_temperature "$work/told"; then
        echo "delete: does not notice who needs a file"
        exit 1
    fi
    echo "delete: finds what is planted"
    exit 0
fi

for file in engine/methods/rl_*.c; do leave_out vitamin engine/methods/rl.c "$file"; done
for file in suites/*.c; do
    case $file in
    suites/locomotion.c | suites/maze.c) ;; # the ant of antmaze is locomotion's; the maps are several environments'
    *) leave_out vitamin suites/env_table.c "$file" ;;
    esac
done
for file in report/figures/fig_*.c; do leave_out vitamin-report report/figures/figure_table.c "$file"; done
for file in harness/commands/command_*.c; do leave_out vitamin harness/commands/command_table.c "$file"; done
[ $bad = 0 ] && echo "delete: $left_out parts, each can be left out alone"
exit $bad
