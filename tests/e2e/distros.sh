#!/bin/bash
# README's two commands, `make deps smoke` and `make deps test`, on bare Debian systems, from a clone of
# HEAD. usage: [FILTER='plot/*'] [STEPS='smoke test'] tests/e2e/distros.sh [CODENAME|other...]
# default: bookworm trixie
#
# Two more STEPS: `package` builds Debian's package, installs, uses and removes it (package.sh); `images` does
# what packaging/Containerfile and packaging/vitamin.def say, each stage in a bare system of its own, always
# on bookworm as they do, and starts the program of the last one.
#
# debootstrap makes a bare system from the Debian mirror in this machine's apt settings, with git and
# make. It is cached in build/distros/CODENAME.tar, next to the packages that `make deps` downloads, and
# unpacked afresh each time. /proc, /dev and all processes live in a separate namespace, so the kernel
# removes them however this script ends. `other` is the Debian release that this machine does not run.
# FILTER limits the tests, not what is compiled.
#
# Fails when a command fails, a compiler warns, or smoke's log contains a warning. A skipped test also
# exits with 0; its last line says why.
set -u
cd "$(dirname "$0")/../.." || exit 1
store=$PWD/build/distros
root=""    # of the system in hand
systems="" # of an image's stages
child=""   # what runs in it
failed=0

skip() {
    echo "distros: skipped: $1"
    exit $failed
}

# Lines "deb URI SUITE main" for Debian CODENAME: this machine's, with the codename replaced.
sources_of() {
    local own
    own=$(. /etc/os-release && [ "$ID" = debian ] && echo "${VERSION_CODENAME:-}")
    [ -n "$own" ] && apt-get indextargets --format '$(CODENAME) $(RELEASE) $(REPO_URI) $(COMPONENT)' \
        'Created-By: Packages' | awk -v own="$own" -v new="$1" '
            { name = NF == 4 ? $1 : $(NF - 2) } # no codename before the first apt-get update
            $NF == "main" && index(name, own) == 1 { print "deb", $(NF - 1), new substr(name, length(own) + 1), "main" }' |
        sort -u
}

# The settings with which this machine's apt reaches its mirror: proxies, and options for snapshots.
apt_settings() {
    apt-config dump --format '%f "%v";%n' | grep -E '^Acquire::([a-z]+::Proxy|Check-(Valid-Until|Date))\b.*"[^"]+"'
}

