// Package did implements W3C Decentralized Identifiers without a chain and without a network: the syntax of DIDs and DID
// URLs, keys and verification methods, DID documents, and resolution with dereferencing.
//
//   - ParseDID and ParseURL read identifiers; PanaceaDID derives the did:panacea identifier of a key.
//   - PublicKey and PrivateKey hold keys of six types, which read and write as Multikey and JSON Web Key.
//   - ParseDocument reads DID documents from strangers; Document keeps every property it does not know.
//   - Resolver is what finds documents. KeyResolver answers did:key by itself, MethodRouter joins resolvers, Dereference
//     follows a DID URL to a verification method, a service or a resource. Package did/httpresolver speaks the HTTPS binding.
//
// The smallest use, finding the key behind a verification method's DID URL:
//
//	resolver := did.MethodRouter{"key": did.KeyResolver{}}
//	method, err := did.ResolveMethod(ctx, resolver, url, did.Authentication, did.ResolveOptions{})
//	...
//	key, err := method.PublicKey()
//	...
//	err = key.Verify(message, signature)
//
// # Trust
//
// Nothing that is parsed is trusted: every input is bounded before it costs work, no input panics, and keys are valid by
// construction. A Resolver is trusted for the documents that it returns: a document says which keys speak for a DID, and
// nothing in it proves that. did:key proves itself; what stands behind other methods is the resolver's own matter.
// Parsing, validation and verification use neither clock, randomness nor map order, so a state machine may call them.
package did
