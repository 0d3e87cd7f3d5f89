#!/usr/bin/env bash
# Checks what users copy: the workflow and the pre-commit hook against their tools, and the commands in docs/ against
# BINARY. Needs git, python3 with venv, and PyPI. usage: check-docs.sh BINARY
set -euo pipefail
binary=$(realpath "${1:?usage: check-docs.sh BINARY}")
cd "$(dirname "$0")/.."

venv=.build-docs
if [ ! -e "$venv/installed" ]; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet check-jsonschema pre-commit
  touch "$venv/installed"
fi
tools=$PWD/$venv/bin
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# What pre-commit reads. A repository of its own, since only what git knows is a file of a repository.
try_hook() {
  local repository=$PWD
  mkdir "$scratch/bin" "$scratch/repository"
  ln -s "$binary" "$scratch/bin/efs-purge-batch"
  cp configs/minimal.yaml "$scratch/repository/purge.yaml"
  sed 's/max_age/max_aeg/' configs/minimal.yaml > "$scratch/repository/efs-purge.yaml"
  # No config at all, and by its name none for the hook.
  echo 'resources: [purge.yaml]' > "$scratch/repository/kustomization.yaml"
  cd "$scratch/repository"
  git init --quiet
  git add .
  run_hook "$repository" purge.yaml kustomization.yaml > "$scratch/good" || fail good 'the hook refuses a good config'
  grep -q 'Passed$' "$scratch/good" || fail good 'the hook skips a good config'
  if run_hook "$repository" purge.yaml efs-purge.yaml > "$scratch/bad"; then fail bad 'the hook takes a bad config'; fi
  grep -q "^efs-purge.yaml:[0-9:]* error: unknown key 'max_aeg'" "$scratch/bad" || fail bad 'the hook says something else'
  cd "$repository"
}

run_hook() {
  local repository=$1
  shift
  PATH="$scratch/bin:$PATH" PRE_COMMIT_HOME="$scratch/cache" \
    "$tools/pre-commit" try-repo "$repository" efs-purge-batch-check-config --files "$@" 2>&1
}

fail() { printf 'check-docs: %s:\n' "$2" >&2; cat "$scratch/$1" >&2; exit 1; }

# Every option that docs/ gives to a subcommand is one of its options.
check_options() {
  local words subcommand option help status=0
  help=$("$binary" --help)
  while read -r _ subcommand words; do
    # An unknown subcommand would be answered with the help of the whole.
    if ! grep -q "^  $subcommand " <<<"$help"; then
      echo "check-docs: there is no subcommand $subcommand"
      status=1
      continue
    fi
    for option in $(grep -oE -- '--[a-z-]+' <<<"$words" || true); do
      grep -qE -- "$option( |,|\$)" <<<"$("$binary" "$subcommand" --help)" && continue
      echo "check-docs: $subcommand has no option $option"
      status=1
    done
  done < <(grep -rhoE 'efs-purge-batch (check-config|plan|run|explain|report|restore|schema)\b[^|`>]*' docs | sort -u)
  return "$status"
}

"$tools/check-jsonschema" --quiet --builtin-schema vendor.github-workflows docs/github-actions.yaml
"$tools/pre-commit" validate-manifest .pre-commit-hooks.yaml
"$tools/python" scripts/check_fences.py docs/*.md
try_hook
check_options
echo "check-docs: passed"