make_base() { # CODENAME: build/distros/CODENAME.tar
    local mirror
    mirror=$(sources_of "$1" | awk -v suite="$1" '$3 == suite { print $2; exit }')
    [ -n "$mirror" ] || skip "apt on this machine knows no mirror of Debian"
    echo "distros: $1: debootstrap"
    nice -n 10 unshare --mount --propagation private debootstrap --variant=minbase --include=git,make,ca-certificates \
        "$1" "$root" "$mirror" >"$store/$1-base.log" 2>&1 ||
        skip "debootstrap $1 failed: $(tail -n 1 "$store/$1-base.log")"
    mkdir -p "$store/$1-packages/partial"
    mv "$root"/var/cache/apt/archives/*.deb "$store/$1-packages" 2>/dev/null
    tar -C "$root" -cf "$store/$1.tar.part" . && mv "$store/$1.tar.part" "$store/$1.tar" ||
        skip "no room for $store/$1.tar"
    rm -rf --one-file-system "$root"
}

unpack() { # CODENAME: at $root, with a clone of HEAD in its /srv
    mkdir -p "$root" && tar -C "$root" -xf "$store/$1.tar" || return 1
    sources_of "$1" >"$root/etc/apt/sources.list"
    apt_settings >"$root/etc/apt/apt.conf.d/90host"
    cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
    git clone -q --no-hardlinks . "$root/srv/vitamin"
}

# Run a command in the system, with only CI's variables from this environment.
inside() {
    exec nice -n 10 unshare --mount --propagation private --pid --fork --kill-child bash -c '
        root=$1 packages=$2; shift 2
        mount -t proc proc "$root/proc" && mount --bind /dev "$root/dev" &&
            mount --bind /dev/pts "$root/dev/pts" && mount -t tmpfs shm "$root/dev/shm" &&
            mount --bind "$packages" "$root/var/cache/apt/archives" || exit 125
        exec chroot "$root" /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
            HOME=/root LC_ALL=C.UTF-8 TERM=dumb "$@"' inside "$root" "$store/$1-packages" "${@:2}" </dev/null
}

# Warnings of compilers, linkers and make; for smoke also errors and gnuplot's messages (smoke itself
# rightly warns that its data is generated and its networks are small). Tests log such lines on purpose, and
# apt prints its own.
build_warning='^[^ ]*(\.[ch]|cc1|ld|gcc|cc|make(\[[0-9]+\])?)[0-9:]*: ([^ ]*: )?[Ww]arning:'
program_warning='^[0-9]{4}-[0-9TZ:-]+ (error |warn +gnuplot:)'

# Run one of the commands. Arguments: CODENAME, name of its log, pattern of its warnings, the command.
try() {
    local log=$store/$1-$2.log start=$SECONDS status
    inside "$1" bash -c 'cd srv/vitamin && "$@"' try "${@:4}" >"$log" 2>&1 &
    child=$!
    wait $child
    status=$?
    child=""
    echo "distros: $1: ${*:4}: $((SECONDS - start)) s, status $status: $(tail -n 1 "$log")"
    if grep -nE "$3" "$log" | head -n 20 | grep .; then
        echo "distros: $1: FAILED: warnings, see $log"
        failed=1
    elif [ $status != 0 ]; then
        tail -n 30 "$log"
        echo "distros: $1: FAILED, see $log"
        failed=1
    fi
}

# Copies into the system at $root: from the folder or stage FROM, patterns SOURCE... to TARGET.
copy_into() { # FROM SOURCE... TARGET
    local from=$1 target=$root${*: -1} pattern
    mkdir -p "$(dirname "$target/.")"
    [ "${target%/}" != "$target" ] || rmdir "$target" # a file's name
    for pattern in "${@:2:$#-2}"; do
        # shellcheck disable=SC2086 # a pattern on purpose
        (cd "$from" && cp -R ${pattern#/} "$target") || return 1
    done
}

# Carry out an image's description with the bare system for its base.
try_image() { # FILE
    local what a dir=/ step=0 name=${1##*/} root
    local -a fields
    local -A stage=([-]=$PWD)
    systems=$(mktemp -d "$store/image-XXXXXX")
    while IFS=$'\t' read -r what a; do
        step=$((step + 1))
        case $what in
        stage)
            root=$systems/$a dir=/
            stage[$a]=$root
            unpack bookworm
            ;;
        copy)
            IFS=$'\t' read -ra fields <<<"$a"
            copy_into "${stage[${fields[0]}]}" "${fields[@]:1}"
            ;;
        dir)
            dir=$a
            mkdir -p "$root$dir"
            ;;
        run) try bookworm "$name-$step" "$build_warning" bash -c "cd $dir && $a" ;;
        start) try bookworm "$name-$step" "$build_warning" bash -c "cd $dir && $a plan smoke && $a --version" ;;
        esac || {
            echo "distros: $name: FAILED: $what $a"
            failed=1
        }
        [ $failed = 0 ] || break
    done < <(awk -f tests/e2e/image_steps.awk "$1")
    [ $step -gt 5 ] || failed=1 # awk has said why
    rm -rf --one-file-system "$systems"
    systems=""
}

[ "$(id -u)" = 0 ] || skip "a chroot wants root"
command -v debootstrap >/dev/null || PATH=$PATH:/usr/sbin:/sbin
command -v debootstrap >/dev/null || skip "there is no debootstrap (./deps.sh distros installs it)"
unshare --mount --pid --fork true 2>/dev/null || skip "this machine allows no namespaces"
[ -z "$(git status --porcelain)" ] || echo "distros: uncommitted changes are not tested"

[ $# -gt 0 ] || set -- bookworm trixie
if [ "$*" = other ]; then
    # shellcheck disable=SC1091
    case $(. /etc/os-release && echo "${VERSION_CODENAME:-}") in
    bookworm) set -- trixie ;;
    *) set -- bookworm ;;
    esac
fi

mkdir -p "$store"
trap '[ -z "$child" ] || { kill -KILL $child; wait $child; } 2>/dev/null; rm -rf --one-file-system "$root" "$systems"' EXIT
trap 'exit 1' INT TERM HUP
steps=" ${STEPS:-smoke test} "
for codename in "$@"; do
    [ "${steps// images / }" != " " ] || break
    root=$(mktemp -d "$store/$codename-XXXXXX") && chmod 755 "$root" || skip "no room in $store"
    [ -f "$store/$codename.tar" ] || make_base "$codename"
    unpack "$codename" || { echo "distros: $codename: FAILED: cannot be unpacked" && exit 1; }
    for step in $steps; do
        case $step in
        smoke) try "$codename" smoke "$build_warning|$program_warning" make deps smoke ;;
        test) try "$codename" test "$build_warning" make deps test ${FILTER:+"FILTER=$FILTER"} ;;
        package) try "$codename" package "$build_warning" tests/e2e/package.sh THROWAWAY ;;
        images) ;;
        *) echo "distros: FAILED: unknown step '$step'" && failed=1 ;;
        esac
    done
    rm -rf --one-file-system "$root"
done
case $steps in
*" images "*)
    root=$(mktemp -d "$store/bookworm-XXXXXX") && [ -f "$store/bookworm.tar" ] || make_base bookworm
    make dist
    for image in packaging/Containerfile packaging/vitamin.def; do
        try_image $image
    done
    ;;
esac
[ $failed = 0 ] && echo "distros:${steps}works on $*"
exit $failed
