#!/bin/sh
# Install the packages that vitamin needs from Debian (12 or newer), through sudo unless root.
# `deps.sh slurm` installs those of the Slurm test instead, `deps.sh distros` those of the test on other
# Debian releases.
#
# OpenBLAS: the pthread build, which the program limits to one thread (engine/base/threads.c). Our own
# loops are parallel and call BLAS from several threads at once. Debian's serial build is not safe for
# that: concurrent products were occasionally wrong (a test watches for it). The OpenMP build would
# bring a second OpenMP runtime into programs compiled by clang.
set -eu

packages="build-essential pkg-config git ca-certificates
libopenblas-pthread-dev libhdf5-dev libmujoco-dev libinih-dev libcriterion-dev zlib1g-dev libcurl4-openssl-dev libssl-dev
gnuplot-nox fonts-urw-base35 fontconfig
clang clang-format clang-tidy libclang-rt-dev libomp-dev cppcheck shellcheck"
case "${1:-}" in
slurm) packages="slurm-wlm munge parallel" ;;
distros) packages="debootstrap debian-archive-keyring" ;;
esac

missing=""
for p in $packages; do
    dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing="$missing $p"
done
[ -n "$missing" ] || { echo "deps: all packages are installed"; exit 0; }

as_root=""
[ "$(id -u)" = 0 ] || as_root="sudo"
echo "deps: installing$missing"
$as_root apt-get update -q
# shellcheck disable=SC2086 # a list of names on purpose
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -q -y --no-install-recommends $missing
