#!/bin/bash
# Build Debian's package, install it, use it, remove it, and look that nothing is left: as root, in a system
# that nobody needs (a container, or the chroot of distros.sh). usage: tests/e2e/package.sh THROWAWAY
set -euo pipefail
cd "$(dirname "$0")/../.."
[ "$(id -u) ${1:-}" = "0 THROWAWAY" ] || {
    echo "package: installs packages as root; say THROWAWAY where that harms nobody" >&2
    exit 2
}

fail() {
    echo "package: FAILED: $1"
    exit 1
}

# Where packages put files, but for those of programs that keep books.
paths() {
    find /bin /etc /lib /opt /sbin /usr /var -xdev \( -path /var/cache -o -path /var/log -o -path /var/tmp -o \
        -path /var/lib/apt -o -path /var/lib/dpkg \) -prune -o -print | sort
}

make deps
./deps.sh deb shells
make deb
package=$(echo "$PWD"/build/deb/vitamin_*.deb)
HOME=$(mktemp -d) # of nobody
# What it needs is no part of what it must not leave behind.
DEBIAN_FRONTEND=noninteractive apt-get satisfy -q -y --no-install-recommends "$(dpkg-deb -f "$package" Depends)"
before=$(paths)
DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$package"
dpkg -L vitamin
version=$(sed -n 's/^VERSION = //p' Makefile)
vitamin --version | grep -F "vitamin    $version, revision $(git rev-parse --short=12 HEAD), clean" ||
    fail "vitamin --version says: $(vitamin --version)"
[ -f /usr/share/doc/vitamin/copyright ] || fail "there is no copyright file"
man -w vitamin vitamin-report || fail "man finds no pages"
bash -c '. /usr/share/bash-completion/bash_completion && _completion_loader vitamin; complete -p vitamin' ||
    fail "bash finds no completion"
zsh -fc 'autoload -Uz compinit; compinit -u -D; [[ $_comps[vitamin] = _vitamin ]]' || fail "zsh finds no completion"
[ "$(fish -c 'complete -C "vitamin swe"' | cut -f 1)" = sweep ] || fail "fish finds no completion"

rm -rf "$HOME"
scratch=$(mktemp -d)
(
    cd "$scratch"
    vitamin data generate hopper-random-v2 --policy random --rows 3000
    vitamin run --dataset hopper-random-v2 --method td3bc --size tiny --seed 1
    vitamin report --format svg
    [ -s out/report/index.html ]
) || fail "the installed programs do not run"
rm -rf "$scratch"

DEBIAN_FRONTEND=noninteractive apt-get purge -q -y vitamin
left=$(comm -3 <(echo "$before") <(paths))
[ -z "$left" ] || fail "the removed package left, or took away: $left"
echo "package: $(basename "$package") works, and nothing of it is left"
