module github.com/medibloc/panacea/scripts/openapi

go 1.26.8

require (
	github.com/bufbuild/protocompile v0.14.1
	github.com/cosmos/gogoproto v1.7.2
	github.com/cosmos/ics23/go v0.11.0
	google.golang.org/protobuf v1.36.11
)

require (
	github.com/google/go-cmp v0.7.0 // indirect
	golang.org/x/crypto v0.26.0 // indirect
	golang.org/x/sync v0.8.0 // indirect
	golang.org/x/sys v0.34.0 // indirect
)
