#!/usr/bin/env bash
# Runs staticcheck with staticcheck.conf over our own code; the tool comes through the Go module proxy.
set -euo pipefail
cd "$(dirname "$0")/.."
version=v0.8.0
bin=$PWD/build/tools
if [ ! -e "$bin/.staticcheck@$version" ]; then
  mkdir -p "$bin"
  GOBIN=$bin go install "honnef.co/go/tools/cmd/staticcheck@$version"
  touch "$bin/.staticcheck@$version"
fi
# staticcheck ends with 1 if it found something, and with more if it could not look. What plugins generate, and how, is theirs.
status=0
found=$("$bin/staticcheck" "${@:-./...}") || status=$?
[ "$status" -le 1 ] || { echo "$found"; exit "$status"; }
found=$(grep -vE '\.pb(\.gw)?\.go:' <<< "$found" || true)
[ -z "$found" ] || { echo "$found"; exit 1; }
