#!/usr/bin/env bash
# Formatting, vet, linter, generated code, and the rule of direction between packages.
set -euo pipefail
cd "$(dirname "$0")/.."

echo "gofmt"
unformatted=$(git ls-files --cached --others --exclude-standard '*.go' | grep -vE '\.pb(\.gw)?\.go$' | xargs -r gofmt -l)
[ -z "$unformatted" ] || { echo "not gofmt-ed:"; echo "$unformatted"; exit 1; }

echo "generated code"
./scripts/protogen.sh --check

echo "go vet"
go vet ./...

echo "layers"
./scripts/layers.sh

echo "lint"
./scripts/lint.sh
