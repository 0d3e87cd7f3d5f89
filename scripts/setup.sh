#!/usr/bin/env bash
# Installs what the build needs beyond Swift itself, by apt; does nothing when nothing is missing.
set -euo pipefail

# shellcheck source=scripts/apt.sh
. "$(dirname "$0")/apt.sh"

command -v swift >/dev/null || fail "swift is not on the PATH: install Swift 6.3 or later first"
version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' | head -n 1) || version=
[ "$(printf '%s\n' 6.3 "$version" | sort -V | head -n 1)" = 6.3 ] \
  || fail "Swift 6.3 or later is needed, and the swift on the PATH is ${version:-of an unknown version}"

# A compiler alone proves nothing: Swift's own brings no libstdc++ to link with.
links_cxx() {
  local compiler folder status=0
  compiler=$(command -v clang++ || command -v g++) || return 1
  folder=$(mktemp -d)
  printf '#include <string>\nint main() { return std::string("x").size() == 0; }\n' > "$folder/probe.cpp"
  "$compiler" -o "$folder/probe" "$folder/probe.cpp" || status=1
  rm -r "$folder"
  return "$status"
}

need pkg-config command -v pkg-config
need libyaml-dev pkg-config --exists yaml-0.1
need git command -v git
need g++ links_cxx
install_missing
