// Package light reads the chain's state without trusting a node: every value is proven, by a Merkle proof (ICS-23), to follow from a header
// that the chain's validators have signed, and that is proven to follow from one trusted block.
//
//	chain, err := light.New(ctx, light.Config{
//		ChainID: "panacea-3", Nodes: []string{"http://a:26657", "http://b:26657"},
//		Trusted: light.TrustedBlock{Height: 1, Hash: hash}, TrustingPeriod: 14 * 24 * time.Hour,
//		Store: db.New(dbm.NewMemDB(), "headers"), // github.com/cometbft/cometbft/light/store/db
//	})
//	now, err := chain.Fresh(ctx, 10*time.Second)
//	record, err := now.DIDRecord(ctx, "did:panacea:…")        // or didtypes.ErrDIDNotFound, proven
//	oracle, err := now.ActiveOracle(ctx, address)              // by x/oracle's own rule
//	history, err := now.DIDs().Versions(ctx, request)          // any query of x/did, x/resource, x/oracle
//
// # Trust
//
// The trusted block, and the store, are taken as they are. From there on: that more than two thirds of the voting power at any time within
// the trusting period was honest then (CometBFT's light client: a header is accepted if a third of the last trusted validators and two thirds of
// its own signed it); that one of the nodes shows the real chain, if validators do attack (each header is compared with the other nodes',
// and two that are both signed are ErrDivergence, which ends all trust); the clock that the caller gives, within the trusting period.
// Nodes are trusted for nothing else: they can refuse, delay, and show an older state. Fresh bounds how old.
//
// # Heights
//
// The state of height H is what block H left. Its hash stands in the header of H+1, so that header proves it, and the newest state
// that can be proven is that of the block before the newest.
//
// # Reading
//
// The chain's own keepers and query servers run here, over a store whose every read is proven, so no key or rule is written
// twice, and their errors are those of x/*/types. A walk through a range is proven to be complete, as the proof that a key is absent shows both
// its neighbours: it costs a request for each entry.
package light
