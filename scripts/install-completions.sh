#!/usr/bin/env bash
# Writes BINARY's completions to where the shells look for them below SHARE. usage: install-completions.sh BINARY SHARE
set -euo pipefail

binary=${1:?usage: install-completions.sh BINARY SHARE}
share=${2:?usage: install-completions.sh BINARY SHARE}
write() {
  mkdir -p "$(dirname "$share/$2")"
  "$binary" --generate-completion-script "$1" > "$share/$2"
}
write bash bash-completion/completions/efs-purge-batch
write zsh zsh/site-functions/_efs-purge-batch
write fish fish/vendor_completions.d/efs-purge-batch.fish
