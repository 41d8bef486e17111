// Package embedded is the vault's default back end: a crash-safe key-value store in a directory, in pure Go, behind the interface
// of github.com/ipfs/go-datastore, so that any other datastore can stand in its place.
//
// Small values live in an LSM tree (pebble); values of InlineLimit bytes and more are appended to pack files, one or a few for each
// batch, and the tree holds where they are. So a large object is written once and in order, and ten times more objects make
// neither opening nor writing slower.
//
//	d, err := embedded.Open(dir, embedded.Options{})
//	...
//	defer d.Close()
//	b, err := d.Batch(ctx)
//	err = b.Put(ctx, key, value) // large values go to disk here, in the dark
//	err = b.Commit(ctx)          // all of the batch, or nothing, whatever happens to the process
//	err = d.Sync(ctx, ds.Key{})  // from here on, whatever happens to the machine
//
// # Trust
//
// The directory belongs to one process at a time, which a lock enforces. Bytes that come back are those that were written, or the
// error is ErrCorrupt: checksums catch decay, not malice. Whoever must not trust the disk encrypts and authenticates above, as package
// store does. Nothing here hides keys or values.
package embedded
