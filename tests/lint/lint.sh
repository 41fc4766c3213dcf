#!/bin/bash
# All linters; prints every finding, fails if there is any. `lint.sh quick` leaves out what builds the
# programs (delete.sh), cppcheck and clang-tidy, which take minutes.
set -u
cd "$(dirname "$0")/../.." || exit 1
bad=0
mapfile -t sources < <(git ls-files '*.c')
mapfile -t files < <(git ls-files '*.c' '*.h')
mapfile -t shells < <(git ls-files '*.sh' .ci/run)
read -ra flags < <(echo "-I. -D_GNU_SOURCE $(pkg-config --cflags openblas hdf5 inih libcurl criterion)")

for tool in clang-format shellcheck cppcheck clang-tidy; do
    command -v "$tool" >/dev/null || missing="${missing:-} $tool"
done
if [ -n "${missing:-}" ]; then
    echo "lint: not installed:$missing; make deps-dev installs them" >&2
    exit 1
fi

tests/lint/includes.sh || bad=1
tests/lint/citations.sh || bad=1
tests/lint/citations.sh --self-test || bad=1

# A finding counts where the tool has the version for which the code was written, Debian 12's. Another
# knows other checks, or formats otherwise: what it finds is shown.
unjudged=""
found() { # TOOL VERSION
    local version
    version=$("$1" --version | grep -oE '[0-9]+(\.[0-9]+)+' | head -n 1)
    case $version in
    "$2" | "$2".*) bad=1 ;;
    *) unjudged="$unjudged, $1's (it is $version, not $2)" ;;
    esac
}

if ! clang-format --dry-run -Werror "${files[@]}" 2>"${TMPDIR:-/tmp}/format.$$"; then
    head -n 20 "${TMPDIR:-/tmp}/format.$$"
    echo "format: make format mends it"
    found clang-format 14
fi
rm -f "${TMPDIR:-/tmp}/format.$$"

shellcheck --severity=warning "${shells[@]}" || bad=1

if [ "${1:-}" = quick ]; then
    [ $bad = 0 ] && echo "lint: clean (quick)${unjudged:+ but for findings not judged: ${unjudged#, }}"
    exit $bad
fi

tests/lint/delete.sh || bad=1
tests/lint/delete.sh --self-test || bad=1

# invalidPointerCast: packed weights are words that hold one f32 or two bf16 (engine/nn/kernel.h).
mapfile -t ours < <(printf '%s\n' "${sources[@]}" | grep -v '^tests/')
cppcheck --quiet --std=c11 --error-exitcode=1 --inline-suppr --enable=warning,portability,performance \
    --suppress=missingInclude --suppress=missingIncludeSystem \
    --suppress=normalCheckLevelMaxBranches --suppress=invalidPointerCast -j "$(nproc)" -I. "${ours[@]}" || found cppcheck 2.10

# One file a process: with several, clang-tidy 14 takes every va_list after the first file for
# uninitialised.
printf '%s\0' "${ours[@]}" |
    xargs -0 -n 1 -P "$(nproc)" sh -c '
        out=$(clang-tidy --quiet "$@" -- -std=c17 -fopenmp '"${flags[*]}"' 2>/dev/null)
        [ -z "$out" ] || { echo "$out"; exit 1; }' tidy || found clang-tidy 14

[ $bad = 0 ] && echo "lint: clean${unjudged:+ but for findings not judged: ${unjudged#, }}"
exit $bad
