#!/usr/bin/env bash
# Generates Go code and app/openapi.json from proto/ with tools and imports that all come through the Go module proxy: no schema registry, no protoc.
#   scripts/protogen.sh            writes the *.pb.go and *.pb.gw.go files and the OpenAPI document
#   scripts/protogen.sh --check    fails if what is committed differs from what would be generated
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
bin=$root/build/tools
mkdir -p "$bin"

tool() { # tool NAME MODULE-PATH VERSION
  local stamp="$bin/.$1@$3"
  [ -e "$stamp" ] || { GOBIN=$bin GOFLAGS=-mod=mod go install "$2@$3" && touch "$stamp"; }
}
tool buf github.com/bufbuild/buf/cmd/buf v1.75.0
tool protoc-gen-gocosmos github.com/cosmos/gogoproto/protoc-gen-gocosmos v1.7.2
tool protoc-gen-grpc-gateway github.com/grpc-ecosystem/grpc-gateway/protoc-gen-grpc-gateway v1.16.0
tool protoc-gen-swagger github.com/grpc-ecosystem/grpc-gateway/protoc-gen-swagger v1.16.0

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
dir() { go list -m -f '{{.Dir}}' "$1"; }
copy() { # copy SOURCE-DIR NAME [SUBDIR...]: only .proto files
  local from=$1 to=$work/$2
  shift 2
  mkdir -p "$to"
  (cd "$from" && find "${@:-.}" -name '*.proto' -print0 | xargs -0 cp --parents -t "$to")
  chmod -R u+w "$to"
}
copy "$root/proto" panacea panacea
copy "$(dir github.com/cosmos/cosmos-sdk)/proto" sdk amino cosmos tendermint
copy "$(dir github.com/cosmos/ibc-go/v11)/proto" ibc ibc
copy "$(dir github.com/cosmos/cosmos-proto)/proto" cosmos-proto cosmos_proto
copy "$(dir github.com/cosmos/gogoproto)" gogoproto gogoproto
go mod download github.com/grpc-ecosystem/grpc-gateway@v1.16.0
gateway=$(GOFLAGS=-mod=mod go list -m -f '{{.Dir}}' github.com/grpc-ecosystem/grpc-gateway@v1.16.0)
copy "$gateway/third_party/googleapis" googleapis google/api/annotations.proto google/api/http.proto
cat > "$work/buf.yaml" <<Y
version: v2
modules: [{path: panacea}, {path: sdk}, {path: cosmos-proto}, {path: gogoproto}, {path: googleapis}]
Y
out=$work/out
(cd "$work" && PATH=$bin:$PATH buf generate --template "$root/proto/buf.gen.yaml" --path panacea/panacea -o "$out")

generated=$out/github.com/medibloc/panacea
mkdir -p "$generated/app"
(cd scripts/openapi && go run . "$bin/protoc-gen-swagger" "$work"/{panacea,sdk,ibc,cosmos-proto,gogoproto,googleapis}) > "$generated/app/openapi.json"

if [ "${1:-}" = --check ]; then
  status=0
  while IFS= read -r file; do
    cmp -s "$generated/$file" "$root/$file" || { echo "$file is not what proto/ generates: run make proto" >&2; status=1; }
  done < <(cd "$generated" && find . -type f | sed 's|^\./||')
  exit $status
fi
cp -r "$generated/." "$root/"
