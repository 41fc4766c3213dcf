#!/bin/bash
# usage: PREFIX=/usr/local [DESTDIR=folder] packaging/install.sh install BUILD | uninstall
#
# Installs the programs of BUILD, what they say of themselves (BUILD/share) and the docs, and lists what it
# has made, folders too, in share/doc/vitamin/installed-files: `uninstall` removes exactly that, whichever
# revision it is called from.
set -euo pipefail
cd "$(dirname "$0")/.."
prefix=${PREFIX:?is not set}
case $prefix in
/*) ;;
*)
    echo "install: PREFIX is '$prefix'; it should be a whole path, as /usr/local" >&2
    exit 2
    ;;
esac
prefix=${prefix%/}
root=${DESTDIR:-}
case $root in
"" | /*) ;;
*) root=$PWD/$root ;;
esac
root=${root%/}
doc=share/doc/vitamin
list=$root$prefix/$doc/installed-files # paths behind DESTDIR; a folder ends in /
umask 022

# Both append to the list what they make.
make_folder() {
    [ ! -d "$1" ] || return 0
    make_folder "$(dirname "$1")"
    mkdir "$1"
    made+=("${1#"$root"}/")
}

put() { # MODE FOLDER FILE...
    local mode=$1 folder=$root$prefix/$2 file
    shift 2
    make_folder "$folder"
    for file in "$@"; do
        install -m "$mode" "$file" "$folder/"
        made+=("${folder#"$root"}/${file##*/}")
    done
}

# Also when the installation is broken off. An older version's list names the folders, which are no longer
# new, and maybe files that this version lacks: they go.
write_list() {
    local before=() entry
    [ -d "${list%/*}" ] || return 0
    [ ! -f "$list" ] || mapfile -t before <"$list"
    made+=("${list#"$root"}")
    for entry in "${before[@]}"; do
        case $entry in
        */) made+=("$entry") ;;
        *) grep -qxF -- "$entry" <(printf '%s\n' "${made[@]}") || rm -f "$root$entry" ;;
        esac
    done
    printf '%s\n' "${made[@]}" | sort -u >"$list.tmp" && mv "$list.tmp" "$list"
}

install_all() {
    local build=$1 file
    made=()
    trap write_list EXIT
    make_folder "$root$prefix/$doc" # first, for the list
    put 755 bin "$build/vitamin" "$build/vitamin-report"
    while read -r file; do
        put 644 "share/$(dirname "$file")" "$build/share/$file"
    done < <(cd "$build/share" && find . -type f ! -name '*.tmp' -printf '%P\n' | sort)
    put 644 $doc README.md CHANGELOG.md CITATION.cff LICENSE
    put 644 $doc/docs docs/*.md
    echo "installed in $root$prefix"
}

uninstall_all() {
    local listed=() entry
    if [ ! -f "$list" ]; then
        echo "uninstall: $list is missing, so nothing that \`make install\` has made is known there;" \
            "pass its PREFIX and DESTDIR" >&2
        exit 1
    fi
    mapfile -t listed <"$list"
    for entry in "${listed[@]}"; do
        case $entry in */) ;; *) rm -f "$root$entry" ;; esac
    done
    # The deepest first; one that holds something else stays.
    printf '%s\n' "${listed[@]}" | grep '/$' | sort -r | while read -r entry; do
        [ ! -d "$root$entry" ] || rmdir --ignore-fail-on-non-empty "$root$entry"
    done
    echo "removed from $root$prefix"
}

case "${1:-} $#" in
"install 2") install_all "$2" ;;
"uninstall 1") uninstall_all ;;
*)
    echo "usage: PREFIX=/usr/local [DESTDIR=folder] packaging/install.sh install BUILD | uninstall" >&2
    exit 2
    ;;
esac
