#!/usr/bin/env bash
# Installs what the benchmarks need, by apt; does nothing when nothing is missing.
# usage: setup-bench.sh [--instructions]   (only what counting instructions needs)
set -euo pipefail

# shellcheck source=scripts/apt.sh
. "$(dirname "$0")/apt.sh"

python_is_recent() { python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))'; }

need gcc command -v gcc
need make command -v make
need binutils command -v nm
need python3 python_is_recent
need valgrind command -v valgrind
if [ "${1:-}" != --instructions ]; then
  need pkg-config command -v pkg-config
  need libfuse3-dev pkg-config --exists 'fuse3 >= 3.14'
  need fuse3 command -v fusermount3
  need e2fsprogs command -v mkfs.ext4
  need fd-find command -v fdfind
  need bfs command -v bfs
  need tmpreaper command -v tmpreaper
  need rsync command -v rsync
fi
install_missing

python_is_recent || fail "Python 3.10 or later is needed"
[ "${1:-}" = --instructions ] || pkg-config --exists 'fuse3 >= 3.14' \
  || fail "libfuse 3.14 or later is needed; this system has $(pkg-config --modversion fuse3)"
