#!/usr/bin/env bash
# DESIGN §2: the packages that an issuer's backend or a WebAssembly build takes import no blockchain and no network stack,
# and they build for WebAssembly.
set -euo pipefail
cd "$(dirname "$0")/.."
free=()
for package in did bbs vc tee seal; do
  [ -d "$package" ] && free+=("./$package/...")
done
found=$(go list -deps "${free[@]}" | grep -E '^(github\.com/cosmos/|github\.com/cometbft/|cosmossdk\.io/|github\.com/libp2p/|github\.com/medibloc/panacea/(app|x|client|vault|oracle|exchange|cmd)(/|$))' || true)
[ -z "$found" ] || { echo "did, bbs, vc, tee and seal must not depend on:"; echo "$found"; exit 1; }
wasm=()
for package in did bbs vc tee seal; do
  [ -d "$package" ] && wasm+=("./$package/...")
done
GOOS=wasip1 GOARCH=wasm go build "${wasm[@]}"
GOOS=js GOARCH=wasm go build "${wasm[@]}"
