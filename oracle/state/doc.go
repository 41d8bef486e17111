// Package state is what an oracle keeps on its disk, sealed to its enclave: a small store of named values, in which whatever the
// operator reads, changes, exchanges or takes away is either useless or noticed.
//
//	store, err := state.Open(ctx, dir, enclave)
//	defer store.Close()
//	err = store.Update(ctx, state.Put("keys", []byte("signing"), key)) // durable when it returns
//	value, err := store.Get(ctx, "keys", []byte("signing"))
//
// # Trust
//
// The enclave is trusted, and the process in it. The disk is not. It shows how many values there are, their sizes, when they
// change, and their names: put no secret into a name. Each value is encrypted under a key of its own, for its name. A head, sealed
// with every change, holds a keyed hash over all that the store should have; Open compares. So a value that is put back as it was
// among newer ones, or taken away, is noticed at the next start: ErrTampered.
//
// The whole directory put back as it once was is not noticed here, because SGX has no counter that survives a restart. Package node
// compares with the chain; docs/threat-model.md says what remains.
//
// Crashes: an update is on the disk as a whole or not at all, and durable when Update returns.
package state
