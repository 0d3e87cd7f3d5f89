#!/usr/bin/env bash
# Installs what the scenarios on a real NFS need, by apt; does nothing when nothing is missing.
set -euo pipefail

# shellcheck source=../../scripts/apt.sh
. "$(dirname "$0")/../../scripts/apt.sh"

need qemu-system-x86 command -v qemu-system-x86_64
need debootstrap command -v debootstrap
need kmod command -v depmod
need e2fsprogs command -v mke2fs
need cpio command -v cpio
need gcc command -v gcc
need libc6-dev test -e /usr/include/stdio.h
need python3 command -v python3
install_missing
