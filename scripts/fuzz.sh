#!/usr/bin/env bash
# Runs every fuzz target of the module for a time each (default 10m), two at once (FUZZ_JOBS). Prints one line a target; fails if any finds anything.
# usage: scripts/fuzz.sh [TIME [PACKAGE-PATTERN...]]
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:-10m}
shift || true
packages=("${@:-./...}")
logs=$(mktemp -d)
targets=()
for package in $(go list "${packages[@]}"); do
  dir=$(go list -f '{{.Dir}}' "$package")
  while IFS= read -r name; do targets+=("$package $name"); done < <(grep -hoE '^func Fuzz[A-Za-z0-9_]+' "$dir"/*_test.go 2>/dev/null | sed 's/func //')
done
echo "${#targets[@]} targets, $time each, logs in $logs"
run() {
  local package=$1 name=$2 time=$3 log=$4/${2}_$(basename "$1").log
  if go test "$package" -run '^$' -fuzz "^$name\$" -fuzztime "$time" -fuzzminimizetime 5x -parallel 1 >"$log" 2>&1; then
    echo "ok   $package $name $(grep -oE 'execs: [0-9]+' "$log" | tail -1)"
  else
    echo "FAIL $package $name: $log"
    return 1
  fi
}
export -f run
printf '%s\n' "${targets[@]}" | xargs -P "${FUZZ_JOBS:-2}" -L 1 bash -c 'run "$0" "$1" '"$time $logs"
