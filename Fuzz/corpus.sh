#!/usr/bin/env bash
# Writes the inputs to begin with into FOLDER: every config and manifest there is, behind a byte that chooses options.
# usage: corpus.sh FOLDER
set -euo pipefail
folder=${1:?usage: corpus.sh FOLDER}
cd "$(dirname "$0")/.."
mkdir -p "$folder"
number=0
for file in configs/*.yaml Tests/ConfigTests/Corpus/*/*.yaml Tests/ConfigTests/Goldens/*.yaml deploy/*.yaml; do
  # Large ones are slow to mutate and say nothing new.
  [ "$(stat -c %s "$file")" -gt 8192 ] && continue
  number=$((number + 1))
  { printf '%b' "\\x$(printf %02x $((number % 256)))"; cat "$file"; } > "$folder/$number"
done
for file in Tests/ConfigTests/Goldens/*.manifest; do
  number=$((number + 1))
  { printf '\x20'; cat deploy/configmap.yaml; echo ---; cat "$file"; } > "$folder/$number"
done
echo "corpus: $number inputs"
