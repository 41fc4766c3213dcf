#!/bin/bash
# Run test programs one after another, then $SCRIPTS, each of which counts as one test; add up Criterion's
# counts, end with `N passed, N failed`.
# Under SAN=asan a leak that Criterion lets pass still fails here: any sanitizer log does.
set -u
logs="$PWD/$BUILD/sanitizer"
rm -rf "$logs"
mkdir -p "$logs"
export ASAN_OPTIONS="log_path=$logs/asan:detect_leaks=1:abort_on_error=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}"
export UBSAN_OPTIONS="log_path=$logs/ubsan:print_stacktrace=1"
export LSAN_OPTIONS="suppressions=$PWD/tests/lint/lsan.supp:print_suppressions=0"
export OMP_WAIT_POLICY=passive LC_ALL=C.UTF-8
export VITAMIN_FIXTURES="${VITAMIN_FIXTURES:-$PWD/../shared/fixtures}"

# The programs that tests start ask OpenBLAS for better kernels on some processors (threads.h), and
# the tests compare their bits with those of their own process.
core=$("$BUILD/vitamin" version | sed -n 's/.*BLAS core //p')
export OPENBLAS_CORETYPE="${OPENBLAS_CORETYPE:-$core}"

passed=0 failed=0 skipped=0
out=$(mktemp)
trap 'rm -f "$out"' EXIT
for program in "$@"; do
    echo "== ${program##*/}"
    # Criterion names skipped tests only when verbose; what it says of the rest is left out.
    # nohup would have the tests ignore the hangup that they send.
    env --default-signal=HUP "./$program" --verbose=1 ${FILTER:+--filter "$FILTER"} 2>&1 | sed -u 's/\x1b\[[0-9;]*m//g' |
        grep --line-buffered -v -e '^\[RUN ' -e '^\[PASS\]' -e '^\[====\] Running' -e 'Test is disabled$' \
            -e 'Criterion v' | tee "$out"
    status=${PIPESTATUS[0]}
    line=$(grep 'Synthesis:' "$out" | tail -n 1)
    count() { sed -n "s/.*$1: *\([0-9]*\).*/\1/p" <<<"$line"; }
    skips=$(grep -c '^\[SKIP\]' "$out")
    if [ -z "$line" ]; then
        echo "tests/run.sh: $program ended without Criterion's summary (status $status)"
        failed=$((failed + 1))
        continue
    fi
    bad=$(($(count Failing) + $(count Crashing)))
    [ "$status" = 0 ] || [ "$bad" -gt 0 ] || bad=1
    passed=$((passed + $(count Passing)))
    failed=$((failed + bad))
    skipped=$((skipped + skips))
done
for script in ${SCRIPTS:-}; do
    echo "== $script"
    if "$script"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
    fi
done
if [ "${SAN:-}" = asan ] && [ -n "$(ls -A "$logs")" ]; then
    echo "tests/run.sh: the sanitizers reported:"
    head -n 40 "$logs"/*
    failed=$((failed + 1))
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
