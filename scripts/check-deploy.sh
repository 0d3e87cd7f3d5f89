#!/usr/bin/env bash
# Validates the manifests against the Kubernetes schemas, with misspelt keys as errors. Needs python3 with venv and PyPI.
set -euo pipefail
cd "$(dirname "$0")/.."

venv=.build-deploy
if [ ! -x "$venv/bin/kubernetes-validate" ]; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet kubernetes-validate
fi
for manifest in deploy/*.yaml; do
  "$venv/bin/kubernetes-validate" --strict "$manifest"
done
