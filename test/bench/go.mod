// The benchmarks that set Panacea beside its peers. A module of its own, so that peers are no dependencies of Panacea.
module github.com/medibloc/panacea/test/bench

go 1.26.8

replace github.com/medibloc/panacea => ../..

require (
	github.com/consensys/gnark-crypto v0.22.0
	github.com/medibloc/panacea v0.0.0-00010101000000-000000000000
	github.com/trustbloc/bbs-signature-go v1.0.4
)

require (
	filippo.io/edwards25519 v1.2.0 // indirect
	github.com/IBM/mathlib v0.0.3-0.20260123144934-21c357e3e46f // indirect
	github.com/bits-and-blooms/bitset v1.25.0 // indirect
	github.com/decred/dcrd/dcrec/secp256k1/v4 v4.4.1 // indirect
	github.com/hyperledger/fabric-amcl v0.0.0-20230602173724-9e02669dceb2 // indirect
	github.com/kilic/bls12-381 v0.1.0 // indirect
	github.com/pkg/errors v0.9.1 // indirect
	golang.org/x/crypto v0.57.0 // indirect
	golang.org/x/sys v0.48.0 // indirect
)
