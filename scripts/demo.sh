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
run() { printf '  $ panacead %s\n' "$*"; "$panacead" --home "$home" "$@"; }

say "1. A network of four validators, each a process of its own, with real consensus"
"$panacead" localnet start --validators 4 --home "$home" >"$ready" &
network=$!
read -r endpoints <"$ready" || { echo "the network did not start: see $home/node0/node.log" >&2; exit 1; }
rm -f "$ready"
echo "  $endpoints" | cut -c1-300

export PANACEA_DID_PASSPHRASE=${PANACEA_DID_PASSPHRASE:-only-for-the-demo}
fees=(--from alice --gas auto --gas-adjustment 1.5 --gas-prices 5umed --yes --output json)

say "2. Alice creates a DID with a fresh key, which goes into an encrypted keystore"
created=$(run tx did create "${fees[@]}" --wait | tee /dev/stderr | tail -1)
did=$(printf '%s' "$created" | grep -oE 'did:panacea:[1-9A-HJ-NP-Za-km-z]{32,44}' | head -1)
echo "  her DID: $did"

say "3. Anyone resolves it"
run query did resolve "$did"

say "4. She adds a service to it"
run tx did update "$did" --add-service "#records,PersonalDataStore,https://vault.example/alice" "${fees[@]}" --wait
run query did resolve "$did#records"

say "5. She deactivates it, for ever; its history stays"
run tx did deactivate "$did" "${fees[@]}" --wait
run query did resolve "$did" || true
run query did resolve "$did" --version-id 0

say "Done: created, resolved, updated, deactivated on a chain of four validators."
if [ -n "${DEMO_HOME:-}" ]; then
  echo "The network runs on. In another terminal: $panacead --home $home query did resolve $did. Ctrl-C stops it."
  wait "$network"
fi
