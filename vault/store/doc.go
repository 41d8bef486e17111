// Package store keeps a vault's objects: content-addressed, encrypted at rest, counted by reference.
//
//	backend, err := embedded.Open(dir, embedded.Options{})
//	s, err := store.Open(ctx, backend, key, store.Options{})
//	info, err := s.Put(ctx, file, store.PutOptions{})      // the CID that `ipfs add --cid-version=1 --raw-leaves` gives
//	r, err := s.Open(ctx, info.CID)                        // an io.ReadSeeker whose every byte has been verified
//
// An object is a UnixFS file (package dag). It is kept while it has a pin; a pin is a name that says what it is kept for, and doubles as the
// collection that a grant may name. Blocks are shared between objects and go, when CollectGarbage runs, as soon as no object leads to them.
//
// # Trust
//
// The disk, and whoever reads or changes it, is not trusted. Everything that reaches the back end is encrypted and authenticated under keys
// derived from the owner's (XAES-256-GCM with random nonces), contents, CIDs, sizes, names and counts alike; back-end keys are HMACs. A value
// is bound to its key, so values cannot be exchanged for each other. What remains visible is the number of blocks and records, the
// sizes of blocks, and when they change. An old state of the whole directory put back by someone is not noticed.
//
// The back end must apply a batch wholly or not at all and make it durable by Sync, as package embedded does. With one that does
// not, a crash may leave counts wrong; Check repairs them.
package store
