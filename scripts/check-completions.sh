#!/usr/bin/env bash
# Checks the completion scripts that BINARY prints: their syntax, and in bash, fish and zsh what they offer.
# A shell that is not installed is skipped, and named. usage: check-completions.sh BINARY
set -euo pipefail
binary=$(realpath "${1:?usage: check-completions.sh BINARY}")

folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
touch "$folder/purge.yaml" "$folder/notes.txt"
# The completions know the program by its name, and may ask it for values.
ln -s "$binary" "$folder/efs-purge-batch"
export PATH="$folder:$PATH"
tried=0 failed=0

# What the help names is what must be offered.
subcommands() { "$binary" --help | sed -n '/^SUBCOMMANDS:/,/^$/s/^  \([a-z-]*\)  .*/\1/p'; }
options() { "$binary" "$1" --help | sed -n 's/^  .*\(--[a-z-]*\).*/\1/p' | grep -v '^--$'; }

# One candidate a line, for the words of an unfinished command line; the last word is the one to complete.
in_bash() {
  # shellcheck disable=SC2016 # the inner bash expands it
  timeout 30 bash --norc -c '
    source "$1"
    shift
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE=$* COMP_TYPE=9 COMP_KEY=9
    COMP_POINT=${#COMP_LINE}
    function=$(complete -p efs-purge-batch | sed "s/.* -F \([^ ]*\) .*/\1/")
    # compopt works only inside a real completion.
    compopt() { :; }
    "$function" efs-purge-batch "${!#}" "${COMP_WORDS[COMP_CWORD - 1]}"
    printf "%s\n" "${COMPREPLY[@]}"
  ' bash "$folder/bash" "$@"
}

in_fish() {
  # shellcheck disable=SC2016 # fish expands it
  timeout 30 fish --no-config -c 'source $argv[1]; complete --do-complete "$argv[2]"' "$folder/fish" "$*" | cut -f 1
}

# zsh completes only at a prompt: it gets a terminal, and ^D lists what could follow; ^U wipes the line.
in_zsh() {
  # shellcheck disable=SC2016 # zsh expands it
  timeout 30 zsh -f -c '
    zmodload zsh/zpty
    zpty shell zsh -f -i
    zpty -w shell "stty columns 200; cd ${(q)2}; fpath=($1 \$fpath); autoload -U compinit; compinit -u -D"
    zpty -w shell "zle -C list list-choices _main_complete; bindkey \"^D\" list; PROMPT=READY-%j-"
    # Keys pressed before the prompt would not reach the line editor.
    zpty -r shell output "*READY-0-*"
    zpty -n -w shell "$3"$'"'\\004\\025'"'"print DONE-\$((1 + 1))"$'"'\\n'"'
    zpty -r shell output "*DONE-2*"
    print -r -- "$output"
  ' zsh "$folder/functions" "$folder" "$*" | sed 's/\x1b\[[0-9;?]*[A-Za-z]/ /g' | tr -s ' \r' '\n'
}

# offers SHELL WANTED WORD…: every line of WANTED is offered for the words.
offers() {
  local shell=$1 wanted=$2 offered word
  shift 2
  offered=$("in_$shell" "$@" || true)
  tried=$((tried + 1))
  for word in $wanted; do
    if ! grep -qxF -- "$word" <<<"$offered"; then
      printf 'FAILED  %s: "%s" does not offer %s, but: %s\n' "$shell" "$*" "$word" "${offered//$'\n'/ }"
      failed=$((failed + 1))
    fi
  done
}

for shell in bash fish zsh; do
  if ! command -v "$shell" >/dev/null; then
    echo "check-completions: skipped $shell, which is not installed"
    continue
  fi
  "$binary" --generate-completion-script "$shell" > "$folder/$shell"
  "$shell" -n "$folder/$shell"
  mkdir -p "$folder/functions"
  cp "$folder/$shell" "$folder/functions/_efs-purge-batch"
  cd "$folder"
  offers "$shell" "$(subcommands)" efs-purge-batch ''
  for subcommand in $(subcommands); do
    offers "$shell" "$(options "$subcommand")" efs-purge-batch "$subcommand" --
  done
  offers "$shell" 'trace debug info warning error' efs-purge-batch run --log-level ''
  offers "$shell" purge.yaml efs-purge-batch check-config ''
  cd - >/dev/null
done

if ((tried == 0)); then
  echo "check-completions: no shell to try"
  exit 1
fi
echo "check-completions: tried $tried command lines, $failed candidates missing"
((failed == 0))
