#!/usr/bin/env bash
# Shows the tool at work on a scratch tree of 100 000 files, and fails when it did not delete exactly what it should.
# usage: demo.sh BINARY
set -euo pipefail

binary=$(realpath "${1:?usage: demo.sh BINARY}")
scratch=$(mktemp -d "${TMPDIR:-/tmp}/efs-purge-demo.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
data=$scratch/data
cd "$scratch"

heading() { printf '\n=== %s\n' "$*"; }

# The error output of a shown command may go to a file; a failure of the demo may not.
exec 3>&2
fail() { printf 'demo: %s\n' "$*" >&3; exit 1; }

# show EXPECTED_STATUS ARGS…: prints the command as a user would type it, then runs it.
show() {
  local expected=$1 status=0
  shift
  printf '$ efs-purge-batch %s\n' "$*"
  "$binary" "$@" || status=$?
  printf '[exit status %d]\n' "$status"
  [ "$status" -eq "$expected" ] || fail "exit status $status, $expected was expected"
}

# figure KEY: its value in the report's last place, which is that of the whole run.
figure() { sed -n 's/^ *"'"$1"'" : \([0-9]*\),*$/\1/p' report.json | tail -n 1; }

# fill FOLDER DATE: 10 000 files of that date in 20 subfolders; those of two have content.
fill() {
  mkdir -p "$1"/{01..20}
  for folder in "$1"/01 "$1"/02; do
    head -c 2048000 /dev/zero | split -b 4096 -a 3 -d - "$folder/file-"
  done
  printf '%s\0' "$1"/{03..20}/file-{000..499} | xargs -0 touch
  find "$1" -depth -print0 | xargs -0 touch -d "$2"
}

heading "A tree of 100 000 files: nine months of partitions, and one folder of uploads"
this_month=$(date -u +%Y-%m-01)
for months in {0..8}; do
  month=$(date -u -d "$this_month -$months months" +%Y-%m)
  fill "$data/$month" "$month-01 12:00Z"
done
fill "$data/uploads" "$(date -u -d '100 days ago' +%Y-%m-%d)"
mkdir "$data/uploads/keep"
mv "$data"/uploads/01/* "$data/uploads/keep/"
ls "$data"
printf '%d files\n' "$(find "$data" -type f | wc -l)"

heading "The config"
tee purge.yaml <<YAML
version: 1
safety:
  allowed_roots: [$data]
targets:
  - name: monthly
    path: $data/{YYYY}-{MM}
    partitions: {older_than: 3mo}
    max_age: 0s
    remove_empty_directories: true
  - name: uploads
    path: $data/uploads
    max_age: 90d
    exclude: ["keep/**"]
YAML

heading "check-config: a good config, and one with a mistake"
show 0 check-config purge.yaml
sed 's/max_age: 90d/max_aeg: 90d/' purge.yaml > wrong.yaml
show 2 check-config wrong.yaml

heading "plan: what a run would delete"
show 0 plan --config purge.yaml
printf '%d files\n' "$(find "$data" -type f | wc -l)"

heading "run: the purge itself"
show 0 run --config purge.yaml --report report.json 2> log.jsonl
left=$(find "$data" -type f | wc -l)
printf '%d files\n' "$left"
ls "$data"

heading "Its log, the first lines, cut at 150 characters"
head -n 4 log.jsonl | cut -c 1-150

heading "Its JSON report, some lines"
grep -E '^ {2,4}"(run_id|outcome|exit_status|files_(scanned|purged|left|failed))"' report.json

# Kept: the months whose end is less than three months ago (this one and three more), and uploads/keep.
expected=$((4 * 10000 + 500))
[ "$left" -eq "$expected" ] || fail "$left files are left, $expected were expected"
purged=$(figure files_purged)
[ "$purged" = $((100000 - expected)) ] || fail "the report says that $purged files were purged"
[ "$(figure exit_status)" = 0 ] || fail "the report says that the exit status was $(figure exit_status)"
