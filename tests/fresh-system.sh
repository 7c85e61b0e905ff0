#!/bin/bash
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
#
# A stranger's machine: both commands of the README in a fresh tree of Debian 12 with git and ca-certificates and nothing else.
# Not part of the suites: it wants root, debootstrap and a Debian mirror, and takes its time.
#
# usage: fresh-system.sh FOLDER [MIRROR] [-- COMMAND...]
#
# FOLDER/pristine is made once and kept; FOLDER/tree is made anew from it on each run. The commit that is checked out here is cloned into a
# path with a blank. Without COMMAND: ./dev demo, then ./dev test.
set -euo pipefail

source_tree=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
folder=${1:?usage: fresh-system.sh FOLDER [MIRROR] [-- COMMAND...]}
shift
mirror=http://deb.debian.org/debian
if [ $# -gt 0 ] && [ "$1" != -- ]; then
	mirror=$1
	shift
fi
[ "${1:-}" != -- ] || shift
pristine=$folder/pristine
tree=$folder/tree
place="/root/a stranger's clone"

unmount() {
	local point
	for point in dev/pts dev sys proc; do
		! mountpoint -q "$tree/$point" || umount "$tree/$point"
	done
}
trap unmount EXIT

inside() {
	env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root chroot "$tree" "$@"
}

mkdir -p "$folder"
if [ ! -e "$pristine/.complete" ]; then
	rm -rf -- "$pristine"
	debootstrap --variant=minbase --include=git,ca-certificates bookworm "$pristine" "$mirror"
	touch "$pristine/.complete"
fi
unmount
rm -rf -- "$tree"
cp -a -- "$pristine" "$tree"
# how this machine reaches the network, and nothing else of it
cp -L /etc/resolv.conf /etc/hosts "$tree/etc/"
mount -t proc proc "$tree/proc"
mount --bind /sys "$tree/sys"
mount --bind /dev "$tree/dev"
mount --bind /dev/pts "$tree/dev/pts"
git -c "safe.directory=*" -C "$source_tree" bundle create -q "$tree/root/source.bundle" HEAD
inside git -c advice.detachedHead=false clone -q /root/source.bundle "$place"
if [ $# -eq 0 ]; then
	set -- bash -c "./dev demo && ./dev test"
fi
inside env --chdir="$place" "$@"
