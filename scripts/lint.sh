#!/usr/bin/env bash
# Everything that can be checked without building.
set -euo pipefail
cd "$(dirname "$0")/.."

swift format lint --strict --recursive Package.swift Sources Tests
scripts/make-configmap.sh configs/monthly-partitions.yaml --check deploy/configmap.yaml
# Each rule of safety is still where it says.
if python3 -c 'import tomllib' 2>/dev/null; then
  scripts/break-rules.py --list >/dev/null
else
  echo "lint: skipped the texts of safety-rules.toml: no python3 of 3.11 or later"
fi
if command -v shellcheck >/dev/null; then
  shellcheck -x scripts/*.sh .ci/run
else
  echo "lint: skipped shellcheck, which is not installed"
fi
echo "lint: clean"
