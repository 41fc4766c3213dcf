#!/bin/sh
# Includes go one way only: this table is the house's plan. Each line: folder, what it may include.
set -eu
cd "$(dirname "$0")/../.."

table='engine/base    engine/base/
engine/nn      engine/base/ engine/nn/
engine/data    engine/base/ engine/data/
engine/optim   engine/base/ engine/nn/params.h engine/optim/
engine/methods engine/
suites         engine/base/ engine/data/trajectory.h suites/
harness        engine/base/ engine/data/ engine/methods/ suites/ harness/
report         engine/base/ harness/curve.h report/'

bad=0
while read -r folder allowed; do
    for file in $(git ls-files "$folder" | grep '\.[ch]$' || true); do
        for include in $(sed -n 's/^#include "\([^"]*\)".*/\1/p' "$file"); do
            ok=0
            for prefix in $allowed; do
                case "$include" in "$prefix"*) ok=1 ;; esac
            done
            [ $ok = 1 ] || { echo "$file: includes $include, which $folder may not"; bad=1; }
        done
    done
done <<EOF
$table
EOF
# One door for each of these libraries.
doors='cblas.h      engine/nn/matmul.c engine/base/threads.c
mujoco/mujoco.h suites/physics.h suites/physics.c'
while read -r header allowed; do
    for file in $(git grep -l "#include <$header>" -- engine suites harness report || true); do
        case " $allowed " in *" $file "*) ;; *) echo "$file: includes <$header>; go through $allowed"; bad=1 ;; esac
    done
done <<EOF
$doors
EOF
[ $bad = 0 ] && echo "includes: one way only"
exit $bad
