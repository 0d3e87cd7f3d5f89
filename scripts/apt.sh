# shellcheck shell=bash
# Sourced by the set-up scripts: collects what is missing, then installs it by apt.
# usage: need PACKAGE COMMAND…; install_missing

# Where Debian keeps mkfs.ext4 and tmpreaper; not on every user's path.
PATH=$PATH:/usr/sbin:/sbin
missing=()
name=$(basename "$0" .sh)

fail() { printf '%s: %s\n' "$name" "$*" >&2; exit 1; }

# need PACKAGE COMMAND…: the package is there when the command succeeds.
need() { "${@:2}" >/dev/null 2>&1 || missing+=("$1"); }

install_missing() {
  if ((${#missing[@]} == 0)); then
    echo "$name: nothing is missing"
    return
  fi
  command -v apt-get >/dev/null || fail "no apt-get here; install by hand what Debian calls: ${missing[*]}"
  local as_root=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null || fail "needs root or sudo to install ${missing[*]}"
    as_root=(sudo)
  fi
  echo "$name: installing ${missing[*]}"
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
}
