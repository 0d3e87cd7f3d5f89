#!/usr/bin/env bash
# Everything that can be checked without building.
set -euo pipefail
cd "$(dirname "$0")/.."

swift format lint --strict --recursive Package.swift Sources Tests
scripts/make-configmap.sh configs/monthly-partitions.yaml --check deploy/configmap.yaml
if command -v shellcheck >/dev/null; then
  shellcheck -x scripts/*.sh .ci/run
else
  echo "lint: skipped shellcheck, which is not installed"
fi
echo "lint: clean"
