#!/usr/bin/env bash
# The main job for now: a network of four validators from nothing, and the story of a DID on it. Everything it makes lies in a
# temporary directory and is gone afterwards, unless DEMO_HOME names one: then it stays, and the network with it until Ctrl-C.
set -euo pipefail
cd "$(dirname "$0")/.."
panacead=$PWD/build/panacead
if [ -n "${DEMO_HOME:-}" ]; then home=$DEMO_HOME; else home=$(mktemp -d); fi
ready=$home/ready.json
network=
finish() {
  [ -z "$network" ] || { kill -INT "$network" 2>/dev/null && wait "$network" || true; }
  [ -n "${DEMO_HOME:-}" ] || rm -rf "$home"
}
trap finish EXIT

mkdir -p "$home"
rm -f "$ready"
mkfifo "$ready"
say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
show() { printf '  $ panacead'; printf ' %q' "$@"; printf '\n'; }
run() { show "$@"; "$panacead" --home "$home" "$@"; }
# A transaction from alice: sent, then waited for until it stands in a block.
transact() {
  show tx "$@" --from alice
  local hash
  hash=$("$panacead" --home "$home" tx "$@" --from alice --gas auto --gas-adjustment 1.5 --gas-prices 5umed --yes --output json 2>"$home/tx.log" |
    tail -1 | grep -oE '"txhash":"[0-9A-F]+"' | cut -d'"' -f4) || { cat "$home/tx.log" >&2; exit 1; }
  "$panacead" --home "$home" query wait-tx "$hash" --output json |
    grep -oE '"(height|code|gas_used)":"?[0-9]+"?' | tr -d '"' | sort -u | paste -sd' ' | sed 's/^/  in a block: /'
}

say "1. A network of four validators, each a process of its own, with real consensus"
"$panacead" localnet start --validators 4 --home "$home" >"$ready" &
network=$!
read -r endpoints <"$ready" || { echo "the network did not start: see $home/node0/node.log" >&2; exit 1; }
rm -f "$ready"
echo "  ${endpoints:0:300}…"

export PANACEA_DID_PASSPHRASE=${PANACEA_DID_PASSPHRASE:-only for the demo}

say "2. Alice creates a DID with a fresh key, which goes into an encrypted keystore"
transact did create
did=$("$panacead" --home "$home" did-keys list | grep -oE 'did:panacea:[1-9A-HJ-NP-Za-km-z]{32,44}' | head -1)
echo "  her DID: $did"

say "3. Anyone resolves it"
run query did resolve "$did"

say "4. She adds a service to it"
transact did update "$did" --add-service records,PersonalDataStore,https://vault.example/alice
run query did resolve "$did?service=records"

say "5. She deactivates it, for ever; its history stays"
transact did deactivate "$did"
run query did resolve "$did" | tee "$home/gone.json"
grep -q '"deactivated": true' "$home/gone.json" || { echo "the DID is not deactivated" >&2; exit 1; }
run query did resolve "$did" --version-id 0

say "Done: created, resolved, updated, deactivated on a chain of four validators."
if [ -n "${DEMO_HOME:-}" ]; then
  echo "The network runs on. In another terminal: $panacead --home $home query did resolve $did. Ctrl-C stops it."
  wait "$network"
fi
