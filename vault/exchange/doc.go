// Package exchange moves objects between vaults: it finds a vault by its owner's DID, makes sure that the peer there is that DID's, and asks
// it for an object; and it serves objects to those who may read them.
//
// # The promise
//
// A peer without the right to an object sees exactly what it would see if the object did not exist. Therefore
//
//   - a request names an object, and the right to it is decided first, by who asks, in the same steps whether or not there is such an object;
//   - no right, no object, an incomplete or damaged object, a malformed request: each gets the same nine bytes, at the same time after the
//     request, Options.RefusalTime. Whatever took longer to decide is a refusal too;
//   - nothing is announced to anyone, there are no want lists, and a request goes only to the peer that was asked, after it has proven its DID;
//   - the routing table that peers are found by holds peer ids and addresses, no content: it has no provider and no value records.
//
// Bitswap can not keep this: its want lists go to whoever is connected, and its answers tell "have" from "have not" by when they come and by
// which blocks of a DAG are answered. docs/protocol/vault.md is the protocol for other implementations.
//
// # Trust
//
// A peer id is authentic by libp2p's handshake (Noise or TLS). That it speaks for a DID is proven by the DID's document, in a service of
// type PanaceaVault that names the peer, or by a short statement signed by an authentication key of the document; and by the peer's signature
// over fresh nonces of both sides. So the resolver is trusted for documents. Every block is checked against its CID before it is kept: what
// a peer sends is not trusted at all.
package exchange
