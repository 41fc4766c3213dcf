#!/bin/bash
# Install into an empty folder, try every command there from a folder without sources, uninstall, and look
# that nothing is left. usage: tests/e2e/install.sh
#
# Run by `make test`, which has built what is installed, with the variables of its command line.
set -u
cd "$(dirname "$0")/../.." || exit 1
case ${MAKEFLAGS:-} in
*"-- "*) export MAKEFLAGS="-- ${MAKEFLAGS#*-- }" ;; # not its flags, nor its job server
*) unset MAKEFLAGS ;;
esac
folder=$(mktemp -d "${TMPDIR:-/tmp}/vitamin-install-XXXXXX")
trap 'rm -rf "$folder"' EXIT
export HOME=$folder/home # nobody's settings
mkdir "$folder/home" "$folder/work"
failed=0

fail() {
    echo "install: FAILED: $1"
    failed=1
}

# A command that should succeed; what it prints is in $out.
try() {
    out=$("$@" 2>&1 </dev/null) || fail "$* (status $?): $(tail -n 3 <<<"$out")"
}

contains() { # TEXT WHAT
    case $out in *"$1"*) ;; *) fail "$2 lacks '$1': $(head -n 3 <<<"$out")" ;; esac
}

empty() { # FOLDER: not there, or nothing in it
    [ ! -d "$1" ] || [ -z "$(ls -A "$1")" ] || fail "$2: $(cd "$1" && find . -mindepth 1 | head -n 5 | tr '\n' ' ')"
}

# --- a package's folder, with blanks and quotes -------------------------------------------------
staged="$folder/a package's folder"
set_apart=(PREFIX="/opt/some where" "DESTDIR=$staged")
try make -n install "${set_apart[@]}"
empty "$staged" "make -n install wrote"
try make install "${set_apart[@]}"
[ -x "$staged/opt/some where/bin/vitamin-report" ] || fail "DESTDIR and PREFIX are not followed"
try make uninstall "${set_apart[@]}"
[ ! -e "$staged" ] || fail "make uninstall left $(find "$staged" | head -n 5)"
out=$(make uninstall "${set_apart[@]}" 2>&1) && fail "a second make uninstall succeeded"
contains "installed-files is missing" "a second make uninstall"
out=$(make install PREFIX=relative 2>&1) && fail "a relative PREFIX was taken"
contains "should be a whole path" "make install PREFIX=relative"

# --- a prefix without root ----------------------------------------------------------------------
prefix=$folder/prefix
mkdir -p "$prefix/share/doc"
echo mine >"$prefix/share/doc/mine"
try make install "PREFIX=$prefix"
share=$prefix/share

version=$(sed -n 's/^VERSION = //p' Makefile)
try "$prefix/bin/vitamin" --version
contains "vitamin    $version, revision " "vitamin --version"
try "$prefix/bin/vitamin" -V
contains "vitamin    $version, revision " "vitamin -V"
try "$prefix/bin/vitamin-report" --version
contains "vitamin-report $version, revision " "vitamin-report --version"
for page in "$share"/man/man1/vitamin.1 "$share"/man/man1/vitamin-report.1; do
    out=$(cat "$page")
    contains "\"vitamin $version\"" "${page##*/}"
    ! command -v man >/dev/null || try man --warnings -E UTF-8 -l "$page"
done
out=$(cat CITATION.cff)
contains "
version: $version
" CITATION.cff
read -r out <packaging/debian/changelog
contains "vitamin ($version-" packaging/debian/changelog
for file in README.md LICENSE CITATION.cff CHANGELOG.md docs/running.md; do
    cmp -s "$share/doc/vitamin/$file" "${file}" || fail "$file is not installed"
done

# Each shell takes its file; what it offers is tested in tests/harness/commands.
try bash -c '. "$1/vitamin" && . "$1/vitamin-report" && complete -p vitamin vitamin-report' bash \
    "$share/bash-completion/completions"
contains vitamin-report "bash's completion"
if command -v zsh >/dev/null; then
    try zsh -fc 'fpath=("$1" $fpath); autoload -Uz compinit; compinit -u -D; echo $_comps[vitamin] $_comps[vitamin-report]' zsh \
        "$share/zsh/site-functions"
    contains "_vitamin _vitamin-report" "zsh's completion"
fi
if command -v fish >/dev/null; then
    try fish --no-config -c 'source $argv[1]; complete -C "vitamin swe"' "$share/fish/vendor_completions.d/vitamin.fish"
    contains sweep "fish's completion"
fi

# --- every command, where there are no sources --------------------------------------------------
PATH=$prefix/bin:$PATH
cd "$folder/work" || exit 1
vitamin() { try command vitamin "$@"; }
mapfile -t commands < <(command vitamin help | sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z]*\) .*/\1/p' | grep -vx help)
[ ${#commands[@]} -ge 15 ] || fail "vitamin help lists ${#commands[@]} commands"
for command in "${commands[@]}"; do
    vitamin "$command" --help
done
vitamin plan
contains smoke "vitamin plan"
vitamin plan smoke
vitamin status smoke
vitamin config --dataset pen-cloned-v1 --method td3_odt --preset code
vitamin explain td3_odt
vitamin env hopper --random --episodes 1
vitamin data list
vitamin data generate hopper-random-v2 --policy random --rows 3000
vitamin data check data/hopper-random-v2.hdf5
vitamin data stats
vitamin run --dataset hopper-random-v2 --method td3bc --size tiny --seed 1
vitamin results
contains "1 run: 1 done" "vitamin results"
vitamin verify results/runs
vitamin slurm smoke
vitamin report --fast --format svg
grep -q "the paper's numbers and ours" out/report/report.md || fail "the report lacks the paper's numbers"
[ -s out/report/index.html ] || fail "vitamin report made no page"
vitamin man
vitamin completion zsh

# --- away again -----------------------------------------------------------------------------------
cd "$OLDPWD" || exit 1
echo mine >"$share/doc/vitamin/mine"
echo "$prefix/bin/gone" >"$prefix/bin/gone"
sed -i "\$a $prefix/bin/gone" "$share/doc/vitamin/installed-files" # of an older version
try make install "PREFIX=$prefix"
[ ! -e "$prefix/bin/gone" ] || fail "a second make install left an older version's file"
try make uninstall "PREFIX=$prefix"
left=$(cd "$prefix" && find . -type f | sort | tr '\n' ' ')
[ "$left" = "./share/doc/mine ./share/doc/vitamin/mine " ] || fail "make uninstall left, or took away: $left"
rm "$share/doc/vitamin/mine"
left=$(cd "$prefix" && find . -mindepth 1 | sort | tr '\n' ' ')
[ "$left" = "./share ./share/doc ./share/doc/mine ./share/doc/vitamin " ] || fail "make uninstall left: $left"

[ $failed = 0 ] && echo "install: all ${#commands[@]} commands work, and nothing is left"
exit $failed
