#!/bin/bash
# All linters; prints every finding, fails if there is any. `lint.sh quick` leaves out cppcheck and
# clang-tidy, which take minutes.
set -u
cd "$(dirname "$0")/../.." || exit 1
bad=0
mapfile -t sources < <(git ls-files '*.c')
mapfile -t files < <(git ls-files '*.c' '*.h')
mapfile -t shells < <(git ls-files '*.sh' .ci/run)
read -ra flags < <(echo "-I. -D_GNU_SOURCE $(pkg-config --cflags openblas hdf5 inih criterion)")

tests/lint/includes.sh || bad=1
tests/lint/citations.sh || bad=1
tests/lint/citations.sh --self-test || bad=1

# The format is clang-format 14's. Another version may see it otherwise, which is no fault of the code.
if ! clang-format --dry-run -Werror "${files[@]}" 2>"${TMPDIR:-/tmp}/format.$$"; then
    head -n 20 "${TMPDIR:-/tmp}/format.$$"
    if clang-format --version | grep -q 'version 14\.'; then
        echo "format: run make format"
        bad=1
    else
        echo "format: not judged: $(clang-format --version) is not version 14"
    fi
fi
rm -f "${TMPDIR:-/tmp}/format.$$"

shellcheck --severity=warning "${shells[@]}" || bad=1

if [ "${1:-}" = quick ]; then
    [ $bad = 0 ] && echo "lint: clean (quick)"
    exit $bad
fi

mapfile -t ours < <(printf '%s\n' "${sources[@]}" | grep -v '^tests/')
cppcheck --quiet --std=c11 --error-exitcode=1 --inline-suppr --enable=warning,portability,performance \
    --suppress=missingInclude --suppress=missingIncludeSystem -j "$(nproc)" -I. "${ours[@]}" || bad=1

# One file a process: with several, clang-tidy 14 takes every va_list after the first file for
# uninitialised.
printf '%s\0' "${ours[@]}" |
    xargs -0 -n 1 -P "$(nproc)" sh -c '
        out=$(clang-tidy --quiet "$@" -- -std=c17 -fopenmp '"${flags[*]}"' 2>/dev/null)
        [ -z "$out" ] || { echo "$out"; exit 1; }' tidy || bad=1

[ $bad = 0 ] && echo "lint: clean"
exit $bad
