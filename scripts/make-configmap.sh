#!/usr/bin/env bash
# Prints the ConfigMap that holds CONFIG; with --check FILE says whether FILE is that, and fails when not.
# usage: make-configmap.sh CONFIG [--check FILE]
set -euo pipefail

manifest() {
  printf '# Made from %s by scripts/make-configmap.sh ("make configmap"); edit that file, not this one.\n' "$1"
  printf 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: efs-purge-batch\n'
  printf '  labels:\n    app.kubernetes.io/name: efs-purge-batch\n'
  printf 'data:\n  config.yaml: |\n'
  # The line for editors means nothing there.
  sed -e '/^# yaml-language-server:/d' -e 's/^\(..*\)$/    \1/' "$1"
}

config=${1:?usage: make-configmap.sh CONFIG [--check FILE]}
case ${2:-} in
  '') manifest "$config" ;;
  --check)
    if ! manifest "$config" | diff -u "${3:?--check needs a file}" - >&2; then
      printf '%s is not made from %s as it is now: run "make configmap"\n' "$3" "$config" >&2
      exit 1
    fi ;;
  *) printf 'make-configmap.sh: unknown option %s\n' "$2" >&2; exit 64 ;;
esac
