#!/bin/bash
# Run the commands of the pages that newcomers follow, each page's in a folder of its own, in order and as
# they stand: everything between ```sh and ```. A block marked `sh python` is left out where Python has no
# h5py. usage: tests/e2e/pages.sh [--self-test] [PAGE.md...]; without pages: docs/own-*.md
#
# Run by `make test`, which has built the program in $BUILD. The self-test plants pages that must fail.
set -u
cd "$(dirname "$0")/../.." || exit 1
PATH=$(realpath "${BUILD:-build/gcc}"):$PATH
folder=$(mktemp -d "${TMPDIR:-/tmp}/vitamin-pages-XXXXXX")
trap 'rm -rf "$folder"' EXIT
export HOME=$folder LC_ALL=C.UTF-8
unset VITAMIN_DATA D4RL_DATASET_DIR MINARI_DATASETS_PATH VITAMIN_SERVER VITAMIN_MIRROR
python=no
python3 -c 'import h5py, numpy' 2>/dev/null && python=yes

commands_of() { # PAGE: its blocks as one script, each line shown before it runs
    awk -v python="$python" '
        /^```sh( python)?$/ { inside = $2 != "python" || python == "yes"; next }
        /^```/ { inside = 0; next }
        inside' "$1"
}

try_page() { # PAGE
    local work log script
    SECONDS=0
    work=$(mktemp -d "$folder/page-XXXXXX")
    log=$work.log
    script=$(commands_of "$1")
    if [ -z "$script" ]; then
        echo "pages: FAILED: $1 has no commands (blocks that begin with \`\`\`sh)"
        return 1
    fi
    if ! (cd "$work" && bash -euvo pipefail <(printf '%s\n' "$script") >"$log" 2>&1 </dev/null); then
        echo "pages: FAILED: a command of $1:"
        tail -n 12 "$log" | sed 's/^/    /'
        return 1
    fi
    echo "pages: $1: $(grep -c '^[a-z]' <<<"$script") lines in $SECONDS s"
}

self_test() {
    local bad=0 text
    printf '# no block\n\n    vitamin version\n' >"$folder/none.md"
    printf '```sh\ntrue\n```\n```sh\nvitamin rum\n```\n```sh\ntrue\n```\n' >"$folder/wrong.md"
    printf '```sh\nvitamin version | grep nothing-like-this\n```\n' >"$folder/pipe.md"
    printf '```sh\nvitamin version\n```\n' >"$folder/right.md"
    for text in none wrong pipe; do
        try_page "$folder/$text.md" >/dev/null && echo "pages: self-test: $text.md passed" && bad=1
    done
    try_page "$folder/right.md" >/dev/null || { echo "pages: self-test: right.md failed" && bad=1; }
    return $bad
}

[ "${1:-}" != --self-test ] || { self_test && echo "pages: self-test passed"; exit; }
failed=0
self_test || failed=1
[ $# -gt 0 ] || set -- docs/own-*.md
pids=()
for page in "$@"; do
    try_page "$page" &
    pids+=($!)
done
for pid in "${pids[@]}"; do
    wait "$pid" || failed=1
done
[ $python = yes ] || echo "pages: Python has no h5py here, so blocks that need it were left out"
exit $failed
