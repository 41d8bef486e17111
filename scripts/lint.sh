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
# What plugins generate, and how, is theirs.
found=$("$bin/staticcheck" "${@:-./...}" | grep -vE '\.pb(\.gw)?\.go:' || true)
[ -z "$found" ] || { echo "$found"; exit 1; }
