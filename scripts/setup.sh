#!/usr/bin/env bash
# Installs what the build needs beyond Swift itself, by apt; does nothing when nothing is missing.
set -euo pipefail

missing=()
need() { "${@:2}" >/dev/null 2>&1 || missing+=("$1"); }
need pkg-config command -v pkg-config
need libyaml-dev pkg-config --exists yaml-0.1
need git command -v git
need make command -v make
need g++ sh -c 'command -v g++ || command -v clang++'

if ! command -v swift >/dev/null; then
  echo "setup: swift is not on the PATH: install Swift 6.1 or later first" >&2
  exit 1
fi
if ((${#missing[@]} == 0)); then
  echo "setup: nothing is missing"
  exit 0
fi
if ! command -v apt-get >/dev/null; then
  echo "setup: no apt-get here; install by hand what Debian calls: ${missing[*]}" >&2
  exit 1
fi

as_root=()
((EUID == 0)) || as_root=(sudo)
echo "setup: installing ${missing[*]}"
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
