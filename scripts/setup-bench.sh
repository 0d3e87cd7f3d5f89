#!/usr/bin/env bash
# Installs what the benchmarks need, by apt: says what is missing, does nothing when nothing is.
set -euo pipefail

fail() { printf 'setup-bench: %s\n' "$*" >&2; exit 1; }

missing=()
# need PACKAGE COMMAND…: the package is there when the command succeeds.
need() {
  "${@:2}" >/dev/null 2>&1 && return
  echo "setup-bench: missing: $1"
  missing+=("$1")
}
python_is_recent() { python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'; }

need gcc command -v gcc
need make command -v make
need binutils command -v nm
need pkg-config command -v pkg-config
need libfuse3-dev pkg-config --exists 'fuse3 >= 3.14'
need fuse3 command -v fusermount3
need e2fsprogs command -v mkfs.ext4
need python3 python_is_recent
need valgrind command -v valgrind
need fd-find command -v fdfind
need bfs command -v bfs
need tmpreaper command -v tmpreaper
need rsync command -v rsync

if ((${#missing[@]} == 0)); then
  echo "setup-bench: nothing is missing"
  exit 0
fi
command -v apt-get >/dev/null || fail "no apt-get here; install by hand what Debian calls: ${missing[*]}"

as_root=()
if ((EUID != 0)); then
  command -v sudo >/dev/null || fail "needs root or sudo to install ${missing[*]}"
  as_root=(sudo)
fi
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"

python_is_recent || fail "Python 3.11 or later is needed"
pkg-config --exists 'fuse3 >= 3.14' || fail "libfuse 3.14 or later is needed; this system has $(pkg-config --modversion fuse3)"
