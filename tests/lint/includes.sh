#!/bin/sh
# Includes go one way only: this table is the house's plan. Each line: folder, what it may include.
set -eu
cd "$(dirname "$0")/../.."

table='engine/base    engine/base/
engine/nn      engine/base/ engine/nn/
engine/data    engine/base/ engine/data/
engine/optim   engine/base/ engine/nn/params.h engine/optim/
engine/theory  engine/base/ engine/data/ engine/theory/
engine/methods engine/
suites         engine/base/ engine/data/trajectory.h suites/
harness/base engine/base/ engine/data/ engine/methods/ suites/ harness/base/
harness/config engine/base/ engine/data/ engine/methods/ suites/ harness/base/ harness/config/
harness/curve engine/base/ engine/data/ engine/theory/ engine/methods/ suites/ harness/base/ harness/config/ harness/curve/
harness/run engine/base/ engine/data/ engine/methods/ suites/ harness/base/ harness/config/ harness/curve/ harness/run/
harness/matrix engine/base/ engine/data/ engine/methods/ suites/ harness/base/ harness/config/ harness/curve/ harness/run/ harness/matrix/
harness/sweep engine/base/ engine/data/ engine/methods/ suites/ harness/base/ harness/config/ harness/curve/ harness/run/ harness/matrix/ harness/sweep/
harness/commands engine/base/ engine/data/ engine/theory/ engine/methods/ suites/ harness/base/ harness/config/ harness/curve/ harness/run/ harness/matrix/ harness/sweep/ harness/commands/
harness/main.c engine/base/ engine/data/ engine/methods/ suites/ harness/
report/text engine/base/ harness/base/progress.h harness/base/terminal.h report/text/
report/stats engine/base/ report/text/ report/stats/
report/results engine/base/ suites/facts.def harness/curve/curve.h harness/curve/run_folder.h harness/curve/theory_file.h report/text/ report/stats/ report/results/
report/sameness engine/base/ suites/facts.def harness/curve/curve.h report/text/ report/stats/ report/results/ report/sameness/
report/draw engine/base/ report/text/ report/stats/ report/results/ report/draw/
report/tables engine/base/ harness/curve/curve.h report/text/ report/stats/ report/results/ report/tables/
report/claims engine/base/ suites/bandit.h harness/curve/curve.h report/text/ report/stats/ report/results/ report/tables/ report/claims/
report/figures engine/base/ suites/bandit.h harness/curve/curve.h report/text/ report/stats/ report/results/ report/draw/ report/tables/ report/claims/ report/figures/
report/page engine/base/ harness/base/terminal.h harness/curve/curve.h report/text/ report/stats/ report/results/ report/draw/ report/tables/ report/claims/ report/figures/ report/page/
report/export.c engine/base/ harness/curve/curve.h report/
report/export.h engine/base/ harness/curve/curve.h report/
report/options.c engine/base/ harness/curve/curve.h report/
report/options.h engine/base/ harness/curve/curve.h report/
report/provenance.c engine/base/ harness/curve/curve.h report/
report/provenance.h engine/base/ harness/curve/curve.h report/
report/main.c engine/base/ harness/curve/curve.h report/'

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
mujoco/mujoco.h suites/physics.h suites/physics.c
EGL/egl.h suites/camera.c
fontconfig/fontconfig.h report/draw/glyphs.c'
while read -r header allowed; do
    for file in $(git grep -l "#include <$header>" -- engine suites harness report || true); do
        case " $allowed " in *" $file "*) ;; *) echo "$file: includes <$header>; go through $allowed"; bad=1 ;; esac
    done
done <<EOF
$doors
EOF
[ $bad = 0 ] && echo "includes: one way only"
exit $bad
