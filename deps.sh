#!/bin/sh
# Install the packages that vitamin needs from Debian (12 or newer), through sudo unless root.
# usage: [MUJOCO_PREFIX=folder] deps.sh [-n] [GROUP...]      -n: only print the names of those missing
#
# Without a group: what building, running and testing need. Groups: lint (clang and linters, for `make
# lint`, CC=clang and `make fuzz`), slurm (for `make test-slurm`), distros (for `make test-distros`), deb
# (for `make deb`), shells (the tests of completion), python (the pages' examples in Python);
# dev is all of them.
#
# OpenBLAS: the pthread build, which the program limits to one thread (engine/base/threads.c). Our own
# loops are parallel and call BLAS from several threads at once. Debian's serial build is not safe for
# that: concurrent products were occasionally wrong (a test watches for it). The OpenMP build would
# bring a second OpenMP runtime into programs compiled by clang.
set -eu

lint="clang clang-format clang-tidy libclang-rt-dev libomp-dev cppcheck shellcheck"
slurm="slurm-wlm munge parallel"
distros="debootstrap debian-archive-keyring"
deb="build-essential debhelper"
shells="bash-completion zsh fish man-db"
python="python3 python3-h5py python3-numpy"
base="build-essential pkg-config git ca-certificates
libopenblas-pthread-dev libhdf5-dev libinih-dev libcriterion-dev zlib1g-dev libcurl4-openssl-dev libssl-dev
libfontconfig-dev libjson-c-dev gnuplot-nox fonts-urw-base35 fontconfig"
[ -n "${MUJOCO_PREFIX:-}" ] || base="$base libmujoco-dev"

only_print=""
[ "${1:-}" != -n ] || { only_print=1 && shift; }
packages=""
[ $# -gt 0 ] || packages=$base
for group in "$@"; do
    case $group in
    lint) packages="$packages $lint" ;;
    slurm) packages="$packages $slurm" ;;
    distros) packages="$packages $distros" ;;
    deb) packages="$packages $deb" ;;
    shells) packages="$packages $shells" ;;
    python) packages="$packages $python" ;;
    dev) packages="$packages $base $lint $slurm $distros $deb $shells $python" ;;
    *)
        echo "deps: unknown group '$group'; there are lint, slurm, distros, deb, shells, python and dev (all)" >&2
        exit 2
        ;;
    esac
done
command -v apt-get >/dev/null || {
    echo "deps: there is no apt-get here; docs/install.md says what to install on other systems" >&2
    exit 1
}

missing=""
for p in $packages; do
    dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing="$missing $p"
done
[ -z "$only_print" ] || { echo "${missing# }" && exit 0; }
[ -n "$missing" ] || { echo "deps: all packages are installed"; exit 0; }

as_root=""
[ "$(id -u)" = 0 ] || as_root="sudo"
[ -z "$as_root" ] || command -v sudo >/dev/null || {
    echo "deps: missing:$missing; installing them needs root, docs/install.md has a way without" >&2
    exit 1
}
echo "deps: installing$missing"
$as_root apt-get update -q
case " $missing " in
*" libmujoco-dev "*)
    apt-cache show libmujoco-dev >/dev/null 2>&1 || {
        echo "deps: this system has no package of MuJoCo; unpack a release of it and pass its folder:" \
            "make deps MUJOCO_PREFIX=folder (docs/install.md)" >&2
        exit 1
    }
    ;;
esac
# shellcheck disable=SC2086 # a list of names on purpose
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -q -y --no-install-recommends $missing
